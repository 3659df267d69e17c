"""What a text can be recognised by wherever it is quoted: keyed hashes of some of its shingles.

A shingle is `SHINGLE` words in a row. Words are lower case, without punctuation, prefixes and
links, so that quoting, wrapping and a turn from HTML into plain text do not change them. Of all
shingles the `limit` first ones in an order that depends on the shingle alone are kept (a bottom-k
sketch): the same text gives the same marks wherever it stands, and what is kept of a part is kept
of the whole as far as it is long enough. Nothing can be read back from a mark without the key.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from hashlib import blake2b

SHINGLE = 7
"""Words in a shingle."""

SHORTEST = 4
"""Words below which a text has no mark; from here to `SHINGLE` it has one of all its words."""

NEW_MARKS = 16
"""Marks kept of what a mail says anew."""

QUOTED_MARKS = 64
"""Marks kept of what it quotes."""

WORD_LIMIT = 20_000
"""Words of one text that are looked at."""

_LINK = re.compile(r"(?:\b(?:https?|ftp)://|\bwww\.|\[cid:|\bmailto:)[^\s<>\]]*+")
_SPACES = re.compile(
    "[\xa0-\xa9\xab\xac\xae-\xb1\xb4\xb6-\xb8\xbb\xbf\xd7\u1680\u2000-\u200a\u2010-\u2017\u201a-\u205f"
    "\u2190-\u2bff\u3000-\u3004\u3008-\u303f\ufe30-\ufe4f\uff00-\uff0f\uff1a-\uff20\uff3b-\uff40"
    "\uff5b-\uff65\ue000-\ue00f]"
)
"""Spaces and punctuation beyond ASCII."""

_UNSEEN = re.compile("[\xad\u200b-\u200f\u2018\u2019\u2060\ufeff\ufe0f]")
"""What the eye does not see, and the apostrophe, which some programs leave out."""

_UNSPACED = re.compile(
    "([\u3005\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff])"
)
"""Characters of scripts that put no spaces between words: each counts as one."""

_ASCII = bytes(
    each if chr(each).isalnum() or each > 127 else 32 for each in range(256)
).lower()  # fmt: skip
_APOSTROPHE = b"'"
_ANCHORS = frozenset(b"en05" + bytes(range(0x81, 0xC0, 4)))
"""Last bytes of the words at which a shingle that is preferred begins: about one word in four."""


def spread(text: str) -> bytes:
    """A text as its words with single spaces or more between them, UTF-8."""
    if "://" in text or "www." in text or "mailto:" in text or "[cid:" in text:
        text = _LINK.sub(" ", text)
    if not text.isascii():
        text = _SPACES.sub(" ", _UNSEEN.sub("", text.lower()))
        if _UNSPACED.search(text):
            text = _UNSPACED.sub(r" \1 ", text)
    return text.encode("utf-8", "replace").translate(_ASCII, _APOSTROPHE)


def words_of(text: str) -> list[bytes]:
    """The words of a text, as the marks are made of them."""
    return spread(text).split(None, WORD_LIMIT)[:WORD_LIMIT]


def marks(words: Sequence[bytes], key: bytes, limit: int) -> tuple[int, ...]:
    """Keyed 63-bit hashes of the `limit` first shingles of a text, smallest first.

    The order: shingles that begin at a word with one of `_ANCHORS` first, then by a checksum. So
    of a long text only every fourth shingle need be looked at.
    """
    count = len(words) - SHINGLE + 1
    if count <= 0:
        if len(words) < SHORTEST:
            return ()
        return (_keyed(b" ".join(words), key),)
    begin = [at for at in range(count) if words[at][-1] in _ANCHORS]
    kept = _first(words, begin, key, limit)
    if len(kept) < limit:
        anchors = set(begin)
        rest = [at for at in range(count) if at not in anchors]
        kept |= _first(words, rest, key, limit - len(kept))
    return tuple(sorted(_keyed(each, key) for each in kept))


def _first(words: Sequence[bytes], begin: Sequence[int], key: bytes, limit: int) -> set[bytes]:
    """Of the shingles that begin there, the `limit` ones with the smallest checksums."""
    seed = zlib.crc32(key)
    checked = zlib.crc32
    found = {b" ".join(words[at : at + SHINGLE]) for at in begin}
    if len(found) <= limit:
        return found
    by_sum = sorted([(checked(each, seed), each) for each in found])
    return {each for _, each in by_sum[:limit]}


def _keyed(shingle: bytes, key: bytes) -> int:
    digest = blake2b(shingle, digest_size=8, key=key[:64]).digest()
    return int.from_bytes(digest, "big") >> 1
