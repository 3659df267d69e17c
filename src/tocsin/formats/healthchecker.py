"""Results of Microsoft's HealthChecker.ps1: its CLIXML file per server, its vulnerability report."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import BinaryIO

from tocsin.formats import Format, Reading
from tocsin.formats.powershell_json import read_plain
from tocsin.formats.syntax import clixml
from tocsin.formats.syntax.exchange_reading import read_records
from tocsin.formats.syntax.records import Record
from tocsin.formats.syntax.setting_syntax import Origin
from tocsin.formats.syntax.text_stream import decoded, head_text
from tocsin.model.evidence import Evidence
from tocsin.model.finding import Gap
from tocsin.model.locator import Locator
from tocsin.model.text import N_, say

REPORT_LIMIT = 4 * 1024 * 1024
"""Longest vulnerability report read, in bytes; one of a thousand servers is far below."""

_SNIFFED = 512

_RESULT = re.compile(
    r"<T>(?:Deserialized\.)?HealthChecker\.|N=\"HealthCheckerExchangeServer\""
    r"|N=\"HealthCheckerVersion\"|N=\"HtmlServerValues\""
)
_REPORT = re.compile(
    r"\"VersionReport\"\s*:.*\"(?:Servers|ReportDate|Organization)\"\s*:", re.DOTALL
)


def recognise(head: bytes) -> int:
    """CLIXML that holds HealthChecker's own objects, or the members of its report."""
    if clixml.looks_like(head):
        return 98 if _RESULT.search(head_text(head)) else 0
    text = head_text(head).lstrip()
    return 98 if text.startswith("{") and _REPORT.search(text) else 0


def read(stream: BinaryIO, at: Locator, reading: Reading) -> Iterator[Evidence | Gap]:
    """The server each result is of, what else it names, then one `Look`."""
    del reading
    # Only the first bytes tell which of the two it is, and the stream may not turn back.
    head = stream.read(_SNIFFED)
    if not head_text(head).lstrip().startswith("{"):
        return read_records(clixml.read_text(decoded(stream, head), at), at)
    report = head + stream.read(REPORT_LIMIT)
    return read_records(_report(report, at), at, Origin(syntax="json"))


def _report(data: bytes, at: Locator) -> Iterator[Record | Gap]:
    yield from read_plain(io.BytesIO(data), at)
    if len(data) > REPORT_LIMIT:
        why = say(N_("the report is longer than {limit} bytes"), limit=REPORT_LIMIT)
        yield Gap(at=at, why=why, kind="limit")


FORMAT = Format(
    name="healthchecker",
    title="Result of Microsoft's Exchange HealthChecker",
    recognise=recognise,
    read=read,
    order=45,
)
