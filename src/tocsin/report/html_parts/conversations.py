"""What the page shows of conversations: campaigns, each forged message beside the genuine one."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from tocsin.model.conversation import (
    Campaign,
    Conversations,
    Hit,
    JudgedMessage,
    MessageView,
    parted,
)
from tocsin.model.run import Run
from tocsin.model.text import N_
from tocsin.report.advisory import text as advisory_text
from tocsin.report.advisory_parts.inert import inert, inert_mail
from tocsin.report.advisory_parts.strongest import strongest
from tocsin.report.advisory_parts.warned import (
    answered,
    campaign_of,
    mailbox,
    once,
    reached,
    recipients,
    warned,
)
from tocsin.report.advisory_parts.wording import LANGUAGES
from tocsin.report.html_parts.conversations_thread import Picture, picture
from tocsin.report.html_parts.timeline import aware
from tocsin.report.html_parts.visible import visible

FULL_LIMIT = 200
"""Alerts shown with everything; the campaigns take turns, so that a large one hides no small one."""
SHORT_LIMIT = 2000
"""Further alerts, and messages to watch, in one row each; what is beyond stands in run.json."""
CAMPAIGN_LIMIT = 40
"""Campaigns shown with everything."""
VALUES_LIMIT = 30
"""Subjects, senders, links and the like shown of one campaign."""
PEOPLE_LIMIT = 300
"""Recipients named in one campaign; recipients.csv has all."""
TEXT_LIMIT = 1200
QUOTE_LIMIT = 300
"""Characters of a message's new text and of a quote."""
REASONS_LIMIT = 20
PLAIN_LIST = 12
"""Reasons of one message, and values in one cell of the comparison."""

LANGUAGE_NAMES = {"en": "English", "fr": "Français", "de": "Deutsch", "it": "Italiano"}

TRAITS: dict[str, str] = {
    "sender": N_("From"),
    "reply_to": N_("Answers go to"),
    "recipients": N_("To"),
    "date": N_("Date"),
    "subject": N_("Subject"),
    "message_id": N_("Message-ID"),
    "in_reply_to": N_("Answers the message"),
    "client": N_("Mail program"),
    "origin": N_("Written at"),
    "path": N_("Way"),
    "authentication": N_("Proof of the sender"),
    "links": N_("Links"),
    "attachments": N_("Attachments"),
    "text": N_("New text"),
    "quote": N_("Quoted text"),
}
"""The rows of the comparison by the fields of a `MessageView`."""

AXES = {
    "identity": N_("who writes"),
    "payload": N_("what it wants"),
    "burst": N_("how many at once"),
}


class Trait(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the comparison. differs: the judgement named it as one that should be the same."""

    name: str
    genuine: tuple[str, ...]
    forged: tuple[str, ...]
    differs: bool
    code: bool
    long: bool


class Reason(msgspec.Struct, frozen=True, kw_only=True):
    """One indicator on a message. source: the row of its source in the report, or 0."""

    hit: Hit
    quote: str
    source: int
    count: int = 1


class AlertView(msgspec.Struct, frozen=True, kw_only=True):
    """One alert with everything."""

    number: int
    message: JudgedMessage
    campaign: int
    subject: str
    sender: str
    reasons: tuple[Reason, ...]
    more_reasons: int
    traits: tuple[Trait, ...]
    differing: int
    picture: Picture | None
    others: tuple[str, ...]


class ShortView(msgspec.Struct, frozen=True, kw_only=True):
    """A message in one row, with the reason that weighs most."""

    message: JudgedMessage
    campaign: int
    subject: str
    sender: str
    reason: Reason | None


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """One recipient."""

    address: str
    own: bool
    answered: bool


class CampaignView(msgspec.Struct, frozen=True, kw_only=True):
    """One campaign. people: those who answered first."""

    number: int
    campaign: Campaign
    messages: int
    reasons: tuple[Reason, ...]
    people: tuple[Person, ...]
    answered: int
    senders: tuple[str, ...]
    subjects: tuple[str, ...]
    urls: tuple[str, ...]
    domains: tuple[str, ...]
    names: tuple[str, ...]
    advisories: tuple[tuple[str, str, str], ...]


class ConversationsView(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the section needs. alerts: in full; brief: further ones; watch: no alert."""

    found: Conversations
    campaigns: tuple[CampaignView, ...]
    campaigns_left: int
    alerts: tuple[AlertView, ...]
    brief: tuple[ShortView, ...]
    brief_left: int
    watch: tuple[ShortView, ...]
    watch_left: int
    messages: int
    threads: int
    recipients: int
    own: int
    answered: int
    judged: int
    advisories: tuple[tuple[str, str, str], ...]


def conversations_view(run: Run, translate: Callable[[str], str]) -> ConversationsView | None:
    """Fold what the room found; None when no mail was judged."""
    found = run.conversations
    if found is None:
        return None
    counted, _ = parted(found)
    rows = warned(counted)
    of = campaign_of(found)
    number_of = {campaign.id: place for place, campaign in enumerate(found.campaigns, 1)}
    places = {each.source: place for place, each in enumerate(run.sources, 1)}
    messages = reached(counted)

    def number(each: JudgedMessage) -> int:
        campaign = of.get(each.id)
        return number_of[campaign.id] if campaign else 0

    full, brief = _chosen(messages, number)
    watch = [each for each in found.messages if each.verdict == "watch" and each.id not in of]
    people = recipients(rows)
    return ConversationsView(
        found=found,
        campaigns=_campaigns(found, reached(found), number, places),
        campaigns_left=max(0, len(found.campaigns) - CAMPAIGN_LIMIT),
        alerts=tuple(
            _alert(place, each, number(each), places, translate)
            for place, each in enumerate(full, 1)
        ),
        brief=tuple(_short(each, number(each), places) for each in brief[:SHORT_LIMIT]),
        brief_left=max(0, len(brief) - SHORT_LIMIT),
        watch=tuple(_short(each, 0, places) for each in watch[:SHORT_LIMIT]),
        watch_left=max(0, len(watch) - SHORT_LIMIT),
        messages=len(messages),
        threads=len({each.thread for each in messages}),
        recipients=len(people),
        own=len({row.address for row in rows if row.own} & people),
        answered=len(answered(rows)),
        judged=sum(found.judged.values()),
        advisories=_advisories(found, None) if messages or counted.campaigns else (),
    )


def _chosen(
    messages: tuple[JudgedMessage, ...], number: Callable[[JudgedMessage], int]
) -> tuple[list[JudgedMessage], list[JudgedMessage]]:
    """Those in full and those in short, both in the document's order: worst first."""
    turns: dict[int, int] = {}
    keyed: list[tuple[int, int]] = []
    for place, each in enumerate(messages):
        # An alert without a campaign stands for itself and waits for nobody.
        campaign = number(each)
        turn = turns.get(campaign, 0) if campaign else 0
        turns[campaign] = turn + 1
        keyed.append((turn, place))
    kept = {place for _, place in sorted(keyed)[:FULL_LIMIT]}
    full = [each for place, each in enumerate(messages) if place in kept]
    return full, [each for place, each in enumerate(messages) if place not in kept]


def _campaigns(
    found: Conversations,
    messages: tuple[JudgedMessage, ...],
    number: Callable[[JudgedMessage], int],
    places: Mapping[str, int],
) -> tuple[CampaignView, ...]:
    members: dict[int, list[JudgedMessage]] = {}
    for each in messages:
        members.setdefault(number(each), []).append(each)
    people: dict[str, list[Person]] = {}
    for row in warned(found):
        if row.why == "received":
            people.setdefault(row.campaign, []).append(
                Person(address=row.address, own=row.own, answered=row.answered)
            )
    return tuple(
        _campaign(
            place, each, members.get(place, []), tuple(people.get(each.id, ())), found, places
        )
        for place, each in enumerate(found.campaigns[:CAMPAIGN_LIMIT], 1)
    )


def _campaign(
    number: int,
    campaign: Campaign,
    members: list[JudgedMessage],
    people: tuple[Person, ...],
    found: Conversations,
    places: Mapping[str, int],
) -> CampaignView:
    several = len(found.campaigns) > 1
    shown = once(inert(each.shown.sender) for each in members)
    met = {mailbox(each)[1] for each in shown}
    return CampaignView(
        number=number,
        campaign=campaign,
        messages=max(len(campaign.messages), len(members)),
        reasons=tuple(_reason(hit, places, count) for hit, count in strongest(members, 4)),
        people=people,
        answered=sum(each.answered for each in people),
        senders=(*shown, *(each for each in campaign.senders if each not in met)),
        subjects=tuple(inert(each) for each in campaign.subjects),
        urls=tuple(inert_mail(each) for each in campaign.urls),
        domains=tuple(inert_mail(each) for each in campaign.domains),
        names=tuple(inert(each) for each in campaign.attachment_names),
        advisories=_advisories(found, campaign.id) if several and not campaign.accepted else (),
    )


def _advisories(found: Conversations, campaign: str | None) -> tuple[tuple[str, str, str], ...]:
    """Language code, the language's own name, the text."""
    return tuple(
        (lang, LANGUAGE_NAMES[lang], advisory_text(found, lang, campaign)) for lang in LANGUAGES
    )


def _alert(
    number: int,
    each: JudgedMessage,
    campaign: int,
    places: Mapping[str, int],
    translate: Callable[[str], str],
) -> AlertView:
    hits = sorted(each.hits, key=lambda hit: (-hit.weight, hit.name))
    traits = _traits(each)
    return AlertView(
        number=number,
        message=each,
        campaign=campaign,
        subject=inert(each.shown.subject),
        sender=inert(each.shown.sender),
        reasons=tuple(_reason(hit, places) for hit in hits[:REASONS_LIMIT]),
        more_reasons=max(0, len(hits) - REASONS_LIMIT),
        traits=traits,
        differing=sum(trait.differs for trait in traits),
        picture=picture(each.timeline, each.message_id, translate),
        others=tuple(name for name in each.differing if name not in TRAITS)[:PLAIN_LIST],
    )


def _short(each: JudgedMessage, campaign: int, places: Mapping[str, int]) -> ShortView:
    best = strongest([each], 1)
    return ShortView(
        message=each,
        campaign=campaign,
        subject=inert(each.shown.subject),
        sender=inert(each.shown.sender),
        reason=_reason(best[0][0], places) if best else None,
    )


def _reason(hit: Hit, places: Mapping[str, int], count: int = 1) -> Reason:
    return Reason(
        hit=hit,
        quote=inert(visible(hit.quote, QUOTE_LIMIT)),
        source=places.get(hit.at.source, 0),
        count=count,
    )


def _traits(each: JudgedMessage) -> tuple[Trait, ...]:
    """Rows in which either message says something; differing ones are marked, order is kept."""
    out = []
    for name in TRAITS:
        genuine = _said(each.original, name) if each.original else ()
        forged = _said(each.shown, name)
        differs = name in each.differing
        if genuine or forged or differs:
            out.append(
                Trait(
                    name=name,
                    genuine=genuine,
                    forged=forged,
                    differs=differs,
                    code=name in ("message_id", "in_reply_to", "links", "path", "origin"),
                    long=name in ("text", "quote"),
                )
            )
    return tuple(out)


def _said(view: MessageView, name: str) -> tuple[str, ...]:
    if name == "date":
        return (f"{aware(view.date):%Y-%m-%d %H:%M} UTC",) if view.date else ()
    value = getattr(view, name)
    if isinstance(value, tuple):
        shown = [inert(each) for each in value[:PLAIN_LIST]]
        return (*shown, f"… (+{len(value) - PLAIN_LIST})") if len(value) > PLAIN_LIST else (*shown,)
    limit = TEXT_LIMIT if name == "text" else QUOTE_LIMIT
    long = name in ("text", "quote")
    return (inert(visible(value, limit) if long else value),) if value else ()
