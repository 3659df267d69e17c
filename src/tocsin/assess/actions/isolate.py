"""Servers that somebody got into, or that send what somebody else wrote."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.assess.actions import BASES_KEPT, Proposal, Stage
from tocsin.assess.actions.warn import mail_bases
from tocsin.assess.known import Broken, Known, cited, onward
from tocsin.assess.paths import node_of
from tocsin.assess.sending import Sent
from tocsin.model.text import N_, Sentence, say

SENDING = N_(
    "Isolate {name}: broken into on {day}, {count} hijacked replies sent through it since {since}."
)
SENDING_SINCE = N_(
    "Isolate {name}: broken into on {day}, {count} hijacked replies sent through it since then."
)
SENDING_UNDATED = N_("Isolate {name}: broken into, {count} hijacked replies sent through it.")
BROKEN = N_("Isolate {name}: broken into on {day}.")
BROKEN_UNDATED = N_("Isolate {name}: broken into.")
NAMELESS = N_("Isolate the server that these logs are of: broken into on {day}.")
NAMELESS_UNDATED = N_("Isolate the server that these logs are of: broken into.")
UNEXPLAINED = N_(
    "Find out who sends through {name}: {count} hijacked replies left through it since {since}."
)
UNEXPLAINED_UNDATED = N_(
    "Find out who sends through {name}: {count} hijacked replies left through it."
)


def propose(known: Known) -> Iterator[Proposal]:
    """Each broken server, then each that sends without a sign of how."""
    for server, signs in known.broken.items():
        yield _broken(known, server, signs, known.sent.get(server))
    for server, sent in known.sent.items():
        if server not in known.broken and server in known.by_id:
            yield _unexplained(known, server, sent)


def _broken(known: Known, server: str, signs: Broken, sent: Sent | None) -> Proposal:
    because: list[Sentence] = [each.title for each in signs.incidents]
    because += [each.because for each in signs.findings if not signs.incidents]
    leads = onward(known, server)
    if leads is not None:
        because.append(leads)
    bases = [cited(each, event) for each in signs.findings for event in each.events[:2]]
    if sent is not None:
        bases = [*bases[: BASES_KEPT // 2], *mail_bases(sent.mails)]
    return Proposal(
        kind="isolate",
        stage=Stage.SENDING if sent else Stage.BROKEN,
        level="critical",
        key=server,
        do=_words(known, server, signs, sent),
        because=tuple(because),
        servers=(server,) if server in known.by_id else (),
        nodes=frozenset({node_of(server)} & known.graph.nodes.keys()),
        accepted=signs.accepted,
        bases=tuple(bases[:BASES_KEPT]),
    )


def _words(known: Known, server: str, signs: Broken, sent: Sent | None) -> Sentence:
    named = known.by_id.get(server)
    name = named.name if named else signs.host
    day = f"{signs.since:%Y-%m-%d}" if signs.since else ""
    since = f"{sent.first:%Y-%m-%d}" if sent and sent.first else ""
    if not name:
        return say(NAMELESS, day=day) if day else say(NAMELESS_UNDATED)
    if sent and day and day == since:
        return say(SENDING_SINCE, name=name, day=day, count=len(sent.mails))
    if sent and day and since:
        return say(SENDING, name=name, day=day, count=len(sent.mails), since=since)
    if sent:
        return say(SENDING_UNDATED, name=name, count=len(sent.mails))
    return say(BROKEN, name=name, day=day) if day else say(BROKEN_UNDATED, name=name)


def _unexplained(known: Known, server: str, sent: Sent) -> Proposal:
    name = known.by_id[server].name
    count = len(sent.mails)
    leads = onward(known, server)
    reason = say(N_("No log shows a break-in there: the server or an account is in other hands."))
    return Proposal(
        kind="isolate",
        stage=Stage.ONGOING,
        level="high",
        key=f"{server}\0sending",
        do=say(UNEXPLAINED, name=name, count=count, since=f"{sent.first:%Y-%m-%d}")
        if sent.first
        else say(UNEXPLAINED_UNDATED, name=name, count=count),
        because=(reason, leads) if leads else (reason,),
        servers=(server,),
        nodes=frozenset({node_of(server)} & known.graph.nodes.keys()),
        bases=mail_bases(sent.mails),
    )
