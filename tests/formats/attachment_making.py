"""Attachments made for the tests: with other people's writers where there are some, else by hand."""

from __future__ import annotations

import base64
import io
import struct
import zipfile

import py7zr
import pycdlib

PLACEHOLDER = b"HARMLESS TEST PLACEHOLDER: this file is plain text."

ENCRYPTED_ZIP = base64.b64decode(
    "UEsDBBQACQAIAPdDe12c2VXKHgAAABoAAAAJABwAaW5uZXIuZXhlVVQJAAPyPwlr8j8Ja3V4CwABBAAAAAAEAAAAAD1h"
    "+66x54IKJYER/KcsXwuGfpPwoyRBSb7WgRA5xVBLBwic2VXKHgAAABoAAABQSwECHgMUAAkACAD3Q3tdnNlVyh4AAAAa"
    "AAAACQAYAAAAAAABAAAApIEAAAAAaW5uZXIuZXhlVVQFAAPyPwlrdXgLAAEEAAAAAAQAAAAAUEsFBgAAAAABAAEATwAA"
    "AHEAAAAAAA=="
)
"""`inner.exe`, harmless text, by Info-ZIP's `zip -P U4613`."""


def zipped(files: dict[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return made.getvalue()


def seven_zipped(files: dict[str, bytes], password: str = "", *, hide: bool = False) -> bytes:
    made = io.BytesIO()
    with py7zr.SevenZipFile(
        made, "w", password=password or None, header_encryption=hide
    ) as archive:
        for name, data in files.items():
            archive.writestr(data, name)
    return made.getvalue()


def image(files: dict[str, bytes]) -> bytes:
    """An ISO 9660 image with Joliet names."""
    made = io.BytesIO()
    disc = pycdlib.PyCdlib()
    disc.new(joliet=3)
    for number, (name, data) in enumerate(files.items()):
        disc.add_fp(io.BytesIO(data), len(data), f"/F{number}.;1", joliet_path=f"/{name}")
    disc.write_fp(made)
    disc.close()
    return made.getvalue()


def rar5(name: str, *, encrypted_headers: bool = False) -> bytes:
    """By the RAR 5.0 technote: signature, main header, then a file or an encryption header."""

    def block(kind: int, body: bytes) -> bytes:
        head = bytes((kind, 0)) + body
        return b"\0\0\0\0" + bytes((len(head),)) + head

    signature = b"Rar!\x1a\x07\x01\x00"
    if encrypted_headers:
        return signature + block(4, b"\0\0")
    raw = name.encode()
    file = bytes((0, 5, 0, 0, 0, len(raw))) + raw
    return signature + block(1, b"\0") + block(2, file) + block(5, b"\0")


def ole(*names: str, clsid: bytes = bytes(16), stream: bytes = b"") -> bytes:
    """A compound file's header and directory entries (MS-CFB 2.2, 2.6.1)."""
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHH", 62, 3, 0xFFFE, 9)
    entries = b""
    for name in ("Root Entry", *names):
        raw = name.encode("utf-16-le")
        entry = raw.ljust(64, b"\0") + struct.pack("<HBB", len(raw) + 2, 1, 1) + bytes(12)
        entries += (entry + (clsid if name == "Root Entry" else bytes(16))).ljust(128, b"\0")
    return head.ljust(512, b"\0") + entries.ljust(1024, b"\0") + stream.ljust(1024, b"\0")


def onenote(*files: bytes) -> bytes:
    """A section's header, then a FileDataStoreObject for each file (MS-ONESTORE 2.6.13)."""
    made = bytes.fromhex("e4525c7b8cd8a74daeb15378d02996d3").ljust(1024, b"\0")
    for each in files:
        made += bytes.fromhex("e716e3bd65261145a4c48d4d0b7a9eac")
        made += struct.pack("<QIQ", len(each), 0, 0) + each
    return made


def document(**parts: str) -> bytes:
    """An OOXML document; `word__document_xml` becomes `word/document.xml`."""
    files = {"[Content_Types].xml": b"<Types/>"}
    for name, text in parts.items():
        files[name] = text.encode()
    return zipped(files)
