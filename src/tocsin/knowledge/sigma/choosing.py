r"""Of all that a matching row must hold, what is searched for: as few and as rare as can be had.

Of every alternative the rarest text is taken, where it is common two together: `A[^\n]*B`. Two may
only be joined if they cannot lie over each other in the row: they stand in different columns, or one
behind the other in one value, or no spelling of one begins or ends like one of the other.
"""

from __future__ import annotations

import math
import re
from functools import cache
from importlib import resources
from itertools import groupby

import msgspec

from tocsin.knowledge.prepared import toml_table
from tocsin.knowledge.sigma.needs import Need, Pattern, Some, Text
from tocsin.knowledge.sigma.rarity import COMMON, MOST, RARE, bits, chance, letter, seen
from tocsin.knowledge.sigma.row_regex import translated
from tocsin.knowledge.sigma.spelling import END, START, Kind, Spelled, decoded, spelled, tear

WINDOW_LIMITS = (24, 48, 96)
"""Characters of one text that are searched for; it is cut around its rarest part."""

PAIR_LIMIT = 60
"""Texts on each side that are joined in one regex."""

LENGTH_LIMIT = 4000
"""Characters of such a regex."""

FORMS_LIMIT = 64
"""Spellings of one text that are compared, so that two texts cannot lie over each other."""

_HEXADECIMAL = frozenset("0123456789abcdef")

GAIN = 1.0
"""Bits that something longer must add."""

EDGE = 4.0
"""Bits of standing at the beginning or end of a column."""

UNSEEN = 11.0
"""Bits of two texts that no everyday row has together."""

SUM_LIMIT = 24.0
"""Bits that two texts together are thought to have at most."""

FEWER_LIMIT = 200
"""Texts among which those are looked for that hold another one."""

_APART = re.compile(r"""\"|(?:^|(?<=\s))-""")
"""Where `-Name "value"` falls apart."""

_GAP = r"[^\n]*"


class Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`data/sigma/raw.toml`: see there."""

    json_surfaces: frozenset[str]
    joined: frozenset[str]
    beside: frozenset[str]
    addresses: frozenset[str]
    one_column: frozenset[str]
    never: frozenset[str]
    apart: frozenset[str]
    flat: frozenset[str]
    flat_columns: frozenset[str]
    pieces: frozenset[str]
    columns: dict[str, tuple[str, ...]]
    marks: dict[str, tuple[str, ...]]
    order: dict[str, tuple[str, ...]]

    def groups(self) -> dict[str, str]:
        """The column of a field, by the field."""
        return {name: group for group, names in self.columns.items() for name in names}


class Unit(msgspec.Struct, frozen=True, gc=False):
    """Something to search for.

    text: its plain form, empty where it has none; forms: its spellings, none where there are too
    many; column: where it stands, empty if that is not known; rare: bits. around: spellings of the
    text of which it is a stretch, as `forms`. coded: that text holds a percent sign, so that it may be
    gone in a row that is searched again decoded.
    """

    regex: str
    rare: float
    text: str = ""
    forms: tuple[str, ...] = ()
    column: str = ""
    around: tuple[str, ...] = ()
    coded: bool = False


Spelling = tuple[Spelled, ...]
"""Characters one behind the other."""

Choice = tuple[Unit, ...]
"""Alternatives: at least one of them is in the row."""


def rareness(choice: Choice) -> float:
    """Bits of a choice: those of the sum of its alternatives' frequencies."""
    return -math.log2(sum(2.0**-each.rare for each in choice)) if choice else math.inf


class Way(msgspec.Struct, frozen=True):
    """How rows of a kind of log are written; see `Table`."""

    kind: Kind
    columns: bool
    beside: bool
    order: tuple[str, ...]
    apart: bool
    flat: bool


@cache
def way_of(surface: str) -> Way:
    """How the rows of a kind of log are written."""
    table = table_of()
    kind: Kind = "json" if surface in table.json_surfaces else "text"
    return Way(
        kind,
        columns=kind == "text" and surface not in table.one_column,
        beside=surface in table.beside,
        order=table.order.get(surface, ()),
        apart=surface in table.apart,
        flat=surface in table.flat,
    )


class Chooser:
    """Chooses for one kind of log."""

    def __init__(self, way: Way) -> None:
        self.kind: Kind = way.kind
        self.columns: dict[str, str] = table_of().groups() if way.columns else {}
        self.mark = tear(beside=way.beside)
        self.order = way.order
        self.spaced = way.beside
        self.apart = way.apart
        self.flat = way.flat
        self.known: dict[Need, Choice | None] = {}

    def choice(self, need: Need) -> Choice | None:
        """The best alternatives that follow from a need; None: nothing; empty: no row has it."""
        if isinstance(need, (Text, Pattern)):
            if need not in self.known:
                one = self.text(need) if isinstance(need, Text) else self.pattern(need)
                self.known[need] = one
            return self.known[need]
        if isinstance(need, Some):
            found: list[Unit] = []
            for each in need.needs:
                choice = self.choice(each)
                if choice is None:
                    return None
                found += choice
            return _fewer(found)
        choices = [choice for each in need.needs if (choice := self.choice(each)) is not None]
        return self.best(choices, ordered=need.ordered and not self.apart)

    def text(self, need: Text) -> Choice | None:
        """What of one text is searched for."""
        known = written(need, self.kind_of(need.names))
        if known is None:
            return None
        found: Choice = ()
        for text in known:
            parts = self.parts(text, need.names)
            units = [unit for part in parts if (unit := self.unit(part, text, need)) is not None]
            best = self.best([(each,) for each in units], ordered=not self.apart)
            if best is None:
                return None
            found += best
        return found

    def pattern(self, need: Pattern) -> Choice | None:
        """Texts of a regex, or the regex itself as it is found in the row, if that is rarer."""
        choice = None if need.texts is None else self.choice(need.texts)
        # Two texts with anything between are looked for to the row's end; the regex ends with its column.
        wide = choice is not None and any(_GAP in each.regex for each in choice)
        if self.kind == "json" or choice == ():
            return choice
        if choice and rareness(choice) >= COMMON and not wide:
            return choice
        pieces = table_of().pieces
        if any("." in name and name.partition(".")[0] not in pieces for name in need.names):
            return choice
        column = self.column(need.names)
        mark = self.mark_of(need.names)
        known, spaced = bool(column), self.spaced
        found = translated(need.regex, need.engine, column=known, mark=mark, spaced=spaced)
        least = 0.0 if choice is None else rareness(choice)
        if found is None or found.rare <= (min(least, COMMON) if wide else least):
            return choice
        return (Unit(found.regex, found.rare, column=column),)

    def column(self, names: tuple[str, ...]) -> str:
        """The one column that all these fields stand for; empty if there is none."""
        found = {self.columns.get(name, "") for name in names}
        return found.pop() if len(found) == 1 else ""

    def mark_of(self, names: tuple[str, ...]) -> Spelled | None:
        """How a `?` may stand in the row where it may join two columns."""
        torn = not names or any(name in table_of().joined for name in names)
        return self.mark if torn and self.kind == "text" else None

    def kind_of(self, names: tuple[str, ...]) -> Kind:
        """How the values of these fields stand in the row."""
        flat = self.flat or self.column(names) in table_of().flat_columns
        return "flat" if flat and self.kind == "text" else self.kind

    def parts(self, text: str, names: tuple[str, ...]) -> list[Spelling]:
        """The characters' spellings, cut where one cannot be told."""
        kind, mark = self.kind_of(names), self.mark_of(names)
        made: list[list[Spelled]] = [[]]
        for piece in _APART.split(text) if self.apart else (text,):
            for char in piece.strip() if self.apart else piece:
                each = mark if char == "?" and mark is not None else spelled(kind, char)
                if each is None:
                    made.append([])
                else:
                    made[-1].append(each)
            made.append([])
        return [tuple(each) for each in made if each]

    def unit(self, part: Spelling, whole: str, need: Text) -> Unit | None:
        """The rarest stretch of a text, plain characters only if those are rare enough."""
        text, column = _text(part), self.column(need.names)
        own = text == whole
        if self.kind == "json" and own and need.begins and need.ends and text.isdigit():
            rare = bits(self.kind, text) + 1
            return Unit(f"[^0-9\\n]{text}[^0-9\\n]", rare, f"\n{text}\n", (text,))
        runs = [tuple(run) for plain, run in groupby(part, key=lambda each: each.plain) if plain]
        chosen = max(map(self.window, runs), key=lambda each: each.rare) if runs else Unit("", 0.0)
        if chosen.rare < RARE and len(chosen.text) < len(part):
            wide = self.window(part)
            chosen = wide if wide.rare >= chosen.rare + GAIN else chosen
        # Ids hold any few hexadecimal digits by chance.
        least = RARE if set(text) <= _HEXADECIMAL else COMMON
        if chosen.rare < least and own and column:
            chosen = _edged(part, chosen, first=need.begins, last=need.ends)
        if chosen.rare <= 0:
            return None
        flat = self.kind_of(need.names) == "flat" and not all(each.sure for each in part)
        text = "" if flat else chosen.text
        told = {"around": chosen.forms and _forms(part), "coded": "%" in whole}
        return msgspec.structs.replace(chosen, column=column, text=text, **told)

    def window(self, part: Spelling) -> Unit:
        """The rarest stretch of a text."""
        text, best = _text(part), Unit("", -1.0)
        for limit in WINDOW_LIMITS:
            last = max(0, len(part) - limit)
            for start in sorted({*range(0, last, max(1, last // 8)), last}):
                rare = bits(self.kind, text[start : start + limit])
                if rare > best.rare:
                    best = _made(part[start : start + limit], rare)
            if best.rare >= RARE or last == 0:
                break
        return best

    def best(self, choices: list[Choice], *, ordered: bool) -> Choice | None:
        """The rarest of them, or two of them together if none is rare enough alone."""
        if not choices or () in choices:
            return () if choices else None
        best = max(choices, key=lambda each: (min(rareness(each), RARE), -len(each)))
        if rareness(best) >= COMMON:
            return best
        place, better = choices.index(best), best
        for other, choice in enumerate(choices):
            if other != place:
                first, second = (best, choice) if place < other else (choice, best)
                made = self.pair(first, second, ordered=ordered)
                if made is not None and made.rare > rareness(better) + GAIN:
                    better = (made,)
        return better

    def pair(self, first: Choice, second: Choice, *, ordered: bool) -> Unit | None:
        """Both together, if that can be said in one regex and they cannot lie over each other."""
        if max(len(first), len(second)) > PAIR_LIMIT or any(u.coded for u in (*first, *second)):
            return None
        if not ordered and any(_overlap(a, b) for a in first for b in second):
            return None
        one, two = _either(first), _either(second)
        straight, other = _before(one, two) + _GAP + two, _before(two, one) + _GAP + one
        if ordered or self.follows(first, second):
            regex = straight
        else:
            regex = other if self.follows(second, first) else f"{straight}|{other}"
        if len(regex) > LENGTH_LIMIT:
            return None
        rare = rareness(first) + rareness(second)
        if self.kind == "text":
            told = seen(regex)
            rare = max(rare, UNSEEN) if told >= MOST else told
        return Unit(regex, min(rare, SUM_LIMIT))

    def follows(self, first: Choice, second: Choice) -> bool:
        """Whether the columns of the second come behind those of the first."""
        places = {column: place for place, column in enumerate(self.order)}
        before = [places.get(each.column, len(places)) for each in first]
        return max(before) < min(places.get(each.column, -1) for each in second)


def written(need: Text, kind: Kind) -> list[str] | None:
    """What stands in the raw row for a text in these fields: one of these; none: it never is there."""
    table, text = table_of(), need.text.lower()
    if kind == "text":
        text = decoded(text, ends=need.ends)
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
        elif marks is not None or (dot and kind != "json" and owner not in table.pieces):
            return None
        elif kind == "json" or name not in table.never:
            found.append(text)
    return list(dict.fromkeys(found))


@cache
def table_of() -> Table:
    """The table of what stands in a row's raw text."""
    path = resources.files("tocsin.knowledge") / "data" / "sigma" / "raw.toml"
    return toml_table(path.read_bytes(), Table)


def _text(part: Spelling) -> str:
    return "".join(each.char for each in part)


def _made(part: Spelling, rare: float) -> Unit:
    """The unit of a text."""
    regex = "".join(each.regex for each in part)
    if any(each.char == "?" and not each.forms for each in part):
        rare = min(rare, seen(regex))  # rows have it in other letters
    return Unit(regex, rare, _text(part), _forms(part))


def _forms(part: Spelling) -> tuple[str, ...]:
    """All spellings of a text; none where there are too many."""
    forms = [""]
    for each in part:
        forms = [old + new for old in forms for new in each.forms]
        if len(forms) > FORMS_LIMIT:
            forms = []
    return tuple(forms)


def _edged(part: Spelling, chosen: Unit, *, first: bool, last: bool) -> Unit:
    """The text at the beginning or end of its column, if that is rarer."""
    regex = "".join(each.regex for each in part)
    regex = (START if first else "") + regex + (END if last else "")
    sure = sum(letter(each.char) for each in part) + EDGE * (first + last)
    rare = min(seen(regex), chance(sure))
    if rare < chosen.rare + GAIN:
        return chosen
    # As a text it holds what others may be found in, but is found in none of them.
    return Unit(regex, rare, f"\n{_text(part)}\n")


def _fewer(found: list[Unit]) -> Choice:
    """Without alternatives that another one holds: `cmd` is in whatever holds `cmd.exe`."""
    texts = sorted({each.text for each in found if each.text}, key=len)
    if len(texts) > FEWER_LIMIT:
        return tuple({each.regex: each for each in found}.values())
    kept = {
        each.regex: each
        for each in found
        if not any(text != each.text and text in each.text for text in texts)
    }
    return tuple(kept.values())


def _either(choice: Choice) -> str:
    texts = [each.regex for each in choice]
    return texts[0] if len(texts) == 1 and "|" not in texts[0] else f"(?:{'|'.join(texts)})"


def _before(regex: str, other: str) -> str:
    """A regex before another one, to which it leaves the separator that both may ask for."""
    return regex.replace(END, END + "?") if START in other else regex


def _overlap(first: Unit, second: Unit) -> bool:
    """Whether a spelling of one may share characters with a spelling of the other."""
    if first.column and second.column and first.column != second.column:
        return False
    if not first.forms or not second.forms:
        return True
    if not any(_share(a, b) or _share(b, a) for a in first.forms for b in second.forms):
        return False
    # `nspi` may begin where `.json` ends, but not `/mapi/nspi`, of which it is a stretch.
    one, two = first.around or first.forms, second.around or second.forms
    return any(_share(a, b) or _share(b, a) for a in one for b in two)


def _share(left: str, right: str) -> bool:
    """Whether `right` lies in `left`, or begins in it and ends behind it."""
    return right in left or any(
        left.endswith(right[:size]) for size in range(1, min(len(left), len(right)))
    )
