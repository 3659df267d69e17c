"""The form of every table of the knowledge: its columns, and what a cell of each may hold.

A cell rule answers None, or the sentence that says what is wrong. Rules that need a second row
or a second table are in `tocsin.knowledge.lint`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date

import msgspec

from tocsin.model.build import Build
from tocsin.model.text import N_, Sentence, say

FIRST_YEAR, LAST_YEAR = 2006, 2099
"""Exchange 2007, the oldest product of the tables, was finished in 2006."""

CELL_LIMIT = 2000
"""Longest cell, in characters: a table holds facts, not documents."""

Rule = Callable[[str], Sentence | None]


class Column(msgspec.Struct, frozen=True):
    """One column: `rule` is asked for every cell that is not empty."""

    name: str
    rule: Rule
    required: bool = False


def read_day(text: str) -> tuple[date, date]:
    """First and last day meant by `2019-06-11`, or by `2019-06` where only the month is known.

    Raises ValueError for anything else.
    """
    parts = text.split("-")
    if [len(part) for part in parts] not in ([4, 2], [4, 2, 2]) or not all(
        part.isascii() and part.isdigit() for part in parts
    ):
        msg = f"not a day or month: {text!r}"
        raise ValueError(msg)
    numbers = [int(part) for part in parts]
    if len(numbers) == 3:
        day = date(*numbers)
        return day, day
    year, month = numbers
    first = date(year, month, 1)
    following = date(year + month // 12, month % 12 + 1, 1)
    return first, date.fromordinal(following.toordinal() - 1)


def padded(build: Build) -> str:
    """The spelling with leading zeros that ExSetup and `mapi` ids use: 15.01.2507.039."""
    return f"{build.major}.{build.minor:02}.{build.build:04}.{build.revision:03}"


def _text(_: str) -> Sentence | None:
    return None


def _build(text: str) -> Sentence | None:
    try:
        plain = str(Build.parse(text))
    except ValueError:
        return say(N_("{value} is not a build of four numbers"), value=text)
    if plain != text:
        return say(N_("{value} is not written plainly: {plain}"), value=text, plain=plain)
    return None


def _day(text: str) -> Sentence | None:
    try:
        first, last = read_day(text)
    except ValueError:
        return say(N_("{value} is not a date (2026-08-22, or 2026-08)"), value=text)
    if first.year < FIRST_YEAR or last.year > LAST_YEAR:
        return say(N_("{value} is not a year of Exchange"), value=text)
    return None


def _whole_day(text: str) -> Sentence | None:
    if len(text) != 10:
        return say(N_("{value} is not a date (2026-08-22)"), value=text)
    return _day(text)


def _pattern(expression: str, example: str) -> Rule:
    compiled = re.compile(expression)

    def rule(text: str) -> Sentence | None:
        if compiled.fullmatch(text):
            return None
        return say(N_("{value} does not have the form of {example}"), value=text, example=example)

    return rule


def _one_of(*words: str) -> Rule:
    known = frozenset(words)

    def rule(text: str) -> Sentence | None:
        if text in known:
            return None
        return say(
            N_("{value} is none of the words allowed: {words}"), value=text, words=", ".join(words)
        )

    return rule


def _score(text: str) -> Sentence | None:
    if re.fullmatch(r"\d{1,2}(\.\d)?", text) and float(text) <= 10:
        return None
    return say(N_("{value} is not a CVSS score from 0 to 10"), value=text)


PRODUCTS = ("2007", "2010", "2013", "2016", "2019", "SE")
BASES = ("cna", "msrc-kb", "css", "msrc-date", "special")
INFERRED = "inferred-later-cu"
KINDS = ("exact", "base-or-pre-May21-update", "component-below-base", "between", "alias", "range")

_product = _one_of(*PRODUCTS)
_cu = _pattern(r"CU\d{1,3}|SP\d|RTM|Preview", "CU23")
_cve = _pattern(r"CVE-\d{4}-\d{4,7}|ADV\d{6,8}", "CVE-2021-26855")
_kb = _pattern(r"KB\d{6,8}", "KB5000871")
_count = _pattern(r"\d{1,9}", "12")

_FIX = (
    Column("cve", _cve, required=True),
    Column("product", _product, required=True),
    Column("cu", _cu, required=True),
    Column("first_fixed_build", _build, required=True),
    Column("kb", _kb),
    Column("source", _text, required=True),
    Column("update", _text),
    Column("fix_date", _day, required=True),
    Column("basis", _one_of(*BASES, INFERRED), required=True),
    Column("alt_first_fixed_build", _build),
    Column("alt_source", _text),
    Column("note", _text),
)

SHAPES: Mapping[str, tuple[Column, ...]] = {
    "exchange-builds.csv": (
        Column("product", _product, required=True),
        Column("cu", _cu, required=True),
        Column("update", _text),
        Column("build", _build, required=True),
        Column("long_build", _text, required=True),
        Column("release_date", _day, required=True),
        Column("source", _text, required=True),
        Column("kb", _kb),
        Column("note", _text),
    ),
    "exchange-cve-fixes.csv": _FIX,
    "exchange-cve-fixes-inferred.csv": _FIX,
    "cves.csv": (
        Column("cve", _cve, required=True),
        Column("name", _text),
        Column(
            "class",
            _one_of(
                *("RCE", "EoP", "Spoofing", "InfoDisc", "DoS", "Tampering"),
                *("SecurityBypass", "DefenseInDepth", "other"),
            ),
            required=True,
        ),
        Column("cvss", _score),
        Column("cvss_version", _one_of("2.0", "3.0", "3.1", "3.x", "4.0")),
        Column("msrc_severity", _one_of("Critical", "Important", "Moderate", "Low", "None")),
        Column("published", _day),
        Column("kev", _one_of("yes", "no"), required=True),
        Column("kev_added", _whole_day),
        Column("ransomware", _one_of("known", "unknown")),
        Column("cwe", _pattern(r"CWE-\d{1,5}", "CWE-918")),
        Column("config_check", _text),
        Column("summary", _text, required=True),
        Column("source", _text, required=True),
    ),
    "exchange-received-ids.csv": (
        Column("observed_id", _build, required=True),
        Column("channel", _one_of("smtp", "mapi"), required=True),
        Column("product", _product, required=True),
        Column("cu", _cu, required=True),
        Column("kind", _one_of(*KINDS), required=True),
        Column("lowest_build", _build, required=True),
        Column("highest_build", _build, required=True),
        Column("headers", _count),
        Column("organisations", _count),
        Column("servers", _count),
        Column("first_seen", _whole_day),
        Column("last_seen", _whole_day),
        Column("note", _text),
    ),
    "exchange-ad-levels.csv": (
        Column("product", _product, required=True),
        Column("cu", _cu, required=True),
        Column("schema_rangeUpper", _count, required=True),
        Column("meso_objectVersion", _count, required=True),
        Column("org_objectVersion", _count, required=True),
        Column("note", _text),
        Column("source", _text, required=True),
    ),
    "support.csv": (
        Column("product", _product, required=True),
        Column("mainstream_end", _whole_day),
        Column("support_end", _whole_day),
        Column("esu_end", _whole_day),
        Column("note", _text),
        Column("source", _text, required=True),
    ),
    "config_checks.csv": (
        Column("config_check", _text, required=True),
        Column("setting", _text, required=True),
        Column("where", _text, required=True),
        Column("reference", _pattern(r"https://[^\s<>\"]+", "https://learn.microsoft.com/…")),
    ),
}
"""Every table by file name, with its columns in their order."""

IDENTITY: Mapping[str, tuple[str, ...]] = {
    "exchange-builds.csv": ("build",),
    "exchange-cve-fixes.csv": ("cve", "product", "cu"),
    "exchange-cve-fixes-inferred.csv": ("cve", "product", "cu"),
    "cves.csv": ("cve",),
    "exchange-received-ids.csv": ("observed_id", "channel"),
    "exchange-ad-levels.csv": ("product", "cu"),
    "support.csv": ("product",),
    "config_checks.csv": ("config_check",),
}
"""What a row is about: two rows that agree here speak of the same thing."""
