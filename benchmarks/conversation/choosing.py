"""Which threads are hijacked, by whom, when: drawn from what the list really holds.

One hijack per thread and form. A burst is one account, or one server, answering many threads within
an hour.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator

import msgspec

from benchmarks.conversation.forms import DAY, Form, Plan, Voice
from benchmarks.conversation.lists import Mail, MailList, Party, threads_of
from benchmarks.conversation.template import Template, template

COLLEAGUE_SHARE = 0.6
"""How often a `colleague` is of the list's biggest domain; otherwise any true participant."""

BURST_SIZES = (5, 30)
BURST_REACH = 120 * DAY
"""How old a thread may be that a burst answers."""

TRIES = 12
MODELS = 15
"""A careful intruder copies one of the last so many mails of the sender."""


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """One hijack as drawn. writer: who is impersonated; own: of the organisation's domain."""

    thread: str
    parent: Mail
    writer: Party
    at: int
    model: Template
    voice: Voice
    own: bool
    burst: str = ""


class Chooser:
    """Draws the hijacks of one list within [begin, end)."""

    def __init__(self, of: MailList, begin: int, end: int) -> None:
        self.of, self.begin, self.end = of, begin, end
        self.threads = threads_of(of.mails)
        self.by_author: dict[str, list[Mail]] = defaultdict(list)
        for mail in of.mails:
            if mail.author.address not in of.addresses:
                self.by_author[mail.author.address].append(mail)
        self._templates: dict[str, Template] = {}

    def choices(self, rng: random.Random, form: Form, plan: Plan, count: int) -> Iterator[Choice]:
        """At most `count` hijacks of that form."""
        used: set[str] = set()
        drawn = 0
        while plan.burst and drawn < plan.burst * count:
            burst = self._burst(rng, form, plan, used, f"{form}-burst-{drawn:04}")
            if len(burst) < BURST_SIZES[0]:
                break
            used.update(each.thread for each in burst)
            drawn += len(burst)
            yield from burst
        order = sorted(self.threads)
        rng.shuffle(order)
        for thread in order:
            if drawn >= count:
                return
            if thread in used:
                continue
            choice = self._single(rng, plan, thread)
            if choice is not None:
                drawn += 1
                yield choice

    def template(self, mail: Mail) -> Template:
        if mail.message_id not in self._templates:
            self._templates[mail.message_id] = template(mail, self.of)
        return self._templates[mail.message_id]

    def road(self, rng: random.Random, at: int) -> Template:
        """A mail that came through the list shortly before."""
        recent = [m for m in self.of.mails if at - 30 * DAY <= m.at < at] or list(
            self.of.mails[:50]
        )
        return self.template(rng.choice(recent[-40:]))

    def _single(self, rng: random.Random, plan: Plan, thread: str) -> Choice | None:
        mails = self.threads[thread]
        voice: Voice = plan.voice
        if plan.patient and rng.random() < 0.5:
            voice = "partner"
        strict = rng.random() < COLLEAGUE_SHARE
        for _ in range(TRIES):
            parent = rng.choice(mails)
            at = parent.at + plan.age(rng)
            if not self.begin <= at < self.end:
                continue
            able = [w for w in self._writers(mails, parent) if self._fits(w, voice, strict=strict)]
            if not able:
                continue
            choice = self._choice(rng, thread, parent, rng.choice(able), at, voice)
            if choice is not None:
                return choice
        return None

    def _fits(self, writer: Party, voice: Voice, *, strict: bool) -> bool:
        own = writer.domain == self.of.organisation
        if voice == "partner":
            return not own
        return own or not strict or voice != "colleague"

    def _writers(self, mails: list[Mail], parent: Mail) -> list[Party]:
        """Participants so far, apart from the one whose mail is answered."""
        so_far = [m.author for m in mails if m.at <= parent.at]
        found = {p.address: p for p in (*parent.people, *so_far)}
        found.pop(parent.author.address, None)
        return [p for a, p in sorted(found.items()) if a not in self.of.addresses and p.domain]

    def _choice(
        self, rng: random.Random, thread: str, parent: Mail, writer: Party, at: int, voice: Voice,
        burst: str = "",
    ) -> Choice | None:  # fmt: skip
        before = [m for m in self.by_author[writer.address] if m.at < at][-MODELS:]
        prompt = [m for m in before if b"\nX-Mailman-Approved-At:" not in m.raw[:20_000]]
        replies = [m for m in prompt if m.parent] or prompt
        if not replies:
            return None
        model = rng.choice(replies)
        return Choice(
            thread=thread,
            parent=parent,
            writer=Party(model.author.name or writer.name, writer.address),
            at=at,
            model=self.template(model),
            voice=voice,
            own=writer.domain == self.of.organisation,
            burst=burst,
        )

    def _burst(
        self, rng: random.Random, form: Form, plan: Plan, used: set[str], name: str
    ) -> list[Choice]:
        """Many threads of one account (T4) or of one domain's server (T3) within an hour."""
        for _ in range(TRIES):
            at = rng.randrange(self.begin, self.end)
            live = {
                t: mails for t, mails in self.threads.items()
                if t not in used and mails[0].at < at and any(at - BURST_REACH <= m.at < at for m in mails)
            }  # fmt: skip
            actors: dict[str, list[tuple[str, Mail, Party]]] = defaultdict(list)
            for thread, mails in live.items():
                parent = max((m for m in mails if m.at < at), key=lambda m: m.at)
                for writer in self._writers(mails, parent):
                    actors[writer.domain if form == "T3" else writer.address].append(
                        (thread, parent, writer)
                    )
            able = [
                key
                for key, found in actors.items()
                if len({t for t, _, _ in found}) >= BURST_SIZES[0]
            ]
            if able:
                found = self._drawn(rng, actors[rng.choice(sorted(able))], at, plan, name)
                if len(found) >= BURST_SIZES[0]:
                    return found
        return []

    def _drawn(
        self, rng: random.Random, able: list[tuple[str, Mail, Party]], at: int, plan: Plan, name: str
    ) -> list[Choice]:  # fmt: skip
        rng.shuffle(able)
        most = rng.randint(*BURST_SIZES)
        found: dict[str, Choice] = {}
        for thread, parent, writer in able:
            if thread in found or len(found) >= most:
                continue
            moment = min(at + rng.randrange(3600), self.end - 1)
            choice = self._choice(rng, thread, parent, writer, moment, plan.voice, name)
            if choice is not None:
                found[thread] = choice
        return sorted(found.values(), key=lambda each: each.at)
