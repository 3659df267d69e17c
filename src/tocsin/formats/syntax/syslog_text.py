"""An event of Windows whose text was put on one line, taken apart into lines again.

Agents that send events by syslog write the text that Event Viewer shows with blanks for line ends.
What begins a line is known: the labels of the audit log's texts, and the names of Sysmon's values.
https://learn.microsoft.com/en-us/sysinternals/downloads/sysmon#events
"""

from __future__ import annotations

import re
from functools import cache

from tocsin.formats.syntax.event_values import SYSMON
from tocsin.knowledge.event_names import event_names

_SYSMON_NAMES = (
    "RuleName", "UtcTime", "ProcessGuid", "ProcessId", "Image", "FileVersion", "Description",
    "Product", "Company", "OriginalFileName", "CommandLine", "CurrentDirectory", "User", "LogonGuid",
    "LogonId", "TerminalSessionId", "IntegrityLevel", "Hashes", "ParentProcessGuid",
    "ParentProcessId", "ParentImage", "ParentCommandLine", "ParentUser", "TargetFilename",
    "CreationUtcTime", "PreviousCreationUtcTime", "Protocol", "Initiated", "SourceIsIpv6", "SourceIp",
    "SourceHostname", "SourcePort", "SourcePortName", "DestinationIsIpv6", "DestinationIp",
    "DestinationHostname", "DestinationPort", "DestinationPortName", "ImageLoaded", "Signed",
    "Signature", "SignatureStatus", "SourceProcessGuid", "SourceProcessId", "SourceImage",
    "TargetProcessGuid", "TargetProcessId", "TargetImage", "NewThreadId", "StartAddress",
    "StartModule", "StartFunction", "SourceThreadId", "GrantedAccess", "CallTrace", "SourceUser",
    "TargetUser", "EventType", "TargetObject", "Details", "NewName", "Contents", "PipeName",
    "EventNamespace", "Name", "Query", "Operation", "Type", "Destination", "Consumer", "Filter",
    "QueryName", "QueryStatus", "QueryResults", "Hash", "Archived", "IsExecutable", "Device",
)  # fmt: skip
_SECTIONS = (
    "Additional Information", "Application Information", "Attributes", "Changed Attributes",
    "Certificate Information", "Detailed Authentication Information", "Failure Information",
    "Filter Information", "Layer Name", "Logon Information", "Network Information", "Object",
    "Operation", "Process Information", "Service Information", "Share Information",
    "Access Request Information", "Task Information", "Rule Information", "Directory Service",
)  # fmt: skip
_LABELS = (
    "Display Name", "Home Directory", "Password Last Set", "Primary Group ID", "Token Elevation Type",
    "Restricted Admin Mode", "Virtual Account", "Elevated Token", "Impersonation Level",
    "Linked Logon ID", "Network Account Name", "Network Account Domain", "Logon GUID",
    "Transited Services", "Key Length", "Account Expires", "User Workstations", "Logon Hours",
    "Correlation ID", "Application Correlation ID", "Type", "Syntax (OID)", "Supplied Realm Name",
    "Ticket Options", "Ticket Encryption Type", "Result Code", "Handle ID", "Operation Type",
)  # fmt: skip
"""Labels and headings that give no value here, but end the one before them."""

_COMMENT = re.compile(
    r"(?:Token Elevation Type indicates|This event is generated|The (?:subject|logon type|New Logon) (?:fields|field))\b"
)
"""Where Microsoft's explanation of the event begins, which belongs to no value."""


@cache
def _sysmon() -> re.Pattern[str]:
    return re.compile(rf"(?:(?<=\s)|^)(?:{'|'.join(_SYSMON_NAMES)}):(?=\s|$)")


@cache
def _audit() -> tuple[re.Pattern[str], frozenset[str]]:
    labels = event_names().labels
    sections = frozenset({*labels, *_SECTIONS} - {""})
    words = {*sections, *_LABELS, *(name for each in labels.values() for name in each)}
    ordered = "|".join(map(re.escape, sorted(words, key=len, reverse=True)))
    return re.compile(rf"(?:(?<=\s)|^)(?:{ordered}):(?=\s|$)"), sections


def lines_again(text: str, provider: str) -> str:
    """The text with a line for each value, as Event Viewer shows it; one with lines stays as it is."""
    if "\n" in text:
        return text
    if provider == SYSMON:
        return _sysmon().sub(lambda told: "\n" + told[0], text)
    pattern, sections = _audit()
    comment = _COMMENT.search(text)
    if comment is not None:
        text = text[: comment.start()]

    def apart(told: re.Match[str]) -> str:
        label = told[0][:-1]
        rest = pattern.match(text, told.end() + 1)
        heading = label in sections and (rest is not None or told.end() >= len(text.rstrip()))
        return f"\n{label}:" if heading else f"\n\t{label}:\t"

    return pattern.sub(apart, text)
