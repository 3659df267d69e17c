"""Words that stand in mails about anything, so that sharing them says nothing."""

from __future__ import annotations

from functools import cache
from importlib import resources

import msgspec


@cache
def everyday_stems(length: int) -> frozenset[bytes]:
    """Their first `length` bytes in UTF-8, lower case; of all languages together."""
    file = resources.files(__package__) / "data" / "mail" / "everyday-words.toml"
    languages = msgspec.toml.decode(file.read_text("utf-8"), type=dict[str, str])
    words = " ".join(languages.values()).lower().split()
    return frozenset(word.encode()[:length] for word in words)
