"""Addresses without life: nothing in what is handed on may be clicked, not even by accident.

A mail client makes links of its own out of plain text, so it is the text that has to change:
`http` becomes `hxxp`, dots of hosts become `[.]`, and every other scheme loses its `://`.
"""

from __future__ import annotations

import re

_SCHEME = re.compile(r"(?<![A-Za-z0-9])([A-Za-z][A-Za-z0-9+.-]{0,30}+)://([^\s/?#\\]{0,300}+)")
_HOST = re.compile(r"(?:(?<![\w./\]-])|(?<=//))(?:[\w-]{1,63}+\.)++[^\W\d_]{2,63}+(?![\w@-])")
_SHARE = re.compile(r"\\\\(?=[\w\[])")

_FILE_ENDINGS = frozenset(
    [
        *("7z", "bat", "cab", "cmd", "csv", "dll", "doc", "docm", "docx", "dot", "dotm", "eml"),
        *("exe", "gif", "gz", "hta", "htm", "html", "ics", "img", "iso", "jpeg", "jpg", "js"),
        *("jse", "json", "lnk", "msg", "msi", "odt", "one", "pdf", "php", "png", "ppt", "pptm"),
        *("pptx", "pst", "rar", "rtf", "tar", "tif", "txt", "vbe", "vbs", "vhd", "vhdx", "wsf"),
        *("xhtml", "xla", "xll", "xls", "xlsb", "xlsm", "xlsx", "xml", "zip"),
    ]
)
"""A word that ends so names a file; mail clients make no link of it without a scheme."""


def inert(text: str) -> str:
    """Addresses with a scheme lose it; for a page that has no links of its own."""
    return _SCHEME.sub(_without_scheme, text)


def inert_mail(text: str) -> str:
    """As `inert`, and bare hosts, mail addresses and network shares too: for a mail's own text."""
    shown = _HOST.sub(_without_dots, inert(text))
    return _SHARE.sub(r"[\\\\]", shown)


def _without_scheme(found: re.Match[str]) -> str:
    scheme, host = found[1], found[2]
    host = host if "[.]" in host else host.replace(".", "[.]")
    low = scheme.lower()
    if low in ("http", "https"):
        return f"hxxp{low[4:]}://{host}"
    if low in ("hxxp", "hxxps"):
        return f"{low}://{host}"
    return f"{scheme}[://]{host}"


def _without_dots(found: re.Match[str]) -> str:
    word = found[0]
    if word.rpartition(".")[2].lower() in _FILE_ENDINGS and not word.lower().startswith("www."):
        return word
    return word.replace(".", "[.]")
