"""Rules as they were read in an earlier run, which takes a tenth of the time of reading them.

Ours are kept under a digest of the state of their files, and of those of the code and tables that read them; other people's
under one of their texts, with what is wrong with them.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

import msgspec

import tocsin
from tocsin.knowledge.prepared import keep, kept, key_of
from tocsin.knowledge.sigma.loading import Rules, load, own_rules, read_whole

GIVEN_KEPT = 4
"""Collections of other people's rules that are kept: they may be large."""

_PLACES = ("sigma", "data/sigma", "data/surfaces")


def rules_of(folders: Sequence[Path | str] = (), *, packaged: bool = True) -> Rules:
    """What `load` gives for these folders."""
    own = packaged and not folders
    key = key_of([read_by(), *_states(own_rules())]) if own else _key_of_all(folders, packaged)
    data = kept("rules" if own else "given", key) if key else None
    if data is not None:
        try:
            return msgspec.msgpack.decode(data, type=Rules)
        except msgspec.MsgspecError:
            pass  # of another version of that library, or damaged: they are read
    found = load(folders, packaged=packaged)
    if own:
        keep("rules", key, msgspec.msgpack.encode(found))
    elif key:
        keep("given", key, msgspec.msgpack.encode(found), most=GIVEN_KEPT)
    return found


def _key_of_all(folders: Sequence[Path | str], packaged: bool) -> str:  # noqa: FBT001 - as above
    """A digest of all that is read; empty where something of it cannot be, which is told in each run."""
    found = read_whole(folders, packaged=packaged)
    if found is None:
        return ""
    texts = (f"{each.own} {each.source}\n{each.text}" for each in found)
    return key_of([read_by(), *(each.encode("utf-8", "surrogatepass") for each in texts)])


@cache
def read_by() -> bytes:
    """A digest of the code that reads rules and chooses what is searched for, and of its tables."""
    knowledge = resources.files("tocsin.knowledge")
    parts = [tocsin.__version__.encode()]
    for place in _PLACES:
        parts += _states(knowledge / place, deep=False)
    return key_of(parts).encode()


def _states(folder: Traversable, *, deep: bool = True) -> Iterator[bytes]:
    """What tells whether anything in a folder of ours has changed. Files of a file system are told by size
    and times (a file that is put in another's place has another time of change, whatever it is called
    and made to look like): reading hundreds takes as long as using them."""
    if not isinstance(folder, Path):
        yield from _contents(folder, deep=deep)
        return
    for each in sorted(os.scandir(folder), key=lambda entry: entry.name):
        if each.is_dir():
            if deep:
                yield from _states(Path(each.path))
        elif each.is_file() and not each.name.endswith(".pyc"):
            found = each.stat()
            yield f"{each.path}\n{found.st_size} {found.st_mtime_ns} {found.st_ctime_ns}".encode()


def _contents(folder: Traversable, *, deep: bool) -> Iterator[bytes]:
    for each in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if each.is_file():
            yield each.name.encode()
            yield each.read_bytes()
        elif deep and each.is_dir():
            yield each.name.encode()
            yield from _contents(each, deep=deep)
