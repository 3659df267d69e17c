"""The trust checks as a table: one row a result; the last row counts them, so a cut file shows."""

from __future__ import annotations

from tocsin.model.run import Run
from tocsin.model.trusts import CheckResult
from tocsin.report import Output, Translate
from tocsin.report.csv import table
from tocsin.report.trust_parts.places import place

COLUMNS = (
    "check", "title", "outcome", "level", "subject", "because", "missing", "servers", "attack",
    "recommendation", "values", "evidence", "accepted_by", "accepted_until", "accepted_reason",
    "references", "fingerprint",
)  # fmt: skip


def render(run: Run, translate: Translate, lang: str) -> str:  # noqa: ARG001
    """Every result, failures first."""
    names = {server.id: server.name for server in run.servers}
    rows = (_row(each, names, translate) for each in run.trusts.checks) if run.trusts else ()
    return table(COLUMNS, rows)


def _row(each: CheckResult, names: dict[str, str], translate: Translate) -> list[str]:
    accepted = each.accepted
    return [
        each.check,
        each.title.render(translate),
        each.outcome,
        each.level,
        each.subject,
        each.because.render(translate),
        "; ".join(each.missing),
        "; ".join(names.get(server, server) for server in each.servers),
        " ".join(each.attack),
        each.recommendation.render(translate) if each.recommendation else "",
        "; ".join(f"{base.property}={base.value}" for base in each.bases if base.property),
        "; ".join(map(place, each.bases)),
        accepted.owner if accepted else "",
        accepted.until.isoformat() if accepted else "",
        accepted.reason if accepted else "",
        " ".join(each.references),
        each.fingerprint,
    ]


OUTPUT = Output(name="checks", render=render)
