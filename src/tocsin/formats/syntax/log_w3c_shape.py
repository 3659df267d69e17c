"""Which column a word of a W3C row is, judged by what it looks like.

Needed where a file has no `#Fields`, and where a row has more words than columns: IIS writes blanks
as `+`, but not those of a user's name, nor what a module appended to the query.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

EXCESS_LIMIT = 24
"""Words more than columns that are still put in their places."""

_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_TIME = re.compile(r"\d\d?:\d\d:\d\d(?:[.,]\d{1,9})?")
_NUMBER = re.compile(r"-|\d{1,20}")
_STATUS = re.compile(r"-|\d{3}")
_METHOD = re.compile(r"-|[A-Z][A-Z_-]{1,31}|[A-Za-z]{2,20}")
_ADDRESS = re.compile(r"-|[0-9a-fA-F:.]{2,45}(?:%\w{1,32})?|[x*]{1,15}")
_STEM = re.compile(r"-|\*|[/\\].*|[a-z]{2,10}://.*", re.DOTALL)
_VERSION = re.compile(r"-|HTTP/\d(?:\.\d)?", re.IGNORECASE)

METHODS = frozenset(
    [
        "GET",
        "POST",
        "HEAD",
        "PUT",
        "DELETE",
        "OPTIONS",
        "PATCH",
        "TRACE",
        "CONNECT",
        "PROPFIND",
        "PROPPATCH",
        "MKCOL",
        "COPY",
        "MOVE",
        "LOCK",
        "UNLOCK",
        "SEARCH",
        "RPC_IN_DATA",
        "RPC_OUT_DATA",
        "SUBSCRIBE",
        "POLL",
        "BPROPPATCH",
        "BDELETE",
        "BMOVE",
        "BCOPY",
        "NOTIFY",
        "UNSUBSCRIBE",
        "X-MS-ENUMATTS",
        "DEBUG",
        "TRACK",
        "REPORT",
    ]
)

_SHAPES = {
    "date": _DATE,
    "time": _TIME,
    "date-local": _DATE,
    "time-local": _TIME,
    "cs-method": _METHOD,
    "cs-uri-stem": _STEM,
    "s-port": _NUMBER,
    "c-port": _NUMBER,
    "c-ip": _ADDRESS,
    "cs-version": _VERSION,
    "sc-status": _STATUS,
    "sc-substatus": _NUMBER,
    "sc-win32-status": _NUMBER,
    "sc-bytes": _NUMBER,
    "cs-bytes": _NUMBER,
    "time-taken": _NUMBER,
}
"""Columns that are one word of a certain shape. A publisher may have put `x` for an address."""


def fits(column: str, word: str) -> bool:
    """Whether a word can be the value of a column."""
    shape = _SHAPES.get(column)
    return shape is None or shape.fullmatch(word) is not None


def fit(columns: Sequence[str], words: Sequence[str]) -> list[str] | None:
    """The words of a row that has too many, put together to one value for each column.

    Columns without a shape (user name, query, agent) take several words, as few as possible.
    None if no way fits. Time grows with columns times excess squared, and excess is bounded.
    """
    excess = len(words) - len(columns)
    if not 0 <= excess <= EXCESS_LIMIT:
        return None
    dead: set[tuple[int, int]] = set()
    taken: list[int] = []
    column, begin, size = 0, 0, 1
    while column < len(columns):
        most = begin - column  # words already given beyond one for each column
        left = excess - most
        free = columns[column] not in _SHAPES
        if (
            (column, begin) not in dead
            and size <= (left + 1 if free else 1)
            and fits(columns[column], words[begin] if size == 1 else "")
            and not (column == len(columns) - 1 and size != left + 1)
        ):
            taken.append(size)
            begin, column, size = begin + size, column + 1, 1
            continue
        if column == len(columns) - 1 and size < left + 1 and free and (column, begin) not in dead:
            size = left + 1
            continue
        if free and size <= left and (column, begin) not in dead:
            size += 1
            continue
        dead.add((column, begin))
        if not taken:
            return None
        column -= 1
        size = taken.pop()
        begin -= size
        size += 1
    values, at = [], 0
    for size in taken:
        values.append(" ".join(words[at : at + size]))
        at += size
    return values


def guess(rows: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """The columns of rows without a header; empty where they are no W3C rows of a web server.

    Held on to: date and time come first, a method is followed by stem, query, port, user and client,
    and the numbers behind the agent begin with the status.
    """
    width = max({len(row) for row in rows}, key=lambda size: sum(len(r) == size for r in rows))
    alike = [row for row in rows if len(row) == width]
    best = max((_guess_one(row) for row in alike), key=lambda names: _agreeing(names, alike))
    return best if best and _agreeing(best, alike) * 2 >= len(alike) else ()


def _agreeing(names: tuple[str, ...], rows: Sequence[Sequence[str]]) -> int:
    if not names:
        return 0
    return sum(all(map(fits, names, row)) for row in rows)


def _guess_one(words: Sequence[str]) -> tuple[str, ...]:
    method = next((i for i, word in enumerate(words[:8]) if word in METHODS), -1)
    if method < 1 or len(words) < method + 4:
        return ()
    front = _front(words[:method])
    middle = _middle(words, method)
    if front is None or middle is None:
        return ()
    return (*front, *middle)


def _front(words: Sequence[str]) -> list[str] | None:
    names: list[str] = []
    for word in words:
        if _DATE.fullmatch(word) and not names:
            names.append("date")
        elif _TIME.fullmatch(word) and names in ([], ["date"]):
            names.append("time")
        elif re.fullmatch(r"W3SVC\d+|\w{0,12}SVC\d+", word, re.IGNORECASE):
            names.append("s-sitename")
        elif _ADDRESS.fullmatch(word) and ("." in word or ":" in word or set(word) <= {"x", "*"}):
            names.append("s-ip" if "s-ip" not in names else "c-ip")
        else:
            names.append("s-computername")
    return names if "time" in names and len(set(names)) == len(names) else None


def _middle(words: Sequence[str], method: int) -> list[str] | None:
    names = ["cs-method", "cs-uri-stem"]
    at = method + 2
    if not _STEM.fullmatch(words[method + 1]):
        return None
    if not (at < len(words) and _NUMBER.fullmatch(words[at]) and words[at] != "-"):
        names.append("cs-uri-query")
        at += 1
    if at < len(words) and words[at].isdigit():
        names.append("s-port")
        at += 1
    if at + 1 < len(words) and _is_address(words[at + 1]):
        names += ["cs-username", "c-ip"]
        at += 2
    elif at < len(words) and _is_address(words[at]):
        names.append("c-ip")
        at += 1
    rest = _rest(words[at:])
    return None if rest is None else names + rest


def _is_address(word: str) -> bool:
    return word != "-" and ("." in word or ":" in word) and bool(_ADDRESS.fullmatch(word))


_TEXTS = {
    0: (),
    1: ("cs(User-Agent)",),
    2: ("cs(User-Agent)", "cs(Referer)"),
    3: ("cs(User-Agent)", "cs(Cookie)", "cs(Referer)"),
    4: ("cs(User-Agent)", "cs(Cookie)", "cs(Referer)", "cs-host"),
}
_NUMBERS = {
    0: (),
    1: ("sc-status",),
    2: ("sc-status", "time-taken"),
    3: ("sc-status", "sc-substatus", "sc-win32-status"),
    4: ("sc-status", "sc-substatus", "sc-win32-status", "time-taken"),
    5: ("sc-status", "sc-substatus", "sc-win32-status", "sc-bytes", "cs-bytes"),
    6: ("sc-status", "sc-substatus", "sc-win32-status", "sc-bytes", "cs-bytes", "time-taken"),
}
"""IIS writes its columns in a fixed order, whichever are chosen."""


def _rest(words: Sequence[str]) -> list[str] | None:
    names: list[str] = []
    at = 0
    if words and re.fullmatch(r"HTTP/\d(\.\d)?", words[0]):
        names.append("cs-version")
        at = 1
    status = next(
        (i for i in range(at, len(words)) if re.fullmatch(r"[1-5]\d\d", words[i])), len(words)
    )
    numbers = status
    while numbers < len(words) and words[numbers].isdigit() and numbers - status < 6:
        numbers += 1
    texts = status - at
    if texts not in _TEXTS:
        return None
    names += [*_TEXTS[texts], *_NUMBERS[numbers - status]]
    behind = len(words) - numbers
    return names + ["X-Forwarded-For", *(f"column-{i}" for i in range(2, behind + 1))][:behind]
