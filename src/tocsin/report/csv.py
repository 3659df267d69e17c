"""One row a finding, then one a judged message, then one a finding of the hunt; the last row counts
them, so a cut file shows.

A message stands in the same columns: `rule` is `conversation`, `status` its verdict, `fingerprint`
its id; `tags` name thread, campaign and family. So does what the hunt found: `status` is `attempt`,
`success` or `unknown`, `settle` what to do; `tags` name step, techniques, client, account, target,
first and last row, how many there are, and the incident.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence

from tocsin.model.conversation import JudgedMessage
from tocsin.model.hunt import HuntFinding
from tocsin.model.run import FindingRecord, Run, Server, hidden_word
from tocsin.report import Output, Translate
from tocsin.report.hunt_parts.telling import place, utc
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
    return table(COLUMNS, _rows(run, translate))


def _rows(run: Run, translate: Translate) -> Iterator[list[str]]:
    by_server: dict[str, list[FindingRecord]] = {}
    for finding in run.findings:
        by_server.setdefault(finding.subject, []).append(finding)
    for server in run.servers:
        mine: Sequence[FindingRecord | None] = by_server.get(server.id) or [None]
        for each in mine:
            yield _row(server, each, translate)
    for message in run.conversations.messages if run.conversations else ():
        yield _message(message, translate)
    known = {server.id: server for server in run.servers}
    for found in run.hunt.findings if run.hunt else ():
        yield _hunted(found, known, translate)


def _server(server: Server) -> list[str]:
    """The columns to the left of a finding."""
    build = server.build
    return [
        str(server.rank),
        server.name,
        server.organisation,
        hidden_word(server.hidden),
        server.product,
        build.low if build else "",
        build.high if build else "",
        server.build_label,
    ]


def _row(server: Server, finding: FindingRecord | None, translate: Translate) -> list[str]:
    left = _server(server)
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


def _hunted(each: HuntFinding, known: dict[str, Server], translate: Translate) -> list[str]:
    """A finding of the hunt beside its server; the host's own name where the inventory has none."""
    left = [""] * COLUMNS.index("rule")
    left[COLUMNS.index("server")] = each.host
    tags = [
        ("step", each.step),
        *(("attack", name) for name in each.attack),
        *(("client", name) for name in each.clients),
        *(("account", name) for name in each.actors),
        ("target", each.target),
        ("first", utc(each.first).isoformat() if each.first else ""),
        ("last", utc(each.last).isoformat() if each.last else ""),
        ("rows", str(each.count)),
        ("incident", each.incident),
    ]
    row = dict.fromkeys(COLUMNS[len(left) :], "") | {
        "rule": each.rule,
        "title": translate(each.title),
        "status": each.outcome,
        "level": each.level,
        "because": each.because.render(translate),
        "settle": each.remediation.render(translate) if each.remediation else "",
        "tags": " ".join(f"{name}:{value}" for name, value in tags if value),
        "evidence": "; ".join(map(place, each.events)),
        "fingerprint": each.id,
    }
    return (_server(known[each.server]) if each.server in known else left) + list(row.values())


def table(columns: Sequence[str], rows: Iterable[Sequence[str]], *, counted: bool = True) -> str:
    """The text of a table. counted: a last row says how many there are, so that a cut file shows."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    count = 0
    for row in rows:
        writer.writerow([cell(value) for value in row])
        count += 1
    if counted:
        writer.writerow([f"# {count} rows", *[""] * (len(columns) - 1)])
    return text.getvalue()


_PARTED = re.compile(rf"(;[ \"']*)(?=[{re.escape(''.join(_FORMULA))}])")
"""Where a spreadsheet that parts at semicolons, as in French or German, begins another cell."""


def cell(value: str) -> str:
    """A spreadsheet must not read a name as a formula; what has no shape is written as an escape."""
    safe = "'" + value if value.lstrip(" ").startswith(_FORMULA) else value
    return visible(_PARTED.sub(r"\1'", safe) if ";" in safe else safe)


OUTPUT = Output(name="csv", render=render)
