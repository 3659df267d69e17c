"""A row's text with its percent-encoding taken off, once and twice, to be searched again."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote_to_bytes

ROUNDS = 3
"""How often a text is decoded; servers themselves stop after the second time."""

_WIDE = re.compile(rb"%u00([0-9a-fA-F]{2})")


def decoded_again(text: bytes) -> Iterator[bytes]:
    """Each further form of the text, as long as decoding changes it."""
    for _ in range(ROUNDS):
        plain = unquote_to_bytes(_WIDE.sub(rb"%\1", text))
        if plain == text:
            return
        yield plain
        text = plain
