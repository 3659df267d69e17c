"""Situations out of the examples that checks carry: for the linter, and for tests."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import cast

from tocsin.analyse.trust.drawing import draw
from tocsin.analyse.trust.flows import Flow
from tocsin.analyse.trust.settings import Settings
from tocsin.analyse.trust.situation import Situation
from tocsin.knowledge.checks import Example, ExampleServer, ExampleSetting
from tocsin.model.build import Build, parse_version
from tocsin.model.evidence import Evidence, Inquiry, Setting
from tocsin.model.evidence_source import SeenBy
from tocsin.model.locator import Locator
from tocsin.model.server_state import ServerState
from tocsin.model.setting import Side
from tocsin.model.trusts import CheckOutcome

OUTCOMES: tuple[CheckOutcome, ...] = ("fail", "unknown", "pass")
"""The gravest first."""


def build(text: str) -> Build | None:
    """A build as an example writes it; None for nothing. Raises ValueError for what is none."""
    if not text:
        return None
    found = parse_version(text, "update")
    return Build(found.major, found.minor, found.build, found.revision or 0)


def state(each: ExampleServer) -> ServerState:
    """The server that an example describes."""
    low = build(each.low)
    return ServerState(
        id=each.name.lower(),
        name=each.name,
        names=(each.name,),
        addresses=each.addresses,
        product=each.product,
        label=each.low,
        edge=each.edge,
        ours=True,
        low=low,
        high=build(each.high) or low,
        exact=each.exact and low is not None,
        weakness=each.weakness,
        hidden=each.hidden,
        internet=each.internet,
        reported=each.reported,
        seen_by=cast("tuple[SeenBy, ...]", each.seen_by),
    )


def setting(each: ExampleSetting, number: int = 0) -> Evidence:
    """The object that an example describes; number: of its place."""
    properties = {**each.properties, **dict.fromkeys(each.null)}
    body = Setting(
        kind=each.kind,
        side=each.side,
        name=each.name,
        server=each.server,
        properties=properties,
        lost=each.lost,
    )
    return Evidence(at=Locator(source="example", position=f"object {number}"), body=body)


def situation(example: Example) -> Situation:
    """All that the example says was read, with the graph of it."""
    evidence = [setting(each, number) for number, each in enumerate(example.settings, 1)]
    for each in example.asked:
        kind, _, side = each.partition("@")
        evidence.append(
            Evidence(
                at=Locator(source="example"),
                body=Inquiry(kind=kind, side=cast("Side", side), found=0),
            )
        )
    flows = tuple(
        Flow(
            sender=each.sender,
            address=each.address,
            receiver=each.receiver,
            auth_as=each.auth_as,
            auth_source=each.auth_source,
            count=each.count,
            at=Locator(source="example.eml"),
        )
        for each in example.flows
    )
    found = Situation(
        settings=Settings(evidence),
        servers=tuple(state(each) for each in example.servers),
        flows=flows,
        today=date.fromisoformat(example.today),
    )
    return Situation(
        settings=found.settings,
        servers=found.servers,
        flows=found.flows,
        today=found.today,
        graph=draw(found),
    )


def worst(outcomes: Sequence[str]) -> str:
    """The gravest of several outcomes; `none` of none."""
    return next((each for each in OUTCOMES if each in outcomes), "none")
