"""What only Outlook shows of an HTML body: conditional comments, and buttons that are drawn (VML).

Every other program passes over them, filters among them, so a link may stand there alone.
https://learn.microsoft.com/en-us/previous-versions/windows/internet-explorer/ie-developer/compatibility/ms537512(v=vs.85)
"""

from __future__ import annotations

import re
from itertools import islice

DRAWN = "body [href]:not(a, link, base)"
"""Elements of a drawing, whatever its namespace is called, that lead somewhere."""

SHOWN_LIMIT = 500
"""Comments of one body that are looked at."""

PREFIX_LIMIT = 20
"""Names of namespaces of one body that are looked at."""

_CONDITION = re.compile(r"<!--\[if ([^\]\n]{1,400})\]>", re.IGNORECASE)
_REFUSED = re.compile(r"!\s*\(?\s*(?:mso|vml)")
_END = "-->"
_LEADS = ("href", "action")
_VML = "urn:schemas-microsoft-com:vml"
_PREFIX = re.compile(rf"xmlns:(\w{{1,40}})\s*=\s*[\"']?{_VML}")


def shown(html: str) -> str:
    """The body with those comments opened that lead somewhere; itself where there are none."""
    parts: list[str] = []
    taken = at = 0
    for _ in range(SHOWN_LIMIT):
        begun = _CONDITION.search(html, at)
        at = html.find(_END, begun.end()) if begun else -1
        if begun is None or at < 0:
            break
        inside = html[begun.end() : at]
        if _for_outlook(begun[1].lower()) and any(each in inside.lower() for each in _LEADS):
            parts += [html[taken : begun.start()], inside.removesuffix("<![endif]")]
            taken = at + len(_END)
    return "".join([*parts, html[taken:]]) if parts else html


def drawn(lower: str) -> bool:
    """Whether there are drawings in a body, given in lower case."""
    if "<v:" in lower:
        return True
    if _VML not in lower:
        return False
    prefixes = {each[1] for each in islice(_PREFIX.finditer(lower), PREFIX_LIMIT)}
    return any(f"<{each}:" in lower for each in prefixes)


def _for_outlook(condition: str) -> bool:
    """Whether Outlook is among those that are meant: `mso`, `gte mso 9`, `mso | IE`, `true`."""
    named = "mso" in condition or "vml" in condition
    return condition.strip() == "true" or (named and _REFUSED.search(condition) is None)
