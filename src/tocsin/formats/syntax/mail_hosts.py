"""What the header block of one mail says about Exchange servers: `Host` evidence.

Each `Received` line of Exchange names the host that wrote it (`by`) and, nearly always, a version.
The `from` side is no proof of Exchange: anything can connect. Other fields: `mail_stamps`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

import msgspec

from tocsin.formats import Reading
from tocsin.formats.syntax.mail_headers import (
    HEADER_LIMIT,
    VALUE_LIMIT,
    Block,
    Field,
    fields,
    printed_name,
    unfolded,
)
from tocsin.formats.syntax.mail_parties import internal, online, registrable, sender_part, trusts
from tocsin.formats.syntax.mail_stamps import STAMPS, Mail, Seen, hinted, stamped
from tocsin.formats.syntax.received import Hop, parse_date, parse_received
from tocsin.model.build import Precision, Version, parse_version
from tocsin.model.evidence import QUOTE_LIMIT, Evidence, Host, Trust
from tocsin.model.finding import Gap
from tocsin.model.locator import Locator
from tocsin.model.text import N_, say

HOPS_LIMIT = 500
"""`Received` lines read of one mail, from the top."""

_GATES = (b"microsoft", b"mapi", b"http", b"shadowredundancy", b"internet")
"""In lower case: one stands in every `Received` line of Exchange; the rest is not parsed."""

_CHANNELS: dict[str, tuple[str, Precision]] = {
    "microsoft smtp server": ("smtp", "smtp"),
    "mapi": ("mapi", "mapi"),
    "shadowredundancy": ("shadow-redundancy", "smtp"),
    "internet mail service": ("internet-mail-service", "smtp"),
    "https": ("http", "smtp"),
    "http": ("http", "smtp"),
}
_VERSION = re.compile(r"\d{1,3}(?:\.\d{1,5}){3}")
_OLD_SERVICE = re.compile(r"internet mail service\b", re.IGNORECASE)
_DOMAIN = re.compile(r"[\w-]{1,63}(?:\.[\w-]{1,63}){1,10}")
_FROM_DOMAIN = re.compile(r"@([\w.-]{3,253})>?[^@]*\Z")


def hosts(block: Block, at: Locator, prefix: str, reading: Reading) -> Iterator[Evidence | Gap]:
    """All that one mail's header block says, in the order of its lines.

    prefix: put before each position, such as `offset 12345, `. A field that is not understood is a
    `Gap` and costs only itself.
    """
    if block.cut:
        why = say(N_("the header block is longer than {limit} bytes"), limit=HEADER_LIMIT)
        yield Gap(at=_at(at, prefix + "header"), kind="limit", why=why)
    found = fields(block)
    received = [each for each in found if each.name == b"received"]
    if len(received) > HOPS_LIMIT:
        why = say(N_("more than {limit} Received lines in one mail"), limit=HOPS_LIMIT)
        yield Gap(at=_at(at, prefix + "header Received"), kind="limit", why=why)
        received = received[:HOPS_LIMIT]
    gated = [index for index, each in enumerate(received) if _gated(block.lower, each)]
    stamps = [each for each in found if each.name in STAMPS]
    if not gated and not stamps and not hinted(block, found):
        return
    yield from _Reader(block, at, prefix, reading, found).read(received, gated, stamps)


def _gated(lower: bytes, field: Field) -> bool:
    value = lower[field.start : min(field.end, field.start + VALUE_LIMIT)]
    for word in _GATES:  # a loop: a generator costs more than the searches
        if word in value:
            return True
    return False


class _Reader:
    """One mail that has something to say."""

    def __init__(
        self, block: Block, at: Locator, prefix: str, reading: Reading, found: list[Field]
    ) -> None:
        self.block = block
        self.at = at
        self.prefix = prefix
        self.own_domains = reading.own_domains
        self.first = {each.name: each for each in reversed(found)}
        self.found = found
        self.parsed: dict[int, tuple[Hop, str, str]] = {}
        self.received: list[Field] = []
        self.bottom: int | None = None
        self.message_id = self._text(b"message-id").strip("<> ")[:QUOTE_LIMIT]
        self.organisation = self._organisation()

    def read(
        self, received: list[Field], gated: list[int], stamps: list[Field]
    ) -> Iterator[Evidence | Gap]:
        """Hops first, since they tell how far the other fields can be believed."""
        self.received = received
        exchange = [
            (index, channel) for index in gated if (channel := _channel(self._hop(index)[0]))
        ]
        trust = self._trust([index for index, _ in exchange])
        mail = Mail(
            block=self.block,
            at=self.at,
            prefix=self.prefix,
            message_id=self.message_id,
            organisation=self.organisation,
            received=bool(received),
        )
        for index, channel in exchange:
            yield from self._exchange(index, channel, trust[index], mail)
        for field in stamps:
            yield from stamped(field, mail)
        if hint := hinted(self.block, self.found):
            yield from stamped(hint, mail)

    def _trust(self, exchange: list[int]) -> list[Trust]:
        if not exchange:
            return ["forgeable"] * len(self.received)
        internal_mail = self._text(b"x-ms-exchange-organization-authas").lower() == "internal"
        return trusts(
            len(self.received),
            lambda index: self._hop(index)[0],
            self.own_domains,
            vouched=internal_mail and exchange[0] == 0,
        )

    def _hop(self, index: int) -> tuple[Hop, str, str]:
        """The line parsed: hop, date text, and the value it was read from."""
        if index not in self.parsed:
            text = unfolded(self.block, self.received[index])
            self.parsed[index] = (*parse_received(text), text)
        return self.parsed[index]

    def _exchange(
        self, index: int, channel: tuple[str, Precision], trust: Trust, mail: Mail
    ) -> Iterator[Evidence | Gap]:
        hop, date, text = self._hop(index)
        field = self.received[index]
        at = _at(self.at, f"{self.prefix}header Received {field.number}")
        if field.end - field.start > VALUE_LIMIT:
            why = say(N_("only {limit} bytes of this header were read"), limit=VALUE_LIMIT)
            yield Gap(at=at, kind="limit", why=why)
        if not hop.by and not hop.by_address:
            why = say(N_("a Received line of Exchange does not say which server wrote it"))
            yield Gap(at=at, kind="undecided", why=why)
            return
        printed = _printed_version(hop)
        version = _version(printed, channel[1]) if printed else None
        if version is None and hop.id and channel[0] in ("smtp", "mapi"):
            why = say(
                N_("the id of this Received line of {server} is no version of Exchange: {id}"),
                server=hop.by or hop.by_address,
                id=hop.id[:80],
            )
            yield Gap(at=at, kind="undecided", why=why)
        cloud = online(hop.by) or (version is not None and version.exchange_online)
        seen = parse_date(date)
        mail.saw(hop.by, Seen(trust, seen), cloud=cloud)
        yield Evidence(
            at=at,
            body=Host(
                seen_by="mail",
                names=(hop.by,) if hop.by else (),
                addresses=_addresses(hop),
                product="Exchange Online" if cloud else "Exchange Server",
                version=version,
                organisation=None if cloud else self._organisation_of(index, hop, trust),
                trust=trust,
                facts=_facts(hop, channel[0], self.message_id),
            ),
            seen=seen,
            quote=f"{printed_name(self.block, field)}: {text}"[:QUOTE_LIMIT],
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
        if self.bottom is None:
            self.bottom = sender_part([self._hop(each)[0] for each in range(len(self.received))])
        if index < self.bottom:
            return next(iter(self.own_domains)) if len(self.own_domains) == 1 else None
        own = {registrable(each) for each in self.own_domains}
        if sender and trust != "trusted" and registrable(sender) in own:
            return None
        return sender or None

    def _organisation(self) -> str:
        stated = self._text(b"x-originatororg").lower()
        if _DOMAIN.fullmatch(stated):
            return stated
        match = _FROM_DOMAIN.search(self._text(b"from"))
        domain = match[1].lower().strip(".") if match else ""
        return domain if _DOMAIN.fullmatch(domain) else ""

    def _text(self, name: bytes) -> str:
        field = self.first.get(name)
        return unfolded(self.block, field) if field else ""


def _channel(hop: Hop) -> tuple[str, Precision] | None:
    """How the mail came to an Exchange server; None when another product wrote the line."""
    protocol = hop.protocol.lower()
    if _OLD_SERVICE.search(hop.note):
        return _CHANNELS["internet mail service"]  # Exchange 5.5: "with SMTP (Microsoft Exchange …"
    for words, channel in _CHANNELS.items():
        if not protocol.startswith(words):
            continue
        if words.startswith("http") or (words == "mapi" and not hop.by_address):
            # Many products speak HTTP, and a few MAPI: the name or the version must say Exchange.
            known = online(hop.by) or (words == "mapi" and _VERSION.fullmatch(hop.id))
            return channel if known else None
        return channel
    return None


def _printed_version(hop: Hop) -> str:
    if _VERSION.fullmatch(hop.id):
        return hop.id
    match = _VERSION.search(hop.note) if "ervice" in hop.protocol + hop.note else None
    return match[0] if match else ""


@lru_cache(maxsize=8192)
def _version(text: str, precision: Precision) -> Version | None:
    try:
        return parse_version(text, precision)
    except ValueError:
        return None


def _addresses(hop: Hop) -> tuple[str, ...]:
    """The writing host's addresses; a mail handed on within it shows them on both sides."""
    found = [hop.by_address] if hop.by_address else []
    same = hop.helo and hop.helo.lower() == hop.by.lower()
    if same and hop.address and hop.address not in found:
        found.append(hop.address)
    return tuple(found)


def _facts(hop: Hop, channel: str, message_id: str) -> dict[str, str]:
    facts = {"channel": channel}
    if hop.via:
        facts["via"] = hop.via
    if hop.helo:
        facts["from"] = hop.helo
    if hop.address:
        facts["from-address"] = hop.address
    if message_id:
        facts["message-id"] = message_id
    return facts


def _at(at: Locator, position: str) -> Locator:
    return msgspec.structs.replace(at, position=position)
