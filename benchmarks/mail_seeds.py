"""Whole mails to damage: some of each of the sample archives, or invented ones where those are absent."""

from __future__ import annotations

import base64
import io
import quopri
import struct
import tarfile
import zipfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tocsin.formats import HEAD_SIZE, recognise

SAMPLES = Path(__file__).resolve().parent.parent.parent / "shared" / "samples" / "mail"
SIZE_LIMIT = 128 * 1024
"""Larger mails make slow seeds, and damage seldom hits what matters in them."""

LARGE_LIMIT = 600 * 1024
"""The same for mailbox files of Outlook, which have no small ones."""

PER_ARCHIVE = 120
EVERY = {"phish-": 9, "threads-": 40, "ham-": 12, "enron-": 8, "hijack-": 15}
"""One mail in so many is taken, so that a long archive gives mails of all its length."""

Seeds = dict[str, list[tuple[str, bytes]]]
"""For `eml`, `mbox`, `msg` and `pst` the kind of each seed, and its bytes."""


@cache
def mail_seeds(*, whole: bool = True) -> Seeds:
    """Seeds by format; of Outlook's there are none where the samples are absent.

    whole: of all archives, which takes some seconds to unpack; else of the smallest.
    """
    found: Seeds = {"eml": [], "mbox": [], "msg": [], "pst": []}
    for kind, data in (*_invented(), *_sampled("*" if whole else "parser-*")):
        form = recognise(data[:HEAD_SIZE])
        if form is not None and form.name in found:
            limit = LARGE_LIMIT if form.name in ("msg", "pst") else SIZE_LIMIT
            if len(data) <= limit:
                found[form.name].append((kind, data))
    return found


def _sampled(which: str) -> Iterator[tuple[str, bytes]]:
    for path in sorted((SAMPLES / "hijack-real").glob("*.eml")):
        yield "hijack-real", path.read_bytes()
    for archive in sorted(SAMPLES.glob(f"{which}.tar.xz")):
        yield from _members(archive)


def _members(archive: Path) -> Iterator[tuple[str, bytes]]:
    every = next((step for name, step in EVERY.items() if archive.name.startswith(name)), 1)
    most = PER_ARCHIVE if every > 1 else 10_000
    kind = archive.name.partition(".")[0]
    with tarfile.open(archive, "r|xz") as tar:
        count = taken = 0
        for member in tar:
            if not member.isfile() or member.size > LARGE_LIMIT:
                continue
            count += 1
            if count % every:
                continue
            stream = tar.extractfile(member)
            if stream is not None:
                yield kind, stream.read()
                taken += 1
            if taken >= most:
                return


HEAD = (
    "Received: from EX01.contoso.example (10.1.2.3) by EX02.contoso.example (10.1.2.4) with Microsoft"
    " SMTP Server\r\n (version=TLS1_2, cipher=X) id 15.1.2507.6; Mon, 1 Nov 2021 10:00:00 +0100\r\n"
    "Received: from mail.fabrikam.example (mail.fabrikam.example [192.0.2.7])\r\n"
    "\tby EX01.contoso.example with ESMTPS; Mon, 1 Nov 2021 09:59:58 +0100\r\n"
    "Authentication-Results: EX01.contoso.example; spf=pass smtp.mailfrom=fabrikam.example;\r\n"
    " dkim=pass header.d=fabrikam.example; dmarc=pass header.from=fabrikam.example\r\n"
    "From: =?utf-8?q?J=C3=B6rg_Weber?= <joerg@fabrikam.example>\r\n"
    'To: "Roth, Anna" <anna.roth@contoso.example>, bert@contoso.example\r\nCc: team: c@contoso.example;\r\n'
    "Subject: =?utf-8?b?QVc6IEFuZ2Vib3QgZsO8cg==?= =?iso-8859-1?q?_M=E4rz?=\r\n"
    "Date: Mon, 1 Nov 2021 09:59:00 +0100\r\nMessage-ID: <a1b2c3d4e5f60718@fabrikam.example>\r\n"
    "In-Reply-To: <0123456789abcdef@EX01.contoso.example>\r\n"
    "References: <first@contoso.example> <0123456789abcdef@EX01.contoso.example>\r\n"
    "Thread-Index: AdfO7Xb0ZZ5GQ0p7TYGQmIuJb5p1Xg==\r\nX-Mailer: Microsoft Outlook 16.0\r\n"
    "X-MS-Exchange-Organization-AuthAs: Anonymous\r\nMIME-Version: 1.0\r\n"
)
PLAIN = (
    "Guten Tag Frau Roth,\r\n\r\nanbei die geänderte Rechnung, bitte bis morgen prüfen:\r\n"
    "https://files.partner.test/r/invoice_4711.zip?id=a@contoso.example\r\nDas Passwort lautet: Xk42\r\n\r\n"
    "Mit freundlichen Grüßen\r\nJörg Weber\r\n\r\nVon: Anna Roth <anna.roth@contoso.example>\r\n"
    "Gesendet: Freitag, 29. Oktober 2021 16:12\r\nAn: Jörg Weber\r\nBetreff: Angebot für März\r\n\r\n"
    "Sehr geehrter Herr Weber, wann dürfen wir mit dem Angebot für den März rechnen?\r\n\r\n"
    "On Thu, Oct 28, 2021 at 9:14 AM Bert <bert@contoso.example> wrote:\r\n> Is there news of it?\r\n>> None yet.\r\n"
)
HTML = (
    "<html><head><style>p {color: red}</style></head><body><p>Guten Tag,</p><p>bitte <a "
    'href="https://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2Ffiles.partner.test%2Fa.zip">'
    'https://contoso.example/offer</a> öffnen.</p><span style="display:none">hidden words</span>'
    '<div style="border:none;border-top:solid #E1E1E1 1.0pt"><p><b>Von:</b> Anna Roth<br><b>Gesendet:</b> '
    "Freitag, 29. Oktober 2021 16:12<br><b>An:</b> Weber<br><b>Betreff:</b> Angebot</p></div><p>Alte Worte, die "
    'alle kennen.</p><blockquote type="cite">Noch &auml;ltere Worte</blockquote></body></html>'
)


def _file() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("invoice.pdf.js", "var a = 1;\n" * 50)
        archive.writestr("inner.eml", HEAD + "\r\nhello")
    return base64.encodebytes(packed.getvalue())


def _mixed() -> bytes:
    """Text and HTML, a file whose name is in pieces, an attached mail."""
    text = quopri.encodestring(PLAIN.encode())
    html = base64.encodebytes(HTML.encode())
    return b"".join((
        HEAD.encode(), b'Content-Type: multipart/mixed;\r\n boundary="=_outer"\r\n\r\n--=_outer\r\n',
        b'Content-Type: multipart/alternative; boundary="=_outer_2"\r\n\r\n--=_outer_2\r\n',
        b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n",
        text, b'\r\n--=_outer_2\r\nContent-Type: text/html; charset="utf-8"\r\n',
        b"Content-Transfer-Encoding: base64\r\n\r\n", html, b"\r\n--=_outer_2--\r\n--=_outer\r\n",
        b"Content-Type: application/zip;\r\n name*0*=utf-8''Rechnung%20M%C3%A4;\r\n name*1=rz.zip\r\n",
        b"Content-Transfer-Encoding: base64\r\nContent-Disposition: attachment\r\n\r\n", _file(),
        b"\r\n--=_outer\r\nContent-Type: message/rfc822\r\n\r\n", HEAD.encode(),
        b"Content-Type: text/plain; charset=iso-8859-1\r\n\r\nW\xf6rter\r\n--=_outer--\r\n",
    ))  # fmt: skip


def _journal() -> bytes:
    return b"".join((
        b"Received: from EX01.contoso.example (10.1.2.3) by EX02.contoso.example (10.1.2.4) with mapi id",
        b" 15.1.2507.6;\r\n Mon, 1 Nov 2021 10:00:02 +0100\r\nX-MS-Journal-Report:\r\n",
        b"From: <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@contoso.example>\r\nTo: <journal@contoso.example>\r\n",
        b"Subject: Angebot\r\nMessage-ID: <j1@EX01.contoso.example>\r\nMIME-Version: 1.0\r\n",
        b'Content-Type: multipart/mixed; boundary="jb"\r\n\r\n--jb\r\nContent-Type: text/plain\r\n\r\n',
        b"Sender: joerg@fabrikam.example\r\nSubject: Angebot\r\nMessage-Id: <a1b2c3d4e5f60718@fabrikam.example>\r\n",
        b"To: anna.roth@contoso.example, Expanded: all@contoso.example\r\nBcc: boss@contoso.example\r\n",
        b"--jb\r\nContent-Type: message/rfc822\r\n\r\n", _mixed(), b"\r\n--jb--\r\n",
    ))  # fmt: skip


def _listed(*properties: tuple[int, int, bytes]) -> bytes:
    """Properties as TNEF lists them (MS-OXTNEF, 2.1.3.4): number, kind of variable size, value."""
    found = struct.pack("<I", len(properties))
    for number, kind, value in properties:
        found += struct.pack("<HHII", kind, number, 1, len(value)) + value + bytes(-len(value) % 4)
    return found


def _stream(*attributes: tuple[int, int, bytes]) -> bytes:
    """A TNEF stream of attributes: level, number, value."""
    found = struct.pack("<IH", 0x223E9F78, 7)
    for level, number, data in ((1, 0x69007, struct.pack("<II", 1252, 0)), *attributes):
        found += struct.pack("<BII", level, number, len(data)) + data
        found += struct.pack("<H", sum(data) & 0xFFFF)
    return found


def _tnef(*, alone: bool) -> bytes:
    """Text, HTML, rich text, a file, an attached message with a file, in a TNEF part."""
    rich = b"{\\rtf1\\ansi\\fromhtml1 {\\*\\htmltag64 <p>}Guten Tag{\\*\\htmltag72 </p>}}"
    packed = base64.decodebytes(_file())
    begins = (2, 0x69002, struct.pack("<HIHHI", 1, 0xFFFFFFFF, 32, 32, 0))
    name = "Rechnung März.zip".encode("utf-16-le") + b"\0\0"
    file = (begins, (2, 0x18010, b"RECHNU~1.ZIP\0"), (2, 0x6800F, packed),
            (2, 0x69005, _listed((0x3707, 0x1F, name), (0x370E, 0x1E, b"application/zip\0"))))  # fmt: skip
    inner = _stream(
        (1, 0x18004, b"Angebot\0"),
        (1, 0x69003, _listed((0x1000, 0x1F, PLAIN.encode("utf-16-le")))),
        *file,
    )
    message = bytes.fromhex("0703020000000000c000000000000046") + inner
    stored = struct.pack("<II4sI", len(rich) + 12, len(rich), b"MELA", 0) + rich
    bodies = (
        (0x1000, 0x1F, PLAIN.encode("utf-16-le")),
        (0x1013, 0x102, HTML.encode()),
        (0x1009, 0x102, stored),
    )
    data = _stream((1, 0x69003, _listed(*bodies[1 if alone else 2 :], (0x1035, 0x1F, name))), *file, begins,
                   (2, 0x69005, _listed((0x3001, 0x1F, name), (0x3701, 0x0D, message))))  # fmt: skip
    kind = b'Content-Type: application/ms-tnef; name="winmail.dat"\r\nContent-Transfer-Encoding: '
    if alone:
        return HEAD.encode() + kind + b"binary\r\n\r\n" + data
    part = kind + b"base64\r\n\r\n" + base64.encodebytes(data)
    return b"".join((
        HEAD.encode(), b'Content-Type: multipart/mixed; boundary="=_t"\r\n\r\n--=_t\r\n',
        b"Content-Type: text/plain; charset=utf-8\r\n\r\n", PLAIN.encode(), b"\r\n--=_t\r\n", part, b"\r\n--=_t--\r\n",
    ))  # fmt: skip


def _invented() -> Iterator[tuple[str, bytes]]:
    plain = HEAD.encode() + b"Content-Type: text/plain; charset=utf-8\r\n\r\n" + PLAIN.encode()
    html = HEAD.encode() + b"Content-Type: text/html; charset=utf-8\r\n\r\n" + HTML.encode()
    four = (plain, html, _mixed(), _journal())
    for each in (*four, _tnef(alone=True), _tnef(alone=False)):
        yield "invented", each
        yield "invented", each.replace(b"\r\n", b"\n")
    lines = [b"From a@contoso.example Mon Nov  1 10:00:%02d 2021\n" % at for at in range(4)]
    mails = [each.replace(b"\r\n", b"\n").replace(b"\nFrom ", b"\n>From ") for each in four]
    yield "invented", b"\n".join(line + mail for line, mail in zip(lines, mails, strict=True))
    yield "invented", lines[0] + mails[0]
