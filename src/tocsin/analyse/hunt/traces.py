"""What of a finding can tie it to another one: ids, addresses, accounts, files, tools."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import lru_cache
from urllib.parse import unquote

import msgspec

from tocsin.analyse.hunt.findings import first_of
from tocsin.analyse.hunt.groups import Group
from tocsin.analyse.hunt.hosts import Hosts, address, plain, source
from tocsin.analyse.hunt.merging import LATE
from tocsin.model.event import Event
from tocsin.model.finding import LEVELS
from tocsin.model.hunt import HuntFinding

FILES_LIMIT = 5
"""A finding that names more pages than these searches for pages: none of them ties it to anything."""

ACCOUNTS_LIMIT = 3
"""Likewise one of more accounts than these acts as many people, and is none of them."""

TEXT_LIMIT = 8_000
"""Characters of one field in which names are looked for."""

BEFORE_LIMIT = 150
"""Characters before a page's ending that may be its name and folder."""

ID_LENGTH = 8
"""Shorter ids are no ids."""

_CANARY = re.compile(r"msExchEcpCanary=([^&\s;,\"'#]+)", re.IGNORECASE)
_REQUEST = re.compile(r"cafeReqId=([0-9a-f]{8}-[0-9a-f-]{27})", re.IGNORECASE)
_PAGE = re.compile(r"\.(?:aspx|ashx|asmx|asp|cshtml|vbhtml|jsp|php)(?!\w)", re.IGNORECASE)
_BEFORE = re.compile(r"(?:([\w~$.\-]{1,60})[/\\]+)?([\w~$.\-()]{1,80})\Z")
_NO_ID = re.compile(r"[0\-]*")

COMMON_PAGES = frozenset(
    [
        "addin",
        "calendar",
        "cafe",
        "compose",
        "default",
        "defaulterror",
        "error",
        "errorfe",
        "exchange",
        "exppw",
        "frowny",
        "getidtoken",
        "index",
        "lclexport",
        "login",
        "logoff",
        "logon",
        "logout",
        "outlookcn",
        "outlooken",
        "redirsuiteserviceproxy",
        "service",
        "signout",
        "timeoutlogoff",
        "uploader",
        "wacpage",
        "about",
        "home",
        "languageselection",
        "rejectreason",
    ]
)
"""Names of pages that come with Exchange or that any site has: alone they tie nothing, below a folder
that no product has them in they do."""

SHIPPED_FOLDERS = frozenset(
    [
        "auth",
        "owa",
        "ecp",
        "ews",
        "oab",
        "mapi",
        "rpc",
        "autodiscover",
        "powershell",
        "api",
        "logon",
        "errors",
        "prem",
        "calendar",
        "wwwroot",
        "bin",
        "reporting",
        "reporting-services",
        "current",
        "themes",
    ]
)
"""Folders in which Exchange and IIS have such pages."""

GENERIC = frozenset(
    [
        "administrator",
        "admin",
        "administrateur",
        "administrador",
        "root",
        "guest",
        "user",
        "service",
        "test",
        "sa",
        "scan",
        "info",
        "exchange",
    ]
)
"""Account names that anybody's server has: they tie rows of one host and time only."""

NOBODY = frozenset(
    {
        "", "-", "?", "n/a", "none", "null", "unknown", "everyone", "anonymous", "anonymous logon",
        "system", "local service", "network service", "localservice", "networkservice",
        "localsystem", "iusr", "defaultapppool",
    }
)  # fmt: skip
"""What Windows, IIS and Exchange themselves act as."""

AGENTS = ("cs-user-agent", "UserAgent")
"""Fields with a web client's own name; what other logs call an agent is a program of the server."""

TOOLS_PLAIN = (
    "mozilla/", "microsoft", "outlook", "exchangeservicesclient", "apple", "android", "ios",
    "macoutlook", "mapi", "msexchange", "exchange", "opera", "dalvik", "samsung", "teams",
)  # fmt: skip
"""What user agents begin with that everybody has."""

LOGONS = frozenset(
    [
        "4624",
        "4625",
        "4648",
        "4720",
        "4722",
        "4723",
        "4724",
        "4725",
        "4738",
        "4740",
        "4768",
        "4769",
        "4771",
        "4776",
    ]
)
"""Security events whose `TargetUserName` is an account; in others it is a group."""


class Trace(msgspec.Struct, frozen=True, kw_only=True):
    """A finding and what may tie it.

    host: the one name of its host. ids: `request=…`, `canary=…`. clients: addresses it came from
    that may tie; origins: hosts of these logs that it came from. accounts: plain names and SIDs;
    generic: account names that everybody has. files: names of pages that no product ships. agents:
    tools by their full user agent. worked: when it first worked, where it was tried before.
    """

    finding: HuntFinding
    host: str
    ids: frozenset[str] = frozenset()
    clients: frozenset[str] = frozenset()
    origins: frozenset[str] = frozenset()
    accounts: frozenset[str] = frozenset()
    generic: frozenset[str] = frozenset()
    files: frozenset[str] = frozenset()
    agents: frozenset[str] = frozenset()
    worked: datetime | None = None

    @property
    def told(self) -> datetime:
        """Where it stands in the story: when it worked, else when it began."""
        return self.worked or self.first

    @property
    def first(self) -> datetime:
        """When it began; the end of time where no row has one."""
        return self.finding.first or LATE

    @property
    def last(self) -> datetime:
        """When it ended."""
        return self.finding.last or self.first

    @property
    def tried(self) -> bool:
        """Whether nothing of it is seen to have worked."""
        return self.finding.outcome == "attempt"

    @property
    def weighs(self) -> int:
        """Place of its level, 0 for informational."""
        return LEVELS.index(self.finding.level)


def trace(finding: HuntFinding, group: Group, known: Hosts) -> Trace:
    """What of a finding can tie it; group: the one that it was made of."""
    events = [each.body for each in group.events if isinstance(each.body, Event)]
    texts = list(_texts(events))
    host = known.of(group.host, source(group))
    clients, origins = _clients(finding.clients, host, known)
    names = {each for text in _account_texts(finding, events) if (each := account(text))}
    generic = frozenset(each for each in names if each in GENERIC)
    files = frozenset(_pages([*texts, group.target]))
    return Trace(
        finding=finding,
        host=host,
        ids=_ids(group.ids, [*texts, *(each.raw for each in events)]),
        clients=clients,
        origins=origins,
        accounts=frozenset(names) - generic if len(names) <= ACCOUNTS_LIMIT else frozenset(),
        generic=generic,
        files=files if len(files) <= FILES_LIMIT else frozenset(),
        agents=frozenset(_agents(events)),
        worked=group.worked if finding.outcome == "success" else None,
    )


def _texts(events: Iterable[Event]) -> Iterator[str]:
    for event in events:
        for value in (*event.fields.values(), *event.decoded.values()):
            yield value[:TEXT_LIMIT]


def _ids(given: Iterable[str], texts: Iterable[str]) -> frozenset[str]:
    found = set()
    for each in given:
        name, _, value = each.partition("=")
        found.add((name.lower(), unquote(value).lower()))
    for text in texts:
        found |= {("canary", unquote(value).lower()) for value in _CANARY.findall(text)}
        found |= {("request", value.lower()) for value in _REQUEST.findall(text)}
    return frozenset(
        f"{name}={value}"
        for name, value in found
        if len(value) >= ID_LENGTH and not _NO_ID.fullmatch(value)
    )


def _clients(
    printed: Iterable[str], host: str, known: Hosts
) -> tuple[frozenset[str], frozenset[str]]:
    """Addresses that may tie, and hosts of these logs. The host's own address is neither."""
    clients, origins = set(), set()
    for each in printed:
        found = address(each)
        if found is not None and (found.is_loopback or found.is_link_local or found.is_unspecified):
            continue
        name = str(found) if found is not None else plain(each)
        of = known.at(name)
        if of and of != host:
            origins.add(of)
        elif not of and name and name != host and name not in ("-", "localhost", "local"):
            clients.add(name)
    return frozenset(clients), frozenset(origins)


def _account_texts(finding: HuntFinding, events: Iterable[Event]) -> Iterator[str]:
    yield from finding.actors
    for event in events:
        for name, value in event.decoded.items():
            if name.lower().endswith((".user", ".sid", ".account")):
                yield value
        if event.fields.get("EventID") in LOGONS:
            yield event.fields.get("TargetUserName", "")
        yield event.fields.get("MemberName", "")
        yield event.fields.get("MemberSid", "")


@lru_cache(maxsize=1 << 16)
def account(printed: str) -> str:
    r"""The plain name in `DOMAIN\name`, `name@domain`, a path or a distinguished name, lower case; a
    SID of a made account as it is. Empty for what Windows and Exchange themselves act as."""
    text = printed.strip().strip('"')
    if text.upper().startswith("S-1-"):
        last = text.rpartition("-")[2]
        made = text.upper().startswith("S-1-5-21-") and last.isdecimal() and int(last) >= 1000
        return text.upper() if made else ""
    if text.upper().startswith("CN="):
        text = text[3:].partition(",")[0]
    text = text.rpartition("\\")[2].rpartition("/")[2].partition("@")[0].strip().lower()
    text = text.partition(" (")[0]
    if text in NOBODY or text.endswith("$"):
        return ""
    if text.startswith(("healthmailbox", "systemmailbox", "extest_", "umfd-", "dwm-")):
        return ""
    return text


def _pages(texts: Iterable[str]) -> Iterator[str]:
    """Names of server pages, and of common ones with the folder they are in."""
    for text in texts:
        plain_text = unquote(text) if "%" in text else text
        for end in _PAGE.finditer(plain_text):
            before = _BEFORE.search(plain_text[max(0, end.start() - BEFORE_LIMIT) : end.start()])
            if before is None:
                continue
            folder, stem = (before[1] or "").lower(), before[2].lower().lstrip(".-(")
            page = stem + end[0].lower()
            if stem and stem not in COMMON_PAGES:
                yield page
            elif folder and folder not in SHIPPED_FOLDERS:
                yield f"{folder}/{page}"


def _agents(events: Iterable[Event]) -> Iterator[str]:
    for event in events:
        agent = first_of(event, AGENTS).strip()
        if agent and not agent.lower().startswith(TOOLS_PLAIN):
            yield agent
