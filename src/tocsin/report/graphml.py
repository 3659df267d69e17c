"""The trust graph as GraphML 1.0, for yEd, Gephi and the like.

http://graphml.graphdrawing.org/specification.html
"""

from __future__ import annotations

from tocsin.model.run import Run
from tocsin.report import Output, Translate
from tocsin.report.text_parts.lines import visible
from tocsin.report.trust_parts.places import place


def render(run: Run, translate: Translate, lang: str) -> str:  # noqa: ARG001
    """XML text; a graph without nodes when no trust was read."""
    import networkx as nx  # noqa: PLC0415 - only this output needs it

    graph = nx.MultiDiGraph()
    for node in run.trusts.nodes if run.trusts else ():
        graph.add_node(
            visible(node.id),
            label=visible(node.name),
            kind=node.kind,
            side=node.side,
            server=visible(node.server),
            evidence=visible("; ".join(map(place, node.bases))),
        )
    for edge in run.trusts.edges if run.trusts else ():
        graph.add_edge(
            visible(edge.source),
            visible(edge.target),
            key=edge.id,
            label=edge.kind,
            strength=edge.strength,
            provenance=edge.provenance,
            because=visible(edge.because.render(translate)),
            fix=visible(edge.fix.render(translate)) if edge.fix else "",
            checks=" ".join(edge.checks),
            mails=edge.weight,
            evidence=visible("; ".join(map(place, edge.bases))),
        )
    return "\n".join(nx.generate_graphml(graph)) + "\n"


OUTPUT = Output(name="graphml", render=render)
