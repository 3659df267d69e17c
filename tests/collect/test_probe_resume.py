"""Interrupted and gone on with: nothing is asked twice, nothing is lost."""

import pytest
from probe_server import Servers, exchange, pages

from tocsin.collect.probe import ProbeSettings, probe
from tocsin.formats.evidence import encode
from tocsin.model.evidence import Evidence, Host
from tocsin.model.finding import Gap


@pytest.fixture
def servers():
    running = Servers()
    yield running
    running.stop()


@pytest.fixture
def many(servers):
    return [
        servers.start(f"127.84.0.{number}", exchange("15.1.2507.61", f"EX{number}"))
        for number in range(1, 9)
    ]


def settings_of(peers, **more):
    targets = tuple(f"http://{each.host}:{each.port}" for each in peers)
    return ProbeSettings(targets=targets, rate=0, **more)


def found_by(results):
    return sorted(
        encode(each)
        for each in results
        if isinstance(each, Evidence) and isinstance(each.body, Host)
    )


def test_a_second_run_asks_nobody_and_gives_the_same(many, tmp_path):
    settings = settings_of(many, state=tmp_path / "state.jsonl")
    first = found_by(probe(settings))
    asked = sum(len(each.connections) for each in many)
    seen = []
    second = list(probe(settings, seen.append))
    assert len(first) == 8
    assert found_by(second) == first
    assert sum(len(each.connections) for each in many) == asked
    assert seen[-1].resumed == seen[-1].finished == seen[-1].exchange == 8
    assert second[-1].body.records == 8


def test_closed_half_way_it_goes_on(many, tmp_path):
    settings = settings_of(many, state=tmp_path / "state.jsonl", concurrency=1)
    running = probe(settings)
    early = [next(running), next(running)]
    running.close()
    asked = [len(each.connections) for each in many]
    assert asked[-1] == 0
    everything = found_by(probe(settings))
    assert len(everything) == 8
    assert set(found_by(early)) <= set(everything)
    assert len(many[0].connections) == asked[0]


def test_a_torn_last_line_costs_its_target_only(many, tmp_path):
    state = tmp_path / "state.jsonl"
    settings = settings_of(many, state=state, concurrency=1)
    list(probe(settings))
    state.write_bytes(state.read_bytes()[:-200])
    before = [len(each.connections) for each in many]
    results = list(probe(settings))
    assert len(found_by(results)) == 8
    again = [len(each.connections) - was for each, was in zip(many, before, strict=True)]
    assert again == [0] * 7 + [1]
    [gap] = [each for each in results if isinstance(each, Gap)]
    assert gap.at.source == str(state)
    assert gap.at.position == "line 8"
    # The line that was written after it is whole.
    assert len(found_by(probe(settings))) == 8
    assert [len(each.connections) - was for each, was in zip(many, before, strict=True)] == again


@pytest.mark.parametrize(
    "junk",
    [
        b"not json\n",
        b"{}\n",
        b"\xff\xfe\n",
        b"[" * 100_000 + b"\n",
        b"a" * 3_000_000 + b"\n",
        b"\n",
    ],
    ids=["words", "empty", "bytes", "deep", "long", "blank"],
)
def test_strange_lines_are_told_and_passed_over(many, tmp_path, junk):
    state = tmp_path / "state.jsonl"
    settings = settings_of(many, state=state)
    first = found_by(probe(settings))
    state.write_bytes(junk + state.read_bytes())
    asked = sum(len(each.connections) for each in many)
    results = list(probe(settings))
    assert found_by(results) == first
    assert sum(len(each.connections) for each in many) == asked
    gaps = [each for each in results if isinstance(each, Gap)]
    assert [each.at.position for each in gaps] == ["line 1"]


def test_other_ports_are_another_question(servers, tmp_path):
    peer = servers.start("127.84.1.1", pages({}))
    other = servers.start("127.84.1.1", exchange("15.2.1748.36", "EX01"))
    state = tmp_path / "state.jsonl"
    list(probe(settings_of([peer], state=state)))
    assert len(found_by(probe(settings_of([other], state=state)))) == 1


def test_a_state_file_that_cannot_be_used_stops_it_before_it_begins(many, tmp_path):
    [gap] = probe(settings_of(many, state=tmp_path))
    assert "state file cannot be used" in str(gap.why)
    assert not any(each.connections for each in many)


def test_progress_counts_every_target(many, servers):
    other = servers.start("127.84.2.1", pages({}))
    seen = []
    list(probe(settings_of([*many, other]), seen.append))
    assert [each.finished for each in seen] == list(range(1, 10))
    assert seen[-1].exchange == 8
    assert seen[-1].other == 1
    assert seen[-1].targets == 9
    assert seen[-1].connections == 9
