"""Names of things in the trust picture, as far as they fit: at most two lines, what tells them apart
kept."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from tocsin.model.trusts import NodeKind
from tocsin.report.html_parts.visible import one_line

HOSTS: frozenset[NodeKind] = frozenset({"ExchangeServer", "EdgeServer", "ADComputer"})
"""Known by the first label of their name, as people say it."""

ROOM = 19.5
"""Width of a line, in ems of the widest common sans serif; a little less than a node has."""
NARROW, WIDE = "iIjl.,:;'|!()[]- ftr/\\", "mwMWQOGD@%&…"
_GAP = re.compile(r"(?<=[ \-._\\/,@])")
"""Where a name may be broken: behind these."""
_MOST = 400
"""Characters of a name that are looked at."""


def labels(named: Sequence[tuple[NodeKind, str]]) -> list[tuple[str, ...]]:
    """One or two lines for each name, in order: of hosts the first label where no other thing in the
    picture has it."""
    plain = [one_line(name)[:_MOST] for _, name in named]
    firsts = [
        first(name) if kind in HOSTS else name.lower()
        for (kind, _), name in zip(named, plain, strict=True)
    ]
    shared = Counter(each.lower() for each in firsts)
    return [
        fitted(short if kind in HOSTS and shared[short.lower()] == 1 else name)
        for (kind, _), name, short in zip(named, plain, firsts, strict=True)
    ]


def first(name: str) -> str:
    """`EX03` of `EX03.corp.contoso.example`; an address stays whole."""
    head, dot, rest = name.partition(".")
    return head if dot and head and not rest.replace(".", "").isdigit() else name


def fitted(name: str) -> tuple[str, ...]:
    """The whole name on one or two lines, else with its middle left out."""
    if width(name) <= ROOM:
        return (name,)
    cuts = [found.start() for found in _GAP.finditer(name)]
    fits = [at for at in cuts if 0 < at < len(name) and width(name[:at].rstrip()) <= ROOM]
    whole = [at for at in fits if width(name[at:]) <= ROOM]
    if whole:
        # The evenest of those that lose nothing, a blank before any other sign.
        best = min(whole, key=lambda at: (name[at - 1] != " ", abs(2 * at - len(name))))
        return name[:best].rstrip(), name[best:]
    blanks = [at for at in fits if name[at - 1] == " "]
    at = max(blanks or fits, default=0)
    # A long part that is not broken anywhere, a digest say, keeps its beginning and its end.
    if not at or width(name[:at]) < 3:
        return (shortened(name),)
    return name[:at].rstrip(), shortened(name[at:])


def shortened(text: str, room: float = ROOM) -> str:
    """As much of both ends as fits, `…` between them."""
    if width(text) <= room:
        return text
    left, right = text[0], ""
    while True:
        longer = (left, text[-len(right) - 1] + right)
        if len(left) <= len(right):
            longer = (text[: len(left) + 1], right)
        if width("…".join(longer)) > room:
            return f"{left.rstrip()}…{right.lstrip()}"
        left, right = longer


def width(text: str) -> float:
    """About how wide a text is, where 1 is a common small letter."""
    return sum(map(_width, text))


def _width(sign: str) -> float:
    if sign in NARROW:
        return 0.6
    if sign in WIDE:
        return 1.5
    return 1.15 if sign.isupper() else 1.1 if sign.isdigit() else 1
