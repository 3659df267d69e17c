"""Hostile logs and rules, each hunted in by a process of its own whose address space is limited.

    python benchmarks/hostile_hunt.py [--small] [--linear] [--only WORDS]

Each case is written to a temporary folder and given to `tocsin hunt`. The process must end by itself,
within the limits of memory and time, without an error; it must say what was lost, and find the row of
an attack that stands beside the rubbish. `--linear` runs each case again at twice its size.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from hostile import peak_memory
from hostile_hunt_cases import CASES, MARK, Case

ADDRESS_SPACE = 2 << 30
"""Bytes of address space of the hunting process: the searches' automata are mapped twice while built."""
PEAK = 300
"""Megabytes of resident memory that one process may need."""
SECONDS = 400
FACTOR = 2.7
"""How much longer twice the size may take."""
SLACK = 3.0
"""Seconds that a busy machine may add."""
DOCUMENT = 200 << 20
"""Bytes of `run.json` that no case may exceed."""


def hunt(folder: Path, arguments: list[str], changing: str) -> dict[str, object]:
    """Hunt as the command does: run in the limited process. changing: a file cut while it is read."""
    from tocsin.cli import main as command  # noqa: PLC0415 - after the limit is set

    if changing:
        threading.Timer(0.4, os.truncate, (folder / "case" / changing, 5 << 20)).start()
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        try:
            code = command(
                [
                    "hunt",
                    *arguments,
                    "--lang",
                    "en",
                    "--force",
                    "-o",
                    str(folder / "out"),
                    str(folder / "case"),
                ]
            )
        except SystemExit as end:
            code = end.code  # type: ignore[assignment]
    children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    return {"code": code, "peak": max(peak_memory(), children), "said": said.getvalue()[-3000:]}


def judged(folder: Path) -> dict[str, object]:
    """What the written document says."""
    path = folder / "out" / "run.json"
    if not path.exists():
        return {"document": False}
    run = json.loads(path.read_bytes()) if path.stat().st_size < DOCUMENT else {}
    hunted = run.get("hunt") or {}
    gaps = [f"{each['source']}#{each['position']}: {each['why']}" for each in run.get("gaps", ())]
    gaps += [f"{each['source']}: {each['why']}" for each in run.get("skipped", ())]
    blind = [str(each) for each in hunted.get("blind", ())]
    problems = [str(each) for each in hunted.get("problems", ())]
    return {
        "document": bool(run),
        "found": sum(MARK in json.dumps(each) for each in hunted.get("findings", ())),
        "rows": sum(each["rows"] for each in hunted.get("coverage", ())),
        "lost": sum(each["lost"] for each in hunted.get("coverage", ())),
        "told": gaps + blind + problems,
        "failed": [each for each in gaps if " failed (" in each],
    }


def measure(case: Case, size: int) -> dict[str, object]:
    """Write one case, hunt in it in a process of its own, and say how that went."""
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as name:
        folder = Path(name)
        (folder / "case").mkdir()
        arguments = case.write(folder / "case", size) or []
        arguments = [each.replace("{folder}", name) for each in arguments]
        if "--workers" not in arguments:
            arguments += ["--workers", "1"]
        begun = time.perf_counter()
        try:
            process = subprocess.run(
                [
                    sys.executable,
                    __file__,
                    "--hunt",
                    name,
                    "--changing",
                    case.changing,
                    "--",
                    *arguments,
                ],
                capture_output=True,
                text=True,
                check=False,
                timeout=SECONDS,
                preexec_fn=lambda: resource.setrlimit(
                    resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE)
                ),
            )
        except subprocess.TimeoutExpired:
            return {"crash": f"no end within {SECONDS} s", "seconds": SECONDS}
        took = time.perf_counter() - begun
        if process.returncode:
            words = f"exit code {process.returncode}: {process.stderr[-2000:]}"
            return {"crash": words, "seconds": took}
        return json.loads(process.stdout) | judged(folder) | {"seconds": took}


def verdict(case: Case, result: dict[str, object]) -> str:
    """Empty when all is well."""
    if "crash" in result:
        return str(result["crash"])
    if "Traceback" in str(result["said"]) or result["code"] not in (0, 1, 3):
        return f"the command failed: {result['said']}"
    told = result.get("told") or []
    assert isinstance(told, list)
    faults = (
        (not result["document"], f"no document: {result['said']}"),
        (result.get("failed"), f"a reader raised: {result.get('failed')}"),
        (case.found and not result.get("found"), f"the attack beside was not found: {told[:4]}"),
        (
            case.told and not any(case.told in each for each in told),
            f"nothing said of “{case.told}”: {told[:4]}",
        ),
        (int(str(result["peak"])) > PEAK, f"{result['peak']} MB"),
    )
    return next((words for wrong, words in faults if wrong), "")


def doubled(case: Case, size: int, seconds: float) -> str:
    """Empty when twice the size takes about twice the time."""
    again = measure(case, size * 2)
    later = float(str(again["seconds"]))
    if "crash" in again:
        return f"twice the size: {again['crash']}"
    return (
        f"{seconds:.1f} s, twice the size {later:.1f} s" if later > seconds * FACTOR + SLACK else ""
    )


def main() -> int:
    """Run all cases, print a table, and say 1 when anything went wrong."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--hunt", type=Path, help=argparse.SUPPRESS)
    arguments.add_argument("--changing", default="", help=argparse.SUPPRESS)
    arguments.add_argument("rest", nargs="*", help=argparse.SUPPRESS)
    arguments.add_argument("--only", help="cases whose name holds this")
    arguments.add_argument("--small", action="store_true", help="the sizes of the test suite")
    arguments.add_argument("--linear", action="store_true", help="each also at twice its size")
    chosen = arguments.parse_args()
    if chosen.hunt:
        print(json.dumps(hunt(chosen.hunt, chosen.rest, chosen.changing)))
        return 0
    print(f"{'case':52}{'seconds':>8}{'peak MB':>9}{'rows':>10}{'lost':>9}{'found':>7}  said")
    wrong = 0
    for name, case in CASES.items():
        if chosen.only and chosen.only not in name:
            continue
        size = case.small if chosen.small else case.size
        result = measure(case, size)
        fault = verdict(case, result)
        if chosen.linear and case.grows and not fault:
            fault = doubled(case, size, float(str(result["seconds"])))
        wrong += bool(fault)
        widths = (("peak", 9), ("rows", 10), ("lost", 9), ("found", 7))
        numbers = "".join(f"{result.get(key, '-')!s:>{width}}" for key, width in widths)
        told = result.get("told") or [""]
        said = f"WRONG: {fault[-600:]}" if fault else str(told[0])[-110:]  # type: ignore[index]
        print(f"{name:52}{result['seconds']:8.1f}{numbers}  {said}", flush=True)
    print(f"{wrong} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
