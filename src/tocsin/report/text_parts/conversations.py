"""The terminal's block on conversations: how many, the strongest reasons, who must be warned."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator

from tocsin.model.conversation import Campaign, Conversations, JudgedMessage, parted
from tocsin.model.text import N_
from tocsin.report import Translate
from tocsin.report.advisory_parts.inert import inert
from tocsin.report.advisory_parts.strongest import strongest
from tocsin.report.advisory_parts.warned import (
    Warned,
    answered,
    campaign_of,
    in_order,
    reached,
    recipients,
    warned,
)
from tocsin.report.text_parts.lines import WIDTH, Style, some, visible, wrapped

CAMPAIGN_LIMIT = 5
ALERT_LIMIT = 5
"""Campaigns, and alerts outside of them, printed; the others are counted. -v prints all."""
REASONS = 3
"""Reasons printed of each."""
REASONS_BRIEF = 2
"""Beside the answers of other rooms."""
NAMES = 3
"""Servers and mailboxes named in one line."""
QUOTE = 160
"""Characters of a quote; the report has all of it."""
SUBJECT = 60

FORMATS = "recipients, purge, stix, advisory, advisory_html"
"""The outputs that are handed on, by their names for --format."""


def conversation_lines(
    found: Conversations,
    translate: Translate,
    style: Style,
    *,
    verbose: bool,
    quiet: bool,
    brief: bool = False,
) -> Iterator[str]:
    """The block, an empty line behind it; quiet: its first line alone; brief: fewer reasons."""
    count = sum(found.judged.values())
    found, taken = parted(found)
    rows = warned(found)
    messages = reached(found)
    yield from _first_line(found, messages, rows, count, translate, style)
    if not quiet:
        yield ""
        yield from _accepted(taken.campaigns, translate, style, verbose=verbose)
        reasons = REASONS_BRIEF if brief else REASONS
        yield from _campaigns(found, messages, rows, reasons, translate, style, verbose=verbose)
        yield from _alone(found, messages, translate, style, verbose=verbose)
        yield from _whom(rows, translate)
        yield from _watched(found, translate, style, verbose=verbose)
        yield from _ground(found, count, translate)
    yield ""


def _first_line(
    found: Conversations,
    messages: tuple[JudgedMessage, ...],
    rows: tuple[Warned, ...],
    count: int,
    translate: Translate,
    style: Style,
) -> Iterator[str]:
    """count: mails judged."""
    if messages or found.campaigns:
        parts = [
            some(len(found.campaigns), N_("1 campaign"), N_("{count} campaigns"), translate),
            some(len(messages), N_("1 message"), N_("{count} messages"), translate),
            some(len(recipients(rows)), N_("1 recipient"), N_("{count} recipients"), translate),
            translate(N_("{count} answered")).format(count=len(answered(rows))),
        ]
        words = ", ".join(parts)
    else:
        words = translate(N_("nobody speaks who should not, in {count} mails")).format(count=count)
    yield f"  {style(translate(N_('Conversations')), 'strong')}   {words}"


def _accepted(
    campaigns: tuple[Campaign, ...], translate: Translate, style: Style, *, verbose: bool
) -> Iterator[str]:
    """What somebody answers for, an exercise, say: who, until when and why."""
    shown = campaigns if verbose else campaigns[:CAMPAIGN_LIMIT]
    for each in shown:
        taken = each.accepted
        assert taken is not None
        yield "   -  " + style(
            f"{visible(each.family) or translate(N_('family unknown'))}, "
            + some(len(each.messages), N_("1 message"), N_("{count} messages"), translate),
            "dim",
        )
        words = translate(N_("Accepted until {day} by {owner}: {reason}"))
        line = words.format(day=taken.until.isoformat(), owner=taken.owner, reason=taken.reason)
        for part in textwrap.wrap(visible(line), WIDTH - 8):
            yield "      " + style(part, "dim")
    if more := len(campaigns) - len(shown):
        yield f"  {translate(N_('… and {count} more (-v, or the report)')).format(count=more)}"
    if campaigns:
        yield ""


def _campaigns(
    found: Conversations,
    messages: tuple[JudgedMessage, ...],
    rows: tuple[Warned, ...],
    reasons: int,
    translate: Translate,
    style: Style,
    *,
    verbose: bool,
) -> Iterator[str]:
    of = campaign_of(found)
    members: dict[str, list[JudgedMessage]] = {}
    for each in messages:
        if each.id in of:
            members.setdefault(of[each.id].id, []).append(each)
    shown = found.campaigns if verbose else found.campaigns[:CAMPAIGN_LIMIT]
    for number, campaign in enumerate(shown, 1):
        mine = [row for row in rows if row.campaign == campaign.id]
        told = members.get(campaign.id, [])
        yield from _campaign(number, campaign, told, mine, reasons, translate, style)
        yield ""
    if more := len(found.campaigns) - len(shown):
        yield f"  {translate(N_('… and {count} more (-v, or the report)')).format(count=more)}"
        yield ""


def _campaign(
    number: int,
    campaign: Campaign,
    members: list[JudgedMessage],
    rows: list[Warned],
    reasons: int,
    translate: Translate,
    style: Style,
) -> Iterator[str]:
    name = visible(campaign.family) or translate(N_("family unknown"))
    facts = [
        some(
            max(len(campaign.messages), len(members)),
            N_("1 message"),
            N_("{count} messages"),
            translate,
        ),
        _times(campaign, translate),
        some(len(recipients(rows)), N_("1 recipient"), N_("{count} recipients"), translate),
        translate(N_("{count} answered")).format(count=len(answered(rows))),
    ]
    first, *more = textwrap.wrap(", ".join(facts), WIDTH - 9 - len(name)) or [""]
    yield f"  {number:>2}  {style(name, 'strong')}   {first}"
    yield from (f"      {line}" for line in more)
    yield from wrapped(translate(N_("because")), campaign.because.render(translate))
    yield from _reasons(members, translate, style, reasons)
    origins = [
        *_named(campaign.servers, N_("server {names}"), N_("servers {names}"), translate),
        *_named(
            campaign.accounts, N_("mailbox of yours {names}"), N_("mailboxes of yours {names}"),
            translate,
        ),
    ] or _named(campaign.senders, N_("sender {names}"), N_("senders {names}"), translate)  # fmt: skip
    if origins:
        yield from wrapped(translate(N_("from")), translate(N_("; ")).join(origins))


def _times(campaign: Campaign, translate: Translate) -> str:
    dates = in_order((campaign.first, campaign.last))
    if not dates:
        return translate(N_("undated"))
    first, last = dates[0], dates[-1]
    if first == last:
        return f"{first:%Y-%m-%d %H:%M} UTC"
    same_day = first.date() == last.date()
    return f"{first:%Y-%m-%d %H:%M} – {last:{'%H:%M' if same_day else '%Y-%m-%d %H:%M'}} UTC"


def _named(names: tuple[str, ...], one: str, many: str, translate: Translate) -> list[str]:
    if not names:
        return []
    shown = ", ".join(visible(each) for each in names[:NAMES])
    if len(names) > NAMES:
        shown += " " + translate(N_("and {count} more")).format(count=len(names) - NAMES)
    return [translate(one if len(names) == 1 else many).format(names=shown)]


def _reasons(
    members: Iterable[JudgedMessage], translate: Translate, style: Style, limit: int = REASONS
) -> Iterator[str]:
    """The strongest reasons: the sentence and its weight, the raw words, the place."""
    for hit, _ in strongest(members, limit):
        sentence = hit.sentence.render(translate)
        yield from wrapped(f"{hit.weight:+.1f}", inert(sentence))
        if hit.quote:
            quote = inert(" ".join(hit.quote.split()))
            short = quote if len(quote) <= QUOTE else quote[: QUOTE - 1] + "…"
            yield from wrapped("", "“" + short + "”")
        yield " " * 15 + style(visible(str(hit.at)), "dim")


def _alone(
    found: Conversations,
    messages: tuple[JudgedMessage, ...],
    translate: Translate,
    style: Style,
    *,
    verbose: bool,
) -> Iterator[str]:
    """Alerts that belong to no campaign."""
    of = campaign_of(found)
    single = [each for each in messages if each.id not in of]
    shown = single if verbose else single[:ALERT_LIMIT]
    for each in shown:
        yield f"   -  {style(_subject(each), 'strong')}   {_when(each, translate)}"
        yield from wrapped(translate(N_("from")), each.shown.sender)
        yield from _reasons([each], translate, style)
        yield ""
    if more := len(single) - len(shown):
        yield f"  {translate(N_('… and {count} more (-v, or the report)')).format(count=more)}"
        yield ""


def _subject(each: JudgedMessage) -> str:
    words = visible(inert(" ".join(each.shown.subject.split())))
    return words if len(words) <= SUBJECT else words[: SUBJECT - 1] + "…"


def _when(each: JudgedMessage, translate: Translate) -> str:
    dates = in_order([each.date])
    return f"{dates[0]:%Y-%m-%d %H:%M} UTC" if dates else translate(N_("undated"))


def _whom(rows: tuple[Warned, ...], translate: Translate) -> Iterator[str]:
    people = recipients(rows)
    if not people:
        return
    own = {row.address for row in rows if row.own and row.why == "received"}
    used = {row.address for row in rows if row.why == "sent"}
    parts = [
        translate(N_("{own} of yours and {others} elsewhere got one")).format(
            own=len(own), others=len(people) - len(own)
        ),
        translate(N_("{count} answered or forwarded it")).format(count=len(answered(rows))),
    ]
    if used:
        parts.append(
            some(
                len(used),
                N_("1 mailbox of yours sent it"),
                N_("{count} mailboxes of yours sent it"),
                translate,
            )
        )
    yield from wrapped(translate(N_("warn")), translate(N_("; ")).join(parts))
    yield from wrapped(
        translate(N_("hand on")), f"tocsin report --from run.json --format FORMAT: {FORMATS}"
    )
    yield ""


def _watched(
    found: Conversations, translate: Translate, style: Style, *, verbose: bool
) -> Iterator[str]:
    """What stands out in one way alone: counted, and listed when asked for."""
    of = campaign_of(found)
    watch = [each for each in found.messages if each.verdict == "watch" and each.id not in of]
    count = max(len(watch), 0)
    if not count:
        return
    one = N_("1 more message stands out in one way alone: no alert")
    many = N_("{count} more messages stand out in one way alone: no alert")
    hint = "" if verbose else " " + translate(N_("(-v lists them)"))
    yield "      " + some(count, one, many, translate) + hint
    if verbose:
        for each in watch:
            yield f"        {_when(each, translate)}  {style(_subject(each), 'strong')}"
            for hit, _ in strongest([each], 1):
                yield from wrapped(f"{hit.weight:+.1f}", inert(hit.sentence.render(translate)))
    yield ""


def _ground(found: Conversations, count: int, translate: Translate) -> Iterator[str]:
    """What the judgement rests on, and what the inputs cannot show."""
    memory = found.history
    yield from _paragraph(
        translate(N_("Judged {judged} mails by a memory of {known} mails since {first}.")).format(
            judged=count,
            known=memory.messages,
            first=f"{memory.first:%Y-%m-%d}" if memory.first else translate(N_("undated")),
        )
    )
    for each in found.blind:
        yield from _paragraph(
            translate(N_("Cannot be seen: {why}")).format(why=each.render(translate))
        )


def _paragraph(words: str) -> Iterator[str]:
    for line in textwrap.wrap(visible(words), WIDTH - 8):
        yield f"      {line}"
