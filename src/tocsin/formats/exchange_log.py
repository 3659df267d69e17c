"""Exchange's text logs: HttpProxy, ECP, remote PowerShell, EWS, MAPI, tracking, SMTP and others.

Told by their header or, without one, by the shape of their rows; never by a file's name.
"""

from __future__ import annotations

from tocsin.formats import Format
from tocsin.formats.syntax.log_exchange import begin, event, turns
from tocsin.formats.syntax.log_hosts import reader
from tocsin.formats.syntax.log_rows import LineLog
from tocsin.formats.syntax.log_start import weighed
from tocsin.formats.syntax.mail_headers import looks_like_mail

_FIRST = (
    *(b"DateTime", b"TimeStamp", b"Timestamp", b"timestamp", b"date-time", b"RequestId"),
    *(b"RunspaceId", b"PSComputerName", b"MyTimeStamp"),
)
MARKS = (b"#", b"\xef\xbb\xbf", b"sep=", *_FIRST, *(b'"' + name for name in (b"#TYPE", *_FIRST)))
"""What header lines begin with; BOMs stand inside files that were put together from several."""


def recognise(head: bytes) -> int:
    """By `#Fields`, by a line of known columns, or by rows that have the shape of a known log."""
    layout = begin(head)
    if layout is None or looks_like_mail(head):  # rows stand in mails, too
        return 0
    if layout.stated and layout.columns:
        return weighed(head, 95 if b"#Software: Microsoft Exchange" in head else 85)
    return 80 if layout.columns or layout.surface else 0


LOG = LineLog(begin=begin, turns=turns, marks=MARKS, event=event)

FORMAT = Format(
    name="exchange-log",
    title="Exchange log",
    recognise=recognise,
    read=reader(LOG),
    order=30,
    log=LOG,
)
