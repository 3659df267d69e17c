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
from tocsin.knowledge.catalogue import Knowledge
from tocsin.model.conversation import Conversations
from tocsin.model.hunt import Hunt
from tocsin.model.trusts import Trusts


def trusted(
    whole: Whole,
    known: Inventory,
    counts: Mapping[str, Mapping[str, int]],
    rooms: tuple[Conversations | None, Hunt | None],
    knowledge: Knowledge,
    today: date,
) -> Trusts | None:
    """None when no export of a trust was read."""
    if not whole.settings.kept:
        return None
    spoken, hunt = rooms
    servers = states(known.servers, counts, hunt, spoken, knowledge, today)
    situation = Situation(
        settings=Settings(whole.settings.kept),
        servers=servers,
        flows=whole.flows.all(),
        domains=known.own_domains,
        today=today,
        knowledge=knowledge,
    )
    return trusts(trust(situation), servers)
