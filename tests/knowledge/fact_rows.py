"""The tables as plain rows, read by the tests themselves and never by the product's loader."""

from __future__ import annotations

import csv
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PACKAGED = ROOT / "src" / "tocsin" / "knowledge" / "data"
SHARED = ROOT.parent / "shared" / "data"

Number = tuple[int, ...]


def rows(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / name).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def number(text: str) -> Number:
    """Integers, never text: 15.1.1913.10 is above 15.1.1913.9."""
    return tuple(int(part) for part in text.split("."))


def builds_by_cu(folder: Path) -> dict[tuple[str, str], list[str]]:
    """Every published build of each CU, lowest first. A preview is not an update of RTM."""
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for row in rows(folder, "exchange-builds.csv"):
        found[row["product"], row["cu"]].append(row["build"])
    return {cu: sorted(builds, key=number) for cu, builds in found.items()}


def expected_status(row: dict[str, str], build: str, config_check: str) -> str:
    """What a row of a fix table says of a published build of its CU.

    A CU that came out after the fix contains it in every build, its component numbers too
    (15.2.858.2 is what the CU 15.2.858.5 prints in some places).
    """
    if row["basis"] == "inferred-later-cu":
        return "under_investigation" if config_check else "fixed"
    fixed = [number(row["first_fixed_build"])]
    if row["alt_first_fixed_build"]:
        fixed.append(number(row["alt_first_fixed_build"]))
    at = number(build)
    if at < min(fixed):
        return "affected"
    if at < max(fixed) or config_check:
        return "under_investigation"
    return "fixed"
