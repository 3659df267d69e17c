"""Identifiers that are the same in every run: UUIDv5 of what an object stands for."""

from __future__ import annotations

import re
import unicodedata
import uuid

NAMESPACE = uuid.UUID("6f1d2f0a-3c55-5e0b-9a52-0f6b2f3f7a11")
"""Of Tocsin's own objects. Never changed: a changed one would make every indicator a new one."""

VALUE_LIMIT = 2000
"""Longest value an indicator is made of; nothing longer can be matched by anybody's tools."""

_SHA256 = re.compile(r"[0-9a-f]{64}")
_DOMAIN = re.compile(r"(?=.{4,253}$)(?:[\w-]{1,63}\.)+[^\W\d_][\w-]{1,62}")
_ADDRESS = re.compile(r"[^\s@<>\"',;:\\]{1,64}@[\w.-]{3,253}")
_URL = re.compile(r"(?:https?|ftps?)://[^\s<>\"]{3,}", re.IGNORECASE)
_UNSEEN = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


def stable(kind: str, key: str) -> str:
    """A STIX identifier of that type."""
    clean = key.encode("utf-8", "backslashreplace").decode()
    return f"{kind}--{uuid.uuid5(NAMESPACE, f'{kind}|{clean}')}"


def usable(value: str) -> bool:
    """Whether a value can be matched as it is: short enough, nothing unseen in it."""
    return 0 < len(value) <= VALUE_LIMIT and all(
        unicodedata.category(each) not in _UNSEEN for each in value
    )


def is_sha256(value: str) -> bool:
    """64 hexadecimal digits, lower case."""
    return _SHA256.fullmatch(value) is not None


def is_domain(value: str) -> bool:
    """A host name with a dot in it."""
    return usable(value) and _DOMAIN.fullmatch(value) is not None


def is_address(value: str) -> bool:
    """A mail address."""
    return usable(value) and _ADDRESS.fullmatch(value) is not None


def is_url(value: str) -> bool:
    """An address with a scheme that a mail's link can have."""
    return usable(value) and _URL.fullmatch(value) is not None
