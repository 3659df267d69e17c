"""What the system refused, in words of the reader's language instead of an errno."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable
from pathlib import Path

from tocsin.model.text import N_, Sentence

Translate = Callable[[str], str]


class WordsError(ValueError):
    """Something on the command line cannot be meant; `why` says it in the reader's language."""

    def __init__(self, why: Sentence) -> None:
        super().__init__(str(why))
        self.why = why


_WORDS = {
    errno.ENOENT: N_("no such file or folder: {paths}"),
    errno.EACCES: N_("no permission: {paths}"),
    errno.EPERM: N_("no permission: {paths}"),
    errno.EISDIR: N_("a folder, not a file: {paths}"),
    errno.ENOTDIR: N_("a file, not a folder: {paths}"),
    errno.EEXIST: N_("a file, not a folder: {paths}"),
    errno.EROFS: N_("cannot be written to: {paths}"),
    errno.ENOSPC: N_("the disk is full: {paths}"),
}


def refused(fault: OSError, translate: Translate) -> str:
    """The fault in one line."""
    words = _WORDS.get(fault.errno or 0)
    if words is None or fault.filename is None:
        return str(fault)
    return translate(words).format(paths=os.fsdecode(fault.filename))


def complain(message: str, code: int) -> int:
    """What is wrong, on the standard error; the code. Part of the words is somebody else's (a name in a
    saved run, a file's name, a server's answer): they drive no terminal, and what breaks their line
    stands indented, so that it cannot pass for a line of ours."""
    from tocsin.report.text_parts.lines import visible

    first, *more = map(visible, message.split("\n"))
    sys.stderr.write("\n  ".join([f"tocsin: {first}", *more]) + "\n")
    return code


def unwritable(folder: str) -> str:
    """The place that keeps `folder` from being made or written to; empty when nothing does.

    Asked before hours of reading, not after them.
    """
    place = Path(folder).absolute()
    while not os.path.lexists(place) and place != place.parent:
        place = place.parent
    fits = place.is_dir() and os.access(place, os.W_OK | os.X_OK)
    return "" if fits else str(place)
