"""admin-audit: who ran which command of Exchange, in each form it is exported in."""

import csv
import io
import json

import pytest

from tocsin.formats import Reading, recognise
from tocsin.formats.syntax.log_rows import LogFault, LogRecord
from tocsin.model.locator import Locator

ENTRY = {
    "ObjectModified": "contoso.example/Users/Anna",
    "CmdletName": "New-MailboxExportRequest",
    "CmdletParameters": [
        {"Name": "Mailbox", "Value": "anna"},
        {"Name": "FilePath", "Value": "\\\\127.0.0.1\\C$\\inetpub\\a.aspx"},
    ],
    "Caller": "contoso.example/Users/Administrator",
    "Succeeded": True,
    "Error": None,
    "RunDate": "/Date(1714557600000)/",
    "OriginatingServer": "EX1 (15.01.2375.007)",
    "Identity": "AAA=",
}
XML = """<?xml version="1.0" encoding="utf-8"?>
<SearchResults>
  <Event Caller="contoso.example/Users/Administrator" Cmdlet="New-MailboxExportRequest" ObjectModified="contoso.example/Users/Anna" RunDate="2024-05-01T10:00:00+00:00" Succeeded="true" Error="None" OriginatingServer="EX1 (15.01.2375.007)">
    <CmdletParameters>
      <Parameter Name="Mailbox" Value="anna" />
      <Parameter Name="FilePath" Value="\\\\127.0.0.1\\C$\\inetpub\\a.aspx" />
    </CmdletParameters>
  </Event>
</SearchResults>
"""
OUT = io.StringIO()
csv.writer(OUT).writerows(
    [
        list(ENTRY),
        [json.dumps(v) if isinstance(v, list) else "" if v is None else v for v in ENTRY.values()],
    ]
)
CLIXML = """<Objs Version="1.1.0.1" xmlns="http://schemas.microsoft.com/powershell/2004/04"><Obj RefId="0"><Props>
<S N="ObjectModified">contoso.example/Users/Anna</S><S N="CmdletName">New-MailboxExportRequest</S>
<Obj N="CmdletParameters" RefId="1"><LST>
<Obj RefId="2"><ToString>Mailbox</ToString><Props><S N="Name">Mailbox</S><S N="Value">anna</S></Props></Obj>
<Obj RefId="3"><ToString>FilePath</ToString><Props><S N="Name">FilePath</S>
<S N="Value">\\\\127.0.0.1\\C$\\inetpub\\a.aspx</S></Props></Obj></LST></Obj>
<S N="Caller">contoso.example/Users/Administrator</S><B N="Succeeded">true</B>
<DT N="RunDate">2024-05-01T10:00:00Z</DT><S N="OriginatingServer">EX1 (15.01.2375.007)</S>
</Props></Obj></Objs>"""
FORMS = {
    "CLIXML": CLIXML.encode("utf-16"),
    "JSON": json.dumps([ENTRY], indent=2).encode(),
    "lines": json.dumps(ENTRY).encode() + b"\n",
    "XML": XML.encode("utf-8-sig"),
    "CSV": OUT.getvalue().encode(),
}


@pytest.mark.parametrize("name", FORMS)
def test_who_ran_which_command(name):
    data = FORMS[name]
    form = recognise(data[:8192])
    assert form is not None
    assert form.name == "admin-audit"
    (record,) = form.log.records(io.BytesIO(data))
    assert isinstance(record, LogRecord)
    event = form.log.event(record.text)
    fields = event.fields
    assert (event.surface, event.host) == ("audit-queue", "EX1")
    assert event.when.isoformat() == "2024-05-01T10:00:00+00:00"
    assert fields["Cmdlet"] == fields["Operation"] == "New-MailboxExportRequest"
    assert fields["User"] == "contoso.example/Users/Administrator"
    assert fields["ObjectId"] == "contoso.example/Users/Anna"
    assert fields["Parameters.FilePath"] == "\\\\127.0.0.1\\C$\\inetpub\\a.aspx"
    assert fields["Parameters"].startswith('-Mailbox "anna" -FilePath "\\\\127')
    assert fields["ResultStatus"].lower() == "true"
    for value in fields.values():
        assert json.dumps(value)[1:-1].encode() in record.text
    host, look = form.read(io.BytesIO(data), Locator(source="x"), Reading())
    assert host.body.names == ("EX1",)
    assert (host.body.version.major, host.body.version.build) == (15, 2375)
    assert look.body.records == 1


def test_a_printed_list_is_read():
    text = (
        "\r\nRunspaceId         : e936037d-2ca7-4c4b-ac62-41b5f446993e\r\nObjectModified     : Audit\r\n"
        "CmdletName         : Set-AdminAuditLogConfig\r\n"
        "CmdletParameters   : {AdminAuditLogEnabled: False}\r\nCaller             : contoso.example/Users/bob\r\n"
        "Succeeded          : True\r\nRunDate            : 5/1/2024 10:00:00 AM\r\n"
        "OriginatingServer  : EX1 (15.01.2375.007)\r\n"
    )
    form = recognise(text.encode())
    assert form.name == "admin-audit"
    (record,) = form.log.records(io.BytesIO(text.encode()))
    event = form.log.event(record.text)
    assert event.fields["Cmdlet"] == "Set-AdminAuditLogConfig"
    assert event.fields["Parameters"] == '-AdminAuditLogEnabled "False"'
    assert (event.host, f"{event.when:%Y-%m-%d %H:%M}") == ("EX1", "2024-05-01 10:00")


def test_names_of_parameters_are_kept_where_the_values_are_lost():
    text = OUT.getvalue().splitlines()[0] + '\nx,Set-Mailbox,"{Identity, ForwardTo}",bob,True,,,,\n'
    form = recognise(text.encode())
    (record,) = form.log.records(io.BytesIO(text.encode()))
    assert form.log.event(record.text).fields["Parameters"] == "-Identity -ForwardTo"


def test_broken_ones():
    form = recognise(FORMS["XML"])
    assert [type(e) for e in form.log.records(io.BytesIO(XML[:300].encode()))] == [LogFault]
    for text in (b"", b"{}", b"[]", b"\xff", b'{"CmdletName":"x"'):
        assert form.log.event(text) is None


@pytest.mark.parametrize(
    "parameters",
    [
        [{"Name": "a", "Value": json.loads("[" * 700 + "]" * 700)}],
        [{"#attributes": 1}],
        [{"#attributes": None, "Name": {"Value": []}}],
    ],
)
def test_parameters_of_other_types_cost_no_other_entry(parameters):
    rows = [ENTRY, {**ENTRY, "CmdletParameters": parameters}, ENTRY]
    data = "\n".join(map(json.dumps, rows)).encode()
    form = recognise(data)
    events = [form.log.event(each.text) for each in form.log.records(io.BytesIO(data))]
    assert [each.fields["Cmdlet"] for each in events] == ["New-MailboxExportRequest"] * 3
    assert events[0].fields == events[2].fields
