"""One TCP connection with or without TLS, over the loop's bare sockets.

Why not asyncio's streams or an HTTP library: the certificate is wanted from servers that are not
trusted, STARTTLS in the middle of a dialogue, TLS 1.0, what arrived before a connection broke, and
hard limits on all of it. What it costs beside them is in docs/collect-probe.md.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
import ssl
import warnings
from typing import Literal

from tocsin.collect.probe.settings import Address

RECEIVE_SIZE = 16 * 1024
"""Bytes taken from a socket at once: one TLS record."""

HANDSHAKE_LIMIT = 256 * 1024
"""Bytes of a TLS handshake; certificates make it long, nothing else does."""

_LEGACY_SERVER_CONNECT = 0x4
"""OP_LEGACY_SERVER_CONNECT: servers without RFC 5746, as Windows 2008 before 2010 had them."""

_OURS = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.EADDRNOTAVAIL})
"""Errors of this machine, which say nothing about the other."""

Reason = Literal["silent", "refused", "slow", "reset", "closed", "tls", "limit", "garbled", "local"]
"""Why a connection gave no more.

`silent`: nothing came back at all. `refused`: no service on the port. `slow`: the time was up.
`reset`, `closed`: the other side ended it. `tls`: no TLS could be agreed on. `limit`: a named limit
was reached. `garbled`: not the protocol. `local`: this machine had no socket to give.
"""


class LostError(Exception):
    """A connection that gives no more."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(detail or reason)
        self.reason: Reason = reason
        self.detail = detail[:200]


def open_context() -> ssl.SSLContext:
    """TLS with anybody, from 1.0 on: it is the server's names that are wanted, not secrecy."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_ciphers("ALL:COMPLEMENTOFALL:!aNULL:!eNULL:@SECLEVEL=0")
    with warnings.catch_warnings():
        # Deprecated because unsafe for secrets; old Exchange speaks nothing newer.
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.TLSv1
    context.options |= _LEGACY_SERVER_CONNECT
    return context


class Connection:
    """Bytes in order, both ways. `buffer` holds what arrived and was not taken yet.

    Every wait ends at `deadline` (the loop's clock). All failures are `LostError`.
    """

    def __init__(self, sock: socket.socket, deadline: float) -> None:
        self._loop = asyncio.get_running_loop()
        self._sock = sock
        self._tls: ssl.SSLObject | None = None
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self.deadline = deadline
        self.buffer = bytearray()

    @classmethod
    async def open(cls, address: Address, port: int, deadline: float) -> Connection:
        """Connect. Raises LostError with `silent`, `refused` or `local`."""
        family = socket.AF_INET if address.version == 4 else socket.AF_INET6
        sock, connected = None, False
        try:
            sock = socket.socket(family, socket.SOCK_STREAM)
            sock.setblocking(False)  # noqa: FBT003 - the socket's own signature
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            async with asyncio.timeout_at(deadline):
                await asyncio.get_running_loop().sock_connect(sock, (str(address), port))
            connected = True
        except OSError as error:
            raise _failed(error) from error
        finally:
            if sock is not None and not connected:
                sock.close()
        return cls(sock, deadline)

    async def start_tls(self, context: ssl.SSLContext, server_name: str) -> None:
        """Agree on TLS. What came before in clear is dropped: it could have been slipped in."""
        self.buffer.clear()
        tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=server_name or None)
        self._tls = tls
        taken = 0
        while True:
            try:
                tls.do_handshake()
            except ssl.SSLWantReadError:
                await self._flush()
                data = await self._receive()
                taken += len(data)
                if not data:
                    raise LostError("tls", "closed during the handshake") from None
                if taken > HANDSHAKE_LIMIT:
                    raise LostError("limit", "TLS handshake") from None
                self._incoming.write(data)
            except (ssl.SSLError, ValueError) as error:
                # The alert that says why is owed to the other side.
                with contextlib.suppress(LostError):
                    await self._flush()
                raise LostError("tls", getattr(error, "reason", "") or str(error)) from error
            else:
                await self._flush()
                return

    @property
    def certificate(self) -> bytes:
        """The server's certificate (DER); empty without TLS."""
        return (self._tls.getpeercert(binary_form=True) or b"") if self._tls else b""

    @property
    def tls_version(self) -> str:
        """`TLSv1`, `TLSv1.2`, ...; empty without TLS."""
        return (self._tls.version() or "") if self._tls else ""

    async def send(self, data: bytes) -> None:
        """Send all of it."""
        if self._tls is None:
            await self._send(data)
            return
        try:
            self._tls.write(data)
        except ssl.SSLError as error:
            raise LostError("tls", error.reason or str(error)) from error
        await self._flush()

    async def fill(self) -> bool:
        """Wait for more bytes in `buffer`; False at the end of the stream."""
        if self._tls is None:
            data = await self._receive()
            self.buffer += data
            return bool(data)
        while True:
            try:
                data = self._tls.read(RECEIVE_SIZE)
            except ssl.SSLWantReadError:
                await self._flush()
                raw = await self._receive()
                if not raw:
                    return False
                self._incoming.write(raw)
            except ssl.SSLZeroReturnError:
                return False
            except ssl.SSLError as error:
                raise LostError("tls", error.reason or str(error)) from error
            else:
                self.buffer += data
                return bool(data)

    def close(self) -> None:
        """Hang up, telling the TLS side so if that takes no waiting."""
        if self._tls is not None:
            with contextlib.suppress(ssl.SSLError, OSError, ValueError):
                self._tls.unwrap()
            with contextlib.suppress(OSError):
                self._sock.send(self._outgoing.read())
        self._sock.close()

    async def _flush(self) -> None:
        data = self._outgoing.read()
        if data:
            await self._send(data)

    async def _send(self, data: bytes) -> None:
        try:
            async with asyncio.timeout_at(self.deadline):
                await self._loop.sock_sendall(self._sock, data)
        except OSError as error:
            raise _failed(error, "slow") from error

    async def _receive(self) -> bytes:
        try:
            async with asyncio.timeout_at(self.deadline):
                return await self._loop.sock_recv(self._sock, RECEIVE_SIZE)
        except OSError as error:
            raise _failed(error, "slow") from error


def _failed(error: OSError, late: Reason = "silent") -> LostError:
    """What an error of the socket means. A TimeoutError is an OSError too."""
    if error.errno in _OURS:
        return LostError("local", error.strerror or "")
    if isinstance(error, ConnectionRefusedError):
        return LostError("refused")
    if isinstance(error, ConnectionResetError | BrokenPipeError | ConnectionAbortedError):
        return LostError("reset")
    return LostError(late, error.strerror or "")
