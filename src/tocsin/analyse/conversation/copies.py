"""Copies of mails that were judged already: of one mail in several mailboxes only one is a mail."""

from __future__ import annotations

from tocsin.analyse.conversation.keys import Hash
from tocsin.model.evidence import Evidence
from tocsin.model.message import Message

COPIES_KEPT = 200_000
"""Mails that are remembered as read, in number; up to twice as many. Mails come in time order, so
that copies come one soon after the other."""


class Copies:
    """Which mails came already: the newer ones, and as many before them."""

    def __init__(self, number: Hash) -> None:
        self.number = number
        self._newer: set[int] = set()
        self._older: set[int] = set()

    def seen(self, each: Evidence) -> bool:
        """Whether it is a copy of one that came; it has come from now on."""
        key = self._key(each)
        if key in self._newer or key in self._older:
            return True
        if len(self._newer) >= COPIES_KEPT:
            self._older, self._newer = self._newer, set()
        self._newer.add(key)
        return False

    def _key(self, each: Evidence) -> int:
        """The same Message-ID alone is no copy: a forger can write any."""
        message = each.body
        assert isinstance(message, Message)
        # The words, not their marks: which of these are kept hangs on the key of the history.
        said = f"{message.text.new_words} {' '.join(message.text.new.split())}"
        links = " ".join(link.url for link in message.links[:4])
        files = " ".join(file.sha256 for file in message.attachments[:4])
        own = message.message_id or str(each.at)
        return self.number("copy", own, message.author.address, said, links, files)
