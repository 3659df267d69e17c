"""One JSON object a line: the run's head, then servers, findings, messages, …, each with its kind."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from tocsin.model.conversation import Campaign, Conversations, Hit, JudgedMessage
from tocsin.model.run import Run
from tocsin.report import Output, Translate
from tocsin.report.hunt_parts.objects import hunt_objects, without

_OBEYED = re.compile("[\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")


def render(run: Run, translate: Translate, lang: str) -> str:  # noqa: ARG001
    """Lines in the order of the document; the last line counts them, so a cut file shows."""
    lines = [encoded(each).decode() for each in _objects(run)]
    lines.append(end_of(len(lines)).decode())
    return "\n".join(lines) + "\n"


def encoded(each: dict[str, object]) -> bytes:
    """One object as one line. Half a surrogate pair, which no UTF-8 can hold, becomes `?`; signs
    that a terminal obeys, or that turn the writing around, are escaped: the same to a reader of JSON.
    """
    try:
        line = msgspec.json.encode(each)
    except UnicodeEncodeError:
        line = msgspec.json.encode(_writable(msgspec.to_builtins(each)))
    text = line.decode()
    plain = _OBEYED.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
    return line if plain is text else plain.encode()


def end_of(count: int) -> bytes:
    """The last line: how many stand before it."""
    return encoded({"kind": "end", "objects": count})


def _writable(value: object) -> object:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {_writable(name): _writable(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_writable(each) for each in value]
    return value


def message_object(message: JudgedMessage) -> dict[str, object]:
    """One judged message, its reasons as indicators; scores are in nats, places can be found."""
    return {
        "kind": "message",
        "id": message.id,
        "message_id": message.message_id,
        "date": message.date,
        "verdict": message.verdict,
        "score": message.score,
        "identity": message.identity,
        "payload": message.payload,
        "burst": message.burst,
        "indicators": [_indicator(each) for each in message.hits],
        "thread": message.thread,
        "family": message.family,
        "campaign": message.campaign,
        "server": message.server,
        "account": message.account,
        "sender": message.shown.sender,
        "subject": message.shown.subject,
        "recipients": message.recipients,
        "answered": message.answered,
        "source": msgspec.to_builtins(message.shown.at),
    }


def campaign_object(campaign: Campaign) -> dict[str, object]:
    """One campaign, all of it; `because` also as an English sentence."""
    fields = msgspec.to_builtins(campaign)
    return {"kind": "campaign", **fields, "because": str(campaign.because)}


def _indicator(hit: Hit) -> dict[str, object]:
    return {
        "name": hit.name,
        "axis": hit.axis,
        "weight": hit.weight,
        "quote": hit.quote,
        "sentence": str(hit.sentence),
        "evidence": msgspec.to_builtins(hit.at),
    }


def _conversations(found: Conversations) -> Iterator[dict[str, object]]:
    for message in found.messages:
        yield message_object(message)
    for campaign in found.campaigns:
        yield campaign_object(campaign)


def _objects(run: Run) -> Iterator[dict[str, object]]:
    bare = run
    if run.conversations is not None:
        # The head keeps what is said of all mails; messages and campaigns have lines of their own.
        short = msgspec.structs.replace(run.conversations, messages=(), campaigns=())
        bare = msgspec.structs.replace(run, conversations=short)
    if run.hunt is not None:
        bare = msgspec.structs.replace(bare, hunt=without(run.hunt))
    head = msgspec.to_builtins(bare)
    alone = ("servers", "findings", "gaps", "sources", "skipped")
    yield {"kind": "run", **{name: value for name, value in head.items() if name not in alone}}
    if run.conversations is not None:
        yield from _conversations(run.conversations)
    if run.hunt is not None:
        yield from hunt_objects(run.hunt)
    for kind, plural in (
        ("server", "servers"),
        ("finding", "findings"),
        ("gap", "gaps"),
        ("source", "sources"),
        ("skipped", "skipped"),
    ):
        for each in head[plural]:
            yield {"kind": kind, **each}


OUTPUT = Output(name="jsonl", render=render)
