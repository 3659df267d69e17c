"""The files of the families: what they hold, and their strict loader."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from datetime import date
from functools import cache
from importlib import resources
from typing import Literal

import msgspec

from tocsin.model.message import QuoteStyle

LooksAt = Literal["link", "attachment", "password", "text", "style", "header"]
Strength = Literal["strong", "weak"]


class FamilyError(ValueError):
    """A file of the families is not what it must be; `str()` names file and key."""


class OnLink(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Conditions that one link of the new text meets. path: path and query; shows: `Link.traits`."""

    path: str = ""
    url: str = ""
    scheme: str = ""
    shows: tuple[str, ...] = ()


class OnFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Conditions that one attached file meets. kind: one of them; shows: `Attachment.traits`;
    inside: a name among its members."""

    name: str = ""
    kind: tuple[str, ...] = ()
    shows: tuple[str, ...] = ()
    inside: str = ""


class OnMail(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Conditions on the mail itself. traits: `Message.traits`; parents: it names those it answers."""

    reply: bool | None = None
    parents: bool | None = None
    traits: tuple[str, ...] = ()
    client: str = ""
    id_form: str = ""
    boundary_form: str = ""
    style: tuple[QuoteStyle, ...] = ()
    cues: tuple[str, ...] = ()
    language: tuple[str, ...] = ()
    most_words: int = 0
    links: bool | None = None
    files: bool | None = None


class Example(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A mail in short, as the examples of a trait are written."""

    date: date | None = None
    subject: str = ""
    reply_marks: int = 0
    parents: bool = False
    traits: tuple[str, ...] = ()
    client: str = ""
    id_form: str = ""
    boundary_form: str = ""
    style: QuoteStyle = ""
    cues: tuple[str, ...] = ()
    language: str = ""
    words: int = 0
    password: str = ""
    url: str = ""
    shows: tuple[str, ...] = ()
    file: str = ""
    kind: str = "unknown"
    file_shows: tuple[str, ...] = ()
    inside: tuple[str, ...] = ()


class Trait(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One thing that mails of a family show. All conditions given must hold.

    looks_at: what it rests on, so that two weak traits are two grounds; gives, spares: examples.
    """

    id: str
    looks_at: LooksAt
    strength: Strength
    means: str
    link: OnLink | None = None
    file: OnFile | None = None
    mail: OnMail | None = None
    password: str = ""
    gives: tuple[Example, ...]
    spares: tuple[Example, ...]


class Source(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the facts come from. of: the day the source is of, where it has one."""

    url: str
    of: date | None = None
    says: str


class Family(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One file. software: its ATT&CK id, empty where there is none. until: when it was last seen or
    was taken down; it is named after that day too, since families return."""

    id: str
    name: str
    aliases: tuple[str, ...] = ()
    software: str = ""
    about: str
    since: date
    until: date | None = None
    sources: tuple[Source, ...]
    traits: tuple[Trait, ...]


def parse(name: str, text: str) -> Family:
    """One file. A fault names the file and the key."""
    try:
        family = msgspec.convert(tomllib.loads(text), Family)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as fault:
        raise FamilyError(f"{name}: {fault}") from None
    if f"{family.id}.toml" != name:
        raise FamilyError(f"{name}: id: must be the file's own name, not {family.id!r}")
    for trait in family.traits:
        for key, pattern in _patterns(trait):
            try:
                re.compile(pattern)
            except re.error as fault:
                raise FamilyError(f"{name}: traits.{trait.id}.{key}: {fault}") from None
        if not (trait.gives and trait.spares):
            raise FamilyError(f"{name}: traits.{trait.id}: needs examples of both kinds")
        if not (trait.link or trait.file or trait.mail or trait.password):
            raise FamilyError(f"{name}: traits.{trait.id}: has no condition")
    return family


def _patterns(trait: Trait) -> Iterator[tuple[str, str]]:
    link, file, mail = trait.link or OnLink(), trait.file or OnFile(), trait.mail or OnMail()
    yield from (("link.path", link.path), ("link.url", link.url), ("file.name", file.name))
    yield from (("file.inside", file.inside), ("mail.client", mail.client))
    yield from (("mail.id_form", mail.id_form), ("mail.boundary_form", mail.boundary_form))
    yield ("password", trait.password)


def packaged() -> dict[str, str]:
    """The files of the families as text, by name."""
    folder = resources.files("tocsin.knowledge") / "data" / "families"
    return {each.name: each.read_text("utf-8") for each in folder.iterdir() if each.is_file()}


@cache
def families() -> tuple[Family, ...]:
    """The packaged families, by id."""
    return tuple(parse(name, text) for name, text in sorted(packaged().items()))
