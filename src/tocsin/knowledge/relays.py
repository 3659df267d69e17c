"""Networks of mail services that many organisations share."""

from __future__ import annotations

from functools import cache
from importlib import resources

import msgspec

from tocsin.knowledge.prepared import toml_table


class Relay(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One service and the networks it publishes."""

    who: str
    networks: tuple[str, ...]
    source: str


class _Relays(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    relay: tuple[Relay, ...]


@cache
def relays() -> tuple[Relay, ...]:
    """Every service. Raises msgspec's error on a bad file."""
    path = resources.files("tocsin.knowledge") / "data" / "hybrid" / "relays.toml"
    return toml_table(path.read_bytes(), _Relays).relay
