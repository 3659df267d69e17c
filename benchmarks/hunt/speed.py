"""The hunt beside ripgrep: the same derived texts, in the same logs, in one run.

Writes an invented IIS log (1.2 GB in 12 files, as a real front end's rows are mixed), then runs
`rg` for all texts that the hunt derives from its rules, and `tocsin hunt` as a whole: start, rules,
digests, judging, report. Prints user and system time of all processes, wall time, peak memory of one
process, and the ratios (promised: at most 1.5 of the processor time, at most 2 of the wall time).
Further: the same of an HttpProxy log (300 MB), growth from a tenth of the size to the whole, with
rules of a folder added, and records of .evtx a second: read as text, and the whole hunt, over chunks
that are filled with the records of small files.
Usage: python -m benchmarks.hunt.speed [--megabytes 1200] [--proxy 300] [--rules DIR] [--evtx FILE …]
Needs ripgrep (Debian: apt-get install ripgrep) for the comparison.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.hunt import evtx_bulk
from benchmarks.hunt.iis_bulk import write
from benchmarks.hunt.logs import Server
from benchmarks.hunt.traffic import day
from tocsin.app.hunting import HuntWish, rules
from tocsin.formats.evtx import FORMAT as EVTX
from tocsin.formats.syntax.log_rows import LogRecord, RecordLog
from tocsin.knowledge.sigma.anchors import anchors

ROUNDS = 5

COMPILED = {**os.environ, "PYTHONDONTWRITEBYTECODE": ""}
"""As installed: the modules are compiled once, by the first of these runs."""


def measured(command: list[str]) -> dict[str, float]:
    """The best of some runs: processor and wall seconds, and the largest of its processes in MiB."""
    best: dict[str, float] = {}
    for _ in range(ROUNDS):
        start = time.perf_counter()
        with tempfile.TemporaryFile() as said:
            # Of this process and its children alone: what all children ever used is another figure.
            running = subprocess.Popen(
                command, stdout=subprocess.DEVNULL, stderr=said, env=COMPILED
            )
            _, status, used = os.wait4(running.pid, 0)
            running.returncode = os.waitstatus_to_exitcode(status)
            if running.returncode not in (0, 1, 3):
                said.seek(0)
                raise SystemExit(said.read().decode()[-2000:])
        cpu = used.ru_utime + used.ru_stime
        if not best or cpu < best["cpu"]:
            wall = time.perf_counter() - start
            peak = round(used.ru_maxrss / 1024)
            best = {"cpu": round(cpu, 2), "wall": round(wall, 2), "peak_mebibytes": peak}
    return best


def ours(logs: Path, *options: str) -> dict[str, float]:
    """`tocsin hunt` as a user runs it."""
    with tempfile.TemporaryDirectory() as out:
        command = [sys.executable, "-m", "tocsin", "hunt", str(logs), "-q", "-o", out, "--force"]
        return measured([*command, "--fail-on", "none", *options])


def ripgrep(logs: Path, surface: str, texts: Path) -> dict[str, float]:
    """`rg` for everything that the hunt would look for in this kind of log."""
    found: dict[str, None] = {}
    for rule in rules(HuntWish()).rules:
        if surface in rule.surfaces:
            found.update(dict.fromkeys(anchors(rule, surface) or ()))
    texts.write_text("\n".join(found) + "\n", "utf-8")
    options = ["-a", "-i", "-c", "--no-unicode", "--no-config", "-j", str(os.cpu_count() or 1)]
    answer = measured(["rg", *options, "-f", str(texts), str(logs)])
    return {**answer, "texts": len(found)}


def proxy_log(target: Path, size: int) -> int:
    """An HttpProxy log of about so many bytes, its rows those of an invented morning, repeated."""
    with tempfile.TemporaryDirectory() as made:
        server = Server(name="EX20", chance=random.Random(7))
        day(server, datetime(2026, 3, 3, 6, tzinfo=UTC), 2, 60)
        server.write(Path(made))
        text = next((Path(made) / "EX20" / "httpproxy").iterdir()).read_bytes()
    head, _, body = text.partition(b"RoutingStatus\r\n")
    times = max(1, size // len(body))
    with target.open("wb") as out:
        out.write(head + b"RoutingStatus\r\n")
        for _ in range(times):
            out.write(body)
    return body.count(b"\n") * times


def evtx_rate(path: Path) -> float:
    """Records of a file a second of one processor, as text for the search."""
    log = EVTX.log
    assert isinstance(log, RecordLog)
    count = 0
    start = time.process_time()
    while time.process_time() - start < 3:
        with path.open("rb") as stream:
            count += sum(isinstance(each, LogRecord) for each in log.records(stream))
    return round(count / (time.process_time() - start))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=1200)
    parser.add_argument("--proxy", type=int, default=300)
    parser.add_argument("--rules", type=Path)
    parser.add_argument("--evtx", type=Path, nargs="*", default=[])
    wish = parser.parse_args()
    answer: dict[str, Any] = {"processors": os.cpu_count()}
    with tempfile.TemporaryDirectory() as scratch:
        place = Path(scratch)
        for name, size in (("whole", wish.megabytes), ("tenth", wish.megabytes // 10)):
            logs = place / name
            logs.mkdir()
            answer[f"iis_{name}"] = {"rows": write(logs, size * 1_000_000), "ours": ours(logs)}
        _beside(answer["iis_whole"], place / "whole", "iis", place / "texts")
        if wish.rules:
            more = ours(place / "whole", "--rules", str(wish.rules))
            answer["iis_whole"]["with_more_rules"] = more
        shutil.rmtree(place / "whole")
        proxy = place / "proxy"
        proxy.mkdir()
        rows = proxy_log(proxy / "HttpProxy_1.LOG", wish.proxy * 1_000_000)
        answer["httpproxy"] = {"rows": rows, "ours": ours(proxy)}
        _beside(answer["httpproxy"], proxy, "httpproxy", place / "texts")
    for source in wish.evtx:
        answer[source.name] = events(source)
    print(json.dumps(answer, indent=2))


def events(source: Path) -> dict[str, Any]:
    """200 MB of a file's records: read as text, and hunted in, a second of one processor."""
    with tempfile.TemporaryDirectory() as made:
        target = Path(made) / "Security.evtx"
        count = evtx_bulk.write(target, [source], 200_000_000)
        whole = ours(Path(made))
        return {
            "records": count,
            "read_per_cpu_second": evtx_rate(target),
            "ours": whole,
            "hunted_per_cpu_second": round(count / whole["cpu"]),
        }


def _beside(answer: dict[str, Any], logs: Path, surface: str, texts: Path) -> None:
    if not shutil.which("rg"):
        answer["ripgrep"] = "not installed"
        return
    peer = answer["ripgrep"] = ripgrep(logs, surface, texts)
    mine = answer["ours"]
    answer["cpu_ratio"] = round(mine["cpu"] / peer["cpu"], 2)
    answer["wall_ratio"] = round(mine["wall"] / peer["wall"], 2)


if __name__ == "__main__":
    main()
