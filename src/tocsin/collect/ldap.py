"""Exchange servers read live from Active Directory: sign in, search, leave.

Only on request, only over TLS, never anonymously, and nothing but searches: any user of the
domain may read what is read here.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from tocsin.collect.directory_port import (
    NO_SUCH_OBJECT,
    Directory,
    DirectoryError,
    Peer,
    Scope,
    Stopped,
    open_kerberos,
    open_simple,
)
from tocsin.formats.syntax import distinguished_name
from tocsin.formats.syntax.directory_objects import ATTRIBUTES, Entry, describe
from tocsin.model.evidence import Evidence, Look
from tocsin.model.finding import Gap
from tocsin.model.locator import Locator
from tocsin.model.text import N_, Sentence, say

PAGE_SIZE = 500
"""Objects asked for at once; AD's own limit is 1,000."""

OBJECTS_LIMIT = 100_000
"""Objects read of one search; the rest is told as a gap."""

ANSWER_TIMEOUT = 30.0
"""Seconds to wait for one answer."""

DEADLINE = 900.0
"""Seconds for one directory, all searches together."""

PASSWORD_VARIABLE = "TOCSIN_LDAP_PASSWORD"  # noqa: S105 - a name, not a password
PASSWORD_FILE_VARIABLE = "TOCSIN_LDAP_PASSWORD_FILE"  # noqa: S105
PASSWORD_LIMIT = 4096
"""Bytes read of a password file."""

_DOMAIN_FLAG = 2
"""Bit of a crossRef's systemFlags: the naming context is a domain."""


class Secret(msgspec.Struct, frozen=True):
    """A password that no message, log or traceback prints."""

    value: str

    def __repr__(self) -> str:
        return "Secret(...)"


class DirectorySettings(msgspec.Struct, frozen=True, kw_only=True):
    r"""Which directory, and how to sign in.

    url: `ldaps://dc1.contoso.com` or, with start_tls, `ldap://dc1.contoso.com`. user: what AD
    takes in a simple bind: `user@contoso.com`, `CONTOSO\user` or a DN. kerberos: the ticket of
    the session instead. ca_file: PEM of the authority that signed the domain controller's
    certificate. insecure: accept any certificate, so whoever answers gets the password.
    name: the name in the certificate, where it is not the host of `url`.
    """

    url: str
    user: str = ""
    password: Secret | None = None
    kerberos: bool = False
    start_tls: bool = False
    ca_file: Path | None = None
    insecure: bool = False
    name: str = ""
    page_size: int = PAGE_SIZE
    timeout: float = ANSWER_TIMEOUT
    deadline: float = DEADLINE


class Search(msgspec.Struct, frozen=True, kw_only=True):
    """One question. context: the rootDSE attribute that names where; below: a DN under it."""

    context: str
    query: str
    below: str = ""
    scope: Scope = "subtree"
    attributes: tuple[str, ...] = ATTRIBUTES


_CONFIGURATION = "configurationNamingContext"

SEARCHES = (
    Search(
        context=_CONFIGURATION,
        query="(objectClass=msExchExchangeServer)",
    ),
    Search(
        context=_CONFIGURATION,
        query=(
            "(&(objectClass=serviceConnectionPoint)"
            "(|(keywords=67661d7F-8FC4-4fa7-BFAC-E1D7794C1F68)"
            "(keywords=77378F46-2C66-4aa9-A6A6-3E7A48B19596)))"
        ),
    ),
    Search(
        context=_CONFIGURATION,
        query="(objectClass=msExchVirtualDirectory)",
    ),
    Search(
        context=_CONFIGURATION,
        query=(
            "(|(objectClass=msExchSmtpReceiveConnector)(objectClass=msExchRoutingSMTPConnector))"
        ),
    ),
    Search(
        context=_CONFIGURATION,
        query=(
            "(|(objectClass=msExchOrganizationContainer)(objectClass=msExchAcceptedDomain)"
            "(objectClass=msExchCoexistenceRelationship))"
        ),
    ),
    Search(
        context="defaultNamingContext",
        query="(|(servicePrincipalName=exchangeMDB/*)(servicePrincipalName=exchangeRFR/*))",
    ),
    Search(
        context="schemaNamingContext",
        below="CN=ms-Exch-Schema-Version-Pt",
        scope="base",
        query="(objectClass=*)",
    ),
    Search(
        context="defaultNamingContext",
        below="CN=Microsoft Exchange System Objects",
        scope="base",
        query="(objectClass=*)",
    ),
)
"""Every question, the servers first: without them, nobody looked."""

_PARTITIONS = Search(
    context=_CONFIGURATION,
    below="CN=Partitions",
    query="(objectClass=crossRef)",
    attributes=("nCName", "systemFlags"),
)


def fault(settings: DirectorySettings) -> Sentence | None:
    """Why these settings are refused before anything is sent; None when they are fit."""
    parts = urlsplit(settings.url)
    try:
        known = parts.scheme in ("ldap", "ldaps") and bool(parts.hostname)
        _ = parts.port
    except ValueError:
        known = False
    if not known:
        return say(N_("not an LDAP address: {url}"), url=settings.url.rpartition("@")[2][:200])
    if parts.scheme == "ldap" and not settings.start_tls:
        return say(N_("nothing is sent in the clear: use ldaps://, or ldap:// with StartTLS"))
    if settings.kerberos:
        package = "winkerberos" if sys.platform == "win32" else "gssapi"
        if importlib.util.find_spec(package) is None:
            return say(
                N_("Kerberos needs the Python package {package}, which is not installed"),
                package=package,
            )
    elif not settings.user or settings.password is None or not settings.password.value:
        # An empty password would be an anonymous bind that looks like a success.
        return say(N_("a user and a password, or Kerberos, are needed: no anonymous sign-in"))
    return None


def find_password(
    environment: Mapping[str, str], file: Path | None, prompt: Callable[[], str] | None
) -> Secret | None:
    """The password from a file, the environment or the terminal; never from a command line.

    Raises OSError when a file that was named cannot be read.
    """
    named = file or (Path(p) if (p := environment.get(PASSWORD_FILE_VARIABLE)) else None)
    if named is not None:
        with named.open("rb") as stream:
            text = stream.read(PASSWORD_LIMIT).decode("utf-8", errors="surrogateescape")
        return Secret(text.removesuffix("\n").removesuffix("\r"))
    if value := environment.get(PASSWORD_VARIABLE):
        return Secret(value)
    return Secret(prompt()) if prompt is not None else None


def read_directory(
    settings: DirectorySettings, now: datetime | None = None
) -> Iterator[Evidence | Gap]:
    """What the directory says about Exchange servers, then one `Look` if the servers were read.

    `now` is when the answers hold, by default the time of the call. Whatever fails is a `Gap`,
    and the searches beside it still count.
    """
    refused = fault(settings)
    source = _source(settings)
    if refused is not None:
        yield Gap(at=Locator(source=source), kind="not-collected", why=refused)
        return
    try:
        directory = _open(settings)
    except DirectoryError as error:
        yield Gap(at=Locator(source=source), why=error.why)
        return
    try:
        yield from _read(directory, Locator(source=source), now or datetime.now(UTC))
    finally:
        directory.close()


def _source(settings: DirectorySettings) -> str:
    """The address as a reader may see it: no user, no password, no path."""
    parts = urlsplit(settings.url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}/"


def _open(settings: DirectorySettings) -> Directory:
    parts = urlsplit(settings.url)
    host = parts.hostname or ""
    peer = Peer(
        host=host,
        port=parts.port or (636 if parts.scheme == "ldaps" else 389),
        start_tls=parts.scheme == "ldap",
        verify=not settings.insecure,
        ca_file=str(settings.ca_file) if settings.ca_file else None,
        name=settings.name or host,
        timeout=settings.timeout,
        deadline=settings.deadline,
        page_size=settings.page_size,
    )
    if settings.kerberos:
        return open_kerberos(peer)
    assert settings.password is not None
    return open_simple(peer, settings.user, settings.password.value)


def _read(directory: Directory, at: Locator, now: datetime) -> Iterator[Evidence | Gap]:
    contexts: dict[str, str] = {}
    names = (_CONFIGURATION, "schemaNamingContext", "defaultNamingContext")
    for item in directory.search("", "base", "(objectClass=*)", names):
        if isinstance(item, Stopped):
            yield Gap(at=at, why=item.why, kind=item.kind)
            return
        contexts = {name: item.text(name) for name in names if item.text(name)}
    if _CONFIGURATION not in contexts:
        yield Gap(at=at, why=say(N_("the server is no Active Directory: no configuration")))
        return
    records, looked = 0, False
    for search in SEARCHES:
        complete = True
        for found in _ask(directory, search, contexts, at):
            if isinstance(found, Gap):
                complete = False
                yield found
                continue
            records += 1
            for each in describe(found, msgspec.structs.replace(at, position=found.dn)):
                dated = isinstance(each, Evidence)
                yield msgspec.structs.replace(each, seen=now) if dated else each
        looked = looked or (search is SEARCHES[0] and complete)
    yield from _other_domains(directory, contexts, at)
    if looked:
        scope = contexts[_CONFIGURATION]
        look = Look(seen_by="directory", scope=scope, records=records)
        yield Evidence(at=at, seen=now, body=look)


def _ask(
    directory: Directory, search: Search, contexts: dict[str, str], at: Locator
) -> Iterator[Entry | Gap]:
    """The objects of one search; a `Gap` last when some are missing."""
    context = contexts.get(search.context)
    if context is None:
        why = say(N_("the directory does not say where to look: {name}"), name=search.context)
        yield Gap(at=at, why=why, kind="not-collected")
        return
    base = f"{search.below},{context}" if search.below else context
    place = msgspec.structs.replace(at, position=f"{base} {search.query}")
    found = directory.search(base, search.scope, search.query, search.attributes)
    for count, item in enumerate(found):
        if isinstance(item, Stopped):
            # A level that was never written: Exchange never prepared this domain.
            if item.code != NO_SUCH_OBJECT or search.scope != "base":
                yield Gap(at=place, why=item.why, kind=item.kind)
            return
        if count >= OBJECTS_LIMIT:
            why = say(N_("more than {limit} objects; the rest was not read"), limit=OBJECTS_LIMIT)
            yield Gap(at=place, why=why, kind="limit")
            return
        yield item


def _other_domains(directory: Directory, contexts: dict[str, str], at: Locator) -> Iterator[Gap]:
    """Domains of the forest whose computers another domain controller knows."""
    own = _folded(contexts.get("defaultNamingContext", ""))
    for item in _ask(directory, _PARTITIONS, contexts, at):
        if isinstance(item, Gap):
            yield item
            continue
        flags, name = item.text("systemFlags"), item.text("nCName")
        if flags.isdigit() and int(flags) & _DOMAIN_FLAG and _folded(name) != own:
            why = say(N_("computers of the domain {name} are on other servers"), name=name[:300])
            place = msgspec.structs.replace(at, position=item.dn)
            yield Gap(at=place, why=why, kind="not-collected")


def _folded(dn: str) -> tuple[tuple[str, str], ...]:
    return tuple((part.type, part.value.lower()) for part in distinguished_name.split(dn))
