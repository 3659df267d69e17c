"""What is new, gone or changed between two runs, by the identity of servers and findings."""

from __future__ import annotations

from collections.abc import Iterable

from tocsin.assess import comparing_rooms as rooms
from tocsin.assess.difference import Difference, change_of
from tocsin.model.finding import LEVELS
from tocsin.model.run import Run, Server, hidden_word
from tocsin.model.trusts import Trusts


def compare(old: Run, new: Run) -> tuple[Difference, ...]:
    """What keeps the runs from being compared, servers, findings, what logs and mails show, checks,
    ways, and what somebody answers for."""
    both = rooms.looked_for_servers(old) == rooms.looked_for_servers(new)
    return (
        *rooms.runs(old, new),
        *(_servers(old, new) if both else ()),
        *(_findings(old, new) if both else ()),
        *_gravest(rooms.incidents(old, new)),
        *_gravest(rooms.findings(old, new)),
        *_gravest(rooms.campaigns(old, new)),
        *_checks(old, new),
        *_ways(old, new),
        *_gravest(rooms.acceptances(old, new)),
    )


def _gravest(found: Iterable[Difference]) -> list[Difference]:
    return sorted(
        found,
        key=lambda e: (-LEVELS.index(e.level), e.change, e.rule, e.server, e.before, e.after),
    )


def _checks(old: Run, new: Run) -> list[Difference]:
    """What fails and did not, or no longer does; what could not be answered once is no failure, nor what
    the second run never asked."""
    if new.trusts is None:
        return []
    before = {each.fingerprint: each for each in old.trusts.checks} if old.trusts else {}
    after = {each.fingerprint: each for each in new.trusts.checks} if new.trusts else {}
    found = []
    for key in before.keys() | after.keys():
        was, now = before.get(key), after.get(key)
        states = (was.outcome if was else "", now.outcome if now else "")
        if states[0] == states[1] or "fail" not in states:
            continue
        shown = now or was
        assert shown is not None
        found.append(
            Difference(
                what="check",
                change=change_of(was, now),
                server=shown.subject,
                rule=shown.check,
                before=states[0],
                after=states[1],
                level=shown.level,
                accepted=now is not None and now.accepted is not None,
                said=shown.title,
            )
        )
    return sorted(found, key=lambda each: (each.rule, each.server, each.change))


def _ways(old: Run, new: Run) -> list[Difference]:
    """From which server which target is newly reached, or no longer, or along a stronger or weaker
    way. Ways are told only of two runs that both read trusts."""
    if old.trusts is None or new.trusts is None:
        return []
    before, after = _strengths(old.trusts), _strengths(new.trusts)
    found = []
    for key in sorted(before.keys() | after.keys()):
        was, now = before.get(key), after.get(key)
        if was == now:
            continue
        found.append(
            Difference(
                what="way",
                change=change_of(was, now),
                server=key[0],
                rule=key[1],
                before="" if was is None else f"{was:.2f}",
                after="" if now is None else f"{now:.2f}",
            )
        )
    return found


def _strengths(trusts: Trusts) -> dict[tuple[str, str], float]:
    """By names of server and target: the strongest way's strength."""
    servers = {each.server: each.name for each in trusts.scores}
    nodes = {each.id: each.name for each in trusts.nodes}
    found: dict[tuple[str, str], float] = {}
    for each in trusts.paths:
        key = (servers.get(each.server, each.server), nodes.get(each.target, each.target))
        found[key] = max(found.get(key, 0.0), each.strength)
    return found


def _servers(old: Run, new: Run) -> list[Difference]:
    before = {each.id: each for each in old.servers}
    after = {each.id: each for each in new.servers}
    found = []
    for key in sorted(before.keys() | after.keys()):
        was, now = before.get(key), after.get(key)
        states = (_words(was) if was else "", _words(now) if now else "")
        shown = now or was
        assert shown is not None
        if states[0] != states[1]:
            found.append(
                Difference(
                    what="server",
                    change=change_of(was, now),
                    server=shown.name,
                    before=states[0],
                    after=states[1],
                )
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
        states = (was.status if was else "", now.status if now else "")
        shown = now or was
        assert shown is not None
        if states[0] != states[1]:
            found.append(
                Difference(
                    what="finding",
                    change=change_of(was, now),
                    server=shown.subject_name,
                    rule=shown.rule,
                    before=states[0],
                    after=states[1],
                    level=shown.level,
                    accepted=now is not None and now.accepted is not None,
                )
            )
    return sorted(found, key=lambda each: (each.server, each.change, each.rule))
