"""What differs between two states of the knowledge, row by row: `tocsin knowledge diff`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal

import msgspec

from tocsin.knowledge.columns import IDENTITY, SHAPES
from tocsin.knowledge.lint import Record, read_table
from tocsin.model.build import Build

Kind = Literal["new", "gone", "changed"]


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One row that came or went, or one cell of a row that is in both.

    about: what the row is of (`CVE-2021-26855 2016 CU19`). column: of a changed cell. before and
    after: the cell, or the row's telling cells where the whole row came or went.
    """

    kind: Kind
    file: str
    about: str
    column: str = ""
    before: str = ""
    after: str = ""


_TELLING: Mapping[str, tuple[str, ...]] = {
    "exchange-builds.csv": ("product", "cu", "update", "release_date"),
    "exchange-cve-fixes.csv": ("first_fixed_build", "update", "basis"),
    "exchange-cve-fixes-inferred.csv": ("first_fixed_build", "basis"),
    "cves.csv": ("name", "class", "published"),
    "exchange-received-ids.csv": ("kind", "lowest_build", "highest_build"),
    "exchange-ad-levels.csv": ("schema_rangeUpper", "meso_objectVersion", "org_objectVersion"),
    "support.csv": ("support_end", "esu_end"),
    "config_checks.csv": ("setting",),
}


def compare(old: Mapping[str, str], new: Mapping[str, str]) -> tuple[Change, ...]:
    """Every difference between two sets of tables (file name to text), in order of table and row.

    A table that one side does not have counts as empty there. The order of rows does not matter.
    Rows that cannot be read are the linter's business and are left out here.
    """
    return tuple(
        change
        for name in SHAPES
        if name in old or name in new
        for change in _table(name, old.get(name, ""), new.get(name, ""))
    )


def _table(name: str, old: str, new: str) -> Iterator[Change]:
    before, after = _rows(name, old), _rows(name, new)
    for key in sorted(before.keys() | after.keys(), key=_in_order):
        was, now = before.get(key), after.get(key)
        about = " ".join(key)
        if was is None and now is not None:
            yield Change(kind="new", file=name, about=about, after=_telling(now))
        elif now is None and was is not None:
            yield Change(kind="gone", file=name, about=about, before=_telling(was))
        elif was is not None and now is not None:
            for column in (column.name for column in SHAPES[name]):
                if was[column] != now[column]:
                    yield Change(
                        kind="changed",
                        file=name,
                        about=about,
                        column=column,
                        before=was[column],
                        after=now[column],
                    )


def _rows(name: str, text: str) -> dict[tuple[str, ...], Record]:
    records = read_table(name, text)[0]
    return {tuple(record[column] for column in IDENTITY[name]): record for record in records}


def _telling(record: Record) -> str:
    return " ".join(record[column] for column in _TELLING[record.file] if record[column])


def _in_order(key: tuple[str, ...]) -> tuple[tuple[int, tuple[int, ...], str], ...]:
    """Builds by their integers, CU2 before CU11, everything else by its letters."""
    return tuple(_part(each) for each in key)


def _part(text: str) -> tuple[int, tuple[int, ...], str]:
    try:
        build = Build.parse(text)
    except ValueError:
        letters = text.rstrip("0123456789")
        digits = text[len(letters) :]
        return (1, (int(digits[:18] or 0),) if letters in ("CU", "SP") else (), letters or text)
    return (0, (build.major, build.minor, build.build, build.revision), "")
