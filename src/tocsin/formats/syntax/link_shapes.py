"""What the letters of a link look like: words, numbers, chance, and the shape campaigns share.

The shape of a link is its path and query with everything generalised that a campaign varies:

    /qui-qui/et.zip                     /w-w/w.zip
    /latinlatin/charts-672353302.zip    /w/w-9{8-11}.zip
    /rt/qui730670606.zip                /w/w9{8-11}.zip
    /xx/?123456                         /w/?9{5-7}
    /dmii//?u2n=1700000000              /w//?u2n=9{8-11}
    /s/AbC3dE5fG7hI?e=a1b2c3d4          /a/x{8-19}?e=x{8-19}

`w`: a word of any length from two letters, since the words of one campaign differ in length more
than those of two; `a`: one letter; `9{…}`: digits, by class of length; `x{…}`: hex, base64 and the
like; `@`: a mail address; `url`: a further address. Extensions and names of parameters stay.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from itertools import pairwise
from urllib.parse import unquote

from tocsin.formats.syntax.link_wrappers import parameters
from tocsin.knowledge.mail_tables import link_words

SHAPE_LIMIT = 200
"""Characters of a shape."""

SEGMENT_LIMIT = 12
"""Path segments and query parameters that are told one by one; beyond, `…`."""

_CLASSES = ((2, "1-2"), (4, "3-4"), (7, "5-7"), (11, "8-11"), (19, "12-19"), (39, "20-39"))
_EXTENSION = re.compile(r"\.([A-Za-z][A-Za-z0-9]{0,4}|7z)$")
_RUN = re.compile(r"[^\W\d_]+|\d+|[\W_]+")
_SEPARATED = re.compile(r"[^\w=+%]+|_+")
_MAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}\.[\w.-]{2,100}")
_WORDS = re.compile(r"[^\W\d_]{2,40}")
_TOKEN = 8
"""Letters and digits mixed, from this length on, are a token and no word with a number."""


def shape_of(rest: str) -> str:
    """The shape of path and query."""
    path, _, _ = rest.partition("#")
    path, mark, _ = path.partition("?")
    segments = (unquote(path) if "%" in path else path).split("/")
    told = [_segment(each) for each in segments[: SEGMENT_LIMIT + 1]]
    if segments[-1] and len(segments) <= SEGMENT_LIMIT + 1:
        told[-1] = _last(segments[-1])
    elif len(segments) > SEGMENT_LIMIT + 1:
        told.append("…")
    shape = "/".join(told)
    return (shape + "?" + _query(rest) if mark else shape)[:SHAPE_LIMIT]


def looks_random(word: str) -> bool:
    """Whether a name was drawn by chance rather than spoken: for host labels and path segments.

    Letters that nobody can pronounce, or letters and digits that change places often.
    """
    if len(word) < 7:
        return False
    letters = [c for c in word if c.isalpha()]
    digits = len(word) - len(letters)
    if digits:
        changes = sum(a.isdigit() != b.isdigit() for a, b in pairwise(word))
        return changes >= 4 and digits >= 2 and len(letters) >= 2
    return _unspeakable(word.lower())


def latin_words(path: str) -> bool:
    """Whether a path is made of "lorem ipsum": two such words, joined, parted or run together, and
    hardly another word beside; or one with a long number at its end."""
    latin = link_words().latin
    stem = _EXTENSION.sub("", path.lower())
    words = _WORDS.findall(stem)[: SEGMENT_LIMIT + 1]
    hits = long = others = 0
    for word in words:
        if word in latin:
            hits += 1
        elif len(word) <= 32 and _two_latin(word):
            hits += 2
        else:
            others += 1
            continue
        long += len(word) > 4
    if hits >= 2:
        return others <= 1 and (long > 0 or others == 0)
    return hits == 1 and others <= 1 and bool(_GLUED.search(path))


def _two_latin(word: str) -> bool:
    """Whether a word is two of "lorem ipsum" run together."""
    latin, begins = link_words().latin, _latin_begins()
    if word[:2] not in begins:
        return False
    return any(word[:at] in latin and word[at:] in latin for at in range(2, len(word) - 1))


@cache
def _latin_begins() -> frozenset[str]:
    return frozenset(word[:2] for word in link_words().latin)


_GLUED = re.compile(r"(?<![a-z])[a-z]{3,}+\d{6,}\.[a-z]")


def _class(length: int) -> str:
    return next((name for most, name in _CLASSES if length <= most), "40+")


def _last(segment: str) -> str:
    extension = _EXTENSION.search(segment)
    if extension is None or extension.start() == 0:
        return _segment(segment)
    return _segment(segment[: extension.start()]) + extension[0].lower()


@lru_cache(maxsize=8192)
def _segment(text: str) -> str:
    if text.isalnum():
        return _token(text[:200])
    if "@" in text and _MAIL.fullmatch(text):
        return "@"
    if "://" in text:
        return "url"
    return "".join(
        piece if not piece[0].isalnum() else _token(piece) for piece in _pieces(text[:200])
    )


def _pieces(text: str) -> list[str]:
    """Tokens and what parts them, in turn."""
    found, at = [], 0
    for gap in _SEPARATED.finditer(text):
        if gap.start() > at:
            found.append(text[at : gap.start()])
        found.append(gap[0])
        at = gap.end()
    if at < len(text):
        found.append(text[at:])
    return found


def _token(text: str) -> str:
    if text.isdigit():
        return f"9{{{_class(len(text))}}}"
    if text.isalpha():
        if len(text) == 1:
            return "a"
        mixed = len(text) >= _TOKEN and not text.islower() and not text[1:].islower()
        chance = (mixed and not text.isupper()) or looks_random(text)
        return f"x{{{_class(len(text))}}}" if chance else "w"
    runs = _RUN.findall(text)
    if len(runs) < 2:  # a digit of another kind, `²`
        return "x"
    if len(text) >= _TOKEN and (len(runs) > 2 or "=" in text):
        return f"x{{{_class(len(text))}}}"
    return "".join(_token(run) if run.isalnum() else run for run in runs[:SEGMENT_LIMIT])


def _query(rest: str) -> str:
    told: list[str] = []
    for name, value in parameters(rest):
        if len(told) == SEGMENT_LIMIT:
            told.append("…")
            break
        known = name if len(name) < _TOKEN or name.replace("_", "").isalpha() else _segment(name)
        shown = _segment(unquote(value)) if value else ""
        if not value:
            told.append(_segment(name) if "=" not in rest else known)
        else:
            told.append(f"{known}={shown}")
    return "&".join(told)


def _unspeakable(word: str) -> bool:
    """Six consonants in a row, or hardly a vowel."""
    if not word.isascii():
        return False
    return sum(map(word.count, "aeiouy")) * 6 < len(word) or _CONSONANTS.search(word) is not None


_CONSONANTS = re.compile(r"[^aeiouy]{6}")
