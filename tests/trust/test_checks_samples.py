"""Real exports with each property left out in turn: nothing fails that did not, and what mattered is
unknown. Once over the public samples, once over the demonstration case, in which checks fail."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import msgspec
import pytest

from tocsin.analyse.trust.judging import ASSESSED, judge
from tocsin.analyse.trust.settings import Settings
from tocsin.analyse.trust.situation import Situation
from tocsin.formats import HEAD_SIZE, Reading, recognise
from tocsin.knowledge.checks import checks
from tocsin.model.build import Build
from tocsin.model.evidence import Evidence
from tocsin.model.locator import Locator
from tocsin.model.server_state import ServerState
from tocsin.model.setting import Setting

DEMO = Path(__file__).resolve().parents[2] / "demo" / "case" / "exports"
TODAY = date(2026, 11, 20)

Results = dict[tuple[str, str], str]
"""Outcome by check and subject."""

BUILD = Build(15, 1, 2507, 6)


def evidence(*paths: Path) -> list[Evidence]:
    found = []
    for path in paths:
        head = path.read_bytes()[:HEAD_SIZE] if path.is_file() else b""
        form = recognise(head) if head else None
        if form is not None:
            with path.open("rb") as stream:
                read = form.read(stream, Locator(source=path.name), Reading())
                found += [each for each in read if isinstance(each, Evidence)]
    return found


def outcomes(read: list[Evidence], servers: tuple[ServerState, ...], kind: str = "") -> Results:
    """What the checks that use a kind say, the gravest where a subject is judged twice."""
    situation = Situation(settings=Settings(read), servers=servers, today=TODAY)
    found: Results = {}
    for check in checks().values():
        used = {each.partition("@")[0] for each in check.inputs}
        if check.logic == ASSESSED or (kind and kind not in used):
            continue
        for verdict in judge(situation, check):
            key = (check.id, verdict.subject)
            if found.get(key) != "fail":
                found[key] = verdict.outcome
    return found


def without(read: list[Evidence]) -> Iterator[tuple[str, str, list[Evidence]]]:
    """The evidence without one property of one object: kind, property, what is left."""
    for at, each in enumerate(read):
        if not isinstance(each.body, Setting):
            continue
        for name in each.body.properties:
            rest = {key: value for key, value in each.body.properties.items() if key != name}
            body = msgspec.structs.replace(each.body, properties=rest)
            less = msgspec.structs.replace(each, body=body)
            yield each.body.kind, name, [*read[:at], less, *read[at + 1 :]]


def tried(read: list[Evidence], servers: tuple[ServerState, ...] = ()) -> tuple[int, set[str]]:
    """How many properties were left out; checks of which a failure became unknown by that."""
    before = fails(outcomes(read, servers))
    count, opened = 0, set()
    used = {each.partition("@")[0] for check in checks().values() for each in check.inputs}
    for kind, name, less in without(read):
        if kind not in used:
            continue
        count += 1
        after = outcomes(less, servers, kind)
        more = fails(after) - before
        assert not more, (kind, name, more)
        unknown = {check for (check, _), outcome in after.items() if outcome == "unknown"}
        asked = {check for check, _ in after}
        opened |= {check for check in before - fails(after) if check in unknown & asked}
    return count, opened


def fails(results: Results) -> Counter[str]:
    """How many subjects fail each check: a subject that loses its name is still one."""
    return Counter(check for (check, _), outcome in results.items() if outcome == "fail")


@pytest.mark.shared
def test_public_samples(shared: Path):
    # Each file for itself: they are of different organisations, which contradict each other.
    results = [tried(evidence(path)) for path in sorted((shared / "samples/hybrid").rglob("*"))]
    assert sum(count for count, _ in results) > 1000
    assert {"HYB-032"} <= set().union(*(opened for _, opened in results))


def test_the_demonstration_case():
    names = ("EX01", "EX02", "EX03", "HYB01")
    servers = tuple(
        ServerState(
            id=name.lower(),
            name=name,
            names=(f"{name.lower()}.corp.contoso.example",),
            low=BUILD,
            high=BUILD,
            exact=True,
            weakness="known-exploited",
        )
        for name in names
    )
    read = evidence(*sorted(DEMO.rglob("*")))
    count, opened = tried(read, servers)
    assert count > 300
    assert {"HYB-010", "HYB-012", "HYB-015", "HYB-018", "HYB-021", "HYB-026", "HYB-028"} <= opened
