"""Servers below the newest build, and those whose build nobody knows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tocsin.assess.actions import BASES_KEPT, FOLD_FROM, Proposal, Stage
from tocsin.assess.known import Known, listed, onward
from tocsin.assess.ranking import LEARN, LEARN_EXACT, MOVE, PATCH, PATCH_AND_MOVE
from tocsin.knowledge.scoring import settles
from tocsin.model.finding import LEVELS, Level
from tocsin.model.run import Server
from tocsin.model.text import N_, Sentence, say
from tocsin.model.trusts import Basis, CheckResult, PlanKind

REASONS_KEPT = 5
"""Reasons told of one action."""

_KINDS: dict[str, PlanKind] = {
    PATCH: "patch",
    PATCH_AND_MOVE: "patch",
    MOVE: "patch",
    LEARN: "collect",
    LEARN_EXACT: "collect",
}
_NAMED = {
    MOVE: N_("Move {name} to Exchange {label} or retire it: its support has ended."),
    LEARN_EXACT: N_("Find out the exact build of {name}: it may lack updates up to {label}."),
}
_MANY = {
    PATCH: N_("Patch {many} servers to {label} ({build}): {names}."),
    PATCH_AND_MOVE: N_(
        "Patch {many} servers to {label} ({build}), then move them to Exchange {successor}, since "
        "their support has ended: {names}."
    ),
    MOVE: N_("Move {many} servers to Exchange {label} or retire them: {names}."),
    LEARN: N_(
        "Learn the build of {many} servers: read the file version of ExSetup.exe on {names}."
    ),
    LEARN_EXACT: N_(
        "Find out the exact build of {many} servers, which may lack updates up to {label}: {names}."
    ),
}


def propose(known: Known) -> Iterator[Proposal]:
    """One for each server that the inventory has a next step for; many alike ones in one."""
    alike: dict[tuple[str, str, str], list[Server]] = {}
    for each in known.servers:
        if each.action is None or not has_step(each):
            continue
        do = each.action.do
        to = f"{do.values.get('label', '')} {do.values.get('build', '')}"
        state = known.scores[each.id].state if each.id in known.scores else str(each.level)
        alike.setdefault((do.template, to, state), []).append(each)
    settled = _settled(known)
    for servers in alike.values():
        if len(servers) < FOLD_FROM:
            for each in servers:
                yield _proposal(known, [each], settled)
        else:
            servers.sort(key=lambda s: (-known.score(s.id), s.rank))
            yield _proposal(known, servers, settled)


def has_step(server: Server) -> bool:
    """Whether the inventory has a next step for it that brings it up to date, or its build to light."""
    return server.action is not None and server.action.do.template in _KINDS


def _proposal(
    known: Known, servers: Sequence[Server], settled: dict[str, list[CheckResult]]
) -> Proposal:
    first = servers[0]
    assert first.action is not None
    template = first.action.do.template
    ids = tuple(each.id for each in servers)
    results = [result for server in ids for result in settled.get(server, ())]
    findings = [f for s in ids for f in known.findings.get(s, ()) if f.status == "affected"]
    levels: list[Level] = [each.level for each in servers if each.level]
    levels += [each.level for each in results]
    if _KINDS[template] == "collect":
        levels.append("high" if template == LEARN else "medium")
    return Proposal(
        kind=_KINDS[template],
        stage=Stage.OPEN,
        level=max(levels, key=LEVELS.index, default="low"),
        key="\0".join(sorted(ids)),
        do=_words(first.action.do, servers),
        because=_because(known, first, results),
        servers=ids,
        closes=ids,
        checks=tuple(sorted({each.check for each in results})),
        answers=(*(f.fingerprint for f in findings), *(r.fingerprint for r in results)),
        bases=_bases(servers, results),
    )


def _words(do: Sentence, servers: Sequence[Server]) -> Sentence:
    if len(servers) == 1:
        return Sentence(
            template=_NAMED.get(do.template, do.template),
            values={**do.values, "name": servers[0].name},
        )
    names = listed([each.name for each in servers])
    return Sentence(
        template=_MANY[do.template], values={**do.values, "many": len(servers), "names": names}
    )


def _because(known: Known, server: Server, results: Sequence[CheckResult]) -> tuple[Sentence, ...]:
    found: list[Sentence] = []
    if server.id in known.broken:
        found.append(say(N_("First isolate and clean it: a patch does not put out who is inside.")))
    if server.counts.get("kev"):
        words = N_("Holes that are being exploited and are open on it: {count}.")
        found.append(say(words, count=server.counts["kev"]))
    score = known.scores.get(server.id)
    if score is not None:
        found += [each for each in score.reasons if each not in found]
    leads = onward(known, server.id)
    if leads is not None:
        found.append(leads)
    return (*found, *(each.because for each in results))[:REASONS_KEPT]


def _bases(servers: Sequence[Server], results: Sequence[CheckResult]) -> tuple[Basis, ...]:
    found = [
        Basis(
            source=proof.source,
            position=proof.position,
            sha256=proof.sha256,
            object=server.name,
            property="build",
            value=proof.quote,
        )
        for server in servers
        for entry in server.history[-1:]
        for proof in entry.evidence[:1]
    ]
    found += [basis for each in results for basis in each.bases]
    return tuple(found[:BASES_KEPT])


def _settled(known: Known) -> dict[str, list[CheckResult]]:
    """By server: failing checks that a patch of it settles."""
    found: dict[str, list[CheckResult]] = {}
    for each in known.trusts.checks if known.trusts else ():
        if each.outcome == "fail" and settles(each.check).kind == "patch":
            for server in each.servers:
                found.setdefault(server, []).append(each)
    return found
