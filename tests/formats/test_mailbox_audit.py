"""mailbox-audit: who did what in whose mailbox, in each form it is exported in."""

import csv
import io
import json

import pytest
from powershell_writing import clixml

from tocsin.cli import main
from tocsin.formats import Reading, recognise
from tocsin.formats.syntax.log_rows import LogFault, LogRecord
from tocsin.model.locator import Locator

ENTRY = {  # https://learn.microsoft.com/en-us/powershell/module/exchange/search-mailboxauditlog
    "Operation": "HardDelete",
    "OperationResult": "Succeeded",
    "LogonType": "Delegate",
    "ExternalAccess": "False",
    "FolderPathName": "\\Sent Items",
    "ClientInfoString": "Client=OWA;Mozilla/5.0 (Windows NT 10.0)",
    "ClientIPAddress": "203.0.113.9:50211",
    "InternalLogonType": "Owner",
    "MailboxOwnerUPN": "anna@contoso.example",
    "MailboxGuid": "5f3b1c1e-0000-4000-8000-000000000001",
    "MailboxResolvedOwnerName": "Anna Berg",
    "LogonUserDisplayName": "Boris Novak",
    "LogonUserSid": "S-1-5-21-1-2-3-1107",
    "SourceItemSubjectsList": "Undeliverable: Invoice",
    "LastAccessed": "2026-03-04T08:00:00Z",
    "OriginatingServer": "EX1 (15.01.2507.039)",
    "Identity": "RgAAAAB1=",
}
CLOUD = "AM9PR05MB1234 (15.20.8445.040)"


def table(*rows):
    out = io.StringIO()
    out.write(
        "#TYPE Microsoft.Exchange.Management.SystemConfigurationTasks.MailboxAuditLogEvent\r\n"
    )
    writer = csv.DictWriter(out, list(ENTRY), quoting=csv.QUOTE_ALL)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode("utf-8-sig")


def printed(*rows):
    blocks = [
        "\n".join(f"{name:<26}: {value}" for name, value in row.items()) + "\n" for row in rows
    ]
    return ("\n" + "\n".join(blocks)).encode("utf-16")


def mailed(*rows):
    events = []
    for row in rows:
        inside = ("SourceItemSubjectsList", "MailboxResolvedOwnerName", "Identity")
        named = {**row, "Owner": row["MailboxResolvedOwnerName"]}
        told = " ".join(f'{name}="{value}"' for name, value in named.items() if name not in inside)
        items = f'<SourceItems><Item Id="1" Subject="{row["SourceItemSubjectsList"]}" FolderPathName="\\Sent Items" /></SourceItems>'
        events.append(f"<Event {told}>{items}</Event>")
    return f'<?xml version="1.0" encoding="utf-8"?>\n<SearchResults>{"".join(events)}</SearchResults>'.encode()


WRITERS = {
    "csv": table,
    "json": lambda *rows: json.dumps(list(rows), indent=2).encode(),
    "lines": lambda *rows: "\n".join(map(json.dumps, rows)).encode(),
    "clixml": clixml,
    "list": printed,
    "xml": mailed,
}


def events_of(data):
    form = recognise(data[:8192])
    assert form is not None
    assert form.name == "mailbox-audit"
    found = list(form.log.records(io.BytesIO(data)))
    assert not [each for each in found if isinstance(each, LogFault)]
    return [(each.text, form.log.event(each.text)) for each in found]


@pytest.mark.parametrize("name", WRITERS)
def test_an_entry_has_the_same_fields_however_it_was_exported(name):
    (text, event), _ = events_of(WRITERS[name](ENTRY, ENTRY))
    fields = event.fields
    assert (event.surface, event.host) == ("mailbox-audit", "EX1")
    assert event.when.isoformat() == "2026-03-04T08:00:00+00:00"
    assert fields["Operation"] == "HardDelete"
    assert fields["LogonType"] == "Delegate"
    assert fields["ResultStatus"] == "Succeeded"
    assert fields["Mailbox"] == "anna@contoso.example"
    assert fields["MailboxResolvedOwnerName"] == "Anna Berg"
    assert fields["UserId"] == "Boris Novak"
    assert fields["ClientIP"] == "203.0.113.9"
    assert fields["FolderPathName"] == "\\Sent Items"
    assert fields["Subjects"] == "Undeliverable: Invoice"
    # What a rule may ask for stands in the text that is searched.
    for value in fields.values():
        assert json.dumps(value)[1:-1].encode() in text


@pytest.mark.parametrize("name", WRITERS)
def test_a_server_of_the_house_is_told_and_one_of_the_cloud_is_not(name):
    data = WRITERS[name](ENTRY, {**ENTRY, "OriginatingServer": CLOUD})
    form = recognise(data[:8192])
    host, look = form.read(io.BytesIO(data), Locator(source="x"), Reading())
    assert host.body.names == ("EX1",)
    assert (host.body.version.major, host.body.version.build) == (15, 2507)
    assert look.body.records == 2
    _, (_, event) = events_of(data)
    assert (event.surface, event.host) == ("m365", "")


def test_times_of_windows_powershell_are_read():
    for told in ("/Date(1772611200000)/", {"value": "/Date(1772611200000)/", "DateTime": "x"}):
        ((_, event),) = events_of(json.dumps([{**ENTRY, "LastAccessed": told}]).encode())
        assert event.when.isoformat() == "2026-03-04T08:00:00+00:00"


def test_the_unified_audit_log_is_left_to_its_own_reader():
    record = {
        "CreationTime": "2026-03-04T08:00:00",
        "Operation": "HardDelete",
        "RecordType": 3,
        "Workload": "Exchange",
        "UserId": "boris@contoso.example",
        "LogonType": 2,
        "MailboxGuid": "5f3b1c1e",
        "ClientInfoString": "Client=OWA",
    }
    assert recognise(json.dumps(record).encode()).name == "unified-audit"


def test_broken_ones():
    form = recognise(table(ENTRY))
    for text in (b"", b"{}", b"[]", b"\xff", b'{"Operation":"x"', b'{"Operation":{"a":[1]}}'):
        assert form.log.event(text) is None
    deep: object = "x"
    for _ in range(300):
        deep = {"a": deep}
    assert form.log.event(json.dumps({**ENTRY, "SourceItems": deep}).encode()) is not None
    huge = form.log.event(json.dumps({**ENTRY, "FolderPathName": "x" * 200_000}).encode())
    assert len(huge.fields["FolderPathName"]) < 40_000


def test_a_cut_file_loses_its_last_entry_alone():
    for name in ("xml", "json", "clixml"):
        data = WRITERS[name](ENTRY, ENTRY)[:-200]
        found = list(recognise(data[:8192]).log.records(io.BytesIO(data)))
        assert isinstance(found[0], LogRecord)
        assert isinstance(found[-1], LogFault)


def test_a_document_type_is_refused():
    data = mailed(ENTRY).replace(
        b"<SearchResults>", b'<!DOCTYPE a [<!ENTITY x "y">]><SearchResults>'
    )
    form = recognise(data[:8192])
    found = list(form.log.records(io.BytesIO(data)))
    assert all(isinstance(each, LogRecord | LogFault) for each in found)


def hunted(tmp_path, rows, write=table):
    logs = tmp_path / "logs"
    logs.mkdir()
    (logs / "mailbox.dat").write_bytes(write(*rows))
    main(["hunt", str(logs), "-q", "-o", str(tmp_path / "out"), "--fail-on", "none"])
    return json.loads((tmp_path / "out" / "run.json").read_text("utf-8"))["hunt"]


def at(minute, **more):
    return {
        **ENTRY,
        "Operation": "FolderBind",
        "FolderPathName": "\\Inbox",
        "SourceItemSubjectsList": "",
        "LastAccessed": f"2026-03-04T08:{minute:02}:00Z",
        "MailboxOwnerUPN": f"person{minute}@contoso.example",
        **more,
    }


@pytest.mark.parametrize("name", WRITERS)
def test_mailboxes_read_out_and_traces_destroyed_are_one_break_in_of_the_server(tmp_path, name):
    script = "Client=WebServices;python-requests/2.31.0;"
    rows = [at(minute, ClientInfoString=script) for minute in range(22)]
    rows += [
        {**ENTRY, "LastAccessed": f"2026-03-04T08:3{minute}:00Z", "Identity": f"I{minute}="}
        for minute in range(6)
    ]
    found = hunted(tmp_path, rows, WRITERS[name])
    assert len(found["incidents"]) == 1
    assert found["incidents"][0]["title"]["values"]["host"] == "EX1"
    assert {"mail-theft", "clean-up"} <= {each["name"] for each in found["incidents"][0]["steps"]}
    titles = {each["title"] for each in found["findings"] if each["level"] == "medium"}
    assert "One person opened very many mailboxes of others" in titles
    assert "A script opened many mailboxes that are not its own" in titles
    assert "Alerts and returned mails were destroyed in a mailbox of somebody else" in titles


def test_entries_of_exchange_online_are_the_tenant_s(tmp_path):
    found = hunted(tmp_path, [at(minute, OriginatingServer=CLOUD) for minute in range(22)])
    (incident,) = found["incidents"]
    assert incident["title"]["values"]["host"] == "Microsoft 365 tenant"


def test_rules_and_sending_in_the_names_of_many_are_told(tmp_path):
    rows = [at(minute, Operation="SendAs") for minute in range(9)]
    rows += [at(minute, Operation="UpdateInboxRules") for minute in range(10, 14)]
    found = hunted(tmp_path, rows)
    titles = {each["title"] for each in found["findings"] if each["level"] == "medium"}
    assert titles == {
        "One person sent mail in the names of many",
        "One person changed the rules of several mailboxes of others",
    }


def test_everyday_life_is_left_alone(tmp_path):
    people = range(50)
    inside = {"ClientInfoString": "Client=MSExchangeRPC", "ClientIPAddress": "10.1.2.30"}
    rows = [  # a telephone server, an archive and a backup of the house, which open everybody's mailbox
        at(each, LogonUserDisplayName=name, LogonType="Admin", **inside)
        for name in ("BESAdmin", "CONTOSO\\svc-archive", "Veeam Backup")
        for each in people
    ]
    # Colleagues' calendars beside each other, and the server's own assistants.
    rows += [at(each, FolderPathName="\\Kalender") for each in people]
    rows += [
        at(each, ClientInfoString="Client=TBA;Action=ELC", LogonType="Admin") for each in people
    ]
    # An assistant and a shared mailbox.
    shared = "info@contoso.example"
    for each in people:
        rows.append(at(each, MailboxOwnerUPN=shared))
        rows.append(at(each, MailboxOwnerUPN=shared, Operation="SendAs"))
        rows.append(at(each, MailboxOwnerUPN=shared, Operation="SoftDelete"))
    rows.append(at(1, MailboxOwnerUPN=shared, Operation="UpdateInboxRules"))
    rows.append({**ENTRY, "Operation": "HardDelete"})
    # The help desk looks into a few in the morning; an owner works with a script of their own.
    rows += [
        at(each, LogonUserDisplayName="Helpdesk Hanna", LogonType="Admin") for each in range(5)
    ]
    rows += [
        at(each, LogonType="Owner", ClientInfoString="Client=WebServices;python-requests/2.3;")
        for each in people
    ]
    found = hunted(tmp_path, rows)
    assert not found["incidents"]
    assert all(each["level"] == "informational" for each in found["findings"])
