"""A record of any product about the start of a process, as the event that Sysmon writes of one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import Any

from tocsin.formats.syntax.event_values import SYSMON, VALUES_LIMIT
from tocsin.formats.syntax.log_rows import LogFault
from tocsin.formats.syntax.process_names import (
    ACTED,
    ARGUMENTS,
    HASHES,
    KINDS,
    KNOWN,
    LISTS,
    LOOSE,
    NAME_LIMIT,
    NUMBERS,
    OBJECTS,
    PLACES,
    PLATFORMS,
    SUB_NUMBERS,
    SURE,
    SYNONYMS,
    plain_name,
)
from tocsin.formats.syntax.process_values import iso_of, path_of, told, whole_path
from tocsin.model.text import N_, say

DEPTH_LIMIT = 8
"""How deep objects are looked into."""

NAMES_LIMIT = 2000
"""Names in the head of a file that are looked at, to recognise it."""

ROWS_LIMIT = 100_000
"""Rows of one list that a record holds."""

HEAD_LIMIT = 1000
"""Characters of a value that stands around several rows and is repeated in each."""

_ALARMS = frozenset({"alertid", "severity", "alertseverity", "detectionsource", "alertguid"})
"""What an alarm has beside its title."""

_WORD = 80
Fields = dict[str, list[Any]]
"""Values by Sysmon's names."""

_START = re.compile(
    r"(?:telemetry|enum|endpoint|ingress|event|action)*(?:new|synthetic|already)?(?:process|proc)?"
    r"(?:start(?:ed)?|creat(?:e|ed|ion)|launch(?:ed)?|exec(?:ute|uted|ution)?|rollup2(?:v\d+)?|running)"
    r"(?:process|proc)?(?:rule\w*)?"
)
_NEUTRAL = frozenset(
    {
        "process", "processes", "enumprocess", "telemetryprocess", "event", "info", "added",
        "snapshot", "1", "childproc",
    }
)  # fmt: skip
_OTHER = re.compile(
    r"removed|stop|terminat|exit|network|netconn|file|regist|dns|module|imageload|crossproc|logon|end$"
)
_FOREIGN = re.compile(r"linux|^lin$|ubuntu|centos|debian|redhat|macos|^mac$|darwin|osx|android")
_NUMBERS = frozenset({"1", "4688"})
_IN_WORDS = re.compile(r"(?:\d{1,5} ?- ?)?([A-Za-z]{2,24}(?P<more>[ _.-][A-Za-z]{2,24}){0,8})")
"""A kind in words, also behind its number (`2 - TELEMETRY_FILE`); identifiers have digits."""

_ASKED = ("CommandLine", "Image", "Computer", "TimeCreated")
_ANYBODYS = frozenset({"name", "aid"})
"""Names by which alone nothing is recognised; `aid` is, of CrowdStrike."""

_COMMANDS = frozenset(SYNONYMS["CommandLine"])
_HEAD = ("hostIdentifier", "calendarTime", "unixTime", "decorations", "hostname", "action")
_PID = re.compile(r"\d{1,10}|0x[0-9A-Fa-f]{1,8}")
"""A process's number of Windows; CrowdStrike has longer ones of its own."""

_TOKEN = re.compile(r'"((?:[^"\\]|\\.)*+)"\s*+(:)?|[{}\[\]]', re.DOTALL)


def tells_starts(names: AbstractSet[str]) -> bool:
    """Whether normalised names are those of process starts: a command, a program, a computer, a time.

    Windows events that keep their number and log under winlogbeat's names are others' to read.
    """
    if any(name.startswith("winlog") for name in names):
        return False
    sure = names if SURE in names else names - _ANYBODYS
    return all(not sure.isdisjoint(SYNONYMS[each]) for each in _ASKED)


def names_in_json(text: str) -> set[str]:
    """The normalised names in JSON that may end anywhere, each with those of the objects around it."""
    found: set[str] = set()
    path: list[str] = []
    name = ""
    for token in _TOKEN.finditer(text):
        mark = token[0][0]
        if mark == '"':
            if token[2]:
                name = token[1][:NAME_LIMIT]
                around = [each for each in path if each][:DEPTH_LIMIT]
                found.add(plain_name(".".join([*around, name])))
            else:
                name = ""
        elif mark in "{[":
            path.append(name)
            name = ""
        elif path:
            path.pop()
        if len(found) >= NAMES_LIMIT:
            break
    return found


def rows_of(record: dict[str, Any], depth: int = 0) -> Iterator[dict[str, Any] | LogFault]:
    """The rows that a record holds: itself, or those of an answer or of osquery's result.

    A list with more than `ROWS_LIMIT` of them ends with a fault that has no place.
    """
    if isinstance(columns := record.get("columns"), dict):
        yield _with_head(_head(record), columns)
        return
    for name, parts in (("snapshot", record), ("added", record.get("diffResults"))):
        if isinstance(parts, dict) and isinstance(parts.get(name), list):
            head = _head(record)
            for each in parts[name][:ROWS_LIMIT]:
                yield _with_head(head, each if isinstance(each, dict) else {})
            yield from _left_out(parts[name])
            return
    # A record that has a command itself may list others beside it: its alarm's evidence.
    own = any(plain_name(each) in _COMMANDS for each in record)
    if depth < DEPTH_LIMIT and not own:
        inner = next((record[each] for each in ("reply", *LISTS) if _holds(record.get(each))), None)
        if isinstance(inner, dict):
            yield from rows_of(inner, depth + 1)
            return
        if isinstance(inner, list):
            for each in inner[:ROWS_LIMIT]:
                yield from rows_of(each if isinstance(each, dict) else {}, depth + 1)
            yield from _left_out(inner)
            return
    yield record


def _left_out(rows: list[Any]) -> Iterator[LogFault]:
    if len(rows) > ROWS_LIMIT:
        why = say(N_("more than {limit} rows: the rest is left out"), limit=ROWS_LIMIT)
        yield LogFault("", why, len(rows) - ROWS_LIMIT)


def _holds(value: Any) -> bool:
    """Whether a member is a list of records, or an object around one."""
    if isinstance(value, list):
        return bool(value) and isinstance(value[0], dict)
    return isinstance(value, dict) and any(
        isinstance(value.get(each), list | dict) for each in ("reply", *LISTS)
    )


def _head(record: dict[str, Any]) -> dict[str, str]:
    """What osquery tells around its rows, flat; `name` there is that of the query."""
    found = flat({each: record[each] for each in _HEAD if each in record})
    return {name: told(value)[:HEAD_LIMIT] for name, value in found.items()}


def _with_head(head: dict[str, str], columns: dict[str, Any]) -> dict[str, Any]:
    """A row with what is told around it, which counts where the row does not say the same."""
    return {**columns, **{name: text for name, text in head.items() if name not in columns}}


def flat(record: Mapping[str, Any]) -> dict[str, Any]:
    """Every value of a known name by that name, normalised; of two with the same name the first."""
    found: dict[str, Any] = {}
    _flatten(record, "", found, 0)
    return found


def _flatten(record: Mapping[str, Any], path: str, found: dict[str, Any], depth: int) -> None:
    for name, value in record.items():
        whole = f"{path}.{name[:NAME_LIMIT]}" if path else name[:NAME_LIMIT]
        if isinstance(value, dict) and depth < DEPTH_LIMIT:
            _flatten(value, whole, found, depth + 1)
        elif (
            value is not None
            and value not in ("", [], {})
            and (known := plain_name(whole)) in KNOWN
        ):
            found.setdefault(known, value)


def start_of(record: Mapping[str, Any]) -> dict[str, Any] | None:
    """The event, flat, as `event_record.event_of` reads it; None for a row that tells no start."""
    found = flat(record)
    if not found.keys().isdisjoint(OBJECTS):
        found = {ACTED.get(name, name): value for name, value in found.items()}
    if "title" in found and _ALARMS.isdisjoint(map(plain_name, record)):
        del found["title"]  # of a window or a file: no alarm has it
    if not _is_start(found) or not _is_windows(found):
        return None
    fields = _by_field(found)
    command = _first(fields, "CommandLine")
    image = whole_path(_all(fields, "Image"), command)
    if (not image and not command) or (image or command).startswith("/"):
        return None
    above = _first(fields, "ParentCommandLine")
    event = {
        "EventID": 1,
        "Channel": f"{SYSMON}/Operational",
        "ProviderName": SYSMON,
        "Computer": _first(fields, "Computer").rpartition("\\")[2],
        "TimeCreated": _time(fields),
        "Image": image,
        "CommandLine": command,
        "ParentImage": whole_path(_all(fields, "ParentImage"), above),
        "ParentCommandLine": above,
        "User": _user(fields),
        "Hashes": _hashes(fields, found.get("processhash")),
        "CurrentDirectory": path_of(_first(fields, "CurrentDirectory")),
    }
    for name in ("OriginalFileName", "IntegrityLevel", "RuleName"):
        event[name] = _first(fields, name)
    for name in ("ProcessId", "ParentProcessId"):
        event[name] = next((each for each in _all(fields, name) if _PID.fullmatch(each)), "")
    return {name: value for name, value in event.items() if value}


def _by_field(found: Mapping[str, Any]) -> Fields:
    """What is told of each of Sysmon's fields, what counts most first."""
    ranked: dict[str, list[tuple[int, str]]] = {}
    for name in found:
        if (place := PLACES.get(name)) is not None:
            ranked.setdefault(place[0], []).append((place[1], name))
    return {
        field: [_value(name, found[name]) for _, name in sorted(each)]
        for field, each in ranked.items()
    }


def _value(name: str, value: Any) -> Any:
    if name == ARGUMENTS and isinstance(value, list):
        return " ".join(each for each in map(told, value[:VALUES_LIMIT]) if each)
    return value


def _is_start(found: Mapping[str, Any]) -> bool:
    sure = _words(found[SURE]) if SURE in found else []
    if sure:
        return any(_START.fullmatch(each) for each in sure)
    for name in KINDS:
        words = _words(found[name]) if name in found else []
        if words and not any(_may_be_start(name, each) for each in words):
            return False
    loose = (each for name in LOOSE if name in found for each in _words(found[name]))
    if any(_OTHER.search(each) for each in loose):
        return False
    return not any(_is_other(each) for name in NUMBERS for each in _values(found.get(name)))


def _may_be_start(name: str, word: str) -> bool:
    """Whether a kind is that of starts, or says nothing against one. word: normalised."""
    if name not in SUB_NUMBERS:
        return _START.fullmatch(word) is not None or word in _NEUTRAL
    if word.isdecimal():
        return word in SUB_NUMBERS[name]
    return _START.fullmatch(word.lstrip("0123456789")) is not None


def _is_other(value: Any) -> bool:
    """Whether the number of an event, or the words that stand in its place, are of another kind."""
    text = told(value)[:_WORD].strip().removesuffix(".0")
    word = plain_name(text.replace(".", " "))
    if word.isdecimal():
        return len(word) <= 5 and word not in _NUMBERS
    found = _IN_WORDS.fullmatch(text)
    if found is None:
        return False
    kind = plain_name(found[1].replace(".", " "))
    if _START.fullmatch(kind) or kind in _NEUTRAL:
        return False
    # One word alone may be an identifier that happens to have no digits.
    return found["more"] is not None or _OTHER.search(kind) is not None


def _is_windows(found: Mapping[str, Any]) -> bool:
    words = (each for name in PLATFORMS if name in found for each in _words(found[name]))
    return not any(_FOREIGN.search(each) for each in words)


def _words(value: Any) -> list[str]:
    """The values of a member that says a kind, normalised."""
    words = (plain_name(told(each)[:_WORD].replace(".", " ")) for each in _values(value))
    return [each for each in words if each]


def _values(value: Any) -> list[Any]:
    return value[:VALUES_LIMIT] if isinstance(value, list) else [value]


def _first(fields: Fields, field: str) -> str:
    return next((text for each in fields.get(field, ()) if (text := told(each))), "")


def _all(fields: Fields, field: str) -> list[str]:
    return [text for each in fields.get(field, ()) if (text := told(each))]


def _time(fields: Fields) -> str:
    """The first time that can be read; what cannot is kept, so that a reader sees it."""
    read = (iso_of(each) for each in fields.get("TimeCreated", ()))
    return next((text for text in read if text), "") or _first(fields, "TimeCreated")


def _user(fields: Fields) -> str:
    user, domain = _first(fields, "User"), _first(fields, "UserDomain")
    return f"{domain}\\{user}" if user and domain and not {"\\", "@"} & set(user) else user


def _hashes(fields: Fields, listed: Any) -> str:
    """As Sysmon writes them; Carbon Black lists them without a name, told apart by their length."""
    known = {kind: text for kind in HASHES if (text := _first(fields, kind))}
    for each in map(told, listed[:10] if isinstance(listed, list) else [listed]):
        kind = {32: "MD5", 40: "SHA1", 64: "SHA256"}.get(len(each), "")
        if kind:
            known.setdefault(kind, each)
    return ",".join(f"{kind}={known[kind]}" for kind in ("SHA1", "MD5", "SHA256") if kind in known)
