"""Many conversations answered at once, from one account or through one server, with one thing to open.

One such mail can be a colleague who found a page worth reading. The same thing put into several
threads within an hour is not, and it raises the first ones too, which alone did not stand out.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping

import msgspec

WINDOW = 3600
"""Seconds in which mails are one burst."""

THREADS_NEEDED = 3
"""Different conversations from which it is a burst."""

THREADS_FULL = 8
"""Different conversations from which it is one without doubt."""

KEPT = 400
"""Mails of one group that are remembered within the window."""

GROUPS_KEPT = 50_000
"""Groups remembered; then that whose last mail is the oldest is forgotten."""


_WANTED = frozenset(
    {
        "account-new", "asks-for-gift-cards", "asks-to-scan", "document-leads-on", "file-leads-on",
        "file-risky-new", "moves-to-messenger", "payment-change", "scan-code-leads",
    }
)  # fmt: skip
_FIRST = frozenset({"file-new", "file-new-to-sender"})


def wants_more(observed: Mapping[str, float]) -> bool:
    """Whether a mail in which no link is new can be one of a burst: it wants something, or brings a kind
    of file that its sender never sent, and writes nothing of what the conversation is about."""
    unasked = "off-topic" in observed and not _FIRST.isdisjoint(observed)
    return unasked or not _WANTED.isdisjoint(observed)


class Sent(msgspec.Struct, gc=False):
    """A mail of a group: when, in which thread, and its number in the room."""

    at: int
    thread: int
    number: int


class Bursts:
    """Groups of mails that want the same thing, by who sent them."""

    def __init__(self) -> None:
        self._groups: dict[tuple[str, int, str], deque[Sent]] = {}

    def add(
        self, sent: Sent, groups: list[tuple[str, int, str]]
    ) -> list[tuple[str, float, list[int]]]:
        """Add a mail to its groups: (kind, who, what).

        What is raised: (kind of group, strength 0 to 1, numbers of the mails, this one included).
        """
        raised = []
        for group in groups:
            # Taken out and put in again: the groups stand in the order of their last mail.
            kept = self._groups.pop(group, None) or deque(maxlen=KEPT)
            while kept and sent.at - kept[0].at > WINDOW:
                kept.popleft()
            kept.append(sent)
            self._groups[group] = kept
            threads = len({each.thread for each in kept})
            if threads >= THREADS_NEEDED:
                strength = min(
                    1.0, 0.5 + (threads - THREADS_NEEDED) / (THREADS_FULL - THREADS_NEEDED) / 2
                )
                raised.append((group[0], strength, [each.number for each in kept]))
        while len(self._groups) > GROUPS_KEPT:
            del self._groups[next(iter(self._groups))]
        return raised
