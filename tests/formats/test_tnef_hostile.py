"""Hostile TNEF parts: nothing raises, the rest of the mail is read, every limit is told, all is linear."""

import random
import struct
import time
from pathlib import Path

import pytest
from attachment_making import zipped
from hypothesis import given, settings
from hypothesis import strategies as st
from message_reading import HEAD, everything, gaps, messages, one
from tnef_making import (
    BINARY,
    BODY,
    CODEPAGE,
    DATA,
    FILE_BEGINS,
    FILE_DATA,
    FILE_PROPERTIES,
    FILE_TITLE,
    LONG_NAME,
    OBJECT,
    PROPERTIES,
    RECIPIENTS,
    RICH,
    UNICODE,
    attached,
    attached_message,
    attribute,
    listed,
    mailed,
    sized,
    stream,
)

from tocsin.formats.syntax import tnef_limits

BESIDE = "What stands beside the part is read whatever the part is: https://contoso.test/a"
ZIP = zipped({"invoice.pdf.js": b"var a = 1;\n" * 50})
WHOLE = stream(
    (BODY, UNICODE, "Please look at the order at https://files.partner.test/a.zip by tomorrow"),
    files=(attached("order.zip", ZIP), attached_message("Old", stream(files=(attached("b.zip", ZIP),)))),
)  # fmt: skip
DAMAGED = str(tnef_limits.DAMAGED)


def told(data: bytes) -> list[str]:
    """The gaps of a mail with such a part; that mail's own text is there all the same."""
    found = everything(mailed(data, HEAD, text=BESIDE))
    (mail,) = messages(found)
    assert BESIDE in mail.text.new
    assert any(each.url == "https://contoso.test/a" for each in mail.links)
    assert "winmail.dat" in [each.name for each in mail.attachments]
    return gaps(found)


def test_a_wrong_checksum_is_told_and_costs_nothing():
    wrong = stream(more=attribute(1, PROPERTIES, listed((BODY, UNICODE, "still here")), checksum=7))
    (why,) = told(wrong)
    assert "checksum" in why
    assert "winmail.dat" in why
    assert "still here" in one(mailed(wrong, HEAD)).text.new


def test_a_stream_whose_last_checksum_is_missing_is_read_whole():
    found = one(mailed(WHOLE[:-2], HEAD))
    assert [each.name for each in found.attachments][:1] == ["order.zip"]


@pytest.mark.parametrize("cut", range(7, len(WHOLE) - 2, 41))
def test_a_torn_stream_gives_what_was_read(cut: int):
    told(WHOLE[:cut])


def test_what_stands_before_the_tear_is_kept():
    cut = WHOLE[: WHOLE.index(b"Old".decode().encode("utf-16-le")) + 20]
    assert told(cut) == [DAMAGED]
    assert one(mailed(cut, HEAD)).attachments[0].inside == ("invoice.pdf.js",)


def test_what_only_calls_itself_so_is_told_and_stays_a_file():
    (why,) = told(b"no stream at all")
    assert "does not begin as such" in why
    assert told(b"") == []


LYING = {
    "a length beyond the end": stream() + struct.pack("<BII", 2, FILE_DATA, 0xFFFFFFFF) + b"x" * 50,
    "a level that there is not": stream() + struct.pack("<BII", 9, FILE_DATA, 4) + b"abcdef",
    "more properties than there are": stream(more=attribute(1, PROPERTIES, b"\xff\xff\xff\xff" + listed((BODY, UNICODE, "x"))[4:])),
    "a kind that there is not": stream(more=attribute(1, PROPERTIES, struct.pack("<IHHI", 1, 0x0FF0, 0x1000, 0))),
    "a value beyond its list": stream(more=attribute(1, PROPERTIES, struct.pack("<IHHII", 1, BINARY, RICH, 1, 0x7FFFFFFF) + b"abc")),
    "more values than there are": stream(more=attribute(1, PROPERTIES, struct.pack("<IHHI", 1, 0x1003, 0x6000, 0xFFFFFFFF))),
    "a name beyond its list": stream(more=attribute(1, PROPERTIES, struct.pack("<IHH16sII", 1, 3, 0x8000, bytes(16), 1, 0xFFFFFFF0))),
    "more recipients than there are": stream(more=attribute(1, RECIPIENTS, b"\xff\xff\xff\xff")),
    "a message that is none": stream(files=(attached_message("x", b"nothing"),)),
    "an object without its id": stream(files=(attribute(2, FILE_PROPERTIES, listed((DATA, OBJECT, b"ab"))),)),
    "an odd code page": stream(more=attribute(1, CODEPAGE, b"\1")) + attribute(1, CODEPAGE, b"\xff" * 8),
}  # fmt: skip


@pytest.mark.parametrize("name", LYING)
def test_sizes_and_counts_that_lie(name: str):
    why = told(LYING[name])
    assert DAMAGED in why or name in ("an object without its id", "an odd code page")
    assert len(why) <= 2  # of rich text that was cut it is told too


def _nested(levels: int) -> bytes:
    found = stream((BODY, UNICODE, "innermost"), files=(attached("last.zip", ZIP),))
    for _ in range(levels):
        found = stream(files=(attached_message("m", found),))
    return found


def _boxed(levels: int) -> bytes:
    found = stream(files=(attached("last.zip", ZIP),))
    for _ in range(levels):
        found = stream(files=(attached("winmail.dat", found),))
    return found


@pytest.mark.parametrize("nested", [_nested, _boxed])
def test_nesting_ends_and_is_told(nested):
    last = [each.name.rpartition("!")[2] for each in one(mailed(nested(4), HEAD)).attachments]
    assert "last.zip" in last
    assert told(nested(4)) == []
    (why,) = told(nested(60))
    assert "nested deeper than 5 levels" in why


def _files(count: int) -> bytes:
    each = (
        attribute(2, FILE_BEGINS, bytes(14))
        + attribute(2, FILE_TITLE, b"a\0")
        + attribute(2, FILE_DATA, b"x")
    )
    return stream((BODY, UNICODE, "many"), files=(each * count,))


def test_ten_thousand_attachments_are_told():
    why = told(_files(10_000))
    assert any("more than 400 attachments" in each for each in why)
    found = one(mailed(_files(10_000), HEAD))
    assert len(found.attachments) == 401
    assert found.attachments[-1].kind == "tnef"


def test_two_data_of_one_attachment_are_both_looked_at():
    both = attribute(2, FILE_DATA, b"harmless text") + attribute(
        2, FILE_PROPERTIES, listed((LONG_NAME, UNICODE, "a.zip"), (DATA, BINARY, ZIP))
    )
    found = one(mailed(stream(files=(attribute(2, FILE_BEGINS, bytes(14)) + both,)), HEAD))
    assert [each.kind for each in found.attachments] == ["text", "zip", "tnef"]


def _swelling() -> bytes:
    """Rich text of 250 kB that unpacks to 2 MiB: references of 17 bytes to what was just written."""
    out = bytearray(b"\x00" + b"a" * 8)
    at = 207 + 8
    while at < 207 + 2 * 1024 * 1024:
        out.append(0xFF)
        for _ in range(8):
            out += struct.pack(">H", ((at - 1) % 4096) << 4 | 15)
            at += 17
    return struct.pack("<II4sI", len(out) + 12, 2 * 1024 * 1024, b"LZFu", 0) + bytes(out)


def test_swelling_rich_text_is_bounded():
    inner = stream((RICH, BINARY, _swelling()))
    bomb = stream(files=tuple(attached_message(str(n), inner) for n in range(40)))
    start = time.process_time()
    why = told(bomb)
    assert any("of rich text" in each for each in why)
    assert time.process_time() - start < 20


HOSTILE = {
    "attributes": stream() + attribute(1, 0x00050008, b"") * 2_000_000,
    "files": _files(400_000),
    "properties": stream(more=attribute(1, PROPERTIES, struct.pack("<I", 3_000_000) + struct.pack("<HHI", 3, 0x6000, 1) * 3_000_000)),
    "values": stream(more=attribute(1, PROPERTIES, struct.pack("<IHHI", 1, 0x101F, 0x6000, 4_000_000) + bytes(16_000_000))),
    "empty rows": stream(more=attribute(1, RECIPIENTS, struct.pack("<I", 4_000_000) + bytes(16_000_000))),
    "data again and again": stream(files=(attribute(2, FILE_BEGINS, bytes(14)) + b"".join(
        attribute(2, FILE_DATA, bytes([n % 251]) * 1000) for n in range(15_000)),)),
    "a large file": stream(files=(attached("a", bytes(20_000_000)),)),
    "objects": stream(files=(attribute(2, FILE_PROPERTIES, struct.pack("<I", 100_000) + (
        struct.pack("<HHI", BINARY, DATA, 1) + sized(b"x" * 60)) * 100_000),)),
    "text": stream((BODY, UNICODE, "word " * 2_000_000)),
    "nested": _nested(300),
    "boxed": _boxed(300),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_no_part_takes_long(name: str):
    mail = mailed(HOSTILE[name], HEAD, text=BESIDE)
    start = time.process_time()
    assert len(list(messages(everything(mail)))) == 1
    # Linear, these take a second or two; quadratic, minutes.
    assert time.process_time() - start < 12


def test_many_parts_in_one_mail():
    part = mailed(stream((BODY, UNICODE, "some words of it " * 500)), "").partition(b"--tb\n")[2]
    part = part[part.index(b"--tb\n") : part.index(b"--tb--")]
    head = f"{HEAD}Content-Type: multipart/mixed; boundary=tb\n\n--tb\n\n{BESIDE}\n".encode()
    start = time.process_time()
    found = everything(head + part * 1500 + b"--tb--\n")
    assert len(list(messages(found))) == 1
    assert any("more than 50 parts" in each for each in gaps(found))
    assert time.process_time() - start < 12


def test_the_page_names_the_limits():
    page = (Path(__file__).resolve().parents[2] / "docs/formats/eml.md").read_text("utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| `winmail.dat`")]
    for limit in (
        tnef_limits.STREAMS_LIMIT, tnef_limits.DEPTH_LIMIT, tnef_limits.ATTRIBUTES_LIMIT,
        tnef_limits.VALUES_LIMIT, tnef_limits.FILES_LIMIT, tnef_limits.DATA_LIMIT,
        tnef_limits.TEXT_LIMIT, tnef_limits.RICH_TEXTS_LIMIT,
    ):  # fmt: skip
        shown = f"{limit >> 20} MiB" if limit >= 1 << 20 else f"{limit:,}"
        assert any(shown in row for row in rows), limit


@given(st.integers(0, 2**32), st.integers(1, 12))
@settings(max_examples=300, deadline=None)
def test_damaged_streams(seed: int, changes: int):
    dice = random.Random(seed)
    data = bytearray(WHOLE)
    for _ in range(changes):
        at = dice.randrange(6, len(data))
        data[at] = dice.choice((0, 1, 2, 0x7F, 0x80, 0xFF, dice.randrange(256)))
    told(bytes(data))


@given(st.binary(max_size=300))
@settings(max_examples=200, deadline=None)
def test_any_bytes_behind_the_signature(data: bytes):
    told(stream()[:6] + data)
    told(stream(more=attribute(1, PROPERTIES, data)))
    told(stream(files=(attribute(2, FILE_PROPERTIES, data),)))
