"""One story for each server where a break-in, hijacked mail and a trust meet."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.assess.actions.warn import mail_bases
from tocsin.assess.incidents import aware
from tocsin.assess.known import Broken, Known, cited
from tocsin.assess.path_checks import bases_along, route
from tocsin.assess.sending import Sent
from tocsin.model.run import Server, hidden_word
from tocsin.model.text import N_, Sentence, say
from tocsin.model.trusts import Basis, NodeKind, Path, Story, StoryLine

WAYS_TOLD = 3
"""Ways told in one story, to the gravest targets."""
ROWS_QUOTED = 3
"""Rows of logs quoted with one step."""

TITLE = N_(
    "{name}: broken into on {day}, {count} hijacked replies sent through it since {since}, and a way "
    "on to {where}."
)
TITLE_SINCE = N_(
    "{name}: broken into on {day}, {count} hijacked replies sent through it since then, and a way on to "
    "{where}."
)
TITLE_UNDATED = N_(
    "{name}: broken into, {count} hijacked replies sent through it, and a way on to {where}."
)
WHERE: dict[NodeKind, str] = {
    "Tenant": N_("the tenant"),
    "CloudMailboxes": N_("the mailboxes in Exchange Online"),
    "ADDomain": N_("the domain"),
    "MailTrust": N_("mail that Exchange Online takes for internal"),
    "OnPremMailboxes": N_("the mailboxes on-premises"),
}
_HIDDEN = {
    "hidden": N_("{name} runs {build}. Nothing outside sees it."),
    "public": N_("{name} runs {build}. The internet sees it."),
    "unknown": N_("{name} runs {build}. Nobody looked whether the internet sees it."),
}


def stories(known: Known) -> tuple[Story, ...]:
    """In the order of the first thing that happened."""
    found = []
    for server, signs in known.broken.items():
        sent = known.sent.get(server)
        ways = _first_ways(known, server)
        if sent and ways and server in known.by_id:
            found.append(
                (aware(signs.since), _story(known, known.by_id[server], signs, sent, ways))
            )
    return tuple(story for _, story in sorted(found, key=lambda pair: (pair[0], pair[1].name)))


def _story(known: Known, server: Server, signs: Broken, sent: Sent, ways: list[Path]) -> Story:
    lines = [
        _inventory(server),
        *_hunt(known, signs),
        *_conversation(server, sent),
        *_trust(known, server, ways),
    ]
    # What has no time of its own frames the rest: the server first, where its ways lead last.
    first = [each for each in lines if each.when is None and each.room == "inventory"]
    last = [each for each in lines if each.when is None and each.room != "inventory"]
    timed = sorted((each for each in lines if each.when), key=lambda each: aware(each.when))
    where = WHERE[known.graph.nodes[ways[0].target].kind]
    return Story(
        server=server.id,
        name=server.name,
        title=_title(server, signs, sent, where),
        lines=(*first, *timed, *last),
        incidents=signs.ids,
        campaigns=tuple(sorted({each.campaign for each in sent.mails} - {""})),
    )


def _title(server: Server, signs: Broken, sent: Sent, where: str) -> Sentence:
    count = len(sent.mails)
    if signs.since is None or sent.first is None:
        return say(TITLE_UNDATED, name=server.name, count=count, where=where)
    day, since = f"{signs.since:%Y-%m-%d}", f"{sent.first:%Y-%m-%d}"
    if day == since:
        return say(TITLE_SINCE, name=server.name, day=day, count=count, where=where)
    return say(TITLE, name=server.name, day=day, count=count, since=since, where=where)


def _inventory(server: Server) -> StoryLine:
    proofs = [proof for entry in server.history[-1:] for proof in entry.evidence[:1]]
    said = (
        say(_HIDDEN[hidden_word(server.hidden)], name=server.name, build=server.build_label)
        if server.build_label
        else say(N_("Nobody knows the build of {name}."), name=server.name)
    )
    return StoryLine(
        when=None,
        room="inventory",
        said=said,
        bases=tuple(
            Basis(
                source=each.source,
                position=each.position,
                sha256=each.sha256,
                object=server.name,
                property="build",
                value=each.quote,
            )
            for each in proofs
        ),
    )


def _hunt(known: Known, signs: Broken) -> Iterator[StoryLine]:
    by_id = {each.id: each for each in known.hunt.findings} if known.hunt else {}
    told: set[str] = set()
    for step in signs.steps:
        told.update(step.findings)
        mine = [by_id[each] for each in step.findings if each in by_id]
        yield StoryLine(
            when=step.first,
            room="hunt",
            said=step.said,
            bases=tuple(cited(f, e) for f in mine for e in f.events)[:ROWS_QUOTED],
        )
    for finding in signs.findings:
        if finding.id not in told:
            rows = finding.events[:ROWS_QUOTED]
            yield StoryLine(
                when=finding.first,
                room="hunt",
                said=finding.because,
                bases=tuple(cited(finding, each) for each in rows),
            )


def _conversation(server: Server, sent: Sent) -> Iterator[StoryLine]:
    people = {each for mail in sent.mails for each in mail.recipients}
    answered = {each for mail in sent.mails for each in mail.answered}
    words = N_(
        "The first of {count} hijacked replies leaves through {name}; together they reach {people} "
        "people."
    )
    yield StoryLine(
        when=sent.first,
        room="conversation",
        said=say(words, count=len(sent.mails), name=server.name, people=len(people)),
        bases=mail_bases(sent.mails),
    )
    if sent.last is not None and sent.last != sent.first:
        yield StoryLine(
            when=sent.last,
            room="conversation",
            said=say(N_("The last one that was read leaves through {name}."), name=server.name),
            bases=mail_bases(sent.mails[-1:]),
        )
    if answered:
        yield StoryLine(
            when=None,
            room="conversation",
            said=say(N_("People who answered one: {count}."), count=len(answered)),
        )


def _trust(known: Known, server: Server, ways: list[Path]) -> Iterator[StoryLine]:
    for each in ways[:WAYS_TOLD]:
        words = N_("Whoever is on {name} can go on to {where}: {way}.")
        where = WHERE[known.graph.nodes[each.target].kind]
        yield StoryLine(
            when=None,
            room="trust",
            said=say(words, name=server.name, where=where, way=route(known.graph, each)),
            bases=bases_along(known.graph, [each]),
        )


def _first_ways(known: Known, server: str) -> list[Path]:
    """The strongest way to each target, the gravest first."""
    score = known.scores.get(server)
    by_id = {each.id: each for each in known.paths_of.get(server, ())}
    mine = [by_id[each] for each in score.paths if each in by_id] if score else []
    return sorted(mine, key=lambda each: known.atlas.ends.index(each.target))
