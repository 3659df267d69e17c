"""Reads the codes (QR, DataMatrix, Aztec) in pictures, in a process of its own: what `picture_codes` starts.

Pictures are decoded and searched by C libraries that a hostile one may crash, hang or make eat all
memory. So this runs apart (`confined`), under limits, and imports nothing of Tocsin. At its
standard input come pictures, each a `HEAD` and the bytes. For each it writes a `SIZE` and, in JSON, a
list of texts, what the codes say; or one of the words `TOO_LARGE`, `UNREADABLE`.
"""

from __future__ import annotations

import io
import json
import struct
import sys
import zlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, BinaryIO

if TYPE_CHECKING:
    from PIL import Image

HEAD = struct.Struct(">IIIBB")
"""Bytes that follow; width, height, bits of a sample: 0 for a picture file, else the bytes are deflated
samples; samples of a pixel where PNG's predictors were used, else 0."""

SIZE = struct.Struct(">I")
TOO_LARGE, UNREADABLE = "too-large", "unreadable"

PIXELS_LIMIT = 20_000_000
"""Pixels of one picture, by its header."""

SIDE_LIMIT = 1600
"""Pixels of the longer side that are searched: a larger picture is made smaller."""

SMALL_SIDE = 500
"""Pixels up to which a picture is also searched larger, and with a margin."""

FRAMES_LIMIT = 4
"""Frames of a moving picture that are searched, as far as all of them keep to `PIXELS_LIMIT`."""

CODES_LIMIT = 8
"""Codes of one picture that are told."""

TEXT_LIMIT = 4000
"""Characters of one."""

_FORMATS = ("PNG", "JPEG", "GIF", "BMP", "WEBP")
_DEEP = ("I", "I;16", "I;16B", "I;16L", "F")
_CHANNELS = {1: "L", 3: "RGB", 4: "CMYK"}
_FEW_BITS = {1: "1", 2: "L;2", 4: "L;4"}
_PNG_COLOURS = {1: 0, 3: 2, 4: 6}
"""Samples of a pixel as PNG's colour type; four of CMYK lie like those of RGBA (PNG, W3C, 11.2.1)."""


class _TooLargeError(Exception):
    """More pixels than are decoded."""


def main() -> int:
    """Answer until standard input ends."""
    from PIL import (  # noqa: PLC0415 - behind the limits; no other kinds are loaded
        BmpImagePlugin,  # noqa: F401
        GifImagePlugin,  # noqa: F401
        Image,
        ImageFile,
        JpegImagePlugin,  # noqa: F401
        PngImagePlugin,  # noqa: F401
        WebPImagePlugin,  # noqa: F401
    )

    ImageFile.LOAD_TRUNCATED_IMAGES = True  # mail programs show what is there, too
    Image.MAX_IMAGE_PIXELS = None  # ours is asked first
    given, out = sys.stdin.buffer, sys.stdout.buffer
    _answer(out, [])
    while len(head := given.read(HEAD.size)) == HEAD.size:
        size, *shape = HEAD.unpack(head)
        body = given.read(size)
        try:
            said = _said(_samples(body, *shape) if shape[0] else _file(body))
        except _TooLargeError:
            _answer(out, TOO_LARGE)
        except Exception:  # noqa: BLE001 - whatever a library makes of damaged bytes
            _answer(out, UNREADABLE)
        else:
            _answer(out, said)
    return 0


def _answer(out: BinaryIO, what: object) -> None:
    body = json.dumps(what).encode()
    out.write(SIZE.pack(len(body)) + body)
    out.flush()


def _file(body: bytes) -> Iterator[Image.Image]:
    """The frames of a picture file."""
    from PIL import Image  # noqa: PLC0415

    picture = Image.open(io.BytesIO(body), formats=_FORMATS)
    _measured(*picture.size)
    picture.draft("L", (SIDE_LIMIT, SIDE_LIMIT))  # JPEG alone can be decoded smaller
    room = PIXELS_LIMIT // max(1, picture.width * picture.height)
    for number in range(min(FRAMES_LIMIT, room, getattr(picture, "n_frames", 1))):
        if number:
            picture.seek(number)
        yield picture.copy()


def _samples(
    body: bytes, width: int, height: int, bits: int, predicted: int
) -> Iterator[Image.Image]:
    """A picture that stands as samples only (ISO 32000-1, 8.9.5.2)."""
    from PIL import Image  # noqa: PLC0415

    _measured(width, height)
    if predicted:
        head = struct.pack(">IIBBBBB", width, height, bits, _PNG_COLOURS[predicted], 0, 0, 0)
        chunks = (b"IHDR", head), (b"IDAT", body), (b"IEND", b"")
        for picture in _file(b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*each) for each in chunks)):
            four = predicted == 4
            yield Image.frombytes("CMYK", picture.size, picture.tobytes()) if four else picture
        return
    raw = zlib.decompressobj().decompress(body, width * height * 4 + height)
    if bits in _FEW_BITS:
        mode = "1" if bits == 1 else "L"
        yield Image.frombytes(mode, (width, height), raw, "raw", _FEW_BITS[bits], 0, 1)
        return
    mode = _CHANNELS[len(raw) // (width * height)]
    yield Image.frombytes(mode, (width, height), raw[: width * height * len(mode)])


def _chunk(kind: bytes, data: bytes) -> bytes:
    check = struct.pack(">I", zlib.crc32(kind + data))
    return struct.pack(">I", len(data)) + kind + data + check


def _measured(width: int, height: int) -> None:
    if width * height > PIXELS_LIMIT:
        raise _TooLargeError


def _said(pictures: Iterator[Image.Image]) -> list[str]:
    """What the codes of a picture say."""
    found: dict[str, None] = {}
    for picture in pictures:
        for grey in _greys(picture):
            if texts := _read(grey):
                found.update(dict.fromkeys(texts))
                break
    return list(found)[:CODES_LIMIT]


def _greys(picture: Image.Image) -> Iterator[Image.Image]:
    """A picture as a code may show in it: in grey, its lights and darks apart; of a small one, larger, and
    each of its colours too."""
    from PIL import Image, ImageOps  # noqa: PLC0415

    if picture.mode in _DEEP:
        picture = picture.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    clear = "transparency" in picture.info or picture.mode in ("RGBA", "LA", "PA", "La", "RGBa")
    if picture.mode not in ("L", "RGB", "RGBA"):
        picture = picture.convert("RGBA" if clear else "L" if picture.mode == "1" else "RGB")
    picture.thumbnail((SIDE_LIMIT, SIDE_LIMIT))
    shown = [picture]
    if clear:
        over = picture.convert("RGBA")
        shown = [Image.new("RGBA", over.size, ground) for ground in ("white", "black")]
        for each in shown:
            each.alpha_composite(over)
    greys = [ImageOps.autocontrast(each.convert("L")) for each in shown]
    yield from greys
    if max(picture.size) > SMALL_SIDE:
        return
    for grey in greys:
        larger = grey.resize((grey.width * 3, grey.height * 3), Image.Resampling.NEAREST)
        for margin in (255, 0):
            yield ImageOps.expand(larger, 24, margin)
    if shown[0].mode != "L":
        yield from shown[0].convert("RGB").split()


def _read(grey: Image.Image) -> list[str]:
    import zxingcpp  # noqa: PLC0415

    plane = memoryview(grey.tobytes()).cast("B", shape=(grey.height, grey.width))
    wanted = zxingcpp.BarcodeFormats(
        [
            zxingcpp.BarcodeFormat.QRCode,
            zxingcpp.BarcodeFormat.DataMatrix,
            zxingcpp.BarcodeFormat.Aztec,
        ]
    )
    codes: Any = zxingcpp.read_barcodes(plane, formats=wanted, text_mode=zxingcpp.TextMode.Plain)
    return [code.text[:TEXT_LIMIT] for code in codes if code.text.strip()]


if __name__ == "__main__":
    sys.exit(main())
