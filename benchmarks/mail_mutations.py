"""Damaged whole mails: each gives its one record, nothing raises, nothing takes long.

    python benchmarks/mail_mutations.py --count 100000
    python benchmarks/mail_mutations.py --count 20000 --room

With `--room` the records are judged too, in batches and then told in full, as `tocsin conversation`
does. Mail number N is the same on every machine with the same seeds; `--dump N` writes it out.
"""

from __future__ import annotations

import argparse
import heapq
import io
import multiprocessing
import os
import random
import signal
import sys
import time
import traceback
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection
from pathlib import Path

import msgspec

sys.path.insert(0, str(Path(__file__).resolve().parent))
from mail_damage import damaged
from mail_seeds import mail_seeds
from mutations import Hang, memory

from tocsin.app.parts import Part
from tocsin.formats import CERTAIN, HEAD_SIZE, Reading, formats
from tocsin.model.evidence import Evidence, Look
from tocsin.model.finding import Gap
from tocsin.model.locator import Locator
from tocsin.model.message import Message

HANG = 20.0
"""Seconds of one mail that count as a hang."""

SLOWEST = 10
SHARES = (("eml", 800), ("mbox", 140), ("msg", 55), ("pst", 5))
"""How often each format's turn comes; a data file of Outlook starts a process."""

ROOM_BATCH = 4000
"""Mails that are judged as one run."""

OWN = frozenset({"contoso.example"})
READING = Reading(own_domains=OWN, messages=True, mark_key=b"0123456789abcdef0123456789abcdef")


def made(number: int, *, whole: bool = True) -> tuple[str, str, bytes]:
    """Mail `number`: its format, its kind, its bytes. whole: out of the seeds of all archives."""
    dice = random.Random(f"mail:{number}")
    found = mail_seeds(whole=whole)
    names = [name for name, _ in SHARES if found[name]]
    name = dice.choices(names, [share for name, share in SHARES if found[name]])[0]
    source, seed = dice.choice(found[name])
    others = [data for _, data in dice.sample(found["eml"], min(6, len(found["eml"])))]
    how, data = damaged(dice, seed, others)
    if name == "eml" and dice.random() < 0.1:
        name, data = "mbox", _as_mbox([data, *others[:2]])
    return name, f"{name} {source} {how}", data


def _as_mbox(mails: list[bytes]) -> bytes:
    line = b"From a@contoso.example Mon Nov  1 10:00:00 2021\n"
    return b"\n".join(line + mail.replace(b"\nFrom ", b"\n>From ") for mail in mails)


def read(name: str, data: bytes, part: Part) -> tuple[int, Counter[str]]:
    """Read one as the product does; its mails, and its gaps by wording. Raises what it raises.

    Asserts that each record that was counted gave one mail, or told why not.
    """
    form = next(each for each in formats() if each.name == name)
    mails = records = items = 0
    gaps: Counter[str] = Counter()
    for found in form.read(io.BytesIO(data), Locator(source="a"), READING):
        msgspec.json.encode(found)
        if isinstance(found, Gap):
            str(found.why)
            gaps[_wording(found)] += 1
        elif isinstance(found.body, Message):
            mails += 1
            part.mail(found)
        elif isinstance(found.body, Look):
            records += found.body.records
        else:
            assert isinstance(found, Evidence), f"yielded {type(found).__name__}"
            items += 1
    if name in ("eml", "mbox"):
        assert mails == records, f"{records} mails gave {mails} records"
        assert name == "mbox" or mails == 1, f"{mails} records of one mail"
    else:
        assert mails <= records, f"{records} items gave {mails} records"
    # What is not recognised any more is listed as skipped by whoever asked.
    if form.recognise(data[:HEAD_SIZE]) >= CERTAIN:
        assert mails or records or gaps, "nothing at all was said"
    return mails, gaps


def _wording(gap: Gap) -> str:
    """What a gap says, faults of libraries by their type: they may hide one of ours."""
    words = gap.why.template
    if "{fault}" in words:
        words += " " + str(gap.why.values.get("fault", "")).partition(":")[0]
    return words


def _ring(*_: object) -> None:
    raise Hang


def work(start: int, end: int, send: object, *, room: bool, whole: bool = True) -> None:
    """A range of mails in this process; what happened is sent to the other side."""
    signal.signal(signal.SIGALRM, _ring)
    mail_seeds(whole=whole)
    result = {"done": 0, "mails": 0, "failed": 0, "faults": []}
    result |= {"gaps": Counter(), "judged": Counter()}
    slowest: list[tuple[float, int, str, int]] = []
    times: list[float] = []
    before, part = memory("VmRSS"), Part()
    for number in range(start, end):
        name, kind, data = made(number, whole=whole)
        send.send(number)
        if len(part.mails) > ROOM_BATCH:
            _judge(part, result, room=room)
            part = Part()
        begun = time.process_time()
        signal.setitimer(signal.ITIMER_REAL, HANG)
        try:
            mails, gaps = read(name, data, part)
            result["mails"] += mails
            result["gaps"] += gaps
        except (Exception, Hang):  # noqa: BLE001 - finding them is what this is for
            _failed(result, f"#{number} {kind}")
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
        took = time.process_time() - begun
        times.append(took)
        heapq.heappush(slowest, (took, number, kind, len(data)))
        if len(slowest) > SLOWEST:
            heapq.heappop(slowest)
        result["done"] += 1
    _judge(part, result, room=room)
    times.sort()
    result["slowest"] = slowest
    result["times"] = [times[int(share * (len(times) - 1))] for share in (0.5, 0.99, 0.999)]
    result["cpu"] = sum(times)
    peak = memory("VmHWM")
    result["peak"], result["grown"] = peak // 1024, (peak - before) // 1024
    send.send(result)


def _failed(result: dict, which: str) -> None:
    result["failed"] += 1
    if len(result["faults"]) < 40:
        result["faults"].append((which, traceback.format_exc(limit=-8)))


def _judge(part: Part, result: dict, *, room: bool) -> None:
    """All mails of a part through the conversation room, as the product does it."""
    if not room or not part.mails:
        return
    from tocsin.app.conversation import Wish, converse  # noqa: PLC0415 - only where it is asked for
    from tocsin.store.history import open_history  # noqa: PLC0415
    from tocsin.store.spool import Spool  # noqa: PLC0415

    try:
        with Spool() as spool, Spool() as lines, open_history(None) as history:
            for when, place, data in part.mails:
                spool.append(when, data, place)
            wish = Wish(own_domains=tuple(OWN), inferred=False)
            found = converse(spool, history, wish, lines)
            msgspec.json.encode(found)
            for line in lines.in_order():
                msgspec.json.decode(line)
            result["judged"] += Counter(found.judged) + Counter(duplicates=found.duplicates)
            told = sum(found.judged.values()) + found.duplicates
            assert told == len(part.mails), f"{told} of {len(part.mails)} mails were judged"
    except Exception:  # noqa: BLE001 - finding them is what this is for
        _failed(result, "room")


Running = tuple[Connection, multiprocessing.Process]


def begin(start: int, end: int, *, room: bool = False, whole: bool = True) -> Running:
    """Begin a range in a process of its own."""
    receive, send = multiprocessing.Pipe(duplex=False)
    worker = multiprocessing.get_context("fork").Process(
        target=work, args=(start, end, send), kwargs={"room": room, "whole": whole}
    )
    worker.start()
    send.close()
    return receive, worker


def collect(running: Running) -> dict[str, object]:
    """Wait for a worker's result; a crash is a result too."""
    receive, worker = running
    last: object = None
    try:
        while not isinstance(last, dict):
            last = receive.recv()
    except EOFError:
        worker.join()
        words = f"the process died: exit code {worker.exitcode}"
        return {"failed": 1, "faults": [(f"#{last}", words)]}
    worker.join()
    return last


def main() -> int:
    """Run, print what happened, and say 1 when anything went wrong."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--count", type=int, default=2000)
    arguments.add_argument("--start", type=int, default=0, help="number of the first")
    arguments.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    arguments.add_argument("--room", action="store_true", help="judge them too")
    arguments.add_argument("--dump", type=int, help="write that mail and stop")
    chosen = arguments.parse_args()
    if chosen.dump is not None:
        sys.stdout.buffer.write(made(chosen.dump)[2])
        return 0
    mail_seeds()
    begun = time.perf_counter()
    step = -(-chosen.count // chosen.workers)
    end = chosen.start + chosen.count
    running = [
        begin(at, min(at + step, end), room=chosen.room) for at in range(chosen.start, end, step)
    ]
    with ThreadPoolExecutor(len(running)) as pool:
        parts = list(pool.map(collect, running))
    return _print(parts, time.perf_counter() - begun)


def _print(parts: list[dict], took: float) -> int:
    done, mails, failed = (sum(p.get(key, 0) for p in parts) for key in ("done", "mails", "failed"))
    print(f"{done} inputs, {mails} mails, {failed} failures, {took:.0f} s, "
          f"peak {max(p.get('peak', 0) for p in parts)} MB")  # fmt: skip
    for part in parts:
        if "times" in part:
            shares = ", ".join(f"{each * 1000:.1f}" for each in part["times"])
            print(f"CPU ms a mail: mean {part['cpu'] / part['done'] * 1000:.2f};"
                  f" median, 99 %, 99.9 %: {shares}; grown {part['grown']} MB")  # fmt: skip
    print("judged", dict(sum((p.get("judged", Counter()) for p in parts), Counter())))
    for words, count in sum((p.get("gaps", Counter()) for p in parts), Counter()).most_common(40):
        print(f"{count:9} {words}")
    print("slowest")
    for seconds, number, kind, size in heapq.nlargest(
        SLOWEST, [each for p in parts for each in p.get("slowest", ())]
    ):
        print(f"{seconds * 1000:9.0f} ms  #{number} {size} bytes, {kind}")
    for part in parts:
        for which, words in part["faults"]:
            print(f"FAULT {which}\n{words}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
