"""What the knowledge says of a CVE, a build, a product, a KB or a setting: `tocsin knowledge show`."""

from __future__ import annotations

import re

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
