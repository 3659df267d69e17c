"""The parameters of a cmdlet as Exchange prints them in its event log and its audit logs.

`-Identity "OAB (Default Web Site)" -ExternalUrl "http://…"`: quotes inside a value are not escaped,
so a value ends where the next name begins. Exchange 2010 also prints `{Identity=DAG1, Name=…}`.
"""

from __future__ import annotations

import re

PARAMETERS_LIMIT = 100
"""Parameters of one cmdlet that are told apart."""

_NAME = re.compile(r"(?:^|(?<=[\"}\w] ))-(?P<name>[A-Za-z]\w{0,63})(?=[ :]|$):?\s?")
_BRACED = re.compile(r"(?:^|, )(?P<name>[A-Za-z]\w{0,63})=")


def parameters_of(text: str) -> dict[str, str]:
    """Each parameter by name, its value without the quotes around it; the first of a name counts."""
    text = text.strip()
    if text.startswith("{") and text.endswith("}"):
        return _cut(_BRACED, text[1:-1])
    return _cut(_NAME, text)


def _cut(names: re.Pattern[str], text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    name, start = "", 0
    for each in names.finditer(text):
        # Inside a quoted value a dash begins no parameter: `"a -b"` ends with its quote.
        before = text[start : each.start()].strip()
        if name and before.startswith('"') and (len(before) == 1 or not before.endswith('"')):
            continue
        if name:
            found.setdefault(name, _plain(before))
        name, start = each["name"], each.end()
        if len(found) >= PARAMETERS_LIMIT:
            break
    if name:
        found.setdefault(name, _plain(text[start:].strip()))
    return found


def _plain(value: str) -> str:
    value = value.removesuffix(",")
    if len(value) >= 2 and value[0] == value[-1] and value[0] in "\"'":
        return value[1:-1]
    return value
