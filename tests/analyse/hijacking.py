"""The forms of attack on the invented organisation's conversations, as they are documented.

Sources: the forms of Emotet, Qakbot, Squirrelwaffle and of payment fraud in docs/families.md. Hosts
and words are invented; the files hold harmless text.
"""

import base64
from datetime import datetime, timedelta

from speaking import (
    FINN,
    OWN,
    Mail,
    Person,
    attached,
    moved,
    received,
    strange_way,
    write,
)

ENCRYPTED_ZIP = base64.b64decode(
    "UEsDBBQACQAIAPdDe12c2VXKHgAAABoAAAAJABwAaW5uZXIuZXhlVVQJAAPyPwlr8j8Ja3V4CwABBAAAAAAEAAAAAD1h"
    "+66x54IKJYER/KcsXwuGfpPwoyRBSb7WgRA5xVBLBwic2VXKHgAAABoAAABQSwECHgMUAAkACAD3Q3tdnNlVyh4AAAAa"
    "AAAACQAYAAAAAAABAAAApIEAAAAAaW5uZXIuZXhlVVQFAAPyPwlrdXgLAAEEAAAAAAQAAAAAUEsFBgAAAAABAAEATwAA"
    "AHEAAAAAAA=="
)
"""`inner.exe`, harmless text, by Info-ZIP's `zip -P U4613`."""

STRANGE_HOSTS = (
    "tailspintoys", "wideworldprint", "lucernehotel", "proseware24", "litwareagri", "northwindgarden",
    "fourthcoffeeshop", "margiestravel", "alpineskihaus", "blueyonderair", "cohovineyards", "humongous",
    "woodgrovebanca", "adventureworks", "treyresearch", "vanarsdelltec", "nodpublishers", "wingtipfoto",
    "relecloudmedia", "graphicdesigns",
)  # fmt: skip
LATIN = (
    "voluptas", "nihil", "dolorem", "similique", "placeat", "rerum", "nemo", "autem", "culpa", "totam",
    "magnam", "ratione", "sequi", "tempora", "quas", "facilis", "omnis", "natus", "harum", "porro", "vitae",
)  # fmt: skip


def parties(thread: list[Mail]) -> tuple[Person, Person]:
    """Who reads the attack (one of ours) and whose words are used."""
    last = thread[-1]
    reader, other = last.author, last.to
    return (reader, other) if reader.domain == OWN else (other, reader)


def legacy_document() -> bytes:
    """The header of a compound file (MS-CFB 2.2) of the Office before 2007, with a macro's storage."""
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16)
    head += (62).to_bytes(2, "little") + (3).to_bytes(2, "little") + b"\xfe\xff" + b"\x09\x00"
    entries = b""
    for name in ("Root Entry", "WordDocument", "Macros", "VBA", "_VBA_PROJECT"):
        raw = name.encode("utf-16-le")
        entries += raw.ljust(64, b"\0") + (len(raw) + 2).to_bytes(2, "little") + b"\1\1" + bytes(60)
    return head.ljust(512, b"\0") + entries.ljust(1024, b"\0")


def emotet(thread: list[Mail], when: datetime, number: int = 0, *, zipped: bool = False) -> Mail:
    """The participant's name, a stranger's address, no ids, the thread in a `<pre>`, a file."""
    reader, claimed = parties(thread)
    domain = f"{STRANGE_HOSTS[number % 20]}.example"
    forger = Person(claimed.name, f"contacto@{domain}", "outlook", "198.51.100.77")
    text = f"Please see the attached.\nThanks\n\n{claimed.name}\n{claimed.address}"
    extra = attached("Doc 2026-10.doc", legacy_document(), "application/msword")
    if zipped:
        text = f"Archive password: U4613\n\n{claimed.name}\n{claimed.address}"
        extra = attached("List 884216.zip", ENCRYPTED_ZIP, "application/zip")
    return write(
        forger, reader, when, text, seed=f"t1 {number}", parent=thread[-1], ids=False, quote="pre",
        way=strange_way(domain, when), extra=extra,
    )  # fmt: skip


def qakbot(thread: list[Mail], when: datetime, number: int = 0, *, quote: str = "prefix") -> Mail:
    """The participant's name, another company's stolen account, a link of two Latin words and charts."""
    reader, claimed = parties(thread)
    domain = f"{STRANGE_HOSTS[number % 20]}.example"
    forger = Person(claimed.name, f"accounts@{domain}", "other", "198.51.100.78")
    first, second = LATIN[number % 21], LATIN[(number + 4) % 21]
    host = f"{STRANGE_HOSTS[(number + 7) % 20]}.test"
    text = f"Good day,\n\nSee the figures below.\n\nhttps://{host}/{first}{second}/charts-{123456789 + number}.zip"
    return write(
        forger, reader, when, text, seed=f"t2 {number}", parent=thread[-1], ids=number % 2 == 0,
        quote=quote, way=strange_way(domain, when, "198.51.100.78"),
    )  # fmt: skip


def from_own_server(thread: list[Mail], when: datetime, number: int) -> Mail:
    """A true colleague through the own Exchange server, ids and all, with a two-word zip link."""
    last = thread[-1]
    author, to = (last.author, last.to) if last.author.domain == OWN else (last.to, last.author)
    path = f"{LATIN[number % 21]}-{LATIN[(number + 5) % 21]}/{LATIN[(number + 9) % 21]}.zip"
    text = f"Hello,\n\nThe document you asked for:\n\nhttps://{STRANGE_HOSTS[number % 20]}.test/{path}\n"
    return write(author, to, when, text, seed=f"t3 {number}", parent=last)


def stolen_account(
    thread: list[Mail],
    when: datetime,
    number: int = 0,
    *,
    text: str = "",
    parent: Mail | None = None,
) -> Mail:
    """A colleague's own account, used through web mail from elsewhere, leading to a page for passwords."""
    last = parent or thread[-1]
    author, to = (last.author, last.to) if last.author.domain == OWN else (last.to, last.author)
    host = f"{STRANGE_HOSTS[number % 20]}.test"
    text = text or (
        "Hi,\n\nI have shared a file with you, sign in with your mail account to open it:\n"
        f"https://{host}/owa/auth/login.php?user={to.address}\n"
    )
    way = received(author, when).replace(author.computer, "198.51.100.140")
    more = (
        "X-MS-Exchange-Organization-AuthAs: Internal\n"
        "X-MS-Exchange-Organization-AuthSource: EX02.contoso.example"
    )
    seed = f"t4 {number} {text}"
    return write(author, to, when, text, seed=seed, parent=last, quote="prefix", way=way, more=more)


BANK_CHANGE = (
    "Hello,\n\nplease note that our bank details have changed. Kindly use the new account for the open "
    "invoice:\nIBAN GB33 BUKB 2020 1555 5555 55\nPlease confirm once the payment has been made.\n"
)
BANK_CHANGE_ICELANDIC = (
    "Góðan dag,\n\nvið höfum skipt um viðskiptabanka og reikningsnúmerið okkar er núna 0133-26-007788. "
    "Vinsamlegast leggið allar greiðslur þangað héðan í frá og látið mig vita.\n"
)


def look_alike(
    thread: list[Mail], when: datetime, number: int = 0, *, domain: str = "fabrlkam.example",
    text: str = BANK_CHANGE,
) -> Mail:  # fmt: skip
    """A partner's name and local part at a domain that looks like his, with another account to pay to."""
    reader, claimed = parties(thread)
    local = claimed.address.partition("@")[0]
    forger = moved(claimed, address=f"{local}@{domain}", computer="198.51.100.79")
    return write(
        forger, reader, when, text + claimed.name, seed=f"t5 {number}", parent=thread[-1],
        way=strange_way(domain, when, "198.51.100.79"),
    )  # fmt: skip


def partner_account(
    thread: list[Mail],
    when: datetime,
    number: int = 0,
    *,
    text: str = BANK_CHANGE,
    parent: Mail | None = None,
) -> Mail:
    """The partner's real account, program and way, with another account to pay to."""
    reader, author = parties(thread)
    seed = f"t7 {number} {text}"
    return write(author, reader, when, text + author.name, seed=seed, parent=parent or thread[-1])


def in_step_with(thread: list[Mail], when: datetime, number: int) -> Mail:
    """As from the own server, but with words of the conversation and a link as to an ordinary page."""
    last = thread[-1]
    author, to = (last.author, last.to) if last.author.domain == OWN else (last.to, last.author)
    link = f"https://{STRANGE_HOSTS[number % 20]}.test/articles/{LATIN[number % 21]}-{LATIN[(number + 6) % 21]}/"
    text = (
        f"Hello,\n\nabout what you wrote, {last.text.splitlines()[1]}: I have put my notes on it together "
        f"so that you can compare before we go on, see {link} and tell me.\n\nRegards\n{author.name}"
    )
    return write(author, to, when, text, seed=f"mild {number}", parent=last)


def with_partner(threads: list[list[Mail]], person: Person = FINN) -> list[list[Mail]]:
    """The threads in which that partner takes part."""
    return [each for each in threads if person in (each[0].author, each[0].to)]


def later(thread: list[Mail], **more: float) -> datetime:
    """A moment after the thread's last mail."""
    return thread[-1].when + timedelta(**more)
