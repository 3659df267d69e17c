"""Our YARA rules for pages that run what a request says: `data/webshells/*.yar`."""

from __future__ import annotations

from functools import cache
from importlib import resources


@cache
def sources() -> tuple[str, ...]:
    """The text of every file of rules."""
    folder = resources.files("tocsin.knowledge") / "data" / "webshells"
    files = sorted(folder.iterdir(), key=lambda each: each.name)
    return tuple(each.read_text("utf-8") for each in files if each.name.endswith(".yar"))
