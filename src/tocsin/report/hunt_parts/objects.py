"""Findings and incidents of the hunt as plain objects, for JSON lines."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from tocsin.model.hunt import Cited, Hunt, HuntFinding, Incident
from tocsin.report.hunt_parts.telling import by_id, numbered, proof, rows_of

STEP_EVENTS = 200
"""Rows that one incident names, one a step; its findings name more."""


def hunt_objects(found: Hunt) -> Iterator[dict[str, object]]:
    """Incidents, then findings, each worst first. status: attempt, success or unknown."""
    known = by_id(found)
    for incident in found.incidents:
        yield _incident(incident, known)
    for finding in found.findings:
        yield _finding(finding)


def _finding(each: HuntFinding) -> dict[str, object]:
    """`host`, `actor` and `client` are the first of each, for readers that want one."""
    return {
        "kind": "finding",
        "room": "hunt",
        "id": each.id,
        "rule": each.rule,
        "title": each.title,
        "level": each.level,
        "status": each.outcome,
        "time": each.first,
        "first": each.first,
        "last": each.last,
        "host": each.host,
        "server": each.server,
        "actor": _first(each.actors),
        "actors": each.actors,
        "client": _first(each.clients),
        "clients": each.clients,
        "target": each.target,
        "attack": each.attack,
        "step": each.step,
        "surface": each.surface,
        "because": str(each.because),
        "count": each.count,
        "outcomes": each.outcomes,
        "events": [_event(event) for event in each.events],
        "references": each.references,
        "remediation": str(each.remediation) if each.remediation else None,
        "incident": each.incident,
    }


def _incident(each: Incident, known: dict[str, HuntFinding]) -> dict[str, object]:
    """The same words as of a finding; `events` is the row that shows each step."""
    mine = [known[name] for name in each.findings if name in known]
    shown = [proof(step.findings, known) for step in each.steps[:STEP_EVENTS]]
    return {
        "kind": "incident",
        "room": "hunt",
        "id": each.id,
        "rule": each.chain,
        "rules": list(dict.fromkeys(finding.rule for finding in mine)),
        "title": str(each.title),
        "level": each.level,
        "status": each.outcome,
        "time": each.first,
        "first": each.first,
        "last": each.last,
        "host": _first(each.hosts),
        "hosts": each.hosts,
        "servers": each.servers,
        "actor": _first(each.actors),
        "actors": each.actors,
        "client": _first(each.clients),
        "clients": each.clients,
        "attack": list(dict.fromkeys(name for step in each.steps for name in step.attack)),
        "chain": str(each.chain_title) if each.chain_title else "",
        "count": rows_of(mine),
        "steps": [
            {
                "step": step.name,
                "title": str(step.title),
                "time": step.first,
                "last": step.last,
                "host": step.host,
                "status": step.outcome,
                "level": step.level,
                "attack": step.attack,
                "because": str(step.said),
                "findings": step.findings,
            }
            for step in each.steps
        ],
        "events": [_event(event) for event in shown if event],
        "findings": each.findings,
        "joined": [str(one) for one in each.joined],
        "missing": [
            {"step": one.name, "title": str(one.title), "seen_in": one.seen_in, "read": one.read}
            for one in each.missing
        ],
        "data": [str(one) for one in each.data],
        "next": [str(one) for one in each.next],
    }


def _event(each: Cited) -> dict[str, object]:
    """One matched row: `file`, `line` or `record` where its place is a number, and the row itself."""
    return {
        "file": each.source,
        **numbered(each),
        "position": each.position,
        "sha256": each.sha256,
        "time": each.when,
        "surface": each.surface,
        "host": each.host,
        "raw": each.raw,
        "fields": each.fields,
        "decoded": each.decoded,
    }


def _first(values: tuple[str, ...]) -> str:
    return values[0] if values else ""


def without(found: Hunt) -> Hunt:
    """What is said of all logs; incidents and findings have lines of their own."""
    return msgspec.structs.replace(found, findings=(), incidents=())
