"""What a text speaks of, in thirty languages: classes of lure, told by words and their neighbours.

One file of `data/lexicon` is one cue (docs/lexicon.md). Words are stems: `invoice*` begins a word,
`*rechnung*` stands anywhere in it (compounds, prefixed particles, languages without spaces),
`*bank` ends it, `iban` is the word itself, `sort code*` a phrase. Accents, case and `ue` for `ü` do not matter. A cue stands
when one of its rules does: a word of every group it names, close to each other and of one language,
since a stem of one language is another word in the next (`now*` in Polish is new). A cue alone
proves nothing: most replies that speak of an attached document are honest.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib import resources

import msgspec

from tocsin.knowledge.lexicon_words import SPACELESS, fold, plain, words_of

TEXT_LIMIT = 4000
"""Characters of a text that are looked at: what `MailText.new` keeps at most."""

MEMO_LIMIT = 30_000
"""Distinct words whose meaning is remembered; then all are forgotten and learnt again."""

FOLLOW_LIMIT = 2_000
"""Distinct words remembered as standing behind one word that begins phrases."""

WORD_LIMIT = 48
"""Longest word that is looked at; Chinese and Japanese, which write no spaces, have no limit."""

STEM_LEAST = 3
"""Letters of a stem at least, in scripts that put spaces between words."""

CODE_GROUP = "@code"
"""The group every rule may name: a word with a digit in it, as a password or number has."""

UNLESS_WITHIN = 4
"""Words between a hit and one that says the opposite, at most."""

SHORT_CODE = 4
"""Longest word with a digit whose meaning is remembered: longer ones hardly come again."""

ANY = "any"
"""The language of words that every language writes in the same way."""

CODE_LENGTHS = range(3, 17)
"""How long such a word is."""


class LexiconError(ValueError):
    """A file of the lexicon is not what it must be; `str()` names file and key."""


class Rule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One way a cue stands: a word of every group of `near`, in one language, the first and the last
    of them at most `within` words apart. A group of another file is named `file.group`."""

    near: tuple[str, ...]
    within: int = 0


class Entry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One file: a cue, the words it is told by (group, language, patterns), and its examples.

    unless: a group whose words say the opposite: what stands next to one does not count.
    gives: texts that must have the cue; spares: texts that must not; both by language.
    """

    cue: str
    means: str
    source: str
    unless: str = ""
    rules: tuple[Rule, ...]
    words: dict[str, dict[str, tuple[str, ...]]]
    gives: dict[str, tuple[str, ...]]
    spares: dict[str, tuple[str, ...]]


_Phrase = tuple[int, tuple[str, ...]]
_Meaning = tuple[int, tuple[_Phrase, ...], dict[str, tuple[_Phrase, ...]], tuple[str, ...]]
"""Groups of a word; phrases it begins; which of those a following word keeps open, remembered; how
a word begins that keeps any open."""
_NOTHING: _Meaning = (0, (), {}, ())
_DIGIT = re.compile(r"\d")


class _Lexicon:
    """The files in the form that is asked: which groups a word belongs to, which rules hold."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self.exact: dict[str, int] = {}
        self.starts: dict[str, int] = {}
        self.inside: dict[str, list[tuple[str, int, bool]]] = {}
        self.led: dict[str, list[_Phrase]] = {}
        self.phrases: dict[str, list[tuple[str, _Phrase]]] = {}
        self.memo: dict[str, _Meaning] = {}
        self.entries = tuple(sorted(entries, key=lambda each: each.cue))
        spoken = {lang for e in self.entries for words in e.words.values() for lang in words}
        self.languages = tuple(sorted(spoken - {ANY}))
        self.all = (1 << len(self.languages)) - 1
        """Bits of every language; a group's languages stand side by side, from `shifts` on."""
        self.shifts = {CODE_GROUP: 0}
        self.code: _Meaning = (self.all, (), {}, ())
        for entry in self.entries:
            for group, languages in entry.words.items():
                shift = self.shifts[f"{entry.cue}.{group}"] = len(self.shifts) * len(self.languages)
                for language, patterns in languages.items():
                    for pattern in patterns:
                        self._add(pattern, self._bits(language) << shift)
        self.alone: list[tuple[int, int]] = []
        self.rules: list[tuple[tuple[int, ...], int, int, int | None]] = []
        for number, entry in enumerate(self.entries):
            unless = self._shift(entry.cue, entry.unless) if entry.unless else None
            for rule in entry.rules:
                shifts = tuple(self._shift(entry.cue, name) for name in rule.near)
                if len(shifts) == 1 and unless is None:
                    self.alone.append((self.all << shifts[0], 1 << number))
                else:
                    self.rules.append((shifts, rule.within, 1 << number, unless))
        self.lengths = sorted({len(each) for each in self.starts})
        self.begun: dict[str, list[tuple[str, int]]] = {}
        for stem, stands in self.starts.items():
            self.begun.setdefault(stem[:STEM_LEAST], []).append((stem, stands))

    def _bits(self, language: str) -> int:
        return self.all if language == ANY else 1 << self.languages.index(language)

    def _shift(self, cue: str, name: str) -> int:
        full = name if name == CODE_GROUP or "." in name else f"{cue}.{name}"
        if full not in self.shifts:
            raise LexiconError(f"{cue}.toml: rules: no group {name!r}")
        return self.shifts[full]

    def _add(self, pattern: str, bits: int) -> None:
        first, *rest = pattern.split()
        word = fold(first.strip("*"))
        if rest:
            phrase = (bits, tuple(_folded(each) for each in rest))
            if first.endswith("*"):
                self.phrases.setdefault(word[:2], []).append((word, phrase))
            else:
                self.led.setdefault(word, []).append(phrase)
        elif pattern.startswith("*"):
            size = 1 if max(word) >= SPACELESS else STEM_LEAST
            self.inside.setdefault(word[:size], []).append((word, bits, not pattern.endswith("*")))
        else:
            table = self.starts if pattern.endswith("*") else self.exact
            table[word] = table.get(word, 0) | bits

    def learn(self, token: str) -> _Meaning:
        """What one word, in lower case, means; remembered."""
        spaceless = not token.isascii() and max(token) >= SPACELESS
        bits = 0
        if not token.isalpha() and _DIGIT.search(token):
            if not spaceless:
                code = len(token) in CODE_LENGTHS and token.isalnum()
                return self._remember(token, self.code if code else _NOTHING, SHORT_CODE)
            bits = self.all
        elif not spaceless and (len(token) > WORD_LIMIT or not token.isalpha()):
            return _NOTHING
        word = fold(token)
        bits |= self.exact.get(word, 0) | self._stems(word, spaceless=spaceless)
        phrases = (
            *self.led.get(word, ()),
            *[each for begin, each in self.phrases.get(word[:2], ()) if word.startswith(begin)],
        )
        meaning = _NOTHING
        if bits or phrases:
            meaning = (bits, phrases, {}, tuple({each[1][0].rstrip("*") for each in phrases}))
        return self._remember(token, meaning, WORD_LIMIT)

    def _remember(self, token: str, meaning: _Meaning, longest: int) -> _Meaning:
        if len(token) <= longest:
            if len(self.memo) >= MEMO_LIMIT:
                self.memo.clear()
            self.memo[token] = meaning
        return meaning

    def _stems(self, word: str, *, spaceless: bool) -> int:
        bits = 0
        if spaceless:
            for length in self.lengths:
                bits |= self.starts.get(word[:length], 0)
        else:
            for begin, stands in self.begun.get(word[:STEM_LEAST], ()):
                if word.startswith(begin):
                    bits |= stands
        size = 1 if spaceless else STEM_LEAST
        known = self.inside
        for at in range(len(word) - size + 1):
            listed = known.get(word[at : at + size])
            if listed is not None:
                for stem, bit, at_end in listed:
                    if word.startswith(stem, at) and not (at_end and at + len(stem) < len(word)):
                        bits |= bit
        return bits

    def hits(self, text: str) -> list[tuple[int, int]]:
        """(position, groups) of every word that belongs to a group."""
        words = words_of(text)
        found: list[tuple[int, int]] = []
        known = list(map(self.memo.get, words))
        words.append("")
        for at in [at for at, meaning in enumerate(known) if meaning is not _NOTHING]:
            bits, phrases, follow, opening = known[at] or self.learn(words[at])
            if phrases:
                following = words[at + 1]
                still = follow.get(following)
                if still is None:
                    still = _remembered(phrases, follow, following, opening)
                for bit, rest in still:
                    if not bits & bit and _follows(words, at + 1, rest):
                        bits |= bit
            if bits:
                found.append((at, bits))
        return found

    def ask(self, text: str) -> int:
        """The cues of a text, one bit each, in the order of their names."""
        found = self.hits(text)
        present = 0
        for _, bits in found:
            present |= bits
        if not present:
            return 0
        answer = 0
        for bits, cue in self.alone:
            if present & bits:
                answer |= cue
        for shifts, within, cue, unless in self.rules:
            shared = 0 if answer & cue else self.all
            for shift in shifts:
                shared &= present >> shift
                if not shared:
                    break
            while shared:
                language = shared & -shared
                wanted = sum(language << shift for shift in shifts)
                against = 0 if unless is None else present & self.all << unless
                hits = _apart(found, against) if against else found
                if _near(hits, wanted, within):
                    answer |= cue
                    break
                shared ^= language
        return answer


def _folded(pattern: str) -> str:
    return fold(pattern.strip("*")) + ("*" if pattern.endswith("*") else "")


def _fits(word: str, pattern: str) -> bool:
    return word.startswith(pattern[:-1]) if pattern.endswith("*") else word == pattern


def _remembered(
    phrases: tuple[_Phrase, ...],
    follow: dict[str, tuple[_Phrase, ...]],
    following: str,
    opening: tuple[str, ...],
) -> tuple[_Phrase, ...]:
    """The phrases that the following word keeps open."""
    word = fold(following)
    still: tuple[_Phrase, ...] = ()
    if word.startswith(opening):
        still = tuple([phrase for phrase in phrases if _fits(word, phrase[1][0])])
    if len(follow) < FOLLOW_LIMIT and len(following) <= WORD_LIMIT:
        follow[following] = still
    return still


def _follows(words: list[str], at: int, rest: tuple[str, ...]) -> bool:
    following = words[at : at + len(rest)]
    return len(following) == len(rest) and all(map(_fits, map(fold, following), rest))


def _apart(found: list[tuple[int, int]], against: int) -> list[tuple[int, int]]:
    """The hits that have no word of the groups in `against`, of any language, next to them."""
    places = [at for at, bits in found if bits & against]
    return [hit for hit in found if all(abs(hit[0] - at) > UNLESS_WITHIN for at in places)]


def _near(found: list[tuple[int, int]], bits: int, within: int) -> bool:
    """Whether one stretch of at most `within` words holds a word of every group in `bits`."""
    last: dict[int, int] = {}
    wanted = bits.bit_count()
    for at, here in found:
        here &= bits  # noqa: PLW2901
        while here:
            bit = here & -here
            last[bit] = at
            here ^= bit  # noqa: PLW2901
        if len(last) == wanted and at - min(last.values()) <= within:
            return True
    return False


def parse(name: str, text: str) -> Entry:
    """One file of the lexicon. A fault names the file and the key."""
    try:
        entry = msgspec.convert(tomllib.loads(text), Entry)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as fault:
        raise LexiconError(f"{name}: {fault}") from None
    if f"{entry.cue}.toml" != name:
        raise LexiconError(f"{name}: cue: must be the file's own name, not {entry.cue!r}")
    for group, languages in entry.words.items():
        for language, patterns in languages.items():
            for pattern in patterns:
                why = _unusable(pattern)
                if why:
                    raise LexiconError(f"{name}: words.{group}.{language}: {pattern!r}: {why}")
    return entry


def _unusable(pattern: str) -> str:
    parts = pattern.split()
    for part in parts:
        word = fold(part.strip("*"))
        if not word.isalpha():
            return "a word has letters only"
        if part.startswith("*") and len(parts) > 1:
            return "`*` in front does not go with a phrase"
        shortest = 1 if max(word) >= SPACELESS or len(parts) > 1 else 3 if "*" in part else 2
        if len(word) < shortest:
            return f"a stem has {shortest} letters or more"
    return "" if parts else "is empty"


def packaged() -> dict[str, str]:
    """The files of the lexicon as text, by name."""
    folder = resources.files("tocsin.knowledge") / "data" / "lexicon"
    return {each.name: each.read_text("utf-8") for each in folder.iterdir() if each.is_file()}


@cache
def entries() -> tuple[Entry, ...]:
    """The packaged cues, by name."""
    return tuple(parse(name, text) for name, text in sorted(packaged().items()))


@cache
def _lexicon() -> _Lexicon:
    return _Lexicon(entries())


@cache
def _names(answer: int) -> tuple[str, ...]:
    return tuple(each.cue for at, each in enumerate(_lexicon().entries) if answer >> at & 1)


def cues(text: str) -> tuple[str, ...]:
    """The cues of a text, sorted by name; only its first `TEXT_LIMIT` characters are looked at."""
    return _names(_lexicon().ask(plain(text[:TEXT_LIMIT])))


def problems(files: Mapping[str, str]) -> list[str]:
    """What is wrong with lexicon files (name to text): form, groups, and examples that do not hold."""
    found: list[str] = []
    known: list[Entry] = []
    for name, text in sorted(files.items()):
        try:
            known.append(parse(name, text))
        except LexiconError as fault:
            found.append(str(fault))
    try:
        lexicon = _Lexicon(known)
    except LexiconError as fault:
        return [*found, str(fault)]
    for number, entry in enumerate(lexicon.entries):
        found += _broken_examples(entry, lexicon, 1 << number)
    return found


def _broken_examples(entry: Entry, lexicon: _Lexicon, bit: int) -> Iterator[str]:
    cue = entry.cue
    spoken = {language for group in entry.words.values() for language in group} - {ANY}
    for language in sorted(spoken - set(entry.gives)):
        yield f"{cue}.toml: gives: no example in {language!r}"
    if not entry.spares:
        yield f"{cue}.toml: spares: no example"
    for key, examples, wanted in (("gives", entry.gives, True), ("spares", entry.spares, False)):
        for language, texts in examples.items():
            for text in texts:
                if bool(lexicon.ask(plain(text)) & bit) is not wanted:
                    yield f"{cue}.toml: {key}.{language}: does not hold: {text!r}"
