"""Which CVEs a build, or every build of a range, is open to.

A CVE is `affected` or `fixed` only if that holds for every build of the range; otherwise it is
`under_investigation`, with the reason and with what would settle it.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import date
from functools import lru_cache

import msgspec

from tocsin.analyse.inventory.words import (
    JUST_CODE,
    MIXED,
    NONE_OPEN,
    SETTLE_BUILD,
    SETTLE_CONFIG,
    SETTLE_NOTICE,
    branch_reason,
    fix_reason,
    settle_config,
)
from tocsin.knowledge.catalogue import Advisory, Branch, Fix, Knowledge
from tocsin.model.build import Build, BuildRange
from tocsin.model.finding import Level, Rule, Status
from tocsin.model.text import N_, Sentence, say


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    """One CVE held against the builds a server may have."""

    cve: str
    status: Status
    because: Sentence
    settle: Sentence | None = None
    fixed_in: str = ""


class _Answer(msgspec.Struct, frozen=True):
    status: Status
    because: Sentence
    settle: Sentence | None = None
    fixed_in: str = ""


def judge(knowledge: Knowledge, builds: BuildRange) -> tuple[Judgement, ...]:
    """Every advisory of the knowledge against every build of the range, in order of CVE."""
    points = _points(knowledge, builds)
    return tuple(
        _judge_one(knowledge, advisory, builds, points)
        for advisory in sorted(knowledge.advisories, key=lambda each: each.cve)
    )


@lru_cache(maxsize=1024)
def rule_of(advisory: Advisory) -> Rule:
    """The head of a finding about this advisory."""
    tags = [f"class:{advisory.kind}"]
    if advisory.name:
        tags.append(f"name:{advisory.name}")
    if advisory.kev:
        tags.append("kev")
    if advisory.ransomware == "known":
        tags.append("ransomware")
    if advisory.cwe:
        tags.append(advisory.cwe)
    return Rule(
        id=advisory.cve,
        title=advisory.summary,
        level=level_of(advisory),
        tags=tuple(tags),
        references=(f"https://msrc.microsoft.com/update-guide/vulnerability/{advisory.cve}",),
    )


def level_of(advisory: Advisory) -> Level:
    """Known exploitation outranks any score; then CVSS 3, then Microsoft's own severity."""
    if advisory.kev:
        return "critical"
    if advisory.cvss is not None and advisory.cvss_version.startswith("3"):
        steps: tuple[tuple[float, Level], ...] = ((9.0, "critical"), (7.0, "high"), (4.0, "medium"))
        return next((level for floor, level in steps if advisory.cvss >= floor), "low")
    by_severity: dict[str, Level] = {
        "Critical": "critical",
        "Important": "high",
        "Moderate": "medium",
        "Low": "low",
    }
    return by_severity.get(advisory.severity, "medium")


@lru_cache(maxsize=4096)
def _points_cached(builds: tuple[Build, ...], low: Build, high: Build) -> tuple[Build, ...]:
    inside = [build for build in builds if low < build < high]
    return (low, *inside, high) if low != high else (low,)


def _points(knowledge: Knowledge, builds: BuildRange) -> tuple[Build, ...]:
    """The builds at which a verdict can change inside the range."""
    return _points_cached(knowledge.builds, builds.low, builds.high)


def _judge_one(
    knowledge: Knowledge, advisory: Advisory, builds: BuildRange, points: tuple[Build, ...]
) -> Judgement:
    answers = [_answer(knowledge, advisory, build) for build in points]
    statuses = {answer.status for answer in answers}
    if len(statuses) == 1:
        # The lowest build speaks for an open range, the highest would claim too little.
        chosen = answers[0]
        return _judgement(advisory, chosen)
    open_until = max(
        (b for b, a in zip(points, answers, strict=True) if a.status == "affected"), default=None
    )
    if open_until is None:
        doubtful = next((a for a in answers if a.status == "under_investigation"), None)
        return _judgement(advisory, doubtful or _none_open(builds))
    fixed_in = next((a.fixed_in for a in answers if a.fixed_in), "")
    return Judgement(
        cve=advisory.cve,
        status="under_investigation",
        because=say(MIXED, range=str(builds), open_until=str(open_until), fixed=fixed_in or "?"),
        settle=say(SETTLE_BUILD),
        fixed_in=fixed_in,
    )


def _none_open(builds: BuildRange) -> _Answer:
    """Builds of two products, fixed in one and never affected in the other: neither word holds."""
    return _Answer("under_investigation", say(NONE_OPEN, range=str(builds)), say(SETTLE_BUILD))


def _judgement(advisory: Advisory, answer: _Answer) -> Judgement:
    return Judgement(
        cve=advisory.cve,
        status=answer.status,
        because=answer.because,
        settle=answer.settle,
        fixed_in=answer.fixed_in,
    )


def _answer(knowledge: Knowledge, advisory: Advisory, build: Build) -> _Answer:
    branch = knowledge.branch_of(build)
    if branch is None:
        return _Answer(
            "under_investigation",
            say(N_("{build} belongs to no cumulative update that is known"), build=str(build)),
            say(SETTLE_NOTICE),
        )
    fixes = knowledge.fixes_by_cve.get(advisory.cve, {})
    fix = fixes.get((branch.product, branch.cu))
    if fix is not None:
        answer = _by_fix(fix, branch, max(build, branch.base))
    else:
        mine = [each for (product, _), each in fixes.items() if product == branch.product]
        if mine:
            answer = _other_branch(knowledge, mine, branch)
        else:
            answer = _other_product(knowledge, advisory, list(fixes.values()), branch)
    if answer.status == "fixed" and advisory.config_check:
        return _configuration(knowledge, advisory, answer)
    return answer


def _by_fix(fix: Fix, branch: Branch, build: Build) -> _Answer:
    first, last = fix.first_fixed, fix.first_fixed
    if fix.alternative is not None:
        first, last = min(first, fix.alternative), max(last, fix.alternative)
    if build < first:
        return _Answer("affected", fix_reason("affected", fix, branch, build), None, str(last))
    if build >= last:
        return _Answer("fixed", fix_reason("fixed", fix, branch, build), None, str(last))
    return _Answer(
        "under_investigation",
        fix_reason("disputed", fix, branch, build),
        say(SETTLE_NOTICE),
        str(last),
    )


def _other_branch(knowledge: Knowledge, fixes: list[Fix], branch: Branch) -> _Answer:
    """A CU that no source lists, of a product that other rows speak of."""
    days = [_last_day(fix.fixed_on) for fix in fixes if fix.basis != "inferred-later-cu"]
    first = min(
        (b for f in fixes if (b := knowledge.branch_by_name.get((f.product, f.cu)))),
        key=lambda each: each.releases[0].build,
        default=branch,
    )
    if days and branch.released > max(days) and branch.releases[0].build > first.releases[0].build:
        return _Answer("fixed", branch_reason("later", branch, first))
    if not days or branch.released <= min(days):
        return _Answer("affected", branch_reason("older", branch, first), None, first.label)
    return _Answer(
        "under_investigation", branch_reason("same-time", branch, first), say(SETTLE_NOTICE)
    )


def _other_product(
    knowledge: Knowledge, advisory: Advisory, fixes: list[Fix], branch: Branch
) -> _Answer:
    """No source lists this product for the CVE."""
    if not fixes:
        settle = settle_config(knowledge, advisory) if advisory.config_check else say(SETTLE_NOTICE)
        return _Answer(
            "under_investigation",
            say(N_("no source names a build that fixes {cve}"), cve=advisory.cve),
            settle,
        )
    born = min(r.released for r in knowledge.product_releases(branch.product))
    fixed_on = max(_last_day(f.fixed_on) for f in fixes if f.basis != "inferred-later-cu")
    if born > fixed_on:
        return _Answer(
            "not_affected",
            say(
                N_(
                    "Exchange {product} was first published on {born}, after the fix, and Microsoft "
                    "lists no build of it"
                ),
                product=branch.product,
                born=born.isoformat(),
            ),
        )
    support = knowledge.support_by_product.get(branch.product)
    if support is not None and support.support_end is None:
        ended = None
    elif support is None:
        ended = date.min
    else:
        ended = support.support_end
    published = advisory.published or fixed_on
    if ended is None or published <= ended:
        return _Answer(
            "not_affected",
            say(
                N_(
                    "Exchange {product} was supported when {cve} was published and Microsoft lists "
                    "no build of it"
                ),
                product=branch.product,
                cve=advisory.cve,
            ),
        )
    return _Answer(
        "under_investigation",
        say(
            N_(
                "not assessed: support of Exchange {product} had ended when {cve} was published, so "
                "Microsoft does not say whether it is open"
            ),
            product=branch.product,
            cve=advisory.cve,
        ),
        say(N_("Move to a supported version; no source will settle this.")),
    )


def _configuration(knowledge: Knowledge, advisory: Advisory, answer: _Answer) -> _Answer:
    check = knowledge.config_check_by_name.get(advisory.config_check)
    return _Answer(
        "under_investigation",
        say(JUST_CODE, setting=check.setting if check else advisory.config_check),
        settle_config(knowledge, advisory),
        answer.fixed_in,
    )


def _last_day(text: str) -> date:
    """`2021-03-02`, or `2019-06` which is read as the month's last day (the cautious one)."""
    parts = [int(part) for part in text.split("-")]
    if len(parts) == 3:
        return date(*parts)
    month = parts[1] if len(parts) > 1 else 12
    return date(parts[0], month, monthrange(parts[0], month)[1])


__all__ = ["SETTLE_CONFIG", "Judgement", "judge", "level_of", "rule_of"]
