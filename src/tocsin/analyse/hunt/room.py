"""The room's one entry: from folded matches and gathered rows to findings and incidents."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from tocsin.analyse.hunt.chains import ENTRY, best, missing
from tocsin.analyse.hunt.coverage import Logs, blind, coverage, gaps, logs
from tocsin.analyse.hunt.echoes import without_echoes
from tocsin.analyse.hunt.findings import by_name, finding, order, put_together
from tocsin.analyse.hunt.groups import Group
from tocsin.analyse.hunt.hosts import Hosts, hosts, source
from tocsin.analyse.hunt.incidents import incident, is_incident
from tocsin.analyse.hunt.joining import clusters
from tocsin.analyse.hunt.logstats import LogFileStat
from tocsin.analyse.hunt.merging import BEST
from tocsin.analyse.hunt.telling import data, next_steps
from tocsin.analyse.hunt.told import StepFact, Told
from tocsin.analyse.hunt.traces import Trace, trace
from tocsin.knowledge.baselines import Baseline
from tocsin.knowledge.chains import Chain
from tocsin.knowledge.sigma import Correlation
from tocsin.model.finding import LEVELS, Gap
from tocsin.model.hunt import Hunt, HuntFinding, Incident, RuleProblem
from tocsin.model.text import Sentence


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What the hunt knows beforehand. rules: by id, correlations and baselines among them; servers:
    ids of the inventory's servers by name; digests: SHA-256 by source."""

    rules: Mapping[str, Told]
    steps: Mapping[str, StepFact]
    chains: tuple[Chain, ...] = ()
    servers: Mapping[str, str] = {}
    digests: Mapping[str, str] = {}
    problems: tuple[RuleProblem, ...] = ()


class Hunted(msgspec.Struct, frozen=True, kw_only=True):
    """The hunt's answer, and what could not be judged."""

    hunt: Hunt
    gaps: tuple[Gap, ...]


def hunt(groups: Sequence[Group], stats: Sequence[LogFileStat], facts: Facts) -> Hunted:
    """From what matched, and what the gathered rows answered (`spool.answered`), to incidents.

    Neither the order of the groups nor how the rows were shared out among them changes the answer.
    """
    known = hosts(groups, stats, facts.servers)
    read = logs(stats, known)
    baselines = {each.id for each in facts.rules.values() if isinstance(each, Baseline)}
    quiet = {each.id for each in facts.rules.values() if each.level == "informational"}
    groups = without_echoes(groups, baselines, quiet, known)
    traces = traced(groups, facts.rules, known, by_name(facts.servers), facts.digests)
    found, told = joined(traces, facts.steps)
    by_id = {each.id: each for each in found}
    return Hunted(
        hunt=Hunt(
            findings=found,
            incidents=tuple(_completed(each, by_id, facts, read, told) for each in told),
            coverage=coverage(stats, known),
            rules=len(facts.rules),
            problems=facts.problems,
            blind=blind(stats, known, found),
        ),
        gaps=tuple(gaps(stats, facts.digests)),
    )


def by_id(
    rules: Iterable[Told], correlations: Iterable[Correlation], baselines: Iterable[Baseline]
) -> dict[str, Told]:
    """All that may tell of a finding, by id."""
    every: list[Told] = [*rules, *correlations, *baselines]
    return {each.id: each for each in every}


def _completed(
    one: Incident,
    found: Mapping[str, HuntFinding],
    facts: Facts,
    read: Logs,
    others: Sequence[Incident],
) -> Incident:
    """An incident with what chains, coverage and the other incidents have to say."""

    def was_read(surface: str) -> bool:
        spots = one.hosts or ("",)
        return any(read.read(surface, host, one.first, one.last) for host in spots)

    named = best(one, facts.chains, facts.steps, was_read)
    chain = named.chain if named else None
    return msgspec.structs.replace(
        one,
        chain=chain.id if chain else "",
        chain_title=Sentence(template=chain.title) if chain else None,
        missing=missing(chain, one, facts.steps, was_read) if chain else (),
        data=data(one, found, facts.steps, read, others),
        next=next_steps(one, found, chain, facts.steps),
    )


def traced(
    groups: Sequence[Group],
    rules: Mapping[str, Told],
    known: Hosts,
    names: Mapping[str, str],
    digests: Mapping[str, str],
) -> list[Trace]:
    """Each group as a finding with what may tie it. names: server ids by lower-case name."""
    return [
        trace(finding(group, rule, names, digests, known.of("", source(group))), group, known)
        for group in put_together(_on_one_name(groups, known))
        if (rule := rules.get(group.rule)) is not None
    ]


def _on_one_name(groups: Sequence[Group], known: Hosts) -> list[Group]:
    """The groups with the one name of their host, however each log calls it."""
    return [
        msgspec.structs.replace(each, host=known.of(each.host, source(each)) or each.host)
        for each in groups
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
    outcome = BEST.index(each.outcome)
    when = each.first.timestamp() if each.first else float("inf")
    return outcome, -LEVELS.index(each.level), when, each.id
