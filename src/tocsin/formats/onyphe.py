"""Onyphe: exports and answers of its API.

A record is one observation of a category (`datascan`, `vulnscan`, `ctl`, ...). Its fields are
written nested (`{"app": {"http": {"title": ...}}}`) or with dots (`app.http.title`), with one value
or a list, so every field is looked up both ways. Every file ends in a `Look`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, BinaryIO

import msgspec

from tocsin.formats import Format, Reading
from tocsin.formats.syntax.exchange_http import HttpAnswer, parse_http_head
from tocsin.formats.syntax.gap_limit import limited
from tocsin.formats.syntax.json_records import (
    VALUES_LIMIT,
    Lost,
    records,
    texts_at,
    time_of,
)
from tocsin.formats.syntax.scanned_service import Certificate, Service, host_of
from tocsin.formats.syntax.text_stream import head_text
from tocsin.model.evidence import Evidence, Look
from tocsin.model.finding import Gap
from tocsin.model.locator import Locator
from tocsin.model.text import N_, say

LISTS = frozenset({"results"})
"""Where an answer keeps its records."""

NAMES_ONLY = frozenset(
    {"ctl", "geoloc", "inetnum", "pastries", "resolver", "sniffer", "threatlist", "topsite"}
    | {"whois", "onionscan", "onionshot"}
)
"""Categories in which no service of an address answered: their text proves nothing about it."""

_CATEGORY = re.compile(rb'"@category"\s*:')
_EMPTY = re.compile(rb'"results"\s*:\s*\[')
_ANSWER_KEYS = (b'"max_page"', b'"myip"', b'"took"', b'"page_size"', b'"total"', b'"error"')


def recognise(head: bytes) -> int:
    """By `@category`, which every record has; an empty answer by the members around it."""
    plain = head_text(head).encode("utf-8", "replace").lstrip()
    if plain[:1] not in (b"{", b"["):
        return 0
    if _CATEGORY.search(plain):
        return 95
    known = sum(name in plain for name in _ANSWER_KEYS)
    if _EMPTY.search(plain) and known >= 3:
        return 90
    # An answer's count can stand before records whose first field is longer than the head.
    return 70 if b'"max_page"' in plain and b'"myip"' in plain else 0


def read(stream: BinaryIO, at: Locator, reading: Reading) -> Iterator[Evidence | Gap]:
    """Every Exchange server among the records, then one `Look` that counts all of them."""
    del reading
    tally = Tally()
    yield from limited(_read(stream, at, tally), at)
    # Where nothing could be read, nobody looked: no address is said not to have been seen.
    scope = "address:" if tally.lost and not (tally.records or tally.answered) else ""
    yield Evidence(at=at, body=Look(seen_by="onyphe", scope=scope, records=tally.records))


class Tally(msgspec.Struct):
    """How many records were read, whether any was lost, whether the file is an API's answer."""

    records: int = 0
    lost: bool = False
    answered: bool = False


def _read(stream: BinaryIO, at: Locator, tally: Tally) -> Iterator[Evidence | Gap]:
    for item in records(stream, LISTS):
        place = msgspec.structs.replace(at, position=item.position)
        if isinstance(item, Lost):
            tally.lost = True
            yield Gap(at=place, why=item.why, kind=item.kind)
        elif item.around:
            tally.answered = True
        elif not isinstance(item.value.get("@category"), str):
            tally.lost = True
            yield Gap(at=place, why=say(N_("not a record of Onyphe: it has no @category")))
        else:
            tally.records += 1
            found = evidence_of(item.value, place)
            if found is not None:
                yield found


def evidence_of(value: dict[str, Any], place: Locator) -> Evidence | None:
    """The Exchange server that a record shows; None where it shows none."""
    if value.get("@category") in NAMES_ONLY:
        return None
    found = host_of(service_of(value), "onyphe")
    if found is None:
        return None
    host, why = found
    organisation = first(value, "organization")
    if organisation:
        host = msgspec.structs.replace(
            host, facts={**host.facts, "network-organisation": organisation}
        )
    seen = time_of(first(value, "@timestamp") or first(value, "seen_date"))
    return Evidence(at=place, body=host, seen=seen, quote=why)


def service_of(value: dict[str, Any]) -> Service:
    """A record in the words all scanners share."""
    data = first(value, "data")
    protocol = first(value, "protocol").lower()
    smtp = protocol.startswith("smtp") or data.lstrip()[:4] in ("220 ", "220-")
    banner, _, rest = data.lstrip().partition("\n") if smtp else ("", "", "")
    products, versions = _products(value)
    return Service(
        address=first(value, "ip"),
        port=first(value, "port"),
        hostnames=_together(value, "hostname", "forward", "reverse"),
        certificate=Certificate(
            names=_together(value, "subject.commonname", "subject.altname"),
            fingerprints=_together(value, "fingerprint.sha1", "fingerprint.sha256"),
        ),
        answers=() if smtp else (_answer(value, data),),
        favicon=_favicon(value),
        title=first(value, "app.http.title"),
        banner=banner,
        ehlo=rest,
        products=products,
        versions=versions,
        cpes=every(value, "cpe"),
        vulns=every(value, "cve"),
    )


def _products(value: dict[str, Any]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Product names with their vendor, and the versions of those that are Exchange."""
    names: list[str] = []
    versions: list[str] = []
    for prefix in ("", "app.http.component."):
        products = many(value, f"{prefix}product")
        vendors = many(value, f"{prefix}productvendor")
        numbers = many(value, f"{prefix}productversion")
        # Lists that do not fit each other would give a product another's vendor or version.
        vendors = vendors if len(vendors) == len(products) else [""] * len(products)
        numbers = numbers if len(numbers) == len(products) else [""] * len(products)
        for product, vendor, number in zip(products, vendors, numbers, strict=True):
            names.append(product if vendor.lower() in product.lower() else f"{vendor} {product}")
            if number and re.search("exchange|outlook", product, re.IGNORECASE):
                versions.append(number)
    return tuple(dict.fromkeys(names)), tuple(dict.fromkeys(versions))


def _answer(value: dict[str, Any], data: str) -> HttpAnswer:
    """The raw answer, and the headers that Onyphe cut out of it."""
    head = parse_http_head(data, first(value, "url"))
    names, values = many(value, "app.http.header.name"), many(value, "app.http.header.value")
    # Two lists that do not fit each other would give a header another's value.
    pairs = tuple(zip(names, values, strict=True)) if len(names) == len(values) else ()
    return msgspec.structs.replace(head, headers=(*head.headers, *pairs))


def _favicon(value: dict[str, Any]) -> int | None:
    for name in ("app.http.favicon.mmh3", "app.http.favicon.imagemmh3", "app.http.favicon.hash"):
        text = first(value, name)
        if re.fullmatch(r"-?\d{1,10}", text):
            return int(text)
    return None


def many(value: dict[str, Any], name: str) -> list[str]:
    """Every value of a field in order, repeats kept; lists of objects are looked through."""
    found = value.get(name)
    nodes: list[Any] = [found] if found is not None else [value]
    if found is None:
        for part in name.split("."):
            nodes = [
                each[part]
                for node in nodes
                for each in (node[:VALUES_LIMIT] if isinstance(node, list) else [node])
                if isinstance(each, dict) and part in each
            ][:VALUES_LIMIT]
    flat = [e for n in nodes for e in (n[:VALUES_LIMIT] if isinstance(n, list) else [n])]
    return [
        text
        for each in flat[:VALUES_LIMIT]
        if isinstance(each, str | int | float) and (text := str(each))
    ]


def every(value: dict[str, Any], name: str) -> tuple[str, ...]:
    """Every different value of a field, blanks left out."""
    return texts_at(many(value, name))


def _together(value: dict[str, Any], *names: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for name in names for text in every(value, name)))


def first(value: dict[str, Any], name: str) -> str:
    """The first value of a field; empty when there is none."""
    return next(iter(many(value, name)), "")


FORMAT = Format(name="onyphe", title="Onyphe export", recognise=recognise, read=read)
