"""What PSReadLine remembers (`ConsoleHost_history.txt`): each line as the script log would have it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO

import msgspec

from tocsin.formats import Format, Reading
from tocsin.formats.syntax.event_number import number_of
from tocsin.formats.syntax.event_record import event_of
from tocsin.formats.syntax.log_rows import LogFault, LogRecord, RecordLog
from tocsin.formats.syntax.record_reading import looked
from tocsin.formats.syntax.text_stream import decoded, head_text, lines
from tocsin.model.evidence import Evidence
from tocsin.model.finding import Gap
from tocsin.model.locator import Locator
from tocsin.model.text import N_, say

LINE_LIMIT = 1 << 16
"""Characters of one line that are read."""

_SNIFFED = 8192
_LEAST_LINES = 4
_SHARE = 0.7
"""Share of the lines that must be commands."""

_CMDLET = re.compile(
    r"(?:\$\w[\w:.]{0,40}\s*=\s*)?\(*(?:Get|Set|New|Add|Remove|Enable|Disable|Import|Export|Install|Invoke|Test|"
    r"Start|Stop|Restart|Connect|Enter|Exit|Update|Clear|Copy|Move|Out|Search|Select|Find|Format|ConvertTo|"
    r"ConvertFrom|Write|Resume|Suspend|Register|Unregister|Save|Open|Rename|Mount|Dismount|Compress|Expand|Receive|"
    r"Send|Read|Show|Sort|Where|ForEach|Measure|Join|Split|Resolve|Wait|Unblock|Grant|Revoke|Protect|Unprotect|"
    r"Convert|Complete|Push|Pop|Repair|Reset|Initialize|Publish|Stop|Disconnect|Debug)-[A-Za-z]\w{2,50}\b",
    re.IGNORECASE,
)
_PROGRAM = re.compile(
    r"(?:cd|ls|dir|cls|exit|whoami|hostname|ipconfig|netstat|net1?|nltest|ping|nslookup|iisreset|type|cat|del|copy|"
    r"move|mkdir|rm|iwr|irm|iex|curl|wget|certutil|reg|sc|schtasks|wmic|wevtutil|vssadmin|tasklist|taskkill|"
    r"systeminfo|query|quser|gpupdate|powershell|cmd|rundll32|appcmd|ntdsutil|diskshadow|setspn|klist|w32tm|"
    r"notepad|robocopy|eseutil|repadmin|dcdiag|sfc|dism)(?:\.exe)?(?:\s|$|;)|"
    r"&?\s?[\"']?(?:\.{1,2}\\|[a-z]:\\|\\\\)[^|<>\"]{1,200}|[\w-]{1,40}\.(?:exe|ps1|bat|cmd)\b|"
    r"\[[A-Z][\w.]{2,60}\]|\$\w{1,40}(?:\.\w{1,40})*(?:\s*[=|]|$|\.)",
    re.IGNORECASE,
)
_SCRIPT = re.compile(
    r"\s|#|<#|\}|\{|function\s|param\s*\(|begin\s*\{|try\s*\{|using\s", re.IGNORECASE
)
"""How lines of a script begin, which nobody types one by one."""

_LONG = N_("a line longer than is read; its rest was left out")

_encode = msgspec.json.Encoder().encode


def recognise(head: bytes) -> int:
    """Lines nearly all of which are commands, cmdlets among them, and none as scripts have them."""
    text = head_text(head).lstrip("\ufeff")
    found = text.splitlines()[:200]
    found = [line for line in (found if len(head) < _SNIFFED else found[:-1]) if line.strip()]
    typed = _whole(found)
    if len(typed) < _LEAST_LINES or any(_SCRIPT.match(line) for line in typed):
        return 0
    cmdlets = sum(1 for line in typed if _CMDLET.match(line))
    programs = sum(1 for line in typed if not _CMDLET.match(line) and _PROGRAM.match(line))
    return 30 if cmdlets >= 2 and cmdlets + programs >= _SHARE * len(typed) else 0


def _whole(found: list[str]) -> list[str]:
    """The first line of each command; a mark at its end says that the next one goes on."""
    return [line for at, line in enumerate(found) if not at or not found[at - 1].endswith("`")]


def records(stream: BinaryIO) -> Iterator[LogRecord | LogFault]:
    """Every command as an event 4104 without a time: the history keeps none."""
    begun, number = "", 0
    for line in lines(decoded(stream), LINE_LIMIT):
        if line.cut:
            yield LogFault(f"line {line.number}", say(_LONG))
        text = line.text.lstrip("\ufeff")
        number = number if begun else line.number
        if text.endswith("`") and len(begun) < LINE_LIMIT:
            begun += text[:-1] + "\n"
            continue
        if (command := (begun + text).strip()) != "":
            yield _record(number, command)
        begun = ""
    if begun.strip():
        yield _record(number, begun.strip())


def _record(number: int, command: str) -> LogRecord:
    record = {
        "EventID": 4104,
        "Channel": "Microsoft-Windows-PowerShell/Operational",
        "ProviderName": "Microsoft-Windows-PowerShell",
        "ScriptBlockText": command,
    }
    return LogRecord(f"line {number}", _encode(record))


LOG = RecordLog(records=records, event=event_of, number=number_of)


def read(stream: BinaryIO, at: Locator, reading: Reading) -> Iterator[Evidence | Gap]:
    """One `Look`."""
    del reading
    return looked(records(stream), at)


FORMAT = Format(
    name="command-history",
    title="History of commands of PowerShell",
    recognise=recognise,
    read=read,
    order=94,
    log=LOG,
)
