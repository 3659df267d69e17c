"""The text of a rule file -> its documents, as plain maps, lists and scalars.

PyYAML's C parser gives events; they are put together here, because its own constructors cost four
times as much and read more into a scalar than its author wrote: `0x17` and `12:30` are what they
look like here, not 23 and 750, and `no` is a word. Aliases are followed, and counted.
"""

from __future__ import annotations

from typing import Any

from tocsin.knowledge.sigma.rule_fault import RuleError
from tocsin.model.text import N_, say

SIZE_LIMIT = 1024 * 1024
"""Bytes of one rule file."""


def documents(text: str) -> list[Any]:
    """Every document of one file. Raises `RuleError` if it is no YAML or beyond a limit."""
    if len(text) > SIZE_LIMIT:
        raise RuleError(say(N_("the file is larger than {limit} bytes"), limit=SIZE_LIMIT))
    import yaml  # noqa: PLC0415 - not needed where rules were kept from an earlier run

    from tocsin.knowledge.sigma.composer import Composer  # noqa: PLC0415

    try:
        events = iter(yaml.CSafeLoader(text).get_event, None)
        found = list(Composer(events).documents())
    except yaml.MarkedYAMLError as fault:
        mark = fault.problem_mark or fault.context_mark
        line = mark.line + 1 if mark else 0
        words = N_("line {line}: not YAML: {what}")
        raise RuleError(say(words, line=line, what=fault.problem or "")) from None
    except yaml.YAMLError as fault:
        raise RuleError(say(N_("not YAML: {what}"), what=str(fault)[:200])) from None
    return found


__all__ = ["SIZE_LIMIT", "RuleError", "documents"]
