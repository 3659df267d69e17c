"""Walks through the rows of a log as the hunt does."""

from __future__ import annotations

import io

from tocsin.formats import HEAD_SIZE, Reading, recognise
from tocsin.formats.syntax.log_rows import Layout, LineLog
from tocsin.model.event import Event
from tocsin.model.evidence import Evidence, Host
from tocsin.model.finding import Gap
from tocsin.model.locator import Locator


def log_of(data: bytes) -> tuple[LineLog, Layout]:
    """The log that a file is taken for, and its first layout."""
    found = recognise(data[:HEAD_SIZE])
    assert found is not None, "not recognised"
    assert isinstance(found.log, LineLog), found.name
    layout = found.log.begin(data[:HEAD_SIZE])
    assert layout is not None
    return found.log, layout


def rows(data: bytes) -> tuple[list[Event], list[bytes]]:
    """The events of a log, and the lines that are no rows of it."""
    log, layout = log_of(data)
    events, others = [], []
    for line in data.split(b"\n"):
        if line.startswith(log.marks):
            layout = log.turns(line.rstrip(b"\r"), layout)
        elif line.strip():
            event = log.event(line.rstrip(b"\r"), layout)
            if event is None:
                others.append(line)
            else:
                events.append(event)
    return events, others


def evidence(data: bytes) -> list[Evidence | Gap]:
    """What the inventory reads of a log."""
    found = recognise(data[:HEAD_SIZE])
    assert found is not None
    return list(found.read(io.BytesIO(data), Locator(source="a.log"), Reading()))


def hosts(data: bytes) -> list[Host]:
    """The servers that a log names."""
    return [
        each.body
        for each in evidence(data)
        if isinstance(each, Evidence) and isinstance(each.body, Host)
    ]
