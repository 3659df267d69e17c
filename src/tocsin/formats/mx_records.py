"""MX records that somebody looked up: `Resolve-DnsName`, `dig`, `nslookup`, lines of a zone file.

https://learn.microsoft.com/powershell/module/dnsclient/resolve-dnsname and RFC 1035, section 5.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO, cast

import msgspec

from tocsin.formats import HEAD_SIZE, Format, Reading
from tocsin.formats.syntax.csv_records import Broken, header_of, rows
from tocsin.formats.syntax.gap_limit import limited
from tocsin.formats.syntax.json_records import Lost, records, text_at
from tocsin.formats.syntax.rewound import Rewound
from tocsin.formats.syntax.text_stream import decoded, head_text, lines
from tocsin.model.evidence import QUOTE_LIMIT, Evidence, Inquiry, Look
from tocsin.model.finding import Gap
from tocsin.model.locator import Locator
from tocsin.model.setting import Lost as LostValue
from tocsin.model.setting import Setting
from tocsin.model.text import N_, say

KIND = "MxRecord"

DOMAINS_LIMIT = 10_000
"""Domains told of one file."""

HOSTS_LIMIT = 50
"""Mail hosts of one domain; a domain with more is told without them."""

LINE_LIMIT = 4096
"""Characters looked at of one line."""

_NAME = r"[A-Za-z0-9_.-]{1,255}"
_ZONE = re.compile(rf"(?P<domain>{_NAME})\.?\s+(?:\d+\s+)?IN\s+MX\s+\d+\s+(?P<host>{_NAME})\s*$")
_LOOKUP = re.compile(
    rf"(?P<domain>{_NAME})\s+(?:MX preference = \d+, )?mail exchanger = (?:\d+ )?(?P<host>{_NAME})\s*$"
)
_TABLE = re.compile(rf"(?P<domain>{_NAME})\s+MX\s+\d+\s+Answer\s+(?P<host>{_NAME})\s+\d+\s*$")
_LINES = (_ZONE, _LOOKUP, _TABLE)
_QUESTION = re.compile(rf";\s*(?P<domain>{_NAME})\.?\s+IN\s+MX\s*$")
_STATUS = re.compile(r";; ->>HEADER<<- .*status: (?P<status>[A-Z]{1,20})\b")
_NAMED = "nameexchange"


def recognise(head: bytes) -> int:
    """By a line that is an MX record, by dig's own first lines, or by the property `NameExchange`."""
    plain = head.replace(b"\0", b"").lower()
    if b"mx" not in plain and b"exchange" not in plain:
        return 0
    text = head_text(head).lstrip("\ufeff \t\r\n")
    if '"NameExchange"' in text and text[:1] in ("[", "{"):
        return 90
    if _NAMED in {each.lower() for each in header_of(text)}:
        return 90
    whole = text.splitlines()
    if any(_QUESTION.match(line) for line in whole) and "; <<>> DiG" in text:
        return 95
    return 85 if any(each.match(line) for line in whole for each in _LINES) else 0


class _Answers:
    """Mail hosts by domain, in the order they come. empty: domains that were asked about."""

    def __init__(self) -> None:
        self.hosts: dict[str, list[str]] = {}
        self.places: dict[str, str] = {}
        self.records = self.left = 0

    def add(self, domain: str, host: str | None, place: str) -> None:
        """One record; None for a domain that has none."""
        domain = domain.strip().strip(".").lower()
        if domain not in self.hosts and len(self.hosts) >= DOMAINS_LIMIT:
            self.left += 1
            return
        known = self.hosts.setdefault(domain, [])
        self.places.setdefault(domain, place)
        if host is None:
            return
        self.records += 1
        # A single dot says that the domain takes no mail (RFC 7505).
        name = host.strip().strip(".").lower() or "."
        if name not in known and len(known) <= HOSTS_LIMIT:
            known.append(name)


def read(stream: BinaryIO, at: Locator, reading: Reading) -> Iterator[Evidence | Gap]:
    """One setting for each domain, an `Inquiry`, a `Look` that counts the records."""
    del reading
    answers = _Answers()
    yield from limited(_read(stream, at, answers), at)
    for domain, hosts in answers.hosts.items():
        cut = len(hosts) > HOSTS_LIMIT
        lost: dict[str, LostValue] = {"Hosts": "cut"} if cut else {}
        body = Setting(
            seen_by="dns",
            kind=KIND,
            name=domain,
            properties={"Domain": domain} | ({} if cut else {"Hosts": hosts}),
            lost=lost,
        )
        place = msgspec.structs.replace(at, position=answers.places[domain])
        quote = f"{domain} MX {', '.join(hosts)}"[:QUOTE_LIMIT]
        yield Evidence(at=place, body=body, quote=quote)
    yield Evidence(at=at, body=Inquiry(seen_by="dns", kind=KIND, found=len(answers.hosts)))
    yield Evidence(at=at, body=Look(seen_by="dns", records=answers.records))


def _read(stream: BinaryIO, at: Locator, answers: _Answers) -> Iterator[Gap]:
    head = stream.read(HEAD_SIZE)
    text = head_text(head).lstrip("\ufeff \t\r\n")
    again = cast("BinaryIO", Rewound(head, stream))
    if text[:1] in ("[", "{"):
        yield from _objects(again, at, answers)
    elif _NAMED in {each.lower() for each in header_of(text)}:
        yield from _table(again, at, answers)
    else:
        _text(again, answers)
    if answers.left:
        why = say(
            N_("more than {limit} domains; {count} records of others are not told"),
            limit=DOMAINS_LIMIT,
            count=answers.left,
        )
        yield Gap(at=at, kind="limit", why=why)


def _objects(stream: BinaryIO, at: Locator, answers: _Answers) -> Iterator[Gap]:
    for item in records(stream, frozenset()):
        if isinstance(item, Lost):
            place = msgspec.structs.replace(at, position=item.position)
            yield Gap(at=place, why=item.why, kind=item.kind)
        elif text_at(item.value, "Name") and text_at(item.value, "NameExchange"):
            answers.add(
                text_at(item.value, "Name"), text_at(item.value, "NameExchange"), item.position
            )


def _table(stream: BinaryIO, at: Locator, answers: _Answers) -> Iterator[Gap]:
    for row in rows(stream):
        if isinstance(row, Broken):
            place = msgspec.structs.replace(at, position=f"line {row.line}")
            yield Gap(at=place, why=row.why)
            continue
        found = {name.strip().lower(): value for name, value in row.fields().items()}
        if found.get("name") and found.get(_NAMED):
            answers.add(found["name"], found[_NAMED], f"line {row.line}")


def _text(stream: BinaryIO, answers: _Answers) -> None:
    status = ""
    for line in lines(decoded(stream), LINE_LIMIT):
        place = f"line {line.number}"
        if (header := _STATUS.match(line.text)) is not None:
            status = header["status"]
        elif (question := _QUESTION.match(line.text)) is not None:
            # Asked and answered, whether or not a record follows.
            if status == "NOERROR":
                answers.add(question["domain"], None, place)
        else:
            found = next((m for each in _LINES if (m := each.match(line.text))), None)
            if found is not None:
                answers.add(found["domain"], found["host"], place)


FORMAT = Format(name="mx-records", title="MX records", recognise=recognise, read=read, order=57)
