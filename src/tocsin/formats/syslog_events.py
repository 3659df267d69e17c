"""Windows events sent by syslog: Snare, NXLog, evtsys and rsyslog's own way, one a line.

Snare's columns: https://www.intersectalliance.com/wp-content/uploads/2017/10/Guide_Snare_for_Windows-4.2.pdf;
structured data: RFC 5424, as https://docs.nxlog.co/refman/current/xm/syslog.html writes it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any, BinaryIO

import msgspec

from tocsin.formats import Format, Reading
from tocsin.formats.syntax.event_hosts import read_events
from tocsin.formats.syntax.event_number import number_of
from tocsin.formats.syntax.event_products import renamed
from tocsin.formats.syntax.event_record import event_of, rendered
from tocsin.formats.syntax.json_object import object_of
from tocsin.formats.syntax.log_rows import LogFault, LogRecord, RecordLog
from tocsin.formats.syntax.syslog_lines import LINE_LIMIT, event_records
from tocsin.formats.syntax.syslog_text import lines_again
from tocsin.formats.syntax.text_stream import decoded, head_text, lines
from tocsin.knowledge.event_names import log_of
from tocsin.model.evidence import Evidence
from tocsin.model.finding import Gap
from tocsin.model.locator import Locator

_HEAD = (
    r"(?:<\d{1,3}>)?(?:1 )?(?:(?P<stamp>\d{4}-\d\d-\d\dT[\d:.]{8,16}(?:Z|[+-]\d\d:?\d\d)?)|"
    r"[A-Z][a-z]{2} {1,2}\d{1,2} (?:\d{4} )?[\d:]{8}) (?P<host>[\w.-]{1,255}) "
)
_SNARE = re.compile(
    rf"(?:{_HEAD})?(?P<first>[\w.-]{{1,255}}[\t ])?MSWinEventLog\t\d+\t(?P<channel>[^\t]{{1,200}})\t\d*\t"
    r"(?P<date>[^\t]{8,40})\t(?P<id>\d{1,5})\t(?P<provider>[^\t]{1,200})\t(?P<user>[^\t]*)\t[^\t]*\t"
    r"(?P<kind>[^\t]*)\t(?P<computer>[^\t]{1,255})\t(?P<rest>.*)",
    re.DOTALL,
)
_STRUCTURED = re.compile(
    rf"{_HEAD}(?P<app>\S{{1,100}}) \S{{1,60}} \S{{1,60}} \[NXLOG@\d+ (?P<data>[^\n]*?)\](?: \ufeff?(?P<text>.*))?$",
    re.DOTALL,
)
_PAIR = re.compile(r'(\w{1,60})="((?:[^"\\\]]|\\.)*)"')
_PLAIN = re.compile(
    rf"{_HEAD}(?P<provider>[A-Za-z][\w-]{{2,80}})(?:\[\d{{1,7}}\])?: "
    r"(?:Event ?ID:? )?(?P<id>\d{1,5}): (?P<text>\S.*)",
    re.DOTALL,
)
_JSON = re.compile(
    rf"{_HEAD}(?:[\w.-]{{1,80}}(?:\[\d{{1,7}}\])?: )?(?:@cee: ?)?(?P<json>\{{.*\}})\s*$", re.DOTALL
)

_PROVIDERS = ("Microsoft-Windows-", "MSExchange", "Security-Auditing", "PowerShell", "Sysmon")
"""What the name of a source begins with that only Windows has."""

_KNOWN = 3
"""So many lines at the beginning are events of Windows, if the file is one of such."""

_encode = msgspec.json.Encoder().encode


def recognise(head: bytes) -> int:
    """Lines of syslog of which the first ones are events of Windows."""
    text = head_text(head).lstrip("\ufeff \t\r\n")
    if text[:1] in ("{", "[", "#", "", '"'):
        return 0
    told = [each for each in text.splitlines()[:20] if each.strip()]
    found = sum(_fields(each) is not None for each in told[:-1] or told)
    return 92 if found >= min(_KNOWN, max(1, len(told) - 1)) else 0


def records(stream: BinaryIO) -> Iterator[LogRecord | LogFault]:
    """Every event as one line of JSON."""
    return rendered(renamed(event_records(lines(decoded(stream), LINE_LIMIT), _fields)))


def _fields(line: str) -> dict[str, Any] | None:
    """What one line says, as a flat record; None if it is no event of Windows."""
    line = line.replace("#011", "\t") if "MSWinEventLog#011" in line else line
    if (told := _SNARE.match(line)) is not None:
        return _snare(told)
    if (told := _STRUCTURED.match(line)) is not None:
        return _structured(told)
    if (told := _PLAIN.match(line)) is not None:
        return _plain(told)
    if (told := _JSON.match(line)) is not None:
        return _body(told["json"])
    return None


def _snare(told: re.Match[str]) -> dict[str, Any]:
    # Category, data, the text, and perhaps a checksum or a counter behind it.
    rest = told["rest"].split("\t")
    text = max(rest, key=len, default="")
    found = _record(told["provider"], told["id"], told["computer"], text)
    return {**found, "Channel": told["channel"], "TimeCreated": _date(told["date"])}


def _structured(told: re.Match[str]) -> dict[str, Any] | None:
    data = {name: re.sub(r"\\(.)", r"\1", value) for name, value in _PAIR.findall(told["data"])}
    if "EventID" not in data:
        return None
    provider = data.get("SourceName", told["app"])
    found = _record(
        provider, data["EventID"], told["host"], told["text"] or data.get("Message", "")
    )
    return {**found, "TimeCreated": data.get("EventTime") or told["stamp"] or "", **data}


def _plain(told: re.Match[str]) -> dict[str, Any] | None:
    provider = told["provider"]
    if not provider.startswith(_PROVIDERS):
        return None
    if not provider.startswith(("Microsoft-", "MSExchange")):
        provider = "Microsoft-Windows-" + provider
    found = _record(provider, told["id"], told["host"], told["text"])
    return {**found, "TimeCreated": told["stamp"] or ""}


def _body(text: str) -> dict[str, Any] | None:
    found = object_of(text)
    if found is None:
        return None
    known = found.keys() & {"EventID", "EventCode", "winlog", "win", "event_id"}
    return found if known else None


def _record(provider: str, number: str, computer: str, text: str) -> dict[str, Any]:
    return {
        "ProviderName": provider,
        "EventID": number,
        "Computer": computer,
        "Channel": log_of(provider, number) or provider,
        "Message": lines_again(text, provider),
    }


def _date(text: str) -> str:
    """Snare's `Tue May 05 15:20:54 2026` in ISO's way; another as it is."""
    for form in ("%a %b %d %H:%M:%S %Y", "%d %b %Y %H:%M:%S"):
        try:
            return datetime.strptime(text.strip(), form).isoformat()  # noqa: DTZ007 - says no zone
        except ValueError:
            continue
    return text


LOG = RecordLog(records=records, event=event_of, number=number_of)


def read(stream: BinaryIO, at: Locator, reading: Reading) -> Iterator[Evidence | Gap]:
    """The Exchange servers that the first events name, then one `Look`."""
    del reading
    return read_events(stream, at, LOG)


FORMAT = Format(
    name="syslog-events",
    title="Windows events sent by syslog",
    recognise=recognise,
    read=read,
    order=58,
    log=LOG,
)
