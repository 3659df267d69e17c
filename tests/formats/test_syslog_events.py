"""syslog-events: events of Windows as agents send them by syslog, and as Event Viewer would show them."""

import io

import pytest

from tocsin.formats import recognise
from tocsin.formats.syntax.log_rows import LogFault, LogRecord

AUDIT = (
    "A new process has been created. Creator Subject: Security ID: S-1-5-18 Account Name: EX1$ Account"
    " Domain: CONTOSO Logon ID: 0x3e7 Target Subject: Security ID: S-1-0-0 Account Name: - Account Domain:"
    " - Logon ID: 0x0 Process Information: New Process ID: 0x23a5 New Process Name:"
    " C:\\Windows\\System32\\cmd.exe Token Elevation Type: %%1936 Mandatory Label: S-1-16-16384 Creator"
    " Process ID: 0x2af6 Creator Process Name: C:\\Windows\\System32\\inetsrv\\w3wp.exe Process Command Line:"
    " cmd.exe /c whoami Token Elevation Type indicates the type of token that was assigned"
)
SNARE = (
    "<14>May 05 15:35:43 EX1.contoso.example MSWinEventLog\t1\tSecurity\t1038\tTue May 05 15:35:43 2026\t4688"
    "\tMicrosoft-Windows-Security-Auditing\tEX1$\tN/A\tSuccess Audit\tEX1.contoso.example\tA new process has"
    f" been created.\t\t{AUDIT}\t2444303"
)
SYSMON = (
    "RuleName: - UtcTime: 2026-02-06 00:33:51.745 ProcessGuid: {85aaea6b-21b9-4c60-8282-c4f4069de74b} ProcessId:"
    " 16595 Image: C:\\Windows\\System32\\cmd.exe CommandLine: cmd.exe /c whoami CurrentDirectory: C:\\Windows\\"
    " User: CONTOSO\\anna ParentImage: C:\\Windows\\System32\\inetsrv\\w3wp.exe ParentCommandLine: w3wp.exe -ap"
    ' "MSExchangeOWAAppPool"'
)
NXLOG = (
    "<14>1 2026-02-06T00:33:51.745094+00:00 EX1.contoso.example Microsoft-Windows-Sysmon 791 -"
    ' [NXLOG@14506 Keywords="-9223372036854775808" EventType="INFO" EventID="1"'
    ' SourceName="Microsoft-Windows-Sysmon" Channel="Microsoft-Windows-Sysmon/Operational"] Process Create: '
    + SYSMON
)
RSYSLOG = (
    "2026-02-06T00:33:51.745094+00:00 EX1 Microsoft-Windows-Sysmon[791]: EventID 1: Process Create: "
    + SYSMON
)
EVTSYS = f"<13>Feb  6 00:33:51 EX1 Security-Auditing: 4688: AUDIT_SUCCESS {AUDIT}"
JSON = (
    '<13>Feb  6 00:33:51 EX1 {"EventID":4688,"Channel":"Security","Hostname":"EX1","SourceName":'
    '"Microsoft-Windows-Security-Auditing","NewProcessName":"C:\\\\Windows\\\\System32\\\\cmd.exe","CommandLine":'
    '"cmd.exe /c whoami","ParentProcessName":"C:\\\\Windows\\\\System32\\\\inetsrv\\\\w3wp.exe"}'
)
FORMS = {
    "snare": SNARE,
    "snare-escaped": SNARE.replace("\t", "#011"),
    "nxlog": NXLOG,
    "rsyslog": RSYSLOG,
    "evtsys": EVTSYS,
    "json": JSON,
}


def read(text: str):
    data = text.encode()
    form = recognise(data[:8192])
    assert form is not None
    assert form.name == "syslog-events"
    found = list(form.log.records(io.BytesIO(data)))
    events = [form.log.event(each.text) for each in found if isinstance(each, LogRecord)]
    return events, [each for each in found if isinstance(each, LogFault)]


@pytest.mark.parametrize("line", FORMS.values(), ids=FORMS.keys())
def test_a_program_that_the_web_server_started_is_read_from_every_sender(line):
    events, faults = read("\n".join([line] * 4) + "\n")
    assert not faults
    assert len(events) == 4
    found = events[0].fields
    assert found["CommandLine"] == "cmd.exe /c whoami"
    assert found.get("Image", found.get("NewProcessName")) == "C:\\Windows\\System32\\cmd.exe"
    parent = found.get("ParentImage", found.get("ParentProcessName"))
    assert parent == "C:\\Windows\\System32\\inetsrv\\w3wp.exe"
    assert found["EventID"] in ("1", "4688")
    assert events[0].host.lower().startswith("ex1")


def test_a_time_without_a_year_is_none():
    events, _ = read("\n".join([EVTSYS] * 3) + "\n")
    assert events[0].when is None
    events, _ = read("\n".join([SNARE] * 3) + "\n")
    assert events[0].when.isoformat().startswith("2026-05-05T15:35:43")


def test_what_is_no_event_is_counted_once_and_costs_nothing():
    other = "Feb  6 00:33:52 EX1 sshd[22]: Accepted publickey for anna"
    events, faults = read(f"{SNARE}\n" * 4 + f"{other}\n{SNARE}\n{other}\n")
    assert len(events) == 5
    assert [(each.position, each.count) for each in faults] == [("line 5", 2)]


def test_other_syslog_is_not_taken():
    lines = "\n".join("Feb  6 00:33:52 web sshd[22]: Accepted publickey for anna" for _ in range(9))
    found = recognise(lines.encode())
    assert found is None or found.name != "syslog-events"
