"""The first axis: is this who it says it is? Each observation is a strength from 0 (or absent) to 1.

An observation says what stands out, never how much it weighs: weights are data
(tocsin.knowledge.indicators). That a sender is known, that a mail is an answer, that it came from
inside: none of these takes anything away, because they are the attack.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from tocsin.analyse.conversation.memory import Row
from tocsin.analyse.conversation.names import look_alike, near, person
from tocsin.analyse.conversation.sheet import LOCAL_LEAST, Sheet
from tocsin.analyse.conversation.threads import Place
from tocsin.analyse.conversation.traits import TRAITS, surprise
from tocsin.formats.syntax.domains import registrable
from tocsin.model.message import Message

DAY = 86400

STALE_FROM = 30
STALE_FULL = 120
"""Days since the last word in a thread: from the first an answer is odd, from the second fully."""

PASTED_LEAST = 2
"""Marks of others' text in the new text, from which the conversation was pasted there."""

ACQUAINTED = 3
"""Mails seen of a sender before what is new about him says anything."""

_PLACE = {trait: place for place, trait in enumerate(TRAITS)}

Observed = dict[str, float]


class Scene(msgspec.Struct, frozen=True, gc=False):
    """All that an observation may look at. own: registrable domains of the reader's organisation;
    now: when the mail came, seconds; answered_at: when what it answers was written, 0 unknown;
    parent_flagged: what it answers was not clear;
    experience: how far a thing never seen says anything yet, 0 (nothing was learnt) to 1."""

    message: Message
    place: Place
    page: Sheet
    facts: Mapping[int, Row]
    own: frozenset[str]
    now: int
    answered_at: int = 0
    parent_flagged: bool = False
    experience: float = 1.0

    @property
    def answers(self) -> bool:
        """Whether it claims to stand in a conversation."""
        message = self.message
        return bool(
            message.reply_marks
            or message.forward_marks
            or message.in_reply_to
            or message.references
            or message.text.quoted_words
            or self.place.by in ("ids", "index", "text")
        )


def observe(scene: Scene, found: Observed) -> None:
    """Add what stands out about who speaks."""
    _address(scene, found)
    _elsewhere(scene, found)
    if scene.page.address not in scene.facts:
        _near(scene, found)
    _thread(scene, found)
    _habits(scene, found)
    _authentication(scene, found)
    _form(scene, found)


def _address(scene: Scene, found: Observed) -> None:
    facts, page, message = scene.facts, scene.page, scene.message
    known = page.address in facts
    if not known:
        found["address-new"] = scene.experience
        # Whom this conversation has been written to is no newcomer when he answers.
        if page.domain not in facts and page.thread_address not in facts:
            found["domain-new"] = scene.experience
            if any(key in facts for key in page.alike):
                found["domain-alike"] = 1.0
    _name(scene, found, known=known)
    if message.more_senders and not known:
        found["more-senders"] = 1.0
    if page.reply_to and page.reply_to not in facts:
        domains = {each.domain for each in message.reply_to}
        if message.author.domain not in domains and message.sender.domain not in domains:
            found["reply-elsewhere"] = 1.0


def _name(scene: Scene, found: Observed, *, known: bool) -> None:
    """Whose name, or whose mailbox, the address bears. known: the address itself is."""
    facts, page = scene.facts, scene.page
    if page.name and page.named not in facts:
        if page.name in facts and not known:
            found["name-elsewhere"] = 1.0
        if page.thread_name in facts and page.thread_address not in facts:
            found["participant-elsewhere"] = 1.0
    if page.mailbox and page.mailbox in facts and page.thread_address not in facts:
        found["mailbox-elsewhere"] = 1.0
    elif page.mailbox_near in facts and page.thread_address not in facts and not known:
        found["mailbox-near"] = 1.0
    if not known and not _OTHERWISE.isdisjoint(found):
        found["known-otherwise"] = 1.0
        if "domain-alike" in found:
            found["alike-and-known"] = 1.0


_OTHERWISE = frozenset({"name-elsewhere", "participant-elsewhere", "mailbox-elsewhere"})
"""Somebody is known, but not from this address."""


def _elsewhere(scene: Scene, found: Observed) -> None:
    """What the mail itself says about its author, against the address it comes from."""
    message = scene.message
    author = message.author
    shown = person(author.name)
    words = set(shown.split())
    for address in message.text.addresses:
        if address == author.address or not words:
            continue
        local, _, domain = address.partition("@")
        plain = person(local.replace(".", " ").replace("_", " ").replace("-", " "))
        theirs = set(plain.split()) & words
        if domain.rpartition("@")[2] != author.domain and any(len(each) >= 3 for each in theirs):
            found["signed-elsewhere"] = 1.0
            break
    local = author.address.partition("@")[0]
    for each in message.text.attributions:
        if not each.address or each.address == author.address:
            continue
        if shown and person(each.name) == shown:
            found["quoted-elsewhere"] = 1.0
        if len(local) >= LOCAL_LEAST and each.address.startswith(local + "@"):
            found["mailbox-elsewhere"] = 1.0
    if scene.facts.get(scene.page.address) is None and _resembles(scene):
        found["look-alike"] = 1.0
        if "known-otherwise" in found or "mailbox-elsewhere" in found:
            found["alike-and-known"] = 1.0


def _near(scene: Scene, found: Observed) -> None:
    """Whether the mailbox is made to look like that of somebody whom the mail itself names."""
    message = scene.message
    author = message.author.address
    seen = {each.address for each in (*message.to, *message.cc)}
    seen.update(each.address for each in message.text.attributions)
    seen.update(message.text.addresses)
    seen.discard(author)
    if any(near(author, each) for each in seen if each):
        found["mailbox-near"] = 1.0
    if "mailbox-near" in found and "known-otherwise" in found:
        found["near-and-known"] = 1.0


def _resembles(scene: Scene) -> bool:
    """Whether the sender's domain is made to look like one of those who really take part."""
    message = scene.message
    domain = registrable(message.author.domain) or message.author.domain
    others = {each.domain for each in (*message.to, *message.cc)}
    others |= {each.rpartition("@")[2] for each in message.text.addresses}
    others |= {each.address.rpartition("@")[2] for each in message.text.attributions}
    others |= {each.rpartition("@")[2] for each in message.in_reply_to[:1]}
    known = scene.page.domain in scene.facts
    return not known and any(
        look_alike(domain, registrable(other) or other) for other in others | scene.own if other
    )


def _thread(scene: Scene, found: Observed) -> None:
    message, place, page = scene.message, scene.place, scene.page
    if not scene.answers:
        return
    _ids(scene, found)
    if place.by in ("ids", "index", "text"):
        _known_thread(scene, found)
    elif page.address not in scene.facts:
        found["stranger-answers"] = scene.experience
    if 0 < scene.answered_at < scene.now:
        days = (scene.now - scene.answered_at) / DAY
        if days > STALE_FROM:
            found["stale"] = min(1.0, 0.5 + days / STALE_FULL / 2)
    if place.pasted >= PASTED_LEAST:
        found["pasted-thread"] = 1.0
    new, quoted = message.text.language, message.text.quoted_language
    if new and quoted and new != quoted and page.language not in scene.facts:
        found["language-new"] = 1.0


def _ids(scene: Scene, found: Observed) -> None:
    """Whether it names what it answers, and names it right."""
    message, place = scene.message, scene.place
    if not message.in_reply_to and not message.references:
        if message.reply_marks or place.by in ("text", "index"):
            found["ids-missing"] = 1.0
        if place.text_thread:
            found["ids-missing-quote-known"] = 1.0
    elif place.by in ("unknown-ids", "text"):
        found["ids-unknown"] = 1.0
    if place.by == "ids" and place.text_thread and place.text_thread != place.thread:
        found["ids-disagree"] = 1.0


def _known_thread(scene: Scene, found: Observed) -> None:
    """What is odd about somebody who speaks in a conversation that is known."""
    page, facts = scene.page, scene.facts
    if page.thread_address not in facts:
        found["stranger"] = 1.0
        if page.address not in facts:
            found["stranger-unknown"] = scene.experience
    if page.answered and page.answered in facts:
        found["second-answer"] = 1.0
    if scene.parent_flagged:
        found["answers-flagged"] = 1.0


def _habits(scene: Scene, found: Observed) -> None:
    """What is new about a known sender; of an unknown one at a known domain, about the domain."""
    facts, page = scene.facts, scene.page
    mine = facts.get(page.address)
    domains = facts.get(page.domain)
    if mine is not None:
        if mine[2] >= ACQUAINTED:
            _own_habits(scene, mine, found)
    elif domains is not None and domains[2] >= ACQUAINTED:
        for trait, _, key in page.traits:
            if trait != "quote" and key not in facts:
                strength = surprise(domains, _PLACE[trait])
                if strength > 0.0:
                    found[f"domain-{trait}-new"] = strength


def _own_habits(scene: Scene, mine: Row, found: Observed) -> None:
    facts, page = scene.facts, scene.page
    news = 0
    for trait, key, _ in page.traits:
        if key not in facts:
            strength = surprise(mine, _PLACE[trait])
            if strength > 0.0:
                found[f"{trait}-new"] = strength
                news += trait != "quote"
    if page.recipients and not any(each in facts for each in page.recipients):
        found["recipients-new"] = min(1.0, mine[2] / 20)
    if news >= 2:
        found["habits-broken"] = min(1.0, (news - 1) / 3)


def _authentication(scene: Scene, found: Observed) -> None:
    message, facts, page = scene.message, scene.facts, scene.page
    said = message.authentication
    if said.trusted:
        failed = "fail" in (said.dmarc, said.dkim) or said.spf in ("fail", "softfail", "hardfail")
        if failed:
            found["authentication-failed"] = 1.0
        passed = "pass" in (said.dmarc, said.dkim, said.spf)
        if not passed and page.passing and page.passing in facts:
            found["authentication-lost"] = 1.0
    domain = registrable(message.author.domain)
    if domain and domain in scene.own and message.hops:
        inside = message.own_stamp and message.auth_as.lower() == "internal"
        outside = message.hops[-1].trust == "forgeable" or (
            message.own_stamp and message.auth_as.lower() == "anonymous"
        )
        if outside and not inside:
            found["own-from-outside"] = 1.0
    if message.auth_as and not message.own_stamp:
        found["stamp-forged"] = 1.0


def _form(scene: Scene, found: Observed) -> None:
    """What a program that answers by itself leaves behind."""
    message = scene.message
    if not message.message_id:
        found["no-message-id"] = 1.0
    if message.reply_marks >= 2 and not message.references:
        found["double-re"] = 1.0
    for trait in message.traits:
        if trait in ("client-mismatch", "future-date"):
            found[trait] = 1.0
    if message.text.style == "pre":
        found["quote-in-pre"] = 1.0
    if message.text.hidden > 20:
        found["hidden-text"] = 1.0
