"""Exchange's certificates: what the certificate itself says, where only its bytes were exported.

`Services` and `HasPrivateKey` are no part of a certificate: where the export did not keep them, they
stay out.
"""

from __future__ import annotations

import base64
import binascii
import re
import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tocsin.formats.syntax.certificate_bytes import CERTIFICATE_LIMIT
from tocsin.formats.syntax.records import Value, text_of
from tocsin.model.setting import Lost

if TYPE_CHECKING:
    from cryptography import x509

NAMES_LIMIT = 1000
"""Names of one certificate that are kept."""

_THUMBPRINT = re.compile(r"[0-9A-Fa-f]{40}")
_QUOTED = frozenset(',+="\n<>#;')
_SHORT = {
    "2.5.4.3": "CN",
    "2.5.4.5": "SERIALNUMBER",
    "2.5.4.6": "C",
    "2.5.4.7": "L",
    "2.5.4.8": "S",
    "2.5.4.9": "STREET",
    "2.5.4.10": "O",
    "2.5.4.11": "OU",
    "2.5.4.12": "T",
    "2.5.4.42": "G",
    "2.5.4.43": "I",
    "2.5.4.4": "SN",
    "0.9.2342.19200300.100.1.25": "DC",
    "1.2.840.113549.1.9.1": "E",
}
"""How Windows abbreviates (CertNameToStr), and so do the names in connectors' properties."""


def certificate_settings(
    found: Mapping[str, Value], properties: dict[str, Any], lost: dict[str, Lost]
) -> None:
    """Fill in what the certificate says; `properties` and `lost` are changed."""
    raw = _bytes(found.get("rawdata"))
    _drop(properties, lost, "RawData")
    own = None
    if raw is not None:
        try:
            own = read(raw)
        except ValueError:
            own = None
    stated = text_of(found.get("thumbprint")).replace(" ", "")
    if own is not None:
        spelled = {name.lower(): name for name in (*properties, *lost)}
        for name, value in own.items():
            known = spelled.get(name.lower())
            if known is None or known in lost or name == "Thumbprint":
                _drop(properties, lost, name)
                properties[name] = value
    elif _THUMBPRINT.fullmatch(stated):
        _drop(properties, lost, "Thumbprint")
        properties["Thumbprint"] = stated.upper()
    elif raw is not None or "rawdata" in found or stated:
        _drop(properties, lost, "Thumbprint")
        lost["Thumbprint"] = "unreadable"


def thumbprint(raw: bytes) -> str:
    """The SHA-1 of a certificate in upper-case hexadecimal; empty when there is none in `raw`."""
    try:
        return str(read(raw)["Thumbprint"])
    except ValueError:
        return ""


def read(raw: bytes) -> dict[str, Any]:
    """What a certificate in DER says, by the names that Get-ExchangeCertificate gives it.

    Raises ValueError when there is none.
    """
    # Here, because it takes long to load and few inputs hold a certificate.
    from cryptography import x509  # noqa: PLC0415
    from cryptography.hazmat.primitives import hashes  # noqa: PLC0415

    if len(raw) > CERTIFICATE_LIMIT:
        msg = f"larger than {CERTIFICATE_LIMIT} bytes"
        raise ValueError(msg)
    try:
        certificate = x509.load_der_x509_certificate(raw)
        # A country of more than two letters is odd, and no reason to write to the terminal.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            subject, issuer = _printed(certificate.subject), _printed(certificate.issuer)
        return {
            "Thumbprint": certificate.fingerprint(hashes.SHA1()).hex().upper(),  # noqa: S303 - Windows' name for it
            "Subject": subject,
            "Issuer": issuer,
            "SerialNumber": f"{certificate.serial_number:X}",
            "CertificateDomains": _domains(certificate),
            "NotBefore": _date(certificate.not_valid_before_utc),
            "NotAfter": _date(certificate.not_valid_after_utc),
            "IsSelfSigned": certificate.subject == certificate.issuer,
        }
    except x509.InvalidVersion as error:
        raise ValueError(str(error)) from error


def _bytes(value: Value) -> bytes | None:
    if isinstance(value, bytes):
        return value
    if isinstance(value, str) and value:
        try:
            return base64.b64decode(value, validate=True)
        except (binascii.Error, ValueError):
            return None
    if isinstance(value, list) and 0 < len(value) <= CERTIFICATE_LIMIT:
        numbers = [each for each in value if isinstance(each, int) and 0 <= each < 256]
        return bytes(numbers) if len(numbers) == len(value) else None
    return None


def _drop(properties: dict[str, Any], lost: dict[str, Lost], name: str) -> None:
    for each in [each for each in properties if each.lower() == name.lower()]:
        del properties[each]
    for each in [each for each in lost if each.lower() == name.lower()]:
        del lost[each]


def _date(when: Any) -> str:
    return str(when.replace(microsecond=0, tzinfo=None).isoformat()) + "Z"


def _printed(name: x509.Name) -> str:
    """As Windows prints it: the last relative name first, `S` for the state."""
    parts = []
    for relative in reversed(name.rdns):
        pairs = [
            f"{_SHORT.get(each.oid.dotted_string, 'OID.' + each.oid.dotted_string)}="
            f"{_escaped(str(each.value))}"
            for each in relative
        ]
        parts.append(" + ".join(pairs))
    return ", ".join(parts)


def _escaped(value: str) -> str:
    if value != value.strip() or set(value) & _QUOTED:
        doubled = value.replace('"', '""')
        return f'"{doubled}"'
    return value


def _domains(certificate: x509.Certificate) -> list[str]:
    """The DNS names, and the common name where it can be one."""
    from cryptography import x509  # noqa: PLC0415
    from cryptography.x509.oid import NameOID  # noqa: PLC0415

    names: list[str] = []
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
        names = list(found.value.get_values_for_type(x509.DNSName))
    except (
        ValueError,
        x509.ExtensionNotFound,
        x509.DuplicateExtension,
        x509.UnsupportedGeneralNameType,
    ):
        names = []
    common = [
        str(each.value) for each in certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    ]
    names = [each for each in common if " " not in each and each.strip()] + names
    unique: dict[str, str] = {}
    for each in names:
        unique.setdefault(each.lower(), each)
    return list(unique.values())[:NAMES_LIMIT]
