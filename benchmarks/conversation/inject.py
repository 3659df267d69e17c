"""Hijacks written into a list's real threads: raw mails and a manifest; injected, never real.

    python -m benchmarks.conversation.inject --list FOLDER --set A --per-form 200 --seed 1 -o DIR

Set A goes into the middle of the list's time (40 to 75 %) and may be used by the fit. Set B has
other lures, languages, payloads and programs, goes into the last quarter, and is only measured on.
The same seed gives the same bytes.
"""

from __future__ import annotations

import argparse
import csv
import random
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import msgspec

from benchmarks.conversation.building import Order, build, way_out
from benchmarks.conversation.choosing import Choice, Chooser
from benchmarks.conversation.disguise import lookalike, stolen
from benchmarks.conversation.forms import FORMS, PLANS, Form, Plan, weighted
from benchmarks.conversation.lists import REPLY_MARK, MailList, Party, read_list
from benchmarks.conversation.lures import Set
from benchmarks.conversation.quoting import HTML_ONLY, Quote, house_style, quote
from benchmarks.conversation.styles import Envelope
from benchmarks.conversation.writing import Written, write

PARTS: dict[str, tuple[float, float]] = {"middle": (0.40, 0.75), "last": (0.75, 1.0)}
SET_PARTS: dict[Set, str] = {"A": "middle", "B": "last"}
HOST = re.compile(rb"https?://([A-Za-z0-9.-]{4,60})/")
LIST_TAG = re.compile(r"^\s*\[[^\]]{2,30}\]\s*")


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the manifest."""

    file: str
    list: str
    set: str
    form: str
    variant: str
    arrival: str
    quote: str
    language: str
    lure: str
    payload: str
    date_epoch: int
    parent_message_id: str
    thread: str
    burst: str
    pair: str
    step: int
    sender: str
    reader: str
    own: int
    ids: int


class Hijack(msgspec.Struct, frozen=True, kw_only=True):
    """A mail and its line."""

    row: Row
    raw: bytes


class Injector:
    """Makes the hijacks of one list and set."""

    def __init__(self, of: MailList, which: Set, seed: int, part: str = "") -> None:
        self.of, self.which, self.seed = of, which, seed
        begin, end = PARTS[part or SET_PARTS[which]]
        self.chooser = Chooser(of, of.moment(begin), of.moment(end))
        self.known = _known_hosts(of)

    def hijacks(self, form: Form, count: int) -> Iterator[Hijack]:
        """At most `count` hijacks of a form; a T8 is two mails."""
        plan = PLANS[form]
        rng = random.Random(f"{self.seed} {self.of.name} {self.which} {form}")
        shapes: dict[str, tuple[str, str]] = {}
        for number, choice in enumerate(self.chooser.choices(rng, form, plan, count)):
            own = random.Random(f"{self.seed} {self.of.name} {self.which} {form} {number}")
            style = self._style(own, plan, choice)
            payload = weighted(own, {str(k): v for k, v in plan.payloads.items()})
            if choice.burst:
                style, payload = shapes.setdefault(choice.burst, (style, payload))
            yield from self._mails(own, form, choice, style, payload, number)

    def _style(self, rng: random.Random, plan: Plan, choice: Choice) -> str:
        style = weighted(rng, plan.styles[self.which])
        return "cloned" if style == "own-exchange" and choice.model.exchange else style

    def _mails(
        self, rng: random.Random, form: Form, choice: Choice, style: str, payload: str, number: int
    ) -> Iterator[Hijack]:
        plan = PLANS[form]
        arrival = "list" if rng.random() < (0.75 if style == "cloned" else 0.5) else "direct"
        frame = self._frame(rng, choice, plan, arrival)
        name = f"{self.of.name}-{form}-{number:04}"
        pair = f"{name}-pair" if plan.patient else ""
        base = {"form": form, "variant": style, "arrival": arrival, "pair": pair}
        if not plan.patient:
            yield self._hijack(rng, base, choice, frame, payload, f"{name}.eml", 1)[0]
            return
        first, first_id = self._hijack(rng, base, choice, frame, "harmless", f"{name}-1.eml", 1)
        yield first
        gap = int(rng.uniform(0.5, 40) * 3600)
        later = msgspec.structs.replace(frame, at=frame.at + gap)
        if rng.random() < 0.4 and frame.in_reply_to:
            chain = (*frame.references, frame.in_reply_to)
            later = msgspec.structs.replace(later, references=chain, in_reply_to=first_id)
        yield self._hijack(rng, base, choice, later, payload, f"{name}-2.eml", 2)[0]

    def _hijack(
        self, rng: random.Random, base: dict[str, str], choice: Choice, frame: Envelope,
        payload: str, file: str, step: int,
    ) -> tuple[Hijack, str]:  # fmt: skip
        style, form = base["variant"], base["form"]
        look = self._quote(rng, PLANS[form], choice, style)  # type: ignore[index]
        whole = rng.random() < 0.7
        quoted = quote(rng, look, choice.parent, whole=whole)
        written = write(
            rng, self.which, payload, choice=choice, frame=frame, quoted=quoted,
            copy_signature=style == "cloned" or rng.random() < 0.4, known=self.known,
        )  # fmt: skip
        built = build(rng, self._order(rng, base, choice, frame, written))
        row = Row(
            file=file, list=self.of.name, set=self.which, form=form, variant=style,
            arrival=base["arrival"], quote=f"{look}{'' if whole else '-last'}",
            language=written.language, lure=written.lure, payload=written.payload,
            date_epoch=frame.at, parent_message_id=choice.parent.message_id, thread=choice.thread,
            burst=choice.burst, pair=base["pair"], step=step, sender=frame.sender.address,
            reader=choice.parent.author.address, own=int(choice.own), ids=int(bool(frame.in_reply_to)),
        )  # fmt: skip
        return Hijack(row=row, raw=built.raw), built.message_id

    def _order(
        self, rng: random.Random, base: dict[str, str], choice: Choice, frame: Envelope, w: Written
    ) -> Order:
        return Order(
            form=base["form"],  # type: ignore[arg-type]
            voice=choice.voice,
            style=base["variant"],
            arrival=base["arrival"],
            envelope=frame,
            real=choice.writer,
            parent=choice.parent,
            model=choice.model,
            road=self.chooser.road(rng, frame.at),
            plain=w.plain,
            html=w.html,
            attached=w.attached,
        )

    def _quote(self, rng: random.Random, plan: Plan, choice: Choice, style: str) -> Quote:
        if style == "cloned" and choice.voice != "stolen":
            return house_style(choice.model.mail)
        if style == "phone":
            return "apple"
        able = [q for q in plan.quotes if style != "half" or q not in HTML_ONLY]
        return rng.choice(able or plan.quotes)

    def _frame(self, rng: random.Random, choice: Choice, plan: Plan, arrival: str) -> Envelope:
        """Who writes to whom, with which ids."""
        sender = choice.writer
        if choice.voice == "stolen":
            sender = stolen(rng, self.which, sender.name, sender.address)
        elif choice.voice == "lookalike":
            sender = Party(sender.name, lookalike(rng, self.which, sender.address))
        out, ip = way_out(rng, sender.domain)
        knows = rng.random() < plan.ids
        to, cc = self._recipients(rng, choice, plan, arrival, sender)
        subject = _subject(rng, choice.parent.subject, arrival, choice.voice)
        return Envelope(
            sender=sender, to=to, cc=cc, subject=subject, topic=_topic(choice.parent.subject),
            at=choice.at, out=out, ip=ip,
            in_reply_to=choice.parent.message_id if knows else "",
            references=tuple(reversed(choice.parent.answers)) if knows else (),
        )  # fmt: skip

    def _recipients(
        self, rng: random.Random, choice: Choice, plan: Plan, arrival: str, sender: Party
    ) -> tuple[tuple[Party, ...], tuple[Party, ...]]:
        lists = [p for p in choice.parent.people if p.address in self.of.addresses][:1]
        lists = lists or [Party("", min(self.of.addresses, default="list@list.example"))]
        others = [
            p for p in choice.parent.people
            if p.address not in {choice.writer.address, *self.of.addresses}
        ]  # fmt: skip
        to = (Party(choice.parent.author.name, choice.parent.author.address),)
        cc = tuple(others) if rng.random() < plan.reply_all else ()
        if choice.voice == "lookalike" and cc and rng.random() < 0.5:
            cc = tuple(Party(p.name, f"{p.address.partition('@')[0]}@{sender.domain}") for p in cc)
        if arrival == "list" or (cc and rng.random() < 0.5):
            cc = (*cc, lists[0])
        return to, cc[:12]


def _topic(subject: str) -> str:
    topic = subject
    for _ in range(6):
        shorter = REPLY_MARK.sub("", LIST_TAG.sub("", topic)).strip()
        if shorter == topic:
            break
        topic = shorter
    return topic or subject


def _subject(rng: random.Random, subject: str, arrival: str, voice: str) -> str:
    tag = LIST_TAG.match(subject)
    rest = subject[tag.end() :] if tag else subject
    marked = bool(REPLY_MARK.match(rest))
    mark = rng.choice(("Re: ", "Re: ", "Re: ", "RE: "))
    if voice == "stolen" and rng.random() < 0.3:
        return rng.choice(("Re: Re: ", "Fwd: ", "RE: RE: ")) + _topic(subject)
    if tag and arrival == "list":
        return subject if marked else f"{tag[0].strip()} {mark}{rest}"
    if rng.random() < 0.5:
        return mark + _topic(subject)
    return subject if REPLY_MARK.match(subject) else mark + subject


def _known_hosts(of: MailList) -> list[str]:
    """Hosts that people of this list link to anyway."""
    counts: Counter[str] = Counter()
    for mail in of.mails[: int(0.4 * len(of.mails)) : 5]:
        body = mail.raw.partition(b"\n\n")[2][:20_000]
        counts.update({h.decode().lower() for h in HOST.findall(body)})
    own = {a.rpartition("@")[2] for a in of.addresses}
    return [h for h, _ in counts.most_common(20) if h not in own][:12]


def save(hijacks: Iterator[Hijack], folder: Path) -> list[Row]:
    """Files and the manifest's lines."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for each in hijacks:
        (folder / each.row.file).write_bytes(each.raw)
        rows.append(each.row)
    with (folder / "manifest.csv").open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, Row.__struct_fields__)
        writer.writeheader()
        writer.writerows(msgspec.structs.asdict(row) for row in rows)
    return rows


def load(folder: Path) -> list[Hijack]:
    """What `save` wrote."""
    with (folder / "manifest.csv").open(encoding="utf-8", newline="") as lines:
        rows = [msgspec.convert(row, Row, strict=False) for row in csv.DictReader(lines)]
    return [Hijack(row=row, raw=(folder / row.file).read_bytes()) for row in rows]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--list", type=Path, required=True)
    parser.add_argument("--set", choices=("A", "B"), default="A")
    parser.add_argument("--part", choices=tuple(PARTS), default="")
    parser.add_argument("--per-form", type=int, default=200)
    parser.add_argument("--forms", nargs="*", default=list(FORMS))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("-o", "--output", type=Path, required=True)
    given = parser.parse_args()
    injector = Injector(read_list(given.list), given.set, given.seed, given.part)
    made = (h for form in given.forms for h in injector.hijacks(form, given.per_form))
    rows = save(made, given.output)
    print(f"{len(rows)} injected mails (not real ones) in {given.output}")
    for form, count in sorted(Counter(row.form for row in rows).items()):
        print(f"  {form} {count}")


if __name__ == "__main__":
    main()
