"""IIS logs (W3C extended), whatever columns were chosen, with and without their header."""

from __future__ import annotations

import re

from tocsin.formats import Format
from tocsin.formats.syntax.log_hosts import reader
from tocsin.formats.syntax.log_other_web import IIS, NCSA
from tocsin.formats.syntax.log_rows import LineLog
from tocsin.formats.syntax.log_start import weighed
from tocsin.formats.syntax.log_w3c import begin, event, is_web, turns
from tocsin.formats.syntax.mail_headers import looks_like_mail

MARKS = (
    b"#",
    b"\xef\xbb\xbf",
    b"date",
    b'"date',
    b"TimeGenerated",
    b"TenantId",
    b"LogFilename",
    b"sep=",
)
"""What lines that are no rows begin with; a BOM also in the middle of files put together."""

_SOFTWARE = re.compile(
    rb'(?:\A|[\r\n])[\xef\xbb\xbf\s"]*#Software:[ \t]*Microsoft Internet Information Services'
)
"""IIS's own word for itself, in its own line: a client can write those words into any row."""


def recognise(head: bytes) -> int:
    """By `#Fields` with a web server's columns, by IIS's name, or by rows of that shape."""
    layout = begin(head)
    if layout is None or looks_like_mail(head):  # rows stand in mails, too
        return 0
    if layout.columns in (NCSA, IIS):
        return 75
    if layout.columns:
        if not is_web(layout.columns):
            return 0
        return weighed(head, 95) if layout.stated else 85
    return weighed(head, 90) if _SOFTWARE.search(head) else 0


LOG = LineLog(begin=begin, turns=turns, marks=MARKS, event=event)

FORMAT = Format(
    name="iis", title="IIS log", recognise=recognise, read=reader(LOG), order=25, log=LOG
)
