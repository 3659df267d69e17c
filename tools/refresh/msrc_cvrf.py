"""MSRC CVRF: one XML document per month (`cvrf/v3.0/cvrf/2022-Nov`)."""

from __future__ import annotations

from xml.etree.ElementTree import Element

from defusedxml.ElementTree import fromstring
from facts import Described
from msrc import MsrcDocument, MsrcFix, article


def read(data: bytes) -> MsrcDocument:
    """The Exchange Server part of a document. Raises ParseError and defusedxml's refusals."""
    root = fromstring(data)
    day = _text(root, "InitialReleaseDate")[:10]
    products = {
        each.get("ProductID", ""): (each.text or "").strip()
        for each in _all(root, "FullProductName")
        if "exchange server" in (each.text or "").lower()
    }
    fixes: list[MsrcFix] = []
    described: list[Described] = []
    for vulnerability in _all(root, "Vulnerability"):
        found = _fixes(vulnerability, products, day)
        if found:
            fixes += found
            described.append(_described(vulnerability, products, day))
    return MsrcDocument(fixes=tuple(fixes), described=tuple(described))


def _fixes(vulnerability: Element, products: dict[str, str], day: str) -> list[MsrcFix]:
    cve = _text(vulnerability, "CVE")
    found = []
    for remediation in _all(vulnerability, "Remediation"):
        if remediation.get("Type") != "Vendor Fix":
            continue
        kb = article(_text(remediation, "Description")) or article(_text(remediation, "URL"))
        for product in _all(remediation, "ProductID"):
            name = products.get((product.text or "").strip())
            if name:
                fixed = _text(remediation, "FixedBuild")
                found.append(MsrcFix(cve=cve, product=name, kb=kb, fixed_build=fixed, day=day))
    return found


def _described(vulnerability: Element, products: dict[str, str], day: str) -> Described:
    severity = ""
    for threat in _all(vulnerability, "Threat"):
        of_exchange = any((p.text or "").strip() in products for p in _all(threat, "ProductID"))
        if threat.get("Type") == "Severity" and of_exchange and not severity:
            severity = _text(threat, "Description")
    return Described(
        cve=_text(vulnerability, "CVE"),
        title=_text(vulnerability, "Title"),
        published=day,
        severity=severity,
        source="MSRC CVRF",
    )


def _all(element: Element, name: str) -> list[Element]:
    """Every descendant of that local name: MSRC has changed its prefixes over the years."""
    return [each for each in element.iter() if _local(each) == name]


def _text(element: Element, name: str) -> str:
    return next(((each.text or "").strip() for each in element.iter() if _local(each) == name), "")


def _local(element: Element) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""
