"""What the logs and the mails of two runs show, compared; and what somebody answers for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from typing import TypeVar

from tocsin.assess.difference import CAMPAIGN_LEVEL, ENDED, Change, Difference, change_of
from tocsin.model.conversation import Campaign
from tocsin.model.hunt import HuntFinding, Incident
from tocsin.model.run import Run
from tocsin.model.text import Sentence
from tocsin.model.trusts import Acceptance

Each = TypeVar("Each")


def runs(old: Run, new: Run) -> Iterator[Difference]:
    """What keeps the two from being compared as they are."""
    before, after = (", ".join(each.trusts.without) if each.trusts else "" for each in (old, new))
    if before or after:
        change: Change = "same" if before == after else change_of(before or None, after or None)
        yield Difference(
            what="run", change=change, server="", rule="without", before=before, after=after
        )
    for room in ("hunt", "conversations"):
        was, now = getattr(old, room) is not None, getattr(new, room) is not None
        if was != now:
            yield Difference(what="run", change="new" if now else "gone", server="", rule=room)
    was, now = looked_for_servers(old), looked_for_servers(new)
    if was != now:
        yield Difference(what="run", change="new" if now else "gone", server="", rule="servers")


def looked_for_servers(run: Run) -> bool:
    """Whether servers were asked for: `tocsin hunt` and `conversation` name none of their own."""
    words = run.tool.command.split()[:4]
    return bool(run.servers) or not {"hunt", "conversation"} & set(words)


def incidents(old: Run, new: Run) -> Iterator[Difference]:
    """Break-ins that the logs show, do not show any more, or show with another outcome."""
    for was, now in _joined(
        old.hunt.incidents if old.hunt else (),
        new.hunt.incidents if new.hunt else (),
        lambda each: each.id,
        lambda each: each.findings,
    ):
        if _unread(was, now, read=new.hunt is not None):
            continue
        yield from _outcome(was, now)


def findings(old: Run, new: Run) -> Iterator[Difference]:
    """Findings in logs, likewise."""
    for was, now in _joined(
        old.hunt.findings if old.hunt else (),
        new.hunt.findings if new.hunt else (),
        lambda each: each.id,
        lambda _: (),
    ):
        if not _unread(was, now, read=new.hunt is not None):
            yield from _outcome(was, now)


def campaigns(old: Run, new: Run) -> Iterator[Difference]:
    """Campaigns in conversations: new, gone, or of another number of messages."""
    for was, now in _campaigns(old, new):
        counts = (_size(was), _size(now))
        if _unread(was, now, read=new.conversations is not None) or counts[0] == counts[1]:
            continue
        shown = now or was
        assert shown is not None
        yield Difference(
            what="campaign",
            change=change_of(was, now),
            server=shown.family,
            rule=shown.id,
            before=counts[0],
            after=counts[1],
            level=CAMPAIGN_LEVEL,
            accepted=now is not None and now.accepted is not None,
            said=shown.because,
        )


def acceptances(old: Run, new: Run) -> Iterator[Difference]:
    """Of what is open in both: what somebody answers for now, or no longer, or otherwise."""
    before, after = dict(_open(old)), dict(_open(new))
    pairs = [(before[key], after[key]) for key in before.keys() & after.keys()]
    pairs += _moved(old, new)
    day = new.started.date()
    for (was, _), (now, told) in pairs:
        if _answer(was) == _answer(now):
            continue
        yield Difference(
            what="acceptance",
            change=change_of(was, now),
            server=told.server,
            rule=told.rule,
            before=_answer(was),
            after=_answer(now) or _ended(was, day),
            level=told.level,
            accepted=now is not None,
            said=told.said,
        )


Told = tuple[Acceptance | None, Difference]


def _open(run: Run) -> Iterator[tuple[str, Told]]:
    """Everything that can be accepted, is open, and has an id of its own in every run."""
    for each in run.findings:
        if each.status == "affected":
            told = _told(each.subject_name, each.rule, each.level, None)
            yield each.fingerprint, (each.accepted, told)
    for hit in run.hunt.findings if run.hunt else ():
        yield (
            hit.id,
            (_own(hit.accepted, hit.id), _told(hit.host, hit.rule, hit.level, hit.because)),
        )
    for check in run.trusts.checks if run.trusts else ():
        if check.outcome == "fail":
            told = _told(check.subject, check.check, check.level, check.title)
            yield check.fingerprint, (check.accepted, told)
    for action in run.plan.actions if run.plan else ():
        own = _own(action.accepted, action.fingerprint)
        yield action.fingerprint, (own, _told("", "plan", action.level, action.do))


def _moved(old: Run, new: Run) -> list[tuple[Told, Told]]:
    """Incidents and campaigns: their ids move with what they are made of."""
    found = []
    for was, now in _joined(
        old.hunt.incidents if old.hunt else (),
        new.hunt.incidents if new.hunt else (),
        lambda each: each.id,
        lambda each: each.findings,
    ):
        if was and now:
            told = _told(", ".join(now.hosts), now.id, now.level, now.title)
            answers = _own(was.accepted, was.id), _own(now.accepted, now.id)
            found.append(((answers[0], told), (answers[1], told)))
    for one, other in _campaigns(old, new):
        if one and other:
            told = _told(other.family, other.id, CAMPAIGN_LEVEL, other.because)
            found.append(((one.accepted, told), (other.accepted, told)))
    return found


def _own(accepted: Acceptance | None, name: str) -> Acceptance | None:
    """None where it is accepted because of what it is made of, or settles: that is told itself."""
    return accepted if accepted is not None and accepted.means(name) else None


def _told(server: str, rule: str, level: str, said: Sentence | None) -> Difference:
    return Difference(
        what="acceptance", change="changed", server=server, rule=rule, level=level, said=said
    )


def _answer(each: Acceptance | None) -> str:
    return f"{each.until.isoformat()}, {each.owner}: {each.reason}" if each else ""


def _ended(was: Acceptance | None, day: date) -> str:
    """That its last day is past; empty where it was taken back before."""
    return f"{ENDED} {was.until.isoformat()}" if was is not None and was.until < day else ""


def _outcome(
    was: HuntFinding | Incident | None, now: HuntFinding | Incident | None
) -> Iterator[Difference]:
    if was is not None and now is not None and was.outcome == now.outcome:
        return
    shown = now or was
    assert shown is not None
    change, accepted = change_of(was, now), now is not None and now.accepted is not None
    before, after = was.outcome if was else "", now.outcome if now else ""
    if isinstance(shown, Incident):
        yield Difference(
            what="incident",
            change=change,
            server=", ".join(shown.hosts),
            rule=shown.id,
            before=before,
            after=after,
            level=shown.level,
            accepted=accepted,
            said=shown.title,
        )
        return
    yield Difference(
        what="hunt",
        change=change,
        server=shown.host,
        rule=shown.rule,
        before=before,
        after=after,
        level=shown.level,
        accepted=accepted,
        said=shown.because,
        of=shown.incident,
    )


def _unread(was: object, now: object, *, read: bool) -> bool:
    """Whether it is missing for no other reason than that the new run read nothing of its kind."""
    return was is not None and now is None and not read


def _size(each: Campaign | None) -> str:
    return str(len(each.messages)) if each else ""


def _campaigns(old: Run, new: Run) -> Iterator[tuple[Campaign | None, Campaign | None]]:
    return _joined(
        old.conversations.campaigns if old.conversations else (),
        new.conversations.campaigns if new.conversations else (),
        lambda each: each.id,
        lambda each: each.messages,
    )


def _joined(
    old: Iterable[Each],
    new: Iterable[Each],
    name: Callable[[Each], str],
    parts: Callable[[Each], Iterable[str]],
) -> Iterator[tuple[Each | None, Each | None]]:
    """Pairs of the same thing: of one id, else sharing a part; then those that have no other."""
    before: Mapping[str, Each] = {name(each): each for each in old}
    after: Mapping[str, Each] = {name(each): each for each in new}
    left = {key: each for key, each in before.items() if key not in after}
    holder = {part: key for key, each in left.items() for part in parts(each)}
    for key, now in after.items():
        was = before.get(key)
        if was is None:
            shared = [holder[part] for part in parts(now) if holder.get(part) in left]
            was = left.pop(shared[0]) if shared else None
        yield was, now
    for was in left.values():
        yield was, None
