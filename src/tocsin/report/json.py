"""run.json: the document itself. Everything else can be made from it again."""

from __future__ import annotations

import msgspec

from tocsin.model.run import Run
from tocsin.report import Output, Translate

INDENT_LIMIT = 8 << 20
"""Bytes up to which the document is indented; beyond, nobody reads it by eye."""


def render(run: Run, translate: Translate, lang: str) -> str:  # noqa: ARG001
    """The document as JSON text, the same for every language."""
    text = msgspec.json.encode(run)
    if len(text) <= INDENT_LIMIT:
        text = msgspec.json.format(text, indent=1)
    return text.decode() + "\n"


OUTPUT = Output(name="json", render=render)
