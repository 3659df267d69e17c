"""A count of Received ids per server, as CSV: which build number was printed from when to when.

Columns: org, server, channel (smtp, mapi), observed_id, count, first_seen, last_seen (days). It is
what remains of a mail archive whose messages may not be kept: names may be replaced by hashes.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import BinaryIO

from tocsin.formats import Format, Reading
from tocsin.model.build import parse_version
from tocsin.model.evidence import QUOTE_LIMIT, Evidence, Host, Look
from tocsin.model.finding import Gap
from tocsin.model.locator import Locator
from tocsin.model.text import N_, say

COLUMNS = ("org", "server", "channel", "observed_id", "count", "first_seen", "last_seen")
LINE_LIMIT = 8192
"""Longest line read, in characters."""
ROWS_LIMIT = 5_000_000
"""Rows read of one file."""


def recognise(head: bytes) -> int:
    """By the names of the columns in the first line."""
    first = head.removeprefix(b"\xef\xbb\xbf").split(b"\n", 1)[0].strip()
    return 95 if first == ",".join(COLUMNS).encode() else 0


def read(stream: BinaryIO, at: Locator, reading: Reading) -> Iterator[Evidence | Gap]:  # noqa: ARG001
    """Two sightings a row, at its first and at its last day; then one `Look`."""
    rows = 0
    text = io.TextIOWrapper(stream, "utf-8-sig", errors="replace", newline="")
    text.readline(LINE_LIMIT)
    number = 1
    while line := text.readline(LINE_LIMIT):
        number += 1
        place = Locator(source=at.source, position=f"line {number}", sha256=at.sha256)
        if rows >= ROWS_LIMIT:
            why = say(N_("more than {limit} rows: the rest is left out"), limit=ROWS_LIMIT)
            yield Gap(at=place, kind="limit", why=why)
            break
        if not line.strip():
            continue
        found = _row(line, place)
        if found is None:
            yield Gap(at=place, why=say(N_("not a row of a Received timeline")))
            continue
        rows += 1
        yield from found
    text.detach()
    yield Evidence(at=at, body=Look(seen_by="mail", records=rows))


def _row(line: str, place: Locator) -> tuple[Evidence, ...] | None:
    try:
        cells = next(csv.reader([line]))
        org, server, channel, observed, _count, first, last = cells
        if channel not in ("smtp", "mapi") or not server:
            return None
        version = parse_version(observed, "smtp" if channel == "smtp" else "mapi")
        days = [datetime.strptime(day, "%Y-%m-%d").replace(tzinfo=UTC) for day in (first, last)]
    except (ValueError, csv.Error, StopIteration):
        return None
    host = Host(
        seen_by="mail",
        names=(server,),
        organisation=org or None,
        product="Exchange Online" if version.exchange_online else "Exchange Server",
        version=version,
    )
    # The day's end: a number that was seen until that day was still there during it.
    moments = (days[0], days[1] + timedelta(hours=23, minutes=59))
    quote = line.strip()[:QUOTE_LIMIT]
    return tuple(Evidence(at=place, seen=when, body=host, quote=quote) for when in moments)


FORMAT = Format(
    name="received-timeline", title="Received timeline", recognise=recognise, read=read, order=60
)
