"""What the hunt finds of invented intrusions in whole invented server days, and what it invents.

Logs of ProxyShell, ProxyNotShell and OWASSRF cannot be had, so they are written here, from published
descriptions, by the same hands that wrote the rules: these figures are in-sample, and say more of
what breaks than of what would be found tomorrow. The generator knows nothing of the rules' words.

For each step of each way in: how many acts are found (a finding above `informational` of that client,
or of that host within a minute, that says the same step or whose rows stand in the act's time), and
how many have the right outcome. False: findings from `medium` up that no act explains, per million
benign rows. Usage: python -m benchmarks.hunt.evaluate [--runs 40] [--people 60] [--hours 4] [-o FILE]
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks.hunt.attacks import WAYS, Act, Intruder, mail_abuse
from benchmarks.hunt.logs import Server
from benchmarks.hunt.traffic import day

START = datetime(2026, 3, 3, 6, 0, 0, tzinfo=UTC)
NEAR = timedelta(minutes=2)
FALSE_FROM = ("medium", "high", "critical")


def make(folder: Path, seed: int, hours: float, people: int) -> tuple[list[Act], int]:
    """One server's logs with none, one or two intrusions; the acts, and the rows."""
    chance = random.Random(seed)
    server = Server(name=f"EX{seed % 90 + 10}", chance=chance)
    day(server, START, hours, people)
    acts: list[Act] = []
    for _ in range(chance.choice((0, 1, 1, 2))):
        one = Intruder(
            server, chance, START + timedelta(minutes=chance.randint(30, int(hours * 50)))
        )
        worked = chance.random() < 0.6
        WAYS[chance.choice(list(WAYS))](one, worked=worked)
        if worked and chance.random() < 0.4:
            mail_abuse(one)
        acts += one.acts
    return acts, sum(server.write(folder).values())


def hunt(folder: Path) -> list[dict[str, Any]]:
    """The findings and incidents of `tocsin hunt --format jsonl`."""
    done = subprocess.run(
        [sys.executable, "-m", "tocsin", "hunt", str(folder), "--format", "jsonl", "--fail-on", "none"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode not in (0, 3):
        raise SystemExit(done.stderr)
    return [json.loads(line) for line in done.stdout.splitlines()]


def near(found: dict[str, Any], act: Act) -> bool:
    """Whether a finding may be about an act: its rows stand where and when the act was."""
    if act.client in json.dumps(found.get("client", "")) or act.client in json.dumps(
        found.get("events", "")
    ):
        return True
    when = found.get("time")
    return bool(when) and abs(datetime.fromisoformat(when) - act.when) <= NEAR


def main() -> None:
    """Make, hunt, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=40)
    parser.add_argument("--people", type=int, default=60)
    parser.add_argument("--hours", type=float, default=4)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("-o", "--output", type=Path)
    wish = parser.parse_args()
    seen: dict[str, Counter[str]] = defaultdict(Counter)
    false: Counter[str] = Counter()
    missed: list[str] = []
    rows = incidents = intrusions = 0
    for seed in range(wish.seed, wish.seed + wish.runs):
        with tempfile.TemporaryDirectory() as folder:
            acts, count = make(Path(folder), seed, wish.hours, wish.people)
            found = hunt(Path(folder))
        rows += count
        intrusions += len({act.client for act in acts if act.worked})
        incidents += sum(
            each.get("kind") == "incident" and each.get("status") != "attempt" for each in found
        )
        told = [
            each for each in found if each.get("kind") == "finding" and each.get("room") == "hunt"
        ]
        for act in acts:
            about = [each for each in told if near(each, act) and each["level"] != "informational"]
            same = [each for each in about if each.get("step") == act.step] or about
            counts = seen[f"{act.step} ({act.variant})"]
            counts["acts"] += 1
            counts["found"] += bool(about)
            counts["right step"] += any(each.get("step") == act.step for each in about)
            right = ("success", "unknown") if act.worked else ("attempt", "unknown")
            counts["right outcome"] += any(each["status"] in right for each in same)
            if not about:
                missed.append(f"seed {seed}: {act.step} ({act.variant}) {act.client}")
        for each in told:
            if each["level"] in FALSE_FROM and not any(near(each, act) for act in acts):
                false[each["rule"]] += 1
    answer = {
        "rows": rows,
        "steps": {name: dict(counts) for name, counts in sorted(seen.items())},
        "intrusions_that_worked": intrusions,
        "incidents_not_mere_attempts": incidents,
        "false_findings": dict(false),
        "false_per_million_rows": round(1e6 * sum(false.values()) / max(rows, 1), 1),
        "missed": missed[:40],
    }
    text = json.dumps(answer, indent=2)
    print(text)
    if wish.output:
        wish.output.write_text(text + "\n", "utf-8")


if __name__ == "__main__":
    main()
