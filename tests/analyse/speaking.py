"""An invented organisation whose people write to one another and to partners, and strangers among them.

Everything is made up; the forms (Exchange's Received lines, Outlook's header block, Message-IDs) are
those that real programs write.
"""

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from tocsin.analyse.conversation.room import Judged, Room
from tocsin.formats import Reading
from tocsin.formats.syntax.mail_message import message
from tocsin.knowledge.indicators import load_indicators
from tocsin.model.evidence import Evidence
from tocsin.model.locator import Locator
from tocsin.model.message import Message

START = datetime(2026, 9, 1, 8, 0, tzinfo=UTC)
KEY = b"\7" * 32
OWN = "contoso.example"

TOPICS = (
    "pallet scanner battery depot", "spring catalogue photographs layout", "till software rollout",
    "refrigerator maintenance contract", "warehouse lighting tender", "loyalty card statistics",
    "parking lot resurfacing offer", "bakery supplier delivery window", "shelf label printer ribbon",
    "winter staffing plan region", "audit findings cash office", "forklift training certificates",
)  # fmt: skip
FILLER = (
    "I have checked the figures for the {t} with the branch and they agree with what we had in spring.",
    "The {t} will need another week because the technician from Lyon is ill until Thursday.",
    "Could you tell the region that the {t} stays as it was discussed in the meeting on Monday?",
    "We measured the {t} twice and the second result differs by less than four percent from the first.",
    "Nobody in the branch has complained about the {t} since we changed the order of the steps.",
    "My colleague from purchasing will take over the {t} while I am away in the second half of the month.",
)


@dataclass
class Person:
    """Somebody who writes: name, address, program."""

    name: str
    address: str
    program: str = "outlook"

    @property
    def domain(self) -> str:
        return self.address.partition("@")[2]


ANNA = Person("Anna Weber", "anna.weber@contoso.example")
BERT = Person("Bert Olsen", "bert.olsen@contoso.example")
CHLOE = Person("Chloe Martin", "chloe.martin@contoso.example")
DEV = Person("Dev Rao", "dev.rao@contoso.example")
ELSA = Person("Elsa Lind", "elsa.lind@fabrikam.example", "thunderbird")
FINN = Person("Finn Kuhn", "finn.kuhn@fabrikam.example", "thunderbird")
GINA = Person("Gina Costa", "gina@adatum.example", "gmail")
PEOPLE = (ANNA, BERT, CHLOE, DEV, ELSA, FINN, GINA)


@dataclass
class Mail:
    """One mail, and what an answer to it needs."""

    author: Person
    to: Person
    when: datetime
    subject: str
    text: str
    id: str
    references: list[str] = field(default_factory=list)
    raw: bytes = b""


def received(author: Person, when: datetime) -> str:
    date = format_datetime(when)
    if author.domain == OWN:
        return (
            "Received: from EX02.contoso.example (10.1.4.12) by EX01.contoso.example (10.1.4.11) with\n"
            f" Microsoft SMTP Server id 15.1.2507.6; {date}\n"
            "Received: from EX02.contoso.example ([fe80::1]) by EX02.contoso.example ([fe80::1%4])\n"
            f" with mapi id 15.01.2507.006; {date}\n"
        )
    relay = f"mail.{author.domain}"
    return (
        f"Received: from {relay} (203.0.113.{len(author.domain)}) by EX01.contoso.example (10.1.4.11)\n"
        f" with Microsoft SMTP Server id 15.1.2507.6; {date}\n"
        f"Received: from [192.0.2.{len(author.address)}] by {relay} with ESMTPSA id 4F2; {date}\n"
    )


def message_id(author: Person, number: int) -> str:
    hexed = f"{number * 7919 + len(author.address):032x}"
    if author.program == "outlook":
        return f"{hexed}@contoso.example"
    if author.program == "thunderbird":
        h = hexed
        return f"{h[:8]}-{h[8:12]}-{h[12:16]}-{h[16:20]}-{h[20:]}@{author.domain}"
    return f"CA+{hexed[-20:]}=w@mail.gmail.com"


def quoted(parent: Mail, author: Person) -> str:
    if author.program == "outlook":
        return (
            f"\n\nFrom: {parent.author.name} <{parent.author.address}>\n"
            f"Sent: {parent.when:%A, %d %B %Y %H:%M}\nTo: {parent.to.name}\n"
            f"Subject: {parent.subject}\n\n{parent.text}\n"
        )
    lines = "\n".join(f"> {line}" for line in parent.text.splitlines())
    attribution = f"On {parent.when:%d/%m/%Y %H:%M}, {parent.author.name} <{parent.author.address}> wrote:"
    return f"\n\n{attribution}\n{lines}\n"


def write(
    author: Person,
    to: Person,
    when: datetime,
    text: str,
    *,
    number: int,
    subject: str = "",
    parent: Mail | None = None,
    ids: bool = True,
    way: str | None = None,
    extra: str = "",
    cc: tuple[Person, ...] = (),
) -> Mail:
    """A mail of that person, as the person's program would put it together."""
    identifier = message_id(author, number)
    if parent is not None:
        subject = parent.subject if parent.subject[:3].upper() == "RE:" else f"RE: {parent.subject}"
        text = text + quoted(parent, author)
    references = [*parent.references, parent.id] if parent and ids else []
    lines = [
        (received(author, when) if way is None else way).rstrip("\n"),
        f"From: {author.name} <{author.address}>",
        f"To: {to.name} <{to.address}>",
        *([f"Cc: {', '.join(f'{c.name} <{c.address}>' for c in cc)}"] if cc else []),
        f"Subject: {subject}",
        f"Date: {format_datetime(when)}",
        f"Message-ID: <{identifier}>",
    ]
    if references:
        lines += [f"In-Reply-To: <{references[-1]}>", "References: " + "\n ".join(f"<{r}>" for r in references)]
    if author.program == "thunderbird":
        lines.append("User-Agent: Mozilla Thunderbird")
    if author.program == "outlook" and author.domain == OWN and way is None:
        lines += [
            "X-MS-Exchange-Organization-AuthAs: Internal",
            "X-MS-Exchange-Organization-AuthSource: EX02.contoso.example",
            "X-MS-Has-Attach:",
        ]
    lines += ["MIME-Version: 1.0"]
    body = text if extra else f"Content-Type: text/plain; charset=utf-8\n\n{text}"
    if extra:
        body = (
            'Content-Type: multipart/mixed; boundary="_004_x_"\n\n--_004_x_\n'
            f"Content-Type: text/plain; charset=utf-8\n\n{text}\n--_004_x_\n{extra}\n--_004_x_--\n"
        )
    raw = ("\n".join(lines) + "\n" + body).encode()
    return Mail(author, to, when, subject, text, identifier, references, raw)


def history(days: int = 40, seed: int = 1) -> list[list[Mail]]:
    """Threads of an ordinary organisation, over so many days before the attack."""
    dice = random.Random(seed)
    threads = []
    number = 0
    for day in range(days):
        for _ in range(4):
            one, other = dice.sample(PEOPLE[:4], 1)[0], dice.sample(PEOPLE, 1)[0]
            if one is other:
                other = ELSA
            topic = dice.choice(TOPICS)
            when = START + timedelta(days=day, minutes=dice.randrange(500))
            thread: list[Mail] = []
            for step in range(dice.randrange(2, 5)):
                number += 1
                author, to = (one, other) if step % 2 == 0 else (other, one)
                said = [each.format(t=topic) for each in dice.sample(FILLER, 2)]
                text = "\n".join([f"Hello {to.name.split()[0]},", *said, f"Number {number} of the {topic}.",
                                  "Regards", author.name])  # fmt: skip
                subject = f"{topic} {number}" if step == 0 else ""
                parent = thread[-1] if thread else None
                thread.append(write(author, to, when, text, number=number, subject=subject, parent=parent))
                when += timedelta(minutes=dice.randrange(30, 300))
            threads.append(thread)
    return threads


def evidence(mail: Mail | bytes, source: str = "mail.eml") -> Evidence:
    """The record of a mail."""
    raw = mail.raw if isinstance(mail, Mail) else mail
    reading = Reading(own_domains=frozenset({OWN}), messages=True, mark_key=KEY)
    at = Locator(source=source)
    found = [
        each
        for each in message(raw, at, "", reading)
        if isinstance(each, Evidence) and isinstance(each.body, Message)
    ]
    assert len(found) == 1
    return found[0]


class PlainMemory:
    """The port to history as plain dictionaries: what the room is given when nothing is to be kept."""

    key = KEY

    def __init__(self):
        self.tables = {"facts": {}, "messages": {}, "threads": {}, "marks": {}}
        self.lessons = []

    def get(self, table, keys):
        rows = self.tables[table]
        return {key: rows[key] for key in keys if key in rows}

    def put(self, table, rows):
        self.tables[table].update(rows)

    def wait(self, lessons):
        self.lessons += lessons

    def due(self, before):
        taken = sorted(each for each in self.lessons if each.at < before)
        self.lessons = [each for each in self.lessons if each.at >= before]
        return taken

    def drop(self, messages):
        self.lessons = [each for each in self.lessons if each.message not in set(messages)]


def judged(mails: list[Mail], memory=None, own=(OWN,), **more) -> dict[str, Judged]:
    """The judgement of each mail by its Message-ID, all judged in time order."""
    room = Room(memory or PlainMemory(), load_indicators(), own_domains=own, **more)
    ordered = sorted(mails, key=lambda mail: mail.when)
    found: list[Judged] = []
    for start in range(0, len(ordered), 100):
        found += room.judge([evidence(each) for each in ordered[start : start + 100]])
    room.close()
    return {each.message_id: each for each in found}
