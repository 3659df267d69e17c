"""run.json: the document itself, a line for each server, finding, gap and source.

Everything else can be made from it again.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from tocsin.model.run import Run
from tocsin.report import Output, Translate


def render(run: Run, translate: Translate, lang: str) -> str:  # noqa: ARG001
    """The document as JSON text, the same for every language."""
    return b"".join(pieces(run)).decode()


def pieces(run: Run) -> Iterator[bytes]:
    """The same in pieces, so that a large document is never held twice."""
    encoder = msgspec.json.Encoder()
    start = b"{\n"
    for name in run.__struct_fields__:
        value = getattr(run, name)
        yield start + encoder.encode(name) + b": "
        start = b",\n"
        if not isinstance(value, tuple) or not value:
            yield encoder.encode(value)
            continue
        between = b"[\n"
        for each in value:
            yield between + encoder.encode(each)
            between = b",\n"
        yield b"\n]"
    yield b"\n}\n"


OUTPUT = Output(name="json", render=render)
