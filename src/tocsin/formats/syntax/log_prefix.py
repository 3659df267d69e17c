"""What stands around the rows of a log that somebody searched, forwarded or cut a piece out of.

`grep` and Select-String write the file's name (and the line's number) before each row, syslog a
header of its own.
"""

from __future__ import annotations

import re

from tocsin.formats.syntax.text_stream import head_text

HEAD_SIZE = 8192
"""Bytes of a file's beginning that are shown; the last line of so many is most likely cut."""

PREFIX_LIMIT = 512
"""Characters before a row that are looked through for its beginning."""

DAY = re.compile(r"(?<![\d.])\d{4}-\d\d-\d\d[ \t]\d\d:\d\d:\d\d(?:\.\d{1,9})?[ \t](?=\S)")
"""What a W3C row begins with."""

MOMENT = re.compile(r"(?<![\d.])\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,7})?Z?\"?[,;\t|]")
"""What a row of Exchange's logs begins with."""

_A_LOG = re.compile(rb"(?:^|[\r\n\0\xbf])(?:#(?:Software|Fields)|\d{4}-\d\d-\d\d[ T]\d\d:)")
_NAMES = re.compile(r"[:>\])\s\t|\"]$")


def bare(line: str, begins: re.Pattern[str]) -> str:
    """The row without what stands before it; the line itself where it begins at once, or nowhere."""
    match = begins.search(line, 0, PREFIX_LIMIT)
    if match is None or match.start() == 0 or not _NAMES.search(line[: match.start()]):
        return line
    start = match.start()
    return line[start - 1 :] if line[start - 1] == '"' and start > 1 else line[start:]


def whole_lines(head: bytes) -> list[str]:
    """The lines of a file's beginning, without the one that the reading cut, if there are others."""
    text = head_text(head)
    if not text and _A_LOG.search(head):
        # A log all the same, with NUL bytes in its first rows: the disk was full, or the power gone.
        text = head_text(head.replace(b"\0", b""))
    text = text.lstrip("\ufeff")
    lines = text.splitlines()
    cut = len(head) >= HEAD_SIZE and not text.endswith("\n")
    return lines[:-1] if cut and len(lines) > 1 else lines
