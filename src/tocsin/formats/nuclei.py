"""nuclei: JSON lines or array, one object for each template that matched.

Only templates that speak of Microsoft Exchange make a server; the others are counted. Of what a
template extracted, a four-part number of `ms-exchange-server` is the `X-OWA-Version` header.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from typing import Any, BinaryIO
from urllib.parse import urlsplit

import msgspec

from tocsin.formats import Format, Reading
from tocsin.formats.syntax.exchange_http import HttpAnswer, parse_http_head
from tocsin.formats.syntax.gap_limit import limited
from tocsin.formats.syntax.json_records import (
    Lost,
    at,
    records,
    text_at,
    texts_at,
    time_of,
)
from tocsin.formats.syntax.scanned_service import Service, host_of
from tocsin.formats.syntax.text_stream import head_text
from tocsin.model.evidence import Evidence, Look
from tocsin.model.finding import Gap
from tocsin.model.locator import Locator
from tocsin.model.text import N_, say

HEADER_TEMPLATE = "ms-exchange-server"
"""The template whose extractors are the `X-OWA-Version` header and the path's three parts."""

_TEMPLATE = re.compile(rb'"(?:template-id|templateID)"\s*:')
_OTHER_KEYS = (b'"info"', b'"host"', b'"matched-at"', b'"matched"', b'"template-path"', b'"type"')
_EXCHANGE = re.compile(
    r"\b(?:microsoft|ms)[\s_-]exchange\b|\bexchange[\s_-]server\b|\boutlook[\s_-]web\b",
    re.IGNORECASE,
)
_VERSION = re.compile(r"\d{1,2}(?:\.\d{1,5}){2,3}")
_CVE = re.compile(r"CVE-\d{4}-\d{4,7}", re.IGNORECASE)


def recognise(head: bytes) -> int:
    """By `template-id` and the members that stand beside it."""
    plain = head_text(head).encode("utf-8", "replace").lstrip()
    if plain[:1] not in (b"{", b"[") or not _TEMPLATE.search(plain):
        return 0
    return 95 if sum(key in plain for key in _OTHER_KEYS) >= 2 else 0


def read(stream: BinaryIO, at: Locator, reading: Reading) -> Iterator[Evidence | Gap]:
    """Every Exchange server among the matches, then one `Look` that counts all of them."""
    del reading
    count = [0]
    yield from limited(_read(stream, at, count), at)
    yield Evidence(at=at, body=Look(seen_by="nuclei", records=count[0]))


def _read(stream: BinaryIO, at: Locator, count: list[int]) -> Iterator[Evidence | Gap]:
    for item in records(stream, frozenset()):
        place = msgspec.structs.replace(at, position=item.position)
        if isinstance(item, Lost):
            yield Gap(at=place, why=item.why, kind=item.kind)
        elif not _template(item.value):
            yield Gap(at=place, why=say(N_("not a match of nuclei: it names no template")))
        else:
            count[0] += 1
            found = evidence_of(item.value, place)
            if found is not None:
                yield found


def evidence_of(value: dict[str, Any], place: Locator) -> Evidence | None:
    """The Exchange server that a match shows; None where it shows none."""
    if not _is_exchange(value) or not _has_matched(value):
        return None
    found = host_of(service_of(value), "nuclei")
    if found is None:
        return None
    host, why = found
    host = msgspec.structs.replace(host, facts={**host.facts, "nuclei-template": _template(value)})
    return Evidence(at=place, body=host, seen=time_of(text_at(value, "timestamp")), quote=why)


def service_of(value: dict[str, Any]) -> Service:
    """A match in the words all scanners share."""
    template = _template(value)
    matched = text_at(value, "matched-at") or text_at(value, "matched")
    name, port, path = _target(matched or text_at(value, "url"))
    asked, asked_port, _ = _target(text_at(value, "host"))
    address = next((each for each in (text_at(value, "ip"), name, asked) if _is_address(each)), "")
    answers: list[HttpAnswer] = []
    if text_at(value, "type") in ("http", "") and (raw := text_at(value, "response")):
        answers.append(parse_http_head(raw, path))
    extracted = [t for each in texts_at(value, "extracted-results") if (t := _version(each))]
    exact: tuple[str, ...] = ()
    if template == HEADER_TEMPLATE or text_at(value, "extractor-name") == "x_owa_version":
        exact = tuple(each for each in extracted if each.count(".") == 3)
        paths = (each for each in extracted if each.count(".") == 2)
        answers += [HttpAnswer(path=f"/owa/auth/{each}/") for each in paths]
    return Service(
        address=address,
        port=text_at(value, "port") or port or asked_port,
        hostnames=tuple(dict.fromkeys(e for e in (name, asked) if e and not _is_address(e))),
        answers=tuple(answers),
        proven=exact,
        versions=tuple(each for each in extracted if each not in exact),
        vulns=_vulns(value),
        known=f"nuclei template {template}",
    )


def _template(value: dict[str, Any]) -> str:
    return text_at(value, "template-id") or text_at(value, "templateID")


def _version(text: str) -> str:
    """The number in what was extracted: bare, or `x_owa_version: …`."""
    found = _VERSION.search(text)
    return found[0] if found else ""


def _is_exchange(value: dict[str, Any]) -> bool:
    """Whether the template itself speaks of Microsoft Exchange, in its id, name, tags or CPE."""
    info = at(value, "info")
    tags = {tag.strip().lower() for each in texts_at(info, "tags") for tag in each.split(",")}
    product = text_at(info, "metadata", "product").lower().replace(" ", "_")
    cpe = text_at(info, "classification", "cpe").lower()
    return (
        any(_EXCHANGE.search(each) for each in (_template(value), text_at(info, "name")))
        or ("exchange" in tags and bool(tags & {"microsoft", "ms"}))
        or product == "exchange_server"
        or ":microsoft:exchange_server:" in f"{cpe}:"
    )


def _has_matched(value: dict[str, Any]) -> bool:
    """With `-matcher-status` nuclei writes the templates that did not match too."""
    return at(value, "matcher-status") is not False or bool(texts_at(value, "extracted-results"))


def _vulns(value: dict[str, Any]) -> tuple[str, ...]:
    """The CVEs that the template found by trying, not by version."""
    listed = texts_at(value, "info", "classification", "cve-id")
    texts = (*listed, _template(value))
    return tuple(dict.fromkeys(m[0].upper() for each in texts if (m := _CVE.fullmatch(each))))


def _target(text: str) -> tuple[str, str, str]:
    """Host, port and path of a URL, of `host:port`, or of a bare host or address."""
    if _is_address(text):
        return text, "", ""
    try:
        parts = urlsplit(text if "://" in text else f"//{text}")
        port = str(parts.port or "")
    except ValueError:
        return "", "", ""
    port = port or {"https": "443", "http": "80"}.get(parts.scheme, "")
    return parts.hostname or "", port, parts.path


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text.strip("[]"))
    except ValueError:
        return False
    return True


FORMAT = Format(name="nuclei", title="nuclei results", recognise=recognise, read=read)
