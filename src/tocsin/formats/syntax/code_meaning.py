"""What the text of a code does on the telephone that reads it: opens an address, pays, signs in, …."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tocsin.formats.syntax.domains import internal

LINKS_LIMIT = 20
"""Addresses of one text that are looked at."""

_KINDS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "payment-code",
        # EPC069-12; SIX QR-bill; Czech SPAYD; Slovenian UPN; Russian ГОСТ Р 56042; EMVCo (Pix, PromptPay)
        # from `000201` on; UPI; coins (BIP 21, ERC-681).
        ("bcd\n", "bcd\r", "spc\n", "spc\r", "spd*", "upnqr", "st0001", "000201", "upi:", "bitcoin:",
         "ethereum:", "litecoin:", "monero:", "tron:", "lightning:", "bezahlcode:", "bank:"),
    ),
    ("sign-in-code", ("otpauth:", "otpauth-migration:", "sgnl:", "tg:", "fido:", "phonefactor:",
                      "microsoft-authenticator:", "2@", "openid-vc:", "openid:", "bankid:")),
    ("wifi-code", ("wifi:",)),
    ("contact-code", ("begin:vcard", "mecard:", "bizcard:", "begin:vevent", "begin:vcalendar")),
    ("mail-code", ("mailto:", "matmsg:", "smtp:")),
    ("call-code", ("tel:", "telprompt:", "sms:", "smsto:", "mms:", "mmsto:", "facetime:")),
)  # fmt: skip
"""By how a text begins: what it is for, where it is no address of the web."""

_ADDRESS = re.compile(r"(?i)\b(?:https?|ftp)(?::|\\:)//[^\s\"'<>]{3,2000}")
_BARE = re.compile(
    r"(?i)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.){1,8}[a-z]{2,24}(?:[:/?#]\S{0,2000})?"
)
"""A whole text that is a host, and what may stand behind it: telephones open that too."""


def meanings(text: str) -> Iterator[tuple[str, str]]:
    """(trait, address): `code` where it leads to an address of the web, else what it is for."""
    text = text.strip().lstrip("\ufeff")
    lower = text[:40].lower()
    for trait, beginnings in _KINDS:
        if lower.startswith(beginnings):
            yield trait, ""
            return
    found = False
    for count, address in enumerate(_ADDRESS.finditer(text)):
        if count >= LINKS_LIMIT:
            break
        found = True
        # A bookmark escapes its marks (MEBKM).
        yield "code", address[0].replace("\\:", ":").replace("\\;", ";").rstrip(";,")
    if found:
        return
    bare = text[6:].strip() if lower.startswith("urlto:") else text
    host = re.split("[:/?#]", bare, maxsplit=1)[0]
    if _BARE.fullmatch(bare) and not internal(host):
        yield "code", "http://" + bare
    else:
        yield "text-code", ""
