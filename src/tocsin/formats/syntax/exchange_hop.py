"""Which `Received` lines Exchange wrote, and the version they print."""

from __future__ import annotations

import re

import msgspec

from tocsin.formats.syntax.mail_parties import online
from tocsin.formats.syntax.received import Hop
from tocsin.model.build import Precision, Version, parse_version

_CHANNELS: dict[str, tuple[str, Precision]] = {
    "microsoft smtp server": ("smtp", "smtp"),
    "mapi": ("mapi", "mapi"),
    "shadowredundancy": ("shadow-redundancy", "smtp"),
    "internet mail service": ("internet-mail-service", "smtp"),
    "https": ("http", "smtp"),
    "http": ("http", "smtp"),
}
"""By how the protocol begins. `Microsoft SMTPSVC` is not here: it is Windows' own SMTP service."""

_VERSION = re.compile(r"\d{1,3}(?:\.\d{1,5}){3}")
_OLD_SERVICE = re.compile(r"internet mail service\b", re.IGNORECASE)


class ExchangeHop(msgspec.Struct, frozen=True, kw_only=True):
    """A line of Exchange. version: None when the line prints none (2007 and 2010 by mapi, the
    cloud by HTTP) or `odd_id` is no version. facts: those of the line alone."""

    hop: Hop
    version: Version | None
    cloud: bool
    addresses: tuple[str, ...]
    facts: dict[str, str]
    odd_id: str = ""


def exchange_hop(hop: Hop) -> ExchangeHop | None:
    """The line as one of Exchange; None when another product wrote it."""
    channel = _channel(hop)
    if channel is None:
        return None
    printed = _printed(hop)
    version = _version(printed, channel[1]) if printed else None
    facts = {"channel": channel[0]}
    facts |= {"via": hop.via} if hop.via else {}
    facts |= {"from": hop.helo} if hop.helo else {}
    facts |= {"from-address": hop.address} if hop.address else {}
    odd = version is None and channel[0] in ("smtp", "mapi")
    return ExchangeHop(
        hop=hop,
        version=version,
        cloud=online(hop.by) or (version is not None and version.exchange_online),
        addresses=_addresses(hop),
        facts=facts,
        odd_id=hop.id if odd else "",
    )


def channel_of(hop: Hop) -> str:
    """How Exchange took the mail on this line; empty when another product wrote it."""
    channel = _channel(hop)
    return channel[0] if channel is not None else ""


def _channel(hop: Hop) -> tuple[str, Precision] | None:
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


def _printed(hop: Hop) -> str:
    """The version: the id, or for Exchange 5.5 the comment at the protocol."""
    if _VERSION.fullmatch(hop.id):
        return hop.id
    old = re.search(r"\d\.\d\.\d{1,5}\.\d{1,5}", hop.note) if _is_old(hop) else None
    return old[0] if old else ""


def _is_old(hop: Hop) -> bool:
    return bool(_OLD_SERVICE.search(hop.protocol) or _OLD_SERVICE.search(hop.note))


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
