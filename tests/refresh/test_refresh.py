"""The whole rewrite: deterministic, cautious, and believed in the documented order."""

from __future__ import annotations

import csv
import hashlib
import io
import shutil
from pathlib import Path

import facts
import infer
import merge
import pytest
import refresh

from tocsin.model.build import Build

ROOT = Path(__file__).resolve().parent.parent.parent
DATA = ROOT / "tests" / "data" / "refresh"
TABLES = ROOT / "src" / "tocsin" / "knowledge" / "data"
SHARED = ROOT.parent / "shared" / "data"

SOURCES = [
    *("--css-builds", DATA / "builds.ps1", "--css-cves", DATA / "cves.ps1"),
    *("--css-tag", "css-exchange-2031-03"),
    *("--cve", *sorted(DATA.glob("CVE-*.json"))),
    *("--cvrf", DATA / "2031-Mar.xml", "--csaf", DATA / "msrc_cve-2099-1007.json"),
    *("--kev", DATA / "kev.json", "--endoflife", DATA / "msexchange.md"),
    *("--as-of", "2031-03-20"),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the packaged tables that a test may rewrite."""
    copy = tmp_path / "data"
    shutil.copytree(TABLES, copy)
    return copy


def tables_in(folder: Path) -> list[Path]:
    """The tables that a refresh writes; folders beside them are kept by hand."""
    return sorted(each for each in folder.iterdir() if each.is_file())


def run(folder: Path, *words: object) -> int:
    return refresh.main(["--data", str(folder), *map(str, words)])


def digests(folder: Path) -> dict[str, str]:
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in tables_in(folder)}


def fix(folder: Path, cve: str, product: str, cu: str) -> dict[str, str]:
    (found,) = [
        row
        for row in csv.DictReader(io.StringIO((folder / "exchange-cve-fixes.csv").read_text()))
        if (row["cve"], row["product"], row["cu"]) == (cve, product, cu)
    ]
    return found


def test_without_a_source_the_packaged_tables_come_out_as_they_are(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(folder) == 0
    assert digests(folder) == digests(TABLES)
    assert capsys.readouterr().out == ""


def test_the_same_files_give_the_same_bytes_in_any_order(folder: Path, tmp_path: Path) -> None:
    run(folder, *SOURCES, "--out", tmp_path / "one")
    turned = [*sorted(DATA.glob("CVE-*.json"), reverse=True)]
    again = list(SOURCES)
    start = again.index("--cve") + 1
    again[start : start + len(turned)] = turned
    run(folder, *again, "--out", tmp_path / "two")
    assert digests(tmp_path / "one") == digests(tmp_path / "two")
    assert digests(folder) == digests(TABLES)


def test_a_second_run_over_its_own_result_changes_nothing(folder: Path) -> None:
    run(folder, *SOURCES)
    once = digests(folder)
    run(folder, *SOURCES)
    assert digests(folder) == once


def test_the_result_is_sound_and_what_could_not_be_used_is_told(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(folder, *SOURCES) == 0
    told = capsys.readouterr().out
    assert "fault" not in told
    assert "skipped CVE-2099-2001.json: " in told
    assert "skipped CVE-2099-9999: in the KEV catalogue for Exchange" in told
    assert "new     exchange-builds.csv: 15.2.2562.90" in told


def test_new_builds_get_the_day_of_the_cves_they_fix(folder: Path) -> None:
    run(folder, *SOURCES)
    rows = {row["build"]: row for row in facts.read(folder, "exchange-builds.csv")}
    assert rows["15.2.1748.90"]["release_date"] == "2031-03-11"
    assert rows["15.2.1748.90"]["long_build"] == "15.02.1748.090"
    assert rows["15.2.1748.90"]["source"] == "css-exchange-2031-03"
    assert rows["15.2.2562.90"]["release_date"] == "2031-03"
    assert rows["15.2.3000.5"]["release_date"] == "2031-02-11"


def test_another_number_for_a_known_update_is_kept_as_disputed(folder: Path) -> None:
    run(folder, *SOURCES)
    rows = {row["build"]: row for row in facts.read(folder, "exchange-builds.csv")}
    assert rows["15.2.1544.99"]["note"] == "disputed: other sources give 15.2.1544.44"
    assert rows["15.2.1544.44"]["note"] == ""


def test_cna_is_believed_before_css_and_the_disagreement_is_kept(folder: Path) -> None:
    run(folder, *SOURCES)
    row = fix(folder, "CVE-2099-1002", "SE", "RTM")
    assert row["first_fixed_build"] == "15.2.2562.100"
    assert (row["basis"], row["update"]) == ("cna", "Mar31SUv2")
    assert (row["alt_first_fixed_build"], row["alt_source"]) == ("15.2.2562.90", "css-exchange")


def test_msrc_kb_is_believed_before_css(folder: Path) -> None:
    run(folder, *SOURCES)
    row = fix(folder, "CVE-2099-1003", "SE", "RTM")
    assert (row["first_fixed_build"], row["basis"]) == ("15.2.2562.100", "msrc-kb")
    assert (row["alt_first_fixed_build"], row["alt_source"]) == ("15.2.2562.90", "css-exchange")
    agreed = fix(folder, "CVE-2099-1003", "2019", "CU15")
    assert agreed["source"] == "MSRC KB; css-exchange"
    assert agreed["alt_first_fixed_build"] == ""


def test_a_new_cve_is_described_and_marked(folder: Path) -> None:
    run(folder, *SOURCES)
    rows = {row["cve"]: row for row in facts.read(folder, "cves.csv")}
    new = rows["CVE-2099-1002"]
    assert (new["class"], new["cvss"], new["cwe"], new["published"]) == (
        "RCE",
        "8.8",
        "CWE-73",
        "2031-03-11",
    )
    assert (new["kev"], new["kev_added"], new["ransomware"]) == ("yes", "2031-03-20", "unknown")
    assert rows["CVE-2099-1003"]["msrc_severity"] == "Important"
    assert rows["CVE-2099-1007"]["class"] == "DoS"
    only_listed = rows["CVE-2099-1005"]
    assert (only_listed["class"], only_listed["source"]) == ("other", "css-exchange")


def test_old_rows_keep_every_word_when_a_source_only_agrees() -> None:
    rows = facts.read(TABLES, "exchange-cve-fixes.csv")
    table = facts.Builds(facts.read(TABLES, "exchange-builds.csv"))
    said = [
        facts.Statement(
            cve=row["cve"],
            cu=(row["product"], row["cu"]),
            build=Build.parse(row["first_fixed_build"]),
            basis=row["basis"],
        )
        for row in rows
    ]
    assert merge.merged_fixes(rows, said, table) == rows


def test_what_was_settled_by_hand_outlives_every_source() -> None:
    rows = facts.read(TABLES, "exchange-cve-fixes.csv")
    table = facts.Builds(facts.read(TABLES, "exchange-builds.csv"))
    special = next(row for row in rows if row["basis"] == "special")
    cu = (special["product"], special["cu"])
    other = next(
        b for b in table.by_build if table.cu_of(b) == cu and str(b) != special["first_fixed_build"]
    )
    said = [facts.Statement(cve=special["cve"], cu=cu, build=other, basis="cna")]
    (row,) = merge.merged_fixes([special], said, table)
    assert row["first_fixed_build"] == special["first_fixed_build"]
    assert (row["alt_first_fixed_build"], row["alt_source"]) == (str(other), "cvelistV5 CNA")


def test_a_choice_made_by_hand_against_the_order_is_kept() -> None:
    """Extended Protection: the code is in Aug22SU, although MSRC names the KB of Oct22SU."""
    rows = facts.read(TABLES, "exchange-cve-fixes.csv")
    table = facts.Builds(facts.read(TABLES, "exchange-builds.csv"))
    row = next(r for r in rows if (r["cve"], r["product"]) == ("CVE-2022-21979", "2013"))
    assert (row["first_fixed_build"], row["alt_first_fixed_build"]) == (
        "15.0.1497.40",
        "15.0.1497.42",
    )
    cu = ("2013", "CU23")
    october = Build.parse("15.0.1497.42")
    said = [facts.Statement(cve=row["cve"], cu=cu, build=october, basis="msrc-kb")]
    assert merge.merged_fixes([row], said, table) == [row]


def test_a_later_word_of_the_same_source_replaces_the_earlier() -> None:
    rows = facts.read(TABLES, "exchange-cve-fixes.csv")
    table = facts.Builds(facts.read(TABLES, "exchange-builds.csv"))
    row = next(r for r in rows if (r["cve"], r["product"]) == ("CVE-2026-62910", "SE"))
    said = [
        facts.Statement(
            cve=row["cve"], cu=("SE", "RTM"), build=Build.parse("15.2.2562.45"), basis=row["basis"]
        )
    ]
    (done,) = merge.merged_fixes([row], said, table)
    assert done["first_fixed_build"] == "15.2.2562.45"
    assert done["update"] == "Jul26SU"


@pytest.mark.parametrize(
    "source",
    [
        pytest.param(TABLES, id="packaged"),
        pytest.param(
            SHARED,
            id="shared",
            marks=[
                pytest.mark.shared,
                pytest.mark.skipif(not SHARED.is_dir(), reason="../shared/data is absent"),
            ],
        ),
    ],
)
def test_the_rule_reproduces_every_inferred_row_and_no_other(source: Path) -> None:
    table = facts.Builds(facts.read(source, "exchange-builds.csv"))
    computed = infer.inferred(facts.read(source, "exchange-cve-fixes.csv"), table)
    known = facts.read(source, "exchange-cve-fixes-inferred.csv")

    def keys(rows: list[dict[str, str]]) -> set[tuple[str, ...]]:
        columns = ("cve", "product", "cu", "first_fixed_build", "fix_date", "basis")
        return {tuple(row[column] for column in columns) for row in rows}

    assert keys(computed) == keys(known)
    assert len(computed) == len(known) == 1448


def test_a_fix_known_by_its_month_alone_lets_nothing_follow() -> None:
    table = facts.Builds(facts.read(TABLES, "exchange-builds.csv"))
    computed = infer.inferred(facts.read(TABLES, "exchange-cve-fixes.csv"), table)
    assert not [row for row in computed if row["cve"] == "ADV190018"]
