"""Asking a search engine's HTTP API: paced, bounded, and with the key kept to itself.

One call at a time. What the other side says about waiting is obeyed up to a limit; a redirect is
not followed, since the key would go with it.
"""

from __future__ import annotations

import email.utils
import hashlib
import ipaddress
import logging
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import httpx2
import msgspec

from tocsin.model.finding import Gap, GapKind
from tocsin.model.locator import Locator
from tocsin.model.text import N_, Sentence, say

ANSWER_LIMIT = 32 * 1024 * 1024
"""Bytes of one answer, unpacked."""

ANSWER_TIMEOUT = 30.0
"""Seconds of silence after which an answer is given up."""

CALL_DEADLINE = 180.0
"""Seconds for one answer, however slowly it comes."""

WAIT_LIMIT = 60.0
"""Longest wait that the other side may ask for, in seconds."""

TRIES = 4
"""How often one question is asked when the other side is busy."""

KEY_LIMIT = 4096
"""Bytes read of a key file."""

_PIECE = 64 * 1024
_AGAIN = frozenset({429, 500, 502, 503, 504})
_SHOWN = 200


class ApiKey(msgspec.Struct, frozen=True):
    """A key that no message, log or traceback prints."""

    value: str

    def __repr__(self) -> str:
        return "ApiKey(...)"


class ApiSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Whom to ask and how. pause: seconds between two calls. pages: pages read of one question."""

    base_url: str
    key: ApiKey
    pause: float = 1.0
    pages: int = 20
    timeout: float = ANSWER_TIMEOUT
    deadline: float = CALL_DEADLINE


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What to ask about: addresses or networks (CIDR), and the reader's own domains."""

    addresses: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """One answer. at: the call, without the key. cut: it was longer than the limit."""

    at: Locator
    status: int
    body: bytes
    cut: bool = False


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """Why there is no answer. final: every further call would fare the same. status: of HTTP, 0
    when none came. reason: the other side's own words."""

    at: Locator
    why: Sentence
    kind: GapKind = "not-collected"
    final: bool = False
    status: int = 0
    reason: str = ""


_UNSEEN = tuple(
    map(
        ipaddress.ip_network,
        (
            "10.0.0.0/8",
            "172.16.0.0/12",
            "192.168.0.0/16",
            "127.0.0.0/8",
            "169.254.0.0/16",
            "100.64.0.0/10",
            "fc00::/7",
            "fe80::/10",
            "::1/128",
        ),
    )
)
"""Networks that the internet does not route, so that nobody can look at them from there."""

_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_DOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})+")


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to ask about, written plainly."""

    kind: Literal["address", "network", "domain"]
    value: str


def targets(asked: Asked, base_url: str) -> Iterator[Target | Failure]:
    """What can be asked, once each, and what cannot; nothing else ever gets into a question."""
    for text in dict.fromkeys(each.strip() for each in asked.addresses):
        at = Locator(source=base_url, position=text[:_SHOWN])
        try:
            network = ipaddress.ip_network(text, strict=False)
        except ValueError:
            yield Failure(at=at, why=say(N_("neither an address nor a network")))
            continue
        if any(network.version == n.version and network.overlaps(n) for n in _UNSEEN):
            yield Failure(at=at, why=say(N_("a private address, which nobody sees from outside")))
        elif network.num_addresses == 1:
            yield Target(kind="address", value=str(network.network_address))
        else:
            yield Target(kind="network", value=str(network))
    for text in dict.fromkeys(each.strip().strip(".").lower() for each in asked.domains):
        if len(text) <= 253 and _DOMAIN.fullmatch(text):
            yield Target(kind="domain", value=text)
        else:
            at = Locator(source=base_url, position=text[:_SHOWN])
            yield Failure(at=at, why=say(N_("not a domain")))


def find_key(environment: Mapping[str, str], name: str) -> ApiKey:
    """The key in the variable `name`, or in the file that `name` with `_FILE` names; else empty.

    Raises OSError when the file cannot be read.
    """
    if file := environment.get(f"{name}_FILE"):
        with Path(file).open("rb") as stream:
            return ApiKey(stream.read(KEY_LIMIT).decode("utf-8", errors="replace").strip())
    return ApiKey(environment.get(name, "").strip())


def fault(settings: ApiSettings, variable: str) -> Sentence | None:
    """Why these settings are refused before anything is sent; None when they are fit.

    variable: the name of the environment variable that should hold the key.
    """
    try:
        parts = urlsplit(settings.base_url)
        known = parts.scheme in ("http", "https") and bool(parts.hostname)
        _ = parts.port
    except ValueError:
        known = False
    if not known or parts.username or parts.query or parts.fragment:
        return say(N_("not the address of an API: it must be https:// with a host"))
    if parts.scheme == "http" and not _is_loopback(parts.hostname or ""):
        return say(N_("nothing is sent in the clear: the address of the API must be https://"))
    if not settings.key.value:
        return say(N_("no key: set {variable} or {variable}_FILE"), variable=variable)
    if not (settings.key.value.isascii() and settings.key.value.isprintable()):
        return say(N_("the key in {variable} holds characters that no key has"), variable=variable)
    return None


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class Caller:
    """One API, and when it was last called."""

    def __init__(self, client: httpx2.Client, settings: ApiSettings, key_parameter: str) -> None:
        self._client = client
        self._settings = settings
        self._key_parameter = key_parameter
        self._next = 0.0

    def get(self, path: str, parameters: Mapping[str, str]) -> Answer | Failure:
        """Ask, and ask again when told to come back."""
        base = self._settings.base_url.rstrip("/")
        shown = "&".join(f"{name}={value}" for name, value in parameters.items())
        at = Locator(source=f"{base}{path}" + (f"?{shown}" if shown else ""))
        wait, last, gone = 0.0, say(N_("the API did not answer")), False
        for number in range(TRIES):
            self._pace(wait)
            asked = None
            try:
                answer, asked = self._once(f"{base}{path}", parameters, at)
            except (httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError, OSError) as error:
                last = say(
                    N_("the API did not answer: {error}"),
                    error=self.hidden(str(error) or type(error).__name__),
                )
                gone = isinstance(error, httpx2.ConnectError)
            else:
                if answer.status not in _AGAIN:
                    return self._judged(answer)
                last = say(N_("the API answered with status {status}"), status=answer.status)
                gone = False
            finally:
                # From the end of a call: the other side counts from when it hears of it.
                self._next = time.monotonic() + self._settings.pause
            wait = asked if asked is not None else self._settings.pause * 2**number
            if wait > WAIT_LIMIT:
                why = say(
                    N_("the API asks to wait {seconds} seconds, longer than {limit}"),
                    seconds=int(wait),
                    limit=int(WAIT_LIMIT),
                )
                return Failure(at=at, why=why, final=True)
        return Failure(at=at, why=last, final=gone)

    def hidden(self, text: str) -> str:
        """Words of the other side, without the key and of bounded length."""
        return text.replace(self._settings.key.value, "***")[:_SHOWN]

    def _pace(self, wait: float) -> None:
        time.sleep(max(0.0, self._next - time.monotonic(), wait))

    def _once(
        self, url: str, parameters: Mapping[str, str], at: Locator
    ) -> tuple[Answer, float | None]:
        key = self._settings.key.value
        query, headers = dict(parameters), {"Accept": "application/json"}
        if self._key_parameter:
            query[self._key_parameter] = key
        else:
            headers["Authorization"] = f"bearer {key}"
        until = time.monotonic() + self._settings.deadline
        pieces: list[bytes] = []
        size, cut = 0, False
        with self._client.stream("GET", url, params=query, headers=headers) as response:
            for piece in response.iter_bytes(_PIECE):
                size += len(piece)
                cut = size > ANSWER_LIMIT
                pieces.append(piece)
                if cut:
                    break
                if time.monotonic() > until:
                    msg = f"no whole answer within {int(self._settings.deadline)} seconds"
                    raise httpx2.ReadTimeout(msg)
            wait = _retry_after(response.headers.get("Retry-After", ""))
            body = b"".join(pieces)[:ANSWER_LIMIT]
            place = msgspec.structs.replace(at, sha256=hashlib.sha256(body).hexdigest())
            return Answer(at=place, status=response.status_code, body=body, cut=cut), wait

    def _judged(self, answer: Answer) -> Answer | Failure:
        status = answer.status
        if status in (200, 404):
            return answer
        reason = self.hidden(reason_of(answer.body))
        if status in (401, 402):
            why = say(
                N_("the API refuses the key ({status}): {reason}"), status=status, reason=reason
            )
            return Failure(at=answer.at, why=why, final=True, status=status, reason=reason)
        why = say(
            N_("the API answered with status {status}: {reason}"), status=status, reason=reason
        )
        return Failure(at=answer.at, why=why, status=status, reason=reason)


def reason_of(body: bytes) -> str:
    """The error that an API put into its answer; empty for a page of something else."""
    try:
        value = msgspec.json.decode(body[: 64 * 1024], type=_Reason)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return ""
    if isinstance(value.error, _Inner):
        return ": ".join(t for t in (value.error.code, value.error.message) if isinstance(t, str))
    return next((t for t in (value.error, value.text, value.message) if isinstance(t, str)), "")


class _Inner(msgspec.Struct):
    """Microsoft Graph's `error` is an object."""

    code: str | int | None = None
    message: str | int | None = None


class _Reason(msgspec.Struct):
    """The members in which the APIs explain themselves; Onyphe's `error` is a number."""

    error: _Inner | str | int | float | bool | None = None
    text: str | int | float | bool | None = None
    message: str | int | float | bool | None = None


def _retry_after(text: str) -> float | None:
    """Seconds to wait, from seconds or a date (RFC 9110, 10.2.3)."""
    if text.strip().isdecimal():
        return float(text[:9])
    try:
        then = email.utils.parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
    then = then if then.tzinfo else then.replace(tzinfo=UTC)
    return max(0.0, (then - datetime.now(UTC)).total_seconds())


def gap_of(failure: Failure) -> Gap:
    """The failure as it is told."""
    return Gap(at=failure.at, why=failure.why, kind=failure.kind)


class _NoRequests(logging.Filter):
    """Keeps the client's own log lines back: they print the address with the key in it."""

    def filter(self, record: logging.LogRecord) -> bool:
        del record
        return False


@contextmanager
def calling(settings: ApiSettings, key_parameter: str = "") -> Iterator[Caller]:
    """A caller while it is needed. key_parameter: where the key goes, else into a header."""
    quiet, logger = _NoRequests(), logging.getLogger("httpx2")
    logger.addFilter(quiet)
    try:
        with httpx2.Client(
            follow_redirects=False,
            timeout=settings.timeout,
            # A proxy is for the internet; what listens here is asked directly.
            trust_env=not _is_loopback(urlsplit(settings.base_url).hostname or ""),
            headers={"Accept-Encoding": "gzip", "User-Agent": "tocsin"},
        ) as client:
            yield Caller(client, settings, key_parameter)
    finally:
        logger.removeFilter(quiet)
