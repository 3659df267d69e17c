"""All targets, many at once, gently; what they gave is yielded as soon as it is there."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, ThreadPoolExecutor
from datetime import UTC, datetime
from queue import SimpleQueue

import msgspec

from tocsin.collect.probe.connection import open_context
from tocsin.collect.probe.describe import Result, describe, loss
from tocsin.collect.probe.patience import Pace, Patience, open_at_once, patience
from tocsin.collect.probe.scope import Scope, scope_of
from tocsin.collect.probe.settings import (
    Address,
    Port,
    ProbeSettings,
    Target,
    as_address,
    count,
    fault,
    targets,
)
from tocsin.collect.probe.smtp import ask_smtp
from tocsin.collect.probe.state import Finished, Outcome, State
from tocsin.collect.probe.web import Web
from tocsin.model.evidence import QUOTE_LIMIT, Evidence, Look
from tocsin.model.finding import Gap
from tocsin.model.locator import Locator
from tocsin.model.text import N_, Sentence, say

ADDRESSES_LIMIT = 16
"""Addresses of one name that are looked at."""

REFUSED_LIMIT = 20
"""Targets outside the allow-list that are told one by one; the rest is told as a number."""

WAITING_LIMIT = 1000
"""Results nobody has fetched yet, above which the sweep waits."""

BREATH = 0.02
"""Seconds between two looks at whether the results were fetched."""


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """How far it is. targets: an upper bound (overlapping networks count twice).

    finished = exchange + other + silent + refused + failed; resumed of them came from the state
    file. The words are those of `Outcome`.
    """

    targets: int
    finished: int = 0
    exchange: int = 0
    other: int = 0
    silent: int = 0
    refused: int = 0
    failed: int = 0
    resumed: int = 0
    connections: int = 0


_Item = Evidence | Gap | Progress


def probe(
    settings: ProbeSettings, on_progress: Callable[[Progress], None] | None = None
) -> Iterator[Evidence | Gap]:
    """Look at every target; evidence of Exchange servers, gaps, and one `Look` at the end.

    Results come in the order in which targets finish. Closing the iterator ends the sweep; with a
    state file the next call goes on from there. A fault of the settings is the only gap then.
    """
    wrong = fault(settings)
    state = None
    if wrong is None and settings.state is not None:
        try:
            state = State(settings.state)
        except OSError as error:
            wrong = say(N_("the state file cannot be used: {error}"), error=str(error)[:300])
    if wrong is not None:
        yield Gap(at=Locator(source="probe:"), why=wrong, kind="not-collected")
        return
    sweep = _Sweep(settings, state)
    with ThreadPoolExecutor(1, "probe") as executor:
        running = executor.submit(asyncio.run, sweep.run())
        running.add_done_callback(lambda _: sweep.box.put(None))
        try:
            while (item := sweep.box.get()) is not None:
                if not isinstance(item, Progress):
                    yield item
                elif on_progress is not None:
                    on_progress(item)
        finally:
            sweep.stop()
            with contextlib.suppress(CancelledError, asyncio.CancelledError):
                running.result()
            if state is not None:
                state.close()
    yield sweep.look()


class _Sweep:
    """One run over all targets, inside one event loop."""

    def __init__(self, settings: ProbeSettings, state: State | None) -> None:
        self._settings = settings
        self._state = state
        self._scope: Scope = scope_of(settings)
        self._pace = Pace(settings.rate)
        self._context: ssl.SSLContext = open_context()
        self._progress = Progress(targets=count(settings))
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None
        self._stopped = False
        self.box: SimpleQueue[_Item | None] = SimpleQueue()

    async def run(self) -> None:
        self._loop, self._task = asyncio.get_running_loop(), asyncio.current_task()
        for gap in self._state.gaps if self._state else ():
            self.box.put(gap)
        waiting = targets(self._settings)
        # A target may have a connection to each of its ports; all together keep to the limit.
        ports = max(1, len(self._settings.ports))
        hands = max(1, open_at_once(self._settings.concurrency) // ports)
        async with asyncio.TaskGroup() as group:
            for _ in range(min(hands, self._progress.targets)):
                group.create_task(self._work(waiting))
        untold = self._progress.refused - REFUSED_LIMIT
        if untold > 0:
            why = say(N_("{count} more targets are outside the allow-list"), count=untold)
            self.box.put(Gap(at=Locator(source="probe:"), why=why, kind="not-collected"))

    def stop(self) -> None:
        """End the run, from any thread; no harm when it has ended."""
        self._stopped = True
        if self._loop is not None and self._task is not None:
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._task.cancel)

    def look(self) -> Evidence:
        """That somebody looked, at how many, and how they ended."""
        done = self._progress
        scope = ", ".join(self._settings.targets)[:QUOTE_LIMIT]
        quote = (
            f"targets {done.finished}, exchange {done.exchange}, other {done.other}, "
            f"silent {done.silent}, refused {done.refused}, failed {done.failed}"
        )
        return Evidence(
            at=Locator(source="probe:", position=scope),
            body=Look(
                seen_by="probe", scope=scope, records=done.finished - done.failed - done.refused
            ),
            seen=datetime.now(UTC),
            quote=quote,
        )

    async def _work(self, waiting: Iterator[Target]) -> None:
        """One pair of hands: the next target, until there is none."""
        for target in waiting:
            if self._stopped:
                return
            # The consumer is in another thread, which knows no asyncio.Event.
            while self.box.qsize() > WAITING_LIMIT:  # noqa: ASYNC110
                await asyncio.sleep(BREATH)
            known = self._state.take(target.key) if self._state else None
            finished = known or await self._one(target)
            if finished.outcome != "refused" or self._progress.refused < REFUSED_LIMIT:
                for item in finished.found:
                    self.box.put(item)
            if known is None and finished.outcome not in ("refused", "failed"):
                self._remember(finished)
            self._count(finished.outcome, resumed=known is not None)
            if known is not None:
                # Nothing was waited for: let the others and the consumer have their turn.
                await asyncio.sleep(0)

    def _remember(self, finished: Finished) -> None:
        if self._state is None:
            return
        try:
            self._state.add(finished)
        except OSError as error:
            why = say(N_("the state file cannot be used: {error}"), error=str(error)[:300])
            at = Locator(source=str(self._settings.state), position=finished.target)
            self.box.put(Gap(at=at, why=why, kind="not-collected"))
            self._state = None

    def _count(self, outcome: Outcome, *, resumed: bool) -> None:
        done = self._progress
        self._progress = msgspec.structs.replace(
            done,
            **{outcome: getattr(done, outcome) + 1},
            finished=done.finished + 1,
            resumed=done.resumed + resumed,
            connections=self._pace.connections,
        )
        self.box.put(self._progress)

    async def _one(self, target: Target) -> Finished:
        addresses, gaps, nowhere = await self._addresses(target)
        evidence: list[Evidence] = []
        outcomes: set[Outcome] = set()
        for address in addresses:
            until = patience(self._settings, self._pace)
            results = await asyncio.gather(
                *(self._ask(target, address, port, until) for port in target.ports)
            )
            now = datetime.now(UTC)
            for port, result in zip(target.ports, results, strict=True):
                found = describe(target, address, port, result, now)
                missing = loss(target, port, result)
                evidence += [found] if found else []
                gaps += [missing] if missing else []
                outcomes.add(_outcome(result))
        if not addresses:
            outcomes.add(nowhere)
        order: tuple[Outcome, ...] = ("exchange", "failed", "other", "silent", "refused")
        ended = next(each for each in order if each in outcomes)
        return Finished(
            target=target.key, outcome=ended, evidence=tuple(evidence), gaps=tuple(gaps)
        )

    async def _ask(self, target: Target, address: Address, port: Port, until: Patience) -> Result:
        ntlm = self._settings.ntlm
        if port.service == "smtp":
            return await ask_smtp(target, address, port, until, self._context, with_ntlm=ntlm)
        return await Web(target, address, port, until, self._context).run(with_ntlm=ntlm)

    async def _addresses(self, target: Target) -> tuple[list[Address], list[Gap], Outcome]:
        """Where to connect to, what is not touched and why, and the outcome if nowhere."""
        own = target.address
        place = Locator(source="probe:", position=target.host)

        def missing(why: Sentence) -> Gap:
            return Gap(at=place, why=why, kind="not-collected")

        try:
            found = [own] if own is not None else await self._resolve(target.host)
        except (OSError, UnicodeError) as error:
            why = say(N_("the name cannot be resolved: {error}"), error=str(error)[:300])
            return [], [missing(why)], "failed"
        gaps: list[Gap] = []
        if len(found) > ADDRESSES_LIMIT:
            limit = say(
                N_("more than {limit} of these; the rest was not read"), limit=ADDRESSES_LIMIT
            )
            gaps.append(Gap(at=place, why=limit, kind="limit"))
        name = target.host if own is None else ""
        allowed: list[Address] = []
        for address in found[:ADDRESSES_LIMIT]:
            if self._scope.permits(address, name):
                allowed.append(address)
                continue
            why = say(
                N_("{host} is at {address}, outside the allow-list: not touched"),
                host=target.host,
                address=str(address),
            )
            gaps.append(missing(why))
        return allowed, gaps, "refused"

    async def _resolve(self, name: str) -> list[Address]:
        """Every address of a name, by the system's resolver. Raises OSError."""
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(self._settings.answer_timeout):
            answers = await loop.getaddrinfo(name, None, type=socket.SOCK_STREAM)
        texts = dict.fromkeys(str(answer[4][0]) for answer in answers)
        return [found for text in texts if (found := as_address(text)) is not None]


def _outcome(result: Result) -> Outcome:
    if result.traits.is_exchange:
        return "exchange"
    if result.lost is not None and result.lost.reason == "local":
        return "failed"
    return "other" if result.answered else "silent"
