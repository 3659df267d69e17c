"""Shodan: downloads of banners, answers of its API, and of InternetDB.

A banner is one service of one address as the internet saw it at one time. A host look-up and a
search answer hold banners in a list; InternetDB knows an address alone. Every file ends in a
`Look`, so that "Shodan looked and did not see it" can be told from "nobody asked".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, BinaryIO

import msgspec

from tocsin.formats import Format, Reading
from tocsin.formats.syntax.exchange_http import HttpAnswer, parse_http_head
from tocsin.formats.syntax.gap_limit import limited
from tocsin.formats.syntax.json_records import (
    Lost,
    Record,
    at,
    records,
    text_at,
    texts_at,
    time_of,
)
from tocsin.formats.syntax.scanned_service import Certificate, Service, host_of
from tocsin.formats.syntax.text_stream import head_text
from tocsin.model.evidence import Evidence, Look
from tocsin.model.finding import Gap
from tocsin.model.locator import Locator
from tocsin.model.text import N_, say

LISTS = frozenset({"matches", "data"})
"""Where a search answer and a host look-up keep their banners."""

ADDRESSES_LIMIT = 10_000
"""Addresses of one file that are told one by one as asked for."""

REDIRECTS_LIMIT = 10
"""Redirects of one banner that are looked at."""

_BANNER_KEYS = re.compile(
    rb'"(ip_str|_shodan|transport|isp|asn|hostnames|cpe23|domains|html_hash|opts|org|timestamp'
    rb'|product|location|port|data|hash|os|ip|http|ssl|tags|vulns)"\s*:'
)
_OWN_KEYS = frozenset({b"ip_str", b"_shodan", b"html_hash"})
_SEARCH = re.compile(rb'\s*\{\s*(?:"total"\s*:\s*\d+\s*,\s*)?"matches"\s*:\s*\[')
_INTERNET_DB = (b'"cpes"', b'"hostnames"', b'"ip"', b'"ports"', b'"tags"', b'"vulns"')


def recognise(head: bytes) -> int:
    """By the names of a banner's members; the order of members is not fixed."""
    plain = head_text(head).encode("utf-8", "replace").lstrip()
    if plain[:1] not in (b"{", b"[") or b'"@category"' in plain:
        return 0
    if _SEARCH.match(plain):
        return 90
    keys = set(_BANNER_KEYS.findall(plain))
    if _OWN_KEYS & keys and len(keys) >= 4:
        return 95
    if all(name in plain for name in _INTERNET_DB):
        return 90
    # The members that give a banner away can stand behind a page longer than the head.
    if {b"transport", b"hash"} <= keys and len(keys) >= 5:
        return 80
    return 60 if {b"port", b"data", b"timestamp"} <= keys and len(keys) >= 6 else 0


def read(stream: BinaryIO, at: Locator, reading: Reading) -> Iterator[Evidence | Gap]:
    """Every Exchange server among the banners, then a `Look` that counts all of them.

    A file of look-ups of single addresses ends in one `Look` for each address.
    """
    del reading
    tally = Tally()
    yield from limited(_read(stream, at, tally), at)
    yield from (Evidence(at=at, body=each) for each in tally.looks())


class Tally:
    """How many banners were read, and what had been asked to get them."""

    def __init__(self) -> None:
        self.broad = 0
        self.searched = False
        self.lost = False
        self._asked: dict[str, int] = {}
        self._pending = 0

    def count(self, record: Record) -> None:
        """Count a banner; one in a list is known by the answer around it, which comes later."""
        if record.listed:
            self._pending += 1
        elif _is_internet_db(record.value):
            self._ask(text_at(record.value, "ip"), 1)
        else:
            self.broad += 1

    def around(self, value: dict[str, Any]) -> None:
        """The answer around the banners just counted: a host look-up names its address."""
        address = text_at(value, "ip_str")
        if address and "matches" not in value:
            self._ask(address, self._pending)
        else:
            self.searched = True
            self.broad += self._pending
        self._pending = 0

    def _ask(self, address: str, found: int) -> None:
        if address not in self._asked and len(self._asked) >= ADDRESSES_LIMIT:
            address = ""
        self._asked[address] = self._asked.get(address, 0) + found

    def looks(self) -> Iterator[Look]:
        """One for everything, or one for each address where addresses were all that was asked."""
        broad = self.broad + self._pending
        if broad or self.searched or not (self._asked or self.lost):
            total = broad + sum(self._asked.values())
            yield Look(seen_by="shodan", records=total)
        elif not self._asked:
            # Nothing of the file could be read, so it says of no address that it was not seen.
            yield Look(seen_by="shodan", scope="address:")
        else:
            for address, found in self._asked.items():
                yield Look(seen_by="shodan", scope=f"address:{address}", records=found)


def _read(stream: BinaryIO, at: Locator, tally: Tally) -> Iterator[Evidence | Gap]:
    for item in records(stream, LISTS):
        place = msgspec.structs.replace(at, position=item.position)
        if isinstance(item, Lost):
            tally.lost = True
            yield Gap(at=place, why=item.why, kind=item.kind)
        elif item.around:
            tally.around(item.value)
        elif not _address(item.value):
            tally.lost = True
            yield Gap(at=place, why=say(N_("not a record of Shodan: it names no address")))
        else:
            tally.count(item)
            found = evidence_of(item.value, place)
            if found is not None:
                yield found


def _is_internet_db(value: dict[str, Any]) -> bool:
    return "cpes" in value and "ports" in value and isinstance(value.get("ip"), str)


def evidence_of(value: dict[str, Any], place: Locator) -> Evidence | None:
    """The Exchange server that a banner shows; None where it shows none."""
    found = host_of(service_of(value), "shodan")
    if found is None:
        return None
    host, why = found
    return Evidence(at=place, body=host, seen=time_of(text_at(value, "timestamp")), quote=why)


def service_of(value: dict[str, Any]) -> Service:
    """A banner, or an answer of InternetDB, in the words all scanners share."""
    if _is_internet_db(value):
        return Service(
            address=text_at(value, "ip"),
            hostnames=texts_at(value, "hostnames"),
            cpes=texts_at(value, "cpes"),
            vulns=texts_at(value, "vulns"),
        )
    data = text_at(value, "data")
    smtp = data.lstrip()[:4] in ("220 ", "220-")
    banner, _, rest = data.lstrip().partition("\n") if smtp else ("", "", "")
    product, components = text_at(value, "product"), at(value, "http", "components")
    favicon = at(value, "http", "favicon", "hash")
    own = {
        "ntlm-dns-host": text_at(value, "ntlm", "fqdn"),
        "ntlm-netbios-host": text_at(value, "ntlm", "netbios_computer_name"),
    }
    return Service(
        address=_address(value),
        port=text_at(value, "port"),
        hostnames=texts_at(value, "hostnames"),
        certificate=_certificate(at(value, "ssl", "cert")),
        answers=_answers(value, data) if not smtp else (),
        favicon=favicon if isinstance(favicon, int) else None,
        title=text_at(value, "http", "title"),
        banner=banner,
        ehlo=rest,
        products=tuple(each for each in (product, *texts_at(components)) if each),
        versions=_versions(value, product),
        cpes=(*texts_at(value, "cpe23"), *texts_at(value, "cpe")),
        vulns=texts_at(value, "vulns") or texts_at(value, "opts", "vulns"),
        own={name: text for name, text in own.items() if text},
    )


def _address(value: dict[str, Any]) -> str:
    text = text_at(value, "ip_str")
    if text:
        return text
    number = at(value, "ip")
    if isinstance(number, int) and 0 < number <= 0xFFFFFFFF:
        return ".".join(str(number >> shift & 0xFF) for shift in (24, 16, 8, 0))
    return text_at(value, "ip")


def _versions(value: dict[str, Any], product: str) -> tuple[str, ...]:
    """The version of the product, if the product is Exchange: IIS has one too."""
    version = text_at(value, "version")
    return (version,) if version and re.search("exchange|outlook", product, re.IGNORECASE) else ()


def _answers(value: dict[str, Any], data: str) -> tuple[HttpAnswer, ...]:
    """The answer itself and those before it, each with its page."""
    found: list[HttpAnswer] = []
    http = at(value, "http")
    if data[:5].upper() == "HTTP/" or isinstance(http, dict):
        head = parse_http_head(data, text_at(http, "location"))
        server = text_at(http, "server")
        headers = (*head.headers, ("Server", server)) if server else head.headers
        page = head.body + text_at(http, "html")
        found.append(msgspec.structs.replace(head, headers=headers, body=page))
    redirects = at(http, "redirects")
    for each in redirects[:REDIRECTS_LIMIT] if isinstance(redirects, list) else ():
        head = parse_http_head(text_at(each, "data"))
        page = head.body + text_at(each, "html")
        moved = (*head.headers, ("Location", text_at(each, "location")))
        found.append(msgspec.structs.replace(head, headers=moved, body=page))
    return tuple(found)


def _certificate(cert: Any) -> Certificate:
    names = [text_at(cert, "subject", "CN")]
    extensions = at(cert, "extensions")
    for each in extensions if isinstance(extensions, list) else ():
        if text_at(each, "name") == "subjectAltName":
            names += _alternative_names(text_at(each, "data"))
    marks = (text_at(cert, "fingerprint", "sha1"), text_at(cert, "fingerprint", "sha256"))
    return Certificate(
        names=tuple(dict.fromkeys(name for name in names if name)),
        fingerprints=tuple(mark for mark in marks if mark),
    )


_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|(.))", re.DOTALL)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", "v": "\v", "a": "\a", "0": "\0"}
_DNS_NAME = 0x82
"""Tag of a dNSName among GeneralNames (RFC 5280, 4.2.1.6)."""


def _alternative_names(escaped: str) -> list[str]:
    r"""The names of the extension's DER, which Shodan prints with Python's escapes (`0V\x82\x11…`).

    Nothing when the lengths do not fit: half a name would name another host.
    """
    text = _ESCAPE.sub(lambda m: chr(int(m[1], 16)) if m[1] else _ESCAPES.get(m[2], m[2]), escaped)
    raw = text.encode("latin-1", "replace")
    outer = _element(raw, 0)
    if outer is None or outer[0] != 0x30 or outer[2] != len(raw):
        return []
    names: list[str] = []
    place = outer[1]
    while place < len(raw):
        inner = _element(raw, place)
        if inner is None:
            return []
        tag, start, place = inner
        if tag == _DNS_NAME:
            names.append(raw[start:place].decode("ascii", "replace"))
    return names


def _element(raw: bytes, place: int) -> tuple[int, int, int] | None:
    """Tag, start and end of the value of the DER element at `place`."""
    if place + 2 > len(raw):
        return None
    tag, size, start = raw[place], raw[place + 1], place + 2
    if size & 0x80:
        count = size & 0x7F
        if not 1 <= count <= 3 or start + count > len(raw):
            return None
        size, start = int.from_bytes(raw[start : start + count], "big"), start + count
    return (tag, start, start + size) if start + size <= len(raw) else None


FORMAT = Format(name="shodan", title="Shodan export", recognise=recognise, read=read)
