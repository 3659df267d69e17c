"""Each parser, on a small file in the exact form of its public source."""

from __future__ import annotations

from pathlib import Path

import css_exchange
import cve_record
import endoflife
import facts
import kev
import msrc
import msrc_csaf
import msrc_cvrf
import pytest
from defusedxml import EntitiesForbidden

ROOT = Path(__file__).resolve().parent.parent.parent
DATA = ROOT / "tests" / "data" / "refresh"
TABLES = ROOT / "src" / "tocsin" / "knowledge" / "data"


def table(*extra: tuple[str, str, str, str]) -> facts.Builds:
    """The packaged builds, and some more: product, cu, update, build."""
    rows = facts.read(TABLES, "exchange-builds.csv")
    empty = dict.fromkeys(rows[0], "")
    more = [
        {**empty, "product": p, "cu": cu, "update": up, "build": b, "release_date": "2031-03-11"}
        for p, cu, up, b in extra
    ]
    return facts.Builds([*rows, *more])


MARCH = (
    ("2019", "CU15", "Mar31SU", "15.2.1748.90"),
    ("SE", "RTM", "Mar31SU", "15.2.2562.90"),
    ("SE", "RTM", "Mar31SUv2", "15.2.2562.100"),
)


def text(name: str) -> str:
    return (DATA / name).read_text("utf-8")


def test_css_builds() -> None:
    found = [
        (b.product, b.cu, b.update, str(b.build)) for b in css_exchange.builds(text("builds.ps1"))
    ]
    assert found == [
        ("2019", "CU14", "", "15.2.1544.4"),
        ("2019", "CU14", "Mar24SU", "15.2.1544.9"),
        ("2019", "CU14", "Nov24SUv2", "15.2.1544.14"),
        ("2019", "CU14", "Aug26SU", "15.2.1544.99"),
        ("2019", "CU15", "", "15.2.1748.10"),
        ("2019", "CU15", "Aug26SU", "15.2.1748.49"),
        ("2019", "CU15", "Mar31SU", "15.2.1748.90"),
        ("SE", "RTM", "", "15.2.2562.17"),
        ("SE", "RTM", "Aug26SU", "15.2.2562.46"),
        ("SE", "RTM", "Mar31SU", "15.2.2562.90"),
        ("SE", "RTM", "Mar31SUv2", "15.2.2562.100"),
        ("SE", "CU1", "", "15.2.3000.5"),
    ]


def test_css_dates_and_levels() -> None:
    """A value holds for the older CUs until it is assigned again; that of an update does not."""
    found = [
        (each.product, each.cu, each.released, each.schema, each.meso, each.org)
        for each in css_exchange.levels(text("builds.ps1"))
    ]
    assert found == [
        ("SE", "CU1", "2031-02-11", "17004", "13244", "16764"),
        ("SE", "RTM", "2025-07-01", "17003", "13243", "16763"),
        ("2019", "CU15", "2025-02-10", "17003", "13243", "16763"),
        ("2019", "CU14", "2024-02-13", "17003", "13243", "16762"),
        ("2019", "CU11", "2021-09-28", "17003", "13242", "16759"),
    ]


def test_css_levels_agree_with_the_packaged_table() -> None:
    rows = facts.read(TABLES, "exchange-ad-levels.csv")
    packaged = {(r["product"], r["cu"]): r for r in rows}
    for each in css_exchange.levels(text("builds.ps1")):
        row = packaged.get((each.product, each.cu))
        if row and each.cu != "CU11":  # the piece leaves out the CUs between 14 and 11
            assert row["schema_rangeUpper"] == each.schema
            assert row["org_objectVersion"] == each.org


def test_css_cves_in_every_way_they_are_written() -> None:
    assert set(css_exchange.cves_by_update(text("cves.ps1"))) == {
        ("Mar24SU", "CVE-2099-1001", "2019"),
        ("Mar31SU", "CVE-2099-1002", "2019"),
        ("Mar31SU", "CVE-2099-1002", "SE"),
        ("Mar31SU", "CVE-2099-1003", "2019"),
        ("Mar31SU", "CVE-2099-1003", "SE"),
        ("Mar31SU", "CVE-2099-1004", "SE"),
        ("Mar31SUv2", "CVE-2099-1005", "2016"),
        ("Mar31SUv2", "CVE-2099-1005", "2019"),
        ("Mar31SUv2", "CVE-2099-1005", "SE"),
    }


def test_css_cves_reach_every_cu_that_got_the_update() -> None:
    found = css_exchange.statements(text("cves.ps1"), table(*MARCH))
    assert {(s.cve, s.cu, str(s.build)) for s in found if s.cve == "CVE-2099-1001"} == {
        ("CVE-2099-1001", ("2019", "CU13"), "15.2.1258.32"),
        ("CVE-2099-1001", ("2019", "CU14"), "15.2.1544.9"),
    }


def test_cve_record_is_joined_by_the_builds_prefix_not_by_the_printed_cu() -> None:
    """As in the vendor's record of CVE-2024-26198, whose CU13 and CU14 were swapped."""
    data = (DATA / "CVE-2099-1002.json").read_bytes()
    statements, described, skipped = cve_record.read(data, table(*MARCH))
    assert [(s.cu, str(s.build), s.basis) for s in statements] == [
        (("2019", "CU15"), "15.2.1748.90", "cna"),
        (("2019", "CU14"), "15.2.1544.14", "cna"),
        (("SE", "RTM"), "15.2.2562.100", "cna"),
    ]
    assert described is not None
    assert (described.published, described.cvss, described.cvss_version, described.cwe) == (
        "2031-03-11",
        "8.8",
        "3.1",
        "CWE-73",
    )
    assert [each.why for each in skipped] == [
        "no build but 'publication'",
        "15.1.2507.999 is not in the build table yet",
    ]


def test_a_rejected_cve_record_says_nothing() -> None:
    statements, described, skipped = cve_record.read(
        (DATA / "CVE-2099-2000.json").read_bytes(), table()
    )
    assert (statements, described) == ([], None)
    assert "not a published record" in skipped[0].why


def test_cvrf() -> None:
    document = msrc_cvrf.read((DATA / "2031-Mar.xml").read_bytes())
    assert [
        (f.cve, f.product.removeprefix("Microsoft Exchange Server "), f.kb, f.fixed_build)
        for f in document.fixes
    ] == [
        ("CVE-2099-1003", "2019 Cumulative Update 15", "KB9912345", "15.02.1748.090"),
        ("CVE-2099-1003", "Subscription Edition RTM", "KB9912346", "15.02.2562.100"),
        ("CVE-2099-1006", "2013 Service Pack 1", "KB5000871", ""),
        ("CVE-2099-1006", "2010 Service Pack 3", "KB9912349", ""),
    ]
    assert {f.day for f in document.fixes} == {"2031-03-11"}
    assert [(d.cve, d.severity) for d in document.described] == [
        ("CVE-2099-1003", "Important"),
        ("CVE-2099-1006", ""),
    ]


def test_cvrf_is_joined_by_build_then_kb_then_day() -> None:
    document = msrc_cvrf.read((DATA / "2031-Mar.xml").read_bytes())
    found = list(msrc.statements(document.fixes, table(*MARCH)))
    assert [(s.cu, str(s.build), s.basis) for s in found if isinstance(s, facts.Statement)] == [
        (("2019", "CU15"), "15.2.1748.90", "msrc-kb"),
        (("SE", "RTM"), "15.2.2562.100", "msrc-kb"),
        (("2013", "CU4"), "15.0.847.64", "msrc-kb"),
    ]
    fourth = "Microsoft Exchange Server 2010 Service Pack 3"
    assert [str(s) for s in found if isinstance(s, facts.Skipped)] == [
        f"CVE-2099-1006, {fourth}: no build for KB9912349 of 2031-03-11"
    ]


def test_the_same_day_is_the_last_resort() -> None:
    fix = msrc.MsrcFix(
        cve="CVE-2099-1",
        product="Microsoft Exchange Server 2019 Cumulative Update 15",
        kb="KB9999999",
        day="2031-03-11",
    )
    (found,) = msrc.statements([fix], table(*MARCH))
    assert isinstance(found, facts.Statement)
    assert (str(found.build), found.basis) == ("15.2.1748.90", "msrc-date")


def test_csaf() -> None:
    document = msrc_csaf.read((DATA / "msrc_cve-2099-1007.json").read_bytes())
    (fix,) = document.fixes
    assert (fix.cve, fix.kb, fix.fixed_build, fix.day) == (
        "CVE-2099-1007",
        "KB9912345",
        "15.02.1748.090",
        "2031-03-11",
    )
    (described,) = document.described
    assert described.cwe == "CWE-400"
    assert described.title == "Microsoft Exchange Server Denial of Service Vulnerability"


def test_an_entity_bomb_in_a_cvrf_document_is_refused() -> None:
    bomb = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "b"><!ENTITY c "&b;&b;">]><a>&c;</a>'
    with pytest.raises(EntitiesForbidden):
        msrc_cvrf.read(bomb)


def test_kev_sets_and_takes_away() -> None:
    rows = facts.read(TABLES, "cves.csv")
    done, skipped = kev.apply((DATA / "kev.json").read_bytes(), rows)
    by_cve = {row["cve"]: row for row in done}
    assert {row["cve"] for row in done if row["kev"] == "yes"} == {"CVE-2021-26855"}
    assert by_cve["CVE-2021-26855"]["source"].endswith("; CISA KEV 2031.03.20")
    assert by_cve["CVE-2024-21410"]["kev_added"] == by_cve["CVE-2024-21410"]["ransomware"] == ""
    assert [each.where for each in skipped] == ["CVE-2099-1002", "CVE-2099-9999"]


@pytest.mark.parametrize("name", ["msexchange.md", "msexchange.json"])
def test_endoflife_in_both_forms(name: str) -> None:
    cycles = endoflife.read(text(name))
    assert [(c.product, c.mainstream_end, c.support_end, c.latest) for c in cycles] == [
        ("SE", "", "2035-12-31", "15.2.2562.100"),
        ("2019", "2024-01-09", "2025-10-15", "15.2.1748.26"),
    ]


def test_endoflife_fills_what_is_empty_and_tells_what_differs() -> None:
    rows = facts.read(TABLES, "support.csv")
    done, told = endoflife.apply(endoflife.read(text("msexchange.md")), rows, table())
    ends = {row["product"]: row["support_end"] for row in done}
    assert ends["SE"] == "2035-12-31"
    assert ends["2019"] == "2025-10-14"
    assert [str(each) for each in told] == [
        "2019: support_end is 2025-10-14, endoflife.date says 2025-10-15",
        "SE: endoflife.date knows 15.2.2562.100, the build table does not",
    ]


@pytest.mark.parametrize(
    ("name", "cu"),
    [
        ("Microsoft Exchange Server 2019 Cumulative Update 14", ("2019", "CU14")),
        ("Microsoft Exchange Server 2016 Cumulative Update 23", ("2016", "CU23")),
        ("Microsoft Exchange Server Subscription Edition RTM", ("SE", "RTM")),
        ("Microsoft Exchange Server 2013 Service Pack 1", ("2013", "CU4")),
        ("Microsoft Exchange Server 2010 Service Pack 3 Update Rollup 31", ("2010", "SP3")),
        ("Microsoft Exchange Server 2019", ("2019", "RTM")),
        ("Microsoft Exchange Server 2003 Service Pack 2", None),
        ("Microsoft SharePoint Server 2019", None),
    ],
)
def test_the_names_of_products(name: str, cu: tuple[str, str] | None) -> None:
    assert facts.cu_of_name(name) == cu
