"""Who is in the groups whose members are as good as administrators, and should not be."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from tocsin.analyse.trust.directory import NAMES, Group, Member, WellKnown, groups, live
from tocsin.analyse.trust.objects import objects
from tocsin.analyse.trust.situation import Situation, Verdict
from tocsin.analyse.trust.verdicts import cmdlet, unanswered, uncollected
from tocsin.knowledge.checks import Check
from tocsin.model.text import N_, say

STALE = N_(
    "{name} is in {value}, and no Exchange server of that name is known: whoever has that account has "
    "all that an Exchange server has in the domain."
)
STRANGER = N_(
    "{name}, a {kind}, is in {value}, which is for Exchange servers only: it has all that an Exchange "
    "server has in the domain."
)
BELIEVED = N_(
    "{name} is in {value}, and no Exchange server of that name is known: whoever has that account is "
    "taken by every Exchange server for one of its own, and the mail and headers that it hands over "
    "are believed."
)
DISABLED = N_(
    "{name} is in {value}, and no Exchange server of that name is known. The account is disabled: it "
    "gives nothing until somebody enables it."
)
UNTOLD = N_(
    "Whether {name} in {value} is an Exchange server cannot be told: no list of them was read."
)
NAMELESS = N_(
    "{value} lists {name} without a name: which account or group that is, what was read does not tell."
)
SEVERAL = N_(
    "Several Exchange servers are called {name}: which of them is in {value}, if any, cannot be told."
)
FINE = N_("Nobody is in {value} who does not belong there.")
NO_GROUP = N_("Exchange's groups are not among the groups that were read.")

TRUSTED: tuple[WellKnown, ...] = ("ETS", "EWP", "ExchangeServers")

INSTALLED = "Exchange Install Domain Servers"
SYSTEM_OBJECTS = ",cn=microsoft exchange system objects,"
"""The group that setup makes in each domain and puts into Exchange Servers, and where it lies."""


def judge(situation: Situation, check: Check) -> Iterator[Verdict]:
    """Each member of the three groups that should not be there."""
    del check
    nothing = uncollected(situation, "DirectoryGroup", "directory")
    if nothing is not None:
        yield nothing
        return
    found = groups(situation, *TRUSTED)
    for group in found:
        yield from _one(situation, group)
    if not found:
        missing = (f"{cmdlet('DirectoryGroup')}: {NAMES['ETS']}",)
        yield Verdict(outcome="unknown", because=say(NO_GROUP), missing=missing)


def _one(situation: Situation, group: Group) -> Iterator[Verdict]:
    if group.members is None:
        yield unanswered(group.item, [group.item.ask("Members")])
        return
    verdicts = [_member(situation, group, each) for each in group.members]
    told = [each for each in verdicts if each is not None]
    yield from told
    if not told:
        because = say(FINE, value=group.name)
        yield Verdict(outcome="pass", subject=group.name, because=because, bases=(group.basis,))


def _member(situation: Situation, group: Group, member: Member) -> Verdict | None:
    """None for one who belongs there."""
    if _is_subsystem(situation, group, member) or _is_setups(group, member):
        return None
    alive = live(situation, member)
    if alive:
        return None
    name = member.name or member.sid or member.dn
    subject = f"{group.name}: {name}"
    said = {"name": name, "value": group.name}
    kind = member.kind.lower()
    # A user belongs in none of them, and no group in the trusted subsystem.
    nameless = not member.name and (
        kind in ("", "computer") or (kind == "group" and group.well_known != "ETS")
    )
    if nameless or alive is None:
        return _untold(situation, group, subject, said, member)
    enabled = _enabled(situation, member)
    because = say(BELIEVED if group.well_known == "ExchangeServers" else STALE, **said)
    if kind not in ("", "computer"):
        because = say(STRANGER, kind=member.kind, **said)
    elif enabled is False:
        because = say(DISABLED, **said)
    found = Verdict(outcome="fail", subject=subject, because=because, bases=(group.basis,))
    return msgspec.structs.replace(found, level="low") if enabled is False else found


def _untold(
    situation: Situation, group: Group, subject: str, said: dict[str, str], member: Member
) -> Verdict:
    words, lacking = UNTOLD, cmdlet("ExchangeServer")
    if situation.several(member.name):
        words, lacking = SEVERAL, f"{cmdlet('DirectoryComputer')}: DnsHostName"
    elif not member.name:
        kind = "DirectoryGroup" if member.kind.lower() == "group" else "DirectoryComputer"
        words, lacking = NAMELESS, f"{cmdlet(kind)}: Name"
    return Verdict(
        outcome="unknown",
        subject=subject,
        because=say(words, **said),
        bases=(group.basis,),
        missing=(lacking,),
    )


def _is_subsystem(situation: Situation, group: Group, member: Member) -> bool:
    """The trusted subsystem belongs in Exchange Windows Permissions, unless permissions are split."""
    if group.well_known != "EWP":
        return False
    sids = {each.sid.upper() for each in groups(situation, "ETS") if each.sid}
    return member.name.lower() == NAMES["ETS"].lower() or member.sid.upper() in sids


def _is_setups(group: Group, member: Member) -> bool:
    """The group of each domain that setup puts into Exchange Servers; anybody may choose its name, but
    not its place."""
    if group.well_known != "ExchangeServers" or member.name.lower() != INSTALLED.lower():
        return False
    return not member.dn or SYSTEM_OBJECTS in member.dn.lower()


def _enabled(situation: Situation, member: Member) -> bool | None:
    """Whether the account is enabled, as the group's list or that of computers has it."""
    if member.enabled is not None:
        return member.enabled
    for item in objects(situation, "DirectoryComputer", "directory"):
        same = {*item.ask("Sid").texts(), *item.ask("Name").texts(), item.setting.name}
        names = {each.lower().rstrip("$") for each in same if each}
        if member.sid.lower() in names or member.name.lower() in names:
            value = item.ask("Enabled").value
            return value if isinstance(value, bool) else None
    return None
