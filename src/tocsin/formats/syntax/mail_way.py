"""The way of one mail: its `Received` lines as hops, and where its author handed it in.

`submission` is the registrable domain of the host that took the mail from its author. The lowest
line tells it: its `by`, where the peer is a client (authenticated, by a web page or by Exchange's
own protocol, from a private address, or with a name that no server has). Where the peer is a
server of another name that only handed the mail over, its own host stays unseen, and the peer's
name is taken: as the receiving host looked it up, else as it called itself. Lines of a mailing
list stand above and so do not count.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache

import msgspec

from tocsin.formats.syntax.domains import internal, registrable
from tocsin.formats.syntax.exchange_hop import channel_of
from tocsin.formats.syntax.mail_headers import VALUE_LIMIT, unfolded
from tocsin.formats.syntax.mail_parties import near, online, trusts
from tocsin.formats.syntax.received import Hop, address_in, parse_clauses, parse_date
from tocsin.model.message import MailHop

HOPS_LIMIT = 500
"""`Received` lines of one mail that are read, from the top; the lowest one always."""

REMEMBERED_LINES = 16384
"""Lines kept in case they come again, in number; then all are forgotten."""

REMEMBERED_LENGTH = 512
"""Longest line kept, in bytes."""

_ONCE = re.compile(rb"\s(?:for\s+<[^<>]*>|id\s+(?!\d+\.\d+\.\d+\.\d+(?:\s|$))[^\s;()]+)")
"""What is never the same twice in a line: a recipient, an id that is no version."""

_GATE = re.compile(
    rb"with\s+(?:microsoft\s+smtp\s|mapi|https?\b|shadow|internet\s|e?smtp\s+\(microsoft\s)"
)
_AUTHENTICATED = re.compile(
    r"(?:e?smtps?a|utf8smtps?a|asmtp|local|https?|webmail|jmap|mapi)\b", re.IGNORECASE
)
_USUAL_DATE = re.compile(
    rb"\s*(?:[A-Za-z]{3},\s+)?(\d{1,2})\s+([A-Z][a-z]{2})\s+(\d{4})\s+(\d\d):(\d\d):(\d\d)\s+"
    rb"([+-])(\d\d)([0-5]\d)(?!\d)"
)
_MONTHS = {
    name: number
    for number, name in enumerate(
        (b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun",
         b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec"), 1
    )
}  # fmt: skip
_SURE_YEARS = frozenset(str(year).encode() for year in range(1991, 2099))
"""Whose moments are sane in every zone."""

_FIRST_DATE = datetime(1990, 1, 1, tzinfo=UTC)
_LAST_DATE = datetime(2100, 1, 1, tzinfo=UTC)


class Way(msgspec.Struct, frozen=True, kw_only=True):
    """hops: top first. trusted: how many of them, from the top, the reader's own side wrote.
    by_exchange: whether Exchange wrote the top one."""

    hops: tuple[MailHop, ...] = ()
    received: datetime | None = None
    origin: str = ""
    submission: str = ""
    trusted: int = 0
    by_exchange: bool = False
    top: str = ""


class _Line(msgspec.Struct, frozen=True):
    hop: Hop
    channel: str
    handed_in: bool


_lines: dict[bytes, _Line] = {}


def way(
    received: Sequence[bytes], originating: Sequence[bytes], own: frozenset[str], *, vouched: bool
) -> Way:
    """The way told by the values of these fields, in the order of the mail.

    vouched: the reader's own Exchange marked the mail as internal. A line that names nobody costs
    only itself.
    """
    if len(received) > HOPS_LIMIT:
        received = [*received[: HOPS_LIMIT - 1], received[-1]]
    lines: list[_Line] = []
    dates: list[datetime | None] = []
    for value in received:
        head, _, date = value[:VALUE_LIMIT].rpartition(b";")
        lines.append(_line(head or date))
        dates.append(moment(date))
    by_exchange = bool(lines) and bool(lines[0].channel)
    trust = trusts(len(lines), lambda index: lines[index].hop, own, vouched=vouched and by_exchange)
    hops = tuple(
        MailHop(
            by=line.hop.by,
            by_address=line.hop.by_address,
            helo=line.hop.helo,
            peer=line.hop.address,
            protocol=line.hop.protocol[:40],
            channel=line.channel,
            seen=seen,
            trust=each,
        )
        for line, seen, each in zip(lines, dates, trust, strict=True)
    )
    trusted = trust.index("first-external") if "first-external" in trust else trust.count("trusted")
    trusted = min(trusted, trust.count("trusted"))
    return Way(
        hops=hops,
        received=next((each for each in dates[: max(trusted, 1)] if each is not None), None),
        origin=_origin(lines, trusted, originating),
        submission=_submission(lines),
        trusted=trusted,
        by_exchange=by_exchange,
        top=lines[0].hop.by if lines else "",
    )


def sane(moment: datetime | None) -> datetime | None:
    """A moment in which there can have been such a mail; None for nonsense."""
    return moment if moment is not None and _FIRST_DATE <= moment < _LAST_DATE else None


def moment(raw: bytes) -> datetime | None:
    """The date that a field's bytes state, in UTC; None for none or nonsense."""
    if usual := _USUAL_DATE.match(raw):
        day, month, year, hour, minute, second, sign, east, rest = usual.groups()
        number = _MONTHS.get(month)
        try:
            if number:
                seen = datetime(
                    int(year), number, int(day), int(hour), int(minute), int(second), tzinfo=UTC
                )
                seen += _shift(sign, east, rest)
                return seen if year in _SURE_YEARS else sane(seen)
        except (ValueError, OverflowError):
            pass  # a leap second, or nonsense: the tolerant way decides
    text = raw[:200].decode("utf-8", errors="replace")
    return sane(parse_date(" ".join(text.split())))


@lru_cache(maxsize=1024)
def _shift(sign: bytes, hours: bytes, minutes: bytes) -> timedelta:
    """From a zone's time to UTC."""
    offset = int(hours) * 60 + int(minutes)
    return timedelta(minutes=offset if sign == b"-" else -offset)


def _line(head: bytes) -> _Line:
    # Only behind the last `by`: a peer can call itself whatever it likes.
    start = max(head.rfind(b"by "), 0)
    if start or head[:3] == b"by ":
        head = head[:start] + _ONCE.sub(b"", head[start:])
    found = _lines.get(head)
    if found is not None:
        return found
    lower = head.lower()
    hop = parse_clauses(unfolded(b":" + head)[1])
    channel = channel_of(hop) if _GATE.search(lower) else ""
    handed_in = bool(
        _AUTHENTICATED.match(hop.protocol) or b"authenticated" in lower or b"auth=" in lower
    )
    if channel == "http" and not hop.address and online(hop.by) and online(hop.helo):
        # Exchange Online's own store took it from its own transport; no stranger gets such a line.
        hop = msgspec.structs.replace(hop, local=True)
    found = _Line(hop, channel, handed_in)
    if len(head) <= REMEMBERED_LENGTH:
        if len(_lines) >= REMEMBERED_LINES:
            _lines.clear()
        _lines[head] = found
    return found


def _lowest(lines: Sequence[_Line]) -> int:
    """The lowest line that names a host; -1 for none."""
    for index in range(len(lines) - 1, -1, -1):
        hop = lines[index].hop
        if hop.by and (hop.mentions_peer or hop.protocol or index == len(lines) - 1):
            return index
    return -1


def _server_name(hop: Hop) -> str:
    """The name of a peer that is a server's; empty for a client's machine."""
    if not hop.helo or internal(hop.helo) or hop.local or not hop.address or near(hop.address):
        return ""
    return hop.verified if hop.verified and not internal(hop.verified) else hop.helo


def _submission(lines: Sequence[_Line]) -> str:
    index = _lowest(lines)
    if index < 0:
        return ""
    line = lines[index]
    if not line.handed_in and line.channel != "mapi":
        peer = registrable(_server_name(line.hop))
        if peer:
            return peer
    return registrable(line.hop.by) or line.hop.by.lower()


def _origin(lines: Sequence[_Line], trusted: int, originating: Sequence[bytes]) -> str:
    """The client's address: as its server states it, else the peer of the lowest line, where that
    is a client (`submission` says when) and not the mail server that connected to the reader."""
    for value in reversed(originating):
        stated = address_in(value[:200].decode("ascii", errors="replace").strip())
        if stated:
            return stated
    index = _lowest(lines)
    if index < 0:
        return ""
    line = lines[index]
    hop = line.hop
    if not hop.address or line.channel == "mapi" or hop.address in ("127.0.0.1", "::1"):
        return ""
    if line.handed_in or not _server_name(hop):
        return hop.address if line.handed_in or index >= trusted or near(hop.address) else ""
    return ""
