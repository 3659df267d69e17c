"""Findings and servers as they are written down in the document."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from tocsin.analyse.inventory.ledger import Sighting
from tocsin.analyse.inventory.resolve import Resolution
from tocsin.analyse.inventory.room import Inventory, KnownServer, label_of
from tocsin.assess.ranking import action_for, ranked, worst_level
from tocsin.knowledge.catalogue import Knowledge
from tocsin.model.evidence import QUOTE_LIMIT, Evidence, Host
from tocsin.model.finding import Finding
from tocsin.model.run import (
    BuildSpan,
    FindingRecord,
    HistoryEntry,
    Proof,
    Server,
    Visibility,
)
from tocsin.model.text import N_, Sentence, say

_ORDER = {"affected": 0, "under_investigation": 1, "fixed": 2, "not_affected": 3}


def servers_and_findings(
    found: Inventory,
    by_server: Mapping[str, Sequence[Finding]],
    counts: Mapping[str, dict[str, int]],
    knowledge: Knowledge,
    digests: Mapping[str, str],
    today: date,
    scored: Sequence[str] = (),
) -> tuple[tuple[Server, ...], tuple[FindingRecord, ...]]:
    """Ranked servers and, in the same order, their findings, open ones first. scored: ids in the
    order of their scores, where trusts were judged; it goes before that of what is open alone."""
    servers: list[Server] = []
    records: list[FindingRecord] = []
    # Servers with the same builds share their sentences; so do the words they are written in.
    words: dict[int, str] = {}
    place = {server: at for at, server in enumerate(scored)}
    order = ranked(found.servers, counts)
    order.sort(key=lambda server: place.get(server.id, len(place)))
    for rank, server in enumerate(order, start=1):
        findings = by_server[server.id]
        servers.append(
            _server(server, rank, findings, counts[server.id], knowledge, digests, today)
        )
        proofs: dict[int, tuple[Proof, ...]] = {}
        for finding in sorted(findings, key=_importance):
            shared = proofs.setdefault(id(finding.evidence), proofs_of(finding.evidence, digests))
            because = words.get(id(finding.because))
            if because is None:
                because = words[id(finding.because)] = str(finding.because)
            records.append(_record(finding, server.name, because, shared))
    return tuple(servers), tuple(records)


def proofs_of(evidence: Iterable[Evidence], digests: Mapping[str, str]) -> tuple[Proof, ...]:
    """Evidence as it is written down; the digest of a file read in pieces is filled in."""
    found = []
    for each in evidence:
        body = each.body
        found.append(
            Proof(
                source=each.at.source,
                position=each.at.position,
                sha256=each.at.sha256 or digests.get(each.at.source, ""),
                quote=each.quote[:QUOTE_LIMIT],
                seen_by=body.seen_by,
                seen=each.seen,
                trust=body.trust if isinstance(body, Host) else "trusted",
            )
        )
    return tuple(found)


def _importance(finding: Finding) -> tuple[int, int, int, str]:
    levels = ("critical", "high", "medium", "low", "informational")
    return (
        _ORDER[finding.status],
        levels.index(finding.level),
        "ransomware" not in finding.rule.tags,
        finding.rule.id,
    )


def _server(
    server: KnownServer,
    rank: int,
    findings: Sequence[Finding],
    counts: dict[str, int],
    knowledge: Knowledge,
    digests: Mapping[str, str],
    today: date,
) -> Server:
    now = server.current
    return Server(
        id=server.id,
        name=server.name,
        names=server.names,
        addresses=server.addresses,
        organisation=server.organisation,
        ours=server.ours,
        product=server.product,
        build=BuildSpan(low=str(now.builds.low), high=str(now.builds.high)) if now else None,
        build_label=server.label,
        support=_support(server, knowledge),
        history=tuple(
            _history(sighting, resolution, knowledge, digests)
            for sighting, resolution in server.history
        ),
        seen_by=server.seen_by,
        hidden=server.hidden,
        hidden_because=server.hidden_because,
        visibility=tuple(
            Visibility(by=by, seen=seen, evidence=proofs_of(evidence, digests))
            for by, (seen, evidence) in server.sees.items()
        ),
        joined=server.joined,
        related=server.related,
        contradictions=now.contradictions if now else (),
        facts=server.facts,
        evidence=proofs_of(server.proofs, digests),
        rank=rank,
        level=worst_level(findings),
        counts=counts,
        action=action_for(server, findings, knowledge, today),
        first_seen=server.first_seen,
        last_seen=server.last_seen,
    )


def _history(
    sighting: Sighting,
    resolution: Resolution | None,
    knowledge: Knowledge,
    digests: Mapping[str, str],
) -> HistoryEntry:
    builds = resolution.builds if resolution else None
    return HistoryEntry(
        low=str(builds.low) if builds else "",
        high=str(builds.high) if builds else "",
        label=label_of(knowledge, builds) if builds else "",
        printed=sighting.version.text if sighting.version else "",
        seen_by=sighting.seen_by,
        trust=sighting.trust,
        count=sighting.count,
        first=sighting.first,
        last=sighting.last,
        evidence=proofs_of(sighting.proofs, digests),
    )


def _support(server: KnownServer, knowledge: Knowledge) -> Sentence | None:
    if server.branch is None:
        return None
    return support_words(server.branch.product, knowledge)


def support_words(product: str, knowledge: Knowledge) -> Sentence | None:
    """Whether Microsoft still supports a product, on the day of the knowledge."""
    support = knowledge.support_by_product.get(product)
    if support is None:
        return None
    if support.support_end is None:
        return say(N_("Exchange {product} is supported"), product=product)
    if support.support_end >= knowledge.date:
        return say(
            N_("Exchange {product} is supported until {day}"),
            product=product,
            day=support.support_end.isoformat(),
        )
    if support.esu_end is not None:
        return say(
            N_(
                "support of Exchange {product} ended on {day}; updates only with the paid extension "
                "until {esu}"
            ),
            product=product,
            day=support.support_end.isoformat(),
            esu=support.esu_end.isoformat(),
        )
    return say(
        N_("support of Exchange {product} ended on {day}"),
        product=product,
        day=support.support_end.isoformat(),
    )


def _record(finding: Finding, name: str, because: str, proofs: tuple[Proof, ...]) -> FindingRecord:
    return FindingRecord(
        rule=finding.rule.id,
        title=finding.rule.title,
        subject=finding.subject,
        subject_name=name,
        status=finding.status,
        level=finding.level,
        confidence=finding.confidence,
        because=because,
        sentence=finding.because,
        settle=finding.settle,
        evidence=proofs,
        tags=finding.rule.tags,
        references=finding.rule.references,
        fingerprint=finding.fingerprint,
    )
