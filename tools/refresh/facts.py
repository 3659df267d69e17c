"""The tables as rows, and what one public source says about one CVE in one CU.

Every script of this folder is run by hand, reads local files only and never opens a socket.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from tocsin.knowledge.catalogue import branch_key
from tocsin.knowledge.columns import PRODUCTS, SHAPES
from tocsin.model.build import Build

Row = dict[str, str]
Cu = tuple[str, str]

BASES = ("special", "cna", "msrc-kb", "css", "msrc-date")
"""Whom to believe first. `special` rows were settled by hand; see docs/knowledge.md."""

SOURCES = {
    "cna": "cvelistV5 CNA",
    "msrc-kb": "MSRC KB",
    "css": "css-exchange",
    "msrc-date": "MSRC date",
}
"""What the `source` column calls a source; a longer name (`MSRC KB via wesng`) is the same one."""


class Statement(msgspec.Struct, frozen=True, kw_only=True):
    """One source says: this CVE is fixed in this CU from this build on."""

    cve: str
    cu: Cu
    build: Build
    basis: str
    kb: str = ""
    day: str = ""


class Described(msgspec.Struct, frozen=True, kw_only=True):
    """What one source says about a CVE as such. Empty: the source is silent on it."""

    cve: str
    title: str = ""
    published: str = ""
    cvss: str = ""
    cvss_version: str = ""
    cwe: str = ""
    severity: str = ""
    source: str = ""


class Skipped(msgspec.Struct, frozen=True, kw_only=True):
    """Something a source says that could not be used, and why; printed at the end."""

    where: str
    why: str

    def __str__(self) -> str:
        return f"{self.where}: {self.why}"


class Builds:
    """The build table, asked by branch, by KB, by day and by name of update."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self.rows = list(rows)
        self.by_build = {Build.parse(row["build"]): row for row in self.rows}
        self.cu_by_branch: dict[tuple[int, ...], Cu] = {}
        for row in self.rows:
            if not row["note"].startswith("misprint"):
                key = branch_key(Build.parse(row["build"]))
                self.cu_by_branch.setdefault(key, (row["product"], row["cu"]))

    def cu_of(self, build: Build) -> Cu | None:
        """The CU by the build's own prefix, never by a product's printed name.

        The vendor's record of CVE-2024-26198 had the builds of two CUs swapped.
        """
        return self.cu_by_branch.get(branch_key(build))

    def with_kb(self, cu: Cu, kb: str) -> list[Build]:
        """The builds of a CU that a KB article brought, lowest first."""
        return self._where(cu, lambda row: bool(kb) and row["kb"] == kb)

    def of_day(self, cu: Cu, day: str) -> list[Build]:
        """The updates of a CU that came out on that day."""
        return self._where(cu, lambda row: bool(row["update"]) and row["release_date"] == day)

    def of_update(self, product: str, update: str) -> list[Build]:
        """That update in every CU of the product; a disputed number only where nothing else is."""
        named = [row for row in self.rows if row["product"] == product and row["update"] == update]
        best: dict[str, Row] = {}
        for row in sorted(named, key=lambda row: row["note"].startswith("disputed")):
            best.setdefault(row["cu"], row)
        return sorted(Build.parse(row["build"]) for row in best.values())

    def _where(self, cu: Cu, wanted: Callable[[Row], bool]) -> list[Build]:
        return sorted(
            Build.parse(row["build"])
            for row in self.rows
            if (row["product"], row["cu"]) == cu and wanted(row)
        )


_PRODUCT = re.compile(
    r"Microsoft Exchange Server\s+(?P<product>20\d\d|Subscription Edition|SE)"
    r"(?:.*?(?:Cumulative Update\s+(?P<cu>\d+)|Service Pack\s+(?P<sp>\d+)))?",
    re.IGNORECASE,
)


def cu_of_name(name: str) -> Cu | None:
    """`Microsoft Exchange Server 2019 Cumulative Update 14` is 2019 CU14; 2013 SP1 is its CU4."""
    match = _PRODUCT.search(name)
    if match is None:
        return None
    product = match["product"] if match["product"].isdigit() else "SE"
    if product not in PRODUCTS:
        return None
    if match["cu"]:
        return product, f"CU{int(match['cu'])}"
    if match["sp"]:
        return (product, "CU4") if product == "2013" else (product, f"SP{int(match['sp'])}")
    return product, "RTM"


def cve_order(cve: str) -> tuple[bool, str]:
    """CVEs first, then advisories (ADV), each by its letters."""
    return not cve.startswith("CVE-"), cve


def fix_order(row: Row) -> tuple[bool, str, int, Build]:
    """The order of both fix tables: CVE, product from old to new, build."""
    return (
        *cve_order(row["cve"]),
        PRODUCTS.index(row["product"]),
        Build.parse(row["first_fixed_build"]),
    )


ORDERS: Mapping[str, Callable[[Row], Any] | None] = {
    "exchange-builds.csv": lambda row: Build.parse(row["build"]),
    "exchange-cve-fixes.csv": fix_order,
    "exchange-cve-fixes-inferred.csv": fix_order,
    "cves.csv": lambda row: cve_order(row["cve"]),
    "exchange-ad-levels.csv": None,
    "support.csv": lambda row: PRODUCTS.index(row["product"]),
}
"""How each table is sorted; None keeps the order it has."""


def read(folder: Path, name: str) -> list[Row]:
    """The rows of one table."""
    return list(csv.DictReader(io.StringIO((folder / name).read_text("utf-8"))))


def text_of(name: str, rows: Iterable[Row]) -> str:
    """The table's text: its columns, its order, one line end. The same rows give the same bytes."""
    order = ORDERS[name]
    ordered = sorted(rows, key=order) if order else rows
    text = io.StringIO()
    columns = [column.name for column in SHAPES[name]]
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(ordered)
    return text.getvalue()
