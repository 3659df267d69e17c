"""Programs and services that an intruder's mail comes out of, when nothing is copied.

Each style gives the fields of the author's side in their order, path included, and the form of the
body. Some styles belong to set B only.
"""

from __future__ import annotations

import random
import string
import uuid
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from email.utils import format_datetime

import msgspec

from benchmarks.conversation.compose import BodyForm, Boundary, encoded_words, shown
from benchmarks.conversation.lists import Party
from benchmarks.conversation.payloads import address, digits, letters, mixed

Fields = list[tuple[str, str]]


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """Who writes to whom, when and from where. out: the host that hands the mail over, at `ip`."""

    sender: Party
    to: tuple[Party, ...]
    cc: tuple[Party, ...]
    subject: str
    topic: str
    at: int
    in_reply_to: str
    references: tuple[str, ...]
    out: str
    ip: str

    @property
    def domain(self) -> str:
        return self.sender.domain

    @property
    def date(self) -> str:
        return format_datetime(datetime.fromtimestamp(self.at, UTC))


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """What a style made."""

    fields: Fields
    form: BodyForm


Style = Callable[[random.Random, Envelope], Made]


def people(parties: Sequence[Party]) -> str:
    return ",\n ".join(shown(party.name, party.address) for party in parties)


def ids(each: Envelope) -> Fields:
    """In-Reply-To and References, as far as the intruder knows the parent's id."""
    if not each.in_reply_to:
        return []
    chain = "\n ".join(f"<{i}>" for i in (*each.references, each.in_reply_to)[-12:])
    return [("In-Reply-To", f"<{each.in_reply_to}>"), ("References", chain)]


def addressed(each: Envelope) -> Fields:
    return [("To", people(each.to)), *([("Cc", people(each.cc))] if each.cc else [])]


def hexed(rng: random.Random, count: int) -> str:
    return "".join(rng.choices("0123456789abcdef", k=count))


def guid(rng: random.Random) -> str:
    return str(uuid.UUID(int=rng.getrandbits(128), version=4))


def _fixed(make: Callable[[random.Random], str]) -> Boundary:
    return lambda rng, _level: make(rng)


def _sender(each: Envelope) -> tuple[str, str]:
    return "From", shown(each.sender.name, each.sender.address)


def bare(rng: random.Random, each: Envelope) -> Made:
    """A script with a library's defaults."""
    name = f"<{digits(rng, 18)}.{digits(rng, 5)}.{digits(rng, 19)}@{each.domain}>"
    fields = [
        _sender(each),
        *addressed(each),
        ("Subject", encoded_words(each.subject)),
        ("Date", each.date),
    ]
    fields += [("Message-ID", name), *ids(each), ("MIME-Version", "1.0"), ("Content-Type", "")]
    form = BodyForm(
        structure=rng.choice(("alternative", "plain", "plain")),
        boundary=_fixed(lambda r: f"==============={digits(r, 19)}=="),
    )
    return Made(fields=fields, form=form)


def php(rng: random.Random, each: Envelope) -> Made:
    """A mailer script on a web server that was broken into."""
    mark = hexed(rng, 32)
    fields = [
        ("Received", f"by {each.out} (Postfix, from userid 33)\n\tid {mixed(rng, 10).upper()}; {each.date}"),
        *addressed(each),
        ("Subject", encoded_words(each.subject)),
        ("X-PHP-Originating-Script", f"33:{letters(rng, 6)}.php({rng.randrange(3, 90)})"),
        ("Date", each.date),
        _sender(each),
        ("Message-ID", f"<{mark}@{each.out}>"),
        *ids(each),
        ("X-Mailer", f"PHPMailer 6.{rng.randrange(0, 9)}.{rng.randrange(0, 5)} (https://github.com/PHPMailer/PHPMailer)"),
        ("MIME-Version", "1.0"),
        ("Content-Type", ""),
    ]  # fmt: skip
    form = BodyForm(structure="alternative", boundary=lambda _, level: f"b{level + 1}_{mark}")
    return Made(fields=fields, form=form)


def bot(rng: random.Random, each: Envelope) -> Made:
    """A bot that calls itself Outlook and hands in at a stolen account's provider."""
    client = address(rng)
    fields = [
        (
            "Received",
            (
                f"from [{client}] (port={rng.randrange(20000, 65000)} helo={rng.choice((client, 'localhost', 'User'))})\n"
                f"\tby {each.out} with esmtpa (Exim 4.9{rng.randrange(3, 7)})\n"
                f"\t(envelope-from <{each.sender.address}>)\n\tid 1{mixed(rng, 5)}-{mixed(rng, 6)}-{mixed(rng, 2)}; {each.date}"
            ),
        ),
        _sender(each),
        *addressed(each),
        *reversed(ids(each)),
        ("Subject", encoded_words(each.subject)),
        ("Date", each.date),
        ("Message-ID", f"<{hexed(rng, 12)}${hexed(rng, 8)}${hexed(rng, 8)}$@{each.domain}>"),
        ("MIME-Version", "1.0"),
        ("Content-Type", ""),
        ("X-Mailer", "Microsoft Outlook 16.0"),
        ("Thread-Index", f"AQ{mixed(rng, 28)}=="),
        ("Content-Language", rng.choice(("en-us", "en", "es"))),
    ]
    mark = f"{hexed(rng, 4).upper()}_01D{hexed(rng, 5).upper()}.{hexed(rng, 8).upper()}"
    form = BodyForm(
        structure=rng.choice(("alternative", "html")),
        boundary=lambda _, level: f"----=_NextPart_000_00{level}0_{mark}",
    )
    return Made(fields=fields, form=form)


def exchange(rng: random.Random, each: Envelope) -> Made:
    """A stolen mailbox at a hoster of Exchange (Emotet, 2020)."""
    client = address(rng)
    box = f"{rng.choice(('MBX', 'LEONARD', 'EXC', 'SRV-MB'))}{digits(rng, 4)}.mail.{letters(rng, 6)}.local"
    via = f"10.{rng.randrange(1, 250)}.{rng.randrange(1, 250)}.{rng.randrange(1, 250)}"
    fields = [
        ("Received", f"from {box} ({each.out} [{each.ip}])\n\tby {each.out} (Postfix) with ESMTP id {mixed(rng, 11).upper()}; {each.date}"),
        (
            "Received",
            (f"from [{client}] ({client}) by\n {box} ({via}) with Microsoft SMTP Server\n"
            f" (version=TLS1_2, cipher=TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256) id\n 15.1.2044.{rng.randrange(2, 9)}; {each.date}"),
        ),
        ("Date", each.date),
        _sender(each),
        *addressed(each),
        ("Subject", encoded_words(each.subject)),
        *ids(each),
        ("MIME-Version", "1.0"),
        ("Content-Type", ""),
        ("Message-ID", f"\n\t<{guid(rng)}@{box}>"),
        ("X-Originating-IP", f"[{client}]"),
        ("X-ClientProxiedBy", f"P{box} ({via}) To\n {box} ({via})"),
        ("X-AuthUser", each.sender.address),
    ]  # fmt: skip
    form = BodyForm(structure="html", boundary=_fixed(lambda r: f"--{digits(r, 34)}"))
    return Made(fields=fields, form=form)


def roundcube(rng: random.Random, each: Envelope) -> Made:
    """A provider's webmail, used by hand or by script."""
    fields = [
        ("Received", f"from webmail.{each.domain} (localhost [127.0.0.1])\n\tby {each.out} (Postfix) with ESMTPA id {mixed(rng, 10).upper()};\n\t{each.date}"),
        ("MIME-Version", "1.0"),
        ("Date", each.date),
        _sender(each),
        *addressed(each),
        ("Subject", encoded_words(each.subject)),
        *ids(each),
        ("User-Agent", f"Roundcube Webmail/1.4.{rng.randrange(1, 13)}"),
        ("Message-ID", f"<{hexed(rng, 32)}@{each.domain}>"),
        ("X-Sender", each.sender.address),
        ("Content-Type", ""),
    ]  # fmt: skip
    form = BodyForm(
        structure=rng.choice(("alternative", "plain")),
        boundary=_fixed(lambda r: f"=_{hexed(r, 32)}"),
    )
    return Made(fields=fields, form=form)


def zimbra(rng: random.Random, each: Envelope) -> Made:
    """Another webmail (set B)."""
    host = f"mail.{each.domain}"
    fields = [
        ("Received", f"from {host} ({host} [{each.ip}])\n\tby {each.out} (Postfix) with ESMTP id {mixed(rng, 11).upper()};\n\t{each.date}"),
        ("Date", each.date),
        _sender(each),
        *addressed(each),
        ("Message-ID", f"<{digits(rng, 9)}.{digits(rng, 6)}.{each.at}{digits(rng, 3)}.JavaMail.zimbra@{each.domain}>"),
        *ids(each),
        ("Subject", encoded_words(each.subject)),
        ("MIME-Version", "1.0"),
        ("Content-Type", ""),
        ("X-Originating-IP", f"[{address(rng)}]"),
        ("X-Mailer", "Zimbra 8.8.15_GA_4059 (ZimbraWebClient - GC98 (Win)/8.8.15_GA_4059)"),
        ("Thread-Topic", encoded_words(each.topic)),
        ("Thread-Index", mixed(rng, 22)),
    ]  # fmt: skip
    form = BodyForm(structure="alternative", boundary=_fixed(lambda r: f"=_{guid(r)}"))
    return Made(fields=fields, form=form)


def cloud(rng: random.Random, each: Envelope) -> Made:
    """A mailbox in Exchange Online, by its web client."""
    zone = rng.choice(("EURP192", "NAMP221", "PROD", "APCP153"))
    box = f"{rng.choice(('AM', 'PA', 'DB', 'CY'))}{rng.randrange(4, 9)}PR{digits(rng, 2)}MB{digits(rng, 4)}"
    host = f"{box}.{zone.lower()}.prod.outlook.com"
    inner = ":".join(hexed(rng, 4) for _ in range(4))
    when = format_datetime(datetime.fromtimestamp(each.at, UTC))
    mark = f"{box}{hexed(rng, 24).upper()}"
    fields = [
        (
            "Received",
            (f"from {host} (2603:10a6:{hexed(rng, 3)}:{hexed(rng, 2)}::{digits(rng, 2)})\n by {host} with Microsoft SMTP Server\n"
            f" (version=TLS1_2, cipher=TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384) id\n 15.20.{rng.randrange(3000, 7000)}.{rng.randrange(10, 40)}; {when}"),
        ),
        ("Received", f"from {host}\n ([fe80::{inner}]) by {host}\n ([fe80::{inner}%{rng.randrange(2, 9)}]) with mapi id 15.20.{rng.randrange(3000, 7000)}.0{rng.randrange(10, 40)}; {when}"),
        _sender(each),
        *addressed(each),
        ("Subject", encoded_words(each.subject)),
        ("Thread-Topic", encoded_words(each.topic)),
        ("Thread-Index", f"AQHX{mixed(rng, 36)}"),
        ("Date", each.date),
        ("Message-ID", f"\n <{mark}@{host}>"),
        *reversed(ids(each)),
        ("Accept-Language", "en-US"),
        ("Content-Language", "en-US"),
        ("X-MS-Has-Attach", ""),
        ("X-MS-TNEF-Correlator", ""),
        ("x-ms-exchange-messagesentrepresentingtype", "1"),
        ("Content-Type", ""),
        ("MIME-Version", "1.0"),
    ]  # fmt: skip
    form = BodyForm(structure="alternative", boundary=lambda _, level: f"_00{level}_{mark}_")
    return Made(fields=fields, form=form)


def own_exchange(rng: random.Random, each: Envelope) -> Made:
    """The organisation's own server, broken into: only its own hops (Squirrelwaffle)."""
    first, second = (
        f"{rng.choice(('EX', 'MAIL', 'EXCH'))}{digits(rng, 2)}.{each.domain}" for _ in "ab"
    )
    build = f"15.1.{rng.randrange(1700, 2400)}"
    fields = [
        ("Received", f"from {second} (10.1.4.{rng.randrange(2, 99)}) by {first}\n (10.1.4.{rng.randrange(2, 99)}) with Microsoft SMTP Server (version=TLS1_2,\n cipher=TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384) id {build}.2; {each.date}"),
        ("Received", f"from {second} ([fe80::{hexed(rng, 4)}]) by\n {second} ([fe80::{hexed(rng, 4)}%4]) with mapi id\n {build}.002; {each.date}"),
        _sender(each),
        *addressed(each),
        ("Subject", encoded_words(each.subject)),
        ("Thread-Topic", encoded_words(each.topic)),
        ("Thread-Index", f"AQHX{mixed(rng, 36)}"),
        ("Date", each.date),
        ("Message-ID", f"<{hexed(rng, 32)}@{each.domain}>"),
        *reversed(ids(each)),
        ("Accept-Language", "en-US"),
        ("Content-Language", "en-US"),
        ("X-MS-Has-Attach", ""),
        ("X-MS-Exchange-Organization-AuthAs", "Internal"),
        ("X-MS-Exchange-Organization-AuthMechanism", "04"),
        ("X-MS-Exchange-Organization-AuthSource", second),
        ("X-Originating-IP", f"[10.1.{rng.randrange(1, 9)}.{rng.randrange(2, 250)}]"),
        ("Content-Type", ""),
        ("MIME-Version", "1.0"),
    ]  # fmt: skip
    mark = f"{hexed(rng, 32)}{second.partition('.')[0]}"
    form = BodyForm(
        structure=rng.choice(("alternative", "alternative", "plain")),
        boundary=lambda _, level: f"_00{level}_{mark}_",
    )
    return Made(fields=fields, form=form)


def phone(rng: random.Random, each: Envelope) -> Made:
    """A phone's mail program (set B)."""
    fields = [
        ("Received", f"from smtpclient.apple ([{address(rng)}])\n        by {each.out} with ESMTPSA id {mixed(rng, 22).lower()};\n        {each.date}"),
        ("Content-Type", ""),
        ("Content-Transfer-Encoding", ""),
        _sender(each),
        ("Mime-Version", "1.0 (1.0)"),
        ("Subject", encoded_words(each.subject)),
        ("Date", each.date),
        ("Message-Id", f"<{guid(rng).upper()}@{each.domain}>"),
        *reversed(ids(each)),
        *addressed(each),
        ("X-Mailer", f"iPhone Mail ({rng.randrange(18, 22)}{rng.choice('ABCD')}{digits(rng, 2)})"),
    ]  # fmt: skip
    form = BodyForm(
        structure="alternative", boundary=_fixed(lambda r: f"Apple-Mail-{guid(r).upper()}")
    )
    return Made(fields=fields, form=form)


def bulk(rng: random.Random, each: Envelope) -> Made:
    """A sending service with a stolen key (set B)."""
    domain = rng.choice(("sendgrid.net", "amazonses.com", "mailgun.net"))
    fields = [
        ("Received", f"by filter{letters(rng, 4)}-{digits(rng, 2)} with SMTP id {mixed(rng, 20)};\n        {each.date}"),
        ("DKIM-Signature", f"v=1; a=rsa-sha256; c=relaxed/relaxed; d={domain};\n h=from:subject:mime-version:to;\n s=s1; bh={mixed(rng, 43)}=; b={mixed(rng, 80)}="),
        ("Content-Type", ""),
        ("Date", each.date),
        _sender(each),
        ("Mime-Version", "1.0"),
        ("Message-ID", f"<{mixed(rng, 22)}@geopod-ismtpd-{rng.randrange(1, 9)}-{rng.randrange(1, 9)}>"),
        ("Subject", encoded_words(each.subject)),
        ("X-SG-EID", f"\n {mixed(rng, 64)}={mixed(rng, 40)}"),
        *ids(each),
        *addressed(each),
    ]  # fmt: skip
    form = BodyForm(structure="alternative", boundary=_fixed(lambda r: hexed(r, 60)))
    return Made(fields=fields, form=form)


def stolen_host(rng: random.Random, domain: str) -> str:
    """The host by which a provider sends."""
    return (
        rng.choice(("out", "mx", "smtp{0}", "mail", "mta{0}", "relay")).format(
            "".join(rng.choices(string.digits, k=3))
        )
        + f".{domain}"
    )


STYLES: dict[str, Style] = {
    "bare": bare, "php": php, "bot": bot, "exchange": exchange, "roundcube": roundcube,
    "zimbra": zimbra, "cloud": cloud, "own-exchange": own_exchange, "phone": phone, "bulk": bulk,
}  # fmt: skip
