"""The advisory's content: what makes *these* mails recognisable, then what to do.

Everything foreign in it is inert text: no link lives, no character hides.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Literal

import msgspec

from tocsin.model.conversation import Campaign, Conversations, JudgedMessage, parted
from tocsin.report.advisory_parts.inert import inert, inert_mail
from tocsin.report.advisory_parts.warned import (
    campaign_of,
    in_order,
    is_own,
    mailbox,
    once,
    reached,
)
from tocsin.report.advisory_parts.wording import Wording, day, wording
from tocsin.report.html_parts.visible import visible

SUBJECTS_LIMIT = 15
SENDERS_LIMIT = 12
LINKS_LIMIT = 6
NAMES_LIMIT = 6
WORDS_LIMIT = 3
"""Examples of each in an advisory; how many more there are is said."""

PHRASE = 120
"""Characters of the first words, and of a sender's name."""
LONGEST = 200
"""Characters of a subject, a link or a name: what stands beyond helps nobody to recognise it."""

_KIND = re.compile(r" \([a-z0-9-]{1,20}\)$")
"""The kind that stands behind an attachment's name in a `MessageView`."""


class Block(msgspec.Struct, frozen=True, kw_only=True):
    """A piece of the advisory. code: its items are quoted letter by letter."""

    kind: Literal["heading", "paragraph", "list"]
    text: str = ""
    items: tuple[str, ...] = ()
    code: bool = False


class Sender(msgspec.Struct, frozen=True, kw_only=True):
    """Who a mail seems to come from.

    truth: `misused` when name and address are right and somebody else wrote; `false` when the
    address is not that of the person shown; empty when nobody can say.
    """

    name: str
    address: str
    truth: Literal["", "false", "misused"]


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of forged mail, as a reader would meet it."""

    first: datetime | None
    last: datetime | None
    subjects: tuple[str, ...]
    senders: tuple[Sender, ...]
    reply_to: tuple[str, ...]
    links: tuple[str, ...]
    attachments: tuple[str, ...]
    words: tuple[str, ...]


def notice(
    conversations: Conversations | None, lang: str, campaign: str | None = None
) -> tuple[Block, ...]:
    """The advisory for all campaigns, or for one by its id; `""` means alerts that have none."""
    words = wording(lang)
    kinds = _kinds(conversations, campaign) if conversations else ()
    if not kinds:
        return (Block(kind="paragraph", text=words.nothing),)
    blocks = [Block(kind="paragraph", text=each) for each in words.intro]
    for number, kind in enumerate(kinds, 1):
        head = (
            words.recognise
            if len(kinds) == 1
            else words.kind.format(number=number, count=len(kinds))
        )
        blocks.append(Block(kind="heading", text=head))
        blocks.extend(_described(kind, words))
    blocks += [
        Block(kind="paragraph", text=words.inert),
        Block(kind="heading", text=words.todo),
        Block(kind="list", items=words.todo_list),
        Block(kind="heading", text=words.already),
        Block(kind="list", items=words.already_list),
        Block(kind="paragraph", text=words.closing),
    ]
    return tuple(blocks)


def _described(kind: Kind, words: Wording) -> Iterator[Block]:
    yield Block(kind="paragraph", text=_dates(kind, words))
    yield from _examples(words.subjects, kind.subjects, SUBJECTS_LIMIT, words)
    yield from _examples(
        words.senders, [_sender(each, words) for each in kind.senders], SENDERS_LIMIT, words
    )
    yield from _examples(words.reply_to, kind.reply_to, SENDERS_LIMIT, words)
    yield from _examples(words.links, kind.links, LINKS_LIMIT, words, code=True)
    yield from _examples(words.attachments, kind.attachments, NAMES_LIMIT, words, code=True)
    if not kind.links and not kind.attachments:
        yield Block(kind="paragraph", text=words.neither)
    yield from _examples(words.words, kind.words, WORDS_LIMIT, words)


def _dates(kind: Kind, words: Wording) -> str:
    if kind.first is None or kind.last is None:
        return words.date_unknown
    first, last = day(kind.first, words), day(kind.last, words)
    if first == last:
        return words.date_one.format(first=first)
    return words.dates.format(first=first, last=last)


def _examples(
    head: str, items: Iterable[str], limit: int, words: Wording, *, code: bool = False
) -> Iterator[Block]:
    every = tuple(items)
    if not every:
        return
    shown = every[:limit]
    yield Block(kind="paragraph", text=head)
    yield Block(kind="list", items=shown, code=code)
    if len(every) > limit:
        yield Block(kind="paragraph", text=words.more.format(count=len(every) - limit))


def _sender(sender: Sender, words: Wording) -> str:
    """One pass of filling: a name that reads `{address}` stays what it is."""
    if not sender.name or not sender.address:
        return sender.address or sender.name
    template = {"misused": words.sender_misused, "false": words.sender_false}.get(
        sender.truth, words.sender_bare
    )
    return template.format(name=sender.name, address=sender.address)


def _kinds(conversations: Conversations, wanted: str | None) -> tuple[Kind, ...]:
    conversations, _ = parted(conversations)
    of = campaign_of(conversations)
    groups: dict[str, list[JudgedMessage]] = {each.id: [] for each in conversations.campaigns}
    for each in reached(conversations):
        found = of.get(each.id)
        groups.setdefault(found.id if found else "", []).append(each)
    campaigns = {each.id: each for each in conversations.campaigns}
    return tuple(
        _kind(members, campaigns.get(name), conversations.own_domains)
        for name, members in groups.items()
        if (wanted is None or name == wanted) and (members or name in campaigns)
    )


def _kind(
    messages: list[JudgedMessage], campaign: Campaign | None, own_domains: tuple[str, ...]
) -> Kind:
    dates = in_order(each.date for each in messages)
    first, last = (dates[0], dates[-1]) if dates else (None, None)
    urls: Iterable[str] = (url for each in messages for url in each.shown.links)
    names: Iterable[str] = (
        _KIND.sub("", name) for each in messages for name in each.shown.attachments
    )
    subjects: Iterable[str] = (each.shown.subject for each in messages)
    if campaign is not None:
        first, last = campaign.first or first, campaign.last or last
        urls = campaign.urls or urls
        names = campaign.attachment_names or names
        subjects = campaign.subjects or subjects
    return Kind(
        first=first,
        last=last,
        subjects=once(_line(each) for each in subjects),
        senders=_senders(messages, campaign, own_domains),
        reply_to=once(
            _line(mailbox(each.shown.reply_to)[1] or each.shown.reply_to)
            for each in messages
            if _elsewhere(each)
        ),
        links=_links(urls),
        attachments=once(inert(_cut(each, LONGEST)) for each in names),
        words=once(_phrase(each.shown.text) for each in messages),
    )


def _senders(
    messages: list[JudgedMessage], campaign: Campaign | None, own_domains: tuple[str, ...]
) -> tuple[Sender, ...]:
    """Each sender once; where messages disagree, what is proven of one of them is said."""
    found: dict[tuple[str, str], Literal["", "false", "misused"]] = {}
    for each in messages:
        key = mailbox(each.shown.sender)
        found[key] = found.get(key) or _truth(each, own_domains)
    if campaign is not None:
        met = {address for _, address in found}
        found |= {("", address): "" for address in campaign.senders if address not in met}
    return tuple(
        Sender(
            name=inert_mail(_cut(name, PHRASE)),
            address=inert_mail(_cut(address, LONGEST)),
            truth=truth,
        )
        for (name, address), truth in found.items()
    )


def _truth(each: JudgedMessage, own_domains: tuple[str, ...]) -> Literal["", "false", "misused"]:
    """Whether the address is that of the person shown, as the genuine message tells."""
    name, address = mailbox(each.shown.sender)
    if each.original is None:
        return "misused" if is_own(address, own_domains) else ""
    true_name, true_address = mailbox(each.original.sender)
    if address and address == true_address:
        return "misused"
    same_name = " ".join(name.split()).casefold() == " ".join(true_name.split()).casefold()
    if same_name and address:
        return "false"
    return "misused" if is_own(address, own_domains) else ""


def _elsewhere(each: JudgedMessage) -> bool:
    there = mailbox(each.shown.reply_to)[1]
    return there != "" and there != mailbox(each.shown.sender)[1]


def _line(text: str) -> str:
    return inert_mail(_cut(text, LONGEST))


def _links(urls: Iterable[str]) -> tuple[str, ...]:
    """One of each host and path: what stands behind `?` differs from mail to mail."""
    alike: dict[str, str] = {}
    for url in urls:
        alike.setdefault(url[: LONGEST * 2].partition("?")[0].partition("#")[0], url)
    return once(_line(each) for each in alike.values())


def _phrase(text: str) -> str:
    """The first words, greeting and all."""
    return inert_mail(_cut(text[: PHRASE * 4], PHRASE))


def _cut(text: str, limit: int) -> str:
    """One line, nothing hidden in it, not longer than a person looks at."""
    shown = visible(" ".join(text[: limit * 8].split()))
    return shown if len(shown) <= limit else shown[: limit - 1] + "…"
