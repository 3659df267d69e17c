"""evtx and event-json: records, fields by Sigma's names, what is broken is told."""

import io
import json
import zipfile

import msgspec
import pytest

from tocsin.formats import Reading, recognise
from tocsin.formats.syntax.log_rows import LogFault, LogRecord
from tocsin.model.evidence import Look
from tocsin.model.locator import Locator

AT = Locator(source="x")


def parse(data: bytes):
    """The format that takes the file, its records and faults, and the events of its records."""
    form = recognise(data[:8192])
    assert form is not None
    assert form.log is not None
    found = list(form.log.records(io.BytesIO(data)))
    records = [each for each in found if isinstance(each, LogRecord)]
    faults = [each for each in found if isinstance(each, LogFault)]
    return form, records, faults, [form.log.event(each.text) for each in records]


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("exchange_admin_group_change_4756", 15),
        ("exchange_transport_config_modified_sysmon11", 1),
        ("iis_appcmd_password_discovery_sysmon", 40),
        ("iis_webshell_sysmon", 4),
        ("local_user_created_4720", 2),
        ("privexchange_dirkjan", 8),
    ],
)
def test_every_record_of_an_evtx(shared, name, count):
    form, records, faults, events = parse((shared / f"samples/logs/evtx/{name}.evtx").read_bytes())
    assert (form.name, len(records), len(events), faults) == ("evtx", count, count, [])
    assert all(each and each.surface == "windows" and each.when and each.host for each in events)


def test_fields_of_a_sysmon_event(shared):
    path = shared / "samples/logs/evtx/exchange_transport_config_modified_sysmon11.evtx"
    event = parse(path.read_bytes())[3][0]
    assert event.fields["EventID"] == "11"
    assert event.fields["Provider_Name"] == "Microsoft-Windows-Sysmon"
    assert event.fields["Channel"] == "Microsoft-Windows-Sysmon/Operational"
    assert event.fields["TargetFilename"].endswith("TransportRoles\\Shared\\agents.config")
    assert event.fields["Image"].endswith("notepad++.exe")
    assert event.host == "exchange01.offsec.lan"


def test_evtx_and_its_json_say_the_same(shared):
    for path in sorted((shared / "samples/logs/sigma-regression").glob("*/*.evtx")):
        _, _, _, events = parse(path.read_bytes())
        form, _, _, others = parse(path.with_suffix(".json").read_bytes())
        assert form.name == "event-json"
        # The published JSON has lost the blanks at the end of values.
        stripped = [{n: v.strip() for n, v in each.fields.items()} for each in events]
        assert stripped == [each.fields for each in others]


def test_a_real_exchange_server_under_attack(shared):
    archive = zipfile.ZipFile(shared / "samples/logs/json/otrf_proxylogon_ssrf_rce_poc.zip")
    data = archive.read(archive.namelist()[0])
    form, records, faults, events = parse(data)
    assert (form.name, len(records), faults) == ("event-json", 10487, [])
    assert all(events)
    cmdlets = [e for e in events if e.fields["Channel"] == "MSExchange Management"]
    assert len(cmdlets) == 3
    # What Windows PowerShell escaped must be found in the text of the record.
    assert sum(b"<script language=" in each.text for each in records) == 1
    processes = [e for e in events if e.fields["EventID"] == "4688"]
    assert any(
        e.fields["Image"].endswith("cmd.exe") and e.fields["ParentImage"].endswith("w3wp.exe")
        for e in processes
    )
    evidence = list(form.read(io.BytesIO(data), AT, Reading()))
    assert [e.body.names for e in evidence[:-1]] == [("MXS01.azsentinel.local",)]
    assert evidence[-1].body == Look(seen_by="log", records=2000)


FORMS = {
    "tree": {
        "Event": {
            "System": {
                "Provider": {"#attributes": {"Name": "Microsoft-Windows-Security-Auditing"}},
                "EventID": {"#attributes": {"Qualifiers": 0}, "#text": 4688},
                "TimeCreated": {"#attributes": {"SystemTime": "2024-05-01T10:00:00.1234567Z"}},
                "Channel": "Security",
                "Computer": "mx1.contoso.example",
            },
            "EventData": {
                "NewProcessName": "C:\\x\\cmd.exe",
                "ParentProcessName": "C:\\x\\w3wp.exe",
                "CommandLine": "cmd /c <dir>",
                "SubjectUserName": "MX1$",
            },
        }
    },
    "winlogbeat": {
        "@timestamp": "2024-05-01T10:00:00.123Z",
        "winlog": {
            "channel": "Security",
            "event_id": 4688,
            "provider_name": "Microsoft-Windows-Security-Auditing",
            "computer_name": "mx1.contoso.example",
            "event_data": {
                "NewProcessName": "C:\\x\\cmd.exe",
                "ParentProcessName": "C:\\x\\w3wp.exe",
                "CommandLine": "cmd /c <dir>",
                "SubjectUserName": "MX1$",
            },
        },
        "event": {"code": "4688"},
        "host": {"name": "mx1"},
    },
    "flat": {
        "SourceName": "Microsoft-Windows-Security-Auditing",
        "Channel": "Security",
        "Hostname": "mx1.contoso.example",
        "@timestamp": "2024-05-01T10:00:00.123Z",
        "EventID": 4688,
        "NewProcessName": "C:\\x\\cmd.exe",
        "ParentProcessName": "C:\\x\\w3wp.exe",
        "CommandLine": "cmd /c <dir>",
        "SubjectUserName": "MX1$",
    },
}


@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize("layout", ["lines", "array", "pretty", "escaped", "utf-16"])
def test_one_event_in_every_form_and_layout(name, layout):
    record = FORMS[name]
    text = {
        "lines": json.dumps(record) + "\n" + json.dumps(record) + "\n",
        "array": json.dumps([record, record]),
        "pretty": json.dumps([record, record], indent=4),
        "escaped": (json.dumps(record).replace("<", "\\u003c") + "\r\n") * 2,
        "utf-16": json.dumps([record, record]),
    }[layout]
    data = text.encode("utf-16" if layout == "utf-16" else "utf-8")
    form, records, faults, events = parse(data)
    assert (form.name, len(events), faults) == ("event-json", 2, [])
    assert b"<dir>" in records[0].text
    fields = events[0].fields
    assert fields["EventID"] == "4688"
    assert fields["Channel"] == "Security"
    assert fields["Provider_Name"] == "Microsoft-Windows-Security-Auditing"
    assert fields["Image"] == "C:\\x\\cmd.exe"
    assert fields["ParentImage"] == "C:\\x\\w3wp.exe"
    assert fields["User"] == "MX1$"
    assert events[0].host == "mx1.contoso.example"
    assert events[0].when.isoformat().startswith("2024-05-01T10:00:00.123")


def test_a_broken_line_costs_only_itself():
    line = json.dumps(FORMS["flat"]).encode()
    _, records, faults, _ = parse(line + b"\n" + line[:100] + b"\n\1\xff\n" + line + b"\n")
    assert [each.position for each in records] == ["line 1", "line 4"]
    assert [(each.position, each.count) for each in faults] == [("line 2", 1), ("line 3", 1)]


def evtx(shared) -> bytes:
    return (shared / "samples/logs/evtx/iis_appcmd_password_discovery_sysmon.evtx").read_bytes()


@pytest.mark.parametrize("broken", [slice(0, 8), slice(200, 300), slice(0, 512)])
def test_a_chunk_with_a_broken_head_is_read_all_the_same(shared, broken):
    data = bytearray(evtx(shared))
    start = 4096 + 65536
    for at in range(broken.start, broken.stop):
        data[start + at] = 0x41
    _, records, faults, _ = parse(bytes(data))
    assert len(records) + sum(each.count for each in faults) == 40
    assert len(records) == 40


def test_lost_records_are_counted_and_placed(shared):
    data = bytearray(evtx(shared))
    start = 4096 + 65536
    data[start + 512 : start + 65536] = b"\xff" * (65536 - 512)
    _, records, faults, _ = parse(bytes(data))
    assert len(records) == 31
    assert [(each.position, each.count) for each in faults] == [("chunk 2 (byte 69632)", 9)]


def test_a_file_cut_in_the_middle_and_one_behind_another(shared):
    data = evtx(shared)
    _, records, faults, _ = parse(data[: 4096 + 65536 + 40000])
    assert len(records) + sum(each.count for each in faults) == 18
    assert faults
    used = 4096 + 5 * 65536
    _, records, faults, _ = parse(data[:used] + data[:used])
    assert (len(records), faults) == (80, [])


def test_noise_is_no_event():
    form = recognise(json.dumps(FORMS["flat"]).encode())
    assert form is not None
    for text in (b"", b"{}", b"[]", b"1", b"\xff", b'{"a":', b'{"Event":{"System":{}}}'):
        assert form.log.event(text) is None
    deep = b'{"EventID":1,"x":' + b"[" * 5000 + b"]" * 5000 + b"}"
    assert form.log.event(deep) is None
    assert msgspec.json.encode(AT)
