"""CSV and what a console printed: text is given back its meaning, or told lost."""

from __future__ import annotations

import pytest
from powershell_reading import read
from setting_reading import item, one, value

from tocsin.model.setting import Setting

MULTI = "Microsoft.Exchange.Data.MultiValuedProperty`1[System.String]"


def csv(text: str) -> Setting:
    found = read(text.encode())
    assert found.format == "powershell-csv"
    (setting,) = found.settings
    return setting


# CSV.


def test_a_row_gives_booleans_flags_and_lists_and_says_what_export_csv_lost():
    found = csv(
        "#TYPE Selected.Microsoft.Exchange.Data.Directory.SystemConfiguration.ReceiveConnector\n"
        '"Identity","AuthMechanism","PermissionGroups","RemoteIPRanges","Bindings","RequireTLS",'
        '"TlsCertificateName","WhenChanged","WhenChangedUTC","Comment"\n'
        f'"EX01\\Relay","Tls, ExternalAuthoritative","ExchangeServers","10.0.0.1,10.0.0.9",'
        f'"{MULTI}","False","","3/16/2020 4:27:59 PM","2020-03-16T23:27:59Z","Exchange Ser..."\n'
    )
    assert (found.kind, found.server, found.sure) == ("ReceiveConnector", "EX01", True)
    assert value(found, "AuthMechanism") == ["Tls", "ExternalAuthoritative"]
    assert value(found, "PermissionGroups") == ["ExchangeServers"]
    assert value(found, "RemoteIPRanges") == ["10.0.0.1", "10.0.0.9"]
    assert value(found, "RequireTLS") is False
    # Export-Csv writes null and nothing alike.
    assert item(found).ask("TlsCertificateName").empty
    assert value(found, "WhenChangedUTC") == "2020-03-16T23:27:59Z"
    assert found.lost == {"Bindings": "type", "WhenChanged": "unreadable", "Comment": "cut"}


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("192.0.2.1;192.0.2.2", ["192.0.2.1", "192.0.2.2"]),
        ("192.0.2.1 192.0.2.2", ["192.0.2.1", "192.0.2.2"]),
        ("192.0.2.1\n192.0.2.2", ["192.0.2.1", "192.0.2.2"]),
        ("", []),
    ],
)
def test_lists_that_a_script_joined(cell: str, expected: list[str]):
    found = csv(f'"Name","TlsSenderCertificateName","SenderIPAddresses"\n"x","","{cell}"\n')
    assert value(found, "SenderIPAddresses") == expected


def test_the_cost_of_an_address_space_is_no_second_one():
    text = '"Name","SourceTransportServers","AddressSpaces"\n"x","EX01 EX02","smtp:a.example;1 smtp:b.example;2"\n'
    assert value(csv(text), "AddressSpaces") == ["smtp:a.example;1", "smtp:b.example;2"]
    assert value(csv(text), "SourceTransportServers") == ["EX01", "EX02"]


def test_a_column_that_nobody_exported_is_unknown():
    found = csv('"Name","TlsSenderCertificateName","EFSkipLastIP"\n"x","*.a.example","True"\n')
    assert not item(found).ask("TreatMessagesAsInternal").known
    assert found.side == "exchange-online"


# Printed.


def printed(text: str) -> list[Setting]:
    found = read(text.encode())
    assert found.format == "format-list"
    assert not any(each.sure for each in found.settings)
    return found.settings


CONNECTOR = """
Identity                 : Inbound from x
SenderIPAddresses        : {192.0.2.1, 192.0.2.2, 192.0.2.3, 192.0.2.4...}
SenderDomains            : {smtp:*;1}
TrustedOrganizations     : {}
RequireTls               : True
TlsSenderCertificateName : *.contoso.com
ConnectorSource          : HybridWizard
EFUsers                  : System.Object[]
WhenChangedUTC           : 24.09.2020 11:00:52
Comment                  :
"""


def test_a_list_that_was_cut_is_lost_and_a_whole_one_is_a_list():
    found = one(printed(CONNECTOR), "InboundConnector")
    assert value(found, "SenderDomains") == ["smtp:*;1"]
    assert value(found, "TrustedOrganizations") == []
    assert value(found, "RequireTls") is True
    assert item(found).ask("Comment").empty
    assert found.lost == {
        "SenderIPAddresses": "cut",
        "EFUsers": "type",
        "WhenChangedUTC": "unreadable",
    }


@pytest.mark.parametrize(
    "date",
    [
        "3/16/2020 4:27:59 PM",
        "24.09.2020 11:00:52",
        "16/03/2020 16:27:59",
        "2020-09-24 11:00:52",
        "2020/9/24 11:00",
        "24-09-2020 11:00:52",
        "Monday, 16/03/2020 16:27:59",
    ],
)
def test_dates_of_any_culture_are_lost(date: str):
    (found,) = printed(CONNECTOR.replace("24.09.2020 11:00:52", date))
    assert found.lost["WhenChangedUTC"] == "unreadable"


def test_the_command_line_tells_what_was_printed():
    text = """
[PS] C:\\>Get-AuthServer | fl Name,Realm,ApplicationIdentifier,DistinguishedName

Name                  : EvoSts - 1
Realm                 : x
ApplicationIdentifier : y
DistinguishedName     : CN=EvoSts - 1,CN=Auth Servers,CN=Auth Configuration,CN=Contoso,CN=Microsoft
                        Exchange,CN=Services,CN=Configuration,DC=contoso,DC=com
Identity              : EvoSts - 1

[PS] C:\\>Get-ExchangeServer EX01 | Get-Foo | fl

Name     : other
Identity : other

[PS] C:\\>hostname
EX01

Name     : third
Identity : third
"""
    found = printed(text)
    assert [(each.kind, each.name) for each in found] == [("AuthServer", "EvoSts - 1")]


def test_a_table_is_cut_to_the_window_and_says_so():
    text = """
Name     SenderIPAddresses       TlsSenderCertificateName RequireTls
----     -----------------       ------------------------ ----------
Inbound  {192.0.2.1, 192.0.2.... *.contoso.com            True
Second   {}                      mail.contos...           False
"""
    first, second = printed(text)
    assert first.lost == {"SenderIPAddresses": "cut"}
    assert value(first, "TlsSenderCertificateName") == "*.contoso.com"
    assert second.lost == {"TlsSenderCertificateName": "cut"}
    assert value(second, "SenderIPAddresses") == []
    assert value(second, "RequireTls") is False
