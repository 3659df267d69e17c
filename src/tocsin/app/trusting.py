"""The trust room at work: configuration that was read, servers and mail flow in, its answer out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from tocsin.analyse.inventory.room import Inventory
from tocsin.analyse.trust.room import trust
from tocsin.analyse.trust.settings import Settings
from tocsin.analyse.trust.situation import Situation
from tocsin.app.parts import Whole
from tocsin.assess.states import states
from tocsin.assess.trusting import trusts
from tocsin.model.hunt import Hunt
from tocsin.model.trusts import Trusts


def trusted(
    whole: Whole,
    known: Inventory,
    counts: Mapping[str, Mapping[str, int]],
    hunt: Hunt | None,
    today: date,
) -> Trusts | None:
    """None when no export of a trust was read."""
    if not whole.settings:
        return None
    servers = states(known.servers, counts, hunt)
    situation = Situation(
        settings=Settings(whole.settings),
        servers=servers,
        flows=whole.flows.all(),
        domains=known.own_domains,
        today=today,
    )
    return trusts(trust(situation), servers)
