"""Commands that were typed and tasks that are there, out of text that has no times."""

from __future__ import annotations

import io

import pytest

from tocsin.formats import command_history, task_list
from tocsin.formats.syntax.log_rows import LogFault

HISTORY = b"""\xef\xbb\xbfGet-Queue | sort MessageCount
whoami /all
New-Item C:\\t -ItemType Directory `
-Force
Set-MpPreference -DisableRealtimeMonitoring $true
"""

SCRIPT = b"""# reads the queues
param([string]$Server)
Get-Queue -Server $Server
foreach ($each in $queues) {
    Get-Message -Queue $each
}
"""

TASKS = {
    "table": '"HostName","TaskName","Author","Task To Run"\r\n'
    '"EX01","\\x","EX01\\anna","""C:\\Program Files\\A\\a.exe"" -q"\r\n'
    '"HostName","TaskName","Author","Task To Run"\r\n'
    '"EX01","\\y","N/A","powershell -c <x>"\r\n',
    "list": "\r\nFolder: \\\r\nHostName:      EX01\r\nTaskName:      \\x\r\nAuthor:        EX01\\anna\r\n"
    'Task To Run:   "C:\\Program Files\\A\\a.exe" -q\r\n\r\n'
    "HostName:      EX01\r\nTaskName:      \\y\r\nTask To Run:   powershell -c <x>\r\n",
    "German": '"Hostname";"Aufgabenname";"Autor";"Auszuf\u00fchrende Aufgabe"\r\n'
    '"EX01";"\\x";"EX01\\anna";"""C:\\Program Files\\A\\a.exe"" -q"\r\n'
    '"EX01";"\\y";"";"powershell -c <x>"\r\n',
}


def events(module, data):
    found = list(module.LOG.records(io.BytesIO(data)))
    assert not [each for each in found if isinstance(each, LogFault)]
    return [(each.position, module.LOG.event(each.text).fields) for each in found]


def test_a_history_is_known_and_a_script_is_none():
    assert command_history.recognise(HISTORY)
    assert not command_history.recognise(SCRIPT)
    assert not command_history.recognise(b"Get-Queue was run.\nIt said:\nnothing\nat all\n" * 3)


def test_each_command_once():
    told = events(command_history, HISTORY)
    assert [place for place, _ in told] == ["line 1", "line 2", "line 3", "line 5"]
    assert told[2][1]["ScriptBlockText"].split() == [
        "New-Item",
        "C:\\t",
        "-ItemType",
        "Directory",
        "-Force",
    ]
    assert told[3][1]["CommandLine"] == "Set-MpPreference -DisableRealtimeMonitoring $true"


@pytest.mark.parametrize("form", TASKS)
def test_tasks(form):
    data = TASKS[form].encode()
    assert task_list.recognise(data)
    (_, first), (_, second) = events(task_list, data)
    assert first["TaskName"] == "\\x"
    assert first["SubjectUserName"] == "anna"
    assert (
        first["TaskContent"]
        == '<Exec><Command>"C:\\Program Files\\A\\a.exe"</Command><Arguments>-q</Arguments></Exec>'
    )
    assert (
        second["TaskContent"]
        == "<Exec><Command>powershell</Command><Arguments>-c &lt;x&gt;</Arguments></Exec>"
    )
    assert second["Computer"] == "EX01"
