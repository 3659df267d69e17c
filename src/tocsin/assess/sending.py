"""Which of the reader's servers hijacked mails left through."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec

from tocsin.assess.incidents import aware
from tocsin.model.conversation import Conversations, JudgedMessage, alerts, parted


class Hosts:
    """Servers by any name that a log or a mail may give them: the full one, else the short one where
    only one server has it."""

    def __init__(self, servers: Iterable[tuple[str, Iterable[str]]]) -> None:
        self._full: dict[str, set[str]] = {}
        self._short: dict[str, set[str]] = {}
        for server, names in servers:
            for name in map(_plain, names):
                if name:
                    self._full.setdefault(name, set()).add(server)
                    self._short.setdefault(name.partition(".")[0], set()).add(server)

    def of(self, host: str) -> str:
        """The server's id; empty when none or several are called so."""
        name = _plain(host)
        # A full name that is not ours is somebody else's, whatever its first part.
        found = self._full.get(name) or (self._short.get(name) if "." not in name else None)
        return next(iter(found)) if found and len(found) == 1 else ""


class Sent(msgspec.Struct, frozen=True):
    """Hijacked mails that left through one server, in order of time."""

    mails: tuple[JudgedMessage, ...] = ()

    @property
    def first(self) -> datetime | None:
        """When the first was sent."""
        return min((aware(each.date) for each in self.mails if each.date), default=None)

    @property
    def last(self) -> datetime | None:
        """When the last was sent."""
        return max((aware(each.date) for each in self.mails if each.date), default=None)


def sent_through(hosts: Hosts, spoken: Conversations | None) -> dict[str, Sent]:
    """By server's id, what left through it that somebody else wrote."""
    found: dict[str, list[JudgedMessage]] = {}
    for each in hijacked(spoken):
        server = hosts.of(each.server)
        if server:
            found.setdefault(server, []).append(each)
    return {server: Sent(tuple(sorted(mails, key=_when))) for server, mails in found.items()}


def hijacked(spoken: Conversations | None) -> Sequence[JudgedMessage]:
    """The mails that are alerts, but for those that somebody answers for."""
    return alerts(parted(spoken)[0].messages) if spoken else []


def _when(mail: JudgedMessage) -> tuple[datetime, str]:
    return (aware(mail.date), mail.id)


def _plain(name: str) -> str:
    return name.strip().lower().rstrip(".")
