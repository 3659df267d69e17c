"""Passwords that a mail's text gives for an archive, in the languages of the knowledge table.

Tight on purpose: ordinary mail speaks of passwords too. The word must be followed by a mark (`:`,
`=`, "is", quotes, a new line) and by one token that looks like a password. A sign-in (a user name
right before it) is another matter, and so is program text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from tocsin.knowledge.mail_tables import password_words

KEPT_LIMIT = 5
"""Passwords that are kept of one mail."""

TEXT_LIMIT = 20_000
"""Characters of text that are searched."""

PLACES_LIMIT = 50
"""Places that speak of a password which are looked at."""

LONGEST = 40
"""Characters of a password; a longer token is something else."""

_BETWEEN = 45
"""Characters that may stand between the word and its mark: `for the attached file`."""

_ACCOUNT = re.compile(
    r"(?i)\b(?:user(?:[ _-]?name|[ _-]?id)?|login|log[ -]?in|e-?mail|benutzer(?:name)?|account|root|admin|"
    r"customer[ -]?id|kundennummer|meeting|zoom|webex|teams|wifi|wi-fi|wlan|ssid|"
    r"identifiant|utilisateur|usuario|utente|usuário|gebruiker(?:snaam)?|użytkownik|логин)\b"
    r"[^\n]{0,60}(?:\n[^\n]{0,20})?$"
)
_QUOTES = "\"'“”„«»‘’`*_<>[]()「」『』"
_QUOTED = re.compile(
    r"[\"“„«‘'`*「『\[<(]{1,3}([^\s\"“”„«»‘’'`*「」『』\]>)]{2,40})[\"”“»’'`*」』\]>)]{1,3}"
)
_TOKEN = re.compile(r"\S{2,60}")
_NO_WORD_BEFORE = ("_", "$", "/", "@", "?", "&", "#", "%")
_NO_WORD_AFTER = ("_", "-", "(", "/", "@")
_CODE = re.compile(r"[(){};\[\]$<>\\]|::|->|%[sd]|\$\(|://|=")
_WORDS_ONLY = re.compile(r"[^\W\d_]+")


@cache
def _mark() -> re.Pattern[str]:
    """What may stand between the word and the password.

    strong: a colon or an equals sign; weak: a verb, a dash, a new line.
    """
    copulas = "|".join(re.escape(each) for each in password_words().copulas)
    return re.compile(
        rf"(?P<between>[^\n:=.,;!?：＝]{{0,{_BETWEEN}}}?)"
        rf"(?:[ \t]*(?P<strong>[:=：＝]|-{{1,2}}>|→|=>)[ \t]*(?P<broken>\n[ \t\n]{{0,8}})?"
        rf"|[ \t]+(?P<verb>{copulas})[ \t]*[:：]?[ \t]*(?P<fresh>\n[ \t\n]{{0,8}})?(?=\S)"
        rf"|(?P<glued>は|是|为|為|는|은)[ \t]*[:：]?[ \t]*"
        rf"|[ \t]+(?P<dash>[-–—])[ \t]+"
        rf"|(?P<line>[ \t]*\n[ \t\n]{{0,8}})"
        rf"|(?P<plain>[ \t]+)(?=[^\s\d]{{0,20}}\d\S{{0,40}}[ \t]*(?:\n|$))"
        rf"|[ \t]+(?=[\"“„«‘'`*「『\[<(]))"
    )


@cache
def _words() -> tuple[tuple[str, ...], tuple[str, ...], re.Pattern[str]]:
    """What to look for in ASCII text, in any text, and the whole words, longest first.

    A word that begins with another is found with it.
    """
    words = password_words().words
    stems = tuple(w for w in words if not any(w != v and w.startswith(v) for v in words))
    plain = tuple(stem for stem in stems if stem.isascii())
    return plain, stems, re.compile("|".join(re.escape(word) for word in words))


def passwords(text: str) -> tuple[str, ...]:
    """The distinct passwords that `text` gives, in order, at most `KEPT_LIMIT`."""
    text = text[:TEXT_LIMIT]
    lower = text.lower()
    if len(lower) != len(text):  # a letter that becomes two: places would not agree
        lower = "".join(c.lower() if len(c.lower()) == 1 else c for c in text)
    plain, stems, pattern = _words()
    places: set[int] = set()
    for stem in plain if lower.isascii() else stems:
        if stem in lower:
            places.update(_places(lower, stem))
    found: dict[str, None] = {}
    for place in sorted(places)[:PLACES_LIMIT]:
        whole = pattern.match(lower, place)
        if whole is not None:
            found.update(dict.fromkeys(_given(text, place, whole.end())))
    return tuple(found)[:KEPT_LIMIT]


def _places(lower: str, stem: str) -> Iterator[int]:
    """Where a stem begins a word, or stands anywhere in a script without spaces."""
    spaced = _spaced(stem[0])
    at = lower.find(stem)
    while at >= 0:
        before = lower[at - 1 : at] if at else ""
        if not spaced or not (before.isalnum() or before in _NO_WORD_BEFORE):
            yield at
        at = lower.find(stem, at + len(stem))


def _given(text: str, start: int, end: int) -> Iterator[str]:
    """The password announced by the word at [start, end), if one is."""
    after = text[end : end + 1]
    scripted = not _spaced(text[start])
    if not scripted and (after.isalnum() or after in _NO_WORD_AFTER) and after != "s":
        return
    if _ACCOUNT.search(text[max(0, start - 120) : start]):
        return
    mark = _mark().match(text, end + (after == "s" and not scripted))
    if mark is None:
        return
    value = _value(text, mark)
    if value and text[start:end].lower() in password_words().doubtful:
        clear = any(c.isdigit() for c in value) and text[mark.end()] not in "([<"
        value = value if clear else ""
    if value:
        yield value


def _spaced(letter: str) -> bool:
    """Whether the script of this letter parts its words by spaces."""
    return letter < "\u0e00" or "\u1e00" <= letter < "\u2e80" or "\uac00" <= letter < "\ud7b0"


def _value(text: str, mark: re.Match[str]) -> str:
    at = mark.end()
    quoted = _QUOTED.match(text, at)
    strong = bool(mark["strong"]) and not mark["broken"]
    if quoted:
        value = quoted[1]
        return value if _plausible(value, sure=strong or bool(mark["verb"])) else ""
    token = _TOKEN.match(text, at)
    if token is None:
        return ""
    if "()" in token[0]:
        return ""
    value = token[0].strip(_QUOTES + ".,;:。、，；").rstrip("!?")
    rest = text[token.end() : text.find("\n", token.end()) if "\n" in text[token.end() :] else None]
    alone = not rest.strip(" \t.,;!)*_")
    between = mark["between"].strip()
    sure = strong and alone and len(between.split()) <= 6
    loose = mark["line"] is not None or mark["plain"] is not None
    if loose and not (alone and len(between.split()) <= 3):
        return ""
    return value if _plausible(value, sure=sure) else ""


def _plausible(value: str, *, sure: bool) -> bool:
    """Whether a token may be a password: never program text or an address; a plain word only where
    it stands alone behind a colon or in quotes."""
    if (
        not 2 <= len(value) <= LONGEST
        or _CODE.search(value)
        or ("@" in value[1:-1] and "." in value)
    ):
        return False
    if _WORDS_ONLY.fullmatch(value):
        mixed = not value.islower() and not value[1:].islower() and not value.isupper()
        return sure or (mixed and len(value) >= 5)
    if value.isdigit():
        return 3 <= len(value) <= 12 or sure
    return any(c.isalnum() for c in value) and (sure or any(c.isdigit() for c in value))
