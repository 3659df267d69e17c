"""Every row of the fix tables, held against every published build of its CU.

The rows are read here, independently of the product's loader, from the packaged tables and from
../shared/data where it is present.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from fact_rows import PACKAGED, SHARED, builds_by_cu, expected_status, rows

from tocsin.analyse.inventory.resolve import resolve
from tocsin.analyse.inventory.verdict import Judgement, judge
from tocsin.knowledge import load
from tocsin.model.build import Build, BuildRange, parse_version

FOLDERS = [
    pytest.param(PACKAGED, id="packaged"),
    pytest.param(
        SHARED,
        id="shared",
        marks=[
            pytest.mark.shared,
            pytest.mark.skipif(not SHARED.is_dir(), reason="../shared/data is absent"),
        ],
    ),
]


@cache
def verdict(build: str) -> dict[str, Judgement]:
    at = Build.parse(build)
    return {each.cve: each for each in judge(load(), BuildRange(at, at))}


def contradictions(folder: Path, table: str) -> tuple[list[str], int]:
    """Where the product says something else than the row; and how many pairs were held."""
    builds = builds_by_cu(folder)
    checks = {row["cve"]: row["config_check"] for row in rows(folder, "cves.csv")}
    wrong: list[str] = []
    held = 0
    for row in rows(folder, table):
        for build in builds[row["product"], row["cu"]]:
            expected = expected_status(row, build, checks[row["cve"]])
            judged = verdict(build)[row["cve"]]
            held += 1
            if judged.status != expected:
                wrong.append(
                    f"{row['cve']} {row['product']} {row['cu']} {build}: {judged.status}, "
                    f"expected {expected} (first fixed {row['first_fixed_build']})"
                )
    return wrong, held


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_explicit_row(folder: Path) -> None:
    wrong, held = contradictions(folder, "exchange-cve-fixes.csv")
    assert wrong == []
    assert held > 5000


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_inferred_row(folder: Path) -> None:
    wrong, held = contradictions(folder, "exchange-cve-fixes-inferred.csv")
    assert wrong == []
    assert held > 5000


COUNTS = {PACKAGED: [452, 844, 1448, 180, 313, 63], SHARED: [444, 805, 1448, 170, 313, 63]}
"""As stated beside the tables (docs/knowledge.md, data/README.md)."""


@pytest.mark.parametrize("folder", FOLDERS)
def test_the_tables_have_the_rows_they_are_known_to_have(folder: Path) -> None:
    """A lost row must not go unseen."""
    counted = {
        name: len(rows(folder, name))
        for name in (
            "exchange-builds.csv",
            "exchange-cve-fixes.csv",
            "exchange-cve-fixes-inferred.csv",
            "cves.csv",
            "exchange-received-ids.csv",
            "exchange-ad-levels.csv",
        )
    }
    assert list(counted.values()) == COUNTS[folder]


NAMES = ("cve", "product", "cu", "build", "update", "observed_id", "channel")
ADDED = ("note", "config_check")
"""Cells that may say more than they did."""


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.is_dir(), reason="../shared/data is absent")
@pytest.mark.parametrize("table", sorted(path.name for path in SHARED.glob("*.csv")))
def test_no_row_of_the_shared_tables_was_lost_or_changed(table: str) -> None:
    """What was known in August 2026 is still said, cell for cell."""

    def named(row: dict[str, str]) -> tuple[str, ...]:
        return tuple(row.get(name, "") for name in NAMES)

    packaged = {named(row): row for row in rows(PACKAGED, table)}
    for row in rows(SHARED, table):
        now = packaged[named(row)]
        for column, cell in row.items():
            assert cell == now[column] or (column in ADDED and now[column].endswith(cell)), row


SEPTEMBER_2026 = {
    "CVE-2026-55007": ("2019 CU14", "2019 CU15", "SE RTM"),
    **dict.fromkeys(
        (
            *("CVE-2026-69355", "CVE-2026-69356", "CVE-2026-69361", "CVE-2026-69375"),
            *("CVE-2026-69378", "CVE-2026-69380", "CVE-2026-69382", "CVE-2026-69641"),
        ),
        ("2016 CU23", "2019 CU14", "2019 CU15", "SE RTM"),
    ),
}
"""As the vendor's records of 2026-09-08 list the products."""


def test_the_update_of_september_2026_and_its_second_version() -> None:
    """Builds as the records and HealthChecker give them: first, second version."""
    builds = {
        "2016 CU23": ("15.1.2507.72", "15.1.2507.73", "15.1.2507.75"),
        "2019 CU14": ("15.2.1544.44", "15.2.1544.46", "15.2.1544.48"),
        "2019 CU15": ("15.2.1748.49", "15.2.1748.51", "15.2.1748.53"),
        "SE RTM": ("15.2.2562.46", "15.2.2562.49", "15.2.2562.53"),
    }
    for cu, (august, first, second) in builds.items():
        for cve, listed in SEPTEMBER_2026.items():
            if cu in listed:
                assert [verdict(b)[cve].status for b in (august, first, second)] == [
                    "affected",
                    "fixed",
                    "fixed",
                ]
        early = [verdict(b)["CVE-2026-96940"].status for b in (august, first, second)]
        assert early == ["affected", "affected", "fixed"]


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_build_between_two_sources_names_both(folder: Path) -> None:
    """The reason shows both numbers, so that the reader can check the dispute."""
    builds = builds_by_cu(folder)
    seen = 0
    for row in rows(folder, "exchange-cve-fixes.csv"):
        for build in builds[row["product"], row["cu"]]:
            undecided = expected_status(row, build, "") == "under_investigation"
            if undecided:
                seen += 1
                words = str(verdict(build)[row["cve"]].because)
                assert row["first_fixed_build"] in words
                assert row["alt_first_fixed_build"] in words
    assert seen > 100


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_patched_build_with_a_config_check_names_the_setting(folder: Path) -> None:
    settings = {row["config_check"]: row for row in rows(PACKAGED, "config_checks.csv")}
    newest = {cu: builds[-1] for cu, builds in builds_by_cu(folder).items()}
    fixes = rows(folder, "exchange-cve-fixes.csv")
    seen = 0
    for advisory in rows(folder, "cves.csv"):
        if not advisory["config_check"]:
            continue
        setting = settings[advisory["config_check"]]
        for row in fixes:
            if row["cve"] == advisory["cve"]:
                seen += 1
                judged = verdict(newest[row["product"], row["cu"]])[row["cve"]]
                assert judged.status == "under_investigation"
                assert setting["setting"] in str(judged.because)
                assert setting["where"] in str(judged.settle)
    assert seen > 50


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_received_id_maps_to_its_range(folder: Path) -> None:
    wrong: list[str] = []
    ids = rows(folder, "exchange-received-ids.csv")
    for row in ids:
        for printed in (row["observed_id"], zero_padded(row["observed_id"])):
            version = parse_version(printed, "smtp" if row["channel"] == "smtp" else "mapi")
            found = resolve(load(), version)
            mapped = (str(found.builds.low), str(found.builds.high)) if found else None
            if mapped != (row["lowest_build"], row["highest_build"]):
                wrong.append(f"{row['channel']} {printed}: {mapped}")
    assert wrong == []


def zero_padded(build: str) -> str:
    major, minor, third, fourth = build.split(".")
    return f"{major}.{int(minor):02}.{int(third):04}.{int(fourth):03}"
