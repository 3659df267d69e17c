"""When garbage is looked for. Python looks after 700 new objects, which is a tenth of a short run."""

from __future__ import annotations

import gc
from functools import cache

COLLECTED_AFTER = 30_000
"""Objects made before garbage is looked for, once everything is loaded."""


@cache
def spare_what_is_loaded() -> None:
    """Let the collector leave alone what is there now, and begin its work. Workers forked behind it share
    that memory. Once in a process: what were garbage later would stay."""
    gc.freeze()
    gc.set_threshold(COLLECTED_AFTER)
