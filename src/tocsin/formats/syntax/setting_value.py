"""Values of configured objects made plain: what PowerShell's syntaxes lost is told, never guessed.

Booleans become bool, members of enumerations their names, flags and multi-valued properties lists,
dates ISO 8601 text in UTC, nested objects the text that Exchange itself prints of them. A value of
which only a piece, or only its type's name, survived is a `Damage`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from tocsin.formats.syntax.exchange_values import is_cut
from tocsin.formats.syntax.records import Object, Value
from tocsin.formats.syntax.setting_date import iso_date, looks_local
from tocsin.formats.syntax.setting_shape import shaped
from tocsin.formats.syntax.setting_syntax import Damage, Syntax
from tocsin.knowledge.hybrid_values import Enumeration, booleans, enumeration, lists, words

DEPTH_LIMIT = 8
"""Nesting of values that is kept."""

TEXT_LIMIT = 64 * 1024
"""Longest text of a value, in characters."""

VALUES_LIMIT = 100_000
"""Values of one object, nested ones included."""

SECRETS = frozenset(
    """
    credentials credential password secret secrettext clientsecret hint key privatekey
    securestring serializationdata
    """.split()  # noqa: SIM905 - a list of words is read as words
)
"""Names, in lower case, of what is never kept, nor told to be there."""

_SECRET_ENDS = ("password", "secret", "credential")
_NAMES = frozenset(("name", "identity", "id", "displayname", "comment", "admindisplayname"))
_TYPED = frozenset(("conditions", "exceptions", "actions"))
"""Of a transport rule, where a type's name is what tells the condition."""

_TYPE_NAME = re.compile(
    r"\{?(?:Deserialized\.)?(?:System|Microsoft\.(?:Exchange|Graph|ActiveDirectory|Open)\w*)"
    r"(?:\.[\w`+]+)+(?:\[.*|\}|\Z)",
    re.DOTALL,
)
_COLLECTION = re.compile(
    r"\[\]|Collection|MultiValued|List`|ArrayList|HashSet|Queue|Stack|ProxyAddressTemplates"
)
_TABLE = re.compile(r"(?:Hashtable|Dictionary)")
_BETWEEN_WORDS = re.compile(r"[\s,]+|;(?!\d+(?:[\s,;]|\Z))")
"""`smtp:contoso.com;1` is one address space; `192.0.2.1;192.0.2.2` are two addresses."""

_BIG = 2**63


def is_secret(name: str, value: Value) -> bool:
    """Whether a property of that name is a secret. `HasPrivateKey` is none."""
    lower = name.lower()
    if isinstance(value, bool):
        return False
    return lower in SECRETS or lower.endswith(_SECRET_ENDS)


class Plain:
    """Makes the values of one object plain. kind: of the object, for its enumerations."""

    def __init__(self, syntax: Syntax, kind: str) -> None:
        self._syntax = syntax
        self._kind = kind
        self._left = VALUES_LIMIT

    def property(self, name: str, value: Value) -> Any:
        """The value of a property, or a `Damage`."""
        lower = name.lower()
        known = enumeration(self._kind, lower)
        found = self._of(value, typed=lower in _TYPED)
        if isinstance(found, Damage):
            return found
        if known is not None:
            return self._named(known, found)
        if lower in lists():
            return _listed(found, in_words=lower in words())
        if lower in booleans():
            return _boolean(found)
        if found in ("True", "False") and isinstance(found, str) and lower not in _NAMES:
            return found == "True"
        return found

    def _named(self, known: Enumeration, found: Any) -> Any:
        if found is None or found == "":
            return found
        if known.form == "one":
            return _member(known, found)
        values = found if isinstance(found, list) else [found]
        names: list[str] = []
        for each in values:
            more = _flags(known, each) if known.form == "flags" else _members(known, each)
            if isinstance(more, Damage):
                return more
            names += more
        return list(dict.fromkeys(names))

    def _of(self, value: Value, depth: int = 0, *, typed: bool = False) -> Any:
        self._left -= 1
        if self._left < 0:
            return Damage("unreadable", limit=True)
        if depth > DEPTH_LIMIT:
            return Damage("depth", limit=True)
        if isinstance(value, str):
            return value if typed and len(value) <= TEXT_LIMIT else self._text(value)
        if isinstance(value, list):
            return self._list(value, depth, typed=typed)
        if isinstance(value, Object):
            return self._object(value, depth, typed=typed)
        if isinstance(value, bytes):
            return self._text(value.hex())
        if isinstance(value, int) and not -_BIG <= value < _BIG:
            return str(value)
        return value

    def _text(self, text: str) -> Any:
        if len(text) > TEXT_LIMIT:
            return Damage("unreadable", limit=True)
        text = text.strip()
        if _TYPE_NAME.match(text):
            return Damage("depth" if self._syntax in ("clixml", "json") else "type")
        if text.startswith("@{") and text.endswith("}"):
            return Damage("depth")
        if self._syntax in ("clixml", "json"):
            return iso_date(text)
        if is_cut(text):
            return Damage("cut")
        if self._syntax == "printed" and text.startswith("{") and text.endswith("}"):
            return [each.strip() for each in text[1:-1].split(", ") if each.strip()]
        return Damage("unreadable") if looks_local(text) else iso_date(text)

    def _list(self, values: Iterable[Value], depth: int, *, typed: bool = False) -> Any:
        found: list[Any] = []
        for each in values:
            plain = self._of(each, depth + 1, typed=typed)
            if isinstance(plain, Damage):
                return plain
            if plain is not None:
                found.append(plain)
        return found

    def _object(self, thing: Object, depth: int, *, typed: bool) -> Any:
        kind = thing.types[0] if thing.types else ""
        if thing.items or _COLLECTION.search(kind):
            return self._list(thing.items, depth, typed=typed)
        if thing.text and not (thing.properties and _is_no_value(thing.text)):
            if thing.value is not None and "System.Enum" in thing.types and ", " in thing.text:
                return [each.strip() for each in thing.text.split(",")]
            return self._of(thing.text, depth, typed=typed)
        if thing.value is not None:
            return self._of(thing.value, depth)
        if not thing.properties:
            # Nothing was written of it but its type: an object whose text is empty.
            return {} if _TABLE.search(kind) or not kind else ""
        members: dict[str, Any] = {}
        for name, each in thing.properties.items():
            plain = self._of(each, depth + 1) if not is_secret(name, each) else Damage("type")
            if isinstance(plain, Damage):
                if plain.limit:
                    return plain
                continue
            members[name] = plain
        return shaped(members) if self._syntax == "json" else members


def _is_no_value(text: str) -> bool:
    """Whether an object's text says less than its members do."""
    return text.startswith("@{") or _TYPE_NAME.match(text) is not None


def _boolean(found: Any) -> Any:
    if found is None or isinstance(found, bool) or found == "":
        return found
    if isinstance(found, str) and found.lower() in ("true", "false"):
        return found.lower() == "true"
    if isinstance(found, int) and found in (0, 1):
        return found == 1
    return Damage("unreadable")


def _listed(found: Any, *, in_words: bool) -> Any:
    """One value is a list of one; text may be several values that were joined."""
    if found is None or isinstance(found, list):
        return found
    if isinstance(found, str):
        texts = _BETWEEN_WORDS.split(found) if in_words else [found]
        return [each for each in texts if each]
    if isinstance(found, dict):
        return [found]
    return Damage("unreadable")


def _member(known: Enumeration, found: Any) -> Any:
    if isinstance(found, str) and not found.isdecimal():
        return found
    number = _number(found)
    if number is None:
        return Damage("unreadable")
    names = [name for name, value in known.members.items() if value == number]
    return names[0] if names else Damage("unreadable")


def _members(known: Enumeration, found: Any) -> list[str] | Damage:
    if isinstance(found, str) and not found.isdecimal():
        return [each for each in _BETWEEN_WORDS.split(found) if each]
    name = _member(known, found)
    return name if isinstance(name, Damage) else [name]


def _flags(known: Enumeration, found: Any) -> list[str] | Damage:
    """The members whose bits are set; bits that are not known stay one number."""
    if isinstance(found, str) and not found.isdecimal():
        names = [each for each in _BETWEEN_WORDS.split(found) if each]
        return [] if names == ["None"] else names
    number = _number(found)
    if number is None or number < 0:
        return Damage("unreadable")
    names = []
    for name, bit in known.members.items():
        if bit and number & bit == bit:
            names.append(name)
            number &= ~bit
    return [*names, str(number)] if number else names


def _number(found: Any) -> int | None:
    if isinstance(found, bool):
        return None
    if isinstance(found, str):
        return int(found) if found.isascii() and found.isdecimal() and len(found) < 10 else None
    return found if isinstance(found, int) else None
