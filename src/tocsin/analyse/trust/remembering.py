"""Answers that many checks and edges ask of the same situation are worked out once."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TypeVar, cast

from tocsin.analyse.trust.situation import Situation

T = TypeVar("T")


def remembered(ask: Callable[[Situation], T]) -> Callable[[Situation], T]:
    """Keep the answer with the situation, which never changes."""
    name = f"{ask.__module__}.{ask.__qualname__}"

    @functools.wraps(ask)
    def answer(situation: Situation) -> T:
        if name not in situation.__dict__:
            situation.__dict__[name] = ask(situation)
        return cast("T", situation.__dict__[name])

    return answer
