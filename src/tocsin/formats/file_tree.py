r"""Folders and files as `tree /f` draws them, with lines or with `tree /f /a`'s plain letters.

https://learn.microsoft.com/en-us/windows-server/administration/windows-commands/tree
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from tocsin.formats import Format, Reading
from tocsin.formats.syntax.file_rows import file_event, file_row, row_text
from tocsin.formats.syntax.log_rows import LogFault, LogRecord, RecordLog
from tocsin.formats.syntax.record_reading import looked
from tocsin.formats.syntax.text_stream import Line, decoded, head_text, lines
from tocsin.model.evidence import Evidence
from tocsin.model.finding import Gap
from tocsin.model.locator import Locator
from tocsin.model.text import N_, say

LINE_LIMIT = 32 * 1024
"""Characters of one line that are read; a path of Windows has at most 32,767."""

DEPTH_LIMIT = 400
"""Folders inside each other that are followed."""

_LONG = N_("line longer than {limit} characters, cut")

_ROOT = re.compile(r"(?:[A-Za-z]:(?:\.|\\.*)?|\\\\[^\\\s]{1,100}\\.+|\.)$")
_FOLDER = re.compile(
    r"(?P<bars>(?:[│|\u00b3 ] {3})*)(?:[├└+\\\u00c3\u00c0][─\-\u00c4]{3})(?P<name>\S.*)$"
)
_FILE = re.compile(r"(?P<bars>(?:[│|\u00b3 ] {3})+)(?P<name>\S.*)$")
_LEAST = 3


def recognise(head: bytes) -> int:
    """A heading or two, a root, then lines that are drawn."""
    found = [each for each in head_text(head).lstrip("\ufeff").splitlines()[:60] if each.strip()]
    root = next((at for at, each in enumerate(found[:4]) if _ROOT.match(each.strip())), None)
    if root is None or any(_FOLDER.match(each) or _FILE.match(each) for each in found[:root]):
        return 0
    drawn = found[root + 1 :]
    told = sum(
        bool(_FOLDER.match(each) or _FILE.match(each) or not each.strip("│|\u00b3 "))
        for each in drawn
    )
    folders = sum(_FOLDER.match(each) is not None for each in drawn)
    return 80 if len(drawn) >= _LEAST and told >= len(drawn) - 1 and (folders or root >= 2) else 0


def records(stream: BinaryIO) -> Iterator[LogRecord | LogFault]:
    """Every file as one line of JSON."""
    return _rows(lines(decoded(stream), LINE_LIMIT))


def _rows(source: Iterable[Line]) -> Iterator[LogRecord | LogFault]:
    root = ""
    above: list[str] = []  # the whole path of each folder that the line lies in
    for line in source:
        if line.cut:
            yield LogFault(f"line {line.number}", say(_LONG, limit=LINE_LIMIT))
        text = line.text.lstrip("\ufeff").rstrip("\r\n")
        if _ROOT.match(text.strip()):
            root, above = text.strip().removesuffix(".").removesuffix("\\"), []
            continue
        if not root or not text.strip("│|\u00b3 "):
            continue
        if (told := _FOLDER.match(text)) is not None:
            depth = min(len(told["bars"]) // 4, DEPTH_LIMIT, len(above))
            path = f"{above[depth - 1] if depth else root}\\{told['name'].strip()}"
            above = [*above[:depth], path[:LINE_LIMIT]]
        elif (told := _FILE.match(text)) is not None:
            depth = min(len(told["bars"]) // 4 - 1, len(above))
            path = f"{above[depth - 1] if depth else root}\\{told['name'].strip()}"
            yield LogRecord(f"line {line.number}", row_text(file_row(path, raw=text.strip())))


LOG = RecordLog(records=records, event=file_event, surface="files")


def read(stream: BinaryIO, at: Locator, reading: Reading) -> Iterator[Evidence | Gap]:
    """One `Look`: a drawing of folders names no server."""
    del reading
    return looked(records(stream), at)


FORMAT = Format(
    name="file-tree",
    title="Folders drawn by tree",
    recognise=recognise,
    read=read,
    order=84,
    log=LOG,
)
