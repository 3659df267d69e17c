"""What is unusual only when held against all rows: questions in SQL, one file each.

A question (`data/baselines/<name>.toml`) is asked of the rows that gathering rules have kept. Its SQL
reads the tables `rows` (`n`, `rule`, `seconds` since 1970, `surface`, `host`, `client`, `actor`,
`outcome`, `source`, `position`, and each kept field as `"f.<name in lower case>"`) and `logs`
(`surface`, `host`, `first`, `last`), and answers with `n`, the rows that stand out, and `finding`,
which of them are one finding; further columns fill places of the sentence.
"""

from __future__ import annotations

from functools import cache
from importlib import resources

import msgspec

from tocsin.knowledge.prepared import toml_table
from tocsin.model.finding import Level


class BaselineRows(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Rows of an example: `times` rows, `every` seconds, from `at` on, by `client`; `{n}` in a field
    is the row's number."""

    at: float
    client: str = "203.0.113.9"
    times: int = 1
    every: float = 1.0
    host: str = "EX01"
    surface: str = "iis"
    outcome: str = "success"
    fields: dict[str, str] = {}


class BaselineExample(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An example of the question. logs: seconds that the log of its host spans."""

    title: str
    finds: bool
    rows: tuple[BaselineRows, ...]
    logs: tuple[float, float] = (1.0, 2_000_000_000.0)


class Baseline(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One question.

    rules: ids of the gathering rules whose rows it reads. fields: those that it reads. limits: the
    numbers in the SQL, by name, each with its reason in a comment of the file.
    """

    id: str
    title: str
    level: Level
    tags: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    step: str = ""
    because: str
    remediation: str = ""
    rules: tuple[str, ...]
    fields: tuple[str, ...]
    limits: dict[str, float] = {}
    sql: str
    example: tuple[BaselineExample, ...] = ()


@cache
def baselines() -> tuple[Baseline, ...]:
    """Every question. Raises msgspec's error, with the path of the fault, on a bad file."""
    folder = resources.files("tocsin.knowledge") / "data" / "baselines"
    return tuple(
        toml_table(each.read_bytes(), Baseline)
        for each in sorted(folder.iterdir(), key=lambda entry: entry.name)
        if each.name.endswith(".toml")
    )


def asked_fields() -> dict[str, tuple[str, ...]]:
    """The fields that the questions read, by gathering rule."""
    found: dict[str, dict[str, None]] = {}
    for each in baselines():
        for rule in each.rules:
            found.setdefault(rule, {}).update(dict.fromkeys(each.fields))
    return {rule: tuple(names) for rule, names in found.items()}
