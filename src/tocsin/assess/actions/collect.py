"""What was not given, and would answer most."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.analyse.trust.situation import WEAK
from tocsin.assess.actions import Proposal, Stage
from tocsin.assess.known import Known, listed
from tocsin.model.setting import Side
from tocsin.model.text import N_, say
from tocsin.model.trusts import Collected

CMDLETS_NAMED = 5
"""Exports named in one action; the others are counted."""

_FROM: dict[Side, str] = {
    "exchange-online": N_("Export from Exchange Online: {names}."),
    "on-premises": N_("Export from Exchange on-premises: {names}."),
    "entra": N_("Export from Entra: {names}."),
    "directory": N_("Export from the directory: {names}."),
    "": N_("Export from either side: {names}."),
}


def propose(known: Known) -> Iterator[Proposal]:
    """One action for each side's exports, one for logs, one where no trust was read at all."""
    if known.trusts is None:
        if known.servers:
            yield _nothing()
        return
    sides: dict[Side, list[Collected]] = {}
    for each in known.trusts.coverage:
        if each.waiting and not each.asked:
            sides.setdefault(each.side, []).append(each)
    for side, wanted in sides.items():
        wanted.sort(key=lambda each: (-len(each.waiting), each.kind))
        yield _exports(side, wanted)
    yield from _logs(known)


def _exports(side: Side, wanted: list[Collected]) -> Proposal:
    checks = sorted({name for each in wanted for name in each.waiting})
    names = list(dict.fromkeys(each.cmdlet for each in wanted))
    return Proposal(
        kind="collect",
        stage=Stage.OPEN,
        level="low",
        key=f"exports {side}",
        do=say(_FROM[side], names=listed(names, CMDLETS_NAMED)),
        because=(
            say(N_("Checks that cannot be answered without it: {count}."), count=len(checks)),
            *(
                say(
                    N_("{cmdlet} was asked for and failed: {fault}"), cmdlet=w.cmdlet, fault=w.fault
                )
                for w in wanted
                if w.fault
            ),
        )[:3],
        checks=tuple(checks),
    )


def _logs(known: Known) -> Iterator[Proposal]:
    blind = [
        each for each in known.scores.values() if each.state in WEAK and "logged" in each.unseen
    ]
    if not blind:
        return
    names = listed([each.name for each in blind], CMDLETS_NAMED)
    yield Proposal(
        kind="collect",
        stage=Stage.OPEN,
        level="low",
        key="logs",
        do=say(N_("Collect the web, transport and event logs of {names}."), names=names),
        because=(
            say(
                N_("Weak servers on which a break-in would not have been found: {count}."),
                count=len(blind),
            ),
        ),
        servers=tuple(each.server for each in blind),
    )


def _nothing() -> Proposal:
    return Proposal(
        kind="collect",
        stage=Stage.OPEN,
        level="low",
        key="trusts",
        do=say(N_("Export the hybrid configuration of both sides, and give it to Tocsin, too.")),
        because=(say(N_("Nothing was read that says which trusts carry a break-in on.")),),
    )
