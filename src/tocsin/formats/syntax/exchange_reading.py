"""From records to evidence: what the readers of all four syntaxes do alike."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from tocsin.formats.syntax.exchange_objects import describe
from tocsin.formats.syntax.gap_limit import limited
from tocsin.formats.syntax.health_checker import configured, describe_result, is_result
from tocsin.formats.syntax.records import Object, Record
from tocsin.formats.syntax.setting_record import settings_of
from tocsin.formats.syntax.setting_syntax import Origin
from tocsin.model.evidence import Evidence, Look, SeenBy
from tocsin.model.finding import Gap
from tocsin.model.locator import Locator

GAPS_LIMIT = 200
"""Gaps told one by one; the rest of a file are counted together."""

_CLIXML = Origin(syntax="clixml")


def read_records(
    items: Iterable[Record | Gap], at: Locator, origin: Origin = _CLIXML
) -> Iterator[Evidence | Gap]:
    """What every record says, in order, then one `Look` that counts them.

    origin: the syntax they came in, and what the file states of them. A file that holds Exchange Online's report only is a look of Exchange Online's.
    """
    records = online = 0

    def described() -> Iterator[Evidence | Gap]:
        nonlocal records, online
        for item in items:
            if isinstance(item, Record):
                records += 1
                online += _is_report(item.object)
                yield from described_record(item, at, origin)
            else:
                yield item

    yield from limited(described(), at, GAPS_LIMIT)
    seen_by: SeenBy = "exchange-online" if records and online == records else "export"
    yield Evidence(at=at, body=Look(seen_by=seen_by, records=records))


def described_record(record: Record, at: Locator, origin: Origin) -> Iterator[Evidence | Gap]:
    """What one record says: the settings that it is or holds, and the servers that it names."""
    place = msgspec.structs.replace(at, position=record.position)
    if record.cmdlet and not origin.cmdlet:
        origin = msgspec.structs.replace(origin, cmdlet=record.cmdlet)
    yield from settings_told(record.object, place, origin)
    if is_result(record.object):
        for name, inner in configured(record.object):
            inside = msgspec.structs.replace(place, position=f"{place.position}, property {name}")
            yield from settings_told(inner, inside, origin)
        yield from describe_result(record.object, place)
    else:
        yield from describe(record.object, place)


def settings_told(thing: Object, at: Locator, origin: Origin) -> Iterator[Evidence | Gap]:
    """The settings that one object is, each behind what of it was lost."""
    for told in settings_of(thing, origin):
        if told.loss is not None:
            yield Gap(at=at, why=told.loss, kind=told.kind)
        yield Evidence(at=at, body=told.setting)


def _is_report(thing: Object) -> bool:
    names = {name.strip().lower() for name in thing.properties}
    return "serverfqdn" in names and "build" in names
