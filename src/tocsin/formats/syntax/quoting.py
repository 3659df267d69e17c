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
from tocsin.formats.syntax.quote_headers import (
    ADDRESS,
    ATTRIBUTION_LIMIT,
    BLOCK_LINES,
    FOLDED,
    FROM_LINE,
    LABEL_LINE,
    OPENING,
    SUBJECT_LINE,
    VALUE_LIMIT,
    WHEN,
    Block,
    from_value,
    named,
    role_of,
    says_written,
)
from tocsin.model.message import Attribution, QuoteStyle

ATTRIBUTIONS = 20
"""Attributions that are kept."""

CANDIDATES = 400
"""Lines of one text that are looked at as possible attributions."""

_RUN = re.compile(r"(?:\n[ \t]{0,3}+>[^\n]*+)++")
_PIPES = re.compile(r"(?:\n[ \t]{0,2}+\|[^\n]*+){2,}+")
_INITIALS = re.compile(r"\n[ \t]{0,2}+[A-Z][A-Za-z]{0,2}>(?=[ \t>\n])")
_DEPTH_ONE = re.compile(r"(\n)[ \t]{0,3}+>(?![ \t]{0,2}+>)[ \t]?([^\n]*+)")
_DEEPER = re.compile(r"(\n)[ \t]{0,3}+>[ \t]{0,2}+>[> \t]*+([^\n]*+)")
_COLON = re.compile(r"[:：][ \t\xa0*_>]*+\n")
_DASHED = re.compile(
    r"\n[ \t]{0,3}+[-=_]{3,}+[ \t]*+([^\n=_-][^\n]{3,70}?)[ \t]*-{3,}[ \t]*+(?=\n)"
)
_ORIGINAL = re.compile(
    r"original|ursprünglich|originaux|oorspronkelijk|oryginaln|ursprungl|oprindelig|opprinnelig"
    r"|alkuperäinen|původní|orijinal|исходн|eredeti|pôvodn|forward|weitergeleit|transf[ée]r"
    r"|inoltrat|reenviad|encaminhad|doorgestuurd|przekazan|vidarebefordr|videresend|välitet"
    r"|přeposlan|iletilen|пересылаем|пересланн|原始|元の|转发|轉寄|転送|원본|전달|továbbít|redirecționat",
    re.IGNORECASE,
)
_FORWARDED = re.compile(
    r"forward|weitergeleit|transf[ée]r|inoltrat|reenviad|encaminhad|doorgestuurd|przekazan"
    r"|vidarebefordr|videresend|välitet|přeposlan|iletilen|пересы|пересл|转发|轉寄|転送|전달|továbbít",
    re.IGNORECASE,
)
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
_RULED = re.compile(r"\n[ \t]*[_*=-]{5,}[ \t]*\Z")
_LEAD_IN = re.compile(r"\n[^\n]{3,60}[:：][ \t]*\Z")
_TIMED = re.compile(
    r"\b\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}\b.{0,30}\d{1,2}[:.]\d{2}|\d{1,2}:\d{2}.{0,20}\b\d{4}"
)
_PATCH = re.compile(r"\nFrom [0-9a-f]{12,64} \w{3} \w{3} +\d+ [\d:]{8} \d{4}\Z")


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


def carve(text: str) -> Carved:
    """Take a text apart; any text, in linear time."""
    text = _tidied(text)
    runs = _runs(text)
    new: list[str] = []
    who: list[Attribution] = []
    at = 0
    tail: _Tail | None = None
    for start, end in [*runs, (len(text), len(text))]:
        piece = text[at:start] + "\n"
        before = start < len(text)
        tail = _tail(piece, quoted_next=before)
        if tail is not None:
            tail = _Tail(at + tail.start, min(at + tail.end, len(text)), tail.style, tail.who)
            new.append(text[at : tail.start])
            break
        if before:
            piece, attribution = _attributed(piece)
            if attribution is not None:
                who.append(attribution)
        new.append(piece)
        at = end
    quoted = [text[start:end] for start, end in runs if tail is None or end <= tail.start]
    return _joined(new, quoted, tail, text[tail.end :] if tail else "", who)


def _joined(
    new: list[str], runs: list[str], tail: _Tail | None, below: str, who: list[Attribution]
) -> Carved:
    near = far = ""
    if runs:
        near, far = _by_depth("".join(runs), who)
    if tail is not None:
        if tail.who is not None:
            who.append(tail.who)
        first, rest = _unprefixed(below, who)
        near, far = (near, f"{far}\n{first}\n{rest}") if runs else (first, rest)
    inline = False
    if len(runs) > 1:
        inside = new[1:-1] if tail is None else new[1:]
        inline = any(piece.strip() for piece in inside[: len(runs) - 1])
    return Carved(
        new=tuple(piece.strip() for piece in new if piece.strip()),
        near=near,
        far=far,
        style="prefix" if runs else tail.style if tail else "",
        inline=inline,
        attributions=tuple(who[:ATTRIBUTIONS]),
    )


def _tidied(text: str) -> str:
    """The text with a line break at either end, without what a list or a signing program adds."""
    text = (
        f"\n{text}\n"
        if "\r" not in text
        else f"\n{text}\n".replace("\r\n", "\n").replace("\r", "\n")
    )
    if "BEGIN PGP SIG" in text:
        text = _PGP_HEAD.sub("", _PGP.sub("", text))
    for _ in range(2):
        rule = text.rfind("\n____")
        footer = _FOOTER.match(text, rule) if rule >= 0 and len(text) - rule < 3000 else None
        if footer is None or not _list_footer(footer.group(1)):
            break
        text = text[:rule] + "\n"
    group = (
        _GROUP_FOOTER.search(text, max(0, len(text) - 2000))
        if "group" in text[-2000:].lower()
        else None
    )
    return text[: group.start()] + "\n" if group else text


def _list_footer(tail: str) -> bool:
    lower = tail.lower()
    return ("@" in lower or "://" in lower) and not _labels(tail)


def _labels(text: str) -> int:
    found = 0
    for line in text.split("\n")[:9]:
        label = LABEL_LINE.match(line)
        if label and role_of(label.group(1)) in ("from", "date", "subject"):
            found += 1
    return found


def _runs(text: str) -> list[tuple[int, int]]:
    """The stretches of prefixed lines."""
    found: list[tuple[int, int]] = []
    if "\n>" in text or "> " in text or " >" in text:
        for run in _RUN.finditer(text):
            start, end = run.span()
            if text.startswith(">From ", start + 1) and "\n" not in text[start + 1 : end]:
                continue
            if found and _wrapped(text, found[-1], start):
                start = found.pop()[0]
            found.append((start, end))
    elif "\n|" in text:
        for run in _PIPES.finditer(text):
            lead = text[max(0, run.start() - 200) : run.start()].rstrip()
            if lead.endswith((":", "：")):
                found.append(run.span())
    return found


def _wrapped(text: str, before: tuple[int, int], start: int) -> bool:
    """Whether what stands between two runs is one short line that fell out of the first."""
    between = text[before[1] : start]
    if len(between) > 50 or between.count("\n") != 1 or len(between) < 2:
        return False
    first = between[1]
    if first.isupper() or first.isspace():
        return False
    return before[1] - text.rfind("\n", 0, before[1]) > 65


def _tail(piece: str, *, quoted_next: bool) -> _Tail | None:
    """The first place of an unprefixed piece from which on all is quoted."""
    best: _Tail | None = None
    for found in _tails(piece):
        if best is None or found.start < best.start:
            best = found
    if best is None:
        return None
    if quoted_next and not piece[best.end :].strip():
        return None  # the prefixed lines below are what it quotes
    return best


def _tails(piece: str) -> Iterator[_Tail]:
    if BELOW in piece:
        at = piece.index(BELOW)
        block = next(_blocks(piece[at:]), None)
        if block is not None and not piece[at + 1 : at + block.start].strip("\n _-"):
            yield _Tail(_lead(piece, at), at + block.end, _style(block, ""), block.who)
        else:
            yield _Tail(at, at + 1, "other")
        piece = piece[: at + 1]
    block = next(_blocks(piece), None)
    if block is not None:
        start = _lead(piece, block.start)
        yield _Tail(start, block.end, _style(block, piece[start : block.start]), block.who)
        piece = piece[: block.start + 1]
    dashed = _separator(piece)
    if dashed is not None:
        yield dashed
    for found in _attributions(piece, strong=True):
        yield _Tail(found.start, found.end, "other", found.who)
        break


def _style(block: Block, lead: str) -> QuoteStyle:
    if lead and _FORWARDED.search(lead):
        return "lotus" if block.lotus else "forward"
    return "lotus" if block.lotus else "outlook"


def _lead(piece: str, start: int) -> int:
    """The begin of what leads in a header block: a rule, `Begin forwarded message:`, dashes."""
    for _ in range(3):
        head = piece[:start].rstrip()
        rule = _RULED.search(head[-200:]) or None
        if rule is None:
            last = head.rfind("\n")
            line = head[last:] if last >= 0 else ""
            lead = (
                4 < len(line) < 90
                and _ORIGINAL.search(line)
                and (line.strip()[:1] in "-_=*" or line.rstrip().endswith((":", "：", "-")))
            )
            if not lead:
                return start
            start = last
        else:
            start = len(head) - len(head[-200:]) + rule.start()
    return start


def _separator(piece: str) -> _Tail | None:
    if "---" not in piece and "___" not in piece:
        return None
    for dashed in _DASHED.finditer(piece):
        if _ORIGINAL.search(dashed.group(1)):
            style: QuoteStyle = "forward" if _FORWARDED.search(dashed.group(1)) else "outlook"
            return _Tail(dashed.start(), dashed.end(), style)
    return None


def _blocks(text: str) -> Iterator[Block]:
    """Header blocks, in order."""
    at = 0
    for found in FROM_LINE.finditer(text):
        if found.start() < at:
            continue
        block = _block(text, found.start())
        if block is not None:
            at = block.end
            yield block
    if at == 0:
        for found in SUBJECT_LINE.finditer(text):
            block = _notes_block(text, found.start())
            if block is not None and block.start >= at:
                at = block.end
                yield block


def _block(text: str, start: int) -> Block | None:
    """The header block around the From line that begins with the line break at `start`."""
    if _PATCH.search(text[max(0, start - 120) : start]):
        return None
    seen: dict[str, str] = {}
    for _ in range(4):  # labels that stand above From
        above = text.rfind("\n", 0, start)
        label = LABEL_LINE.match(text, above + 1, start) if above >= 0 else None
        role = role_of(label.group(1)) if label else None
        if role is None or role == "from":
            break
        start = above
    end = start
    for _ in range(BLOCK_LINES):
        stop = text.find("\n", end + 1)
        if stop < 0:
            break
        label = LABEL_LINE.match(text, end + 1, stop)
        role = role_of(label.group(1)) if label else None
        if label is not None and role is not None:
            if role in seen and role in ("from", "subject"):
                break
            seen.setdefault(role, label.group(2).strip(" *_\t\xa0")[: VALUE_LIMIT * 2])
        elif not _continued(text[end + 1 : stop], seen):
            break
        end = stop
    if "from" not in seen or not seen.keys() & {"date", "subject", "to"}:
        return None
    if (
        "date" not in seen
        and not ("subject" in seen and "to" in seen)
        and not (ADDRESS.search(seen["from"]) and len(seen) > 1)
    ):
        return None
    name, address = from_value(seen["from"])
    who = Attribution(
        name=name,
        address=address,
        date=seen.get("date", "")[:VALUE_LIMIT],
        subject=seen.get("subject", "")[:VALUE_LIMIT],
    )
    return Block(start, end, who, labelled=True)


def _continued(line: str, seen: dict[str, str]) -> bool:
    """Whether a line without a label still belongs to the value above: a folded list or subject."""
    if not line.strip():
        return False
    if not seen:
        return False
    last = next(reversed(seen))
    if last in ("to", "other"):
        return ("@" in line or ";" in line or line[0] in " \t>") and len(line) < 2000
    return line[0] in " \t" and len(line) < 200


def _notes_block(text: str, start: int) -> Block | None:
    """Notes: name and date on lines of their own, then To, cc and Subject."""
    end = text.find("\n", start + 1)
    label = LABEL_LINE.match(text, start + 1, end)
    if label is None:
        return None
    subject = label.group(2).strip()
    above, roles = start, set[str]()
    for _ in range(BLOCK_LINES):
        line_start = text.rfind("\n", 0, above)
        if line_start < 0:
            break
        line = text[line_start + 1 : above]
        found = LABEL_LINE.match(line)
        role = role_of(found.group(1)) if found else None
        if role is not None:
            roles.add(role)
        elif _TIMED.search(line) and "to" in roles:
            name_start = text.rfind("\n", 0, max(line_start, 0))
            name = text[name_start + 1 : line_start].strip() or line[:60]
            first = name_start if name_start >= 0 and name and len(name) < 80 else line_start
            person, address = from_value(name)
            when = _TIMED.search(line)
            who = Attribution(
                name=person,
                address=address,
                date=line[when.start() :].strip()[:VALUE_LIMIT] if when else "",
                subject=subject[:VALUE_LIMIT],
            )
            return Block(first, end, who, labelled=True, lotus=True)
        elif len(line) > 200 or (
            line.strip()
            and "to" not in roles
            and not line.startswith((" ", "\t"))
            and "@" not in line
            and "," not in line
        ):
            break
        above = line_start
    return None


def _attributions(text: str, *, strong: bool) -> Iterator[Block]:
    """Attribution lines, in order. strong: only those that need no prefixed line below them."""
    for count, colon in enumerate(_COLON.finditer(text)):
        if count >= CANDIDATES:
            return
        found = _attribution(text, colon.end() - 1, strong=strong)
        if found is not None:
            yield found


def _attribution(text: str, end: int, *, strong: bool) -> Block | None:
    """The attribution whose last line ends at `end`, over one to `FOLDED` lines."""
    start = text.rfind("\n", max(0, end - ATTRIBUTION_LIMIT), end)
    if start < 0:
        return None
    line = text[start + 1 : end]
    if (
        "@" not in line
        and not says_written(line)
        and not (not line.isascii() and WHEN.search(line))
    ):
        return None
    for _ in range(FOLDED):
        dated = WHEN.search(ADDRESS.sub(" ", line)) is not None
        if dated and _opens(line):
            break
        above = text.rfind("\n", max(0, end - ATTRIBUTION_LIMIT), start)
        higher = text[above + 1 : start] if above >= 0 else ""
        if not higher.strip() or (dated and not _opens(higher)):
            break
        line, start = f"{higher} {line}", above
    who = named(line)
    dated = bool(who.date) and WHEN.search(ADDRESS.sub(" ", line)) is not None
    written = says_written(line)
    if strong:
        good = (
            dated
            and len(line) < ATTRIBUTION_LIMIT
            and (
                (written and (_opens(line) or bool(who.address)))
                or (_opens(line) and bool(who.address))
            )
        )
    else:
        good = (written and (dated or bool(who.address) or len(line) < 100)) or (
            dated and (bool(who.address) or _opens(line))
        )
    return Block(start, end, who) if good else None


def _opens(line: str) -> bool:
    return OPENING.match(line.lstrip(" \t>*_\"'")) is not None


def _attributed(piece: str) -> tuple[str, Attribution | None]:
    """A piece that prefixed lines follow, without the attribution or header block at its end."""
    body = piece.rstrip()
    block = None
    for block in _blocks(body[-4000:] + "\n"):
        pass
    if block is not None and block.end >= len(body[-4000:]) - 1:
        start = _lead(body, len(body) - len(body[-4000:]) + block.start)
        return body[: max(start, 0)], block.who
    dashed = _separator(body[-200:] + "\n")
    if dashed is not None and len(body[-200:]) - dashed.end < 2:
        return body[: len(body) - len(body[-200:]) + dashed.start], None
    if not body.endswith((":", "：", ":*", ":_")):
        return piece, None
    found = _attribution(body + "\n", len(body), strong=False)
    if found is None:
        return piece, None
    return body[: found.start], found.who


def _by_depth(runs: str, who: list[Attribution]) -> tuple[str, str]:
    """Prefixed lines as what the quoted mail said, and what it quoted."""
    near = "".join([f"{brk}{line}" for brk, line in _DEPTH_ONE.findall(runs)]) + "\n"
    far = ""
    if ">>" in runs or "> >" in runs:
        far = "".join([f"{brk}{line}" for brk, line in _DEEPER.findall(runs)]) + "\n"
    near, below = _unprefixed(near, who)
    if far:
        far, deeper = _unprefixed(far, who)
        far = f"{far}\n{deeper}"
    return near, f"{below}\n{far}"


def _unprefixed(text: str, who: list[Attribution]) -> tuple[str, str]:
    """Quoted text cut at the first header block in it; attribution lines left out and noted."""
    text = f"\n{text}" if not text.startswith("\n") else text
    if "____" in text:
        text = _FOOTER_INSIDE.sub("\n", text)
    found: list[Block] = [*_blocks(text), *_attributions(text, strong=False)]
    if not found:
        return text, ""
    found.sort(key=lambda each: each.start)
    who.extend(each.who for each in found[:ATTRIBUTIONS])
    parts: list[str] = []
    at, near_end = 0, -1
    for each in found:
        if each.start < at:
            continue
        parts.append(text[at : each.start])
        at = each.end
        if near_end < 0 and (
            each.labelled or "\n>" in text[each.end : each.end + 400] or not parts[:-1]
        ):
            near_end = len(parts)
    parts.append(text[at:])
    if near_end < 0:
        return "\n".join(parts), ""
    return "\n".join(parts[:near_end]), "\n".join(parts[near_end:])
