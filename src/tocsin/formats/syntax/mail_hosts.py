"""What the header block of one mail says about Exchange servers: `Host` evidence.

Each `Received` line of Exchange names the host that wrote it (`by`) and, nearly always, a version.
The `from` side is no proof of Exchange: anything can connect. Other fields: `mail_stamps`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from tocsin.formats import Reading
from tocsin.formats.syntax.exchange_hop import ExchangeHop, exchange_hop
from tocsin.formats.syntax.mail_headers import (
    FIRST_CHUNK,
    HEADER_LIMIT,
    VALUE_LIMIT,
    Block,
    Field,
    fields,
    first_values,
    unfolded,
)
from tocsin.formats.syntax.mail_parties import from_sender, internal, registrable, trusts
from tocsin.formats.syntax.mail_stamps import Mail, Seen, is_hint, stamped
from tocsin.formats.syntax.received import Hop, parse_clauses, parse_date, parse_received
from tocsin.model.evidence import QUOTE_LIMIT, Evidence, Host, Trust
from tocsin.model.finding import Gap
from tocsin.model.locator import Locator
from tocsin.model.text import N_, Sentence, say

HOPS_LIMIT = 500
"""`Received` lines read of one mail, from the top."""

REMEMBERED_LINES = 4096
"""Lines of Exchange kept in case they come again, in number."""

REMEMBERED_LENGTH = 512
"""Longest line kept, in bytes."""

_GATE = re.compile(
    rb"with\s+(?:microsoft\s+smtp\s|mapi|https?\b|shadow|internet\s|e?smtp\s+\(microsoft\s)"
)
"""In lower case: stands in every `Received` line of Exchange; the rest is not parsed. It begins
with plain letters because that is what the search is fast at."""

_DOMAIN = re.compile(rb"[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,10}")
_FROM = re.compile(rb"@([A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,10})\.?>?[^@]*\Z")
_MESSAGE_ID = re.compile(rb"<\s*([^<>\s]{1,300})")


def hosts(block: Block, at: Locator, prefix: str, reading: Reading) -> Iterator[Evidence | Gap]:
    """All that one mail's header block says, in the order of its lines.

    prefix: put before each position, such as `offset 12345, `. A field that is not understood is a
    `Gap` and costs only itself.
    """
    if block.cut:
        why = say(N_("the header block is longer than {limit} bytes"), limit=HEADER_LIMIT)
        yield Gap(at=_at(at, prefix + "header"), kind="limit", why=why)
    found = fields(block)
    received = found.received
    if len(received) > HOPS_LIMIT:
        why = say(N_("more than {limit} Received lines in one mail"), limit=HOPS_LIMIT)
        yield Gap(at=_at(at, prefix + "header Received"), kind="limit", why=why)
        received = received[:HOPS_LIMIT]
    exchange = _exchange_lines(block.raw, received)
    stamps = found.stamps + [each for each in found.whole if is_hint(block, each)][:1]
    if exchange or stamps:
        reader = _Reader(block, at, prefix, reading, first_values(block, found.whole))
        yield from reader.read(received, exchange, stamps)


class _Line(msgspec.Struct, frozen=True):
    """A line of Exchange without its date, which is all that changes while servers repeat
    themselves, and its text unfolded."""

    said: ExchangeHop
    text: str


_remembered: dict[bytes, _Line] = {}
"""Lines as they stand in the mail, folding and all. A cache: it changes no answer."""


def _exchange_lines(raw: bytes, received: list[tuple[int, int]]) -> dict[int, tuple[_Line, bytes]]:
    """The lines that Exchange wrote and the bytes of their dates, by their place from the top."""
    if not received:
        return {}
    first, last = received[0][0], received[-1][1]
    # One search over all of them first: most mails have none.
    if last - first < FIRST_CHUNK and not _GATE.search(raw[first:last].lower()):
        return {}
    found = {}
    for index, (start, end) in enumerate(received):
        whole = raw[start : min(end, start + VALUE_LIMIT)]
        head, _, date = whole.rpartition(b";")
        line = _remembered.get(head)
        if line is None and _GATE.search(whole.lower()):
            line = _line(head or whole)
        if line is not None:
            found[index] = (line, date)
    return found


def _line(head: bytes) -> _Line | None:
    text = b" ".join(head.split()).decode("utf-8", errors="replace")
    said = exchange_hop(parse_clauses(text.partition(":")[2].lstrip()))
    if said is None:
        return None
    line = _Line(said, text)
    if len(head) <= REMEMBERED_LENGTH:
        if len(_remembered) >= REMEMBERED_LINES:
            _remembered.clear()
        _remembered[head] = line
    return line


class _Reader:
    """One mail that has something to say."""

    def __init__(
        self,
        block: Block,
        at: Locator,
        prefix: str,
        reading: Reading,
        whole: dict[bytes, bytes],
    ) -> None:
        self.block = block
        self.at = at
        self.prefix = prefix
        self.own_domains = reading.own_domains
        self.whole = whole
        self.received: list[tuple[int, int]] = []
        self.exchange: dict[int, tuple[_Line, bytes]] = {}
        self.others: dict[int, Hop] = {}
        self.message_id = self._message_id()
        self.organisation = self._organisation()

    def read(
        self,
        received: list[tuple[int, int]],
        exchange: dict[int, tuple[_Line, bytes]],
        stamps: list[Field],
    ) -> Iterator[Evidence | Gap]:
        """Hops first, since they tell how far the other fields can be believed."""
        self.received, self.exchange = received, exchange
        trust = self._trust() if exchange else []
        mail = self._mail() if stamps else None
        for index, (line, date) in exchange.items():
            yield from self._hop(index, line, date, trust[index], mail)
        if mail is not None:
            for field in stamps:
                yield from stamped(field, mail)

    def _mail(self) -> Mail:
        return Mail(
            block=self.block,
            at=self.at,
            prefix=self.prefix,
            message_id=self.message_id,
            organisation=self.organisation,
            received=bool(self.received),
            outlook=b"x-ms-has-attach" in self.whole or b"x-ms-tnef-correlator" in self.whole,
        )

    def _trust(self) -> list[Trust]:
        authenticated = self.whole.get(b"x-ms-exchange-organization-authas", b"")
        vouched = 0 in self.exchange and authenticated.strip().lower() == b"internal"
        return trusts(len(self.received), self._hop_at, self.own_domains, vouched=vouched)

    def _hop_at(self, index: int) -> Hop:
        """The line at that place, Exchange's or not, parsed when it is asked for."""
        known = self.exchange.get(index)
        if known is not None:
            return known[0].said.hop
        found = self.others.get(index)
        if found is None:
            _, value = unfolded(self.block, *self.received[index])
            found = self.others[index] = parse_received(value)
        return found

    def _hop(
        self, index: int, line: _Line, date: bytes, trust: Trust, mail: Mail | None
    ) -> Iterator[Evidence | Gap]:
        said = line.said
        hop = said.hop
        at = _at(self.at, f"{self.prefix}header Received {index + 1}")
        start, end = self.received[index]
        if said.odd_id or not hop.by or end - start > VALUE_LIMIT:
            for why in self._faults(index, said):
                yield Gap(at=at, kind="undecided", why=why)
            if not hop.by and not hop.by_address:
                return
        when = b" ".join(date.split()).decode("utf-8", errors="replace")
        seen = parse_date(when)
        if mail is not None:
            mail.saw(hop.by, Seen(trust, seen), cloud=said.cloud)
        facts = said.facts
        yield Evidence(
            at=at,
            body=Host(
                seen_by="mail",
                names=(hop.by,) if hop.by else (),
                addresses=said.addresses,
                product="Exchange Online" if said.cloud else "Exchange Server",
                version=said.version,
                organisation=None if said.cloud else self._organisation_of(index, hop, trust),
                trust=trust,
                facts={**facts, "message-id": self.message_id} if self.message_id else facts,
            ),
            seen=seen,
            quote=f"{line.text}; {when}"[:QUOTE_LIMIT],
        )

    def _faults(self, index: int, line: ExchangeHop) -> Iterator[Sentence]:
        start, end = self.received[index]
        if end - start > VALUE_LIMIT:
            yield say(
                N_("only the first {limit} bytes of this header were read"), limit=VALUE_LIMIT
            )
        hop = line.hop
        if not hop.by and not hop.by_address:
            yield say(N_("a Received line of Exchange does not say which server wrote it"))
        elif line.odd_id:
            yield say(
                N_("the id of this Received line of {server} is no version of Exchange: {id}"),
                server=hop.by or hop.by_address,
                id=line.odd_id[:80],
            )

    def _organisation_of(self, index: int, hop: Hop, trust: Trust) -> str | None:
        """Whose a server is: the sender's domain, where the server stands in the sender's part.

        It is what tells the organisation of a name such as `ex01.corp.local`. A mail that merely
        claims to come from the reader's domain does not make its servers his.
        """
        sender = self.organisation
        domain = registrable(hop.by)
        if sender and domain == registrable(sender):
            return sender
        if not internal(hop.by):
            return None
        if not from_sender(index, len(self.received), self._hop_at):
            return next(iter(self.own_domains)) if len(self.own_domains) == 1 else None
        own = {registrable(each) for each in self.own_domains}
        if sender and trust != "trusted" and registrable(sender) in own:
            return None
        return sender or None

    def _organisation(self) -> str:
        stated = self.whole.get(b"x-originatororg", b"").strip()
        if _DOMAIN.fullmatch(stated):
            return stated.decode().lower()
        match = _FROM.search(self.whole.get(b"from", b""))
        return match[1].decode().lower() if match else ""

    def _message_id(self) -> str:
        match = _MESSAGE_ID.search(self.whole.get(b"message-id", b""))
        return match[1].decode("utf-8", errors="replace") if match else ""


def _at(at: Locator, position: str) -> Locator:
    return Locator(source=at.source, position=position, sha256=at.sha256)
