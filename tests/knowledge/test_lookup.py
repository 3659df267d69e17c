"""What `tocsin knowledge show` answers. Expected facts: the tables as read by fact_rows."""

from __future__ import annotations

import pytest
from fact_rows import PACKAGED, rows

from tocsin.knowledge import load
from tocsin.knowledge.lookup import Known, show


def ask(words: str) -> Known:
    return show(load(), words)


def test_a_cve_brings_all_its_rows_of_both_tables() -> None:
    tables = ("exchange-cve-fixes.csv", "exchange-cve-fixes-inferred.csv")
    expected = [r for t in tables for r in rows(PACKAGED, t) if r["cve"] == "CVE-2021-26855"]
    known = ask("cve-2021-26855")
    assert [a.cve for a in known.advisories] == ["CVE-2021-26855"]
    assert len(known.fixes) == len(expected)
    assert known.advisories[0].name == "ProxyLogon"
    assert known.advisories[0].kev
    assert {(f.product, f.cu, str(f.first_fixed)) for f in known.fixes} == {
        (r["product"], r["cu"], r["first_fixed_build"]) for r in expected
    }


def test_the_name_of_an_attack_brings_its_cves() -> None:
    named = {r["cve"] for r in rows(PACKAGED, "cves.csv") if r["name"] == "ProxyShell"}
    assert {each.cve for each in ask("proxyshell").advisories} == named


@pytest.mark.parametrize("spelling", ["15.2.1118.40", "15.02.1118.040"])
def test_a_build_in_any_spelling(spelling: str) -> None:
    known = ask(spelling)
    assert [each.label for each in known.releases] == ["2019 CU12 Nov23SU"]
    assert [each.product for each in known.support] == ["2019"]
    fixed = {
        r["cve"]
        for r in rows(PACKAGED, "exchange-cve-fixes.csv")
        if "15.2.1118.40" in (r["first_fixed_build"], r["alt_first_fixed_build"])
    }
    assert {each.cve for each in known.fixes} == fixed


def test_what_active_directory_prints_brings_the_whole_cu() -> None:
    cu = [r for r in rows(PACKAGED, "exchange-builds.csv") if r["build"].startswith("15.1.2507.")]
    assert len(ask("Version 15.1 (Build 32507.6)").releases) == len(cu)


@pytest.mark.parametrize(
    ("words", "count"),
    [("SE", 12), ("2016", 127), ("Exchange Server 2019", 122), ("2010 sp3 ru32", 1)],
)
def test_a_product_a_cu_or_an_update(words: str, count: int) -> None:
    assert len(ask(words).releases) == count


def test_a_kb_number_brings_its_builds() -> None:
    expected = {r["build"] for r in rows(PACKAGED, "exchange-builds.csv") if r["kb"] == "KB5001779"}
    assert {str(each.build) for each in ask("KB5001779").releases} == expected
    assert {str(each.build) for each in ask("5001779").releases} == expected


def test_a_setting_brings_the_cves_it_decides() -> None:
    decided = {
        r["cve"] for r in rows(PACKAGED, "cves.csv") if r["config_check"] == "extended-protection"
    }
    known = ask("extended-protection")
    assert {each.cve for each in known.advisories} == decided
    assert "ExtendedProtectionTokenChecking" in known.config_checks[0].where


@pytest.mark.parametrize("words", ["", "  ", "CVE-1999-0001", "99.9.9.9", "a", "{0}", "KB1"])
def test_what_is_not_known_is_said(words: str) -> None:
    assert ask(words).empty
