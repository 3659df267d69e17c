"""One hijack, from the decision to the bytes.

Two ways of arriving: `direct` at the reader's own server, or `list`, by the servers that all mail of
this organisation comes through. Three grades of care: a style of its own, `half` (the path of a real
mail of the sender, another program) and `cloned` (everything but ids, times and what the voice
cannot have).
"""

from __future__ import annotations

import random
import re
from datetime import UTC, datetime
from email.utils import format_datetime

import msgspec

from benchmarks.conversation.attachments import Attached
from benchmarks.conversation.compose import BodyForm, compose, encoded_words, render, shown
from benchmarks.conversation.forms import Form, Voice
from benchmarks.conversation.lists import Mail, Party
from benchmarks.conversation.payloads import address, mixed
from benchmarks.conversation.renewing import field, message_id
from benchmarks.conversation.styles import (
    STYLES,
    Envelope,
    Fields,
    ids,
    people,
    stolen_host,
)  # fmt: skip
from benchmarks.conversation.template import LIST_FIELDS, Template

ADDRESS = re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}\b")
RESULTS = frozenset({"authentication-results", "received-spf", "arc-authentication-results"})
Changes = dict[str, str]


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be built. model: a real mail of the impersonated sender; road: a recent mail of the
    list, whose outer fields are the organisation's own path."""

    form: Form
    voice: Voice
    style: str
    arrival: str
    envelope: Envelope
    real: Party
    parent: Mail
    model: Template
    road: Template
    plain: str
    html: str
    attached: tuple[Attached, ...]


class Built(msgspec.Struct, frozen=True, kw_only=True):
    """The mail and its own Message-ID."""

    raw: bytes
    message_id: str


def build(rng: random.Random, order: Order) -> Built:
    """The mail's bytes."""
    if order.style == "cloned":
        fields, form = _cloned(rng, order)
    else:
        style = STYLES["bot" if order.style == "half" else order.style]
        made = style(rng, order.envelope)
        fields = [(k, v) for k, v in made.fields if order.style != "half" or k != "Received"]
        form = made.form
        if order.style == "half":
            fields = [*_real_path(rng, order), *fields]
        fields = _arrived(rng, order, fields)
    footer = order.road.form.footer if order.arrival == "list" else ""
    form = msgspec.structs.replace(form, footer=footer)
    body = compose(rng, form, order.plain, order.html, order.attached)
    raw = render(fields, body)
    return Built(raw=raw, message_id=_own_id(fields))


def _own_id(fields: Fields) -> str:
    value = next((v for k, v in fields if k.lower() == "message-id"), "")
    return value.strip().strip("<>")


def _date(order: Order, back: int = 0) -> str:
    return format_datetime(datetime.fromtimestamp(order.envelope.at - back, UTC))


def _real_path(rng: random.Random, order: Order) -> Fields:
    """The author-side hops of a real mail of the sender."""
    delta = order.envelope.at - order.model.mail.at
    inner = order.model.fields[order.model.outer :]
    return [(k, field(rng, k, v, delta)) for k, v in inner if k.lower() == "received"]


def _arrived(rng: random.Random, order: Order, fields: Fields) -> Fields:
    """The author's fields with what the reader's side adds."""
    helo, peer = order.envelope.out, order.envelope.ip
    if order.style == "half" or (order.voice in {"colleague", "partner"} and rng.random() < 0.7):
        helo, peer = order.model.helo or helo, order.model.peer or peer
    if order.arrival == "direct":
        return [*_direct_top(rng, order, helo, peer), *fields]
    road = order.road
    delta = order.envelope.at - road.mail.at
    changes = {
        road.mail.author.address: order.envelope.sender.address,
        road.mail.author.domain: order.envelope.domain,
        road.helo: helo,
        road.peer: peer,
    }
    top = _outer(rng, road, delta, changes)
    tail = [(k, v) for k, v in road.fields[road.outer :] if _of_the_list(k, v, road)]
    bottom = [(k, _changed(field(rng, k, v, delta), changes)) for k, v in tail]
    return [*top, *fields, *bottom]


def _outer(rng: random.Random, road: Template, delta: int, changes: dict[str, str]) -> Fields:
    """The own side's fields above the author's; its signature cannot be the author's."""
    return [
        (k, _changed(field(rng, k, v, delta), changes))
        for k, v in road.fields[: road.outer]
        if k.lower() not in {"from", "to", "cc", "subject", "date"}
    ]


def _of_the_list(key: str, value: str, road: Template) -> bool:
    low = key.lower()
    if low == "sender":
        return "bounces" in value
    if low == "authentication-results":
        return any(value.strip().startswith(h) for h in _list_hosts(road))
    return bool(LIST_FIELDS.match(low))


def _list_hosts(road: Template) -> list[str]:
    found = [re.search(r"\bby\s+(\S+)", v) for k, v in road.fields[: road.outer] if k == "Received"]
    return [match[1] for match in found if match]


def _changed(value: str, changes: dict[str, str]) -> str:
    for old, new in changes.items():
        if old and len(old) > 4 and old != new:
            value = re.sub(re.escape(old), lambda _, n=new: n, value, flags=re.IGNORECASE)
    return value


def _direct_top(rng: random.Random, order: Order, helo: str, peer: str) -> Fields:
    """The reader's own server takes the mail at the door."""
    each = order.envelope
    reader = each.to[0].domain
    mx = f"mx{rng.choice(('', '1', '2'))}.{reader}"
    mark = mixed(rng, 11).upper()
    hop = f"from {helo} ({helo} [{peer}])\n\tby {mx} (Postfix) with ESMTPS id {mark}\n\tfor <{each.to[0].address}>; {_date(order)}"
    if order.style == "own-exchange":
        return [("Return-Path", f"<{each.sender.address}>")]
    spf, dkim = ("pass", "pass") if order.voice in {"colleague", "partner"} else ("pass", "none")
    if order.voice == "stolen" and rng.random() < 0.3:
        spf = rng.choice(("none", "softfail"))
    if order.voice == "lookalike" and rng.random() < 0.5:
        dkim = "pass"
    results = (
        f"{mx};\n\tspf={spf} smtp.mailfrom={each.sender.address};\n\tdkim={dkim}"
        f"{f' header.d={each.domain}' if dkim == 'pass' else ''};\n\tdmarc={'pass' if dkim == 'pass' else 'none'} header.from={each.domain}"
    )
    top = [("Return-Path", f"<{each.sender.address}>"), ("Received", hop)]
    return [*top, ("Authentication-Results", results)] if rng.random() < 0.8 else top


def _cloned(rng: random.Random, order: Order) -> tuple[Fields, BodyForm]:
    """A real mail of the sender, made new."""
    model, each = order.model, order.envelope
    delta = each.at - model.mail.at
    changes = _voice_changes(rng, order)
    inner = [
        (k, v) for k, v in model.fields[model.outer :]
        if order.arrival == "list" or not _of_the_list(k, v, model)
    ]  # fmt: skip
    fields: Fields = []
    present = {key.lower() for key, _ in inner}
    for key, value in inner:
        fields += _edited(rng, order, (key, value), present, changes)
    if order.voice == "colleague" and order.form in {"T4", "T8"}:
        fields = _new_login(rng, fields)
    if order.arrival == "direct":
        helo, peer = _changed(model.helo, changes) or each.out, changes.get(model.peer, model.peer)
        return [*_direct_top(rng, order, helo, peer or each.ip), *fields], model.form
    return [*_outer(rng, model, delta, changes), *fields], model.form


def _edited(
    rng: random.Random, order: Order, pair: tuple[str, str], present: set[str], changes: Changes
) -> Fields:
    """One field of the real mail as the hijack has it; the thread's fields are the hijack's own."""
    (key, value), each = pair, order.envelope
    low = key.lower()
    if low == "to":
        cc = [("Cc", people(each.cc))] if each.cc and "cc" not in present else []
        return [(key, people(each.to)), *cc]
    if low == "message-id":
        own = _changed(message_id(rng, order.model.mail.message_id, each.at), changes)
        known = present & {"in-reply-to", "references"}
        return [(key, f"<{own}>"), *([] if known else ids(each))]
    if low in {"in-reply-to", "references"}:
        return [(key, v) for k, v in ids(each) if k.lower() == low]
    if low == "from":
        return _from_field(order, value)
    written = {
        "cc": people(each.cc),
        "subject": encoded_words(each.subject),
        "thread-topic": encoded_words(each.topic),
        "content-type": "",
        "content-transfer-encoding": "",
    }
    if order.voice in {"stolen", "lookalike"}:
        written["reply-to"] = shown(each.sender.name, each.sender.address)
    if low in written:
        return [] if low == "cc" and not each.cc else [(key, written[low])]
    delta = each.at - order.model.mail.at
    return [(key, _changed(field(rng, key, value, delta), changes))]


def _from_field(order: Order, value: str) -> Fields:
    """As the sender writes it, with the address that the voice has."""
    each = order.envelope
    if order.voice in {"colleague", "partner"}:
        return [("From", value)]
    if order.real.address in value.lower() and order.voice == "lookalike":
        return [("From", _changed(value, {order.real.address: each.sender.address}))]
    return [("From", shown(each.sender.name, each.sender.address))]


def _voice_changes(rng: random.Random, order: Order) -> dict[str, str]:
    """What differs in the path because the account is not the sender's."""
    if order.voice in {"colleague", "partner"}:
        return {}
    model, each = order.model, order.envelope
    changes = {
        order.real.address: each.sender.address,
        order.real.address.replace("@", "="): each.sender.address.replace("@", "="),
    }
    if order.voice == "lookalike" and rng.random() < 0.6 and order.real.domain not in model.helo:
        return {**changes, order.real.domain: each.domain}
    changes |= {model.helo: each.out, model.peer: each.ip, order.real.domain: each.domain}
    return changes


def _new_login(rng: random.Random, fields: Fields) -> Fields:
    """The account is used from another place: the lowest hop's client address is new."""
    lowest = max((n for n, (k, _) in enumerate(fields) if k.lower() == "received"), default=-1)
    new = address(rng)
    return [
        (k, ADDRESS.sub(new, v, count=1))
        if n == lowest or k.lower() in {"x-originating-ip", "x-client-ip"}
        else (k, v)
        for n, (k, v) in enumerate(fields)
    ]


def way_out(rng: random.Random, domain: str) -> tuple[str, str]:
    """Host and address by which an account's provider sends."""
    return stolen_host(rng, domain), address(rng)
