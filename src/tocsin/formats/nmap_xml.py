"""nmap's XML (`-oX`): services and scripts of every host, as seen from where nmap ran.

One open port is one service. A host is forgotten before the next is read, entities are refused,
and a scan that was broken off keeps the hosts it had finished.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import BinaryIO
from xml.etree.ElementTree import Element

import msgspec
from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

from tocsin.formats import Format, Reading
from tocsin.formats.syntax.exchange_http import HttpAnswer, parse_http_head
from tocsin.formats.syntax.gap_limit import limited
from tocsin.formats.syntax.scanned_service import Certificate, Service, host_of
from tocsin.formats.syntax.text_stream import decoded, head_text
from tocsin.model.evidence import Evidence, Look
from tocsin.model.finding import Gap
from tocsin.model.locator import Locator
from tocsin.model.text import N_, say

HOST_LIMIT = 4 * 1024 * 1024
"""Characters of one host; a longer one ends the reading."""

ELEMENTS_LIMIT = 100_000
"""Elements of one host; each costs some hundred bytes of memory, however short it is."""

DEPTH_LIMIT = 64
"""Elements within elements."""

PORTS_LIMIT = 2000
"""Open ports of one host that are looked at."""

VERSION_SCRIPTS = frozenset({"ms-exchange-version", "http-vuln-exchange"})
"""Scripts that answer for Exchange only. From a path alone the first one names the newest update
of the cumulative update, so what they print is a cumulative update at best."""

_CVE_SCRIPTS = VERSION_SCRIPTS | {"vulners", "vulscan"}
_NTLM_SCRIPTS = re.compile(r"(?:http|smtp|imap|pop3|rdp|ms-sql|nntp|telnet)-ntlm-info")
_NTLM_FACTS = {
    "dnscomputername": "ntlm-dns-host",
    "netbioscomputername": "ntlm-netbios-host",
    "dnsdomainname": "ntlm-dns-domain",
    "netbiosdomainname": "ntlm-netbios-domain",
    "dnstreename": "ntlm-forest",
    "productversion": "ntlm-windows-build",
}
"""Names of the script's elements, without underscores, to those of our facts."""

_VERSION = re.compile(r"\b\d{1,2}\.\d{1,2}\.\d{1,5}(?:\.\d{1,5})?\b")
_CVE = re.compile(r"\bCVE-\d{4}-\d{4,7}\b")
_DNS = re.compile(r"DNS:([^,\s]+)")


def recognise(head: bytes) -> int:
    """By the root element, or the document type that nmap writes above it."""
    text = head_text(head)
    if not text.lstrip().startswith("<"):
        return 0
    return 95 if re.search(r"<(?:!DOCTYPE\s+)?nmaprun[\s>]", text) else 0


def read(stream: BinaryIO, at: Locator, reading: Reading) -> Iterator[Evidence | Gap]:
    """Every Exchange service in order, then one `Look` that counts the hosts."""
    del reading
    count = [0]
    yield from limited(_read(stream, at, count), at)
    yield Evidence(at=at, body=Look(seen_by="nmap", records=count[0]))


class _TooMuchError(ValueError):
    """One host is longer or deeper or has more elements than the limits allow."""


class _Text:
    """The stream as text, whose pieces are counted until `forget`."""

    def __init__(self, stream: BinaryIO) -> None:
        self._pieces = decoded(stream)
        self._size = 0

    def read(self, size: int) -> str:
        """The next piece, whatever its size."""
        del size
        piece = next(self._pieces, "")
        self._size += len(piece)
        if self._size > HOST_LIMIT:
            raise _TooMuchError
        return piece

    def forget(self) -> None:
        """Begin to count again: an element was read and thrown away."""
        self._size = 0


def _read(stream: BinaryIO, at: Locator, count: list[int]) -> Iterator[Evidence | Gap]:
    text = _Text(stream)
    started: datetime | None = None
    try:
        for depth, element in _elements(text):
            if depth == 0:
                started = _time(element.get("start", ""))
            elif element.tag == "host":
                count[0] += 1
                yield from _host(element, at, count[0], started)
    except _TooMuchError:
        why = say(
            N_(
                "host {number} is larger than {limit} characters or {elements} elements: not read on"
            ),
            number=count[0] + 1,
            limit=HOST_LIMIT,
            elements=ELEMENTS_LIMIT,
        )
        yield Gap(at=_after(at, count[0]), why=why, kind="limit")
    except DefusedXmlException:
        why = say(N_("the file declares entities, which are refused"))
        yield Gap(at=_after(at, count[0]), why=why)
    except (ElementTree.ParseError, ValueError):
        why = say(N_("the XML breaks off or is damaged after host {number}"), number=count[0])
        yield Gap(at=_after(at, count[0]), why=why)


def _elements(text: _Text) -> Iterator[tuple[int, Element]]:
    """The root as it begins (depth 0), and every element right below it when it is whole."""
    depth, count, root = 0, 0, None
    for event, element in ElementTree.iterparse(text, ("start", "end"), forbid_entities=True):
        if event == "start":
            if root is None:
                root = element
                yield 0, element
            depth, count = depth + 1, count + 1
            if depth > DEPTH_LIMIT or count > ELEMENTS_LIMIT:
                raise _TooMuchError
        else:
            depth -= 1
            if depth == 1 and root is not None:
                yield 1, element
                root.clear()
                text.forget()
                count = 0


def _after(at: Locator, hosts: int) -> Locator:
    return msgspec.structs.replace(at, position=f"after host {hosts}")


def _host(
    element: Element, at: Locator, number: int, started: datetime | None
) -> Iterator[Evidence | Gap]:
    addresses = [
        each.get("addr", "")
        for each in element.iterfind("address")
        if each.get("addrtype") in ("ipv4", "ipv6", None)
    ]
    names = [each.get("name", "") for each in element.iterfind("hostnames/hostname")]
    seen = _time(element.get("endtime", "")) or _time(element.get("starttime", "")) or started
    shown = addresses[0] if addresses else next(iter(names), "")
    looked_at = 0
    for port in element.iterfind("ports/port"):
        state = port.find("state")
        if state is not None and state.get("state") != "open":
            continue
        looked_at += 1
        if looked_at > PORTS_LIMIT:
            why = say(N_("more than {limit} open ports of one host"), limit=PORTS_LIMIT)
            yield Gap(at=_position(at, number, shown), why=why, kind="limit")
            return
        service = _service(port, addresses[0] if addresses else "", names)
        found = host_of(service, "nmap")
        if found is not None:
            host, why_text = found
            place = _position(at, number, shown, service.port)
            yield Evidence(at=place, body=host, seen=seen, quote=why_text)


def _position(at: Locator, number: int, shown: str, port: str = "") -> Locator:
    words = f"host {number} ({shown[:100]})" + (f", port {port}" if port else "")
    return msgspec.structs.replace(at, position=words)


def _time(seconds: str) -> datetime | None:
    try:
        return datetime.fromtimestamp(int(seconds), UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _service(port: Element, address: str, names: list[str]) -> Service:
    """A port in the words all scanners share."""
    scripts = {each.get("id", ""): each for each in port.iterfind("script")}
    output = {name: each.get("output", "") for name, each in scripts.items()}
    service = port.find("service")
    told = dict(service.attrib) if service is not None else {}
    product = told.get("product", "")
    extra = (
        [told.get("version", "")] if re.search("exchange|outlook", product, re.IGNORECASE) else []
    )
    known = [name for name in VERSION_SCRIPTS if _VERSION.search(output.get(name, ""))]
    for name in known:
        extra += _VERSION.findall(output[name])
    hostnames = (*names, told.get("hostname", ""))
    return Service(
        address=address,
        port=port.get("portid", ""),
        hostnames=tuple(dict.fromkeys(each for each in hostnames if each)),
        certificate=_certificate(scripts.get("ssl-cert")),
        answers=_answers(scripts, output),
        title=_title(scripts.get("http-title")),
        banner=output.get("banner", ""),
        ehlo=output.get("smtp-commands", "").replace(", ", "\n"),
        products=(product,) if product else (),
        versions=tuple(dict.fromkeys(each for each in extra if each)),
        cpes=tuple(each.text or "" for each in port.iterfind("service/cpe")),
        vulns=tuple(cve for name in _CVE_SCRIPTS for cve in _CVE.findall(output.get(name, ""))),
        own=_ntlm(scripts),
        known=f"nmap script {known[0]}" if known else "",
    )


def _answers(scripts: dict[str, Element], output: dict[str, str]) -> tuple[HttpAnswer, ...]:
    """What `http-headers`, `http-server-header` and `http-title` keep of the answers."""
    found: list[HttpAnswer] = []
    if text := output.get("http-headers", ""):
        lines = (each.strip() for each in text.splitlines())
        found.append(parse_http_head("\n".join(each for each in lines if each)))
    if text := output.get("http-server-header", "").strip():
        found.append(HttpAnswer(headers=(("Server", text),)))
    title = scripts.get("http-title")
    if title is not None:
        moved = _elem(title, "redirect_url") or next(
            iter(re.findall(r"\bhttps?://\S+", title.get("output", ""))), ""
        )
        if moved:
            found.append(HttpAnswer(headers=(("Location", moved),)))
    return tuple(found)


def _title(script: Element | None) -> str:
    if script is None:
        return ""
    return _elem(script, "title") or script.get("output", "").strip().partition("\n")[0]


def _ntlm(scripts: dict[str, Element]) -> dict[str, str]:
    """What the host said of itself in an NTLM challenge, from elements or the printed lines."""
    found: dict[str, str] = {}
    for name, script in scripts.items():
        if not _NTLM_SCRIPTS.fullmatch(name):
            continue
        pairs = [(each.get("key", ""), each.text or "") for each in script.iterfind("elem")]
        pairs += [
            (key, value)
            for line in script.get("output", "").splitlines()
            for key, colon, value in [line.partition(":")]
            if colon
        ]
        for key, value in pairs:
            fact = _NTLM_FACTS.get(key.strip().replace("_", "").lower())
            if fact and value.strip():
                found.setdefault(fact, value.strip())
    return found


def _certificate(script: Element | None) -> Certificate:
    """Names and fingerprints, from elements or, in older output, the printed lines."""
    if script is None:
        return Certificate()
    names = [
        each.text or "" for each in script.iterfind("table[@key='subject']/elem[@key='commonName']")
    ]
    for extension in script.iterfind("table[@key='extensions']/table"):
        if "Alternative Name" in _elem(extension, "name"):
            names += _DNS.findall(_elem(extension, "value"))
    output = script.get("output", "")
    if not names:
        names += re.findall(r"Subject: commonName=([^/\n]+)", output)
        names += _DNS.findall(output)
    marks = [_elem(script, "sha1"), _elem(script, "sha256")]
    marks += re.findall(r"(?m)^\s*SHA-(?:1|256):\s*([0-9a-fA-F: ]{40,200})$", output)
    return Certificate(
        names=tuple(dict.fromkeys(each.strip() for each in names if each.strip())),
        fingerprints=tuple(each for each in marks if each),
    )


def _elem(parent: Element, key: str) -> str:
    for each in parent.iterfind("elem"):
        if each.get("key") == key:
            return (each.text or "").strip()
    return ""


FORMAT = Format(name="nmap-xml", title="nmap XML", recognise=recognise, read=read)
