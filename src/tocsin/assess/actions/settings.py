"""Settings that the checks found wrong: one action for each check, over all that fail it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tocsin.assess.actions import BASES_KEPT, Proposal, Stage
from tocsin.assess.actions.patch import has_step
from tocsin.assess.known import Known
from tocsin.knowledge.scoring import Settles, settles
from tocsin.model.finding import LEVELS
from tocsin.model.text import N_, Sentence, say
from tocsin.model.trusts import CheckResult, Edge, PlanKind

REASONS_KEPT = 4
"""Objects of which one action tells why."""


def propose(known: Known) -> Iterator[Proposal]:
    """Each check that fails; those that a patch settles only where no server is told to be patched."""
    if known.trusts is None:
        return
    by_check: dict[str, list[CheckResult]] = {}
    for each in known.trusts.checks:
        if each.outcome == "fail":
            by_check.setdefault(each.check, []).append(each)
    for check, failing in sorted(by_check.items()):
        how = settles(check)
        if how.kind == "none":
            continue
        # What a patch settles is told with the server's own next step, where it has one.
        results = [
            each
            for each in failing
            if how.kind != "patch" or not each.servers or _open(known, each)
        ]
        # What somebody answers for stays beside what nobody does, as an action of its own.
        for part in ([r for r in results if not r.accepted], [r for r in results if r.accepted]):
            if part:
                yield _proposal(known, how, part)


def _proposal(known: Known, how: Settles, results: Sequence[CheckResult]) -> Proposal:
    kind: PlanKind = how.kind if how.kind != "none" else "configure"
    return Proposal(
        kind=kind,
        stage=Stage.ONGOING if how.ongoing else Stage.OPEN,
        level=max((each.level for each in results), key=LEVELS.index),
        key=how.check if not results[0].accepted else f"{how.check}\0accepted",
        do=_words(results),
        because=tuple(each.because for each in results[:REASONS_KEPT]),
        servers=tuple(dict.fromkeys(server for each in results for server in each.servers)),
        edges=frozenset(each.id for each in _judged(known, how.check, results)),
        checks=(how.check,),
        answers=tuple(each.fingerprint for each in results),
        bases=tuple(basis for each in results for basis in each.bases)[:BASES_KEPT],
    )


def _open(known: Known, result: CheckResult) -> bool:
    """Whether a server on the other end has no next step that would settle it."""
    return any(s not in known.by_id or not has_step(known.by_id[s]) for s in result.servers)


def _words(results: Sequence[CheckResult]) -> Sentence:
    advice = results[0].recommendation or results[0].title
    subjects = [each.subject for each in results if each.subject]
    # The advice is a message id of the check's data, without places to fill: it is translated as one.
    if not subjects:
        return advice
    if len(subjects) == 1:
        return say(N_("{subject}: {step}"), subject=subjects[0], step=advice.template)
    words = N_("{subject} and {count} more: {step}")
    return say(words, subject=subjects[0], count=len(subjects) - 1, step=advice.template)


def _judged(known: Known, check: str, results: Sequence[CheckResult]) -> Iterator[Edge]:
    """Edges that the check judges and that are there because of what fails it."""
    subjects = {each.subject.lower() for each in results}
    for edge in known.graph.edges.values():
        if check not in edge.checks:
            continue
        names = {known.graph.nodes[end].name.lower() for end in (edge.source, edge.target)}
        names |= {basis.object.lower() for basis in edge.bases}
        # A basis names its object with its kind before it: `InboundConnector Inbound from …`.
        names |= {name.partition(" ")[2] for name in names}
        if "" in subjects or subjects & names:
            yield edge
