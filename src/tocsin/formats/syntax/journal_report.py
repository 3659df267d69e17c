"""Exchange journal reports (MS-OXJNL): the envelope as text, the original as message/rfc822.

A report is known by its header fields *and* by its form: one plain text of nothing but labelled
lines, and nothing else but the original. Anybody can write those header fields; a mail that shows
its reader more than an envelope is judged as what it shows.
"""

from __future__ import annotations

import re

import msgspec

from tocsin.formats.syntax.mail_identity import ids
from tocsin.formats.syntax.mail_parts import Parts, parts
from tocsin.formats.syntax.mail_subject import SUBJECT_LIMIT, topic
from tocsin.formats.syntax.mail_words import decoded, folded
from tocsin.model.message import JournalReport, Message, Party

RECIPIENTS_LIMIT = 20_000
"""Recipients of one report that are kept."""

LINES_LIMIT = 60_000
"""Lines of an envelope that are read."""

_LINE = re.compile(r"[ \t\xa0]*([A-Za-z][A-Za-z -]{1,30}?)[ \t\xa0]*:(?!//)[ \t\xa0]*(.*)")
_MORE = re.compile(r"[,;]\s*(expanded|forwarded)\s*:\s*(.*)", re.IGNORECASE)
_ADDRESS = re.compile(r"[^\s<>\"'(),;:]{1,64}@[^\s<>\"'(),;:@]{1,255}")
_RECIPIENT = frozenset({"recipient", "to", "cc", "bcc", "unknown-recipient"})
_IDENTIFIERS = ("content-identifier", "x-ms-exchange-organization-content-identifier")
_MARKS = ("x-ms-journal-report", "x-ms-exchange-organization-journal-report")


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """A journal report. original: the message, raw or taken apart; None when the report lacks it."""

    envelope: JournalReport
    original: bytes | Parts | None
    message_id: str = ""
    subject: str = ""


def journalled(taken: Parts) -> Report | None:
    """The report that a mail is, or that a delivery report brings back; None for another mail."""
    found = _report(taken)
    if found is not None or not taken.structure.startswith("report("):
        return found
    for each in taken.messages[:5]:
        found = _report(each if isinstance(each, Parts) else parts(each))
        if found is not None:
            return found
    return None


def _report(taken: Parts) -> Report | None:
    if not _is_marked(taken) or taken.html.strip() or len(taken.messages) > 1:
        return None
    # The original's own files are listed beside it; any other is none of an envelope's.
    if any("!" not in each.name and each.declared != "message/rfc822" for each in taken.files):
        return None
    return _envelope(taken.plain, taken.messages[0] if taken.messages else None)


def _is_marked(taken: Parts) -> bool:
    first = taken.first
    return any(name in first for name in _MARKS) or any(
        first[name].lower() == b"exjournalreport" for name in _IDENTIFIERS if name in first
    )


def _envelope(text: str, original: bytes | Parts | None) -> Report | None:
    """The labelled lines; None when a line is anything else, or the sender is missing."""
    said: dict[str, str] = {}
    recipients: dict[str, None] = {}
    bcc: dict[str, None] = {}
    expanded: dict[tuple[str, str], None] = {}
    for line in text.split("\n", LINES_LIMIT)[:LINES_LIMIT]:
        if not line.strip():
            continue
        match = _LINE.fullmatch(line.rstrip())
        if match is None:
            return None
        label = match[1].strip().lower().replace(" ", "-")
        if label not in _RECIPIENT:
            said.setdefault(label, match[2].strip())
            continue
        more = _MORE.search(match[2])
        address = _address(match[2][: more.start()] if more else match[2])
        if not address or len(recipients) >= RECIPIENTS_LIMIT:
            continue
        recipients[address] = None
        if label == "bcc":
            bcc[address] = None
        if more:
            expanded[address, _address(more[2])] = None
    if "sender" not in said:
        return None
    known = ids(said.get("message-id", "").encode())
    subject = said.get("subject", "")
    return Report(
        envelope=JournalReport(
            sender=_address(said["sender"]),
            on_behalf_of=_address(said.get("on-behalf-of", "")),
            recipients=tuple(recipients),
            bcc=tuple(bcc),
            expanded=tuple(expanded),
        ),
        original=original,
        message_id=known[0] if known else "",
        subject=folded(decoded(subject) if "=?" in subject else subject, SUBJECT_LIMIT),
    )


def _address(text: str) -> str:
    found = _ADDRESS.search(text)
    return (found[0] if found else text.strip(" \t<>\"'"))[:320].lower()


def envelope_only(report: Report) -> Message:
    """What the envelope alone tells of a message."""
    about, replies, forwards = topic(report.subject)
    sender = report.envelope.on_behalf_of or report.envelope.sender
    return Message(
        message_id=report.message_id,
        subject=report.subject,
        topic=about,
        reply_marks=replies,
        forward_marks=forwards,
        sender=Party("", sender),
        author=Party("", sender),
        journal=report.envelope,
    )
