"""Whole outputs kept as files; `TOCSIN_BLESS=1 pytest tests/report` writes them anew for review."""

from __future__ import annotations

import os
from pathlib import Path

FOLDER = Path(__file__).parent / "golden"


def kept(name: str, text: str) -> str:
    """The text that is kept under that name; the given one when asked to bless."""
    path = FOLDER / name
    if os.environ.get("TOCSIN_BLESS"):
        path.write_text(text, "utf-8")
    return path.read_text("utf-8")
