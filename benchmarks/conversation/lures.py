"""What the intruder writes: families of lures in many languages, in two sets that share nothing.

Set A may be seen by the fit. Set B is only ever measured on. The texts are in `lures_a.toml` and
`lures_b.toml`.
"""

from __future__ import annotations

import random
import re
import string
import tomllib
import unicodedata
from functools import cache
from pathlib import Path
from typing import Literal

import msgspec

Set = Literal["A", "B"]
Purpose = Literal["file", "link", "credential", "bank", "harmless"]

FAMILIES: dict[Set, dict[Purpose, tuple[str, ...]]] = {
    "A": {
        "file": ("document", "invoice", "review", "contract", "talk"),
        "link": ("document", "invoice", "review", "contract", "talk"),
        "credential": ("credential", "document", "talk"),
        "bank": ("bank",),
        "harmless": ("harmless",),
    },
    "B": {
        "file": ("order", "report", "minutes", "complaint", "talk"),
        "link": ("order", "report", "minutes", "complaint", "talk"),
        "credential": ("shared", "report", "talk"),
        "bank": ("bank",),
        "harmless": ("harmless",),
    },
}

ENGLISH_SHARE = 0.6
"""How often the intruder writes in the language of the (English) threads."""

BARE_ASCII_SHARE = 0.1
"""How often the accents of a language are left out."""

_STOP = (
    "about after again also and any are because been before being but can could did does doing "
    "dont for from get getting good have having here how into its just know like list make need "
    "now only other our out over please regards same should some such than thank thanks that the "
    "their them then there these they this those through using very was way were what when where "
    "which while will with without would wrote you your"
)
STOP = frozenset(_STOP.split())
WORD = re.compile(r"\b[A-Za-z][A-Za-z-]{4,17}\b")
BANKS = {"GB": 18, "DE": 18, "PL": 24, "LT": 16, "PT": 21, "HU": 24, "CY": 24}


class Lure(msgspec.Struct, frozen=True, kw_only=True):
    """One text. family and language as the manifest names them; text without the signature."""

    family: str
    language: str
    text: str
    closing: str


class Scene(msgspec.Struct, frozen=True, kw_only=True):
    """What the intruder knows of the thread it answers."""

    reader: str
    writer: str
    subject: str
    quoted: str


@cache
def texts(which: Set) -> dict[str, dict[str, list[str]]]:
    """Language -> family -> wordings."""
    path = Path(__file__).with_name(f"lures_{which.lower()}.toml")
    return tomllib.loads(path.read_text(encoding="utf-8"))


def lure(rng: random.Random, which: Set, purpose: Purpose, scene: Scene) -> Lure:
    """A wording for the purpose, its places filled from the thread."""
    table = texts(which)
    language = "en"
    if rng.random() >= ENGLISH_SHARE:
        language = rng.choice([each for each in table if each != "en"])
    book = table[language]
    family = rng.choice([each for each in FAMILIES[which][purpose] if each in book])
    places = _places(rng, scene)
    body = rng.choice(book[family])
    parts = [rng.choice(book["greetings"]), body]
    text = "\n".join(part for part in parts if part).format_map(places)
    if rng.random() < 0.5:
        text = text.replace("\n", "\n\n", 1)
    closing = rng.choice(book["closings"]).format_map(places)
    if language != "en" and rng.random() < BARE_ASCII_SHARE:
        text, closing = _bare(text), _bare(closing)
    return Lure(family=family, language=language, text=text, closing=closing)


def password_line(rng: random.Random, which: Set, language: str, password: str) -> str:
    """The phrase that gives an archive's password away."""
    return rng.choice(texts(which)[language]["password"]).format(password=password)


def password(rng: random.Random) -> str:
    """A password in one of the forms that families used."""
    form = rng.randrange(5)
    if form == 0:
        return "".join(rng.choices(string.digits, k=rng.choice((3, 4, 5))))
    if form == 1:
        return rng.choice("UXTA") + "".join(rng.choices(string.digits, k=4))
    if form == 2:
        return "".join(rng.choices(string.ascii_letters + string.digits, k=11))
    if form == 3:
        return rng.choice(("doc", "info", "abc", "open", "file")) + str(rng.randrange(10, 9999))
    return "".join(rng.choices(string.ascii_lowercase, k=rng.randrange(5, 9)))


def iban(rng: random.Random) -> str:
    """The form of an IBAN; its check digits are wrong more often than not."""
    country, length = rng.choice(list(BANKS.items()))
    digits = "".join(rng.choices(string.digits, k=length))
    plain = f"{country}{rng.randrange(10, 99)}{digits}"
    if rng.random() < 0.5:
        return plain
    return " ".join(plain[i : i + 4] for i in range(0, len(plain), 4))


def words_of(text: str, rng: random.Random, count: int = 3) -> list[str]:
    """Words of the quoted mail that a writer who has read it would take up."""
    found = [w for w in WORD.findall(text[:6000]) if w.lower() not in STOP]
    distinct = list(dict.fromkeys(found))[:40]
    distinct += ["setup", "draft", "list"][: max(0, count - len(distinct))]
    return rng.sample(distinct, count)


def _places(rng: random.Random, scene: Scene) -> dict[str, str]:
    first, second, third = words_of(scene.quoted, rng)
    return {
        "first": scene.reader,
        "me": scene.writer,
        "subject": scene.subject,
        "w1": first,
        "w2": second,
        "w3": third,
        "iban": iban(rng),
    }


def _bare(text: str) -> str:
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
