"""Security descriptors ([MS-DTYP] 2.4.6 as bytes, 2.5.1 as SDDL text): who may do what to an object.

Only the list that grants and denies (DACL) is read. Entries are those of an `AccessControl`: `Type`
"allow" or "deny"; `Flags` as SDDL writes them; `Rights` as .NET's `ActiveDirectoryRights` names them,
one by one, with "GenericAll" in front where all of them are given; GUIDs in lower case, empty where
an entry is about everything; `Trustee` a SID, or an alias that only its own domain can resolve.
An entry without the flag IO holds for the object itself, whatever its `InheritedObjectType`.
"""

from __future__ import annotations

import re
import struct
import uuid
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

import msgspec

TEXT_LIMIT = 1024 * 1024
"""Longest SDDL that is read, in characters: a list of entries has at most 64 KiB as bytes."""

RIGHTS = {
    "CreateChild": 0x1,
    "DeleteChild": 0x2,
    "ListChildren": 0x4,
    "Self": 0x8,
    "ReadProperty": 0x10,
    "WriteProperty": 0x20,
    "DeleteTree": 0x40,
    "ListObject": 0x80,
    "ExtendedRight": 0x100,
    "Delete": 0x10000,
    "ReadControl": 0x20000,
    "WriteDacl": 0x40000,
    "WriteOwner": 0x80000,
    "Synchronize": 0x100000,
    "AccessSystemSecurity": 0x1000000,
}
"""The rights on a directory object ([MS-ADTS] 5.1.3.2), by .NET's names."""

COMBINED = {
    "GenericAll": 0xF01FF,
    "GenericRead": 0x20094,
    "GenericWrite": 0x20028,
    "GenericExecute": 0x20004,
}
"""What .NET's names for several rights at once stand for, on a directory object."""

GENERIC = {
    0x10000000: COMBINED["GenericAll"],
    0x20000000: COMBINED["GenericExecute"],
    0x40000000: COMBINED["GenericWrite"],
    0x80000000: COMBINED["GenericRead"],
}
"""The generic bits, and the rights a directory makes of them ([MS-ADTS] 5.1.3.2)."""

_SDDL_RIGHTS = {
    "CC": 0x1,
    "DC": 0x2,
    "LC": 0x4,
    "SW": 0x8,
    "RP": 0x10,
    "WP": 0x20,
    "DT": 0x40,
    "LO": 0x80,
    "CR": 0x100,
    "SD": 0x10000,
    "RC": 0x20000,
    "WD": 0x40000,
    "WO": 0x80000,
    "AS": 0x1000000,
    "GA": 0x10000000,
    "GX": 0x20000000,
    "GW": 0x40000000,
    "GR": 0x80000000,
    "FA": 0x1F01FF,
    "FR": 0x120089,
    "FW": 0x120116,
    "FX": 0x1200A0,
}
_SELF_RELATIVE = 0x8000
_DACL_PRESENT = 0x0004
_CUT = "cut in the middle"
_FLAGS = {"OI": 0x1, "CI": 0x2, "NP": 0x4, "IO": 0x8, "ID": 0x10}
_OTHER_FLAGS = frozenset({"SA", "FA", "TP", "CR"})
_TYPES = {"A": "allow", "D": "deny", "OA": "allow", "OD": "deny"}
_OTHER_TYPES = frozenset(
    {"XA", "XD", "ZA", "XU", "AU", "AL", "OU", "OL", "ML", "RA", "SP", "TL", "FL"}
)
# Aliases that mean the same in every domain ([MS-DTYP] 2.5.1.1).
_ALIASES = {
    "AA": "S-1-5-32-579",
    "AC": "S-1-15-2-1",
    "AN": "S-1-5-7",
    "AO": "S-1-5-32-548",
    "AS": "S-1-18-1",
    "AU": "S-1-5-11",
    "BA": "S-1-5-32-544",
    "BG": "S-1-5-32-546",
    "BO": "S-1-5-32-551",
    "BU": "S-1-5-32-545",
    "CD": "S-1-5-32-574",
    "CG": "S-1-3-1",
    "CO": "S-1-3-0",
    "CY": "S-1-5-32-569",
    "ED": "S-1-5-9",
    "ER": "S-1-5-32-573",
    "ES": "S-1-5-32-576",
    "HA": "S-1-5-32-578",
    "HI": "S-1-16-12288",
    "IS": "S-1-5-32-568",
    "IU": "S-1-5-4",
    "LS": "S-1-5-19",
    "LU": "S-1-5-32-559",
    "LW": "S-1-16-4096",
    "ME": "S-1-16-8192",
    "MP": "S-1-16-8448",
    "MS": "S-1-5-32-577",
    "MU": "S-1-5-32-558",
    "NO": "S-1-5-32-556",
    "NS": "S-1-5-20",
    "NU": "S-1-5-2",
    "OW": "S-1-3-4",
    "PO": "S-1-5-32-550",
    "PS": "S-1-5-10",
    "PU": "S-1-5-32-547",
    "RA": "S-1-5-32-575",
    "RC": "S-1-5-12",
    "RD": "S-1-5-32-555",
    "RE": "S-1-5-32-552",
    "RM": "S-1-5-32-580",
    "RU": "S-1-5-32-554",
    "SI": "S-1-16-16384",
    "SO": "S-1-5-32-549",
    "SS": "S-1-18-2",
    "SU": "S-1-5-6",
    "SY": "S-1-5-18",
    "UD": "S-1-5-84-0-0-0-0-0",
    "WD": "S-1-1-0",
    "WR": "S-1-5-33",
}
_SID = re.compile(r"S-1-(?:\d{1,15}|0[xX][0-9a-fA-F]{1,12})(?:-\d{1,10}){1,15}", re.IGNORECASE)
_ALIAS = re.compile(r"[A-Z]{2}")
_HEAD = re.compile(r"(?:O:(?P<owner>[^:;()]*?))?(?:G:(?P<group>[^:;()]*?))?(?P<list>[DS]:)")
_CONTROL = re.compile(r"(?:P|AR|AI|NO_ACCESS_CONTROL)*+")
_SIMPLE = re.compile(r"\(([^()\"]*)\)")
_MARK = re.compile(r'["()]')
_NULL = MappingProxyType[str, str]({})


class Descriptor(msgspec.Struct, frozen=True):
    """The entries of a DACL, and how many were passed over: those under a condition, and of kinds
    that neither allow nor deny.
    """

    entries: list[dict[str, Any]]
    skipped: int = 0


def from_sddl(text: str, names: Mapping[str, str] = _NULL) -> list[dict[str, Any]]:
    """The entries of an SDDL string; ValueError as `parse_sddl`."""
    return parse_sddl(text, names).entries


def from_bytes(data: bytes) -> list[dict[str, Any]]:
    """The entries of a self-relative security descriptor; ValueError as `parse_bytes`."""
    return parse_bytes(data).entries


def parse_sddl(text: str, names: Mapping[str, str] = _NULL) -> Descriptor:
    """An SDDL string. names: what else to call a trustee, by SID or alias (`DA` by its own SID).

    A list that is not there (`D:NO_ACCESS_CONTROL`) lets everyone do everything, and says so.
    ValueError when it is no SDDL, holds no DACL or is longer than `TEXT_LIMIT`.
    """
    text = text.strip()
    if len(text) > TEXT_LIMIT:
        raise ValueError(f"longer than {TEXT_LIMIT} characters")
    head = _HEAD.match(text)
    if head is None:
        raise ValueError("not a security descriptor in SDDL")
    if head["list"] != "D:":
        raise ValueError("no list of access rights (D:) in it")
    control = _CONTROL.match(text, head.end())
    at = control.end() if control else head.end()
    if "NO_ACCESS_CONTROL" in text[head.end() : at]:
        return Descriptor(_everything())
    entries: list[dict[str, Any]] = []
    skipped = 0
    while at < len(text) and text[at] == "(":
        end = _end_of_entry(text, at)
        entry = _from_fields(text[at + 1 : end - 1], names)
        if entry is None:
            skipped += 1
        else:
            entries.append(entry)
        at = end
    if text[at:].strip() and not text.startswith("S:", at):
        raise ValueError(f"no SDDL behind character {at}")
    return Descriptor(entries, skipped)


def parse_bytes(data: bytes) -> Descriptor:
    """A self-relative security descriptor. ValueError when it is none, is cut, or has no DACL."""
    if len(data) < 20 or data[0] != 1:
        raise ValueError("not a security descriptor")
    control, start = struct.unpack_from("<H", data, 2)[0], struct.unpack_from("<I", data, 16)[0]
    if not control & _SELF_RELATIVE:
        raise ValueError("a security descriptor in memory, not one that was stored")
    if not control & _DACL_PRESENT:
        raise ValueError("no list of access rights in it")
    if not start:
        return Descriptor(_everything())
    if start < 20 or start + 8 > len(data) or data[start] not in (2, 4):
        raise ValueError(_CUT)
    found = [_from_ace(ace) for ace in _aces(data, start)]
    entries = [each for each in found if each is not None]
    return Descriptor(entries, len(found) - len(entries))


def _aces(data: bytes, start: int) -> Iterator[bytes]:
    """The entries of the list that begins at `start` ([MS-DTYP] 2.4.5)."""
    size, count = struct.unpack_from("<HH", data, start + 2)
    end, at = start + size, start + 8
    if end > len(data):
        raise ValueError(_CUT)
    for _ in range(count):
        if at + 4 > end:
            raise ValueError(_CUT)
        length = struct.unpack_from("<H", data, at + 2)[0]
        if length < 8 or at + length > end:
            raise ValueError("an entry that is longer than its list")
        yield data[at : at + length]
        at += length


def rights_of(mask: int) -> list[str]:
    """The names of an access mask; generic bits as what they stand for, unknown bits as one number."""
    for bit, meaning in GENERIC.items():
        if mask & bit:
            mask = mask & ~bit | meaning
    names = [name for name, bit in RIGHTS.items() if mask & bit]
    unknown = mask & ~sum(RIGHTS.values())
    everything = COMBINED["GenericAll"]
    return [
        *(["GenericAll"] if mask & everything == everything else []),
        *names,
        *([f"0x{unknown:08x}"] if unknown else []),
    ]


def rights_named(text: str) -> list[str]:
    """Rights as PowerShell prints them (`CreateChild, GenericRead`), in the form of `rights_of`.

    ValueError on a name that is none of .NET's.
    """
    mask = 0
    for name in text.split(","):
        value = _BY_NAME.get(name.strip().lower())
        if value is None:
            raise ValueError(f"no right of a directory object: {name.strip()[:60]}")
        mask |= value
    return rights_of(mask)


_BY_NAME = {name.lower(): value for name, value in (RIGHTS | COMBINED).items()}


def sid_of(data: bytes) -> str:
    """A SID out of its bytes ([MS-DTYP] 2.4.2.2); what stands behind it does not matter. ValueError
    when it is none.
    """
    if len(data) < 8 or data[0] != 1 or data[1] > 15 or len(data) < 8 + 4 * data[1]:
        raise ValueError("not a SID")
    authority = int.from_bytes(data[2:8], "big")
    parts = struct.unpack_from(f"<{data[1]}I", data, 8)
    printed = str(authority) if authority < 1 << 32 else f"0x{authority:012x}"
    return "-".join(["S-1", printed, *map(str, parts)])


def _end_of_entry(text: str, at: int) -> int:
    """Where the entry ends that begins at `at`: a condition may hold brackets, and texts them too."""
    simple = _SIMPLE.match(text, at)
    if simple is not None:
        return simple.end()
    depth, quoted = 0, False
    for mark in _MARK.finditer(text, at):
        if mark[0] == '"':
            quoted = not quoted
        elif not quoted:
            depth += 1 if mark[0] == "(" else -1
            if not depth:
                return mark.end()
    raise ValueError("an entry without an end")


def _from_fields(inner: str, names: Mapping[str, str]) -> dict[str, Any] | None:
    """One entry: `type;flags;rights;object;inherited object;trustee`; None for one passed over."""
    fields = [each.strip() for each in inner.split(";", 6)]
    kind = fields[0].upper()
    if kind in _OTHER_TYPES and len(fields) >= 6:
        return None
    if kind not in _TYPES or len(fields) != 6:
        raise ValueError(f"no entry of a security descriptor: ({inner[:60]})")
    _, flags, rights, thing, inherited, trustee = fields
    return {
        "Type": _TYPES[kind],
        "Flags": _flags(flags.upper()),
        "Rights": rights_of(_mask(rights)),
        "ObjectType": _guid(thing),
        "InheritedObjectType": _guid(inherited),
        "Trustee": _trustee(trustee, names),
    }


def _flags(text: str) -> list[str]:
    found = {text[i : i + 2] for i in range(0, len(text), 2)}
    if not found <= _FLAGS.keys() | _OTHER_FLAGS:
        raise ValueError(f"no flags of an entry: {text[:20]}")
    return [each for each in _FLAGS if each in found]


def _mask(text: str) -> int:
    """Pairs of letters, or a number as C writes it."""
    if text[:1].isdigit():
        base = 16 if text[:2].lower() == "0x" else 8 if text[0] == "0" and len(text) > 1 else 10
        try:
            number = int(text[:20], base)
        except ValueError:
            number = -1
        if not 0 <= number < 1 << 32 or len(text) > 20:
            raise ValueError(f"no rights: {text[:20]}")
        return number
    mask = 0
    for i in range(0, len(text), 2):
        value = _SDDL_RIGHTS.get(text[i : i + 2].upper())
        if value is None:
            raise ValueError(f"no rights: {text[i : i + 2][:10]}")
        mask |= value
    return mask


def _guid(text: str) -> str:
    if not text:
        return ""
    found = uuid.UUID(text)
    return str(found) if found.int else ""


def _trustee(text: str, names: Mapping[str, str]) -> str:
    upper = text.upper()
    sid = upper if _SID.fullmatch(upper) else _ALIASES.get(upper, "")
    if not sid and not _ALIAS.fullmatch(upper):
        raise ValueError(f"no SID: {text[:60]}")
    return names.get(sid) or names.get(upper) or sid or upper


def _from_ace(ace: bytes) -> dict[str, Any] | None:
    """One entry out of its bytes ([MS-DTYP] 2.4.4); None for one passed over."""
    kind, flags, mask = ace[0], ace[1], struct.unpack_from("<I", ace, 4)[0]
    if kind not in (0, 1, 5, 6):
        return None
    at, thing, inherited = 8, "", ""
    if kind in (5, 6):
        if len(ace) < 12:
            raise ValueError(_CUT)
        present, at = struct.unpack_from("<I", ace, 8)[0], 12
        if present & 1:
            thing, at = _guid_at(ace, at), at + 16
        if present & 2:
            inherited, at = _guid_at(ace, at), at + 16
    return {
        "Type": "deny" if kind in (1, 6) else "allow",
        "Flags": [name for name, bit in _FLAGS.items() if flags & bit],
        "Rights": rights_of(mask),
        "ObjectType": thing,
        "InheritedObjectType": inherited,
        "Trustee": sid_of(ace[at:]),
    }


def _guid_at(data: bytes, at: int) -> str:
    if len(data) < at + 16:
        raise ValueError(_CUT)
    found = uuid.UUID(bytes_le=data[at : at + 16])
    return str(found) if found.int else ""


def _everything() -> list[dict[str, Any]]:
    return parse_sddl("D:(A;;GA;;;WD)").entries
