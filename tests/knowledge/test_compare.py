"""What `tocsin knowledge diff` has to say about two states of the tables."""

from __future__ import annotations

from tocsin.knowledge import packaged
from tocsin.knowledge.compare import Change, compare

BUILDS = "product,cu,update,build,long_build,release_date,source,kb,note\n"
CU2 = "2016,CU2,,15.1.466.34,15.01.0466.034,2016-06-21,msdocs,,\n"
CU11 = "2016,CU11,,15.1.1591.10,15.01.1591.010,2018-10-16,msdocs,,\n"


def test_the_same_tables_do_not_differ_whatever_the_order_of_rows() -> None:
    lines = packaged()["cves.csv"].splitlines()
    turned = "\n".join([lines[0], *reversed(lines[1:])]) + "\n"
    assert compare(packaged(), {**packaged(), "cves.csv": turned}) == ()


def test_a_build_that_came_and_one_that_went() -> None:
    changes = compare({"exchange-builds.csv": BUILDS + CU2}, {"exchange-builds.csv": BUILDS + CU11})
    assert changes == (
        Change(
            kind="gone",
            file="exchange-builds.csv",
            about="15.1.466.34",
            before="2016 CU2 2016-06-21",
        ),
        Change(
            kind="new",
            file="exchange-builds.csv",
            about="15.1.1591.10",
            after="2016 CU11 2018-10-16",
        ),
    )


def test_a_changed_cell_shows_before_and_after() -> None:
    moved = CU2.replace("2016-06-21", "2016-06-22")
    assert compare(
        {"exchange-builds.csv": BUILDS + CU2}, {"exchange-builds.csv": BUILDS + moved}
    ) == (
        Change(
            kind="changed",
            file="exchange-builds.csv",
            about="15.1.466.34",
            column="release_date",
            before="2016-06-21",
            after="2016-06-22",
        ),
    )


def test_a_table_missing_on_one_side_is_wholly_new() -> None:
    changes = compare({}, {"exchange-builds.csv": BUILDS + CU11 + CU2})
    assert [(each.kind, each.about) for each in changes] == [
        ("new", "15.1.466.34"),
        ("new", "15.1.1591.10"),
    ]


def test_changes_come_in_the_order_of_numbers_not_of_letters() -> None:
    levels = "product,cu,schema_rangeUpper,meso_objectVersion,org_objectVersion,note,source\n"
    rows = "".join(f"2016,CU{n},15334,13243,16223,,x\n" for n in (10, 9, 2))
    changes = compare({}, {"exchange-ad-levels.csv": levels + rows})
    assert [each.about for each in changes] == ["2016 CU2", "2016 CU9", "2016 CU10"]
