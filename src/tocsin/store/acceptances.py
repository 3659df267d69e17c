"""Accepted risks as a file that people may edit: TOML, one `[[accepted]]` for each risk.

Comments and order are kept; the file is put in place whole.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

import msgspec

from tocsin.model.text import N_, Sentence, say
from tocsin.model.trusts import Acceptance
from tocsin.store.text_files import TextFileError, text_of

SIZE_LIMIT = 4 << 20
"""Largest file that is read, in bytes."""

_HEAD = re.compile(r"^\s*\[\[\s*accepted\s*\]\]\s*(#.*)?$")
_ID = re.compile(r"[0-9a-f]{8,64}")
_INTRO = """\
# Risks that somebody answers for, until the day named: shown, but not counted.
# Written by `tocsin accept`; may be edited by hand.
"""


class AcceptanceError(ValueError):
    """The file is not one of accepted risks; `why` names it and the fault's place."""

    def __init__(self, why: Sentence) -> None:
        super().__init__(str(why))
        self.why = why


class _File(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    accepted: tuple[Acceptance, ...] = ()


def read(path: str) -> tuple[Acceptance, ...]:
    """The risks in the file. Raises OSError, or `AcceptanceError` for what it must not hold."""
    return _parsed(_text(path), path)


def add(path: str, entry: Acceptance, comment: str = "") -> Acceptance | None:
    """Append a risk, in place of older acceptances of the same one, the last of which is returned.
    comment: what it is, on a line above it. Raises as `read`."""
    text = _text(path) if Path(path).exists() else _INTRO
    old = _same(_parsed(text, path), entry.fingerprint)
    if old:
        text = _without(text, lambda each: each in old, path)
    lines = [f"# {line}" for line in comment.splitlines()]
    lines += [
        "[[accepted]]",
        f"fingerprint = {_quoted(entry.fingerprint)}",
        f"reason = {_quoted(entry.reason)}",
        f"owner = {_quoted(entry.owner)}",
        f"on = {entry.on.isoformat()}",
        f"until = {entry.until.isoformat()}",
    ]
    text = text.rstrip("\n") + "\n\n" + "\n".join(lines) + "\n"
    _parsed(text, path)
    _put(path, text)
    return old[-1] if old else None


def withdraw(path: str, fingerprint: str) -> tuple[Acceptance, ...]:
    """Take out a risk, named by its id or the beginning of it, however much of it was written down;
    the acceptances taken out, none where none was. Raises as `read`, and if several risks can be
    meant."""
    text = _text(path)
    gone = _same(_parsed(text, path), fingerprint)
    if gone:
        _put(path, _without(text, lambda each: each in gone, path))
    return gone


def _text(path: str) -> str:
    """What the file holds; raises as `read`."""
    try:
        return text_of(path, SIZE_LIMIT)
    except TextFileError as fault:
        raise AcceptanceError(fault.why) from fault


def _same(entries: tuple[Acceptance, ...], fingerprint: str) -> tuple[Acceptance, ...]:
    """Those of one risk. Raises when the id is the beginning of several."""
    found = tuple(each for each in entries if each.means(fingerprint))
    longest = max((each.fingerprint for each in found), key=len, default="")
    if not all(each.means(longest) for each in found):
        known = ", ".join(sorted({each.fingerprint for each in found}))
        raise AcceptanceError(say(N_("{id} can mean: {known}"), id=fingerprint, known=known))
    return found


def _parsed(text: str, path: str) -> tuple[Acceptance, ...]:
    try:
        found = msgspec.toml.decode(text, type=_File).accepted
    except msgspec.DecodeError as fault:
        raise AcceptanceError(say(N_("{path}: {fault}"), path=path, fault=str(fault))) from fault
    for number, each in enumerate(found, start=1):
        why = _wrong(each)
        if why:
            words = N_("{path}: accepted risk {number}: {where}")
            raise AcceptanceError(say(words, path=path, number=number, where=why))
    return found


def _wrong(each: Acceptance) -> str:
    """What is wrong with an entry, as a message id; empty when nothing is."""
    if not _ID.fullmatch(each.fingerprint):
        return N_("its fingerprint is not 8 to 64 hexadecimal digits in lower case")
    if not each.reason.strip():
        return N_("it gives no reason")
    if not each.owner.strip():
        return N_("it names no owner")
    return N_("it ends before it begins") if each.until < each.on else ""


def _without(text: str, gone: Callable[[Acceptance], bool], path: str) -> str:
    """The text without some entries and the comments right above them."""
    lines = text.splitlines(keepends=True)
    heads = [at for at, line in enumerate(lines) if _HEAD.match(line)]
    entries = _parsed(text, path)
    if len(heads) != len(entries):
        # Written as an inline list, say: nothing that can be cut out line by line.
        words = N_("{path}: edit it by hand, it is not written as one [[accepted]] for each risk")
        raise AcceptanceError(say(words, path=path))
    starts = [_comment_above(lines, at) for at in heads]
    ends = [*starts[1:], len(lines)]
    kept = lines[: starts[0]] if starts else lines
    for start, end, entry in zip(starts, ends, entries, strict=True):
        if not gone(entry):
            kept += lines[start:end]
    left = "".join(kept)
    assert _parsed(left, path) == tuple(each for each in entries if not gone(each))
    return left


def _comment_above(lines: list[str], at: int) -> int:
    while at and lines[at - 1].lstrip().startswith("#"):
        at -= 1
    return at


def _quoted(text: str) -> str:
    """A TOML basic string."""
    plain = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + re.sub(r"[\x00-\x1f\x7f]", lambda c: f"\\u{ord(c[0]):04x}", plain) + '"'


def _put(path: str, text: str) -> None:
    """Whole or not at all."""
    target = Path(os.path.realpath(path))
    with tempfile.NamedTemporaryFile(
        "w", encoding="utf-8", dir=target.parent, prefix=f".{target.name}.", delete=False
    ) as stream:
        try:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
            mode = target.stat().st_mode & 0o777 if target.exists() else 0o644
            Path(stream.name).chmod(mode)
            Path(stream.name).replace(target)
        except OSError:
            Path(stream.name).unlink(missing_ok=True)
            raise


def day_of(text: str) -> date | None:
    """`2026-12-31` as a day; None for what is none."""
    try:
        return date.fromisoformat(text) if re.fullmatch(r"\d{4}-\d\d-\d\d", text) else None
    except ValueError:
        return None
