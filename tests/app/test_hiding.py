"""Who writes into his own traces what a tool goes by does not put them out of sight."""

from __future__ import annotations

import csv
import io
import json
import tarfile
import zipfile
from pathlib import Path

import pytest

from tocsin.cli import main

HEAD = (
    b"#Software: Microsoft Exchange Server\r\n#Version: 15.01.2507.006\r\n"
    b"#Log-type: HttpProxy Logs\r\n#Date: 2021-03-03T05:00:00.000Z\r\n"
    b"#Fields: DateTime,RequestId,MajorVersion,MinorVersion,BuildVersion,RevisionVersion,"
    b"ClientRequestId,Protocol,UrlHost,UrlStem,ProtocolAction,AuthenticationType,IsAuthenticated,"
    b"AuthenticatedUser,Organization,AnchorMailbox,UserAgent,ClientIpAddress,ServerHostName,"
    b"HttpStatus,BackEndStatus,ErrorCode,Method\r\n"
)
ROW = (
    b"2021-03-03T05:0%d:00.000Z,5f6b2a44-0000-0000-0000-00000000000%d,15,1,2507,6,,Ecp,"
    b"mail.contoso.example,/ecp/y.js,,FBA,false,,,ServerInfo~a]@EX01.contoso.example:444/autodiscover"
    b"/autodiscover.xml?#,%s,203.0.113.9,EX01,200,200,,POST\r\n"
)
MAIL = (
    b"Received: from EX01.contoso.example (10.1.2.3) by EX02.contoso.example (10.1.2.4) with Microsoft"
    b" SMTP Server\r\n (version=TLS1_2, cipher=X) id 15.1.2507.6; Mon, 1 Nov 2021 10:00:00 +0100\r\n"
    b"From: a@fabrikam.example\r\nTo: c@contoso.example\r\nSubject: x\r\n"
    b"Date: Mon, 1 Nov 2021 10:00:00 +0100\r\nMessage-ID: <1@fabrikam.example>\r\n\r\nbody\r\n\r\n"
)


@pytest.mark.parametrize(
    "agent",
    [
        b"python-requests/2.25.1",
        b"Microsoft Internet Information Services",
        b"#Software: Microsoft Internet Information Services 10.0",
        b"tocsin-run",
        b'"{""format"": ""tocsin-run"""',
    ],
)
def test_an_attack_is_found_whatever_its_client_calls_itself(agent: bytes, tmp_path: Path, capsys):
    case = tmp_path / "case"
    case.mkdir()
    rows = b"".join(ROW % (at, at, agent) for at in range(5))
    (case / "HttpProxy.log").write_bytes(HEAD + rows)
    main(["hunt", "--lang", "en", "--workers", "1", "-o", str(tmp_path / "out"), str(case)])
    assert "EX01 was broken into on 2021-03-03" in capsys.readouterr().out


@pytest.mark.parametrize(
    "top",
    [
        b"From tocsin-run@evil.example Mon Nov  1 10:00:00 2021\r\n",
        b"Return-Path: <tocsin-run@evil.example>\r\n",
        b'X-Id: {"format": "tocsin-run"}\r\n',
    ],
)
def test_a_mail_is_read_whatever_word_stands_at_its_top(top: bytes, tmp_path: Path, capsys):
    (tmp_path / "mail").write_bytes(top + MAIL)
    main(["inventory", "--lang", "en", "--workers", "1", "--format", "csv", str(tmp_path)])
    said = capsys.readouterr().out
    assert "EX02" in said


def _hunted(case: Path, capsys: pytest.CaptureFixture[str]) -> list[str]:
    main(["hunt", "--lang", "en", "--workers", "1", "--format", "csv", str(case)])
    return [row["title"] for row in csv.DictReader(io.StringIO(capsys.readouterr().out))]


def test_a_zero_byte_in_a_command_does_not_hide_the_table(tmp_path: Path, capsys):
    shell = r"C:\Windows\System32\inetsrv\w3wp.exe,C:\Windows\System32\cmd.exe"
    (tmp_path / "events.csv").write_text(
        "TimeCreated,EventID,Channel,Computer,Provider,ParentProcessName,NewProcessName,CommandLine\n"
        "2021-03-03T05:00:00Z,4688,Security,EX01,Microsoft-Windows-Security-Auditing,"
        f"{shell},cmd /c whoami \0\n"
    )
    assert "A web server started a shell or a tool" in _hunted(tmp_path, capsys)


def test_a_long_value_before_it_does_not_hide_what_a_mailbox_rule_does(tmp_path: Path, capsys):
    """A rule's words may be many; the log prints parameters in the order in which they were given."""
    record = {
        "CreationTime": "2021-03-03T05:00:00", "Id": "1", "Operation": "New-InboxRule",
        "RecordType": 1, "ResultStatus": "True", "UserType": 2, "Workload": "Exchange",
        "ClientIP": "203.0.113.9", "UserId": "anna@contoso.example", "ObjectId": "x",
        "Parameters": [
            {"Name": "BodyContainsWords", "Value": "invoice;" * 5000},
            {"Name": "ForwardTo", "Value": "x@fabrikam.example"},
        ],
    }  # fmt: skip
    (tmp_path / "audit.json").write_text(json.dumps(record) + "\n")
    assert "An inbox rule forwards or hides mail" in _hunted(tmp_path, capsys)


@pytest.mark.parametrize("odd", [r"\ud8ff", r"\udc00", "\t", "\x1b[2J", "\x00"])
@pytest.mark.parametrize("indent", [None, 2])
def test_half_a_letter_in_a_command_does_not_hide_the_event(
    odd: str, indent: int | None, tmp_path: Path, capsys
):
    """Writers that copy a command word for word write JSON that none is (RFC 8259, 7 and 8.2)."""
    event = {
        "EventID": 4688, "Channel": "Security", "Computer": "EX01.contoso.example",
        "Provider": "Microsoft-Windows-Security-Auditing", "TimeCreated": "2021-03-03T05:00:00Z",
        "ParentProcessName": "C:\\Windows\\System32\\inetsrv\\w3wp.exe",
        "NewProcessName": "C:\\Windows\\System32\\cmd.exe", "CommandLine": "cmd /c whoami ODD",
    }  # fmt: skip
    text = json.dumps(event, indent=indent).replace("ODD", odd)
    (tmp_path / "events.json").write_text(f"{text}\n{text}\n")
    assert "A web server started a shell or a tool" in _hunted(tmp_path, capsys)


@pytest.mark.parametrize("kind", ["tar", "zip"])
def test_an_archive_is_read_as_one_though_its_first_log_lies_in_it_unpacked(
    kind: str, tmp_path: Path, capsys
):
    agent = b"python-requests/2.25.1"
    files = {"a.log": HEAD + ROW % (1, 1, agent), "b.mbox": MAIL}
    if kind == "zip":
        with zipfile.ZipFile(tmp_path / "case", "w") as archive:
            for name, data in files.items():
                archive.writestr(name, data)
    else:
        with tarfile.open(tmp_path / "case", "w") as packed:
            for name, data in files.items():
                member = tarfile.TarInfo(name)
                member.size = len(data)
                packed.addfile(member, io.BytesIO(data))
    main(["examine", "--lang", "en", "--workers", "1", "--format", "json", str(tmp_path)])
    run = json.loads(capsys.readouterr().out)
    read = {each["source"].rpartition("!")[2]: each["format"] for each in run["sources"]}
    assert (read["a.log"], read["b.mbox"]) == ("exchange-log", "eml")


SHELL = (
    b'<%@ Page Language="C#" %><script runat="server">void Page_Load(object s,EventArgs e)'
    b'{System.Diagnostics.Process.Start("cmd.exe","/c "+Request["cmd"]);}</script>'
)


@pytest.mark.parametrize(
    "top",
    [
        b"",
        b"From a@b Mon Nov  1 10:00:00 2021\r\nFrom: a\r\nTo: b\r\nMessage-ID: <1@x>\r\n\r\n",
        b"ElfFile\0",
        b"7z\xbc\xaf\x27\x1c",
        b'{"format":"tocsin-run"}\n',
        b'{"tocsin":"export","version":1,"cmdlet":"x","items":[]}\n',
        b"#Software: Microsoft Internet Information Services 10.0\r\n#Fields: date time cs-uri-stem\r\n",
        b"<?xml version='1.0'?><nmaprun>",
    ],
)
@pytest.mark.parametrize("packed", ["", "case.zip"])
def test_a_web_shell_is_found_whatever_it_begins_with(
    top: bytes, packed: str, tmp_path: Path, capsys
):
    """What stands before the code of a page is sent as it is; the server goes by the file's name."""
    if packed and top.startswith(b"7z"):
        pytest.skip("inside an archive it is taken for a damaged one, which is told")
    if packed:
        with zipfile.ZipFile(tmp_path / packed, "w") as archive:
            archive.writestr("owa/auth/x.aspx", top + SHELL)
            archive.writestr("y.aspx", SHELL)
    else:
        (tmp_path / "x.aspx").write_bytes(top + SHELL)
    main(["hunt", "--lang", "en", "--workers", "1", "--format", "csv", str(tmp_path)])
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    for name in ("x.aspx", "y.aspx") if packed else ("x.aspx",):
        assert [row for row in rows if name in row["evidence"] and row["level"] == "critical"]
