"""The rows that follow by rule: a CU that came out after a fix contains it.

The rule had no counter-example in the 652 explicit rows that it could be held against.
"""

from __future__ import annotations

from collections.abc import Iterable

from facts import Builds, Row

from tocsin.knowledge.columns import INFERRED
from tocsin.model.build import Build

LATER = "CU released after the fix; contains it"

SE_BORN_WITH = "2025-05-31"
SE_NOTE = "SE RTM has the code of 2019 CU15 with updates to May 2025"
"""So SE needs no fix that 2019 had by then, although no source lists SE for it."""


def inferred(fixes: Iterable[Row], table: Builds) -> list[Row]:
    """Every row that follows from the explicit ones, and is not one of them.

    A fix of which only the month is known proves no order of days, and lets nothing follow.
    """
    explicit: dict[tuple[str, str], list[Row]] = {}
    for row in fixes:
        explicit.setdefault((row["cve"], row["product"]), []).append(row)
    cus = _base_builds(table)
    done: list[Row] = []
    for (cve, product), rows in explicit.items():
        if any(len(row["fix_date"]) < 10 for row in rows):
            continue
        last = max(row["fix_date"] for row in rows)
        highest = max(Build.parse(row["first_fixed_build"]) for row in rows)
        listed = {row["cu"] for row in rows}
        for cu in cus:
            after = cu["release_date"] > last and Build.parse(cu["build"]) > highest
            if cu["product"] == product and cu["cu"] not in listed and after:
                done.append(_row(cve, cu, LATER, _setting(rows)))
        if product == "2019" and last <= SE_BORN_WITH and (cve, "SE") not in explicit:
            done += [
                _row(cve, cu, SE_NOTE, _setting(rows))
                for cu in cus
                if (cu["product"], cu["cu"]) == ("SE", "RTM")
            ]
    return done


def _base_builds(table: Builds) -> list[Row]:
    """The build each CU itself came out with; never a preview or a component number."""
    return [
        row
        for row in table.rows
        if not row["update"] and row["cu"] != "Preview" and not row["note"].startswith("component")
    ]


def _setting(rows: list[Row]) -> str:
    """What the explicit rows note about a setting holds for later CUs too."""
    return next((row["note"] for row in rows if row["note"]), "")


def _row(cve: str, cu: Row, note: str, setting: str) -> Row:
    return {
        "cve": cve,
        "product": cu["product"],
        "cu": cu["cu"],
        "first_fixed_build": cu["build"],
        "kb": "",
        "source": "inferred",
        "update": "",
        "fix_date": cu["release_date"],
        "basis": INFERRED,
        "alt_first_fixed_build": "",
        "alt_source": "",
        "note": "; ".join(part for part in (note, setting) if part),
    }
