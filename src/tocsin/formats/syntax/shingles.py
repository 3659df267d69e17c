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
from itertools import compress
from operator import itemgetter
from struct import unpack
from zlib import crc32

SHINGLE = 7
"""Words in a shingle."""

SHORTEST = 4
"""Words below which a text has no mark; from here to `SHINGLE` it has one of all its words."""

NEW_MARKS = 16
"""Marks kept of what a mail says anew."""

QUOTED_MARKS = 64
"""Marks kept of what it quotes, at most."""

MARKED_WORDS = 600
"""First words of a text that are marked: enough to know it again, in bounded time."""

FOREIGN_SHARE = 8
"""A text of whose characters less than one in so many is beyond ASCII is looked at there only."""

RUNS_KEPT = 4096
"""Runs of characters beyond ASCII that are remembered."""

RUN_LENGTH = 16
"""Longest of them."""

_FOREIGN = re.compile(r"[^\x00-\x7f]+")
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
_FIRST_ENDS = b"n\x81\x91\xa1\xb1"
_SECOND_ENDS = b"t05" + bytes(range(0x85, 0xC0, 8))
"""Last bytes of the words at which a shingle of the first and second class begins."""

_FIRST = bytes(each in _FIRST_ENDS for each in range(256))
_SECOND = bytes(each in _SECOND_ENDS for each in range(256))
_THIRD = bytes(each not in _FIRST_ENDS + _SECOND_ENDS for each in range(256))

_last = itemgetter(-1)


def spread(text: str) -> bytes:
    """A text as its words with single spaces or more between them, UTF-8; links left out."""
    if "://" in text or "mailto:" in text or "www." in text or "[cid:" in text:
        for scheme in _SCHEMES:
            text = text.replace(scheme, "\x01")
        text = _LINK.sub(" ", text)
    if text.isascii():
        return text.encode().translate(_ASCII, _APOSTROPHE)
    data = text.encode("utf-8", "replace")
    if (len(data) - len(text)) * FOREIGN_SHARE > len(text):
        data = _parted(text).encode("utf-8", "replace")
    else:
        data = _FOREIGN.sub(_foreign, text).encode("utf-8", "replace")
    return data.translate(_ASCII, _APOSTROPHE)


def _foreign(run: re.Match[str]) -> str:
    found = run[0]
    return _parted(found) if len(found) > RUN_LENGTH else _run(found)


def _parted(text: str) -> str:
    """A text in lower case without what is not seen, spaces in place of punctuation."""
    text = _SPACES.sub(" ", _UNSEEN.sub("", text.lower()))
    return _UNSPACED.sub(r" \1 ", text) if _UNSPACED.search(text) else text


_run = lru_cache(maxsize=RUNS_KEPT)(_parted)


def words_of(text: str) -> list[bytes]:
    """The words of a text, as the marks are made of them."""
    return spread(text).split()


def marks(words: Sequence[bytes], key: bytes, limit: int) -> tuple[int, ...]:
    """Keyed 63-bit hashes of the `limit` first shingles of a text, smallest first.

    The order of shingles: by the class that the last letter of their first word gives them, then
    by a checksum. So of a long text only a few shingles need be put together and looked at.
    """
    words = words[:MARKED_WORDS]
    count = len(words) - SHINGLE + 1
    if count <= 0:
        if len(words) < SHORTEST:
            return ()
        return _keyed({b" ".join(words)}, key)
    kept: set[bytes] = set()
    if count > limit:
        ends = bytes(map(_last, words))[:count]
        for which in (_FIRST, _SECOND, _THIRD):
            begin = compress(range(count), ends.translate(which))
            kept = _with(kept, {b" ".join(words[at : at + SHINGLE]) for at in begin}, limit)
            if len(kept) >= limit:
                break
    else:
        kept = {b" ".join(words[at : at + SHINGLE]) for at in range(count)}
    return _keyed(kept, key)


def _with(kept: set[bytes], more: set[bytes], limit: int) -> set[bytes]:
    """The shingles kept so far and, up to `limit`, those of `more` with the smallest checksums."""
    more -= kept
    wanted = limit - len(kept)
    if len(more) > wanted:
        more = set(sorted(more, key=crc32)[:wanted])
    return kept | more


def _keyed(shingles: set[bytes], key: bytes) -> tuple[int, ...]:
    """The first 63 bits of BLAKE2b over the key and each shingle."""
    key = key.ljust(64, b"\0")[:64]
    digests = b"".join([blake2b(key + each).digest()[:8] for each in shingles])
    return tuple(sorted([number >> 1 for number in unpack(f">{len(shingles)}Q", digests)]))
