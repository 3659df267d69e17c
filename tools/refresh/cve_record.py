"""CVE records, version 5 (cvelistV5): the vendor's own first fixed build per CU, and the score."""

from __future__ import annotations

from typing import Any

import msgspec
from facts import Builds, Described, Skipped, Statement

from tocsin.model.build import Build


class _Version(msgspec.Struct):
    status: str = ""
    lessThan: str = ""  # noqa: N815 (the format's own name)


class _Affected(msgspec.Struct):
    vendor: str = ""
    product: str = ""
    versions: list[_Version] = []


class _Type(msgspec.Struct):
    cweId: str = ""  # noqa: N815


class _Problem(msgspec.Struct):
    descriptions: list[_Type] = []


class _Cna(msgspec.Struct):
    title: str = ""
    datePublic: str = ""  # noqa: N815
    affected: list[_Affected] = []
    problemTypes: list[_Problem] = []  # noqa: N815
    metrics: list[dict[str, Any]] = []


class _Containers(msgspec.Struct):
    cna: _Cna


class _Metadata(msgspec.Struct):
    cveId: str  # noqa: N815
    state: str = ""


class _Record(msgspec.Struct):
    cveMetadata: _Metadata  # noqa: N815
    containers: _Containers


def read(data: bytes, table: Builds) -> tuple[list[Statement], Described | None, list[Skipped]]:
    """Statements, description and what could not be used. Raises msgspec errors for other JSON."""
    record = msgspec.json.decode(data, type=_Record)
    cve, cna = record.cveMetadata.cveId, record.containers.cna
    exchange = [each for each in cna.affected if "exchange server" in each.product.lower()]
    if record.cveMetadata.state != "PUBLISHED" or not exchange:
        return [], None, [Skipped(where=cve, why="not a published record about Exchange Server")]
    statements: list[Statement] = []
    skipped: list[Skipped] = []
    for affected in exchange:
        for version in affected.versions:
            if version.status == "affected":
                found = _statement(cve, affected.product, version.lessThan, table)
                if isinstance(found, Statement):
                    statements.append(found)
                else:
                    skipped.append(found)
    return statements, _described(cve, cna), skipped


def _statement(cve: str, product: str, end: str, table: Builds) -> Statement | Skipped:
    """One version of a record; its `lessThan` is zero-padded (15.02.0986.036)."""
    try:
        build = Build.parse(end)
    except ValueError:
        return Skipped(where=f"{cve}, {product}", why=f"no build but {end!r}")
    cu = table.cu_of(build)
    if cu is None:
        return Skipped(where=f"{cve}, {product}", why=f"{build} belongs to no known CU")
    if build not in table.by_build:
        return Skipped(where=f"{cve}, {product}", why=f"{build} is not in the build table yet")
    return Statement(cve=cve, cu=cu, build=build, basis="cna")


def _described(cve: str, cna: _Cna) -> Described:
    score = version = ""
    for metric in cna.metrics:
        for name in ("cvssV4_0", "cvssV3_1", "cvssV3_0"):
            found = metric.get(name)
            if isinstance(found, dict) and not score:
                score, version = str(found.get("baseScore", "")), str(found.get("version", ""))
    cwe = next((t.cweId for p in cna.problemTypes for t in p.descriptions if t.cweId), "")
    return Described(
        cve=cve,
        title=cna.title,
        published=cna.datePublic[:10],
        cvss=score,
        cvss_version=version,
        cwe=cwe,
        source="cvelistV5 CNA record",
    )
