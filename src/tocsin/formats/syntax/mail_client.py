"""Which program wrote a mail, by what it says of itself or by the shape of its Message-ID.

A name stays the same while the program updates itself: versions are dropped, except Outlook's,
whose number tells installations apart for years.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from tocsin.formats.syntax.mail_words import folded, header_text

RAW_LIMIT = 200
"""Characters of `client_raw`."""

_STATED = ("x-mailer", "user-agent", "x-newsreader", "x-mail-client")

_NAMES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), name)
    for pattern, name in (
        (r"outlook express|windows (?:live )?mail|live mail", "outlook-express"),
        (r"mac\s?outlook", "outlook-mac"),
        (r"outlook.{0,12}(?:ios|android)|outlook mobile", "outlook-mobile"),
        (r"internet mail service", "exchange-5.5"),
        (r"thunderbird|mozilla/5\.0", "thunderbird"),
        (r"(?:iphone|ipad|ipod) mail", "apple-mobile"),
        (r"apple mail|^mail \d", "apple-mail"),
        (r"neomutt|mutt", "mutt"),
        (r"git-send-email|git send-email", "git-send-email"),
        (r"k-9 mail", "k-9-mail"),
        (r"yahoo|ymail|aolwebmail|webservice/\d", "yahoo"),
        (r"lotus notes|ibm notes|hcl notes|domino", "notes"),
        (r"the bat", "the-bat"),
        (r"alpine|pine\b", "alpine"),
    )
)
_OUTLOOK = re.compile(r"microsoft (?:office )?outlook,?\s*(?:imo,?\s*)?(?:build\s*)?(\d{1,2})?",
                      re.IGNORECASE)  # fmt: skip
_PROGRAM = re.compile(r"[^\W\d_][\w.+-]*(?:[ _-](?!v?\d)[^\W\d_][\w.+-]*){0,2}")
_VERSION = re.compile(r"[-_. ]?v?\d[\w.]*$", re.IGNORECASE)

_BY_ID: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), name)
    for pattern, name in (
        (r"CA[\w+=/-]{40,}@mail\.gmail\.com$", "gmail"),
        (r"[\w.+=-]+@mail\.gmail\.com$", "gmail-app"),
        (r".+@[\w-]+\.[\w.-]*prod\.outlook\.com$", "exchange-online"),
        (r"[0-9a-f]{12}\$[0-9a-f]{8}\$[0-9a-f]{8}\$@", "outlook"),
        (r"[0-9A-F]{8}(?:-[0-9A-F]{4}){3}-[0-9A-F]{12}@", "apple-mail"),
        (r"[\w.$-]+@email\.android\.com$", "android"),
        (r"[\d.]+@mail\.yahoo\.com$", "yahoo"),
        (r"[0-9a-f-]+@(?:[\w-]+\.)?amazonses\.com$", "amazon-ses"),
        (r".+@geopod-ismtpd[\w-]*$", "sendgrid"),
        (r"[\d.-]+\.JavaMail\.", "javamail"),
        (r"(?:alpine|Pine)\.", "alpine"),
        (r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}@", "uuid-id"),
    )
)
_OUTLOOK_ID = re.compile(r"[0-9a-fA-F]{12}\$[0-9a-fA-F]{8}\$[0-9a-fA-F]{8}\$?@")
_EXCHANGE_ID = re.compile(r"(?:[0-9a-f]{32}|[0-9A-F]{40})@|.+@[\w-]+\.[\w.-]*outlook\.com$")


def client(fields: Mapping[str, bytes], identifier: str) -> tuple[str, str]:
    """The program's name and the words it was taken from; empty when nothing tells."""
    for name in _STATED:
        value = fields.get(name)
        if value:
            text = folded(header_text(value[:1024]), RAW_LIMIT)
            if found := _named(text):
                return found, text
    for pattern, found in _BY_ID:
        if pattern.match(identifier):
            return found, identifier[:RAW_LIMIT]
    if "x-ms-exchange-senderadcheck" in fields or "x-ms-office365-filtering-correlation-id" in (
        fields
    ):
        return "exchange-online", identifier[:RAW_LIMIT]
    if "x-ms-has-attach" in fields or "x-ms-tnef-correlator" in fields:
        return "exchange", identifier[:RAW_LIMIT]
    if "x-mimeole" in fields:
        return "exchange", folded(header_text(fields["x-mimeole"][:1024]), RAW_LIMIT)
    if "x-google-smtp-source" in fields or "x-gm-message-state" in fields:
        return "google-smtp", identifier[:RAW_LIMIT]
    return "", ""


@lru_cache(maxsize=4096)
def _named(text: str) -> str:
    for pattern, name in _NAMES:
        if pattern.search(text):
            return name
    if outlook := _OUTLOOK.search(text):
        return f"outlook-{outlook[1]}" if outlook[1] else "outlook"
    program = _PROGRAM.search(text)
    if program is None:
        return "unnamed" if text else ""
    return "-".join(_VERSION.sub("", program[0]).lower().replace("_", " ").split())[:40]


def claims_outlook_falsely(name: str, identifier: str, fields: Mapping[str, bytes]) -> bool:
    """Whether a mail says it is Outlook's (for Windows) and lacks what Outlook always writes.

    Outlook gives a Thread-Index to every mail, and a Message-ID of its own shape where no server
    of Exchange gives one.
    """
    if not name.startswith("outlook-") or not name[8:].isdigit() or int(name[8:]) < 10:
        return False
    if "thread-index" in fields or "x-ms-has-attach" in fields or "x-mimeole" in fields:
        return False
    return not (_OUTLOOK_ID.match(identifier) or _EXCHANGE_ID.match(identifier))
