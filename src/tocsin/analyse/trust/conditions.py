"""The small language of checks: `TlsSenderCertificateName is empty`. docs/checks.md explains it.

Three answers, after Kleene: true, false, and None where a property was not collected. A condition
of several is false as soon as one is, even if others are unknown.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date

import msgspec

from tocsin.analyse.trust.settings import Answer, Item, printed

Truth = bool | None
Group = str | Sequence[str]
"""A condition, or several of which any will do."""

VERBS = ("is", "is not", "has", "has not", "starts", "matches")
STATES = ("empty", "filled", "past")
"""Values of `is` that are no text to compare with."""

_FORM = re.compile(rf"(?P<names>[\w.|]+) (?P<verb>{'|'.join(VERBS)})(?: (?P<value>.+))?")
"""`A|B` asks the first of these properties that was collected."""


class Condition(msgspec.Struct, frozen=True):
    """One parsed condition."""

    names: tuple[str, ...]
    verb: str
    value: str


class Looked(msgspec.Struct):
    """What was asked on the way to an answer. held: of these, what a condition that holds rests on;
    unclear: what was not collected, or cannot be read as what it must be (a date). today: the day
    against which `past` is held."""

    today: date = date.max
    answers: list[Answer] = msgspec.field(default_factory=list)
    held: list[Answer] = msgspec.field(default_factory=list)
    unclear: list[Answer] = msgspec.field(default_factory=list)

    @property
    def missing(self) -> tuple[str, ...]:
        """Names of the properties that are unclear."""
        return tuple(dict.fromkeys(each.name for each in self.unclear))


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
        try:
            re.compile(value)
        except re.error as fault:
            msg = f"not a regular expression: {text}: {fault}"
            raise ValueError(msg) from fault
    return Condition(tuple(found["names"].split("|")), verb, value)


def every(conditions: Iterable[Group], item: Item, looked: Looked) -> Truth:
    """Whether all hold of the object."""
    answer: Truth = True
    for group in conditions:
        each = holds(group, item, looked) if isinstance(group, str) else some(group, item, looked)
        if each is False:
            return False
        if each is None:
            answer = None
    return answer


def some(conditions: Sequence[str], item: Item, looked: Looked) -> Truth:
    """Whether any of several holds of the object."""
    answers = [holds(text, item, looked) for text in conditions]
    if True in answers:
        return True
    return None if None in answers else False


def holds(text: str, item: Item, looked: Looked) -> Truth:
    """Whether one holds."""
    condition = parse(text)
    answer = item.first(*condition.names)
    looked.answers.append(answer)
    found = _holds(condition, answer, looked.today) if answer.known else None
    if found is None:
        looked.unclear.append(answer)
        return None
    if condition.verb.endswith("not"):
        found = not found
    if found:
        looked.held.append(answer)
    return found


def _holds(condition: Condition, answer: Answer, today: date) -> Truth:
    wanted = condition.value.lower()
    if condition.verb.startswith("is"):
        if wanted == "empty":
            return answer.empty
        if wanted == "filled":
            return answer.filled
        if wanted == "past":
            until = day(answer)
            return None if until is None else until < today
        return printed(answer.value).lower() in (each.strip() for each in wanted.split(" or "))
    texts = [each.strip().lower() for each in answer.texts()]
    if condition.verb == "starts":
        return any(each.startswith(wanted) for each in texts)
    if condition.verb == "matches":
        return any(re.search(condition.value, each, re.IGNORECASE) for each in texts)
    return wanted in texts


def day(answer: Answer) -> date | None:
    """The day of an ISO 8601 date or time; None for anything else."""
    try:
        return date.fromisoformat(printed(answer.value).strip()[:10])
    except ValueError:
        return None
