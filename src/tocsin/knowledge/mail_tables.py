"""Facts about what mails carry: hosts, link rewriters, file names, words. Loaded once, strictly."""

from __future__ import annotations

from functools import cache
from importlib import resources

import msgspec

from tocsin.knowledge.prepared import toml_table

FOLDER = "mail"
"""Where the tables lie below the packaged data."""


class _Hosts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    why: str
    hosts: tuple[str, ...]


class Wrapper(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One form of rewritten link; see the table's own head. filter: a mail filter's protection."""

    name: str
    hosts: tuple[str, ...]
    take: str
    path: str = ""
    filter: bool = True


class _Wrappers(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    wrapper: tuple[Wrapper, ...]


class LinkWords(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Words in links, lower case: of a sign-in (some in a host only), of no meaning, of "lorem ipsum",
    of redirects; sends_on: those of them that send on who only follows; shares: in paths of pages that do not."""

    credential: frozenset[str]
    host_only: frozenset[str]
    generic: frozenset[str]
    latin: frozenset[str]
    redirect: frozenset[str]
    sends_on: frozenset[str]
    shares: tuple[str, ...]


class _Words(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    words: frozenset[str]


class LinkPlaces(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Words by which ordinary sites order what they hold: first labels of hosts, parts of paths."""

    hosts: _Words
    paths: _Words


class LinkSigns(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What in a link shows what it is for; see the table's own head. meetings, device: beginnings
    of paths by host; boards: the same of boards of tasks."""

    machinery: tuple[str, ...]
    uploads: tuple[str, ...]
    ordinary: tuple[str, ...]
    lure: frozenset[str]
    borrowed: frozenset[str]
    borrowed_beside: frozenset[str]
    rented: frozenset[str]
    cheap: frozenset[str]
    meetings: dict[str, tuple[str, ...]]
    boards: dict[str, tuple[str, ...]]
    device: dict[str, tuple[str, ...]]
    code: CodeHosts


class CodeHosts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where code is kept. shown: parts of a path that only show it; text: hosts of nothing but text
    or pictures."""

    hosts: frozenset[str]
    shown: frozenset[str]
    text: frozenset[str]


class _FileKinds(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    extensions: dict[str, tuple[str, ...]]
    promises: dict[str, frozenset[str]]


class _Language(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    code: str
    words: tuple[str, ...]
    copulas: tuple[str, ...] = msgspec.field(name="is")
    doubtful: tuple[str, ...] = ()


class _Languages(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    language: tuple[_Language, ...]


class FileKinds(msgspec.Struct, frozen=True, kw_only=True):
    """classes: of an extension without its dot (`archive`, `script`, …). promises: the kinds that
    the bytes under an extension may be."""

    classes: dict[str, str]
    promises: dict[str, frozenset[str]]


class PasswordWords(msgspec.Struct, frozen=True, kw_only=True):
    """words: for "password"; copulas: what may stand between it and the password; doubtful: those
    words that mean other things too."""

    words: tuple[str, ...]
    copulas: tuple[str, ...]
    doubtful: frozenset[str]


def _bytes(name: str) -> bytes:
    return (resources.files(__package__) / "data" / FOLDER / name).read_bytes()


@cache
def link_hosts() -> dict[str, str]:
    """`shortener`, `hosting` or `free-host` for a host; it holds for all hosts below too."""
    groups = toml_table(_bytes("link-hosts.toml"), dict[str, _Hosts])
    return {host: trait for trait, group in groups.items() for host in group.hosts}


@cache
def wrappers() -> dict[str, tuple[Wrapper, ...]]:
    """The forms of rewritten links by host, in the order they are tried."""
    found: dict[str, tuple[Wrapper, ...]] = {}
    for each in toml_table(_bytes("link-wrappers.toml"), _Wrappers).wrapper:
        for host in each.hosts:
            found[host] = (*found.get(host, ()), each)
    return found


@cache
def link_words() -> LinkWords:
    """Words that mean something in a link."""
    return toml_table(_bytes("link-words.toml"), LinkWords)


@cache
def link_places() -> LinkPlaces:
    """Words that give a link a place on an ordinary site."""
    return toml_table(_bytes("link-places.toml"), LinkPlaces)


@cache
def link_signs() -> LinkSigns:
    """What in a link shows what it is for."""
    return toml_table(_bytes("link-signs.toml"), LinkSigns)


@cache
def file_kinds() -> FileKinds:
    """What file names promise."""
    table = toml_table(_bytes("file-kinds.toml"), _FileKinds)
    classes = {name: group for group, names in table.extensions.items() for name in names}
    return FileKinds(classes=classes, promises=table.promises)


@cache
def password_words() -> PasswordWords:
    """How a password is announced, in every language of the table, longest first."""
    rows = toml_table(_bytes("password-words.toml"), _Languages).language
    doubtful = {word for row in rows for word in row.doubtful}
    words = {word for row in rows for word in row.words} | doubtful
    copulas = {word for row in rows for word in row.copulas}
    return PasswordWords(
        words=tuple(sorted(words, key=lambda w: (-len(w), w))),
        copulas=tuple(sorted(copulas, key=lambda w: (-len(w), w))),
        doubtful=frozenset(doubtful),
    )
