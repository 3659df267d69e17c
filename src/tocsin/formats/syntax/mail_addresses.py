"""Mailboxes out of an address field (RFC 5322, section 3.4), as tolerant as mail programs are.

One pass over quoted strings, comments, angle brackets and separators, so that it costs the same
whatever a sender writes into it. Names are decoded after the field is taken apart: an encoded
comma separates nothing.
"""

from __future__ import annotations

import re
from functools import lru_cache

from tocsin.formats.syntax.mail_words import decoded, folded, text_of
from tocsin.model.message import Party

FIELD_LIMIT = 256 * 1024
"""Bytes of one address field that are read."""

PARTIES_LIMIT = 2000
"""Mailboxes of one field that are kept."""

NAME_LIMIT = 200
"""Characters of a name that are kept."""

TORN_LIMIT = 16 * NAME_LIMIT
"""Characters of words between commas that wait for the mailbox they belong to."""

ADDRESS_LIMIT = 320
"""Characters of an address that are kept (RFC 5321: 64, the sign, 255)."""

REMEMBERED_LENGTH = 400
"""Longest field remembered in case it comes again, in bytes."""

_TOKEN = re.compile(
    r'"((?:[^"\\]|\\.)*+)"?|\(((?:[^()\\]|\\.|\((?:[^()\\]|\\.)*+\))*+)\)?|<([^<>,;]*+)[>,;]?'
    r'|([,;:])|([^"(<>,;:]++)|>',
    re.DOTALL,
)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_AT = re.compile(r"([\w.+=-]{1,64}) at ([\w-]{1,63}(?:\.[\w-]{1,63}){1,10})")
_INSIDE = re.compile(r"[^\s<>\"'(),;:\[\]]{1,64}@[^\s<>\"'(),;:\[\]@]{1,255}")


def parties(value: bytes) -> tuple[Party, ...]:
    """The mailboxes of one field, in order; groups are dissolved. At most `PARTIES_LIMIT`."""
    if len(value) <= REMEMBERED_LENGTH:
        return _remembered(value)
    return _parties(value[:FIELD_LIMIT])


def _parties(value: bytes) -> tuple[Party, ...]:
    text = text_of(value)
    found = _scanned(text)
    if "=?" in text and not any("@" in each.address for each in found):
        # The whole field was encoded, address and all.
        found = _scanned(decoded(text)) or found
    return found


_remembered = lru_cache(maxsize=8192)(_parties)


class _Mailbox:
    """What was read of one mailbox."""

    def __init__(self, *, loose: bool = False) -> None:
        self.loose = loose  # it stands behind another mailbox without a comma between
        self.words: list[str] = []
        self.comments: list[str] = []
        self.address: str | None = None
        self.signed = False  # a word with an `@` is among them

    def party(self) -> Party | None:
        """None when there is nothing, or a name that a comma tore off."""
        phrase = " ".join(self.words)
        if self.address is None:
            bare = phrase.strip()
            if "@" not in bare:
                match = _AT.fullmatch(bare)
                if match is not None:
                    bare = f"{match[1]}@{match[2]}"
                elif inside := _INSIDE.search(" ".join(self.comments)):
                    return Party(_clean_name(phrase), _clean_address(inside[0]))
                else:
                    return None
            elif " " in bare or "\t" in bare or "\n" in bare:
                inside = _INSIDE.search(bare)
                if inside is not None:
                    name = (bare[: inside.start()] + bare[inside.end() :]).strip(" []'")
                    return Party(_clean_name(name), _clean_address(inside[0]))
            name = " ".join(self.comments)
            return Party(_clean_name(name), _clean_address(bare))
        name = phrase if phrase.strip() else " ".join(self.comments)
        address = self.address
        if "@" not in address and (inside := _INSIDE.search(phrase)) and "." in inside[0]:
            address = inside[0]  # `anna@contoso.com <anna>`
        return Party(_clean_name(name), _clean_address(address))


def _scanned(text: str) -> tuple[Party, ...]:
    found: list[Party] = []
    box = _Mailbox()
    torn = ""
    for quoted, comment, angle, mark, plain in _TOKEN.findall(text):
        if mark == ":":
            box, torn = _colon(box, torn)
        elif mark:
            torn = _flush(box, torn, found)
            box = _Mailbox()
            if len(found) >= PARTIES_LIMIT:
                break
        elif angle:
            if box.address is not None:  # two mailboxes without a comma
                torn = _flush(box, torn, found)
                box = _Mailbox()
            box.address = angle
        elif comment:
            box.comments.append(_unescaped(comment))
        elif quoted or plain:
            box, torn = _word(box, torn, found, plain or _unescaped(quoted))
    rest = _flush(box, torn, found)
    if rest and len(found) < PARTIES_LIMIT and not found:
        found.append(Party(_clean_name(rest), ""))
    return tuple(found[:PARTIES_LIMIT])


def _word(box: _Mailbox, torn: str, found: list[Party], text: str) -> tuple[_Mailbox, str]:
    """Words behind an address begin another mailbox, if one follows."""
    if box.address is not None and text.strip():
        torn = _flush(box, torn, found)
        box = _Mailbox(loose=True)
    box.words.append(text)
    box.signed = box.signed or "@" in text
    return box, torn


def _colon(box: _Mailbox, torn: str) -> tuple[_Mailbox, str]:
    """Behind a group's name its members begin; elsewhere it is a sign like others."""
    if box.address is None and not box.signed:
        return _Mailbox(), ""
    box.words.append(":")
    return box, torn


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(r"\1", text) if "\\" in text else text


def _flush(box: _Mailbox, torn: str, found: list[Party]) -> str:
    """Keep a mailbox; what a comma tore off (`Doe, Anna <anna@…>`) goes with the next one."""
    party = box.party()
    if party is None and box.loose:
        return torn
    if party is None:
        rest = " ".join(box.words).strip()
        return (f"{torn}, {rest}" if torn and rest else rest or torn)[:TORN_LIMIT]
    if torn and len(torn) <= NAME_LIMIT and box.address is not None:
        name = f"{_clean_name(torn)}, {party.name}" if party.name else _clean_name(torn)
        party = Party(name, party.address)
    found.append(party)
    return ""


def _clean_name(text: str) -> str:
    if not text:
        return ""
    text = text[: 16 * NAME_LIMIT]
    name = folded(decoded(text) if "=?" in text else text, NAME_LIMIT)
    if len(name) > 1 and name[0] in "'\"" and name[-1] == name[0]:
        name = name[1:-1].strip()
    return name


def _clean_address(text: str) -> str:
    text = text[: 4 * ADDRESS_LIMIT]
    if "=?" in text:
        text = decoded(text)
    text = "".join(text.split()).lower().removeprefix("mailto:")
    if ":" in text and text.startswith("@"):
        text = text.rpartition(":")[2]  # an obsolete route
    if text.startswith("undisclosed"):
        return ""  # a group without members
    return text.strip("<>'\"")[:ADDRESS_LIMIT].rstrip(".")
