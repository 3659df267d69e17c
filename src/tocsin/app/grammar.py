"""The words of the command line's own grammar (usage, options, its complaints), translated.

The standard library looks them up in a catalogue of its own that no French exists for; here it is
given Tocsin's.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

from tocsin.model.marking import N_

_WORDS = (
    N_("usage: "),
    N_("positional arguments"),
    N_("options"),
    N_("show this help message and exit"),
    N_("show program's version number and exit"),
    N_("%(prog)s: error: %(message)s\n"),
    N_("argument %(argument_name)s: %(message)s"),
    N_("the following arguments are required: %s"),
    N_("unrecognized arguments: %s"),
    N_("invalid choice: %(value)r (choose from %(choices)s)"),
    N_("invalid %(type)s value: %(value)r"),
    N_("ambiguous option: %(option)s could match %(matches)s"),
    N_("ignored explicit argument %r"),
    N_("expected one argument"),
    N_("expected at least one argument"),
    N_("not allowed with argument %s"),
)
"""What argparse of Python 3.11 and later prints; anything else stays English."""


def grammar(translate: Callable[[str], str]) -> None:
    """Let argparse speak the reader's language."""
    known = set(_WORDS)

    def say(words: str) -> str:
        return translate(words) if words in known else words

    setattr(argparse, "_", say)  # noqa: B010  # its own hook, which type stubs do not tell
