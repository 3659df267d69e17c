"""What the conversation room says, as it is written down in the document."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Literal

import msgspec

from tocsin.model.locator import Locator
from tocsin.model.text import Sentence
from tocsin.model.trusts import Acceptance

MessageVerdict = Literal["alert", "watch", "clear"]
"""`alert`: somebody speaks who should not; `watch`: one axis alone; `clear`: nothing stands out."""

Axis = Literal["identity", "payload", "burst"]


class Hit(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One indicator that stands on a message. weight: its share of the score, in nats.

    sentence: the reason, for a help-desk person. quote: the raw words it rests on. at: where.
    """

    name: str
    axis: Axis
    weight: float
    sentence: Sentence
    quote: str = ""
    at: Locator


class MessageView(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A message as it is shown beside another: plain text only, links without life (`hxxps://`)."""

    at: Locator
    message_id: str
    date: datetime | None
    subject: str
    sender: str
    reply_to: str = ""
    recipients: tuple[str, ...] = ()
    in_reply_to: str = ""
    client: str = ""
    origin: str = ""
    path: tuple[str, ...] = ()
    authentication: str = ""
    text: str = ""
    quote: str = ""
    links: tuple[str, ...] = ()
    attachments: tuple[str, ...] = ()


class ThreadEvent(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One message of a thread's picture: who spoke when. answers: index of the event it answers."""

    when: datetime | None
    who: str
    address: str
    message_id: str
    verdict: MessageVerdict
    answers: int | None = None


class JudgedMessage(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One message that is not clear, with its reasons.

    id: stable between runs (from the Message-ID, or the bytes where there is none). score: identity
    + payload + burst, in nats. thread: the conversation's id. server: the Exchange server or host
    that sent it, as the trusted part of its path names it; account: the address whose mailbox sent
    it. answered: addresses that answered or forwarded it.
    """

    id: str
    message_id: str
    date: datetime | None
    verdict: MessageVerdict
    score: float
    identity: float
    payload: float
    burst: float
    hits: tuple[Hit, ...]
    thread: str
    family: str = ""
    campaign: str = ""
    server: str = ""
    account: str = ""
    recipients: tuple[str, ...] = ()
    answered: tuple[str, ...] = ()
    shown: MessageView
    original: MessageView | None = None
    differing: tuple[str, ...] = ()
    timeline: tuple[ThreadEvent, ...] = ()


class Campaign(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Messages of one payload shape. messages: ids of `JudgedMessage`; recipients: all who got one.

    answered: those who answered or forwarded one. subjects: the real subject lines. accounts:
    addresses that are our own and sent one; senders: all addresses. indicators: link URLs (raw),
    domains, attachment SHA-256s and names, sender addresses. accepted: while somebody answers for it.
    """

    id: str
    family: str
    because: Sentence
    first: datetime | None
    last: datetime | None
    messages: tuple[str, ...]
    message_ids: tuple[str, ...]
    senders: tuple[str, ...]
    servers: tuple[str, ...]
    accounts: tuple[str, ...]
    recipients: tuple[str, ...]
    answered: tuple[str, ...]
    subjects: tuple[str, ...]
    threads: tuple[str, ...]
    urls: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    hashes: tuple[str, ...] = ()
    attachment_names: tuple[str, ...] = ()
    shape: str = ""
    languages: tuple[str, ...] = ()
    accepted: Acceptance | None = None


class HistoryState(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The memory that was judged by. kept: `file` or `run` (forgotten afterwards).

    first, last: the time its messages span. delay_hours: how old a mail must be to be learnt from.
    """

    kept: Literal["file", "run"]
    messages: int
    addresses: int
    first: datetime | None
    last: datetime | None
    delay_hours: int
    waiting: int = 0


class Conversations(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The conversation room's answer. messages: those not clear, worst first.

    inferred: the own domain was inferred, not given. judged: messages judged, by verdict. duplicates:
    further copies of a message already read. blind: what the inputs cannot show (no internal mail…).
    """

    own_domains: tuple[str, ...]
    inferred: bool
    judged: dict[str, int]
    duplicates: int
    history: HistoryState
    messages: tuple[JudgedMessage, ...]
    campaigns: tuple[Campaign, ...]
    blind: tuple[Sentence, ...] = ()


def alerts(messages: Iterable[JudgedMessage]) -> list[JudgedMessage]:
    """Those that are alerts."""
    return [each for each in messages if each.verdict == "alert"]


def parted(found: Conversations) -> tuple[Conversations, Conversations]:
    """The same without the campaigns that somebody answers for, and with these alone."""
    taken = {each.id for each in found.campaigns if each.accepted is not None}
    if not taken:
        return found, _part(found, frozenset(), kept=True)
    mine = {name for each in found.campaigns if each.id in taken for name in each.messages}
    names = frozenset({each.id for each in found.messages if each.campaign in taken} | mine)
    return _part(found, names, kept=False), _part(found, names, kept=True)


def _part(found: Conversations, names: frozenset[str], *, kept: bool) -> Conversations:
    """names: messages of accepted campaigns; kept: these alone, or all others."""
    messages = tuple(each for each in found.messages if (each.id in names) is kept)
    left = len(alerts(found.messages)) - len(alerts(messages))
    count = max(0, found.judged.get("alert", 0) - left)
    return msgspec.structs.replace(
        found,
        judged={**found.judged, "alert": count},
        messages=messages,
        campaigns=tuple(e for e in found.campaigns if (e.accepted is not None) is kept),
    )
