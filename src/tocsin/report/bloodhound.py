"""The trust graph for BloodHound, as OpenGraph JSON, beside what SharpHound collected.

https://bloodhound.specterops.io/opengraph/schema. Node kinds are ours with the prefix `HX_`; nodes of
the directory carry their SID, which BloodHound's own nodes have for an id.
"""

from __future__ import annotations

import json
from typing import Any

from tocsin.model.run import Run
from tocsin.model.trusts import Edge, Node
from tocsin.report import Output, Translate
from tocsin.report.hunt_parts.telling import utc
from tocsin.report.text_parts.lines import visible
from tocsin.report.trust_parts.places import place

SOURCE_KIND = "HX_Base"
"""What BloodHound files our nodes under."""

DIRECTORY_KINDS = {"ADGroup": "Group", "ADComputer": "Computer", "ADDomain": "Domain"}
"""Our kinds of nodes that BloodHound has kinds of its own for."""


def render(run: Run, translate: Translate, lang: str) -> str:  # noqa: ARG001
    """JSON text; a graph without nodes when no trust was read."""
    nodes = run.trusts.nodes if run.trusts else ()
    ids = {each.id: _id(each) for each in nodes}
    graph = {
        "metadata": {"source_kind": SOURCE_KIND},
        "graph": {
            "nodes": [_node(each, ids) for each in nodes],
            "edges": [_edge(each, ids, translate) for each in _edges(run)],
        },
    }
    return json.dumps(graph, ensure_ascii=False, indent=1) + "\n"


def _edges(run: Run) -> tuple[Edge, ...]:
    return run.trusts.edges if run.trusts else ()


def _id(node: Node) -> str:
    """The directory's SID where it is known, so that both graphs meet in one node."""
    sid = node.facts.get("Sid", "")
    return sid if node.kind in DIRECTORY_KINDS and sid else visible(node.id)


def _node(node: Node, ids: dict[str, str]) -> dict[str, Any]:
    kinds = [f"HX_{node.kind}"]
    if node.kind in DIRECTORY_KINDS and ids[node.id] != visible(node.id):
        kinds.append(DIRECTORY_KINDS[node.kind])
    properties = {"name": visible(node.name), "displayname": visible(node.name), "side": node.side}
    properties |= {_property(name): visible(value) for name, value in node.facts.items()}
    if node.server:
        properties["server"] = node.server
    if node.bases:
        properties["evidence"] = visible("; ".join(map(place, node.bases)))
    return {"id": ids[node.id], "kinds": kinds, "properties": properties}


def _edge(edge: Edge, ids: dict[str, str], translate: Translate) -> dict[str, Any]:
    properties: dict[str, Any] = {
        "id": edge.id,
        "strength": edge.strength,
        "provenance": edge.provenance,
        "because": visible(edge.because.render(translate)),
    }
    if edge.checks:
        properties["checks"] = list(edge.checks)
    if edge.fix is not None:
        properties["fix"] = visible(edge.fix.render(translate))
    if edge.bases:
        properties["evidence"] = visible("; ".join(map(place, edge.bases)))
    if edge.weight:
        properties["mails"] = edge.weight
    if edge.last is not None:
        properties["lastmail"] = utc(edge.last).isoformat()
    return {
        "start": {"value": ids.get(edge.source, visible(edge.source))},
        "end": {"value": ids.get(edge.target, visible(edge.target))},
        "kind": edge.kind,
        "properties": properties,
    }


def _property(name: str) -> str:
    """BloodHound wants property names in lower case."""
    return "".join(each for each in name.lower() if each.isalnum() or each == "_") or "fact"


OUTPUT = Output(name="bloodhound", render=render)
