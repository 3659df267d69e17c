"""The facts as values, and the questions the rooms ask of them. No I/O here."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from datetime import date
from functools import cached_property
from typing import Literal

import msgspec

from tocsin.model.build import Build, BuildRange

Channel = Literal["smtp", "mapi"]

MAY_2021_UPDATE = date(2021, 5, 11)
"""From the updates of this day on the SMTP id of a Received header carries the update level;
before it, the id stays at the cumulative update's base (measured: reference inventory.md)."""


class Release(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One published build. cu: CUn, SPn or RTM. update: empty for the CU itself."""

    product: str
    cu: str
    update: str
    build: Build
    released: date
    kb: str
    source: str
    note: str

    @property
    def label(self) -> str:
        """As administrators say it: `2016 CU23 Oct25SU`."""
        return " ".join(part for part in (self.product, self.cu, self.update) if part)


class Fix(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The first fixed build of one CVE in one CU; `alternative` is what another source says."""

    cve: str
    product: str
    cu: str
    first_fixed: Build
    alternative: Build | None
    alternative_source: str
    update: str
    fixed_on: str
    basis: str
    kb: str
    source: str
    note: str


class Advisory(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One CVE (or ADV) with what the public catalogues say of it."""

    cve: str
    name: str
    kind: str
    cvss: float | None
    cvss_version: str
    severity: str
    published: date | None
    kev: bool
    kev_added: str
    ransomware: str
    cwe: str
    config_check: str
    summary: str
    source: str


class ReceivedId(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A build number seen in real Received headers and the installed builds it can mean."""

    observed: Build
    channel: Channel
    product: str
    cu: str
    kind: str
    low: Build
    high: Build
    note: str


class Support(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When Microsoft's support of a product ended; esu_end is that of the paid extension."""

    product: str
    support_end: date | None
    esu_end: date | None
    note: str
    source: str


class ConfigCheck(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A setting without which a patch does not close the hole."""

    config_check: str
    setting: str
    where: str
    reference: str


class Branch(msgspec.Struct, frozen=True, kw_only=True):
    """One CU (2007 and 2010: one service pack) with its published builds in order.

    base: the build the CU itself was published with, never a component number below it.
    """

    product: str
    cu: str
    released: date
    base: Build
    releases: tuple[Release, ...]

    @property
    def span(self) -> BuildRange:
        """From the lowest to the highest published build."""
        return BuildRange(self.releases[0].build, self.releases[-1].build)

    @property
    def label(self) -> str:
        """`2016 CU23`."""
        return f"{self.product} {self.cu}"


def branch_key(build: Build) -> tuple[int, ...]:
    """What names the CU in a build: three parts from 2013 on, two (the service pack) before."""
    return build.branch if build.major >= 15 else (build.major, build.minor)


class Knowledge(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """Everything known, indexed. date: the day the facts are true of."""

    releases: tuple[Release, ...]
    fixes: tuple[Fix, ...]
    advisories: tuple[Advisory, ...]
    received_ids: tuple[ReceivedId, ...]
    support: tuple[Support, ...]
    config_checks: tuple[ConfigCheck, ...]
    digest: str
    date: date
    private: tuple[str, ...] = ()

    @cached_property
    def branches(self) -> tuple[Branch, ...]:
        """Every CU, in order of build."""
        groups: dict[tuple[int, ...], list[Release]] = {}
        for release in self.releases:
            groups.setdefault(branch_key(release.build), []).append(release)
        return tuple(
            _branch(sorted(group, key=lambda r: (r.build, r.update)))
            for _, group in sorted(groups.items())
        )

    @cached_property
    def branch_by_key(self) -> Mapping[tuple[int, ...], Branch]:
        """CU by the parts of a build that name it; see `branch_key`."""
        return {branch_key(branch.releases[0].build): branch for branch in self.branches}

    @cached_property
    def branch_by_name(self) -> Mapping[tuple[str, str], Branch]:
        """CU by product and name."""
        return {(branch.product, branch.cu): branch for branch in self.branches}

    @cached_property
    def release_by_build(self) -> Mapping[Build, Release]:
        """Published build; where one number has two labels, the CU's own."""
        found: dict[Build, Release] = {}
        for release in self.releases:
            if release.build not in found or not release.update:
                found[release.build] = release
        return found

    @cached_property
    def builds(self) -> tuple[Build, ...]:
        """Every published build once, in order."""
        return tuple(sorted(self.release_by_build))

    @cached_property
    def fixes_by_cve(self) -> Mapping[str, Mapping[tuple[str, str], Fix]]:
        """CVE to (product, CU) to its first fix."""
        found: dict[str, dict[tuple[str, str], Fix]] = {}
        for fix in self.fixes:
            found.setdefault(fix.cve, {})[(fix.product, fix.cu)] = fix
        return found

    @cached_property
    def advisory_by_cve(self) -> Mapping[str, Advisory]:
        """CVE to its advisory."""
        return {advisory.cve: advisory for advisory in self.advisories}

    @cached_property
    def received_by_id(self) -> Mapping[tuple[Channel, Build], ReceivedId]:
        """Channel and observed build to the installed builds it can mean."""
        return {(row.channel, row.observed): row for row in self.received_ids}

    @cached_property
    def support_by_product(self) -> Mapping[str, Support]:
        """Product to its support dates."""
        return {row.product: row for row in self.support}

    @cached_property
    def config_check_by_name(self) -> Mapping[str, ConfigCheck]:
        """config_check word of an advisory to the setting to look at."""
        return {row.config_check: row for row in self.config_checks}

    def branch_of(self, build: Build) -> Branch | None:
        """The CU a build belongs to; None when no CU of that number was published."""
        return self.branch_by_key.get(branch_key(build))

    @cached_property
    def releases_by_product(self) -> Mapping[str, tuple[Release, ...]]:
        """Product to its published builds in order."""
        found: dict[str, list[Release]] = {}
        for release in sorted(self.releases, key=_by_build):
            found.setdefault(release.product, []).append(release)
        return {product: tuple(group) for product, group in found.items()}

    def product_releases(self, product: str) -> tuple[Release, ...]:
        """The product's published builds in order."""
        return self.releases_by_product.get(product, ())

    def neighbours(self, build: Build) -> tuple[Build | None, Build | None]:
        """The published builds next below (or equal) and next above."""
        at = bisect_right(self.builds, build)
        below = self.builds[at - 1] if at else None
        above = self.builds[at] if at < len(self.builds) else None
        return below, above


def _by_build(release: Release) -> Build:
    return release.build


def _branch(releases: Iterable[Release]) -> Branch:
    group = tuple(releases)
    base = next((r for r in group if not r.update and not _is_component(r)), group[0])
    return Branch(
        product=base.product, cu=base.cu, released=base.released, base=base.build, releases=group
    )


def _is_component(release: Release) -> bool:
    return release.note.startswith("component number")
