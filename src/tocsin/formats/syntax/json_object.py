"""One JSON object out of the text of one record."""

from __future__ import annotations

from typing import Any

import msgspec

_decode = msgspec.json.Decoder().decode


def object_of(text: bytes | str) -> dict[str, Any] | None:
    """The object; None for what is no JSON, too deep, or another value."""
    try:
        found = _decode(text)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
