"""CISA's catalogue of known exploited vulnerabilities (JSON)."""

from __future__ import annotations

import msgspec
from facts import Row, Skipped


class _Entry(msgspec.Struct):
    cveID: str  # noqa: N815 (the format's own name)
    dateAdded: str  # noqa: N815
    vendorProject: str = ""  # noqa: N815
    product: str = ""
    knownRansomwareCampaignUse: str = ""  # noqa: N815


class _Catalogue(msgspec.Struct):
    catalogVersion: str  # noqa: N815
    vulnerabilities: list[_Entry]


def apply(data: bytes, rows: list[Row]) -> tuple[list[Row], list[Skipped]]:
    """The CVE rows with their KEV columns as the catalogue has them today.

    A CVE that left the catalogue loses its mark. Raises msgspec errors for other JSON.
    """
    catalogue = msgspec.json.decode(data, type=_Catalogue)
    entries = {each.cveID: each for each in catalogue.vulnerabilities}
    source = f"CISA KEV {catalogue.catalogVersion}"
    done = [_marked(row, entries.get(row["cve"]), source) for row in rows]
    known = {row["cve"] for row in rows}
    skipped = [
        Skipped(where=each.cveID, why="in the KEV catalogue for Exchange, but no row in cves.csv")
        for each in sorted(entries.values(), key=lambda entry: entry.cveID)
        if "exchange server" in each.product.lower() and each.cveID not in known
    ]
    return done, skipped


def _marked(row: Row, entry: _Entry | None, source: str) -> Row:
    named = [each for each in row["source"].split("; ") if not each.startswith("CISA KEV")]
    if entry is None:
        marks = {"kev": "no", "kev_added": "", "ransomware": ""}
        return {**row, **marks, "source": "; ".join(named)}
    known = entry.knownRansomwareCampaignUse.lower() == "known"
    return {
        **row,
        "kev": "yes",
        "kev_added": entry.dateAdded,
        "ransomware": "known" if known else "unknown",
        "source": "; ".join([*named, source]),
    }
