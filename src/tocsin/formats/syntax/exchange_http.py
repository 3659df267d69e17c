"""What ordinary answers of a web or mail service tell about Exchange: version, names, presence.

Pure: whoever asked (a probe, a scanner, a search engine) hands over what came back. Nothing here
needs a log-in, and nothing needs more than one GET or one EHLO.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from tocsin.model.build import Version, parse_version

OWA_FAVICON = 1768726119
"""MurmurHash3 of the icon of Outlook on the web, as Shodan computes it (`http.favicon.hash`)."""

BODY_LIMIT = 1024 * 1024
"""Characters of one body that are looked at."""

HEADERS_LIMIT = 200
"""Header lines kept of one answer."""

VALUE_LIMIT = 400
"""Characters kept of one header, title or banner."""

VERSIONS_LIMIT = 20
"""Different versions kept of one answer; a page that prints more is no Exchange."""


class HttpAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """One HTTP answer. path: what was asked, empty when unknown. status: 0 when unknown."""

    path: str = ""
    status: int = 0
    headers: tuple[tuple[str, str], ...] = ()
    body: str = ""


class ExchangeTraits(msgspec.Struct, frozen=True, kw_only=True):
    """What all answers of one host and port say together.

    is_exchange: Exchange Server; false for Exchange Online. names: those the answering server has
    of itself, never those of another it passes requests to. why: the words it rests on, as quoted
    evidence; empty when there are none.
    """

    is_exchange: bool
    version: Version | None = None
    names: tuple[str, ...] = ()
    facts: dict[str, str] = {}
    why: str = ""


_SERVER_HEADERS = ("X-FEServer", "X-DiagInfo", "X-CalculatedBETarget", "X-BEServer")
"""Headers that name a server, the one that answers first."""

_OWN_HEADERS = (
    "X-OWA-Version",
    "X-FEServer",
    "X-BEServer",
    "X-CalculatedBETarget",
    "X-DiagInfo",
    "X-CasErrorCode",
    "X-AutoDiscovery-Error",
    "X-WSSecurity-Enabled",
)
"""Headers that only Exchange (on premises or online) writes."""

_ONLINE = re.compile(
    r"(?:^|\.)(?:outlook\.(?:com|cn|de|office\.com)|office365\.(?:com|us)|office\.com"
    r"|exchangelabs\.com|mx\.microsoft)$",
    re.IGNORECASE,
)
_NAME = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,62}[A-Za-z0-9_])?(?:\.[A-Za-z0-9_-]{1,63})*\.?")
_PATH = re.compile(
    r"/(owa/auth|owa|ecp)/(?:prem/)?(\d{1,2}\.\d{1,2}\.\d{1,5}(?:\.\d{1,5})?)/", re.IGNORECASE
)
_ASSEMBLY = re.compile(r"<(?:\w{1,20}:)?assemblyIdentity\b([^<>]{1,2000})>", re.IGNORECASE)
_ASSEMBLY_VERSION = re.compile(r"\bversion\s*=\s*[\"']([\d.]{7,24})[\"']", re.IGNORECASE)
_SERVER_VERSION = re.compile(r"<ServerVersion>\s*([0-9a-f]{8})\s*</ServerVersion>", re.IGNORECASE)
_PAGE = re.compile(r"OwaPage\s{0,9}=\s{0,9}ASP\.auth_\w{1,40}", re.IGNORECASE)
_TITLE = re.compile(r"<title[^<>]{0,200}>([^<]{0,400})", re.IGNORECASE)
_LOGON = re.compile(r"/owa/auth(?:/|\.owa)", re.IGNORECASE)
_COOKIE = re.compile(r"(X-BackEndCookie|X-OWA-CANARY|OutlookSession|cadata)=", re.IGNORECASE)

_TITLES = frozenset(
    {
        "outlook web app",
        "outlook web access",
        "exchange log in",
        "microsoft exchange - outlook web access",
        "microsoft outlook web access",
        "exchange admin center",
    }
)
_WEAK_TITLE = "outlook"
"""Also the title of other pages: counts beside IIS or an OWA path only."""


def exchange_traits(
    answers: Sequence[HttpAnswer], *, favicon: int | None = None, title: str = ""
) -> ExchangeTraits:
    """Join the answers of one host and port.

    favicon and title are given where a scanner kept them instead of the page. An exact build
    beats a cumulative update; what disagrees is kept in `facts["disagreement"]`.
    """
    facts: dict[str, str] = {}
    signs: list[str] = []
    for name in _OWN_HEADERS:
        values = _values(answers, name)
        if values:
            facts[name] = ", ".join(values)
            signs += [f"{name}: {value}" for value in values]
    versions = _versions(answers)
    for source, found in versions:
        facts.setdefault(source, found.text)
        if source != "X-OWA-Version":
            signs.append(f"{source}: {found.text}")
    signs += _presence(answers, favicon, title, facts)
    online = _is_online(answers, [found for _, found in versions])
    if online:
        facts["exchange-online"] = online
        return ExchangeTraits(is_exchange=False, facts=facts, why=online)
    if not signs:
        return ExchangeTraits(is_exchange=False, facts=facts)
    names = _own_names(answers, facts)
    return ExchangeTraits(
        is_exchange=True,
        version=_best(versions, facts),
        names=names,
        facts=facts,
        why="; ".join(dict.fromkeys(signs))[:VALUE_LIMIT],
    )


def parse_http_head(raw: str, path: str = "") -> HttpAnswer:
    """Read a raw banner: status line, headers, and the body if it follows.

    Tolerant: any line end, folded headers, no status line (status 0), lines that are no header.
    """
    head, blank, body = raw.replace("\r\n", "\n").replace("\r", "\n").lstrip("\n").partition("\n\n")
    lines = head.split("\n", HEADERS_LIMIT + 1)[: HEADERS_LIMIT + 1]
    status = 0
    if match := re.match(r"HTTP/\d(?:\.\d)?\s+(\d{3})\b", lines[0], re.IGNORECASE):
        status = int(match[1])
        lines = lines[1:]
    headers: list[tuple[str, str]] = []
    for line in lines:
        name, colon, value = line.partition(":")
        if line[:1] in (" ", "\t") and headers:
            last, text = headers[-1]
            headers[-1] = (last, f"{text} {line.strip()}")
        elif colon and name.strip() and " " not in name.strip():
            headers.append((name.strip(), value.strip()))
    return HttpAnswer(path=path, status=status, headers=tuple(headers), body=body if blank else "")


def smtp_traits(banner: str, ehlo: str = "") -> ExchangeTraits:
    """What a greeting and the answer to EHLO say. SMTP never shows the build.

    `Microsoft ESMTP MAIL Service` without `Version:` is Exchange; with it, it is the SMTP service
    of Windows, unless the answer to EHLO has a keyword that only Exchange 2000/2003 adds to it.
    """
    greeting = _GREETING.search(banner)
    host, rest = (greeting[1], greeting[2]) if greeting else ("", banner)
    answered = _EHLO_HOST.search(ehlo)
    names = _unique(n for n in (host, answered[1] if answered else "") if is_host_name(n))
    facts: dict[str, str] = {}
    if banner.strip():
        facts["smtp-banner"] = banner.strip()[:VALUE_LIMIT]
    keywords = _unique(match[1].upper() for match in _KEYWORD.finditer(ehlo[:BODY_LIMIT]))
    if keywords:
        facts["ehlo-keywords"] = ", ".join(keywords)
    windows = _WINDOWS_SMTP.search(rest) is not None
    said = "Microsoft ESMTP MAIL Service" in rest and not windows
    known = set(keywords) & (_OLD_KEYWORDS if windows else _KEYWORDS)
    online = next((name for name in names if is_online_name(name)), "")
    if online:
        facts["exchange-online"] = online
        return ExchangeTraits(is_exchange=False, facts=facts, why=online)
    if not said and not known:
        return ExchangeTraits(is_exchange=False, facts=facts)
    signs = [banner.strip()[:VALUE_LIMIT]] if said else []
    signs += [f"EHLO {keyword}" for keyword in sorted(known)]
    why = "; ".join(signs)[:VALUE_LIMIT]
    return ExchangeTraits(is_exchange=True, names=names, facts=facts, why=why)


_GREETING = re.compile(r"\A\s*(?:220[ -])?(\S{1,255})[ \t]+([^\r\n]*)")
_EHLO_HOST = re.compile(r"^\s*(?:250[ -])?(\S{1,255}) Hello\b", re.MULTILINE | re.IGNORECASE)
_WINDOWS_SMTP = re.compile(r"MAIL Service\s*,?\s*Version:", re.IGNORECASE)
_KEYWORDS = frozenset(
    {"X-ANONYMOUSTLS", "X-EXPS", "XEXCH50", "X-EXCH50", "XRDST", "XSHADOWREQUEST", "XSHADOW"}
    | {"X-LINK2STATE"}
)
_OLD_KEYWORDS = frozenset({"XEXCH50", "X-EXCH50", "X-LINK2STATE"})
_KEYWORD = re.compile(
    r"(?:(?<![\w-])|(?<=\b250-))(X-ANONYMOUSTLS|X-EXPS|X-?EXCH50|XRDST|XSHADOWREQUEST|XSHADOW|X-LINK2STATE)(?![\w-])",
    re.IGNORECASE,
)


def is_host_name(text: str) -> bool:
    """Whether `text` can name one host: no address, no wildcard, nothing else either."""
    return (
        len(text) <= 255
        and _NAME.fullmatch(text) is not None
        and not re.fullmatch(r"[\d.]+|localhost", text, re.IGNORECASE)
    )


def is_online_name(name: str) -> bool:
    """Whether a host belongs to Exchange Online."""
    return _ONLINE.search(name.rstrip(".")) is not None


def _values(answers: Iterable[HttpAnswer], name: str) -> tuple[str, ...]:
    """Every value of a header, whatever its letter case."""
    wanted = name.lower()
    return _unique(
        value.strip()[:VALUE_LIMIT]
        for answer in answers
        for header, value in answer.headers
        if header.lower() == wanted and value.strip()
    )


def _versions(answers: Sequence[HttpAnswer]) -> list[tuple[str, Version]]:
    """Each version with the fact that names its source, surest source first."""
    found: list[tuple[str, Version]] = []
    for text in _values(answers, "X-OWA-Version"):
        found += _version("X-OWA-Version", text)
    for text in _export_tool(answers):
        found += _version("exporttool", text)
    places: dict[str, str] = {}
    for answer in answers:
        for match in _in_all(answer, _PATH):
            places.setdefault(match[2], match[1].lower())
    for text, place in places.items():
        found += _path_version(text, place)
    for answer in answers:
        for match in _SERVER_VERSION.finditer(answer.body[:BODY_LIMIT]):
            found += _version("ServerVersion", match[1])
    return list({(source, each.text): (source, each) for source, each in found}.values())[
        :VERSIONS_LIMIT
    ]


def _version(source: str, text: str) -> list[tuple[str, Version]]:
    try:
        found = parse_version(text)
    except ValueError:
        return []
    if found.major not in range(6, 16):
        return []
    return [(source, found)]


def _path_version(text: str, place: str) -> list[tuple[str, Version]]:
    """Up to Exchange 2010 the folder of OWA has the full build; later ones the update's at most."""
    return [
        (
            "owa-path" if place != "ecp" else "ecp-path",
            each
            if each.major < 15 and each.revision is not None and place == "owa"
            else msgspec.structs.replace(each, precision="cu"),
        )
        for _, each in _version("", text)
    ]


def _export_tool(answers: Sequence[HttpAnswer]) -> tuple[str, ...]:
    """The version in the manifest of the eDiscovery export tool, which every update rewrites."""
    found = []
    for answer in answers:
        for match in _ASSEMBLY.finditer(answer.body[:BODY_LIMIT]):
            version = _ASSEMBLY_VERSION.search(match[1])
            if version and "exporttool" in match[1].lower():
                found.append(version[1])
    return _unique(found)


def _in_all(answer: HttpAnswer, pattern: re.Pattern[str]) -> Iterator[re.Match[str]]:
    """Matches in the path asked, the headers that hold addresses, and the body."""
    yield from pattern.finditer(answer.path[:VALUE_LIMIT])
    for name, value in answer.headers:
        if name.lower() in ("location", "content-location", "link"):
            yield from pattern.finditer(value[: VALUE_LIMIT * 10])
    yield from pattern.finditer(answer.body[:BODY_LIMIT])


def _best(versions: list[tuple[str, Version]], facts: dict[str, str]) -> Version | None:
    """The surest version; when exact ones disagree, the cumulative update of the lowest."""
    if not versions:
        return None
    exact = [each for _, each in versions if each.precision == "update" and each.exact is not None]
    branches = {(each.major, each.minor, each.build) for _, each in versions}
    builds = sorted({each.exact for each in exact if each.exact is not None})
    if len(branches) > 1 or len(builds) > 1:
        facts["disagreement"] = ", ".join(f"{source} {each.text}" for source, each in versions)
    if len(builds) > 1:
        # Several servers behind one address, or one between two states: no build is certain.
        low = builds[0]
        text = f"{low.major}.{low.minor}.{low.build}"
        return parse_version(text, "cu")
    if exact:
        return exact[0]
    return min(
        (each for _, each in versions),
        key=lambda each: (each.major, each.minor, each.build, each.revision is not None),
    )


def _presence(
    answers: Sequence[HttpAnswer], favicon: int | None, title: str, facts: dict[str, str]
) -> list[str]:
    """Signs of Exchange that show no version."""
    signs: list[str] = []
    if favicon == OWA_FAVICON:
        facts["favicon-hash"] = str(favicon)
        signs.append(f"favicon hash {favicon}")
    logon = [m[0] for answer in answers for m in _in_all(answer, _LOGON)][:1]
    signs += [m[0] for each in answers if (m := _PAGE.search(each.body[:BODY_LIMIT]))]
    cookies = _values(answers, "Set-Cookie")
    signs += [f"Set-Cookie: {m[1]}" for each in cookies if (m := _COOKIE.match(each))]
    titles = [title, *(m[1] for a in answers if (m := _TITLE.search(a.body[:BODY_LIMIT])))]
    titles = [shown for each in titles if (shown := " ".join(each.split())[:VALUE_LIMIT])]
    if titles:
        facts["title"] = titles[0]
    iis = any("iis" in each.lower() for each in _values(answers, "Server"))
    for each in titles:
        weak = each.lower() == _WEAK_TITLE and (iis or bool(logon))
        if each.lower() in _TITLES or weak:
            signs.append(f"title: {each}")
    if active := _values(answers, "MS-Server-ActiveSync"):
        # Other products speak ActiveSync too; beside IIS it is Exchange's own.
        facts["MS-Server-ActiveSync"] = active[0]
        signs += [f"MS-Server-ActiveSync: {active[0]}"] if iis else []
    return signs + logon


def _is_online(answers: Sequence[HttpAnswer], versions: list[Version]) -> str:
    """The word that gives Exchange Online away; empty for everything else."""
    for each in versions:
        if each.exchange_online:
            return each.text
    for name in _SERVER_HEADERS:
        for value in _values(answers, name):
            if is_online_name(value):
                return value
    return ""


def _own_names(answers: Sequence[HttpAnswer], facts: dict[str, str]) -> tuple[str, ...]:
    """The names of the server that answered.

    A front end passes requests on, so the other headers may name another server. Such a name is
    no name of this one: it moves to the fact `back-end`.
    """
    stated = {
        name: tuple(value.rstrip(".") for value in _values(answers, name) if is_host_name(value))
        for name in _SERVER_HEADERS
    }
    own = {_label(value) for value in stated["X-FEServer"]}
    if not own:
        labels = {_label(value) for values in stated.values() for value in values}
        own = labels if len(labels) == 1 else set()
    several = len(own) > 1
    others: list[str] = []
    names: list[str] = []
    for header, values in stated.items():
        mine = [value for value in values if _label(value) in own and not several]
        others += [value for value in values if value not in mine]
        names += mine
        if mine:
            facts[header] = mine[0]
        else:
            facts.pop(header, None)
    if others:
        facts["front-ends" if several else "back-end"] = ", ".join(_unique(others))
    return _unique(names)


def _label(name: str) -> str:
    return name.partition(".")[0].lower()


def _unique(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))
