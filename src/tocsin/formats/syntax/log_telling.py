"""What Exchange's logs write into one column together, taken apart: one function a kind of log.

Each changes the fields in place and returns the server that wrote the row where no field of its own
says so.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import msgspec

from tocsin.formats.syntax.log_pairs import pairs
from tocsin.formats.syntax.log_query import taken
from tocsin.formats.syntax.log_values import address

PARAMETERS_LIMIT = 64
"""Parameters of one cmdlet that become fields."""

JSON_FIELDS_LIMIT = 256
"""Fields taken out of one audit record."""

_CMDLET = re.compile(r"(?:Pipeline\.\d+\|)?([A-Za-z]{2,20}-[A-Za-z]{2,60})")
_PARAMETER = re.compile(r'-(\w{1,64})[ :]+(?:"((?:[^"]|"")*+)"|(\S{1,4096}))')
_CONTEXT = re.compile(r"(?:^|, ?)(\w{1,40}):([^,;]{1,512})")
_SENDER = re.compile(r"(?:^|;)PSSenderInfo=([^;]{1,256})")
_PIECE = re.compile(r'"(\w{1,64})":"((?:[^"\\]|\\.)*+)"')


def request(fields: dict[str, str], text: str) -> str:
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


_DONE = ";S:EX=;"
"""No exception was thrown."""


def ecp(fields: dict[str, str], text: str) -> str:
    """`S:CMD=…;S:URL=…` as fields of their own; the cmdlet by name; the URL as a request."""
    data = fields.get("EventData", "")
    if '""' in data and ',"' not in text and text[:1] != '"':
        data = data.replace('""', '"')  # a publisher took the quotes around, not those inside
    for key, value in pairs(data).items():
        fields.setdefault(key, value)
    _ecp_cmdlet(fields, data)
    if account := fields.get("PSA"):
        fields["PSA"] = account.removeprefix("<PII>").removesuffix("</PII>")
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


def _ecp_cmdlet(fields: dict[str, str], data: str) -> None:
    if match := _CMDLET.match(fields.get("CMD", "")):
        fields["Cmdlet"] = match[1]
        if parameters := fields["CMD"][match.end() :].lstrip("."):
            fields["Parameters"] = parameters
        if _DONE in data:
            fields.setdefault("ExecutionResult", "Success")
        elif fields.get("EX"):
            fields.setdefault("ExecutionResult", "Error")


def cmdlet(fields: dict[str, str], text: str) -> str:
    """`-FilePath "…"` as `Parameters.FilePath`; who sent the command where it is told apart."""
    del text
    parameters = fields.get("Parameters")
    if parameters:
        for number, match in enumerate(_PARAMETER.finditer(parameters)):
            if number >= PARAMETERS_LIMIT:
                break
            value = match[3] if match[2] is None else match[2].replace('""', '"')
            if value:
                fields.setdefault(f"Parameters.{match[1]}", value)
    for name in ("GenericErrors", "GenericInfo"):
        if "PSSenderInfo=" in fields.get(name, "") and (sender := _SENDER.search(fields[name])):
            fields["PSSenderInfo"] = sender[1].strip()
    return ""


def tracking(fields: dict[str, str], text: str) -> str:
    """Recipients as several values; client type and custom data as fields; the writing server."""
    del text
    for name in ("recipient-address", "recipient-status"):
        value = fields.get(name)
        if value and ";" in value:
            fields[name] = "\n".join(each.strip() for each in value.split(";") if each.strip())
    context = fields.get("source-context", "")
    if ":" in context:
        for match in _CONTEXT.finditer(context[:4096]):
            fields.setdefault(match[1], match[2].strip())
    if custom := fields.get("custom-data"):
        for key, value in pairs(custom).items():
            fields.setdefault(key, value)
    sending = fields.get("event-id", "").upper().startswith("SEND") and (
        fields.get("source", "").upper() == "SMTP"
    )
    first, second = (
        ("client-hostname", "server-hostname")
        if sending
        else (
            "server-hostname",
            "client-hostname",
        )
    )
    own = fields.get(first) or ("" if sending else fields.get(second, ""))
    if own:
        fields["writer"] = own
    return own


def smtp(fields: dict[str, str], text: str) -> str:
    """Client address and command; a receive connector is named after its server."""
    del text
    remote = fields.get("remote-endpoint", "")
    if remote and (found := address(remote)) is not None:
        fields["c-ip"] = str(found)
    data = fields.get("data", "")
    if data and fields.get("event") in ("<", ">"):
        verb = data[:12].split(" ", 1)[0].split(":", 1)[0].upper()
        if verb.isalpha():
            fields["command"] = verb
    server, mark, _ = fields.get("connector-id", "").partition("\\")
    fields["session.direction"] = "receive" if mark else "send"
    return server if mark else ""


def agent(fields: dict[str, str], text: str) -> str:
    """Client address; recipients as several values."""
    del text
    remote = fields.get("EnteredOrgFromIP") or fields.get("RemoteEndpoint", "")
    if remote and (found := address(remote)) is not None:
        fields["c-ip"] = str(found)
    for name in ("Recipient", "P2FromAddresses"):
        value = fields.get(name)
        if value and ";" in value:
            fields[name] = "\n".join(each.strip() for each in value.split(";") if each.strip())
    return ""


def audit(fields: dict[str, str], text: str) -> str:
    """The record in `Data` as the unified audit log names its fields; `Parameters.<Name>`."""
    del text
    data = fields.get("Data", "")
    try:
        record = msgspec.json.decode(data.encode(errors="replace"))
    except (msgspec.DecodeError, RecursionError):
        record = dict(_PIECE.findall(data[:65536]))
    if not isinstance(record, dict):
        return ""
    for key, value in list(record.items())[:JSON_FIELDS_LIMIT]:
        _put(fields, str(key), value)
    if "Operation" in fields:
        fields.setdefault("Cmdlet", fields["Operation"])
    return ""


def _put(fields: dict[str, str], key: str, value: Any) -> None:
    if isinstance(value, list):
        _put_list(fields, key, value)
    elif isinstance(value, dict):
        for name, inner in list(value.items())[:JSON_FIELDS_LIMIT]:
            if not isinstance(inner, dict | list):
                _put(fields, f"{key}.{name}", inner)
    elif value is not None and value != "":
        fields.setdefault(key, _text(value))


def _put_list(fields: dict[str, str], key: str, value: list[Any]) -> None:
    words: list[str] = []
    for each in value[:PARAMETERS_LIMIT]:
        if isinstance(each, dict) and "Name" in each:
            name, inner = _text(each["Name"]), _text(each.get("Value", ""))
            words.append(f'-{name} "{inner}"')
            if inner:
                fields.setdefault(f"{key}.{name}", inner)
        elif not isinstance(each, dict | list):
            words.append(_text(each))
    if words:
        fields.setdefault(key, " ".join(words))


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else str(value)


FLATTENED: dict[str, Callable[[dict[str, str], str], str]] = {
    "httpproxy": request,
    "rps-http": request,
    "httpfilter": request,
    "ecp-server": ecp,
    "ecp-activity": ecp,
    "rps-cmdlet": cmdlet,
    "messagetracking": tracking,
    "smtp": smtp,
    "agent": agent,
    "audit-queue": audit,
}
"""By kind of log; the others' columns say one thing each."""
