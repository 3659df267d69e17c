"""A text file that somebody else wrote, read whole within bounds."""

from __future__ import annotations

from pathlib import Path

from tocsin.model.text import N_, Sentence, say


class TextFileError(ValueError):
    """The file cannot be read as text; `why` names it."""

    def __init__(self, why: Sentence) -> None:
        super().__init__(str(why))
        self.why = why


def text_of(path: str, limit: int) -> str:
    """What the file holds, a byte order mark left out, lines ended by a line feed. limit: bytes.

    Raises OSError, or `TextFileError` if it is no file, larger, or no UTF-8.
    """
    place = Path(path)
    if place.exists() and not place.is_file() and not place.is_dir():
        # A pipe would keep the reader waiting for ever, and a device states no size and may never end.
        raise TextFileError(say(N_("cannot be read: {what}"), what=path))
    with place.open("rb") as stream:
        data = stream.read(limit + 1)
    if len(data) > limit:
        raise TextFileError(say(N_("{path}: larger than {limit} bytes"), path=path, limit=limit))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        raise TextFileError(say(N_("{path}: not UTF-8 text"), path=path)) from fault
    return text.replace("\r\n", "\n").replace("\r", "\n")
