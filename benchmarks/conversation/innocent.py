"""Real answers with something innocent added: what an office has and the lists lack.

The lists hold few attachments, new addresses or phones; a fit on them alone would take each for an
attack. So a real answer, with its own text, thread and path, is given one more property that honest
mail has too. Invented like the hijacks, and reported apart from them: never part of a false-alert
rate on real mail.
"""

from __future__ import annotations

import html
import random
from collections.abc import Iterator, Sequence

import msgspec

from benchmarks.conversation.attachments import Attached, zipped
from benchmarks.conversation.building import Order, build, way_out
from benchmarks.conversation.choosing import Chooser
from benchmarks.conversation.forms import DAY
from benchmarks.conversation.inject import PARTS, SET_PARTS, Hijack, Row
from benchmarks.conversation.lists import Mail, MailList, Party, benign_replies
from benchmarks.conversation.lures import Set, words_of
from benchmarks.conversation.payloads import digits, letters, mixed
from benchmarks.conversation.quoting import new_text_of, text_of
from benchmarks.conversation.styles import Envelope

KINDS = (
    "file",
    "link",
    "device",
    "address",
    "late",
    "address-file",
    "device-link",
    "late-file",
    "bank",
)

FILE_WORDS: dict[Set, Sequence[str]] = {
    "A": ("I attached the log.", "See the attached file.", "The measurements are attached.", "Ci-joint le journal."),
    "B": ("Spreadsheet attached for reference.", "Added a screenshot.", "Bijgevoegd het overzicht.", "I have put the results into the attached PDF."),
}  # fmt: skip
LINK_WORDS: dict[Set, Sequence[str]] = {
    "A": ("More on that here: {url}", "I found this: {url}", "It is described at {url} in detail."),
    "B": ("Have a look at {url}", "The page {url} explains the {word} part.", "Uploaded to {url} because of its size."),
}  # fmt: skip
BANK_WORDS: dict[Set, Sequence[str]] = {
    "A": ("The invoice for the boards was paid last week.", "Could you send the invoice for {word} again?"),
    "B": ("Purchasing needs our supplier form before they can pay for {word}.", "Payment terms are 30 days, as before."),
}  # fmt: skip
HOSTS: dict[Set, Sequence[str]] = {
    "A": ("github.com", "www.kernel.org", "en.wikipedia.org", "drive.google.com", "stackoverflow.com"),
    "B": ("gitlab.com", "docs.yoctoproject.org", "www.analog.com", "www.dropbox.com", "arxiv.org"),
}  # fmt: skip


class Innocents:
    """Innocent variants of one list's real answers."""

    def __init__(self, of: MailList, which: Set, seed: int) -> None:
        self.of, self.which, self.seed = of, which, seed
        begin, end = (of.moment(share) for share in PARTS[SET_PARTS[which]])
        self.real = benign_replies(of, begin, end)
        self.chooser = Chooser(of, begin, end)

    def mails(self, count: int) -> Iterator[Hijack]:
        """At most `count` of each kind."""
        for kind in KINDS:
            rng = random.Random(f"{self.seed} {self.of.name} {self.which} {kind}")
            drawn = rng.sample(self.real, min(count, len(self.real)))
            for number, mail in enumerate(drawn):
                yield self._mail(rng, kind, mail, f"{self.of.name}-{kind}-{number:04}.eml")

    def _mail(self, rng: random.Random, kind: str, mail: Mail, file: str) -> Hijack:
        at = mail.at - 1
        if "late" in kind:
            at = min(at + int(rng.uniform(40, 300) * DAY), self.of.ends)
        sender = mail.author
        if "address" in kind:
            sender = Party(sender.name, _other_address(rng, sender))
        text, files = self._text(rng, kind, mail)
        style = "cloned"
        if "device" in kind or "address" in kind:
            style = rng.choice(
                ("roundcube", "cloud", "phone")
                if self.which == "A"
                else ("zimbra", "cloud", "phone")
            )
        out, ip = way_out(rng, sender.domain)
        envelope = Envelope(
            sender=sender, to=mail.to or (mail.author,), cc=mail.cc, subject=mail.subject,
            topic=mail.subject, at=at, in_reply_to=mail.parent,
            references=tuple(a for a in reversed(mail.answers) if a != mail.parent), out=out, ip=ip,
        )  # fmt: skip
        order = Order(
            form="T7", voice="lookalike" if "address" in kind else "partner", style=style,
            arrival="list", envelope=envelope, real=mail.author, parent=mail,
            model=self.chooser.template(mail), road=self.chooser.road(rng, mail.at), plain=text,
            html=f"<div>{html.escape(text).replace(chr(10), '<br>')}</div>", attached=tuple(files),
        )  # fmt: skip
        row = Row(
            file=file, list=self.of.name, set=self.which, form=f"N-{kind}", variant=style,
            arrival="list", quote="", language="", lure="", payload="", date_epoch=at,
            parent_message_id=mail.parent, thread=mail.thread, burst="", pair="", step=1,
            sender=sender.address, reader="", own=int(sender.domain == self.of.organisation), ids=1,
        )  # fmt: skip
        return Hijack(row=row, raw=build(rng, order).raw)

    def _text(self, rng: random.Random, kind: str, mail: Mail) -> tuple[str, list[Attached]]:
        text = text_of(mail.raw)
        new = new_text_of(text)
        word = words_of(new or text, rng)[0]
        added, files = "", []
        if "file" in kind:
            added = rng.choice(FILE_WORDS[self.which])
            files = [_file(rng, self.which, word)]
        elif "link" in kind:
            added = rng.choice(LINK_WORDS[self.which]).format(
                url=self._url(rng, mail, word), word=word
            )
        elif kind == "bank":
            added = rng.choice(BANK_WORDS[self.which]).format(word=word)
        if not added:
            return text, files
        at = text.find("\n\n", 0, len(new))
        at = len(new) if at < 0 else at
        return f"{text[:at]}\n\n{added}\n{text[at:]}", files

    def _url(self, rng: random.Random, mail: Mail, word: str) -> str:
        place = rng.random()
        if place < 0.35:
            return f"https://{rng.choice(HOSTS[self.which])}/{letters(rng, 6)}/{word.lower()}"
        if place < 0.6 and mail.author.domain:
            return f"https://www.{mail.author.domain}/{rng.choice(('products', 'support', 'blog'))}/{word.lower()}"
        if place < 0.8:
            return f"https://{word.lower()}-{rng.choice(('docs', 'project', 'wiki'))}.{rng.choice(('org', 'io', 'com'))}/"
        return f"https://drive.google.com/file/d/{mixed(rng, 33)}/view?usp=sharing"


class Made(msgspec.Struct, frozen=True):
    """One innocent file: extension, declared type, bytes."""

    extension: str
    kind: str
    content: bytes


def _file(rng: random.Random, which: Set, word: str) -> Attached:
    filler = mixed(rng, 600).encode()
    office = zipped(
        {"[Content_Types].xml": b"<Types/>", "word/document.xml": b"<w>" + filler + b"</w>"}
    )
    sheet = zipped(
        {"[Content_Types].xml": b"<Types/>", "xl/workbook.xml": b"<x>" + filler + b"</x>"}
    )
    table: dict[Set, tuple[Made, ...]] = {
        "A": (
            Made("log", "text/plain", b"[    0.000000] boot " + filler),
            Made("patch", "text/x-patch", b"--- a/file\n+++ b/file\n" + filler),
            Made("png", "image/png", b"\x89PNG\r\n\x1a\n" + filler),
            Made("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", office),
            Made("pdf", "application/pdf", b"%PDF-1.5\n" + filler + b"\n%%EOF\n"),
        ),
        "B": (
            Made("txt", "text/plain", filler),
            Made("jpg", "image/jpeg", b"\xff\xd8\xff\xe0" + filler),
            Made("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", sheet),
            Made("zip", "application/zip", zipped({"trace.log": filler, "setup.txt": filler})),
            Made("pdf", "application/pdf", b"%PDF-1.4\n" + filler + b"\n%%EOF\n"),
            Made("csv", "text/csv", b"a,b,c\n" + filler),
        ),
    }  # fmt: skip
    made = rng.choice(table[which])
    name = f"{word.lower()}_{digits(rng, 3)}.{made.extension}"
    return Attached(family=made.extension, name=name, kind=made.kind, content=made.content)


def _other_address(rng: random.Random, who: Party) -> str:
    parts = [p.lower() for p in who.name.replace(",", " ").split() if p.isascii() and p.isalpha()]
    local = ".".join(parts) or who.address.partition("@")[0]
    domain = rng.choice(("gmail.com", "outlook.com", f"{letters(rng, 7)}.com", "proton.me"))
    return f"{local}@{domain}"
