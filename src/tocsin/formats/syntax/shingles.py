"""What a text can be recognised by wherever it is quoted: keyed hashes of some of its shingles.

A shingle is `SHINGLE` words in a row. Words are lower case, without punctuation, prefixes and
links, so that quoting, wrapping and a turn from HTML into plain text do not change them. Of all
shingles the `limit` first ones in an order that depends on the shingle alone are kept (a bottom-k
sketch): the same text gives the same marks wherever it stands, and what is kept of a part is kept
of the whole as far as it is long enough. Nothing can be read back from a mark without the key.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from hashlib import blake2b
from operator import itemgetter
from zlib import crc32

SHINGLE = 7
"""Words in a shingle."""

SHORTEST = 4
"""Words below which a text has no mark; from here to `SHINGLE` it has one of all its words."""

NEW_MARKS = 16
"""Marks kept of what a mail says anew."""

QUOTED_MARKS = 64
"""Marks kept of what it quotes, at most."""

MARKED_WORDS = 1000
"""First words of a text that are marked: enough to know it again, in bounded time."""

KNOWN_SHINGLES = 1 << 15
"""Shingles whose hash is remembered while a program runs."""

_SCHEMES = ("https://", "http://", "mailto:", "www.", "[cid:")
_LINK = re.compile("\x01[^\\s<>\\]]*+")
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
_FIRST = re.compile(b"[n\x81\x91\xa1\xb1]")
_SECOND = re.compile(b"[et05\x85\x8d\x95\x9d\xa5\xad\xb5\xbd]")
_THIRD = re.compile(b"[^n\x81\x91\xa1\xb1et05\x85\x8d\x95\x9d\xa5\xad\xb5\xbd]")
"""Last bytes of the words at which a shingle of the first, second and third class begins."""

_last = itemgetter(-1)


def spread(text: str) -> bytes:
    """A text as its words with single spaces or more between them, UTF-8; links left out."""
    if "://" in text or "mailto:" in text or "www." in text or "[cid:" in text:
        for scheme in _SCHEMES:
            text = text.replace(scheme, "\x01")
        text = _LINK.sub(" ", text)
    if not text.isascii():
        text = _SPACES.sub(" ", _UNSEEN.sub("", text.lower()))
        if _UNSPACED.search(text):
            text = _UNSPACED.sub(r" \1 ", text)
    return text.encode("utf-8", "replace").translate(_ASCII, _APOSTROPHE)


def words_of(text: str) -> list[bytes]:
    """The words of a text, as the marks are made of them."""
    return spread(text).split()


def marks(words: Sequence[bytes], key: bytes, limit: int) -> tuple[int, ...]:
    """Keyed 63-bit hashes of the `limit` first shingles of a text, smallest first.

    The order of shingles: by the class that the last letter of their first word gives them, then
    by a checksum. So of a long text only a few shingles need be put together and looked at.
    """
    words, key = words[:MARKED_WORDS], key[:64]
    count = len(words) - SHINGLE + 1
    if count <= 0:
        if len(words) < SHORTEST:
            return ()
        return (_keyed(b" ".join(words), key),)
    ends = bytes(map(_last, words))[:count]
    kept: set[bytes] = set()
    for each in (_FIRST, _SECOND, _THIRD):
        begin = [found.start() for found in each.finditer(ends)]
        shingles = {b" ".join(words[at : at + SHINGLE]) for at in begin} - kept
        wanted = limit - len(kept)
        if len(shingles) > wanted:
            shingles = set(sorted(shingles, key=crc32)[:wanted])
        kept |= shingles
        if len(kept) == limit:
            break
    return tuple(sorted([_keyed(each, key) for each in kept]))


@lru_cache(maxsize=KNOWN_SHINGLES)
def _keyed(shingle: bytes, key: bytes) -> int:
    """BLAKE2b, keyed. What one mail says anew the answers to it quote: most are asked for twice."""
    return int.from_bytes(blake2b(shingle, digest_size=8, key=key).digest(), "big") >> 1
