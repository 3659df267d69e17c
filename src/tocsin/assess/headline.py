"""The verdict in words: the first thing a reader sees."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tocsin.analyse.inventory.room import KnownServer
from tocsin.model.conversation import Conversations
from tocsin.model.text import N_, Sentence, say


def headline(
    servers: Sequence[KnownServer],
    counts: Mapping[str, Mapping[str, int]],
    *,
    outside: bool,
) -> tuple[Sentence, ...]:
    """How many servers, how many of them hidden, how many open to what is being exploited."""
    mine = [each for each in servers if each.ours is not False]
    others = len(servers) - len(mine)
    if not servers:
        return (say(N_("No Exchange server was found in what was given.")),)
    lines = [_how_many(len(mine))]
    if outside:
        lines.append(_hidden(sum(each.hidden is True for each in mine)))
    else:
        lines.append(
            say(N_("Which of them the internet sees is unknown: no outside evidence was given."))
        )
    exploited = sum(counts[each.id]["kev"] > 0 for each in mine)
    if exploited:
        lines.append(_exploited(exploited))
    elif any(counts[each.id]["affected"] for each in mine):
        lines.append(say(N_("None is known to be open to a hole that is being exploited.")))
    unknown = sum(each.current is None for each in mine)
    if unknown:
        lines.append(say(N_("The build is unknown for: {count}."), count=unknown))
    if others:
        lines.append(
            say(N_("Servers of other organisations seen in the mails: {count}."), count=others)
        )
    return tuple(lines)


def conversation_headline(spoken: Conversations | None, *, asked: bool) -> tuple[Sentence, ...]:
    """Whether somebody speaks in our conversations. asked: nothing else was asked for."""
    if spoken is None:
        return (say(N_("No mail was found in what was given.")),) if asked else ()
    alerts = spoken.judged.get("alert", 0)
    if not alerts:
        return (say(N_("Nobody was found speaking inside the conversations.")),)
    inside = sorted({each for one in spoken.campaigns for each in one.accounts})
    people = {each for one in spoken.campaigns for each in one.recipients}
    lines = [_speaking(alerts), _to_warn(len(people))]
    if inside:
        lines.append(say(N_("Some were sent from accounts of yours: {count}."), count=len(inside)))
    return tuple(lines)


def _speaking(count: int) -> Sentence:
    if count == 1:
        return say(N_("Somebody is speaking inside a conversation: 1 mail."))
    return say(N_("Somebody is speaking inside the conversations: {count} mails."), count=count)


def _to_warn(count: int) -> Sentence:
    if count == 1:
        return say(N_("1 person got it and must be warned."))
    return say(N_("{count} people got them and must be warned."), count=count)


def _how_many(count: int) -> Sentence:
    if count == 1:
        return say(N_("There is 1 Exchange server."))
    return say(N_("There are {count} Exchange servers."), count=count)


def _hidden(count: int) -> Sentence:
    if count == 0:
        return say(N_("None of them is hidden from the internet."))
    if count == 1:
        return say(N_("Nobody outside can see one of them."))
    return say(N_("Nobody outside can see {count} of them."), count=count)


def _exploited(count: int) -> Sentence:
    if count == 1:
        return say(N_("One is open to holes that are known to be exploited."))
    return say(N_("Of all, {count} are open to holes that are known to be exploited."), count=count)
