"""unified-audit: records of Microsoft 365's audit logs, however exported, under one set of names."""

import csv
import io
import json
import zipfile

import pytest

from tocsin.formats import Reading, recognise
from tocsin.formats.syntax.log_rows import LogFault, LogRecord
from tocsin.model.evidence import Look
from tocsin.model.locator import Locator

RULE = {
    "CreationTime": "2024-05-01T10:00:00",
    "Id": "11111111-1111-1111-1111-111111111111",
    "Operation": "New-InboxRule",
    "OrganizationId": "0",
    "RecordType": 1,
    "ResultStatus": "True",
    "UserKey": "anna@contoso.example",
    "UserType": 2,
    "Version": 1,
    "Workload": "Exchange",
    "ClientIP": "[::ffff:203.0.113.9]:51234",
    "ObjectId": "anna\\x",
    "UserId": "anna@contoso.example",
    "Parameters": [
        {"Name": "Name", "Value": ".."},
        {"Name": "ForwardTo", "Value": "thief@evil.example"},
        {"Name": "DeleteMessage", "Value": "True"},
    ],
    "AppAccessContext": {"AADSessionId": "s-1"},
}


def parse(data: bytes):
    form = recognise(data[:8192])
    assert form is not None
    assert form.name == "unified-audit"
    found = list(form.log.records(io.BytesIO(data)))
    assert not [each for each in found if isinstance(each, LogFault)]
    records = [each for each in found if isinstance(each, LogRecord)]
    return records, [form.log.event(each.text) for each in records]


def table(columns, row):
    out = io.StringIO()
    csv.writer(out).writerows([columns, row])
    return out.getvalue().encode("utf-8-sig")


DATA = json.dumps(RULE)
GRAPH = {
    "id": RULE["Id"],
    "createdDateTime": "2024-05-01T10:00:00Z",
    "auditLogRecordType": "exchangeAdmin",
    "operation": "New-InboxRule",
    "userId": "anna@contoso.example",
    "service": "Exchange",
    "clientIp": None,
    "auditData": RULE,
}
OFFICE_ACTIVITY = {
    "TimeGenerated": "2024-05-01T10:00:00Z",
    "RecordType": "1",
    "Operation": "New-InboxRule",
    "OfficeWorkload": "Exchange",
    "ResultStatus": "True",
    "UserId": "anna@contoso.example",
    "ClientIP": "203.0.113.9:51234",
    "OfficeId": RULE["Id"],
    "OfficeObjectId": "anna\\x",
    "Parameters": json.dumps(RULE["Parameters"]),
    "AppAccessContext": json.dumps(RULE["AppAccessContext"]),
    "Type": "OfficeActivity",
}
PORTAL = ["CreationDate", "UserIds", "Operations", "AuditData"]
NEW_PORTAL = ["RecordId", "CreationDate", "RecordType", "Operation", "UserId", "AuditData"]
CMDLET = [
    "PSComputerName", "RunspaceId", "PSShowComputerName", "RecordType", "CreationDate",
    "UserIds", "Operations", "AuditData", "ResultIndex", "ResultCount", "Identity", "IsValid",
]  # fmt: skip
SEARCHED = [
    "outlook.office365.com", "r", "False", "ExchangeAdmin", "5/1/2024 10:00:00 AM",
    "anna@contoso.example", "New-InboxRule", DATA, "1", "1", RULE["Id"], "True",
]  # fmt: skip
FORMS = {
    "portal": table(PORTAL, ["2024-05-01T10:00:00", "anna@contoso.example", "New-InboxRule", DATA]),
    "new portal": table(
        NEW_PORTAL, [RULE["Id"], "2024-05-01", "1", "New-InboxRule", "anna@contoso.example", DATA]
    ),
    "Search-UnifiedAuditLog": (
        b"#TYPE Deserialized.Microsoft.Exchange.Data\r\n" + table(CMDLET, SEARCHED)[3:]
    ),
    "the same as JSON": json.dumps(dict(zip(CMDLET, SEARCHED, strict=True)), indent=2).encode(),
    "activity API": json.dumps([RULE]).encode(),
    "lines": DATA.encode() + b"\n",
    "Graph": json.dumps({"@odata.context": "x", "value": [GRAPH]}).encode(),
    "Log Analytics": json.dumps(OFFICE_ACTIVITY).encode(),
    "Log Analytics CSV": table(list(OFFICE_ACTIVITY), list(OFFICE_ACTIVITY.values())),
}


@pytest.mark.parametrize("name", FORMS)
def test_an_inbox_rule_in_every_export(name):
    (record,), (event,) = parse(FORMS[name])
    fields = event.fields
    assert event.surface == "m365"
    assert event.when.isoformat() == "2024-05-01T10:00:00+00:00"
    assert fields["Operation"] == fields["eventName"] == fields["Cmdlet"] == "New-InboxRule"
    assert fields["Workload"] == fields["eventSource"] == "Exchange"
    assert fields["UserId"] == "anna@contoso.example"
    assert fields["ClientIP"] == "203.0.113.9"
    assert fields["status"] == "success"
    assert fields["ObjectId"] == "anna\\x"
    assert fields["Id"] == RULE["Id"]
    assert fields["Parameters.ForwardTo"] == "thief@evil.example"
    text = '-Name ".." -ForwardTo "thief@evil.example" -DeleteMessage "True"'
    assert fields["Parameters"] == text
    assert fields["AppAccessContext.AADSessionId"] == "s-1"
    for value in fields.values():
        assert json.dumps(value)[1:-1].encode() in record.text


def test_a_cell_that_a_spreadsheet_cut_is_read_as_far_as_it_goes():
    _, (event,) = parse(table(PORTAL, ["2024-05-01", "a", "New-InboxRule", DATA[:320]]))
    assert event.fields["Workload"] == "Exchange"
    assert event.fields["Operation"] == "New-InboxRule"


def test_what_was_exported_twice_counts_once():
    other = json.dumps(RULE | {"Id": "2"})
    records, _ = parse(f"{DATA}\n{DATA}\n{other}\n{DATA}\n".encode())
    assert [each.position for each in records] == ["line 1", "line 3"]


def test_old_and_new_values_and_nested_lists():
    record = RULE | {
        "Operation": "Update application",
        "ModifiedProperties": [{"Name": "KeyDescription", "NewValue": "[b]", "OldValue": "[]"}],
        "ExtendedProperties": [{"Name": "UserAgent", "Value": "curl/8"}],
        "Folders": [
            {"Path": "\\Inbox", "FolderItems": [{"InternetMessageId": "<1@x>"}]},
            {"Path": "\\Sent", "FolderItems": [{"InternetMessageId": "<2@x>"}]},
        ],
    }
    fields = parse(json.dumps(record).encode())[1][0].fields
    assert fields["ModifiedProperties.KeyDescription"] == "[b]"
    assert fields["ModifiedProperties.KeyDescription.OldValue"] == "[]"
    assert fields["ExtendedProperties.UserAgent"] == "curl/8"
    assert fields["Folders.Path"] == "\\Inbox\n\\Sent"
    assert fields["Folders.FolderItems.InternetMessageId"] == "<1@x>\n<2@x>"


AUDIT = {
    "id": "Directory_1",
    "category": "ApplicationManagement",
    "result": "success",
    "activityDisplayName": "Add service principal credentials",
    "activityDateTime": "2024-05-01T10:00:00Z",
    "loggedByService": "Core Directory",
    "initiatedBy": {
        "user": {"userPrincipalName": "adm@contoso.example", "ipAddress": "203.0.113.9"}
    },
    "targetResources": [
        {
            "id": "t",
            "displayName": "App",
            "type": "ServicePrincipal",
            "modifiedProperties": [
                {"displayName": "KeyDescription", "oldValue": "[]", "newValue": '["k"]'}
            ],
        }
    ],
}
LOG_ANALYTICS = {
    "TimeGenerated": "2024-05-01T10:00:00Z",
    "OperationName": AUDIT["activityDisplayName"],
    "Category": "ApplicationManagement",
    "Result": "success",
    "Id": "Directory_1",
    "LoggedByService": "Core Directory",
    "InitiatedBy": json.dumps(AUDIT["initiatedBy"]),
    "TargetResources": json.dumps(AUDIT["targetResources"]),
    "Type": "AuditLogs",
}
DIAGNOSTIC = {
    "records": [
        {
            "time": "2024-05-01T10:00:00Z",
            "operationName": AUDIT["activityDisplayName"],
            "category": "AuditLogs",
            "properties": AUDIT,
        }
    ]
}


@pytest.mark.parametrize("record", [AUDIT, {"value": [AUDIT]}, LOG_ANALYTICS, DIAGNOSTIC])
def test_a_change_in_entra(record):
    (line,), (event,) = parse(json.dumps(record).encode())
    fields = event.fields
    assert fields["Operation"] == fields["OperationName"] == "Add service principal credentials"
    assert fields["properties.message"] == "Add service principal credentials"
    assert fields["UserId"] == "adm@contoso.example"
    assert fields["ClientIP"] == "203.0.113.9"
    assert fields["ObjectId"] == "App"
    assert fields["Status"] == "Success"
    assert fields["LoggedByService"] == "Core Directory"
    assert fields["TargetResources.displayName"] == "App"
    assert "k" in fields["ModifiedProperties.KeyDescription"]
    assert event.when.isoformat() == "2024-05-01T10:00:00+00:00"
    for value in fields.values():
        assert json.dumps(value, ensure_ascii=False)[1:-1].encode() in line.text


SIGN_IN = {
    "createdDateTime": "2024-05-01T10:00:00Z",
    "userPrincipalName": "anna@contoso.example",
    "appDisplayName": "Microsoft Graph",
    "ipAddress": "203.0.113.9",
    "clientAppUsed": "Other clients",
    "status": {"errorCode": 50126, "failureReason": "Invalid username"},
}
SIGN_IN_TABLE = {
    "TimeGenerated": "2024-05-01T10:00:00Z",
    "UserPrincipalName": "anna@contoso.example",
    "AppDisplayName": "Microsoft Graph",
    "IPAddress": "203.0.113.9",
    "ClientAppUsed": "Other clients",
    "ResultType": "50126",
    "ResultDescription": "Invalid username",
}
SIGN_IN_CSV = {
    "Date (UTC)": "2024-05-01T10:00:00Z",
    "Username": "anna@contoso.example",
    "Application": "Microsoft Graph",
    "IP address": "203.0.113.9",
    "Client app": "Other clients",
    "Status": "Failure",
    "Sign-in error code": "50126",
    "Failure reason": "Invalid username",
}


@pytest.mark.parametrize(
    "data",
    [
        json.dumps({"value": [SIGN_IN]}).encode(),
        json.dumps(SIGN_IN_TABLE).encode(),
        table(list(SIGN_IN_TABLE), list(SIGN_IN_TABLE.values())),
        table(list(SIGN_IN_CSV), list(SIGN_IN_CSV.values())),
    ],
)
def test_a_sign_in(data):
    _, (event,) = parse(data)
    fields = event.fields
    assert fields["Operation"] == "UserLoginFailed"
    assert fields["ResultType"] == "50126"
    assert fields["UserId"] == "anna@contoso.example"
    assert fields["ClientIP"] == "203.0.113.9"
    assert fields["AppDisplayName"] == "Microsoft Graph"
    assert fields["ClientAppUsed"] == "Other clients"
    assert event.when.isoformat() == "2024-05-01T10:00:00+00:00"


@pytest.mark.parametrize(
    ("name", "records", "operation", "client"),
    [
        ("OfficeActivityEvents", 1, "MailItemsAccessed", "1.2.3.4"),
        ("AADAuditEvents", 3, "Update application – Certificates and secrets management ", ""),
    ],
)
def test_a_hybrid_intrusion(shared, name, records, operation, client):
    archive = zipfile.ZipFile(shared / f"samples/logs/json/otrf_goldensaml_{name}.zip")
    data = archive.read(archive.namelist()[0])
    ids = {json.loads(line).get("Id", "x") for line in data.splitlines() if line.strip()}
    assert len(ids) == records
    _, events = parse(data)
    assert len(events) == records
    assert events[0].fields["Operation"] == operation
    assert events[0].fields["UserId"] == "pgustavo@simulandlabs.com"
    assert events[0].fields.get("ClientIP", "") == client


def test_no_server_is_told_and_noise_is_no_event():
    form = recognise(DATA.encode())
    found = list(form.read(io.BytesIO(DATA.encode()), Locator(source="x"), Reading()))
    assert [each.body for each in found] == [Look(seen_by="log", records=1)]
    for text in (
        b"",
        b"{}",
        b"[]",
        b"\xff",
        b'{"Operation":',
        b'{"AuditData":5}',
        b'{"a":{"b":1}}',
    ):
        assert form.log.event(text) is None


def test_a_sign_in_that_worked_has_no_error_in_the_table():
    """The portal leaves the cell of the error empty where there was none."""
    worked = SIGN_IN_CSV | {
        "Status": "Success",
        "Sign-in error code": "",
        "Failure reason": "Other.",
    }
    _, (event,) = parse(table(list(worked), list(worked.values())))
    assert event.fields["Operation"] == "UserLoggedIn"
    assert event.fields["ResultType"] == "0"
    assert event.fields["ClientIP"] == "203.0.113.9"


def test_a_record_that_splunk_kept_as_one_text():
    inner = {
        "CreationTime": "2024-05-01T10:00:00", "Id": "1", "Operation": "Set-Mailbox", "RecordType": 1,
        "Workload": "Exchange", "UserId": "anna@contoso.example", "ObjectId": "bob", "UserType": 2,
    }  # fmt: skip
    outer = {"_time": "2024-05-01T10:00:00", "sourcetype": "o365:management:activity"}
    data = json.dumps({"preview": False, "result": outer | {"_raw": json.dumps(inner)}}).encode()
    _, (event,) = parse(data)
    assert event.fields["Operation"] == "Set-Mailbox"
    assert event.fields["ObjectId"] == "bob"
