"""Exchange's small value objects in JSON, back to the text that Exchange prints of them.

`ConvertTo-Json` writes an IP range or an address space as its members, where every other syntax has
its text. What is no such shape stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tocsin.formats.syntax import distinguished_name
from tocsin.formats.syntax.setting_date import iso_date
from tocsin.knowledge.hybrid_values import enumeration

Members = Mapping[str, Any]
"""By name in lower case; values are plain already."""


def shaped(members: dict[str, Any]) -> Any:
    """The text of a known shape, the list or value that PowerShell wrapped; else the members."""
    lower = {name.lower(): value for name, value in members.items()}
    if lower.keys() <= {"value", "count"} or {"value", "datetime"} <= lower.keys():
        return _unwrapped(members, lower)
    for names, text in _SHAPES:
        if names <= lower.keys():
            found = text(lower)
            return members if found is None else found
    if lower.keys() == {"domain"}:
        return lower["domain"]
    return members


def _unwrapped(members: dict[str, Any], lower: Members) -> Any:
    """`{"value": [...], "Count": n}` and `{"value": 1, "Value": "OnPremises"}` of 5.1."""
    values = [value for name, value in members.items() if name.lower() == "value"]
    if not values:
        return members
    if "count" in lower and not isinstance(values[0], list):
        return members
    texts = [each for each in values if isinstance(each, str)]
    return iso_date(texts[0]) if texts else values[0]


def _range(lower: Members) -> str | None:
    if isinstance(lower.get("expression"), str):
        return str(lower["expression"])
    low, high = _text(lower["lowerbound"]), _text(lower["upperbound"])
    return None if not low or not high else low if low == high else f"{low}-{high}"


def _reference(lower: Members) -> str | None:
    """An object of the directory by its name, behind the path where Exchange prints one."""
    _, _, relative = _text(lower.get("rdn")).partition("=")
    name = _text(lower.get("name")) or relative
    parent = _text(lower.get("parent"))
    if name and "/" in parent:
        return f"{parent}/{name}"
    dn = _text(lower["distinguishedname"])
    if name and ",cn=protocols," in dn.lower() and (place := distinguished_name.place(dn)):
        return f"{place.server}\\{name}"
    return name or _text(lower["distinguishedname"]) or None


def _certificate_name(lower: Members) -> str | None:
    issuer, subject = _text(lower["certificateissuer"]), _text(lower["certificatesubject"])
    return f"<I>{issuer}<S>{subject}" if issuer else f"<S>{subject}" if subject else None


def _capabilities(lower: Members) -> str | None:
    who = _text(lower["domain"]) or _text(lower.get("smtpx509identifier"))
    granted = lower["capabilities"]
    known = enumeration("ReceiveConnector", "capabilities")
    if isinstance(granted, int) and not isinstance(granted, bool) and known is not None:
        bits = [name for name, bit in known.members.items() if bit and granted & bit]
        granted = ", ".join(bits) or "None"
    return f"{who}:{granted}" if who and isinstance(granted, str) else None


def _smart_host(lower: Members) -> str | None:
    if lower["isipaddress"] is True:
        return f"[{_text(lower['address'])}]"
    return _text(lower["domain"]) or None


def _address_space(lower: Members) -> str | None:
    address = _text(lower["address"])
    kind = _text(lower.get("type")) or "smtp"
    return f"{kind}:{address};{lower['cost']}" if address else None


def _binding(lower: Members) -> str | None:
    address = _text(lower["address"])
    return f"[{address}]:{lower['port']}" if ":" in address else f"{address}:{lower['port']}"


def _autodiscover(lower: Members) -> str | None:
    domain = _text(lower["domain"])
    return f"autod:{domain}" if lower["autodiscover"] is True else domain or None


def _span(lower: Members) -> str | None:
    ticks = lower["ticks"]
    if isinstance(ticks, bool) or not isinstance(ticks, int):
        return None
    seconds, _ = divmod(abs(ticks), 10_000_000)
    days, rest = divmod(seconds, 86_400)
    clock = f"{rest // 3600:02}:{rest // 60 % 60:02}:{rest % 60:02}"
    return ("-" if ticks < 0 else "") + (f"{days}.{clock}" if days else clock)


def _limit(lower: Members) -> str | None:
    if lower["isunlimited"] is True:
        return "Unlimited"
    value = lower.get("value")
    return str(value) if isinstance(value, str | int) else None


def _network_address(lower: Members) -> str | None:
    return f"{_text(lower['protocoltype'])}:{_text(lower['addressstring'])}"


def _server_version(lower: Members) -> str | None:
    return "Version {major}.{minor} (Build {build}.{revision})".format_map(dict(lower))


def _object_version(lower: Members) -> str | None:
    return f"{lower['major']}.{lower['minor']} ({_text(lower['exchangebuild'])})"


def _version(lower: Members) -> str | None:
    return "{major}.{minor}.{build}.{revision}".format_map(dict(lower))


def _member(name: str) -> Callable[[Members], str | None]:
    return lambda lower: _text(lower[name]) or None


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


_SHAPES: tuple[tuple[frozenset[str], Callable[[Members], str | None]], ...] = tuple(
    (frozenset(names.split()), text)
    for names, text in (
        ("lowerbound upperbound", _range),
        ("objectguid distinguishedname rdn", _reference),
        ("certificatesubject certificateissuer", _certificate_name),
        ("capabilities domain", _capabilities),
        ("isipaddress address domain", _smart_host),
        ("issmtptype address cost", _address_space),
        ("includesubdomains address", _member("address")),
        ("autodiscover domain", _autodiscover),
        ("ipaddresstostring", _member("ipaddresstostring")),
        ("port address addressfamily", _binding),
        ("proxyaddressstring", _member("proxyaddressstring")),
        ("isvalidaddress address", _member("address")),
        ("isunlimited", _limit),
        ("ticks totaldays", _span),
        ("originalstring", _member("originalstring")),
        ("absoluteuri", _member("absoluteuri")),
        ("major minor exchangebuild", _object_version),
        ("major minor build revision filepatchleveldescription", _server_version),
        ("major minor build revision", _version),
        ("hostnamestring", _member("hostnamestring")),
        ("pathname drivename", _member("pathname")),
        ("protocoltype addressstring", _network_address),
        ("accountdomainsid binarylength value", _member("value")),
    )
)
