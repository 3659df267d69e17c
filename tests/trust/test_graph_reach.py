"""From where each server is reached: only valid evidence lowers that, and no lack of sight does."""

from datetime import date

import msgspec
import pytest
from contoso import (
    thing,
)
from drawn import INSIDE, found, graph, one, server
from organisation import SERVERS, flow

from tocsin.analyse.trust.situation import Graph


@pytest.fixture(scope="module")
def whole() -> Graph:
    return graph()


def test_the_cloud_reaches_what_its_endpoints_name(whole):
    kinds = {whole.nodes[e.source].kind for e in found(whole, "HX_PublishedBy", target=server(1))}
    assert kinds == {"IOC", "OrgRelationship", "MigrationEndpoint"}
    assert {e.strength for e in found(whole, "HX_CanReach", target=server(1))} == {1.0}


def test_the_hybrid_agent_reaches_a_server_that_nothing_publishes():
    agent = thing(
        "MigrationEndpoint", "exchange-online", "Agent",
        RemoteServer="0a1b2c3d.resource.mailboxmigration.his.msappproxy.net",
    )  # fmt: skip
    drawn = graph(extra=[agent])
    place = "hybridagent:0a1b2c3d.resource.mailboxmigration.his.msappproxy.net"
    assert one(drawn, "HX_PublishedBy", target=place).provenance == "configured"
    assert one(drawn, "HX_CanReach", place, server(4)).provenance == "assumed"


def segmented(until: str, *blocks: str) -> object:
    return thing("Segmentation", "on-premises", "", Server="EX04", Blocks=list(blocks), Until=until,
                 Reference="FW-17", Owner="network team")  # fmt: skip


def test_only_valid_segmentation_lowers_reach():
    reach = one(
        graph(extra=[segmented("2027-03-31", "foothold")]), "HX_CanReach", INSIDE, server(4)
    )
    assert (reach.strength, reach.provenance) == (0.3, "configured")
    assert "2027-03-31" in str(reach.because)
    for nothing in (segmented("2026-11-19", "foothold"), segmented("", "foothold"),
                    segmented("2027-03-31", "internet")):  # fmt: skip
        drawn = graph(extra=[nothing])
        assert one(drawn, "HX_CanReach", INSIDE, server(4)).strength == 1.0


@pytest.mark.parametrize(
    "seen",
    [{"scanned": True}, {"incidents": ("I-1",)}, {"weakness": "exploited"}],
    ids=lambda seen: next(iter(seen)),
)
def test_an_observation_voids_segmentation(seen):
    servers = (*SERVERS[:3], msgspec.structs.replace(SERVERS[3], **seen))
    drawn = graph(extra=[segmented("2027-03-31", "foothold")], servers=servers)
    assert one(drawn, "HX_CanReach", INSIDE, server(4)).strength == 1.0


def test_mail_from_inside_voids_segmentation():
    mail = flow("printer9", "10.20.40.7", "ex04.contoso.example")
    drawn = graph(extra=[segmented("2027-03-31", "foothold")], flows=(mail,))
    assert one(drawn, "HX_CanReach", INSIDE, server(4)).strength == 1.0


def test_not_being_seen_changes_nothing():
    blind = tuple(
        msgspec.structs.replace(
            each, internet=None, hidden="unknown", reported=None, scanned=None, seen_by=()
        )
        for each in SERVERS
    )
    less = {(e.kind, e.source, e.target) for e in graph(servers=blind).edges.values()}
    more = {(e.kind, e.source, e.target) for e in graph().edges.values()}
    assert more - less == {("HX_CanReach", "internet:internet", server(1))}


def test_the_day_decides_not_the_clock():
    late = graph(extra=[segmented("2027-03-31", "foothold")], today=date(2027, 4, 1))
    assert one(late, "HX_CanReach", INSIDE, server(4)).strength == 1.0
