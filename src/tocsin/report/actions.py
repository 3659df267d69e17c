"""The plan as a table: one row an action, in order; the last row counts them, so a cut file shows."""

from __future__ import annotations

from tocsin.model.run import Run
from tocsin.model.trusts import PlannedAction
from tocsin.report import Output, Translate
from tocsin.report.csv import table
from tocsin.report.trust_parts.places import place

COLUMNS = (
    "rank", "kind", "level", "do", "because", "servers", "cuts", "of", "checks", "evidence",
    "accepted_by", "accepted_until", "accepted_reason", "fingerprint", "owner", "due", "done",
)  # fmt: skip
"""The last three are empty: they are the reader's."""


def render(run: Run, translate: Translate, lang: str) -> str:  # noqa: ARG001
    """Every action, accepted risks included."""
    names = {server.id: server.name for server in run.servers}
    rows = (_row(each, names, translate) for each in run.plan.actions) if run.plan else ()
    return table(COLUMNS, rows)


def _row(each: PlannedAction, names: dict[str, str], translate: Translate) -> list[str]:
    accepted = each.accepted
    return [
        str(each.rank),
        each.kind,
        each.level,
        each.do.render(translate),
        " ".join(_ended(reason.render(translate)) for reason in each.because),
        "; ".join(names.get(server, server) for server in each.servers),
        str(each.cuts),
        str(each.of),
        " ".join(each.checks),
        "; ".join(map(place, each.bases)),
        accepted.owner if accepted else "",
        accepted.until.isoformat() if accepted else "",
        accepted.reason if accepted else "",
        each.fingerprint,
        *("", "", ""),
    ]


def _ended(words: str) -> str:
    """A sentence with its full stop: several stand in one cell."""
    return words if words.endswith((".", "?", "!", "…")) else words + "."


OUTPUT = Output(name="actions", render=render)
