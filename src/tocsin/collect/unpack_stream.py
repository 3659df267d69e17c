"""Compressed single files: gzip, xz, bzip2, zstd. One member each, streamed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from tocsin.collect import unpack_codecs
from tocsin.collect.unpack_limits import Budget, Entry, Forward, Limits, Lost, Unpacked
from tocsin.model.text import N_, say

_STARTS: dict[str, tuple[re.Pattern[bytes], Callable[[Limits], unpack_codecs.Codec]]] = {
    "gzip": (re.compile(rb"\x1f\x8b\x08"), unpack_codecs.gzip),
    "xz": (re.compile(rb"\xfd7zXZ\0"), unpack_codecs.xz),
    # The block's magic number, or that of the end in an empty one.
    "bzip2": (re.compile(rb"BZh[1-9](?:1AY&SY|\x17rE8P\x90)"), unpack_codecs.bzip2),
    # A frame, or a skippable frame (RFC 8878, 3.1.2).
    "zstd": (re.compile(rb"\x28\xb5\x2f\xfd|[\x50-\x5f]\x2a\x4d\x18"), unpack_codecs.zstandard),
}


def compression(head: bytes) -> str | None:
    """Which of the four it is, by its magic number."""
    for kind, (start, _) in _STARTS.items():
        if start.match(head):
            return kind
    return None


def unpack_stream(stream: Forward, kind: str, name: str, budget: Budget) -> Iterator[Unpacked]:
    """The one member, called `name`; streams put behind one another are one member."""
    start, codec = _STARTS[kind]
    unpacked = unpack_codecs.Decompressed(
        stream, codec, budget, again=lambda rest: start.match(rest) is not None
    )
    yield Entry(name=name, stream=unpacked)
    if unpacked.trailing:
        yield Lost(why=say(N_("something else follows the compressed data and is left out")))
