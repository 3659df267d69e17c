"""The advisory's words, as data: one file a language, because staff read more than two."""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime
from functools import cache
from importlib import resources

import msgspec

LANGUAGES = ("en", "fr", "de", "it")


class Wording(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Every sentence of one language; `{…}` is filled."""

    subject_word: str
    subject: str
    intro: tuple[str, ...]
    kind: str
    recognise: str
    dates: str
    date_one: str
    date_unknown: str
    subjects: str
    senders: str
    sender_false: str
    sender_misused: str
    sender_bare: str
    reply_to: str
    links: str
    attachments: str
    neither: str
    words: str
    more: str
    inert: str
    todo: str
    todo_list: tuple[str, ...]
    already: str
    already_list: tuple[str, ...]
    closing: str
    nothing: str
    date: str
    first_day: str
    months: tuple[str, ...]


def known(lang: str) -> str:
    """The language that is written when `lang` is asked for: English where there is none."""
    short = lang[:2].lower()
    return short if short in LANGUAGES else "en"


@cache
def wording(lang: str) -> Wording:
    """The words of a language. Raises msgspec.ValidationError for an incomplete file."""
    path = resources.files(__package__).joinpath(f"{known(lang)}.toml")
    return msgspec.convert(tomllib.loads(path.read_text("utf-8")), Wording)


def day(when: datetime, words: Wording) -> str:
    """A date as it is said in that language, in UTC."""
    date = when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)
    return words.date.format(
        day=words.first_day if date.day == 1 else date.day,
        month=words.months[date.month - 1],
        year=date.year,
    )
