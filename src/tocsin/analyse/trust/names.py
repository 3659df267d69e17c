"""Names of certificates, as connectors and certificates write them, and when one answers another."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any

_IDENTIFIER = re.compile(r"\s*<I>(?P<issuer>.*?)<S>(?P<subject>.*)", re.IGNORECASE | re.DOTALL)
_COMMON = re.compile(
    r"(?:^|[,+])\s*CN\s*=\s*(?:\"(?P<quoted>[^\"]*)\"|(?P<plain>[^,+]*))", re.IGNORECASE
)
_HEX = re.compile(r"[0-9A-F]{40}")

SHA1_BYTES = 20


def certificate_identifier(value: Any) -> tuple[str, str, str]:
    """Issuer, subject and common name out of `<I>issuer<S>subject`, out of an object with these
    (CertificateIssuer, CertificateSubject), or out of a bare distinguished name; empty where absent."""
    if isinstance(value, dict):
        named = {str(name).lower(): str(each or "") for name, each in value.items()}
        issuer, subject = named.get("certificateissuer", ""), named.get("certificatesubject", "")
        return issuer, subject, named.get("subjectcommonname") or _common_name(subject)
    text = value if isinstance(value, str) else ""
    found = _IDENTIFIER.match(text)
    if found is None:
        return "", text if "=" in text else "", _common_name(text)
    return found["issuer"].strip(), found["subject"].strip(), _common_name(found["subject"])


def _common_name(distinguished: str) -> str:
    found = _COMMON.search(distinguished)
    return (found["quoted"] or found["plain"] or "").strip().lower() if found else ""


def same_name(one: str, other: str) -> bool:
    """Whether two distinguished names are the same but for case and blanks."""
    return bool(one) and _plain(one) == _plain(other)


def _plain(distinguished: str) -> str:
    return re.sub(r"\s*([,+=])\s*", r"\1", distinguished.strip()).lower()


def name_matches(wanted: str, offered: str) -> bool:
    """Whether a connector that asks for `wanted` takes a certificate with the name `offered`.

    `*.contoso.com` in the connector takes every name below contoso.com; in the certificate it stands
    for one more label. Either may be a wildcard, or both.
    """
    wanted, offered = wanted.strip().lower().rstrip("."), offered.strip().lower().rstrip(".")
    if not wanted or not offered:
        return False
    if wanted in ("*", offered):
        return True
    if wanted.startswith("*."):
        return offered.removeprefix("*.").endswith(wanted[1:])
    if offered.startswith("*."):
        return wanted.partition(".")[2] == offered[2:]
    return False


def thumbprint(text: str) -> str:
    """A SHA-1 thumbprint as 40 upper hex digits, out of hex in any dress or the base64 of Graph;
    empty for anything else."""
    bare = re.sub(r"[^0-9A-Za-z]", "", text).upper()
    if _HEX.fullmatch(bare):
        return bare
    try:
        raw = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        return ""
    if len(raw) == SHA1_BYTES:
        return raw.hex().upper()
    # Some tools write the hex text itself in base64.
    inner = raw.decode("ascii", "ignore").upper()
    return inner if _HEX.fullmatch(inner) else ""
