"""The mark of a sentence that is translated. Alone, because it must load at once."""

from __future__ import annotations


def N_(template: str) -> str:
    """Mark `template` for translation without translating it here."""
    return template
