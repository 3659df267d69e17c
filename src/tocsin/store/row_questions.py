"""The gathered rows as a table that is asked, in limited memory, and what it answers as groups."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from tocsin.analyse.hunt.correlate import PLACE, beginnings, columns, ordered, question
from tocsin.analyse.hunt.findings import first_of
from tocsin.analyse.hunt.groups import GROUPS_LIMIT, HEAD, Group
from tocsin.analyse.hunt.logstats import LogFileStat
from tocsin.knowledge.baselines import Baseline
from tocsin.knowledge.sigma import Correlation
from tocsin.knowledge.surfaces import surfaces
from tocsin.model.event import Event
from tocsin.model.evidence import Evidence
from tocsin.model.finding import Gap
from tocsin.model.hunt import EVENTS_KEPT, Outcome
from tocsin.model.locator import Locator
from tocsin.model.text import N_, Value, say

if TYPE_CHECKING:
    import duckdb

MEMORY_LIMIT = "96MB"
"""What DuckDB may hold in memory, whatever the number of rows; beyond it uses the spool's folder."""

DISK_LIMIT = "20GB"
"""What it may write there beyond the table."""

THREADS = 1
"""More would each hold a reading buffer of 32 MB."""

OBJECT_LIMIT = 1 << 20
"""Bytes of one gathered row, which bounds what a reader of the spool holds."""

IN_MEMORY = 16 << 20
"""Bytes of gathered rows up to which no file is made for them."""

TARGETS_SHOWN = 3
"""Pages, mailboxes and the like that a group names as what was asked for."""

_LIMIT = N_("the question “{title}” could not be answered of {rows} rows: {what}")
_MANY = N_("{count} answers to questions about all rows are not told: too many")
_BROKEN = N_("gathered rows could not be read again: {what}")


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What the gathered rows have answered."""

    groups: tuple[Group, ...] = ()
    gaps: tuple[Gap, ...] = ()


def answered(
    spool: Path,
    names: Sequence[str],
    correlations: Iterable[Correlation],
    baselines: Iterable[Baseline],
    stats: Iterable[LogFileStat] = (),
) -> Answer:
    """Ask every question of the rows in a folder. names: the fields that rows may have kept."""
    parts = sorted(str(each) for each in spool.glob("*.rows") if each.stat().st_size)
    if not parts:
        return Answer()
    import duckdb  # noqa: PLC0415 - a tenth of a second; most runs have no such row

    small = sum(Path(each).stat().st_size for each in parts) <= IN_MEMORY
    database = duckdb.connect(
        ":memory:" if small else str(spool / "rows.duckdb"),
        config={
            "memory_limit": MEMORY_LIMIT,
            "threads": THREADS,
            "temp_directory": str(spool / "beyond"),
            "max_temp_directory_size": DISK_LIMIT,
            "preserve_insertion_order": False,
        },
    )
    with database:
        try:
            database.execute("SET allowed_directories = ?", [[str(spool)]])
            database.execute("SET enable_external_access = false")
            database.execute("SET lock_configuration = true")
            count = _load(database, parts, names, stats)
        except duckdb.Error as fault:
            why = say(_BROKEN, what=_first_line(fault))
            return Answer(gaps=(Gap(at=Locator(source=str(spool)), why=why, kind="limit"),))
        groups: list[Group] = []
        gaps: list[Gap] = []
        known = frozenset(each.lower() for each in names)
        there = _rules_of(database)
        for each in _questions(correlations, baselines, known):
            if there.isdisjoint(each.reads):
                continue
            try:
                if not _ask(database, each):
                    continue
                if each.then:
                    there.add(each.rule)
                groups += _groups(database, each.rule, names)
            except duckdb.Error as fault:
                why = say(_LIMIT, title=each.title, rows=count, what=_first_line(fault))
                gaps.append(Gap(at=Locator(source=each.title), why=why, kind="limit"))
    if len(groups) > GROUPS_LIMIT:
        why = say(_MANY, count=len(groups) - GROUPS_LIMIT)
        gaps.append(Gap(at=Locator(source=str(spool)), why=why, kind="limit"))
    return Answer(groups=tuple(groups[:GROUPS_LIMIT]), gaps=tuple(gaps))


def _first_line(fault: Exception) -> str:
    return str(fault).partition("\n")[0][:300]


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked. reads: the rules whose rows it reads; then: what is done with the hits."""

    title: str
    rule: str
    reads: tuple[str, ...]
    sql: str
    values: Mapping[str, Any] = msgspec.field(default_factory=dict)
    then: str = ""


def _rules_of(database: duckdb.DuckDBPyConnection) -> set[str]:
    return {rule for (rule,) in database.execute("SELECT DISTINCT rule FROM rows").fetchall()}


def _ask(database: duckdb.DuckDBPyConnection, each: Question) -> int:
    """Ask one question; the number of rows that answer it, which then stand in `hits`."""
    database.execute(f"CREATE OR REPLACE TEMP TABLE hits AS {each.sql}", each.values or None)
    found = database.execute("SELECT count(*) FROM hits").fetchone()
    if found and found[0] and each.then:
        database.execute(each.then, [each.rule])
    return found[0] if found else 0


def _questions(
    correlations: Iterable[Correlation], baselines: Iterable[Baseline], known: frozenset[str]
) -> Iterator[Question]:
    kept = list(correlations)
    asked_of = {rule for each in kept for rule in each.rules}
    for each in ordered(kept):
        then = ""
        if each.id in asked_of:
            then = f"INSERT INTO rows BY NAME (SELECT * REPLACE ($1 AS rule) FROM ({beginnings(each)}))"  # noqa: S608 - no value of an input
        yield Question(
            title=each.title,
            rule=each.id,
            reads=each.rules,
            sql=question(each, known),
            then=then,
        )
    for one in baselines:
        if known.issuperset(name.lower() for name in one.fields):
            yield Question(
                title=one.title, rule=one.id, reads=one.rules, sql=one.sql, values=one.limits
            )


def _load(
    database: duckdb.DuckDBPyConnection,
    parts: Sequence[str],
    names: Sequence[str],
    stats: Iterable[LogFileStat],
) -> int:
    """The rows as a table, each with its number `n`; `logs` says what time each log spans."""
    database.execute("CREATE SEQUENCE numbers")
    database.execute(
        "CREATE TABLE rows AS SELECT nextval('numbers') AS n, * FROM read_json(?, "
        "format = 'newline_delimited', columns = ?, maximum_object_size = ?)",
        [list(parts), columns(names), OBJECT_LIMIT],
    )
    database.execute("ALTER TABLE rows ALTER n SET DEFAULT nextval('numbers')")
    database.execute("CREATE TABLE logs (surface TEXT, host TEXT, first DOUBLE, last DOUBLE)")
    for each in stats:
        if each.first is not None and each.last is not None:
            row = [each.surface, each.host, each.first.timestamp(), each.last.timestamp()]
            database.execute("INSERT INTO logs VALUES (?, ?, ?, ?)", row)
    found = database.execute("SELECT count(*) FROM rows").fetchone()
    return found[0] if found else 0


_SAMPLES = (
    "WITH cited AS (SELECT finding, rows.*, row_number() OVER (PARTITION BY finding ORDER BY {place}) "
    "AS above, row_number() OVER (PARTITION BY finding ORDER BY seconds DESC, source DESC, "
    "length(position) DESC, position DESC) AS below FROM (SELECT n, finding FROM hits) JOIN rows USING (n)) "
    "SELECT * EXCLUDE (n, rule, above, below) FROM cited WHERE above <= {head} OR below <= {tail} "
    "ORDER BY finding, above"
)
_TOTALS = (
    "SELECT finding, outcome, count(*), min(seconds), max(seconds), count(DISTINCT lower(client)), "
    "count(DISTINCT lower(actor)) FROM (SELECT n, finding FROM hits) JOIN rows USING (n) GROUP BY ALL ORDER BY ALL"
)


def _groups(
    database: duckdb.DuckDBPyConnection, rule: str, names: Sequence[str]
) -> Iterator[Group]:
    """One group a finding, with its first and last rows."""
    totals: dict[str, list[Any]] = {}
    for finding, outcome, *numbers in database.execute(_TOTALS).fetchall():
        totals.setdefault(finding, []).append((outcome, *numbers))
        if len(totals) > GROUPS_LIMIT:
            break
    said = _said(database)
    reading = database.execute(_SAMPLES.format(place=PLACE, head=HEAD, tail=EVENTS_KEPT - HEAD))
    heads = [each[0] for each in reading.description or ()]
    rows: list[dict[str, Any]] = []
    while (row := reading.fetchone()) is not None:
        record = dict(zip(heads, row, strict=True))
        if rows and rows[0]["finding"] != record["finding"]:
            yield from _group(rule, rows, totals, said, names)
            rows = []
        rows.append(record)
    if rows:
        yield from _group(rule, rows, totals, said, names)


def _said(database: duckdb.DuckDBPyConnection) -> dict[str, dict[str, Value]]:
    """Further columns that a question gives, as values of the sentence; by finding."""
    reading = database.execute("SELECT * EXCLUDE (n) FROM hits LIMIT 0")
    extra = [each[0] for each in reading.description or () if each[0] != "finding"]
    if not extra:
        return {}
    chosen = ", ".join(f'min("{each}")' for each in extra)
    found = database.execute(f"SELECT finding, {chosen} FROM hits GROUP BY finding").fetchall()  # noqa: S608 - columns of the question
    return {
        finding: {
            name: value if isinstance(value, int) else _number(value)
            for name, value in zip(extra, values, strict=True)
        }
        for finding, *values in found
    }


def _number(value: Any) -> Value:
    return f"{value:.1f}" if isinstance(value, float) else str(value)


def _group(
    rule: str,
    rows: Sequence[Mapping[str, Any]],
    totals: Mapping[str, Sequence[Any]],
    said: Mapping[str, Mapping[str, Value]],
    names: Sequence[str],
) -> Iterator[Group]:
    finding = rows[0]["finding"]
    total = totals.get(finding)
    if total is None:
        return
    events = [_evidence(row, names) for row in rows]
    head = rows[0]
    surface = surfaces().get(head["surface"])
    outcomes: dict[Outcome, int] = {}
    for outcome, count, *_ in total:
        outcomes[outcome] = outcomes.get(outcome, 0) + count
    targets = [
        first_of(each.body, surface.target if surface else ())
        for each in events
        if isinstance(each.body, Event)
    ]
    shown = [each for each in dict.fromkeys(targets) if each]
    more = f" (+{len(shown) - TARGETS_SHOWN})" if len(shown) > TARGETS_SHOWN else ""
    first = min(each[2] for each in total)
    last = max(each[3] for each in total)
    yield Group(
        rule=rule,
        surface=head["surface"],
        host=head["host"],
        client=head["client"] if _one(rows, "client") else "",
        actor=head["actor"] if _one(rows, "actor") else "",
        target=", ".join(shown[:TARGETS_SHOWN]) + more,
        key=tuple(finding.split("\0")),
        count=sum(each[1] for each in total),
        first=_time(first),
        last=_time(last),
        outcomes=outcomes,
        events=events,
        said=dict(said.get(finding, {})),
    )


def _one(rows: Iterable[Mapping[str, Any]], name: str) -> bool:
    return len({str(row[name]).lower() for row in rows}) == 1


def _time(at: float) -> datetime | None:
    return datetime.fromtimestamp(at, UTC) if at else None


def _evidence(row: Mapping[str, Any], names: Sequence[str]) -> Evidence:
    fields = {name: row[f"f.{name}"] for name in names if row[f"f.{name}"]}
    spelt = _spelling(row["surface"])
    event = Event(
        surface=row["surface"],
        fields={spelt.get(name, name): value for name, value in fields.items()},
        when=_time(row["seconds"]),
        host=row["host"],
        raw=row["raw"],
    )
    return Evidence(
        at=Locator(source=row["source"], position=row["position"]), body=event, seen=event.when
    )


def _spelling(surface: str) -> dict[str, str]:
    """The producer's spelling of the fields that the table knows in lower case."""
    known = surfaces().get(surface)
    if known is None:
        return {}
    written = (
        *known.client,
        *known.actor,
        *known.target,
        *known.agent,
        *known.status,
        *known.method,
    )
    return {each.lower(): each for each in written}
