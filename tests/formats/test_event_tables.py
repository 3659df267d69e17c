"""Events in the tables of hunting tools, in joined lists and in the texts that Windows shows."""

import csv
import io
import json

import pytest

from tocsin.formats import recognise
from tocsin.formats.syntax.log_rows import LogRecord

CMD = "C:\\Windows\\System32\\cmd.exe"


def fields(data: bytes) -> list[dict[str, str]]:
    """The fields of each event of a file."""
    form = recognise(data)
    assert form is not None
    assert form.log is not None
    found = [each for each in form.log.records(io.BytesIO(data)) if isinstance(each, LogRecord)]
    return [form.log.event(each.text).fields for each in found]


def table(columns: str, *rows: list[str]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns.split(","))
    writer.writerows(rows)
    return text.getvalue().encode()


SIGMA = (
    "timestamp,detections,path,count,Event.System.Provider,Event ID,Record ID,Computer,Event Data"
)
WHEN = "2022-11-15T05:00:02.123456+00:00"


def test_chainsaw_puts_all_values_into_one_cell():
    data = (
        f"CommandLine: 'cmd /c echo ''a: b'''\nImage: {CMD}\nParentCommandLine: \"\\\"C:\\\\x.exe\\\" -a\"\n"
        "User: NT AUTHORITY\\SYSTEM\nText: |-\n  one\n  two"
    )
    path = "C:\\case\\Microsoft-Windows-Sysmon%4Operational.evtx"
    row = [WHEN, "+ x", path, "1", "Microsoft-Windows-Sysmon", "1", "77", "EX1", data]
    (found,) = fields(table(SIGMA, row))
    assert found["Image"] == CMD
    assert found["CommandLine"] == "cmd /c echo 'a: b'"
    assert found["ParentCommandLine"] == '"C:\\x.exe" -a'
    assert found["Text"].split() == ["one", "two"]
    assert found["Channel"] == "Microsoft-Windows-Sysmon/Operational"
    assert found["Provider_Name"] == "Microsoft-Windows-Sysmon"
    assert (found["EventID"], found["Computer"], found["EventRecordID"]) == ("1", "EX1", "77")


def test_tables_of_chainsaws_own_rules_have_columns():
    columns = "timestamp,detections,path,Event ID,Record ID,Computer,User,Logon Type,IP Address"
    row = [WHEN, "RDP", "Security.evtx", "4624", "8", "EX1", "anna", "10", "198.51.100.7"]
    (found,) = fields(table(columns, row))
    assert (found["Channel"], found["LogonType"]) == ("Security", "10")
    assert (found["TargetUserName"], found["IpAddress"]) == ("anna", "198.51.100.7")


@pytest.mark.parametrize(
    ("channel", "number", "details", "name", "value"),
    [
        ("Sysmon", 11, f"Path: C:\\x\\a.aspx ¦ Proc: {CMD}", "TargetFilename", "C:\\x\\a.aspx"),
        ("Sysmon", 3, "SrcIP: 10.0.0.1 ¦ TgtIP: 198.51.100.7", "DestinationIp", "198.51.100.7"),
        ("Sys", 7045, "Svc: x ¦ Path: C:\\x\\s.exe", "ImagePath", "C:\\x\\s.exe"),
        ("Sec", 4688, f"CmdLine: cmd /c dir ¦ Path: {CMD}", "Image", CMD),
        ("Sec", 4624, "Type: 10 ¦ TgtUser: anna ¦ SrcIP: 10.0.0.9", "LogonType", "10"),
    ],
)
def test_hayabusas_short_names_mean_what_the_event_has(channel, number, details, name, value):
    columns = "Timestamp,RuleTitle,Level,Computer,Channel,EventID,RecordID,Details,ExtraFieldInfo"
    row = [
        "2022-11-15 05:00:02.123 +00:00",
        "x",
        "info",
        "EX1",
        channel,
        str(number),
        "7",
        details,
        "",
    ]
    (found,) = fields(table(columns, row))
    assert found[name] == value


def test_evtxecmd_joins_the_values_of_a_cmdlet():
    values = (
        'Set-AuthServer, -Identity "ACS", contoso.example/Users/admin, S-1-5-21-1-2-3-500, S-1-5-21-1-2-3-500, '
        "Remote-ManagementShell-Unknown, 8372 w3wp#MSExchangePowerShellAppPool, , 44, 00:00:00.32, "
        "View Entire Forest: 'False', Default Scope: 'contoso.example', "
    )
    columns = "RecordNumber,TimeCreated,EventId,Provider,Channel,Computer,Payload"
    payload = json.dumps({"EventData": {"Data": values}})
    row = [
        "2",
        "2022-11-15 05:00:02",
        "1",
        "MSExchange CmdletLogs",
        "MSExchange Management",
        "EX1",
        payload,
    ]
    (found,) = fields(table(columns, row))
    assert (found["Cmdlet"], found["Parameters"]) == ("Set-AuthServer", '-Identity "ACS"')
    assert found["User"] == "contoso.example/Users/admin"
    assert found["Parameters.Identity"] == "ACS"


@pytest.mark.parametrize(
    ("first", "identity"),
    [
        ("Creating Scriptblock text (1 of 1):", "ScriptBlock ID"),
        ("Scriptblocktext wird erstellt (1 von 1):", "ScriptBlock-ID"),
    ],
)
def test_a_script_is_taken_out_of_the_text_that_windows_shows(first, identity):
    script = "$a = 1\r\n\r\nGet-Thing ScriptBlock -Path: x"
    message = f"{first}\r\n{script}\r\n\r\n{identity}: {'a' * 8}-0000-0000-0000-{'0' * 12}\r\nPath: C:\\x.ps1"
    record = {
        "Id": 4104,
        "LogName": "Microsoft-Windows-PowerShell/Operational",
        "ProviderName": "Microsoft-Windows-PowerShell",
        "MachineName": "EX1",
        "Message": message,
    }
    (found,) = fields(json.dumps(record).encode())
    assert found["ScriptBlockText"] == script
    assert found["Path"] == "C:\\x.ps1"
    del record["Message"]
    (found,) = fields(json.dumps(record | {"Message": f"{first}\n{script}"}).encode())
    assert (
        found["ScriptBlockText"] == script.replace("\r\n", "\n")
        or found["ScriptBlockText"] == script
    )


def test_the_xml_of_a_task_stands_in_many_lines():
    message = (
        "A scheduled task was created.\r\n\r\nSubject:\r\n\tAccount Name:\t\tanna\r\n\r\nTask Information:\r\n"
        '\tTask Name: \t\t\\X\r\n\tTask Content: \t\t<?xml version="1.0"?>\r\n<Task>\r\n  <Actions>\r\n'
        "    <Exec><Command>a.exe</Command></Exec>\r\n  </Actions>\r\n</Task>\r\n\r\nOther Information:\r\n"
    )
    record = {
        "Id": 4698,
        "LogName": "Security",
        "ProviderName": "Microsoft-Windows-Security-Auditing",
        "MachineName": "EX1",
        "Message": message,
    }
    (found,) = fields(json.dumps(record).encode())
    assert found["TaskName"] == "\\X"
    assert "<Command>a.exe</Command>" in found["TaskContent"]
    assert found["TaskContent"].endswith("</Task>")
    assert found["SubjectUserName"] == "anna"


def powershell(number: int, channel: str, **data: str) -> bytes:
    provider = "PowerShell" if number == 400 else "Microsoft-Windows-PowerShell"
    system = {
        "Provider": {"Name": provider},
        "EventID": number,
        "Channel": channel,
        "Computer": "EX1",
    }
    return json.dumps({"Event": {"System": system, "EventData": data}}).encode()


OPERATIONAL = "Microsoft-Windows-PowerShell/Operational"


def test_what_was_typed_is_a_command():
    (found,) = fields(powershell(4104, OPERATIONAL, ScriptBlockText="whoami /all", Path=""))
    assert found["CommandLine"] == "whoami /all"


@pytest.mark.parametrize(
    "data",
    [
        {"ScriptBlockText": "whoami /all", "Path": "C:\\Scripts\\report.ps1"},
        {"ScriptBlockText": "function a {\n whoami /all }"},
        {"ScriptBlockText": "whoami /all\n" * 200},
    ],
)
def test_a_script_is_no_command(data):
    (found,) = fields(powershell(4104, OPERATIONAL, **data))
    assert "CommandLine" not in found


@pytest.mark.parametrize(
    ("number", "name", "value"),
    [
        (
            400,
            "Data",
            "\tHostName=ConsoleHost\r\n\tHostApplication=powershell -c dir\r\n\tEngineVersion=5.1",
        ),
        (
            4103,
            "ContextInfo",
            "        Host Application = powershell -c dir\r\n        Engine Version = 5.1",
        ),
    ],
)
def test_what_powershell_was_started_with_is_a_command(number, name, value):
    (found,) = fields(powershell(number, OPERATIONAL, **{name: value}))
    assert found["CommandLine"] == "powershell -c dir"
