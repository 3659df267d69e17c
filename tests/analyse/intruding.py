"""Small groups of matches, as the engine would hand them on; rules and steps that stand in for real
ones. Names and addresses are those of documentation."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec

from tocsin.analyse.hunt.groups import Group
from tocsin.analyse.hunt.hosts import hosts
from tocsin.analyse.hunt.logstats import LogFileStat
from tocsin.analyse.hunt.room import joined, traced
from tocsin.model.event import Event
from tocsin.model.evidence import Evidence
from tocsin.model.finding import Level
from tocsin.model.hunt import HuntFinding, Incident
from tocsin.model.locator import Locator

T0 = datetime(2021, 8, 21, 3, 0, tzinfo=UTC)
ATTACKER = "203.0.113.9"
OTHER = "198.51.100.77"


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    title: str
    level: Level = "high"
    tags: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    step: str = ""
    because: str = "{client} did {target} on {host}, {count} times"
    remediation: str = ""
    fields: tuple[str, ...] = ()


class Step(msgspec.Struct, frozen=True, kw_only=True):
    title: str
    tactic: str
    rank: int
    attack: tuple[str, ...] = ()
    surfaces: tuple[str, ...] = ()
    next: str = ""


STEPS = {
    "probe": Step(title="Probing", tactic="reconnaissance", rank=10),
    "ssrf": Step(title="Request forged", tactic="initial-access", rank=20),
    "webshell-write": Step(title="Web shell written", tactic="persistence", rank=40),
    "webshell-use": Step(title="Web shell used", tactic="persistence", rank=50),
    "command": Step(title="Commands run", tactic="execution", rank=60),
    "account": Step(title="Account made", tactic="persistence", rank=70),
}
RULES = {
    each.id: each
    for each in (
        Rule(id="probe", title="Probe", level="medium", step="probe"),
        Rule(id="ssrf", title="Forged", level="critical", step="ssrf", tags=("attack.t1190",)),
        Rule(id="write", title="Written", level="critical", step="webshell-write"),
        Rule(id="use", title="Used", level="high", step="webshell-use"),
        Rule(id="command", title="Command", level="high", step="command"),
        Rule(id="account", title="Account", level="medium", step="account"),
        Rule(id="odd", title="Odd", level="low"),
        Rule(id="note", title="Note", level="informational"),
    )
}


def group(
    rule: str,
    minutes: float = 0,
    *,
    client: str = "",
    host: str = "EX01",
    actor: str = "",
    target: str = "",
    outcome: str = "success",
    surface: str = "iis",
    count: int = 1,
    ids: tuple[str, ...] = (),
    source: str = "u_ex210821.log",
    **fields: str,
) -> Group:
    """One group of rows, the first of which stands that many minutes after `T0`."""
    first = T0 + timedelta(minutes=minutes)
    rows = [
        Evidence(
            at=Locator(source=source, position=f"line {int(minutes * 60) + 100 + number}"),
            seen=first + timedelta(seconds=number),
            body=Event(
                surface=surface,
                host=host,
                when=first + timedelta(seconds=number),
                fields={"c-ip": client, "cs-uri-stem": target, **fields} if client else fields,
                raw=f"row {minutes} {number}",
            ),
        )
        for number in range(min(count, 25))
    ]
    return Group(
        rule=rule,
        surface=surface,
        host=host,
        client=client,
        actor=actor,
        target=target,
        key=(client, actor, target),
        count=count,
        first=first,
        last=first + timedelta(seconds=count - 1),
        outcomes={outcome: count},
        events=rows,
        ids=set(ids),
    )


def hunted(
    groups: list[Group], *named: str
) -> tuple[tuple[HuntFinding, ...], tuple[Incident, ...]]:
    """What the room makes of them. named: hosts whose logs were read beside."""
    stats = [LogFileStat(surface="iis", source=each, host=each) for each in named]
    return joined(traced(groups, RULES, hosts(groups, stats, {}), {}, {}), STEPS)
