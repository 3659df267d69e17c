"""From the fields of a row to an `Event`: the further names that its kind of log gives them."""

from __future__ import annotations

from datetime import datetime
from functools import cache

import msgspec

from tocsin.formats.syntax.decode_row import hidden
from tocsin.formats.syntax.log_probes import mark_probe
from tocsin.formats.syntax.log_values import first_public
from tocsin.knowledge.surfaces import Surface, surfaces
from tocsin.model.event import RAW_LIMIT, VALUE_LIMIT, Event

_LOCAL = frozenset({"::1", "127.0.0.1", "localhost", "-", "0.0.0.0"})  # noqa: S104 - compared only


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """How the fields of one kind of log are named further.

    renamed: alias and field, in order. joined: alias, stem, query: `stem?query`. lists: aliases that
    are the first public address of a list. hosts: fields that name the server that wrote the row.
    """

    surface: str
    renamed: tuple[tuple[str, str], ...]
    joined: tuple[tuple[str, str, str], ...]
    lists: tuple[tuple[str, str], ...]
    hosts: tuple[str, ...]


@cache
def plan(surface: str) -> Plan:
    """The plan of a kind of log, from its data file."""
    known = surfaces().get(surface) or Surface(name=surface, title=surface, logsources=())
    renamed, joined, lists = [], [], []
    for alias, source in known.aliases.items():
        stem, mark, query = source.partition("?")
        if mark:
            joined.append((alias, stem, query))
        elif alias in ("c-ip", "client-address"):
            lists.append((alias, source))
        else:
            renamed.append((alias, source))
    return Plan(
        surface=surface,
        renamed=tuple(renamed),
        joined=tuple(joined),
        lists=tuple(lists),
        hosts=known.host,
    )


def event_of(
    surface: str,
    fields: dict[str, str],
    when: datetime | None,
    text: str,
    host: str = "",
) -> Event:
    """The event of a row. fields: by the producer's names, changed in place: aliases are added."""
    known = plan(surface)
    _name(fields, known)
    if len(text) > VALUE_LIMIT:
        for name, value in fields.items():
            if len(value) > VALUE_LIMIT:
                fields[name] = value[:VALUE_LIMIT]
    mark_probe(surface, fields)
    for name in known.hosts:
        found = fields.get(name)
        if found and found.lower() not in _LOCAL:
            host = found
            break
    return Event(
        surface=surface,
        fields=fields,
        when=when,
        host=host,
        raw=text[:RAW_LIMIT],
        decoded=hidden(fields, text),
    )


def _name(fields: dict[str, str], known: Plan) -> None:
    """Add the aliases."""
    get, put = fields.get, fields.setdefault
    for alias, source in known.renamed:
        if value := get(source):
            put(alias, value)
    for alias, source in known.lists:
        if (value := get(source)) and alias not in fields:
            fields[alias] = first_public(value)
    for alias, stem, query in known.joined:
        if alias not in fields and (joined := join(get(stem, ""), get(query, ""))):
            fields[alias] = joined


def join(stem: str, query: str) -> str:
    """The whole URI as Sigma means it: `stem?query`."""
    if not query:
        return stem
    return stem + query if query[0] == "?" else f"{stem}?{query}"
