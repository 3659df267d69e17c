"""Attachments made to hurt who looks at them: no exception, bounded work, limits told."""

from __future__ import annotations

import io
import random
import struct
import time
import zipfile
import zlib

import pytest
from attachment_making import (
    ENCRYPTED_ZIP,
    document,
    image,
    ole,
    onenote,
    rar5,
    seven_zipped,
    zipped,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.formats.syntax.attachments import look
from tocsin.model.message import Attachment

SECONDS = 3
"""What one file may take here; measured below 0.2, the machine of a test is busy."""


def seen(data: bytes, name: str = "x") -> Attachment:
    begun = time.process_time()
    found = look(name, "", data, inline=False, passwords=("U4613", "abc"))
    assert time.process_time() - begun < SECONDS
    return found


def test_a_bomb_is_cut():
    found = seen(zipped({f"{n}.bin": bytes(10 << 20) for n in range(8)}), "a.zip")
    assert {"padded", "cut"} <= set(found.traits)


def test_a_bomb_of_bombs_is_cut():
    inner = zipped({f"{n}.bin": bytes(4 << 20) for n in range(8)})
    for _ in range(6):
        inner = zipped({f"{n}.zip": inner for n in range(8)})
    assert "cut" in seen(inner, "a.zip").traits


def test_very_many_members():
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for n in range(30_000):
            archive.writestr(f"{n}.txt", b"")
    found = seen(made.getvalue(), "a.zip")
    assert len(found.inside) == 50
    assert "cut" in found.traits


def test_members_that_overlap_cost_no_more_than_the_limit():
    """A thousand directory entries for one body of empty blocks, which unpack to nothing."""
    body = (b"\x00\x00\x00\xff\xff" * 1_000_000) + b"\x03\x00"
    local = (
        struct.pack("<4sHHHHHIIIHH", b"PK\x03\x04", 20, 0, 8, 0, 0, 0, len(body), 0, 1, 0)
        + b"a"
        + body
    )
    entry = b"PK\x01\x02" + struct.pack(
        "<HHHHHHIIIHHHHHII", 20, 20, 0, 8, 0, 0, 0, len(body), 0, 1, 0, 0, 0, 0, 0, 0
    )
    central = (entry + b"a") * 1000
    end = b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, 1000, 1000, len(central), len(local), 0)
    assert "cut" in seen(local + central + end, "a.zip").traits


def test_an_image_whose_folders_loop():
    data = bytearray(image({"a.txt": b"x"}))
    root = struct.unpack_from("<I", data, 17 * 2048 + 158)[0]
    at = data.find(b"\x00a\x00.\x00t", root * 2048) - 33
    data[at + 25] = 2  # the file becomes a folder, which is the root
    struct.pack_into("<I", data, at + 2, root)
    assert seen(bytes(data), "a.iso").kind == "iso"


@pytest.mark.parametrize(
    "page",
    [
        b"<html><script>" + b"<" * (100 << 20),
        b"<html>" + b"A" * (5 << 20),
        b"<html><script>atob(" + b"1," * (4 << 20),
        b"<html>password " + b"<input " * (1 << 20),
        b"<html>" + b"<form " * (1 << 20),
        b"<?xml " * 200_000,
        b"<!--" * 200_000,
        b"From: a\r\n" * 100_000,
    ],
    ids=range(8),
)
def test_long_pages(page: bytes):
    assert seen(page, "a.html").size == len(page)


@pytest.mark.parametrize(
    "data",
    [
        b"%PDF-1.7\n" + b"/#41" * 500_000,
        b"%PDF-1.7\n" + b"/ObjStm stream\r\nx" * 100_000,
        b"%PDF-1.7\n" + b"/URIx" * 1_000_000,
        b"{\\rtf1 " + b"\\fldinst " * 500_000,
        b"7z\xbc\xaf\x27\x1c\0\4" + bytes(4) + struct.pack("<QQ", 0, 1 << 20) + bytes(4) + b"\x11" * (1 << 20),
        onenote(*([b"x"] * 5000)),
        b"vhdxfile" + b".lnk" * 2_000_000,
        ole("WordDocument", stream=b"\x13" * 5_000_000 + b"DDE"),
        ole("Workbook", stream=b"\x85\x00\x10\x00" * 2_000_000),
        b"MSCF\0\0\0\0" + b"\xff" * 5000,
        b"PK\x03\x04" * 500_000,
        b"PK\x01\x02" * 500_000 + b"PK\x05\x06" + bytes(18),
    ],
    ids=range(12),
)  # fmt: skip
def test_long_documents(data: bytes):
    seen(data)


SEEDS = [
    zipped({"a.txt": b"x" * 500, "b.js": b"y", "in.zip": zipped({"c.exe": b"MZ"})}),
    ENCRYPTED_ZIP,
    seven_zipped({"a.js": b"x", "b.txt": b"y"}),
    seven_zipped({"a.js": b"x"}, "abc", hide=True),
    rar5("a.js"),
    b"Rar!\x1a\x07\x00" + struct.pack("<HBHH", 0, 0x73, 0, 13) + bytes(6)
    + struct.pack("<HBHHIIBIIBBHI", 0, 0x74, 0x8000, 36, 3, 3, 2, 0, 0, 20, 48, 4, 0) + b"a.jsabc",
    image({"a.js": b"x", "b.lnk": b"y"})[: 60 * 2048],
    ole("WordDocument", "_VBA_PROJECT"),
    document(**{"word/document.xml": "<w:instrText> DDE x</w:instrText>", "word/vbaProject.bin": "x"}),
    onenote(b"MZ", b"<html>"),
    b"%PDF-1.7\n/ObjStm stream\n" + zlib.compress(b"/JavaScript "),
    b"{\\rtf1 {\\object\\objdata 01}}",
    b"<html><script>atob('" + b"A" * 1200 + b"');a.download='x'</script></html>",
    b"MSCF" + bytes(12) + struct.pack("<I", 44) + bytes(6) + struct.pack("<HH", 1, 2) + bytes(14)
    + struct.pack("<IIHHHH", 3, 0, 0, 0, 0, 32) + b"a.js\0"
    + struct.pack("<IIHHHH", 3, 0, 0, 0, 0, 32) + b"b.txt\0",
]  # fmt: skip


def test_the_seeds_are_read():
    for seed in SEEDS:
        assert seen(seed).kind not in ("unknown", "text")
    assert seen(SEEDS[5]).inside == ("a.js",)
    assert seen(SEEDS[13]).inside == ("a.js", "b.txt")


@pytest.mark.parametrize("number", range(len(SEEDS)))
def test_damaged_in_every_way(number: int):
    chance = random.Random(number)
    seed = SEEDS[number]
    for round_ in range(150):
        data = bytearray(seed)
        for _ in range(chance.choice((1, 3, 20))):
            at = chance.randrange(len(data))
            if chance.random() < 0.6:
                data[at] = chance.choice((0, 255, chance.randrange(256)))
            elif chance.random() < 0.5:
                data[at : at + 4] = b"\xff\xff\xff\x7f"
            else:
                del data[at : at + chance.randrange(1, 40)]
                data += b"\0"
        seen(bytes(data[: chance.randrange(len(data))] if round_ % 5 == 0 else data), "a.zip")


@given(
    st.sampled_from(
        [seed[:8] for seed in SEEDS] + [b"", b"\x1f\x8b\x08", b"BZh9", b"\xfd7zXZ\x00"]
    ),
    st.binary(max_size=600),
    st.text(max_size=30),
)
@settings(max_examples=300, deadline=None)
def test_any_bytes_are_looked_at(head: bytes, body: bytes, name: str):
    found = seen(head + body, name)
    assert found.kind
    assert len(found.inside) <= 50
