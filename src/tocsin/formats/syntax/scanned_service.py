"""One service as a scanner describes it, whatever the scanner: is it Exchange, and which?

The scanners differ in their words; what proves Exchange does not. Their own lists of CVEs and
their CPE are kept as they are: both know the cumulative update at best.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable

import msgspec

from tocsin.formats.syntax.exchange_http import (
    ExchangeTraits,
    HttpAnswer,
    exchange_traits,
    is_host_name,
    is_online_name,
    smtp_traits,
)
from tocsin.model.build import Version, parse_version
from tocsin.model.evidence import QUOTE_LIMIT, Host, Identifier, SeenBy

NAMES_LIMIT = 200
"""Names kept of one service; the certificates of hosters list thousands."""

FACT_LIMIT = 2000
"""Characters kept of one fact."""


class Certificate(msgspec.Struct, frozen=True, kw_only=True):
    """Names (subject and alternative names) and fingerprints in hexadecimal."""

    names: tuple[str, ...] = ()
    fingerprints: tuple[str, ...] = ()


class Service(msgspec.Struct, frozen=True, kw_only=True):
    """What a scanner keeps of one address and port.

    products: product names in any words. versions: the scanner's own reading of a version, which
    is a cumulative update at best. proven: an Exchange version that the scanner took straight from
    `X-OWA-Version`. vulns: the CVEs it lists. own: names the host gave in an NTLM challenge, by
    fact name. known: a template or module that matches nothing but Exchange had a match.
    """

    address: str = ""
    port: str = ""
    hostnames: tuple[str, ...] = ()
    certificate: Certificate = Certificate()
    answers: tuple[HttpAnswer, ...] = ()
    favicon: int | None = None
    title: str = ""
    banner: str = ""
    ehlo: str = ""
    products: tuple[str, ...] = ()
    versions: tuple[str, ...] = ()
    proven: tuple[str, ...] = ()
    cpes: tuple[str, ...] = ()
    vulns: tuple[str, ...] = ()
    own: dict[str, str] = {}
    known: str = ""


def host_of(service: Service, seen_by: SeenBy) -> tuple[Host, str] | None:
    """The Exchange server behind a service and the words that prove it; None if it is none."""
    headers = tuple(("X-OWA-Version", each) for each in service.proven)
    answers = (*service.answers, HttpAnswer(headers=headers)) if headers else service.answers
    web = exchange_traits(answers, favicon=service.favicon, title=service.title)
    smtp = smtp_traits(service.banner, service.ehlo)
    if _is_online(service, web, smtp):
        return None
    claims = [f"product: {each}" for each in service.products if _is_product(each)]
    # A greeting that prints Windows' version is worth more than the scanner's name for it.
    claims = [] if _is_windows_smtp(service.banner) and not smtp.is_exchange else claims
    claims += [f"cpe: {each}" for each in service.cpes if _is_cpe(each)]
    if service.known:
        claims.append(service.known)
    if not (web.is_exchange or smtp.is_exchange or claims):
        return None
    version = web.version or _claimed_version(service)
    why = "; ".join(dict.fromkeys(text for text in (web.why, smtp.why, *claims) if text))
    host = Host(
        seen_by=seen_by,
        names=_names(service, (*web.names, *smtp.names)),
        addresses=(address,) if (address := _address(service.address)) else (),
        identifiers=tuple(
            Identifier("certificate", each) for each in _fingerprints(service.certificate)
        ),
        product="Exchange Server",
        version=version,
        facts=_facts(service, web, smtp),
    )
    return host, why[:QUOTE_LIMIT]


def _is_online(service: Service, web: ExchangeTraits, smtp: ExchangeTraits) -> bool:
    if "exchange-online" in web.facts or "exchange-online" in smtp.facts:
        return True
    named = (*service.hostnames, *service.own.values())
    return any(is_online_name(each) for each in named)


_PRODUCT = re.compile(
    r"\b(?:microsoft|ms)[\s_-]+exchange\b|\bexchange[\s_-]+server\b"
    r"|\boutlook[\s_-]+(?:web[\s_-]+(?:app|access)|on[\s_-]+the[\s_-]+web)\b|^exchange$",
    re.IGNORECASE,
)
_PRODUCT_ONLINE = re.compile(r"\bonline\b|\b365\b", re.IGNORECASE)
_CPE = re.compile(
    r"cpe:(?:/a|2\.3:a):microsoft:exchange_(?:server|srv)(?::([^:]*))?(?::|\Z)", re.IGNORECASE
)
_WINDOWS_SMTP = re.compile(r"MAIL Service\s*,?\s*Version:", re.IGNORECASE)


def _is_product(text: str) -> bool:
    return _PRODUCT.search(text) is not None and _PRODUCT_ONLINE.search(text) is None


def _is_cpe(text: str) -> bool:
    return _CPE.match(text) is not None


def _is_windows_smtp(banner: str) -> bool:
    return _WINDOWS_SMTP.search(banner) is not None


def _claimed_version(service: Service) -> Version | None:
    """The scanner's own word for the version: a cumulative update at best, whatever it prints."""
    texts = [*service.versions]
    texts += [match[1] for each in service.cpes if (match := _CPE.match(each)) and match[1]]
    for text in texts:
        try:
            found = parse_version(text, "cu")
        except ValueError:
            continue
        if found.major in range(6, 16) and not found.exchange_online:
            return msgspec.structs.replace(found, precision="cu")
    return None


def _address(text: str) -> str:
    try:
        return str(ipaddress.ip_address(text.strip().strip("[]").partition("%")[0]))
    except ValueError:
        return ""


def _fingerprints(certificate: Certificate) -> list[str]:
    plain = (re.sub(r"[:\s]", "", each).lower() for each in certificate.fingerprints)
    return [
        each for each in dict.fromkeys(plain) if re.fullmatch(r"[0-9a-f]{40}|[0-9a-f]{64}", each)
    ]


def _names(service: Service, stated: Iterable[str]) -> tuple[str, ...]:
    """Every host name; wildcards name no host and stay in the facts."""
    own = (service.own[each] for each in service.own if each.endswith("-host"))
    found = (*stated, *own, *service.hostnames, *service.certificate.names)
    kept = dict.fromkeys(each.rstrip(".") for each in found if is_host_name(each))
    return tuple(kept)[:NAMES_LIMIT]


def _facts(service: Service, web: ExchangeTraits, smtp: ExchangeTraits) -> dict[str, str]:
    """What else is known, and which name came from where."""
    facts = {
        "port": service.port,
        "hostnames": ", ".join(service.hostnames[:NAMES_LIMIT]),
        "certificate-names": ", ".join(service.certificate.names[:NAMES_LIMIT]),
        "smtp-names": ", ".join(smtp.names),
        "scanner-product": ", ".join(dict.fromkeys(service.products)),
        "scanner-version": ", ".join(dict.fromkeys(service.versions)),
        "cpe": ", ".join(each for each in service.cpes if _is_cpe(each)),
        "scanner-vulns": ",".join(sorted(set(service.vulns))),
        **service.own,
        **smtp.facts,
        **web.facts,
    }
    return {name: value[:FACT_LIMIT] for name, value in facts.items() if value}
