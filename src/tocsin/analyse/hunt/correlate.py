"""Questions that need every row: Sigma's correlations, asked of the gathered rows by DuckDB.

The rows are never Python objects: they go from the spool into a database file beside it, whose
memory is limited, and only what is cited comes back. What a rule's author wrote stands in the SQL
only as quoted texts, quoted names and numbers.
"""

# ruff: noqa: S608 - see the last sentence above

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from tocsin.knowledge.sigma import Correlation

PLACE = "seconds, source, length(position), position"
"""The order of rows, whichever part they were read in; `line 9` stands before `line 10`."""

_SIGN = {"lt": "<", "lte": "<=", "gt": ">", "gte": ">=", "eq": "=", "neq": "<>"}
_WORD = re.compile(r"[()]|[^\s()]+")

ROW_COLUMNS = ("client", "actor", "host")
"""What a correlation may group by without naming a field of one log: who, whence and where."""


def ordered(correlations: Iterable[Correlation]) -> list[Correlation]:
    """Those that rest on other correlations after them; what rests on itself is left out."""
    left = {each.id: each for each in correlations}
    found: list[Correlation] = []
    while left:
        ready = [each for each in left.values() if not any(rule in left for rule in each.rules)]
        if not ready:
            break
        for each in ready:
            del left[each.id]
        found += ready
    return found


def question(each: Correlation, known: frozenset[str]) -> str:
    """One correlation as SQL over `rows`: `n`, the row, and `finding`, its group's values.

    known: the fields that the table has, lower case. Rows without a time, or without one of the
    values that are grouped by, take no part.
    """
    rows = _picked(each, known)
    span = float(each.timespan)
    ahead = f"OVER (PARTITION BY finding ORDER BY seconds RANGE BETWEEN CURRENT ROW AND {span} FOLLOWING)"
    if each.kind == "temporal_ordered":
        hit = f"reach_0 - seconds <= {span}"
        rows = _reaching(each, rows)
    elif each.kind == "temporal":
        hit = _together(each, ahead)
    else:
        count = "count(*)" if each.kind == "event_count" else "count(DISTINCT value)"
        if any(one.operator in ("lt", "lte", "eq", "neq") for one in each.counted):
            return _in_turn(each, rows, count)
        hit = _compared(each, f"{count} {ahead}")
    behind = f"OVER (PARTITION BY finding ORDER BY seconds RANGE BETWEEN {span} PRECEDING AND CURRENT ROW)"
    return (
        f"WITH picked AS ({rows}), marked AS (SELECT n, finding, seconds, {hit} AS hit FROM picked), "
        f"reached AS (SELECT n, finding, bool_or(hit) {behind} AS within FROM marked) "
        "SELECT n, finding FROM reached WHERE within"
    )


def _picked(each: Correlation, known: frozenset[str]) -> str:
    rules = ", ".join(_text(rule) for rule in each.rules)
    keys = [_column(each, name, known) for name in each.group_by]
    value = _column(each, each.fields[0], known) if each.fields else "NULL"
    if len(each.fields) > 1:
        value = "concat_ws(chr(0), " + ", ".join(
            f"coalesce({_column(each, name, known)}, '')" for name in each.fields
        ) + ")"  # fmt: skip
    finding = "concat_ws(chr(0), " + ", ".join(["''", *(f"lower({key})" for key in keys)]) + ")"
    present = "".join(f" AND {key} IS NOT NULL" for key in keys)
    return (
        f"SELECT n, rule, seconds, lower({value}) AS value, {finding} AS finding FROM rows "
        f"WHERE rule IN ({rules}) AND seconds > 0{present}"
    )


def _column(each: Correlation, name: str, known: frozenset[str]) -> str:
    """The value that a name stands for: a field, an alias, or who, whence and where."""
    fields = each.aliases.get(name)
    if fields is not None:
        cases = "".join(
            f" WHEN {_text(rule)} THEN {_field(field, known)}"
            for rule, field in sorted(fields.items())
        )
        return f"CASE rule{cases} END" if cases else "NULL"
    return _field(name, known)


def _field(name: str, known: frozenset[str]) -> str:
    found = [_name(f"f.{name.lower()}")] if name.lower() in known else []
    if name.lower() in ROW_COLUMNS:
        found.append(f"nullif({name.lower()}, '')")
    return f"coalesce({', '.join(found)})" if found else "CAST(NULL AS VARCHAR)"


def _compared(each: Correlation, count: str) -> str:
    return " AND ".join(f"({count}) {_SIGN[one.operator]} {one.number}" for one in each.counted)


def _in_turn(each: Correlation, rows: str, count: str) -> str:
    """Few or exactly so many: within stretches of the timespan, one after another since 1970. A
    sliding one would find few at the end of every burst."""
    return (
        f"WITH picked AS ({rows}), stretches AS (SELECT finding, floor(seconds / {each.timespan}) AS turn "
        f"FROM picked GROUP BY ALL HAVING {_compared(each, count)}) "
        "SELECT n, picked.finding FROM picked JOIN stretches ON picked.finding = stretches.finding "
        f"AND floor(picked.seconds / {each.timespan}) = stretches.turn"
    )


def _together(each: Correlation, ahead: str) -> str:
    """Several rules within the timespan: so many of them, or as the condition says."""
    seen = {rule: f"bool_or(rule = {_text(rule)}) {ahead}" for rule in each.rules}
    if not each.expression:
        total = " + ".join(f"CAST({one} AS INTEGER)" for one in seen.values())
        return _compared(each, total)
    words = []
    for word in _WORD.findall(each.expression):
        if word in ("(", ")") or word.lower() in ("and", "or", "not"):
            words.append(word.upper())
        else:
            words.append(f"({seen.get(each.named.get(word, ''), 'FALSE')})")
    return " ".join(words)


def _reaching(each: Correlation, rows: str) -> str:
    """Of each row of the first rule, when the last rule is reached through all between, in order."""
    last = len(each.rules) - 1
    sql = f"SELECT *, CASE WHEN rule = {_text(each.rules[last])} THEN seconds END AS reach_{last} FROM ({rows})"
    after = "OVER (PARTITION BY finding ORDER BY seconds RANGE BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING)"
    for place in range(last - 1, -1, -1):
        sql = (
            f"SELECT *, CASE WHEN rule = {_text(each.rules[place])} "
            f"THEN min(reach_{place + 1}) {after} END AS reach_{place} FROM ({sql})"
        )
    return sql


def beginnings(each: Correlation) -> str:
    """Of its hits those that begin a stretch: what another correlation counts it by."""
    return (
        "SELECT rows.* EXCLUDE (n) FROM rows JOIN (SELECT n, seconds, lag(seconds) OVER (PARTITION BY "
        f"finding ORDER BY {PLACE}) AS before FROM hits JOIN rows USING (n)) AS each USING (n) "
        f"WHERE before IS NULL OR each.seconds - before > {each.timespan}"
    )


def _text(value: str) -> str:
    return "'" + _whole(value).replace("'", "''") + "'"


def _name(value: str) -> str:
    return '"' + _whole(value).replace('"', '""') + '"'


def _whole(value: str) -> str:
    """Without what SQL text cannot hold: half a surrogate pair, NUL."""
    return value.encode("utf-8", "replace").decode().replace("\0", "?")


def columns(names: Sequence[str]) -> dict[str, str]:
    """The spool's columns and their types."""
    kept = ("rule", "surface", "host", "client", "actor", "source", "position", "raw", "outcome")
    return (
        {"seconds": "DOUBLE"}
        | dict.fromkeys(kept, "VARCHAR")
        | {f"f.{each}": "VARCHAR" for each in names}
    )
