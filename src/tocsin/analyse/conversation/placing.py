"""Where the mails of a batch stand: guessed for all at once, settled one after the other.

All keys of a batch are asked for in one go, and some of them name the thread. So a thread is guessed
first, as if every mail of the batch were known already; it is settled when its turn comes, by what
really came before and was no alert. Hence a batch's size changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from tocsin.analyse.conversation.keys import Hash
from tocsin.analyse.conversation.ledger import Rows
from tocsin.analyse.conversation.memory import Row
from tocsin.analyse.conversation.threads import Asked, Place, place
from tocsin.model.message import Message

FLAGGED = 1
"""State of a message in the history: it was an alert."""


class Placing:
    """Threads out of the rows at hand."""

    def __init__(self, rows: Rows, number: Hash) -> None:
        self.rows = rows
        self.number = number

    def ask(self, asked: Sequence[Asked]) -> set[int]:
        """Look up all that places the mails; the keys of those known from an earlier run."""
        rows = self.rows
        rows.ask("messages", {key for one in asked for key in (one.key, *one.parents)})
        before = {one.key for one in asked if one.key in rows.of("messages")}
        rows.ask("marks", {mark for one in asked for mark in (*one.marks, *one.new_marks)})
        rows.ask("facts", {one.index for one in asked if one.index})
        known = rows.of("marks")
        new = {mark for one in asked for mark in one.new_marks if mark in known}
        rows.ask("messages", {known[mark][0] for mark in new})
        return before

    def guess(
        self, asked: Sequence[Asked], mails: Sequence[Message], times: Sequence[int]
    ) -> list[Place]:
        """The threads, were all mails of the batch known."""
        rows = self.rows
        messages: dict[int, Row] = dict(rows.of("messages"))
        marks: dict[int, Row] = dict(rows.of("marks"))
        found = []
        for one, message, at in zip(asked, mails, times, strict=True):
            there = place(one, message, self.number, messages, rows.of("facts"), marks)
            author = self.number("a", message.author.address)
            messages[one.key] = (there.thread, author, at, 0)
            for mark in one.new_marks:
                if mark not in marks:
                    marks[mark] = (one.key, there.thread, at, 1)
            found.append(there)
        return found

    def settle(self, asked: Asked, message: Message) -> Place:
        """The thread, by what is known when the mail's turn comes."""
        rows = self.rows
        return place(
            asked, message, self.number, rows.of("messages"), rows.of("facts"), rows.of("marks")
        )

    def note(self, asked: Asked, author: int, found: Place, at: int, *, flagged: bool) -> None:
        """Remember where the mail stands. Of an alert no more than that it was one: its words must
        not make the next mail of the same wave a part of its thread."""
        rows = self.rows
        old = rows.of("messages").get(asked.key)
        state = FLAGGED if flagged else (old[3] if old else 0)
        rows.set("messages", asked.key, (found.thread, author, at, state))
        if flagged:
            return
        if asked.index:
            rows.set("facts", asked.index, (at, at, 1, found.thread))
        if old is None:
            for mark in asked.new_marks:
                row = rows.of("marks").get(mark)
                if row is None:
                    rows.set("marks", mark, (asked.key, found.thread, at, 1))
                else:
                    rows.set("marks", mark, (*row[:3], row[3] + 1))
