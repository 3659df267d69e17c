"""What codes (QR, DataMatrix, Aztec) in pictures say: asked of `code_reader`, a process apart.

It is started at the first picture and asked for all others; one that dies or hangs costs the picture it
had, and is started anew. What a picture said is remembered, so that a logo is searched once.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import threading
from collections import OrderedDict
from contextlib import suppress
from typing import NamedTuple

from tocsin.formats.syntax import code_reader, confined
from tocsin.model.text import N_, Sentence, say

PICTURE_BYTES = 4 * 1024 * 1024
"""Bytes of one picture that is searched."""

PICTURES_LIMIT = 8
"""Pictures of one mail that are searched; those already known are not counted."""

DOCUMENT_LIMIT = 5
"""Pictures of one document that are."""

SIDE_LEAST = 21
"""Pixels of the shorter side: the smallest QR code has so many modules (ISO/IEC 18004)."""

MEMORY_LIMIT = 512 * 1024 * 1024
"""Address space of the reader, in bytes."""

CPU_LIMIT = 3600
"""CPU time of one reader, in seconds, for all its pictures."""

PICTURE_SECONDS = 2.5
"""Longest wait for one picture."""

START_SECONDS = 20.0
"""Longest wait for the reader to start."""

RESTARTS_LIMIT = 20
"""Readers that may die or hang until codes are no longer looked for."""

KNOWN_LIMIT = 4096
"""Pictures whose answers are remembered."""

_ANSWER_LIMIT = 1 << 20


class Picture(NamedTuple):
    """A picture file; or, with a width, deflated samples as a PDF has them (`code_reader.HEAD`)."""

    data: bytes
    width: int = 0
    height: int = 0
    bits: int = 0
    predicted: int = 0


class Said(NamedTuple):
    """What the codes of a picture say. unread: a limit, or the reader's death, left it unsearched;
    damaged: it cannot be decoded."""

    texts: tuple[str, ...] = ()
    unread: bool = False
    damaged: bool = False


_UNREAD = Said(unread=True)


class Searching:
    """What looking for codes in one mail may still cost, and of that in one document."""

    def __init__(self, within: Searching | None = None) -> None:
        self.left = DOCUMENT_LIMIT if within else PICTURES_LIMIT
        self.within = within

    def document(self) -> Searching:
        """The share of one document."""
        return Searching(self)

    def read(self, picture: Picture) -> Said:
        """What is in a picture."""
        if len(picture.data) > PICTURE_BYTES:
            return _UNREAD
        key = hashlib.sha256(b"%d %d %d %d " % picture[1:] + picture.data).digest()
        known = _READER.known(key)
        if known is not None:
            return known
        return _READER.ask(key, picture) if self._counted() else _UNREAD

    def _counted(self) -> bool:
        if self.left <= 0 or (self.within is not None and not self.within._counted()):  # noqa: SLF001
            return False
        self.left -= 1
        return True


def given_up() -> Sentence | None:
    """Why codes are no longer looked for; told once by each process of ours."""
    if not _READER.given_up or _READER.told:
        return None
    _READER.told = True
    return say(
        N_("codes in pictures are no longer looked for: their reader died or hung {count} times"),
        count=RESTARTS_LIMIT,
    )


class _Reader:
    """The process, and what is known."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.process: subprocess.Popen[bytes] | None = None
        self.answers: OrderedDict[bytes, Said] = OrderedDict()
        self.lost = 0
        self.told = False

    @property
    def given_up(self) -> bool:
        return self.lost >= RESTARTS_LIMIT

    def known(self, key: bytes) -> Said | None:
        with self.lock:
            found = self.answers.get(key)
            if found is not None:
                self.answers.move_to_end(key)
            return found

    def ask(self, key: bytes, picture: Picture) -> Said:
        with self.lock:
            if self.given_up:
                return _UNREAD
            process = self.process
            # One that died between two pictures is nobody's fault that is here.
            if process is None or process.poll() is not None:
                process = self._started()
            head = code_reader.HEAD.pack(len(picture.data), *picture[1:])
            said = _UNREAD
            if process is not None:
                found = _asked(process, head + picture.data, PICTURE_SECONDS)
                if found is None:
                    self._ended(process)
                else:
                    said = found
            self.answers[key] = said
            while len(self.answers) > KNOWN_LIMIT:
                self.answers.popitem(last=False)
            return said

    def _started(self) -> subprocess.Popen[bytes] | None:
        command = confined.command(code_reader.__file__, MEMORY_LIMIT, CPU_LIMIT)
        try:
            process = subprocess.Popen(  # noqa: S603 - our own module, no shell
                command, bufsize=0, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )  # fmt: skip
        except OSError:
            self.lost += 1
            return None
        self.process = process
        if _asked(process, b"", START_SECONDS) is None:
            self._ended(process)
            return None
        return process

    def _ended(self, process: subprocess.Popen[bytes]) -> None:
        self.lost += 1
        process.kill()
        _closed(process)
        process.wait()
        self.process = None

    def forget(self) -> None:
        """In a forked process: the reader is the other one's."""
        process = self.process
        self.__init__()  # type: ignore[misc]
        if process is not None:
            _closed(process)
            process.returncode = 0


def _closed(process: subprocess.Popen[bytes]) -> None:
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with suppress(OSError):
                pipe.close()


def _asked(process: subprocess.Popen[bytes], question: bytes, seconds: float) -> Said | None:
    """The answer, or None where none came in time."""
    assert process.stdin is not None
    assert process.stdout is not None
    timer = threading.Timer(seconds, process.kill)
    timer.daemon = True
    timer.start()
    try:
        at = memoryview(question)
        while at:
            at = at[process.stdin.write(at) or 0 :]
        size = _taken(process.stdout.fileno(), code_reader.SIZE.size)
        (length,) = code_reader.SIZE.unpack(size)
        if length > _ANSWER_LIMIT:
            return None
        return _said(json.loads(_taken(process.stdout.fileno(), length)))
    except (OSError, ValueError):
        return None
    finally:
        timer.cancel()


def _taken(handle: int, size: int) -> bytes:
    pieces = b""
    while len(pieces) < size:
        piece = os.read(handle, size - len(pieces))
        if not piece:
            raise OSError
        pieces += piece
    return pieces


def _said(answer: object) -> Said | None:
    if answer == code_reader.TOO_LARGE:
        return _UNREAD
    if answer == code_reader.UNREADABLE:
        return Said(damaged=True)
    if not isinstance(answer, list):
        return None
    return Said(texts=tuple(each for each in answer if isinstance(each, str)))


_READER = _Reader()

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_READER.forget)
