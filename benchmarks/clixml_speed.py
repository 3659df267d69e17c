"""Reading CLIXML into settings and servers, against ElementTree's parse of the same files alone.

234 files of 26 MB, the size of the test data in Microsoft's CSS-Exchange repository, are made out of
its samples in ../shared by giving every copy names of its own. Both read the same bytes in one run, in
turn; the least of the rounds is taken, since other work of the machine makes a run slower only.

Usage: python benchmarks/clixml_speed.py [--files 234] [--megabytes 26] [--rounds 3]
"""

from __future__ import annotations

import argparse
import io
import re
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as ET

from tocsin.formats import HEAD_SIZE, Reading, recognise
from tocsin.formats.syntax import clixml
from tocsin.model.evidence import Evidence
from tocsin.model.finding import Gap
from tocsin.model.locator import Locator
from tocsin.model.setting import Setting

SAMPLES = Path(__file__).resolve().parents[2] / "shared" / "samples" / "hybrid"
BIG = 1_000_000
_NAMES = re.compile(r"(SOLO-E1\dA|WIN-CTD3L0RGEN4|E2k16-\d|ex-02)", re.IGNORECASE)


def made(files: int, megabytes: int) -> list[bytes]:
    """The samples again and again under other names; big ones only while there is room for them."""
    samples = [path.read_bytes() for path in sorted(SAMPLES.rglob("*.xml"))]
    small = [each for each in samples if len(each) < BIG]
    big = [each for each in samples if len(each) >= BIG]
    room = megabytes * 1_000_000 - files * sum(map(len, small)) // len(small)
    count = max(0, room) // (sum(map(len, big)) // len(big)) if big else 0
    chosen = [big[n % len(big)] for n in range(min(count, files))]
    chosen += [small[n % len(small)] for n in range(files - len(chosen))]
    return [renamed(each, number) for number, each in enumerate(chosen)]


def renamed(data: bytes, number: int) -> bytes:
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    text = _NAMES.sub(lambda match: f"{match[1]}-{number:03}", data.decode(encoding))
    return text.encode(encoding)


def ours(files: list[bytes]) -> Counter[str]:
    """Everything the product does with the file but opening it."""
    found: Counter[str] = Counter()
    for data in files:
        form = recognise(data[:HEAD_SIZE])
        assert form is not None
        for each in form.read(io.BytesIO(data), Locator(source="x"), Reading()):
            body = each.body if isinstance(each, Evidence) else each
            found[type(body).__name__] += 1
            if isinstance(body, Setting):
                found["properties"] += len(body.properties) + len(body.lost)
    return found


def objects(files: list[bytes]) -> Counter[str]:
    """Our reader of the syntax alone."""
    found: Counter[str] = Counter()
    for data in files:
        for each in clixml.read_objects(io.BytesIO(data), Locator(source="x")):
            found["gaps" if isinstance(each, Gap) else "objects"] += 1
    return found


def tree(files: list[bytes]) -> Counter[str]:
    """ElementTree's parse into elements, and nothing made of them."""
    found: Counter[str] = Counter()
    for data in files:
        found["elements"] += sum(1 for _ in ET.fromstring(data).iter())
    return found


def least(rounds: int, *ways: Callable[[], Counter[str]]) -> list[tuple[float, Counter[str]]]:
    """Seconds of processor and what came out, for each way; they take turns."""
    best: list[tuple[float, Counter[str]]] = [(float("inf"), Counter())] * len(ways)
    for _ in range(rounds):
        for at, way in enumerate(ways):
            begun = time.process_time()
            found = way()
            best[at] = min(best[at], (time.process_time() - begun, found), key=lambda b: b[0])
    return best


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--files", type=int, default=234)
    options.add_argument("--megabytes", type=int, default=26)
    options.add_argument("--rounds", type=int, default=3)
    given = options.parse_args()
    if not SAMPLES.is_dir():
        print("../shared is absent: nothing to measure")
        return 1
    files = made(given.files, given.megabytes)
    size = sum(map(len, files))
    whole, syntax, parsed = least(
        given.rounds, lambda: ours(files), lambda: objects(files), lambda: tree(files)
    )
    print(
        f"{len(files)} files, {size / 1e6:.1f} MB, least of {given.rounds} rounds, seconds of processor"
    )
    for label, (seconds, found) in (
        ("settings, servers, gaps", whole),
        ("objects alone", syntax),
        ("ElementTree alone", parsed),
    ):
        told = ", ".join(f"{name} {count}" for name, count in sorted(found.items()))
        print(f"{label:25} {seconds:6.2f} s {size / 1e6 / seconds:6.1f} MB/s   {told}")
    print(f"settings against ElementTree's parse alone: {whole[0] / parsed[0]:.1f} times as long")
    return 0


if __name__ == "__main__":
    sys.exit(main())
