"""Risks that somebody answers for, while they do: shown, not counted, back on the day after."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import msgspec

from tocsin.model.conversation import Conversations
from tocsin.model.hunt import Hunt
from tocsin.model.run import FindingRecord
from tocsin.model.text import N_, Sentence, say
from tocsin.model.trusts import Acceptance, Trusts

PREFIX = 8
"""Fewest characters of a fingerprint that may stand for all of it."""


class Accepted(msgspec.Struct, frozen=True, kw_only=True):
    """Those that hold today, and those whose day is past."""

    holding: tuple[Acceptance, ...] = ()
    expired: tuple[Acceptance, ...] = ()
    starts: dict[str, list[Acceptance]] = {}

    def __post_init__(self) -> None:
        # By their beginning: a run may hold a hundred thousand findings.
        for each in self.holding:
            if len(each.fingerprint) >= PREFIX:
                self.starts.setdefault(each.fingerprint[:PREFIX], []).append(each)

    def of(self, fingerprint: str) -> Acceptance | None:
        """The acceptance of this risk that holds, by its fingerprint or the beginning of it; None when
        there is none."""
        known = self.starts.get(fingerprint[:PREFIX], ())
        return next((each for each in known if fingerprint.startswith(each.fingerprint)), None)


def accepted(entries: Iterable[Acceptance], today: date) -> Accepted:
    """Entries by whether their last day is past. Of two for one risk the longer one counts."""
    known = sorted(entries, key=lambda each: each.until, reverse=True)
    holding = tuple(each for each in known if each.until >= today)
    past = (each for each in known if each.until < today)
    return Accepted(
        holding=holding,
        expired=tuple(e for e in past if not any(h.means(e.fingerprint) for h in holding)),
    )


def with_findings(
    records: tuple[FindingRecord, ...], entries: Accepted
) -> tuple[FindingRecord, ...]:
    """Findings, those that somebody answers for marked."""
    if not entries.holding:
        return records
    return tuple(
        msgspec.structs.replace(each, accepted=entries.of(each.fingerprint)) for each in records
    )


def with_hunt(hunt: Hunt | None, entries: Accepted) -> Hunt | None:
    """What the hunt found, marked; an incident is accepted by its own id, or if all of its findings
    are."""
    if hunt is None or not entries.holding:
        return hunt
    findings = tuple(
        msgspec.structs.replace(each, accepted=entries.of(each.id)) for each in hunt.findings
    )
    by_id = {each.id: each.accepted for each in findings}
    incidents = []
    for incident in hunt.incidents:
        whole = entries.of(incident.id)
        parts = [by_id.get(each) for each in incident.findings]
        if whole is None and parts and all(parts):
            whole = parts[0]
        incidents.append(msgspec.structs.replace(incident, accepted=whole))
    covered = {n: i.accepted for i in incidents if i.accepted for n in i.findings}
    findings = tuple(
        msgspec.structs.replace(each, accepted=each.accepted or covered.get(each.id))
        for each in findings
    )
    return msgspec.structs.replace(hunt, findings=findings, incidents=tuple(incidents))


def with_conversations(spoken: Conversations | None, entries: Accepted) -> Conversations | None:
    """The campaigns, those that somebody answers for marked: an exercise, say."""
    if spoken is None or not entries.holding:
        return spoken
    campaigns = tuple(
        msgspec.structs.replace(each, accepted=entries.of(each.id)) for each in spoken.campaigns
    )
    return msgspec.structs.replace(spoken, campaigns=campaigns)


def with_trusts(trusts: Trusts | None, entries: Accepted) -> Trusts | None:
    """The checks' results, those that somebody answers for marked."""
    if trusts is None or not entries.holding:
        return trusts
    checks = tuple(
        msgspec.structs.replace(each, accepted=entries.of(each.fingerprint))
        for each in trusts.checks
    )
    return msgspec.structs.replace(trusts, checks=checks)


def expired_headline(entries: Accepted) -> tuple[Sentence, ...]:
    """That risks are no longer accepted and count again."""
    count = len(entries.expired)
    if not count:
        return ()
    if count > 1:
        return (say(N_("Risks whose acceptance has ended count again: {count}."), count=count),)
    past = entries.expired[0]
    words = N_("A risk that {owner} answered for until {day} counts again: {reason}")
    return (say(words, owner=past.owner, day=past.until.isoformat(), reason=past.reason),)
