"""The header fields of one mail sorted for its record: who, to whom, what, whether a machine."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

import msgspec

from tocsin.formats.syntax.authentication_results import Placed
from tocsin.formats.syntax.mail_addresses import parties
from tocsin.formats.syntax.mail_parts import Parts
from tocsin.formats.syntax.mail_way import moment
from tocsin.formats.syntax.mail_words import header_text
from tocsin.model.message import Party

RECEIVED_LIMIT = 2000
"""`Received` fields that are looked at."""

SENDERS_LIMIT = 50
"""`From` fields that are looked at."""

LONG = 64 * 1024
"""A field of more bytes than this is told as a gap: no program writes one."""

_MANY = ("received", "authentication-results", "arc-authentication-results", "received-spf",
         "from", "x-originating-ip", "to", "cc")  # fmt: skip
_LIST_FIELDS = ("list-id", "list-post", "mailing-list", "x-mailing-list", "list-unsubscribe")
_VIA = re.compile(
    r"\s+(?:via|par|über|tramite|por|através de|przez|w imieniu)\s+.{1,120}$", re.IGNORECASE
)
_ADDRESS = re.compile(rb"[^\s<>\"'(),;:]{1,64}@[\w.-]{1,255}")
_MACHINE = re.compile(
    r"(?:mailer-daemon|postmaster|microsoftexchange[0-9a-f]{32}|no-?reply-?(?:daemon)?|bounces?)@"
)
_BULK = frozenset({"bulk", "junk", "auto_reply", "auto-reply"})


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """The fields by name.

    first: of each name the first value. many: of the names that matter more than once, all.
    results, chains, spf: fields of authentication with their places.
    """

    first: dict[str, bytes]
    many: dict[str, list[bytes]]
    results: list[Placed]
    chains: list[Placed]
    spf: list[Placed]

    def text(self, name: str, limit: int = 2000) -> str:
        """A field as a reader sees it; empty when there is none."""
        value = self.first.get(name)
        return header_text(value[: 8 * limit])[:limit] if value else ""


def said(taken: Parts) -> Said:
    """Sort the fields; of those that come too often the rest is left aside."""
    many: dict[str, list[bytes]] = {name: [] for name in _MANY}
    placed: dict[str, list[Placed]] = {
        "authentication-results": [], "arc-authentication-results": [], "received-spf": [],
    }  # fmt: skip
    received = many["received"]
    for name, value in taken.headers:
        if name in many:
            if name in placed:
                placed[name].append(Placed(value, len(received)))
            elif name != "received" or len(received) < RECEIVED_LIMIT:
                many[name].append(value)
    return Said(
        first=taken.first,
        many=many,
        results=placed["authentication-results"],
        chains=placed["arc-authentication-results"],
        spf=placed["received-spf"],
    )


class People(msgspec.Struct, frozen=True, kw_only=True):
    """Who wrote, and to whom, as the fields say."""

    sender: Party
    author: Party
    more_senders: int
    header_sender: Party | None
    reply_to: tuple[Party, ...]
    envelope: str
    to: tuple[Party, ...]
    cc: tuple[Party, ...]


def people(fields: Said) -> People:
    """Who and to whom."""
    first = fields.first
    senders = [party for value in fields.many["from"][:SENDERS_LIMIT] for party in parties(value)]
    sender = senders[0] if senders else Party()
    other = parties(first["sender"])[:1] if "sender" in first else ()
    reply_to = parties(first["reply-to"]) if "reply-to" in first else ()
    envelope = parties(first["return-path"])[:1] if "return-path" in first else ()
    return People(
        sender=sender,
        author=_author(fields, sender, reply_to),
        more_senders=max(len(senders) - 1, 0),
        header_sender=other[0] if other else None,
        reply_to=reply_to[:50],
        envelope=envelope[0].address if envelope and "@" in envelope[0].address else "",
        to=_all(fields.many["to"]),
        cc=_all(fields.many["cc"]),
    )


def _all(values: Sequence[bytes]) -> tuple[Party, ...]:
    if len(values) == 1:
        return parties(values[0])
    return tuple(dict.fromkeys(party for value in values[:50] for party in parties(value)))


def _author(fields: Said, sender: Party, reply_to: Sequence[Party]) -> Party:
    """Who wrote it, where a list put its own address into From (as DMARC makes lists do).

    That is so where the sender's address is the list's: one of its own fields names it, or the
    name says `via`. The author then stands in a field that lists use for it, else in Reply-To.
    """
    first = fields.first
    if not any(name in first for name in _LIST_FIELDS):
        return sender
    named = {
        found.decode("utf-8", errors="replace").lower()
        for name in ("list-post", "mailing-list", "x-mailing-list", "x-beenthere")
        for found in _ADDRESS.findall(first.get(name, b"")[:2000])
    }
    identity = first.get("list-id", b"")[-400:].lower()
    as_identity = sender.address.replace("@", ".").encode()
    via = _VIA.search(sender.name)
    is_list = sender.address in named or bool(as_identity and b"<" + as_identity in identity)
    if not is_list and not (via and sender.domain and sender.domain.encode() in identity):
        return sender
    name = sender.name[: via.start()].strip(" '\"") if via else sender.name
    stated: list[Party] = []
    for field in ("x-original-from", "original-from", "x-original-sender"):
        stated += parties(first[field]) if field in first else ()
    stated += reply_to
    stated += parties(first["x-mailfrom"]) if "x-mailfrom" in first else ()
    found = next(
        (each for each in stated if "@" in each.address and each.address != sender.address
         and each.address not in named), None
    )  # fmt: skip
    if found is None:
        return Party(name, sender.address)
    return Party(found.name or name, found.address)


def date(fields: Said) -> datetime | None:
    """The Date field in UTC; None for none or nonsense."""
    value = fields.first.get("date")
    return moment(value) if value else None


def automatic(fields: Said, sender: Party) -> bool:
    """Whether a machine wrote it: an absence note, a delivery report, a notification.

    A mailing list's own Precedence says nothing of the author.
    """
    first = fields.first
    submitted = first.get("auto-submitted", b"no").split(b";")[0].strip().lower()
    if submitted not in (b"no", b""):
        return True
    if "x-autoreply" in first or "x-autorespond" in first or "x-ms-journal-report" in first:
        return True
    if "x-auto-response-suppress" in first:
        return True
    precedence = first.get("precedence", b"")[:40].strip().lower().decode("latin-1")
    if precedence in _BULK and "list-id" not in first and "list-post" not in first:
        return True
    if precedence.startswith("auto"):
        return True
    kind = first.get("content-type", b"")[:200].lower()
    if kind.startswith(b"multipart/report"):
        return True
    empty = first.get("return-path", b"").strip() in (b"<>", b"< >")
    return empty or bool(_MACHINE.match(sender.address))


def list_id(fields: Said) -> str:
    """The list's identifier without the words before it (RFC 2919)."""
    text = fields.text("list-id", 500).lower()
    _, bracket, rest = text.rpartition("<")
    return (rest.partition(">")[0] if bracket else text).strip()[:255]


def long_fields(headers: Sequence[tuple[str, bytes]]) -> list[str]:
    """Names of the fields that are longer than any program writes them."""
    return list(dict.fromkeys(name for name, value in headers if len(value) > LONG))[:20]
