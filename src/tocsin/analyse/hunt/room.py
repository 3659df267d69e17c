"""The room's one entry: from folded matches and gathered rows to findings and incidents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from tocsin.analyse.hunt.findings import finding, order, put_together
from tocsin.analyse.hunt.groups import Group
from tocsin.analyse.hunt.hosts import Hosts
from tocsin.analyse.hunt.incidents import incident, is_incident
from tocsin.analyse.hunt.joining import clusters
from tocsin.analyse.hunt.told import StepFact, Told
from tocsin.analyse.hunt.traces import Trace, trace
from tocsin.model.finding import LEVELS
from tocsin.model.hunt import HuntFinding, Incident

ENTRY = "initial-access"
"""The tactic of a way in."""


def traced(
    groups: Sequence[Group],
    rules: Mapping[str, Told],
    known: Hosts,
    names: Mapping[str, str],
    digests: Mapping[str, str],
) -> list[Trace]:
    """Each group as a finding with what may tie it. names: server ids by lower-case name."""
    return [
        trace(finding(group, rule, names, digests), group, known)
        for group in put_together(groups)
        if (rule := rules.get(group.rule)) is not None
    ]


def joined(
    traces: Sequence[Trace], steps: Mapping[str, StepFact]
) -> tuple[tuple[HuntFinding, ...], tuple[Incident, ...]]:
    """Findings, each with its incident, and incidents; the worst first."""

    def entry(found: HuntFinding) -> bool:
        step = steps.get(found.step)
        return step is not None and step.tactic == ENTRY

    told = [
        incident(traces, cluster, steps)
        for cluster in clusters(traces, entry)
        if is_incident(traces[at] for at in cluster.members)
    ]
    whose = {each: one.id for one in told for each in one.findings}
    found = [
        msgspec.structs.replace(each.finding, incident=whose.get(each.finding.id, ""))
        for each in traces
    ]
    return tuple(sorted(found, key=order)), tuple(sorted(told, key=_worst))


def _worst(each: Incident) -> tuple[int, int, float, str]:
    outcome = ("success", "unknown", "attempt").index(each.outcome)
    when = each.first.timestamp() if each.first else float("inf")
    return outcome, -LEVELS.index(each.level), when, each.id
