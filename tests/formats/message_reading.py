"""How the tests of mail records read one mail."""

import io
from collections.abc import Iterator

from tocsin.formats import Reading, eml
from tocsin.model.evidence import Evidence
from tocsin.model.finding import Gap
from tocsin.model.locator import Locator
from tocsin.model.message import Message

AT = Locator(source="mail.eml", sha256="ab")
KEY = b"0123456789abcdef"
HEAD = (
    "From: Anna Weber <anna@contoso.example>\nTo: Bert <bert@fabrikam.example>\n"
    "Subject: Offer\nDate: Fri, 7 Nov 2025 10:00:00 +0100\nMessage-ID: <1@contoso.example>\n"
)


def reading(own: tuple[str, ...] = ()) -> Reading:
    return Reading(own_domains=frozenset(own), messages=True, mark_key=KEY)


def everything(mail: str | bytes, own: tuple[str, ...] = ()) -> list[Evidence | Gap]:
    data = mail if isinstance(mail, bytes) else mail.encode()
    return list(eml.read(io.BytesIO(data), AT, reading(own)))


def messages(found: list[Evidence | Gap]) -> Iterator[Message]:
    for each in found:
        if isinstance(each, Evidence) and isinstance(each.body, Message):
            yield each.body


def gaps(found: list[Evidence | Gap]) -> list[str]:
    return [str(each.why) for each in found if isinstance(each, Gap)]


def one(mail: str | bytes, own: tuple[str, ...] = ()) -> Message:
    (found,) = messages(everything(mail, own))
    return found
