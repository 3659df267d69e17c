"""Files that hold a picture of a code. The pictures were made once, with other people's writers (segno,
zxing-cpp), and lead to hosts that nobody can have (RFC 2606)."""

from __future__ import annotations

import base64
import io
import struct
import zlib
from pathlib import Path

from PIL import Image

CODES = Path(__file__).resolve().parent.parent / "data" / "codes"
HOST = ("login.evil.example",)
"""Where `link.*` and most others lead."""


def picture(name: str = "link.png") -> bytes:
    return (CODES / name).read_bytes()


def samples(name: str = "link.png", mode: str = "L") -> tuple[bytes, int, int]:
    """A picture's samples, its width and height."""
    read = Image.open(io.BytesIO(picture(name))).convert(mode)
    return read.tobytes(), read.width, read.height


def portable(
    stream: bytes, width: int, height: int, more: str, *, length: bool = True, before: bytes = b""
) -> bytes:
    """A PDF with one picture (ISO 32000-1, 8.9.5)."""
    said = f"/Length {len(stream)}" if length else "/Length 9 0 R"
    head = (
        f"4 0 obj\n<</Type/XObject /Subtype /Image /Width {width} /Height {height} {said} {more}>>"
    )
    return (
        b"%PDF-1.4\n1 0 obj\n<</Type/Catalog>>\nendobj\n" + before
        + head.encode() + b"\nstream\n" + stream + b"\nendstream\nendobj\n%%EOF\n"
    )  # fmt: skip


def grey(stream: bytes, width: int, height: int, more: str = "", **how) -> bytes:
    return portable(
        stream, width, height, f"/ColorSpace/DeviceGray/BitsPerComponent 8 {more}", **how
    )


def predicted(data: bytes, width: int, height: int, colours: int) -> bytes:
    """Samples deflated behind PNG's filter Up, the rows one by one (PNG, W3C, 9.2)."""
    stride = width * colours
    rows = [data[at : at + stride] for at in range(0, stride * height, stride)]
    before = [bytes(stride), *rows]
    up = (
        b"\2" + bytes((one - other) & 255 for one, other in zip(row, above, strict=True))
        for row, above in zip(rows, before, strict=False)
    )
    return zlib.compress(b"".join(up))


def in_page(data: bytes, kind: str = "png") -> bytes:
    letters = base64.b64encode(data).decode()
    return f'<html><body><img src="data:image/{kind};base64,{letters}"></body></html>'.encode()


def bomb(width: int, height: int, *, body: bool = True) -> bytes:
    """A PNG of white whose header claims that size."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + check

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = zlib.compress((b"\0" + b"\xff" * width) * height, 9) if body else b""
    chunks = chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks
