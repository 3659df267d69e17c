"""Both languages are complete, and the catalogues are those of today's sentences."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from babel.messages import mofile, pofile

ROOT = Path(__file__).resolve().parent.parent
LOCALE = ROOT / "src" / "tocsin" / "locale"
sys.path.insert(0, str(ROOT / "tools"))

from catalogues import template  # noqa: E402


def read(lang: str):
    with (LOCALE / lang / "LC_MESSAGES" / "tocsin.po").open("rb") as stream:
        return pofile.read_po(stream, locale=lang)


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_every_sentence_is_translated(lang):
    catalogue = read(lang)
    known = {message.id for message in catalogue if message.string and not message.fuzzy}
    missing = sorted(str(m.id) for m in template() if m.id and m.id not in known)
    assert not missing, f"{len(missing)} missing in {lang}: run make catalogues, then translate"


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_a_translation_has_the_same_places_to_fill(lang):
    for message in read(lang):
        if message.id:
            places = re.compile(r"\{(\w+)\}|%\((\w+)\)s")
            assert sorted(places.findall(str(message.id))) == sorted(
                places.findall(str(message.string))
            ), message.id


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_what_is_compiled_is_what_is_written(lang):
    with (LOCALE / lang / "LC_MESSAGES" / "tocsin.mo").open("rb") as stream:
        compiled = {m.id: m.string for m in mofile.read_mo(stream) if m.id}
    written = {m.id: m.string for m in read(lang) if m.id and m.string}
    assert compiled == written


def test_french_differs_from_english_where_there_are_words():
    same = [
        m.id
        for m in read("fr")
        if m.id and m.id == m.string and len(re.findall(r"[a-z]{4,}", str(m.id))) > 4
    ]
    assert not same


def test_help_speaks_the_language_asked_for():
    french = subprocess.run(
        [sys.executable, "-m", "tocsin", "--lang", "fr", "verdict", "15.1.2507.6"],
        capture_output=True,
        text=True,
        check=False,
    ).stdout
    assert "connaissances" in french
