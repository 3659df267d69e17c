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
    get = fields.get
    encoded = "%" in text
    if encoded:
        _percent(fields, found)
    if query := get("query"):
        if encoded or not query.isascii():
            _code_page(fields, found, query)
        _base64(found, found.get("query", query))
    if uri := found.get("cs-uri-query") or get("cs-uri-query"):
        _requests(uri, found)
    if "~" in text or "esource" in text:
        _targets(fields, found)
    _identities(fields, found, text)
    for name in ("Parameters", "cs-cookie"):
        if name in fields:
            _base64(found, fields[name])
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


def _code_page(fields: dict[str, str], found: dict[str, str], query: str) -> None:
    plain = foreign(query)
    if not plain:
        return
    found["query.ebcdic"] = plain
    whole = f"{fields.get('cs-uri-stem', '')}?{plain}"
    for name, value in (("query", plain), ("cs-uri-query", whole)):
        found[name] = f"{found[name]}\n{value}" if name in found else value
    for key, value in taken(plain).items():
        found.setdefault(key, value)


def _requests(uri: str, found: dict[str, str]) -> None:
    if "utodiscover.json" in uri or "utodiscover.json" in uri.lower():
        told = autodiscover_target(uri)
        found |= {f"autodiscover.{key}": value for key, value in told.items()}
    if "@" in uri:
        found |= {f"explicit-logon.{key}": value for key, value in explicit_logon(uri).items()}


def _targets(fields: dict[str, str], found: dict[str, str]) -> None:
    for name in ("AnchorMailbox", "BackEndCookie"):
        value = found.get(name) or fields.get(name)
        if value and ("/" in value or "]" in value or "@" in value) and _names_server(value):
            found |= {f"{name}.{key}": told for key, told in back_end(value).items()}
    for name in ("cs-cookie", "cs-uri-query", "GenericInfo"):
        value = found.get(name) or fields.get(name)
        if value and "esource" in value:
            found |= {f"X-BEResource.{key}": told for key, told in cookie_back_end(value).items()}


def _identities(fields: dict[str, str], found: dict[str, str], text: str) -> None:
    """As whom the request wants to act."""
    cookie = fields.get("cs-cookie", "")
    if "mail=" in cookie or "CAT=" in cookie:
        for key, value in taken(cookie).items():
            found.setdefault(key, value)
    if mail := found.get("Email") or fields.get("Email"):
        found["Email.mailbox"] = percent(mail).rpartition("?")[2]
    if token := found.get("X-Rps-CAT") or fields.get("X-Rps-CAT"):
        found |= {f"X-Rps-CAT.{key}": value for key, value in access_token(token).items()}
    if "SerializedSecurityContext" in text and (match := _CONTEXT.search(text)):
        told = security_context(match[1])
        found |= {f"SerializedSecurityContext.{key}": value for key, value in told.items()}


def _names_server(value: str) -> bool:
    """Hints that name a mailbox (`Smtp~a@b`, `MailboxGuid~…@b`) hold `@` too."""
    return (
        value.partition("~")[0].lower() in ("serverinfo", "server", "serverversion") or "]" in value
    )


def _base64(found: dict[str, str], text: str) -> None:
    if len(text) > SHORTEST and (told := commands(text)):
        plain = "\n".join(each.replace("\n", " ") for each in told)
        before = found.get("command.base64")
        found["command.base64"] = f"{before}\n{plain}" if before else plain
    if "__" in text:
        if match := _VIEWSTATE.search(text):
            found["viewstate.size"] = str(len(match[1]))
        if match := _GENERATOR.search(text):
            found["viewstate.generator"] = match[1].upper()
