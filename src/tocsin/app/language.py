"""The reader's language: gettext catalogues of the package, English where none fits."""

from __future__ import annotations

import gettext
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

LANGUAGES = ("en", "fr")
LOCALE = Path(__file__).resolve().parent.parent / "locale"


def translator(lang: str) -> Callable[[str], str]:
    """The translation of message ids into a language of `LANGUAGES`."""
    return gettext.translation("tocsin", LOCALE, languages=[lang], fallback=True).gettext


def language(argv: Sequence[str], environment: Mapping[str, str] = os.environ) -> str:
    """The language asked for: `--lang` first, then LC_ALL, LC_MESSAGES, LANG, else English."""
    for index, word in enumerate(argv):
        value = ""
        if word.startswith("--lang="):
            value = word.removeprefix("--lang=")
        elif word == "--lang" and index + 1 < len(argv):
            value = argv[index + 1]
        if value in LANGUAGES:
            return value
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        value = environment.get(name, "")
        if value:
            return value[:2] if value[:2] in LANGUAGES else "en"
    return "en"
