"""From records to evidence: what the readers of all four syntaxes do alike."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from tocsin.formats.syntax.exchange_objects import describe
from tocsin.formats.syntax.gap_limit import limited
from tocsin.formats.syntax.health_checker import describe_result, is_result
from tocsin.formats.syntax.records import Object, Record
from tocsin.formats.syntax.setting_record import setting_of
from tocsin.model.evidence import Evidence, Look, SeenBy
from tocsin.model.finding import Gap
from tocsin.model.locator import Locator

GAPS_LIMIT = 200
"""Gaps told one by one; the rest of a file are counted together."""


def read_records(items: Iterable[Record | Gap], at: Locator) -> Iterator[Evidence | Gap]:
    """What every record says, in order, then one `Look` that counts them.

    A file that holds Exchange Online's report only is a look of Exchange Online's.
    """
    records = online = 0

    def described() -> Iterator[Evidence | Gap]:
        nonlocal records, online
        for item in items:
            if isinstance(item, Record):
                records += 1
                online += _is_report(item.object)
                yield from _describe(item, at)
            else:
                yield item

    yield from limited(described(), at, GAPS_LIMIT)
    seen_by: SeenBy = "exchange-online" if records and online == records else "export"
    yield Evidence(at=at, body=Look(seen_by=seen_by, records=records))


def _describe(record: Record, at: Locator) -> Iterator[Evidence | Gap]:
    place = msgspec.structs.replace(at, position=record.position)
    setting = setting_of(record.object)
    if setting is not None:
        yield Evidence(at=place, body=setting)
    if is_result(record.object):
        yield from describe_result(record.object, place)
    else:
        yield from describe(record.object, place)


def _is_report(thing: Object) -> bool:
    names = {name.strip().lower() for name in thing.properties}
    return "serverfqdn" in names and "build" in names
