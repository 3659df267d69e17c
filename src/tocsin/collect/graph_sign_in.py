"""Signing in to a tenant for reading: a device code, a client secret, or a certificate.

msal speaks to the sign-in host of the chosen cloud and to no other; the token stays in memory.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import msal
import msgspec

from tocsin.collect.graph_asking import HOSTS
from tocsin.collect.web_api import ApiKey, find_key
from tocsin.model.text import N_, Sentence, say

SECRET_VARIABLE = "TOCSIN_GRAPH_SECRET"  # noqa: S105 - a name, not a secret
PASSPHRASE_VARIABLE = "TOCSIN_GRAPH_PASSPHRASE"  # noqa: S105

CERTIFICATE_LIMIT = 256 * 1024
"""Bytes read of a certificate file."""

SIGN_IN_TIMEOUT = 30.0
"""Seconds to wait for one answer of the sign-in host."""

PUBLIC_CLIENT = "14d82eec-204b-4c2f-b7e8-296a70dab67e"
"""Microsoft Graph Command Line Tools: known to every tenant, signs in people by device code."""

DELEGATED = ("Application.Read.All", "Directory.Read.All")
"""Permissions asked for when a person signs in; an application has those it was given."""

_FAULTS = (
    httpx2.HTTPError,
    httpx2.InvalidURL,
    msal.exceptions.MsalError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    RuntimeError,
)
"""What msal lets through when the sign-in host is not there, or answers something else."""

_TENANT = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?")
_REASON_LIMIT = 400


class SignIn(msgspec.Struct, frozen=True, kw_only=True):
    """Which tenant, and as whom. certificate: PEM file with the private key and the certificate.

    Without secret and certificate a person signs in by device code, in a browser of their own.
    """

    tenant: str
    cloud: str = "global"
    client_id: str = ""
    secret: ApiKey = ApiKey("")
    certificate: Path | None = None
    passphrase: ApiKey = ApiKey("")


def sign_in_from(
    environment: Mapping[str, str],
    tenant: str,
    cloud: str = "global",
    client_id: str = "",
    certificate: str = "",
) -> SignIn:
    """Secrets as the environment gives them. Raises OSError: a named file cannot be read."""
    return SignIn(
        tenant=tenant,
        cloud=cloud,
        client_id=client_id,
        secret=find_key(environment, SECRET_VARIABLE),
        certificate=Path(certificate) if certificate else None,
        passphrase=find_key(environment, PASSPHRASE_VARIABLE),
    )


def fault(asked: SignIn) -> Sentence | None:
    """Why this is refused before anything is sent; None when it is fit."""
    if not _TENANT.fullmatch(asked.tenant):
        return say(N_("name your tenant: its identifier or one of its domains (--tenant)"))
    if asked.cloud not in HOSTS:
        return say(N_("no such cloud: {name}"), name=asked.cloud[:80])
    alone = asked.secret.value or asked.certificate is not None
    if alone and not asked.client_id:
        return say(N_("an application that signs in by itself needs its number (--client-id)"))
    if asked.secret.value and asked.certificate is not None:
        return say(
            N_("a secret and a certificate: choose one ({variable})"), variable=SECRET_VARIABLE
        )
    return None


def token(
    asked: SignIn, show: Callable[[str], None], line: Callable[..., Any] | None = None
) -> ApiKey | Sentence:
    """A token for Graph, or why there is none. show: prints what a person has to do.

    line: opens another connection than the network, in tests.
    """
    why = fault(asked)
    if why is not None:
        return why
    try:
        with _line(asked.cloud, line) as http:
            answer = _by_itself(asked, http) if _alone(asked) else _by_person(asked, http, show)
    except OSError as error:
        return say(N_("the certificate cannot be read: {error}"), error=str(error)[:_REASON_LIMIT])
    except _FAULTS as error:
        return say(N_("the sign-in failed: {reason}"), reason=_hidden(asked, str(error)))
    if isinstance(found := answer.get("access_token"), str):
        return ApiKey(found)
    reason = answer.get("error_description") or answer.get("error") or "-"
    return say(N_("the sign-in failed: {reason}"), reason=_hidden(asked, str(reason)))


def _alone(asked: SignIn) -> bool:
    return bool(asked.secret.value) or asked.certificate is not None


def _by_itself(asked: SignIn, http: Any) -> dict[str, Any]:
    application = msal.ConfidentialClientApplication(
        asked.client_id, client_credential=_credential(asked), **_common(asked, http)
    )
    scope = f"https://{HOSTS[asked.cloud][0]}/.default"
    return dict(application.acquire_token_for_client([scope]))


def _by_person(asked: SignIn, http: Any, show: Callable[[str], None]) -> dict[str, Any]:
    application = msal.PublicClientApplication(
        asked.client_id or PUBLIC_CLIENT, **_common(asked, http)
    )
    scopes = [f"https://{HOSTS[asked.cloud][0]}/{each}" for each in DELEGATED]
    flow = application.initiate_device_flow(scopes)
    if "user_code" not in flow:
        return dict(flow)
    show(str(flow.get("message") or ""))
    return dict(application.acquire_token_by_device_flow(flow))


def _common(asked: SignIn, http: Any) -> dict[str, Any]:
    return {
        "authority": f"https://{HOSTS[asked.cloud][1]}/{asked.tenant}",
        "http_client": http,
        # The hosts are ours to choose; nobody else is asked whether they are right.
        "instance_discovery": False,
    }


def _credential(asked: SignIn) -> Any:
    if asked.certificate is None:
        return asked.secret.value
    with asked.certificate.open("rb") as stream:
        pem = stream.read(CERTIFICATE_LIMIT).decode("ascii", errors="replace")
    start = pem.find("-----BEGIN CERTIFICATE-----")
    if start < 0 or "PRIVATE KEY-----" not in pem:
        raise ValueError("the file must hold the certificate and its private key, as PEM")
    end = pem.index("-----END CERTIFICATE-----", start) + len("-----END CERTIFICATE-----")
    found = {"private_key": pem[:start] + pem[end:], "public_certificate": pem[start:end]}
    if asked.passphrase.value:
        found["passphrase"] = asked.passphrase.value
    return found


def _hidden(asked: SignIn, text: str) -> str:
    """Words of the other side without our secrets, of bounded length, on one line."""
    for each in (asked.secret.value, asked.passphrase.value):
        text = text.replace(each, "***") if each else text
    return " ".join(text.split())[:_REASON_LIMIT]


class _Line:
    """What msal sends through: one host, over TLS, no redirects."""

    def __init__(self, client: Any, host: str) -> None:
        self._client = client
        self._host = host

    def get(self, url: str, params: Any = None, headers: Any = None, **_: Any) -> Any:
        """A question about the host's own addresses."""
        return self._client.get(self._checked(url), params=params, headers=headers)

    def post(
        self, url: str, params: Any = None, data: Any = None, headers: Any = None, **_: Any
    ) -> Any:
        """The sign-in itself."""
        return self._client.post(self._checked(url), params=params, data=data, headers=headers)

    def close(self) -> None:
        """Nothing: whoever opened the client closes it."""

    def _checked(self, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme != "https" or parts.hostname != self._host or parts.port not in (None, 443):
            raise ValueError(f"not the sign-in host: {parts.hostname}")
        return url


@contextmanager
def _line(cloud: str, line: Callable[..., Any] | None) -> Iterator[_Line]:
    opened = line or httpx2.Client
    with opened(follow_redirects=False, timeout=SIGN_IN_TIMEOUT) as client:
        yield _Line(client, HOSTS[cloud][1])
