"""How urgency is counted and what settles a check, as data (`data/hybrid/{score,actions}.toml`)."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Literal

import msgspec

from tocsin.knowledge.prepared import toml_table
from tocsin.model.finding import Level
from tocsin.model.server_state import Weakness

Factor = Literal["weakness", "reach", "trust", "gap"]
Watcher = Literal["reported", "scanned", "logged"]
"""Who might see a server: Exchange Online's report, an inside scan, logs that were read."""

Settling = Literal["isolate", "patch", "rotate", "remove", "configure", "collect", "none"]


class Scoring(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The numbers of the score; the file says what each means."""

    weakness: dict[Weakness, float]
    target: dict[str, float]
    gap: dict[Watcher, float]
    usual: dict[Factor, float]
    level: dict[Level, float]


class Settles(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What kind of action settles a check, and whether it may be somebody's doing now."""

    check: str
    kind: Settling
    ongoing: bool = False


class _Actions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    action: tuple[Settles, ...]


@cache
def scoring() -> Scoring:
    """Raises msgspec's error on a bad file."""
    return toml_table(_data("score"), Scoring)


@cache
def settling() -> dict[str, Settles]:
    """By the check's id. Raises msgspec's error on a bad file."""
    found = toml_table(_data("actions"), _Actions).action
    return {each.check: each for each in found}


def settles(check: str) -> Settles:
    """What settles a check: a setting to change, unless the data says otherwise."""
    return settling().get(check) or Settles(check=check, kind="configure")


def _data(name: str) -> bytes:
    return (resources.files("tocsin.knowledge") / "data" / "hybrid" / f"{name}.toml").read_bytes()
