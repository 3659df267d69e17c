"""What is hidden in a row: which decoder is asked of which field, and what its answers are called.

A decoder's answer under a field's own name (`cs-uri-query`) is that field once more, in plain
letters; others have names of their own (`X-Rps-CAT.user`). Rows without a sign of anything hidden
cost next to nothing.
"""

from __future__ import annotations

import re

from tocsin.formats.syntax.decode_backend import (
    autodiscover_target,
    back_end,
    cookie_back_end,
    explicit_logon,
)
from tocsin.formats.syntax.decode_command import commands
from tocsin.formats.syntax.decode_token import access_token, security_context
from tocsin.formats.syntax.decode_url import foreign, percent
from tocsin.formats.syntax.log_query import taken

ADDRESSES = ("cs-uri-query", "cs-uri-stem", "query", "UrlStem", "UrlQuery", "URL")
"""Fields whose percent-encoding is taken off."""

OTHERS = ("cs-cookie", "cs-referer", "AnchorMailbox", "BackEndCookie")
"""Further ones, looked at only where they hold a percent sign."""

SHORTEST = 24
"""Characters from which a value is looked through for base64."""

_VIEWSTATE = re.compile(r"__VIEWSTATE=([^&\s]{16,})", re.IGNORECASE)
_GENERATOR = re.compile(r"__VIEWSTATEGENERATOR=([0-9A-Fa-f]{8})", re.IGNORECASE)
_CONTEXT = re.compile(r"SerializedSecurityContext[=:\s]{1,3}([A-Za-z0-9+/=%_-]{24,65536})")


def hidden(fields: dict[str, str], text: str) -> dict[str, str]:
    """What the decoders find in a row. fields: with their aliases; text: the row."""
    found: dict[str, str] = {}
    whole = fields.get("cs-uri-query") or fields.get("UrlStem") or ""
    if "%" in text:
        _percent(fields, found)
    plain = found.get("cs-uri-query", whole)
    _code_page(fields, found)
    if whole:
        _requests(plain, found)
    _targets(fields, found)
    _tokens(fields, found, text)
    _base64(fields, found)
    return found


def _percent(fields: dict[str, str], found: dict[str, str]) -> None:
    for name in (*ADDRESSES, *OTHERS):
        value = fields.get(name)
        if value and "%" in value:
            plain = percent(value)
            if plain != value:
                found[name] = plain
    plain = found.get("cs-uri-query", "")
    if "=" in plain:
        told = taken(plain)
        found.update({key: value for key, value in told.items() if fields.get(key) != value})


def _code_page(fields: dict[str, str], found: dict[str, str]) -> None:
    query = fields.get("query", "")
    agent = fields.get("cs-user-agent") or fields.get("UserAgent") or fields.get("ClientInfo") or ""
    if not query or not (agent.startswith("UP") or not query.isascii() or query.count("%") > 8):
        return
    plain = foreign(query)
    if not plain:
        return
    found["query.ebcdic"] = plain
    for name in ("query", "cs-uri-query"):
        value = f"{fields.get('cs-uri-stem', '')}?{plain}" if name == "cs-uri-query" else plain
        found[name] = f"{found[name]}\n{value}" if name in found else value
    for key, value in taken(plain).items():
        found.setdefault(key, value)


def _requests(uri: str, found: dict[str, str]) -> None:
    lower = uri.lower()
    if "autodiscover.json" in lower:
        for key, value in autodiscover_target(uri).items():
            found[f"autodiscover.{key}"] = value
    if "@" in uri:
        for key, value in explicit_logon(uri).items():
            found[f"explicit-logon.{key}"] = value


def _targets(fields: dict[str, str], found: dict[str, str]) -> None:
    for name in ("AnchorMailbox", "BackEndCookie"):
        value = found.get(name) or fields.get(name)
        if value and ("/" in value or "]" in value or "@" in value) and _names_server(value):
            for key, told in back_end(value).items():
                found[f"{name}.{key}"] = told
    for name in ("cs-cookie", "cs-uri-query", "GenericInfo"):
        value = found.get(name) or fields.get(name)
        if value and "esource" in value.lower():
            for key, told in cookie_back_end(value).items():
                found[f"X-BEResource.{key}"] = told
    mail = found.get("Email") or fields.get("Email")
    if mail and ("@" in mail or ".." in mail):
        found["Email.mailbox"] = percent(mail).rpartition("?")[2]


def _names_server(value: str) -> bool:
    """Hints that name a mailbox (`Smtp~a@b`, `MailboxGuid~…@b`) hold `@` too."""
    return (
        value.partition("~")[0].lower() in ("serverinfo", "server", "serverversion") or "]" in value
    )


def _tokens(fields: dict[str, str], found: dict[str, str], text: str) -> None:
    token = found.get("X-Rps-CAT") or fields.get("X-Rps-CAT")
    if token:
        for key, value in access_token(token).items():
            found[f"X-Rps-CAT.{key}"] = value
    if "SerializedSecurityContext" in text and (match := _CONTEXT.search(text)):
        for key, value in security_context(match[1]).items():
            found[f"SerializedSecurityContext.{key}"] = value


def _base64(fields: dict[str, str], found: dict[str, str]) -> None:
    query = found.get("query") or fields.get("query", "")
    for text in (query, fields.get("CMD"), fields.get("Parameters"), fields.get("cs-cookie")):
        if text and len(text) > SHORTEST and (told := commands(text)):
            found["command.base64"] = "\n".join(each.replace("\n", " ") for each in told)
            break
    if "__viewstate" in query.lower():
        if match := _VIEWSTATE.search(query):
            found["viewstate.size"] = str(len(match[1]))
        if match := _GENERATOR.search(query):
            found["viewstate.generator"] = match[1].upper()
