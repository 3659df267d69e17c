"""What the page shows: a run folded into the pieces the templates lay out."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from tocsin.model.build import Build
from tocsin.model.evidence import OUTSIDE
from tocsin.model.run import HistoryEntry, Proof, Run, Server, Source, Visibility
from tocsin.report.html_parts.citing import Cited, Citing
from tocsin.report.html_parts.conversations import ConversationsView, conversations_view
from tocsin.report.html_parts.findings import (
    MANY,
    Advisory,
    Judged,
    Tally,
    judged,
    ranked,
    urgency,
)
from tocsin.report.html_parts.hunt import HuntView, hunt_view
from tocsin.report.html_parts.plan import PlanView, plan_view
from tocsin.report.html_parts.timeline import Axis, Mark, aware, axis, marks
from tocsin.report.html_parts.trust import TrustView, trust_view
from tocsin.report.hunt_parts.telling import Breach, breaches

WORST_LIMIT = 5
"""Open advisories named in a server's own row; all of them stand in its table."""

SEARCHED_LIMIT = 6
"""Outside sources named beside the claim that a server is hidden."""

HISTORY_LIMIT = 60
"""Builds listed under one server, the newest kept."""

WHOLE_LIMIT = MANY
FULL_OF_MANY = 100
"""Up to so many servers each has a row that unfolds; of more than that only the first ones have."""

VANTAGES = ("internet", "exchange-online", "directory", "mail", "inside-probe", "export")


class Period(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a server's patch history."""

    entry: HistoryEntry
    mark: Mark
    cited: Cited


class Cell(msgspec.Struct, frozen=True):
    """One cell of the matrix."""

    seen: bool | None
    cited: Cited


class ServerView(msgspec.Struct, frozen=True, kw_only=True):
    """One server as the page shows it. forgeable: every piece of evidence can be forged.

    breach: that it was broken into, and breach_at: where that lies in its line through time.
    """

    number: int
    server: Server
    tally: Tally
    group: int
    marks: tuple[Mark, ...]
    history: tuple[Period, ...]
    history_cut: int
    worst: tuple[Advisory, ...]
    cells: Mapping[str, Cell]
    hidden_cited: Cited
    build_cited: Cited
    cited: Cited
    forgeable: bool
    breach: Breach | None
    breach_at: float | None


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """What an outside observer says of a server's build. compared: a key of COMPARED, or empty."""

    entry: HistoryEntry
    compared: str
    cited: Cited


class OutsideView(msgspec.Struct, frozen=True, kw_only=True):
    """A server beside what the outside knows of it; nothing at all when `seen` is not True."""

    view: ServerView
    seen: bool | None
    claims: tuple[Claim, ...]
    quotes: tuple[Proof, ...]


class Numbers(msgspec.Struct, frozen=True, kw_only=True):
    """The four numbers of the first screen and what stands under each."""

    servers: int
    unknown_build: int
    hidden: int
    hidden_unknown: int
    urgent: int
    urgent_servers: int
    exploited: int
    undecided: int
    undecided_servers: int
    gaps: int


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the templates need. searched: outside sources by their row, 1 being the first.

    own: those with a row that unfolds; brief: further ones, in one row each.
    """

    run: Run
    numbers: Numbers
    axis: Axis | None
    own: tuple[ServerView, ...]
    brief: tuple[ServerView, ...]
    others: tuple[ServerView, ...]
    judged: Judged
    outside: tuple[OutsideView, ...]
    searched: tuple[tuple[int, Source], ...]
    joined: tuple[ServerView, ...]
    citing: Citing
    view_of: dict[str, ServerView]
    conversations: ConversationsView | None
    hunt: HuntView | None
    trust: TrustView | None
    plan: PlanView | None

    @property
    def incident_of(self) -> dict[str, int]:
        """The number of each incident in the hunt's part, by its id."""
        shown = (*self.hunt.incidents, *self.hunt.brief) if self.hunt else ()
        return {each.incident.id: each.number for each in shown}

    @property
    def cards(self) -> tuple[Proof, ...]:
        """The evidence cards, complete once everything above has been laid out."""
        return self.citing.cards


def build_page(run: Run, translate: Callable[[str], str]) -> Page:
    """Fold a run for the reader."""
    citing = Citing()
    ordered = ranked(run.servers)
    shared = axis(ordered, run.finished)
    folded = judged(run, citing, translate)
    fallen = breaches(run.hunt)
    whole = FULL_OF_MANY if len(ordered) > WHOLE_LIMIT else WHOLE_LIMIT
    views = tuple(
        _view(number, server, shared, folded, citing, fallen.get(server.id))
        if number <= whole
        else _brief(number, server, folded, fallen.get(server.id))
        for number, server in enumerate(ordered, 1)
    )
    mine = tuple(view for view in views if view.server.ours is not False)
    own = tuple(view for view in mine if view.number <= whole)
    trust = trust_view(run, translate)
    return Page(
        run=run,
        numbers=_numbers(run, mine),
        axis=shared,
        own=own,
        brief=tuple(view for view in mine if view.number > whole),
        others=tuple(view for view in views if view.server.ours is False),
        judged=folded,
        outside=tuple(_outside(view, citing) for view in own) if run.outside else (),
        searched=_searched(run),
        joined=tuple(
            view
            for view in views[:whole]
            if view.server.joined or view.server.related or view.server.contradictions
        ),
        citing=citing,
        view_of={view.server.id: view for view in views},
        conversations=conversations_view(run, translate),
        hunt=hunt_view(run, translate),
        trust=trust,
        plan=plan_view(run, trust),
    )


def _view(
    number: int,
    server: Server,
    shared: Axis | None,
    folded: Judged,
    citing: Citing,
    breach: Breach | None,
) -> ServerView:
    findings = sorted(folded.by_server.get(server.id, ()), key=urgency)
    worst = [each for each in findings if each.status == "affected"][:WORST_LIMIT]
    group = folded.group_of.get(server.id)
    cells: dict[str, Cell] = {
        cell.by: Cell(cell.seen, citing.cite(cell.evidence)) for cell in server.visibility
    }
    history = sorted(server.history, key=_when)
    kept = history[-HISTORY_LIMIT:]
    mark_of = {
        id(entry): mark for entry, mark in zip(kept, _alone(server, kept, shared), strict=True)
    }
    return ServerView(
        number=number,
        server=server,
        tally=folded.tally_of.get(server.id, Tally()),
        group=group.number if group else 0,
        marks=marks(server, shared),
        history=tuple(
            Period(entry=entry, mark=mark_of[id(entry)], cited=citing.cite(entry.evidence))
            for entry in kept
        ),
        history_cut=len(history) - len(kept),
        worst=tuple(folded.advisory_of[each.rule] for each in worst),
        cells=cells,
        hidden_cited=citing.cite(_hidden_evidence(server.visibility)),
        build_cited=citing.cite(findings[0].evidence) if findings else Cited(),
        cited=citing.cite(server.evidence),
        forgeable=_only_forgeable(server),
        breach=breach,
        breach_at=shared.x(breach.since) if breach and breach.since and shared else None,
    )


def _brief(number: int, server: Server, folded: Judged, breach: Breach | None) -> ServerView:
    """What one row tells of a server among very many; everything else stands in run.json."""
    group = folded.group_of.get(server.id)
    return ServerView(
        number=number,
        server=server,
        tally=folded.tally_of.get(server.id, Tally()),
        group=group.number if group else 0,
        marks=(),
        history=(),
        history_cut=0,
        worst=(),
        cells={},
        hidden_cited=Cited(),
        build_cited=Cited(),
        cited=Cited(),
        forgeable=False,
        breach=breach,
        breach_at=None,
    )


def _searched(run: Run) -> tuple[tuple[int, Source], ...]:
    """The outside sources with their row numbers: absence from them is what hidden rests on."""
    numbered = enumerate(run.sources, 1)
    found = [(n, each) for n, each in numbered if each.format.startswith(tuple(run.outside))]
    return tuple(found[:SEARCHED_LIMIT]) if run.outside else ()


def _only_forgeable(server: Server) -> bool:
    trusts = {entry.trust for entry in server.history} | {each.trust for each in server.evidence}
    return trusts == {"forgeable"}


def _alone(server: Server, kept: list[HistoryEntry], shared: Axis | None) -> list[Mark]:
    """The mark of each entry by itself, in the order of the entries."""
    return [marks(msgspec.structs.replace(server, history=(entry,)), shared)[0] for entry in kept]


def _when(entry: HistoryEntry) -> tuple[bool, str, str, str]:
    first, last = (aware(t).isoformat() if t else "" for t in (entry.first, entry.last))
    return (entry.first is None, first, last, entry.low)


def _hidden_evidence(cells: tuple[Visibility, ...]) -> list[Proof]:
    """Who saw the server, one piece each: that inside knows it is half of the claim."""
    return [proof for cell in cells if cell.seen for proof in cell.evidence[:1]]


def _outside(view: ServerView, citing: Citing) -> OutsideView:
    server = view.server
    cell = view.cells.get("internet")
    proofs = {
        proof.quote: proof
        for proof in (*server.evidence, *_internet(server))
        if proof.seen_by in OUTSIDE and proof.quote
    }
    return OutsideView(
        view=view,
        seen=cell.seen if cell else None,
        claims=tuple(
            Claim(
                entry=entry,
                compared=_compare(entry, server),
                cited=citing.cite(entry.evidence),
            )
            for entry in server.history
            if entry.seen_by in OUTSIDE
        ),
        quotes=tuple(proofs.values())[:1],
    )


def _internet(server: Server) -> tuple[Proof, ...]:
    return next((cell.evidence for cell in server.visibility if cell.by == "internet"), ())


def _compare(entry: HistoryEntry, server: Server) -> str:
    """How an outside claim about the build relates to what all evidence together says."""
    if server.build is None:
        return ""
    try:
        low, high = Build.parse(entry.low), Build.parse(entry.high)
        true_low, true_high = Build.parse(server.build.low), Build.parse(server.build.high)
    except ValueError:
        return ""
    if (low, high) == (true_low, true_high):
        return "same"
    return "coarser" if low <= true_low and true_high <= high else "other"


def _numbers(run: Run, own: tuple[ServerView, ...]) -> Numbers:
    ids = {view.server.id for view in own}
    mine = [finding for finding in run.findings if finding.subject in ids]
    urgent = [
        each
        for each in mine
        if each.status == "affected" and (each.level == "critical" or "kev" in each.tags)
    ]
    open_questions = [each for each in mine if each.status == "under_investigation"]
    return Numbers(
        servers=len(own),
        unknown_build=sum(view.server.build is None for view in own),
        hidden=sum(view.server.hidden is True for view in own),
        hidden_unknown=sum(view.server.hidden == "unknown" for view in own),
        urgent=len({each.rule for each in urgent}),
        urgent_servers=len({each.subject for each in urgent}),
        exploited=len({each.rule for each in urgent if "kev" in each.tags}),
        undecided=len({each.rule for each in open_questions}),
        undecided_servers=len({each.subject for each in open_questions}),
        gaps=sum(max(gap.count, 1) for gap in run.gaps),
    )
