"""A mail's plain text taken apart: what was written anew, what is quoted, and who is quoted.

Marks of quoting, each in any language (the words are in `quote_headers`): lines with a prefix;
an attribution line; a header block of Outlook, Notes or a forwarded mail; a line of dashes with
words. A prefix quotes its line alone, so what stands between prefixed lines is new; the others
quote all below them. Every search begins at a line break or a colon and is linear.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from tocsin.formats.syntax.html_text import BELOW
from tocsin.formats.syntax.quote_blocks import (
    Block,
    attribution,
    attributions,
    blocks,
    labelled,
)
from tocsin.formats.syntax.quote_headers import FORWARDED, ORIGINAL
from tocsin.model.message import Attribution, QuoteStyle

ATTRIBUTIONS = 20
"""Attributions that are kept."""

LOOK_BACK = 4000
"""Characters above a stretch of prefixed lines in which its header block or attribution is."""

LINE_WIDTH = 72
"""Characters beyond which programs break a line at the earliest."""

WRAPPED_LIMIT = 2000
"""Characters of a line that may have fallen out of a quote; a link can be as long."""

_RUN = re.compile(r"\n[ \t]{0,3}+>[^\n]*+(?:\n[ \t]{0,3}+>[^\n]*+)*+")
"""Like those below it begins with a plain line break, which is found without trying each place."""
_FAR_RUN = re.compile(r"\n {4,8}+>[^\n]*+(?:\n {4,8}+>[^\n]*+)*+")
_PIPES = re.compile(r"\n[ \t]{0,2}+\|[^\n]*+(?:\n[ \t]{0,2}+\|[^\n]*+)++")
_INITIALS = re.compile(r"\n[ \t]{0,2}+[A-Z]{2,3}> [^\n]*+(?:\n[ \t]{0,2}+[A-Z]{2,3}> [^\n]*+)++")
_INDENTED = re.compile(r"(?:\n(?: {4}|\t)[^\n]*+|\n(?=\n))++")
_PREFIX = re.compile(r"\n[ \t]{0,8}+(?:>|\||[A-Z]{2,3}>)[ \t]?")
_DEPTH_ONE = re.compile(r"\n[ \t]{0,8}+>(?![ \t]{0,8}+>)[ \t]?([^\n]*+)")
_DEEPER = re.compile(r"\n[ \t]{0,8}+>[ \t]{0,8}+>[> \t]*+([^\n]*+)")
_DASHED = re.compile(
    r"\n[ \t]{0,3}+[-=_]{3,}+[ \t]*+([^\n=_-][^\n]{3,70}?)[ \t]*-{3,}[ \t]*+(?=\n)"
)
_NOTES = re.compile(r"---\d{1,2}[/.]\d{1,2}[/.]\d{2,4} \d{1,2}[:.]\d{2}[^\n-]{0,8}---[^\n]*")
_FOOTER = re.compile(r"\n[ \t]*_{20,}[ \t]*\n((?:[^\n]{0,300}\n){1,9})\s*\Z")
_FOOTER_INSIDE = re.compile(
    r"\n[> \t]*_{30,}[ \t]*\n(?:[^\n]*(?:list|@|https?://)[^\n]*\n){1,5}", re.IGNORECASE
)
_GROUP_FOOTER = re.compile(
    r"\n(?:-- ?\n(?=You received this message because)|-=-=-=-=-=-|Groups\.io Links:)"
)
_PGP = re.compile(
    r"\n-----BEGIN PGP SIGNATURE-----.*?(?:\n-----END PGP SIGNATURE-----|\Z)", re.DOTALL
)
_PGP_HEAD = re.compile(r"\n-----BEGIN PGP SIGNED MESSAGE-----(?:\n[^\n]+)*")
_RULED = re.compile(r"\n[ \t]*+[_*=-]{5,200}+[ \t\n]*+\Z")
NAMES_LOOK = 16_000
"""Characters of quoted text in which it is looked for whom it quotes in its turn."""

FOOTER_LOOK = 3000
"""Last characters of a text among which the footer of a list is looked for."""


class Carved(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A text taken apart.

    new: pieces, in order. near: what the quoted mail itself said; far: what that mail quoted in its
    turn. inline: new text stands between quoted lines.
    """

    new: tuple[str, ...] = ()
    near: str = ""
    far: str = ""
    style: QuoteStyle = ""
    inline: bool = False
    attributions: tuple[Attribution, ...] = ()


class _Tail(msgspec.Struct, frozen=True, gc=False):
    """Where all below is quoted. start: end of the new text; end: begin of the quoted."""

    start: int
    end: int
    style: QuoteStyle
    who: Attribution | None = None


Span = tuple[int, int]


def carve(text: str) -> Carved:
    """Take a text apart; any text, in linear time."""
    text = _tidied(text)
    runs = _runs(text)
    new: list[str] = []
    who: list[Attribution] = []
    at, tail = 0, None
    for place, (start, end) in enumerate([*runs, (len(text), len(text))]):
        piece = text[at:start] + "\n"
        before_run = place < len(runs)
        named = blocks(piece) if ":" in piece or "：" in piece else []
        found = _tail(piece, named)
        if found is not None and before_run and not piece[found.end :].strip():
            found = None  # the prefixed lines below are what it quotes
        if found is not None and before_run and not (any(new) or piece[: found.start].strip()):
            # Prefixed lines follow, and nothing new stood above: it only says who is answered.
            piece = piece[found.end :] if found.style == "other" else piece
            if found.style == "other":
                who += [found.who] if found.who else []
                found = None
        if found is not None:
            tail = _Tail(at + found.start, min(at + found.end, len(text)), found.style, found.who)
            new.append(piece[: found.start])
            runs = runs[:place]
            break
        if before_run:
            piece = _attributed(piece, named, who)
        new.append(piece.strip())
        at = end
    return _joined(new, [text[start:end] for start, end in runs], tail, text, who)


def _joined(
    new: list[str], runs: list[str], tail: _Tail | None, text: str, who: list[Attribution]
) -> Carved:
    near = far = ""
    if runs:
        near, far = _by_depth("".join(runs), who)
    if tail is not None:
        if tail.who is not None:
            who.append(tail.who)
        below = text[tail.end :]
        if tail.style == "other" and not runs:
            below, between = _indented(below)
            new += between
        first, rest = _unprefixed(below, who)
        near, far = (near, f"{far}\n{first}\n{rest}") if runs else (first, rest)
    inside = new[1 : len(runs)]
    return Carved(
        new=tuple(piece.strip() for piece in new if piece.strip()),
        near=near,
        far=far,
        style="prefix" if runs else tail.style if tail else "",
        inline=any(piece.strip() for piece in inside),
        attributions=tuple(who[:ATTRIBUTIONS]),
    )


def _indented(below: str) -> tuple[str, list[str]]:
    """Below an attribution whose quote is indented (Outlook for Mac), what is not is new."""
    if not below.lstrip("\n").startswith(("    ", "\t")):
        return below, []
    quoted = [run.group() for run in _INDENTED.finditer(below)]
    return "".join(quoted), _INDENTED.split(below)


def _tidied(text: str) -> str:
    """The text with a line break at either end, without what a list or a signing program adds."""
    text = f"\n{text}\n"
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "BEGIN PGP SIG" in text:
        text = _PGP_HEAD.sub("", _PGP.sub("", text))
    for _ in range(2):
        rule = text.rfind("\n____", len(text) - FOOTER_LOOK if len(text) > FOOTER_LOOK else 0)
        footer = _FOOTER.match(text, rule) if rule >= 0 else None
        if footer is None or not _list_footer(footer.group(1)):
            break
        text = text[:rule] + "\n"
    if "roup" in text[-FOOTER_LOOK:]:
        group = _GROUP_FOOTER.search(text, max(0, len(text) - FOOTER_LOOK))
        text = text[: group.start()] + "\n" if group else text
    return text


def _list_footer(tail: str) -> bool:
    return ("@" in tail or "://" in tail) and not labelled(f"\n{tail}")


def _runs(text: str) -> list[Span]:
    """The stretches of prefixed lines."""
    found: list[Span] = []
    if ">" in text:
        for run in _RUN.finditer(text):
            start, end = run.span()
            if text.startswith(">From ", start + 1) and "\n" not in text[start + 1 : end]:
                continue
            if found and _wrapped(text, found[-1], start):
                start = found.pop()[0]
            found.append((start, end))
    return found or _odd_runs(text)


def _odd_runs(text: str) -> list[Span]:
    """Lines with a prefix that few programs set: `>` far in, initials before it, a bar."""
    found: list[Span] = []
    if "\n    " in text and ">" in text:
        found = [run.span() for run in _FAR_RUN.finditer(text)]
        if found and _last_line(text[max(0, found[0][0] - 500) : found[0][0]])[:1] in " \t":
            found = []  # all the quote is indented, its own prefixes with it
    if not found and "> " in text:
        found = [run.span() for run in _INITIALS.finditer(text)]
    if not found and "\n|" in text:
        for run in _PIPES.finditer(text):
            if text[max(0, run.start() - 200) : run.start()].rstrip().endswith((":", "：")):
                found.append(run.span())
    return found


def _last_line(text: str) -> str:
    """The last line that is not blank."""
    return text.rstrip().rpartition("\n")[2] or "-"


def _wrapped(text: str, before: Span, start: int) -> bool:
    """Whether what stands between two runs is one line that fell out of the first: where lines are
    broken after the prefix was set, the last words, or a long link, are left without."""
    between = text[before[1] : start]
    if not 2 <= len(between) <= WRAPPED_LIMIT or between.count("\n") != 1 or between[1].isspace():
        return False
    above = text[text.rfind("\n", 0, before[1]) + 1 : before[1]].rstrip()
    first, _, more = between[1:].rstrip().partition(" ")
    if len(between) > 50:  # a long link that was alone on its line: of that only the prefix is left
        return above.endswith(">") and len(above) + 1 + len(first) > LINE_WIDTH and not more
    if len(above) + 1 + len(first) > LINE_WIDTH:
        return True
    return len(above) > LINE_WIDTH - 8 and not between[1].isupper()


def _tail(piece: str, named: list[Block]) -> _Tail | None:
    """The first place of an unprefixed piece from which on all is quoted. named: its blocks."""
    return min(_tails(piece, named), key=lambda each: each.start, default=None)


def _tails(piece: str, named: list[Block]) -> Iterator[_Tail]:
    if BELOW in piece:
        at = piece.index(BELOW)
        yield _below(piece, at)
        piece = piece[: at + 1]
    if named:
        block = named[0]
        start = _lead(piece, block.start)
        yield _Tail(start, block.end, _style(block, piece[start : block.start]), block.who)
        piece = piece[: block.start + 1]
    if "---" in piece:
        yield from _separator(piece)
    for found in attributions(piece, strong=True):
        yield _Tail(found.start, found.end, "other", found.who)
        break


def _below(piece: str, at: int) -> _Tail:
    """Where an element of the HTML says that all below is quoted; a header block may follow."""
    below = piece[at : at + LOOK_BACK]
    for block in blocks(below):
        if not below[1 : block.start].strip("\n _-\ue004"):
            return _Tail(_lead(piece, at), at + block.end, _style(block, ""), block.who)
        break
    return _Tail(_lead(piece, at), at + 1, "other")


def _style(block: Block, lead: str) -> QuoteStyle:
    if lead and FORWARDED.search(lead):
        return "lotus" if block.lotus else "forward"
    return "lotus" if block.lotus else "outlook"


def _lead(piece: str, start: int) -> int:
    """The begin of what leads in a header block: a rule, `Begin forwarded message:`, dashes."""
    for _ in range(3):
        head = piece[max(0, start - 300) : start].rstrip(" \t\xa0\n*_\ue004") if start else ""
        offset = max(0, start - 300)
        last = head.rfind("\n")
        line = head[last + 1 :].strip()
        if last < 0:
            break
        led = (
            4 < len(line) < 90
            and (line[0] in "-=*" or line.endswith((":", "：", "-")))
            and ORIGINAL.search(line)
        )
        if not led and not (line and not line.strip("-=*")):
            break
        start = offset + last
    ruled = _RULED.search(piece, max(0, start - 250), start)
    return ruled.start() if ruled else start


def _separator(piece: str) -> Iterator[_Tail]:
    for dashed in _DASHED.finditer(piece):
        if ORIGINAL.search(dashed.group(1)):
            style: QuoteStyle = "forward" if FORWARDED.search(dashed.group(1)) else "outlook"
            yield _Tail(dashed.start(), dashed.end(), style)
            break
    for notes in _NOTES.finditer(piece):
        start = piece.rfind("\n", 0, notes.start())
        name = piece[start + 1 : notes.start()].strip(" \"'")
        if start >= 0 and 1 < len(name) < 80:
            yield _Tail(start, notes.end(), "lotus", Attribution(name=name))
            break


def _attributed(piece: str, named: list[Block], who: list[Attribution]) -> str:
    """A piece that prefixed lines follow, without the attribution or header block at its end."""
    body = piece.rstrip()
    if named and named[-1].end >= len(body):
        who.append(named[-1].who)
        return body[: _lead(body, named[-1].start)]
    if body.endswith("-"):
        line = body.rfind("\n")
        for dashed in _separator(body[line:] + "\n" if line >= 0 else ""):
            return body[: line + dashed.start]
    if body.endswith((":", "：", ":*", ":_")):
        found = attribution(body + "\n", len(body), strong=False)
        if found is not None:
            who.append(found.who)
            return body[: found.start]
    return body


def _by_depth(runs: str, who: list[Attribution]) -> tuple[str, str]:
    """Prefixed lines as what the quoted mail said, and what it quoted."""
    far = ""
    if ">>" in runs or "> >" in runs:
        near = "\n" + "\n".join(_DEPTH_ONE.findall(runs)) + "\n"
        far = "\n" + "\n".join(_DEEPER.findall(runs)) + "\n"
    else:
        near = _PREFIX.sub("\n", runs) + "\n"
    near, below = _unprefixed(near, who, deeper=bool(far))
    if far:
        far = "\n".join(_unprefixed(far, who))
    return near, f"{below}\n{far}"


def _unprefixed(text: str, who: list[Attribution], *, deeper: bool = False) -> tuple[str, str]:
    """Quoted text cut where it quotes in its turn; attributions left out and noted. deeper: what
    an attribution line announces stands elsewhere, so that only a header block cuts."""
    if "____" in text:
        text = _FOOTER_INSIDE.sub("\n", text)
    found = blocks(text[:NAMES_LOOK])
    found += attributions(text[:NAMES_LOOK], strong=False)
    if not found:
        return text, ""
    found.sort(key=lambda each: each.start)
    who.extend(each.who for each in found[:ATTRIBUTIONS])
    parts: list[str] = []
    at, cut = 0, -1
    for each in found:
        if each.start < at:
            continue
        parts.append(text[at : each.start])
        at = each.end
        if cut < 0 and any(map(str.strip, parts)) and (each.labelled or not deeper):
            cut = len(parts)
    parts.append(text[at:])
    if cut < 0:
        return "\n".join(parts), ""
    return "\n".join(parts[:cut]), "\n".join(parts[cut:])
