"""Servers that play Exchange front ends and others, on loopback addresses, over real sockets.

What they answer follows what Exchange is known to answer (X-OWA-Version, X-FEServer, NTLM type 2,
the export tool's manifest, the SMTP greeting). Every byte that arrives is kept for the tests.
"""

from __future__ import annotations

import asyncio
import base64
import datetime as dt
import ipaddress
import ssl
import threading
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID
from spnego._ntlm_raw.messages import AvId, Challenge, NegotiateFlags, TargetInfo, Version

Handler = Callable[["Peer", asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

MANIFEST = (
    '<?xml version="1.0" encoding="utf-8"?><asmv1:assembly '
    'xmlns:asmv1="urn:schemas-microsoft-com:asm.v1">'
    '<assemblyIdentity name="microsoft.exchange.ediscovery.exporttool.application" '
    'version="{build}" publicKeyToken="b1d1a6c45aa418ce" language="neutral" '
    'processorArchitecture="msil" /></asmv1:assembly>'
)


def certificate(folder: Path, names: Iterable[str], *, kind: str = "ec") -> Path:
    """A self-signed certificate with its key, in one PEM file."""
    key = (
        ec.generate_private_key(ec.SECP256R1())
        if kind == "ec"
        else rsa.generate_private_key(public_exponent=65537, key_size=2048)
    )
    names = list(names)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
    start = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + dt.timedelta(days=3650))
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName(n) for n in names]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    path = folder / f"{names[0]}-{kind}.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


def server_context(pem: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context


def challenge(host: str, domain: str, windows: tuple[int, int, int] = (10, 0, 17763)) -> str:
    """A type-2 message in base64, as pyspnego builds it."""
    info = TargetInfo()
    info[AvId.nb_domain_name] = domain.split(".", maxsplit=1)[0].upper()
    info[AvId.nb_computer_name] = host.upper()[:15]
    info[AvId.dns_domain_name] = domain
    info[AvId.dns_computer_name] = f"{host}.{domain}"
    info[AvId.dns_tree_name] = domain
    made = Challenge(
        flags=NegotiateFlags.unicode | NegotiateFlags.request_target | NegotiateFlags.ntlm,
        server_challenge=b"\x01" * 8,
        target_name=domain.split(".", maxsplit=1)[0].upper(),
        target_info=info,
        version=Version(*windows),
    )
    return base64.b64encode(made.pack()).decode()


class Peer:
    """One listening socket and what came in on it, connection by connection."""

    def __init__(self, handler: Handler, context: ssl.SSLContext | None = None) -> None:
        self.handler = handler
        self.context = context
        self.connections: list[bytearray] = []
        self.host, self.port = "", 0

    @property
    def received(self) -> bytes:
        return b"".join(map(bytes, self.connections))

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections.append(bytearray())
        try:
            await self.handler(self, reader, writer)
        except (OSError, ssl.SSLError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # the probe has hung up, which it may at any time
        finally:
            writer.close()

    async def request(self, reader: asyncio.StreamReader) -> tuple[str, dict[str, str]] | None:
        """One HTTP request head; None at the end."""
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError:
            return None
        self.connections[-1] += head
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines if ": " in line)
        return first.split(" ")[1], {key.lower(): value for key, value in headers.items()}

    async def line(self, reader: asyncio.StreamReader) -> str:
        data = await reader.readline()
        self.connections[-1] += data
        return data.decode("latin-1").strip()


class Servers:
    """An event loop in a thread of its own; peers are started from the test."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        self.peers: list[Peer] = []
        self._servers: list[asyncio.Server] = []

    def start(
        self,
        host: str,
        handler: Handler,
        context: ssl.SSLContext | None = None,
        port: int = 0,
    ) -> Peer:
        assert ipaddress.ip_address(host).is_loopback
        peer = Peer(handler, context)

        async def listen() -> asyncio.Server:
            return await asyncio.start_server(peer.accept, host, port, ssl=context)

        server = asyncio.run_coroutine_threadsafe(listen(), self.loop).result(10)
        self._servers.append(server)
        peer.host, peer.port = server.sockets[0].getsockname()[:2]
        self.peers.append(peer)
        return peer

    def stop(self) -> None:
        async def close() -> None:
            for server in self._servers:
                server.close()
            rest = [t for t in asyncio.all_tasks() if t is not asyncio.current_task()]
            for task in rest:
                task.cancel()
            await asyncio.gather(*rest, return_exceptions=True)

        asyncio.run_coroutine_threadsafe(close(), self.loop).result(10)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)
        self.loop.close()


def response(
    status: str, headers: Iterable[str] = (), body: str = "", *, keep: bool = True
) -> bytes:
    words = [f"HTTP/1.1 {status}", *headers, f"Content-Length: {len(body.encode())}"]
    if not keep:
        words.append("Connection: close")
    return ("\r\n".join(words) + "\r\n\r\n" + body).encode()


def raw(answer: bytes, *, hold: float = 0.0) -> Handler:
    """The same bytes to every request; `hold` seconds of silence before hanging up."""

    async def handler(
        peer: Peer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        while await peer.request(reader) is not None:
            writer.write(answer)
            await writer.drain()
            if hold:
                await asyncio.sleep(hold)
                return

    return handler


def pages(answers: dict[str, bytes], otherwise: bytes | None = None) -> Handler:
    """An answer per path; NTLM and the rest as given."""
    missing = otherwise or response("404 Not Found", ["Server: nginx/1.24.0"], "not here")

    async def handler(
        peer: Peer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        while (got := await peer.request(reader)) is not None:
            path, headers = got
            scheme = headers.get("authorization", "").partition(" ")[0]
            key = f"{path} {scheme}".strip()
            writer.write(answers.get(key, missing))
            await writer.drain()

    return handler


def exchange(
    build: str,
    host: str,
    domain: str = "corp.contoso.example",
    *,
    owa_header: bool = True,
    iis: str = "10.0",
) -> Handler:
    """A front end of Exchange 2013 or later."""
    server = f"Server: Microsoft-IIS/{iis}"
    own = [server, f"X-FEServer: {host.upper()}"]
    if owa_header:
        own.append(f"X-OWA-Version: {build}")
    cu = build.rpartition(".")[0]
    logon = (
        "<!DOCTYPE html><html><head><title>Outlook</title>"
        f'<link rel="shortcut icon" href="/owa/auth/{cu}/themes/resources/favicon.ico">'
        "</head><body><!-- OwaPage = ASP.auth_logon_aspx --></body></html>"
    )
    offer = ["WWW-Authenticate: Negotiate", "WWW-Authenticate: NTLM"]
    named = [f"WWW-Authenticate: NTLM {challenge(host, domain)}"]
    tool = "/ecp/Current/exporttool/microsoft.exchange.ediscovery.exporttool.application"
    return pages(
        {
            "/owa/auth/logon.aspx": response("200 OK", own, logon),
            "/owa/": response("302 Found", [*own, "Location: /owa/auth/logon.aspx?reason=0"]),
            "/autodiscover/autodiscover.xml": response("401 Unauthorized", [*own, *offer]),
            "/autodiscover/autodiscover.xml NTLM": response("401 Unauthorized", [server, *named]),
            "/EWS/Exchange.asmx": response("401 Unauthorized", [*own, *offer]),
            "/EWS/Exchange.asmx NTLM": response("401 Unauthorized", [server, *named]),
            "/Microsoft-Server-ActiveSync": response(
                "401 Unauthorized", [*own, "WWW-Authenticate: Basic"]
            ),
            tool: response("200 OK", own, MANIFEST.format(build=build)),
        },
        response("404 Not Found", [server]),
    )


def exchange_smtp(
    host: str,
    domain: str = "corp.contoso.example",
    *,
    tls: ssl.SSLContext | None = None,
    banner: str = "",
) -> Handler:
    """A receive connector; AUTH NTLM is offered, the authentication is never completed."""
    fqdn = f"{host.upper()}.{domain}"
    greeting = (
        banner or f"220 {fqdn} Microsoft ESMTP MAIL Service ready at Mon, 2 Nov 2026 09:00:00 +0100"
    )

    async def handler(
        peer: Peer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        secure = False
        writer.write(f"{greeting}\r\n".encode())
        while word := await peer.line(reader):
            if word.startswith("EHLO"):
                offers = ["SIZE 37748736", "PIPELINING", "DSN", "ENHANCEDSTATUSCODES"]
                offers += [] if secure or tls is None else ["STARTTLS"]
                offers += ["X-ANONYMOUSTLS", "AUTH NTLM", "X-EXPS GSSAPI NTLM", "8BITMIME", "XRDST"]
                lines = [f"250-{fqdn} Hello [127.0.0.1]", *(f"250-{each}" for each in offers)]
                writer.write(("\r\n".join(lines) + "\r\n250 CHUNKING\r\n").encode())
            elif word == "STARTTLS" and tls is not None:
                writer.write(b"220 2.0.0 SMTP server ready\r\n")
                await writer.start_tls(tls)
                secure = True
            elif word == "AUTH NTLM":
                writer.write(b"334 ntlm supported\r\n")
            elif word.startswith("TlRMTVNTUAAB"):
                writer.write(f"334 {challenge(host, domain)}\r\n".encode())
            elif word == "*":
                writer.write(b"501 5.7.0 Authentication cancelled\r\n")
            elif word == "QUIT":
                writer.write(b"221 2.0.0 Service closing transmission channel\r\n")
                await writer.drain()
                return
            else:
                writer.write(b"500 5.3.3 Unrecognized command\r\n")
            await writer.drain()

    return handler
