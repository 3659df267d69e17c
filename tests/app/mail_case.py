"""The invented organisation's mails as files, and some that were forged into its threads."""

import sys
import zlib
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "analyse"))

from hijacking import emotet, from_own_server, look_alike, qakbot, with_partner
from speaking import Mail, Person, history, write

ROOT = Path(__file__).resolve().parent.parent.parent


@dataclass(frozen=True)
class Case:
    """All mails in order of time, and those that were forged."""

    mails: tuple[Mail, ...]
    forged: tuple[Mail, ...]

    @property
    def ids(self) -> list[str]:
        return [each.id for each in self.mails]

    @property
    def forged_ids(self) -> set[str]:
        return {each.id for each in self.forged}


@cache
def case() -> Case:
    """Twenty-five days; then one mail of each of three forms, and a burst from the own server."""
    threads = history(25, seed=6)
    mails = [mail for thread in threads for mail in thread]
    begin = max(mail.when for mail in mails)
    burst = [
        from_own_server(thread, begin + timedelta(hours=20, minutes=5 * number), number)
        for number, thread in enumerate(threads[-14:-8])
    ]
    forged = [
        emotet(threads[-1], begin + timedelta(hours=5), 1),
        qakbot(threads[-2], begin + timedelta(hours=9), 2),
        look_alike(with_partner(threads)[-1], begin + timedelta(hours=14), 3),
        *burst,
    ]
    victim = forged[0]
    answer = write(
        victim.to,
        victim.author,
        victim.when + timedelta(minutes=40),
        "I cannot open it.",
        parent=victim,
    )
    ordered = sorted(
        [*mails, *forged, answer], key=lambda each: (each.when, zlib.crc32(each.id.encode()))
    )
    return Case(tuple(ordered), tuple(forged))


def as_files(folder: Path, mails: tuple[Mail, ...]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for number, mail in enumerate(mails):
        (folder / f"{number:04}.eml").write_bytes(mail.raw)
    return folder


def as_mbox(file: Path, mails: tuple[Mail, ...]) -> Path:
    with file.open("wb") as out:
        for mail in mails:
            body = mail.raw.replace(b"\nFrom ", b"\n>From ")
            out.write(f"From x@y {mail.when:%a %b %d %H:%M:%S %Y}\n".encode() + body + b"\n\n")
    return file


def as_maildir(folder: Path, mails: tuple[Mail, ...]) -> Path:
    for name in ("cur", "new", "tmp"):
        (folder / name).mkdir(parents=True)
    for number, mail in enumerate(mails):
        place, mark = ("new", "") if number % 3 else ("cur", ":2,S")
        (folder / place / f"{int(mail.when.timestamp())}.M{number}P1.mx{mark}").write_bytes(
            mail.raw
        )
    return folder


HIDDEN = Person("Hidden Reader", "hidden.reader@contoso.example")


def as_journal(folder: Path, mails: tuple[Mail, ...]) -> Path:
    """Exchange journal reports: the envelope in front, the mail inside, a Bcc that it does not show."""
    folder.mkdir(parents=True)
    for number, mail in enumerate(mails):
        envelope = (
            f"Sender: {mail.author.address}\nSubject: {mail.subject}\nMessage-Id: <{mail.id}>\n"
            f"To: {mail.to.address}\nBcc: {HIDDEN.address}\n"
        )
        report = (
            f"Received: from EX02.contoso.example (10.1.4.12) by EX01.contoso.example (10.1.4.11) with\n"
            f" Microsoft SMTP Server id 15.1.2507.6; {mail.when:%a, %d %b %Y %H:%M:%S} +0000\n"
            "From: MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@contoso.example\n"
            f"To: journal@contoso.example\nSubject: {mail.subject}\nMessage-ID: <r{number}@contoso.example>\n"
            f"Date: {mail.when:%a, %d %b %Y %H:%M:%S} +0000\nX-MS-Journal-Report:\nMIME-Version: 1.0\n"
            "Content-Type: multipart/mixed; boundary=jrnl\n\n--jrnl\nContent-Type: text/plain\n\n"
            f"{envelope}\n--jrnl\nContent-Type: message/rfc822\n\n"
        )
        (folder / f"{number:04}.eml").write_bytes(report.encode() + mail.raw + b"\n--jrnl--\n")
    return folder
