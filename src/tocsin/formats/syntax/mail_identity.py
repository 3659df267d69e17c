"""Identifiers of mails, and the shapes of what programs generate: traits of the program.

A shape keeps what a program always writes and generalises what it counts or draws by lot: digits
become `9`, hexadecimal runs `x` with their length, mixed runs `w`.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable
from functools import lru_cache
from hashlib import blake2b

from tocsin.formats.syntax.domains import internal, registrable
from tocsin.formats.syntax.mail_words import decoded, text_of

FIELD_LIMIT = 64 * 1024
"""Bytes of one field of ids that are read."""

IDS_LIMIT = 200
"""Ids of one field that are kept."""

FIRST_IDS = 20
"""Of more ids the first so many are kept, and the last ones."""

ID_LIMIT = 400
"""Characters of one id that are kept."""

SHAPE_LIMIT = 80
"""Characters of a shape that are kept."""

_ID = re.compile(r"<([^<>]{1,1000})>")
_RUN = re.compile(r"[A-Za-z0-9]+")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_DRAWN_SHORT = re.compile(r"(?=.*[+/])[A-Za-z0-9+/]{12,}={0,2}")
_DRAWN = re.compile(r"[A-Za-z0-9_+=/-]{24,}")

AUTHOR_FIELDS = frozenset((
    "from", "to", "cc", "bcc", "subject", "date", "message-id", "in-reply-to", "references",
    "mime-version", "content-type", "content-transfer-encoding", "content-language", "content-id",
    "x-mailer", "user-agent", "thread-topic", "thread-index", "accept-language",
    "x-ms-has-attach", "x-ms-tnef-correlator", "importance", "x-priority", "x-msmail-priority",
    "x-mimeole", "organization", "autocrypt", "reply-to", "x-accept-language", "disposition-notification-to",
))  # fmt: skip
"""Fields that the author's program writes, not a server on the way."""


def ids(value: bytes) -> tuple[str, ...]:
    """Message ids without their brackets, each once, in order.

    Programs fold and encode them, and old ones write words around them.
    """
    if not value:
        return ()
    value = value[:FIELD_LIMIT]
    text = value.decode("ascii") if value.isascii() else text_of(value)
    if "=?" in text:
        text = decoded(text)
    found = [_one(each) for each in _ID.findall(text)]
    if not found:
        found = [each.strip("<>,;\"'")[:ID_LIMIT] for each in text.split() if "@" in each]
    if len(found) == 1:
        return tuple(found) if found[0] else ()
    kept = [each for each in dict.fromkeys(found) if each]
    if len(kept) > IDS_LIMIT:
        kept = kept[:FIRST_IDS] + kept[FIRST_IDS - IDS_LIMIT :]
    return tuple(kept)


def message_id(value: bytes) -> str:
    """The mail's own id; one without brackets or sign is taken as it stands."""
    found = ids(value)
    if found:
        return found[0]
    text = text_of(value[:FIELD_LIMIT])
    return _one((decoded(text) if "=?" in text else text).strip("<> \t\r\n"))


def _one(text: str) -> str:
    return (text if text.isprintable() and " " not in text else "".join(text.split()))[:ID_LIMIT]


def thread_index(value: bytes) -> str:
    """Hex of the 22-byte head of a Thread-Index (MS-OXOMSG, 2.2.1.3); empty when it is none."""
    try:
        data = base64.b64decode(b"".join(value[:40].split())[:32] + b"==")
    except (binascii.Error, ValueError):
        return ""
    return data[:22].hex() if len(data) >= 22 else ""


def id_form(identifier: str, sender_domain: str) -> str:
    """The shape of a Message-ID, and how its right side stands to the sender's domain."""
    left, _, right = identifier.rpartition("@")
    if not left:
        return f"{_shape(identifier)}@" if identifier else ""
    return f"{_shape(left)}@{_side(right.lower(), sender_domain)}"[:SHAPE_LIMIT]


@lru_cache(maxsize=8192)
def _side(right: str, sender_domain: str) -> str:
    if right == sender_domain:
        return "sender"
    if registrable(right) and registrable(right) == registrable(sender_domain):
        return "sender-host"
    if internal(right):
        return "internal" if "." in right else "short"
    return registrable(right) or "address"


def _shape(text: str) -> str:
    if _UUID.fullmatch(text):
        return "UUID" if text.upper() == text else "uuid"
    if _DRAWN.fullmatch(text) and _is_mixed(text):
        return "drawn"
    return _RUN.sub(_generalised, text[:200])[:SHAPE_LIMIT]


def _is_mixed(text: str) -> bool:
    return not (text.isdigit() or text.islower() or text.isupper())


def boundary_form(boundary: str) -> str:
    """The shape of a MIME boundary."""
    if len(boundary) < 40 and _DRAWN_SHORT.fullmatch(boundary) and _is_mixed(boundary):
        return "drawn"
    return _RUN.sub(_generalised, boundary[:200])[:SHAPE_LIMIT]


def _generalised(match: re.Match[str]) -> str:
    run = match[0]
    if run.isdigit():
        return "9"
    if run.isalpha():
        usual = run.islower() or run.isupper() or (run[1:].islower() and run[0].isupper())
        return run if len(run) <= 14 and (usual or run == "NextPart") else "w"
    size = str(len(run)) if len(run) >= 8 else ""
    try:
        int(run, 16)
    except ValueError:
        return "w"
    return ("X" if run.isupper() else "x") + size


def header_form(headers: Iterable[tuple[str, bytes]]) -> str:
    """Digest of the order of the author's own fields."""
    ordered = "\n".join([name for name, _ in headers if name in AUTHOR_FIELDS])
    return blake2b(ordered.encode(), digest_size=8).hexdigest()
