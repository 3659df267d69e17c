"""How the tests of the mail formats read one mail."""

import io

from tocsin.formats import Reading, eml
from tocsin.model.evidence import Evidence, Host
from tocsin.model.finding import Gap
from tocsin.model.locator import Locator

AT = Locator(source="mail.eml", sha256="ab")
FROM = "From: Anna <anna@contoso.com>\nSubject: s\nMessage-ID: <1@contoso.com>\n\nbody\n"


def read(text: str | bytes, own: tuple[str, ...] = ()) -> list[Evidence | Gap]:
    data = text if isinstance(text, bytes) else text.encode()
    return list(eml.read(io.BytesIO(data), AT, Reading(own_domains=frozenset(own))))


def sights(text: str | bytes, own: tuple[str, ...] = ()) -> list[tuple[Evidence, Host]]:
    return [
        (each, each.body)
        for each in read(text, own)
        if isinstance(each, Evidence) and isinstance(each.body, Host)
    ]


def only(text: str) -> tuple[Evidence, Host]:
    found = sights(text)
    assert len(found) == 1
    return found[0]
