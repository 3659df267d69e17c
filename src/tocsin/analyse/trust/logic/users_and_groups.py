"""What Exchange servers may do to the users and groups of the domain."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from tocsin.analyse.trust.access_lists import each_list, granted, in_the_groups, label
from tocsin.analyse.trust.directory import (
    GROUP,
    NAMES,
    PERSON,
    USER,
    Grant,
    WellKnown,
    split_permissions,
)
from tocsin.analyse.trust.settings import Item
from tocsin.analyse.trust.situation import Situation, Verdict
from tocsin.analyse.trust.verdicts import cmdlet, passed, unread
from tocsin.knowledge.checks import Check
from tocsin.model.text import N_, Sentence, say

CONTROL = N_(
    "{name} may rewrite the access lists of users below {value}: every Exchange server can take over "
    "any account there that is not specially protected."
)
PASSWORDS = N_(
    "{name} may reset passwords below {value}: every Exchange server can take over any account there "
    "that is not specially protected."
)
MEMBERS = N_(
    "{name} may change who is in the groups below {value}: every Exchange server can add itself to any "
    "group there that is not specially protected."
)
IDENTITIES = N_(
    "{name} may write which certificates sign users below {value} in: every Exchange server can sign "
    "in as any account there that is not specially protected."
)
FINE = N_("No group of Exchange servers may take over users or groups below {value}.")
SPLIT = N_("Active Directory split permissions are in force.")

BASES_KEPT = 12
"""Entries quoted with one power."""

# Gravest first: what comes after is the least that it adds.
SAID = {"control": CONTROL, "reset-password": PASSWORDS, "add-member": MEMBERS}
SERVERS: tuple[WellKnown, ...] = ("EWP", "ETS")


def judge(situation: Situation, check: Check) -> Iterator[Verdict]:
    """Each root of a domain whose access list was read."""
    del check
    yield from each_list(situation, "domain", _one)


def _one(situation: Situation, item: Item) -> Iterator[Verdict]:
    name = label(item)
    entries = granted(situation, item)
    told = False
    for group in SERVERS:
        own = [each for each in entries if each.group == group]
        giving = [each for each in own if _powers(each)]
        if giving:
            told = True
            gravest = next(p for p in SAID if any(p in _powers(each) for each in giving))
            because = say(SAID[gravest], name=NAMES[group], value=name)
            yield _fail(situation, f"{name}: {NAMES[group]}", because, giving)
        mapping = [each for each in own if each.maps_identities]
        if mapping and not told:
            told = True
            because = say(IDENTITIES, name=NAMES[group], value=name)
            found = _fail(situation, f"{name}: {NAMES[group]}", because, mapping)
            yield msgspec.structs.replace(found, level="medium")
    if told:
        return
    if any(each.group == "?" and (_powers(each) or each.maps_identities) for each in entries):
        yield unread(name, f"{cmdlet('DirectoryGroup')}: Sid")
        return
    split, bases = split_permissions(situation)
    if not split and "inherit-only" in item.ask("LeftOut").texts():
        # What holds for the users and groups below is just what that collection does not have.
        yield unread(name, f"{cmdlet('AccessControl')}: SDDL")
        return
    because = say(SPLIT) if split else say(FINE, value=name)
    fine = passed(name, because, [item.ask("ObjectKind")])
    yield msgspec.structs.replace(fine, bases=(*fine.bases, *bases))


def _powers(grant: Grant) -> set[str]:
    found = (grant.over(kind) for kind in (USER, PERSON, GROUP))
    return {each for each in found if each is not None}


def _fail(situation: Situation, subject: str, because: Sentence, giving: list[Grant]) -> Verdict:
    return Verdict(
        outcome="fail",
        subject=subject,
        because=because,
        bases=tuple(each.basis for each in giving)[:BASES_KEPT],
        servers=in_the_groups(situation),
    )
