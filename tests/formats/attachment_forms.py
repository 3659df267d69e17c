"""Small attachments of the forms that lead on or start something, made byte by byte."""

from __future__ import annotations

import struct
import zlib

from attachment_making import document, zipped

EVIL = "https://evil.example/x"

EML = (
    b"From: a@contoso.example\r\nTo: b@fabrikam.example\r\nSubject: Order\r\nMIME-Version: 1.0\r\n"
    b"Content-Type: multipart/mixed; boundary=q\r\n\r\n--q\r\nContent-Type: text/html\r\n\r\n"
    b"<p>See <a href='https://evil.example/x'>here</a></p>\r\n--q\r\n"
    b"Content-Type: application/octet-stream; name=invoice.exe\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    b"TVqQAA==\r\n--q--\r\n"
)
PLAIN_EML = b"From: a@contoso.example\r\nTo: b@fabrikam.example\r\nSubject: Order\r\n\r\nThank you, see you.\r\n"

_RELATION = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" '
    'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/{kind}" Target="{target}" '
    'TargetMode="External"/></Relationships>'
)

PNG = b"\x89PNG\r\n\x1a\n" + bytes(60) + b"\0\0\0\0IEND\xaeB`\x82"
PDF = b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


def word(value: object) -> str:
    """A name for a case that is the same in each process: archives hold the time of their making."""
    return value[:40] if isinstance(value, str) and value.isprintable() else "data"


def calendar(*lines: str) -> bytes:
    """An invitation (RFC 5545) with these lines in its event; a name in PRODID, an id and an organizer."""
    head = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//http://prod.example//EN", "BEGIN:VEVENT"]
    fixed = ["UID:http://uid.example/1", "ORGANIZER;CN=A:mailto:a@contoso.example"]
    return "\r\n".join([*head, *fixed, *lines, "END:VEVENT", "END:VCALENDAR", ""]).encode()


def related(kind: str, target: str, part: str = "word/_rels/document.xml.rels") -> bytes:
    """A document with one external relation."""
    return document(**{part: _RELATION.format(kind=kind, target=target)})


def opendocument(content: str, **more: str) -> bytes:
    """An OpenDocument text; its type stands first and is stored (OpenDocument 1.3, part 2, 3.3)."""
    name, body = b"mimetype", b"application/vnd.oasis.opendocument.text"
    common = struct.pack(
        "<HHHHHIIIHH", 20, 0, 0, 0, 0, zlib.crc32(body), len(body), len(body), 8, 0
    )
    rest = zipped({"content.xml": content.encode(), **{k: v.encode() for k, v in more.items()}})
    return b"PK\x03\x04" + common + name + body + rest


def lha(name: str) -> bytes:
    """One stored member, level 0."""
    raw, body = name.encode(), b"abc"
    head = (
        b"-lh0-" + struct.pack("<IIIBBB", len(body), len(body), 0, 32, 0, len(raw)) + raw + b"\0\0"
    )
    return bytes((len(head), sum(head) & 255)) + head + body + b"\0"


def arj(name: str) -> bytes:
    """The archive's own header, then one member's."""

    def header(called: bytes, packed: int) -> bytes:
        basic = bytes((30, 11, 1, 0, 0, 0, 0, 0)) + struct.pack(
            "<IIIIHHH", 0, packed, packed, 0, 0, 0, 0
        )
        body = basic + called + b"\0\0"
        return b"\x60\xea" + struct.pack("<H", len(body)) + body + bytes(4) + bytes(2)

    return header(b"a.arj", 0) + header(name.encode(), 3) + b"abc" + b"\x60\xea\0\0"


def ace(name: str) -> bytes:
    """The archive's own block, then one member's (ACE 2.0)."""
    main = struct.pack("<BH", 0, 0) + b"**ACE**" + bytes(20)
    raw = name.encode()
    file = struct.pack("<BHIIIIIHHHH", 1, 1, 3, 3, 0, 32, 0, 0, 0, 0, len(raw)) + raw
    return b"".join(struct.pack("<HH", 0, len(each)) + each for each in (main, file)) + b"abc"


def rtf_loaded(address: str) -> bytes:
    """A linked object whose data hold the class of a URL moniker and an address."""
    address_hex = address.encode("utf-16-le").hex()
    return (
        b"{\\rtf1 {\\object\\objautlink\\objupdate{\\*\\objdata 0105000002000000"
        b"E0C9EA79F9BACE118C8200AA004BA90B 20000000\n" + address_hex.encode() + b"}}}"
    )
