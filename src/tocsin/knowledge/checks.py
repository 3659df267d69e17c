"""The trust checks: one file each in `data/checks`, with what must fail it and what must pass."""

from __future__ import annotations

from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any, Literal

import msgspec

from tocsin.model.finding import Level
from tocsin.model.server_state import Weakness
from tocsin.model.setting import Lost, Side


class Each(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A check of one object at a time (docs/checks.md has the language of conditions).

    where: an object is judged if all of these hold. fail: it fails if all of these hold. A list among
    them holds if any of its members does. because, fine: message ids for an object that fails, and
    for one that passes; `{name}` is the object's name, `{value}` the first failing property's.
    """

    kind: str
    side: Side = ""
    where: tuple[str | tuple[str, ...], ...] = ()
    fail: tuple[str | tuple[str, ...], ...]
    because: str
    fine: str = ""


class ExampleSetting(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A `Setting`. null: names of properties that are there and null, which TOML cannot say."""

    kind: str
    side: Side = ""
    name: str = ""
    server: str = ""
    properties: dict[str, Any] = {}
    null: tuple[str, ...] = ()
    lost: dict[str, Lost] = {}


class ExampleServer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A `ServerState`. low, high: builds as text; high is low if left out."""

    name: str
    addresses: tuple[str, ...] = ()
    product: str = "Exchange Server"
    edge: bool = False
    low: str = ""
    high: str = ""
    exact: bool = True
    weakness: Weakness = "unknown"
    hidden: bool | Literal["unknown"] = "unknown"
    internet: bool | None = None
    reported: bool | None = None
    seen_by: tuple[str, ...] = ()


class ExampleFlow(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Mails that went one way, as `Flow` has them."""

    sender: str = ""
    address: str = ""
    receiver: str = ""
    auth_as: str = ""
    auth_source: str = ""
    count: int = 1


class Example(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was read, and what the check must say of it: the worst outcome over all objects
    (`fail`, then `unknown`, then `pass`). asked: kinds of which an export was read and was empty,
    `Kind@side` (`InboundConnector@exchange-online`). today: for what expires."""

    expect: Literal["pass", "fail", "unknown"]
    why: str
    settings: tuple[ExampleSetting, ...] = ()
    servers: tuple[ExampleServer, ...] = ()
    flows: tuple[ExampleFlow, ...] = ()
    asked: tuple[str, ...] = ()
    today: str = "2026-11-20"


class Check(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One check. title, recommendation: message ids. inputs: kinds as `Kind@side`, or `servers`,
    `mail`, `graph`. logic: `each`, or a module of `tocsin.analyse.trust.logic`, or `assess` where the
    answer needs the ways through the graph. raises: the level rises one step where a weak server is
    on the other end. explain: for the page of the check, in English: what it means and why.
    """

    id: str
    title: str
    level: Level
    inputs: tuple[str, ...]
    logic: str
    each: Each | None = None
    attack: tuple[str, ...] = ()
    recommendation: str
    references: tuple[str, ...]
    explain: str
    raises: bool = True
    example: tuple[Example, ...]


@cache
def checks() -> dict[str, Check]:
    """Every check by id, in order. Raises msgspec's error, naming the file, on a bad one."""
    folder = resources.files("tocsin.knowledge") / "data" / "checks"
    files = sorted((f for f in folder.iterdir() if f.name.endswith(".toml")), key=lambda f: f.name)
    return {check.id: check for check in map(_check, files)}


def _check(path: Traversable) -> Check:
    try:
        check = msgspec.toml.decode(path.read_bytes(), type=Check)
    except msgspec.DecodeError as fault:
        raise msgspec.ValidationError(f"{path.name}: {fault}") from fault
    if path.name != f"{check.id}.toml":
        raise msgspec.ValidationError(f"{path.name}: holds {check.id}")
    return check
