"""Who must be warned: everybody a forged message reached, and everybody whose mailbox sent one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from email.utils import parseaddr
from typing import Literal

import msgspec

from tocsin.model.conversation import Campaign, Conversations, JudgedMessage


class Warned(msgspec.Struct, frozen=True, kw_only=True):
    """One address and one campaign. campaign: empty for alerts that belong to none.

    why: `received` one, or `sent` one (the mailbox of ours was used). first, last: when.
    """

    address: str
    own: bool
    why: Literal["received", "sent"]
    campaign: str
    family: str
    first: datetime | None
    last: datetime | None
    messages: int
    answered: bool
    subjects: tuple[str, ...]
    senders: tuple[str, ...]


def reached(conversations: Conversations) -> tuple[JudgedMessage, ...]:
    """The messages that people must be warned of: alerts, and whatever belongs to a campaign."""
    members = _members(conversations)
    return tuple(
        each for each in conversations.messages if each.verdict == "alert" or each.id in members
    )


def warned(conversations: Conversations) -> tuple[Warned, ...]:
    """Those who answered first, then our own, by campaign and address."""
    rows = list(_rows(conversations))
    order = {campaign.id: place for place, campaign in enumerate(conversations.campaigns)}
    return tuple(
        sorted(
            rows,
            key=lambda row: (
                not row.answered,
                not row.own,
                order.get(row.campaign, len(order)),
                row.address,
                row.why,
            ),
        )
    )


def recipients(rows: Iterable[Warned]) -> frozenset[str]:
    """The addresses that got a forged message."""
    return frozenset(row.address for row in rows if row.why == "received")


def answered(rows: Iterable[Warned]) -> frozenset[str]:
    """The addresses that answered or forwarded one."""
    return frozenset(row.address for row in rows if row.answered)


def is_own(address: str, own_domains: Iterable[str]) -> bool:
    """Whether the address is at a domain of the reader's organisation, or below one."""
    domain = address.rpartition("@")[2].lower()
    return any(domain == own or domain.endswith("." + own) for own in own_domains)


def mailbox(text: str) -> tuple[str, str]:
    """Name and address of a sender as it is shown; the address is empty when there is none."""
    head, found, tail = text.rpartition("<")
    if found and tail.endswith(">") and "@" in tail:
        return head.strip().strip('"').strip(), tail[:-1].strip().lower()
    name, address = parseaddr(text) if len(text) < 1000 else ("", "")
    return (name, address.lower()) if "@" in address else (text.strip(), "")


def in_order(when: Iterable[datetime | None]) -> list[datetime]:
    """The known ones, earliest first; a time without a zone is UTC."""
    return sorted(
        each.replace(tzinfo=UTC) if each.tzinfo is None else each
        for each in when
        if each is not None
    )


def once(values: Iterable[str]) -> tuple[str, ...]:
    """Each value once, in order, without the empty one."""
    return tuple(dict.fromkeys(each for each in values if each))


def campaign_of(conversations: Conversations) -> dict[str, Campaign]:
    """The campaign of a message, by the message's id: the campaign's own list decides."""
    found = {
        message: campaign for campaign in conversations.campaigns for message in campaign.messages
    }
    by_id = {campaign.id: campaign for campaign in conversations.campaigns}
    for each in conversations.messages:
        if each.id not in found and each.campaign in by_id:
            found[each.id] = by_id[each.campaign]
    return found


def _members(conversations: Conversations) -> frozenset[str]:
    return frozenset(campaign_of(conversations))


def _rows(conversations: Conversations) -> Iterator[Warned]:
    of = campaign_of(conversations)
    members: dict[str, list[JudgedMessage]] = {}
    for each in reached(conversations):
        found = of.get(each.id)
        members.setdefault(found.id if found else "", []).append(each)
    for campaign in conversations.campaigns:
        yield from _of_group(members.get(campaign.id, []), campaign, conversations.own_domains)
    yield from _of_group(members.get("", []), None, conversations.own_domains)


def _of_group(
    messages: list[JudgedMessage], campaign: Campaign | None, own_domains: tuple[str, ...]
) -> Iterator[Warned]:
    got: dict[str, list[JudgedMessage]] = {}
    sent: dict[str, list[JudgedMessage]] = {}
    replied = set(campaign.answered) if campaign else set()
    for each in messages:
        replied.update(each.answered)
        for address in dict.fromkeys(each.recipients):
            got.setdefault(address, []).append(each)
        if each.account and is_own(each.account, own_domains):
            sent.setdefault(each.account, []).append(each)
    if campaign is not None:
        for address in campaign.recipients:
            got.setdefault(address, [])
        for address in campaign.accounts:
            sent.setdefault(address, [])
    for address in sorted(replied - got.keys()):
        got[address] = []
    sides: tuple[tuple[Literal["received", "sent"], dict[str, list[JudgedMessage]]], ...] = (
        ("received", got),
        ("sent", sent),
    )
    for why, found in sides:
        for address, mine in found.items():
            yield _row(address, why, mine, campaign, replied, own_domains)


def _row(
    address: str,
    why: Literal["received", "sent"],
    mine: list[JudgedMessage],
    campaign: Campaign | None,
    replied: set[str],
    own_domains: tuple[str, ...],
) -> Warned:
    dates = in_order(each.date for each in mine)
    return Warned(
        address=address,
        own=is_own(address, own_domains),
        why=why,
        campaign=campaign.id if campaign else "",
        family=campaign.family if campaign else "",
        first=dates[0] if dates else campaign.first if campaign else None,
        last=dates[-1] if dates else campaign.last if campaign else None,
        messages=len(mine),
        answered=why == "received" and address in replied,
        subjects=once(each.shown.subject for each in mine),
        senders=once(each.shown.sender for each in mine),
    )
