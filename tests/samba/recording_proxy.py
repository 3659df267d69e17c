"""Between a client and a domain controller: sees every request in clear, can cut the line."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

OPERATIONS = {
    0x60: "bind",
    0x42: "unbind",
    0x63: "search",
    0x66: "modify",
    0x68: "add",
    0x4A: "delete",
    0x6C: "rename",
    0x6E: "compare",
    0x50: "abandon",
    0x77: "extended",
}
"""protocolOp tags of RFC 4511."""


class Proxy:
    """operations: what was asked, in order. cut_after: answer bytes let through, then silence."""

    def __init__(self, certificate: Path, key: Path, target: str, cut_after: int) -> None:
        self.operations: list[str] = []
        self._left = cut_after
        self._target = target
        self._server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._server.load_cert_chain(certificate, key)
        self._client = ssl.create_default_context()
        self._client.check_hostname = False
        self._client.verify_mode = ssl.CERT_NONE
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]

    def run(self) -> None:
        with suppress(OSError):
            while True:
                plain, _ = self._listener.accept()
                near = self._server.wrap_socket(plain, server_side=True)
                far = self._client.wrap_socket(socket.create_connection((self._target, 636)))
                back = threading.Thread(target=self._answers, args=(far, near), daemon=True)
                back.start()
                self._requests(near, far)

    def close(self) -> None:
        # Only a shutdown wakes the thread that waits in accept.
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _requests(self, near: ssl.SSLSocket, far: ssl.SSLSocket) -> None:
        held = b""
        with suppress(OSError), near, far:
            while data := near.recv(65536):
                held = self._record(held + data)
                far.sendall(data)

    def _answers(self, far: ssl.SSLSocket, near: ssl.SSLSocket) -> None:
        with suppress(OSError):
            while data := far.recv(4096):
                near.sendall(data[: max(0, self._left)])
                self._left -= len(data)
                if self._left <= 0:
                    near.shutdown(socket.SHUT_RDWR)
                    return

    def _record(self, held: bytes) -> bytes:
        """Note every whole message: SEQUENCE, messageID, protocolOp."""
        while len(held) > 2:
            start, size = _header(held, 0)
            if len(held) < start + size:
                break
            number_start, number_size = _header(held, start)
            self.operations.append(OPERATIONS[held[number_start + number_size]])
            held = held[start + size :]
        return held


def _header(data: bytes, at: int) -> tuple[int, int]:
    """Where the content of the element at `at` starts, and its length."""
    if data[at + 1] < 0x80:
        return at + 2, data[at + 1]
    count = data[at + 1] & 0x7F
    return at + 2 + count, int.from_bytes(data[at + 2 : at + 2 + count], "big")


@contextmanager
def recording(
    certificate: Path, key: Path, target: str, cut_after: int = 1 << 40
) -> Iterator[Proxy]:
    """A proxy on a free loopback port for as long as the block runs."""
    proxy = Proxy(certificate, key, target, cut_after)
    thread = threading.Thread(target=proxy.run, daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        proxy.close()
        thread.join(timeout=10)
