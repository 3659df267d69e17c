"""A server meets a floor, does not, or nobody can tell; floors are published builds."""

import pytest
from situating import build

from tocsin.analyse.trust.floors import below, meets
from tocsin.knowledge import load
from tocsin.knowledge.floors import Floor, floors
from tocsin.model.server_state import ServerState

# Microsoft: the April 2025 hotfix update is 15.1.2507.55, 15.2.1544.25, 15.2.1748.24; SE has it.
APP = "dedicated-hybrid-app"


def server(low: str, high: str = "") -> ServerState:
    return ServerState(id="ex", name="ex", low=build(low), high=build(high or low))


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        ("15.1.2507.55", "", True),
        ("15.1.2507.54", "", False),
        ("15.1.2375.32", "", False),
        ("15.0.1497.48", "", False),
        ("15.2.1544.25", "", True),
        ("15.2.1544.14", "", False),
        ("15.2.1258.40", "", False),
        ("15.2.1748.24", "", True),
        ("15.2.1748.10", "", False),
        ("15.2.2562.17", "", True),
        ("15.2.3000.1", "", True),
        ("15.1.2507.6", "15.1.2507.61", None),
        ("15.1.2507.6", "15.1.2507.39", False),
        ("15.2.1544.27", "15.2.1544.36", True),
        # An older cumulative update can be above its floor while a newer one is below.
        ("15.2.1544.27", "15.2.1748.10", None),
        ("15.2.1544.27", "15.2.1748.39", None),
        ("15.2.1544.10", "15.2.1748.10", None),
        ("", "", None),
    ],
)
def test_a_build_or_a_range_against_a_floor(low, high, expected):
    assert meets(server(low, high), APP) is expected
    assert below(server(low, high), APP) is (expected is False)


@pytest.mark.parametrize("floor", floors().values(), ids=lambda floor: floor.name)
def test_a_floor_is_made_of_published_builds_of_its_day(floor: Floor):
    published = {each.build: each for each in load().releases}
    for each in floor.builds:
        release = published[each]
        assert release.update == floor.update or release.released > floor.since
    assert any(published[each].released == floor.since for each in floor.builds)
    assert floor.source.startswith("https://")
