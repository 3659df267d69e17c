"""Events out of tables that leave things out, and the list-like values of their text."""

from __future__ import annotations

import io
import json

import pytest

from tocsin.formats import event_csv, event_json, event_text, file_listing

PICKED = (
    '"TimeCreated","Id","ProviderName","LevelDisplayName","MachineName","Message"\r\n'
    '"2/28/2022 11:50:01 PM","{number}","{provider}","Information","EX01","x"\r\n'
)


def fields(module, text):
    data = text.encode()
    assert module.recognise(data)
    (record,) = module.LOG.records(io.BytesIO(data))
    return module.LOG.event(record.text).fields


@pytest.mark.parametrize(
    ("provider", "number", "log"),
    [
        ("Microsoft-Windows-Security-Auditing", 4625, "Security"),
        ("Service Control Manager", 7045, "System"),
        ("Microsoft-Windows-Eventlog", 1102, "Security"),
        ("Microsoft-Windows-Eventlog", 104, "System"),
        ("Microsoft-Windows-Sysmon", 1, "Microsoft-Windows-Sysmon/Operational"),
    ],
)
def test_the_log_of_a_table_that_has_none(provider, number, log):
    assert fields(event_csv, PICKED.format(provider=provider, number=number))["Channel"] == log


def test_the_same_as_a_list():
    text = (
        "TimeCreated  : 2/28/2022 11:50:01 PM\nId           : 7045\n"
        "ProviderName : Service Control Manager\nMessage      : A service was installed.\n"
    )
    assert fields(event_text, text)["Channel"] == "System"


def test_values_that_go_on_over_lines():
    text = (
        "Event[0]:\n  Log Name: Security\n  Source: Microsoft-Windows-Security-Auditing\n"
        "  Event ID: 4662\n  Computer: DC01\n  Description: \nAn operation was performed on an object.\n\n"
        "Operation:\n\tAccess Mask:\t\t0x100\n\tProperties:\t\t%%7688\n"
        "\t\t{1131f6ad-9c07-11d1-f79f-00c04fc2dcd2}\n\t{19195a5b-6da0-11d0-afd3-00c04fd930c9}\n"
    )
    told = fields(event_text, text)
    assert "1131f6ad-9c07-11d1-f79f-00c04fc2dcd2" in told["Properties"]
    assert told["AccessMask"] == "0x100"


def test_attributes_that_chainsaw_keeps_apart():
    system = {
        "EventID": 1,
        "Channel": "Microsoft-Windows-Sysmon/Operational",
        "Computer": "EX01",
        "Provider_attributes": {"Name": "Microsoft-Windows-Sysmon"},
        "TimeCreated_attributes": {"SystemTime": "2021-03-25T12:10:10Z"},
    }
    event = {"Event": {"System": system, "EventData": {"Image": "C:\\a.exe"}}}
    told = fields(event_json, json.dumps([{"document": {"kind": "evtx", "data": event}}]))
    assert told["Provider_Name"] == "Microsoft-Windows-Sysmon"
    assert told["TimeCreated"] == "2021-03-25T12:10:10Z"


def test_what_was_started_by_its_prefetch_file():
    data = (
        b"SourceFilename,ExecutableName,LastRun,FilesLoaded\r\n"
        b'x.pf,A.EXE,2022-10-10 02:10:00,"\\VOLUME{01d5}\\WINDOWS\\N.DLL, \\VOLUME{01d5}\\PERFLOGS\\A.EXE"\r\n'
    )
    assert file_listing.recognise(data)
    (record,) = file_listing.LOG.records(io.BytesIO(data))
    told = file_listing.LOG.event(record.text).fields
    assert told["path"] == "C:\\PERFLOGS\\A.EXE"
    assert told["kind"] == "prefetch"
