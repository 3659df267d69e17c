"""tocsin-export: the files of our own scripts, whose form docs/formats/tocsin-export.md states."""

from __future__ import annotations

import json
from typing import Any

import pytest
from powershell_reading import Read, read, version
from setting_reading import item, one, value

SDDL = "O:DAG:DAD:(A;CI;WD;;;S-1-5-21-1-2-3-1122)"


def export(cmdlet: str, items: Any, side: str = "on-premises", **more: Any) -> Read:
    whole = {
        "tocsin": "export",
        "version": 1,
        "cmdlet": cmdlet,
        "side": side,
        "server": "",
        "time": "2026-11-20T10:00:00Z",
        "error": None,
        **more,
        "items": items,
    }
    found = read(json.dumps(whole, indent=4).encode())
    assert found.format == "tocsin-export"
    return found


def test_the_envelope_says_kind_side_and_server():
    connector = {"Name": "Inbound", "RequireTls": True, "SenderIPAddresses": []}
    found = export("Get-InboundConnector", [connector], "exchange-online")
    setting = one(found.settings, "InboundConnector", "Inbound")
    assert (setting.side, value(setting, "SenderIPAddresses")) == ("exchange-online", [])
    (asked,) = found.inquiries
    assert (asked.kind, asked.side, asked.found, asked.fault) == (
        "InboundConnector",
        "exchange-online",
        1,
        "",
    )
    assert not found.hosts


def test_nothing_found_is_an_answer_and_a_fault_is_none():
    nothing = export("Get-SendConnector", [])
    assert [(each.found, each.fault) for each in nothing.inquiries] == [(0, "")]
    assert not nothing.gaps
    failed = export("Get-SendConnector", [], error="Access is denied.", server="EX02")
    assert [(e.found, e.fault, e.server) for e in failed.inquiries] == [
        (0, "Access is denied.", "EX02")
    ]
    (gap,) = failed.gaps
    assert gap.kind == "not-collected"
    assert "Access is denied." in str(gap.why)


def test_servers_and_builds_reach_the_inventory():
    server = {
        "Name": "EX01",
        "Fqdn": "ex01.contoso.com",
        "AdminDisplayVersion": "Version 15.2 (Build 1544.4)",
    }
    found = export("Get-ExchangeServer", [server])
    (host,) = found.hosts
    assert (host.names, version(host)) == (("ex01.contoso.com", "EX01"), ("15.2.1544.4", "cu"))
    setup = {
        "Name": "ExSetup.exe",
        "FileName": "C:\\Ex\\bin\\ExSetup.exe",
        "FileVersion": "15.02.1544.025",
    }
    found = export("Get-Command ExSetup.exe", [setup], server="ex01.contoso.com")
    (host,) = found.hosts
    assert (host.names, version(host)) == (("ex01.contoso.com",), ("15.2.1544.25", "update"))
    assert one(found.settings, "ExSetup").server == "ex01.contoso.com"
    assert found.evidence[0].seen is not None
    report = {"ServerFQDN": "ex02.contoso.com", "Build": "15.1.2507.39"}
    found = export("Get-OnPremServerReportInfo", [report], "exchange-online")
    assert found.look.seen_by == "exchange-online"
    assert found.hosts[0].names == ("ex02.contoso.com",)
    assert one(found.settings, "OnPremServerReport").server == "ex02.contoso.com"


@pytest.mark.parametrize(
    ("cmdlet", "service"),
    [
        ("Get-WebServicesVirtualDirectory", "EWS"),
        ("Get-EcpVirtualDirectory", "ECP"),
        ("Get-MapiVirtualDirectory", "MAPI"),
        ("Get-OwaVirtualDirectory", "OWA"),
        ("Get-OabVirtualDirectory", "OAB"),
        ("Get-ActiveSyncVirtualDirectory", "ActiveSync"),
        ("Get-PowerShellVirtualDirectory", "PowerShell"),
        ("Get-AutodiscoverVirtualDirectory", "Autodiscover"),
    ],
)
def test_virtual_directories_say_what_they_serve(cmdlet: str, service: str):
    found = export(cmdlet, [{"ExtendedProtectionTokenChecking": "Require"}], server="EX01")
    setting = one(found.settings, "VirtualDirectory")
    assert (setting.server, value(setting, "Service")) == ("EX01", service)
    assert value(setting, "ExtendedProtectionTokenChecking") == "Require"


def test_the_directory_s_groups_rights_and_computers():
    found = export(
        "Get-ADObject",
        [{"Object": "DC=contoso,DC=com", "ObjectKind": "domain", "Sddl": SDDL}],
        "directory",
    )
    setting = one(found.settings, "AccessControl")
    assert value(setting, "ObjectKind") == "domain"
    (entry,) = value(setting, "Entries")
    assert (entry["Type"], entry["Rights"], entry["Trustee"]) == (
        "allow",
        ["WriteDacl"],
        "S-1-5-21-1-2-3-1122",
    )
    for text in ("nonsense", "", SDDL + "(A;CI", SDDL + "(A;CI;ZZ;;;S-1-5-21-9)"):
        items = [{"Object": "DC=contoso,DC=com", "Sddl": text}]
        broken = one(export("Get-ADObject", items, "directory").settings, "AccessControl")
        assert item(broken).ask("Entries").lost == "unreadable"
        assert value(broken, "Object") == "DC=contoso,DC=com"
    member = {"Name": "EX01", "ObjectClass": "computer", "Enabled": True}
    group = {"Name": "Trusted", "Sid": "S-1-5-21-1", "WellKnown": "ETS", "Members": [member]}
    found = export("Get-ADGroup", [group], "directory")
    assert value(one(found.settings, "DirectoryGroup"), "Members") == [member]
    computer = {
        "Name": "EX01",
        "UnconstrainedDelegation": False,
        "ServicePrincipalNames": ["exchangeMDB/EX01"],
    }
    found = export("Get-ADComputer", [computer], "directory")
    assert value(one(found.settings, "DirectoryComputer"), "UnconstrainedDelegation") is False


def test_graph_s_cmdlets_give_graph_s_objects():
    key = {"customKeyIdentifier": "aa" * 20, "keyId": "1"}
    found = export(
        "Get-MgServicePrincipal", [{"id": "1", "appId": "2", "keyCredentials": [key]}], "entra"
    )
    (told,) = value(one(found.settings, "ServicePrincipal"), "keyCredentials")
    assert told == {"keyId": "1", "customKeyIdentifier": "AA" * 20}
    found = export(
        "Get-MgDirectoryRoleMember",
        [{"Role": "x", "UserPrincipalName": "a", "onPremisesSyncEnabled": None}],
        "entra",
    )
    assert value(one(found.settings, "DirectoryRoleMember"), "onPremisesSyncEnabled") is None


def test_of_a_manifest_only_what_failed_counts():
    entries = [
        {
            "cmdlet": "Get-SendConnector",
            "side": "on-premises",
            "server": "",
            "count": 3,
            "error": None,
        },
        {
            "cmdlet": "Get-ExchangeCertificate",
            "side": "on-premises",
            "server": "EX04",
            "count": 0,
            "error": "no route",
        },
        {"cmdlet": "Get-Foo", "error": "unknown"},
        "nonsense",
    ]
    whole = {
        "tocsin": "manifest",
        "version": 1,
        "organisation": "Contoso",
        "started": "x",
        "entries": entries,
    }
    found = read(json.dumps(whole).encode())
    (asked,) = found.inquiries
    assert (asked.kind, asked.server, asked.fault) == ("ExchangeCertificate", "EX04", "no route")
    assert len(found.gaps) == 1


def test_items_before_the_envelope_and_one_that_is_no_object():
    text = '{"tocsin": "export", "items": [{"Name": "a"}, 5, null, {"Name": nope}], "cmdlet": "Get-SendConnector", "side": "x"}'
    found = read(text.encode())
    assert [(each.kind, each.side, each.name) for each in found.settings] == [
        ("SendConnector", "on-premises", "a")
    ]
    assert len(found.gaps) == 2


def test_windows_powershell_writes_one_object_without_its_list():
    found = export(
        "Get-HybridConfiguration", {"Name": "Hybrid Configuration", "Domains": "contoso.com"}
    )
    assert value(one(found.settings, "HybridConfiguration"), "Domains") == ["contoso.com"]
    assert found.inquiries[0].found == 1
    assert export("Get-HybridConfiguration", None).inquiries[0].found == 0


def test_a_later_version_of_the_script_is_read_as_well_as_can_be():
    found = export("Get-SendConnector", [{"Name": "a"}], version=2)
    assert len(found.settings) == 1
    assert len(found.gaps) == 1
