"""Transport agents, modules and inbox rules as commands list them: rows of the same kind as out of the files.

`Get-TransportAgent`, `Get-WebGlobalModule`, `Get-InboxRule` as JSON, CSV or `Format-List`, and
`appcmd list modules /text:*`.
https://learn.microsoft.com/en-us/powershell/module/exchange/get-transportagent
https://learn.microsoft.com/en-us/powershell/module/webadministration/get-webglobalmodule
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from typing import Any, BinaryIO

import msgspec

from tocsin.formats.syntax.csv_records import Broken, header_of, rows
from tocsin.formats.syntax.event_lines import json_lines
from tocsin.formats.syntax.event_values import text_of
from tocsin.formats.syntax.log_rows import LogFault, LogRecord
from tocsin.formats.syntax.rewound import Rewound
from tocsin.formats.syntax.text_stream import decoded, head_text, lines
from tocsin.knowledge import shipped

LINE_LIMIT = 64 * 1024
"""Characters of one line of a list."""

PROPERTIES_LIMIT = 200
"""Properties of one entry."""

AGENT = frozenset({"TransportAgentFactory", "AssemblyPath"})
MODULE = frozenset({"Name", "Image", "PreCondition"})
RULE = frozenset({"MailboxOwnerId", "Name"})
_RULE = (
    "Description",
    "ForwardTo",
    "RedirectTo",
    "ForwardAsAttachmentTo",
    "SendTextMessageNotificationTo",
    "MoveToFolder",
    "DeleteMessage",
    "MarkAsRead",
    "From",
    "SubjectContainsWords",
    "SubjectOrBodyContainsWords",
    "BodyContainsWords",
)
"""What `Get-InboxRule` tells of a rule beside its name and whose it is."""
_SNIFFED = 4096
_NAME = re.compile(r'"([A-Za-z]\w{0,40})"\s*:')
_APPCMD = re.compile(r'\s{0,8}([A-Za-z.]{2,40}):"([^"]{0,2000})"')
_PROPERTY = re.compile(r"([A-Za-z]\w{0,40})\s{0,60}: ?(.*)")

_encode = msgspec.json.Encoder().encode


def names_entries(head: bytes) -> bool:
    """Whether a file's beginning is that of such a list."""
    return _is_list(_names(head_text(head)))


def _is_list(names: AbstractSet[str]) -> bool:
    return (
        names >= AGENT
        or names >= MODULE
        or names >= {"MODULE.NAME", "native"}
        or (names >= RULE and not names.isdisjoint(_RULE))
    )


def _names(text: str) -> set[str]:
    text = text.lstrip("\ufeff \t\r\n")
    if text[:1] in ("{", "["):
        return set(_NAME.findall(text))
    first = text.splitlines()[:100]
    found = {told[1] for line in first if (told := _PROPERTY.fullmatch(line))}
    found |= {told[1] for line in first if (told := _APPCMD.fullmatch(line))}
    return found if _is_list(found) else set(header_of(text))


def listed(stream: BinaryIO) -> Iterator[LogRecord | LogFault]:
    """Every agent or module as one line of JSON."""
    head = stream.read(_SNIFFED)
    again: Any = Rewound(head, stream)
    text = head_text(head).lstrip("\ufeff \t\r\n")
    if text[:1] in ("{", "["):
        found = _of_json(again)
    elif _is_list(set(header_of(text))):
        found = _of_table(again)
    else:
        found = _of_list(again)
    for each in found:
        if isinstance(each, LogFault):
            yield each
            continue
        place, record = each
        row = _row(record)
        if row is not None:
            yield LogRecord(place, _encode(row))


_Entries = Iterator[LogFault | tuple[str, dict[str, Any]]]


def _of_json(stream: Any) -> _Entries:
    for each in json_lines(stream, frozenset({"value"})):
        if isinstance(each, LogFault):
            yield each
        else:
            value = msgspec.json.decode(each.text)
            if isinstance(value, dict):
                yield each.position, value


def _of_table(stream: Any) -> _Entries:
    for row in rows(stream):
        if isinstance(row, Broken):
            yield LogFault(f"line {row.line}", row.why)
        else:
            yield f"line {row.line}", dict(row.fields())


def _of_list(stream: Any) -> _Entries:
    """`Name : value`, entries apart by blank lines; a long value goes on indented."""
    record: dict[str, Any] = {}
    first, last = 0, ""
    for line in lines(decoded(stream), LINE_LIMIT):
        told = _APPCMD.fullmatch(line.text) or _PROPERTY.fullmatch(line.text)
        if not line.text.strip() or (told is not None and told[1] in record):
            if record:
                yield f"line {first}", record
            record, last = {}, ""
        if told is not None and len(record) < PROPERTIES_LIMIT:
            first = line.number if not record else first
            record[told[1]], last = told[2].strip(), told[1]
        elif last and line.text[:1] == " ":
            record[last] += line.text.strip()
    if record:
        yield f"line {first}", record


def _row(record: dict[str, Any]) -> dict[str, str] | None:
    if record.get("AssemblyPath") or record.get("TransportAgentFactory"):
        name, path = (
            text_of(record.get("Identity") or record.get("Name")),
            text_of(record.get("AssemblyPath")),
        )
        row = {
            "element": "agent",
            "name": name,
            "AssemblyPath": path,
            "TransportAgentFactory": text_of(record.get("TransportAgentFactory")),
            "enabled": text_of(record.get("Enabled")).lower(),
            "priority": text_of(record.get("Priority")),
            "shipped": shipped.agent(name, path),
        }
    elif record.get("MailboxOwnerId") and record.get("Name"):
        row = {"element": "inboxRule", "name": text_of(record["Name"])}
        row["owner"] = text_of(record["MailboxOwnerId"])
        row["enabled"] = text_of(record.get("Enabled")).lower()
        row |= {each: text_of(record.get(each)) for each in _RULE}
    elif record.get("Image") or record.get("native"):
        name = text_of(record.get("Name") or record.get("MODULE.NAME"))
        path = text_of(record.get("Image") or record["native"])
        row = {
            "element": "globalModules",
            "action": "add",
            "name": name,
            "image": path,
            "preCondition": text_of(record.get("PreCondition")),
            "shipped": shipped.native_module(name, path),
        }
    else:
        return None
    return _filled(row.items())


def _filled(items: Iterable[tuple[str, str]]) -> dict[str, str]:
    return {name: value for name, value in items if value}
