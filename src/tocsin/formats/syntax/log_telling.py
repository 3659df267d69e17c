"""What Exchange's logs write into one column together, taken apart: one function a kind of log.

Each changes the fields in place and returns the server that wrote the row where a field of its own
does not say so.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from tocsin.formats.syntax.log_pairs import pairs
from tocsin.formats.syntax.log_query import taken

_CMDLET = re.compile(r"(?:Pipeline\.\d+\|)?([A-Za-z]{2,20}-[A-Za-z]{2,60})")


def _request(fields: dict[str, str], text: str) -> str:
    """Query without its mark; ids and parameters out of query, mailbox hint and cookie."""
    query = fields.get("UrlQuery")
    if query:
        fields["query"] = query.lstrip("?")
    if "=" in text:
        for name in ("UrlQuery", "AnchorMailbox", "BackEndCookie", "UrlStem"):
            value = fields.get(name)
            if value and "=" in value:
                for key, found in taken(value).items():
                    fields.setdefault(key, found)
    return ""


def _ecp(fields: dict[str, str], text: str) -> str:
    """`S:CMD=…;S:URL=…` as fields of their own; the cmdlet by name; the URL as a request."""
    data = fields.get("EventData", "")
    if '""' in data and ',"' not in text and text[:1] != '"':
        data = data.replace('""', '"')  # a publisher took the quotes around, not those inside
    for key, value in pairs(data).items():
        fields.setdefault(key, value)
    if match := _CMDLET.match(fields.get("CMD", "")):
        fields["Cmdlet"] = match[1]
    url = fields.get("URL", "")
    if url:
        path = url
        if "://" in url[:10]:
            host, slash, rest = url.partition("://")[2].partition("/")
            path = slash + rest
            fields.setdefault("UrlHost", host)
        stem, _, query = path.partition("?")
        fields.setdefault("UrlStem", stem)
        if query:
            fields.setdefault("UrlQuery", query)
            fields.setdefault("query", query)
            for key, found in taken(query).items():
                fields.setdefault(key, found)
    return ""


FLATTENED: dict[str, Callable[[dict[str, str], str], str]] = {
    "httpproxy": _request,
    "rps-http": _request,
    "httpfilter": _request,
    "ecp-server": _ecp,
    "ecp-activity": _ecp,
}
"""By kind of log; the others' columns say one thing each."""
