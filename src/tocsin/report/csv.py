"""One row a finding, then one a judged message; the last row counts them, so a cut file shows.

A message stands in the same columns: `rule` is `conversation`, `status` its verdict, `fingerprint`
its id; `tags` name thread, campaign and family.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from tocsin.model.conversation import JudgedMessage
from tocsin.model.run import FindingRecord, Run, Server, hidden_word
from tocsin.report import Output, Translate
from tocsin.report.text_parts.lines import visible

COLUMNS = (
    "rank",
    "server",
    "organisation",
    "hidden",
    "product",
    "build_low",
    "build_high",
    "build_label",
    "rule",
    "title",
    "status",
    "level",
    "confidence",
    "because",
    "settle",
    "tags",
    "evidence",
    "fingerprint",
)

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What a spreadsheet may take for the beginning of a formula, in either width."""


def render(run: Run, translate: Translate, lang: str) -> str:  # noqa: ARG001
    """Every finding with its server; a server without findings has one row of its own."""
    by_server: dict[str, list[FindingRecord]] = {}
    for finding in run.findings:
        by_server.setdefault(finding.subject, []).append(finding)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    rows = 0
    for server in run.servers:
        mine: Sequence[FindingRecord | None] = by_server.get(server.id) or [None]
        for each in mine:
            writer.writerow([cell(value) for value in _row(server, each, translate)])
            rows += 1
    for message in run.conversations.messages if run.conversations else ():
        writer.writerow([cell(value) for value in _message(message, translate)])
        rows += 1
    writer.writerow([f"# {rows} rows", *[""] * (len(COLUMNS) - 1)])
    return text.getvalue()


def _row(server: Server, finding: FindingRecord | None, translate: Translate) -> list[str]:
    build = server.build
    left = [
        str(server.rank),
        server.name,
        server.organisation,
        hidden_word(server.hidden),
        server.product,
        build.low if build else "",
        build.high if build else "",
        server.build_label,
    ]
    if finding is None:
        return left + [""] * (len(COLUMNS) - len(left))
    return [
        *left,
        finding.rule,
        translate(finding.title),
        finding.status,
        finding.level,
        finding.confidence,
        finding.sentence.render(translate),
        finding.settle.render(translate) if finding.settle else "",
        " ".join(finding.tags),
        "; ".join(f"{each.source}#{each.position}" for each in finding.evidence),
        finding.fingerprint,
    ]


def _message(message: JudgedMessage, translate: Translate) -> list[str]:
    tags = {"thread": message.thread, "campaign": message.campaign, "family": message.family}
    row = dict.fromkeys(COLUMNS, "") | {
        "server": message.server,
        "rule": "conversation",
        "title": message.shown.subject,
        "status": message.verdict,
        "because": ". ".join(each.sentence.render(translate) for each in message.hits),
        "tags": " ".join(f"{key}:{value}" for key, value in tags.items() if value),
        "evidence": "; ".join(dict.fromkeys(str(each.at) for each in message.hits)),
        "fingerprint": message.id,
    }
    return list(row.values())


def cell(value: str) -> str:
    """A spreadsheet must not read a name as a formula; what has no shape is written as an escape."""
    safe = "'" + value if value.lstrip(" ").startswith(_FORMULA) else value
    return visible(safe)


OUTPUT = Output(name="csv", render=render)
