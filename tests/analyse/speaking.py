"""An invented organisation whose people write to one another and to partners.

Everything is made up; the forms (Exchange's Received lines, Outlook's header block, Thread-Index,
Message-IDs) are those that real programs write.
"""

import base64
import html
import random
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from hashlib import sha256

START = datetime(2026, 9, 1, 8, 0, tzinfo=UTC)
OWN = "contoso.example"


@dataclass(frozen=True)
class Person:
    """Somebody who writes: name, address, program, and the computer it runs on."""

    name: str
    address: str
    program: str = "outlook"
    computer: str = "10.1.20.31"

    @property
    def domain(self) -> str:
        return self.address.partition("@")[2]


ANNA = Person("Anna Weber", "anna.weber@contoso.example")
BERT = Person("Bert Olsen", "bert.olsen@contoso.example", computer="10.1.20.32")
CHLOE = Person("Chloe Martin", "chloe.martin@contoso.example", computer="10.1.21.33")
DEV = Person("Dev Rao", "dev.rao@contoso.example", computer="10.1.21.34")
ELSA = Person("Elsa Lind", "elsa.lind@fabrikam.example", "thunderbird", "192.0.2.51")
FINN = Person("Finn Kuhn", "finn.kuhn@fabrikam.example", "thunderbird", "192.0.2.52")
GINA = Person("Gina Costa", "gina@adatum.example", "gmail", "192.0.2.53")
COLLEAGUES = (ANNA, BERT, CHLOE, DEV)
PARTNERS = (ELSA, FINN, GINA)
PEOPLE = (*COLLEAGUES, *PARTNERS)

TOPICS = (
    "pallet scanner battery depot", "spring catalogue photographs layout", "till software rollout",
    "refrigerator maintenance contract", "warehouse lighting tender", "loyalty card statistics",
    "parking lot resurfacing offer", "bakery supplier delivery window", "shelf label printer ribbon",
    "winter staffing plan region", "audit findings cash office", "forklift training certificates",
)  # fmt: skip
WHO = (
    "the technician", "our branch manager", "purchasing", "the auditor", "my deputy", "the carrier",
    "the landlord", "the works council", "facility management", "the night shift", "head office",
)  # fmt: skip
DID = (
    "measured", "reordered", "questioned", "signed off", "inspected", "counted", "repaired", "postponed",
    "compared", "photographed", "rejected", "described", "replaced", "borrowed", "relabelled",
)  # fmt: skip
THING = (
    "freezers", "aisles", "ribbons", "batteries", "crates", "ramps", "lamps", "ledgers", "gates",
    "samples", "brackets", "trolleys", "manuals", "blinds", "sensors", "posters", "barriers",
)  # fmt: skip
SYLLABLES = (
    "bor", "val", "en", "tir", "mon", "lac", "sud", "hol", "ver", "ges", "par", "nim", "ost", "rau",
)  # fmt: skip
WHY = (
    "ice", "strike", "stocktaking", "inventory", "renovation", "sickness", "holidays", "rain", "traffic",
)  # fmt: skip


@dataclass
class Mail:
    """One mail, and what an answer to it needs. text: what was written anew; body: with its quote."""

    author: Person
    to: Person
    when: datetime
    subject: str
    text: str
    body: str
    id: str
    references: list[str] = field(default_factory=list)
    index: bytes = b""
    raw: bytes = b""


def received(author: Person, when: datetime) -> str:
    """The way of a genuine mail, top first, with what the servers on it add."""
    date = format_datetime(when)
    if author.domain == OWN:
        return (
            "Received: from EX02.contoso.example (10.1.4.12) by EX01.contoso.example (10.1.4.11) with\n"
            f" Microsoft SMTP Server id 15.1.2507.6; {date}\n"
            "Received: from EX02.contoso.example ([fe80::1]) by EX02.contoso.example ([fe80::1%4])\n"
            f" with mapi id 15.01.2507.006; {date}\n"
            f"X-Originating-IP: [{author.computer}]\n"
        )
    relay = f"mail.{author.domain}"
    return (
        f"Received: from {relay} (203.0.113.{len(author.domain)}) by EX01.contoso.example (10.1.4.11)\n"
        f" with Microsoft SMTP Server id 15.1.2507.6; {date}\n"
        f"Authentication-Results: EX01.contoso.example; spf=pass smtp.mailfrom={author.domain};\n"
        f" dkim=pass header.d={author.domain}; dmarc=pass header.from={author.domain}\n"
        f"Received: from [{author.computer}] by {relay} with ESMTPSA id 4F2; {date}\n"
    )


def strange_way(domain: str, when: datetime, client: str = "198.51.100.77") -> str:
    """The way of a mail from an account that was stolen at some hoster."""
    date = format_datetime(when)
    return (
        f"Received: from out7.{domain} (198.51.100.9) by EX01.contoso.example (10.1.4.11) with\n"
        f" Microsoft SMTP Server id 15.1.2507.6; {date}\n"
        f"Authentication-Results: EX01.contoso.example; spf=pass smtp.mailfrom={domain}; dkim=none\n"
        f"Received: from [{client}] (unknown [{client}]) by out7.{domain} (Postfix)\n"
        f" with ESMTPSA id 9C41; {date}\n"
    )


def message_id(author: Person, seed: str) -> str:
    hexed = sha256(f"{author.address} {seed}".encode()).hexdigest()[:32]
    if author.program == "outlook":
        return f"{hexed}@contoso.example"
    if author.program == "thunderbird":
        h = hexed
        return f"{h[:8]}-{h[8:12]}-{h[12:16]}-{h[16:20]}-{h[20:]}@{author.domain}"
    return f"CA+{hexed[-20:]}=w@mail.gmail.com"


def quoted(parent: Mail, style: str) -> str:
    """What an answer quotes; each answer drags the whole conversation along, as programs do."""
    if style == "outlook":
        return (
            f"\n\nFrom: {parent.author.name} <{parent.author.address}>\n"
            f"Sent: {parent.when:%A, %d %B %Y %H:%M}\nTo: {parent.to.name} <{parent.to.address}>\n"
            f"Subject: {parent.subject}\n\n{parent.body}\n"
        )
    lines = "\n".join(f"> {line}" for line in parent.body.splitlines())
    return f"\n\n{attribution(parent)}\n{lines}\n"


def attribution(parent: Mail) -> str:
    return f"On {parent.when:%d/%m/%Y %H:%M}, {parent.author.name} <{parent.author.address}> wrote:"


def quoted_html(parent: Mail, element: str) -> str:
    """The conversation inside one HTML element, as bots put it there."""
    inside = html.escape(parent.body)
    if element == "blockquote":
        inside = inside.replace("\n", "<br>\n")
        return f'{html.escape(attribution(parent))}<blockquote type="cite">{inside}</blockquote>'
    return f"<pre>{html.escape(attribution(parent))}\n{inside}</pre>"


def attached(name: str, data: bytes, kind: str = "application/octet-stream") -> str:
    """A part of a mail that is a file."""
    return (
        f'Content-Type: {kind}; name="{name}"\nContent-Disposition: attachment; filename="{name}"\n'
        f"Content-Transfer-Encoding: base64\n\n{base64.encodebytes(data).decode()}"
    )


def write(
    author: Person,
    to: Person,
    when: datetime,
    text: str,
    *,
    seed: str = "",
    subject: str = "",
    parent: Mail | None = None,
    ids: bool = True,
    way: str | None = None,
    extra: str = "",
    cc: tuple[Person, ...] = (),
    quote: str = "",
    more: str = "",
    answer: bool = True,
) -> Mail:
    """A mail of that person, as the person's program would put it together.

    quote: how what is answered is quoted (`outlook`, `prefix`, `pre`, `blockquote`, `none`), else as
    the program does; ids: whether it names the mail that it answers; way: its Received lines, else
    those of the person; extra: an attached part; more: further header lines.
    """
    identifier = message_id(author, seed or f"{when} {subject} {text}")
    body, page = text, ""
    if parent is not None:
        subject = parent.subject if parent.subject[:3].upper() == "RE:" else f"RE: {parent.subject}"
        if quote in ("pre", "blockquote"):
            said = "<br>\n".join(map(html.escape, text.splitlines()))
            page = f"<html><body><div>{said}</div><br>{quoted_html(parent, quote)}</body></html>"
        elif quote != "none":
            usual = "outlook" if author.program == "outlook" else "prefix"
            body = text + quoted(parent, quote or usual)
    references = [*parent.references, parent.id] if parent and ids else []
    index = (parent.index if parent else b"") or sha256(identifier.encode()).digest()[:22]
    lines = [
        (received(author, when) if way is None else way).rstrip("\n"),
        f"From: {author.name} <{author.address}>",
        f"To: {to.name} <{to.address}>",
        *([f"Cc: {', '.join(f'{c.name} <{c.address}>' for c in cc)}"] if cc else []),
        f"Subject: {subject}",
        f"Date: {format_datetime(when)}",
        f"Message-ID: <{identifier}>",
        *more.splitlines(),
    ]
    if references and answer:
        lines += [
            f"In-Reply-To: <{references[-1]}>",
            "References: " + "\n ".join(f"<{r}>" for r in references),
        ]
    if author.program == "thunderbird":
        lines.append("User-Agent: Mozilla Thunderbird")
    if author.program == "outlook" and author.domain == OWN and way is None:
        topic = subject[4:] if parent else subject
        lines += [
            f"Thread-Topic: {topic}",
            f"Thread-Index: {base64.b64encode(index).decode()}",
            "X-MS-Exchange-Organization-AuthAs: Internal",
            "X-MS-Exchange-Organization-AuthSource: EX02.contoso.example",
            "X-MS-Has-Attach:",
        ]
    kind = "text/html" if page else "text/plain"
    part = f"Content-Type: {kind}; charset=utf-8\n\n{page or body}"
    if extra:
        part = (
            'Content-Type: multipart/mixed; boundary="_004_x_"\n\n'
            f"--_004_x_\n{part}\n--_004_x_\n{extra}\n--_004_x_--\n"
        )
    raw = ("\n".join(lines) + "\nMIME-Version: 1.0\n" + part).encode()
    return Mail(author, to, when, subject, text, body, identifier, references, index, raw)


def said(dice: random.Random, topic: str, author: Person, to: Person) -> str:
    """What one writes to another about a topic: no two mails have a run of words in common."""
    one, other = dice.sample(WHO, 2)
    thing, further = dice.sample(THING, 2)
    places = ["".join(dice.sample(SYLLABLES, 3)).capitalize() for _ in range(5)]
    first = (
        f"{one.capitalize()} from {places[0]} {dice.choice(DID)} the {topic} at {places[1]} while "
        f"{dice.choice(WHY)} at {places[2]} held {other} up; {dice.randrange(3, 90)} {thing} wait."
    )
    second = (
        f"The {further} from {places[3]} {dice.choice(WHO)} {dice.choice(DID)}, {dice.choice(WHY)} in "
        f"{places[4]} costs {dice.randrange(2, 30)} days."
    )
    return "\n".join([f"Hello {to.name.split()[0]},", first, second, "Regards", author.name])


def conversation(dice: random.Random, when: datetime, name: str) -> list[Mail]:
    """A few mails between a colleague and somebody else, now and then with a link or a file."""
    one = dice.choice(COLLEAGUES)
    other = dice.choice([each for each in PEOPLE if each is not one])
    topic = dice.choice(TOPICS)
    thread: list[Mail] = []
    for step in range(dice.randrange(2, 5)):
        author, to = (one, other) if step % 2 == 0 else (other, one)
        text = said(dice, topic, author, to)
        chance = dice.random()
        site = "www.wingtip.example" if author.domain == OWN else f"www.{author.domain}"
        if chance < 0.15:
            text = text.replace(
                "\nRegards", f"\nSee https://{site}/{topic.split()[0]}/{step}\nRegards"
            )
        extra = ""
        if chance > 0.9:
            file = f"{topic.replace(' ', '-')}.pdf"
            extra = attached(file, b"%PDF-1.4\n%%EOF\n", "application/pdf")
        subject = f"{topic} {name}" if step == 0 else ""
        parent = thread[-1] if thread else None
        thread.append(write(author, to, when, text, subject=subject, parent=parent, extra=extra))
        when += timedelta(minutes=dice.randrange(30, 300))
    return thread


def history(days: int = 40, seed: int = 1, start: datetime = START) -> list[list[Mail]]:
    """Threads of an ordinary organisation, four on each of so many days."""
    dice = random.Random(seed)
    return [
        conversation(
            dice, start + timedelta(days=day, minutes=dice.randrange(500)), f"{day}/{number}"
        )
        for day in range(days)
        for number in range(4)
    ]


def moved(person: Person, **changes: str) -> Person:
    """The same person with another address, program or computer."""
    return replace(person, **changes)
