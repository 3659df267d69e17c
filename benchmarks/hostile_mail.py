"""Named hostile mails through the conversation room: nothing lost, linear time, bounded memory.

    python benchmarks/hostile_mail.py

Each is written at its size and at half of it, read and judged as `tocsin conversation` does, in a
process of its own whose address space is limited. Twice the size may take at most `GROWTH` times as
long; whole mails must each give a verdict.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from hostile import peak_memory
from hostile_mail_cases import CASES

ADDRESS_SPACE = 2 << 30
"""Bytes of address space: libraries, stacks and reservations included."""
PEAK = 300
"""Megabytes of resident memory that no case may need."""
CEILING = 10.0
"""Seconds of CPU that no mail may need at its full size."""
EACH = 0.002
"""The same for each mail of many."""
GROWTH = 2.6
"""How many times as long twice the size may take."""
NOISE = 0.25
"""Seconds below which growth says nothing."""
SECONDS = 600

NO_MAIL = frozenset({"From_ lines only"})
MANY = {
    "a thread that all claim", "a chain of answers", "a sender of many names", "a text that all say",
    "links of one second", "an account that answers all threads",
}  # fmt: skip
"""Cases that are many mails: as many as their size says."""


def expected(name: str, size: int) -> int:
    """How many mails a case is."""
    return 0 if name in NO_MAIL else size if name in MANY else 1


def judge(path: Path) -> dict[str, object]:
    """What became of a file: run in the process that judges it."""
    from tocsin.app.examine import Request, examine  # noqa: PLC0415 - after the limit is set
    from tocsin.knowledge import load  # noqa: PLC0415

    knowledge = load()
    warm = path.with_suffix(".warm")
    warm.write_bytes(b"From: a@contoso.example\nMessage-ID: <1@contoso.example>\n\nhello")
    rooms = frozenset({"conversation"})
    own = ("contoso.example",)
    examine(Request(paths=(str(warm),), rooms=rooms, workers=1, own_domains=own), knowledge)
    begun = time.process_time()
    run = examine(Request(paths=(str(path),), rooms=rooms, workers=1, own_domains=own), knowledge)
    took = time.process_time() - begun
    spoken = run.conversations
    told = [str(gap.why) for gap in run.gaps]
    return {
        "cpu": took,
        "mails": sum(spoken.judged.values()) + spoken.duplicates if spoken else 0,
        "flagged": len(spoken.messages) if spoken else 0,
        "gaps": told[:3],
        "failed": [words for words in told if "failed" in words],
    }


def measure(name: str, size: int, folder: Path) -> dict[str, object]:
    """Make one input, judge it in a process of its own, and say how that went."""
    path = folder / "hostile"
    path.write_bytes(CASES[name][0](size))
    process = subprocess.run(
        [sys.executable, __file__, "--judge", str(path)],
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE)),
    )
    path.unlink()
    if process.returncode:
        return {"crash": f"exit code {process.returncode}: {process.stderr[-1500:]}"}
    result: dict[str, object] = json.loads(process.stdout)
    return result


def verdict(name: str, size: int, half: dict, whole: dict) -> str:
    """Empty when all is well."""
    for each in (half, whole):
        if "crash" in each:
            return str(each["crash"])
        if each["failed"]:
            return f"a reader raised: {each['failed']}"
    mails = expected(name, size)
    if whole["mails"] != mails:
        return f"{whole['mails']} of {mails} mails"
    if whole["peak"] > PEAK:
        return f"{whole['peak']} MB"
    if whole["cpu"] > max(CEILING, mails * EACH):
        return f"{whole['cpu']:.1f} s"
    if whole["cpu"] > NOISE and whole["cpu"] > GROWTH * half["cpu"]:
        return f"{whole['cpu'] / half['cpu']:.1f} times as long for twice the size"
    return ""


def main() -> int:
    """Run all cases, print a table, and say 1 when anything went wrong."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--judge", type=Path, help=argparse.SUPPRESS)
    arguments.add_argument("--only", help="cases whose name holds this")
    chosen = arguments.parse_args()
    if chosen.judge:
        result = judge(chosen.judge)
        result["peak"] = peak_memory()
        print(json.dumps(result))
        return 0
    print(
        f"{'mail':48}{'size':>11}{'half s':>8}{'CPU s':>8}{'growth':>8}{'peak MB':>9}{'mails':>7}  said"
    )
    wrong = 0
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as folder:
        for name, (_, size, _small) in CASES.items():
            if chosen.only and chosen.only not in name:
                continue
            half = measure(name, size // 2, Path(folder))
            whole = measure(name, size, Path(folder))
            fault = verdict(name, size, half, whole)
            wrong += bool(fault)
            growth = whole.get("cpu", 0) / max(half.get("cpu", 0), 0.001)
            said = f"WRONG: {fault}" if fault else " ".join(whole["gaps"][:1])[:80]
            print(f"{name:48}{size:11}{half.get('cpu', 0):8.2f}{whole.get('cpu', 0):8.2f}{growth:8.2f}"
                  f"{whole.get('peak', 0):9}{whole.get('mails', 0):7}  {said}", flush=True)  # fmt: skip
    print(f"{wrong} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
