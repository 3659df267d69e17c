"""Mails that want the same thing are one campaign: who sent them, who got them, who answered."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import msgspec

from tocsin.formats.syntax.domains import registrable
from tocsin.knowledge.families import payload_shape
from tocsin.knowledge.public_sites import public_sites
from tocsin.model.conversation import Campaign, JudgedMessage
from tocsin.model.message import Message
from tocsin.model.text import N_, Sentence, say

LISTED = 2000
"""Entries of each list of a campaign that are kept."""


_SHARED = frozenset({"hosting", "shortener", "free-host"})
"""Traits of a link to a host that many share."""


class Member(msgspec.Struct, frozen=True):
    """A judged mail and the mail itself."""

    judged: JudgedMessage
    message: Message


def campaigns(members: Sequence[Member], own: frozenset[str]) -> tuple[Campaign, ...]:
    """Every campaign, the one that reached most people first.

    Mails are joined when they share the shape of their payload, the domain of a link, or a file.
    Watched mails join a campaign; alone they are none.
    """
    parent = list(range(len(members)))

    def root(index: int) -> int:
        while parent[index] != index:
            parent[index] = parent[parent[index]]
            index = parent[index]
        return index

    first: dict[str, int] = {}
    marks = [_marks(each, own) for each in members]
    for index, mine in enumerate(marks):
        for mark in mine:
            other = first.setdefault(mark, index)
            parent[root(index)] = root(other)
    groups: dict[int, list[int]] = {}
    for index in range(len(members)):
        groups.setdefault(root(index), []).append(index)
    found = []
    for indices in groups.values():
        group = [members[index] for index in indices]
        if any(each.judged.verdict == "alert" for each in group):
            found.append(_campaign(group, [marks[index] for index in indices], own))
    return tuple(sorted(found, key=lambda each: (-len(each.recipients), each.id)))


def _marks(member: Member, own: frozenset[str]) -> tuple[str, ...]:
    """What it shares with others of its campaign.

    A domain that everybody leads to is no mark: one's own, a public site's. Of one on which anybody
    can place something, only the very page is.
    """
    message = member.message
    found = []
    shape = payload_shape(message)
    if shape:
        found.append(f"shape {shape}")
    for link in message.links:
        if link.quoted or link.related or link.domain in own:
            continue
        if not _SHARED.isdisjoint(link.traits):
            found.append(f"page {link.url}")
        elif link.domain not in public_sites():
            found.append(f"link {link.domain}")
    found += [
        f"file {file.sha256}"
        for file in message.attachments
        if file.sha256 and not file.inline and file.kind not in ("image", "signature")
    ]
    return tuple(found) or (f"alone {member.judged.id}",)


def _campaign(
    group: Sequence[Member], marks: Iterable[tuple[str, ...]], own: frozenset[str]
) -> Campaign:
    counted = Counter(mark for mine in marks for mark in mine)
    mark, times = min(counted.items(), key=lambda item: (-item[1], item[0]))
    group = sorted(group, key=lambda each: (each.judged.date is None, _when(each)))
    dates = [each.judged.date for each in group if each.judged.date is not None]
    judged = [each.judged for each in group]
    links = [link for each in group for link in each.message.links if not link.quoted]
    files = [
        file for each in group for file in each.message.attachments
        if not file.inline and file.kind not in ("image", "signature")
    ]  # fmt: skip
    families = Counter(each.family for each in judged if each.family)
    senders = _each(each.message.author.address for each in group)
    return Campaign(
        id="c" + hashlib.sha256(min(counted).encode()).hexdigest()[:12],
        family=families.most_common(1)[0][0] if families else "",
        because=_because(mark, times, len(group)),
        first=min(dates, default=None),
        last=max(dates, default=None),
        messages=tuple(each.id for each in judged)[:LISTED],
        message_ids=_each(each.message_id for each in judged),
        senders=senders,
        servers=_each(each.server for each in judged),
        accounts=_each(
            each.account for each in judged if registrable(each.account.rpartition("@")[2]) in own
        ),
        recipients=_each(each for one in judged for each in one.recipients),
        answered=_each(each for one in judged for each in one.answered),
        subjects=_each(each.message.subject for each in group),
        threads=_each(each.thread for each in judged),
        urls=_each(link.url for link in links),
        domains=_each(link.domain for link in links),
        hashes=_each(file.sha256 for file in files),
        attachment_names=_each(file.name for file in files),
        shape=payload_shape(group[0].message),
        languages=_each(each.message.text.language for each in group),
    )


def _when(member: Member) -> float:
    date: datetime | None = member.judged.date
    return date.timestamp() if date else 0.0


def _each(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for value in values if value))[:LISTED]


def _because(mark: str, times: int, size: int) -> Sentence:
    kind, _, value = mark.partition(" ")
    if size == 1:
        return say(N_("one mail, with nothing in it that others share"))
    if kind == "link":
        shown = value.replace(".", "[.]")
        return say(N_("{times} of {size} lead to {domain}"), times=times, size=size, domain=shown)
    if kind == "page":
        return say(N_("{times} of {size} lead to the same page"), times=times, size=size)
    if kind == "file":
        return say(N_("{times} of {size} bring the same file"), times=times, size=size)
    if kind == "shape":
        return say(
            N_("{times} of {size} want the same kind of thing: {shape}"),
            times=times,
            size=size,
            shape=value[:120],
        )
    return say(N_("one mail, with nothing in it that others share"))


def with_campaign(
    judged: Sequence[JudgedMessage], found: Sequence[Campaign]
) -> tuple[JudgedMessage, ...]:
    """Each mail with the id of the campaign it belongs to."""
    campaign_of: Mapping[str, str] = {
        message: each.id for each in found for message in each.messages
    }
    return tuple(
        msgspec.structs.replace(each, campaign=campaign_of.get(each.id, "")) for each in judged
    )
