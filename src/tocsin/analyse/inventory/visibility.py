"""Who can see a server, and whether it is hidden from the internet.

Hidden: known from inside evidence, absent from outside evidence that was supplied. Without outside
evidence it is unknown, never false. Nothing here lowers a priority.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Literal

import msgspec

from tocsin.analyse.inventory.joining import Group
from tocsin.analyse.inventory.names import canonical, canonical_address
from tocsin.model.evidence import OUTSIDE, Evidence, SeenBy
from tocsin.model.text import N_, Sentence, say

_NO_RECORD = N_(
    "known from {inside}, absent from what {by} saw, of whose records none is of {organisation}: see that it asked about it"
)

Vantage = Literal["internet", "exchange-online", "directory", "mail", "inside-probe", "export"]

VANTAGES: Mapping[Vantage, frozenset[SeenBy]] = {
    "internet": OUTSIDE,
    "exchange-online": frozenset({"exchange-online"}),
    "directory": frozenset({"directory"}),
    "mail": frozenset({"mail"}),
    "inside-probe": frozenset({"probe", "nmap", "nuclei"}),
    "export": frozenset({"export"}),
}
"""The columns of the matrix and the sources that answer for each."""

Looks = Mapping[tuple[SeenBy, str], int]


class Outside(msgspec.Struct, frozen=True, kw_only=True):
    """What was looked at from outside. told: organisations of which some outside record speaks; the others
    may be unseen because nobody asked about them, which an export does not say."""

    looks: Looks
    left_out: AbstractSet[SeenBy] = frozenset()
    told: AbstractSet[str] = frozenset()


def sees(
    group: Group, looks: Looks, left_out: AbstractSet[SeenBy] = frozenset()
) -> dict[Vantage, tuple[bool | None, tuple[Evidence, ...]]]:
    """For each vantage point: seen, not seen, or None when nobody looked from there."""
    looked = {by for by, _ in looks} - left_out
    found: dict[Vantage, tuple[bool | None, tuple[Evidence, ...]]] = {}
    for vantage, sources in VANTAGES.items():
        here = [each for each in group.sightings if each.seen_by in sources]
        if here:
            best = max(here, key=lambda each: (each.trust == "trusted", each.count, each.key))
            found[vantage] = (True, best.proofs[-1:])
        elif looked & sources:
            found[vantage] = (False, ())
        else:
            found[vantage] = (None, ())
    return found


def hidden(
    group: Group, organisation: str, known: Outside
) -> tuple[bool | Literal["unknown"], Sentence]:
    """Whether the internet cannot see the server, and why that is said."""
    looks, left_out = known.looks, known.left_out
    outside = sorted({by for by, _ in looks if by in OUTSIDE})
    seen_from = sorted({each.seen_by for each in group.sightings})
    outside_seen = [by for by in seen_from if by in OUTSIDE]
    if outside_seen:
        return False, say(N_("seen from the internet by {by}"), by=", ".join(outside_seen))
    if not outside:
        return "unknown", say(
            N_("no outside evidence was supplied: add a Shodan or Onyphe export to know")
        )
    silent = [by for by in outside if by in left_out]
    looks = {(by, scope): count for (by, scope), count in looks.items() if by not in left_out}
    if silent and len(silent) == len(outside):
        return "unknown", say(
            N_("what {by} saw at other times was left out, and this server may be among it"),
            by=", ".join(silent),
        )
    if not _covered(group, organisation, looks):
        return "unknown", say(
            N_("the outside evidence from {by} asked about others only"),
            by=", ".join(outside),
        )
    if group.maybe_outside:
        return "unknown", say(
            N_("a record of {by} may be this server, but nothing proves it"), by=", ".join(outside)
        )
    said = {"inside": ", ".join(seen_from), "by": ", ".join(outside)}
    named = any(by in OUTSIDE and scope for by, scope in looks)
    if organisation and organisation not in known.told and not named:
        return True, say(_NO_RECORD, organisation=organisation, **said)
    return True, say(N_("known from {inside}, absent from what {by} saw"), **said)


def _covered(group: Group, organisation: str, looks: Looks) -> bool:
    """Whether anybody outside asked about this server: a narrow question leaves the rest open."""
    return any(_asked_about(group, organisation, scope) for by, scope in looks if by in OUTSIDE)


def _asked_about(group: Group, organisation: str, scope: str) -> bool:
    kind, _, asked = scope.partition(":")
    value = canonical(asked)
    if kind == "address":
        return canonical_address(value) in group.addresses
    if kind == "network":
        return any(_inside(address, value) for address in group.addresses)
    if kind == "domain":
        return value == organisation or any(
            name == value or name.endswith("." + value) for name in group.own | group.published
        )
    # No scope: whatever the source had. One that is not understood answers for nobody.
    return not scope


def _inside(address: str, network: str) -> bool:
    try:
        return ipaddress.ip_address(address) in ipaddress.ip_network(network, strict=False)
    except ValueError:
        return False
