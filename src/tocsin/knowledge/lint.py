"""The strict linter of the knowledge: every row, every fault at once, each with file and line.

It judges the packaged tables and, in the same form, an administrator's private facts (any subset
of the tables, held against the packaged ones where a private row refers to them).
"""

from __future__ import annotations

import csv
import hashlib
import io
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from tocsin.knowledge.catalogue import branch_key
from tocsin.knowledge.columns import CELL_LIMIT, IDENTITY, INFERRED, SHAPES, padded, read_day
from tocsin.model.build import Build
from tocsin.model.text import N_, Sentence, say

TABLE_LIMIT = 50_000_000
"""Longest table, in characters; the largest packaged one has 180,000."""

FIELD_LIMIT = 131_072
"""Characters of one cell. The csv module's own limit is one of the process: readers of logs raise it."""

PROVENANCE = "PROVENANCE.toml"


class Problem(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """One fault. line: 1 is the header; 0 when the whole file is meant. column: may be empty."""

    file: str
    line: int
    column: str
    why: Sentence

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.column}: {self.why}" if self.column else f"{place}: {self.why}"


class Record(msgspec.Struct, frozen=True):
    """One row of a table and where it stands. Cells that broke their rule are in `broken`.

    judged: false for a packaged row that is only looked up while private facts are judged.
    """

    file: str
    line: int
    cells: dict[str, str]
    broken: frozenset[str] = frozenset()
    judged: bool = True

    def __getitem__(self, column: str) -> str:
        return self.cells.get(column, "")

    def sound(self, *columns: str) -> bool:
        """Whether these cells can be compared with others: filled, and of the right form."""
        return all(self[column] and column not in self.broken for column in columns)

    def fault(self, column: str, why: Sentence) -> Problem:
        """A problem at this row."""
        return Problem(file=self.file, line=self.line, column=column, why=why)


Tables = Mapping[str, tuple[Record, ...]]


def check(tables: Mapping[str, str], base: Mapping[str, str] | None = None) -> list[Problem]:
    """Every fault of `tables` (file name to text), in order of file and line; none: it is sound.

    base: the packaged tables, when `tables` are private facts that may refer to them. A
    `PROVENANCE.toml` among the tables is held against them too.
    """
    problems: list[Problem] = []
    own: dict[str, tuple[Record, ...]] = {}
    for name, text in tables.items():
        if name == PROVENANCE:
            problems += check_provenance(text, tables)
        elif name not in SHAPES:
            problems.append(_whole(name, say(N_("not a table of the knowledge"))))
        else:
            own[name], found = read_table(name, text)
            problems += found
    both = _on_top(own, base or {})
    for rule in _RULES:
        problems += rule(own, both)
    return sorted(problems, key=lambda each: (each.file, each.line, each.column, str(each.why)))


def read_table(name: str, text: str) -> tuple[tuple[Record, ...], list[Problem]]:
    """The rows of one table and what is wrong with its form, cell by cell."""
    problems: list[Problem] = []
    records: list[Record] = []
    columns = SHAPES[name]
    names = [column.name for column in columns]
    if len(text) > TABLE_LIMIT:
        why = say(N_("longer than {limit} characters; not read"), limit=TABLE_LIMIT)
        return (), [_whole(name, why)]
    reader = csv.reader(io.StringIO(text.removeprefix("\ufeff")), strict=True)
    line = 1
    try:
        for number, cells in enumerate(_short(reader)):
            if number == 0 and cells != names:
                why = say(N_("the header must be: {header}"), header=",".join(names))
                return (), [Problem(file=name, line=1, column="", why=why)]
            if number and len(cells) != len(names):
                why = say(
                    N_("{found} cells where the header has {expected}"),
                    found=len(cells),
                    expected=len(names),
                )
                problems.append(Problem(file=name, line=line, column="", why=why))
            elif number:
                record, found = _read_record(name, line, cells)
                records.append(record)
                problems += found
            line = reader.line_num + 1
    except csv.Error as fault:
        why = say(N_("not readable as CSV: {fault}"), fault=str(fault))
        problems.append(Problem(file=name, line=line, column="", why=why))
    if line == 1:
        problems.append(_whole(name, say(N_("empty: not even a header"))))
    return tuple(records), problems


def _short(rows: Iterable[list[str]]) -> Iterator[list[str]]:
    """The rows; csv.Error for one with a cell longer than `FIELD_LIMIT`."""
    for cells in rows:
        if max(map(len, cells), default=0) > FIELD_LIMIT:
            msg = f"a cell longer than {FIELD_LIMIT} characters"
            raise csv.Error(msg)
        yield cells


def _read_record(name: str, line: int, cells: list[str]) -> tuple[Record, list[Problem]]:
    found: dict[str, Sentence] = {}
    for column, cell in zip(SHAPES[name], cells, strict=True):
        why: Sentence | None = None
        if len(cell) > CELL_LIMIT:
            why = say(N_("longer than {limit} characters"), limit=CELL_LIMIT)
        elif cell != cell.strip() or any(ord(letter) < 32 or ord(letter) == 127 for letter in cell):
            why = say(N_("spaces around it, or control characters in it"))
        elif cell:
            why = column.rule(cell)
        elif column.required:
            why = say(N_("must not be empty"))
        if why is not None:
            found[column.name] = why
    values = {column.name: cell for column, cell in zip(SHAPES[name], cells, strict=True)}
    record = Record(name, line, values, frozenset(found))
    return record, [record.fault(column, why) for column, why in found.items()]


def _on_top(own: Tables, base: Mapping[str, str]) -> Tables:
    """Own rows and the base's; where both name the same thing, the own row stands for it."""
    both: dict[str, tuple[Record, ...]] = {}
    for name, columns in IDENTITY.items():
        mine = own.get(name, ())
        taken = {tuple(record[column] for column in columns) for record in mine}
        known = read_table(name, base[name])[0] if name in base else ()
        kept = (r for r in known if tuple(r[column] for column in columns) not in taken)
        both[name] = (*(msgspec.structs.replace(r, judged=False) for r in kept), *mine)
    return both


def _whole(name: str, why: Sentence) -> Problem:
    return Problem(file=name, line=0, column="", why=why)


def _unique(own: Tables, _both: Tables) -> Iterator[Problem]:
    """One row for one thing; a CVE's CU stands in one of the two fix tables only."""
    for name, columns in IDENTITY.items():
        first: dict[tuple[str, ...], Record] = {}
        rows: Iterable[Record] = own.get(name, ())
        if name == "exchange-cve-fixes-inferred.csv":
            rows = (*own.get("exchange-cve-fixes.csv", ()), *rows)
        for record in rows:
            key = tuple(record[column] for column in columns)
            before = first.setdefault(key, record)
            if before is not record and record.file == name:
                why = say(
                    N_("{what} stands already in {file}, line {line}"),
                    what=" ".join(key),
                    file=before.file,
                    line=before.line,
                )
                yield record.fault(columns[0], why)


def _builds(_own: Tables, both: Tables) -> Iterator[Problem]:
    """A number names one CU of one product; two numbers under one name must say why."""
    releases = [r for r in both["exchange-builds.csv"] if r.sound("build", "product", "cu")]
    owners: dict[tuple[int, ...], Record] = {}
    labels: dict[tuple[str, str, str], Record] = {}
    for record in releases:
        build = Build.parse(record["build"])
        if record["long_build"] != padded(build):
            yield from _mine(record, "long_build", say(N_("must be {value}"), value=padded(build)))
        owner = owners.setdefault(branch_key(build), record)
        same = (owner["product"], owner["cu"]) == (record["product"], record["cu"])
        if not same and not record["note"]:
            why = say(
                N_("{build} has the number of {product} {cu}; a note must say why"),
                build=record["build"],
                product=owner["product"],
                cu=owner["cu"],
            )
            yield from _mine(record, "cu", why)
        if record["cu"] == "Preview" or record["update"] == "Preview":
            continue
        label = labels.setdefault((record["product"], record["cu"], record["update"]), record)
        if label is not record and not (label["note"] or record["note"]):
            why = say(
                N_("{other} has the same name; a note must say which source says which"),
                other=label["build"],
            )
            yield from _mine(record, "update", why)


def _order(_own: Tables, both: Tables) -> Iterator[Problem]:
    """Within a CU a higher build is not older, unless a note explains the row."""
    newest: dict[tuple[int, ...], Record] = {}
    releases = [r for r in both["exchange-builds.csv"] if r.sound("build", "release_date")]
    for record in sorted(releases, key=lambda each: Build.parse(each["build"])):
        key = branch_key(Build.parse(record["build"]))
        before = newest.get(key)
        if before is not None:
            late = read_day(before["release_date"])[0] > read_day(record["release_date"])[1]
            if late and not (record["note"] or before["note"]):
                why = say(N_("older than {build}, which is a lower number"), build=before["build"])
                yield from _mine(record, "release_date", why)
        newest[key] = record


def _fixes(own: Tables, both: Tables) -> Iterator[Problem]:
    """A fix names a known CVE, a published build of its own CU, and a second source in full."""
    published = {r["build"]: r for r in both["exchange-builds.csv"]}
    known = {r["cve"] for r in both["cves.csv"]}
    for name in ("exchange-cve-fixes.csv", "exchange-cve-fixes-inferred.csv"):
        for record in own.get(name, ()):
            if record["cve"] not in known:
                yield record.fault("cve", say(N_("no row in {file}"), file="cves.csv"))
            if (record["basis"] == INFERRED) != (name == "exchange-cve-fixes-inferred.csv"):
                why = say(N_("{value} does not belong into this table"), value=record["basis"])
                yield record.fault("basis", why)
            if bool(record["alt_first_fixed_build"]) != bool(record["alt_source"]):
                why = say(N_("the other build and its source go together"))
                yield record.fault("alt_source", why)
            if record["alt_first_fixed_build"] == record["first_fixed_build"]:
                why = say(N_("the same build: the sources agree"))
                yield record.fault("alt_first_fixed_build", why)
            for column in ("first_fixed_build", "alt_first_fixed_build"):
                if record.sound(column):
                    yield from _fixed_build(record, column, published.get(record[column]))


def _fixed_build(record: Record, column: str, release: Record | None) -> Iterator[Problem]:
    if release is None:
        why = say(N_("{build} is not in {file}"), build=record[column], file="exchange-builds.csv")
        yield record.fault(column, why)
        return
    if (release["product"], release["cu"]) != (record["product"], record["cu"]):
        why = say(
            N_("{build} is a build of {product} {cu}"),
            build=record[column],
            product=release["product"],
            cu=release["cu"],
        )
        yield record.fault(column, why)
    elif column == "first_fixed_build" and record["update"] != release["update"]:
        why = say(
            N_("{build} is {label}"), build=record[column], label=release["update"] or release["cu"]
        )
        yield record.fault("update", why)


def _inferred(own: Tables, both: Tables) -> Iterator[Problem]:
    """A CU contains a fix by rule only if it came out after the first explicit fix."""
    days: dict[tuple[str, str], list[str]] = {}
    for record in both["exchange-cve-fixes.csv"]:
        if record.sound("fix_date"):
            days.setdefault((record["cve"], record["product"]), []).append(record["fix_date"])
            days.setdefault((record["cve"], ""), []).append(record["fix_date"])
    for record in own.get("exchange-cve-fixes-inferred.csv", ()):
        mine = days.get((record["cve"], record["product"])) or days.get((record["cve"], ""))
        if mine is None:
            why = say(N_("no explicit fix from which this could follow"))
            yield record.fault("cve", why)
        elif record.sound("fix_date"):
            first = min(read_day(day)[0] for day in mine)
            if read_day(record["fix_date"])[1] < first:
                why = say(N_("the CU is older than the first fix of {day}"), day=first.isoformat())
                yield record.fault("fix_date", why)


def _advisories(own: Tables, both: Tables) -> Iterator[Problem]:
    """KEV columns agree with each other; a score has a version; a config check is explained."""
    explained = {r["config_check"] for r in both["config_checks.csv"]}
    for record in own.get("cves.csv", ()):
        listed = record["kev"] == "yes"
        for column in ("kev_added", "ransomware"):
            if listed != bool(record[column]):
                why = say(N_("filled if and only if the CVE is in the KEV catalogue"))
                yield record.fault(column, why)
        if bool(record["cvss"]) != bool(record["cvss_version"]):
            yield record.fault("cvss_version", say(N_("a score and its version go together")))
        if record["config_check"] and record["config_check"] not in explained:
            why = say(N_("no row in {file}"), file="config_checks.csv")
            yield record.fault("config_check", why)


def _received(own: Tables, both: Tables) -> Iterator[Problem]:
    """A range ends after it begins, at published builds of its own CU."""
    published = {r["build"]: r for r in both["exchange-builds.csv"]}
    for record in own.get("exchange-received-ids.csv", ()):
        ends = ("lowest_build", "highest_build")
        for column in ends:
            if record.sound(column):
                release = published.get(record[column])
                yield from (p for p in _fixed_build(record, column, release))
        if record.sound(*ends):
            low, high = (Build.parse(record[column]) for column in ends)
            if high < low:
                yield record.fault("highest_build", say(N_("lower than the lowest build")))
            exact = low == high and str(low) == record["observed_id"]
            if record["kind"] == "exact" and not exact:
                yield record.fault("kind", say(N_("exact, but the builds differ from the id")))
        if record.sound("first_seen", "last_seen") and record["first_seen"] > record["last_seen"]:
            yield record.fault("last_seen", say(N_("before it was first seen")))


def _levels(own: Tables, both: Tables) -> Iterator[Problem]:
    """Levels and support speak of products and CUs that were published."""
    cus = {(r["product"], r["cu"]) for r in both["exchange-builds.csv"]}
    for record in own.get("exchange-ad-levels.csv", ()):
        if (record["product"], record["cu"]) not in cus:
            why = say(N_("no build of {product} {cu}"), product=record["product"], cu=record["cu"])
            yield record.fault("cu", why)
    for record in own.get("support.csv", ()):
        ends = [record[c] for c in ("mainstream_end", "support_end", "esu_end") if record.sound(c)]
        if ends != sorted(ends):
            yield record.fault("support_end", say(N_("the ends of support are not in order")))


def _mine(record: Record, column: str, why: Sentence) -> Iterator[Problem]:
    """A problem, where the row is one of those being judged."""
    if record.judged:
        yield record.fault(column, why)


_RULES = (_unique, _builds, _order, _fixes, _inferred, _advisories, _received, _levels)


def check_provenance(text: str, tables: Mapping[str, str]) -> Iterator[Problem]:
    """Each table is described, with the digest and the number of rows that it really has."""
    try:
        described: dict[str, Any] = tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        yield _whole(PROVENANCE, say(N_("not readable as TOML: {fault}"), fault=str(fault)))
        return
    files = described.get("file", {})
    files = files if isinstance(files, dict) else {}
    for name in sorted(SHAPES.keys() & tables.keys()):
        entry = files.get(name)
        if not isinstance(entry, dict):
            yield _whole(PROVENANCE, say(N_("says nothing about {file}"), file=name))
            continue
        digest = hashlib.sha256(tables[name].encode()).hexdigest()
        rows = sum(1 for _ in csv.reader(io.StringIO(tables[name]))) - 1
        for column, value in (("sha256", digest), ("rows", rows)):
            if entry.get(column) != value:
                why = say(N_("{file} is not the file described: {value}"), file=name, value=value)
                yield Problem(file=PROVENANCE, line=0, column=f"file.{name}.{column}", why=why)
