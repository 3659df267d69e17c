"""Tar: v7, ustar, GNU and pax, read forward in one pass.

Not the standard library's `tarfile`: that reads extension headers of any size into memory, keeps
every header it has seen, and gives the whole archive up at the first damaged one. Layout: POSIX.1
pax, "ustar Interchange Format"; GNU tar manual, "Basic Tar Format".
"""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.collect.unpack_limits import (
    Entry,
    Forward,
    Lost,
    Passed,
    Slice,
    Unpacked,
    exactly,
    truncated,
)
from tocsin.model.text import N_, say

BLOCK = 512
EXTENSION_LIMIT = 256 * 1024
"""Bytes of one extension header (long name, pax records) that are read."""
RECORDS_LIMIT = 1000
"""Records of one pax header that are read."""

_SKIP = 64 * 1024
_END = b"\0" * BLOCK
_NO_FILE = {
    b"1": N_("a link: not followed"),
    b"2": N_("a link: not followed"),
    b"3": N_("a device, not a file"),
    b"4": N_("a device, not a file"),
    b"6": N_("a pipe, not a file"),
}
_SIZE_LIMIT = 1 << 62


def is_header(block: bytes) -> bool:
    """Whether a block is a tar header: by its checksum, so also of tars that have no magic."""
    if len(block) < BLOCK or not block[0]:
        return False
    said = _number(block[148:156])
    if said is None:
        return False
    if _number(block[124:136]) is None:
        return False
    fields = block[:148] + block[156:BLOCK]
    unsigned = sum(fields) + 8 * 0x20
    # Some old tars summed signed bytes.
    return said == unsigned or said == unsigned - 256 * sum(byte > 127 for byte in fields)


def unpack_tar(stream: Forward) -> Iterator[Unpacked]:
    """Every member in order. Raises Loss when the stream itself gives out."""
    tar = _Tar(stream)
    while (block := tar.block()) is not None:
        yield from tar.member(block)
    if not tar.ended:
        yield Lost(why=say(N_("has no end mark: members may be missing")))


class _Tar:
    """Where the reading is, and what extension headers said about the next member."""

    def __init__(self, stream: Forward) -> None:
        self._stream = stream
        self._offset = 0
        self._name = b""
        self._records: dict[bytes, bytes] = {}
        self._lost = False
        self.ended = False

    def block(self) -> bytes | None:
        """The next block that is not all zeros; None at the end."""
        while block := exactly(self._stream, BLOCK):
            self._offset += len(block)
            if len(block) < BLOCK:
                raise truncated()
            if block != _END:
                return block
            # Another archive may have been put behind this one: read on.
            self.ended = True
        return None

    def member(self, block: bytes) -> Iterator[Unpacked]:
        """What a header announces; an extension header only changes the next one."""
        if not is_header(block):
            # Told once; the search for the next header then goes block by block.
            if not self._lost:
                self._lost = True
                self._forget()
                yield Lost(
                    why=say(
                        N_(
                            "no member begins at byte {offset}, where one should: looking further on"
                        ),
                        offset=self._offset - BLOCK,
                    )
                )
            return
        self._lost = self.ended = False
        kind = block[156:157]
        size = _number(block[124:136]) or 0
        if kind in (b"L", b"x", b"X"):
            yield from self._extension(kind, size)
        elif kind in (b"K", b"g", b"V", b"D"):
            self._skip(size)
        else:
            yield from self._file(block, kind, size)
            self._forget()

    def _forget(self) -> None:
        self._name, self._records = b"", {}

    def _extension(self, kind: bytes, size: int) -> Iterator[Unpacked]:
        if size > EXTENSION_LIMIT:
            self._skip(size)
            yield Lost(
                why=say(
                    N_("extension header of {size} bytes is left out, its limit is {limit}"),
                    size=size,
                    limit=EXTENSION_LIMIT,
                ),
                kind="limit",
            )
            return
        data = exactly(self._stream, size)
        self._offset += len(data)
        if len(data) < size:
            raise truncated()
        self._pad(size)
        if kind == b"L":
            self._name = data.rstrip(b"\0")
        else:
            self._records = _records(data)

    def _file(self, block: bytes, kind: bytes, size: int) -> Iterator[Unpacked]:
        said = self._records.get(b"size")
        if said is not None:
            size = int(said) if said.isdigit() and len(said) < 20 else _SIZE_LIMIT + 1
        name = self._records.get(b"path") or self._name or _name(block)
        text = name.decode("utf-8", "surrogateescape")
        if size > _SIZE_LIMIT:
            yield Lost(name=text, why=say(N_("has a size that cannot be")))
            return
        if kind == b"S" or any(each.startswith(b"GNU.sparse.") for each in self._records):
            yield Lost(
                name=text, why=say(N_("stored in GNU tar's form for sparse files: not read"))
            )
            self._sparse_headers(block, kind)
            self._skip(size)
        elif kind in _NO_FILE:
            yield Passed(why=say(_NO_FILE[kind]))
        elif kind == b"5" or name.endswith(b"/"):
            # Some systems write a folder's size, and no data for it.
            pass
        else:
            data = Slice(self._stream, size)
            yield Entry(name=text, stream=data)
            self._offset += size - data.left
            self._skip(data.left, size)

    def _sparse_headers(self, block: bytes, kind: bytes) -> None:
        """Old GNU form: more of the map in further blocks."""
        more = kind == b"S" and block[482:483] not in (b"\0", b"")
        while more:
            block = exactly(self._stream, BLOCK)
            self._offset += len(block)
            if len(block) < BLOCK:
                raise truncated()
            more = block[504:505] != b"\0"

    def _skip(self, size: int, padded: int | None = None) -> None:
        """Leave out data; `padded`: the whole size when only a part is still to come."""
        left = size
        while left > 0:
            data = self._stream.read(min(left, _SKIP))
            if not data:
                raise truncated()
            left -= len(data)
            self._offset += len(data)
        self._pad(size if padded is None else padded)

    def _pad(self, size: int) -> None:
        padding = exactly(self._stream, -size % BLOCK)
        self._offset += len(padding)


def _number(field: bytes) -> int | None:
    """Octal text, or GNU's base 256 (first bit set); None for what is neither."""
    if field[:1] == b"\x80":
        return int.from_bytes(field[1:], "big")
    text = field.split(b"\0", 1)[0].strip()
    if not text:
        return 0
    if len(text) > len(field) or text.strip(b"01234567"):
        return None
    return int(text, 8)


def _name(block: bytes) -> bytes:
    name = block[:100].split(b"\0", 1)[0]
    # Only POSIX's own magic has a prefix field; GNU's ("ustar  ") keeps times there.
    prefix = block[345:500].split(b"\0", 1)[0] if block[257:263] == b"ustar\0" else b""
    return prefix + b"/" + name if prefix else name


def _records(data: bytes) -> dict[bytes, bytes]:
    """Pax records, each `length key=value` and a line end; what follows a bad one is left out."""
    records: dict[bytes, bytes] = {}
    place = 0
    while place < len(data) and len(records) < RECORDS_LIMIT:
        space = data.find(b" ", place, place + 20)
        number = data[place:space] if space > 0 else b""
        if not number.isdigit():
            break
        end = place + int(number)
        if end <= space or end > len(data):
            break
        key, found, value = data[space + 1 : end - 1].partition(b"=")
        if found and (key in (b"path", b"size") or key.startswith(b"GNU.sparse.")):
            records[key] = value
        place = end
    return records
