"""The command that an event of PowerShell tells, under the name that a program's start has for it."""

from __future__ import annotations

import re

from tocsin.formats.syntax.event_data import Fields

TYPED_LIMIT = 1500
"""Characters of a script block that is taken for a command: a script's own text names much that it never does."""

_SCRIPT = re.compile(
    r"(?im)^\s*(?:function\s|filter\s|param\s*\(|#requires|\.SYNOPSIS|<#|\[CmdletBinding|class\s+\w+\s*\{)"
)
"""What stands in a script or a module and is not typed."""

_HOLDERS = ("ContextInfo", "Data", "param3", "Message")
"""Where readers leave the values of these events."""

_HOST = re.compile(r"Host ?Application ?= ?([^\r\n]+)")


def name_command(found: Fields) -> None:
    """Give an event of PowerShell its `CommandLine`, unless it has one."""
    number = found["EventID"]
    if number == "4104" and "ScriptBlockText" in found:
        text = found["ScriptBlockText"]
        if len(text) <= TYPED_LIMIT and not found.get("Path") and not _SCRIPT.search(text):
            found.setdefault("CommandLine", text)
    elif number in ("400", "4103") and "PowerShell" in found.get("Provider_Name", ""):
        for name in _HOLDERS:
            if told := _HOST.search(found.get(name, "")):
                found.setdefault("CommandLine", told[1].strip())
                break
