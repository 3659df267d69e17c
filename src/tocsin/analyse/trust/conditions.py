"""The small language of checks: `TlsSenderCertificateName is empty`. docs/checks.md explains it.

Three answers, after Kleene: true, false, and None where a property was not collected. A condition
of several is false as soon as one is, even if others are unknown.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import msgspec

from tocsin.analyse.trust.settings import Answer, Item, printed

Truth = bool | None

_FORM = re.compile(
    r"(?P<names>[\w.|]+) (?P<verb>is|is not|has|has not|starts|matches)(?: (?P<value>.+))?"
)
"""`A|B` asks the first of these properties that was collected."""


class Condition(msgspec.Struct, frozen=True):
    """One parsed condition."""

    names: tuple[str, ...]
    verb: str
    value: str


class Looked(msgspec.Struct):
    """What was asked on the way to an answer."""

    answers: list[Answer] = msgspec.field(default_factory=list)

    @property
    def missing(self) -> tuple[str, ...]:
        """Properties that were not collected."""
        return tuple(dict.fromkeys(each.name for each in self.answers if not each.known))


def parse(text: str) -> Condition:
    """Raises ValueError for what is no condition."""
    found = _FORM.fullmatch(text.strip())
    if found is None:
        msg = f"not a condition: {text}"
        raise ValueError(msg)
    verb, value = found["verb"], (found["value"] or "").strip()
    if verb in ("is", "has") and value.startswith("not "):
        verb, value = f"{verb} not", value[4:]
    if not value:
        msg = f"a condition without a value: {text}"
        raise ValueError(msg)
    if verb == "matches":
        re.compile(value)
    return Condition(tuple(found["names"].split("|")), verb, value)


def every(conditions: Iterable[str], item: Item, looked: Looked) -> Truth:
    """Whether all hold of the object."""
    answer: Truth = True
    for text in conditions:
        each = holds(parse(text), item, looked)
        if each is False:
            return False
        if each is None:
            answer = None
    return answer


def holds(condition: Condition, item: Item, looked: Looked) -> Truth:
    """Whether one holds."""
    answer = item.first(*condition.names)
    looked.answers.append(answer)
    if not answer.known:
        return None
    negated = condition.verb.endswith("not")
    found = _holds(condition, answer)
    return not found if negated else found


def _holds(condition: Condition, answer: Answer) -> bool:
    wanted = condition.value.lower()
    if condition.verb.startswith("is"):
        if wanted == "empty":
            return answer.empty
        if wanted == "filled":
            return answer.filled
        return printed(answer.value).lower() in (each.strip() for each in wanted.split(" or "))
    texts = [each.lower() for each in answer.texts()]
    if condition.verb == "starts":
        return any(each.startswith(wanted) for each in texts)
    if condition.verb == "matches":
        return any(re.search(condition.value, each, re.IGNORECASE) for each in texts)
    return any(each.strip() == wanted for each in texts)
