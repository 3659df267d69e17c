"""The main job: read everything given, run the rooms, write one document."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Literal

import msgspec

import tocsin
from tocsin.analyse.hunt.whole import HuntWhole
from tocsin.analyse.inventory.ledger import Ledger
from tocsin.analyse.inventory.names import own_domain
from tocsin.analyse.inventory.room import Inventory, inventory
from tocsin.app.document import servers_and_findings
from tocsin.app.garbage import spare_what_is_loaded
from tocsin.app.hunting import HuntJob, HuntWish, hunted
from tocsin.app.many_hands import BATCH_FILES, Progress, batches, load, read_in_processes
from tocsin.app.parts import Whole
from tocsin.app.reading import (
    Job,
    Window,
    pieces_of,
    read_files,
)
from tocsin.app.trusting import trusted
from tocsin.assess.acceptance import (
    Accepted,
    expired_headline,
    with_conversations,
    with_findings,
    with_hunt,
    with_trusts,
)
from tocsin.assess.headline import (
    conversation_headline,
    headline,
    hunt_headline,
    own_headline,
    plan_headline,
    trust_headline,
)
from tocsin.assess.planning import plan
from tocsin.assess.ranking import counts_of
from tocsin.collect.archives import Limits
from tocsin.collect.files import FileItem, printable, walk
from tocsin.formats import Reading
from tocsin.knowledge.catalogue import Knowledge
from tocsin.model.conversation import Conversations
from tocsin.model.evidence import OUTSIDE, Evidence
from tocsin.model.finding import Finding, Gap
from tocsin.model.hunt import Hunt
from tocsin.model.locator import Locator
from tocsin.model.run import KnowledgeState, Run, Skipped, Summary, Tool
from tocsin.model.text import N_, say
from tocsin.model.trusts import Trusts
from tocsin.store.spool import Spool

if TYPE_CHECKING:
    from tocsin.store.history import History

Room = Literal["inventory", "conversation", "hunt", "trust"]

NOTHING_READ = N_("Nothing was read: no file of a kind that is known was found.")

IN_PROCESS = 2 << 20
"""Below this much input no other process is started: it would cost more than it saves."""


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """What to examine and how. rooms: which questions are asked. history: a file in which the
    conversation room remembers; None to forget afterwards. rules: what logs are held
    against. accepted: risks that somebody answers for.
    """

    paths: tuple[str, ...]
    command: str = ""
    own_domains: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    workers: int = 0
    limits: Limits = msgspec.field(default_factory=Limits)
    exclude: tuple[str, ...] = ()
    rooms: frozenset[Room] = frozenset({"inventory", "conversation", "hunt", "trust"})
    history: str | None = None
    delay_hours: int | None = None
    rules: HuntWish = HuntWish()
    accepted: Accepted = Accepted()


def examine(
    request: Request,
    knowledge: Knowledge,
    live: Iterable[Evidence | Gap] = (),
    progress: Progress | None = None,
    lines: Spool | None = None,
) -> Run:
    """Read the paths and judge. lines: takes one JSON object for each judged mail, in time order.

    Raises FileNotFoundError, naming all paths that do not exist; `HistoryError`.
    """
    started = datetime.now(UTC)
    own = frozenset(own_domain(each) for each in request.own_domains) - {""}
    with (
        Spool() as spool,
        _remembering(request) as history,
        TemporaryDirectory(prefix="tocsin-hunt-") as rows,
    ):
        whole = Whole(spool, HuntWhole())
        job = Job(
            reading=Reading(
                own_domains=own,
                messages=bool(request.rooms & {"conversation", "trust"}),
                servers=bool(request.rooms & {"inventory", "trust"}),
                mark_key=history.key if history is not None else b"",
            ),
            window=Window(since=request.since, until=request.until),
            limits=request.limits,
            hunt=HuntJob(wish=request.rules, spool=rows) if "hunt" in request.rooms else None,
            conversation="conversation" in request.rooms,
        )
        _read_all(request, job, whole, progress)
        _take_live(live, whole)
        known = inventory(whole.ledger, knowledge, request.own_domains)
        found = known if "inventory" in request.rooms else inventory(Ledger(), knowledge, ())
        for gap in found.gaps:
            whole.gap(gap)
        spoken = None
        if history is not None and len(spool):
            spoken = _spoken(request, own, (whole, spool, history), lines)
        hunt = None
        if job.hunt is not None:
            hunt = hunted(job.hunt, whole, known, mails=spoken is not None)
        trusts = None
        if "trust" in request.rooms:
            trusts = trusted(
                whole, known, _counts(known), (spoken, hunt), knowledge, started.date()
            )
    return _document(request, knowledge, whole, found, started, (spoken, hunt, trusts))


def _spoken(
    request: Request,
    own: frozenset[str],
    read: tuple[Whole, Spool, History],
    lines: Spool | None,
) -> Conversations:
    """The judged mails. Its room is loaded where there are mails to judge."""
    from tocsin.app.conversation import Wish, converse, inferred_domain

    whole, spool, history = read
    known = tuple(sorted(own))
    domains = known or inferred_domain(whole.senders, whole.delivered, len(spool))
    wish = Wish(
        own_domains=domains,
        inferred=not own,
        kept=request.history is not None,
        delay_hours=request.delay_hours,
        since=request.since,
    )
    return converse(spool, history, wish, lines)


def _remembering(request: Request) -> AbstractContextManager[History | None]:
    """The history, where mails are judged; else no database is loaded."""
    if "conversation" not in request.rooms:
        return nullcontext()
    from tocsin.store.history import open_history

    return open_history(request.history)


def _read_all(request: Request, job: Job, whole: Whole, progress: Progress | None) -> None:
    items: list[FileItem] = []
    waiting = 0
    large = False
    walking = walk(request.paths, exclude=request.exclude)
    for item in walking:
        if not isinstance(item, FileItem):
            _not_a_file(item, whole)
            continue
        items.append(item)
        waiting += item.size
        if waiting >= IN_PROCESS or len(items) > BATCH_FILES:
            large = True
            break
    if not large or request.workers == 1 or _is_alone(items, walking, whole, job):
        spare_what_is_loaded()
        for batch in batches(_chain(items, walking, whole)):
            whole.add(read_files(job, tuple(each.path for each in batch)))
            if progress is not None:
                progress(whole.size, whole.files, whole.size)
        return
    load(job, [each.path for each in items])
    workers = request.workers or os.cpu_count() or 1
    read_in_processes(job, workers, _chain(items, walking, whole), whole, progress)


def _is_alone(
    items: list[FileItem], rest: Iterator[FileItem | Skipped | Gap], whole: Whole, job: Job
) -> bool:
    """Whether there is one file, which is read in one piece: no other process would help."""
    if len(items) > 1 or pieces_of(items[0].path, job, os.cpu_count() or 1) is not None:
        return False
    for item in rest:
        if isinstance(item, FileItem):
            items.append(item)
            return False
        _not_a_file(item, whole)
    return True


def _chain(
    items: list[FileItem], rest: Iterator[FileItem | Skipped | Gap], whole: Whole
) -> Iterator[FileItem]:
    yield from items
    items.clear()
    for item in rest:
        if isinstance(item, FileItem):
            yield item
        else:
            _not_a_file(item, whole)


def _not_a_file(item: Skipped | Gap, whole: Whole) -> None:
    if isinstance(item, Gap):
        whole.gap(item)
    else:
        whole.skip(item)


def _take_live(live: Iterable[Evidence | Gap], whole: Whole) -> None:
    for each in live:
        if isinstance(each, Gap):
            whole.gap(each)
        else:
            whole.ledger.add(each)


def _document(
    request: Request,
    knowledge: Knowledge,
    whole: Whole,
    found: Inventory,
    started: datetime,
    rooms: tuple[Conversations | None, Hunt | None, Trusts | None],
) -> Run:
    spoken = with_conversations(rooms[0], request.accepted)
    hunt = with_hunt(rooms[1], request.accepted)
    trusts = with_trusts(rooms[2], request.accepted)
    by_server: dict[str, list[Finding]] = {server.id: [] for server in found.servers}
    for finding in found.findings:
        by_server[finding.subject].append(finding)
    counts = _counts(found)
    servers, records = servers_and_findings(
        found,
        by_server,
        counts,
        knowledge,
        whole.digests,
        started.date(),
        tuple(each.server for each in trusts.scores) if trusts is not None else (),
    )
    records = with_findings(records, request.accepted)
    outside = tuple(sorted({by for by, _ in whole.ledger.looks if by in OUTSIDE}))
    if not outside and servers:
        whole.gap(_no_outside(request))
    actions = (
        plan(servers, records, spoken, hunt, trusts, request.accepted)
        if len(request.rooms) > 1
        else None
    )
    gaps = whole.gaps()
    return Run(
        tool=Tool(name="tocsin", version=tocsin.__version__, command=printable(request.command)),
        started=started,
        finished=datetime.now(UTC),
        inputs=tuple(map(printable, request.paths)),
        knowledge=state_of(knowledge),
        own_domains=found.own_domains,
        outside=outside,
        headline=(
            *(
                (say(NOTHING_READ),)
                if len(request.rooms) > 2 and not whole.recognised and not whole.ledger.looks
                else ()
            ),
            *plan_headline(actions),
            *(
                headline(found.servers, counts, outside=bool(outside))
                if "inventory" in request.rooms
                else ()
            ),
            *conversation_headline(
                spoken,
                asked="conversation" in request.rooms and len(request.rooms) == 1,
                narrowed=request.since is not None or request.until is not None,
            ),
            *hunt_headline(
                hunt, asked=request.rooms == {"hunt"}, period=(request.since, request.until)
            ),
            *trust_headline(
                trusts, asked="conversation" not in request.rooms and "trust" in request.rooms
            ),
            *expired_headline(request.accepted),
            *(
                ()
                if request.own_domains
                else own_headline(found.servers, found.own_domains, spoken)
            ),
        ),
        summary=Summary(
            files=whole.files,
            recognised=whole.recognised,
            skipped=whole.skipped_files(),
            bytes=whole.size,
            records=dict(sorted(whole.records.items())),
            servers=len(servers),
            hidden=sum(server.hidden is True for server in servers),
            exchange_online_hops=whole.ledger.online_hops,
        ),
        sources=whole.sources(),
        skipped=whole.skipped(),
        servers=servers,
        findings=records,
        gaps=gaps,
        conversations=spoken,
        hunt=hunt,
        trusts=trusts,
        plan=actions,
    )


def _counts(found: Inventory) -> dict[str, dict[str, int]]:
    by_server: dict[str, list[Finding]] = {server.id: [] for server in found.servers}
    for finding in found.findings:
        by_server[finding.subject].append(finding)
    return {server: counts_of(findings) for server, findings in by_server.items()}


def state_of(knowledge: Knowledge) -> KnowledgeState:
    """Which facts these are."""
    return KnowledgeState(
        digest=knowledge.digest,
        date=knowledge.date.isoformat(),
        builds=len(knowledge.builds),
        advisories=len(knowledge.advisories),
        private=knowledge.private,
    )


def _no_outside(request: Request) -> Gap:
    return Gap(
        at=Locator(source=", ".join(map(printable, request.paths))),
        why=say(
            N_(
                "nothing says what the internet sees: give a Shodan or Onyphe export, so that hidden "
                "servers can be told from public ones"
            )
        ),
        kind="not-collected",
    )
