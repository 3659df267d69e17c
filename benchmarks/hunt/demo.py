"""The logs of the bundled case: one invented server, half an hour of its traffic, one intrusion.

Usage: python -m benchmarks.hunt.demo FOLDER (writes FOLDER/EX03/…; the bundled ones are these, zipped)
"""

from __future__ import annotations

import random
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.hunt.attacks import Intruder, mail_abuse, proxyshell
from benchmarks.hunt.logs import Server
from benchmarks.hunt.traffic import day

START = datetime(2026, 11, 11, 2, 10, tzinfo=UTC)


def main() -> None:
    """Write the logs."""
    chance = random.Random(41)
    server = Server(
        name="EX03", chance=chance, address="10.30.4.13", version="15.01.2176.009",
        domain="corp.contoso.example",
    )  # fmt: skip
    day(server, START, 1.5, 6)
    one = Intruder(server, chance, START + timedelta(minutes=31), client="203.0.113.77")
    proxyshell(one, worked=True)
    mail_abuse(one)
    other = Intruder(server, chance, START + timedelta(minutes=12), client="198.51.100.23")
    proxyshell(other, worked=False)
    for name, rows in sorted(server.write(Path(sys.argv[1])).items()):
        print(rows, name)


if __name__ == "__main__":
    main()
