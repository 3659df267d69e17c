"""Damaged inputs through every format: no exception, no hang, no crash, bounded memory.

    python benchmarks/mutations.py --count 100000

Input number N of a format is the same on every machine with the same seeds, so a failure is named
by two words; `--only FORMAT --dump N` writes that input to the standard output.
"""

from __future__ import annotations

import argparse
import io
import json
import multiprocessing
import os
import random
import resource
import signal
import struct
import sys
import time
import traceback
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec

sys.path.insert(0, str(Path(__file__).resolve().parent))
from seeds import seeds

from tocsin.collect.archives import Budget, Limits, Member, members
from tocsin.formats import HEAD_SIZE, Reading, formats
from tocsin.model.evidence import Evidence
from tocsin.model.finding import Gap
from tocsin.model.locator import Locator

HANG = 20.0
"""Seconds of one input that count as a hang."""

_READING = Reading(own_domains=frozenset({"contoso.example"}))
_LIMITS = Limits(unpacked=1 << 28, ratio_from=1 << 22, dictionary=1 << 26)
_ENCODINGS = ("utf-16", "utf-16-le", "utf-16-be", "utf-8-sig", "utf-7", "utf-32", "latin-1")
_TOKENS = (
    b"\0", b"\r", b"\n", b"\r\n\r\n", b"\xff\xfe", b"\xef\xbb\xbf", b"\xc3\x28", b"\xed\xa0\x80", b"<", b">",
    b"&x;", b"&#0;", b"]]>", b"<!--", b"<![CDATA[", b"<?xml version='1.0'?>", b"<!DOCTYPE a [<!ENTITY x 'y'>]>",
    b'"', b"'", b"\\", b"\\u0000", b"\\ud800", b"{", b"}", b"[", b"]", b",", b":", b";", b"(", b")", b"=", b"=?",
    b"?=", b"=?utf-8?b?", b"NaN", b"1e999", b"-1", b"99999999999999999999", b"15.1.2507.6", b"null", b"true",
    b"From ", b"Received: ", b"--b", b"dn: ", b"%s%n", b"{0}", b"${x}", b"../", b"\x1b[2J",
)  # fmt: skip


def mutate(dice: random.Random, seed: bytes, others: list[bytes]) -> bytes:
    """One damaged copy: one to eight mutations, most often one or two."""
    data = bytearray(seed)
    for _ in range(dice.choice((1, 1, 1, 2, 2, 4, 8))):
        if dice.random() < 0.08:
            _splice(dice, data, others)
        else:
            dice.choice(_MUTATIONS)(dice, data)
        if len(data) > 1 << 20:
            del data[1 << 20 :]
    if data[:6] == b"7z\xbc\xaf\x27\x1c" and dice.random() < 0.8:
        _sign_7z(data)
    return bytes(data)


def _place(dice: random.Random, data: bytearray) -> int:
    return dice.randrange(len(data) + 1)


def _flip(dice: random.Random, data: bytearray) -> None:
    for _ in range(dice.choice((1, 1, 8, 64)) if data else 0):
        data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)


def _truncate(dice: random.Random, data: bytearray) -> None:
    del data[_place(dice, data) :]


def _behead(dice: random.Random, data: bytearray) -> None:
    del data[: _place(dice, data) // 4]


def _cut(dice: random.Random, data: bytearray) -> None:
    place = _place(dice, data)
    del data[place : place + dice.choice((1, 4, 40, 400))]


def _duplicate(dice: random.Random, data: bytearray) -> None:
    place = _place(dice, data)
    data[place:place] = data[place : place + dice.choice((4, 40, 400, 4000))] * dice.choice(
        (1, 1, 2, 50)
    )


def _splice(dice: random.Random, data: bytearray, others: list[bytes]) -> None:
    other = dice.choice(others)
    start = dice.randrange(len(other) + 1)
    place = _place(dice, data)
    data[place : place + dice.choice((0, 0, 100))] = other[
        start : start + dice.choice((10, 100, 1000, 10_000))
    ]


def _token(dice: random.Random, data: bytearray) -> None:
    place = _place(dice, data)
    data[place : place + dice.choice((0, 0, 1))] = dice.choice(_TOKENS) * dice.choice(
        (1, 1, 1, 3, 100)
    )


def _long_line(dice: random.Random, data: bytearray) -> None:
    place = _place(dice, data)
    data[place:place] = dice.choice((b"a", b" ", b"0", b"\t", b"A1=", b"=?", b"(")) * dice.choice(
        (1000, 30_000)
    )


def _nest(dice: random.Random, data: bytearray) -> None:
    opening, closing = dice.choice(
        (
            (b"[", b"]"),
            (b'{"a":', b"}"),
            (b"<a>", b"</a>"),
            (b"(", b")"),
            (b"<Obj><MS>", b"</MS></Obj>"),
        )
    )
    place, depth = _place(dice, data), dice.choice((20, 500, 5000))
    data[place:place] = opening * depth + (closing * depth if dice.random() < 0.5 else b"")


def _blank(dice: random.Random, data: bytearray) -> None:
    place, size = _place(dice, data), dice.choice((1, 4, 64, 4096))
    data[place : place + size] = bytes([dice.choice((0, 0, 255, 32))]) * size


def _recode(dice: random.Random, data: bytearray) -> None:
    text = bytes(data).decode("utf-8", "replace" if dice.random() < 0.5 else "surrogateescape")
    encoding = dice.choice(_ENCODINGS)
    place = len(text) if dice.random() < 0.7 else dice.randrange(len(text) + 1)
    data[:] = text[:place].encode(encoding, "replace") + text[place:].encode("utf-8", "replace")


def _line_ends(dice: random.Random, data: bytearray) -> None:
    old, new = dice.choice(
        ((b"\r\n", b"\n"), (b"\n", b"\r"), (b"\n", b"\r\n"), (b"\n", b"\n\n"), (b"\n", b""))
    )
    data[:] = bytes(data).replace(old, new)


def _number(dice: random.Random, data: bytearray) -> None:
    if len(data) >= 8:
        place = dice.randrange(len(data) - 7)
        value = dice.choice((0, 1, 0x7FFFFFFF, 0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF, len(data)))
        size = dice.choice((1, 2, 4, 8))
        data[place : place + size] = (value & (1 << 8 * size) - 1).to_bytes(size, "little")


_MUTATIONS: tuple[Callable[[random.Random, bytearray], None], ...] = (
    _flip, _flip, _truncate, _behead, _cut, _duplicate, _token, _token, _long_line, _nest, _blank,
    _recode, _line_ends, _number,
)  # fmt: skip


def _sign_7z(data: bytearray) -> None:
    """A 7z header with a wrong checksum is never parsed: make it right, so that damage goes deep."""
    if len(data) >= 32:
        offset, size = struct.unpack_from("<QQ", data, 12)
        if 32 + offset + size <= len(data):
            struct.pack_into("<L", data, 28, zlib.crc32(data[32 + offset : 32 + offset + size]))


def made(name: str, number: int, found: dict[str, list[bytes]], others: list[bytes]) -> bytes:
    """Input `number` of a format."""
    dice = random.Random(f"{name}:{number}")
    return mutate(dice, dice.choice(found[name]), others)


def read(name: str, data: bytes) -> tuple[int, int]:
    """Read one input as the product does; how much evidence and how many gaps. Raises what it raises."""
    head = data[:HEAD_SIZE]
    for each in formats():
        score = each.recognise(head)
        assert 0 <= score <= 100, f"{each.name} is {score} sure"
    evidence = gaps = 0
    if name == "archive":
        for member in members(io.BytesIO(data), "a", _LIMITS, Budget(_LIMITS)):
            if isinstance(member, Member):
                evidence += 1
                member.stream.read()
            else:
                gaps += isinstance(member, Gap)
                # What cannot be written down would fail much later.
                msgspec.json.encode((member, str(member.why)))
        return evidence, gaps
    form = next(each for each in formats() if each.name == name)
    for found in form.read(io.BytesIO(data), Locator(source="a"), _READING):
        msgspec.json.encode(found)
        if isinstance(found, Gap):
            gaps += 1
            str(found.why)
        else:
            assert isinstance(found, Evidence), f"yielded {type(found).__name__}"
            evidence += 1
    return evidence, gaps


class Hang(BaseException):
    """Not an Exception, so that no reader catches it."""


def _ring(*_: object) -> None:
    raise Hang


def _work(name: str, start: int, end: int, send: object) -> None:
    found = seeds()
    others = [data for each in found.values() for data in each[:8]]
    signal.signal(signal.SIGALRM, _ring)
    result = {
        "evidence": 0,
        "gaps": 0,
        "done": 0,
        "faults": [],
        "slowest": 0.0,
        "slowest_input": start,
    }
    before = memory("VmRSS")
    for number in range(start, end):
        data = made(name, number, found, others)
        send.send(number)
        begun = time.perf_counter()
        signal.setitimer(signal.ITIMER_REAL, HANG)
        try:
            evidence, gaps = read(name, data)
            result["evidence"] += evidence
            result["gaps"] += gaps
        except (Exception, Hang):  # noqa: BLE001 - finding them is what this is for
            if len(result["faults"]) < 20:
                result["faults"].append((number, traceback.format_exc(limit=-6)))
            result["failed"] = result.get("failed", 0) + 1
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
        result["done"] += 1
        took = time.perf_counter() - begun
        if took > result["slowest"]:
            result["slowest"], result["slowest_input"] = took, number
    peak = memory("VmHWM")
    result["peak"], result["grown"] = peak // 1024, (peak - before) // 1024
    send.send(result)


def memory(what: str) -> int:
    """Kilobytes resident now (`VmRSS`; the peak is then counted anew) or at most since (`VmHWM`)."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    if what == "VmRSS":
        # The peak of a forked process begins with its parent's.
        Path("/proc/self/clear_refs").write_text("5")
    line = next(line for line in status.read_text().splitlines() if line.startswith(what))
    return int(line.split()[1])


def run(name: str, start: int, end: int) -> dict[str, object]:
    """A range of inputs in a process of its own; a crash is a result too."""
    receive, send = multiprocessing.Pipe(duplex=False)
    worker = multiprocessing.get_context("fork").Process(
        target=_work, args=(name, start, end, send)
    )
    worker.start()
    send.close()
    last: object = None
    try:
        while not isinstance(last, dict):
            last = receive.recv()
    except EOFError:
        worker.join()
        return {"failed": 1, "faults": [(last, f"the process died: exit code {worker.exitcode}")]}
    worker.join()
    return last


def main() -> int:
    """Run, print a table, and say 1 when anything went wrong."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--count", type=int, default=1000, help="inputs for each format")
    arguments.add_argument("--start", type=int, default=0, help="number of the first")
    names = [*(each.name for each in formats()), "archive"]
    arguments.add_argument("--only", action="append", choices=names, help="one or more of these")
    arguments.add_argument("--dump", type=int, help="write that input of --only and stop")
    arguments.add_argument("--json", type=Path, help="write the results there too")
    chosen = arguments.parse_args()
    found = seeds()
    if chosen.dump is not None:
        others = [data for each in found.values() for data in each[:8]]
        sys.stdout.buffer.write(made(chosen.only[0], chosen.dump, found, others))
        return 0
    print(f"{'format':18}{'seeds':>6}{'inputs':>9}{'per s':>8}{'evidence':>10}{'gaps':>10}"
          f"{'failed':>8}{'slowest':>18}{'peak MB':>9}{'grown':>7}")  # fmt: skip
    results = {}
    workers = os.cpu_count() or 1
    for name in chosen.only or list(found):
        begun = time.perf_counter()
        step = -(-chosen.count // workers)
        end = chosen.start + chosen.count
        ranges = [(name, at, min(at + step, end)) for at in range(chosen.start, end, step)]
        with ThreadPoolExecutor(workers) as pool:
            parts = list(pool.map(lambda each: run(*each), ranges))
        results[name] = parts
        _print(name, len(found[name]), parts, time.perf_counter() - begun)
    if chosen.json:
        chosen.json.write_text(json.dumps(results, indent=1))
    failed = sum(int(part.get("failed", 0)) for parts in results.values() for part in parts)
    print(f"{failed} failures")
    return 1 if failed else 0


def _print(name: str, count: int, parts: list[dict], took: float) -> None:
    def total(key: str) -> int:
        return sum(part.get(key, 0) for part in parts)

    slowest = max(parts, key=lambda part: part.get("slowest", 0))
    words = f"{slowest.get('slowest', 0) * 1000:.0f} ms #{slowest.get('slowest_input', '?')}"
    peak, grown = (max(part.get(key, 0) for part in parts) for key in ("peak", "grown"))
    print(f"{name:18}{count:6}{total('done'):9}{total('done') / took:8.0f}{total('evidence'):10}"
          f"{total('gaps'):10}{total('failed'):8}{words:>18}{peak:9}{grown:7}", flush=True)  # fmt: skip
    for part in parts:
        for number, words in part["faults"][:3]:
            print(f"  {name} #{number}: {words}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
