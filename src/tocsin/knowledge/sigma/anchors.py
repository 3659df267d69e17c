r"""What must occur in the raw text of any row that a rule matches, as few and as rare as can be had.

From the rule's tree follow texts that a matching row must hold; of every alternative the rarest is
taken, and where that is common, two together: `A[^\n]*B|B[^\n]*A`. The regexes are caseless, for
Hyperscan and RE2 alike, and never reach beyond a line.
"""

from __future__ import annotations

import math
from functools import cache
from importlib import resources
from itertools import product

import msgspec

from tocsin.knowledge.sigma.needs import Need, Some, Text, need_of
from tocsin.knowledge.sigma.rarity import bits
from tocsin.knowledge.sigma.rule import SigmaRule
from tocsin.knowledge.sigma.spelling import Kind, Spelled, spelled
from tocsin.knowledge.sigma.tree import both

LENGTH_LIMIT = 24
"""Characters of one text that are searched for; a longer one is cut around its rarest part."""

ALTERNATIVES_LIMIT = 6000
"""Regexes of one rule; beyond, no anchors are given."""

PAIRS_LIMIT = 64
"""Regexes that joining two common texts may make."""

FORMS_LIMIT = 200
"""Spellings of one text that are compared, so that two texts cannot lie over each other."""

RARE = 15.0
"""Bits from which on one text is enough."""

LEAST = 0.5
"""Bits below which nearly every row would be found: then nothing is searched for."""

GAIN = 2.0
"""Bits that a second text must add."""

_GAP = r"[^\n]*"
_BEFORE = (" ", ",", '"', ";", "\t", "|", "'")
_START = Spelled("[\\n ,;\"'|\\t]", _BEFORE)
"""What stands before a column of a row of text."""


class Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`data/sigma/raw.toml`: see there."""

    json_surfaces: frozenset[str]
    joined: frozenset[str]
    addresses: frozenset[str]
    columns: frozenset[str]
    never: frozenset[str]
    pieces: frozenset[str]
    marks: dict[str, tuple[str, ...]]


class Unit(msgspec.Struct, frozen=True, gc=False):
    """Something to search for. text: its plain form; forms: its spellings; rare: bits."""

    regex: str
    text: str
    forms: tuple[str, ...]
    rare: float


class Both(msgspec.Struct, frozen=True, gc=False):
    """Units of which all must be there, at most two; rare: bits of all together."""

    units: tuple[Unit, ...]
    rare: float


Choice = tuple[Both, ...]
"""Alternatives: at least one of them is in the row."""


def anchors(rule: SigmaRule, surface: str) -> tuple[str, ...] | None:
    """Regexes of which at least one occurs in such a row of the surface.

    None: nothing is known of what such a row holds. Empty: the rule matches no row of the surface.
    """
    found = choice_of(rule, surface)
    return None if found is None else tuple(dict.fromkeys(_regex(each) for each in found))


def choice_of(rule: SigmaRule, surface: str) -> Choice | None:
    """What is searched for, with how rare it is."""
    guard = rule.guard if surface == "windows" else None
    need = need_of(rule.tree if guard is None else both([guard, rule.tree]))
    if need is None:
        return None
    kind: Kind = "json" if surface in _table().json_surfaces else "text"
    found = _Chooser(kind).choice(need)
    if found is None or len(found) > ALTERNATIVES_LIMIT or rareness(found) < LEAST:
        return None
    return found


def rareness(choice: Choice) -> float:
    """Bits of a choice: that of the sum of its alternatives' frequencies."""
    if not choice:
        return math.inf
    return -math.log2(sum(2.0**-each.rare for each in choice))


def _regex(found: Both) -> str:
    regexes = [each.regex for each in found.units]
    if len(regexes) == 1:
        return regexes[0]
    return "|".join((_GAP.join(regexes), _GAP.join(reversed(regexes))))


class _Chooser:
    """Chooses for one kind of text."""

    def __init__(self, kind: Kind) -> None:
        self.kind = kind

    def choice(self, need: Need) -> Choice | None:
        """The best alternatives that follow from a need."""
        if isinstance(need, Text):
            return self.text(need)
        if isinstance(need, Some):
            found: list[Both] = []
            for each in need.needs:
                choice = self.choice(each)
                if choice is None:
                    return None
                found += choice
            return _fewer(found)
        ordered = need.ordered and not _is_joined(need)
        choices = [choice for each in need.needs if (choice := self.choice(each)) is not None]
        return _best(choices, ordered=ordered)

    def text(self, need: Text) -> Choice | None:
        """What of one text is searched for."""
        known = _written(need, self.kind)
        if known is None:
            return None
        found: Choice = ()
        for text in known:
            choices: list[Choice] = []
            for number, part in enumerate(self.parts(text)):
                first = need.begins and not number and text.startswith(part)
                unit = self.unit(part, need, first=first)
                if unit is not None:
                    choices.append((Both((unit,), unit.rare),))
            best = _best(choices, ordered="?" not in text)
            if best is None:
                return None
            found += best
        return found

    def parts(self, text: str) -> list[str]:
        """The text cut where its writing cannot be told."""
        made = [""]
        for char in text:
            if spelled(self.kind, char) is None:
                made.append("")
            else:
                made[-1] += char
        return [each for each in made if each]

    def unit(self, part: str, need: Text, *, first: bool) -> Unit | None:
        """The rarest window of a text, plain characters only if those are rare enough."""
        if self.kind == "json" and need.whole and part == need.text and part.isdigit():
            rare = bits(self.kind, part) + 1
            return Unit(f"[^0-9\\n]{part}[^0-9\\n]", f"\n{part}\n", (part,), rare)
        runs = [""]
        for char in part:
            each = spelled(self.kind, char)
            if each is not None and each.plain:
                runs[-1] += char
            else:
                runs.append("")
        chosen = max((self.window(run) for run in runs), key=lambda found: found[0])
        if chosen[0] < RARE and len(chosen[1]) < len(part):
            wide = self.window(part)
            chosen = wide if wide[0] >= chosen[0] + GAIN else chosen
        if chosen[0] < RARE and first and all(name in _table().columns for name in need.names):
            begun = self.begun(part)
            chosen = begun if begun[0] >= chosen[0] + GAIN else chosen
        return self.made(*chosen) if chosen[0] > 0 else None

    def begun(self, part: str) -> tuple[float, str]:
        """What a value begins with, behind what may stand before it (told by a line feed)."""
        text = part[:LENGTH_LIMIT]
        rare = min(bits(self.kind, before + text) for before in _BEFORE)
        return rare, "\n" + text

    def window(self, text: str) -> tuple[float, str]:
        """The rarest stretch of a text, short if that is rare enough, and its bits."""
        best = (0.0, "")
        for limit in (LENGTH_LIMIT, LENGTH_LIMIT * 2, LENGTH_LIMIT * 4):
            last = max(0, len(text) - limit)
            starts = sorted({*range(0, last, max(1, last // 8)), last})
            windows = [text[start : start + limit] for start in starts]
            best = max(*((bits(self.kind, each), each) for each in windows), best)
            if best[0] >= RARE or last == 0:
                break
        return best

    def made(self, rare: float, text: str) -> Unit:
        """The unit of a text."""
        regex, forms = "", [""]
        for char in text:
            each = _START if char == "\n" else spelled(self.kind, char)
            assert each is not None
            regex += each.regex
            if len(forms) <= FORMS_LIMIT:
                forms = [old + new for old in forms for new in each.forms]
        return Unit(regex, text, tuple(forms) if len(forms) <= FORMS_LIMIT else (), rare)


def _written(need: Text, kind: Kind) -> list[str] | None:
    """What stands in the raw row for a text in these fields: one of these; none: it never is there."""
    table, text = _table(), need.text.lower()
    if not need.names:
        return [text]
    if ":" in text and any(name in table.addresses for name in need.names):
        return None
    found: list[str] = []
    for name in need.names:
        owner, dot, _ = name.partition(".")
        marks = table.marks.get(name, table.marks.get(owner) if dot else None)
        if marks:
            found += [mark.lower() for mark in marks]
        elif marks is not None or (dot and kind == "text" and owner not in table.pieces):
            return None
        elif kind == "json" or name not in table.never:
            found.append(text)
    return list(dict.fromkeys(found))


def _is_joined(need: Need) -> bool:
    if isinstance(need, Text):
        return not need.names or any(name in _table().joined for name in need.names)
    return any(map(_is_joined, need.needs))


def _fewer(found: list[Both]) -> Choice:
    """Without alternatives that another one holds: `cmd` is in whatever holds `cmd.exe`."""
    single = sorted(
        {each.units[0].text for each in found if len(each.units) == 1 and each.units[0].forms},
        key=len,
    )
    if len(single) > 200 or not single:
        return tuple(found)
    kept = []
    for each in found:
        own = each.units[0].text
        if any(text != own and text in unit.text for unit in each.units for text in single):
            continue
        kept.append(each)
    return tuple(kept)


def _best(choices: list[Choice], *, ordered: bool) -> Choice | None:
    """The rarest of them, or two of them together if none is rare enough alone."""
    if not choices:
        return None
    if () in choices:
        return ()
    ranked = sorted(choices, key=lambda each: (-min(rareness(each), RARE), len(each)))
    best = ranked[0]
    if rareness(best) >= RARE:
        return best
    place = choices.index(best)
    better = best
    for other, choice in enumerate(choices):
        if other == place or len(best) * len(choice) > PAIRS_LIMIT:
            continue
        first, second = (best, choice) if place < other else (choice, best)
        pairs = [_paired(a, b, ordered=ordered) for a, b in product(first, second)]
        made = tuple(each for each in pairs if each is not None)
        if len(made) == len(pairs) and rareness(made) > rareness(better) + GAIN:
            better = made
    return better


def _paired(first: Both, second: Both, *, ordered: bool) -> Both | None:
    """Both together, if that can be said in one regex and they cannot lie over each other."""
    if ordered and len(first.units) == len(second.units) == 1:
        a, b = first.units[0], second.units[0]
        rare = min(a.rare + b.rare, 24.0)
        unit = Unit(a.regex + _GAP + b.regex, a.text + "\n" + b.text, (), rare)
        return Both((unit,), rare)
    if len(first.units) + len(second.units) > 2:
        return None
    a, b = first.units[0], second.units[0]
    if not a.forms or not b.forms or _overlap(a.forms, b.forms):
        return None
    return Both((a, b), min(a.rare + b.rare, 24.0))


def _overlap(first: tuple[str, ...], second: tuple[str, ...]) -> bool:
    """Whether a spelling of one can share characters with a spelling of the other."""
    return any(_share(a, b) or _share(b, a) for a in first for b in second)


def _share(left: str, right: str) -> bool:
    """Whether `right` lies in `left`, or begins in it and ends behind it."""
    return right in left or any(
        left.endswith(right[:size]) for size in range(1, min(len(left), len(right)))
    )


@cache
def _table() -> Table:
    path = resources.files("tocsin.knowledge") / "data" / "sigma" / "raw.toml"
    return msgspec.toml.decode(path.read_bytes(), type=Table)
