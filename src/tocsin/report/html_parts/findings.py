"""Findings folded for reading: servers that were judged alike share one table.

Three hundred servers times every advisory would be a page nobody can open. Servers with the same
build are open to the same things for the same reasons, so they share a table; inside it,
advisories with the same reason share a row; what is fixed is named, not argued.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from itertools import groupby
from typing import NamedTuple

import msgspec

from tocsin.model.finding import LEVELS, Confidence, Level, Status
from tocsin.model.run import FindingRecord, Proof, Run, Server
from tocsin.model.trusts import Acceptance
from tocsin.report.html_parts.citing import Cited, Citing
from tocsin.report.html_parts.visible import link, speak

STATUS_ORDER: tuple[Status, ...] = ("affected", "under_investigation", "not_affected", "fixed")

SETTLE_ONCE = 3
"""Rows that must share what would settle them before it is said once above the table."""

MANY = 400
CITED_OF_MANY = 4
"""From so many servers on, the evidence of only the first ones of each group is cited."""

EXPLOITED = "kev"
RANSOMWARE = "ransomware"
_NICKNAME = "name:"
_CLASS = "class:"


class Advisory(msgspec.Struct, frozen=True, kw_only=True):
    """What the page says once about a rule, however many servers it concerns.

    english: its title has no translation into the reader's language.
    """

    number: int
    rule: str
    nickname: str
    kind: str
    title: str
    english: bool
    level: Level
    exploited: bool
    ransomware: bool
    tags: tuple[str, ...]
    links: tuple[str, ...]
    references: tuple[str, ...]
    open_on: int
    undecided_on: int
    fixed_on: int


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """Advisories of one level that share a status and the reason for it. accepted: while somebody
    answers for all of them."""

    advisories: tuple[Advisory, ...]
    level: Level
    status: Status
    exploited: bool
    confidence: Confidence
    because: str
    settle: str
    cited: Cited
    accepted: Acceptance | None = None


class Tally(msgspec.Struct, frozen=True, kw_only=True):
    """How many advisories of each kind one server has."""

    open: int = 0
    critical: int = 0
    exploited: int = 0
    ransomware: int = 0
    undecided: int = 0
    fixed: int = 0
    not_affected: int = 0


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """Servers that were judged alike, each with the evidence its judgement rests on.

    settle: what would decide every undecided row that does not say something else. confidence: of
    every row; None when they differ and each says its own.
    """

    number: int
    servers: tuple[tuple[Server, Cited], ...]
    tally: Tally
    rows: tuple[Row, ...]
    settle: str
    confidence: Confidence | None
    fixed: tuple[Advisory, ...]
    not_affected: tuple[Advisory, ...]


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """All findings as the page shows them; `group_of` and `tally_of` by server id."""

    groups: tuple[Group, ...]
    advisories: tuple[Advisory, ...]
    group_of: dict[str, Group]
    tally_of: dict[str, Tally]
    by_server: dict[str, tuple[FindingRecord, ...]]
    advisory_of: dict[str, Advisory]


class _Pen(NamedTuple):
    """What groups are written with. cited: servers of one group whose evidence is cited."""

    citing: Citing
    cited: int
    translate: Callable[[str], str]


def judged(run: Run, citing: Citing, translate: Callable[[str], str]) -> Judged:
    """Fold the findings of a run; servers stand in the order of their rank."""
    by_server: dict[str, list[FindingRecord]] = {}
    for finding in run.findings:
        by_server.setdefault(finding.subject, []).append(finding)
    advisory_of = _advisories(run.findings, translate)
    alike: dict[tuple[object, ...], list[tuple[Server, tuple[Proof, ...]]]] = {}
    for server in ranked(run.servers):
        own = by_server.get(server.id, [])
        if own:
            shared = shared_evidence(own)
            alike.setdefault(_likeness(own, shared), []).append((server, shared))
    cited = CITED_OF_MANY if len(run.servers) > MANY else MANY
    groups = tuple(
        _group(
            number,
            members,
            by_server[members[0][0].id],
            advisory_of,
            _Pen(citing, cited, translate),
        )
        for number, members in enumerate(alike.values(), 1)
    )
    return Judged(
        groups=groups,
        advisories=tuple(advisory_of.values()),
        group_of={server.id: group for group in groups for server, _ in group.servers},
        tally_of={server: tally(own) for server, own in by_server.items()},
        by_server={server: tuple(own) for server, own in by_server.items()},
        advisory_of=advisory_of,
    )


def ranked(servers: Iterable[Server]) -> list[Server]:
    """Servers in the order to act."""
    return sorted(servers, key=lambda server: (server.rank, server.name))


def tally(findings: Iterable[FindingRecord]) -> Tally:
    """Count the findings of one server."""
    counts: Counter[str] = Counter()
    for finding in findings:
        counts[finding.status] += 1
        if finding.status == "affected":
            counts["critical"] += finding.level == "critical"
            counts[EXPLOITED] += EXPLOITED in finding.tags
            counts[RANSOMWARE] += RANSOMWARE in finding.tags
    return Tally(
        open=counts["affected"],
        critical=counts["critical"],
        exploited=counts[EXPLOITED],
        ransomware=counts[RANSOMWARE],
        undecided=counts["under_investigation"],
        fixed=counts["fixed"],
        not_affected=counts["not_affected"],
    )


def urgency(finding: FindingRecord) -> tuple[int, bool, bool, int, bool, str]:
    """Sort key: open first; used by ransomware, exploited; then level; a known name before none."""
    named = any(tag.startswith(_NICKNAME) for tag in finding.tags)
    return (
        STATUS_ORDER.index(finding.status),
        RANSOMWARE not in finding.tags,
        EXPLOITED not in finding.tags,
        -LEVELS.index(finding.level),
        not named,
        finding.rule,
    )


def shared_evidence(findings: list[FindingRecord]) -> tuple[Proof, ...]:
    """The evidence that every finding of one server rests on, said once instead of each time."""
    first = findings[0].evidence
    alike = all(each.evidence is first or each.evidence == first for each in findings)
    return first if alike else ()


def _likeness(findings: list[FindingRecord], shared: tuple[Proof, ...]) -> tuple[object, ...]:
    return tuple(
        (
            each.rule,
            each.status,
            each.level,
            each.confidence,
            each.because,
            str(each.settle or ""),
            _answer(each.accepted),
            () if shared else each.evidence,
        )
        for each in sorted(findings, key=urgency)
    )


def _group(
    number: int,
    members: list[tuple[Server, tuple[Proof, ...]]],
    findings: list[FindingRecord],
    advisory_of: Mapping[str, Advisory],
    pen: _Pen,
) -> Group:
    servers = tuple(
        (server, pen.citing.cite(shared) if at < pen.cited else Cited())
        for at, (server, shared) in enumerate(members)
    )
    ordered = sorted(findings, key=urgency)

    def those(status: Status) -> tuple[Advisory, ...]:
        return tuple(advisory_of[each.rule] for each in ordered if each.status == status)

    folded: dict[tuple[object, ...], list[FindingRecord]] = {}
    alone = bool(shared_evidence(findings))
    for each in ordered:
        if each.status in ("affected", "under_investigation"):
            proofs = () if alone else each.evidence
            reason = (each.status, EXPLOITED in each.tags, each.level, each.confidence, proofs)
            key = (*reason, each.because, str(each.settle or ""), _answer(each.accepted))
            folded.setdefault(key, []).append(each)
    rows = []
    for together in folded.values():
        cited = Cited() if alone else pen.citing.cite(together[0].evidence)
        rows.append(_row(together, cited, advisory_of, pen.translate))
    settle = _shared_settle(rows)
    return Group(
        number=number,
        servers=servers,
        tally=tally(findings),
        rows=tuple(
            msgspec.structs.replace(row, settle="") if settle and row.settle == settle else row
            for row in rows
        ),
        settle=settle,
        confidence=rows[0].confidence if len({row.confidence for row in rows}) == 1 else None,
        fixed=those("fixed"),
        not_affected=those("not_affected"),
    )


def _row(
    together: list[FindingRecord],
    cited: Cited,
    advisory_of: Mapping[str, Advisory],
    translate: Callable[[str], str],
) -> Row:
    first = together[0]
    return Row(
        advisories=tuple(advisory_of[each.rule] for each in together),
        level=first.level,
        status=first.status,
        exploited=EXPLOITED in first.tags,
        confidence=first.confidence,
        because=speak(first.sentence, translate),
        settle=speak(first.settle, translate) if first.settle else "",
        cited=cited,
        accepted=first.accepted,
    )


def _answer(accepted: Acceptance | None) -> tuple[object, ...]:
    """What two accepted risks must share to be told as one."""
    return (accepted.reason, accepted.owner, accepted.until) if accepted else ()


def _shared_settle(rows: list[Row]) -> str:
    """The answer that decides most undecided rows, if it is worth saying once for all of them."""
    counts = Counter(row.settle for row in rows if row.settle)
    settle, count = max(counts.items(), key=lambda pair: pair[1], default=("", 0))
    return settle if count >= SETTLE_ONCE else ""


def _advisories(
    findings: Iterable[FindingRecord], translate: Callable[[str], str]
) -> dict[str, Advisory]:
    """Every rule named, the most urgent first; numbers follow that order."""
    ordered = sorted(findings, key=lambda each: (each.rule, urgency(each)))
    found: list[tuple[FindingRecord, Counter[str]]] = []
    for _, same in groupby(ordered, key=lambda each: each.rule):
        together = list(same)
        found.append((together[0], Counter(each.status for each in together)))
    found.sort(key=lambda pair: urgency(pair[0]))
    return {
        first.rule: Advisory(
            number=number,
            rule=first.rule,
            nickname=_tag(first.tags, _NICKNAME),
            kind=_tag(first.tags, _CLASS),
            title=translate(first.title) if first.title else "",
            english=translate(first.title) == first.title,
            level=first.level,
            exploited=EXPLOITED in first.tags,
            ransomware=RANSOMWARE in first.tags,
            tags=tuple(t for t in first.tags if not t.startswith((_NICKNAME, _CLASS))),
            links=tuple(url for url in first.references if link(url)),
            references=tuple(url for url in first.references if not link(url)),
            open_on=counts["affected"],
            undecided_on=counts["under_investigation"],
            fixed_on=counts["fixed"],
        )
        for number, (first, counts) in enumerate(found, 1)
    }


def _tag(tags: Iterable[str], prefix: str) -> str:
    return next((tag.removeprefix(prefix) for tag in tags if tag.startswith(prefix)), "")
