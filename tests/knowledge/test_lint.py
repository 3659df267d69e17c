"""The linter: the packaged tables are sound, and every kind of fault is named where it stands."""

from __future__ import annotations

import csv
import io
import tomllib
from datetime import date

import pytest
from fact_rows import PACKAGED
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.knowledge import load, packaged
from tocsin.knowledge.columns import SHAPES
from tocsin.knowledge.lint import PROVENANCE, check


def own_tables() -> dict[str, str]:
    return {**packaged(), PROVENANCE: (PACKAGED / PROVENANCE).read_text("utf-8")}


def faults(tables: dict[str, str], base: dict[str, str] | None = None) -> list[str]:
    return [str(problem) for problem in check(tables, base)]


def changed(name: str, line: int, **cells: str) -> dict[str, str]:
    """The packaged tables with some cells of one line replaced."""
    tables = packaged()
    table = list(csv.reader(io.StringIO(tables[name])))
    for column, value in cells.items():
        table[line - 1][table[0].index(column)] = value
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(table)
    return {**tables, name: text.getvalue()}


def line_of(name: str, **cells: str) -> int:
    for number, row in enumerate(csv.DictReader(io.StringIO(packaged()[name])), start=2):
        if all(row[column] == value for column, value in cells.items()):
            return number
    pytest.fail(f"no such row in {name}: {cells}")


def test_the_packaged_tables_and_their_provenance_are_sound() -> None:
    assert faults(own_tables()) == []


def test_the_loader_and_the_provenance_name_the_same_day() -> None:
    described = tomllib.loads((PACKAGED / PROVENANCE).read_text("utf-8"))
    assert described["as_of"] == load().date == date(2026, 10, 7)


def test_no_date_of_the_tables_is_later_than_the_day_they_are_true_of() -> None:
    for row in csv.DictReader(io.StringIO(packaged()["exchange-builds.csv"])):
        assert row["release_date"] <= "2026-10-07", row


@pytest.mark.parametrize(
    ("name", "row", "cells", "words"),
    [
        ("exchange-builds.csv", {"build": "15.1.2507.61"}, {"build": "15.1.2507"}, "four numbers"),
        ("exchange-builds.csv", {"build": "15.1.2507.61"}, {"build": "15.01.2507.061"}, "plainly"),
        ("exchange-builds.csv", {"build": "15.1.2507.61"}, {"long_build": "15.1.2507.61"}, "061"),
        ("exchange-builds.csv", {"build": "15.1.2507.61"}, {"product": "2017"}, "2016"),
        ("exchange-builds.csv", {"build": "15.1.2507.61"}, {"product": "2019"}, "2016 CU23"),
        ("exchange-builds.csv", {"build": "15.1.2507.61"}, {"release_date": "2025-13-01"}, "date"),
        ("exchange-builds.csv", {"build": "15.1.2507.61"}, {"release_date": "1998-01"}, "year"),
        ("exchange-builds.csv", {"build": "15.1.2507.61"}, {"release_date": "2019-01-01"}, "older"),
        ("exchange-builds.csv", {"build": "15.1.2507.61"}, {"update": "Aug25SU"}, "same name"),
        ("exchange-builds.csv", {"build": "15.1.2507.61"}, {"kb": "5000871"}, "KB5000871"),
        ("exchange-builds.csv", {"build": "15.1.2507.61"}, {"source": ""}, "not be empty"),
        ("exchange-builds.csv", {"build": "15.1.2507.61"}, {"note": " x"}, "spaces"),
        ("exchange-builds.csv", {"build": "15.1.2507.61"}, {"note": "x" * 3000}, "longer than"),
        ("exchange-cve-fixes.csv", {"cve": "CVE-2021-26855"}, {"cve": "CVE-2099-1"}, "form of"),
        ("exchange-cve-fixes.csv", {"cve": "CVE-2021-26855"}, {"cve": "CVE-2099-1234"}, "cves.csv"),
        (
            "exchange-cve-fixes.csv",
            {"cve": "CVE-2021-26855"},
            {"first_fixed_build": "15.1.2507.60"},
            "not in exchange-builds.csv",
        ),
        (
            "exchange-cve-fixes.csv",
            {"cve": "CVE-2021-26855"},
            {"first_fixed_build": "15.1.2507.61"},
            "a build of 2016 CU23",
        ),
        ("exchange-cve-fixes.csv", {"cve": "CVE-2021-26855"}, {"update": "Apr21SU"}, "Mar21SU"),
        ("exchange-cve-fixes.csv", {"cve": "CVE-2021-26855"}, {"basis": "rumour"}, "words allowed"),
        (
            "exchange-cve-fixes.csv",
            {"cve": "CVE-2021-26855"},
            {"basis": "inferred-later-cu"},
            "does not belong",
        ),
        ("exchange-cve-fixes.csv", {"cve": "CVE-2021-26855"}, {"alt_source": "x"}, "together"),
        (
            "exchange-cve-fixes-inferred.csv",
            {"cve": "CVE-2016-0138", "cu": "CU15"},
            {"fix_date": "2015-12-13"},
            "older than the first fix",
        ),
        (
            "exchange-cve-fixes-inferred.csv",
            {"cve": "CVE-2016-0138", "cu": "CU15"},
            {"cve": "CVE-2018-8581"},
            "could follow",
        ),
        ("cves.csv", {"cve": "CVE-2021-26855"}, {"kev": "no"}, "if and only if"),
        ("cves.csv", {"cve": "CVE-2021-26855"}, {"ransomware": ""}, "if and only if"),
        ("cves.csv", {"cve": "CVE-2021-26855"}, {"cvss": "11.0"}, "0 to 10"),
        ("cves.csv", {"cve": "CVE-2021-26855"}, {"cvss_version": ""}, "go together"),
        ("cves.csv", {"cve": "CVE-2021-26855"}, {"cwe": "918"}, "CWE-918"),
        ("cves.csv", {"cve": "CVE-2024-21410"}, {"config_check": "prayer"}, "config_checks.csv"),
        (
            "exchange-received-ids.csv",
            {"observed_id": "15.2.2562.43"},
            {"highest_build": "15.2.2562.17"},
            "lower than",
        ),
        (
            "exchange-received-ids.csv",
            {"observed_id": "15.2.2562.43"},
            {"lowest_build": "15.2.2562.17"},
            "differ from the id",
        ),
        (
            "exchange-received-ids.csv",
            {"observed_id": "15.2.2562.43"},
            {"last_seen": "2020-01-01"},
            "before",
        ),
        ("exchange-received-ids.csv", {"observed_id": "15.2.2562.43"}, {"channel": "pop"}, "smtp"),
        ("exchange-ad-levels.csv", {"product": "SE"}, {"cu": "CU9"}, "no build of SE CU9"),
        ("support.csv", {"product": "2016"}, {"esu_end": "2020-01-01"}, "not in order"),
        (
            "config_checks.csv",
            {"config_check": "download-domains"},
            {"reference": "http://x"},
            "ht",
        ),
    ],
)
def test_a_fault_is_named_with_file_line_and_reason(
    name: str, row: dict[str, str], cells: dict[str, str], words: str
) -> None:
    line = line_of(name, **row)
    found = faults(changed(name, line, **cells))
    here = [each for each in found if each.startswith(f"{name}:{line}: ")]
    assert any(words in each for each in here), found


def test_a_row_twice_names_the_first() -> None:
    tables = packaged()
    table = tables["cves.csv"]
    again = table + table.splitlines()[1] + "\n"
    last = len(again.splitlines())
    assert faults({**tables, "cves.csv": again}) == [
        f"cves.csv:{last}: cve: CVE-2012-4791 stands already in cves.csv, line 2"
    ]


def test_an_inferred_row_may_not_repeat_an_explicit_one() -> None:
    tables = packaged()
    explicit = tables["exchange-cve-fixes.csv"].splitlines()[1]
    table = tables["exchange-cve-fixes-inferred.csv"] + explicit + "\n"
    found = faults({**tables, "exchange-cve-fixes-inferred.csv": table})
    assert any("stands already in exchange-cve-fixes.csv, line 2" in each for each in found)


def test_all_faults_are_told_at_once() -> None:
    tables = changed("cves.csv", 5, cvss="x", cwe="y", kev="perhaps")
    tables["support.csv"] = tables["support.csv"].replace("2017-04-11", "soon")
    columns = {problem.column for problem in check(tables)}
    assert {"cvss", "cwe", "kev", "support_end"} <= columns


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "empty"),
        ("cve,name\n", "the header must be"),
        ("{header}\nCVE-2021-26855\n", "1 cells where the header has"),
        ('{header}\n"CVE-2021-26855\n', "not readable as CSV"),
        ("{header}\nCVE-2021-1\0\n", ""),
        ("{header}\n\n", "0 cells"),
        ("{header}\n" + "," * 200_000 + "\n", "cells where"),
        ("{header}\n" + "x" * 200_000 + "\n", "not readable as CSV"),
    ],
)
def test_a_table_that_is_no_table_is_named_and_never_raises(text: str, words: str) -> None:
    header = packaged()["cves.csv"].splitlines()[0]
    found = faults({"cves.csv": text.replace("{header}", header)}, packaged())
    assert found
    assert words in found[0]


CELLS = st.lists(st.text(max_size=12), max_size=14).map(",".join)


@given(name=st.sampled_from(sorted(SHAPES)), lines=st.lists(CELLS, max_size=6))
@settings(max_examples=150, deadline=None)
def test_no_table_whatever_is_in_it_makes_the_linter_fail(name: str, lines: list[str]) -> None:
    header = ",".join(column.name for column in SHAPES[name])
    for problem in check({name: "\n".join([header, *lines])}):
        assert problem.file == name
        assert str(problem).startswith(name)


def test_a_stranger_among_the_tables_is_named() -> None:
    assert faults({"servers.csv": "a,b\n"}) == ["servers.csv: not a table of the knowledge"]


PRIVATE_BUILDS = (
    "product,cu,update,build,long_build,release_date,source,kb,note\n"
    "2016,CU23,Interim,15.1.2507.62,15.01.2507.062,2025-11-20,support case,,\n"
)
PRIVATE_FIXES = (
    "cve,product,cu,first_fixed_build,kb,source,update,fix_date,basis,"
    "alt_first_fixed_build,alt_source,note\n"
    "CVE-2025-53782,2016,CU23,15.1.2507.62,,support case,Interim,2025-11-20,special,,,\n"
)


def test_private_facts_are_judged_against_the_packaged_ones() -> None:
    private = {"exchange-builds.csv": PRIVATE_BUILDS, "exchange-cve-fixes.csv": PRIVATE_FIXES}
    assert faults(private, packaged()) == []
    alone = faults({"exchange-cve-fixes.csv": PRIVATE_FIXES}, packaged())
    assert alone == [
        "exchange-cve-fixes.csv:2: first_fixed_build: 15.1.2507.62 is not in exchange-builds.csv"
    ]


def test_a_private_row_that_takes_the_place_of_a_packaged_one_is_no_fault() -> None:
    row = next(r for r in packaged()["exchange-builds.csv"].splitlines() if "15.1.2507.61" in r)
    header = packaged()["exchange-builds.csv"].splitlines()[0]
    assert faults({"exchange-builds.csv": f"{header}\n{row}\n"}, packaged()) == []


def test_a_table_that_was_edited_no_longer_fits_its_provenance() -> None:
    tables = own_tables()
    tables["support.csv"] += "2003,,,,,somebody\n"
    found = faults(tables)
    assert any(each.startswith("PROVENANCE.toml: file.support.csv.sha256") for each in found)
    assert any(each.startswith("PROVENANCE.toml: file.support.csv.rows") for each in found)
