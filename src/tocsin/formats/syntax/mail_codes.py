"""Codes that a mail's own text shows: drawn in it, or as pictures that its page holds itself."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.formats.syntax.attachment_pictures import page_pictures
from tocsin.formats.syntax.code_meaning import meanings
from tocsin.formats.syntax.drawn_codes import drawings
from tocsin.formats.syntax.picture_codes import Picture, Searching
from tocsin.model.text import N_, Sentence, say


def code_links(plain: str, page: str, codes: Searching) -> tuple[list[str], list[Sentence]]:
    """The addresses that they lead to, each once, and what limits left out."""
    found: dict[str, None] = {}
    faults: list[Sentence] = []
    for picture in _shown(plain, page):
        said = codes.read(picture)
        if said.unread and not faults:
            why = N_("not all pictures in the text of this mail were searched for codes")
            faults.append(say(why))
        told = (each for text in said.texts for each in meanings(text))
        found.update((address, None) for _, address in told if address)
    return list(found), faults


def _shown(plain: str, page: str) -> Iterator[Picture]:
    yield from drawings(plain)
    yield from drawings(page)
    yield from page_pictures(page)
