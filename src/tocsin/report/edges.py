"""The trust graph as a table of its edges, with the evidence of each; the last row counts them."""

from __future__ import annotations

from tocsin.model.run import Run
from tocsin.model.trusts import Edge, Node
from tocsin.report import Output, Translate
from tocsin.report.csv import table
from tocsin.report.hunt_parts.telling import utc
from tocsin.report.trust_parts.places import place

COLUMNS = (
    "id", "kind", "source", "source_kind", "target", "target_kind", "strength", "provenance",
    "because", "fix", "checks", "mails", "last_mail", "evidence",
)  # fmt: skip


def render(run: Run, translate: Translate, lang: str) -> str:  # noqa: ARG001
    """Every edge, in order of its id."""
    nodes = {each.id: each for each in run.trusts.nodes} if run.trusts else {}
    rows = (_row(each, nodes, translate) for each in run.trusts.edges) if run.trusts else ()
    return table(COLUMNS, rows)


def _row(each: Edge, nodes: dict[str, Node], translate: Translate) -> list[str]:
    source, target = nodes.get(each.source), nodes.get(each.target)
    return [
        each.id,
        each.kind,
        source.name if source else each.source,
        source.kind if source else "",
        target.name if target else each.target,
        target.kind if target else "",
        f"{each.strength:.2f}",
        each.provenance,
        each.because.render(translate),
        each.fix.render(translate) if each.fix else "",
        " ".join(each.checks),
        str(each.weight) if each.weight else "",
        utc(each.last).isoformat() if each.last else "",
        "; ".join(map(place, each.bases)),
    ]


OUTPUT = Output(name="edges", render=render)
