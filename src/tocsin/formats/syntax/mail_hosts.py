"""What the header block of one mail says about Exchange servers: `Host` evidence.

Each `Received` line of Exchange names the host that wrote it (`by`) and, nearly always, a version.
The `from` side is no proof of Exchange: anything can connect. Other fields: `mail_stamps`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tocsin.formats import Reading
from tocsin.formats.syntax.domains import internal, registrable
from tocsin.formats.syntax.exchange_hop import ExchangeHop
from tocsin.formats.syntax.hop_lines import ExchangeLine, exchange_lines, hop_of
from tocsin.formats.syntax.mail_headers import (
    HEADER_LIMIT,
    VALUE_LIMIT,
    Block,
    fields,
    name_of,
    value,
)
from tocsin.formats.syntax.mail_parties import sender_part, trusts
from tocsin.formats.syntax.mail_stamps import Mail, Seen, stamped
from tocsin.formats.syntax.received import Hop, parse_date
from tocsin.model.evidence import QUOTE_LIMIT, Evidence, Host, Trust
from tocsin.model.finding import Gap
from tocsin.model.locator import Locator
from tocsin.model.text import N_, Sentence, say

HOPS_LIMIT = 500
"""`Received` lines read of one mail, from the top."""

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
    exchange = exchange_lines(received)
    yield from _cut_lines(received, exchange, at, prefix)
    if exchange or found.stamps:
        # Of each name the first: a second From is a stranger's, or nonsense.
        whole = {name_of(each): each for each in reversed(found.stamps + found.whole)}
        yield from _Reader(at, prefix, reading, whole).read(received, exchange, found.stamps)


def _cut_lines(
    received: list[re.Match[bytes]],
    exchange: dict[int, tuple[ExchangeLine, bytes]],
    at: Locator,
    prefix: str,
) -> Iterator[Gap]:
    """Lines too long to be read whole, of which it could not be seen that Exchange wrote them."""
    if not received or received[-1].end() - received[0].start() <= VALUE_LIMIT:
        return
    for index, line in enumerate(received):
        if line.end() - line.start() > VALUE_LIMIT and index not in exchange:
            why = say(
                N_("only the first {limit} bytes of this header were read"), limit=VALUE_LIMIT
            )
            yield Gap(at=_at(at, f"{prefix}header Received {index + 1}"), kind="limit", why=why)


class _Reader:
    """One mail that has something to say."""

    def __init__(
        self, at: Locator, prefix: str, reading: Reading, whole: dict[bytes, re.Match[bytes]]
    ) -> None:
        self.at = at
        self.prefix = prefix
        self.own_domains = reading.own_domains
        self.whole = whole
        self.received: list[re.Match[bytes]] = []
        self.exchange: dict[int, tuple[ExchangeLine, bytes]] = {}
        self.others: dict[int, Hop] = {}
        self.senders: int | None = None
        self.message_id = self._message_id()
        self.organisation = self._organisation()

    def read(
        self,
        received: list[re.Match[bytes]],
        exchange: dict[int, tuple[ExchangeLine, bytes]],
        stamps: list[re.Match[bytes]],
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
            at=self.at,
            prefix=self.prefix,
            message_id=self.message_id,
            organisation=self.organisation,
            received=bool(self.received),
            outlook=b"x-ms-has-attach" in self.whole or b"x-ms-tnef-correlator" in self.whole,
        )

    def _trust(self) -> list[Trust]:
        authenticated = value(self.whole.get(b"x-ms-exchange-organization-authas"))
        vouched = 0 in self.exchange and authenticated.lower() == b"internal"
        return trusts(len(self.received), self._hop_at, self.own_domains, vouched=vouched)

    def _hop_at(self, index: int) -> Hop:
        """The line at that place, Exchange's or not, parsed when it is asked for."""
        known = self.exchange.get(index)
        if known is not None:
            return known[0].said.hop
        found = self.others.get(index)
        if found is None:
            found = self.others[index] = hop_of(self.received[index])
        return found

    def _hop(
        self, index: int, line: ExchangeLine, date: bytes, trust: Trust, mail: Mail | None
    ) -> Iterator[Evidence | Gap]:
        said = line.said
        hop = said.hop
        at = _at(self.at, f"{self.prefix}header Received {index + 1}")
        start, end = self.received[index].span()
        if said.odd_id or not hop.by or end - start > VALUE_LIMIT:
            for why in _faults(said, end - start):
                yield Gap(at=at, kind="undecided", why=why)
            if not hop.by and not hop.by_address:
                return
        when = b" ".join(date.split()).decode("utf-8", errors="replace")
        seen = parse_date(when or line.text)
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
            quote=(f"{line.text}; {when}" if when else line.text)[:QUOTE_LIMIT],
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
        if self.senders is None:
            self.senders = sender_part(len(self.received), self._hop_at)
        if index < self.senders:
            return next(iter(self.own_domains)) if len(self.own_domains) == 1 else None
        own = {registrable(each) for each in self.own_domains}
        if sender and trust != "trusted" and registrable(sender) in own:
            return None
        return sender or None

    def _organisation(self) -> str:
        stated = value(self.whole.get(b"x-originatororg"))
        if _DOMAIN.fullmatch(stated):
            return stated.decode().lower()
        match = _FROM.search(value(self.whole.get(b"from")))
        return match[1].decode().lower() if match else ""

    def _message_id(self) -> str:
        match = _MESSAGE_ID.search(value(self.whole.get(b"message-id")))
        return match[1].decode("utf-8", errors="replace") if match else ""


def _faults(line: ExchangeHop, size: int) -> Iterator[Sentence]:
    if size > VALUE_LIMIT:
        yield say(N_("only the first {limit} bytes of this header were read"), limit=VALUE_LIMIT)
    hop = line.hop
    if not hop.by and not hop.by_address:
        yield say(N_("a Received line of Exchange does not say which server wrote it"))
    elif line.odd_id:
        yield say(
            N_("the id of this Received line of {server} is no version of Exchange: {id}"),
            server=hop.by or hop.by_address,
            id=line.odd_id[:80],
        )


def _at(at: Locator, position: str) -> Locator:
    return Locator(source=at.source, position=position, sha256=at.sha256)
