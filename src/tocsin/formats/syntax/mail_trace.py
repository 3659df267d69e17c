"""Rows of Exchange Online's message traces and of Defender's EmailEvents, under one set of names.

Those of `Get-MessageTrace`, which has one row for each recipient; rows that hold several recipients
are taken apart.
https://learn.microsoft.com/en-us/powershell/module/exchange/get-messagetracev2,
https://learn.microsoft.com/en-us/exchange/monitoring/trace-an-email-message/message-trace-modern-eac,
https://learn.microsoft.com/en-us/defender-xdr/advanced-hunting-emailevents-table
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import msgspec

from tocsin.formats.syntax.audit_fields import Fields, flatten, put
from tocsin.formats.syntax.log_rows import LogFault
from tocsin.model.text import N_, say

RECIPIENTS_LIMIT = 1000
"""Recipients of one row that are taken apart; further ones are left out."""

NAME_LIMIT = 200
"""Characters of a column's name that are looked at."""

REPEATED_LIMIT = 16 * 1024
"""Bytes of a row that are repeated for each of its recipients, as JSON."""

VALUE_LIMIT = 2000
"""Characters of one value that are repeated for each recipient."""

RECIPIENT = "RecipientTold"
"""The member of a record in which stands which of the row's recipients it is about."""

_NOT_NAME = re.compile(r"\([^)]{0,40}\)|\[[^\]]{0,40}\]|[^a-z0-9]")

_OURS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Received", ("received", "receiveddatetime", "origintimestamputc", "origintimestamp")),
    ("Received", ("datetimeutc", "timestamp", "timegenerated", "date")),
    ("SenderAddress", ("senderfromaddress", "senderaddress", "sender", "sendermailfromaddress")),
    ("RecipientAddress", ("recipientaddress", "recipientemailaddress", "recipient")),
    ("Subject", ("subject", "messagesubject")),
    ("Status", ("status", "deliveryaction")),
    ("ToIP", ("toip",)),
    ("FromIP", ("fromip", "originalclientip", "senderipv4", "senderipv6")),
    ("Size", ("size", "totalbytes", "emailsize")),
    ("MessageId", ("messageid", "internetmessageid")),
    ("MessageTraceId", ("messagetraceid", "networkmessageid")),
    ("NetworkMessageId", ("networkmessageid", "messagetraceid")),
    ("EmailDirection", ("emaildirection", "directionality")),
    ("Connector", ("connectorid", "connectors")),
    ("EventId", ("eventid",)),
)
"""Our name, and what it is called in one of the forms, the best first, letters and digits alone."""

_KNOWN = frozenset(name for _, names in _OURS for name in names)
_encode = msgspec.json.Encoder().encode

_DIRECTIONS = {
    "incoming": "Inbound",
    "inbound": "Inbound",
    "originating": "Outbound",
    "outbound": "Outbound",
    "intra-org": "Intra-org",
    "intraorg": "Intra-org",
}
_STATUSES = (
    ("fail", "Failed"),
    ("quarantine", "Quarantined"),
    ("spam", "FilteredAsSpam"),
    ("defer", "Pending"),
    ("deliver", "Delivered"),
    ("send", "Delivered"),
    ("resolve", "Resolved"),
    ("expand", "Expanded"),
)
"""A word of what happened to a recipient, and the status that `Get-MessageTrace` has for it."""

_TIMES = frozenset({"received", "receiveddatetime"})
_ORIGINS = frozenset({"origintimestamputc", "origintimestamp"})
_SUMMARY = frozenset({"date", "sender", "recipient", "subject", "status"})
_DETAIL = frozenset({"datetimeutc", "eventid", "senderaddress", "recipientaddress"})
_MORE = frozenset({"status", "messagetraceid", "messageid", "fromip", "toip", "size"})
_EVENTS = frozenset({"networkmessageid", "recipientemailaddress"})
_WRITERS = frozenset({"senderfromaddress", "sendermailfromaddress"})
_VERDICTS = frozenset({"emaildirection", "deliveryaction", "deliverylocation", "threattypes"})


def plain(name: str) -> str:
    """A column's name in letters and digits: `origin_timestamp_utc`, `Date (UTC)` alike."""
    return _plain(name[:NAME_LIMIT])


@lru_cache(maxsize=4096)
def _plain(name: str) -> str:
    return _NOT_NAME.sub("", name.lower())


def kind_of(names: set[str]) -> str:
    """Which of the forms has such columns (`plain`): `trace`, `report`, `detail`, `summary`,
    `events`; empty for none."""
    if names >= _EVENTS and names & _WRITERS and names & _VERDICTS:
        return "events"
    if names >= {"senderaddress", "recipientaddress"} and names & _TIMES and names & _MORE:
        return "trace"
    recipients = {"recipientstatus", "recipientaddress"}
    if names & _ORIGINS and "senderaddress" in names and names & recipients:
        return "report"
    if names >= _DETAIL:
        return "detail"
    return "summary" if names >= _SUMMARY else ""


def trace_fields(record: dict[str, Any]) -> Fields:
    """Every field by its own name and by ours; empty for other records."""
    found: Fields = {}
    flatten({name: bare_time(value) for name, value in record.items()}, found)
    told: Fields = {}
    for name, value in found.items():
        told.setdefault(plain(name), value)
    one = record.get(RECIPIENT)
    if isinstance(one, list) and len(one) == 2:
        # Which of several recipients the record is about comes before what the whole row says.
        _set(found, "RecipientAddress", one[0])
        _set(found, "Status", one[1])
        found.pop(RECIPIENT, None)
    for name, others in _OURS:
        put(found, name, next((told[each] for each in others if each in told), None))
    put(found, "Status", _status(told.get("eventid", "")))
    direction = _DIRECTIONS.get(found.get("EmailDirection", "").lower())
    _set(found, "EmailDirection", direction or "")
    for name in ("Sender", "Recipient"):
        put(found, f"{name}Domain", domain(found.get(f"{name}Address", "")))
    # Empty cells are no members: bounces have no sender, and what was dropped early no recipient.
    people = "SenderAddress" in found or "RecipientAddress" in found
    return found if people and "Received" in found else {}


def bare_time(value: Any) -> Any:
    """The time of `{"value": "/Date(…)/", "DateTime": "…"}`, as Windows PowerShell writes some; else
    the value."""
    if isinstance(value, dict) and "DateTime" in value and "value" in value:
        return value["value"]
    return value


def _set(found: Fields, name: str, value: Any) -> None:
    if isinstance(value, str) and value:
        found[name] = value


def domain(address: str) -> str:
    """What stands behind the last `@`, in lower case; empty if nothing does."""
    return address.rpartition("@")[2].strip(" <>").lower() if "@" in address else ""


def by_recipient(record: dict[str, Any]) -> Iterator[dict[str, Any] | LogFault]:
    """The record once for each of its recipients; as it is where it has one.

    What is left out of several, or of what they repeat, is a fault that has no place.
    """
    names = {plain(name): name for name in record}
    status = record.get(names.get("recipientstatus", ""))
    addresses = record.get(names.get("recipientaddress", ""))
    pairs: list[tuple[str, str]] = []
    if isinstance(status, str) and "##" in status:
        pairs = _pairs(status)
    elif isinstance(addresses, str) and ";" in addresses:
        pairs = [(each.strip(), "") for each in addresses.split(";")]
    pairs = [each for each in dict.fromkeys(pairs) if each[0]]
    if not pairs:
        yield record
        return
    told = {names.get("recipientstatus"), names.get("recipientaddress")}
    repeated, cut = _repeated(record, told) if len(pairs) > 1 else (record, False)
    for each in pairs[:RECIPIENTS_LIMIT]:
        yield {**repeated, RECIPIENT: list(each)}
    if (count := len(pairs) - RECIPIENTS_LIMIT) > 0:
        limit = RECIPIENTS_LIMIT
        why = say(N_("more than {limit} recipients of one row: the rest is left out"), limit=limit)
        yield LogFault("", why, count)
    if cut:
        why = say(
            N_(
                "of a row of several recipients {limit} bytes were read, {length} characters of one value"
            ),
            limit=REPEATED_LIMIT,
            length=VALUE_LIMIT,
        )
        yield LogFault("", why)


def _repeated(record: dict[str, Any], told: set[str | None]) -> tuple[dict[str, Any], bool]:
    """What of a row is repeated for each recipient, and whether that is not all of it.

    What has a name of ours comes first. told: members that hold the recipients, each of whom is told.
    """
    found: dict[str, Any] = {}
    cut, room = False, REPEATED_LIMIT
    for name in sorted(record, key=lambda each: plain(each) not in _KNOWN):
        whole = record[name]
        value = whole[:VALUE_LIMIT] if isinstance(whole, str) else whole
        size = len(_encode({name: value}))
        if size <= room:
            room -= size
            found[name] = value
        cut = cut or (name not in told and (value is not whole or name not in found))
    return found, cut


def _pairs(text: str) -> list[tuple[str, str]]:
    """`a@x##Receive, Deliver;b@x##Receive, Fail` as addresses with their status."""
    found: list[tuple[str, list[str]]] = []
    for each in text.split(";"):
        address, parted, status = each.partition("##")
        if parted:
            found.append((address.strip(), [status.strip()]))
        elif found:
            found[-1][1].append(each)
    return [(address, _status(";".join(steps))) for address, steps in found]


def _status(text: str) -> str:
    """The status of `Get-MessageTrace` for the steps of a recipient; the text where none fits."""
    lower = text.lower()
    return next((status for word, status in _STATUSES if word in lower), text)
