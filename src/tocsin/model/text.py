"""Sentences a user reads, kept apart from the language they are read in.

A `Sentence` keeps the English template and its values, so that a saved run can be
rendered in another language years later. Templates are gettext message ids: mark them
with `N_` where they are written, so that the extraction finds them.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import msgspec

from tocsin.model.marking import N_

__all__ = ["N_", "Sentence", "Value", "say"]

_PLACE = re.compile(r"\{([a-z_]+)\}")

Value = str | int

TERMS = frozenset({"setting", "step", "surface", "where"})
"""Values that are themselves message ids: words of the knowledge tables, never of an input."""


class Sentence(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One English template in `str.format` form and the values that fill it."""

    template: str
    values: dict[str, Value] = {}

    def __str__(self) -> str:
        return self.render(lambda template: template)

    def render(self, translate: Callable[[str], str]) -> str:
        """Fill the translated template.

        Only plain `{name}` places are filled, once: neither a value nor a template out of an
        edited run can reach an attribute, an index or a width.
        """

        def fill(place: re.Match[str]) -> str:
            value = self.values.get(place[1], place[0])
            return translate(value) if place[1] in TERMS and isinstance(value, str) else str(value)

        words = translate(self.template)
        if self.values.get("count") == 1:
            # English alone needs another word for one time; its sentences are the only ones so spelled.
            words = words.replace("{count} times", "once")
        return _PLACE.sub(fill, words)


def say(template: str, **values: Value) -> Sentence:
    """Build a `Sentence`; `template` must have been marked with `N_`."""
    return Sentence(template=template, values=values)
