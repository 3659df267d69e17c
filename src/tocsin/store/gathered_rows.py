"""Rows kept for the questions that need every row, written to a folder while the logs are read.

Each reader of a part writes a file of its own, so that many can write at once; what is asked of them
afterwards does not depend on which row stands in which file.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec

from tocsin.analyse.hunt.groups import GatheredRow
from tocsin.knowledge.sigma import Correlation
from tocsin.knowledge.surfaces import surfaces

PART_LIMIT = 2 << 30
"""Bytes that one reader writes; further rows are counted as dropped and told."""

VALUE_KEPT = 2_000
"""Characters of one field that are kept of a gathered row."""

RAW_KEPT = 400
"""Characters of the row itself that are kept."""

_ENCODER = msgspec.json.Encoder()


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """Which fields of the rows of which rules are asked for. by_rule: rule id to names."""

    by_rule: dict[str, frozenset[str]]

    def names(self) -> tuple[str, ...]:
        """Every field that any row may keep, lower case, in order. No log has a field whose name
        cannot be printed; a rule may."""
        shown = {name for each in self.by_rule for name in self.by_rule[each]}
        shown |= {name for surface in surfaces() for name in shown_fields(surface)}
        return tuple(sorted({name.lower() for name in shown if name.isprintable()}))


def asked(correlations: Iterable[Correlation], others: Mapping[str, Iterable[str]]) -> Asked:
    """What correlations ask for, and others (fields by rule id, as baselines name them)."""
    found: dict[str, set[str]] = {rule: set(names) for rule, names in others.items()}
    for each in correlations:
        for rule in each.rules:
            names = found.setdefault(rule, set())
            for name in (*each.group_by, *each.fields):
                names.add(each.aliases.get(name, {}).get(rule, name))
    return Asked(by_rule={rule: frozenset(names) for rule, names in found.items()})


def shown_fields(surface: str) -> frozenset[str]:
    """The fields that a reader of a cited row wants to see."""
    known = surfaces().get(surface)
    if known is None:
        return frozenset()
    return frozenset(
        (*known.client, *known.actor, *known.target, *known.agent, *known.status, *known.method)
    )


class Gathering:
    """Writes the rows of one part. A class because a file is open between two rows."""

    def __init__(self, spool: Path, part: str, wanted: Asked) -> None:
        self.path = spool / f"{part}.rows"
        self.wanted = wanted
        self.rows = 0
        self.dropped = 0
        self._size = 0
        self._names: dict[tuple[str, str], frozenset[str]] = {}
        self._file = self.path.open("wb")

    def append(self, row: GatheredRow) -> None:
        """Keep one row, with the fields that are asked for."""
        if self._size >= PART_LIMIT:
            self.dropped += 1
            return
        line = self._line(row)
        self._file.write(line)
        self._size += len(line)
        self.rows += 1

    def flush(self) -> None:
        """See to it that what was kept so far can be read by others."""
        self._file.flush()

    def close(self) -> None:
        """Finish the file; one that holds nothing is taken away."""
        self._file.close()
        if not self.rows:
            self.path.unlink(missing_ok=True)

    def _line(self, row: GatheredRow) -> bytes:
        key = (row.rule, row.surface)
        names = self._names.get(key)
        if names is None:
            names = self.wanted.by_rule.get(row.rule, frozenset()) | shown_fields(row.surface)
            self._names[key] = names
        kept = {
            "rule": row.rule,
            "seconds": row.at,
            "surface": row.surface,
            "host": row.host,
            "client": row.client,
            "actor": row.actor,
            "source": row.source,
            "position": row.position,
            "raw": row.raw[:RAW_KEPT],
            "outcome": row.outcome,
        }
        for name in names:
            value = row.fields.get(name)
            if value:
                kept[f"f.{name.lower()}"] = value[:VALUE_KEPT]
        try:
            return _ENCODER.encode(kept) + b"\n"
        except UnicodeEncodeError:  # half a surrogate pair, which is no character
            whole = {
                name: value.encode("utf-8", "replace").decode() if isinstance(value, str) else value
                for name, value in kept.items()
            }
            return _ENCODER.encode(whole) + b"\n"
