"""MSRC CSAF 2.0: one JSON document per CVE (`msrc_cve-2025-53786.json`)."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec
from facts import Described
from msrc import MsrcDocument, MsrcFix, article


class _Product(msgspec.Struct):
    product_id: str
    name: str = ""


class _Branch(msgspec.Struct):
    category: str = ""
    name: str = ""
    product: _Product | None = None
    branches: list[_Branch] = []


class _Tree(msgspec.Struct):
    branches: list[_Branch] = []


class _Remediation(msgspec.Struct):
    category: str = ""
    details: str = ""
    url: str = ""
    date: str = ""
    product_ids: list[str] = []


class _Threat(msgspec.Struct):
    category: str = ""
    details: str = ""


class _Cwe(msgspec.Struct):
    id: str = ""


class _Vulnerability(msgspec.Struct):
    cve: str = ""
    title: str = ""
    cwe: _Cwe | None = None
    remediations: list[_Remediation] = []
    threats: list[_Threat] = []


class _Document(msgspec.Struct):
    product_tree: _Tree
    vulnerabilities: list[_Vulnerability]
    document: dict[str, msgspec.Raw] = {}


DEPTH_LIMIT = 12
"""Deepest branch that is followed; Microsoft's documents have four."""


def read(data: bytes) -> MsrcDocument:
    """The Exchange Server part of a document. Raises msgspec errors for other JSON."""
    document = msgspec.json.decode(data, type=_Document)
    products = dict(_products(document.product_tree.branches, "", 0))
    fixes: list[MsrcFix] = []
    described: list[Described] = []
    for vulnerability in document.vulnerabilities:
        found = list(_fixes(vulnerability, products))
        if found:
            fixes += found
            described.append(_described(vulnerability, min(each.day for each in found)))
    return MsrcDocument(fixes=tuple(fixes), described=tuple(described))


def _products(branches: list[_Branch], within: str, depth: int) -> Iterator[tuple[str, str]]:
    """Product id to the name of the product it is a version of."""
    for branch in branches:
        name = branch.name if branch.category == "product_name" else within
        if branch.product is not None:
            full = name or branch.product.name
            if "exchange server" in full.lower():
                yield branch.product.product_id, full
        if depth < DEPTH_LIMIT:
            yield from _products(branch.branches, name, depth + 1)


def _fixes(vulnerability: _Vulnerability, products: dict[str, str]) -> Iterator[MsrcFix]:
    """`details` begins with the build: `15.02.1544.033:Security Update:https://…/5063222`."""
    for remediation in vulnerability.remediations:
        if remediation.category != "vendor_fix":
            continue
        build = re.match(r"\d+\.\d+\.\d+\.\d+(?=:|$)", remediation.details)
        for product in remediation.product_ids:
            if product in products:
                yield MsrcFix(
                    cve=vulnerability.cve,
                    product=products[product],
                    kb=article(remediation.url) or article(remediation.details),
                    fixed_build=build[0] if build else "",
                    day=remediation.date[:10],
                )


def _described(vulnerability: _Vulnerability, day: str) -> Described:
    return Described(
        cve=vulnerability.cve,
        title=vulnerability.title,
        published=day,
        cwe=vulnerability.cwe.id if vulnerability.cwe else "",
        severity=next((t.details for t in vulnerability.threats if t.category == "severity"), ""),
        source="MSRC CSAF",
    )
