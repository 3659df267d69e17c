"""A scheduled task that stands elsewhere than in an event log, as the event of its making (4698).

https://learn.microsoft.com/en-us/previous-versions/windows/it-pro/windows-10/security/threat-protection/auditing/event-4698
"""

from __future__ import annotations

import re
from html import escape
from typing import Any

from tocsin.formats.syntax.event_values import AUDIT

_COMMAND = re.compile(
    r'\s*("[^"]{1,500}"|(?:[^"\s]|(?<=\w) (?=[^\s"]{1,60}\\))+)\s*(.*)', re.DOTALL
)


def task_made(name: str, content: str, author: str = "") -> dict[str, Any]:
    r"""The event. content: the task's XML, or what of it is known; author: with or without its domain."""
    return {
        "EventID": 4698,
        "Channel": "Security",
        "ProviderName": AUDIT,
        "SubjectUserName": author.rpartition("\\")[2],
        "TaskName": name,
        "TaskContent": content,
    }


def action_of(runs: str) -> str:
    """The action that a command line is, as a task's XML holds it."""
    parts = _COMMAND.fullmatch(runs)
    command, arguments = (parts[1], parts[2]) if parts is not None else (runs, "")
    action = f"<Command>{escape(command, quote=False)}</Command>"
    action += f"<Arguments>{escape(arguments, quote=False)}</Arguments>" if arguments else ""
    return f"<Exec>{action}</Exec>"
