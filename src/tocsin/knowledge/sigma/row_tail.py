r"""The rare end of a regex over a row, where its beginning is in every other row.

`/ews/[^ ?]*powershell` makes the search run on behind every `/ews/`; `[^ ?]{4}powershell` follows from
it, and is looked for by its own letters alone. What is left off may only make it find more.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from tocsin.knowledge.sigma.rarity import COMMON, RARE, chance, seen
from tocsin.knowledge.sigma.spelling import START, spelled

LOOK_BACK = 8
"""Characters before the end of a regex that are asked for at most."""

MANY = 80
"""Characters from which on a class is a stretch of nearly anything."""


class Piece(msgspec.Struct, frozen=True, gc=False):
    """One item of a regex over the row.

    bits: of it standing at one certain place; chars: what its characters may be, None if that cannot be
    told; least: so many they are at least; run: the class of bytes, if it is any number of one class.
    """

    text: str
    bits: float
    chars: frozenset[str] | None = None
    least: int = 0
    run: str = ""


def tail(pieces: Sequence[Piece], whole: float, *, spaced: bool) -> tuple[str, float] | None:
    """The end that is as rare as the whole, `whole` bits, and its bits; None if none is, or if the
    beginning is rare too. spaced: the columns of such rows are parted by blanks."""
    for place in range(len(pieces) - 2, -1, -1):
        piece = pieces[place]
        head, behind = (
            "".join(each.text for each in some) for some in (pieces[:place], pieces[place + 1 :])
        )
        if not piece.run or not behind or not head or seen(head, spaced=spaced) >= COMMON:
            continue
        before = _before(pieces[:place], piece)
        if seen(before + _start(pieces[place + 1 :]), spaced=spaced) < COMMON:
            continue
        regex = before + behind
        sure = chance(sum(each.bits for each in pieces[place + 1 :]))
        rare = min(seen(regex, spaced=spaced), sure)
        if rare >= min(whole, RARE):
            return regex, rare
    return None


def _start(behind: Sequence[Piece]) -> str:
    """An end up to its own first stretch of anything: what the search would wait for."""
    text = ""
    for each in behind:
        if each.run and text and (each.chars is None or len(each.chars) > MANY):
            break
        text += each.text
    return text


def loose(regex: str, *, spaced: bool) -> str:
    """The same without the beginning of its column, if everyday rows hold it as seldom: the search is
    quicker where the first thing it asks for is a letter."""
    if not regex.startswith(START) or len(regex) == len(START):
        return regex
    rest = regex[len(START) :]
    return rest if seen(rest, spaced=spaced) >= seen(regex, spaced=spaced) else regex


def _before(head: Sequence[Piece], run: Piece) -> str:
    """What must stand right before the end: some of the run, or the last of the head."""
    if run.chars is None:
        return ""
    sure = run.least
    for each in reversed(head):
        if each.chars is None or not each.chars <= run.chars or not _written(each.chars, run.chars):
            break
        sure += each.least
    if sure:
        return f"{run.run}{{{min(sure, LOOK_BACK)}}}"
    last = head[-1]
    return f"(?:{run.run}|{last.text})" if last.least == 1 and not last.run else ""


def _written(chars: frozenset[str], taken: frozenset[str]) -> bool:
    """Whether each way to write these characters is made of those that are taken: a class takes `%` and
    hexadecimal digits in any case."""
    for char in chars:
        each = spelled("text", char.lower())
        if each is None or not each.forms:
            return False
        if any(not set(form) <= taken | set("%0123456789abcdef") for form in each.forms):
            return False
    return True
