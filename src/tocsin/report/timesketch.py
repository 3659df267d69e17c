"""A timeline for Timesketch, one row for each kept row of the hunt's findings.

Columns as its importer wants them: `message`, `datetime`, `timestamp_desc`, `tag` as a JSON list;
https://timesketch.org/guides/user/import-from-json-csv/. It drops rows without a time, so rows that
have none are counted in one last row, dated with the end of the run.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import datetime

import msgspec

from tocsin.model.hunt import Cited, HuntFinding
from tocsin.model.run import Run
from tocsin.model.text import N_
from tocsin.report import Output, Translate
from tocsin.report.csv import cell
from tocsin.report.hunt_parts.telling import place, utc

COLUMNS = (
    "message",
    "datetime",
    "timestamp_desc",
    "tag",
    "hostname",
    "source_ip",
    "username",
    "outcome",
    "level",
    "rule",
    "rule_title",
    "step",
    "attack",
    "target",
    "log",
    "source",
    "sha256",
    "decoded",
    "raw",
    "incident",
    "finding",
    "server",
)

DESCRIPTION = "Event logged"
LEFT_OUT = "Tocsin run ended"


def render(run: Run, translate: Translate, lang: str) -> str:  # noqa: ARG001
    """Rows in the order of time. Only the head when nothing was hunted or found."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    findings = run.hunt.findings if run.hunt else ()
    dated = [(event.when, each, event) for each, event in _events(findings) if event.when]
    for when, each, event in sorted(dated, key=lambda row: (utc(row[0]), row[1].id)):
        writer.writerow(list(map(cell, _row(when, each, event, translate))))
    undated = sum(event.when is None for _, event in _events(findings))
    if undated:
        words = translate(N_("Rows without a time that are left out here: {count}"))
        row = dict.fromkeys(COLUMNS, "") | {
            "message": words.format(count=undated),
            "datetime": _written(run.finished),
            "timestamp_desc": LEFT_OUT,
        }
        writer.writerow(row.values())
    return text.getvalue()


def _events(findings: tuple[HuntFinding, ...]) -> Iterator[tuple[HuntFinding, Cited]]:
    return ((each, event) for each in findings for event in each.events)


def _written(when: datetime) -> str:
    return utc(when).isoformat(timespec="microseconds")


def _row(when: datetime, each: HuntFinding, event: Cited, translate: Translate) -> list[str]:
    tags = [each.outcome, each.level, *filter(None, (each.step,)), *each.attack]
    return [
        f"{translate(each.title)}: {each.because.render(translate)}",
        _written(when),
        DESCRIPTION,
        msgspec.json.encode([_plain(tag) for tag in tags]).decode(),
        event.host or each.host,
        ", ".join(each.clients),
        ", ".join(each.actors),
        each.outcome,
        each.level,
        each.rule,
        translate(each.title),
        each.step,
        " ".join(each.attack),
        each.target,
        event.surface,
        place(event),
        event.sha256,
        "; ".join(f"{name}: {value}" for name, value in event.decoded.items()),
        event.raw,
        each.incident,
        each.id,
        each.server,
    ]


def _plain(tag: str) -> str:
    """Half a surrogate pair, which no JSON can hold, becomes `?`."""
    return tag.encode("utf-8", "replace").decode()


OUTPUT = Output(name="timesketch", render=render)
