"""Names for what Windows events hold without a name: `data/events/names.toml`."""

from __future__ import annotations

import re
from functools import cache
from importlib import resources

import msgspec

from tocsin.knowledge.prepared import toml_table


class Values(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The values of some events of one provider.

    names: in order; the last one takes what is left. message: by id, the text that Windows shows.
    told: a regular expression that takes the values out of that text.
    """

    provider: str
    ids: tuple[int, ...]
    names: tuple[str, ...]
    message: dict[str, str] = {}
    told: str = ""

    @property
    def pattern(self) -> re.Pattern[str] | None:
        """`told`, compiled."""
        return _compiled(self.told) if self.told else None


class EventNames(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole table. labels: by section of the shown text, label to name. logs: of a provider, or of
    one of its events. channels, short: of a tool that shortens names; shown: by an event's number, what
    they mean there. columns: of exports in other languages, to English."""

    values: tuple[Values, ...]
    labels: dict[str, dict[str, str]]
    channels: dict[str, str]
    logs: dict[str, str] = {}
    short: dict[str, str]
    shown: dict[str, dict[str, str]] = {}
    columns: dict[str, str] = {}


@cache
def event_names() -> EventNames:
    """The table. Raises msgspec's error on a bad file."""
    path = resources.files("tocsin.knowledge") / "data" / "events" / "names.toml"
    return toml_table(path.read_bytes(), EventNames)


def log_of(provider: str, number: str) -> str:
    """The log that the event stands in; empty where the table does not know it."""
    logs = event_names().logs
    return logs.get(f"{provider} {number}") or logs.get(provider, "")


@cache
def values_of() -> dict[tuple[str, str], Values]:
    """By provider and id, which values an event has."""
    return {
        (each.provider, str(number)): each for each in event_names().values for number in each.ids
    }


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.DOTALL)
