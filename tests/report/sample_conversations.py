"""Two invented campaigns, a lone forgery and two messages to watch; hostile and large ones too."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

import msgspec
from sample_parts import HOSTILE, told
from sample_run import sample_run

from tocsin.model.conversation import (
    Axis,
    Campaign,
    Conversations,
    HistoryState,
    Hit,
    JudgedMessage,
    MessageVerdict,
    MessageView,
    ThreadEvent,
)
from tocsin.model.locator import Locator
from tocsin.model.run import Run

OWN = ("contoso.example",)
START = datetime(2026, 11, 10, 7, 12, tzinfo=UTC)
EX03 = "EX03.corp.contoso.example"

HARMFUL = (
    *HOSTILE[:8],
    "</style><script>alert(4)</script>",
    "javascript:alert(document.domain)",
    "nul\x00 and \u2066isolate\u2069",
    "x" * 5000,
)


def place(source: str, position: str) -> Locator:
    return Locator(
        source=source,
        position=position,
        sha256=hashlib.sha256(source.encode("utf-8", "surrogatepass")).hexdigest(),
    )


def hit(name: str, axis: Axis, weight: float, words: str, quote: str, at: Locator) -> Hit:
    return Hit(name=name, axis=axis, weight=weight, sentence=told(words), quote=quote, at=at)


THREADS = (
    ("Angebot 2231 Kühlregale Filiale Nord", "Marc Weber", "marc.weber", "Lena Vogt", "lena.vogt"),
    ("Planning des livraisons semaine 46", "Élise Roux", "elise.roux", "Paul Morel", "paul.morel"),
    ("Minutes of the budget meeting", "Priya Nair", "priya.nair", "Tom Baker", "tom.baker"),
    ("Rechnung 88-1204", "Jonas Frei", "jonas.frei", "Einkauf", "einkauf"),
    ("Contract renewal 2027", "Anna Keller", "anna.keller", "Legal", "legal"),
)
GENUINE = (
    "Hallo Marc,\n\nanbei wie besprochen die Maße der Filiale. Kannst du bis Donnerstag liefern?\n\n"
    "Viele Grüße\nLena"
)
FORGED = (
    "Guten Tag,\n\nbitte sehen Sie sich das Dokument zu unserem Gespräch an:\n"
    "hxxps://beratung-example[.]test/qui-qui/et.zip\n\nVielen Dank"
)


def server_burst(number: int) -> JudgedMessage:
    """A colleague's own account, the own server, a link nobody here ever sent."""
    subject, name, local, other, other_local = THREADS[number % len(THREADS)]
    when = START + timedelta(minutes=5 * number, seconds=7 * number)
    sender = f"{local}@contoso.example"
    to = (f"{other_local}@contoso.example", f"sales{number}@fabrikam.example")
    at = place("journal/2026-11-10.mbox", f"message {number + 41}")
    genuine = place("mail/inbox-2026.mbox", f"message {number + 7}")
    original = MessageView(
        at=genuine,
        message_id=f"<q{number}@EX01.corp.contoso.example>",
        date=when - timedelta(days=3, hours=2),
        subject=subject,
        sender=f"{name} <{sender}>",
        recipients=to,
        client="Microsoft Outlook 16.0",
        origin="10.20.8.31 (client of EX01)",
        path=("10.20.8.31", "EX01.corp.contoso.example (mapi)"),
        authentication="internal (EX01.corp.contoso.example)",
        text=GENUINE,
    )
    shown = MessageView(
        at=at,
        message_id=f"<f{number}@{EX03}>",
        date=when,
        subject=f"RE: {subject}",
        sender=f"{name} <{sender}>",
        recipients=to,
        in_reply_to=f"<q{number}@EX01.corp.contoso.example>",
        client="none stated",
        origin="10.20.4.13 (EX03 itself)",
        path=(f"{EX03} (mapi)", "EX01.corp.contoso.example (smtp)"),
        authentication=f"internal ({EX03})",
        text=FORGED,
        quote="> " + GENUINE.replace("\n", "\n> "),
        links=(f"hxxps://beratung-example[.]test/qui-qui/et.zip?{number}",),
    )
    hits = (
        hit(
            "link-domain-unseen", "payload", 4.6,
            "The link leads to a domain that nobody here ever sent or got.",
            f"https://beratung-example.test/qui-qui/et.zip?{number}",
            place(at.source, f"{at.position}, text line 4"),
        ),
        hit(
            "two-word-zip", "payload", 3.1,
            "The link has the form of two words and a zip, which Squirrelwaffle used in 2021.",
            "/qui-qui/et.zip", place(at.source, f"{at.position}, text line 4"),
        ),
        hit(
            "origin-new-for-person", "identity", 2.2,
            f"{name} always wrote from a client of EX01, never from a server itself.",
            "X-Originating-IP: [10.20.4.13]", place(at.source, f"{at.position}, header 9"),
        ),
        hit(
            "server-burst", "burst", 3.4,
            "The same server answered 12 conversations within one hour with the same kind of link.",
            f"X-MS-Exchange-Organization-AuthSource: {EX03}",
            place(at.source, f"{at.position}, header 14"),
        ),
    )  # fmt: skip
    return JudgedMessage(
        id=f"msg-sq-{number:03}",
        message_id=shown.message_id,
        date=when,
        verdict="alert",
        score=13.3 - number / 100,
        identity=2.2,
        payload=7.7,
        burst=3.4,
        hits=hits,
        thread=f"thr-{number % len(THREADS)}",
        family="Squirrelwaffle",
        campaign="c-sq",
        server=EX03,
        account=sender,
        recipients=to,
        answered=(to[0],) if number in (1, 4) else (),
        shown=shown,
        original=original,
        differing=("client", "origin", "path", "links", "text"),
        timeline=(
            event(-3.1, other, to[0], f"<p{number}@contoso.example>", base=when),
            event(-3.08, name, sender, original.message_id, base=when, answers=0),
            event(-1.2, other, to[0], f"<r{number}@contoso.example>", base=when, answers=1),
            event(0, name, sender, shown.message_id, "alert", base=when, answers=1),
        ),
    )


def event(
    days: float,
    who: str,
    address: str,
    message_id: str,
    verdict: MessageVerdict = "clear",
    *,
    base: datetime = START,
    answers: int | None = None,
) -> ThreadEvent:
    return ThreadEvent(
        when=base + timedelta(days=days),
        who=who,
        address=address,
        message_id=message_id,
        verdict=verdict,
        answers=answers,
    )


def stranger(number: int) -> JudgedMessage:
    """A partner's name, a stranger's stolen account, a document behind a password."""
    when = START + timedelta(days=2, hours=number)
    at = place(f"reported/odd-reply-{number}.msg", "message")
    to = (f"buyer{number}@contoso.example",)
    original = MessageView(
        at=place("mail/inbox-2026.mbox", f"message {300 + number}"),
        message_id=f"<o{number}@mail.fabrikam.example>",
        date=when - timedelta(days=9),
        subject="Offer for shelf lighting",
        sender="Robert Lang <robert.lang@fabrikam.example>",
        recipients=to,
        client="Apple Mail (2.3774)",
        origin="203.0.113.9",
        path=("203.0.113.9", "mx1.contoso.example"),
        authentication="spf=pass dkim=pass (fabrikam.example)",
        text="Dear all,\n\nplease find our offer attached. It is valid until the end of the month."
        "\n\nKind regards\nRobert Lang",
        attachments=("Offer-lighting.pdf",),
    )
    shown = MessageView(
        at=at,
        message_id=f"<e{number}@webmail.tailspin.example>",
        date=when,
        subject="Re: Offer for shelf lighting",
        sender="Robert Lang <info@tailspin.example>",
        reply_to="robert.lang@fabrikam-offers.example",
        recipients=to,
        client="Microsoft Outlook 15.0",
        origin="198.51.100.77",
        path=("198.51.100.77", "webmail.tailspin.example", "mx1.contoso.example"),
        authentication="spf=pass (tailspin.example), no dkim",
        text="Good day\n\nSee the attached document, password 7781\n\nRobert Lang",
        quote="> Dear all,\n>\n> please find our offer attached.",
        attachments=(f"PO_{1100 + number}.zip",),
    )
    return JudgedMessage(
        id=f"msg-em-{number}",
        message_id=shown.message_id,
        date=when,
        verdict="alert",
        score=11.8,
        identity=6.9,
        payload=4.9,
        burst=0.0,
        hits=(
            hit(
                "name-of-partner-other-domain", "identity", 6.9,
                "Robert Lang is shown, but the mail comes from tailspin.example, and he always "
                "wrote from fabrikam.example.",
                "From: Robert Lang <info@tailspin.example>", place(at.source, "header From"),
            ),
            hit(
                "password-beside-archive", "payload", 4.9,
                "An archive is attached that needs a password, and the password stands in the text.",
                "See the attached document, password 7781", place(at.source, "text line 3"),
            ),
        ),
        thread="thr-offer",
        family="Emotet",
        campaign="c-em",
        recipients=to,
        answered=to if number == 0 else (),
        shown=shown,
        original=original,
        differing=("sender", "reply_to", "client", "origin", "path", "authentication",
                   "attachments", "text"),
        timeline=(
            event(-9, "Robert Lang", "robert.lang@fabrikam.example", original.message_id, base=when),
            event(-8.2, "Buyer", to[0], "<b1@contoso.example>", base=when, answers=0),
            event(-7.9, "Robert Lang", "robert.lang@fabrikam.example", "<b2@fabrikam.example>",
                  base=when, answers=1),
            event(0, "Robert Lang", "info@tailspin.example", shown.message_id, "alert", base=when,
                  answers=0),
        ),
    )  # fmt: skip


def lone() -> JudgedMessage:
    """A lookalike domain that asks for money; no genuine message among the inputs."""
    at = place("mail/inbox-2026.mbox", "message 512")
    shown = MessageView(
        at=at,
        message_id="<l1@fabrlkam.example>",
        date=datetime(2026, 11, 14, 15, 3, tzinfo=UTC),
        subject="Re: Rechnung 88-1204",
        sender="Nina Hartmann <nina.hartmann@fabrlkam.example>",
        recipients=("einkauf@contoso.example",),
        text="Hallo,\n\nunsere Bankverbindung hat sich geändert. Bitte überweisen Sie auf das "
        "neue Konto.",
    )
    return JudgedMessage(
        id="msg-lone",
        message_id=shown.message_id,
        date=shown.date,
        verdict="alert",
        score=8.1,
        identity=5.0,
        payload=3.1,
        burst=0.0,
        hits=(
            hit(
                "lookalike-domain", "identity", 5.0,
                "fabrlkam.example differs in one letter from fabrikam.example, which you know "
                "since March.", "nina.hartmann@fabrlkam.example", place(at.source, "header From"),
            ),
            hit("bank-details-changed", "payload", 3.1, "The text announces a new bank account.",
                "unsere Bankverbindung hat sich geändert", place(at.source, "text line 3")),
        ),
        thread="thr-3",
        recipients=shown.recipients,
        shown=shown,
    )  # fmt: skip


def watch(number: int) -> JudgedMessage:
    at = place("mail/inbox-2026.mbox", f"message {700 + number}")
    shown = MessageView(
        at=at,
        message_id=f"<w{number}@northwind.example>",
        date=START + timedelta(days=number),
        subject="Travel plans",
        sender="Kim Sato <kim.sato@northwind.example>",
        recipients=("tom.baker@contoso.example",),
    )
    return JudgedMessage(
        id=f"msg-w{number}",
        message_id=shown.message_id,
        date=shown.date,
        verdict="watch",
        score=2.9,
        identity=2.9,
        payload=0.0,
        burst=0.0,
        hits=(
            hit("client-changed", "identity", 2.9, "Kim Sato never used this mail program before.",
                "X-Mailer: iPhone Mail (21F79)", place(at.source, "header X-Mailer")),
        ),
        thread=f"thr-w{number}",
        recipients=shown.recipients,
        shown=shown,
    )  # fmt: skip


def _campaign(name: str, family: str, because: str, members: tuple[JudgedMessage, ...]) -> Campaign:
    dates = [each.date for each in members if each.date]
    return Campaign(
        id=name,
        family=family,
        because=told(because),
        first=min(dates, default=None),
        last=max(dates, default=None),
        messages=tuple(each.id for each in members),
        message_ids=tuple(each.message_id for each in members),
        senders=_once(each.shown.sender.rpartition("<")[2].rstrip(">") for each in members),
        servers=_once(each.server for each in members if each.server),
        accounts=_once(each.account for each in members if each.account),
        recipients=_once(address for each in members for address in each.recipients),
        answered=_once(address for each in members for address in each.answered),
        subjects=_once(each.shown.subject for each in members),
        threads=_once(each.thread for each in members),
    )


def _once(values: object) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))  # type: ignore[call-overload]


def conversations(burst: int = 12) -> Conversations:
    """What the room would have written."""
    first = tuple(server_burst(number) for number in range(burst))
    second = tuple(stranger(number) for number in range(3))
    squirrel = msgspec.structs.replace(
        _campaign(
            "c-sq", "Squirrelwaffle",
            "All of them answer a true conversation with a link of the same form.", first,
        ),
        urls=tuple(f"https://beratung-example.test/qui-qui/et.zip?{n}" for n in range(burst)),
        domains=("beratung-example.test",),
        shape="/word-word/word.zip",
        languages=("de", "en"),
    )  # fmt: skip
    emotet = msgspec.structs.replace(
        _campaign(
            "c-em", "Emotet", "All of them carry an archive whose password is in the text.", second
        ),
        hashes=(hashlib.sha256(b"PO_1100.zip").hexdigest(),),
        attachment_names=tuple(each.shown.attachments[0] for each in second),
    )
    return Conversations(
        own_domains=OWN,
        inferred=False,
        judged={"alert": burst + 4, "watch": 2, "clear": 4102},
        duplicates=311,
        history=HistoryState(
            kept="file",
            messages=18_204,
            addresses=1_377,
            first=datetime(2026, 3, 2, tzinfo=UTC),
            last=datetime(2026, 11, 9, tzinfo=UTC),
            delay_hours=72,
            waiting=41,
        ),
        messages=(*first, *second, lone(), watch(1), watch(2)),
        campaigns=(squirrel, emotet),
        blind=(
            told("No internal mail was among the inputs before 2026-11-10: what colleagues wrote "
                 "to each other is known from quotes only."),
        ),
    )  # fmt: skip


HEADLINE = (
    told("Somebody is answering your conversations from EX03.corp.contoso.example."),
    told("Two campaigns reached {count} people.", count=20),
)


def conversation_run(found: Conversations | None = None, *, servers: bool = True) -> Run:
    """A whole run with conversations; without servers it is that of mails alone."""
    run = sample_run()
    if not servers:
        run = msgspec.structs.replace(run, servers=(), findings=(), outside=())
    return msgspec.structs.replace(
        run, headline=HEADLINE + run.headline[: 3 * servers], conversations=found or conversations()
    )


def large(alerts: int = 500, watches: int = 400) -> Conversations:
    """A server that answered five hundred conversations, and many messages to watch."""
    found = conversations(burst=alerts)
    many = tuple(watch(number) for number in range(watches))
    return msgspec.structs.replace(found, messages=(*found.messages[:-2], *many))


def hostile() -> Conversations:
    """Words meant to do harm in every field that an input can fill."""
    found = conversations(burst=len(HARMFUL))
    turn = iter(range(10_000_000))

    def bad() -> str:
        return HARMFUL[next(turn) % len(HARMFUL)]

    def view(each: MessageView) -> MessageView:
        return msgspec.structs.replace(
            each,
            at=Locator(source=bad(), position=bad(), sha256=""),
            message_id=bad(), subject=bad(), sender=bad(), reply_to=bad(), in_reply_to=bad(),
            recipients=(bad(), bad()), client=bad(), origin=bad(), path=(bad(), bad()),
            authentication=bad(), text=bad(), quote=bad(), links=(bad(),), attachments=(bad(),),
        )  # fmt: skip

    def message(each: JudgedMessage) -> JudgedMessage:
        return msgspec.structs.replace(
            each,
            message_id=bad(), server=bad(), account=bad(), family=bad(), thread=bad(),
            recipients=(bad(), bad()), answered=(bad(),), shown=view(each.shown),
            original=view(each.original) if each.original else None,
            differing=(*each.differing, bad()),
            hits=tuple(
                msgspec.structs.replace(
                    one, name=bad(), quote=bad(), sentence=told("{x} is new", x=bad()),
                    at=Locator(source=bad(), position=bad()),
                )
                for one in each.hits
            ),
            timeline=tuple(
                msgspec.structs.replace(one, who=bad(), address=bad(), message_id=bad())
                for one in each.timeline
            ),
        )  # fmt: skip

    def campaign(each: Campaign) -> Campaign:
        return msgspec.structs.replace(
            each,
            family=bad(), because=told("{x}", x=bad()), message_ids=HARMFUL, senders=HARMFUL,
            servers=HARMFUL, accounts=HARMFUL, recipients=HARMFUL, answered=HARMFUL[:2],
            subjects=HARMFUL, threads=HARMFUL, urls=HARMFUL, domains=HARMFUL, hashes=HARMFUL,
            attachment_names=HARMFUL, shape=bad(), languages=(bad(),),
        )  # fmt: skip

    return msgspec.structs.replace(
        found,
        own_domains=(*OWN, *HARMFUL[:3]),
        messages=tuple(message(each) for each in found.messages),
        campaigns=tuple(campaign(each) for each in found.campaigns),
        blind=(told("{x}", x=bad()),),
    )
