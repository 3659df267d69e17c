"""A mail as it is shown, the genuine one beside it, and the thread as a row of events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tocsin.analyse.conversation.telling import authentication, defanged
from tocsin.model.conversation import MessageVerdict, MessageView, ThreadEvent
from tocsin.model.evidence import Evidence
from tocsin.model.message import Message, Party

TEXT_SHOWN = 2000
"""Characters of new text shown of a mail."""

LINKS_SHOWN = 10
EVENTS_SHOWN = 40
"""Messages of a thread in its picture."""


def written(party: Party) -> str:
    """A mailbox as people read it."""
    if party.name and party.name != party.address:
        return f"{party.name} <{party.address}>"
    return party.address


def view(each: Evidence) -> MessageView:
    """One mail, as plain text."""
    message = each.body
    assert isinstance(message, Message)
    text = message.text
    return MessageView(
        at=each.at,
        message_id=message.message_id,
        date=message.when,
        subject=message.subject,
        sender=written(message.author),
        reply_to=", ".join(map(written, message.reply_to)),
        recipients=message.recipients[:50],
        in_reply_to=" ".join(message.in_reply_to[:3]),
        client=message.client_raw[:200] or message.client,
        origin=message.origin,
        path=tuple(_hop(hop.by, hop.helo, hop.peer) for hop in message.hops[:10]),
        authentication=authentication(message),
        text=text.new[:TEXT_SHOWN],
        quote=text.quoted_head,
        links=tuple(defanged(link.url) for link in message.links if not link.quoted)[:LINKS_SHOWN],
        attachments=tuple(
            f"{file.name} ({file.kind})" for file in message.attachments if not file.inline
        )[:LINKS_SHOWN],
    )


def _hop(by: str, helo: str, peer: str) -> str:
    sender = " ".join(filter(None, (helo, f"[{peer}]" if peer else "")))
    return f"{by} ← {sender}" if sender else by


def differing(shown: MessageView, original: MessageView | None) -> tuple[str, ...]:
    """The traits in which two mails differ that should come from one person, by field name.

    Of links and files only those of a host or a kind that the genuine one did not bring; what two
    mails say always differs, so it is not named.
    """
    if original is None:
        return ()
    pairs: tuple[tuple[str, object, object], ...] = (
        ("sender", shown.sender, original.sender),
        ("client", shown.client, original.client),
        ("origin", shown.origin, original.origin),
        ("path", shown.path[-1:], original.path[-1:]),
        ("authentication", shown.authentication, original.authentication),
        ("message_id", _host(shown.message_id), _host(original.message_id)),
        ("reply_to", shown.reply_to, original.reply_to),
        ("in_reply_to", bool(shown.in_reply_to), bool(original.in_reply_to)),
        ("links", _hosts(shown) - _hosts(original), set()),
        ("attachments", _kinds(shown) - _kinds(original), set()),
    )
    return tuple(name for name, one, other in pairs if one != other)


def _hosts(shown: MessageView) -> set[str]:
    return {each.partition("://")[2].partition("/")[0].lower() for each in shown.links}


def _kinds(shown: MessageView) -> set[str]:
    """The kinds of its files: `PO_1100.zip (zip)`."""
    return {each.rpartition(" (")[2] for each in shown.attachments}


def _host(message_id: str) -> str:
    return message_id.rpartition("@")[2].lower()


def timeline(
    thread: Sequence[Evidence],
    keys: Sequence[int],
    parents: Sequence[int],
    verdicts: Mapping[int, MessageVerdict],
) -> tuple[ThreadEvent, ...]:
    """The messages of a thread in time order. keys, parents: of each; verdicts: of those not clear."""
    places = {key: place for place, key in enumerate(keys)}
    events = []
    for each, key, parent in zip(thread, keys, parents, strict=True):
        message = each.body
        assert isinstance(message, Message)
        answered = places.get(parent)
        events.append(
            ThreadEvent(
                when=message.when,
                who=message.author.name or message.author.address,
                address=message.author.address,
                message_id=message.message_id,
                verdict=verdicts.get(key, "clear"),
                answers=answered if answered != places[key] else None,
            )
        )
    return tuple(events[-EVENTS_SHOWN:]) if len(events) <= EVENTS_SHOWN else _last(events)


def _last(events: list[ThreadEvent]) -> tuple[ThreadEvent, ...]:
    """The last ones; what they answer is counted anew."""
    cut = len(events) - EVENTS_SHOWN
    return tuple(
        ThreadEvent(
            when=each.when,
            who=each.who,
            address=each.address,
            message_id=each.message_id,
            verdict=each.verdict,
            answers=each.answers - cut
            if each.answers is not None and each.answers >= cut
            else None,
        )
        for each in events[cut:]
    )
