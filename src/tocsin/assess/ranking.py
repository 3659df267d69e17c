"""Which server first, and what to do about it.

The order looks only at what is open, at what could not be decided, and at whose server it is.
Whether the internet sees it is not an input of this module.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from tocsin.analyse.inventory.room import KnownServer
from tocsin.analyse.inventory.words import MIXED
from tocsin.knowledge.catalogue import Knowledge, Release
from tocsin.model.finding import LEVELS, Finding, Level
from tocsin.model.run import Action
from tocsin.model.text import N_, Sentence, say

SUCCESSOR = "SE"
"""The product that every older one ends in."""

LEARN = N_("Learn its build: read the file version of ExSetup.exe on {name}.")
LEARN_EXACT = N_("Find out its exact build: it may lack updates up to {label}.")
MOVE = N_("Move it to Exchange {label} or retire it: its support has ended.")
PATCH = N_("Patch {name} to {label} ({build}): it closes up to {count} holes.")
PATCH_AND_MOVE = N_(
    "Patch {name} to {label} ({build}), which closes up to {count} holes, then move it to Exchange "
    "{successor}: its support has ended."
)


def counts_of(findings: Iterable[Finding]) -> dict[str, int]:
    """Open, undecided and fixed advisories of one server, and the open ones that matter most."""
    counts = dict.fromkeys(
        (
            "affected",
            "under_investigation",
            "fixed",
            "kev",
            "ransomware",
            "critical",
            "high",
            "kev_undecided",
        ),
        0,
    )
    for finding in findings:
        counts[finding.status] = counts.get(finding.status, 0) + 1
        # Undecided by the build, that is: a setting nobody looked at is another matter.
        if finding.because.template == MIXED and "kev" in finding.rule.tags:
            counts["kev_undecided"] += 1
        if finding.status != "affected":
            continue
        for tag in ("kev", "ransomware"):
            counts[tag] += tag in finding.rule.tags
        if finding.level in ("critical", "high"):
            counts[finding.level] += 1
    return counts


def worst_level(findings: Iterable[Finding]) -> Level | None:
    """The highest level among what is open; None when nothing is."""
    open_levels = [LEVELS.index(f.level) for f in findings if f.status == "affected"]
    return LEVELS[max(open_levels)] if open_levels else None


def ranked(
    servers: Sequence[KnownServer], counts: Mapping[str, Mapping[str, int]]
) -> list[KnownServer]:
    """Servers in the order to act on them.

    Others' servers come after one's own. Then in four groups: open to what is known to be
    exploited; possibly so, because the build is unknown or its range spans the fix; open to
    something else; the rest. Inside a group by how much is open: used by ransomware, exploited,
    critical, high, all, undecided.
    """

    def group(server: KnownServer) -> int:
        mine = counts[server.id]
        if mine["kev"]:
            return 0
        if server.current is None or mine["kev_undecided"]:
            return 1
        return 2 if mine["affected"] else 3

    def order(server: KnownServer) -> tuple[bool, int, list[int], str]:
        mine = counts[server.id]
        worst_first = (
            "ransomware",
            "kev",
            "critical",
            "high",
            "affected",
            "kev_undecided",
            "under_investigation",
        )
        return (
            server.ours is False,
            group(server),
            [-mine[each] for each in worst_first],
            server.name,
        )

    return sorted(servers, key=order)


def action_for(
    server: KnownServer, findings: Sequence[Finding], knowledge: Knowledge, today: date
) -> Action:
    """The one next step for a server."""
    if server.current is None or server.branch is None:
        return Action(do=say(LEARN, name=server.name))
    product = server.branch.product
    newest = max(knowledge.product_releases(product), key=lambda each: each.build)
    successor = _newest(knowledge, SUCCESSOR)
    support = knowledge.support_by_product.get(product)
    ended = support.support_end if support else None
    over = ended is not None and (support.esu_end if support and support.esu_end else ended) < today
    open_now = [f for f in findings if f.status == "affected"]
    if server.current.builds.high < newest.build and open_now:
        return Action(do=_patch(server, newest, len(open_now), successor if over else None))
    if server.current.builds.low < newest.build and not open_now:
        return Action(do=say(LEARN_EXACT, label=newest.label))
    if over and successor is not None and product != SUCCESSOR:
        return Action(do=say(MOVE, label=successor.label))
    if any(f.status == "under_investigation" for f in findings):
        return Action(do=say(N_("Current. Check the settings that a patch alone does not set.")))
    return Action(do=say(N_("Nothing to do: it has the newest update that is known.")))


def _newest(knowledge: Knowledge, product: str) -> Release | None:
    return max(knowledge.product_releases(product), key=lambda each: each.build, default=None)


def _patch(
    server: KnownServer, newest: Release, closes: int, successor: Release | None
) -> Sentence:
    values: dict[str, str | int] = {
        "name": server.name,
        "label": newest.label,
        "build": str(newest.build),
        "count": closes,
    }
    if successor is not None and successor.build != newest.build:
        return say(PATCH_AND_MOVE, successor=successor.label, **values)
    return say(PATCH, **values)
