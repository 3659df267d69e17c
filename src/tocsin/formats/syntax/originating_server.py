"""The servers on which entries of Exchange's audit logs were written, as `OriginatingServer` prints them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from tocsin.formats.syntax.log_rows import LogRecord
from tocsin.formats.syntax.record_reading import Tell
from tocsin.model.build import parse_version
from tocsin.model.event import Event
from tocsin.model.evidence import QUOTE_LIMIT, Evidence, Host
from tocsin.model.locator import Locator

SERVER = re.compile(
    r"(?P<name>[A-Za-z0-9][\w.-]{0,252}) \((?P<build>\d{1,2}\.\d{1,3}\.\d{1,6}\.\d{1,4})\)"
)
"""`EX1 (15.01.2375.007)`, as `OriginatingServer` prints it."""

CLOUD_BUILD = "15.20."
"""How builds of Exchange Online begin; no server that is sold has one."""

HOSTS_LIMIT = 200
"""Servers of one log that are told."""


def is_cloud(build: str) -> bool:
    """Whether a server's build is one of Exchange Online."""
    return build.startswith(CLOUD_BUILD)


def servers(event_of: Callable[[bytes], Event | None], at: Locator) -> Tell:
    """What tells each server of the house once, with its build. event_of: reads one entry; at: the log."""
    known: set[str] = set()

    def tell(record: LogRecord) -> Iterator[Evidence]:
        event = event_of(record.text)
        if event is None:
            return
        fields = event.fields
        printed = (fields.get("OriginatingServer") or fields.get("Server", "")).strip()
        server = SERVER.match(printed)
        if server is None or is_cloud(server["build"]):
            return
        if printed in known or len(known) >= HOSTS_LIMIT:
            return
        known.add(printed)
        host = Host(
            seen_by="log",
            names=(server["name"],),
            product="Exchange Server",
            version=parse_version(server["build"]),
        )
        yield Evidence(at=at, body=host, seen=event.when, quote=printed[:QUOTE_LIMIT])

    return tell
