"""Which conversation a mail belongs to: by its ids, by Outlook's index, by the text that it quotes.

The third way finds the thread of a mail whose ids a bot has dropped, and tells whether what it
quotes is ours.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Literal

import msgspec

from tocsin.analyse.conversation.keys import Hash
from tocsin.analyse.conversation.memory import Row
from tocsin.model.message import Message

REFERENCES_ASKED = 12
"""Ids asked for at most, the nearest first."""

QUOTED_MARKS_ASKED = 32
"""Marks of the quoted text asked for at most."""

COMMON_MARK = 5
"""A mark that stands in more messages than this is a signature or a disclaimer, no conversation."""

MARKS_NEEDED = 2
"""Marks that must agree on one thread; of a quote that has fewer, all."""

By = Literal["ids", "index", "text", "new", "unknown-ids"]


class Asked(msgspec.Struct, frozen=True, gc=False):
    """The keys that settle a mail's conversation, made before the history is asked."""

    key: int
    parents: tuple[int, ...]
    index: int
    marks: tuple[int, ...]
    new_marks: tuple[int, ...]


class Place(msgspec.Struct, frozen=True, gc=False):
    """Where a mail stands. thread: the conversation's key; parent: key of the message answered, if it
    is known; parent_at, parent_author: of that message; hits: marks of its quote that are known;
    text_thread: the thread that these name; pasted: marks of its own new text that stand in mails
    of others. by: how it was found.
    """

    thread: int
    by: By
    parent: int = 0
    parent_at: int = 0
    parent_author: int = 0
    hits: int = 0
    text_thread: int = 0
    pasted: int = 0


def ask(message: Message, number: Hash, fallback: str) -> Asked:
    """What to look up for one mail. fallback: stands for the Message-ID where there is none."""
    ids = (*message.in_reply_to, *reversed(message.references))
    parents = tuple(dict.fromkeys(number("m", each) for each in ids[:REFERENCES_ASKED]))
    own = message.message_id or fallback
    return Asked(
        number("m", own),
        parents,
        number("ti", message.thread_index) if message.thread_index else 0,
        message.text.quoted_marks[:QUOTED_MARKS_ASKED],
        message.text.marks,
    )


def place(
    asked: Asked,
    message: Message,
    number: Hash,
    messages: Mapping[int, Row],
    facts: Mapping[int, Row],
    marks: Mapping[int, Row],
) -> Place:
    """The mail's conversation, out of the rows that were found."""
    author = number("a", message.author.address)
    own = asked.key
    hits, text_thread, text_parent = _by_text(asked.marks, marks, lambda other: other == own)
    # What somebody writes again of his own (a weekly report, a form) is no conversation.
    pasted, pasted_thread, pasted_parent = _by_text(
        asked.new_marks,
        marks,
        lambda other: other == own or messages.get(other, (0, author))[1] == author,
    )
    if not text_thread and pasted_thread and _claims_an_answer(message):
        text_thread, text_parent = pasted_thread, pasted_parent
    for parent in asked.parents:
        row = messages.get(parent)
        if row is not None and parent != asked.key:
            return Place(row[0], "ids", parent, row[2], row[1], hits, text_thread, pasted)
    if asked.index and (row := facts.get(asked.index)) is not None:
        return Place(
            row[3], "index", hits=hits, text_thread=text_thread, parent_at=row[1], pasted=pasted
        )
    if text_thread:
        row = messages.get(text_parent, (0, 0, 0, 0))
        return Place(text_thread, "text", text_parent, row[2], row[1], hits, text_thread, pasted)
    if asked.parents:
        # Nobody saw the parent: the oldest id names the thread for all who answer in it.
        root = message.references[0] if message.references else message.in_reply_to[0]
        return Place(number("m", root), "unknown-ids", hits=hits, pasted=pasted)
    return Place(asked.key, "new", hits=hits, pasted=pasted)


def _claims_an_answer(message: Message) -> bool:
    return bool(message.reply_marks or message.forward_marks or message.text.style)


def _by_text(
    asked: Sequence[int], marks: Mapping[int, Row], mine: Callable[[int], bool]
) -> tuple[int, int, int]:
    """Known marks of a text, the thread that most of them name, its newest message.

    mine: whether a message, by its key, does not count.
    """
    votes: dict[int, int] = {}
    newest: dict[int, tuple[int, int]] = {}
    hits = 0
    for mark in asked:
        row = marks.get(mark)
        if row is None or row[3] > COMMON_MARK:
            continue
        message, thread, at, _ = row
        if mine(message):
            continue
        hits += 1
        votes[thread] = votes.get(thread, 0) + 1
        newest[thread] = max(newest.get(thread, (0, 0)), (at, message))
    if not votes:
        return 0, 0, 0
    best = max(votes, key=lambda thread: (votes[thread], newest[thread]))
    if votes[best] < min(MARKS_NEEDED, len(asked)):
        return hits, 0, 0
    return hits, best, newest[best][1]
