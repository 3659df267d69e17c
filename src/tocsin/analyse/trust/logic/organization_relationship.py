"""An organisation relationship that gives a stranger more than it should."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from tocsin.analyse.trust.domains import TENANT_SUFFIX, accepted, below
from tocsin.analyse.trust.objects import objects
from tocsin.analyse.trust.settings import Answer, Item
from tocsin.analyse.trust.situation import Situation, Verdict
from tocsin.analyse.trust.verdicts import (
    NONE_HERE,
    cmdlet,
    failed,
    named,
    passed,
    unanswered,
    uncollected,
    unread,
)
from tocsin.knowledge.checks import Check
from tocsin.model.setting import Side
from tocsin.model.text import N_, say

MOVES = N_("{name} lets {value}, which is not the organisation's, move mailboxes ({property}).")
ARCHIVES = N_("{name} lets {value}, which is not the organisation's, open archives.")
DETAILS = N_(
    "{name} shows {value}, which is not the organisation's, what is in people's calendars."
)
APP = N_("{name} lets the app {value} of another tenant move mailboxes ({property}).")
FINE = N_("{name} gives nothing of this to a stranger.")

NO_MOVE = frozenset({"none", ""})


def judge(situation: Situation, check: Check) -> Iterator[Verdict]:
    """Each organisation relationship that is in use, on both sides."""
    del check
    nothing = uncollected(situation, "OrganizationRelationship")
    if nothing is not None:
        yield nothing
        return
    items = [
        item
        for item in objects(situation, "OrganizationRelationship")
        if item.ask("Enabled").value is not False
    ]
    for item in items:
        yield _one(situation, item)
    if not items:
        yield Verdict(outcome="pass", because=say(NONE_HERE))


def _one(situation: Situation, item: Item) -> Verdict:
    name = named(item)
    enabled, domains, app = (item.ask(n) for n in ("Enabled", "DomainNames", "OAuthApplicationId"))
    moves, archive, level = _moves(item), item.ask("ArchiveAccessEnabled"), _free_busy(item)
    answers = [enabled, domains, *moves, archive, level]
    moving = next((each for each in moves if _allows(each)), None)
    if moving and app.filled and enabled.known:
        because = say(APP, name=name, value=app.basis.value, property=moving.name)
        strange = failed(name, because, [app, moving, enabled])
        return msgspec.structs.replace(strange, level="high")
    side: Side = item.setting.side
    ours = {text: _ours(situation, text, side) for text in domains.texts()}
    foreign = [text for text, each in ours.items() if each is False]
    untold = [text for text, each in ours.items() if each is None]
    given = moving is not None or archive.value is True or level.value == "LimitedDetails"
    if foreign and given and enabled.known:
        return _foreign(name, ", ".join(foreign), answers, moving, archive)
    if domains.known and not foreign and not untold:
        return passed(name, say(FINE, name=name), answers)
    needed = [enabled, domains, archive, level, *([] if any(m.known for m in moves) else moves)]
    if not all(each.known for each in needed):
        return unanswered(item, needed)
    if untold and given:
        return unread(name, cmdlet("AcceptedDomain", side))
    return passed(name, say(FINE, name=name), answers)


def _ours(situation: Situation, domain: str, side: Side) -> bool | None:
    """Whether a domain is the organisation's own. One of a tenant is, or is not, in the list of the
    cloud, which must have been read to say so."""
    sides: tuple[Side, ...] = ("on-premises", "exchange-online")
    answers = [accepted(situation, domain, each) for each in sides]
    if True in answers or any(below(domain, each) for each in _routed(situation)):
        return True
    tenant = domain.strip().lower().endswith(TENANT_SUFFIX)
    deciding = answers[1] if tenant or side == "exchange-online" else answers[0]
    return None if deciding is None else False


def _routed(situation: Situation) -> list[str]:
    """Domains that mail to the organisation's own tenant is sent to."""
    return [
        text.lower().removeprefix("smtp:").partition(";")[0]
        for item in objects(situation, "SendConnector", "on-premises")
        if item.ask("CloudServicesMailEnabled").value is True
        for text in item.ask("AddressSpaces").texts()
        if "*" not in text
    ]


def _foreign(
    name: str, value: str, answers: list[Answer], moving: Answer | None, archive: Answer
) -> Verdict:
    if moving is not None:
        return failed(name, say(MOVES, name=name, value=value, property=moving.name), answers)
    if archive.value is True:
        return failed(name, say(ARCHIVES, name=name, value=value), answers)
    # Showing calendars to a partner is what these relationships are for: told, not alarmed.
    shown = failed(name, say(DETAILS, name=name, value=value), answers)
    return msgspec.structs.replace(shown, level="low")


def _moves(item: Item) -> list[Answer]:
    return [item.ask("MailboxMoveEnabled"), item.ask("MailboxMoveCapability")]


def _allows(answer: Answer) -> bool:
    return answer.value is True or (
        isinstance(answer.value, str) and answer.value.lower() not in NO_MOVE | {"false"}
    )


def _free_busy(item: Item) -> Answer:
    on, level = item.ask("FreeBusyAccessEnabled"), item.ask("FreeBusyAccessLevel")
    return on if on.value is False else level
