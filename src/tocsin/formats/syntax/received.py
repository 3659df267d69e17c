"""One `Received` line (RFC 5321, section 4.4): who took the mail, from whom, how, when.

Read by clauses (`from`, `by`, `with`, `id`, `via`) in one pass over words and comments, so that
it costs the same whatever a sender writes into it. What a client said of itself (its HELO name)
and what the server saw (its address) are kept apart: only the second can be believed.
"""

from __future__ import annotations

import ipaddress
import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache

import msgspec

NAME_LIMIT = 255
"""Longest host name kept, in characters (RFC 1035)."""

_TOKEN = re.compile(r"\((?:[^()]+|\([^()]*\))*\)?|[^\s()]+")
_USUAL = re.compile(
    r"from ([^\s()]+) \((?:([\w.-]+) )?\[?(?:IPv6:)?([0-9A-Fa-f.:]+(?:%\w+)?)\]?\)"
    r"(?: \([^()]*(?:\([^()]*\)[^()]*)*\))*"
    r" by ([^\s();]+)(?: \(([^()]*)\))? with ([A-Za-z]+(?: [A-Za-z]+){0,3}?)(?: \(([^()]*)\))?"
    r"(?: id ([^\s();]+))?(?: via ([A-Za-z ]+))?(?: \([^()]*\))?(?: for <[^<>\s]*>)?"
)
"""The form that Exchange and Postfix share, unfolded; every other form is read by clauses."""

_CLAUSES = frozenset({"from", "by", "with", "id", "via", "for"})
_HELO = re.compile(r"\b(?:helo|ehlo)[= ]\S+", re.IGNORECASE)
_ADDRESS = re.compile(
    r"(?:\[|\b)(?:IPv6:)?"
    r"(\d{1,3}(?:\.\d{1,3}){3}|(?<![\w.])[0-9a-f]{0,4}:[0-9a-f:.]{1,45}(?:%\w{1,16})?)",
    re.IGNORECASE,
)
_OCTET = "(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_DOTTED = re.compile(rf"{_OCTET}(?:\.{_OCTET}){{3}}")
"""An IPv4 address that is one; all else `ipaddress` decides, which takes longer."""

_VERIFIED = re.compile(r"\(\s*([\w.-]+\.[\w-]+)\.?\s+\[")
_DATE = re.compile(
    r"\b(\d{1,2})[ -]{1,3}([a-z]{3})[a-z]{0,6}\.?[ -,]{1,3}(\d{2,4})\s{1,3}"
    r"(\d{1,2})[:.](\d{2})(?:[:.](\d{2}))?(?:[.,]\d{1,9})?(?:\s{0,3}([+-]\d{4}|[a-z]{1,5})\b)?",
    re.IGNORECASE,
)
_USUAL_DATE = re.compile(
    r" ?(?:[A-Za-z]{3}, )?(\d{1,2}) ([A-Z][a-z]{2}) (\d{4}) (\d\d:\d\d:\d\d) ([+-]\d\d)(\d\d)"
    r"(?: \(\w+\))?"
)
_ASCTIME = re.compile(
    r"\b([a-z]{3})\s{1,3}(\d{1,2})\s{1,3}(\d{1,2}):(\d{2}):(\d{2})(?:\s([a-z]{1,5}))?\s{1,3}(\d{4})\b",
    re.IGNORECASE,
)
_MONTHS = {
    name: number
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1
    )
}
_ZONES = {
    "est": -5,
    "edt": -4,
    "cst": -6,
    "cdt": -5,
    "mst": -7,
    "mdt": -6,
    "pst": -8,
    "pdt": -7,
} | {
    "cet": 1,
    "cest": 2,
    "bst": 1,
    "msk": 3,
    "jst": 9,
}
"""Hours east of UTC: RFC 5322's names and a few that servers print without a number."""


class Hop(msgspec.Struct, frozen=True, kw_only=True):
    """A `Received` line. Absent is empty.

    by, by_address: the host that wrote the line. helo: what the peer called itself.
    address: the peer's address as this host saw it. verified: the peer's name as this host
    looked it up (Postfix's form). note: the comment at the protocol. local: handed over on the
    host itself, not by network. mentions_peer: whether there is a `from` at all.
    """

    by: str = ""
    by_address: str = ""
    helo: str = ""
    address: str = ""
    verified: str = ""
    protocol: str = ""
    id: str = ""
    via: str = ""
    note: str = ""
    local: bool = False
    mentions_peer: bool = False


def parse_received(text: str) -> Hop:
    """The clauses of an unfolded value, its date left aside."""
    clauses, _, _ = text.rpartition(";")
    return parse_clauses(clauses or text)


def parse_clauses(clauses: str) -> Hop:
    """The clauses of an unfolded value whose date was cut off."""
    if match := _USUAL.fullmatch(clauses):
        return _usual(match)
    words, comments = _clauses(clauses)
    by = words.get("by", ())
    sender = words.get("from", ())
    seen = comments.get("from", "")
    by_name = by[0].strip(",;") if by else ""
    helo = sender[0].strip(",;") if sender else ""
    address = peer_address(helo, seen)
    return Hop(
        by=host_name(by_name),
        by_address=address_in(by_name) or address_in(comments.get("by", "")),
        helo=host_name(helo),
        address=address,
        verified=_verified(seen),
        protocol=" ".join(words.get("with", ())),
        id=words["id"][0].strip(",;<>") if words.get("id") else "",
        note=comments.get("with", ""),
        via=" ".join(words.get("via", ())).strip(",;"),
        local=not sender or (not address and _same_host(helo, by_name)),
        mentions_peer=bool(sender),
    )


def _usual(match: re.Match[str]) -> Hop:
    helo, name, address, by, at, protocol, note, number, via = match.groups("")
    seen = address_in(address)
    return Hop(
        by=host_name(by),
        by_address=address_in(by) or (address_in(at) if at else ""),
        helo=host_name(helo),
        address=seen,
        verified=name.lower() if name and "." in name else "",
        protocol=protocol,
        id=number.strip(",;<>"),
        via=via,
        note=note,
        local=not seen and _same_host(helo, by),
        mentions_peer=True,
    )


def _clauses(text: str) -> tuple[dict[str, list[str]], dict[str, str]]:
    """Words and comments of each clause; of a clause that comes twice, the first."""
    words: dict[str, list[str]] = {}
    comments: dict[str, str] = {}
    name = ""
    mine: list[str] = []
    for token in _TOKEN.findall(text):
        if token[0] == "(":
            if name:
                comments[name] = comments.get(name, "") + token
            continue
        # A peer may call itself `by`: what follows a keyword at once is a word.
        if (mine or not name) and (lower := token.lower()) in _CLAUSES:
            name = lower if lower not in words else f"{lower} again"
            mine = words.setdefault(name, [])
        else:
            mine.append(token)
    return words, comments


@lru_cache(maxsize=65536)
def host_name(text: str) -> str:
    """A host's name as printed; empty for an address literal."""
    name = text.strip("[]<>\"'").rstrip(".")
    if not name or len(name) > NAME_LIMIT or address_in(name) == name:
        return ""
    if text[:1] == "[" and (name[:5].lower() == "ipv6:" or address_in(text)):
        return ""
    return name


@lru_cache(maxsize=65536)
def address_in(text: str) -> str:
    """The last IP address written in a text, brackets and `IPv6:` left out; empty when none is."""
    if ":" not in text and text.count(".") < 3:
        return ""  # most names
    for found in reversed(_ADDRESS.findall(text)):
        if _DOTTED.fullmatch(found):
            return str(found)
        try:
            ipaddress.ip_address(found)
        except ValueError:
            continue
        return str(found)
    return ""


def peer_address(helo: str, comments: str) -> str:
    """The peer's address as the server saw it, not as the peer claims it in its HELO.

    Servers print it in the comment, behind the claimed name: `HELO (name [1.2.3.4])`. Exim alone
    prints `[1.2.3.4] (helo=…)` when the address has no name.
    """
    if not comments:
        return ""
    found = address_in(_HELO.sub("", comments))
    if not found and helo[:1] == "[" and "helo=" in comments.lower():
        return address_in(helo)
    return found


def _verified(comments: str) -> str:
    match = _VERIFIED.match(comments)
    if match is None or "may be forged" in comments or "helo" in comments[: match.end()].lower():
        return ""
    return match[1].lower()


def _same_host(one: str, other: str) -> bool:
    """Whether a peer's name, port and all, is the host itself; asked only without an address."""
    peer, host = one.lower().partition(":")[0], other.lower()
    return peer in ("localhost", "localhost.localdomain", host, host.partition(".")[0])


def parse_date(text: str) -> datetime | None:
    """The date of a hop in UTC, in any spelling met in mail; None when there is none.

    Without a zone it is read as UTC, as RFC 5322 (section 4.3) has it for zones it does not know.
    """
    if usual := _USUAL_DATE.fullmatch(text):
        day, month, year, clock, hours, minutes = usual.groups()
        iso = f"{year}-{_MONTHS.get(month.lower(), 0):02}-{day:0>2}T{clock}{hours}:{minutes}"
        try:
            return datetime.fromisoformat(iso).astimezone(UTC)
        except (ValueError, OverflowError):
            pass  # a leap second, or nonsense: the tolerant way decides
    match = _DATE.search(text)
    if match is not None:
        day, month, year, hour, minute, second, zone = match.groups()
    else:
        match = _ASCTIME.search(text)
        if match is None:
            return None
        month, day, hour, minute, second, zone, year = match.groups()
    return _moment(year, month, day, hour, minute, second, zone)


def _moment(
    year: str, month: str, day: str, hour: str, minute: str, second: str | None, zone: str | None
) -> datetime | None:
    number = _MONTHS.get(month.lower())
    if number is None:
        return None
    full = _year(int(year))
    # A leap second is the second before it.
    seconds = min(int(second or 0), 59)
    try:
        local = datetime(full, number, int(day), int(hour), int(minute), seconds, tzinfo=UTC)
        return local - _offset(zone)
    except (ValueError, OverflowError):
        return None


def _year(number: int) -> int:
    if number < 50:
        return number + 2000
    return number + 1900 if number < 1000 else number


@lru_cache(maxsize=1024)
def _offset(zone: str | None) -> timedelta:
    if not zone:
        return timedelta(0)
    if zone[0] in "+-":
        hours, minutes = int(zone[1:3]), int(zone[3:5])
        if hours > 24 or minutes > 59:
            msg = f"not an offset: {zone}"
            raise ValueError(msg)
        east = timedelta(hours=hours, minutes=minutes)
        return -east if zone[0] == "-" else east
    return timedelta(hours=_ZONES.get(zone.lower(), 0))
