"""Everything the probe can send. There is no other place that makes bytes for the wire.

HTTP: GET of six pages that every Exchange server shows to anybody, and, on one of them, once the
first NTLM message. SMTP: EHLO, STARTTLS, AUTH NTLM broken off after the challenge, QUIT. No login,
no body, no query string, no path that a server could choose freely.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from tocsin import __version__
from tocsin.collect.probe.ntlm import NEGOTIATE
from tocsin.collect.probe.scope import scope_of
from tocsin.collect.probe.settings import Port, ProbeSettings, Target, bracketed, targets
from tocsin.model.text import N_, Sentence, say

USER_AGENT = f"Tocsin/{__version__} (Exchange inventory; reads public pages, never logs in)"

PAGES = (
    "/owa/auth/logon.aspx",
    "/owa/",
    "/autodiscover/autodiscover.xml",
    "/Microsoft-Server-ActiveSync",
    "/ecp/Current/exporttool/microsoft.exchange.ediscovery.exporttool.application",
    "/EWS/Exchange.asmx",
)
"""In the order of how often and how exactly they show the build."""

NTLM_PAGES = ("/EWS/Exchange.asmx", "/autodiscover/autodiscover.xml")
"""Pages where Exchange offers NTLM."""

EHLO = b"EHLO tocsin.invalid\r\n"
"""Names the tool in the server's log; `.invalid` is nobody's (RFC 2606)."""

STARTTLS = b"STARTTLS\r\n"
AUTH_NTLM = b"AUTH NTLM\r\n"
NTLM_FIRST = NEGOTIATE.encode() + b"\r\n"
CANCEL = b"*\r\n"
"""Breaks the authentication off (RFC 4954, 4)."""

QUIT = b"QUIT\r\n"

_FOLLOWED = re.compile(
    r"/(?:owa|autodiscover|ecp|ews|Microsoft-Server-ActiveSync)(?:/[A-Za-z0-9_][A-Za-z0-9._-]{0,63}){0,6}/?",
    re.IGNORECASE,
)
"""Paths a redirect may lead to: plain words below the pages of Exchange."""


class PlannedRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that would be sent. where: `https://host:443`. sends: the words themselves.

    when: the condition, None for what is sent in any case.
    """

    where: str
    sends: str
    when: Sentence | None = None

    def __str__(self) -> str:
        return f"{self.where}: {self.sends}" + (f"  [{self.when}]" if self.when else "")


def get(path: str, host: str, authorization: str = "") -> bytes:
    """One ordinary GET. authorization: `NTLM` or `Negotiate`, which asks for the challenge."""
    words = [
        f"GET {path} HTTP/1.1",
        f"Host: {host}",
        f"User-Agent: {USER_AGENT}",
        "Accept: */*",
        "Accept-Encoding: identity",
    ]
    if authorization:
        words.append(f"Authorization: {authorization} {NEGOTIATE}")
    return "\r\n".join([*words, "", ""]).encode("ascii")


def host_header(target: Target, port: Port) -> str:
    """The host as a browser writes it: the port only where it is not the usual one."""
    usual = {"https": 443, "http": 80}.get(port.service)
    host = bracketed(target.host)
    return host if port.number == usual else f"{host}:{port.number}"


def redirect(location: str, target: Target, port: Port) -> str:
    """The path of a redirect that may be followed; empty when it may not.

    Only within the same service, host and port, and without its query: what is sent stays what
    this module can be read for.
    """
    path = location.strip()
    if not path.startswith("/"):
        match = re.match(
            r"(https?)://(\[[0-9a-f:.]+\]|[^/:?#@\s]+)(?::(\d{1,5}))?(?=[/?#]|$)",
            path,
            re.IGNORECASE,
        )
        if match is None:
            return ""
        number = int(match[3] or {"https": 443, "http": 80}[match[1].lower()])
        host = match[2].lower().strip("[]").rstrip(".")
        if (match[1].lower(), host, number) != (port.service, target.host, port.number):
            return ""
        path = path[match.end() :] or "/"
    path = re.split(r"[?#]", path, maxsplit=1)[0]
    return path if _FOLLOWED.fullmatch(path) else ""


def plan(settings: ProbeSettings) -> Iterator[PlannedRequest]:
    """What `probe` would send, in order of targets; sends nothing, not even a name look-up.

    Targets that the allow-list refuses are left out; where a name leads is not known before it is
    looked up. The settings must be without fault.
    """
    scope = scope_of(settings)
    for target in targets(settings):
        address = target.address
        if address is None:
            yield PlannedRequest(where="dns:", sends=f"A, AAAA {target.host}")
        elif not scope.permits(address):
            continue
        for port in target.ports:
            yield from _of_port(settings, target, port)


def _of_port(settings: ProbeSettings, target: Target, port: Port) -> Iterator[PlannedRequest]:
    where = target.url(port)
    name = "" if target.address else target.host
    hello = f"TLS ClientHello{f', server name {name}' if name else ''}"
    if port.service == "smtp":
        yield from _of_smtp(settings, where, hello)
        return
    if port.service == "https":
        yield PlannedRequest(where=where, sends=hello)
    unknown = say(N_("while the exact build is unknown"))
    host = host_header(target, port)
    for number, path in enumerate(PAGES):
        words = _words(get(path, host))
        yield PlannedRequest(where=where, sends=words, when=unknown if number else None)
    yield PlannedRequest(
        where=where,
        sends=_words(get("PATH", host)),
        when=say(N_("one redirect of a page, to plain words below it on the same host and port")),
    )
    if settings.ntlm:
        yield PlannedRequest(
            where=where,
            sends=_words(get(NTLM_PAGES[0], host, "NTLM")),
            when=say(N_("Exchange was recognised; on the page that offered NTLM, if one did")),
        )


def _of_smtp(settings: ProbeSettings, where: str, hello: str) -> Iterator[PlannedRequest]:
    yield PlannedRequest(where=where, sends=_words(EHLO))
    offered = say(N_("the server offers it"))
    yield PlannedRequest(where=where, sends=_words(STARTTLS), when=offered)
    yield PlannedRequest(where=where, sends=hello, when=say(N_("after STARTTLS")))
    yield PlannedRequest(where=where, sends=_words(EHLO), when=say(N_("after STARTTLS")))
    if settings.ntlm:
        when = say(N_("Exchange was recognised and offers NTLM; broken off after the challenge"))
        for words in (AUTH_NTLM, NTLM_FIRST, CANCEL):
            yield PlannedRequest(where=where, sends=_words(words), when=when)
    yield PlannedRequest(where=where, sends=_words(QUIT))


def _words(sent: bytes) -> str:
    return sent.decode("ascii").strip().replace("\r\n", " | ")
