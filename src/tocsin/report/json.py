"""run.json: the document itself, indented. Everything else can be made from it again."""

from __future__ import annotations

import msgspec

from tocsin.model.run import Run
from tocsin.report import Output, Translate


def render(run: Run, translate: Translate, lang: str) -> str:  # noqa: ARG001
    """The document as JSON text, the same for every language."""
    return msgspec.json.format(msgspec.json.encode(run), indent=1).decode() + "\n"


OUTPUT = Output(name="json", render=render)
