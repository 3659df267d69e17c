"""Writes TNEF streams as MS-OXTNEF has them, for tests: no real one is part of the repository."""

from __future__ import annotations

import base64
import struct
import uuid

SIGNATURE = 0x223E9F78
MESSAGE = uuid.UUID("00020307-0000-0000-C000-000000000046")
STORAGE = uuid.UUID("0000000B-0000-0000-C000-000000000046")

VERSION, CODEPAGE, SUBJECT, FROM, TEXT = 0x00089006, 0x00069007, 0x00018004, 0x00008000, 0x0002800C
PROPERTIES, RECIPIENTS = 0x00069003, 0x00069004
FILE_BEGINS, FILE_TITLE, FILE_DATA, FILE_PROPERTIES = 0x00069002, 0x00018010, 0x0006800F, 0x00069005
"""attTnefVersion and so on (MS-OXTNEF, 2.1.3.2)."""

INTEGER, BOOLEAN, OBJECT, EIGHT_BIT, UNICODE, BINARY = 0x3, 0xB, 0xD, 0x1E, 0x1F, 0x102

BODY, RICH, HTML, MESSAGE_ID, REFERENCES, IN_REPLY_TO = (
    0x1000,
    0x1009,
    0x1013,
    0x1035,
    0x1039,
    0x1042,
)
TOPIC, INDEX, INTERNET_CODEPAGE = 0x0070, 0x0071, 0x3FDE
DATA, METHOD, LONG_NAME, MEDIA_TYPE = 0x3701, 0x3705, 0x3707, 0x370E

Property = tuple[int, int, object]


def attribute(level: int, number: int, data: bytes, *, checksum: int | None = None) -> bytes:
    """One attribute; with another checksum than its own where one is given."""
    found = sum(data) & 0xFFFF if checksum is None else checksum
    return struct.pack("<BII", level, number, len(data)) + data + struct.pack("<H", found)


def sized(data: bytes) -> bytes:
    """A value of variable size: its size, itself, padding."""
    return struct.pack("<I", len(data)) + data + bytes(-len(data) % 4)


def listed(*properties: Property) -> bytes:
    """A list of properties: (number, kind, value)."""
    found = struct.pack("<I", len(properties))
    for number, kind, value in properties:
        found += struct.pack("<HH", kind, number)
        if kind in (INTEGER, BOOLEAN):
            found += struct.pack("<I", value)
            continue
        data = value if isinstance(value, bytes) else str(value).encode("utf-16-le") + b"\0\0"
        found += struct.pack("<I", 1) + sized(data)
    return found


def named(kind: int, name: str, value: str) -> bytes:
    """A property with a name of its own, which no reader here wants (kind UNICODE), without a count."""
    spelt = name.encode("utf-16-le") + b"\0\0"
    return (
        struct.pack("<HH", kind, 0x8001) + uuid.uuid4().bytes_le + struct.pack("<I", 1) + sized(spelt)
        + struct.pack("<I", 1) + sized(value.encode("utf-16-le") + b"\0\0")
    )  # fmt: skip


def stream(*properties: Property, files: tuple[bytes, ...] = (), page: int = 1252,
           more: bytes = b"") -> bytes:  # fmt: skip
    """A whole stream. more: attributes of the message beside its properties; files: `attached`."""
    head = struct.pack("<IH", SIGNATURE, 0x1234)
    head += attribute(1, VERSION, struct.pack("<I", 0x10000))
    head += attribute(1, CODEPAGE, struct.pack("<II", page, 0))
    return head + more + attribute(1, PROPERTIES, listed(*properties)) + b"".join(files)


def attached(title: str, data: bytes, *properties: Property, page: str = "cp1252") -> bytes:
    """An attachment with its data in an attribute of its own, as Outlook writes it."""
    return (
        attribute(2, FILE_BEGINS, struct.pack("<HIHHI", 1, 0xFFFFFFFF, 32, 32, 0))
        + attribute(2, FILE_TITLE, title.encode(page) + b"\0")
        + attribute(2, FILE_DATA, data)
        + attribute(2, FILE_PROPERTIES, listed(*properties))
    )


def attached_message(title: str, inner: bytes, interface: uuid.UUID = MESSAGE) -> bytes:
    """An attached message, or another object: the interface's id, then the stream."""
    found = listed((METHOD, INTEGER, 5), (LONG_NAME, UNICODE, title),
                   (DATA, OBJECT, interface.bytes_le + inner))  # fmt: skip
    return (
        attribute(2, FILE_BEGINS, struct.pack("<HIHHI", 2, 0xFFFFFFFF, 32, 32, 0))
        + attribute(2, FILE_DATA, b"This attachment is a MAPI 1.0 embedded message.")
        + attribute(2, FILE_PROPERTIES, found)
    )


def mailed(data: bytes, head: str, *, text: str = "", media: str = "application/ms-tnef",
           name: str = "winmail.dat") -> bytes:  # fmt: skip
    """A mail with the stream beside a plain text, as Exchange sends it to other organisations."""
    return (
        f"{head}MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=tb\n\n"
        f"--tb\nContent-Type: text/plain; charset=utf-8\n\n{text}\n"
        f'--tb\nContent-Type: {media}; name="{name}"\nContent-Transfer-Encoding: base64\n'
        f"Content-Disposition: attachment\n\n{base64.encodebytes(data).decode()}\n--tb--\n"
    ).encode()
