"""The web half: a few GETs over one connection, each answer kept as far as it came."""

from __future__ import annotations

import re
import ssl

import msgspec

from tocsin.collect.probe import ntlm, requests
from tocsin.collect.probe.connection import Connection, LostError, Reason
from tocsin.collect.probe.patience import Patience
from tocsin.collect.probe.settings import Address, Port, Target
from tocsin.formats.syntax.exchange_http import (
    ExchangeTraits,
    HttpAnswer,
    exchange_traits,
    parse_http_head,
)

HEAD_LIMIT = 64 * 1024
"""Bytes of a status line and its headers."""

BODY_LIMIT = 256 * 1024
"""Bytes kept of a body; more is not read."""

INTERIM_LIMIT = 4
"""`100 Continue` and the like before the answer proper."""

CHUNK_LINE_LIMIT = 1024
"""Bytes of the line that gives a chunk's size."""

FAILURES_LIMIT = 2
"""Pages of one port that may fail before the rest is left alone."""

_HEAD_END = re.compile(rb"\r?\n\r?\n")
_TELLTALE = re.compile(r"/owa/auth", re.IGNORECASE)
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """One answer. head: its bytes. cut: why not all of it came; None when it did."""

    path: str
    head: bytes
    answer: HttpAnswer
    cut: Reason | None = None
    detail: str = ""
    keep: bool = False

    @property
    def judged(self) -> HttpAnswer:
        """The answer without the echo of the request.

        Error pages and redirects to HTTPS repeat the path that was asked for. `/owa/auth/` would
        then be a sign of Exchange on every server of the world.
        """
        if not _TELLTALE.search(self.path):
            return msgspec.structs.replace(self.answer, path="")
        echo = re.compile(re.escape(self.path), re.IGNORECASE)
        headers = tuple((name, echo.sub("", value)) for name, value in self.answer.headers)
        body = echo.sub("", self.answer.body)
        return msgspec.structs.replace(self.answer, path="", headers=headers, body=body)


class WebResult(msgspec.Struct, kw_only=True):
    """What one port gave. lost: the first thing that failed, and at which page."""

    pages: list[Page] = []
    traits: ExchangeTraits = ExchangeTraits(is_exchange=False)
    names: ntlm.Names | None = None
    names_at: str = ""
    certificate: bytes = b""
    tls_version: str = ""
    answered: bool = False
    lost: LostError | None = None
    lost_at: str = ""


class Web:
    """The dialogue with one web port."""

    def __init__(
        self,
        target: Target,
        address: Address,
        port: Port,
        patience: Patience,
        context: ssl.SSLContext,
    ) -> None:
        self._target = target
        self._address = address
        self._port = port
        self._patience = patience
        self._context = context
        self._host = requests.host_header(target, port)
        self._line: Connection | None = None
        self._failures = 0
        self.result = WebResult()

    async def run(self, *, with_ntlm: bool) -> WebResult:
        """Ask page after page until the build is known, then for the names."""
        try:
            for path in requests.PAGES:
                try:
                    await self._page(path)
                except LostError as error:
                    self._note(error, f"GET {path}")
                # Where nothing was ever said, the other pages will not be answered either.
                given_up = not self.result.pages or self._failures >= FAILURES_LIMIT
                if given_up or _is_exact(self.result.traits):
                    break
            if with_ntlm and self.result.traits.is_exchange:
                await self._ask_names()
        finally:
            self._hang_up()
        return self.result

    async def _page(self, path: str) -> None:
        page = await self._get(path)
        self._take(page)
        location = _header(page.answer, "Location")
        if page.answer.status not in _REDIRECTS or not location:
            return
        further = requests.redirect(location, self._target, self._port)
        asked = {each.path.lower() for each in self.result.pages}
        if further and further.lower() not in asked | {p.lower() for p in requests.PAGES}:
            self._take(await self._get(further))

    def _take(self, page: Page) -> None:
        self.result.pages.append(page)
        if page.cut is not None:
            self._note(LostError(page.cut, page.detail), f"GET {page.path}")
        self.result.traits = exchange_traits([each.judged for each in self.result.pages])

    def _note(self, error: LostError, at: str) -> None:
        self._failures += error.reason != "limit"
        if self.result.lost is None:
            self.result.lost, self.result.lost_at = error, at

    async def _ask_names(self) -> None:
        """The NTLM challenge of the page that offers it; nothing is lost where there is none."""
        path, scheme = requests.NTLM_PAGES[0], "NTLM"
        for page in self.result.pages:
            offered = ntlm.offers_ntlm(", ".join(_all(page.answer, "WWW-Authenticate")))
            if offered and page.path in requests.NTLM_PAGES:
                path, scheme = page.path, offered
                break
        try:
            page = await self._get(path, scheme)
        except LostError as error:
            self._note(error, f"GET {path} NTLM")
            return
        for value in _all(page.answer, "WWW-Authenticate"):
            names = ntlm.read_challenge(ntlm.challenge_of(value))
            if names is not None:
                self.result.names = names
                self.result.names_at = f"GET {path} header WWW-Authenticate"
                return

    async def _get(self, path: str, authorization: str = "") -> Page:
        """One GET; over the open connection if there is one. Raises LostError."""
        sent = requests.get(path, self._host, authorization)
        reused = self._line is not None
        try:
            return await self._exchange(path, sent)
        except LostError as error:
            self._hang_up()
            # A kept connection may have been closed meanwhile; that says nothing yet.
            if not reused or error.reason not in ("closed", "reset"):
                raise
        return await self._exchange(path, sent)

    async def _exchange(self, path: str, sent: bytes) -> Page:
        line = self._line or await self._open()
        line.deadline = self._patience.answer_by()
        await line.send(sent)
        page = await read_page(line, path)
        self.result.answered = True
        if not page.keep:
            self._hang_up()
        return page

    async def _open(self) -> Connection:
        line = await self._patience.connect(self._address, self._port.number)
        self._line = line
        self.result.answered = True
        if self._port.service == "https":
            line.deadline = self._patience.answer_by()
            await line.start_tls(self._context, "" if self._target.address else self._target.host)
            self.result.certificate = line.certificate
            self.result.tls_version = line.tls_version
        return line

    def _hang_up(self) -> None:
        if self._line is not None:
            self._line.close()
            self._line = None


async def read_page(line: Connection, path: str) -> Page:
    """Read one answer, or as much of it as came. Raises LostError when it is no HTTP at all."""
    head = b""
    for _ in range(INTERIM_LIMIT):
        try:
            head = await _read_head(line)
        except LostError as error:
            # A header that did arrive is as good as if the rest had come too.
            head = bytes(line.buffer[:HEAD_LIMIT]).rpartition(b"\n")[0]
            if not head.startswith(b"HTTP/"):
                raise
            answer = _parse(head, path)
            return Page(path=path, head=head, answer=answer, cut=error.reason, detail=error.detail)
        if not re.match(rb"HTTP/\d(?:\.\d)? 1\d\d\b", head):
            break
    else:
        raise LostError("limit", "interim answers")
    answer = _parse(head, path)
    body, keep, cut = await _read_body(line, answer)
    # Asked for plain bytes; whatever is packed all the same is not unpacked.
    packed = _header(answer, "Content-Encoding").lower() not in ("", "identity")
    text = "" if packed else body.decode("utf-8", errors="replace")
    keep = (
        keep and head.startswith(b"HTTP/1.1") and _header(answer, "Connection").lower() != "close"
    )
    answer = msgspec.structs.replace(answer, body=text)
    detail = "body" if cut else ""
    return Page(path=path, head=head, answer=answer, cut=cut, detail=detail, keep=keep)


def _parse(head: bytes, path: str) -> HttpAnswer:
    return parse_http_head(head.decode("latin-1"), path)


async def _read_head(line: Connection) -> bytes:
    """Bytes up to the empty line, which are taken out of the buffer."""
    buffer, searched = line.buffer, 0
    while (end := _HEAD_END.search(buffer, max(0, searched - 3))) is None:
        searched = len(buffer)
        if searched > 5 and not buffer.startswith(b"HTTP/"):
            raise LostError("garbled", "no HTTP")
        if searched > HEAD_LIMIT:
            raise LostError("limit", "headers")
        if not await line.fill():
            raise LostError("closed")
    if not buffer.startswith(b"HTTP/"):
        raise LostError("garbled", "no HTTP")
    head = bytes(buffer[: end.start()])
    del buffer[: end.end()]
    return head


async def _read_body(line: Connection, answer: HttpAnswer) -> tuple[bytes, bool, Reason | None]:
    """The body, whether the connection can be used again, and why it is short if it is."""
    if answer.status in (204, 304):
        return b"", True, None
    if "chunked" in _header(answer, "Transfer-Encoding").lower():
        return await _read_chunks(line)
    length = _header(answer, "Content-Length")
    if re.fullmatch(r"\d{1,18}", length):
        wanted = int(length)
        body, cut = await _take(line, min(wanted, BODY_LIMIT))
        return body, len(body) == wanted, cut or ("limit" if wanted > BODY_LIMIT else None)
    body, cut = await _take(line, BODY_LIMIT + 1)
    if len(body) > BODY_LIMIT:
        return body[:BODY_LIMIT], False, "limit"
    # Without a length, the end of the stream is the end of the body.
    return body, False, None if cut == "closed" else cut


async def _take(line: Connection, size: int) -> tuple[bytes, Reason | None]:
    """`size` bytes; fewer, and why, when the stream ends or breaks: a part still tells."""
    cut: Reason | None = None
    try:
        while len(line.buffer) < size:
            if not await line.fill():
                cut = "closed"
                break
    except LostError as error:
        cut = error.reason
    body = bytes(line.buffer[:size])
    del line.buffer[:size]
    return body, cut


async def _read_chunks(line: Connection) -> tuple[bytes, bool, Reason | None]:
    body = bytearray()
    while True:
        wanted, cut = await _chunk_size(line)
        room = BODY_LIMIT - len(body)
        if cut is None:
            part, cut = await _take(line, min(wanted, room))
            body += part
        if cut is not None or wanted > room:
            return bytes(body), False, cut or "limit"
        end, cut = await _take(line, 2)
        if wanted == 0:
            # Trailers, which nobody sends, would make the connection unfit for the next answer.
            return bytes(body), end == b"\r\n", None
        if end != b"\r\n":
            return bytes(body), False, cut or "garbled"


async def _chunk_size(line: Connection) -> tuple[int, Reason | None]:
    """The size of the next chunk, taken out of the buffer."""
    try:
        while (end := line.buffer.find(b"\n", 0, CHUNK_LINE_LIMIT)) < 0:
            if len(line.buffer) >= CHUNK_LINE_LIMIT:
                return 0, "garbled"
            if not await line.fill():
                return 0, "closed"
    except LostError as error:
        return 0, error.reason
    size = re.match(rb"\s*([0-9a-fA-F]{1,8})[\s;]", bytes(line.buffer[: end + 1]))
    if size is None:
        return 0, "garbled"
    del line.buffer[: end + 1]
    return int(size[1], 16), None


def _is_exact(traits: ExchangeTraits) -> bool:
    version = traits.version
    return version is not None and version.precision == "update" and version.exact is not None


def _header(answer: HttpAnswer, name: str) -> str:
    return next(iter(_all(answer, name)), "")


def _all(answer: HttpAnswer, name: str) -> list[str]:
    return [value for header, value in answer.headers if header.lower() == name.lower()]
