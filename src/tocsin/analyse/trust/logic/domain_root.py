"""A group of Exchange that may rewrite who may do what to the whole domain."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.analyse.trust.access_lists import each_list, granted, in_the_groups, label
from tocsin.analyse.trust.directory import NAMES, WellKnown
from tocsin.analyse.trust.settings import Item
from tocsin.analyse.trust.situation import Situation, Verdict
from tocsin.analyse.trust.verdicts import cmdlet, passed, unread
from tocsin.knowledge.checks import Check
from tocsin.model.text import N_, say

ROOT = N_(
    "{name} may change the access list of {value} itself: every server in it can make anyone an "
    "administrator of the domain."
)
COPIES = N_(
    "{name} may copy every password's hash from {value}: every server in it can sign in as anyone of "
    "the domain."
)
FINE = N_("No group of Exchange may change the access list of {value} itself.")

SERVERS: tuple[WellKnown, ...] = ("EWP", "ETS", "ExchangeServers")
"""Groups that Exchange servers are in, straight or through another."""


def judge(situation: Situation, check: Check) -> Iterator[Verdict]:
    """Each root of a domain whose access list was read."""
    del check
    yield from each_list(situation, "domain", _one)


def _one(situation: Situation, item: Item) -> Iterator[Verdict]:
    name = label(item)
    here = [each for each in granted(situation, item) if each.here]
    reaching = [each for each in here if each.controls or each.replicates]
    bad = [each for each in reaching if each.group in SERVERS]
    for group in [each for each in SERVERS if any(grant.group == each for grant in bad)]:
        rewrites = any(grant.group == group and grant.controls for grant in bad)
        yield Verdict(
            outcome="fail",
            subject=f"{name}: {group}",
            because=say(ROOT if rewrites else COPIES, name=NAMES[group], value=name),
            bases=tuple(each.basis for each in bad if each.group == group),
            servers=in_the_groups(situation),
        )
    if bad:
        return
    if any(each.group == "?" for each in reaching):
        yield unread(name, f"{cmdlet('DirectoryGroup')}: Sid")
    else:
        yield passed(name, say(FINE, value=name), [item.ask("ObjectKind")])
