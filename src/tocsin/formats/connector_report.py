"""Exchange Online's connector report as CSV: how much mail came through which connector, from where.

`Start-HistoricalSearch -ReportType ConnectorReport`, and what the admin center exports of its reports
of inbound and outbound messages. Microsoft does not document the columns: they are known by their
names, in any order, and what is not there is absent.
https://learn.microsoft.com/powershell/module/exchangepowershell/start-historicalsearch
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, BinaryIO

import msgspec

from tocsin.formats import Format, Reading
from tocsin.formats.syntax.csv_records import Broken, Row, header_of, rows
from tocsin.formats.syntax.gap_limit import limited
from tocsin.formats.syntax.text_stream import head_text
from tocsin.model.evidence import QUOTE_LIMIT, Evidence, Inquiry, Look
from tocsin.model.finding import Gap
from tocsin.model.locator import Locator
from tocsin.model.setting import Setting
from tocsin.model.text import N_, say

KIND = "ConnectorReport"

SUMS_LIMIT = 10_000
"""Different connectors and senders that are told apart; rows of further ones are counted in a gap."""

VALUE_LIMIT = 1000
"""Characters kept of one value."""

COLUMNS = {
    "Connector": (
        "connectorname",
        "connector",
        "inboundconnectorname",
        "inboundconnector",
        "outboundconnectorname",
        "outboundconnector",
    ),
    "Server": ("servername", "server", "serverfqdn", "sourceserver", "clienthostname", "hostname"),
    "Certificate": ("certificatesubject", "tlscertificate", "tlssendercertificatename"),
    "SenderIP": ("senderip", "clientip", "fromip", "sourceip", "originalclientip", "connectingip"),
    "Direction": ("direction", "directionality"),
    "Messages": ("messagecount", "messages", "count", "totalmessages"),
    "Date": (
        "date",
        "datetime",
        "datetimeutc",
        "received",
        "receiveddate",
        "origintimestamputc",
        "timestamp",
        "day",
    ),
}
"""Ours to the names of columns that mean it, without blanks and signs, in lower case."""

_SIGNS = re.compile(r"[^a-z0-9]")
_NUMBER = re.compile(r"\d{1,12}")
_WRITTEN = re.compile(
    r"(\d{1,2})/(\d{1,2})/(\d{4})(?:,? (\d{1,2}):(\d\d)(?::(\d\d))?(?: ?([AP]M))?)?", re.IGNORECASE
)


def recognise(head: bytes) -> int:
    """A first line that names a connector, and a day or a count."""
    if b"onnector" not in head.replace(b"\0", b"")[:4096]:
        return 0
    names = {_bare(each) for each in header_of(head_text(head))}
    has = {ours for ours, theirs in COLUMNS.items() if names & {*theirs}}
    return 75 if "Connector" in has and has & {"Messages", "Date"} else 0


def _bare(name: str) -> str:
    return _SIGNS.sub("", name.strip().lower())


class _Sum(msgspec.Struct):
    """The rows of one connector and one sender. line: of the first of them."""

    line: int
    said: dict[str, str]
    messages: int = 0
    first: datetime | None = None
    last: datetime | None = None


def read(stream: BinaryIO, at: Locator, reading: Reading) -> Iterator[Evidence | Gap]:
    """One setting for each connector and sender, an `Inquiry`, a `Look` that counts the rows."""
    del reading
    report = _Report(at)
    yield from limited(report.read(stream), at)
    for each in report.sums.values():
        place = msgspec.structs.replace(at, position=f"line {each.line}")
        yield Evidence(at=place, body=_setting(each), quote=_quote(each))
    inquiry = Inquiry(
        seen_by="exchange-online", kind=KIND, side="exchange-online", found=len(report.sums)
    )
    yield Evidence(at=at, body=inquiry)
    yield Evidence(at=at, body=Look(seen_by="exchange-online", records=report.rows))


class _Report:
    """One file while it is read."""

    def __init__(self, at: Locator) -> None:
        self._at = at
        self._columns: tuple[str, ...] = ()
        self._places: dict[str, int] = {}
        self.rows = self._left = 0
        self.sums: dict[tuple[str, ...], _Sum] = {}

    def read(self, stream: BinaryIO) -> Iterator[Gap]:
        """Adds up the rows; tells those that cannot be."""
        for row in rows(stream):
            place = msgspec.structs.replace(self._at, position=f"line {row.line}")
            if isinstance(row, Broken):
                yield Gap(at=place, why=row.why)
                continue
            self.rows += 1
            if not self._add(row):
                yield Gap(at=place, why=say(N_("the row does not say how many messages it counts")))
        if self._left:
            why = say(
                N_("more than {limit} connectors and senders; {count} rows are not told"),
                limit=SUMS_LIMIT,
                count=self._left,
            )
            yield Gap(at=self._at, kind="limit", why=why)

    def _add(self, row: Row) -> bool:
        if row.columns != self._columns:
            self._columns, self._places = row.columns, _places(row.columns)
        said = {
            name: row.values[i].strip()[:VALUE_LIMIT]
            for name, i in self._places.items()
            if i < len(row.values)
        }
        count, day = said.pop("Messages", None), _time(said.pop("Date", ""))
        if not said.get("Connector"):
            return True  # mail that came through none
        number = 1 if "Messages" not in self._places else _number(count or "")
        if number is None:
            return False
        key = tuple(said.get(name, "").lower() for name in COLUMNS)
        known = self.sums.get(key)
        if known is None and len(self.sums) >= SUMS_LIMIT:
            self._left += 1
            return True
        known = self.sums.setdefault(key, _Sum(row.line, said))
        known.messages += number
        if day is not None:
            known.first = min(known.first or day, day)
            known.last = max(known.last or day, day)
        return True


def _places(columns: tuple[str, ...]) -> dict[str, int]:
    """Where each of our columns stands; of several that mean the same, the one we name first."""
    bare = [_bare(each) for each in columns]
    return {
        ours: bare.index(found)
        for ours, theirs in COLUMNS.items()
        if (found := next((each for each in theirs if each in bare), None)) is not None
    }


def _number(text: str) -> int | None:
    plain = text.replace(",", "").replace("\u00a0", "").replace(" ", "")
    return int(plain) if _NUMBER.fullmatch(plain) else None


def _setting(each: _Sum) -> Setting:
    said: Mapping[str, str] = {name: text for name, text in each.said.items() if text}
    properties: dict[str, Any] = {**said, "Messages": each.messages}
    if "Server" not in said and (other := said.get("Certificate") or said.get("SenderIP")):
        properties["Server"] = other
    for name, found in (("First", each.first), ("Last", each.last)):
        if found is not None:
            properties[name] = f"{found:%Y-%m-%dT%H:%M:%SZ}"
    return Setting(
        seen_by="exchange-online",
        kind=KIND,
        side="exchange-online",
        name=said["Connector"],
        properties=properties,
    )


def _quote(each: _Sum) -> str:
    return "; ".join(f"{name}: {text}" for name, text in each.said.items() if text)[:QUOTE_LIMIT]


def _time(text: str) -> datetime | None:
    """A day or a time in UTC: ISO 8601, or month/day/year as an English report writes it."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return _written(text)
    try:
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except OverflowError:
        return None


def _written(text: str) -> datetime | None:
    match = _WRITTEN.fullmatch(text)
    if match is None:
        return None
    month, day, year, hour, minute, second = (int(each or 0) for each in match.groups()[:6])
    if match[7]:
        hour = hour % 12 + (12 if match[7].upper() == "PM" else 0)
    if month > 12:
        month, day = day, month
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None


FORMAT = Format(
    name="connector-report",
    title="Exchange Online connector report",
    recognise=recognise,
    read=read,
    order=55,
)
