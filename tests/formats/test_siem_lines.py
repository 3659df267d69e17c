"""siem-lines: events of Windows and starts of processes in CEF and LEEF, as SIEMs relay them."""

import io
import json

import pytest

from tocsin.cli import main
from tocsin.formats import recognise
from tocsin.formats.syntax.log_rows import LogFault
from tocsin.formats.syntax.siem_text import unescaped

W3WP = "C:\\Windows\\System32\\inetsrv\\w3wp.exe"
CMD = "C:\\Windows\\System32\\cmd.exe"
COMMAND = 'cmd.exe /c "whoami /all & set A=1"'


def escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("=", "\\=")


ARCSIGHT = (
    "CEF:0|Microsoft|Microsoft Windows||Microsoft-Windows-Security-Auditing:4688|A new process has been"
    " created.|Low| eventId=42 externalId=4688 rt=1772611200123 dvchost=EX1.contoso.example"
    " deviceEventCategory=Security duser=EX1$ dntdom=CONTOSO duid=0x3e7"
    f" sproc={escaped(W3WP)} dproc={escaped(CMD)} cs4={escaped(COMMAND)} cs4Label=Process Command Line"
    " cs3=0x1a2b cs3Label=New Process ID"
)
PLAIN = ARCSIGHT.replace("\\\\", "\\").replace("\\=", "=")
NXLOG = (
    "<14>Mar  4 08:00:00 EX1.contoso.example CEF:0|NXLog|NXLog|5.7|0|-|2|end=1772611200123"
    " dvchost=EX1.contoso.example EventID=4688 SourceName=Microsoft-Windows-Security-Auditing Channel=Security"
    f" SubjectUserName=EX1$ NewProcessName={escaped(CMD)} CommandLine={escaped(COMMAND)}"
    f" ParentProcessName={escaped(W3WP)} NewProcessId=0x1a2b"
)
LEEF = "\t".join(
    [
        "<13>Mar 04 08:00:00 EX1 LEEF:1.0|Microsoft|Windows|10.0|4688|devTime=2026-03-04T08:00:00.123+0000",
        "devTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSSZ",
        "cat=Security",
        "resource=EX1.contoso.example",
        "usrName=EX1$",
        "SubjectUserName=EX1$",
        f"NewProcessName={CMD}",
        f"CommandLine={COMMAND}",
        f"ParentProcessName={W3WP}",
        "NewProcessId=0x1a2b",
    ]
)
FORMS = {
    "arcsight": ARCSIGHT,
    "arcsight-not-escaped": PLAIN,
    "nxlog": NXLOG,
    "leef": LEEF,
    "leef-escaped-tabs": LEEF.replace("\t", "#011"),
    "leef-2-hex": LEEF.replace("LEEF:1.0", "LEEF:2.0")
    .replace("|4688|", "|4688|x5E|")
    .replace("\t", "^"),
    "leef-2-sign": LEEF.replace("LEEF:1.0", "LEEF:2.0")
    .replace("|4688|", "|4688|^|")
    .replace("\t", "^"),
    "leef-2-tab": LEEF.replace("LEEF:1.0", "LEEF:2.0").replace("|4688|", "|4688||"),
}
FIREWALL = (
    "<134>Mar 04 08:00:01 fw1 CEF:0|Palo Alto Networks|PAN-OS|10.1|end|TRAFFIC|3|rt=Mar 04 2026 08:00:01 GMT"
    " src=10.0.0.1 dst=203.0.113.9 spt=50000 dpt=443 act=allow"
)
EDR = (
    "Mar 04 08:00:00 relay1 CEF:0|CrowdStrike|FalconHost|1.0|DetectionSummaryEvent|Detection Summary Event|4|"
    "rt=1772611200123 dhost=EX1 suser=SYSTEM fname=cmd.exe"
    " filePath=\\\\Device\\\\HarddiskVolume2\\\\Windows\\\\System32"
    f" cs5={escaped(COMMAND)} cs5Label=CommandLine dpid=4711 sproc={escaped(W3WP)}"
)


def read(text: str):
    data = text.encode()
    form = recognise(data[:8192])
    assert form is not None
    assert form.name == "siem-lines"
    found = list(form.log.records(io.BytesIO(data)))
    faults = [each for each in found if isinstance(each, LogFault)]
    return [form.log.event(each.text) for each in found if not isinstance(each, LogFault)], faults


@pytest.mark.parametrize("form", FORMS)
def test_the_start_of_a_process_has_the_fields_of_windows(form):
    (event,), faults = read(FORMS[form] + "\n")
    assert not faults
    assert event.host == "EX1.contoso.example"
    assert event.when.isoformat() == "2026-03-04T08:00:00.123000+00:00"
    found = event.fields
    assert found["EventID"] == "4688"
    assert found["Channel"] == "Security"
    assert found["Provider_Name"] == "Microsoft-Windows-Security-Auditing"
    assert found["NewProcessName"] == found["Image"] == CMD
    assert found["CommandLine"] == COMMAND
    assert found["ParentProcessName"] == found["ParentImage"] == W3WP
    assert found["SubjectUserName"] == "EX1$"
    assert found["ProcessId"] == "0x1a2b"


def test_a_logon_tells_who_from_where_and_how():
    line = (
        "CEF:0|Microsoft|Microsoft Windows||Microsoft-Windows-Security-Auditing:4624|logged on|Low|"
        " externalId=4624 rt=Mar 04 2026 08:00:00 dvchost=EX1 suser=- duser=anna dntdom=CONTOSO src=10.0.0.9"
        " cn1=3 cn1Label=LogonType ad.LogonProcessName=NtLmSsp cs5=NTLM cs5Label=Authentication Package"
    )
    (event,), _ = read(line)
    found = event.fields
    assert found["TargetUserName"] == "anna"
    assert found["TargetDomainName"] == "CONTOSO"
    assert found["IpAddress"] == "10.0.0.9"
    assert found["LogonType"] == "3"
    assert found["LogonProcessName"] == "NtLmSsp"
    assert found["AuthenticationPackageName"] == "NTLM"


def test_sysmon_and_the_service_control_manager_have_their_own_names():
    sysmon = (
        "CEF:0|Microsoft|Sysmon||Microsoft-Windows-Sysmon:3|Network connection|Low| rt=1772611200123 dvchost=EX1"
        f" dproc={escaped(CMD)} dst=203.0.113.9 dpt=443 suser=anna sntdom=CONTOSO"
    )
    service = (
        "LEEF:1.0|Microsoft|Windows|10.0|7045|devTime=Mar 04 2026 08:00:00\tcat=System\tresource=EX1\t"
        "ServiceName=x\tImagePath=%COMSPEC% /c echo a=b"
    )
    (first, second), _ = read(f"{sysmon}\n{service}\n")
    assert first.fields["Channel"] == "Microsoft-Windows-Sysmon/Operational"
    assert first.fields["Image"] == CMD
    assert first.fields["DestinationIp"] == "203.0.113.9"
    assert first.fields["User"] == "CONTOSO\\anna"
    assert second.fields["Channel"] == "System"
    assert second.fields["Provider_Name"] == "Service Control Manager"
    assert second.fields["ImagePath"] == "%COMSPEC% /c echo a=b"


def test_what_an_edr_detected_is_the_start_of_a_process():
    (event,), _ = read(EDR)
    assert event.host == "EX1"
    assert event.fields["EventID"] == "1"
    assert event.fields["Image"] == CMD
    assert event.fields["CommandLine"] == COMMAND
    assert event.fields["ParentImage"] == W3WP
    assert event.fields["ProcessId"] == "4711"


def test_the_head_of_syslog_tells_what_the_line_does_not():
    line = (
        "<13>1 2026-03-04T08:00:00.123Z EX1 agent - - - LEEF:1.0|Microsoft|Windows|10.0|4624|"
        "cat=Security\tTargetUserName=anna"
    )
    (event,), _ = read(line)
    assert event.host == "EX1"
    assert event.when.isoformat() == "2026-03-04T08:00:00.123000+00:00"


def test_a_value_over_several_lines_is_one():
    line = "LEEF:1.0|Microsoft|Windows|10.0|4672|resource=EX1\tcat=Security\tPrivilegeList=SeSecurityPrivilege"
    (first, second), faults = read(f"{line}\n\t\t\tSeBackupPrivilege\n{LEEF}\n")
    assert not faults
    assert first.fields["PrivilegeList"] == "SeSecurityPrivilege\nSeBackupPrivilege"
    assert second.fields["EventID"] == "4688"


def test_lines_of_others_are_told_once_and_counted():
    events, faults = read(f"{ARCSIGHT}\n{FIREWALL}\nnothing at all\n{ARCSIGHT}\n")
    assert len(events) == 2
    (fault,) = faults
    assert fault.position == "line 2"
    assert fault.count == 2


@pytest.mark.parametrize("text", [FIREWALL, "CEF:0|Microsoft|Windows", "see CEF:0|a|b|c|d|e|f|"])
def test_logs_without_such_events_are_not_taken(text):
    found = recognise(f"{text}\n{text}\n".encode())
    assert found is None or found.name != "siem-lines"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("a\\=b\\|c\\\\d", "a=b|c\\d"),
        ("first\\nsecond", "first\nsecond"),
        ("C:\\\\new\\\\x.exe", "C:\\new\\x.exe"),
        ("C:\\new\\report.exe", "C:\\new\\report.exe"),
        ("C:\\Windows\\x.exe a\\=b", "C:\\Windows\\x.exe a=b"),
        ("\\\\fs01\\share", "\\\\fs01\\share"),
    ],
)
def test_escapes_are_taken_off_where_they_were_put_on(written, meant):
    assert unescaped(written) == meant


@pytest.mark.parametrize(
    "line",
    [
        "CEF:0|" + "\\" * 100_000,
        "CEF:0|Microsoft|Windows|1|4688|x|1|" + "a=b " * 50_000,
        "CEF:0|Microsoft|Windows|1|4688|x|1|" + " " * 100_000 + "=",
        "LEEF:2.0|Microsoft|Windows|1|4688|xffff|a=1",
        "LEEF:2.0|Microsoft|Windows|1|4688|" + "\t" * 100_000,
        "CEF:0|Microsoft|Windows|1|4688|x|1|rt=99999999999999999999 cs1Label== cs1= =",
        "LEEF:1.0|Microsoft|Windows|1|4688|a=1\n" + " b\n" * 50_000,
    ],
)
def test_hostile_lines_cost_nothing_but_themselves(line):
    events, _ = read(f"{ARCSIGHT}\n{line}\n{LEEF}\n")
    assert events[0].fields["Image"] == events[-1].fields["Image"] == CMD


@pytest.mark.parametrize("line", [ARCSIGHT, LEEF, EDR], ids=["cef", "leef", "edr"])
def test_a_command_of_the_web_server_is_found_by_the_same_rules(tmp_path, line):
    logs = tmp_path / "logs"
    logs.mkdir()
    (logs / "export.dat").write_text(f"{line}\n{FIREWALL}\n", "utf-8")
    main(["hunt", str(logs), "-q", "-o", str(tmp_path / "out"), "--fail-on", "none"])
    found = json.loads((tmp_path / "out" / "run.json").read_text("utf-8"))["hunt"]
    assert len(found["incidents"]) == 1
    assert found["incidents"][0]["title"]["values"]["host"].lower().startswith("ex1")


def test_the_bare_name_of_a_program_stands_behind_a_backslash():
    bare = ARCSIGHT.replace(escaped(W3WP), "w3wp.exe").replace(escaped(CMD), "cmd.exe")
    (event,), _ = read(bare)
    assert event.fields["ParentProcessName"] == "\\w3wp.exe"
    assert event.fields["NewProcessName"] == "\\cmd.exe"
    (event,), _ = read(LEEF.replace(W3WP, "w3wp.exe"))
    assert event.fields["ParentProcessName"] == "\\w3wp.exe"
    sysmon = (
        "CEF:0|Microsoft|Sysmon|1|1|Process Create|1|dvchost=EX1 rt=1772611200123 EventID=1"
        " SourceName=Microsoft-Windows-Sysmon sproc=w3wp.exe dproc=cmd.exe"
        f" CommandLine={escaped(CMD)} /c whoami"
    )
    (event,), _ = read(sysmon)
    assert event.fields["ParentImage"] == "\\w3wp.exe"
    assert event.fields["Image"] == CMD
