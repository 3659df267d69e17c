"""What the pairs are built of: rows, and which object belongs to which."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import msgspec

from tocsin.analyse.trust.drawing import BASES_KEPT
from tocsin.analyse.trust.keys import certificates, host_of
from tocsin.analyse.trust.names import certificate_identifier, same_name
from tocsin.analyse.trust.settings import Answer, Item
from tocsin.analyse.trust.situation import Situation, bases_of
from tocsin.model.text import N_, Sentence, say
from tocsin.model.trusts import Basis, Pair, PairRow

DIFFERENT = N_("The two values differ.")
ONLY_HERE = N_("{name} is there, and the other side, which was read, has no counterpart of it.")

NOWHERE = Basis(source="")

_GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


class Draft(msgspec.Struct):
    """A pair on its way. left, right: None where that side was not found."""

    title: Sentence
    left: Item | None
    right: Item | None
    rows: list[PairRow] = msgspec.field(default_factory=list)
    answers: list[Answer] = msgspec.field(default_factory=list)
    names: tuple[str, str] = ("", "")

    def row(
        self, left: Answer, right: Answer, *, agrees: bool | None, because: Sentence | None = None
    ) -> None:
        """One row of two properties."""
        self.answers += [left, right]
        self.rows.append(
            PairRow(
                left_property=left.name,
                left=value(left),
                right_property=right.name,
                right=value(right),
                agrees=agrees,
                because=(because or say(DIFFERENT)) if agrees is False else None,
            )
        )

    def same(self, name: str, other: str = "", because: Sentence | None = None) -> None:
        """A row that agrees if both sides say the same, whatever the case and order."""
        if self.left is None or self.right is None:
            return
        left, right = self.left.ask(name), self.right.ask(other or name)
        both = left.known and right.known
        self.row(left, right, agrees=plain(left) == plain(right) if both else None, because=because)

    def done(self) -> Pair:
        """The pair."""
        names = [
            item.setting.name if item else name
            for item, name in zip((self.left, self.right), self.names, strict=True)
        ]
        return Pair(
            title=self.title,
            left=names[0],
            right=names[1],
            rows=tuple(self.rows),
            bases=bases_of(a for a in self.answers if a.basis.source)[:BASES_KEPT],
        )


def value(answer: Answer) -> str | None:
    """As the report shows it; None where not collected."""
    return answer.basis.value if answer.known else None


def plain(answer: Answer) -> tuple[str, ...]:
    """What two sides are compared by."""
    return tuple(sorted(text.strip().lower() for text in answer.texts()))


def told(name: str, text: str, source: Answer | None = None) -> Answer:
    """A value of our own making as a side of a row; its place is that of what it was made from."""
    basis = source.basis if source else NOWHERE
    return Answer(
        name=name, known=True, value=text, basis=msgspec.structs.replace(basis, value=text)
    )


def absent(name: str) -> Answer:
    """A side that was not collected."""
    return Answer(name=name, known=False, basis=NOWHERE)


def guid_of(item: Item) -> str:
    """The organisation's GUID that the hybrid wizard puts into names; empty if there is none."""
    found = _GUID.search(item.setting.name)
    return found[0].lower() if found else ""


def partner(item: Item, others: Sequence[Item]) -> Item | None:
    """The object of the other side that has the same GUID in its name; else the only one there is,
    unless its name has another."""
    own = guid_of(item)
    same = [each for each in others if own and guid_of(each) == own]
    if same:
        return same[0]
    if len(others) == 1 and not (own and guid_of(others[0])):
        return others[0]
    return None


def certificate_names(situation: Situation, answer: Answer) -> frozenset[str]:
    """Host names of the certificate that a connector names: its subject's, and those of exports."""
    found: set[str] = set()
    for each in answer.value if isinstance(answer.value, list) else [answer.value]:
        issuer, subject, common = certificate_identifier(each)
        found.add(common)
        for known in certificates(situation):
            if same_name(known.subject, subject) and same_name(known.issuer, issuer):
                found.update(known.names)
    return frozenset(name.lower() for name in found if name)


def short(texts: Iterable[str]) -> list[str]:
    """Names of servers out of directory paths."""
    return [host_of(text) for text in texts]
