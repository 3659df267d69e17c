"""graph-activity: requests to Microsoft Graph, as Log Analytics and diagnostic settings write them."""

import csv
import io
import json

import pytest

from tocsin.cli import main
from tocsin.formats import recognise
from tocsin.formats.syntax.log_rows import LogRecord

ROW = {  # https://learn.microsoft.com/en-us/azure/azure-monitor/reference/tables/microsoftgraphactivitylogs
    "TimeGenerated": "2026-03-04T08:00:00Z",
    "RequestMethod": "GET",
    "RequestUri": "https://graph.microsoft.com/v1.0/users/anna%40contoso.example/messages?$top=999",
    "ResponseStatusCode": 200,
    "UserAgent": "python-requests/2.31.0",
    "IPAddress": "203.0.113.9",
    "AppId": "11111111-aaaa-bbbb-cccc-000000000001",
    "ServicePrincipalId": "22222222-aaaa-bbbb-cccc-000000000001",
    "SignInActivityId": "s-1",
    "ApiVersion": "v1.0",
    "Roles": "Mail.Read",
}


def table(*rows):
    out = io.StringIO()
    writer = csv.DictWriter(out, list(ROW))
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode("utf-8-sig")


def settings(*rows):
    lines = []
    for row in rows:
        inner = {name[0].lower() + name[1:]: each for name, each in row.items()}
        inner["ipAddress"] = inner.pop("iPAddress")
        lines.append(
            json.dumps(
                {
                    "time": row["TimeGenerated"],
                    "operationName": "Microsoft Graph Activity",
                    "category": "MicrosoftGraphActivityLogs",
                    "callerIpAddress": row["IPAddress"],
                    "properties": inner,
                }
            )
        )
    return "\n".join(lines).encode()


WRITERS = [table, lambda *rows: json.dumps(list(rows), indent=1).encode(), settings]


@pytest.mark.parametrize("write", WRITERS, ids=["csv", "json", "diagnostic-settings"])
def test_a_request_has_the_same_fields_however_it_was_exported(write):
    form = recognise(write(ROW, ROW)[:8192])
    assert form is not None
    assert form.name == "graph-activity"
    (first, _) = [
        e for e in form.log.records(io.BytesIO(write(ROW, ROW))) if isinstance(e, LogRecord)
    ]
    found = form.log.event(first.text).fields
    assert found["RequestPath"] == "/users/anna@contoso.example/messages"
    assert found["Mailbox"] == "anna@contoso.example"
    assert found["Collection"] == "users"
    assert found["ResponseStatusCode"] == "200"
    assert found["Actor"] == ROW["ServicePrincipalId"]
    assert found["Identity"] == "application"
    for name in ("UserAgent", "IPAddress", "AppId", "RequestMethod"):
        assert found[name] == ROW[name]
    # What a rule may ask for stands in the text that is searched.
    assert b"/users/anna@contoso.example/messages" in first.text


def hunted(tmp_path, rows, write=table):
    logs = tmp_path / "logs"
    logs.mkdir()
    (logs / "graph.dat").write_bytes(write(*rows))
    main(["hunt", str(logs), "-q", "-o", str(tmp_path / "out"), "--fail-on", "none"])
    return json.loads((tmp_path / "out" / "run.json").read_text("utf-8"))["hunt"]


@pytest.mark.parametrize("write", WRITERS, ids=["csv", "json", "diagnostic-settings"])
def test_a_tenant_read_out_by_a_script_is_one_break_in_of_the_tenant(tmp_path, write):
    asked = (
        "users",
        "groups",
        "applications",
        "servicePrincipals",
        "devices",
        "domains",
        "organization",
    )
    rows = [
        {
            **ROW,
            "TimeGenerated": f"2026-03-04T08:0{at}:00Z",
            "RequestUri": f"https://graph.microsoft.com/v1.0/{each}",
        }
        for at, each in enumerate(asked)
    ]
    rows.append(
        {
            **ROW,
            "RequestMethod": "POST",
            "RequestUri": "https://graph.microsoft.com/v1.0/applications/1/addPassword",
        }
    )
    found = hunted(tmp_path, rows, write)
    assert len(found["incidents"]) == 1
    assert found["incidents"][0]["title"]["values"]["host"] == "Microsoft 365 tenant"
    assert {"discovery", "hybrid"} <= {each["name"] for each in found["incidents"][0]["steps"]}


def test_what_products_ask_is_left_alone(tmp_path):
    agents = (
        "Microsoft Office/16.0 (Microsoft Outlook 16.0)",
        "PowerShell Graph SDK/2.1",
        "azsdk-net-Graph/1.0",
    )
    rows = [
        {**ROW, "UserAgent": agent, "RequestUri": f"https://graph.microsoft.com/v1.0/{path}"}
        for agent in agents
        for path in (
            "me/messages",
            "users",
            "groups",
            "applications",
            "servicePrincipals",
            "domains",
            "organization",
            "devices",
        )
    ]
    found = hunted(tmp_path, rows)
    assert not found["incidents"]
    assert all(each["level"] == "informational" for each in found["findings"])
