"""One observation: what a source says about one host or mail, and where it says so."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from tocsin.model.build import Version
from tocsin.model.event import Event
from tocsin.model.evidence_source import INSIDE, OUTSIDE, SeenBy
from tocsin.model.locator import Locator
from tocsin.model.message import Message
from tocsin.model.setting import Inquiry, Setting
from tocsin.model.trust import Trust

__all__ = [
    "INSIDE",
    "OUTSIDE",
    "QUOTE_LIMIT",
    "Event",
    "Evidence",
    "Host",
    "Identifier",
    "IdentifierKind",
    "Inquiry",
    "Look",
    "Message",
    "SeenBy",
    "Setting",
    "Trust",
]

IdentifierKind = Literal["guid", "dn", "certificate"]


class Identifier(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A machine-made name: AD object GUID, distinguished name, certificate SHA-1 or SHA-256."""

    kind: IdentifierKind
    value: str


class Host(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="host"):
    """A mail server as one source describes it. Absent is empty or None, never a default.

    names: as printed, FQDN or short. addresses: IPv4 or IPv6 text. product: `Exchange Server`,
    `Exchange Online`, or another product's own name; None when the source cannot tell.
    organisation: the source's own word for it (AD organisation, accepted domain, tenant).
    facts: further properties by the producer's own name (`X-FEServer`, `msExchServerSite`).
    """

    seen_by: SeenBy
    names: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    identifiers: tuple[Identifier, ...] = ()
    product: str | None = None
    version: Version | None = None
    organisation: str | None = None
    trust: Trust = "trusted"
    facts: dict[str, str] = {}


class Look(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="look"):
    """Somebody looked: an export, a scan or a query was read, whether or not it held a host.

    Without it, "the scanner does not know this server" could not be told from "nobody asked".
    scope: what was asked (`domain:contoso.com`), if known. records: how many were read.
    """

    seen_by: SeenBy
    scope: str = ""
    records: int = 0


class Evidence(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One observation: `at` a place, `seen` at a UTC time if the source states one.

    quote: the raw words it rests on, at most `QUOTE_LIMIT` characters.
    """

    at: Locator
    body: Host | Look | Message | Event | Setting | Inquiry
    seen: datetime | None = None
    quote: str = ""


QUOTE_LIMIT = 400
"""Longest quote kept with a piece of evidence, in characters."""
