"""What the history costs: look-ups and learning per message, for histories of several sizes.

Builds a history of invented rows (per message 6 facts, 1 message, 0.3 threads, 12 marks), opens it,
and runs batches of 1,000 messages through it as the conversation room does: one `get` and one `put`
per table and batch. Of the 35 facts asked for per message 80 % belong to a hot set, a tenth are old,
a tenth new; of the 40 marks 36 are new. Prints processor time per message, memory and size.
Usage: python benchmarks/history.py [--messages 10000,100000,1000000] [--batches 30] [--none]
"""

from __future__ import annotations

import argparse
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

from tocsin.analyse.conversation.memory import Row, Table
from tocsin.store.history import History, open_history

BATCH = 1_000
HOT = 20_000
SHARES: dict[Table, float] = {"facts": 6, "messages": 1, "threads": 0.3, "marks": 12}


class Keys:
    """The n-th key of a table, the same in every process: no list of 190 million is kept."""

    def __init__(self, table: Table) -> None:
        self.salt = {"facts": 1, "messages": 2, "threads": 3, "marks": 4}[
            table
        ] * 0x9E3779B97F4A7C15

    def __call__(self, number: int) -> int:
        # splitmix64: every number another key
        key = (number * 0x9E3779B97F4A7C15 + self.salt) & 0xFFFFFFFFFFFFFFFF
        key = ((key ^ key >> 30) * 0xBF58476D1CE4E5B9) & 0xFFFFFFFFFFFFFFFF
        key = ((key ^ key >> 27) * 0x94D049BB133111EB) & 0xFFFFFFFFFFFFFFFF
        return ((key ^ key >> 31) & 0xFFFFFFFFFFFFFFFF) - (1 << 63)


KEYS = {table: Keys(table) for table in SHARES}


def row(table: Table, key: int, at: int) -> Row:
    """A row with numbers as large as real ones."""
    if table in ("messages", "marks"):
        return (key ^ 0x5A5A5A5A5A5A, key ^ 0x1B1B1B1B1B1B1B, at, 1)
    return (at - 86_400, at, 3, 2)


def build(path: str, messages: int) -> None:
    """A history of so many messages, learnt in their order."""
    began, processor = time.time(), time.process_time()
    done = dict.fromkeys(SHARES, 0)
    with open_history(path) as history:
        for upto in range(BATCH, messages + 1, BATCH):
            history.due(0)  # where a batch begins
            for table, share in SHARES.items():
                end = int(upto * share)
                keys = map(KEYS[table], range(done[table], end))
                history.put(table, {key: row(table, key, 1_700_000_000 + upto) for key in keys})
                done[table] = end
        history.put_meta("messages", str(messages))
    used = time.process_time() - processor
    size = Path(path).stat().st_size
    print(
        f"{messages:>10,} messages: built in {time.time() - began:.0f} s, "
        f"{used / messages * 1e6:.0f} us per message, {size / messages:.0f} bytes per message",
        flush=True,
    )


def asked(chance: random.Random, number: int, messages: int) -> dict[Table, list[int]]:
    """The keys one batch asks for."""
    keys: dict[Table, list[int]] = defaultdict(list)
    facts = int(messages * SHARES["facts"])
    for each in range(number * BATCH, (number + 1) * BATCH):
        keys["facts"] += [KEYS["facts"](chance.randrange(min(HOT, facts))) for _ in range(28)]
        keys["facts"] += [KEYS["facts"](chance.randrange(facts)) for _ in range(4)]
        keys["facts"] += [KEYS["facts"](facts + each * 3 + more) for more in range(3)]
        keys["messages"] += [KEYS["messages"](chance.randrange(messages)) for _ in range(2)]
        keys["messages"] += [KEYS["messages"](messages + each)]
        keys["threads"] += [KEYS["threads"](chance.randrange(int(messages * 0.3))) for _ in "ab"]
        keys["marks"] += [KEYS["marks"](chance.randrange(messages * 12)) for _ in range(4)]
        keys["marks"] += [KEYS["marks"](messages * 12 + each * 36 + more) for more in range(36)]
    return keys


def learnt(keys: dict[Table, list[int]]) -> dict[Table, dict[int, Row]]:
    """What the batch teaches: every fact again, the message, a thread, 12 new marks."""
    at = 1_800_000_000
    return {
        "facts": {key: row("facts", key, at) for key in keys["facts"]},
        "messages": {key: row("messages", key, at) for key in keys["messages"][2::3]},
        "threads": {key: row("threads", key, at) for key in keys["threads"][::2]},
        "marks": {
            key: row("marks", key, at)
            for start in range(0, len(keys["marks"]), 40)
            for key in keys["marks"][start + 4 : start + 16]
        },
    }


def replay(history: History, messages: int, batches: int) -> None:
    """Batches asked for and learnt from; prints what each message cost."""
    chance = random.Random(20_260_101)
    spent: dict[str, float] = defaultdict(float)
    slowest = 0.0
    for number in range(batches + 3):
        keys = asked(chance, number, messages)
        rows = learnt(keys)
        for table, some in keys.items():
            start = time.process_time()
            history.get(table, some)
            if number >= 3:  # the first batches fill the caches
                spent[table] += time.process_time() - start
        start = time.process_time()
        history.due(0)
        for table, some_rows in rows.items():
            history.put(table, some_rows)
        took = time.process_time() - start
        slowest = max(slowest, took)
        if number >= 3:
            spent["put"] += took
    start = time.process_time()
    history.close()
    spent["put"] += time.process_time() - start
    each = {name: took / batches / BATCH * 1e6 for name, took in spent.items()}
    parts = ", ".join(f"{name} {took:.0f}" for name, took in each.items() if name != "put")
    looked = sum(each.values()) - each["put"]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    # Which merges fall into so few batches is chance; spread over all messages, see "built".
    print(
        f"{messages:>10,} messages: look-ups {looked:.0f} us per message ({parts}); "
        f"learning in these batches {each['put']:.0f} us, the slowest {slowest:.1f} s; "
        f"memory {peak} MiB",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--messages", default="10000,100000,1000000")
    parser.add_argument("--batches", type=int, default=30)
    parser.add_argument("--none", action="store_true", help="without a file, from nothing")
    parser.add_argument("--only", nargs=2, help=argparse.SUPPRESS)
    parser.add_argument("--folder", default=None)
    given = parser.parse_args()
    if given.only:
        path, messages = given.only
        start = time.process_time()
        history = open_history(path or None)
        print(f"{int(messages):>10,} messages: opened in {time.process_time() - start:.2f} s")
        replay(history, int(messages), given.batches)
        return
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        for messages in map(int, given.messages.split(",")):
            path = "" if given.none else str(Path(folder) / f"{messages}.history")
            if path:
                build(path, messages)
            # A process of its own: memory and caches begin from nothing.
            again = [sys.executable, __file__, "--batches", str(given.batches), "--only"]
            subprocess.run([*again, path, str(messages)], check=True)


if __name__ == "__main__":
    main()
