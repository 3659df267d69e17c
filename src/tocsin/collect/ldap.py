"""Exchange servers read live from Active Directory: sign in, search, leave.

Only on request, only over TLS, never anonymously, and nothing but searches: any user of the
domain may read what is read here.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from tocsin.collect.directory_port import (
    NO_SUCH_OBJECT,
    Directory,
    DirectoryError,
    Peer,
    Stopped,
    open_kerberos,
    open_simple,
)
from tocsin.collect.ldap_searches import (
    ALWAYS_THERE,
    CONFIGURATION,
    DOMAIN,
    EXCHANGE,
    PARTITIONS,
    SCHEMA,
    SEARCHES,
    SERVERS,
    Search,
    computers,
    group,
    groups_named,
)
from tocsin.formats.syntax import distinguished_name
from tocsin.formats.syntax.directory_objects import Entry, describe
from tocsin.formats.syntax.directory_settings import Directory as Objects
from tocsin.formats.syntax.directory_settings import side_of
from tocsin.model.evidence import Evidence, Inquiry, Look
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
    """What the directory says about Exchange servers and their trusts, then one `Look` if the
    servers were read, and an `Inquiry` for each kind of setting.

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
        reading = _Reading(directory, Locator(source=source), now or datetime.now(UTC))
        yield from reading.everything()
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


class _Reading:
    """One directory: what was read of it, and which questions were not wholly answered."""

    def __init__(self, directory: Directory, at: Locator, now: datetime) -> None:
        self._directory = directory
        self._at = at
        self._now = now
        self._contexts: dict[str, str] = {}
        self._objects = Objects(complete=True)
        self._records = 0
        self._servers = 0
        self._groups: tuple[str, ...] = ()
        self._faults: dict[str, str] = {}

    def everything(self) -> Iterator[Evidence | Gap]:
        """Every question in turn; then what was asked for, and whether all of it came."""
        names = (CONFIGURATION, SCHEMA, DOMAIN)
        for item in self._directory.search("", "base", "(objectClass=*)", names):
            if isinstance(item, Stopped):
                yield Gap(at=self._at, why=item.why, kind=item.kind)
                return
            self._contexts = {name: item.text(name) for name in names if item.text(name)}
        if CONFIGURATION not in self._contexts:
            why = say(N_("the server is no Active Directory: no configuration"))
            yield Gap(at=self._at, why=why)
            return
        asked: list[str] = []
        for search in self._searches():
            yield from self._found(search)
            asked += search.kinds
        yield from self._dated(self._objects.end(self._at))
        yield from self._other_domains()
        if SERVERS.query not in self._faults:
            scope = self._contexts[CONFIGURATION]
            look = Look(seen_by="directory", scope=scope, records=self._records)
            yield Evidence(at=self._at, seen=self._now, body=look)
        for kind in dict.fromkeys(asked):
            yield from self._inquiry(kind)

    def _searches(self) -> Iterator[Search]:
        """The searches, of which some rest on what came before."""
        yield from SEARCHES
        yield EXCHANGE
        for dn in self._groups:
            yield group(dn)
        yield computers(self._groups)

    def _found(self, search: Search) -> Iterator[Evidence | Gap]:
        for found in self._ask(search):
            if isinstance(found, Gap):
                for name in (search.query, *search.kinds):
                    self._faults.setdefault(name, str(found.why))
                yield found
                continue
            self._records += 1
            self._servers += search is SERVERS
            if search is EXCHANGE:
                self._groups = groups_named(found)
            at = msgspec.structs.replace(self._at, position=found.dn)
            yield from self._dated((*describe(found, at), *self._objects.read(found, at)))

    def _dated(self, found: Iterable[Evidence | Gap]) -> Iterator[Evidence | Gap]:
        for each in found:
            dated = isinstance(each, Evidence)
            yield msgspec.structs.replace(each, seen=self._now) if dated else each

    def _inquiry(self, kind: str) -> Iterator[Evidence | Gap]:
        """That all objects of a kind were asked for.

        A directory shows an account what it may read and does not mention the rest. So none is only
        believed where servers were seen, and never of what every Exchange organisation has.
        """
        found, why = self._objects.found[kind], self._faults.get(kind, "")
        if not found and not why:
            if not self._servers:
                return
            if kind in ALWAYS_THERE:
                hidden = say(N_("the directory does not show this account: {kind}"), kind=kind)
                yield Gap(at=self._at, why=hidden, kind="not-collected")
                why = str(hidden)
        body = Inquiry(seen_by="directory", kind=kind, side=side_of(kind), found=found, fault=why)
        yield Evidence(at=self._at, seen=self._now, body=body)

    def _ask(self, search: Search) -> Iterator[Entry | Gap]:
        """The objects of one search; a `Gap` last when some are missing."""
        base = search.base(self._contexts)
        if base is None:
            name = search.context
            why = say(N_("the directory does not say where to look: {name}"), name=name)
            yield Gap(at=self._at, why=why, kind="not-collected")
            return
        place = msgspec.structs.replace(self._at, position=f"{base} {search.query}")
        found = self._directory.search(
            base, search.scope, search.query, search.attributes, dacl=search.dacl
        )
        for count, item in enumerate(found):
            if isinstance(item, Stopped):
                # A level that was never written: Exchange never prepared this domain.
                if item.code != NO_SUCH_OBJECT or search.scope != "base":
                    yield Gap(at=place, why=item.why, kind=item.kind)
                return
            if count >= OBJECTS_LIMIT:
                limit = OBJECTS_LIMIT
                why = say(N_("more than {limit} objects; the rest was not read"), limit=limit)
                yield Gap(at=place, why=why, kind="limit")
                return
            yield item

    def _other_domains(self) -> Iterator[Gap]:
        """Domains of the forest whose computers another domain controller knows."""
        own = _folded(self._contexts.get(DOMAIN, ""))
        for item in self._ask(PARTITIONS):
            if isinstance(item, Gap):
                yield item
                continue
            flags, name = item.text("systemFlags"), item.text("nCName")
            if flags.isdigit() and int(flags) & _DOMAIN_FLAG and _folded(name) != own:
                why = say(
                    N_("computers of the domain {name} are on other servers"), name=name[:300]
                )
                place = msgspec.structs.replace(self._at, position=item.dn)
                yield Gap(at=place, why=why, kind="not-collected")


def _folded(dn: str) -> tuple[tuple[str, str], ...]:
    return tuple((part.type, part.value.lower()) for part in distinguished_name.split(dn))
