"""Progress on the standard error of a terminal: rate and time left; silent in a pipe."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tocsin.model.text import N_


@contextmanager
def progress_bar(
    translate: Callable[[str], str], *, quiet: bool
) -> Iterator[Callable[[int, int, int], None] | None]:
    """A function to tell progress to, or None when nobody would see it."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )

    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
        # No thread of its own: workers are forked while it runs.
        auto_refresh=False,
    )
    with bar:
        task = bar.add_task(translate(N_("Reading")), total=None)

        def tell(size: int, files: int, found: int) -> None:
            words = f"{translate(N_('Reading'))} {files}"
            bar.update(task, completed=size, total=found, description=words)
            bar.refresh()

        yield tell
