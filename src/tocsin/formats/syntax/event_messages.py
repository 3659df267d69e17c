"""Events whose values have no names, or of which only the text is there that Windows shows.

`MSExchange Management` holds an unnamed list, and public rules are written on its text: the text is
made of the values, and the values are taken out of the text, whichever of the two is missing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from tocsin.formats.syntax.event_parameters import parameters_of
from tocsin.knowledge.event_names import Values, event_names, values_of
from tocsin.model.event import VALUE_LIMIT

CMDLETS = "MSExchange CmdletLogs"
"""The provider of the log `MSExchange Management`."""

LINES_LIMIT = 2000
"""Lines of a text that are looked at."""

_SYSMON = "Microsoft-Windows-Sysmon"
_NAMED = frozenset(
    {
        "Image",
        "NewProcessName",
        "ObjectName",
        "ScriptBlockText",
        "ServiceName",
        "SubjectUserName",
        "SubjectUserSid",
        "TargetUserName",
        "UtcTime",
    }
)
"""An event that has one of these has its values; its text says nothing more."""

_LABEL = re.compile(r"(\s*)([A-ZÀ-Þ][\w ()/,’'-]{0,60}?)\s?:(?:[ \t]+(.*))?$")
_OWN_NAME = re.compile(r"(?:[A-Z][a-z]+){2,6}[A-Z]{0,3}")
"""A label that is the value's own name, as converters write it: `TargetUserName`."""

_LISTS = ("Properties", "AccessList", "PrivilegeList")
"""Values that go on over lines."""

_PLACE = re.compile(r"\{(\w+)\}")

_SID = r"(S-1-[\d-]{1,180}|)"
_JOINED = re.compile(
    rf"([\w-]{{3,80}}), (.*), ([^,]*), {_SID}, {_SID}, ([^,]*), ([^,]*), ([^,]*), (\d*), ([\d:.]*), (.*)",
    re.DOTALL,
)
"""The values of a cmdlet in one text, joined by commas, as EvtxECmd writes a list without names."""

Fields = dict[str, str]


def complete(found: Fields, values: Sequence[str]) -> None:
    """Name what has no name. values: those of the event without a name, in order."""
    provider = found.get("Provider_Name", "")
    known = values_of().get((provider, found["EventID"]))
    if known is not None:
        if values:
            joined = _JOINED.fullmatch(values[0]) if len(values) == 1 else None
            _name(found, known, joined.groups() if joined is not None else values)
        _from_text(found, known)
        _render(found, known)
        if provider == CMDLETS and "Parameters" in found:
            for name, value in parameters_of(found["Parameters"]).items():
                if value:
                    found.setdefault(f"Parameters.{name}", value)
    if "Message" in found and (not values or known is None) and _NAMED.isdisjoint(found):
        _from_labels(found, provider)


def _name(found: Fields, known: Values, values: Sequence[str]) -> None:
    names = known.names
    last = len(names) - 1
    for place, name in enumerate(names):
        value = values[place] if place < len(values) else ""
        if place == last and len(values) > len(names):
            value = "\n".join(each for each in values[last:] if each)
        if value:
            found.setdefault(name, value)


def _from_text(found: Fields, known: Values) -> None:
    pattern = known.pattern
    if pattern is None or "Message" not in found or known.names[0] in found:
        return
    told = pattern.match(found["Message"])
    if told is not None:
        for name, value in told.groupdict().items():
            if value:
                found.setdefault(name, value)


def _render(found: Fields, known: Values) -> None:
    message = known.message.get(found["EventID"])
    if message and "Message" not in found and known.names[0] in found:
        found["Message"] = _PLACE.sub(lambda place: found.get(place[1], ""), message)


def _from_labels(found: Fields, provider: str) -> None:
    """The values of a text of labelled lines, each under its section.

    Only the text of an event that has no values of its own: what is already there stays.
    """
    labels = event_names().labels
    anywhere = labels[""]
    section = last = ""
    plain = provider == _SYSMON
    for line in found["Message"].splitlines()[:LINES_LIMIT]:
        told = _LABEL.match(line)
        if told is None:
            # A task's XML has many lines; none of them looks like a label.
            if found.get(last, "")[:1] == line.lstrip()[:1] == "<" or (
                last in _LISTS and line[:1].isspace() and line.strip()
            ):
                found[last] = f"{found[last]}\n{line}"[:VALUE_LIMIT]
            continue
        indent, label, value = told[1], told[2], (told[3] or "").strip()
        if plain:
            name: str | None = label if " " not in label else None
        elif value:
            name = labels.get(section, anywhere).get(label) or anywhere.get(label)
            if name is None and indent and _OWN_NAME.fullmatch(label):
                name = label
        else:
            section = label if not indent else section
            continue
        if name and value:
            last = name if name not in found else ""
            found.setdefault(name, value)
