"""Finds links in plain text: with a scheme, `www.`, bare `host/path`, UNC, defanged ones too.

Each search begins at a fixed string, which the regex engine finds without looking at every letter;
what stands in front is read backwards. Linear in the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import unquote

from tocsin.formats.syntax.domains import internal

FOUND_LIMIT = 10_000
"""Occurrences looked at in one text, however many of them are distinct."""

WRAPPED_LIMIT = 2000
"""Characters of a link in angle brackets that was broken over lines."""

TAIL_LIMIT = 50
"""Letters of punctuation that are taken off the end of a link."""

HOST_REACH = 150
"""Characters read backwards for the host of a link without a scheme."""

_DEFANGED = "\ue000"
"""Set in front of a dot that was written `[.]`: a letter for private use, never in a link."""

_WITH_SCHEME = re.compile(r":///?([^\s<>\"\x00-\x1f]{3,2000})")
_ODD = re.compile(r"(?i)(?<![a-z])(https?):/?\\[\\/]*([\w-][^\s<>\"\x00-\x1f]{3,2000})")
"""Slashes the other way round: a browser takes them all (WHATWG URL, 4.4)."""

_SCHEME_BEFORE = re.compile(r"(?i)(?:h(?:tt|xx|\*\*|XX)ps?|ftp|fxp|file|smb)$")
_PROGRAM = re.compile(
    r"(?i)(?<![\w-])(?:search(?:-ms)?|ms-[a-z-]{3,20}|mhtml|ms-its):[^\s<>\"]{3,1500}"
)
"""An address that starts a program on the reader's machine."""

_TARGET = re.compile(
    r"(?i)https?:[\\/]{2}[^\s<>\"'|&;]{3,1000}|[\\/]{2}[\w.-]{1,253}(?:@\w{1,5}){0,2}[\\/][^\s<>\"'|&;]{0,500}"
)
_WWW = re.compile(r"(?:www|WWW|Www)\.([^\s<>\"\x00-\x1f]{3,2000})")
_UNC = re.compile(r"\\\\([A-Za-z0-9][\w.\-]{1,252}(?:@[\w]{1,5}){0,2}\\[\w$][^\s<>\"|*?]{0,500})")
_BARE = re.compile(r"\.([A-Za-z]{2,24})(?::\d{1,5})?/[^\s<>\"]{2,500}")
_HOST_BACKWARDS = re.compile(r"\ue000?([A-Za-z0-9-]{1,63}+(?:\.\ue000?[A-Za-z0-9-]{1,63}+){0,5}+)")
_NO_HOST_BEHIND = frozenset("/@.\\:=~_&?#%+")
_BROKEN = re.compile(r"(?:[^\s<>]++(?:[ \t]*+\r?\n(?:>[> ]*+|[ \t]*+))?+)++>")
_BREAKS = re.compile(r"\s*\n[>\s]*")
_BRACKETS = re.compile(r"\[\.\]|\(\.\)|\[dot\]|\{\.\}|\[\.|\(dot\)")
_TAIL = ".,;:!?'`*_~|”’»…"
_PAIRS = {")": "(", "]": "[", "}": "{"}
FILE_TOPS = frozenset(("md", "py", "sh", "zip", "mov"))
"""Top labels that are file extensions too: `run.sh/x` is no host, nor is `invoice.zip`."""


class Found(NamedTuple):
    """A link as written. start, end: where it stands in the text that was searched."""

    url: str
    start: int
    end: int
    marks: tuple[str, ...]


def find(text: str, most: int) -> list[Found]:
    """The first `most` distinct links of a text."""
    text = _refanged(text)
    found: dict[str, Found] = {}
    for count, each in enumerate(_all(text)):
        if each.url not in found:
            found[each.url] = each
            if len(found) >= most:
                break
        if count >= FOUND_LIMIT:
            break
    return list(found.values())


def _refanged(text: str) -> str:
    """Defanged links whole again; the rarer spellings only beside one of the two usual ones."""
    if "[." not in text and "xxp" not in text:
        return text
    text = _BRACKETS.sub(_DEFANGED + ".", text)
    return text.replace("[:]//", "://").replace("[://]", "://")


def _all(text: str) -> Iterator[Found]:
    if "search" in text or "ms-" in text or "mhtml:" in text:
        yield from _programs(text)
    if "://" in text:
        yield from _with_scheme(text)
    if ":\\" in text or ":/\\" in text:
        yield from _odd(text)
    if "www." in text or "WWW." in text or "Www." in text:
        yield from _www(text)
    if "\\\\" in text:
        for each in _UNC.finditer(text):
            before = text[each.start() - 1 : each.start()] if each.start() else " "
            if before in " \t\n<(\"'>=:":
                # `host@SSL`: fetched from a web server by what opens shares.
                marks = ("program",) if "@" in each[1].partition("\\")[0] else ()
                yield _found(each[0], each.start(), each.end(), marks)
    if "/" in text:
        yield from _bare(text)


def _odd(text: str) -> Iterator[Found]:
    for each in _ODD.finditer(text):
        yield _found(f"{each[1].lower()}://{each[2]}", each.start(), each.end())


def _www(text: str) -> Iterator[Found]:
    for each in _WWW.finditer(text):
        before = text[each.start() - 1 : each.start()]
        if not before.isalnum() and before not in ("/", ".", "@", "-", "=", "%"):
            yield _found("http://" + each[0], each.start(), each.end())


def _programs(text: str) -> Iterator[Found]:
    for each in _PROGRAM.finditer(text):
        if target := started(each[0]):
            yield Found(target, each.start(), each.end(), ("program",))


def started(address: str) -> str:
    """Where a program that an address starts is sent to: a share or a page; empty if nowhere."""
    if _PROGRAM.match(address) is None:
        return ""
    plain = unquote(unquote(address[:2000]))
    found = _TARGET.search(plain)
    if found is None:
        return ""
    target = found[0]
    return target if target[:4].lower() == "http" else "\\\\" + target[2:].replace("/", "\\")


def _with_scheme(text: str) -> Iterator[Found]:
    seen: set[str] = set()
    for count, each in enumerate(_WITH_SCHEME.finditer(text)):
        if count >= FOUND_LIMIT:
            break
        if each[1] in seen:  # a footer, a signature, a flood
            continue
        seen.add(each[1])
        at = each.start()
        before = _SCHEME_BEFORE.search(text, max(0, at - 6), at)
        if before is None:
            continue
        start = before.start()
        if start and text[start - 1].isalpha():
            continue
        scheme = before[0].lower()
        marks: tuple[str, ...] = ()
        if scheme not in ("http", "https", "ftp", "file", "smb"):
            scheme = "ftp" if scheme[0] == "f" else "https" if scheme[-1] == "s" else "http"
            marks = ("defanged",)
        body = each[1]
        if start and text[start - 1] == "<" and text[each.end() : each.end() + 1] in "\r\n":
            body = _wrapped(text, at + 3, body)
        yield _found(f"{scheme}://{body}", start, max(each.end(), at + 3 + len(body)), marks)


def _wrapped(text: str, at: int, body: str) -> str:
    """A link in angle brackets whose line was broken on the way: all of it up to the bracket."""
    whole = _BROKEN.match(text, at, at + WRAPPED_LIMIT)
    return _BREAKS.sub("", whole[0][:-1]) if whole else body


def _bare(text: str) -> Iterator[Found]:
    seen: set[str] = set()
    for count, each in enumerate(_BARE.finditer(text)):
        if count >= FOUND_LIMIT:
            break
        if each[0] in seen or each[1].lower() in FILE_TOPS:
            continue
        seen.add(each[0])
        reach = text[max(0, each.start() - HOST_REACH) : each.start()][::-1]
        before = _HOST_BACKWARDS.match(reach)
        if before is None or reach[before.end() : before.end() + 1] in _NO_HOST_BEHIND:
            continue
        start = each.start() - before.end()
        if not internal(text[start : each.end(1)].replace(_DEFANGED, "")):
            yield _found("http://" + text[start : each.end()], start, each.end(), ("bare",))


def _found(url: str, start: int, end: int, marks: tuple[str, ...] = ()) -> Found:
    if _DEFANGED in url:
        url = url.replace(_DEFANGED, "")
        marks = (*marks, "defanged")
    cut = url.find("](")
    if cut > 0:
        url = url[:cut]
    for _ in range(TAIL_LIMIT):
        last = url[-1:]
        if last not in _TAIL and not (last in _PAIRS and url.count(last) > url.count(_PAIRS[last])):
            break
        url = url[:-1]
    return Found(url, start, end, marks)
