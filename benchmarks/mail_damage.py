"""Damage that only mails can take: to header fields, boundaries, character sets, encodings, parts."""

from __future__ import annotations

import random
import re

from mutations import mutate

CHARSETS = (
    b"utf-7", b"utf-16", b"utf-32", b"iso-2022-jp", b"hz", b"gb2312", b"big5", b"us-ascii", b"x-unknown",
    b"unicode-1-1-utf-7", b"idna", b"punycode", b"rot13", b"zlib", b"", b"utf-8\0", b"a" * 500, b"mbcs",
    b"unicode_escape", b"raw_unicode_escape", b"utf-16-le", b"cp65001", b"../../x", b"undefined",
)  # fmt: skip
ENCODINGS = (
    b"base64", b"quoted-printable", b"x-uuencode", b"7bit", b"8bit", b"binary", b"base64 quoted", b"",
    b"BASE64\0", b"uu", b"yenc", b"gzip",
)  # fmt: skip
TYPES = (
    b"text/plain", b"text/html", b"message/rfc822", b"multipart/mixed", b"multipart/digest", b"message/partial",
    b"multipart/alternative; boundary=", b"message/delivery-status", b"application/ms-tnef", b"image/png",
    b"text/calendar", b"application/octet-stream", b'multipart/report; boundary=""', b"text", b"/", b"",
)  # fmt: skip
FIELDS = (
    b"From: a@b, c@d, <e", b'From: "', b"From: =?utf-16?b?2AA=?= <a@b>", b"Subject: =?utf-7?q?+2AA-?=",
    b"Subject: =?utf-8?q?=ED=A0=80?=", b"Date: Mon, 99 Foo 99999 99:99:99 +9999", b"Date: 1 Jan 0000 00:00 -0000",
    b"Date: Fri, 31 Dec 9999 23:59:59 -2359", b"Received: from a by b; Fri, 31 Dec 9999 23:59:59 -2359",
    b"Received: ;", b"Received: from [::ffff:1%x] by ]", b"Message-ID: <>", b"Message-ID: a b", b"References: <<<>",
    b"In-Reply-To: =?x?q?<a@b>?=", b"Thread-Index: !!!!", b"Thread-Index: AAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==",
    b"X-MS-Journal-Report:", b"List-Id: <", b"Authentication-Results: ;;;=", b"Received-SPF: (", b"Sender: @",
    b'Authentication-Results: a; spf=pass ("(', b"ARC-Authentication-Results: i=99999999999999999999; a",
    b"X-Originating-IP: [999.1.1.1]", b"X-MS-Exchange-Organization-AuthAs: Internal", b"To: g:;", b"Cc: \xff\xfe@\xff",
    b"Content-Type: text/html; charset*0*=utf-8''a; charset*1=b", b"Content-Disposition: attachment; filename*999=x",
    b"Content-Disposition: attachment; filename*=utf-16'x'%D8%00", b"Content-ID: <\xed\xa0\x80>",
    b"Return-Path: <", b"Reply-To: a b c", b"Thread-Topic: \0\0", b"Subject: \xe2\x80\xae\xf3\xa0\x80\x81",
)  # fmt: skip
TEXTS = (
    "\nFrom: a\nSent: b\nTo: c\nSubject: d\n", "\nOn 1 Jan 2020 at 10:00, a@b.example wrote:\n", "\n> ", "\n>>> ",
    "\n-----Original Message-----\n", "&#xd800;", "&#x110000;", "&#0;", "<blockquote>", "</div>", "<!--", "<![CDATA[",
    "<pre><html><title>", "http://[::1", "http://xn--a.example/", "hxxp://a[.]example/b.zip", "\\\\a.example\\b\\c",
    "https://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2F", "password: \u0130\u0130", "\u202e", "\ufeff",
    "<a href='http://a.example'><object><a href='", "<div style=\"display:none\"><p style='display:none'>", "\ue000",
    "\nbegin 644 a.exe\n", "\n--\n", "<hr>", "\U000e0041", "\u0345" * 40, "\nVon: x\nGesendet: y\n", "\r\r\n",
    "http://\u0130.example/", "http://0x7f.1/", "http://a%00b/", "www.\u200b", "<area href=//x.example>", "\x85",
    "<template>", "<svg><title>", "<math><mi><table>", "<select><option>", "<frameset>", "<plaintext>", "<a href=",
)  # fmt: skip

_BOUNDARY = re.compile(rb'boundary="?([^"\s;]+)', re.IGNORECASE)
_CHARSET = re.compile(rb"(charset\*?=\"?)[^\";\s]*|(=\?)[^?\s]{1,40}(?=\?[bqBQ]\?)")
_ENCODING = re.compile(rb"(?i)(content-transfer-encoding:\s*)\S*")
_TYPE = re.compile(rb"(?i)(content-type:\s*)[^;\r\n]*")


def damaged(dice: random.Random, seed: bytes, others: list[bytes]) -> tuple[str, bytes]:
    """One damaged copy, and the kinds of damage."""
    data = seed
    kinds: list[str] = []
    for _ in range(dice.choice((1, 1, 2, 3))):
        if dice.random() < 0.4:
            kinds.append("bytes")
            data = mutate(dice, data, others)
        else:
            kind = dice.choice(_KINDS)
            kinds.append(kind.__name__.strip("_"))
            data = kind(dice, data, others)
        data = data[: 1 << 20]
    return "+".join(kinds), data


def _fields(dice: random.Random, data: bytes, others: list[bytes]) -> bytes:
    """Fields left out, twice, torn, exchanged, invented."""
    head, body = _halves(data)
    lines = head.split(b"\n")
    for _ in range(dice.choice((1, 2, 5))):
        at = dice.randrange(len(lines))
        match dice.randrange(7):
            case 0:
                del lines[at : at + dice.choice((1, 3))]
                lines = lines or [b""]
            case 1:
                lines[at:at] = [lines[at]] * dice.choice((1, 2, 300))
            case 2:
                lines[at] = lines[at][: dice.randrange(len(lines[at]) + 1)]
            case 3:
                other = dice.randrange(len(lines))
                lines[at], lines[other] = lines[other], lines[at]
            case 4:
                lines[at] = lines[at].replace(b" ", b"\n " if dice.random() < 0.5 else b"\r ")
            case 5:
                theirs = _halves(dice.choice(others))[0].split(b"\n")
                lines[at:at] = theirs[: dice.choice((1, 5, 30))]
            case _:
                lines.insert(at, dice.choice(FIELDS))
    return b"\n".join(lines) + body


def _boundaries(dice: random.Random, data: bytes, others: list[bytes]) -> bytes:
    """A boundary that is declared otherwise, or that lines lack, or that another begins with."""
    del others
    found = [match[1] for match in _BOUNDARY.finditer(data)]
    if not found:
        return data.replace(b"\n\n", b"\nContent-Type: multipart/mixed; boundary=x\n\n--x\n", 1)
    one = dice.choice(found)
    match dice.randrange(6):
        case 0:
            return data.replace(one, one[:-1], dice.choice((1, -1)))
        case 1:
            return data.replace(b"--" + one + b"--", b"", 1)
        case 2:
            return data.replace(b"--" + one, b"--" + one + one[-1:], 1)
        case 3:
            return data.replace(b"--" + one, b"--" + dice.choice(found))
        case 4:
            return data.replace(b"\n--" + one, b"\n--" + one + b"\n\n--" + one)
        case _:
            return data.replace(one, dice.choice((b"", b"-", b"\n", b"=" * 2000, b"b")), 1)


def _charsets(dice: random.Random, data: bytes, others: list[bytes]) -> bytes:
    del others
    name = dice.choice(CHARSETS)
    return _CHARSET.sub(lambda each: (each[1] or each[2]) + name, data, dice.choice((0, 1)))


def _encodings(dice: random.Random, data: bytes, others: list[bytes]) -> bytes:
    del others
    name = dice.choice(ENCODINGS)
    return _ENCODING.sub(lambda each: each[1] + name, data, dice.choice((0, 1)))


def _types(dice: random.Random, data: bytes, others: list[bytes]) -> bytes:
    del others
    name = dice.choice(TYPES)
    return _TYPE.sub(lambda each: each[1] + name, data, dice.choice((0, 1)))


def _two(dice: random.Random, data: bytes, others: list[bytes]) -> bytes:
    """Two mails made one: head of one over the body of another, one inside the other, mixed."""
    other = dice.choice(others)
    head, body = _halves(data)
    match dice.randrange(4):
        case 0:
            return head + _halves(other)[1]
        case 1:
            wrapped = b"From: a@contoso.example\nContent-Type: message/rfc822\n\n"
            return wrapped * dice.choice((1, 2, 45)) + data
        case 2:
            mine, theirs = dice.randrange(len(data) + 1), dice.randrange(len(other) + 1)
            return data[:mine] + other[theirs:]
        case _:
            place = dice.randrange(len(body) + 1)
            return head + body[:place] + other + body[place:]


def _texts(dice: random.Random, data: bytes, others: list[bytes]) -> bytes:
    """What means something to whoever takes text apart, anywhere and often."""
    del others
    for _ in range(dice.choice((1, 3, 10))):
        place = dice.randrange(len(data) + 1)
        piece = dice.choice(TEXTS).encode() * dice.choice((1, 1, 2, 200))
        data = data[:place] + piece + data[place:]
    return data


_KINDS = (_fields, _fields, _boundaries, _charsets, _encodings, _types, _two, _texts, _texts)


def _halves(data: bytes) -> tuple[bytes, bytes]:
    """Head and body; the body begins with the blank line."""
    unix, dos = data.find(b"\n\n"), data.find(b"\n\r\n")
    at = unix if dos < 0 or 0 <= unix < dos else dos
    return (data, b"") if at < 0 else (data[:at], data[at:])
