"""Who must be warned, one row an address and campaign, those who answered first: for a mail merge.

Pure CSV: no line that counts, so that every row is an address.
"""

from __future__ import annotations

from datetime import UTC, datetime

from tocsin.model.conversation import parted
from tocsin.model.run import Run
from tocsin.report import Output, Translate
from tocsin.report.advisory_parts.warned import Warned, warned
from tocsin.report.csv import table

COLUMNS = (
    "address",
    "own_or_external",
    "why",
    "campaign",
    "family",
    "first",
    "last",
    "messages",
    "answered_or_forwarded",
    "subject",
    "sender",
)

SUBJECTS_LIMIT = 10
"""Subjects and senders in one cell; the number of messages stands beside them."""


def render(run: Run, translate: Translate, lang: str) -> str:  # noqa: ARG001
    """`why` is `received`, or `sent` for a mailbox of ours that was used; times are UTC."""
    rows = map(_row, warned(parted(run.conversations)[0])) if run.conversations else ()
    return table(COLUMNS, rows, counted=False)


def _row(each: Warned) -> list[str]:
    return [
        each.address,
        "own" if each.own else "external",
        each.why,
        each.campaign,
        each.family,
        moment(each.first),
        moment(each.last),
        str(each.messages),
        "yes" if each.answered else "no",
        "; ".join(each.subjects[:SUBJECTS_LIMIT]),
        "; ".join(each.senders[:SUBJECTS_LIMIT]),
    ]


def moment(when: datetime | None) -> str:
    """A time in UTC as a spreadsheet reads it; nothing when it is not known."""
    if when is None:
        return ""
    date = when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)
    return f"{date:%Y-%m-%d %H:%M:%S}Z"


OUTPUT = Output(name="recipients", render=render)
