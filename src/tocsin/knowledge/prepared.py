"""What takes long to make out of rules and templates, kept between runs in the user's own cache folder.

`$TOCSIN_CACHE`, or `tocsin` in `$XDG_CACHE_HOME` or `~/.cache`; an empty `$TOCSIN_CACHE` keeps nothing.
A folder or file that is not the user's own, or that others may write to, is never used: what stands in
it is run. Nothing of what is examined is ever kept there.
"""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TypeVar

import msgspec

import tocsin

FILES_LIMIT = 200
"""Files of one kind; beyond, those written longest ago are removed."""

DIGEST = 32
"""Bytes of the digest that stands before what is kept."""

SIZE_LIMIT = 64 << 20
"""Bytes of one of them that are read."""

T = TypeVar("T")

_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH


@cache
def folder() -> Path | None:
    """The cache folder, made if it is not there; None where there is none that can be trusted."""
    place = _named()
    if place is None or os.name != "posix":
        return None
    try:
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = place.lstat()
    except OSError:
        return None
    return place if stat.S_ISDIR(found.st_mode) and _own(found) else None


def _named() -> Path | None:
    given = os.environ.get("TOCSIN_CACHE")
    if given is not None:
        return Path(given) if given else None
    base = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache")
    try:
        base = base.expanduser()
    except RuntimeError:  # nobody's home is known
        return None
    return base / "tocsin" if base.is_absolute() else None


def _own(found: os.stat_result) -> bool:
    return found.st_uid == os.geteuid() and not found.st_mode & _OTHERS_WRITE


def key_of(parts: Sequence[bytes]) -> str:
    """The name of what is made of these, in this order."""
    digest = hashlib.sha256()
    for each in parts:
        digest.update(len(each).to_bytes(8, "big"))
        digest.update(each)
    return digest.hexdigest()


def kept(kind: str, key: str) -> bytes | None:
    """What was kept under a key; None if nothing is there, or it cannot be trusted."""
    place = folder()
    if place is None:
        return None
    try:
        handle = os.open(place / f"{kind}-{key}", os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(handle, "rb") as stream:
            found = os.fstat(handle)
            if not stat.S_ISREG(found.st_mode) or not _own(found) or found.st_size > SIZE_LIMIT:
                return None
            whole = stream.read()
    except OSError:
        return None
    data = whole[DIGEST:]
    # What was cut off by a power loss or a full disk, or damaged since, is made anew.
    return data if hashlib.sha256(data).digest() == whole[:DIGEST] else None


def keep(kind: str, key: str, data: bytes, *, most: int = 0) -> None:
    """Keep it for later runs, if there is a place for it. most: how many of its kind are kept, `FILES_LIMIT`
    unless said otherwise."""
    place = folder()
    if place is None:
        return
    with suppress(OSError):
        handle, made = tempfile.mkstemp(prefix=".", dir=place)
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(hashlib.sha256(data).digest() + data)
            Path(made).replace(place / f"{kind}-{key}")
        except OSError:
            Path(made).unlink()
            raise
        _bound(place, kind, most or FILES_LIMIT)


def toml_table(data: bytes, form: type[T]) -> T:
    """One of our own tables (TOML) in that form, which takes a tenth of the time from the second run on.

    Raises msgspec.DecodeError or ValidationError if it is none.
    """
    key = key_of([tocsin.__version__.encode(), data])
    known = kept("table", key)
    if known is not None:
        with suppress(msgspec.MsgspecError):  # damaged, or of another version of that library
            return msgspec.msgpack.decode(known, type=form)
    found = msgspec.toml.decode(data, type=form)
    keep("table", key, msgspec.msgpack.encode(msgspec.toml.decode(data)))
    return found


def _bound(place: Path, kind: str, most: int) -> None:
    written = sorted(place.glob(f"{kind}-*"), key=lambda each: each.lstat().st_mtime)
    for each in written[:-most]:
        each.unlink(missing_ok=True)
