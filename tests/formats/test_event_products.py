"""The same event as Wazuh, Defender, Splunk, wevtutil and Format-List write it, and rows of HttpProxy written again."""

import csv
import io
import json

import pytest

from tocsin.formats import Reading, recognise
from tocsin.formats.proxy_rows import COLUMNS
from tocsin.formats.syntax.log_rows import LogFault, LogRecord
from tocsin.model.evidence import Look
from tocsin.model.locator import Locator

COMMAND = 'cmd.exe /c "whoami /all > C:\\inetpub\\out.txt"'
CMD = "C:\\Windows\\System32\\cmd.exe"
W3WP = "C:\\Windows\\System32\\inetsrv\\w3wp.exe"
MESSAGE = f"Process Create:\r\nImage: {CMD}\r\nCommandLine: {COMMAND}\r\nParentImage: {W3WP}"
XML = (
    "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System>"
    "<Provider Name='Microsoft-Windows-Sysmon'/><EventID>1</EventID>"
    "<TimeCreated SystemTime='2022-11-15T05:00:02Z'/><EventRecordID>7</EventRecordID>"
    "<Channel>Microsoft-Windows-Sysmon/Operational</Channel><Computer>EX1</Computer></System><EventData>"
    f"<Data Name='Image'>{CMD}</Data><Data Name='CommandLine'>{COMMAND.replace('>', '&gt;')}</Data>"
    f"<Data Name='ParentImage'>{W3WP}</Data></EventData></Event>"
)


def wazuh() -> bytes:
    system = {
        "providerName": "Microsoft-Windows-Sysmon",
        "eventID": "1",
        "systemTime": "2022-11-15T05:00:02.1234567Z",
        "channel": "Microsoft-Windows-Sysmon/Operational",
        "computer": "EX1",
    }
    data = {"image": CMD, "commandLine": COMMAND, "parentImage": W3WP}
    data = {name: value.replace("\\", "\\\\") for name, value in data.items()}
    whole = {
        "timestamp": "2022-11-15T05:00:02.123+0000",
        "rule": {"level": 5},
        "agent": {"name": "EX1"},
        "data": {"win": {"system": system, "eventdata": data}},
    }
    return json.dumps(whole).encode()


DEFENDER = {
    "Timestamp": "2022-11-15T05:00:02.12Z",
    "DeviceId": "d",
    "DeviceName": "EX1",
    "ActionType": "ProcessCreated",
    "FileName": "cmd.exe",
    "FolderPath": CMD,
    "ProcessCommandLine": COMMAND,
    "AccountDomain": "nt authority",
    "AccountName": "system",
    "InitiatingProcessFileName": "w3wp.exe",
    "InitiatingProcessFolderPath": W3WP,
    "InitiatingProcessCommandLine": "w3wp.exe",
}


def table(rows: list[dict[str, str]]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def printed() -> bytes:
    return (
        "Event[0]:\r\n  Log Name: Microsoft-Windows-Sysmon/Operational\r\n  Source: Microsoft-Windows-Sysmon\r\n"
        "  Date: 2022-11-15T05:00:02.123\r\n  Event ID: 1\r\n  Task: N/A\r\n  User Name: NT AUTHORITY\\SYSTEM\r\n"
        f"  Computer: EX1\r\n  Description: \r\n{MESSAGE}\r\n\r\nEvent[1]:\r\n  Log Name: System\r\n"
        "  Source: Service Control Manager\r\n  Event ID: 7036\r\n  Computer: EX1\r\n  Description: \r\nx\r\n"
    ).encode()


def listed() -> bytes:
    text = MESSAGE.replace("\r\n", "\r\n               ")
    one = (
        f"Message      : {text}\r\nId           : 1\r\nProviderName : Microsoft-Windows-Sysmon\r\n"
        "LogName      : Microsoft-Windows-Sysmon/Operational\r\nMachineName  : EX1\r\n"
        "TimeCreated  : 15.11.2022 05:00:02\r\n"
    )
    return ("\r\n\r\n" + one + "\r\n" + one.replace("whoami", "hostname")).encode("utf-16")


def classic() -> str:
    return (
        "11/15/2022 05:00:02 AM\nLogName=Microsoft-Windows-Sysmon/Operational\nEventCode=1\nEventType=4\n"
        "SourceName=Microsoft-Windows-Sysmon\nComputerName=EX1\nRecordNumber=7\nMessage=" + MESSAGE
    )


SPLUNK = {"_time": "2022-11-15T05:00:02.000+0000", "host": "EX1", "source": "XmlWinEventLog:x"}
FORMS = {
    "wazuh": wazuh(),
    "defender, CSV": b"\xef\xbb\xbf" + table([DEFENDER]),
    "defender, API": json.dumps({"Schema": [], "Results": [DEFENDER]}).encode(),
    "splunk, XML": table([SPLUNK | {"_raw": XML}]),
    "splunk, text": table([SPLUNK | {"_raw": classic()}]),
    "splunk, text, JSON": json.dumps(
        {"preview": False, "result": SPLUNK | {"_raw": classic()}}
    ).encode(),
    "graylog": table(
        [
            {
                "timestamp": "2022-11-15T05:00:02.000Z",
                "source": "EX1",
                "winlogbeat_winlog_channel": "Microsoft-Windows-Sysmon/Operational",
                "winlogbeat_winlog_provider_name": "Microsoft-Windows-Sysmon",
                "winlogbeat_winlog_event_id": "1",
                "winlogbeat_winlog_event_data_Image": CMD,
                "winlogbeat_winlog_event_data_CommandLine": COMMAND,
                "winlogbeat_winlog_event_data_ParentImage": W3WP,
            }
        ]
    ),
    "elastic, moved": json.dumps(
        {
            "@timestamp": "2022-11-15T05:00:02Z",
            "event": {"code": "1"},
            "process": {
                "executable": CMD,
                "command_line": COMMAND,
                "parent": {"executable": W3WP},
            },
            "winlog": {
                "channel": "Microsoft-Windows-Sysmon/Operational",
                "provider_name": "Microsoft-Windows-Sysmon",
                "event_id": "1",
                "computer_name": "EX1",
                "event_data": {"Company": "x"},
            },
        }
    ).encode(),
    "wevtutil": printed(),  # event-text
    "Format-List": listed(),
}


@pytest.mark.parametrize("data", FORMS.values(), ids=FORMS)
def test_a_program_start_says_the_same_whoever_kept_it(data):
    form = recognise(data[:8192])
    assert form is not None
    found = [each for each in form.log.records(io.BytesIO(data)) if isinstance(each, LogRecord)]
    event = form.log.event(found[0].text)
    fields = event.fields
    assert (fields["EventID"], event.host, event.when.isoformat()[:19]) == (
        "1",
        "EX1",
        "2022-11-15T05:00:02",
    )
    assert fields["Provider_Name"] == "Microsoft-Windows-Sysmon"
    assert (fields["Image"], fields["CommandLine"], fields["ParentImage"]) == (CMD, COMMAND, W3WP)


@pytest.mark.parametrize(
    ("action", "more", "told"),
    [
        (
            "FileCreated",
            {"FolderPath": "C:\\inetpub", "FileName": "a.aspx"},
            {"EventID": "11", "TargetFilename": "C:\\inetpub\\a.aspx", "Image": W3WP},
        ),
        (
            "RegistryValueSet",
            {"RegistryKey": "HKLM\\S", "RegistryValueName": "V", "RegistryValueData": "1"},
            {"EventID": "13", "TargetObject": "HKLM\\S\\V", "Details": "1"},
        ),
        (
            "LogonFailed",
            {"RemoteIP": "198.51.100.7", "LogonType": "Network"},
            {"EventID": "4625", "IpAddress": "198.51.100.7", "LogonType": "3"},
        ),
        (
            "ConnectionSuccess",
            {"RemoteIP": "198.51.100.7", "RemotePort": "443"},
            {"EventID": "3", "DestinationIp": "198.51.100.7", "DestinationPort": "443"},
        ),
    ],
)
def test_defenders_other_tables_become_the_events_that_tell_the_same(action, more, told):
    data = table([DEFENDER | {"ActionType": action, **more}])
    form = recognise(data[:8192])
    fields = form.log.event(next(iter(form.log.records(io.BytesIO(data)))).text).fields
    assert told.items() <= fields.items()


PROXY = {
    "DateTime": "2021-03-05T03:06:02.162Z",
    "ServerHostName": "EX1",
    "ClientIpAddress": "198.51.100.9",
    "UrlStem": "/ecp/y.js",
    "AnchorMailbox": "ServerInfo~a]@srv:444/autodiscover/autodiscover.xml?#",
    "HttpStatus": "200",
}
RAW = ",".join(
    (PROXY | {"RequestId": "5e58f5e5-1ddc-48d3-82c6-0199bc12aa01", "Protocol": "Ecp"}
     | dict(zip(COLUMNS[2:6], ("15", "1", "2106", "2"), strict=True))).get(name, "")
    for name in COLUMNS
)  # fmt: skip
WRITTEN = {
    "Splunk": "".join(json.dumps({"result": {"_raw": RAW}}) + "\n" for _ in range(2)).encode(),
    "Splunk's table": table([{"_time": "x", "_raw": RAW}, {"_time": "y", "_raw": RAW}]),
    "a shipper": "".join(json.dumps({"message": RAW}) + "\n" for _ in range(2)).encode(),
    "an array": json.dumps([PROXY, PROXY], indent=2).encode("utf-16"),
    "an object a line": (json.dumps(PROXY) + "\n" + json.dumps(PROXY) + "\n").encode(),
    "a list": "".join(
        "\r\n" + "".join(f"{name:<15} : {value}\r\n" for name, value in PROXY.items())
        for _ in range(2)
    ).encode(),
}


@pytest.mark.parametrize("data", WRITTEN.values(), ids=WRITTEN)
def test_rows_of_httpproxy_that_powershell_wrote_again_are_rows(data):
    form = recognise(data[:8192])
    assert form.name == "proxy-rows"
    found = list(form.log.records(io.BytesIO(data)))
    assert len(found) == 2
    event = form.log.event(found[1].text)
    assert PROXY.items() <= event.fields.items()
    assert (event.surface, event.host) == ("httpproxy", "EX1")
    assert [
        e.body.records
        for e in form.read(io.BytesIO(data), Locator(source="x"), Reading())
        if isinstance(e.body, Look)
    ] == [2]


GERMAN = (
    "\ufeffSchlüsselwörter,Datum und Uhrzeit,Quelle,Ereignis-ID,Aufgabenkategorie\r\n"
    "Überwachung erfolgreich,15.11.2022 05:00:02,Microsoft-Windows-Security-Auditing,4688,(1),"
    '"Ein neuer Prozess wurde erstellt.\r\n\r\nErstellersubjekt:\r\n\tKontoname:\t\tEX1$\r\n\r\n'
    f"Prozessinformationen:\r\n\tNeuer Prozessname:\t{CMD}\r\n\tErsteller-Prozessname:\t{W3WP}\r\n"
    '\tProzessbefehlszeile:\tcmd.exe /c whoami"\r\n'
)
FRENCH = (
    "\ufeffMots clés,Date et heure,Source,ID de l’événement,Catégorie de la tâche\r\n"
    "Succès de l’audit,15/11/2022 05:00:02,Microsoft-Windows-Security-Auditing,4688,(1),"
    '"Un nouveau processus a été créé.\r\n\r\nInformations sur le processus :\r\n'
    f"\tNom du nouveau processus :\t{CMD}\r\n\tNom du processus créateur :\t{W3WP}\r\n"
    '\tLigne de commande du processus :\tcmd.exe /c whoami"\r\n'
)


@pytest.mark.parametrize("text", [GERMAN, FRENCH])
def test_the_security_log_of_event_viewer_in_other_languages(text):
    form = recognise(text.encode()[:8192])
    assert form.name == "event-csv"
    fields = form.log.event(next(iter(form.log.records(io.BytesIO(text.encode())))).text).fields
    assert (fields["NewProcessName"], fields["ParentProcessName"], fields["CommandLine"]) == (
        CMD,
        W3WP,
        "cmd.exe /c whoami",
    )


def test_commands_of_a_transcript_are_those_of_the_script_log():
    stars = "*" * 22
    text = (
        f"{stars}\r\nStart der Windows PowerShell-Aufzeichnung\r\nStartzeit: 20220810032900\r\n"
        "Benutzername: CONTOSO\\karin\r\nComputer: EX1 (Microsoft Windows NT 10.0.17763.0)\r\n"
        f"{stars}\r\nPS C:\\> Get-Date\r\n\r\n10. August 2022\r\nPS C:\\temp> whoami /all\r\n"
    )
    end = f"{stars}\r\nEnde der Windows PowerShell-Aufzeichnung\r\nEndzeit: 20220810033000\r\n{stars}\r\n"
    form = recognise(text.encode()[:8192])
    assert form.name == "transcript"
    events = [
        form.log.event(each.text) for each in form.log.records(io.BytesIO((text + end).encode()))
    ]
    assert [each.fields["ScriptBlockText"] for each in events] == ["Get-Date", "whoami /all"]
    assert {(e.host, e.fields["EventID"], e.fields["UserID"]) for e in events} == {
        ("EX1", "4104", "CONTOSO\\karin")
    }
    assert events[0].when.isoformat() == "2022-08-10T03:29:00+00:00"
    *_, last = form.log.records(io.BytesIO(text.encode()))
    assert last.position == "line 10"
    assert "the transcript has no end" in str(last.why)


def test_a_printed_event_that_lost_its_number_is_told_and_costs_no_other():
    whole = "Event[{0}]:\r\n  Log Name: Security\r\n  Event ID: 4624\r\n  Computer: EX1\r\n\r\n"
    text = whole.format(0) + "Event[1]:\r\n  Log Name: Sec\r\n" + whole.format(2)
    form = recognise(text.encode()[:8192])
    assert form.name == "event-text"
    first, lost, third = form.log.records(io.BytesIO(text.encode()))
    assert (lost.position, str(lost.why)) == (
        "line 6",
        "an event without its number: the text is cut or damaged",
    )
    for each in (first, third):
        assert form.log.event(each.text).fields["EventID"] == "4624"


WEB = "2022-08-10 03:14:00 10.1.1.5 POST /ecp/auth/w3.aspx a=b 443 - 198.51.100.9 Mozilla/5.0+(X11) - 200 0 0 77"
WEB_ROWS = {
    "W3C names": json.dumps(
        [
            {
                "date": "2022-08-10",
                "time": "03:14:00",
                "s-computername": "EX1",
                "cs-method": "POST",
                "cs-uri-stem": "/ecp/auth/w3.aspx",
                "cs-uri-query": "a=b",
                "c-ip": "198.51.100.9",
                "cs(User-Agent)": "Mozilla/5.0 (X11)",
                "sc-status": 200,
            }
        ]
    ),
    "Log Analytics": json.dumps(
        {
            "TimeGenerated": "2022-08-10T03:14:00Z",
            "sComputerName": "EX1",
            "csMethod": "POST",
            "csUriStem": "/ecp/auth/w3.aspx",
            "csUriQuery": "a=b",
            "cIP": "198.51.100.9",
            "csUserAgent": "Mozilla/5.0+(X11)",
            "scStatus": "200",
        }
    ),
    "Splunk": json.dumps({"result": {"_raw": WEB, "host": "EX1", "sourcetype": "ms:iis:auto"}}),
    "Splunk's table": table([{"_time": "x", "host": "EX1", "_raw": WEB}]).decode(),
    "a shipper's raw row": json.dumps({"@timestamp": "x", "message": WEB, "host": {"name": "EX1"}}),
    "Elastic's module": json.dumps(
        {
            "_source": {
                "@timestamp": "2022-08-10T03:14:00Z",
                "event": {"module": "iis"},
                "url": {"path": "/ecp/auth/w3.aspx", "query": "a=b"},
                "http": {"request": {"method": "POST"}, "response": {"status_code": 200}},
                "source": {"ip": "198.51.100.9"},
                "user_agent": {"original": "Mozilla/5.0 (X11)"},
                "host": {"name": "EX1"},
            }
        }
    ),
}


@pytest.mark.parametrize("text", WEB_ROWS.values(), ids=WEB_ROWS)
def test_rows_of_iis_as_json_are_rows(text):
    form = recognise(text.encode())
    assert form.name == "web-rows"
    (record,) = form.log.records(io.BytesIO(text.encode()))
    event = form.log.event(record.text)
    told = ("cs-uri-stem", "query", "c-ip", "sc-status", "cs-user-agent")
    assert [event.fields[name] for name in told] == [
        "/ecp/auth/w3.aspx", "a=b", "198.51.100.9", "200", "Mozilla/5.0 (X11)",
    ]  # fmt: skip
    assert (event.host, event.when.isoformat()) == ("EX1", "2022-08-10T03:14:00+00:00")


@pytest.mark.parametrize(
    "data",
    [
        b'{"cs-uri-stem":[],"cs-method":{},"sc-status":1,"c-ip":null,"date":"x"}\n{"result":3}\n',
        b"**********************\nWindows PowerShell transcript start\nMachine: a (Microsoft Windows)\nPS > \n99999999999999\n",
        b'{"data": {"win": {"system": {"eventID": []}}}}\n{"data":{"win":{"system":{}}}}\n{broken',
        b"ActionType,DeviceName,InitiatingProcessFileName\r\nProcessCreated,,\r\nOther,a,b\r\n",
        b'_time,_raw\r\n1,"<Event xmlns=""x""><System>"\r\n2,"EventCode=\r\n"\r\n',
        b"Event[0]:\r\n  Log Name: a\r\n  Event ID: b\r\n" + b"x" * 5000,
        b"DateTime : x\r\nUrlStem : y\r\nAnchorMailbox :\r\nHttpStatus :\r\nMethod :\r\n",
    ],
)
def test_damaged_ones_are_no_crash(data):
    form = recognise(data[:8192])
    assert form is not None
    for each in form.log.records(io.BytesIO(data)):
        assert isinstance(each, LogRecord | LogFault)
        if isinstance(each, LogRecord):
            form.log.event(each.text)


FURTHER = {
    "AmsiScriptDetection": (
        {"AdditionalFields": json.dumps({"ThreatName": "Behavior:Win32/SuspExchgSession.A"})},
        {"EventID": "1116", "Threat Name": "Behavior:Win32/SuspExchgSession.A", "Process Name": W3WP},
    ),
    "ScheduledTaskCreated": (
        {"AdditionalFields": json.dumps({"TaskName": "\\x", "TaskContent": "<Exec/>"})},
        {"EventID": "4698", "TaskName": "\\x", "TaskContent": "<Exec/>"},
    ),
    "OpenProcessApiCall": (
        {
            "FileName": "lsass.exe", "FolderPath": "C:\\Windows\\System32\\lsass.exe",
            "AdditionalFields": json.dumps({"DesiredAccess": 5136}),
        },
        {
            "EventID": "10", "SourceImage": W3WP, "TargetImage": "C:\\Windows\\System32\\lsass.exe",
            "GrantedAccess": "0x1410",
        },
    ),
    "DriverLoad": (
        {"FileName": "d.sys", "FolderPath": "C:\\Temp"},
        {"EventID": "6", "ImageLoaded": "C:\\Temp\\d.sys"},
    ),
    "ServiceInstalled": (
        {"FileName": "a.exe", "FolderPath": "C:\\Temp", "AdditionalFields": '{"ServiceName":"x"}'},
        {"EventID": "4697", "ServiceName": "x", "ServiceFileName": "C:\\Temp\\a.exe"},
    ),
    "SecurityLogCleared": ({}, {"EventID": "1102", "Channel": "Security"}),
}  # fmt: skip


@pytest.mark.parametrize("action", FURTHER)
def test_other_events_of_defender_are_those_of_windows(action):
    """Columns: Microsoft, "DeviceEvents table in the advanced hunting schema"."""
    members, expected = FURTHER[action]
    row = DEFENDER | {"ActionType": action, "FileName": "", "FolderPath": ""} | members
    for data in (table([row]), json.dumps([row]).encode()):
        form = recognise(data[:8192])
        (record,) = form.log.records(io.BytesIO(data))
        fields = form.log.event(record.text).fields
        assert expected.items() <= fields.items()


@pytest.mark.parametrize(
    "more", ["{", "[]", "null", '{"DesiredAccess": "x"}', '{"DesiredAccess": []}']
)
def test_what_stands_wrong_in_further_members_costs_the_row_nothing(more):
    row = DEFENDER | {"ActionType": "OpenProcessApiCall", "AdditionalFields": more}
    data = json.dumps([row]).encode()
    (record,) = recognise(data).log.records(io.BytesIO(data))
    assert recognise(data).log.event(record.text).fields["SourceImage"] == W3WP


@pytest.mark.parametrize("action", [[], {}, None, 1, [["ProcessCreated"]]])
def test_an_action_of_another_type_costs_no_other_row(action):
    rows = [DEFENDER, DEFENDER | {"ActionType": action}, DEFENDER]
    data = "\n".join(map(json.dumps, rows)).encode()
    form = recognise(data)
    events = [form.log.event(each.text) for each in form.log.records(io.BytesIO(data))]
    assert events[0] == events[2]
    assert events[0].fields["CommandLine"] == COMMAND
