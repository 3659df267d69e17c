"""What the header block of one mail says about Exchange servers: `Host` evidence.

Each `Received` line of Exchange names the host that wrote it (`by`) and, nearly always, a version.
The `from` side is no proof of Exchange: anything can connect. Other fields: `mail_stamps`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tocsin.formats import Reading
from tocsin.formats.syntax.exchange_hop import ExchangeHop, exchange_hop
from tocsin.formats.syntax.mail_headers import (
    FIRST_CHUNK,
    HEADER_LIMIT,
    VALUE_LIMIT,
    Block,
    Field,
    Fields,
    fields,
    side_fields,
    unfolded,
)
from tocsin.formats.syntax.mail_parties import from_sender, internal, registrable, trusts
from tocsin.formats.syntax.mail_stamps import Mail, Seen, stamped
from tocsin.formats.syntax.received import Hop, parse_date, parse_received
from tocsin.model.evidence import QUOTE_LIMIT, Evidence, Host, Trust
from tocsin.model.finding import Gap
from tocsin.model.locator import Locator
from tocsin.model.text import N_, Sentence, say

HOPS_LIMIT = 500
"""`Received` lines read of one mail, from the top."""

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
    if len(found.received) > HOPS_LIMIT:
        why = say(N_("more than {limit} Received lines in one mail"), limit=HOPS_LIMIT)
        yield Gap(at=_at(at, prefix + "header Received"), kind="limit", why=why)
        found = Fields(found.received[:HOPS_LIMIT], found.others, found.end)
    gated = _gated(block.raw, found.received)
    if gated or found.others:
        yield from _Reader(block, at, prefix, reading, found).read(gated, found.others)


def _gated(raw: bytes, received: list[tuple[int, int]]) -> list[int]:
    """Which lines are worth parsing. One search over all of them first: most mails have none."""
    if not received:
        return []
    first, last = received[0][0], received[-1][1]
    if last - first < FIRST_CHUNK and not _GATE.search(raw[first:last].lower()):
        return []
    return [
        index for index, (start, end) in enumerate(received) if _GATE.search(raw[start:end].lower())
    ]


class _Reader:
    """One mail that has something to say."""

    def __init__(
        self, block: Block, at: Locator, prefix: str, reading: Reading, found: Fields
    ) -> None:
        self.block = block
        self.at = at
        self.prefix = prefix
        self.own_domains = reading.own_domains
        self.side = side_fields(block, found.end)
        self.received = found.received
        self.parsed: dict[int, tuple[Hop, str, str]] = {}
        self.message_id = self._message_id()
        self.organisation = self._organisation()

    def read(self, gated: list[int], stamps: list[Field]) -> Iterator[Evidence | Gap]:
        """Hops first, since they tell how far the other fields can be believed."""
        exchange = [
            (index, line)
            for index in gated
            if (line := exchange_hop(self._hop(index, remember=True)[0]))
        ]
        trust = self._trust([index for index, _ in exchange])
        mail = self._mail() if stamps else None
        for index, line in exchange:
            yield from self._exchange(index, line, trust[index], mail)
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
            outlook=b"x-ms-has-attach" in self.side or b"x-ms-tnef-correlator" in self.side,
        )

    def _trust(self, exchange: list[int]) -> list[Trust]:
        if not exchange:
            return ["forgeable"] * len(self.received)
        authenticated = self.side.get(b"x-ms-exchange-organization-authas", b"")
        return trusts(
            len(self.received),
            lambda index: self._hop(index)[0],
            self.own_domains,
            vouched=exchange[0] == 0 and authenticated.strip().lower() == b"internal",
        )

    def _hop(self, index: int, *, remember: bool = False) -> tuple[Hop, str, str]:
        """The line parsed: hop, date text, and the line as a whole."""
        found = self.parsed.get(index)
        if found is None:
            line, value = unfolded(self.block, *self.received[index])
            hop, date = parse_received(value, remember=remember)
            found = self.parsed[index] = (hop, date, line)
        return found

    def _exchange(
        self, index: int, line: ExchangeHop, trust: Trust, mail: Mail | None
    ) -> Iterator[Evidence | Gap]:
        hop, date, text = self._hop(index)
        at = _at(self.at, f"{self.prefix}header Received {index + 1}")
        start, end = self.received[index]
        if line.odd_id or not hop.by or end - start > VALUE_LIMIT:
            for why in self._faults(index, line):
                yield Gap(at=at, kind="undecided", why=why)
            if not hop.by and not hop.by_address:
                return
        seen = parse_date(date)
        if mail is not None:
            mail.saw(hop.by, Seen(trust, seen), cloud=line.cloud)
        facts = {**line.facts, "message-id": self.message_id} if self.message_id else line.facts
        yield Evidence(
            at=at,
            body=Host(
                seen_by="mail",
                names=(hop.by,) if hop.by else (),
                addresses=line.addresses,
                product="Exchange Online" if line.cloud else "Exchange Server",
                version=line.version,
                organisation=None if line.cloud else self._organisation_of(index, hop, trust),
                trust=trust,
                facts=facts,
            ),
            seen=seen,
            quote=text[:QUOTE_LIMIT],
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
        if not from_sender(index, len(self.received), lambda each: self._hop(each)[0]):
            return next(iter(self.own_domains)) if len(self.own_domains) == 1 else None
        own = {registrable(each) for each in self.own_domains}
        if sender and trust != "trusted" and registrable(sender) in own:
            return None
        return sender or None

    def _organisation(self) -> str:
        stated = self.side.get(b"x-originatororg", b"").strip()
        if _DOMAIN.fullmatch(stated):
            return stated.decode().lower()
        match = _FROM.search(self.side.get(b"from", b""))
        return match[1].decode().lower() if match else ""

    def _message_id(self) -> str:
        match = _MESSAGE_ID.search(self.side.get(b"message-id", b""))
        return match[1].decode("utf-8", errors="replace") if match else ""


def _at(at: Locator, position: str) -> Locator:
    return Locator(source=at.source, position=position, sha256=at.sha256)
