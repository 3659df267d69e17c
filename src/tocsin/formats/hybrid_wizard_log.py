"""Logs of the Hybrid Configuration Wizard: when it ran, from where, and what it changed.

Microsoft documents where they are and not what is in them; lines of two generations are known, from
what administrators and Microsoft's own support articles quote of them.
https://learn.microsoft.com/exchange/hybrid-configuration-wizard
https://learn.microsoft.com/troubleshoot/exchange/hybrid-configuration-wizard-errors
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, BinaryIO

import msgspec

from tocsin.formats import Format, Reading
from tocsin.formats.syntax.text_stream import decoded, head_text, lines
from tocsin.model.evidence import QUOTE_LIMIT, Evidence, Inquiry, Look
from tocsin.model.finding import Gap
from tocsin.model.locator import Locator
from tocsin.model.setting import Setting
from tocsin.model.text import N_, say

KIND = "HybridWizardRun"

LINE_LIMIT = 64 * 1024
"""Characters looked at of one line; a longer one goes on with the values of a command."""

COMMANDS_LIMIT = 500
"""Different commands kept of one log."""

_NEW = re.compile(
    r"(?P<time>\d{4}\.\d\d\.\d\d \d\d:\d\d:\d\d(?:\.\d{1,7})?)\s+"
    r"(?:\*?(?P<level>[A-Z]{4,9})\*?\s+)?(?P<number>\d{5})\s+\[(?P<where>Client=[^\]]{0,2000})\](?P<text>.*)"
)
_OLD = re.compile(
    r"\[(?P<time>\d\d?/\d\d?/\d{4} \d\d?:\d\d:\d\d)\]\s+(?P<level>[A-Z]{4,9})\s*:(?P<text>.*)"
)
_OWN = re.compile(r"Session=\w{1,40},? Cmdlet=|hybrid|coexistence", re.IGNORECASE)
_CMDLET = re.compile(r"\bCmdlet=(?P<name>[A-Z][A-Za-z]{1,30}-[A-Za-z0-9]{1,80})\b")
_RUNNING = re.compile(
    r"\b(?:Running command|START):?\s+(?P<name>[A-Z][A-Za-z]{1,30}-[A-Za-z0-9]{1,80})\b"
)
_READS = ("get-", "test-", "search-", "measure-", "find-", "select-", "import-", "connect-", "out-")
_VERSION = re.compile(
    r"(?:Hybrid|HCW|Version)[^0-9\n]{0,80}?\b(?P<version>\d{2}\.\d{1,3}\.\d{1,5}\.\d{1,5})\b",
    re.IGNORECASE,
)
_SERVER = re.compile(
    r"https?://(?P<host>[A-Za-z0-9.-]{1,255})(?::\d+)?/powershell\b", re.IGNORECASE
)
_ONLINE = (".outlook.com", ".office365.com", ".office365.us", ".partner.outlook.cn")
_ACCOUNT = re.compile(
    r"\b(?:User|UserName|Account|Credential|LoggedOnUser)\s?=\s?"
    r"(?P<name>[\w.-]{1,64}\\[\w.$-]{1,64}|[\w.+-]{1,64}@[\w.-]{1,255})",
    re.IGNORECASE,
)
_TIMES = ("%Y.%m.%d %H:%M:%S", "%m/%d/%Y %H:%M:%S")


def recognise(head: bytes) -> int:
    """By lines of the wizard's shape; of the older one, by what they speak of too."""
    if b"[" not in head:
        return 0
    text = head_text(head)
    if any(_NEW.match(line) for line in text.splitlines()):
        return 95
    old = any(_OLD.match(line) for line in text.splitlines())
    return 85 if old and _OWN.search(text) else 0


def read(stream: BinaryIO, at: Locator, reading: Reading) -> Iterator[Evidence | Gap]:
    """One run, an `Inquiry`, a `Look` that counts the lines with a time."""
    del reading
    run = _Run()
    for line in lines(decoded(stream), LINE_LIMIT):
        run.line(line.number, line.text)
    if run.first:
        place = msgspec.structs.replace(at, position=f"line {run.first}")
        yield Evidence(at=place, body=run.setting(), quote=run.quote[:QUOTE_LIMIT])
    else:
        why = say(N_("no line of the Hybrid Configuration Wizard in it could be read"))
        yield Gap(at=at, why=why)
    if run.left:
        why = say(
            N_("more than {limit} different commands; {count} more are not told"),
            limit=COMMANDS_LIMIT,
            count=run.left,
        )
        yield Gap(at=at, kind="limit", why=why)
    inquiry = Inquiry(
        kind=KIND,
        side="on-premises",
        found=int(bool(run.first)),
        fault="" if run.first else "no line of the log could be read",
    )
    yield Evidence(at=at, body=inquiry)
    yield Evidence(at=at, body=Look(seen_by="log", records=run.lines))


class _Run:
    """What the lines of one log add up to. first: number of the first line that has a time."""

    def __init__(self) -> None:
        self.first = self.lines = self.left = 0
        self.quote = ""
        self._times: list[str] = []
        self._changed: dict[str, None] = {}
        self._failed: dict[str, None] = {}
        self._facts: dict[str, str] = {}

    def line(self, number: int, text: str) -> None:
        """One line of the file; those that go on with another tell nothing of their own."""
        match = _NEW.match(text) or _OLD.match(text)
        if match is None:
            return
        self.lines += 1
        if not self.first:
            self.first, self.quote = number, text
        if (time := _time(match["time"])) is not None:
            self._times = [*self._times[:1], time]
        said = match.groupdict()
        where, rest = said.get("where") or "", said["text"]
        self._command(f"{where} {rest}", failed=said["level"] == "ERROR")
        for name, pattern in (("Version", _VERSION), ("Account", _ACCOUNT)):
            if name not in self._facts and (found := pattern.search(rest)) is not None:
                self._facts[name] = found[1]
        host = _SERVER.search(rest)
        if host is not None and not f".{host['host'].lower()}".endswith(_ONLINE):
            self._facts.setdefault("Server", host["host"])

    def _command(self, text: str, *, failed: bool) -> None:
        found = _CMDLET.search(text) or _RUNNING.search(text)
        if found is None or found["name"].lower().startswith(_READS):
            return
        name = found["name"]
        if name not in self._changed and len(self._changed) >= COMMANDS_LIMIT:
            self.left += 1
            return
        self._changed[name] = None
        if failed:
            self._failed[name] = None

    def setting(self) -> Setting:
        """The run. Time: when its last line was written."""
        properties: dict[str, Any] = {"Set": list(self._changed), "Failed": list(self._failed)}
        if self._times:
            properties |= {"Time": self._times[-1], "Started": self._times[0]}
        return Setting(
            seen_by="log",
            kind=KIND,
            side="on-premises",
            name=self._times[-1] if self._times else "",
            properties=properties | self._facts,
            sure=False,
        )


def _time(text: str) -> str | None:
    """The time as written; the log states no zone, so it is taken for UTC."""
    for form in _TIMES:
        try:
            found = datetime.strptime(text[:19], form).replace(tzinfo=UTC)
        except ValueError:
            continue
        return f"{found:%Y-%m-%dT%H:%M:%SZ}"
    return None


FORMAT = Format(
    name="hybrid-wizard-log",
    title="Hybrid Configuration Wizard log",
    recognise=recognise,
    read=read,
    order=35,
)
