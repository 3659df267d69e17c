"""scubagear: CISA's own sample, its unit tests' snippets, and what its collections leave open."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from powershell_reading import Read, read
from setting_reading import HYBRID, item, one, value

FOLDER = f"{HYBRID}/scubagear"
SETTINGS = f"{FOLDER}/ProviderSettingsExport.exo-subset.json"


@pytest.mark.shared
def test_the_sample_gives_the_tenant_s_side(shared: Path):
    found = read((shared / SETTINGS).read_bytes())
    assert found.format == "scubagear"
    assert not found.gaps
    connector = one(found.settings, "InboundConnector")
    assert connector.side == "exchange-online"
    assert value(connector, "ConnectorType") == "Partner"
    assert value(connector, "SenderDomains") == ["smtp:test.domain.com;1"]
    assert value(connector, "TlsSenderCertificateName") is None
    assert value(connector, "WhenChangedUTC") == "2026-03-03T01:15:23Z"
    assert len([each for each in found.settings if each.kind == "AcceptedDomain"]) == 7
    hybrid = one(found.settings, "AcceptedDomain", "tqhjy.mail.onmicrosoft.com")
    assert value(hybrid, "IsCoexistenceDomain") is True
    remote = one(found.settings, "RemoteDomain")
    assert value(remote, "TrustedMailInboundEnabled") is False
    rule = one(found.settings, "TransportRule")
    assert value(rule, "State") == "Enabled"
    assert value(rule, "Mode") == "Enforce"
    assert value(rule, "FromScope") == "NotInOrganization"
    assert value(one(found.settings, "HostedConnectionFilterPolicy"), "IPAllowList") == []
    organisation = one(found.settings, "OrganizationConfig")
    assert organisation.side == "exchange-online"
    # ScubaGear keeps 14 of the organisation's properties; this is none of them.
    assert not item(organisation).ask("RejectDirectSend").known
    tenant = one(found.settings, "Tenant")
    assert value(tenant, "onPremisesSyncEnabled") is True
    assert value(tenant, "verifiedDomains") == ["tqhjy.onmicrosoft.com"]


@pytest.mark.shared
def test_the_sample_s_keys_and_the_dedicated_application(shared: Path):
    found = read((shared / SETTINGS).read_bytes())
    principal = one(found.settings, "ServicePrincipal")
    assert value(principal, "appId") == "00000002-0000-0ff1-ce00-000000000000"
    (key,) = value(principal, "keyCredentials")
    assert key == {
        "keyId": "f020b4e8-be3a-4a5e-926f-fa24b14ef865",
        "displayName": "SimulatedExchangeAuthCert",
        "startDateTime": "2026-03-11T23:40:01Z",
        "endDateTime": "2027-03-11T23:50:01Z",
    }
    application = one(found.settings, "Application")
    assert value(application, "appId") == "f280f262-fda1-41b5-8bb0-d917ac011111"
    assert value(application, "id") == "bda8800d-5e23-4390-a339-10ed0f511111"
    assert value(application, "passwordCredentials") is None
    role = one(found.settings, "AppRoleAssignment")
    assert value(role, "appRoleId") == "dc890d15-9560-4a4c-9b7f-a736ec74ec40"
    assert value(role, "principalId") == "41d02381-b3db-4c72-bbbc-09c350c11111"


@pytest.mark.shared
def test_a_collection_of_nothing_was_asked_and_one_that_is_absent_was_not(shared: Path):
    found = read((shared / SETTINGS).read_bytes())
    asked = {each.kind: each.found for each in found.inquiries}
    assert asked["OutboundConnector"] == 0  # [null]
    assert asked["IntraOrganizationConnector"] == 0  # [null]
    assert asked["InboundConnector"] == 1
    assert "MigrationEndpoint" not in asked
    assert not [each for each in found.inquiries if each.fault]


def given(**members: Any) -> Read:
    whole = {"baseline_version": "1", "module_version": "1.8.0", **members}
    return read(json.dumps(whole).encode())


def test_a_command_that_failed_was_not_answered():
    found = given(
        inbound_connectors=[],
        outbound_connectors=[None],
        legacy_exchange_service_principal=[None],
        exo_unsuccessful_commands=["Get-InboundConnector"],
        aad_unsuccessful_commands=["Get-LegacyExchangeServicePrincipal"],
    )
    faults = {each.kind: bool(each.fault) for each in found.inquiries}
    assert faults == {
        "InboundConnector": True,
        "OutboundConnector": False,
        "ServicePrincipal": True,
    }


def test_consolidated_results_hold_the_same_under_raw():
    raw = {
        "inbound_connectors": [{"Name": "x", "RequireTls": True}],
        "timestamp_zulu": "2026-05-04T17:15:48.307Z",
    }
    whole = {
        "MetaData": {"Tool": "ScubaGear"},
        "Summary": {},
        "Results": {"AAD": [{"x": "["}]},
        "Raw": raw,
    }
    found = read(json.dumps(whole, indent=1).encode("utf-8-sig"))
    assert found.format == "scubagear"
    assert value(one(found.settings, "InboundConnector"), "RequireTls") is True


def test_no_dedicated_application_is_an_answer_too():
    found = given(
        dedicated_exchange_hybrid_applications=[
            {"DedicatedHybridAppConfigured": False, "Apps": None}
        ]
    )
    assert {each.kind: each.found for each in found.inquiries} == {
        "Application": 0,
        "AppRoleAssignment": 0,
    }


def test_privileged_users_once_for_each_role():
    users = {
        "1": {
            "DisplayName": "A",
            "OnPremisesImmutableId": "abc=",
            "roles": ["Global Administrator", "User Administrator"],
        },
        "2": {"DisplayName": "B", "OnPremisesImmutableId": None, "roles": "Global Administrator"},
        "3": {"DisplayName": "C", "roles": ["Exchange Administrator"]},
    }
    found = given(
        privileged_users=users, tenant_details=[{"AADAdditionalData": "Error retrieving"}]
    )
    told = {
        (e.name, value(e, "Role"), item(e).ask("onPremisesSyncEnabled").value)
        for e in found.settings
    }
    assert told == {
        ("A", "Global Administrator", True),
        ("A", "User Administrator", True),
        ("B", "Global Administrator", False),
        ("C", "Exchange Administrator", None),
    }
    assert (
        not item(one(found.settings, "DirectoryRoleMember", "C")).ask("onPremisesSyncEnabled").known
    )
    assert [each.fault for each in found.inquiries if each.kind == "Tenant"] == ["Error retrieving"]


def test_one_broken_object_costs_only_itself_and_the_time_is_kept():
    text = (
        '{"baseline_version": "1", "timestamp_zulu": "2026-05-04T17:15:48.307Z", "inbound_connectors": '
        '[{"Name": "a"}, {"Name": nope}, {"Name": "b"}], "accepted_domains": {"DomainName": "c"}}'
    )
    found = read(text.encode())
    assert [each.name for each in found.settings] == ["a", "b", ""]
    assert [gap.at.position for gap in found.gaps] == ["inbound_connectors, record 2"]
    items = list(_evidence(text))
    assert {each.seen for each in items if each.body in found.settings} == {
        datetime(2026, 5, 4, 17, 15, 48, 307000, UTC)
    }


def _evidence(text: str) -> Any:
    import io

    from tocsin.formats import Reading, scubagear
    from tocsin.model.evidence import Evidence
    from tocsin.model.locator import Locator

    found = scubagear.FORMAT.read(io.BytesIO(text.encode()), Locator(source="x"), Reading())
    return [each for each in found if isinstance(each, Evidence)]


def test_a_file_that_ends_in_the_middle_keeps_what_was_whole():
    whole = json.dumps(
        {
            "baseline_version": "1",
            "module_version": "1",
            "inbound_connectors": [{"Name": "a"}, {"Name": "b"}],
        }
    )
    found = read(whole[:-9].encode())
    assert [each.name for each in found.settings] == ["a"]
    assert len(found.gaps) == 1
