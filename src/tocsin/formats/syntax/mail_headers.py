"""The header block of a mail (RFC 5322): where it ends, and the few fields that are looked at.

Built for folders of millions of mails, so it does only what the question needs: one chunk is
read, the end of the block is searched as bytes, and one expression picks the fields by name.
Nothing is decoded until a field is used.
"""

from __future__ import annotations

import re
from typing import BinaryIO

import msgspec

FIRST_CHUNK = 64 * 1024
"""Bytes read first: the header block of nearly every mail fits in it."""

HEADER_LIMIT = 8 * 1024 * 1024
"""Longest header block read, in bytes; the rest of a longer one is left out with a Gap."""

VALUE_LIMIT = 8 * 1024
"""Longest part of one field that is read, in bytes."""

LEADING_LIMIT = 2 * 1024
"""Bytes in which blank lines, a byte order mark or a `From ` line may stand before the fields."""

_FOLDED = rb"[^\n]*+(?:\n[ \t][^\n]*+)*+"
_FIELD = re.compile(
    rb"\n(?=[rfmx\r\n])(?:(received)[ \t]*:" + _FOLDED + rb"|(x-(?:clientproxiedby"
    rb"|organizationheaderspreserved|crosspremisesheadersfilteredbysendconnector"
    rb"|ms-exchange-(?:organization-authsource|imapappendstamp|processed-by-bccfoldering"
    rb"|crosstenant-originalattributedtenantconnectingip)))[ \t]*:" + _FOLDED
    + rb"|(message-id)[ \t]*:\s*<(?=[0-9a-f]{32,40}@)" + _FOLDED + rb"|(from"
    rb"|message-id|x-originatororg|x-ms-(?:has-attach|tnef-correlator"
    rb"|exchange-organization-authas))[ \t]*:" + _FOLDED + rb"|\r?\n)",
    re.IGNORECASE,
)  # fmt: skip
"""A field that is looked at, with its folded lines, or the blank line that ends the block: lines
of the way, fields that name a server, fields that tell about the mail as a whole. The leading
newline is what makes the search fast: only line starts are looked at."""

_LEADING = re.compile(
    rb"(?:\xef\xbb\xbf)?(?:[ \t]*\r?\n)*(?:[0-9]{1,10}[ \t]*\r?\n)?(?:>?From [^\n]*\n)*"
)
ODD_LINES_LIMIT = 2
"""Lines among the fields that are none, before the fields are taken to have ended."""

_BEFORE_FIELDS = b"\n\r \t>\xef0123456789"
_LINE = re.compile(rb"([!-9;-~]{1,80})[ \t]*:")
_LINES = re.compile(rb"\n(?:([!-9;-~]{1,80})[ \t]*:|([^ \t\r\n]))")
"""A field's name, or a line that is neither a field nor a continuation."""
_KNOWN = frozenset(
    b"received return-path delivered-to from to cc bcc subject date message-id reply-to sender "
    b"mime-version content-type content-transfer-encoding in-reply-to references x-mailer "
    b"user-agent x-original-to envelope-to list-id list-unsubscribe precedence dkim-signature "
    b"received-spf authentication-results arc-seal arc-message-signature "
    b"arc-authentication-results resent-from resent-to resent-date resent-message-id thread-topic "
    b"thread-index x-originating-ip x-originatororg x-ms-has-attach x-received importance "
    b"x-priority status x-status x-uid x-mozilla-status x-mozilla-status2 x-account-key "
    b"x-gmail-labels x-gm-thrid x-spam-status x-ms-exchange-organization-authsource "
    b"x-ms-exchange-organization-authas auto-submitted organization errors-to".split()
)
_TRACE = frozenset(b"received return-path delivered-to x-original-to envelope-to".split())
_DECISIVE = frozenset(
    b"received return-path delivered-to message-id mime-version in-reply-to dkim-signature "
    b"received-spf x-original-to envelope-to resent-message-id arc-seal".split()
)
_MAIL_ONLY = frozenset(
    b"subject message-id received return-path delivered-to mime-version reply-to in-reply-to".split()
)
_OF_PEOPLE = frozenset(b"from to cc bcc sender reply-to resent-from resent-to".split())
_OTHERS_TOO = frozenset(b"date status organization importance precedence user-agent".split())
"""Fields that other files of `name: value` lines have as well."""
_OF_PARTS = frozenset(
    b"content-disposition content-id content-description content-language content-md5".split()
)
"""Fields of a MIME part, beside the known ones."""
_PART = re.compile(
    rb"\ncontent-type[ \t]*:\s*(?:text|multipart|message|application|image|audio|video)/"
)
"""What a mail that lost the fields of its way and of its people still begins with."""


class Block(msgspec.Struct, frozen=True):
    """The header block of one mail, starting with a newline; the body may follow behind a blank
    line. cut: whether the block was longer than `HEADER_LIMIT`.
    """

    raw: bytes
    cut: bool = False


class Fields(msgspec.Struct, frozen=True):
    """The fields that are looked at, in order, as the matches of the search.

    received: the lines of the way. stamps: fields that name a server. whole: fields that tell
    about the mail as a whole.
    """

    received: list[re.Match[bytes]]
    stamps: list[re.Match[bytes]]
    whole: list[re.Match[bytes]]


def read_block(stream: BinaryIO) -> Block:
    """Read the header block from where the stream stands, and little more."""
    data = stream.read(FIRST_CHUNK)
    if len(data) < FIRST_CHUNK or header_end(trimmed(data)) >= 0:
        return block_of(data)
    pieces = [data]
    size = len(data)
    ended = False
    while not ended and size <= HEADER_LIMIT:
        chunk = stream.read(FIRST_CHUNK)
        if not chunk:
            break
        # The last bytes of the piece before, so that an end across the seam is seen.
        ended = header_end(b" " + pieces[-1][-2:] + chunk) >= 0
        pieces.append(chunk)
        size += len(chunk)
    return block_of(b"".join(pieces), cut=not ended and size > HEADER_LIMIT)


def block_of(data: bytes, *, cut: bool = False) -> Block:
    """The block at the start of `data`, whatever stands before the first field left out."""
    return Block((b"\n" + trimmed(data))[:HEADER_LIMIT], cut)


def trimmed(data: bytes) -> bytes:
    """A mail's bytes from its first field on, in an encoding that keeps ASCII."""
    data = _plain(data)
    if data[:1] in _BEFORE_FIELDS or data[:5] == b"From ":
        leading = _LEADING.match(data, 0, LEADING_LIMIT)
        return data[leading.end() :] if leading else data
    return data


def header_end(data: bytes) -> int:
    """Where the blank line begins that ends the fields; -1 when there is none."""
    if data[:1] == b"\n":
        return 0
    unix = data.find(b"\n\n")
    stop = unix if unix >= 0 else len(data)
    if data.find(b"\r", 0, stop) < 0:  # the common case, and much cheaper to see
        return unix
    dos = data.find(b"\n\r\n", 0, stop + 2)
    return dos if dos >= 0 else unix


def _plain(data: bytes) -> bytes:
    r"""Mail saved by odd tools: UTF-16 with its mark, or line ends of a bare `\r`."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        encoding = "utf-16-le" if data[:1] == b"\xff" else "utf-16-be"
        data = data[2:].decode(encoding, errors="replace").encode("utf-8", errors="replace")
    if b"\n" not in data and b"\r" in data:
        data = data.replace(b"\r", b"\n")
    return data


def fields(block: Block) -> Fields:
    """The fields that are looked at, up to the blank line."""
    received: list[re.Match[bytes]] = []
    stamps: list[re.Match[bytes]] = []
    whole: list[re.Match[bytes]] = []
    for match in _FIELD.finditer(block.raw):
        which = match.lastindex
        if which == 1:
            received.append(match)
        elif which == 4:
            whole.append(match)
        elif which is None:
            break
        else:
            stamps.append(match)
    return Fields(received, stamps, whole)


def name_of(field: re.Match[bytes]) -> bytes:
    """A field's name in lower case."""
    name: bytes = field[field.lastindex or 0]
    return name.lower()


def written(field: re.Match[bytes]) -> bytes:
    """A field as it stands in the mail, folding and all; at most `VALUE_LIMIT` bytes of it."""
    start, end = field.span()
    return field.string[start : min(end, start + VALUE_LIMIT)]


def value(field: re.Match[bytes] | None) -> bytes:
    """A field's value as written, without the white space around it; empty for none."""
    return written(field).partition(b":")[2].strip() if field is not None else b""


def unfolded(line: bytes) -> tuple[str, str]:
    """A field on one line as the mail spells it, runs of white space as one; and its value alone."""
    text = b" ".join(line.split()).decode("utf-8", errors="replace")
    return text, text.partition(":")[2].lstrip()


def looks_like_mail(head: bytes) -> int:
    """How sure it is that `head` begins a mail, 0 to 85: by its field names alone.

    A log, a CSV, YAML or an HTTP dump can hold `name: value` lines too, so names that only mail
    uses are asked for, from the first line on.
    """
    data = trimmed(head)
    line = _LINE.match(data)
    if line is None:
        return 0
    # As nearly all mails that were delivered somewhere begin; cheap to see.
    if line[1].lower() in _TRACE and b"\nReceived: from " in data:
        return 85
    end = header_end(data)
    return _score(b"\n" + (data if end < 0 else data[:end]).lower(), cut=end < 0)


def _score(lower: bytes, *, cut: bool) -> int:
    lines = _LINES.findall(lower)
    if cut and lines and not lines[-1][0]:
        lines.pop()  # the head ends in the middle of a line
    names: set[bytes] = set()
    odd = 0
    for name, _ in lines:
        if name:
            names.add(name)
            continue
        odd += 1
        if odd > ODD_LINES_LIMIT:
            break  # the body has begun, without its blank line; or this is no mail
    known = names & _KNOWN
    if not odd and _nothing_else(names, lower, cut=cut):
        return 30
    if odd > len(names) or not known & _MAIL_ONLY:
        return 0
    if known & _DECISIVE and len(known) >= 3:
        return 85
    if len(known) >= 2 and (known & _DECISIVE or b"from" in known):
        return 60
    # A single `Received` of Exchange, as analysts paste them.
    return 40 if b"received" in known and b" by " in lower and known == names else 0


def _nothing_else(names: set[bytes], lower: bytes, *, cut: bool) -> bool:
    """Whether all fields are a mail's, and few: a mail that lost the others, or one whose first
    field is so long that no other is seen."""
    if not names or not names <= _KNOWN | _OF_PARTS:
        return False
    peopled = not names.isdisjoint(_OF_PEOPLE) and (b"@" in lower or b"=?" in lower)
    if not cut:
        return (peopled and len(names) > 1) or _PART.search(lower) is not None
    return len(names) == 1 and (peopled or bool(names - _OF_PEOPLE - _OTHERS_TOO))
