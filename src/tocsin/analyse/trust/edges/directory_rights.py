"""What Exchange's groups may do to the domain: as its access lists say, or as setup leaves it."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from tocsin.analyse.trust.directory import (
    GROUP,
    NAMES,
    PERSON,
    USER,
    Grant,
    Power,
    WellKnown,
    grants,
    split_permissions,
)
from tocsin.analyse.trust.drawing import AD_DOMAIN, edge, server_basis
from tocsin.analyse.trust.edges.peers import SUBSYSTEM, group_id
from tocsin.analyse.trust.situation import Situation
from tocsin.model.text import N_, say
from tocsin.model.trusts import Basis, Edge, EdgeKind, Node

NESTED = N_("{inner} is a member of {outer}.")
BY_SETUP = N_("Setup makes {inner} a member of {outer}, unless split permissions are in force.")
SPLIT = N_("Put AD split permissions in force, so that {outer} loses its members.")
ROOT = N_("{group} may rewrite the access list of {object} itself: that is the whole domain.")
BELOW = N_("{group} may rewrite the access lists of users or groups below {object}.")
RESET = N_("{group} may set passwords of users below {object}.")
ADDS = N_("{group} may add members to groups below {object}.")
COPIES = N_("{group} may copy the hash of every password from {object}: that is the whole domain.")
PART = N_(
    "{group} may copy the hash of every password from {object}, once it may ask for changes at all; no "
    "entry that was read gives it that."
)
WITHDRAW = N_("Take the rights to replicate away from {group} on {object}: no Exchange needs them.")
SETUP = N_(
    "Setup gives {group} rights over users and groups; no access list that was read denies it."
)
PREPARE = N_("Run setup with /PrepareAD and /PrepareDomain of the newest update, then look again.")
RESTRICT = N_("Put AD split permissions in force, or keep these rights off privileged accounts.")

POWERS: dict[Power, tuple[EdgeKind, str, str]] = {
    "control": ("HX_WriteDacl", "users", BELOW),
    "reset-password": ("HX_ResetPassword", "", RESET),
    "add-member": ("HX_AddMember", "", ADDS),
}
"""What each power over objects below is drawn as: edge, variant, sentence."""

DRAWN: tuple[WellKnown, ...] = ("EWP", "ETS", "ExchangeServers")
"""Groups that Exchange servers are in, straight or through another."""

CHECKS = ("HYB-070", "HYB-071", "HYB-073")


def draw(situation: Situation) -> Iterator[Node | Edge]:
    """From the groups to the domain, and from one group into the other."""
    split, shown = split_permissions(situation)
    servers = sorted(
        (each for each in situation.servers if each.ours is not False and not each.edge),
        key=lambda each: each.id,
    )
    if split is not True and (servers or shown):
        words = {"inner": NAMES["ETS"], "outer": NAMES["EWP"]}
        yield edge(
            "HX_MemberOf",
            SUBSYSTEM,
            group_id("EWP"),
            say(BY_SETUP if split is None else NESTED, **words),
            provenance="by-design" if split is None else "configured",
            checks=("HYB-071", "HYB-072"),
            fix=say(SPLIT, **words),
            bases=shown or (server_basis(servers[0], "product", servers[0].product),),
        )
    found = grants(situation)
    for grant in found:
        yield from _granted(grant)
    yield from _copied(found)
    if servers and split is not True and not _told(situation, found):
        yield from _by_design(server_basis(servers[0], "product", servers[0].product))


def _told(situation: Situation, found: tuple[Grant, ...]) -> bool:
    """Whether the domain's access list was read and all who are in it are known."""
    domains = [
        item
        for item in situation.settings.items("AccessControl", "directory")
        if item.ask("ObjectKind").value == "domain" and item.ask("Entries").known
    ]
    return bool(domains) and not any(each.group == "?" for each in found)


def _granted(grant: Grant) -> Iterator[Edge]:
    known = grant.group
    if known not in DRAWN or grant.on not in ("domain", "AdminSDHolder"):
        return
    if grant.here and grant.controls:
        yield _power(known, grant, "HX_WriteDacl", "root", ROOT)
    if grant.on == "AdminSDHolder":
        # What it holds itself is copied to every privileged account and group.
        if not grant.here or grant.controls:
            return
        grant = msgspec.structs.replace(grant, flags=frozenset({"CI"}), inherited_type="")
    for kind in (USER, PERSON, GROUP):
        power = grant.over(kind)
        if power is not None:
            yield _power(known, grant, *POWERS[power])


def _power(known: WellKnown, grant: Grant, kind: EdgeKind, variant: str, words: str) -> Edge:
    return edge(
        kind,
        group_id(known),
        AD_DOMAIN,
        say(words, group=NAMES[known], object=grant.object),
        variant=variant,
        checks=CHECKS,
        fix=say(PREPARE if variant == "root" else RESTRICT),
        bases=(grant.basis,),
    )


def _copied(found: tuple[Grant, ...]) -> Iterator[Edge]:
    """Groups that may have a domain controller send them the secrets of a domain."""
    here = [each for each in found if each.on == "domain" and each.here]
    for known in DRAWN:
        own = [each for each in here if each.group == known]
        for grant in [each for each in own if each.replicates]:
            asking = [each for each in own if each.asks_for_changes and each.object == grant.object]
            words = {"group": NAMES[known], "object": grant.object}
            yield edge(
                "HX_DCSync",
                group_id(known),
                AD_DOMAIN,
                say(COPIES if asking else PART, **words),
                variant="" if asking else "part",
                provenance="configured" if asking else "assumed",
                checks=("HYB-070",),
                fix=say(WITHDRAW, **words),
                bases=(grant.basis, *(each.basis for each in asking)),
            )


def _by_design(basis: Basis) -> Iterator[Edge]:
    for kind, variant, _ in POWERS.values():
        yield edge(
            kind,
            group_id("EWP"),
            AD_DOMAIN,
            say(SETUP, group=NAMES["EWP"]),
            variant=variant,
            provenance="by-design",
            checks=CHECKS,
            fix=say(RESTRICT),
            bases=(basis,),
        )
