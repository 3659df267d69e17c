"""One JSON object a line: the run's head, then servers, findings and gaps, each with its kind."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from tocsin.model.run import Run
from tocsin.report import Output, Translate


def render(run: Run, translate: Translate, lang: str) -> str:  # noqa: ARG001
    """Lines in the order of the document; the last line counts them, so a cut file shows."""
    lines = [msgspec.json.encode(each).decode() for each in _objects(run)]
    lines.append(msgspec.json.encode({"kind": "end", "objects": len(lines)}).decode())
    return "\n".join(lines) + "\n"


def _objects(run: Run) -> Iterator[dict[str, object]]:
    head = msgspec.to_builtins(run)
    yield {
        "kind": "run",
        **{
            name: value
            for name, value in head.items()
            if name not in ("servers", "findings", "gaps", "sources", "skipped")
        },
    }
    for kind, plural in (
        ("server", "servers"),
        ("finding", "findings"),
        ("gap", "gaps"),
        ("source", "sources"),
        ("skipped", "skipped"),
    ):
        for each in head[plural]:
            yield {"kind": kind, **each}


OUTPUT = Output(name="jsonl", render=render)
