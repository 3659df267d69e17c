"""Many hands: files are handed out to processes, and what they bring back is folded as it comes."""

from __future__ import annotations

import importlib
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent import futures

import msgspec

from tocsin.app.digesting import file_digest
from tocsin.app.garbage import spare_what_is_loaded
from tocsin.app.hunting import ready
from tocsin.app.parts import Part, Whole
from tocsin.app.reading import WHOLE_FILE, Job, Pieces, pieces_of, read_files, read_range
from tocsin.collect.files import FileItem, printable
from tocsin.formats import formats
from tocsin.formats.syntax.domains import registrable
from tocsin.model.run import Source

BATCH_FILES = 400
BATCH_BYTES = 8 << 20
"""A worker's batch ends at either."""

Progress = Callable[[int, int, int], None]
"""Told of bytes and files read so far, and of the bytes found to read."""


def batches(items: Iterable[FileItem]) -> Iterator[list[FileItem]]:
    """What one worker is handed at once."""
    batch: list[FileItem] = []
    size = 0
    for item in items:
        batch.append(item)
        size += item.size
        if len(batch) >= BATCH_FILES or size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def read_in_processes(
    job: Job,
    workers: int,
    items: Iterator[FileItem],
    whole: Whole,
    progress: Progress | None,
) -> None:
    """Read files, many at once, and big ones in pieces."""
    import multiprocessing  # a small run has one process

    context = multiprocessing.get_context("fork" if os.name == "posix" else "spawn")
    with futures.ProcessPoolExecutor(workers, mp_context=context) as pool:
        hands = _Hands(pool, job, workers, whole, progress)
        for batch in batches(items):
            hands.take(batch)
            hands.collect(2 * workers)
        hands.collect(0)
        hands.name_pieces()


class _Hands:
    """What was handed out and is still awaited."""

    def __init__(
        self,
        pool: futures.ProcessPoolExecutor,
        job: Job,
        workers: int,
        whole: Whole,
        progress: Progress | None,
    ) -> None:
        self._pool = pool
        self._job = job
        self._workers = workers
        self._whole = whole
        self._progress = progress
        self._running: dict[futures.Future[Part], str] = {}
        self._digests: dict[str, futures.Future[str]] = {}
        self._cut: dict[str, Source] = {}
        self._records: Counter[str] = Counter()
        self._found = 0
        self._idle = True

    def take(self, batch: list[FileItem]) -> None:
        """Hand out a batch; of its big files each piece by itself."""
        self._found += sum(each.size for each in batch)
        small = []
        for each in batch:
            big = each.size > 2 * WHOLE_FILE
            cut = pieces_of(each.path, self._job, self._workers) if big else None
            if cut is None:
                small.append(each.path)
            else:
                self._take_big(each, cut)
        if small:
            self._running[self._pool.submit(read_files, self._job, tuple(small))] = ""

    def _take_big(self, item: FileItem, cut: Pieces) -> None:
        path = item.path
        self._digests[path] = self._pool.submit(file_digest, path)
        self._cut[path] = Source(
            source=printable(path), format=cut.format, size=item.size, sha256=""
        )
        for number, start in enumerate(range(0, item.size, cut.step)):
            end = min(start + cut.step, item.size)
            made = self._pool.submit(read_range, self._job, path, number, start, end)
            self._running[made] = path
            self.collect(2 * self._workers)

    def collect(self, limit: int) -> None:
        """Fold what is done, until no more than so much is awaited."""
        while len(self._running) > limit:
            if self._idle and self._job.hunt is not None:
                self._idle = False
                _meanwhile()
            done, _ = futures.wait(self._running, return_when=futures.FIRST_COMPLETED)
            for future in done:
                path = self._running.pop(future)
                part = future.result()
                if path:
                    self._records[path] += sum(part.records.values())
                self._whole.add(part)
                if self._progress is not None:
                    size = self._whole.size
                    self._progress(size, self._whole.files, max(self._found, size))

    def name_pieces(self) -> None:
        """Name the files that were read in pieces, with their digests."""
        for path, source in self._cut.items():
            digest = self._digests[path].result()
            self._whole.digests[source.source] = digest
            records = self._records[path]
            told = msgspec.structs.replace(source, sha256=digest, records=records)
            self._whole.add(Part(sources=[told], files=1))


LATER = ("duckdb", "tocsin.report.html")
"""What is needed when all is read, and takes a while to load."""


def _meanwhile() -> None:
    """Load it while the others read."""
    for name in LATER:
        importlib.import_module(name)


def load(job: Job, first: Sequence[str]) -> None:
    """Load before the workers are forked what they would each load else."""
    if job.hunt is None or not ready(job.hunt.wish, first):
        formats()
    if job.hunt is None or job.reading.messages:
        registrable("contoso.example")
    if job.reading.messages:
        _load_words()
    spare_what_is_loaded()


def _load_words() -> None:
    """What the reading of mails needs."""
    importlib.import_module("tocsin.formats.syntax.mail_message")
    from tocsin.formats.syntax.mail_text import STEM
    from tocsin.knowledge import lexicon
    from tocsin.knowledge.everyday_words import everyday_stems
    from tocsin.knowledge.mail_tables import file_kinds, link_hosts, link_words, wrappers

    lexicon.cues("")
    everyday_stems(STEM)
    for table in (link_hosts, link_words, file_kinds, wrappers):
        table()
