"""graph-json: Microsoft Graph's answers, in the forms that its documentation shows."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from powershell_reading import Read, read
from setting_reading import CSS, HYBRID, item, of_file, one, value

from tocsin.formats import graph_json, recognise

GRAPH = "https://graph.microsoft.com/v1.0/$metadata#"
EXCHANGE = "00000002-0000-0ff1-ce00-000000000000"
THUMBPRINT = "C3EDCF181EF4F9B53D01768ECA99564014BCA6E7"
FOLDER = f"{HYBRID}/scubagear"


def answer(context: str, **members: Any) -> Read:
    found = read(json.dumps({"@odata.context": GRAPH + context, **members}).encode())
    assert found.format == "graph-json"
    return found


def principal(**key: Any) -> dict[str, Any]:
    return {"id": "1", "appId": EXCHANGE, "keyCredentials": [{"keyId": "2", **key}]}


@pytest.mark.parametrize(
    "identifier",
    [
        base64.b64encode(bytes.fromhex(THUMBPRINT)).decode(),
        base64.b64encode(THUMBPRINT.encode()).decode(),
        THUMBPRINT,
        THUMBPRINT.lower(),
        list(bytes.fromhex(THUMBPRINT)),
    ],
)
def test_a_key_s_identifier_is_its_certificate_s_thumbprint(identifier: Any):
    key = {"customKeyIdentifier": identifier, "endDateTime": "2027-01-01T00:00:00Z"}
    whole = principal(key="c2VjcmV0", **key) | {
        "passwordCredentials": [{"secretText": "geheim", "hint": "geh"}]
    }
    found = answer("servicePrincipals(id,appId,keyCredentials)/$entity", **whole)
    setting = one(found.settings, "ServicePrincipal")
    assert setting.side == "entra"
    assert value(setting, "keyCredentials") == [
        {"keyId": "2", "endDateTime": "2027-01-01T00:00:00Z", "customKeyIdentifier": THUMBPRINT}
    ]
    assert "geheim" not in str(setting)
    assert "c2VjcmV0" not in str(setting)
    # A secret that is there counts, whatever is known of it.
    assert value(setting, "passwordCredentials") == [{}]


@pytest.mark.shared
def test_without_an_identifier_the_certificate_in_the_key_tells(shared: Path):
    """The lab's own auth certificate, E19/GetExchangeCertificate.xml."""
    text = (shared / CSS / "E19/GetExchangeCertificate.xml").read_text("utf-8-sig")
    key = text.partition('<BA N="RawData">')[2].partition("</BA>")[0]
    found = answer("servicePrincipals/$entity", **principal(key=key, customKeyIdentifier=None))
    (told,) = value(one(found.settings, "ServicePrincipal"), "keyCredentials")
    assert told["customKeyIdentifier"] == THUMBPRINT


def test_no_keys_null_and_not_asked_are_three_answers():
    empty = answer("servicePrincipals/$entity", id="1", appId=EXCHANGE, keyCredentials=[])
    assert value(one(empty.settings, "ServicePrincipal"), "keyCredentials") == []
    absent = answer("servicePrincipals/$entity", id="1", appId=EXCHANGE)
    assert not item(one(absent.settings, "ServicePrincipal")).ask("keyCredentials").known
    lost = answer(
        "servicePrincipals/$entity", id="1", appId=EXCHANGE, keyCredentials="System.Object[]"
    )
    assert item(one(lost.settings, "ServicePrincipal")).ask("keyCredentials").lost == "depth"


def test_applications_with_owners_and_the_roles_they_were_granted():
    owners = [{"@odata.type": "#microsoft.graph.user", "userPrincipalName": "a@contoso.com"}]
    found = answer(
        "applications(owners())",
        value=[
            {
                "id": "1",
                "appId": "2",
                "displayName": "ExchangeServerApp-x",
                "keyCredentials": [],
                "owners": owners,
            }
        ],
    )
    assert value(one(found.settings, "Application"), "displayName") == "ExchangeServerApp-x"
    owner = one(found.settings, "AppOwner")
    assert (value(owner, "AppId"), value(owner, "UserPrincipalName")) == ("2", "a@contoso.com")
    assert [(each.kind, each.found) for each in found.inquiries] == [("Application", 1)]
    roles = answer(
        "servicePrincipals('1')/appRoleAssignedTo",
        value=[
            {
                "appRoleId": "dc890d15-9560-4a4c-9b7f-a736ec74ec40",
                "principalId": "1",
                "resourceId": "3",
            }
        ],
    )
    assert value(one(roles.settings, "AppRoleAssignment"), "resourceId") == "3"


def test_an_empty_answer_says_that_there_is_none():
    found = answer("applications", value=[])
    assert [(each.kind, each.side, each.found) for each in found.inquiries] == [
        ("Application", "entra", 0)
    ]
    assert not found.settings


def test_members_of_roles_once_for_each():
    user = {
        "@odata.type": "#microsoft.graph.user",
        "id": "9",
        "userPrincipalName": "a@contoso.com",
        "onPremisesSyncEnabled": True,
    }
    cloud = user | {"userPrincipalName": "b@contoso.com", "onPremisesSyncEnabled": None}
    unasked = {"@odata.type": "#microsoft.graph.user", "userPrincipalName": "c@contoso.com"}
    role = {"id": "1", "displayName": "Global Administrator", "members": [user, cloud, unasked]}
    found = answer("directoryRoles(members())", value=[role])
    told = [
        (e.name, value(e, "Role"), item(e).ask("onPremisesSyncEnabled")) for e in found.settings
    ]
    assert [(name, role, each.known, each.value) for name, role, each in told] == [
        ("a@contoso.com", "Global Administrator", True, True),
        ("b@contoso.com", "Global Administrator", True, None),
        ("c@contoso.com", "Global Administrator", False, None),
    ]
    assignment = {"roleDefinition": {"displayName": "Exchange Administrator"}, "principal": user}
    other = answer(
        "roleManagement/directory/roleAssignments(principal(),roleDefinition())", value=[assignment]
    )
    assert value(one(other.settings, "DirectoryRoleMember"), "Role") == "Exchange Administrator"


def test_members_of_nobody_knows_what_and_further_pages_are_told():
    found = answer("directoryObjects", value=[{"id": "1"}, {"id": "2"}])
    assert not found.settings
    assert [gap.kind for gap in found.gaps] == ["not-collected"]
    paged = read(
        json.dumps(
            {"@odata.context": GRAPH + "applications", "@odata.nextLink": "https://x", "value": []}
        ).encode()
    )
    assert [gap.kind for gap in paged.gaps] == ["not-collected"]


def test_the_tenant():
    whole = {
        "id": "1",
        "displayName": "Contoso",
        "onPremisesSyncEnabled": None,
        "verifiedDomains": [{"name": "contoso.com"}],
    }
    found = answer("organization", value=[whole])
    tenant = one(found.settings, "Tenant", "Contoso")
    assert value(tenant, "verifiedDomains") == ["contoso.com"]
    assert value(tenant, "onPremisesSyncEnabled") is None


@pytest.mark.shared
def test_snippets_of_scubagear_s_own_tests(shared: Path):
    root = shared / FOLDER
    role = one(of_file(root / "MockAppRoleAssignment.json"), "AppRoleAssignment")
    assert value(role, "appRoleId") == "dc890d15-9560-4a4c-9b7f-a736ec74ec40"
    assert value(role, "createdDateTime") == "2026-03-13T21:54:30Z"
    application = one(of_file(root / "MockDedicatedHybridAppRegistration.json"), "Application")
    (key,) = value(application, "keyCredentials")
    assert key["endDateTime"] == "2100-01-01T00:00:00Z"
    assert value(application, "passwordCredentials") is None
    dedicated = one(of_file(root / "MockDedicatedHybridServicePrincipal.json"), "ServicePrincipal")
    assert not item(dedicated).ask("keyCredentials").known
    first = one(of_file(root / "MockExchangeOnlineServicePrincipal.json"), "ServicePrincipal")
    assert (value(first, "appId"), len(value(first, "keyCredentials"))) == (EXCHANGE, 1)


def test_other_answers_of_graph_are_not_taken():
    for context in ("auditLogs/signIns", "security/alerts_v2", "groups"):
        head = json.dumps(
            {"@odata.context": GRAPH + context, "value": [{"id": "1", "appId": "x"}]}
        ).encode()
        assert recognise(head) is not graph_json.FORMAT
