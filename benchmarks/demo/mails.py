"""The mails of the demonstration case, written as Exchange, Outlook and other programs write them."""

from __future__ import annotations

import base64
import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from hashlib import sha256

from benchmarks.demo.people import (
    DEPOT,
    EX01,
    EX02,
    EX03,
    HYB01,
    INSIDE,
    OFFICE,
    OWN,
    PARTNERS,
    Person,
    Server,
)  # fmt: skip

START = datetime(2026, 10, 5, 7, 0, tzinfo=UTC)
DAYS = 36
CIPHER = "(version=TLS1_2, cipher=TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384)"

SUBJECTS = (
    ("Refrigerated goods, week {n}", ("The {n} pallets of yoghurt left {a} at six, the seal number is {k}.",
     "Two crates came in above four degrees, I have set them apart for {b}.",
     "The thermometer of the second trailer shows {n} and the driver's own shows less, which one counts?")),
    ("Rota for the night shift {n}", ("{a} asked for the second half of the week, so {b} moves to the ramp.",
     "I still need somebody for Thursday, gate {n} cannot stay closed.",
     "The temporary staff from {b} start at ten, please have {k} badges ready.")),
    ("Order {k}: missing lines", ("Lines {n} to {n}5 were not on the delivery note that {a} signed.",
     "Our side shows the order as complete, could you send a photograph of the label?",
     "The rest leaves {b} tomorrow with the early lorry.")),
    ("Price labels for aisle {n}", ("The new labels for {b} came without bar codes, {k} of them.",
     "{a} prints them again, but the ribbon lasts for half of the shop only.",
     "Can the promotion start a day later in {b}?")),
    ("Stock count {k}", ("We are {n} units short of the small batteries at {a}.",
     "The scanner counted the returns twice, {b} corrects it tonight.",
     "With the correction the difference is gone, I have closed the sheet.")),
    ("Ramp {n}: repair", ("The hydraulic pump of ramp {n} loses oil again, {a} has put a tray under it.",
     "The mechanic from {b} comes on the {n}th, the part number is {k}.",
     "Until then all lorries over twelve tonnes use the other side.")),
    ("Invoice {k}", ("The amount differs from the offer that {a} sent by {n} euros.",
     "It is the fuel surcharge, {b} agreed to it in spring.",
     "Thank you, then I release it for Friday.")),
    ("Loyalty cards for {b}", ("{k} cards are left in {a}, that is enough for {n} weeks.",
     "The printer needs the artwork before the {n}th.", "I have sent it to {b} this morning.")),
)  # fmt: skip
PLACES = ("Lyon", "Nantes", "Lille", "Dijon", "Rennes", "Reims", "Toulon", "Metz", "Brest", "Nancy")
LATIN = ("voluptas", "nihil", "dolorem", "similique", "placeat", "rerum", "nemo", "culpa", "magnam")
BAIT_HOSTS = ("margiestravel.example", "lucernehotel.example", "wingtipfoto.example")


@dataclass
class Mail:
    """One mail, and what an answer to it needs."""

    author: Person
    to: Person
    when: datetime
    subject: str
    body: str
    id: str
    references: list[str] = field(default_factory=list)
    index: bytes = b""
    raw: bytes = b""


def way(author: Person, to: Person, when: datetime) -> list[str]:
    """The Received lines of a mail as the recipient's server has it, top first."""
    if author.home is None:
        target = to.home or EX01
        relay = f"mail.{author.domain}"
        peer = f"198.51.100.{30 + len(author.domain)}"
        lines = [_hop(f"{relay} ({peer})", EX01, when)]
        if target is not EX01:
            lines.insert(0, _hop(f"{EX01.full} ({EX01.address})", target, when))
        lines.append(
            f"Received: from [{author.computer}] by {relay} with ESMTPSA id 4F2; {_date(when)}"
        )
        return lines
    submitted = (
        f"Received: from {author.home.full} ([{author.home.address}]) by\n {author.home.full}"
        f" ([{author.home.address}]) with mapi id\n {_mapi(author.home)}; {_date(when)}"
    )
    if to.home is None:
        return [
            _hop(f"{author.home.full} ({author.home.address})", HYB01, when), submitted,
        ]  # fmt: skip
    if to.home is author.home:
        return [submitted]
    return [_hop(f"{author.home.full} ({author.home.address})", to.home, when), submitted]


def _hop(sender: str, server: Server, when: datetime) -> str:
    return (
        f"Received: from {sender} by\n {server.full} ({server.address}) with Microsoft SMTP Server\n"
        f" {CIPHER} id\n {server.build}; {_date(when + timedelta(seconds=1))}"
    )


def _mapi(server: Server) -> str:
    """Exchange pads the parts of a build in a `mapi` line."""
    major, minor, build, revision = server.build.split(".")
    return f"{major}.{int(minor):02}.{int(build):04}.{int(revision):03}"


def _date(when: datetime) -> str:
    return format_datetime(when)


def write(
    author: Person,
    to: Person,
    when: datetime,
    text: str,
    *,
    subject: str = "",
    parent: Mail | None = None,
    client: str = "",
) -> Mail:
    """A mail of that person, answering `parent` if given. client: where it was written, if elsewhere."""
    digest = sha256(f"{author.address} {when.isoformat()} {text}".encode()).hexdigest()
    own = author.home is not None
    identifier = f"{digest[:32]}@{INSIDE if own else author.domain}"
    body = text
    if parent is not None:
        subject = parent.subject if parent.subject.startswith("RE:") else f"RE: {parent.subject}"
        body += (
            f"\n\nFrom: {parent.author.name} <{parent.author.address}>\n"
            f"Sent: {parent.when:%A, %d %B %Y %H:%M}\nTo: {parent.to.name} <{parent.to.address}>\n"
            f"Subject: {parent.subject}\n\n{parent.body}"
        )
    references = [*parent.references, parent.id] if parent else []
    index = parent.index if parent else sha256(identifier.encode()).digest()[:22]
    lines = [
        *way(author, to, when),
        f"From: {author.name} <{author.address}>",
        f"To: {to.name} <{to.address}>",
        f"Subject: {subject}",
        f"Date: {_date(when)}",
        f"Message-ID: <{identifier}>",
    ]
    if references:
        lines += [
            f"In-Reply-To: <{references[-1]}>",
            "References: " + "\n ".join(f"<{each}>" for each in references),
        ]
    if own and author.home is not None:
        lines += [
            f"Thread-Topic: {subject.removeprefix('RE: ')}",
            f"Thread-Index: {base64.b64encode(index).decode()}",
            "X-MS-Exchange-Organization-AuthAs: Internal",
            "X-MS-Exchange-Organization-AuthMechanism: 04",
            f"X-MS-Exchange-Organization-AuthSource: {author.home.full}",
            f"X-Originating-IP: [{client or author.computer}]",
            "X-MS-Has-Attach:",
        ]
    raw = (
        "\n".join(lines) + "\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\n" + body
    )
    return Mail(author, to, when, subject, body, identifier, references, index, raw.encode())


def threads(dice: random.Random) -> list[list[Mail]]:
    """Five weeks of ordinary conversations, the newest last."""
    found = []
    for day in range(DAYS):
        for _ in range(4):
            when = START + timedelta(days=day, minutes=dice.randrange(520))
            found.append(_thread(dice, when))
    return sorted(found, key=lambda thread: thread[-1].when)


def _thread(dice: random.Random, when: datetime) -> list[Mail]:
    one = dice.choice((*DEPOT, *DEPOT, *OFFICE))
    other = dice.choice([each for each in (*OFFICE, *DEPOT, *PARTNERS) if each is not one])
    title, sentences = dice.choice(SUBJECTS)
    words = {
        "n": dice.randrange(2, 28), "k": dice.randrange(10_000, 99_999),
        "a": dice.choice(PLACES), "b": dice.choice(PLACES),
    }  # fmt: skip
    thread: list[Mail] = []
    for step, sentence in enumerate(sentences[: dice.randrange(2, 4)]):
        author, to = (one, other) if step % 2 == 0 else (other, one)
        text = f"Hello {to.first},\n\n{sentence.format(**words)}\n\nBest regards\n{author.name}\n"
        parent = thread[-1] if thread else None
        thread.append(write(author, to, when, text, subject=title.format(**words), parent=parent))
        when += timedelta(minutes=dice.randrange(25, 240))
    return thread


def hijacked(thread: list[Mail], when: datetime, number: int) -> Mail:
    """A reply in a depot colleague's name, from the depot's own server, that wants a link opened."""
    last = thread[-1]
    author, to = (last.author, last.to) if last.author.home is EX03 else (last.to, last.author)
    first, second, third = (LATIN[(number * step + step) % len(LATIN)] for step in (1, 2, 4))
    text = (
        f"Hello,\n\nThe document that you asked for is here:\n\n"
        f"https://{BAIT_HOSTS[number % len(BAIT_HOSTS)]}/{first}-{second}/{third}.zip\n\nThank you\n"
    )
    return write(author, to, when, text, parent=last, client="203.0.113.77")


def story(dice: random.Random) -> list[Mail]:
    """All mails in order of time: the ordinary ones, the hijacked ones, one worried answer."""
    ordinary = threads(dice)
    from_depot = [
        thread
        for thread in ordinary
        if EX03 in (thread[-1].author.home, thread[-1].to.home)
        and thread[-1].author.home is not thread[-1].to.home
    ]
    begin = datetime(2026, 11, 11, 6, 12, tzinfo=UTC)
    forged = [
        hijacked(thread, begin + timedelta(minutes=3 * number + dice.randrange(3)), number)
        for number, thread in enumerate(from_depot[-34:])
    ]
    victim = forged[4]
    answer = write(
        victim.to, victim.author, victim.when + timedelta(minutes=22),
        f"Hello {victim.author.first},\n\nI did not ask for a document. Is this really from you?\n\n"
        f"{victim.to.name}\n",
        parent=victim,
    )  # fmt: skip
    mails = [mail for thread in ordinary for mail in thread]
    return sorted([*mails, *forged, answer], key=lambda each: (each.when, each.id))


def journal(mails: list[Mail]) -> bytes:
    """Exchange journal reports in one mbox: the envelope in front, the mail inside."""
    out = bytearray()
    for number, mail in enumerate(mails):
        head = (
            f"From - {mail.when:%a %b %d %H:%M:%S %Y}\n"
            f"Received: from {EX02.full} ({EX02.address}) by\n {EX01.full} ({EX01.address}) with"
            f" Microsoft SMTP Server\n {CIPHER} id\n {EX01.build}; {_date(mail.when)}\n"
            f"From: MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@{OWN}\n"
            f"To: journal@{OWN}\nSubject: {mail.subject}\nMessage-ID: <journal-{number}@{INSIDE}>\n"
            f"Date: {_date(mail.when)}\nX-MS-Journal-Report:\nMIME-Version: 1.0\n"
            "Content-Type: multipart/mixed; boundary=journal\n\n--journal\nContent-Type: text/plain\n\n"
            f"Sender: {mail.author.address}\nSubject: {mail.subject}\nMessage-Id: <{mail.id}>\n"
            f"To: {mail.to.address}\n\n--journal\nContent-Type: message/rfc822\n\n"
        )
        body = mail.raw.replace(b"\nFrom ", b"\n>From ")
        out += head.encode() + body + b"\n--journal--\n\n"
    return bytes(out)
