"""Named hostile mails: each a function from a size to a mail, or to a mailbox of mails.

The size of each is what a forger can choose: letters of a field, parts, links, mails.
"""

from __future__ import annotations

import base64
import io
import zipfile
from collections.abc import Callable

from hostile_mailboxes import (
    FROM_LINE,
    a_chain,
    mailbox,
    many_names,
    one_account,
    one_parent,
    one_second,
    same_text,
)

HEAD = (
    b"Received: from mail.fabrikam.example (mail.fabrikam.example [192.0.2.7]) by EX01.contoso.example"
    b" with ESMTPS; Fri, 7 Nov 2025 10:00:00 +0100\n"
    b"From: Anna Weber <anna@fabrikam.example>\nTo: Bert <bert@contoso.example>\nSubject: Re: Offer\n"
    b"Date: Fri, 7 Nov 2025 10:00:00 +0100\nMessage-ID: <1@fabrikam.example>\n"
    b"In-Reply-To: <0@contoso.example>\nMIME-Version: 1.0\n"
)
HTML = b"Content-Type: text/html; charset=utf-8\n\n<html><body>"
_LINE = b"wrote:\n"
ATTRIBUTIONS = (
    "On Fri, Nov 7, 2025 at 9:14 AM Bert <b@contoso.example> wrote:",
    "Am 07.11.2025 um 09:14 schrieb Bert:",
    "Le ven. 7 nov. 2025 à 09:14, Bert <b@contoso.example> a écrit :",
    "Il giorno ven 7 nov 2025 Bert ha scritto:",
    "El vie, 7 nov 2025 a las 9:14, Bert escribió:",
    "Em sex., 7 de nov. de 2025 às 09:14, Bert escreveu:",
    "Op vr 7 nov 2025 om 09:14 schreef Bert:",
    "Den fre 7 nov. 2025 kl 09:14 skrev Bert:",
    "pt., 7 lis 2025 o 09:14 Bert <b@contoso.example> napisał(a):",
    "пт, 7 нояб. 2025 г. в 09:14, Bert <b@contoso.example>:",
    "7 Kas 2025 Cum 09:14 tarihinde Bert şunu yazdı:",
    "2025年11月7日(金) 9:14 Bert <b@contoso.example>:",
    "2025년 11월 7일 (금) Bert님이 작성:",
    "pe 7. marrask. 2025 klo 9.14 Bert kirjoitti:",
    "Bert <b@contoso.example> 于2025年11月7日 09:14写道：",
    "Στις Παρ, 7 Νοε 2025 ο/η Bert έγραψε:",
    "בתאריך יום ו׳, 7 בנוב׳ 2025 מאת Bert:",
    "pá 7. 11. 2025 v 9:14 odesílatel Bert napsal:",
    "7 нов. 2025 написа Bert:",
    "V V pet., 7. nov. 2025 je Bert napisal:",
    "Bert <b@contoso.example> ezt írta (2025. nov. 7.):",
    "În vin., 7 nov. 2025, Bert a scris:",
    "Vào Th 6, 7 thg 11, 2025 Bert đã viết:",
    "Pada tanggal Jum, 7 Nov 2025 Bert menulis:",
    "في الجمعة، ٧ نوفمبر ٢٠٢٥ كتب Bert:",
)  # fmt: skip


def field(before: bytes, piece: bytes, after: bytes = b"") -> Callable[[int], bytes]:
    """A field of so many bytes, below the first line of the way."""
    top, rest = HEAD[: HEAD.index(b"From:")], HEAD[HEAD.index(b"From:") :]
    return lambda size: top + before + repeated(piece, size) + after + b"\n" + rest + b"\nhello\n"


def first_field(before: bytes, piece: bytes) -> Callable[[int], bytes]:
    """The same as the first line of the mail: by it alone a mail is known."""
    return lambda size: before + repeated(piece, size) + b"\n" + HEAD + b"\nhello\n"


def text(piece: bytes, between: bytes = b"") -> Callable[[int], bytes]:
    """A plain body of so many bytes."""
    return lambda size: (
        HEAD
        + b"Content-Type: text/plain; charset=utf-8\n\nhello\n"
        + between
        + repeated(piece, size)
    )


def html(piece: bytes, before: bytes = b"", after: bytes = b"") -> Callable[[int], bytes]:
    """An HTML body of so many bytes."""
    return lambda size: HEAD + HTML + b"hello " + before + repeated(piece, size) + after


def html_of(opening: bytes, closing: bytes = b"", inside: bytes = b"x") -> Callable[[int], bytes]:
    """HTML of so many elements in each other."""
    return lambda size: HEAD + HTML + opening * size + inside + closing * size


def repeated(piece: bytes, size: int) -> bytes:
    """A piece again and again, so many bytes."""
    return (piece * (size // len(piece) + 1))[:size]


def numbered(form: str, count: int) -> bytes:
    """A text so many times, with a number in it."""
    return "".join([form.format(number) for number in range(count)]).encode()


def nested(count: int) -> bytes:
    """Multiparts in each other."""
    head = b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n"
    inner = b"".join([head % (level, level) for level in range(count)])
    ends = b"".join([b"\n--b%d--\n" % level for level in range(count - 1, -1, -1)])
    return HEAD + inner + b"\nhello\n" + ends


def prefixed(count: int) -> bytes:
    """Multiparts in each other, each boundary the beginning of the next."""
    count = min(count, 900)
    pieces = [
        b"Content-Type: multipart/mixed; boundary=%s\n\n--%s\n" % (b"b" * level, b"b" * level)
        for level in range(1, count + 1)
    ]
    return HEAD + b"".join(pieces) + b"\nhello\n"


def flat(part: bytes) -> Callable[[int], bytes]:
    """So many parts beside each other."""
    return lambda count: (
        HEAD
        + b"Content-Type: multipart/mixed; boundary=b\n\n"
        + (b"--b\n" + part + b"\n") * count
        + b"--b--\n"
    )


def attached(count: int) -> bytes:
    """Attachments, each with a name of its own."""
    part = "--b\nContent-Type: application/zip\nContent-Disposition: attachment; filename=a{0}.zip\n\nPK\3\4{0}\n"
    return (
        HEAD + b"Content-Type: multipart/mixed; boundary=b\n\n" + numbered(part, count) + b"--b--\n"
    )


def mails_in_mails(size: int) -> bytes:
    """A hundred attached mails in each other around one text."""
    return (
        HEAD
        + b"Content-Type: message/rfc822\n\n" * 100
        + b"Subject: x\n\n"
        + repeated(b"hello world\n", size)
    )


def encoded_mails(count: int) -> bytes:
    """Mails in mails, each in base64 again."""
    data = b"Subject: x\n\n" + b"hello world\n" * 200
    for _ in range(min(count, 16)):
        head = b"Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n"
        data = head + base64.encodebytes(data)
    return HEAD + data


def journals(count: int) -> bytes:
    """Journal reports in journal reports."""
    head = b"X-MS-Journal-Report:\nContent-Type: multipart/mixed; boundary=j%d\n\n--j%d\n\n"
    one = (
        head
        + b"Sender: a@contoso.example\nTo: b@contoso.example\n\n--j%d\nContent-Type: message/rfc822\n\n"
    )
    inner = b"".join([one % (level, level, level) for level in range(count)])
    return HEAD + inner + HEAD + b"\nhello\n"


def bomb(size: int) -> bytes:
    """Attached archives of zeros."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.js", b"\0" * size)
    return _attachment(packed.getvalue())


def bombs_in_bombs(size: int) -> bytes:
    """Archives of archives of zeros."""
    data = b"\0" * size
    for _ in range(6):
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for number in range(10):
                archive.writestr(f"{number}.zip", data)
        data = packed.getvalue()
    return _attachment(data)


def _attachment(data: bytes) -> bytes:
    head = b"Content-Type: application/zip; name=a.zip\nContent-Transfer-Encoding: base64\n\n"
    return HEAD + head + base64.encodebytes(data)


def attributions(count: int) -> bytes:
    """Attribution lines in many languages, each with a quoted line."""
    lines = "".join([f"{each}\n> so\n" for each in ATTRIBUTIONS])
    return (
        HEAD
        + b"Content-Type: text/plain; charset=utf-8\n\n"
        + (lines * (count // len(ATTRIBUTIONS) + 1)).encode()
    )


Make = Callable[[int], bytes]
CASES: dict[str, tuple[Make, int, int]] = {
    "an In-Reply-To of ids": (field(b"In-Reply-To: ", b"<a@b> "), 1 << 20, 9000),
    "an In-Reply-To of one id": (field(b"In-Reply-To: <", b"a", b"@b>"), 1 << 20, 9000),
    "an In-Reply-To of brackets": (field(b"In-Reply-To: ", b"<"), 1 << 20, 9000),
    "an In-Reply-To, the first field": (first_field(b"In-Reply-To: ", b"<a@b> "), 1 << 20, 9000),
    "a From, the first field": (first_field(b"From: ", b"a <a@b>, "), 5 << 20, 126_000),
    "a From of one name": (field(b'From: "', b"a ", b'" <a@b.example>'), 5 << 20, 126_000),
    "a From of mailboxes": (field(b"From: ", b"a <a@b>, "), 5 << 20, 126_000),
    "a From of addresses run together": (field(b"From: ", b"a@b "), 5 << 20, 126_000),
    "a From of comments": (field(b"From: ", b"(()"), 5 << 20, 126_000),
    "a From of colons": (field(b"From: ", b"a:"), 5 << 20, 126_000),
    "a From of words before colons": (field(b"From: ", b'a@b(c): "d" '), 5 << 20, 126_000),
    "a From of encoded words": (field(b"From: ", b"=?utf-8?b?YUBi?= , "), 5 << 20, 126_000),
    "a From of names between commas": (field(b"From: ", b"a,"), 5 << 20, 126_000),
    "a From of names between semicolons": (field(b"From: ", b'"a b" (c);'), 5 << 20, 126_000),
    "100,000 From fields": (lambda n: b"From: a <a@b>\n" * n + HEAD + b"\nhello", 100_000, 3000),
    "a To of mailboxes": (field(b"To: ", b'"a, b" <a@b.example>, '), 5 << 20, 126_000),
    "a subject of encoded words": (field(b"Subject: ", b"=?utf-8?q?a?= "), 1 << 20, 64_000),
    "a subject of many character sets": (field(b"Subject: ", b"=?utf-8?q?a?= =?big5?q?b?= "), 1 << 20, 64_000),
    "a subject of reply marks": (field(b"Subject: ", b"Re: Fwd[2]: "), 1 << 20, 64_000),
    "References": (field(b"References: ", b"<abc@contoso.example>\n "), 2 << 20, 64_000),
    "100,000 Received lines": (
        lambda n: numbered("Received: from a{0} by b{0} (c [192.0.2.1]) with mapi id 15.1.2507.6; x\n", n) + HEAD + b"\nhello",
        100_000, 2000),
    "a Received line of clauses": (field(b"Received: ", b"from a by b with c (d) "), 1 << 20, 64_000),
    "Authentication-Results": (field(b"Authentication-Results: a;", b" dkim=pass header.d=b;"), 1 << 20, 64_000),
    "100,000 Authentication-Results": (
        lambda n: b"Authentication-Results: a; spf=pass\n" * n + HEAD + b"\nhello", 100_000, 2000),
    "a header block": (lambda n: HEAD + repeated(b"X-A: b\n", n) + b"\nhello", 20 << 20, 128_000),
    "a header block of folded lines": (lambda n: HEAD + b"X-A: b\n" + repeated(b" b\n", n) + b"\nhello", 20 << 20, 128_000),
    "a header block of odd lines": (lambda n: HEAD + repeated(b"odd\n", n) + b"\n\nhello", 20 << 20, 128_000),
    "a header block of carriage returns": (lambda n: HEAD + repeated(b"X-A: b\r", n) + b"\n\nhello", 20 << 20, 128_000),
    "names in pieces": (
        lambda n: HEAD + b"Content-Type: application/zip" + numbered("; name*{0}*=%41", n) + b"\n\nx", 50_000, 2000),
    "names in pieces, parts": (flat(b"Content-Type: a/b" + numbered("; name*{0}*=%41", 150) + b"\n\nx"), 5000, 50),
    "nested multiparts": (nested, 10_000, 400),
    "nested multiparts, each boundary in the next": (prefixed, 450, 100),
    "flat parts": (flat(b"Content-Type: text/plain\n\nhello"), 10_000, 1000),
    "empty parts": (flat(b""), 200_000, 2000),
    "multiparts without a boundary": (flat(b"Content-Type: multipart/mixed\n\n--a" + b" " * 3000), 10_000, 50),
    "attached mails beside each other": (flat(b"Content-Type: message/rfc822\n\nSubject: x\n\nhello"), 10_000, 500),
    "digests": (flat(b"Content-Type: multipart/digest; boundary=c\n\n--c\n\nSubject: x\n\nhi\n--c--"), 5000, 300),
    "boundaries that begin like the boundary": (
        lambda n: HEAD + b"Content-Type: multipart/mixed; boundary=b\n\n" + repeated(b"\n--bb", n), 10 << 20, 128_000),
    "mails in mails": (mails_in_mails, 10 << 20, 200_000),
    "mails in mails, in base64 again": (encoded_mails, 16, 6),
    "journal reports in journal reports": (journals, 1000, 100),
    "attachments": (attached, 10_000, 400),
    "an archive of zeros": (bomb, 200 << 20, 8 << 20),
    "archives in archives of zeros": (bombs_in_bombs, 1 << 20, 1 << 17),
    "base64 in pieces": (
        lambda n: HEAD + b"Content-Transfer-Encoding: base64\n\n" + repeated(b"QQ==\n", n), 20 << 20, 256_000),
    "base64 of foreign letters": (
        lambda n: HEAD + b"Content-Transfer-Encoding: base64\n\n" + repeated(b"-*Q", n), 20 << 20, 256_000),
    "quoted-printable of =": (
        lambda n: HEAD + b"Content-Transfer-Encoding: quoted-printable\n\n" + repeated(b"=", n), 20 << 20, 256_000),
    "uuencoded files": (text(b"begin 644 a.exe\n#0V%T\n`\nend\n"), 2 << 20, 64_000),
    "begin lines": (text(b"begin 644 a\n"), 2 << 20, 64_000),
    "links": (lambda n: HEAD + b"\n" + numbered("https://h{0}.partner.test/a/{0}?b={0}\n", n), 50_000, 1000),
    "links in HTML": (
        lambda n: HEAD + HTML + numbered("<a href='https://h{0}.partner.test/a/{0}'>https://b{0}.test</a>\n", n), 50_000, 1000),
    "links in links": (html_of(b"<a href=https://a.example/b><object>"), 50_000, 1000),
    "defanged links": (text(b"hxxp://a[.]b[.]example/c "), 1 << 20, 64_000),
    "one link": (text(b"a.example/", b"https://"), 1 << 20, 64_000),
    "hosts in a row": (text(b"a.example/b."), 1 << 20, 64_000),
    "a link of brackets": (text(b"((((", b"https://a.example/"), 1 << 20, 64_000),
    "links with user names": (text(b"https://a@b@c@d.example/ "), 1 << 20, 64_000),
    "links of wide letters": (text("http://ыы.example/ü%zz ".encode()), 1 << 20, 64_000),
    "broken links": (text(b"<https://a.example/\nb\n"), 1 << 20, 64_000),
    "wrapped links": (text(b"https://a.safelinks.protection.outlook.com/?url=https%3A%2F%2F"), 1 << 20, 64_000),
    "div in div": (html_of(b"<div>"), 100_000, 3000),
    "blockquote in blockquote": (html_of(b"<blockquote>", b"</blockquote>"), 100_000, 2000),
    "table in table": (html_of(b"<table><tr><td>"), 100_000, 1000),
    "unclosed formatting": (html_of(b"<b><i><font color=red><p>"), 50_000, 500),
    "hidden in hidden": (html_of(b"<div style='display:none'>"), 50_000, 1000),
    "hidden beside hidden": (html(b"<p style='display:none'>x</p>"), 1 << 20, 64_000),
    "ruled in ruled": (html_of(b"<div style='border-top:solid'>", inside=b"<b>From:</b> a<br><b>To:</b> b"), 50_000, 500),
    "pre in pre": (html_of(b"<pre><html>", b"</pre>"), 50_000, 1000),
    "pre that never closes": (html(b"<pre "), 1 << 20, 64_000),
    "an attribute": (html(b"a", b"<p style='", b"'>x"), 1 << 20, 64_000),
    "attributes": (lambda n: HEAD + HTML + b"<p " + numbered("a{0}=b ", n) + b">x", 100_000, 3000),
    "entities": (html(b"&amp;&#x41;&#xd800;&notanentity;"), 1 << 20, 64_000),
    "ampersands": (html(b"&"), 1 << 20, 64_000),
    "private letters": (html("&#xe000;\ue001".encode()), 1 << 20, 64_000),
    "comments that never close": (html(b"<!--"), 1 << 20, 64_000),
    "less-than signs": (html(b"<"), 1 << 20, 64_000),
    "tags that never close": (html(b"<a "), 1 << 20, 64_000),
    "images": (html(b"<img src=http://a.example/b alt=c>"), 1 << 20, 64_000),
    "templates": (html_of(b"<template><svg><title>"), 50_000, 1000),
    "forms and selects": (html_of(b"<form><select><option><textarea>"), 50_000, 1000),
    "a single line": (text(b"word "), 1 << 20, 128_000),
    "a single word": (text(b"a"), 1 << 20, 128_000),
    ">": (text(b">"), 1 << 20, 64_000),
    "> lines": (text(b">\n"), 1 << 20, 64_000),
    "> and lines": (text(b"> a\nb\n"), 1 << 20, 64_000),
    "> deeper and deeper": (lambda n: HEAD + b"\n" + b"".join(b">" * k + b" a\n" for k in range(n)), 1400, 300),
    "wrote: lines": (text(_LINE), 1 << 20, 64_000),
    "colons": (text(b":\n"), 1 << 20, 64_000),
    "attributions": (attributions, 10_000, 300),
    "attributions that never end": (text(b"On 1 Jan 2025 at 10:00 a@b.example "), 1 << 20, 64_000),
    "header blocks": (text(b"From: a\nSent: b\nTo: c\nSubject: d\n\n"), 1 << 20, 64_000),
    "labels": (text(b"From: "), 1 << 20, 64_000),
    "label lines": (text(b"To: a@b;\n a@b;\n"), 1 << 20, 64_000),
    "rules": (text(b"_______________________________\na@b\n"), 1 << 20, 64_000),
    "dashes": (text(b"-----Original Message-----\n"), 1 << 20, 64_000),
    "a line of dashes": (text(b"-- - "), 1 << 20, 64_000),
    "dashes and blanks": (text(b"\n--- a" + b" " * 60), 1 << 20, 64_000),
    "signatures": (text(b"-----BEGIN PGP SIGNATURE-----\n"), 1 << 20, 64_000),
    "signed messages": (text(b"-----BEGIN PGP SIGNED MESSAGE-----\na\n"), 1 << 20, 64_000),
    "dates of Notes": (text(b"---11/07/2025 10:00:00---"), 1 << 20, 64_000),
    "blanks": (text(b" "), 1 << 20, 128_000),
    "blanks in HTML": (html(b" \xc2\xa0"), 1 << 20, 128_000),
    "blank lines": (text(b"\n"), 1 << 20, 128_000),
    "blank lines with blanks": (text(b" \t\n"), 1 << 20, 128_000),
    "tabs at the ends of lines": (text(b"a" + b"\t" * 500 + b"b\n"), 1 << 20, 64_000),
    "pipes": (text(b"|\n| a\n"), 1 << 20, 64_000),
    "initials": (text(b"AB> a\n"), 1 << 20, 64_000),
    "marks of direction": (text("a\u202eb\u2066c\u200f".encode()), 1 << 20, 64_000),
    "letters without width": (text("a\u200b\u200d\ufeff".encode()), 1 << 20, 64_000),
    "letters over letters": (text(b"a" + "\u0301".encode() * 60), 1 << 20, 64_000),
    "letters that grow": (text("\u0130\ufdfa".encode()), 1 << 20, 64_000),
    "letters of many scripts": (text("字あ가ก אب".encode()), 1 << 20, 64_000),
    "NUL": (text(b"\0"), 1 << 20, 64_000),
    "bytes of no character set": (text(b"\xff\xfe\x80"), 1 << 20, 64_000),
    "passwords": (text(b"password: "), 1 << 20, 64_000),
    "passwords of other languages": (text("пароль: а1 Kennwort ist mot de passe : ".encode()), 1 << 20, 64_000),
    "account numbers": (text(b"DE89 3704 0044 0532 0130 00 "), 1 << 20, 64_000),
    "addresses": (text(b"a@b.example "), 1 << 20, 64_000),
    "an address": (text(b"a.b-c+d@"), 1 << 20, 64_000),
    "greetings": (text(b"Dear Bert,\nKind regards\n--\n"), 1 << 20, 64_000),
    "a mail": (text(b"All of this is an ordinary line of text, and there are many of them.\n"), 100 << 20, 256_000),
    "From_ lines only": (lambda n: FROM_LINE * n, 50_000, 500),
    "From_ lines within lines": (lambda n: FROM_LINE + HEAD + b"\n" + repeated(b"\nFrom ", n), 2 << 20, 64_000),
    "From_ lines quoted": (lambda n: FROM_LINE + HEAD + b"\n" + repeated(b"\n>From ", n), 2 << 20, 64_000),
    "a thread that all claim": (mailbox(one_parent), 25_000, 300),
    "a chain of answers": (mailbox(a_chain), 25_000, 300),
    "a sender of many names": (mailbox(many_names), 50_000, 300),
    "a text that all say": (mailbox(same_text), 25_000, 300),
    "links of one second": (mailbox(one_second), 40_000, 300),
    "an account that answers all threads": (mailbox(one_account), 25_000, 300),
}  # fmt: skip
"""Each: who makes it, its size in the benchmark (and twice that), its size in the test suite."""
