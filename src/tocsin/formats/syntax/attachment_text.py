"""Kinds of plain text that start something: told by how they begin, whatever their name.

Sources: the formats' own documentation (Microsoft Learn: library descriptions, RDP files, Windows
Sandbox, App Installer, ClickOnce manifests, themes; Java's JNLP; Microsoft's SYLK and web queries).
"""

from __future__ import annotations

import re

_OPENINGS: tuple[tuple[str, str], ...] = (
    ("begin:vcalendar", "calendar"),
    ("begin:vcard", "contact"),
    ("-----begin pgp signature", "signature"),
    ("-----begin pgp signed message", "text"),
    ("-----begin pgp message", "encrypted"),
    ("-----begin pgp public key", "key"),
    ("-----begin certificate", "key"),
    ("-----begin pkcs7", "signature"),
    ("[internetshortcut", "shortcut"),
    ("[{000214a0", "shortcut"),
    ("[shell]", "shortcut"),
    ("[desktop entry]", "shortcut"),
    ("[scriptfile]", "script"),
    ("[oledb]", "shortcut"),
    ("windows registry editor", "script"),
    ("regedit4", "script"),
    ("@echo off", "script"),
    ("#@~^", "script"),
    ("begin 6", "uue"),
    ("begin 7", "uue"),
    ("begin-base64 ", "uue"),
    ("version 1", "text"),
)
_SHAPES: tuple[tuple[re.Pattern[str], str], ...] = (
    # A table that begins with the column "ID" is no SYLK: its second line is no record.
    (re.compile(r"id;p[^\r\n]{0,80}[\r\n]{1,2}(?:[bcfpeonw];|n[neul];|e[\r\n])"), "script"),
    (re.compile(r"web[ \t]{0,5}[\r\n]{1,2}\d{1,3}[ \t]{0,5}[\r\n]{1,2}\s{0,5}(?:https?:|ftp:|file:|\\\\)"), "script"),
    (re.compile(r"(?:xlodbc|dbq|sqllite)[ \t]{0,5}[\r\n]{1,2}\d{1,3}[ \t]{0,5}[\r\n]"), "script"),
    (re.compile(r"(?:https?|file):[^\r\n#]{0,500}#[^\r\n]{1,200}\.application, culture="), "shortcut"),
)  # fmt: skip
_LINES: tuple[tuple[str, re.Pattern[str], str], ...] = (
    ("[internetshortcut", re.compile(r"(?m)^\s{0,5}\[internetshortcut(?:\.[aw])?\]\s{0,5}$"), "shortcut"),
    ("full address:s:", re.compile(r"(?m)^(?:alternate )?full address:s:"), "shortcut"),
    ("[theme]", re.compile(r"(?m)^\[theme\]\s{0,5}$"), "shortcut"),
)  # fmt: skip
"""Sections and lines that need not stand first, and by what their search is worth its time."""

_ROOTS = {
    "job": "", "package": "", "component": "", "scriptlet": "script", "mmc_consolefile": "script", "librarydescription": "shortcut", "persistedquery": "shortcut",
    "searchconnectordescription": "shortcut", "pcsettings": "shortcut", "appinstaller": "shortcut",
    "jnlp": "shortcut", "configuration": "", "contact": "", "plist": "", "assembly": "",
    "stylesheet": "", "odc": "",
}  # fmt: skip
"""Root elements of files that start something; those of "" only with one of `_TOGETHER`."""

_PARTS = ("<script", "<?job", "<?component", "<runtime", "<registration", "<object")
_TOGETHER: dict[str, tuple[tuple[str, ...], str]] = {
    "job": (_PARTS, "script"), "package": (("<job", "<script"), "script"), "component": (_PARTS, "script"),
    "configuration": (("<logoncommand", "<mappedfolder"), "script"),
    "contact": (("schemas.microsoft.com/contact",), "shortcut"),
    "plist": (("<key>url</key>",), "shortcut"),
    "assembly": (("deploymentprovider", "<deployment", "<entrypoint"), "shortcut"),
    "stylesheet": (("msxsl:script", "<ms:script", 'language="jscript"', 'language="vbscript"'), "script"),
}  # fmt: skip
_ROOT = re.compile(
    r"(?:<!--.{0,500}?-->\s{0,200}|<\?[^>]{0,300}\?>\s{0,200}|<!doctype\s[^>]{0,300}>\s{0,200})*+<(?:[\w.\-]{1,30}:)?([a-z_]{1,40})\b",
    re.DOTALL,
)


def kind_of_opening(lower: str) -> str:
    """What a text in lower case, without blanks in front, is by its first lines; empty where they
    say nothing."""
    for opening, kind in _OPENINGS:
        if lower.startswith(opening):
            return kind
    if lower.startswith("<"):
        return _rooted(lower)
    for shape, kind in _SHAPES:
        if shape.match(lower):
            return kind
    for words, shape, kind in _LINES:
        if words in lower and shape.search(lower):
            return kind
    return ""


def _rooted(lower: str) -> str:
    found = _ROOT.match(lower)
    if found is None or found[1] not in _ROOTS:
        return ""
    marks, kind = _TOGETHER.get(found[1], ((), ""))
    return _ROOTS[found[1]] or (kind if any(each in lower for each in marks) else "")
