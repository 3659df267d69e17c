"""Keys that lie on a server somebody got into: they must be taken for copied."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.assess.actions import BASES_KEPT, Proposal, Stage
from tocsin.assess.known import Known, listed
from tocsin.model.text import N_, say
from tocsin.model.trusts import Edge, Node, PlanKind

MAIL = N_("Replace the certificate for mail ({name}), and let connectors take the new one only.")
AUTH = N_("Replace {name}, then take the old one off every principal.")
OLD = N_("Remove {name}, which no longer signs, from every principal.")


def propose(known: Known) -> Iterator[Proposal]:
    """One for each certificate that something trusts and a broken server holds the key of."""
    for node in known.graph.nodes.values():
        if node.kind != "Certificate":
            continue
        edges = known.edges_at.get(node.id, ())
        holding = [
            e
            for e in edges
            if e.kind == "HX_HoldsKey" and known.graph.nodes[e.source].server in known.broken
        ]
        opens = [e for e in edges if e.source == node.id]
        if holding and opens:
            yield _proposal(known, node.id, holding, opens)


def _proposal(known: Known, node: str, holding: list[Edge], opens: list[Edge]) -> Proposal:
    servers = tuple(dict.fromkeys(known.graph.nodes[e.source].server for e in holding))
    names = listed([known.graph.nodes[e.source].name for e in holding])
    reason = N_(
        "Its key lies on {names}, which somebody broke into: whoever was there can use it anywhere."
    )
    kind, words = _what(known.graph.nodes[node], opens)
    because = [say(reason, names=names), *(each.because for each in opens[:2])]
    if kind == "rotate":
        because.append(
            say(N_("Do it once the server is out: a new key there would be copied as well."))
        )
    return Proposal(
        kind=kind,
        stage=Stage.STOLEN,
        level="critical",
        key=node,
        do=say(words, name=known.graph.nodes[node].name),
        because=tuple(because),
        servers=servers,
        nodes=frozenset({node}),
        bases=tuple(basis for each in (*holding, *opens) for basis in each.bases)[:BASES_KEPT],
    )


def _what(node: Node, opens: list[Edge]) -> tuple[PlanKind, str]:
    """A key that only used to sign is taken away; any other is replaced."""
    uses = set(node.facts.get("uses", "").split(", "))
    if not any(each.kind == "HX_SignsFor" for each in opens):
        return "rotate", MAIL
    if uses & {"current", "next"} or not uses & {"previous", "principal"}:
        return "rotate", AUTH
    return "remove", OLD
