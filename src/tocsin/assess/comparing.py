"""What is new, gone or changed between two runs, by the identity of servers and findings."""

from __future__ import annotations

from typing import Literal

import msgspec

from tocsin.model.run import FindingRecord, Run, Server, hidden_word

Change = Literal["new", "gone", "changed"]


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """One change: of a server (rule empty) or of a finding on it."""

    change: Change
    server: str
    rule: str = ""
    before: str = ""
    after: str = ""
    level: str = ""


def compare(old: Run, new: Run) -> tuple[Difference, ...]:
    """Servers first, then findings, each in order of name."""
    return (*_servers(old, new), *_findings(old, new))


def _servers(old: Run, new: Run) -> list[Difference]:
    before = {each.id: each for each in old.servers}
    after = {each.id: each for each in new.servers}
    found = []
    for key in sorted(before.keys() | after.keys()):
        was, now = before.get(key), after.get(key)
        name = (now or was).name  # type: ignore[union-attr]
        if was is None and now is not None:
            found.append(Difference(change="new", server=name, after=_words(now)))
        elif now is None and was is not None:
            found.append(Difference(change="gone", server=name, before=_words(was)))
        elif was is not None and now is not None and _words(was) != _words(now):
            found.append(
                Difference(change="changed", server=name, before=_words(was), after=_words(now))
            )
    return sorted(found, key=lambda each: each.server)


def _words(server: Server) -> str:
    span = server.build
    build = (
        "?" if span is None else span.low if span.low == span.high else f"{span.low}..{span.high}"
    )
    return f"{build} {hidden_word(server.hidden)}"


def _findings(old: Run, new: Run) -> list[Difference]:
    before = {each.fingerprint: each for each in old.findings}
    after = {each.fingerprint: each for each in new.findings}
    found = []
    for key in before.keys() | after.keys():
        was, now = before.get(key), after.get(key)
        if was is None and now is not None:
            found.append(_finding("new", now, after=now.status))
        elif now is None and was is not None:
            found.append(_finding("gone", was, before=was.status))
        elif was is not None and now is not None and was.status != now.status:
            found.append(_finding("changed", now, before=was.status, after=now.status))
    return sorted(found, key=lambda each: (each.server, each.change, each.rule))


def _finding(
    change: Change, record: FindingRecord, before: str = "", after: str = ""
) -> Difference:
    return Difference(
        change=change,
        server=record.subject_name,
        rule=record.rule,
        before=before,
        after=after,
        level=record.level,
    )
