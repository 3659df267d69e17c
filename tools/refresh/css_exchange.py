"""CSS-Exchange: the build dictionary and the CVE list of HealthChecker, both PowerShell text.

The text is searched, never run. Two files: Get-ExchangeBuildVersionInformation.ps1 (builds, CU
dates, directory levels) and Invoke-AnalyzerSecurityCveCheck.ps1 (update to CVEs).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec
from facts import Builds, Statement

from tocsin.model.build import Build

_PRODUCT = re.compile(r'"Exchange(20\d\d|SE)"\s*=\s*@\{')
_CU = re.compile(r'"((?:CU|SP)\d+|RTM)"\s*=\s*\(\s*NewCUAndSUObject\s+"([\d.]+)"')
_UPDATE = re.compile(r'"([A-Z][a-z]{2}\d\d(?:SU|HU)(?:v\d)?)"\s*=\s*"([\d.]+)"')


class CssBuild(msgspec.Struct, frozen=True):
    """One build of the dictionary; update is empty for the CU itself."""

    product: str
    cu: str
    update: str
    build: Build


class CssLevel(msgspec.Struct, frozen=True):
    """A CU's release date (ISO) and the directory versions it leaves behind."""

    product: str
    cu: str
    released: str
    schema: str
    meso: str
    org: str


def builds(text: str) -> list[CssBuild]:
    """The build dictionary, in its order."""
    found: list[CssBuild] = []
    product = cu = ""
    for line in text.splitlines():
        if match := _PRODUCT.search(line):
            product, cu = match[1], ""
        elif match := _CU.search(line):
            cu = match[1]
            found.append(CssBuild(product, cu, "", Build.parse(match[2])))
        elif (match := _UPDATE.search(line)) and product and cu:
            found.append(CssBuild(product, cu, match[1], Build.parse(match[2])))
    return found


_ASSIGNED = re.compile(
    r'\$(exchangeMajorVersion|cuLevel|cuReleaseDate|schemaValue|mesoValue|orgValue)\s*=\s*"?([^"\s]+)"?'
)


def levels(text: str) -> list[CssLevel]:
    """Release date and directory levels per CU.

    The script walks from the newest CU down and changes a value where it changes, so a CU has the
    value last assigned at or above it. A line that tests for one update (`-SU`) is not the CU's.
    """
    found: list[CssLevel] = []
    values: dict[str, str] = {}
    for line in text.splitlines():
        if "-SU" in line:
            continue
        for name, value in _ASSIGNED.findall(line):
            if name in ("cuLevel", "exchangeMajorVersion") and "cuLevel" in values:
                found.append(_level(values))
                del values["cuLevel"]
            values[name] = value
        if line.strip().startswith("} else {") and "cuLevel" in values:
            found.append(_level(values))
            del values["cuLevel"]
    return found


def _level(values: dict[str, str]) -> CssLevel:
    month, day, year = values.get("cuReleaseDate", "//").split("/")
    return CssLevel(
        product=values.get("exchangeMajorVersion", "").removeprefix("Exchange"),
        cu=values["cuLevel"],
        released=f"{year}-{month}-{day}" if year else "",
        schema=values.get("schemaValue", ""),
        meso=values.get("mesoValue", ""),
        org=values.get("orgValue", ""),
    )


_LIST = re.compile(r'"(CVE-\d{4}-\d+|ADV\d+)"')
_VARIABLE = re.compile(r"\$(\w+)\s*=\s*@?\(?((?:\"Exchange\w+\"[,\s]*)+)\)?")
_ENTRY = re.compile(
    r"NewCveEntry\s+(@?\([^)]*\)|\"[^\"]*\")\s+(@\([^)]*\)|\$\w+|\"Exchange\w+\")", re.IGNORECASE
)
_NAME = re.compile(r'"([A-Z][a-z]{2}\d\d(?:SU|HU)(?:v\d)?)"\s*=\s*\(')


def cves_by_update(text: str) -> Iterator[tuple[str, str, str]]:
    """(update, CVE, product) for every entry of HealthChecker's list."""
    variables: dict[str, list[str]] = {}
    for name, value in _VARIABLE.findall(text):
        variables[name.lower()] = re.findall(r"Exchange(20\d\d|SE)", value)
    for line in text.splitlines():
        update = _NAME.search(line)
        if update is None:
            continue
        for cves, products in _ENTRY.findall(line):
            for product in _products(products, variables):
                for cve in _LIST.findall(cves):
                    yield update[1], cve, product


def _products(text: str, variables: dict[str, list[str]]) -> list[str]:
    found = re.findall(r"Exchange(20\d\d|SE)", text)
    for name in re.findall(r"\$(\w+)", text):
        found += variables.get(name.lower(), [])
    return found


def statements(text: str, table: Builds) -> Iterator[Statement]:
    """HealthChecker's list, joined with the builds that carry the update's name."""
    for update, cve, product in cves_by_update(text):
        for build in table.of_update(product, update):
            cu = table.cu_of(build)
            if cu is not None:
                yield Statement(cve=cve, cu=cu, build=build, basis="css")
