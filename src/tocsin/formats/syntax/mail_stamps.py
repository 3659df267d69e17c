"""Header fields beside `Received` in which Exchange names servers.

How far each can be believed. Any sender can write any field; what Exchange's header firewall
removes from foreign mail (`X-MS-Exchange-Organization-*`, and in the cloud
`X-MS-Exchange-CrossTenant-*`) is believed as far as the topmost hop of Exchange (or of Exchange
Online) is. The others survive the way between organisations, so each is believed only as far as a
hop that names the same host; with no such hop it is `forgeable`. A mail without any `Received`
line was never transported (a mailbox's own copy of what it sent): its stamps are `trusted`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime

import msgspec

from tocsin.formats.syntax.domains import registrable
from tocsin.formats.syntax.mail_headers import name_of, unfolded, written
from tocsin.formats.syntax.mail_parties import online
from tocsin.formats.syntax.received import NAME_LIMIT, address_in, host_name
from tocsin.model.build import parse_version
from tocsin.model.evidence import QUOTE_LIMIT, Evidence, Host, Trust
from tocsin.model.finding import Gap
from tocsin.model.locator import Locator
from tocsin.model.text import N_, say


class Seen(msgspec.Struct, frozen=True):
    """How far a hop is believed, and when it was."""

    trust: Trust
    when: datetime | None


_UNSEEN = Seen("forgeable", None)
_ORDER: dict[Trust, int] = {"trusted": 0, "first-external": 1, "forgeable": 2}


class Mail(msgspec.Struct, kw_only=True):
    """What is known of one mail when its stamps are read.

    by_name: the most believable hop of each host. exchange, cloud: the topmost hop of any
    Exchange, and of Exchange Online. outlook: whether fields that only Exchange and Outlook write
    stand in it.
    """

    at: Locator
    prefix: str
    message_id: str
    organisation: str
    received: bool
    outlook: bool
    by_name: dict[str, Seen] = msgspec.field(default_factory=dict)
    exchange: Seen | None = None
    cloud: Seen | None = None

    def saw(self, name: str, seen: Seen, *, cloud: bool) -> None:
        """Note a hop, from the top down."""
        before = self.by_name.get(name.lower())
        if before is None or _ORDER[seen.trust] < _ORDER[before.trust]:
            self.by_name[name.lower()] = seen
        self.exchange = self.exchange or seen
        if cloud:
            self.cloud = self.cloud or seen

    def same_host(self, name: str) -> Seen:
        """How far a stamp naming this host is believed by the hops."""
        if not self.received:
            return Seen("trusted", None)
        return self.by_name.get(name.lower(), _UNSEEN)


_FQDN = re.compile(r"[\w-]{1,63}(?:\.[\w-]{1,63}){0,10}\.?")
_PROXIED = re.compile(
    r"(\S{1,255})\s+\(([^()]{2,64})\)\s+to\s+(\S{1,255})\s+\(([^()]{2,64})\)", re.IGNORECASE
)
_TENANT = re.compile(r"tenantid\s*=\s*([0-9a-f-]{36})", re.IGNORECASE)
_IP = re.compile(r"\bip\s*=\s*\[?([0-9a-f.:]{3,45})\]?", re.IGNORECASE)
_HELO = re.compile(r"\bhelo\s*=\s*\[?([^\]\s;]{1,255})\]?", re.IGNORECASE)
_APPENDED = re.compile(r"(\S{1,255})\s+\((\d{1,3}(?:\.\d{1,5}){3})\)")
_MESSAGE_ID = re.compile(r"<(?:[0-9a-f]{32}|[0-9A-F]{40})@([^<>@\s]{3,255})>")


def stamped(field: re.Match[bytes], mail: Mail) -> Iterator[Evidence | Gap]:
    """What one field says; a `Gap` when it is not in any form that is known."""
    line, text = unfolded(written(field))
    if not text:
        return
    found = _READERS[name_of(field)](text, mail)
    name = line.partition(":")[0].rstrip()
    at = msgspec.structs.replace(mail.at, position=f"{mail.prefix}header {name}")
    if found is None:
        why = say(N_("this header is not in a form that is known: {value}"), value=text[:80])
        yield Gap(at=at, kind="undecided", why=why)
        return
    for host, seen in found:
        body = host
        if mail.message_id:
            body = msgspec.structs.replace(
                host, facts={**host.facts, "message-id": mail.message_id}
            )
        yield Evidence(at=at, body=body, seen=seen, quote=line[:QUOTE_LIMIT])


_Found = list[tuple[Host, datetime | None]]


def _host(name: str, mail: Mail, seen: Seen, address: str = "", **facts: str) -> Host:
    sender = mail.organisation
    return Host(
        seen_by="mail",
        names=(name,) if name else (),
        addresses=(address,) if address else (),
        product="Exchange Online" if online(name) else "Exchange Server",
        organisation=sender if sender and registrable(sender) == registrable(name) else None,
        trust=seen.trust,
        facts=facts,
    )


def _proxied(text: str, mail: Mail) -> _Found | None:
    """`EX03.contoso.com (10.181.40.144) To EX05.contoso.com (10.181.40.145)`."""
    match = _PROXIED.search(text)
    if match is None:
        return None
    found: _Found = []
    for name, comment in ((match[1], match[2]), (match[3], match[4])):
        seen = mail.same_host(host_name(name))
        host = _host(host_name(name), mail, seen, address_in(comment), channel="client-proxy")
        if (host.names or host.addresses) and host.product != "Exchange Online":
            found.append((host, seen.when))
    return found


def _connecting_ip(text: str, mail: Mail) -> _Found | None:
    """`TenantId=…;Ip=[165.204.84.17];Helo=[EX03.contoso.com]`: what the cloud saw connect.

    The host need not be an Exchange server: a gateway may stand before it.
    """
    tenant, address, helo = _TENANT.search(text), _IP.search(text), _HELO.search(text)
    name = host_name(helo[1]) if helo else ""
    seen_address = address_in(address[1]) if address else ""
    if not name and not seen_address:
        return None
    seen = mail.cloud or _UNSEEN
    host = msgspec.structs.replace(
        _host(name, mail, seen, seen_address, **({"TenantId": tenant[1]} if tenant else {})),
        seen_by="exchange-online",
        product="Exchange Online" if online(name) else None,
    )
    return [(host, seen.when)]


def _sending_server(text: str, mail: Mail) -> _Found | None:
    """A server's name alone: the one whose hybrid connector sent the mail on."""
    if not _FQDN.fullmatch(text) or len(text) > NAME_LIMIT:
        return None
    name = host_name(text)
    seen = mail.same_host(name)
    return [(_host(name, mail, seen), seen.when)] if name else None


def _accepting_server(text: str, mail: Mail) -> _Found | None:
    """A server's name alone: the first Exchange of the organisation that took the mail."""
    if online(text):
        return []
    found = _sending_server(text, mail)
    if found is None:
        return None
    seen = mail.same_host(text)
    if mail.exchange is not None and _ORDER[mail.exchange.trust] < _ORDER[seen.trust]:
        found = [(msgspec.structs.replace(found[0][0], trust=mail.exchange.trust), seen.when)]
    return found


def _appended(text: str, mail: Mail) -> _Found | None:
    """`EX01.contoso.com (15.01.2507.021)`: the server into which a client put the mail by IMAP.

    The number is of the same kind as that of a mapi hop.
    """
    match = _APPENDED.search(text)
    if match is None or not host_name(match[1]):
        return None
    try:
        version = parse_version(match[2], "mapi")
    except ValueError:
        return None
    seen = mail.same_host(match[1])
    host = _host(host_name(match[1]), mail, seen, channel="imap-append")
    product = "Exchange Online" if version.exchange_online else host.product
    return [(msgspec.structs.replace(host, version=version, product=product), seen.when)]


def _folded(text: str, mail: Mail) -> _Found | None:
    """`15.01.1713.001`: the version of some server on the way, without its name. A hint."""
    seen = mail.exchange or _UNSEEN
    facts = {"hint": "bcc-folding", "X-MS-Exchange-Processed-By-BccFoldering": text[:40]}
    return [(_host("", mail, seen, **facts), seen.when)]


def _message_id(text: str, mail: Mail) -> _Found | None:
    """`<32 hex@server.fqdn>` (2013) or `<40 HEX@server.fqdn>` (2010): a hint, no more.

    Later versions put the accepted domain there, and other programs write ids of that shape, so
    the host part must be a host that a hop of this mail names, or lie clearly below the sender's
    domain; and only such a hop, or Exchange's own fields beside it, make it an Exchange server.
    """
    match = _MESSAGE_ID.search(text)
    name = host_name(match[1]) if match else ""
    if not name or online(name):
        return []
    known = name.lower() in mail.by_name
    sender = mail.organisation
    deeper = bool(sender) and name.lower().endswith("." + sender)
    if not known and not deeper:
        return []
    seen = mail.same_host(name)
    host = _host(name, mail, seen, hint="message-id")
    if not known and not mail.outlook:
        host = msgspec.structs.replace(host, product=None)
    return [(host, seen.when)]


_READERS = {
    b"x-clientproxiedby": _proxied,
    b"x-ms-exchange-crosstenant-originalattributedtenantconnectingip": _connecting_ip,
    b"x-crosspremisesheadersfilteredbysendconnector": _sending_server,
    b"x-organizationheaderspreserved": _sending_server,
    b"x-ms-exchange-organization-authsource": _accepting_server,
    b"x-ms-exchange-imapappendstamp": _appended,
    b"x-ms-exchange-processed-by-bccfoldering": _folded,
    b"message-id": _message_id,
}
