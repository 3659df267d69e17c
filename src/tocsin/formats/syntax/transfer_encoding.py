"""Content-Transfer-Encoding undone (RFC 2045, section 6; uuencode), never failing."""

from __future__ import annotations

import binascii
import re

from tocsin.formats.syntax.mail_words import base64_bytes

UU_BEGIN = re.compile(rb"(?:^|\n)begin [0-7]{3,4} ([^\r\n]{1,200})\r?\n")
"""Where a uuencoded file begins, and its name."""


def transfer_decoded(data: bytes, encoding: bytes) -> bytes:
    """A part's bytes; those of an unknown encoding as they stand."""
    if b"base64" in encoding:
        return base64_bytes(data)
    if b"quoted" in encoding:
        return binascii.a2b_qp(data)
    if b"uu" in encoding:
        match = UU_BEGIN.search(data)
        return uu_decoded(data[match.end() :] if match else data)
    return data


def uu_decoded(data: bytes) -> bytes:
    """The lines below `begin`, up to the first that is none."""
    pieces: list[bytes] = []
    for line in data.split(b"\n"):
        text = line.rstrip(b"\r")
        if not text or text in (b"`", b"end"):
            break
        try:
            pieces.append(binascii.a2b_uu(text))
        except binascii.Error:
            # Too long a line: what its first character says is taken.
            size = ((text[0] - 32) & 63) * 4 // 3 + 5
            try:
                pieces.append(binascii.a2b_uu(text[:size]))
            except binascii.Error:
                break
    return b"".join(pieces)
