"""A Run rendered. One file, one output; discovered, not listed.

An output is a module of this package that holds `OUTPUT`, an `Output`: a pure function of the
document and of the reader's language.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from functools import cache

import msgspec

from tocsin.model.run import Run

Translate = Callable[[str], str]


class Extra(Exception):  # noqa: N818 - it is what is missing
    """An output needs a library that is not part of the default install; its words say which."""


class Output(msgspec.Struct, frozen=True, kw_only=True):
    """name: as given to --format. render: the document, a translation and its language code; text, or
    the bytes of a format that is none. Raises `Extra` where it needs more than is installed."""

    name: str
    render: Callable[[Run, Translate, str], str | bytes]

    def text(self, run: Run, translate: Translate, lang: str) -> str:
        """The same of an output that is text. Raises TypeError for another."""
        found = self.render(run, translate, lang)
        if isinstance(found, bytes):
            raise TypeError(self.name)
        return found


@cache
def output(name: str) -> Output:
    """The output of that name. Raises KeyError for an unknown one."""
    if name not in names():
        raise KeyError(name)
    found = importlib.import_module(f"{__name__}.{name}").OUTPUT
    assert isinstance(found, Output)
    return found


@cache
def names() -> tuple[str, ...]:
    """Every output of this package."""
    return tuple(sorted(m.name for m in pkgutil.iter_modules(__path__) if not m.ispkg))
