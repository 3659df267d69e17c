"""Our own rules as they were read in an earlier run, which takes a tenth of the time of reading them.

They are kept under a digest of their texts, and of the code and tables that read them. Other people's
rules are read in every run: what is wrong with one has to be told.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib import resources
from pathlib import Path

import msgspec

import tocsin
from tocsin.knowledge.prepared import keep, kept, key_of
from tocsin.knowledge.sigma.loading import Rules, load, rule_files

_PLACES = ("sigma", "data/sigma", "data/surfaces")


def rules_of(folders: Sequence[Path | str] = (), *, packaged: bool = True) -> Rules:
    """What `load` gives for these folders."""
    if folders or not packaged:
        return load(folders, packaged=packaged)
    texts = [f"{each.source}\n{each.text}".encode() for each in rule_files()]
    key = key_of([read_by(), *texts])
    data = kept("rules", key)
    if data is not None:
        try:
            return msgspec.msgpack.decode(data, type=Rules)
        except msgspec.MsgspecError:
            pass  # of another version of that library, or damaged: they are read
    found = load()
    keep("rules", key, msgspec.msgpack.encode(found))
    return found


@cache
def read_by() -> bytes:
    """A digest of the code that reads rules and chooses what is searched for, and of its tables."""
    knowledge = resources.files("tocsin.knowledge")
    parts = [tocsin.__version__.encode()]
    for place in _PLACES:
        for each in sorted(knowledge.joinpath(place).iterdir(), key=lambda entry: entry.name):
            if each.is_file():
                parts += [each.name.encode(), each.read_bytes()]
    return key_of(parts).encode()
