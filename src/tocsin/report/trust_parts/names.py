"""Names that we gave things in the trust graph ourselves, in the reader's language."""

from __future__ import annotations

import re
from collections.abc import Iterable

import msgspec

from tocsin.model.marking import N_
from tocsin.model.run import Run
from tocsin.model.text import Sentence, Value
from tocsin.model.trusts import Plan, Story, Trusts
from tocsin.report import Translate

OURS = frozenset(
    (
        N_("tenant"),
        N_("mailboxes in Exchange Online"),
        N_("mail taken for internal"),
        N_("domain"),
        N_("mailboxes on-premises"),
        N_("any internal host"),
        N_("internet"),
        N_("any host"),
        N_("inbound connector (not exported)"),
        N_("hybrid mail certificate (not exported)"),
        N_("Auth Certificate (not exported)"),
    )
)
"""Other names are those of the exports, and stay as they are."""

MADE = (
    N_("any host behind {address}"),
    N_("hosts in {ranges}"),
    N_("dedicated hybrid app {id}"),
)
"""Names that we made out of something in the exports."""

_MADE = tuple(
    (template, re.compile(re.sub(r"\\{([a-z]+)\\}", r"(?P<\1>.+)", re.escape(template))))
    for template in MADE
)
_STEP = " → "


def named(text: str, translate: Translate) -> str:
    """A name, or several as `A → B` or `A, B`, with our own in the reader's language."""
    if text in OURS:
        return translate(text)
    for template, form in _MADE:
        found = form.fullmatch(text)
        if found and _STEP not in text:
            return Sentence(template=template, values=found.groupdict()).render(translate)
    for between in (_STEP, ", "):
        if between in text:
            return between.join(named(each, translate) for each in text.split(between))
    return text


def in_words(run: Run, translate: Translate) -> Run:
    """The same run with our own names of things translated, where they stand alone and in sentences."""
    if run.trusts is None or all(translate(each) == each for each in (*OURS, *MADE)):
        return run
    words = _Words(translate)
    return msgspec.structs.replace(
        run, trusts=words.trusts(run.trusts), plan=words.plan(run.plan) if run.plan else None
    )


class _Words:
    """One language. Alike texts are looked at once: a graph may have a hundred thousand edges."""

    def __init__(self, translate: Translate) -> None:
        self._translate = translate
        self._known: dict[str, str] = {}

    def trusts(self, found: Trusts) -> Trusts:
        replace = msgspec.structs.replace
        return replace(
            found,
            nodes=tuple(replace(each, name=self._name(each.name)) for each in found.nodes),
            edges=tuple(
                replace(
                    each,
                    because=self._said(each.because),
                    fix=self._said(each.fix) if each.fix else None,
                )
                for each in found.edges
            ),
            checks=tuple(
                replace(each, subject=self._name(each.subject), because=self._said(each.because))
                for each in found.checks
            ),
            chokes=tuple(replace(each, name=self._name(each.name)) for each in found.chokes),
        )

    def plan(self, found: Plan) -> Plan:
        replace = msgspec.structs.replace
        return replace(
            found,
            actions=tuple(
                replace(each, do=self._said(each.do), because=self._all(each.because))
                for each in found.actions
            ),
            stories=tuple(self._story(each) for each in found.stories),
        )

    def _story(self, found: Story) -> Story:
        replace = msgspec.structs.replace
        lines = tuple(
            replace(each, said=self._said(each.said)) if each.room == "trust" else each
            for each in found.lines
        )
        return replace(found, lines=lines)

    def _all(self, found: Iterable[Sentence]) -> tuple[Sentence, ...]:
        return tuple(map(self._said, found))

    def _said(self, found: Sentence) -> Sentence:
        values: dict[str, Value] = {
            key: self._name(value) if isinstance(value, str) else value
            for key, value in found.values.items()
        }
        return found if values == found.values else Sentence(template=found.template, values=values)

    def _name(self, text: str) -> str:
        known = self._known.get(text)
        if known is None:
            known = self._known[text] = named(text, self._translate)
        return known
