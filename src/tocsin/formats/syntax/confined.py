"""A process of its own for a library that hostile bytes could bring down: its command, its limits.

Started by its path it is the first thing that process runs: it sets the limits, then runs the file it
is given. It imports nothing of Tocsin, so that the process starts fast.
"""

from __future__ import annotations

import runpy
import sys


def command(script: str, memory: int, seconds: int, *arguments: str) -> list[str]:
    """What starts a file of ours apart. memory: bytes of address space; seconds: of CPU."""
    return [sys.executable, "-I", __file__, str(memory), str(seconds), script, *arguments]


def _limit(memory: int, seconds: int) -> None:
    try:
        import resource  # noqa: PLC0415 - not on Windows
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 5))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


if __name__ == "__main__":
    _limit(int(sys.argv[1]), int(sys.argv[2]))
    del sys.argv[:3]
    runpy.run_path(sys.argv[0], run_name="__main__")
