"""Sentences a user reads, kept apart from the language they are read in.

A `Sentence` keeps the English template and its values, so that a saved run can be
rendered in another language years later. Templates are gettext message ids: mark them
with `N_` where they are written, so that the extraction finds them.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

Value = str | int

TERMS = frozenset({"setting", "where"})
"""Values that are themselves message ids: words of the knowledge tables, never of an input."""


def N_(template: str) -> str:
    """Mark `template` for translation without translating it here."""
    return template


class Sentence(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One English template in `str.format` form and the values that fill it."""

    template: str
    values: dict[str, Value] = {}

    def __str__(self) -> str:
        return self.render(lambda template: template)

    def render(self, translate: Callable[[str], str]) -> str:
        """Fill the translated template; a value is never read as a template itself."""
        values = {
            name: translate(value) if name in TERMS and isinstance(value, str) else value
            for name, value in self.values.items()
        }
        return translate(self.template).format_map(values)


def say(template: str, **values: Value) -> Sentence:
    """Build a `Sentence`; `template` must have been marked with `N_`."""
    return Sentence(template=template, values=values)
