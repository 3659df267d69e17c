"""Exchange builds as values: parsed once, ordered by integers."""

from __future__ import annotations

import re
from typing import Literal

import msgspec

AD_BUILD_OFFSET = 30000
"""Added to the third part in Active Directory's serialNumber (15.1.2507 is 32507 there)."""

_PART_LIMIT = 65535

_DOTTED = re.compile(r"\s*(\d{1,3})\.(\d{1,5})\.(\d{1,5})(?:\.(\d{1,5}))?\s*")
_COMMAS = re.compile(r"\s*\d{1,3}(?:\s*,\s*\d{1,5}){3}\s*")
_WORDS = re.compile(
    r"\s*(?:(?:microsoft\s+)?exchange\s+(?:server\s+)?)?(?:version\s+|v)?(?=\d)", re.IGNORECASE
)
_VERSION = re.compile(
    r"\s*(?:version\s+)?(\d{1,3})\.(\d{1,5})\s*\(build\s+(\d{1,5})(?:\.(\d{1,5}))?\s*:?\s*\)\s*",
    re.IGNORECASE,
)
_HEX = re.compile(r"\s*(?:0x)?([0-9a-f]{8})\s*", re.IGNORECASE)


class Build(msgspec.Struct, frozen=True, order=True, forbid_unknown_fields=True):
    """A full four-part build. Order is that of the integers, never of the text."""

    major: int
    minor: int
    build: int
    revision: int

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.build}.{self.revision}"

    @property
    def branch(self) -> tuple[int, int, int]:
        """The first three parts, which name the cumulative update from Exchange 2013 on."""
        return (self.major, self.minor, self.build)

    @classmethod
    def parse(cls, text: str) -> Build:
        """Read a dotted four-part build, zero-padded or not.

        Raises ValueError when the text is anything else; `parse_version` is the tolerant reader.
        """
        match = _DOTTED.fullmatch(text)
        if match is None or match[4] is None:
            msg = f"not a four-part build: {text!r}"
            raise ValueError(msg)
        return cls(*_parts(match))


class BuildRange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Every build from `low` to `high`, both included."""

    low: Build
    high: Build

    def __post_init__(self) -> None:
        if self.high < self.low:
            msg = f"range ends before it begins: {self.low}..{self.high}"
            raise ValueError(msg)

    def __str__(self) -> str:
        return str(self.low) if self.low == self.high else f"{self.low}..{self.high}"

    def __contains__(self, build: Build) -> bool:
        return self.low <= build <= self.high


Precision = Literal["update", "cu", "smtp", "mapi"]
"""What a source can tell.

`update`: the installed build itself (ExSetup file version, X-OWA-Version).
`cu`: the cumulative update only (Active Directory, AdminDisplayVersion, OWA paths).
`smtp`, `mapi`: the id of a Received header, which needs the Received-id map.
"""


class Version(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A version as a source printed it. `revision` is None when three parts were given."""

    text: str
    precision: Precision
    major: int
    minor: int
    build: int
    revision: int | None = None

    @property
    def exact(self) -> Build | None:
        """The four-part build, or None when the source gave three parts."""
        if self.revision is None:
            return None
        return Build(self.major, self.minor, self.build, self.revision)

    @property
    def exchange_online(self) -> bool:
        """Exchange Online numbers itself 15.20 and 15.21; compared as integers (15.2 is 2019)."""
        return self.major == 15 and self.minor >= 20


def parse_version(text: str, precision: Precision = "update") -> Version:
    """Read any spelling of a version that Exchange, AD or an administrator prints.

    Dotted (`15.1.2507.6`, `15.02.0986.005`, `15.1.2507`, after `Exchange Server`, `Version` or `v`
    too), with the commas of a file's properties, `Version 15.2 (Build 986.5)`, the same with Active Directory's offset of 30000 (a CU then, whatever `precision` says), and the
    autodiscover ServerVersion in hexadecimal (`73C18779`; 4 bits legacy, 6 major, 6 minor,
    1 flag, 15 build: MS-OXWSADISC; a CU too). Raises ValueError for anything else.
    """
    plain = re.sub(r"\s*,\s*", ".", text) if _COMMAS.fullmatch(text) else text
    if words := _WORDS.match(plain):
        plain = plain[words.end() :]
    if match := _DOTTED.fullmatch(plain):
        numbers = _parts(match)
    elif match := _VERSION.fullmatch(plain):
        numbers = _parts(match)
        precision = "cu" if precision == "update" else precision
    elif match := _HEX.fullmatch(text):
        return version_from_server_version(int(match[1], 16), text=text.strip())
    else:
        msg = f"not an Exchange version: {text[:80]!r}"
        raise ValueError(msg)
    major, minor, build, *rest = numbers
    if build >= AD_BUILD_OFFSET and major < 16:
        build, precision = build - AD_BUILD_OFFSET, "cu"
    return Version(
        text=text.strip(),
        precision=precision,
        major=major,
        minor=minor,
        build=build,
        revision=rest[0] if rest else None,
    )


def version_from_server_version(number: int, text: str = "") -> Version:
    """Unpack the ServerVersion integer of autodiscover and of AD's versionNumber."""
    major, minor, build = (number >> 22) & 0x3F, (number >> 16) & 0x3F, number & 0x7FFF
    if not 0 < number <= 0xFFFFFFFF or major not in range(6, 20):
        msg = f"not an Exchange ServerVersion: {text or number!r}"
        raise ValueError(msg)
    return Version(text=text or str(number), precision="cu", major=major, minor=minor, build=build)


def _parts(match: re.Match[str]) -> list[int]:
    numbers = [int(part) for part in match.groups() if part is not None]
    if any(number > _PART_LIMIT for number in numbers):
        msg = f"a part of the version is larger than {_PART_LIMIT}: {match[0]!r}"
        raise ValueError(msg)
    return numbers
