"""A subject without the marks that mail programs and lists put before it.

The marks are those of RFC 5322 (`Re:`) and the ones that programs write in other languages;
sources: the resources of Outlook, Thunderbird, Lotus Notes and Gmail in those languages, as
Wikipedia's "List of email subject abbreviations" collects them.
"""

from __future__ import annotations

import re
from functools import lru_cache

SUBJECT_LIMIT = 2000
"""Characters of a subject that are kept."""

MARKS_LIMIT = 50
"""Marks taken off one subject."""

_REPLY = (
    "re", "r", "aw", "antw", "antwort", "sv", "svar", "vs", "vastaus", "vá", "va", "ynt", "yan",
    "odp", "od", "rép", "rep", "réf", "ref", "rif", "res", "resp", "rsp", "bls", "balas", "atb",
    "απ", "σχετ", "отв", "ответ", "відп", "на", "השב", "תגובה", "رد", "回复", "回覆", "答复",
    "答覆", "返信", "回信", "답장", "회신", "ตอบ", "reply", "ant", "atsakymas", "vast", "ad", "ats",
)  # fmt: skip
_FORWARD = (
    "fw", "fwd", "forward", "wg", "tr", "rv", "i", "enc", "pd", "doorst", "vl", "vb", "vs fwd",
    "fs", "ilt", "i̇lt", "trs", "yml", "tov", "továbbítás", "πρθ", "προώθ", "пересл", "fwd re",
    "הועבר", "העברה", "إعادة توجيه", "转发", "轉寄", "轉發", "転送", "전달", "ส่งต่อ", "inoltra",
    "weitergeleitet", "transfert", "vidarebefordrat", "videresendt", "przekazano", "perslat",
    "pts", "fyi fw", "tlm", "trn",
)  # fmt: skip

_COUNT = r"(?:\s?[\[(^*]\s?\d{1,4}\s?[\])]?|\s?\d{1,3})?"
_MARK = re.compile(
    r"\s*(?:(" + "|".join(sorted(map(re.escape, _REPLY), key=len, reverse=True)) + r")|("
    + "|".join(sorted(map(re.escape, _FORWARD), key=len, reverse=True)) + r"))\.?"
    + _COUNT + r"\s?[:：]\s*",
    re.IGNORECASE,
)  # fmt: skip
_TAG = re.compile(r"\s*(?:\[[^\[\]]{1,60}\]|\*{2,5}[\w -]{1,30}\*{2,5}|\{[^{}]{1,40}\})\s*")


@lru_cache(maxsize=8192)
def topic(subject: str) -> tuple[str, int, int]:
    """What the conversation is about, lower case; how many reply and how many forward marks."""
    text = subject[:SUBJECT_LIMIT]
    position = replies = forwards = 0
    for _ in range(MARKS_LIMIT):
        match = _MARK.match(text, position)
        if match is not None:
            replies += match[1] is not None
            forwards += match[2] is not None
        else:
            match = _TAG.match(text, position)
            if match is None or match.end() >= len(text):
                break
        position = match.end()
    return " ".join(text[position:].lower().split()), replies, forwards
