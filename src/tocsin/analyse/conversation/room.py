"""The conversation room: mails in time order, judged by what came before, then learnt from.

What a mail teaches waits: until it is old enough, and only if nothing was wrong with it, so that a
burst cannot teach itself. Where it stands in which thread is remembered at once: that recognises,
and trusts nobody.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from math import log1p

import msgspec

from tocsin.analyse.conversation import identity, payload
from tocsin.analyse.conversation.ages import answered_at
from tocsin.analyse.conversation.bursts import Bursts, Sent, wants_more
from tocsin.analyse.conversation.copies import Copies
from tocsin.analyse.conversation.keys import hashing
from tocsin.analyse.conversation.ledger import Rows
from tocsin.analyse.conversation.links import below, everybodys
from tocsin.analyse.conversation.memory import Lesson, Memory
from tocsin.analyse.conversation.placing import FLAGGED, Placing
from tocsin.analyse.conversation.scoring import Score, Scorer
from tocsin.analyse.conversation.sheet import Sheet, lesson, mailboxes, sheet, taught
from tocsin.analyse.conversation.threads import Asked, Place, ask
from tocsin.formats.syntax.domains import registrable
from tocsin.formats.syntax.mail_parties import near
from tocsin.knowledge.families import payload_shape
from tocsin.knowledge.free_mail import free_mail
from tocsin.knowledge.indicators import Indicators
from tocsin.knowledge.public_sites import public_sites
from tocsin.model.conversation import MessageVerdict
from tocsin.model.evidence import Evidence
from tocsin.model.message import Message

THREAD_MEMBERS = 12
"""Recipients of one mail that are remembered as members of its thread."""

FOREVER = 1 << 62

EXPERIENCED = 500
"""Mails learnt from, from which what was never seen is as odd as can be. Until then its oddness grows
as their logarithm: the first hundred mails show most of what is usual."""

WATCHED_DELAY = 14 * 86400
"""Seconds for which a watched mail waits longer than others before it teaches who its author is."""


ANYTHING = "*"
"""Stands for whatever a mail wants, where only the number of threads counts."""


_Waiting = tuple[int, int, bytes]
"""A lesson in the order of time: when, the message's key, its body."""


class Judged(msgspec.Struct, gc=False):
    """One mail's judgement. index: its place in the batch; number: its place in the room; key, thread, parent: keys in the history;
    parent_at: when what it answers was sent, 0 unknown; by: how
    its thread was found; shape: of its payload; server, account: who sent it, as far as can be
    believed. A later burst may still raise `observed`, `score` and `verdict` within the window.
    """

    index: int
    number: int
    key: int
    thread: int
    parent: int
    parent_at: int
    by: str
    at: int
    message_id: str
    date: datetime | None
    verdict: MessageVerdict
    score: Score
    observed: dict[str, float]
    answers: bool
    inside: bool
    known_before: bool
    shape: str = ""
    server: str = ""
    account: str = ""


class Room:
    """One organisation's conversations.

    judged, duplicates: mails so far, and further copies of them; learnt: those learnt from; addresses:
    those that became known.
    """

    def __init__(
        self,
        memory: Memory,
        indicators: Indicators,
        *,
        own_domains: Iterable[str] = (),
        delay: int | None = None,
        without: frozenset[str] = frozenset(),
        known: int = 0,
    ) -> None:
        """delay: seconds before a mail is learnt from. without: indicators left out, for ablation.

        known: mails that the history has learnt from in earlier runs.
        """
        self.memory = memory
        self.number = hashing(memory.key)
        self.scorer = Scorer(indicators, without=without)
        self.own = frozenset(registrable(each) or each for each in own_domains)
        self.delay = indicators.judging.delay_hours * 3600 if delay is None else delay
        self.bursts = Bursts()
        self.rows = Rows(memory)
        self.placing = Placing(self.rows, self.number)
        self.judged = 0
        self.duplicates = 0
        self.learnt = 0
        self.known = known
        self.addresses = 0
        self._waiting: list[_Waiting] = []
        self._take_up()
        self._dropped: set[int] = set()
        self._copies = Copies(self.number)
        self._recent: dict[int, Judged] = {}

    def judge(self, batch: Sequence[Evidence]) -> list[Judged]:
        """Judge mails, given in time order, and remember them. Copies of a mail are left out."""
        found = []
        for index, each in enumerate(batch):
            assert isinstance(each.body, Message)
            if self._copies.seen(each):
                self.duplicates += 1
                continue
            found.append((index, each.body, each))
        if not found:
            return []
        # Each batch begins with this: it is when the history may write what was learnt so far.
        self._take_up()
        mails = self._by_whom([message for _, message, _ in found])
        asked = [
            ask(message, self.number, str(each.at))
            for message, (_, _, each) in zip(mails, found, strict=True)
        ]
        times = [_seconds(message) for message in mails]
        before = self.placing.ask(asked)
        guesses = self.placing.guess(asked, mails, times)
        pages = [
            sheet(message, guess, self.number)
            for message, guess in zip(mails, guesses, strict=True)
        ]
        self._ask_facts(pages, max(times))
        judged = []
        for message, one, at, guess, page in zip(mails, asked, times, guesses, pages, strict=True):
            self._learn(at - self.delay)
            place = self.placing.settle(one, message)
            known = one.key in before
            sure = self._page(message, place, guess, page)
            judged.append(self._one(message, place, sure, one, at, known=known))
        for done, (index, _, _) in zip(judged, found, strict=True):
            done.index = index
        self.rows.write()
        self._forget_recent(max(times))
        return judged

    def _by_whom(self, mails: Sequence[Message]) -> list[Message]:
        """The mails by who really speaks.

        A list puts itself into From and the author into Reply-To. Anybody can do so, hence it is
        believed of lists only that have written before.
        """
        through = {each.sender.address for each in mails if each.author != each.sender}
        keys = {address: self.number("a", address) for address in through}
        self.rows.ask("facts", keys.values())
        facts = self.rows.of("facts")
        strange = {address for address, key in keys.items() if key not in facts}
        return [
            msgspec.structs.replace(each, author=each.sender)
            if each.author != each.sender and each.sender.address in strange
            else each
            for each in mails
        ]

    def _take_up(self) -> None:
        for each in self.memory.due(FOREVER):
            heapq.heappush(self._waiting, (each.at, each.message, each.body))

    def close(self) -> None:
        """Keep what is still too young to be learnt from for the next run."""
        lessons = [Lesson(message, at, body) for at, message, body in self._waiting]
        self.memory.wait([each for each in lessons if each.message not in self._dropped])
        self._waiting.clear()

    @property
    def waiting(self) -> int:
        """Mails that are still too young to be learnt from."""
        return len(self._waiting)

    def _page(self, message: Message, place: Place, guess: Place, page: Sheet) -> Sheet:
        """The keys of a mail, made anew where its thread is another than was guessed."""
        if place.thread == guess.thread and place.parent == guess.parent:
            return page
        anew = sheet(message, place, self.number)
        self.rows.ask("facts", [key for key in anew.keys() if key])  # noqa: SIM118
        return anew

    def _ask_facts(self, pages: Sequence[Sheet], latest: int) -> None:
        """Look up all that judging the batch and learning meanwhile will need."""
        keys = {key for page in pages for key in page.keys()}  # noqa: SIM118 - a method of ours
        ready = []
        while self._waiting and self._waiting[0][0] <= latest - self.delay:
            ready.append(heapq.heappop(self._waiting))
        for each in ready:
            numbers = taught(each[2])
            keys.update(numbers[0::3])
            keys.update(numbers[2::3])
            heapq.heappush(self._waiting, each)
        keys.discard(0)
        self.rows.ask("facts", keys)

    def _one(
        self, message: Message, place: Place, page: Sheet, asked: Asked, at: int, *, known: bool
    ) -> Judged:
        if known:
            page.answered = 0
        parent = self.rows.of("messages").get(place.parent)
        scene = identity.Scene(
            message=message,
            place=place,
            page=page,
            facts=self.rows.of("facts"),
            own=self.own,
            now=at,
            answered_at=place.parent_at or answered_at(message),
            parent_flagged=bool(parent and parent[3] & FLAGGED),
            experience=min(1.0, log1p(self.known + self.learnt) / log1p(EXPERIENCED)),
        )
        observed: dict[str, float] = {}
        identity.observe(scene, observed)
        payload.observe(scene, observed)
        score = self.scorer.score(observed)
        inside = registrable(message.author.domain) in self.own
        answers = scene.answers
        found = Judged(
            index=0,
            number=self.judged,
            key=asked.key,
            thread=place.thread,
            parent=place.parent,
            parent_at=scene.answered_at,
            by=place.by,
            at=at,
            message_id=message.message_id,
            date=message.when,
            verdict=self.scorer.verdict(score, answers=answers, inside=inside),
            score=score,
            observed=observed,
            answers=answers,
            inside=inside,
            known_before=known,
            server=server_of(message),
            account=message.author.address,
        )
        self.judged += 1
        self._burst(message, page, found)
        self.placing.note(
            asked, self.number("a", found.account), place, at, flagged=found.verdict == "alert"
        )
        if found.verdict != "alert":
            self._remember(message, page, found)
        return found

    def _burst(self, message: Message, page: Sheet, found: Judged) -> None:
        """Put it with its like; raise all of them where they are too many."""
        facts = self.rows.of("facts")
        fresh = {
            link.domain
            for link, everybody, _ in page.links
            if everybody not in facts and not everybodys(link) and not below(link, message.text.new)
        }
        fresh -= public_sites()
        risky = wants_more(found.observed)
        hosted = "hosting-new-to-sender" in found.observed
        if not (fresh or risky or hosted) or not found.answers:
            return
        found.shape = payload_shape(message)
        wanted = {*fresh, found.shape} - {""}
        # Whatever it is: one who puts something never seen into several threads at once.
        if risky or "link-unrelated" in found.observed:
            wanted.add(ANYTHING)
        groups = [("burst-account", self.number("b", found.account), each) for each in wanted]
        if sender := self._server_or_domain(message, found):
            groups += [("burst-server", sender, each) for each in wanted - {ANYTHING}]
        groups += [("burst-wave", 0, each) for each in fresh]
        if found.shape and fresh:
            groups.append(("burst-wave", 0, found.shape))
        self._recent[found.number] = found
        for name, strength, numbers in self.bursts.add(
            Sent(found.at, found.thread, found.number), groups
        ):
            for number in numbers:
                if (each := self._recent.get(number)) is not None:
                    self._raise(each, name, strength)

    def _server_or_domain(self, message: Message, found: Judged) -> int:
        """Ours by the server that sent it; a stranger by its domain, where that is one organisation's."""
        if found.inside:
            return self.number("b", found.server) if found.server else 0
        domain = registrable(message.author.domain)
        return self.number("b", domain) if domain and domain not in free_mail() else 0

    def _raise(self, each: Judged, name: str, strength: float) -> None:
        if each.observed.get(name, 0.0) >= strength:
            return
        each.observed[name] = strength
        each.score = self.scorer.score(each.observed)
        was = each.verdict
        each.verdict = self.scorer.verdict(each.score, answers=each.answers, inside=each.inside)
        if each.verdict == "alert":
            if was != "alert":
                self._dropped.add(each.key)
            author = self.number("a", each.account)
            self.rows.set("messages", each.key, (each.thread, author, each.at, FLAGGED))

    def _remember(self, message: Message, page: Sheet, found: Judged) -> None:
        """Who takes part in the thread, for the mails that follow."""
        rows = self.rows
        thread = found.thread
        for key in (
            page.thread_address, page.thread_writer, page.thread_name, page.answered, page.mailbox,
            page.mailbox_near,
        ):  # fmt: skip
            if key:
                rows.count("facts", key, found.at)
        for each in (*message.to, *message.cc)[:THREAD_MEMBERS]:
            if each.address:
                rows.count("facts", self.number("tp", thread, each.address), found.at)
                for key in mailboxes(self.number, thread, each.address):
                    rows.count("facts", key, found.at)
        if not found.known_before:
            self._teach(message, page, found)

    def _teach(self, message: Message, page: Sheet, found: Judged) -> None:
        """Put aside what it will teach.

        A mail that was watched teaches late, and who wrote it only: somebody who has changed his
        address is known again some day, a link that stood out never is.
        """
        said = message.authentication
        clear = found.verdict == "clear"
        body = lesson(page, passed="pass" in (said.dmarc, said.dkim, said.spf), wanted=clear)
        due = found.at if clear else found.at + WATCHED_DELAY
        heapq.heappush(self._waiting, (due, found.key, body))

    def _learn(self, due: int) -> None:
        """Learn what has become old enough."""
        waiting = self._waiting
        while waiting and waiting[0][0] <= due:
            at, message, body = heapq.heappop(waiting)
            if message in self._dropped:
                self._dropped.discard(message)
                continue
            numbers = taught(body)
            self.addresses += numbers[2] not in self.rows.of("facts")
            self.rows.teach(numbers, at)
            self.learnt += 1

    def _forget_recent(self, now: int) -> None:
        if len(self._recent) > 20_000:
            old = [number for number, each in self._recent.items() if now - each.at > 7200]
            for number in old:
                del self._recent[number]


def server_of(message: Message) -> str:
    """The host that sent it, as the last line that can be believed names it: its writer, or, where
    that is our own accepting server, whom it took the mail from."""
    if message.own_stamp and message.auth_source:
        return message.auth_source.lower()
    believed = [hop for hop in message.hops if hop.trust != "forgeable"]
    if not believed:
        return ""
    last = believed[-1]
    if last.trust == "trusted" and last.peer and not near(last.peer):
        return (last.helo or last.peer).lower()
    return (last.by or last.helo).lower()


def _seconds(message: Message) -> int:
    when = message.when
    if when is None:
        return 0
    return int((when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp())
