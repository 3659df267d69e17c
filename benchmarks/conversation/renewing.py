"""A real header field made new: other ids, keys and times, everything else as it was.

A careful intruder copies what a real mail of the sender looks like. What it cannot keep are the
ids and the times; those are drawn again in the same form.
"""

from __future__ import annotations

import random
import re
import string
from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime, parsedate_tz

DATE = re.compile(
    r"(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),\s+)?\d{1,2}\s+(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|"
    r"Dec)\s+\d{4}\s+\d\d:\d\d:\d\d(?:\.\d+)?(?:\s+(?:[+-]\d{4}|GMT|UT))?"
)
HOP_ID = re.compile(r"(\bid\s+<?)([A-Za-z0-9][\w.:@-]*)")
VERSION = re.compile(r"\d+\.\d+\.\d+")
SIGNED = re.compile(r"(\b(?:bh|b)=)([A-Za-z0-9+/=\s]{20,})")
EPOCH = re.compile(r"(\b[tx]=)(\d{10})\b")
LONG = re.compile(r"(?<![\w.@-])[A-Za-z0-9+/_-]{22,}(?![\w.@-])")
HASH = re.compile(r"\b[A-Z0-9]{20,}\b")
HEX = frozenset("0123456789abcdef")
HEX_UPPER = frozenset("0123456789ABCDEF")
HOST_PREFIX = re.compile(r"^([A-Z]{2}\d?[A-Z]{2}\d+[A-Z0-9]*MB\d{4})(?=[0-9A-F]{16,}$)")


def token(rng: random.Random, old: str) -> str:
    """Another token of the same form."""
    letters = set(old) - set("-_.=+/$")
    if letters <= HEX:
        digits, lower, upper = "0123456789abcdef", "0123456789abcdef", ""
    elif letters <= HEX_UPPER:
        digits, lower, upper = "0123456789ABCDEF", "", "0123456789ABCDEF"
    else:
        digits, lower, upper = string.digits, string.ascii_lowercase, string.ascii_uppercase
    return "".join(
        rng.choice(digits) if c.isdigit()
        else rng.choice(lower) if c.islower() and c.isascii() and lower
        else rng.choice(upper) if c.isupper() and c.isascii() and upper
        else c
        for c in old
    )  # fmt: skip


def message_id(rng: random.Random, old: str, at: int) -> str:
    """Another Message-ID of the same program and host."""
    local, _, host = old.rpartition("@")
    stamp = datetime.fromtimestamp(at, UTC)
    if re.match(r"20\d{12}", local):
        return f"{stamp:%Y%m%d%H%M%S}{token(rng, local[14:])}@{host}"
    prefix = HOST_PREFIX.match(local)
    if prefix:
        return f"{prefix[1]}{token(rng, local[prefix.end() :])}@{host}"
    if local.startswith("CA") and host.endswith("gmail.com"):
        return f"CA{token(rng, local[2:])}@{host}"
    if "JavaMail" in local or "$" in local or "." in local or len(local) > 12:
        words = re.split(r"([A-Za-z]{4,})", local) if "JavaMail" in local else ["", "", local]
        new = "".join(part if n % 2 else token(rng, part) for n, part in enumerate(words))
        return f"{new}@{host}"
    return f"{token(rng, local)}@{host}"


def dates(value: str, delta: int) -> str:
    """Every date of a field, moved by `delta` seconds in its own time zone."""

    def moved(found: re.Match[str]) -> str:
        parsed = parsedate_tz(" ".join(found[0].split()))
        if not parsed:
            return found[0]
        zone = timezone(timedelta(seconds=parsed[9] or 0))
        try:
            when = datetime(*parsed[:6], tzinfo=zone) + timedelta(seconds=delta)
        except (ValueError, OverflowError):
            return found[0]
        text = format_datetime(when)
        if "," not in found[0]:
            text = text.partition(", ")[2]
        if not re.search(r"(?:[+-]\d{4}|GMT|UT)$", found[0]):
            text = text.rpartition(" ")[0]
        return text.replace("+0000", "GMT") if found[0].endswith("GMT") else text

    return DATE.sub(moved, value)


def field(rng: random.Random, key: str, value: str, delta: int) -> str:
    """A field as it would stand on another mail of the same path and program, `delta` seconds on."""
    low = key.lower()
    value = dates(value, delta)
    value = EPOCH.sub(lambda m: f"{m[1]}{int(m[2]) + delta}", value)
    if low == "received":
        return HOP_ID.sub(lambda m: m[0] if VERSION.match(m[2]) else m[1] + token(rng, m[2]), value)
    if low.endswith("signature") or low.startswith("arc-"):
        return SIGNED.sub(lambda m: m[1] + token(rng, m[2]), value)
    if low == "archived-at":
        return HASH.sub(lambda m: token(rng, m[0]), value)
    if low.startswith("x-") or low in {"message-id-hash", "thread-index"}:
        return LONG.sub(lambda m: token(rng, m[0]), value)
    return value
