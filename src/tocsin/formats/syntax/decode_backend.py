"""Where a request was really sent: targets in cookies, mailbox hints and addresses of autodiscover.

ProxyLogon writes a host and a path where Exchange expects the name of a back end
(`ServerInfo~a]@host:444/ecp/…?…#`, in the cookie `X-BEResource` or as `Server~…`). ProxyShell and
ProxyNotShell write them behind `autodiscover.json`, OWASSRF behind a mailbox in `/owa/<mail>/…`.
"""

from __future__ import annotations

import re

VALUE_LIMIT = 8192
"""Characters of one value that are looked at."""

_TARGET = re.compile(
    r"(?:[A-Za-z]{1,32}~)?(?P<before>[^@/?#~\s]{0,256}[@\]])?"
    r"(?P<host>\[[0-9a-fA-F:.]{2,45}\]|[A-Za-z0-9_.-]{1,255})(?::(?P<port>\d{1,5}))?"
    r"(?P<path>[/\\][^?#~\s]{0,4096})?(?P<query>\?[^#~\s]{0,4096})?(?P<rest>[#~].{0,256})?"
)
_SCHEMA = re.compile(r"[?&]schema=([^&#~]{1,128})", re.IGNORECASE)
_CANARY = re.compile(r"[?&]msExchEcpCanary=([^&#~]{1,512})", re.IGNORECASE)
_COOKIE = re.compile(r"X-(?:BEResource|AnonResource-Backend)=([^;&\s]{1,4096})", re.IGNORECASE)
_JSON = re.compile(
    r"autodiscover\.json[/?;%]{0,8}(?P<before>[^/&@\s]{0,255}?)(?:@|\.\.)(?P<host>[\w.:-]{0,255})"
    r"(?P<path>/[^?&#\s]{0,2048})?",
    re.IGNORECASE,
)
_BEFORE_MAIL = r"[^/@\s]{0,127}"
_LOGON = re.compile(
    rf"/(?P<door>owa|ecp|ews|oab)/(?:calendar/)?(?P<mailbox>{_BEFORE_MAIL}@[\w.-]{{1,255}})(?P<path>/[^?&#\s]{{0,2048}})?",
    re.IGNORECASE,
)


def back_end(text: str) -> dict[str, str]:
    """`target`, `host`, `port`, `path`, `command`, `schema`, `canary` of a back-end name.

    Empty for what is no more than a server's name and version: every row has that.
    """
    match = _TARGET.match(text[:VALUE_LIMIT])
    if match is None or not match["host"]:
        return {}
    path = match["path"] or ""
    if not path and not match["before"]:
        return {}
    query = match["query"] or ""
    target = match["host"] + (f":{match['port']}" if match["port"] else "") + path + query
    found = {"target": target, "host": match["host"].strip("[]")}
    if match["port"]:
        found["port"] = match["port"]
    if path:
        found["path"] = path
        found["command"] = path.rstrip("/\\").rpartition("/")[2]
    for name, pattern in (("schema", _SCHEMA), ("canary", _CANARY)):
        if told := pattern.search(query):
            found[name] = told[1]
    return found


def cookie_back_end(text: str) -> dict[str, str]:
    """The same of the cookies `X-BEResource` and `X-AnonResource-Backend` in a cookie or query."""
    match = _COOKIE.search(text[:VALUE_LIMIT])
    return back_end(match[1]) if match else {}


def autodiscover_target(uri: str) -> dict[str, str]:
    """`host` and `path` behind `autodiscover.json` in an address without percent-encoding."""
    match = _JSON.search(uri[:VALUE_LIMIT])
    if match is None:
        return {}
    found = {"host": match["host"].strip(".") or "-"}
    if match["path"]:
        found["path"] = match["path"]
    return found


def explicit_logon(uri: str) -> dict[str, str]:
    """`mailbox` and `path` of `/owa/<mail>/…`, in an address without percent-encoding."""
    match = _LOGON.search(uri[:VALUE_LIMIT])
    if match is None:
        return {}
    found = {"mailbox": match["mailbox"]}
    if match["path"] and match["path"] != "/":
        found["path"] = match["path"]
    return found
