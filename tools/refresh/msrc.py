"""What the two MSRC formats (CVRF and CSAF) have in common: one fix of one product."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import msgspec
from facts import Builds, Cu, Described, Skipped, Statement, cu_of_name

from tocsin.model.build import Build


class MsrcFix(msgspec.Struct, frozen=True, kw_only=True):
    """CVE, product as printed, KB article and build where given, day of publication (ISO)."""

    cve: str
    product: str
    kb: str = ""
    fixed_build: str = ""
    day: str = ""


class MsrcDocument(msgspec.Struct, frozen=True, kw_only=True):
    """The fixes of a document, and its CVEs as such."""

    fixes: tuple[MsrcFix, ...]
    described: tuple[Described, ...]


def article(text: str) -> str:
    """`5000871`, `KB5000871` or a support address that ends in it: KB5000871; else empty."""
    match = re.search(r"(?:^|KB|/)(\d{6,8})(?:$|\D)", text.strip(), re.IGNORECASE)
    return f"KB{match[1]}" if match else ""


def statements(fixes: Iterable[MsrcFix], table: Builds) -> Iterator[Statement | Skipped]:
    """By the KB's build, else the build the document names, else the update of the same day.

    A KB article of a CU may have brought several builds; the first one has the fix.
    """
    for fix in fixes:
        where = f"{fix.cve}, {fix.product}"
        named = _named(fix.fixed_build)
        cu: Cu | None = table.cu_of(named) if named else cu_of_name(fix.product)
        if cu is None:
            yield Skipped(where=where, why="no CU that is known")
            continue
        builds = table.with_kb(cu, fix.kb)
        if named and named in table.by_build:
            builds = [named]
        basis = "msrc-kb"
        if not builds:
            builds, basis = table.of_day(cu, fix.day), "msrc-date"
        if not builds:
            yield Skipped(where=where, why=f"no build for {fix.kb or 'no KB'} of {fix.day}")
            continue
        yield Statement(cve=fix.cve, cu=cu, build=builds[0], basis=basis, kb=fix.kb, day=fix.day)


def _named(text: str) -> Build | None:
    try:
        return Build.parse(text)
    except ValueError:
        return None
