"""What the answers of one port say, as evidence or as a gap."""

from __future__ import annotations

import hashlib
from datetime import datetime

from tocsin.collect.probe.connection import LostError
from tocsin.collect.probe.ntlm import Names
from tocsin.collect.probe.settings import Address, Port, Target
from tocsin.collect.probe.smtp import SmtpResult
from tocsin.collect.probe.web import Page, WebResult
from tocsin.formats.syntax.certificate_bytes import read_certificate
from tocsin.formats.syntax.exchange_http import ExchangeTraits, exchange_traits
from tocsin.model.evidence import QUOTE_LIMIT, Evidence, Host, Identifier
from tocsin.model.finding import Gap, GapKind
from tocsin.model.locator import Locator
from tocsin.model.text import N_, Sentence, say

FACT_LIMIT = 2000
"""Characters kept of one fact: a certificate may name hundreds of hosts."""

_QUOTED = ("x-owa-version", "x-feserver")
"""Headers that are quoted in full where one of them proves the build."""

Result = WebResult | SmtpResult


def describe(
    target: Target, address: Address, port: Port, result: Result, seen: datetime
) -> Evidence | None:
    """The host behind one port, if it has the traits of Exchange."""
    if not result.traits.is_exchange:
        return None
    if isinstance(result, WebResult):
        position, quote, digest = _web_place(result)
    else:
        position, quote, digest = _smtp_place(result)
    traits = result.traits
    facts = {"target": target.host} | traits.facts
    own = _own_names(traits, result.names, facts, several_possible=isinstance(result, WebResult))
    if result.names is not None and own:
        facts["ntlm-from"] = result.names_at
    identifiers = _certificate(result.certificate, facts)
    if result.tls_version:
        facts["tls-version"] = result.tls_version
    body = Host(
        seen_by="probe",
        names=tuple(dict.fromkeys((*own, *traits.names))),
        addresses=(str(address),),
        identifiers=identifiers,
        product="Exchange Server",
        version=traits.version,
        facts={key: value[:FACT_LIMIT] for key, value in facts.items() if value},
    )
    at = Locator(source=target.url(port), position=position, sha256=digest)
    return Evidence(at=at, body=body, seen=seen, quote=quote[:QUOTE_LIMIT])


def loss(target: Target, port: Port, result: Result) -> Gap | None:
    """What could not be had of one port; None when nothing that matters is missing.

    A port where nothing is, or something else than the service, is counted and no gap. Nor is a
    broken page once the exact build was read from another.
    """
    error = result.lost
    if error is None or error.reason in ("silent", "refused"):
        return None
    nothing = not (result.pages if isinstance(result, WebResult) else result.banner)
    version = result.traits.version
    exact = version is not None and version.precision == "update"
    if (error.reason == "garbled" and nothing) or exact:
        return None
    at = Locator(source=target.url(port), position=result.lost_at)
    kind: GapKind = "limit" if error.reason == "limit" else "not-collected"
    return Gap(at=at, why=_why(error), kind=kind)


def _why(error: LostError) -> Sentence:
    sentences = {
        "slow": say(N_("no whole answer in time")),
        "reset": say(N_("the connection was reset")),
        "closed": say(N_("the connection was closed before the answer was whole")),
        "tls": say(N_("no TLS could be agreed on: {detail}"), detail=error.detail),
        "limit": say(N_("longer than is read: {detail}"), detail=error.detail),
        "garbled": say(
            N_("the answer does not follow the protocol: {detail}"), detail=error.detail
        ),
        "local": say(N_("this machine had no connection to give: {detail}"), detail=error.detail),
    }
    return sentences[error.reason]


def _web_place(result: WebResult) -> tuple[str, str, str]:
    """Which page proves it: position, quote, SHA-256 of that answer's head."""
    for page in result.pages:
        lines = [
            f"{name}: {value}"
            for quoted in _QUOTED
            for name, value in page.answer.headers
            if name.lower() == quoted
        ]
        if lines and lines[0].lower().startswith("x-owa-version:"):
            return f"GET {page.path} header X-OWA-Version", "\n".join(lines), _digest(page)
    traits = [exchange_traits([page.judged]) for page in result.pages]
    pairs = list(zip(result.pages, traits, strict=True))
    # The page that proves the version that was chosen; else one that shows any; else any sign.
    telling = [pair for pair in pairs if None is not pair[1].version == result.traits.version]
    telling += [pair for pair in pairs if pair[1].version is not None]
    telling += [pair for pair in pairs if pair[1].is_exchange]
    if telling:
        page, found = telling[0]
        return f"GET {page.path}", found.why, _digest(page)
    page = result.pages[0]
    return f"GET {page.path}", result.traits.why, _digest(page)


def _smtp_place(result: SmtpResult) -> tuple[str, str, str]:
    said = f"{result.banner}{result.ehlo}"
    digest = hashlib.sha256(said.encode()).hexdigest()
    alone = result.traits.why.startswith("EHLO")
    position = "EHLO" if alone else "220 greeting"
    return position, result.traits.why if alone else result.banner.strip(), digest


def _digest(page: Page) -> str:
    return hashlib.sha256(page.head).hexdigest()


def _own_names(
    traits: ExchangeTraits, names: Names | None, facts: dict[str, str], *, several_possible: bool
) -> tuple[str, ...]:
    """The names of the NTLM challenge, if it was this server that gave it; facts are added to.

    Behind a load balancer two answers can come from two servers. Then the challenge names another
    than the headers do, or the headers already named several: it becomes a fact of its own.
    """
    if names is None:
        return ()
    hosts = names.hosts
    shown = {_short(name) for name in traits.names}
    other = bool(shown) and not shown & {_short(name) for name in hosts}
    if several_possible and hosts and (other or "front-ends" in facts):
        facts["ntlm-other-host"] = ", ".join(hosts)
        kept = {
            k: v for k, v in names.facts.items() if k not in ("ntlm-dns-host", "ntlm-netbios-host")
        }
        facts.update(kept)
        return ()
    facts.update(names.facts)
    return hosts


def _short(name: str) -> str:
    """A host's label as NetBIOS has it: at most 15 characters."""
    return name.partition(".")[0].lower()[:15]


def _certificate(raw: bytes, facts: dict[str, str]) -> tuple[Identifier, ...]:
    """Fingerprints of the certificate; its names are facts: they may be those of many servers."""
    if not raw:
        return ()
    try:
        found = read_certificate(raw)
    except ValueError as error:
        facts["certificate-unreadable"] = str(error)
        return (Identifier("certificate", hashlib.sha256(raw).hexdigest()),)
    facts["certificate-names"] = ", ".join(found.names)
    facts["certificate-subject"] = found.subject
    facts["certificate-expires"] = found.not_after
    return (Identifier("certificate", found.sha256), Identifier("certificate", found.sha1))
