"""Memory and processors of a whole run: the same mails 10 thousand and 1 million times.

Prints, for each size, peak resident memory of the largest process, and processor time against wall
time. The promise: under 300 MB, the same for both sizes; more than one processor at work.
Usage: python benchmarks/memory.py [--messages 10000,1000000] [--maildir]
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

SERVERS = 40


def message(number: int) -> str:
    """One invented mail over two of the servers, about two kilobytes."""
    one, other = number % SERVERS, (number * 7 + 3) % SERVERS
    day = number % 27 + 1
    return (
        f"Received: from EX{other:02}.corp.contoso.example (10.1.0.{other + 1}) by\n"
        f" EX{one:02}.corp.contoso.example (10.1.0.{one + 1}) with Microsoft SMTP Server\n"
        f" (version=TLS1_2, cipher=TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384) id\n"
        f" 15.2.1544.{4 + one % 5}; Mon, {day} Jun 2026 10:{number % 60:02}:00 +0000\n"
        f"Received: from EX{other:02}.corp.contoso.example ([10.1.0.{other + 1}]) by\n"
        f" EX{other:02}.corp.contoso.example ([10.1.0.{other + 1}]) with mapi id\n"
        f" 15.01.2507.{6 + other % 5:03}; Mon, {day} Jun 2026 10:{number % 60:02}:00 +0000\n"
        f"From: Person {number} <p{number}@contoso.example>\n"
        f"To: Person {number + 1} <p{number + 1}@contoso.example>\n"
        f"Subject: Message {number}\n"
        f"Date: Mon, {day} Jun 2026 10:{number % 60:02}:00 +0000\n"
        f"Message-ID: <{number:032x}@contoso.example>\n"
        "MIME-Version: 1.0\nContent-Type: text/plain\n\n" + "An invented line of text.\n" * 30
    )


def write_mbox(folder: Path, count: int) -> Path:
    """One mbox of `count` messages."""
    path = folder / f"{count}.mbox"
    with path.open("w") as stream:
        for number in range(count):
            stream.write("From person@contoso.example Mon Jun  1 10:00:00 2026\n")
            stream.write(message(number))
            stream.write("\n")
    return path


def write_maildir(folder: Path, count: int) -> Path:
    """One folder of `count` files."""
    path = folder / f"maildir-{count}"
    path.mkdir()
    for number in range(count):
        (path / f"{number:07}.eml").write_text(message(number))
    return path


def descendants(pid: int) -> Iterator[int]:
    """A process and all below it."""
    yield pid
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return
    for child in children:
        yield from descendants(int(child))


def memory_of(pid: int) -> int:
    """Proportional resident memory of a process and its children, in bytes."""
    total = 0
    for each in descendants(pid):
        try:
            text = Path(f"/proc/{each}/smaps_rollup").read_text()
        except OSError:
            continue
        total += sum(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:"))
    return total * 1024


def measure(path: Path, count: int) -> None:
    """Run the inventory over it and print one line."""
    with tempfile.TemporaryDirectory() as out:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        started = time.monotonic()
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "tocsin",
                "inventory",
                str(path),
                "-o",
                out,
                "--force",
                "-q",
                "--fail-on",
                "none",
            ],
            stdout=subprocess.DEVNULL,
        )
        peak = 0
        while process.poll() is None:
            peak = max(peak, memory_of(process.pid))
            time.sleep(0.1)
        wall = time.monotonic() - started
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    size = path.stat().st_size if path.is_file() else 0
    print(
        f"{count:>9} messages  {size / 1e6:8.0f} MB  peak of all processes {peak / 1e6:6.0f} MB  "
        f"wall {wall:6.1f} s  cpu {cpu:6.1f} s  cpu/wall {cpu / wall:4.2f}  "
        f"{count / cpu:7.0f} messages per cpu second  exit {process.returncode}",
        flush=True,
    )


def main() -> None:
    """Every size in turn."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--messages", default="10000,1000000")
    parser.add_argument("--maildir", action="store_true")
    arguments = parser.parse_args()
    print(f"{os.cpu_count()} processors")
    with tempfile.TemporaryDirectory() as scratch:
        for count in (int(each) for each in arguments.messages.split(",")):
            make = write_maildir if arguments.maildir else write_mbox
            measure(make(Path(scratch), count), count)


if __name__ == "__main__":
    main()
