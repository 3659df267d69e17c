"""event-json, event-xml, event-csv, evtx: the same event, whoever exported it, says the same."""

import csv
import io
import json

import pytest
from event_making import event, evtx

from tocsin.formats import Reading, recognise
from tocsin.formats.syntax.event_parameters import parameters_of
from tocsin.formats.syntax.event_values import time_of
from tocsin.formats.syntax.log_rows import LogFault, LogRecord
from tocsin.model.locator import Locator

NS = "http://schemas.microsoft.com/win/2004/08/events/event"
SHELL = '<script language="JScript" runat="server">'
PARAMETERS = f'-ExternalUrl "http://x/#{SHELL}" -Identity "OAB (Default Web Site)"'
VALUES = [
    "Set-OabVirtualDirectory",
    PARAMETERS,
    "contoso.example/Users/Administrator",
    "S-1-5-21-1-2-3-500",
    "S-1-5-21-1-2-3-500",
    "Remote-PowerShell-Unknown",
    "8372 w3wp#MSExchangePowerShellAppPool",
    "",
    "34",
    "00:00:01",
    "View Entire Forest: 'False'",
    "",
    "",
]
MESSAGE = f"Cmdlet suceeded. Cmdlet Set-OabVirtualDirectory, parameters {PARAMETERS}."
"""As Event Viewer shows it."""


def parse(data: bytes):
    form = recognise(data[:8192])
    assert form is not None
    assert form.log is not None
    found = list(form.log.records(io.BytesIO(data)))
    assert not [each for each in found if isinstance(each, LogFault)]
    records = [each for each in found if isinstance(each, LogRecord)]
    return form, records, [form.log.event(each.text) for each in records]


def escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")


def xml(values, number=1, provider="MSExchange CmdletLogs", channel="MSExchange Management"):
    data = "".join(
        f"<Data>{escaped(each)}</Data>"
        if isinstance(each, str)
        else f"<Data Name='{each[0]}'>{escaped(each[1])}</Data>"
        for each in values
    )
    return (
        f"<Event xmlns='{NS}'><System><Provider Name='{provider}'/>"
        f"<EventID Qualifiers='16384'>{number}</EventID><Level>4</Level>"
        "<TimeCreated SystemTime='2024-05-01T10:00:00.0000000Z'/>"
        f"<EventRecordID>7</EventRecordID><Channel>{channel}</Channel>"
        "<Computer>mx1.contoso.example</Computer><Security UserID='S-1-5-18'/></System>"
        f"<EventData>{data}</EventData></Event>"
    )


def table(columns, *rows, delimiter=","):
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return out.getvalue()


GET_WINEVENT = {
    "Message": MESSAGE,
    "Id": 1,
    "Version": None,
    "Qualifiers": 16384,
    "Level": 4,
    "RecordId": 7,
    "ProviderName": "MSExchange CmdletLogs",
    "LogName": "MSExchange Management",
    "ProcessId": None,
    "MachineName": "mx1.contoso.example",
    "UserId": None,
    "TimeCreated": "/Date(1714557600000)/",
    "Properties": [{"Value": each} for each in VALUES],
}
EVTXECMD = {
    "RecordNumber": 7,
    "EventRecordId": "7",
    "TimeCreated": "2024-05-01T10:00:00.0000000+00:00",
    "EventId": 1,
    "Level": "Info",
    "Provider": "MSExchange CmdletLogs",
    "Channel": "MSExchange Management",
    "Computer": "mx1.contoso.example",
    "UserId": "",
    "Payload": json.dumps({"EventData": {"Data": [{"#text": each} for each in VALUES]}}),
}
WINLOGBEAT = {
    "@timestamp": "2024-05-01T10:00:00.000Z",
    "message": MESSAGE,
    "event": {"code": "1", "provider": "MSExchange CmdletLogs"},
    "winlog": {
        "channel": "MSExchange Management",
        "provider_name": "MSExchange CmdletLogs",
        "event_id": "1",
        "computer_name": "mx1.contoso.example",
        "event_data": {f"param{n}": each for n, each in enumerate(VALUES, 1) if each},
    },
}
SPLUNK = {"preview": False, "result": {"_raw": xml(VALUES), "EventCode": "1", "host": "x"}}
LOG_ANALYTICS = {
    "TimeGenerated": "2024-05-01T10:00:00Z",
    "Source": "MSExchange CmdletLogs",
    "EventLog": "MSExchange Management",
    "Computer": "mx1.contoso.example",
    "EventID": 1,
    "RenderedDescription": MESSAGE,
    "ParameterXml": "".join(f"<Param>{escaped(each)}</Param>" for each in VALUES),
}
NXLOG = {
    "EventTime": "2024-05-01T10:00:00.000Z",
    "Hostname": "mx1.contoso.example",
    "EventID": 1,
    "SourceName": "MSExchange CmdletLogs",
    "Channel": "MSExchange Management",
    "Message": MESSAGE,
}
CHAINSAW = {
    "group": "x",
    "kind": "individual",
    "document": {
        "kind": "evtx",
        "data": {
            "Event": {
                "System": {
                    "Provider_attributes": None,
                    "Provider": {"#attributes": {"Name": "MSExchange CmdletLogs"}},
                    "EventID": 1,
                    "TimeCreated": {"#attributes": {"SystemTime": "2024-05-01T10:00:00Z"}},
                    "Channel": "MSExchange Management",
                    "Computer": "mx1.contoso.example",
                },
                "EventData": {"Data": {"#text": VALUES}},
            }
        },
    },
}
VELOCIRAPTOR = {
    "System": {
        "Provider": {"Name": "MSExchange CmdletLogs"},
        "EventID": {"Value": 1},
        "TimeCreated": {"SystemTime": 1714557600.0},
        "Channel": "MSExchange Management",
        "Computer": "mx1.contoso.example",
    },
    "EventData": {"Data": VALUES},
}
KIBANA = {
    "@timestamp": "2024-05-01T10:00:00.000Z",
    "winlog.channel": "MSExchange Management",
    "winlog.provider_name": "MSExchange CmdletLogs",
    "winlog.event_id": "1",
    "winlog.computer_name": "mx1.contoso.example",
    "message": MESSAGE,
}
GET_EVENTLOG = {
    "EventID": 1,
    "MachineName": "mx1.contoso.example",
    "Source": "MSExchange CmdletLogs",
    "ReplacementStrings": VALUES,
    "TimeGenerated": "/Date(1714557600000)/",
    "Message": MESSAGE,
}
FORMS = {
    "evtx": evtx([event("MSExchange CmdletLogs", 1, "MSExchange Management", VALUES)]),
    "xml": f"<?xml version='1.0'?><Events>{xml(VALUES)}</Events>".encode(),
    "wevtutil": (xml(VALUES) + "\r\n").encode("utf-16"),
    "Get-WinEvent JSON": json.dumps(GET_WINEVENT).replace("<", "\\u003c").encode(),
    "Get-WinEvent CSV": (
        '#TYPE System.Diagnostics.Eventing.Reader.EventLogRecord\r\n"'
        + '","'.join(n for n in GET_WINEVENT if n != "Properties")
        + '"\r\n"'
        + '","'.join(
            "5/1/2024 10:00:00 AM" if n == "TimeCreated" else str(v or "").replace('"', '""')
            for n, v in GET_WINEVENT.items()
            if n != "Properties"
        )
        + '"\r\n'
    ).encode(),
    "Get-EventLog": json.dumps([GET_EVENTLOG]).encode(),
    "EvtxECmd JSON": json.dumps(EVTXECMD).encode(),
    "EvtxECmd CSV": table(list(EVTXECMD), list(EVTXECMD.values())).encode("utf-8-sig"),
    "winlogbeat": json.dumps(WINLOGBEAT).encode(),
    "Elasticsearch": json.dumps({"_index": "i", "_source": WINLOGBEAT}).encode(),
    "Kibana CSV": table(list(KIBANA), list(KIBANA.values())).encode(),
    "Splunk": json.dumps(SPLUNK).encode(),
    "Log Analytics": json.dumps([LOG_ANALYTICS], indent=1).encode(),
    "Log Analytics CSV": table(list(LOG_ANALYTICS), list(LOG_ANALYTICS.values())).encode(),
    "NXLog": json.dumps(NXLOG).encode(),
    "Chainsaw": json.dumps(CHAINSAW).encode(),
    "Velociraptor": json.dumps(VELOCIRAPTOR).encode(),
    "Event Viewer CSV": table(
        ["Level", "Date and Time", "Source", "Event ID", "Task Category"],
        ["Information", "5/1/2024 10:00:00 AM", "MSExchange CmdletLogs", "1", "General", MESSAGE],
    ).encode(),
    "Event Viewer CSV, French": table(
        ["Niveau", "Date et heure", "Source", "ID de l’événement", "Catégorie de la tâche"],
        ["Information", "01/05/2024 10:00:00", "MSExchange CmdletLogs", "1", "Général", MESSAGE],
    ).encode("utf-8-sig"),
}


@pytest.mark.parametrize("name", FORMS)
def test_exchange_management_in_every_form(name):
    form, records, (found,) = parse(FORMS[name])
    assert form.name.startswith("ev")
    fields = found.fields
    assert fields["EventID"] == "1"
    assert fields["Provider_Name"] == "MSExchange CmdletLogs"
    assert fields["Message"] == MESSAGE
    assert fields["Cmdlet"] == "Set-OabVirtualDirectory"
    assert fields["Parameters"] == PARAMETERS
    assert fields["Parameters.ExternalUrl"] == f"http://x/#{SHELL}"
    assert fields["Parameters.Identity"] == "OAB (Default Web Site)"
    assert found.when.isoformat() == "2024-05-01T10:00:00+00:00"
    # What rules are written on must stand in the text that is searched.
    assert json.dumps(MESSAGE)[1:-1].encode() in records[0].text
    if "Viewer" not in name:
        assert found.host == "mx1.contoso.example"
    if "Viewer" not in name and "Get-EventLog" not in name:
        assert fields["Channel"] == "MSExchange Management"
    if name in ("evtx", "xml", "Get-WinEvent JSON", "EvtxECmd CSV", "Splunk", "Get-EventLog"):
        assert fields["User"] == "contoso.example/Users/Administrator"
        assert fields["UserSid"] == "S-1-5-21-1-2-3-500"
        assert fields["Client"] == "Remote-PowerShell-Unknown"
        assert fields["Process"] == "8372 w3wp#MSExchangePowerShellAppPool"


def missing(record, event) -> list[str]:
    """Lines of fields that do not stand in the text of the record, as JSON writes them."""
    return [
        name
        for name, value in event.fields.items()
        for line in value.splitlines()
        if json.dumps(line, ensure_ascii=False)[1:-1].encode() not in record.text
    ]


@pytest.mark.parametrize("name", FORMS)
def test_every_value_can_be_searched_for(name):
    _, (record,), (event,) = parse(FORMS[name])
    assert not missing(record, event)


def test_a_cmdlet_that_failed_and_one_that_threw():
    failed = [*VALUES[:11], "Microsoft.Exchange.Data.DataValidationException: no", "0"]
    threw = ["12460", "9", "Test-X", "System.InvalidOperationException: bad"]
    data = evtx(
        [
            event("MSExchange CmdletLogs", 6, "MSExchange Management", failed),
            event("MSExchange CmdletLogs", 8, "Application", threw),
            event("MSExchange Control Panel", 4, "Application", ["bob", "https://mx1:444/a", "No"]),
        ]
    )
    _, records, (first, second, third) = parse(data)
    assert first.fields["Message"].startswith("Cmdlet failed. Cmdlet Set-OabVirtualDirectory, ")
    assert first.fields["Error"] == "Microsoft.Exchange.Data.DataValidationException: no\n0"
    assert second.fields["Cmdlet"] == "Test-X"
    assert second.fields["Error"] == "System.InvalidOperationException: bad"
    assert third.fields["URL"] == "https://mx1:444/a"
    assert third.fields["Message"].startswith("Current user: 'bob'\r\nRequest for URL 'https://mx1")
    assert b"Request for URL 'https://mx1:444/a' failed" in records[2].text


MESSAGE_4688 = """A new process has been created.\r
\r
Creator Subject:\r
\tSecurity ID:\t\tS-1-5-18\r
\tAccount Name:\t\tMX1$\r
\tAccount Domain:\t\tCONTOSO\r
\tLogon ID:\t\t0x3E7\r
\r
Target Subject:\r
\tSecurity ID:\t\tS-1-0-0\r
\tAccount Name:\t\t-\r
\r
Process Information:\r
\tNew Process ID:\t\t0x2d54\r
\tNew Process Name:\tC:\\Windows\\System32\\cmd.exe\r
\tCreator Process ID:\t0x31f4\r
\tCreator Process Name:\tC:\\Windows\\System32\\inetsrv\\w3wp.exe\r
\tProcess Command Line:\tcmd /c whoami\r
"""
AUDIT = {
    "Id": 4688,
    "LogName": "Security",
    "ProviderName": "Microsoft-Windows-Security-Auditing",
    "MachineName": "mx1.contoso.example",
    "TimeCreated": {"value": "/Date(1714557600000)/", "DateTime": "Wednesday, May 1, 2024"},
}
SECURITY = [
    {"BinaryLength": 12, "AccountDomainSid": None, "Value": "S-1-5-18"},
    "MX1$",
    "CONTOSO",
    999,
    11604,
    "C:\\Windows\\System32\\cmd.exe",
    "%%1936",
    12788,
    "cmd /c whoami",
    {"Value": "S-1-0-0"},
    "-",
    "-",
    0,
    "C:\\Windows\\System32\\inetsrv\\w3wp.exe",
    "S-1-16-12288",
]


@pytest.mark.parametrize("told", ["properties", "message", "csv"])
def test_process_creation_out_of_values_or_text(told):
    record = AUDIT | (
        {"Properties": [{"Value": each} for each in SECURITY], "Message": "Ein neuer Prozess"}
        if told == "properties"
        else {"Message": MESSAGE_4688, "Properties": ["System.Diagnostics.Eventing.Reader.X"]}
    )
    if told == "csv":
        row = record | {"Properties": "System.Collections.Generic.List`1[X]", "TimeCreated": "x"}
        data = table(list(row), list(row.values())).encode()
    else:
        data = json.dumps(record, indent=2).encode()
    _, _, (found,) = parse(data)
    fields = found.fields
    assert fields["Image"] == fields["NewProcessName"] == "C:\\Windows\\System32\\cmd.exe"
    assert fields["ParentImage"] == "C:\\Windows\\System32\\inetsrv\\w3wp.exe"
    assert fields["CommandLine"] == "cmd /c whoami"
    assert fields["User"] == fields["SubjectUserName"] == "MX1$"
    assert fields["SubjectUserSid"] == "S-1-5-18"


def test_sysmon_out_of_its_text_and_hayabusa():
    text = (
        "Process Create:\r\nRuleName: -\r\nUtcTime: 2024-05-01 10:00:00.000\r\n"
        "Image: C:\\x\\cmd.exe\r\nCommandLine: cmd /c a: b\r\nParentImage: C:\\x\\w3wp.exe"
    )
    record = {
        "Id": 1,
        "LogName": "Microsoft-Windows-Sysmon/Operational",
        "ProviderName": "Microsoft-Windows-Sysmon",
        "MachineName": "mx1",
        "Message": text,
    }
    fields = parse(json.dumps(record).encode())[2][0].fields
    assert fields["Image"] == "C:\\x\\cmd.exe"
    assert fields["CommandLine"] == "cmd /c a: b"
    assert fields["ParentImage"] == "C:\\x\\w3wp.exe"
    hayabusa = {
        "Timestamp": "2024-05-01 10:00:00.000 +00:00",
        "RuleTitle": "Proc Exec",
        "Level": "info",
        "Computer": "mx1",
        "Channel": "Sysmon",
        "EventID": 1,
        "RecordID": 7,
        "Details": {"Cmdline": "cmd /c dir", "Proc": "C:\\x\\cmd.exe", "User": "A\\b"},
    }
    _, (record,), (found,) = parse(json.dumps(hayabusa).encode())
    assert missing(record, found) in ([], ["Details"])
    assert found.fields["Channel"] == "Microsoft-Windows-Sysmon/Operational"
    assert found.fields["CommandLine"] == "cmd /c dir"
    assert found.fields["Image"] == "C:\\x\\cmd.exe"


def test_forwarded_events_keep_their_own_log_and_computer():
    inner = xml([("SubjectUserName", "bob")], 4720, "P", "Security").replace(
        "</EventData>",
        "</EventData><RenderingInfo Culture='en-US'><Message>A user</Message>"
        "<Channel>Security</Channel></RenderingInfo>",
    )
    _, _, (found,) = parse(f"<Events>{inner}</Events>".encode())
    assert (found.fields["Channel"], found.host) == ("Security", "mx1.contoso.example")
    assert found.fields["Message"] == "A user"
    assert found.fields["SubjectUserName"] == "bob"


def test_broken_xml_costs_only_itself():
    good, cut = xml(VALUES), xml(VALUES)[:300]
    data = f"<Events>{good}{cut}{good}<Event><System><</Event>{good}{cut}".encode()
    form = recognise(data)
    found = list(form.log.records(io.BytesIO(data)))
    assert sum(isinstance(each, LogRecord) for each in found) == 3
    assert sum(isinstance(each, LogFault) for each in found) == 3


def test_entities_are_refused_and_control_characters_are_not():
    bomb = "<!DOCTYPE x [<!ENTITY a 'aaaa'>]>" + xml(["&a;"]).replace("&amp;a;", "&a;")
    found = list(recognise(xml(VALUES).encode()).log.records(io.BytesIO(bomb.encode())))
    assert [type(each) for each in found] == [LogFault]
    odd = xml(VALUES).replace("OAB", "OAB\x01&#x1b;")
    assert len(parse(odd.encode())[1]) == 1


def test_a_management_workstation_is_no_server():
    console = [*VALUES[:6], "4212 mmc", *VALUES[7:]]
    for values, names in ((VALUES, [("mx1.contoso.example",)]), (console, [])):
        data = evtx([event("MSExchange CmdletLogs", 1, "MSExchange Management", values)])
        form = recognise(data)
        found = list(form.read(io.BytesIO(data), Locator(source="x"), Reading()))
        assert [each.body.names for each in found[:-1]] == names


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('-A "1" -B "x -C y" -D "True"', {"A": "1", "B": "x -C y", "D": "True"}),
        ('-F "\\\\127.0.0.1\\C$\\a.aspx"', {"F": "\\\\127.0.0.1\\C$\\a.aspx"}),
        ('-U "a "b" c" -V "d"', {"U": 'a "b" c', "V": "d"}),
        ("{MailboxServer=SCEX02, Identity=DAG1}", {"MailboxServer": "SCEX02", "Identity": "DAG1"}),
        ("-GenerateRequest -BinaryEncoded", {"GenerateRequest": "", "BinaryEncoded": ""}),
        ("", {}),
    ],
)
def test_parameters(text, expected):
    assert parameters_of(text) == expected


def test_parameters_in_linear_time():
    assert len(parameters_of('-A "' * 20000)) <= 100
    assert len(parameters_of("-A -" * 20000)) <= 100


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2024-05-01T10:00:00.1234567Z", "2024-05-01T10:00:00.123456+00:00"),
        ("/Date(1714557600000)/", "2024-05-01T10:00:00+00:00"),
        ("01/05/2024 10:00:00", "2024-05-01T10:00:00+00:00"),
        ("5/13/2024 10:00:00 PM", "2024-05-13T22:00:00+00:00"),
        ("13.05.2024 10:00:00", "2024-05-13T10:00:00+00:00"),
        ("2024-05-01 12:00:00 +02:00", "2024-05-01T10:00:00+00:00"),
        (1714557600, "2024-05-01T10:00:00+00:00"),
    ],
)
def test_times(value, expected):
    assert time_of(value).isoformat() == expected


@pytest.mark.parametrize("value", ["", "x", None, True, [], {}, "99/99/9999 99:99", 10**30, "0"])
def test_no_time(value):
    assert time_of(value) is None
