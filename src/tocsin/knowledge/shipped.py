"""What IIS and Exchange ship: modules, agents, virtual directories and pages (`data/shipped`).

Each answer is yes, no or unknown: a list that is not complete never says no.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from importlib import resources
from typing import Literal

import msgspec

from tocsin.knowledge.prepared import toml_table
from tocsin.knowledge.word_distance import edits

Shipped = Literal["yes", "no", "unknown"]

LIKE_LIMIT = 64
"""Characters of a name that are compared with shipped names."""

CODE = frozenset(
    {"aspx", "ashx", "asmx", "asp", "asa", "cer", "cdx", "cshtml", "vbhtml", "svc", "soap", "php", "jsp",
     "jspx", "master", "ascx", "rem", "xamlx", "shtml", "shtm", "stm", "cfm"}
)  # fmt: skip
"""Endings of files that a web server runs, by IIS's own or a common handler."""


class Native(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Native modules of IIS: file by name, and where such files lie."""

    folders: tuple[str, ...]
    images: dict[str, str]


class Managed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Managed modules: whole types, and what types begin with of which nothing can be told."""

    types: tuple[str, ...]
    prefixes: tuple[str, ...]


class Agents(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Transport agents."""

    folders: tuple[str, ...]
    images: tuple[str, ...]
    names: tuple[str, ...]


class Directories(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Folders that virtual directories lead to."""

    tails: tuple[str, ...]


class Configuration(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`data/shipped/iis.toml`."""

    native: Native
    managed: Managed
    agents: Agents
    directories: Directories


class Folder(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One web folder. versions: `*` in its path is a version number."""

    path: str
    pages: tuple[str, ...] = ()
    complete: bool = False
    below: bool = False
    versions: bool = False


class Pages(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`data/shipped/pages.toml`."""

    folder: tuple[Folder, ...]


@cache
def configuration() -> Configuration:
    """The list for configurations."""
    return toml_table(_read("iis.toml"), Configuration)


@cache
def folders() -> tuple[tuple[re.Pattern[str], Folder], ...]:
    """Every web folder that is known, longest path first, with a pattern for the end of its path."""
    known = sorted(
        toml_table(_read("pages.toml"), Pages).folder,
        key=lambda each: -len(each.path),
    )
    return tuple((_pattern(each), each) for each in known)


def _pattern(folder: Folder) -> re.Pattern[str]:
    path = re.escape(folder.path).replace(r"\*", r"\d{1,3}(?:\.\d{1,5}){1,3}")
    return re.compile(rf"(?:^|\\){path}(?:\\.*)?$" if folder.below else rf"(?:^|\\){path}$")


@cache
def page_names() -> dict[str, str]:
    """Every shipped page's name: lower case to as shipped."""
    return {name.lower(): name for _, each in folders() for name in each.pages}


def windows_path(path: str) -> str:
    """A path with backslashes, whatever system or archive wrote it (`case.zip!inetpub/x.aspx`)."""
    return path.replace("!", "\\").replace("/", "\\")


@lru_cache(maxsize=4096)
def folder_of(folder: str) -> Folder | None:
    """The known web folder that a path leads to; None if it is none."""
    folder = windows_path(folder).lower().rstrip("\\")
    for pattern, each in folders():
        if pattern.search(folder):
            return each
    return None


def page(path: str) -> Shipped:
    """Whether a page belongs where it lies."""
    folder, _, name = windows_path(path).rpartition("\\")
    found = folder_of(folder)
    if found is None:
        return "unknown"
    if name.lower() in {each.lower() for each in found.pages}:
        return "yes"
    return "no" if found.complete and is_code(name) else "unknown"


def is_code(name: str) -> bool:
    """Whether a web server may run a file of this name."""
    return name.lower().rstrip(". ").rpartition(".")[2] in CODE


def lookalike(path: str) -> str:
    """The shipped page whose name this one imitates; empty if none.

    Outside of Exchange's folders a name such as `login.aspx` imitates nothing.
    """
    folder, _, name = windows_path(path).rpartition("\\")
    stem, _, ending = name.lower()[:LIKE_LIMIT].strip(". ").rpartition(".")
    known = page_names()
    if not stem or name.lower() in known or (folder and not _is_exchange(folder)):
        return ""
    best, best_distance = "", 99
    for lower, shown in known.items():
        other, _, its = lower.rpartition(".")
        if its not in (ending, "aspx") or not is_code(name):
            continue
        allowed = 1 if len(other) < 7 else 2 if len(other) < 14 else 3
        distance = edits(_plain(stem), other, allowed)
        if distance <= allowed and distance < best_distance:
            best, best_distance = shown, distance
    return best


def _is_exchange(folder: str) -> bool:
    lower = windows_path(folder).lower() + "\\"
    return any(
        each in lower
        for each in ("\\httpproxy\\", "\\clientaccess\\", "\\owa\\", "\\ecp\\", "aspnet_client\\")
    ) or lower.startswith(("owa\\", "ecp\\"))


def _plain(stem: str) -> str:
    """A stem without a doubled ending (`logon.aspx.aspx`), blanks and copies' numbers."""
    return re.sub(r"\.aspx$|[\s_()-]+|\.", "", stem)


def native_module(name: str, image: str) -> Shipped:
    """Whether a native module of IIS is one that IIS or Exchange ships, from where it belongs."""
    known = configuration().native
    path = windows_path(image).lower()
    if known.images.get(name.lower()) != path.rpartition("\\")[2]:
        return "no"
    return "yes" if any(each in path for each in known.folders) else "no"


def managed_module(kind: str) -> Shipped:
    """The same of a managed module, by its type (`Namespace.Class, Assembly, Version=…`)."""
    known = configuration().managed
    name = kind.partition(",")[0].strip()
    if name in known.types:
        return "yes"
    return "unknown" if not name or name.startswith(known.prefixes) else "no"


def agent(name: str, path: str) -> Shipped:
    """Whether a transport agent is Exchange's own, by its name, its file, and where that lies."""
    known = configuration().agents
    lower = windows_path(path).lower()
    if lower.rpartition("\\")[2] not in known.images:
        return "no"
    if not any(each in lower for each in known.folders):
        return "no"
    return "yes" if name.lower() in {each.lower() for each in known.names} else "unknown"


def directory(physical: str) -> Shipped:
    """Whether a virtual directory leads to a folder of IIS's or Exchange's."""
    tail = windows_path(physical).lower().rstrip("\\")
    return "yes" if tail.endswith(configuration().directories.tails) else "no"


def _read(name: str) -> bytes:
    return (resources.files("tocsin.knowledge") / "data" / "shipped" / name).read_bytes()
