"""What Exchange and its attackers write into the query of a request, taken out as fields."""

from __future__ import annotations

import re

TAKEN_LIMIT = 16
"""Fields taken out of one query."""

VALUE_LIMIT = 8192
"""Characters of one such value."""

_NAMES = (
    "cafeReqId",
    "CorrelationID",
    "ClientId",
    "ClientRequestId",
    "msExchEcpCanary",
    "X-Rps-CAT",
    "X-BEResource",
    "Email",
    "schema",
    "SecurityToken",
    "mailboxId",
)
_KNOWN = {name.lower(): name for name in _NAMES}
_PAIR = re.compile(
    rf"(?<![\w-])({'|'.join(map(re.escape, _NAMES))})=([^&;#\s]{{1,{VALUE_LIMIT}}})", re.IGNORECASE
)


def taken(text: str) -> dict[str, str]:
    """Ids and parameters that join or tell requests: `cafeReqId`, `msExchEcpCanary`, `X-Rps-CAT`."""
    found: dict[str, str] = {}
    for number, match in enumerate(_PAIR.finditer(text)):
        if number >= TAKEN_LIMIT:
            break
        if match[2] != "<empty>":
            found.setdefault(_KNOWN[match[1].lower()], match[2])
    return found
