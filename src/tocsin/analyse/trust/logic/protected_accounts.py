"""AdminSDHolder, whose access list is copied to every protected account, names a group of Exchange."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.analyse.trust.access_lists import each_list, granted, in_the_groups, label
from tocsin.analyse.trust.directory import NAMES, Grant, WellKnown
from tocsin.analyse.trust.settings import Item
from tocsin.analyse.trust.situation import Situation, Verdict
from tocsin.analyse.trust.verdicts import cmdlet, passed, unread
from tocsin.knowledge.checks import Check
from tocsin.model.text import N_, say

TAKES = N_(
    "{name} has rights on AdminSDHolder ({value}); the directory copies them to every administrator's "
    "account, so each Exchange server can take those over."
)
FINE = N_("AdminSDHolder gives no group of Exchange servers a right to take accounts over.")

SERVERS: tuple[WellKnown, ...] = ("EWP", "ETS", "ExchangeServers")


def judge(situation: Situation, check: Check) -> Iterator[Verdict]:
    """The access list of AdminSDHolder in each domain where it was read."""
    del check
    yield from each_list(situation, "AdminSDHolder", _one)


def _one(situation: Situation, item: Item) -> Iterator[Verdict]:
    name = label(item)
    # An entry that is only passed down does nothing to the account it is copied to.
    taking = [each for each in granted(situation, item) if each.here and _takes(each)]
    bad = [each for each in taking if each.group in SERVERS]
    for group in [each for each in SERVERS if any(grant.group == each for grant in bad)]:
        own = [each for each in bad if each.group == group]
        rights = sorted({right for each in own for right in each.rights})
        yield Verdict(
            outcome="fail",
            subject=f"{name}: {group}",
            because=say(TAKES, name=NAMES[group], value=", ".join(rights)),
            bases=tuple(each.basis for each in own)[:12],
            servers=in_the_groups(situation),
        )
    if bad:
        return
    if any(each.group == "?" for each in taking):
        yield unread(name, f"{cmdlet('DirectoryGroup')}: Sid")
    else:
        yield passed(name, say(FINE), [item.ask("ObjectKind")])


def _takes(grant: Grant) -> bool:
    return grant.controls or grant.takes_over or grant.maps_identities
