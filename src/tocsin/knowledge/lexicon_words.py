"""The words of a text as the lexicon looks them up: folded, addresses and links kept whole."""

from __future__ import annotations

import re
import unicodedata

_TOKEN = re.compile(r"[^\W_]++(?:(?:@|://)\S*+)?+")
_ADDRESS = re.compile(r"@\S*+")
_LINK = re.compile(r"://\S*+")
_TAIL = "\x7f"
"""In place of an address's or link's rest, which is a part of the word before it."""
_ASCII = {at: " " for at in range(128) if not chr(at).isalnum() and chr(at) != _TAIL}
"""Parts words as `_TOKEN` does where there is no address or link; much faster."""
_UNSEEN = re.compile(
    "[\u00ad\u0300-\u036f\u0591-\u05c7\u0640\u064b-\u065f\u200b-\u200f\u2060\ufeff]"
)
SPACELESS = "\u2e80"
"""From this letter on (Chinese, Japanese, Korean) one letter makes a stem, not three."""
_LETTERS = str.maketrans(
    {
        "ø": "o",
        "ł": "l",
        "đ": "d",
        "ð": "d",
        "þ": "th",
        "ı": "i",
        "æ": "a",
        "œ": "o",
        "أ": "ا",
        "إ": "ا",
        "آ": "ا",
        "ة": "ه",
        "ى": "ي",
    }
)


def fold(word: str) -> str:
    """A word without case and accents; `ae`, `oe`, `ue` as the umlauts that they may stand for."""
    word = word.casefold()
    if not word.isascii():
        word = word.translate(_LETTERS)
        if not word.isascii() and max(word) < SPACELESS:
            word = "".join(
                c for c in unicodedata.normalize("NFKD", word) if not unicodedata.combining(c)
            )
    if "e" in word:
        return word.replace("ae", "a").replace("oe", "o").replace("ue", "u")
    return word


def plain(text: str) -> str:
    """A text without case, forms of letters that only look different, and what is not seen."""
    text = text.casefold()
    return text if text.isascii() else _UNSEEN.sub("", unicodedata.normalize("NFKC", text))


def words_of(text: str) -> list[str]:
    """The words of a text, an address or a link as one with the word it begins with."""
    if not text.isascii() or _TAIL in text:
        words: list[str] = []
        for piece in text.split():
            if piece.isalnum():
                words.append(piece)
            else:
                words += _TOKEN.findall(piece)
        return words
    if "@" not in text and "://" not in text:
        return text.translate(_ASCII).split()
    joined = _LINK.sub(_TAIL, _ADDRESS.sub(_TAIL, text)).translate(_ASCII)
    # A sign that no word stands before joins nothing, and in what follows another may.
    apart = joined[:1] == _TAIL or f" {_TAIL}" in joined
    return _TOKEN.findall(text) if apart else joined.split()
