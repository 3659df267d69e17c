"""The Exchange servers that a log of Windows events names, told by its first records alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO

from tocsin.formats.syntax.log_rows import LogRecord, RecordLog
from tocsin.formats.syntax.record_reading import looked
from tocsin.model.event import Event
from tocsin.model.evidence import QUOTE_LIMIT, Evidence, Host
from tocsin.model.finding import Gap
from tocsin.model.locator import Locator

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
    known: set[str] = set()

    def tell(record: LogRecord) -> Iterator[Evidence]:
        if len(known) >= HOSTS_LIMIT or not any(mark in record.text for mark in _MARKS):
            return
        event = log.event(record.text)
        why = _why_exchange(event) if event is not None else ""
        if event is not None and why and event.host.lower() not in known:
            known.add(event.host.lower())
            yield _evidence(event, why)

    return looked(log.records(stream), at, tell)


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


def _evidence(event: Event, why: str) -> Evidence:
    host = Host(seen_by="log", names=(event.host,), product="Exchange Server")
    quote = why[:QUOTE_LIMIT]
    return Evidence(at=Locator(source=""), body=host, seen=event.when, quote=quote)
