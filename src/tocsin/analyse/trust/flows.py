"""Which way mail really goes, folded from the headers of mails as they stream by.

A hand-over is one `Received` line that can be believed: written by a host of the reader's own side,
or by the host that connected to it where the reader's own Exchange marked the mail as internal. Of
such a line the address is what the receiving host saw; the name is what the sender called itself.
Kept are those from an organisation's own hosts to Exchange Online, and those that its Exchange
servers took from hosts inside.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import msgspec

from tocsin.formats.syntax.domains import registrable
from tocsin.formats.syntax.mail_parties import near, online
from tocsin.model.evidence import Evidence, Message
from tocsin.model.locator import Locator
from tocsin.model.message import MailHop

FLOWS_LIMIT = 20_000
"""Different ways kept; mails of further ones are counted in `Flows.dropped`."""

_ROOM = 2 * FLOWS_LIMIT
"""Ways held before those beyond the limit are let go."""

RECIPIENTS_READ = 50
"""Recipients of one mail whose domains are looked at."""

_NEVER = datetime.max.replace(tzinfo=UTC)

Key = tuple[str, str, str, str, str]
"""sender, address, receiver, auth_as, auth_source."""


class Flow(msgspec.Struct, frozen=True, kw_only=True):
    """Mails that one host handed to another. sender, address: the host that handed over, by its own
    name and as it was seen; receiver: who took it. auth_as, auth_source: what the mail's own stamp
    says (`Internal`, the host that vouches), empty where it cannot be believed. at: the first mail.

    Names are in lower case; hosts of Exchange Online, of which there are thousands, are
    `*.protection.outlook.com` and the like. count: copies of mails that were read.
    """

    sender: str = ""
    address: str = ""
    receiver: str = ""
    auth_as: str = ""
    auth_source: str = ""
    count: int = 1
    first: datetime | None = None
    last: datetime | None = None
    at: Locator

    @property
    def to_cloud(self) -> bool:
        """Whether Exchange Online took them."""
        return online(self.receiver)

    @property
    def internal(self) -> bool:
        """Whether the reader's own side took them for its own."""
        return self.auth_as.lower() == "internal"


class Flows(msgspec.Struct, kw_only=True):
    """Flows by their way. The same whatever the order of mails and parts, once `all` was asked:
    of too many ways the same ones are kept, those inside first. bound: beyond it none is taken."""

    kept: dict[Key, Flow] = msgspec.field(default_factory=dict)
    dropped: int = 0
    bound: tuple[int, Key] | None = None

    def add(self, evidence: Evidence) -> None:
        """Fold the hand-overs of one mail in."""
        body = evidence.body
        assert isinstance(body, Message)
        for flow in _flows(body, evidence.at):
            self._take(_key(flow), flow)

    def merge(self, other: Flows) -> None:
        """Fold others in."""
        self.dropped += other.dropped
        for key, flow in other.kept.items():
            self._take(key, flow)

    def all(self) -> tuple[Flow, ...]:
        """Every flow, in order of its way."""
        self._prune()
        return tuple(flow for _, flow in sorted(self.kept.items()))

    def _take(self, key: Key, flow: Flow) -> None:
        known = self.kept.get(key)
        if known is not None:
            self.kept[key] = _joined(known, flow)
        elif self.bound is not None and _order(key) > self.bound:
            self.dropped += flow.count
        else:
            self.kept[key] = flow
            if len(self.kept) > _ROOM:
                self._prune()

    def _prune(self) -> None:
        """Let go of all but the first of a fixed order: what is kept was never let go before."""
        if len(self.kept) <= FLOWS_LIMIT:
            return
        order = sorted(self.kept, key=_order)
        for key in order[FLOWS_LIMIT:]:
            self.dropped += self.kept.pop(key).count
        self.bound = _order(order[FLOWS_LIMIT - 1])


def host(name: str) -> str:
    """A host as flows name it: lower case, those of Exchange Online folded into one."""
    lower = name.strip().lower().strip(".[]")
    if not online(lower):
        return lower
    kind = "protection." if ".protection." in lower else ""
    return f"*.{kind}{registrable(lower)}"


def _key(flow: Flow) -> Key:
    return flow.sender, flow.address, flow.receiver, flow.auth_as, flow.auth_source


def _order(key: Key) -> tuple[int, Key]:
    inside = key[3].lower() == "internal" or near(key[1])
    return (0 if inside else 1, key)


def _flows(mail: Message, at: Locator) -> Iterator[Flow]:
    ours = _ours(mail) if mail.hops else frozenset[str]()
    stamped = mail.own_stamp or _stamped(mail, ours)
    auth_as = mail.auth_as if stamped else ""
    auth_source = host(mail.auth_source) if stamped else ""
    vouched = auth_as.lower() == "internal"
    for number, hop in enumerate(mail.hops, 1):
        if hop.trust == "forgeable" or (hop.trust == "first-external" and not vouched):
            break
        if not hop.by or not (hop.helo or hop.peer) or hop.channel in ("mapi", "http"):
            continue
        if online(hop.helo) or hop.helo.lower() == hop.by.lower():
            continue
        if not vouched:
            if not _inside(hop, ours):
                continue
        elif not online(hop.by) and not hop.channel:
            continue
        seen = hop.seen or mail.when
        yield Flow(
            sender=host(hop.helo),
            address=hop.peer,
            receiver=host(hop.by),
            auth_as=auth_as,
            auth_source=auth_source,
            first=seen,
            last=seen,
            at=msgspec.structs.replace(at, position=_position(at.position, number)),
        )


def _position(position: str, number: int) -> str:
    line = f"header Received {number}"
    return f"{position}, {line}" if position else line


def _ours(mail: Message) -> frozenset[str]:
    """The registrable domains of who received the mail."""
    found = {registrable(each.rpartition("@")[2]) for each in mail.recipients[:RECIPIENTS_READ]}
    return frozenset(found - {""})


def _stamped(mail: Message, ours: frozenset[str]) -> bool:
    """Whether Exchange Online's own copy bears the stamp of a host of the recipients' organisation:
    its header firewall takes such a stamp off whatever comes from elsewhere."""
    return (
        bool(mail.hops and mail.auth_as)
        and online(mail.hops[0].by)
        and registrable(mail.auth_source) in ours
    )


def _inside(hop: MailHop, ours: frozenset[str]) -> bool:
    """Whether a mail that nobody vouches for came from a host of the recipients' organisation: by
    the name it claims, or, to an Exchange server, from an address that only the inside has."""
    if online(hop.by):
        return registrable(hop.helo) in ours
    if not hop.channel:
        return False
    same = registrable(hop.helo) != "" and registrable(hop.helo) == registrable(hop.by)
    return same or near(hop.peer)


def _joined(one: Flow, other: Flow) -> Flow:
    early = min(one, other, key=_age)
    return msgspec.structs.replace(
        early,
        count=one.count + other.count,
        last=max((x for x in (one.last, other.last) if x), default=None),
    )


def _age(flow: Flow) -> tuple[datetime, str, str]:
    return flow.first or _NEVER, flow.at.source, flow.at.position
