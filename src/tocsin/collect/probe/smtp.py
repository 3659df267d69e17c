"""The mail half: greeting, EHLO, STARTTLS for the certificate, the NTLM challenge, goodbye."""

from __future__ import annotations

import re
import ssl

import msgspec

from tocsin.collect.probe import ntlm, requests
from tocsin.collect.probe.connection import Connection, LostError
from tocsin.collect.probe.patience import Patience
from tocsin.collect.probe.settings import Address, Port, Target
from tocsin.formats.syntax.exchange_http import ExchangeTraits, smtp_traits

REPLY_LIMIT = 16 * 1024
"""Bytes of one reply, all its lines together."""

_LAST_LINE = re.compile(rb"^\d{3}(?: [^\r\n]*)?\r?\n", re.MULTILINE)
_NTLM_OFFERED = re.compile(r"^250[ -](?:AUTH|X-EXPS)\b[ =].*\bNTLM\b", re.MULTILINE | re.IGNORECASE)
_STARTTLS_OFFERED = re.compile(r"^250[ -]STARTTLS\s*$", re.MULTILINE | re.IGNORECASE)


class SmtpResult(msgspec.Struct, kw_only=True):
    """What one port gave. ehlo: the answers to EHLO before and after TLS, together."""

    banner: str = ""
    ehlo: str = ""
    traits: ExchangeTraits = ExchangeTraits(is_exchange=False)
    names: ntlm.Names | None = None
    names_at: str = ""
    certificate: bytes = b""
    tls_version: str = ""
    answered: bool = False
    lost: LostError | None = None
    lost_at: str = ""


async def ask_smtp(
    target: Target,
    address: Address,
    port: Port,
    patience: Patience,
    context: ssl.SSLContext,
    *,
    with_ntlm: bool,
) -> SmtpResult:
    """Hold the dialogue as far as the server goes along."""
    result = SmtpResult()
    at = "220"
    try:
        line = await patience.connect(address, port.number)
    except LostError as error:
        result.lost, result.lost_at = error, at
        return result
    result.answered = True
    dialogue = _Dialogue(line, patience)
    try:
        result.banner = await dialogue.reply()
        if result.banner.startswith("220"):
            at = "EHLO"
            result.ehlo = await dialogue.say(requests.EHLO)
            if _STARTTLS_OFFERED.search(result.ehlo):
                at = "STARTTLS"
                name = "" if target.address else target.host
                await _start_tls(dialogue, result, context, name)
            at = "AUTH NTLM"
            result.traits = _traits(result)
            if with_ntlm and result.traits.is_exchange and _NTLM_OFFERED.search(result.ehlo):
                await _ask_names(dialogue, result)
        at = "QUIT"
        await dialogue.say(requests.QUIT)
    except LostError as error:
        if at != "QUIT":
            result.lost, result.lost_at = error, at
    finally:
        line.close()
    result.traits = _traits(result)
    return result


def _traits(result: SmtpResult) -> ExchangeTraits:
    """Judged with one spelling of the reply lines: a keyword is a word of its own in each."""
    return smtp_traits(result.banner, re.sub(r"(?m)^250-", "250 ", result.ehlo))


class _Dialogue:
    """Line by line over one connection."""

    def __init__(self, line: Connection, patience: Patience) -> None:
        self.line = line
        self._patience = patience

    async def say(self, words: bytes) -> str:
        """Send a command and read the reply to it."""
        self.line.deadline = self._patience.answer_by()
        await self.line.send(words)
        return await self.reply()

    async def reply(self) -> str:
        """One reply of one or more lines. Raises LostError."""
        line = self.line
        line.deadline = self._patience.answer_by()
        searched = 0
        while (last := _LAST_LINE.search(line.buffer, searched)) is None:
            # Lines already seen are not searched again, an unfinished one is.
            searched = line.buffer.rfind(b"\n") + 1
            if len(line.buffer) > REPLY_LIMIT:
                raise LostError("limit", "SMTP reply")
            if len(line.buffer) >= 4 and re.match(rb"\d{3}[ \r\n-]", line.buffer) is None:
                raise LostError("garbled", "no SMTP")
            if not await line.fill():
                raise LostError("closed")
        text = bytes(line.buffer[: last.end()]).decode("utf-8", errors="replace")
        del line.buffer[: last.end()]
        return text

    async def start_tls(self, context: ssl.SSLContext, name: str) -> None:
        self.line.deadline = self._patience.answer_by()
        await self.line.start_tls(context, name)


async def _start_tls(
    dialogue: _Dialogue, result: SmtpResult, context: ssl.SSLContext, name: str
) -> None:
    answer = await dialogue.say(requests.STARTTLS)
    if not answer.startswith("220"):
        return
    await dialogue.start_tls(context, name)
    result.certificate = dialogue.line.certificate
    result.tls_version = dialogue.line.tls_version
    # Some keywords, AUTH above all, are offered under TLS only.
    result.ehlo += await dialogue.say(requests.EHLO)


async def _ask_names(dialogue: _Dialogue, result: SmtpResult) -> None:
    """AUTH NTLM as far as the challenge, then broken off: nobody logs in."""
    if not (await dialogue.say(requests.AUTH_NTLM)).startswith("334"):
        return
    answer = await dialogue.say(requests.NTLM_FIRST)
    if not answer.startswith("334"):
        return
    result.names = ntlm.read_challenge(answer[3:].strip())
    result.names_at = "AUTH NTLM 334"
    await dialogue.say(requests.CANCEL)
