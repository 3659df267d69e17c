"""The lowest builds that a hybrid feature, or Exchange Online, asks of a server."""

from __future__ import annotations

from datetime import date
from functools import cache
from importlib import resources

import msgspec

from tocsin.knowledge.prepared import toml_table
from tocsin.model.build import Build


class _Row(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: str
    update: str
    since: date
    builds: tuple[str, ...]
    note: str
    source: str


class _Rows(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    floor: tuple[_Row, ...]


class Floor(msgspec.Struct, frozen=True, kw_only=True):
    """One floor. builds: the first that will do of each cumulative update, in order."""

    name: str
    update: str
    since: date
    builds: tuple[Build, ...]
    source: str

    def met(self, build: Build) -> bool:
        """Whether this build is at or above the floor of its own cumulative update."""
        own = [each for each in self.builds if each.branch == build.branch]
        return build >= (own[0] if own else self.builds[-1])

    def edges(self) -> tuple[Build, ...]:
        """Builds at which the answer changes, in order."""
        begins = (Build(*each.branch, 0) for each in self.builds)
        return tuple(sorted({*self.builds, *begins}))


@cache
def floors() -> dict[str, Floor]:
    """Every floor by name. Raises msgspec's error or ValueError on a bad file."""
    path = resources.files("tocsin.knowledge") / "data" / "hybrid" / "floors.toml"
    rows = toml_table(path.read_bytes(), _Rows).floor
    return {
        each.name: Floor(
            name=each.name,
            update=each.update,
            since=each.since,
            builds=tuple(sorted(map(Build.parse, each.builds))),
            source=each.source,
        )
        for each in rows
    }
