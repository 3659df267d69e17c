"""Host names and addresses as they are compared: which are full, which tell nothing."""

from __future__ import annotations

import ipaddress
from functools import lru_cache

_EMPTY_NAMES = frozenset({"localhost", "localhost.localdomain", "unknown", "host", "server"})

INTERNAL_SUFFIXES = frozenset(
    {"local", "lan", "internal", "intranet", "corp", "home", "private", "localdomain", "ad", "lab"}
)
"""Top labels that name no public domain (RFC 6762 appendix G and common practice)."""


@lru_cache(maxsize=65536)
def is_address(name: str) -> bool:
    """Whether a name is an IPv4 or IPv6 address."""
    try:
        ipaddress.ip_address(name.strip("[]").split("%")[0])
    except ValueError:
        return False
    return True


@lru_cache(maxsize=65536)
def canonical(name: str) -> str:
    """A host name as it is compared: lower case, no dot at the end, IDNA's ASCII form."""
    plain = name.strip().rstrip(".").lower()
    if plain.isascii():
        return plain
    try:
        return plain.encode("idna").decode("ascii")
    except UnicodeError:
        return plain


@lru_cache(maxsize=65536)
def canonical_address(address: str) -> str:
    """An address as it is compared: no brackets, no zone, IPv6 in its one short form."""
    plain = address.strip().strip("[]").split("%")[0]
    try:
        return str(ipaddress.ip_address(plain))
    except ValueError:
        return address


def own_domain(text: str) -> str:
    """A domain of the reader's own as he may type it: `@Contoso.com.`, `*.contoso.com`."""
    return canonical(text.strip().removeprefix("*").lstrip("@."))


def is_loopback(address: str) -> bool:
    """Whether an address names no machine in particular."""
    try:
        found = ipaddress.ip_address(address.strip("[]").split("%")[0])
    except ValueError:
        return True
    return found.is_loopback or found.is_unspecified or found.is_link_local


def tells(name: str) -> bool:
    """Whether a name can tell one machine from another."""
    return (
        bool(name)
        and not name.startswith("\0")
        and name not in _EMPTY_NAMES
        and not is_address(name)
    )


def is_full(name: str) -> bool:
    """Whether a name is a fully qualified one."""
    return "." in name.strip(".")


def label(name: str) -> str:
    """The host's own label, which is its short name."""
    return name.split(".", 1)[0]


def is_internal(name: str) -> bool:
    """Whether a domain can exist only inside a network."""
    return name.rsplit(".", 1)[-1] in INTERNAL_SUFFIXES
