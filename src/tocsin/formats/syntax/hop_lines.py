"""The `Received` lines of one mail, parsed only where needed and remembered where they come again.

Servers repeat themselves: without its date, and without what follows the protocol, a line is the
same in thousands of mails. What is remembered here changes no answer, only the time it takes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from tocsin.formats.syntax.exchange_hop import ExchangeHop, exchange_hop
from tocsin.formats.syntax.mail_headers import FIRST_CHUNK, unfolded, written
from tocsin.formats.syntax.received import Hop, parse_clauses, parse_received

REMEMBERED_LINES = 4096
"""Lines kept in case they come again, in number; then all are forgotten."""

REMEMBERED_LENGTH = 512
"""Longest line kept, in bytes."""

_GATE = re.compile(
    rb"with\s+(?:microsoft\s+smtp\s|mapi|https?\b|shadow|internet\s|e?smtp\s+\(microsoft\s)"
)
"""In lower case: stands in every `Received` line of Exchange; the rest is not parsed. It begins
with plain letters because that is what the search is fast at."""

Match = re.Match[bytes]


class ExchangeLine(msgspec.Struct, frozen=True):
    """A line of Exchange, its text unfolded and without its date."""

    said: ExchangeHop
    text: str


_exchange: dict[bytes, ExchangeLine] = {}
_others: dict[bytes, Hop] = {}


def exchange_lines(received: Sequence[Match]) -> dict[int, tuple[ExchangeLine, bytes]]:
    """The lines that Exchange wrote and the bytes of their dates, by their place from the top."""
    if not received:
        return {}
    first, last = received[0].start(), received[-1].end()
    # One search over all of them first: most mails have none.
    if last - first < FIRST_CHUNK and not _GATE.search(received[0].string[first:last].lower()):
        return {}
    found = {}
    for index, match in enumerate(received):
        whole = written(match)
        head, _, date = whole.rpartition(b";")
        line = _exchange.get(head)
        if line is None and _GATE.search(whole.lower()):
            line = _exchange_line(head or whole)
        if line is not None:
            found[index] = (line, date if head else b"")
    return found


def _exchange_line(head: bytes) -> ExchangeLine | None:
    text, value = unfolded(head)
    said = exchange_hop(parse_clauses(value))
    if said is None:
        return None
    line = ExchangeLine(said, text)
    if len(head) <= REMEMBERED_LENGTH:
        if len(_exchange) >= REMEMBERED_LINES:
            _exchange.clear()
        _exchange[head] = line
    return line


def hop_of(match: Match) -> Hop:
    """Who wrote a line that is not Exchange's, and whom it saw; the rest may be left out."""
    whole = written(match)
    # What follows the protocol (an id, a recipient) is never the same twice.
    stop = max(whole.rfind(b" with "), whole.rfind(b"\twith "))
    head = whole[:stop] if stop >= 0 else whole
    found = _others.get(head)
    if found is not None:
        return found
    found = parse_clauses(unfolded(head)[1])
    if not found.by:
        return parse_received(unfolded(whole)[1])  # a peer can call itself `with`
    if stop >= 0 and len(head) <= REMEMBERED_LENGTH:
        if len(_others) >= REMEMBERED_LINES:
            _others.clear()
        _others[head] = found
    return found
