"""What the knowledge says of a CVE, a build, a product, a KB or a setting: `tocsin knowledge show`."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from tocsin.knowledge.catalogue import (
    Advisory,
    ConfigCheck,
    Fix,
    Knowledge,
    ReceivedId,
    Release,
    Support,
)
from tocsin.knowledge.columns import INFERRED
from tocsin.model.build import Build, Version, parse_version
from tocsin.model.text import N_, Sentence, say

SHORTEST_WORD = 4
"""A part of a name or setting is looked for from this length on, so that `SE` stays a product."""


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """Every row that speaks of what was asked. Empty tuples: nothing is known of it."""

    asked: str
    advisories: tuple[Advisory, ...] = ()
    fixes: tuple[Fix, ...] = ()
    releases: tuple[Release, ...] = ()
    received_ids: tuple[ReceivedId, ...] = ()
    support: tuple[Support, ...] = ()
    config_checks: tuple[ConfigCheck, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether no table speaks of it."""
        return not any(getattr(self, name) for name in self.__struct_fields__ if name != "asked")


def show(knowledge: Knowledge, asked: str) -> Known:
    """Look `asked` up.

    It may be a CVE or ADV number, the name of an attack (`ProxyShell`), a KB number, a build in any
    spelling, a product with or without CU and update (`2016`, `Exchange 2016 CU23 Oct25SU`), or the
    word of a config check. Letter case does not matter.
    """
    words = " ".join(asked.split())
    for answer in (_advisory, _article, _build, _product, _setting):
        found = answer(knowledge, words)
        if found is not None and not found.empty:
            return found
    return Known(asked=words)


def _advisory(knowledge: Knowledge, asked: str) -> Known | None:
    wanted = asked.casefold()
    advisories = tuple(
        each
        for each in knowledge.advisories
        if wanted == each.cve.casefold()
        or (len(wanted) >= SHORTEST_WORD and each.name.casefold().startswith(wanted))
    )
    names = {each.cve for each in advisories}
    checks = {each.config_check for each in advisories}
    return Known(
        asked=asked,
        advisories=advisories,
        fixes=tuple(fix for fix in knowledge.fixes if fix.cve in names),
        config_checks=tuple(c for c in knowledge.config_checks if c.config_check in checks),
    )


def _article(knowledge: Knowledge, asked: str) -> Known | None:
    if not re.fullmatch(r"(?i:kb)?\d{6,8}", asked):
        return None
    number = "KB" + asked.lower().removeprefix("kb")
    return Known(
        asked=asked,
        releases=tuple(each for each in knowledge.releases if each.kb == number),
        fixes=tuple(each for each in knowledge.fixes if each.kb == number),
    )


def _build(knowledge: Knowledge, asked: str) -> Known | None:
    """The build with its neighbours of the same CU, and what a Received header may print for it."""
    try:
        version = parse_version(asked)
    except ValueError:
        return None
    exact = version.exact if version.precision != "cu" else None
    branch = knowledge.branch_of(exact or _base_of(version))
    releases = branch.releases if branch else ()
    if exact is not None and exact in knowledge.release_by_build:
        releases = tuple(each for each in releases if each.build == exact)
    return Known(
        asked=asked,
        releases=releases,
        fixes=tuple(
            f for f in knowledge.fixes if exact and exact in (f.first_fixed, f.alternative)
        ),
        received_ids=tuple(
            each
            for each in knowledge.received_ids
            if exact and (each.observed == exact or each.low <= exact <= each.high)
        ),
        support=_support(knowledge, releases),
    )


def _base_of(version: Version) -> Build:
    return Build(version.major, version.minor, version.build, 0)


def _product(knowledge: Knowledge, asked: str) -> Known | None:
    """By the words of the label, in order: product, CU, update."""
    wanted = [word for word in asked.casefold().split() if word not in ("exchange", "server")]
    if not wanted:
        return None
    releases = tuple(
        each
        for each in knowledge.releases
        if each.label.casefold().split()[: len(wanted)] == wanted
    )
    builds = {each.build for each in releases}
    fixes = tuple(f for f in knowledge.fixes if f.first_fixed in builds and f.basis != INFERRED)
    return Known(
        asked=asked,
        releases=releases,
        fixes=fixes if len(wanted) > 1 else (),
        support=_support(knowledge, releases),
    )


def _setting(knowledge: Knowledge, asked: str) -> Known | None:
    wanted = asked.casefold()
    if len(wanted) < SHORTEST_WORD:
        return None
    checks = tuple(
        each for each in knowledge.config_checks if wanted in each.config_check.casefold()
    )
    names = {each.config_check for each in checks}
    return Known(
        asked=asked,
        config_checks=checks,
        advisories=tuple(each for each in knowledge.advisories if each.config_check in names),
    )


def _support(knowledge: Knowledge, releases: tuple[Release, ...]) -> tuple[Support, ...]:
    products = {each.product for each in releases}
    return tuple(each for each in knowledge.support if each.product in products)


def describe(known: Known) -> tuple[Sentence, ...]:
    """The same as sentences, one per line, each with its source."""
    if known.empty:
        return (say(N_("The knowledge says nothing of {asked}."), asked=known.asked),)
    return tuple(_sentences(known))


def _sentences(known: Known) -> Iterator[Sentence]:
    for advisory in known.advisories:
        yield from _of_advisory(advisory)
    for release in known.releases:
        values = {"build": str(release.build), "label": release.label}
        values |= {"day": release.released.isoformat(), "source": release.source}
        if release.note:
            template = N_("{build} is {label}, published on {day}. Note: {note} [{source}]")
            yield say(template, note=release.note, **values)
        else:
            yield say(N_("{build} is {label}, published on {day} [{source}]"), **values)
    for support in known.support:
        yield from _of_support(support)
    for fix in known.fixes:
        yield _of_fix(fix)
    for row in known.received_ids:
        yield say(
            N_("{observed} in a Received header ({channel}) means {low} to {high}"),
            observed=str(row.observed),
            channel=row.channel,
            low=str(row.low),
            high=str(row.high),
        )
    for check in known.config_checks:
        yield say(
            N_("Setting: {setting}. Where: {where}. See {reference}"),
            setting=check.setting,
            where=check.where,
            reference=check.reference,
        )


def _of_advisory(advisory: Advisory) -> Iterator[Sentence]:
    name = f"{advisory.cve} {advisory.name}".strip()
    yield say(
        N_("{name} ({kind}): {summary} [{source}]"),
        name=name,
        kind=advisory.kind,
        summary=advisory.summary,
        source=advisory.source,
    )
    if advisory.cvss is not None:
        yield say(
            N_("{name} has CVSS {version} score {score}"),
            name=advisory.cve,
            version=advisory.cvss_version,
            score=str(advisory.cvss),
        )
    if advisory.kev and advisory.ransomware == "known":
        template = N_("{name} is exploited, also by ransomware (KEV catalogue, {day})")
        yield say(template, name=advisory.cve, day=advisory.kev_added)
    elif advisory.kev:
        template = N_("{name} is exploited (KEV catalogue, {day})")
        yield say(template, name=advisory.cve, day=advisory.kev_added)


def _of_fix(fix: Fix) -> Sentence:
    values = {
        "cve": fix.cve,
        "cu": f"{fix.product} {fix.cu}",
        "build": str(fix.first_fixed),
        "source": fix.source,
    }
    if fix.alternative is not None:
        return say(
            N_("{cve} in {cu}: fixed from {build} [{source}]; from {other} [{other_source}]"),
            other=str(fix.alternative),
            other_source=fix.alternative_source,
            **values,
        )
    if fix.basis == INFERRED:
        return say(N_("{cve} in {cu}: fixed, the CU came out after the fix"), **values)
    return say(N_("{cve} in {cu}: fixed from {build} [{source}]"), **values)


def _of_support(support: Support) -> Iterator[Sentence]:
    values = {"product": support.product, "source": support.source}
    if support.support_end is None:
        yield say(N_("Support of Exchange {product} has no announced end [{source}]"), **values)
        return
    ended = support.support_end.isoformat()
    if support.esu_end is None:
        template = N_("Support of Exchange {product} ends on {day} [{source}]")
        yield say(template, day=ended, **values)
        return
    template = N_("Support of Exchange {product} ends on {day}, paid updates on {esu} [{source}]")
    yield say(template, day=ended, esu=support.esu_end.isoformat(), **values)
