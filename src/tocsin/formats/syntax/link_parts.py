"""One link taken apart the way a browser does (WHATWG URL), tolerant of what is in real mail.

No validation beyond that: a link that nothing would open has no parts (None). Own code, because a
mail may hold tens of thousands of links and the standard library's parser raises on hostile ones.
"""

from __future__ import annotations

import re
from urllib.parse import unquote

import msgspec

URL_LIMIT = 2000
"""Characters of a link that are kept."""

HOST_LIMIT = 253
"""Characters of a host name (RFC 1035)."""

_END_OF_HOST = re.compile(r"[/?#\\]")
_HOST = re.compile(r"[\w.\-]{1,253}")
_NUMBER = re.compile(r"0[xX][0-9a-fA-F]{0,16}|\d{1,16}")
_DEFAULT_PORTS = {"http": "80", "https": "443", "ftp": "21"}


class LinkParts(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """host: lower case, punycode, addresses in their usual form. unusual: the address was written
    as a number, in hex or in short. rest: path, query and fragment as written."""

    scheme: str
    host: str
    port: str = ""
    userinfo: bool = False
    address: bool = False
    unusual: bool = False
    rest: str = ""

    @property
    def url(self) -> str:
        """The link again, in one spelling."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = f":{self.port}" if self.port else ""
        return f"{self.scheme}://{host}{port}{self.rest}"[:URL_LIMIT]


def parts_of(url: str) -> LinkParts | None:
    """Take `url` apart; None when it has no host that could be asked."""
    unc = url.startswith("\\\\")
    if unc:
        url = "file://" + url[2:].replace("\\", "/")
    scheme, found, tail = url[:URL_LIMIT].partition("://")
    if not found:
        return None
    scheme = scheme.lower()
    tail = tail.lstrip("/\\") if scheme != "ftp" else tail
    end = _END_OF_HOST.search(tail)
    authority, rest = (tail[: end.start()], tail[end.start() :]) if end else (tail, "")
    user, at, place = authority.rpartition("@")
    webdav = scheme == "file" and at and place.lower() in ("ssl", "80", "443", "8080", "8443")
    if webdav:  # \\host@80\share: WebDAV by the Windows redirector
        place, at = user.partition("@")[0], ""
    host, port = _port(place)
    named = _named(host)
    if named is None:
        return None
    host, address, unusual = named
    if not host or host in ("localhost.localdomain", "localhost"):
        return None
    if scheme == "file" and not (address or unc or webdav or ("." in host and len(rest) > 1)):
        return None  # file:///path, file://name.patch: of this machine, or of a build recipe
    if rest[:1] == "\\":
        rest = "/" + rest[1:]
    return LinkParts(
        scheme=scheme,
        host=host,
        port="" if port == _DEFAULT_PORTS.get(scheme) else port,
        userinfo=bool(at),
        address=address,
        unusual=unusual,
        rest=rest or "/",
    )


def _port(place: str) -> tuple[str, str]:
    if place.startswith("["):
        host, _, port = place.partition("]")
        return host + "]", port.removeprefix(":") if port[1:].isdigit() else ""
    host, colon, port = place.rpartition(":")
    if colon and (port == "" or (port.isdigit() and len(port) <= 5)):
        return host, port
    return place, ""


def _named(host: str) -> tuple[str, bool, bool] | None:
    """(host, whether it is an address, whether that was written unusually)."""
    if host.startswith("["):
        inner = host.strip("[]").lower()
        return (inner, True, False) if re.fullmatch(r"[0-9a-f:.]{2,45}", inner) else None
    if "%" in host:
        host = unquote(host)
    host = host.lower().strip(".")
    if not host.isascii():
        host = _ascii(host)
    if not _HOST.fullmatch(host) or ".." in host:
        return None
    last = host.rpartition(".")[2]
    if last[:1].isdigit() and _NUMBER.fullmatch(last):
        usual = _address(host)
        return None if usual is None else (usual, True, usual != host)
    return host, False, False


def _ascii(host: str) -> str:
    try:
        return host[:HOST_LIMIT].encode("idna").decode("ascii")
    except UnicodeError:  # a label that IDNA does not know: kept as it is
        return host[:HOST_LIMIT]


def _address(host: str) -> str | None:
    """The usual form of an IPv4 address in any form that browsers take (WHATWG URL, 3.5)."""
    pieces = host.split(".")
    if len(pieces) > 4 or not all(_NUMBER.fullmatch(piece) for piece in pieces):
        return None
    numbers = [_number(piece) for piece in pieces]
    if None in numbers:
        return None
    values = [number for number in numbers if number is not None]
    if any(value > 255 for value in values[:-1]) or values[-1] >= 256 ** (5 - len(values)):
        return None
    whole = values[-1] + sum(value << (8 * (3 - at)) for at, value in enumerate(values[:-1]))
    return ".".join(str(whole >> shift & 255) for shift in (24, 16, 8, 0))


def _number(piece: str) -> int | None:
    if piece[:2] in ("0x", "0X"):
        return int(piece[2:] or "0", 16)
    if len(piece) > 1 and piece[0] == "0":
        return int(piece, 8) if not set(piece) & {"8", "9"} else None
    return int(piece)
