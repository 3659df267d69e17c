"""The Exchange servers that a log of Windows events names, told by its first records alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO

import msgspec

from tocsin.formats.syntax.log_rows import LogFault, RecordLog
from tocsin.model.event import Event
from tocsin.model.evidence import QUOTE_LIMIT, Evidence, Host, Look
from tocsin.model.finding import Gap
from tocsin.model.locator import Locator

RECORDS_LIMIT = 2000
"""Records that are looked at: the hunt reads all of them, this only asks who wrote the log."""

HOSTS_LIMIT = 100
"""Servers of one file that are told: a collector's log holds many."""

_SERVER_ONLY = (
    "MSExchange CmdletLogs",
    "MSExchange Control Panel",
    "MSExchange Front End HTTP Proxy",
    "MSExchangeIS",
    "MSExchangeTransport",
    "MSExchange ADAccess",
    "MSExchange RBAC",
    "MSExchange Unified Messaging",
    "MSExchange Mid-Tier Storage",
    "Microsoft-Exchange-ActiveMonitoring",
    "Microsoft-Exchange-HighAvailability",
    "Microsoft-Exchange-ManagedAvailability",
)
"""Providers whose events only an Exchange server writes. The management tools, which stand on
workstations too, log cmdlets under the first as well: there `w3wp` or a service must be the process.
"""

_SERVICES = (
    "\\msexchangehmworker.exe",
    "\\msexchangehmhost.exe",
    "\\microsoft.exchange.store.worker.exe",
    "\\microsoft.exchange.store.service.exe",
    "\\msexchangefrontendtransport.exe",
    "\\msexchangemailboxassistants.exe",
    "\\msexchangedelivery.exe",
    "\\msexchangesubmission.exe",
    "\\edgetransport.exe",
)
"""Processes that run on Exchange servers only, as process events name them."""

_HOST = re.compile(r"[A-Za-z0-9][\w-]{0,62}(?:\.[\w-]{1,63}){0,8}")
_IMAGES = ("Image", "SourceImage", "TargetImage", "ParentImage", "ProcessName", "Application")
_MARKS = (b"MSExchange", b"Microsoft-Exchange-", b"Microsoft.Exchange.Store.", b"EdgeTransport")


def read_events(stream: BinaryIO, at: Locator, log: RecordLog) -> Iterator[Evidence | Gap]:
    """Each server once, at its first record; then one `Look` that counts what was looked at."""
    count = 0
    known: set[str] = set()
    for each in log.records(stream):
        if isinstance(each, LogFault):
            continue
        count += 1
        if len(known) < HOSTS_LIMIT and any(mark in each.text for mark in _MARKS):
            event = log.event(each.text)
            why = _why_exchange(event) if event is not None else ""
            if event is not None and why and event.host.lower() not in known:
                known.add(event.host.lower())
                yield _evidence(event, why, msgspec.structs.replace(at, position=each.position))
        if count >= RECORDS_LIMIT:
            break
    yield Evidence(at=at, body=Look(seen_by="log", records=count))


def _why_exchange(event: Event) -> str:
    """What shows that the computer is an Exchange server; empty when nothing does for certain."""
    fields = event.fields
    if not _HOST.fullmatch(event.host):
        return ""
    provider = fields.get("Provider_Name", "")
    if provider in _SERVER_ONLY:
        managed = provider == "MSExchange CmdletLogs" and "w3wp" not in fields.get("Process", "")
        return "" if managed else provider
    for name in _IMAGES:
        if fields.get(name, "").lower().endswith(_SERVICES):
            return fields[name]
    return ""


def _evidence(event: Event, why: str, at: Locator) -> Evidence:
    host = Host(seen_by="log", names=(event.host,), product="Exchange Server")
    return Evidence(at=at, body=host, seen=event.when, quote=why[:QUOTE_LIMIT])
