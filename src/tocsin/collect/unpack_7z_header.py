"""The header of a 7z archive: py7zr parses it, but only after its counts were looked at.

py7zr makes objects for whatever a header of a few bytes promises. Layout: 7zFormat.txt, LZMA SDK.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator
from typing import Any, BinaryIO

import msgspec
from py7zr.archiveinfo import FilesInfo, Folder, PackInfo, SubstreamsInfo, UnpackInfo, read_uint64

from tocsin.collect.unpack_7z_folder import FolderReader
from tocsin.collect.unpack_codecs import OUTPUT
from tocsin.collect.unpack_limits import Budget, Limits, Loss, truncated
from tocsin.model.text import N_, say

HEADER_LIMIT = 16 << 20
"""Bytes of the header, unpacked: about 150,000 members."""
FOLDERS_LIMIT = 65_536
"""Separately compressed parts ("folders") of one archive."""
MEMBERS_LIMIT = 300_000
"""Members listed in one 7z header: py7zr holds them all in memory."""

_HEADER, _STREAMS, _FILES, _PACK, _UNPACK, _SUB, _FOLDER, _ENCODED, _PROPERTIES = (
    bytes([code]) for code in (0x01, 0x04, 0x05, 0x06, 0x07, 0x08, 0x0B, 0x17, 0x02)
)
_START = struct.Struct("<6s2BLQQL")


class Header(msgspec.Struct, kw_only=True):
    """The parts of a header as py7zr parses them."""

    packed: PackInfo | None = None
    unpacked: UnpackInfo | None = None
    parts: SubstreamsInfo | None = None
    files: list[dict[str, Any]] = []


def read_header(stream: BinaryIO, limits: Limits) -> Header:
    """The header at the end of the archive. Raises Loss, or one of `SEVENZIP_FAULTS`."""
    length = stream.seek(0, 2)
    stream.seek(0)
    start = stream.read(_START.size)
    if len(start) < _START.size:
        raise truncated()
    _, _, _, _, offset, size, crc = _START.unpack(start)
    if not size:
        return Header()
    if _START.size + offset + size > length:
        raise truncated()
    if size > HEADER_LIMIT:
        raise _too_long(size)
    stream.seek(_START.size + offset)
    data = stream.read(size)
    if zlib.crc32(data) != crc:
        raise Loss(say(N_("the archive's header is damaged")))
    # A compressed header may be compressed again; more than once more has no use.
    for _ in range(2):
        if data[:1] == _ENCODED:
            data = _decoded(stream, io.BytesIO(data[1:]), limits)
    return _parse(io.BytesIO(data), limits)


def _too_long(size: int) -> Loss:
    why = say(
        N_("the archive's header is {size} bytes long, more than the {limit} that are read"),
        size=size,
        limit=HEADER_LIMIT,
    )
    return Loss(why, "limit")


def _decoded(stream: BinaryIO, data: io.BytesIO, limits: Limits) -> bytes:
    header = _streams(data)
    if header.packed is None or header.unpacked is None or not header.unpacked.folders:
        raise ValueError("compressed header without data")
    folder = header.unpacked.folders[0]
    size = folder.unpacksizes[-1]
    if size > HEADER_LIMIT:
        raise _too_long(size)
    # Not counted as unpacked data: its own limit holds.
    place = _START.size + header.packed.packpos
    packed = header.packed.packsizes[0]
    reader = FolderReader(stream, folder, place, packed, Budget(limits))
    if reader.why is not None:
        raise reader.why
    parts = []
    while size > 0:
        piece = reader.read(min(size, OUTPUT))
        size -= len(piece)
        parts.append(piece)
    return b"".join(parts)


def _parse(data: io.BytesIO, limits: Limits) -> Header:
    if data.read(1) != _HEADER:
        raise ValueError("no header where it should be")
    header = Header()
    code = data.read(1)
    if code == _PROPERTIES:
        raise ValueError("archive properties are not known")
    if code == _STREAMS:
        header = _streams(data)
        code = data.read(1)
    if code == _FILES:
        count = _peek(data)
        if count > min(MEMBERS_LIMIT, limits.members):
            limit = min(MEMBERS_LIMIT, limits.members)
            why = say(N_("more than {limit} members: the archive is left out"), limit=limit)
            raise Loss(why, "limit")
        files = FilesInfo.retrieve(data)
        header.files = files.files
        empty = iter(files.emptyfiles)
        for info in header.files:
            info["emptyfile"] = info["emptystream"] and next(empty, False)
    return header


def _streams(data: io.BytesIO) -> Header:
    header = Header()
    code = data.read(1)
    if code == _PACK:
        header.packed = PackInfo.retrieve(data)
        code = data.read(1)
    if code == _UNPACK:
        if data.getvalue()[data.tell() : data.tell() + 1] == _FOLDER:
            count = _peek(data, 1)
            if count > FOLDERS_LIMIT:
                raise ValueError(f"{count} separately compressed parts")
        header.unpacked = UnpackInfo.retrieve(data)
        code = data.read(1)
    if code == _SUB and header.unpacked is not None:
        folders = header.unpacked.folders
        header.parts = SubstreamsInfo.retrieve(data, len(folders), folders)
        code = data.read(1)
    if code != b"\0":
        raise ValueError("header without an end")
    return header


def _peek(data: io.BytesIO, skip: int = 0) -> int:
    """The number that comes next; the place stays."""
    place = data.tell()
    data.seek(place + skip)
    number = read_uint64(data)
    data.seek(place)
    return int(number)


def placed(header: Header) -> Iterator[tuple[dict[str, Any], Folder | None, int, int]]:
    """Each member with its folder, where the folder's packed bytes begin, and how many they are."""
    folders = iter(_folders(header))
    left, folder, place, packed = 0, None, 0, 0
    number = 0
    for info in header.files:
        if info["emptystream"]:
            yield info, None, 0, 0
            continue
        while not left:
            folder, place, packed, left = next(folders, (None, 0, 0, -1))
        if folder is None or left < 0:
            raise ValueError("more members than data")
        left -= 1
        parts = header.parts
        if parts is not None and parts.unpacksizes is not None:
            info["size"] = parts.unpacksizes[number]
        else:
            info["size"] = folder.get_unpack_size()
        if info["size"] < 0:
            raise ValueError("a member of negative size")
        if parts is not None and parts.digestsdefined[number]:
            info["digest"] = parts.digests[number]
        number += 1
        yield info, folder, place, packed


def _folders(header: Header) -> Iterator[tuple[Folder, int, int, int]]:
    if header.packed is None or header.unpacked is None:
        return
    sizes = header.packed.packsizes
    place = _START.size + header.packed.packpos
    taken = 0
    for number, folder in enumerate(header.unpacked.folders):
        streams = max(len(folder.packed_indices), 1)
        count = header.parts.num_unpackstreams_folders[number] if header.parts is not None else 1
        yield folder, place, sizes[taken], count
        place += sum(sizes[taken : taken + streams])
        taken += streams
