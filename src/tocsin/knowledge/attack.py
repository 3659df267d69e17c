"""Techniques of MITRE ATT&CK: what an id is called, and which part of an intrusion it belongs to."""

from __future__ import annotations

from functools import cache
from importlib import resources

import msgspec

from tocsin.knowledge.prepared import toml_table
from tocsin.knowledge.steps import steps

TACTICS = (
    "reconnaissance",
    "resource-development",
    "initial-access",
    "execution",
    "persistence",
    "privilege-escalation",
    "defense-evasion",
    "credential-access",
    "discovery",
    "lateral-movement",
    "collection",
    "command-and-control",
    "exfiltration",
    "impact",
)
"""ATT&CK's tactics by their short names, in the order of an intrusion."""


class Technique(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One technique or sub-technique. stix: the UUID of MITRE's own object for it."""

    name: str
    tactics: tuple[str, ...]
    stix: str


class Matrix(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """ATT&CK for enterprises of one version. techniques: by id, `T1190`, `T1505.003`."""

    version: str
    techniques: dict[str, Technique]


@cache
def matrix() -> Matrix:
    """The packaged version. Raises msgspec's error, with the path of the fault, on a bad file."""
    path = resources.files("tocsin.knowledge") / "data" / "attack" / "techniques.toml"
    return toml_table(path.read_bytes(), Matrix)


def tactic_of(step: str, techniques: tuple[str, ...]) -> str:
    """The tactic that a step of an intrusion belongs to; for an unknown step, that of the first known
    technique, or of its parent. Empty when nothing is known."""
    told = steps().get(step)
    if told is not None:
        return told.tactic
    known = matrix().techniques
    for each in techniques:
        found = known.get(each) or known.get(each.partition(".")[0])
        if found is not None and found.tactics:
            return found.tactics[0]
    return ""
