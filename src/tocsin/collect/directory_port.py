"""The one place that knows ldap3: a connection that can search, and nothing else.

ldap3 has had no stable release since 2021, so it stays behind `Directory`. Its own certificate
check is replaced by OpenSSL's, its referrals, schema reading and automatic ranges are off.
"""

from __future__ import annotations

import ssl
import struct
import time
from collections.abc import Iterator
from typing import Any, Literal, Protocol

import ldap3
import msgspec
from ldap3.core.exceptions import LDAPException
from ldap3.protocol.microsoft import security_descriptor_control
from pyasn1.error import PyAsn1Error  # type: ignore[import-untyped]

from tocsin.formats.syntax.directory_objects import Entry
from tocsin.model.finding import GapKind
from tocsin.model.text import N_, Sentence, say

PAGE_BYTES = 32 * 1024 * 1024
"""Bytes read for one page of results; a directory that sends more is left."""

Scope = Literal["base", "subtree"]

NO_SUCH_OBJECT = 32
_SUCCESS = 0
_REFERRAL = 10
_LIMITS = {3, 4, 11}
"""Result codes for time, size and administrative limits (RFC 4511)."""

_DACL = 4
"""SDFlags of LDAP_SERVER_SD_FLAGS_OID ([MS-ADTS] 3.1.1.3.4.1.11): owner, group and audit left out."""

_PAGED = "1.2.840.113556.1.4.319"
_FAULTS = (
    LDAPException,
    PyAsn1Error,
    OSError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    struct.error,
)
"""What ldap3 lets through when an answer is cut or is no LDAP at all."""


class DirectoryError(Exception):
    """The directory could not be asked, and why."""

    def __init__(self, why: Sentence) -> None:
        super().__init__(str(why))
        self.why = why


class Stopped(msgspec.Struct, frozen=True):
    """A search that ended before its end. code: the LDAP result, or -1 when there was none."""

    why: Sentence
    kind: GapKind
    code: int = -1


class Peer(msgspec.Struct, frozen=True, kw_only=True):
    """Whom to ask. timeout and deadline in seconds: for one answer, and for everything."""

    host: str
    port: int
    start_tls: bool
    verify: bool
    ca_file: str | None
    name: str
    timeout: float
    deadline: float
    page_size: int


class Directory(Protocol):
    """A bound connection."""

    def search(
        self,
        base: str,
        scope: Scope,
        query: str,
        attributes: tuple[str, ...],
        *,
        dacl: bool = False,
    ) -> Iterator[Entry | Stopped]:
        """Every object that `query` finds, page by page; `Stopped` last if some are missing. dacl:
        of a security descriptor give the list of rights only."""

    def close(self) -> None:
        """Unbind."""


def open_simple(peer: Peer, user: str, password: str) -> Directory:
    """Bind with a name and a password, inside TLS. Raises DirectoryError."""
    return _Ldap3(peer, user=user, password=password, authentication=ldap3.SIMPLE)


def open_kerberos(peer: Peer) -> Directory:
    """Bind with the ticket of the session's user, inside TLS. Raises DirectoryError."""
    return _Ldap3(peer, authentication=ldap3.SASL, sasl_mechanism=ldap3.KERBEROS)


class _Socket(ssl.SSLSocket):
    """A TLS socket that stops at a number of bytes and at a time."""

    budget = PAGE_BYTES
    until = float("inf")

    def recv(self, buflen: int = 1024, flags: int = 0) -> bytes:
        if time.monotonic() > self.until:
            raise TimeoutError("the time for this directory is over")
        data = super().recv(buflen, flags)
        self.budget -= len(data)
        if self.budget < 0:
            raise OSError(f"more than {PAGE_BYTES} bytes in one page")
        return data


class _Tls(ldap3.Tls):  # type: ignore[misc]
    """TLS as Python's own defaults have it, host name checked by OpenSSL."""

    def __init__(self, peer: Peer) -> None:
        super().__init__()
        self._name = peer.name
        self._until = time.monotonic() + peer.deadline
        self._context = ssl.create_default_context(cafile=peer.ca_file)
        self._context.sslsocket_class = _Socket
        if not peer.verify:
            self._context.check_hostname = False
            self._context.verify_mode = ssl.CERT_NONE

    def wrap_socket(self, connection: Any, do_handshake: bool = False) -> None:  # noqa: FBT001, FBT002
        del do_handshake
        wrapped = self._context.wrap_socket(connection.socket, server_hostname=self._name)
        assert isinstance(wrapped, _Socket)
        wrapped.until = self._until
        connection.socket = wrapped


class _Ldap3:
    """`Directory` by ldap3."""

    def __init__(self, peer: Peer, **credentials: Any) -> None:
        self._peer = peer
        self._connection: Any = None
        try:
            server = ldap3.Server(
                peer.host,
                port=peer.port,
                use_ssl=not peer.start_tls,
                tls=_Tls(peer),
                get_info=ldap3.NONE,
                connect_timeout=peer.timeout,
            )
            self._connection = ldap3.Connection(
                server,
                auto_bind=ldap3.AUTO_BIND_NONE,
                read_only=True,
                auto_referrals=False,
                auto_range=False,
                check_names=False,
                receive_timeout=max(1, int(peer.timeout)),
                **credentials,
            )
            self._connection.strategy.socket_size = 65536
            self._connection.open(read_server_info=False)
            if peer.start_tls:
                self._connection.start_tls(read_server_info=False)
            bound = self._connection.bind(read_server_info=False)
        except _FAULTS as error:
            self.close()
            why = say(N_("the directory cannot be reached: {error}"), error=_cause(error))
            raise DirectoryError(why) from error
        if not bound:
            result = self._connection.result or {}
            self.close()
            why = say(N_("the directory refused the sign-in: {reason}"), reason=_reason(result))
            raise DirectoryError(why)

    def search(
        self,
        base: str,
        scope: Scope,
        query: str,
        attributes: tuple[str, ...],
        *,
        dacl: bool = False,
    ) -> Iterator[Entry | Stopped]:
        controls = security_descriptor_control(criticality=True, sdflags=_DACL) if dacl else None
        cookie: bytes | None = None
        while True:
            try:
                response, result = self._page(base, scope, query, attributes, cookie, controls)
            except _FAULTS as error:
                why = say(N_("the search broke off: {error}"), error=_cause(error))
                yield Stopped(why, "unreadable")
                return
            for item in response:
                if item.get("type") == "searchResEntry":
                    yield _entry(item)
            code = result.get("result", -1)
            if code != _SUCCESS:
                yield _stopped(code, result)
                return
            cookie = result.get("controls", {}).get(_PAGED, {}).get("value", {}).get("cookie")
            if not cookie:
                return

    def _page(
        self,
        base: str,
        scope: Scope,
        query: str,
        attributes: tuple[str, ...],
        cookie: bytes | None,
        controls: list[Any] | None,
    ) -> tuple[list[dict[str, Any]], dict[str, Any]]:
        if isinstance(self._connection.socket, _Socket):
            self._connection.socket.budget = PAGE_BYTES
        paged: dict[str, Any] = {}
        if scope == "subtree":
            paged = {
                "paged_size": self._peer.page_size,
                "paged_criticality": True,
                "paged_cookie": cookie,
            }
        self._connection.search(
            base,
            query,
            search_scope=ldap3.BASE if scope == "base" else ldap3.SUBTREE,
            dereference_aliases=ldap3.DEREF_NEVER,
            attributes=list(attributes),
            time_limit=max(1, int(self._peer.timeout)),
            controls=controls,
            **paged,
        )
        return self._connection.response or [], self._connection.result or {}

    def close(self) -> None:
        if self._connection is None:
            return
        line = self._connection.socket
        try:
            self._connection.unbind()
        except _FAULTS:
            # The server may have hung up first; there is nothing left to lose.
            return
        finally:
            # After a broken answer ldap3 may leave the line open.
            if line is not None:
                line.close()


def _entry(item: dict[str, Any]) -> Entry:
    raw = item.get("raw_dn")
    dn = raw.decode("utf-8", errors="replace") if isinstance(raw, bytes) else str(item.get("dn"))
    attributes: dict[str, list[bytes]] = {}
    for name, values in item.get("raw_attributes", {}).items():
        # Of a long list a part comes as `member;range=0-1499`, beside an empty `member`.
        held = attributes.setdefault(name.partition(";")[0].lower(), [])
        held += [value for value in values if isinstance(value, bytes)]
    # ldap3 gives an empty list for what was asked for and is not there.
    return Entry(dn, {name: values for name, values in attributes.items() if values})


def _stopped(code: int, result: dict[str, Any]) -> Stopped:
    if code in _LIMITS:
        why = say(N_("the directory cut the search short: {reason}"), reason=_reason(result))
        return Stopped(why, "limit", code)
    if code == _REFERRAL:
        why = say(N_("the directory refers to another, which is not asked"))
        return Stopped(why, "not-collected", code)
    why = say(N_("the directory refused the search: {reason}"), reason=_reason(result))
    return Stopped(why, "unreadable", code)


def _reason(result: dict[str, Any]) -> str:
    words = [str(result.get(key) or "").strip("\0 \r\n") for key in ("description", "message")]
    return ", ".join(word for word in words if word)[:300] or "no reason given"


def _cause(error: BaseException) -> str:
    return (str(error) or type(error).__name__)[:300]
