"""Certificates as directories keep them: plain DER, or Windows' serialised certificate."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from cryptography import x509

CERTIFICATE_LIMIT = 1024 * 1024
"""Largest value that is parsed as a certificate, in bytes."""

_SERIALISED_CERTIFICATE = 32
"""Property id of the encoded certificate in a serialised store element (CERT_CERT_PROP_ID)."""


class Certificate(msgspec.Struct, frozen=True, kw_only=True):
    """Thumbprints in lower-case hexadecimal; the rest empty where the certificate is odd."""

    sha1: str
    sha256: str
    subject: str = ""
    not_after: str = ""
    names: tuple[str, ...] = ()


def read_certificate(raw: bytes) -> Certificate:
    """Read one X.509 certificate; ValueError when there is none in `raw`."""
    # Here, because it takes long to load and few inputs hold a certificate.
    from cryptography import x509  # noqa: PLC0415
    from cryptography.hazmat.primitives import hashes  # noqa: PLC0415

    if len(raw) > CERTIFICATE_LIMIT:
        msg = f"larger than {CERTIFICATE_LIMIT} bytes"
        raise ValueError(msg)
    try:
        certificate = x509.load_der_x509_certificate(_der(raw))
    except x509.InvalidVersion as error:
        raise ValueError(str(error)) from error
    return Certificate(
        sha1=certificate.fingerprint(hashes.SHA1()).hex(),  # noqa: S303 - Windows' thumbprint
        sha256=certificate.fingerprint(hashes.SHA256()).hex(),
        subject=_subject(certificate),
        not_after=certificate.not_valid_after_utc.isoformat(),
        names=_names(certificate),
    )


def _der(raw: bytes) -> bytes:
    """The DER inside a serialised element: id, reserved, length (little endian), value, ..."""
    if raw[:1] == b"\x30":
        return raw
    at = 0
    while at + 12 <= len(raw):
        kind, _, size = struct.unpack_from("<III", raw, at)
        if kind == _SERIALISED_CERTIFICATE:
            return raw[at + 12 : at + 12 + size]
        at += 12 + size
    msg = "neither DER nor a serialised certificate"
    raise ValueError(msg)


def _subject(certificate: x509.Certificate) -> str:
    try:
        return certificate.subject.rfc4514_string()
    except ValueError:
        return ""


def _names(certificate: x509.Certificate) -> tuple[str, ...]:
    from cryptography import x509  # noqa: PLC0415

    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
        return tuple(found.value.get_values_for_type(x509.DNSName))
    except (
        ValueError,
        x509.ExtensionNotFound,
        x509.DuplicateExtension,
        x509.UnsupportedGeneralNameType,
    ):
        return ()
