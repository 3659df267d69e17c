"""The inventory's side of a record log: a few records, what they tell, what was lost among them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import msgspec

from tocsin.formats.syntax.log_rows import LogFault, LogRecord
from tocsin.model.evidence import Evidence, Look
from tocsin.model.finding import Gap
from tocsin.model.locator import Locator
from tocsin.model.text import N_, say

RECORDS_LIMIT = 2000
"""Records that are looked at: the hunt reads all of them, this only asks who wrote the log."""

Tell = Callable[[LogRecord], Iterator[Evidence]]


def nothing(record: LogRecord) -> Iterator[Evidence]:
    """What a record tells of servers where a log tells nothing of them."""
    del record
    return iter(())


def looked(
    records: Iterable[LogRecord | LogFault], at: Locator, tell: Tell = nothing
) -> Iterator[Evidence | Gap]:
    """What the first records tell, at most one gap that counts the lost ones, one `Look`.

    tell: gives evidence without a place; that of its record is set here.
    """
    count = lost = 0
    first: LogFault | None = None
    for each in records:
        if isinstance(each, LogFault):
            lost += each.count
            first = first or each
        else:
            count += 1
            for found in tell(each):
                place = msgspec.structs.replace(at, position=each.position)
                yield msgspec.structs.replace(found, at=place)
        if count + lost >= RECORDS_LIMIT:
            break
    if first is not None:
        place = msgspec.structs.replace(at, position=first.position)
        if lost == 1:
            yield Gap(at=place, why=first.why)
        else:
            why = say(
                N_("{count} of the first {records} records could not be read"),
                count=lost,
                records=count + lost,
            )
            yield Gap(at=place, why=why)
    yield Evidence(at=at, body=Look(seen_by="log", records=count))
