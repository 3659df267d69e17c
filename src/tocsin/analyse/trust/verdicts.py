"""Short ways to say what a check found, for logic that asks more than one object."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from tocsin.analyse.trust.objects import objects
from tocsin.analyse.trust.settings import Answer, Item
from tocsin.analyse.trust.situation import Situation, Verdict, bases_of
from tocsin.knowledge.hybrid import kinds
from tocsin.model.setting import Side
from tocsin.model.text import N_, Sentence, say
from tocsin.model.trusts import Basis

UNKNOWN = N_("{name}: {what} was not collected.")
NONE_HERE = N_("There is none.")
UNREAD = N_("Not collected: {what}.")


def named(item: Item) -> str:
    """What a reader knows the object by."""
    return item.setting.name or item.setting.kind


def wanted(item: Item, name: str) -> str:
    """What must be collected: the command and the property."""
    return f"{kinds()[item.setting.kind].cmdlet}: {name}"


def unanswered(item: Item, answers: Iterable[Answer], servers: tuple[str, ...] = ()) -> Verdict:
    """Unknown, since these properties of the object were not collected."""
    asked = list(answers)
    names = tuple(dict.fromkeys(each.name for each in asked if not each.known))
    return Verdict(
        outcome="unknown",
        subject=named(item),
        because=say(UNKNOWN, name=named(item), what=", ".join(names)),
        missing=tuple(wanted(item, name) for name in names),
        bases=bases_of(asked),
        servers=servers,
    )


def unread(subject: str, *what: str, servers: tuple[str, ...] = ()) -> Verdict:
    """Unknown, since inputs are missing: commands, as they are typed."""
    return Verdict(
        outcome="unknown",
        subject=subject,
        because=say(UNREAD, what=", ".join(what)),
        missing=what,
        servers=servers,
    )


def passed(
    subject: str,
    because: Sentence,
    answers: Iterable[Answer] = (),
    also: tuple[Basis, ...] = (),
) -> Verdict:
    """It is as it should be. also: further places that show it."""
    bases = (*bases_of(answers), *also)
    return Verdict(outcome="pass", subject=subject, because=because, bases=bases)


def failed(
    subject: str,
    because: Sentence,
    answers: Iterable[Answer] = (),
    servers: tuple[str, ...] = (),
    also: tuple[Basis, ...] = (),
) -> Verdict:
    """It is not. servers: ids of those on the other end; also: further places that show it."""
    bases = (*bases_of(answers), *also)
    return Verdict(outcome="fail", subject=subject, because=because, bases=bases, servers=servers)


def inquiries(situation: Situation, kind: str, side: Side = "") -> tuple[Basis, ...]:
    """Exports that held all objects of a kind, which shows that another is not there."""
    return tuple(
        Basis(
            source=at.source,
            position=at.position,
            sha256=at.sha256,
            object=cmdlet(kind),
            value=str(each.found),
        )
        for each, at in situation.settings.inquiries
        if each.kind == kind and not each.fault and (not side or each.side in (side, ""))
    )


def cmdlet(kind: str, side: Side = "") -> str:
    """What exports a kind, with its side where both have it."""
    return f"{kinds()[kind].cmdlet} ({side})" if side else kinds()[kind].cmdlet


def uncollected(situation: Situation, kind: str, side: Side = "") -> Verdict | None:
    """The verdict where nobody asked for a kind at all, or nothing of a full answer could be read;
    None where somebody did."""
    settings = situation.settings
    if settings.items(kind, side):
        return None
    lost = any(
        each.found > 0
        for each, _ in settings.inquiries
        if each.kind == kind and (not side or each.side in (side, ""))
    )
    return None if settings.asked(kind, side) and not lost else unread("", cmdlet(kind))


def judged_objects(
    situation: Situation, kind: str, side: Side, judge: Callable[[Item], Verdict]
) -> Iterator[Verdict]:
    """One verdict for every object of a kind; one that says so where there is none, or none was read."""
    nothing = uncollected(situation, kind, side)
    if nothing is not None:
        yield nothing
        return
    items = objects(situation, kind, side)
    yield from map(judge, items)
    if not items:
        yield passed("", say(NONE_HERE), also=inquiries(situation, kind, side))
