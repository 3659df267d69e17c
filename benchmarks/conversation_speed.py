"""The whole analysis of mails against rspamd and SpamAssassin: messages per second of processor.

One shuffled sample of real mails (threads of two lists, phishing, SpamAssassin's corpus, out of
../shared) is given to all three: to `tocsin conversation --format jsonl` as a folder, user and
system time of the process and of its children counted; to one worker of rspamd over HTTP on the
loopback; to one child of `spamd -L` through `spamc`. Of the two daemons the worker alone is
counted, without its start, once it has warmed up; slow ones see the first mails only. Both run as Debian packages
them, with their own rules and every rule that asks the network off (SpamAssassin's compiled rules
are used where `sa-compile` made them). A peer that is not installed is left out, and it is said.

Ours is counted with its start, and once more without: the start is what one mail costs.
`--history N` learns from a history of N invented messages, built once (one million: minutes).
Usage: python benchmarks/conversation_speed.py [--count 4000] [--history 1000000] [FOLDER …]
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from history import build

from tocsin.store.history import open_history

SAMPLES = Path(__file__).resolve().parents[2] / "shared" / "samples" / "mail"
NAMES = ("threads-", "phish-", "ham-spam-")
SEED = 3
ROUNDS = 3
"""Ours is run so often, and the least taken: other work of the machine makes a run slower only."""

RSPAMD_FIRST, SPAMD_FIRST = 2000, 300
WARMING = 50
PORT = 21_333
TICKS = os.sysconf("SC_CLK_TCK")
ACCOUNT = "nobody"
"""Whose account the daemons run under, where we are root."""

_NETWORK = (
    "antivirus arc asn aws_s3 bimi clickhouse dcc dkim dkim_signing dmarc elastic external_relay"
    " external_services fuzzy_check greylist history_redis http_headers metadata_exporter"
    " metric_exporter mx_check neural p0f ratelimit rbl redis replies reputation rspamd_update spf"
    " surbl url_redirector"
)
NETWORK = _NETWORK.split()
"""Modules of rspamd that ask the network or another daemon."""

HOST_ASKING = "".join(f"{name}_enabled = false;\n" for name in ("from", "rcpt", "mid"))
"""Rules of rspamd's `hfilter` that resolve names; its others stay."""

RSPAMD = """
.include "$CONFDIR/common.conf"
options { pidfile = "$RUNDIR/rspamd.pid"; .include "$CONFDIR/options.inc"
  control_socket = "$DBDIR/rspamd.sock mode=0600";
  dns { nameserver = ["127.0.0.1:1"]; timeout = 0.05s; retransmits = 1; } }
logging { type = "file"; filename = "$LOGDIR/rspamd.log"; level = "error"; }
worker "normal" { bind_socket = "127.0.0.1:%d"; count = 1; .include "$CONFDIR/worker-normal.inc" }
"""


def sample(folders: list[Path], count: int, target: Path) -> list[Path]:
    """The first so many mails of all that are found, shuffled, as files of one folder."""
    found: list[Path] = []
    with tempfile.TemporaryDirectory(dir=target.parent) as unpacked:
        if not folders:
            for at, archive in enumerate(sorted(SAMPLES.glob("*.tar.xz"))):
                if archive.name.startswith(NAMES):
                    with tarfile.open(archive) as tar:
                        tar.extractall(Path(unpacked) / str(at), filter="data")
        for each in folders or [Path(unpacked)]:
            found += sorted(path for path in each.rglob("*") if path.is_file())
        random.Random(SEED).shuffle(found)
        target.mkdir()
        for at, path in enumerate(found[:count]):
            shutil.copyfile(path, target / f"{at:06}.eml")
    return sorted(target.iterdir())


def ours(arguments: list[str], compiled: dict[str, str]) -> dict[str, float]:
    """One run: processor time of all its processes, wall time, the largest of its processes."""
    command = [sys.executable, "-m", "tocsin", "conversation", *arguments, "--format", "jsonl"]
    before, began = os.times(), time.perf_counter()
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=compiled
    ) as process:
        peak: dict[int, int] = {}
        watching = threading.Thread(target=_watch, args=(process.pid, peak), daemon=True)
        watching.start()
        assert process.stdout is not None
        judged = sum(b'"kind":"message"' in line for line in process.stdout)
        process.wait()
        watching.join()
    after = os.times()
    used = after.children_user + after.children_system
    used -= before.children_user + before.children_system
    return {
        "judged": judged, "processor": used, "wall": time.perf_counter() - began,
        "peak": max(peak.values(), default=0),
    }  # fmt: skip


def _watch(pid: int, peak: dict[int, int]) -> None:
    """The most memory (bytes resident) that a process and its children are seen to have."""
    while True:
        family = [pid, *_children(pid)]
        alive = False
        for each in family:
            try:
                status = Path(f"/proc/{each}/status").read_text()
            except OSError:
                continue
            size = status.partition("VmHWM:")[2].split()
            alive = alive or bool(size)
            if size:
                peak[each] = int(size[0]) * 1024
        if not alive:
            return
        time.sleep(0.05)


def _children(pid: int) -> list[int]:
    try:
        text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    except OSError:
        return []
    return [int(each) for each in text.split()]


def processor(pid: int) -> float:
    """Seconds of processor, user and system, that a process has used."""
    numbers = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(numbers[11]) + int(numbers[12])) / TICKS


def rate(paths: list[Path], pids: list[int], ask: Callable[[bytes], None]) -> float:
    """Messages per second of the processor of the workers."""
    for path in paths[:WARMING]:
        ask(path.read_bytes())
    before = sum(map(processor, pids))
    for path in paths:
        ask(path.read_bytes())
    return len(paths) / max(sum(map(processor, pids)) - before, 1 / TICKS)


def rspamd(paths: list[Path], work: Path) -> float | None:
    """Messages per processor second of one worker of rspamd; None where it is not installed."""
    if shutil.which("rspamd") is None:
        return None
    local = work / "local" / "local.d"
    for each in (local, work / "db", work / "run", work / "log"):
        each.mkdir(parents=True)
    for name in NETWORK:
        (local / f"{name}.conf").write_text("enabled = false;\n")
    (local / "hfilter.conf").write_text(HOST_ASKING)
    (work / "rspamd.conf").write_text(RSPAMD % PORT)
    places = {"DBDIR": "db", "RUNDIR": "run", "LOGDIR": "log", "LOCAL_CONFDIR": "local"}
    command = ["rspamd", "-f", "-c", str(work / "rspamd.conf")]
    for name, folder in places.items():
        command += ["--var", f"{name}={work / folder}"]
    if os.geteuid() == 0:
        _give_away(work)
        command += ["-u", ACCOUNT, "-g", "nogroup"]
    with daemon(command) as process:
        if not _answers(process):
            return None
        # Its expressions are compiled by a helper after the start; without them it is slower.
        _wait_for(lambda: any((work / "db").glob("*.hs*")), 60)
        time.sleep(10)
        line = http.client.HTTPConnection("127.0.0.1", PORT)

        def ask(raw: bytes) -> None:
            line.request("POST", "/checkv2", raw)
            line.getresponse().read()

        workers = [pid for pid in _children(process.pid) if _called(pid, "normal")]
        return rate(paths[:RSPAMD_FIRST], workers, ask)


def spamd(paths: list[Path], work: Path) -> float | None:
    """The same of one child of `spamd -L`; None where it, or its client, is not installed."""
    if shutil.which("spamd") is None or shutil.which("spamc") is None:
        return None
    work.mkdir()
    port = str(PORT + 1)
    command = ["spamd", "-L", "-x", "-i", f"127.0.0.1:{port}", "-m", "1", "--min-children=1",
               "--max-conn-per-child=1000000", "-s", "null", "-H", str(work)]  # fmt: skip
    if os.geteuid() == 0:
        _give_away(work)
        command += ["-u", ACCOUNT]
    with daemon(command) as process:
        if not _answers(process, PORT + 1):
            return None

        def ask(raw: bytes) -> None:
            subprocess.run(
                ["spamc", "-d", "127.0.0.1", "-p", port, "-R", "-s", "10000000"],
                input=raw, stdout=subprocess.DEVNULL, check=False,
            )  # fmt: skip

        ask(paths[0].read_bytes())
        return rate(paths[:SPAMD_FIRST], _children(process.pid), ask)


@contextmanager
def daemon(command: list[str]) -> Iterator[subprocess.Popen[bytes]]:
    """A daemon in the foreground, ended with what it started."""
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    ) as process:
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)


def _answers(process: subprocess.Popen[bytes], port: int = PORT) -> bool:
    def tried() -> bool:
        with socket.socket() as one:
            return one.connect_ex(("127.0.0.1", port)) == 0 or process.poll() is not None

    return _wait_for(tried, 120) and process.poll() is None


def _wait_for(true: Callable[[], bool], seconds: float) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if true():
            return True
        time.sleep(0.2)
    return False


def _called(pid: int, word: str) -> bool:
    return word in Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")


def _give_away(folder: Path) -> None:
    """Let the daemon's account write there."""
    for each in (folder, *folder.rglob("*")):
        shutil.chown(each, ACCOUNT)
    for parent in list(folder.parents)[:2]:
        parent.chmod(parent.stat().st_mode | 0o111)


def measured(folder: Path, count: int, history: Path | None) -> dict[str, float]:
    """The best of some runs over all mails, and what one mail costs: the start."""
    alone = folder.parent / "alone"
    alone.mkdir(exist_ok=True)
    shutil.copyfile(folder / "000000.eml", alone / "000000.eml")
    # As installed: the modules are compiled once, by the first of these runs.
    compiled = {**os.environ, "PYTHONDONTWRITEBYTECODE": ""}
    compiled["PYTHONPYCACHEPREFIX"] = str(folder.parent / "compiled")
    runs: list[dict[str, float]] = []
    starts: list[dict[str, float]] = []
    for _ in range(ROUNDS):
        for where, taken in ((folder, runs), (alone, starts)):
            options = []
            if history is not None:
                copy = history.with_suffix(".copy")
                shutil.copyfile(history, copy)  # each run learns from the same one
                options = ["--history", str(copy)]
            taken.append(ours([str(where), *options], compiled))
    best = min(runs, key=lambda each: each["processor"])
    start = min(each["processor"] for each in starts)
    return {
        "judged": best["judged"],
        "messages_per_cpu_second": round(count / best["processor"]),
        "without_start": round((count - 1) / max(best["processor"] - start, 0.001)),
        "start_cpu_seconds": round(start, 2),
        "messages_per_second": round(count / min(each["wall"] for each in runs)),
        "peak_mebibytes": round(max(each["peak"] for each in runs) / 2**20),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="*", type=Path, help="mails to take the sample of")
    parser.add_argument("--count", type=int, default=4000)
    parser.add_argument("--history", type=int, default=0, help="messages learnt from before")
    parser.add_argument("--alone", action="store_true", help="without the two peers")
    given = parser.parse_args()
    if not given.folder and not SAMPLES.is_dir():
        parser.exit(message="No samples here: give a folder of mails.\n")
    with tempfile.TemporaryDirectory() as temporary:
        work = Path(temporary)
        paths = sample(given.folder, given.count, work / "mails")
        said: dict[str, object] = {"messages": len(paths), "processors": os.cpu_count()}
        history = None
        if given.history:
            history = work / "known.history"
            build(str(history), given.history)
            with open_history(str(history)) as built:
                # As in daily use: once a week what is too old is forgotten, which is not done here.
                built.put_meta("forgotten", str(int(time.time())))
            said["history_messages"] = given.history
        found = measured(work / "mails", len(paths), history)
        said["tocsin"] = found
        for name, peer, wanted in (("rspamd", rspamd, 4), ("spamd", spamd, 200)):
            speed = None if given.alone else peer(paths, work / name)
            if speed is None:
                said[name] = "left out" if given.alone else "not installed, or does not start"
                continue
            said[name] = {
                "messages_per_cpu_second": round(speed, 1),
                "ratio": round(found["messages_per_cpu_second"] / speed, 2),
                "ratio_without_start": round(found["without_start"] / speed, 2),
                "wanted": wanted,
            }
    print(json.dumps(said, indent=2))


if __name__ == "__main__":
    main()
