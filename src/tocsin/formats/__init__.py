"""Bytes in, evidence out: one file, one format; discovered, not listed.

A format is a module of this package that holds `FORMAT`, a `Format`. Shared syntax (CLIXML,
Format-List, mail headers) lives in `tocsin.formats.syntax`, which knows no Exchange.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from functools import cache
from typing import BinaryIO

import msgspec

from tocsin.formats.syntax.log_rows import Log
from tocsin.model.evidence import Evidence
from tocsin.model.finding import Gap
from tocsin.model.locator import Locator

HEAD_SIZE = 8192
"""Bytes shown to `recognise`: the first of the file."""

CERTAIN = 80
"""A score from which no further format is asked."""


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """What a reader may know beside the bytes.

    own_domains: the reader's own mail domains, lower case. messages: whether mails are read whole,
    as `Message` evidence beside the `Host` evidence of their headers. servers: whether that of
    mails read whole is wanted at all. mark_key: the secret key of the history, with which marks of
    text are hashed.
    """

    own_domains: frozenset[str] = frozenset()
    messages: bool = False
    servers: bool = True
    mark_key: bytes = b""


Reader = Callable[[BinaryIO, Locator, Reading], Iterator[Evidence | Gap]]
RangeReader = Callable[[BinaryIO, Locator, Reading, int, int], Iterator[Evidence | Gap]]


class Format(msgspec.Struct, frozen=True, kw_only=True):
    """How one kind of file is recognised and read.

    name: short, as in docs/formats/<name>.md. recognise: given the first `HEAD_SIZE` bytes,
    how sure it is, 0 (not mine) to 100 (magic number); by content alone. read: yields what the
    stream holds, in order; hostile input yields a `Gap`, never an exception, in bounded memory. The
    caller's `Locator` names the source; the reader adds the position. A `seekable` format needs a
    stream that can seek; the others read forward only. Every reader ends with a `Look` (one for each narrow question) that counts
    its records, found or not. `read_range(stream, at, reading, start, end)`, where a format has
    it, reads the records that begin in [start, end), so that big files are read by many hands. order:
    who is asked first; common and cheap to tell below 50, costly to tell above. log: of a log, how
    the hunt reads its rows; its `read` then tells the servers that the log names, from its first rows
    alone. claims: given a name, the first bytes, and whether a format is sure of them: whether a file of
    that name is this one whatever it begins as.
    """

    name: str
    title: str
    recognise: Callable[[bytes], int]
    read: Reader
    seekable: bool = False
    order: int = 50
    read_range: RangeReader | None = None
    log: Log | None = None
    claims: Callable[[str, bytes, bool], bool] | None = None


STATED = ("iis", "exchange_log")
"""Modules of the logs that say what they are in their first line, and are brought by the gigabyte: they are
asked before all others are loaded, which takes a tenth of a second."""

CLAIMING = ("web_page",)
"""Modules of the formats that have `claims`."""


@cache
def formats() -> tuple[Format, ...]:
    """Every format of this package, in the order they are asked in."""
    found = (_of(each.name) for each in pkgutil.iter_modules(__path__) if not each.ispkg)
    return tuple(sorted(found, key=lambda each: (each.order, each.name)))


def _of(module: str) -> Format:
    found: Format = importlib.import_module(f"{__name__}.{module}").FORMAT
    return found


def stated(head: bytes) -> Format | None:
    """The log that says in its first line what it is, if it is one."""
    if head.startswith((b"#", b"\xef\xbb\xbf#")):
        for each in map(_of, STATED):
            if each.recognise(head) >= CERTAIN:
                return each
    return None


def recognise(head: bytes) -> Format | None:
    """The format that is surest of `head`; None when none is. The first one certain is taken."""
    best, best_score = stated(head), 0
    if best is not None:
        return best
    for each in formats():
        score = each.recognise(head)
        if score > best_score:
            best, best_score = each, score
            if score >= CERTAIN:
                break
    return best


def claimed(name: str, head: bytes, *, known: bool) -> Format | None:
    """The format that a file of this name is, whatever it begins as; None for most names. known: whether
    some format is sure of `head`."""
    found = map(_of, CLAIMING)
    return next((each for each in found if each.claims and each.claims(name, head, known)), None)
