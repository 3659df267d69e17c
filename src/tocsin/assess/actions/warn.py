"""People who got what somebody else wrote into their conversations, and the accounts it came from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from tocsin.assess.actions import BASES_KEPT, Proposal, Stage
from tocsin.assess.incidents import aware
from tocsin.assess.known import Known, listed
from tocsin.model.conversation import Conversations, JudgedMessage, alerts, parted
from tocsin.model.text import N_, Sentence, say
from tocsin.model.trusts import Acceptance, Basis


def propose(known: Known) -> Iterator[Proposal]:
    """One warning for all, and the passwords of the accounts that sent."""
    if known.spoken is None:
        return
    counted, taken = parted(known.spoken)
    yield from _proposals(known, counted, None)
    # What ends first: until then somebody answers for all of it.
    ends = [each.accepted for each in taken.campaigns if each.accepted is not None]
    if ends:
        yield from _proposals(known, taken, min(ends, key=lambda each: each.until))


def _proposals(
    known: Known, spoken: Conversations, accepted: Acceptance | None
) -> Iterator[Proposal]:
    mails = alerts(spoken.messages)
    if not mails:
        return
    mark = "\0accepted" if accepted else ""
    campaigns = spoken.campaigns
    people = {p for each in mails for p in each.recipients}
    people |= {p for each in campaigns for p in each.recipients}
    answered = {p for each in mails for p in each.answered}
    answered |= {p for each in campaigns for p in each.answered}
    yield Proposal(
        kind="warn",
        stage=Stage.WARN,
        level="critical" if answered else "high",
        key=f"recipients{mark}",
        do=_words(len(people), len(answered)),
        because=_because(mails),
        servers=tuple(sorted({known.hosts.of(each.server) for each in mails} - {""})),
        bases=mail_bases(mails),
        accepted=accepted,
    )
    accounts = sorted({a for each in campaigns for a in each.accounts})
    for each in _accounts(accounts, mails):
        yield msgspec.structs.replace(each, key=f"{each.key}{mark}", accepted=accepted)


def _accounts(accounts: Sequence[str], mails: Sequence[JudgedMessage]) -> Iterator[Proposal]:
    reason = say(
        N_("Hijacked replies were sent from it; whoever wrote them may have the password.")
        if len(accounts) == 1
        else N_("Hijacked replies were sent from them; whoever wrote them may have the passwords.")
    )
    if len(accounts) > 1:
        words = N_("Reset the passwords of {count} accounts and end their sessions: {names}.")
        do = say(words, count=len(accounts), names=listed(accounts))
        yield _password(do, "accounts", reason, mails)
        return
    for each in accounts:
        do = say(N_("Reset the password of {account} and end its sessions."), account=each)
        yield _password(do, f"account {each}", reason, [m for m in mails if m.account == each])


def _password(do: Sentence, key: str, reason: Sentence, mails: Sequence[JudgedMessage]) -> Proposal:
    return Proposal(
        kind="rotate",
        stage=Stage.STOLEN,
        level="high",
        key=key,
        do=do,
        because=(reason,),
        bases=mail_bases(mails),
    )


def _words(people: int, answered: int) -> Sentence:
    if people == 1:
        return say(N_("Warn the one person who got hijacked replies."))
    if not answered:
        return say(N_("Warn the {count} people who got hijacked replies."), count=people)
    words = N_(
        "Warn the {count} people who got hijacked replies, first those who answered: {answered}."
    )
    return say(words, count=people, answered=answered)


def _because(mails: Sequence[JudgedMessage]) -> tuple[Sentence, ...]:
    times = sorted(aware(each.date) for each in mails if each.date)
    if not times:
        return (say(N_("Hijacked replies found: {count}."), count=len(mails)),)
    first, last = (f"{each:%Y-%m-%d}" for each in (times[0], times[-1]))
    if first == last:
        return (say(N_("Hijacked replies sent on {day}: {count}."), day=first, count=len(mails)),)
    words = N_("{count} hijacked replies were sent from {first} to {last}.")
    return (say(words, count=len(mails), first=first, last=last),)


def mail_bases(mails: Sequence[JudgedMessage]) -> tuple[Basis, ...]:
    """The first of these mails as what something rests on."""
    return tuple(
        Basis(
            source=each.shown.at.source,
            position=each.shown.at.position,
            sha256=each.shown.at.sha256,
            object=each.shown.subject,
            property="Message-ID",
            value=each.message_id,
        )
        for each in mails[: BASES_KEPT // 2]
    )
