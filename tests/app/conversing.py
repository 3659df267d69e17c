"""The command as a process, and its answers as objects."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from mail_case import ROOT

DOCUMENTED = {
    "kind", "id", "message_id", "date", "verdict", "score", "identity", "payload", "burst",
    "indicators", "thread", "family", "campaign", "server", "account", "sender", "subject",
    "recipients", "answered", "source",
}  # fmt: skip


def tocsin(*words, cwd=None, **environment):
    return subprocess.run(
        [sys.executable, "-m", "tocsin", *map(str, words)],
        capture_output=True,
        text=True,
        check=False,
        cwd=cwd or ROOT,
        env={**os.environ, "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", **environment},
    )


def objects(done) -> list[dict]:
    assert done.stderr == ""
    return [json.loads(line) for line in done.stdout.splitlines()]


def messages(done) -> list[dict]:
    return [each for each in objects(done) if each["kind"] == "message"]


def judged(*words, own: str = "contoso.example") -> list[dict]:
    return messages(tocsin("conversation", *words, "--own-domain", own, "--format", "jsonl"))


def verdicts(found: list[dict]) -> list[tuple[str, str, float]]:
    return [(each["message_id"], each["verdict"], each["score"]) for each in found]


def alerts(found: list[dict]) -> set[str]:
    return {each["message_id"] for each in found if each["verdict"] == "alert"}
