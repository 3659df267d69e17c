"""The NTLM challenge: a server names itself and its domain before anybody has logged in.

Only the first of the three messages is ever sent, and it names nobody: no user, no domain, no
workstation. Source: MS-NLMP 2.2.1.1 and 2.2.1.2.
"""

from __future__ import annotations

import base64
import binascii
import codecs
import re
import struct
from collections.abc import Mapping

import msgspec
from spnego._ntlm_raw.messages import AvId, Challenge

TOKEN_LIMIT = 16 * 1024
"""Longest challenge that is read, in characters of base64."""

TEXT_LIMIT = 255
"""Longest name kept of a challenge: that of a domain name."""

_FLAGS = 0xA2888207
"""Unicode, OEM, target name and info wanted, NTLM, signing as usual, version, 56 and 128 bits."""

NEGOTIATE = base64.b64encode(
    struct.pack("<8sII16x3xBxxxB", b"NTLMSSP", 1, _FLAGS, 0, 0x0F)
).decode()
"""The type-1 message, always the same."""

codecs.lookup("utf-16-le")
"""Loaded now: later, among many connections, there may be no file left to load it from."""

_MARK = b"NTLMSSP\0\x02\0\0\0"
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,255}")
_NAMED = {
    "ntlm-netbios-host": AvId.nb_computer_name,
    "ntlm-netbios-domain": AvId.nb_domain_name,
    "ntlm-dns-host": AvId.dns_computer_name,
    "ntlm-dns-domain": AvId.dns_domain_name,
    "ntlm-forest": AvId.dns_tree_name,
}


class Names(msgspec.Struct, frozen=True):
    """What a challenge tells: facts by name (`ntlm-dns-host`, ...), `windows-build` among them."""

    facts: dict[str, str]

    @property
    def hosts(self) -> tuple[str, ...]:
        """The server's own names, the full one first."""
        found = (self.facts.get(key, "") for key in ("ntlm-dns-host", "ntlm-netbios-host"))
        return tuple(dict.fromkeys(name for name in found if name))


def read_challenge(token: str) -> Names | None:
    """Read a type-2 message in base64, bare or wrapped in SPNEGO; None when it is none."""
    if len(token) > TOKEN_LIMIT:
        return None
    try:
        raw = base64.b64decode(token.strip(), validate=True)
    except (binascii.Error, ValueError):
        return None
    start = raw.find(_MARK)
    if start < 0:
        return None
    try:
        challenge = Challenge.unpack(raw[start:])
        info: Mapping[AvId, object] = challenge.target_info or {}
        version = challenge.version
        facts = {key: _clean(info.get(av, "")) for key, av in _NAMED.items()}
        if version is not None and version.major:
            facts["windows-build"] = f"{version.major}.{version.minor}.{version.build}"
    except (ValueError, IndexError, KeyError, TypeError, OverflowError, struct.error):
        # Whatever a hostile challenge makes the library say; nothing of it is believed then.
        return None
    return Names({key: value for key, value in facts.items() if value})


def challenge_of(header: str) -> str:
    """The token of a `WWW-Authenticate` header, empty when it offers without challenging."""
    match = re.match(r"\s*(?:NTLM|Negotiate)\s+([A-Za-z0-9+/=]+)", header, re.IGNORECASE)
    return match[1] if match else ""


def offers_ntlm(header: str) -> str:
    """The scheme that a `WWW-Authenticate` header offers NTLM by; empty when it does not."""
    words = re.findall(r"\b(NTLM|Negotiate)\b", header, re.IGNORECASE)
    schemes = {word.lower() for word in words}
    if "ntlm" in schemes:
        return "NTLM"
    return "Negotiate" if schemes else ""


def _clean(value: object) -> str:
    return value if isinstance(value, str) and _NAME.fullmatch(value) else ""
