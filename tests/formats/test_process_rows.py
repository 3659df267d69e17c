"""process-rows: starts of processes as EDR products export them, under the names that Sysmon gives them."""

import csv
import io
import json

import pytest

from tocsin.cli import main
from tocsin.formats import recognise
from tocsin.formats.syntax import process_names
from tocsin.formats.syntax.log_rows import LogFault
from tocsin.formats.syntax.process_names import PATH_LIMIT, plain_name
from tocsin.formats.syntax.process_start import HEAD_LIMIT, ROWS_LIMIT, rows_of, start_of
from tocsin.formats.syntax.process_values import iso_of, path_of

W3WP = "C:\\Windows\\System32\\inetsrv\\w3wp.exe"
CMD = "C:\\Windows\\System32\\cmd.exe"
COMMAND = 'cmd.exe /c "whoami & net user"'
DEVICE = "\\Device\\HarddiskVolume3\\Windows\\System32\\"


def table(*rows):
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode("utf-8-sig")


def lines(*rows):
    return "\n".join(json.dumps(each) for each in rows).encode()


def answer(*rows):
    return json.dumps({"results": list(rows), "num_found": len(rows)}, indent=2).encode()


FALCON = {
    "event_simpleName": "ProcessRollup2",
    "name": "ProcessRollup2V19",
    "aid": "0f" * 16,
    "event_platform": "Win",
    "timestamp": "1772611200123",
    "ComputerName": "EX1",
    "UserName": "SYSTEM",
    "ImageFileName": DEVICE + "cmd.exe",
    "CommandLine": COMMAND,
    "ParentBaseFileName": "w3wp.exe",
    "RawProcessId": "4711",
    "ParentProcessId": "419404170187",
    "SHA256HashData": "ab" * 32,
}
LOGSCALE = {
    "@timestamp": "1772611200123",
    "#event_simpleName": "ProcessRollup2",
    "ComputerName": "EX1",
    "ImageFileName": DEVICE + "cmd.exe",
    "CommandLine": COMMAND,
    "ParentBaseFileName": "w3wp.exe",
}
DEEP_VISIBILITY = {
    "Event Time": "Mar 04, 2026 08:00:00",
    "Event Type": "Process Creation",
    "Endpoint Name": "EX1",
    "User": "NT AUTHORITY\\SYSTEM",
    "Source Process Name": "w3wp.exe",
    "Source Process Command Line": W3WP + " -ap x",
    "Process Name": "cmd.exe",
    "Process CMD": COMMAND,
    "Process Image Path": CMD,
}
DATA_LAKE = {
    "event.time": "2026-03-04T08:00:00.123Z",
    "event.type": "Process Creation",
    "endpoint.name": "EX1",
    "endpoint.os": "windows",
    "src.process.cmdline": "w3wp.exe -ap x",
    "src.process.image.path": W3WP,
    "tgt.process.cmdline": COMMAND,
    "tgt.process.image.path": CMD,
    "tgt.process.user": "NT AUTHORITY\\SYSTEM",
}
CARBON = {
    "device_name": "CONTOSO\\EX1",
    "device_timestamp": "2026-03-04T08:00:00.123Z",
    "process_name": CMD.lower(),
    "process_cmdline": [COMMAND],
    "process_username": ["NT AUTHORITY\\SYSTEM"],
    "process_hash": ["cd" * 16, "ab" * 32],
    "process_pid": [4711],
    "parent_name": W3WP.lower(),
    "parent_cmdline": "w3wp.exe -ap x",
}
RESPONSE = {
    "hostname": "EX1",
    "start": "2026-03-04T08:00:00.123Z",
    "path": CMD.lower(),
    "process_name": "cmd.exe",
    "cmdline": COMMAND,
    "parent_name": "w3wp.exe",
    "os_type": "windows",
}
CORTEX = {
    "_TIME": "Mar 4th 2026 08:00:00",
    "AGENT_HOSTNAME": "EX1",
    "EVENT_TYPE": "PROCESS",
    "EVENT_SUB_TYPE": "PROCESS_START",
    "ACTOR_PROCESS_IMAGE_PATH": W3WP,
    "ACTOR_PROCESS_COMMAND_LINE": "w3wp.exe -ap x",
    "ACTION_PROCESS_IMAGE_PATH": CMD,
    "ACTION_PROCESS_IMAGE_COMMAND_LINE": COMMAND,
    "ACTION_PROCESS_USERNAME": "NT AUTHORITY\\SYSTEM",
}
OSQUERY = {
    "name": "pack_windows_process_events",
    "hostIdentifier": "EX1",
    "calendarTime": "Wed Mar  4 08:00:00 2026 UTC",
    "unixTime": 1772611200,
    "columns": {
        "path": CMD,
        "cmdline": COMMAND,
        "parent_path": W3WP,
        "pid": "4711",
        "time": "1772611200",
    },
    "action": "added",
}
SNAPSHOT = {
    "name": "processes",
    "hostIdentifier": "EX1",
    "unixTime": "1772611200",
    "action": "snapshot",
    "snapshot": [{"name": "cmd.exe", "path": CMD, "cmdline": COMMAND, "parent_path": W3WP}],
}
ELASTIC = {
    "@timestamp": "2026-03-04T08:00:00.123Z",
    "event": {"category": ["process"], "type": ["start"], "action": "start"},
    "host": {"name": "EX1", "os": {"type": "windows"}},
    "user": {"name": "SYSTEM", "domain": "NT AUTHORITY"},
    "process": {
        "executable": CMD,
        "name": "cmd.exe",
        "command_line": COMMAND,
        "parent": {"executable": W3WP, "command_line": "w3wp.exe -ap x"},
    },
}
DOTTED = {
    "_source.@timestamp": "Mar 4, 2026 @ 08:00:00.123",
    "_source.event.action": "start",
    "_source.host.name": "EX1",
    "_source.process.command_line": COMMAND,
    "_source.process.executable": CMD,
    "_source.process.parent.name": "w3wp.exe",
}
TREND = {
    "eventTime": 1772611200123,
    "eventSubId": "TELEMETRY_PROCESS_CREATE",
    "endpointHostName": "EX1",
    "processFilePath": W3WP,
    "processCmd": "w3wp.exe -ap x",
    "parentCmd": "svchost.exe -k iissvcs",
    "objectFilePath": CMD,
    "objectCmd": COMMAND,
}
SOPHOS = {
    "calendar_time": "2026-03-04 08:00:00",
    "meta_hostname": "EX1",
    "cmdline": COMMAND,
    "path": CMD,
    "parent_path": W3WP,
}
FORMS = {
    "falcon": lines(FALCON),
    "logscale": table(LOGSCALE),
    "deep-visibility": table(DEEP_VISIBILITY),
    "singularity": table(DATA_LAKE),
    "singularity-json": lines(DATA_LAKE),
    "carbon-black": answer(CARBON),
    "carbon-black-response": json.dumps([RESPONSE]).encode(),
    "cortex": table(CORTEX),
    "cortex-json": lines({name.lower(): value for name, value in CORTEX.items()}),
    "cortex-api": json.dumps({"reply": {"results": {"data": [CORTEX]}}}).encode(),
    "osquery": lines(OSQUERY),
    "osquery-snapshot": lines(SNAPSHOT),
    "elastic": lines(ELASTIC),
    "elastic-source": lines({"_index": "logs", "_source": ELASTIC}),
    "elastic-hits": json.dumps({"hits": {"total": 1, "hits": [{"_source": ELASTIC}]}}).encode(),
    "elastic-dotted": table(DOTTED),
    "elastic-fields": lines({"fields": {n.split(".", 1)[1]: [v] for n, v in DOTTED.items()}}),
    "trend": lines(TREND),
    "sophos": table(SOPHOS),
    "logscale-raw": table({"@timestamp": "1772611200123", "@rawstring": json.dumps(FALCON)}),
    "splunk": lines({"preview": False, "result": FALCON}),
}


def read(data: bytes):
    form = recognise(data[:8192])
    assert form is not None
    assert form.name == "process-rows"
    found = list(form.log.records(io.BytesIO(data)))
    faults = [each for each in found if isinstance(each, LogFault)]
    events = [form.log.event(each.text) for each in found if not isinstance(each, LogFault)]
    return events, faults


@pytest.mark.parametrize("form", FORMS)
def test_a_start_is_the_event_that_sysmon_writes_whoever_told_it(form):
    (event,), faults = read(FORMS[form])
    assert not faults
    assert event.surface == "windows"
    assert event.host == "EX1"
    assert event.when.isoformat().startswith("2026-03-04T08:00:00")
    found = event.fields
    assert found["EventID"] == "1"
    assert found["Channel"] == "Microsoft-Windows-Sysmon/Operational"
    assert found["Provider_Name"] == "Microsoft-Windows-Sysmon"
    assert found["Image"].lower() == CMD.lower()
    assert found["CommandLine"] == COMMAND
    assert found["ParentImage"].lower().endswith("\\w3wp.exe")


def test_account_number_and_hashes_are_told_as_sysmon_tells_them():
    (event,), _ = read(FORMS["carbon-black"])
    assert event.fields["User"] == "NT AUTHORITY\\SYSTEM"
    assert event.fields["ProcessId"] == "4711"
    assert event.fields["Hashes"] == f"MD5={'cd' * 16},SHA256={'ab' * 32}"
    (event,), _ = read(FORMS["elastic"])
    assert event.fields["User"] == "NT AUTHORITY\\SYSTEM"
    # CrowdStrike's own number of the parent is none of Windows.
    (event,), _ = read(FORMS["falcon"])
    assert event.fields["ProcessId"] == "4711"
    assert "ParentProcessId" not in event.fields


def test_a_name_alone_becomes_the_path_that_its_command_begins_with():
    row = {
        **FALCON,
        "ImageFileName": "7z.exe",
        "CommandLine": '"C:\\Program Files\\7-Zip\\7z.exe" a x',
    }
    (event,), _ = read(lines(row))
    assert event.fields["Image"] == "C:\\Program Files\\7-Zip\\7z.exe"
    assert event.fields["ParentImage"] == "\\w3wp.exe"


OTHER_SUB_KINDS = (
    "TELEMETRY_PROCESS_OPEN",
    "TELEMETRY_FILE_CREATE",
    "TELEMETRY_PROCESS_TERMINATE",
    "TELEMETRY_CONNECTION",
    "TELEMETRY_REGISTRY_SET",
    "101 - TELEMETRY_FILE_CREATE",
    1,
    "204",
)
"""https://github.com/trendmicro/tm-v1-schema"""


@pytest.mark.parametrize(
    "other",
    [
        {**FALCON, "event_simpleName": "DnsRequest"},
        {**FALCON, "event_simpleName": "EndOfProcess"},
        {**FALCON, "event_platform": "Lin", "ImageFileName": "/usr/bin/bash"},
        {**ELASTIC, "event": {"category": ["network"], "action": "connection_attempted"}},
        {**ELASTIC, "event": {"category": ["process"], "type": ["end"], "action": "end"}},
        {**DATA_LAKE, "event.type": "File Modification"},
        {**OSQUERY, "action": "removed"},
        {**CORTEX, "EVENT_SUB_TYPE": "PROCESS_STOP"},
        *({**TREND, "eventSubId": each} for each in OTHER_SUB_KINDS),
    ],
)
def test_rows_of_other_kinds_are_counted_and_tell_nothing(other):
    start = next(
        each
        for each in (FALCON, ELASTIC, DATA_LAKE, OSQUERY, CORTEX, TREND)
        if each.keys() == other.keys()
    )
    events, faults = read(lines(start, other, start))
    assert [each is None for each in events] == [False, True, False]
    assert not faults


@pytest.mark.parametrize(
    ("members", "start"),
    [
        ({"eventSubId": 2}, True),
        ({"eventSubId": "2 - TELEMETRY_PROCESS_CREATE"}, True),
        ({"eventId": "1"}, True),
        ({"eventId": "TELEMETRY_PROCESS"}, True),
        ({"eventId": "0f8fad5b-d9cb-469f-a165-70867728950e"}, True),
        ({"eventId": "QmxlZXBpbmdpZGVudGlmaWVy"}, True),
        ({"eventId": "TELEMETRY_CONNECTION"}, False),
        ({"eventId": "5 - TELEMETRY_REGISTRY"}, False),
        ({"eventId": "FileCreated"}, False),
        ({"eventId": ["3"]}, False),
    ],
)
def test_numbers_and_words_of_an_event_tell_its_kind(members, start):
    row = {name: value for name, value in TREND.items() if name != "eventSubId"} | members
    (event,), _ = read(lines(row))
    assert (event is not None) is start


def test_damaged_rows_are_told_with_their_place_and_cost_no_other():
    data = FORMS["falcon"] + b'\n{"event_simpleName": "Proc\n[1, 2]\n' + FORMS["falcon"]
    events, faults = read(data)
    assert [each.position for each in faults] == ["line 2", "line 3"]
    assert len(events) == 2
    assert None not in events


NEST = json.loads("[" * 700 + '"x"' + "]" * 700)
HOSTILE = [
    {**FALCON, "UserName": NEST},
    {**FALCON, "CommandLine": NEST},
    {**FALCON, "timestamp": NEST},
    {**FALCON, "event_simpleName": NEST},
    {**FALCON, "FileName": {"Value": NEST}},
    {**OSQUERY, "calendarTime": NEST, "columns": {"path": NEST, "cmdline": COMMAND}},
    {"data." * 100_000 + "x": 1},
    {
        **FALCON,
        "CommandLine": 5,
        "ImageFileName": {"a": [1]},
        "timestamp": 1e300,
        "ComputerName": [],
    },
    {**FALCON, "event_simpleName": ["ProcessRollup2", None, {}], "timestamp": True},
    {**CARBON, "process_cmdline": [[["x"]], None], "process_hash": [None, 3], "process_pid": {}},
    {**OSQUERY, "columns": "none"},
    {**OSQUERY, "columns": None, "snapshot": [1, "a", None]},
    {**OSQUERY, "columns": None, "diffResults": {"added": [[], {}]}},
    {"reply": {"results": {"data": [3, None, {"hits": {"hits": [7]}}]}}},
    {"hits": {"hits": "x"}, "results": {}, "data": []},
]


@pytest.mark.parametrize("row", HOSTILE)
def test_values_of_other_types_never_stop_the_reading(row):
    events, faults = read(lines(FALCON, row, FALCON))
    assert events[0] == events[-1] is not None
    assert not faults


def test_a_nest_of_objects_is_read_to_its_limit():
    deep = b'{"a":' * 5000 + b"1" + b"}" * 5000
    events, _ = read(FORMS["falcon"] + b"\n" + deep + b"\n" + FORMS["falcon"])
    assert sum(each is not None for each in events) == 2


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Dec 18 2025 13:54:06", "2025-12-18T13:54:06+00:00"),
        ("Sep 7th 2025 12:03:05", "2025-09-07T12:03:05+00:00"),
        ("May 26, 2025 14:23:01", "2025-05-26T14:23:01+00:00"),
        ("May 26, 2025, 2:23:01 PM", "2025-05-26T14:23:01+00:00"),
        ("Sun Jul 21 18:05:05 2024 UTC", "2024-07-21T18:05:05+00:00"),
        ("18 Dec 2025 13:54:06 +0200", "2025-12-18T11:54:06+00:00"),
        ("Mar 04 2026 08:00:00.123 UTC", "2026-03-04T08:00:00.123000+00:00"),
        ("2024-12-28 17:43:37.976 UTC", "2024-12-28T17:43:37.976000+00:00"),
        ("2025-11-02T13:57:04.000+0000", "2025-11-02T13:57:04+00:00"),
        (1772611200, "2026-03-04T08:00:00+00:00"),
        ("1772611200123", "2026-03-04T08:00:00.123000+00:00"),
        ("1772611200.5", "2026-03-04T08:00:00.500000+00:00"),
        (1772611200123456789, "2026-03-04T08:00:00.123457+00:00"),
        (134170848000000000, "2026-03-04T08:00:00+00:00"),
        ("Feb 31 2025 10:00:00", ""),
        ("Dec 18 13:54:06", ""),
        ("yesterday", ""),
        (7, ""),
        (True, ""),
        (float("nan"), ""),
        (1e300, ""),
        ({"a": 1}, ""),
    ],
)
def test_times_of_any_spelling(written, meant):
    assert iso_of(written) == meant


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("\\Device\\HarddiskVolume12\\Windows\\x.exe", "C:\\Windows\\x.exe"),
        ("\\SystemRoot\\System32\\smss.exe", "C:\\Windows\\System32\\smss.exe"),
        ("\\??\\C:\\Windows\\x.exe", "C:\\Windows\\x.exe"),
        ("\\Device\\Mup\\fs01\\share\\x.exe", "\\\\fs01\\share\\x.exe"),
        ("D:\\tools\\x.exe", "D:\\tools\\x.exe"),
    ],
)
def test_paths_of_the_kernel(written, meant):
    assert path_of(written) == meant


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"Image Name,PID,Session Name,Session#,Mem Usage\ncmd.exe,1,Console,1,1 K\n", None),
        (
            b"HostName,TaskName,Next Run Time,Task To Run,Author\nEX1,\\a,N/A,cmd.exe,x\n",
            "task-list",
        ),
        (
            b"Timestamp,DeviceName,ActionType,FileName,ProcessCommandLine,InitiatingProcessFileName\n",
            "event-csv",
        ),
        (
            lines({**ELASTIC, "winlog": {"event_id": "1"}}),
            None,
        ),
    ],
    ids=["tasklist", "schtasks", "defender", "winlog"],
)
def test_what_others_read_is_left_to_them(data, name):
    found = recognise(data)
    assert found is None or found.name == name or name is None
    assert found is None or found.name != "process-rows"


@pytest.mark.parametrize("form", ["falcon", "cortex", "carbon-black", "osquery", "elastic"])
def test_a_command_of_the_web_server_is_found_by_the_same_rules(tmp_path, form):
    logs = tmp_path / "logs"
    logs.mkdir()
    (logs / "export.dat").write_bytes(FORMS[form])
    main(["hunt", str(logs), "-q", "-o", str(tmp_path / "out"), "--fail-on", "none"])
    found = json.loads((tmp_path / "out" / "run.json").read_text("utf-8"))["hunt"]
    assert len(found["incidents"]) == 1
    assert found["incidents"][0]["title"]["values"]["host"].lower() == "ex1"


def test_a_snapshot_is_read_to_its_limit_and_what_is_left_out_is_told():
    data = lines({**SNAPSHOT, "snapshot": SNAPSHOT["snapshot"] + [{}] * (ROWS_LIMIT + 6)})
    form = recognise(data[:8192])
    *found, fault = form.log.records(io.BytesIO(data))
    assert len(found) == ROWS_LIMIT
    assert form.log.event(found[0].text).host == "EX1"
    assert (fault.position, fault.count) == ("line 1", 7)
    assert str(ROWS_LIMIT) in str(fault.why)


def test_a_list_in_an_answer_is_read_to_its_limit_too(monkeypatch):
    monkeypatch.setattr("tocsin.formats.syntax.process_start.ROWS_LIMIT", 1)
    rows = list(rows_of({"reply": {"data": [{"a": 1}, {"b": 2}, {"c": 3}]}}))
    assert rows[0] == {"a": 1}
    assert [each.count for each in rows[1:]] == [2]


def test_members_before_the_command_do_not_hide_it():
    more = {f"member{each}": "x" for each in range(2100)}
    events, faults = read(lines(FALCON, more | FALCON))
    assert [each.fields["CommandLine"] for each in events] == [COMMAND, COMMAND]
    assert not faults


def test_what_stands_around_the_rows_of_a_snapshot_is_not_repeated_whole():
    around = {f"note{each}": "x" * 1000 for each in range(500)}
    row = {
        **{name: each for name, each in SNAPSHOT.items() if name != "hostIdentifier"},
        "decorations": {"hostname": "EX1", "computer_name": "y" * 900_000, **around},
        "snapshot": SNAPSHOT["snapshot"] * 3,
    }
    (first, *_) = rows_of(row)
    assert len(first) < 20
    assert max(len(str(each)) for each in first.values()) <= HEAD_LIMIT
    assert start_of(first)["Computer"] == "EX1"


def test_long_names_are_cut_before_they_are_kept():
    process_names._plain_name.cache_clear()
    assert plain_name("_source.process.command_line") == "processcommandline"
    long = plain_name("x" * 1_000_000)
    assert len(long) == PATH_LIMIT
    assert plain_name("x" * 1_000_001) is long


@pytest.mark.parametrize("acting", ["process_name", "process_path"])
def test_the_process_beside_its_child_is_the_childs_parent(acting):
    row = {
        "type": "endpoint.event.procstart",
        "device_name": "EX01",
        "device_timestamp": "2026-03-04 08:00:00 +0000 UTC",
        "device_os": "WINDOWS",
        acting: W3WP,
        "process_cmdline": "w3wp.exe -ap MSExchangeOWAAppPool",
        "parent_path": "C:\\Windows\\System32\\svchost.exe",
        "childproc_name": CMD,
        "target_cmdline": COMMAND,
    }
    event = start_of(row)
    assert (event["Image"], event["ParentImage"]) == (CMD, W3WP)


def test_a_title_is_that_of_an_alarm_where_one_is_told():
    row = {"DeviceName": "EX01", "Timestamp": "2026-03-04T08:00:00Z", "ProcessCommandLine": COMMAND,
           "FileName": "cmd.exe", "FolderPath": CMD, "Title": "Suspicious process"}  # fmt: skip
    assert (
        start_of({**row, "AlertId": "da1", "Severity": "High"})["RuleName"] == "Suspicious process"
    )
    assert "RuleName" not in start_of(row)
