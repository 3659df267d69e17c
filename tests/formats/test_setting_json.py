"""JSON of Windows PowerShell and of the cloud: the same values as CLIXML keeps, or told lost."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from powershell_reading import read
from setting_reading import CSS, item, one, value

from tocsin.formats.syntax import clixml
from tocsin.formats.syntax.records import Object, Record, Value
from tocsin.formats.syntax.setting_record import settings_of
from tocsin.formats.syntax.setting_syntax import Origin
from tocsin.model.locator import Locator
from tocsin.model.setting import Setting

AT = Locator(source="x")


def as_json(value: object, encoding: str = "utf-8") -> bytes:
    return json.dumps(value, indent=4).encode(encoding)


def settings(value: object, encoding: str = "utf-8") -> list[Setting]:
    found = read(as_json(value, encoding))
    assert found.format == "powershell-json"
    return found.settings


RECEIVE = {
    "Name": "Default EX01",
    "Identity": {"Name": "Default EX01", "DistinguishedName": "CN=Default EX01", "ObjectGuid": "x"},
    "Server": {
        "Rdn": "CN=EX01",
        "Name": "EX01",
        "DistinguishedName": "CN=EX01,CN=Servers",
        "ObjectGuid": "11111111-2222-4333-8444-555555555555",
    },
    "AuthMechanism": 31,
    "PermissionGroups": 13,
    "RemoteIPRanges": [
        {"LowerBound": "10.0.0.1", "UpperBound": "10.0.0.9", "RangeFormat": 2},
        {"LowerBound": "x", "UpperBound": "y", "Expression": "192.0.2.0/24"},
    ],
    "Bindings": [{"AddressFamily": 2, "Address": "0.0.0.0", "Port": 25}],
    "TlsDomainCapabilities": {
        "Domain": {"Address": "mail.protection.outlook.com", "IncludeSubDomains": False},
        "Capabilities": 512,
    },
    "TransportRole": 16384,
    "WhenChangedUTC": "\\/Date(1613679244000)\\/",
    "ExchangeVersion": {"ExchangeBuild": {}, "Major": 0, "Minor": 1},
    "OrganizationId": {"OrganizationalUnit": None, "ConfigurationUnit": None},
}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("shape", ["one", "list", "wrapped"])
def test_numbers_of_windows_powershell_get_their_names_back(encoding: str, shape: str):
    whole = {"one": RECEIVE, "list": [RECEIVE], "wrapped": {"value": [RECEIVE], "Count": 1}}[shape]
    (found,) = settings(whole, encoding)
    # Bits: the samples of CLIXML keep number and names side by side (AuthMechanism 31, 13).
    assert value(found, "AuthMechanism") == [
        "Tls",
        "Integrated",
        "BasicAuth",
        "BasicAuthRequireTLS",
        "ExchangeServer",
    ]
    assert value(found, "PermissionGroups") == [
        "AnonymousUsers",
        "ExchangeServers",
        "ExchangeLegacyServers",
    ]
    assert value(found, "RemoteIPRanges") == ["10.0.0.1-10.0.0.9", "192.0.2.0/24"]
    assert value(found, "Bindings") == ["0.0.0.0:25"]
    assert value(found, "TlsDomainCapabilities") == [
        "mail.protection.outlook.com:AcceptCloudServicesMail"
    ]
    assert value(found, "WhenChangedUTC") == "2021-02-18T20:14:04Z"
    assert (found.kind, found.side, found.server) == ("ReceiveConnector", "on-premises", "EX01")


def connector(**more: object) -> Setting:
    (found,) = settings([{"Name": "x", "TlsSenderCertificateName": None, "EFSkipIPs": [], **more}])
    return found


def test_null_empty_absent_and_lost_are_four_things():
    found = connector(
        SenderIPAddresses=[None],
        TrustedOrganizations="System.Object[]",
        ClientHostNames="Microsoft.Exchange.Data.MultiValuedProperty`1[System.String]",
        SenderDomains=["smtp:*;1", "System.Object"],
        Comment="@{a=1; b=2}",
    )
    assert item(found).ask("TlsSenderCertificateName").empty
    assert value(found, "SenderIPAddresses") == []
    assert value(found, "EFSkipIPs") == []
    assert not item(found).ask("RequireTls").known
    assert item(found).ask("RequireTls").lost is None
    for name in ("TrustedOrganizations", "ClientHostNames", "SenderDomains", "Comment"):
        assert item(found).ask(name).lost == "depth", name
        assert not item(found).ask(name).known


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("192.0.2.1", ["192.0.2.1"]),
        ("192.0.2.1 192.0.2.2", ["192.0.2.1", "192.0.2.2"]),
        ({"value": ["192.0.2.1"], "Count": 1}, ["192.0.2.1"]),
        (["192.0.2.1", None], ["192.0.2.1"]),
        ([], []),
        (None, None),
    ],
)
def test_a_list_is_a_list_however_it_was_written(given: object, expected: object):
    assert value(connector(SenderIPAddresses=given), "SenderIPAddresses") == expected


@pytest.mark.parametrize(
    ("given", "expected"),
    [(True, True), ("False", False), ("true", True), (1, True), (0, False), (None, None)],
)
def test_true_and_false_are_never_text(given: object, expected: object):
    assert value(connector(RequireTls=given), "RequireTls") is expected


@pytest.mark.parametrize("given", ["yes", 2, [True], {"a": 1}, 1.5, "$true"])
def test_what_is_neither_true_nor_false_is_lost(given: object):
    answer = item(connector(TreatMessagesAsInternal=given)).ask("TreatMessagesAsInternal")
    assert (answer.known, answer.lost) == (False, "unreadable")


def send(**more: object) -> Setting:
    (found,) = settings(
        [{"Name": "x", "SourceTransportServers": "EX01", "AddressSpaces": [], **more}]
    )
    return found


def test_enumerations_as_number_as_text_and_as_both():
    # TlsAuthLevel 2: connectors/GetSendConnectorConfiguredToRelayToM365.xml.
    assert value(send(TlsAuthLevel=2), "TlsAuthLevel") == "CertificateValidation"
    assert value(send(TlsAuthLevel="DomainValidation"), "TlsAuthLevel") == "DomainValidation"
    both = {"value": 2, "Value": "CertificateValidation"}
    assert value(send(TlsAuthLevel=both), "TlsAuthLevel") == "CertificateValidation"
    assert value(send(TlsAuthLevel=None), "TlsAuthLevel") is None


@pytest.mark.parametrize("given", [3, -1, True, ["x", {}], {"a": 1}, 2.5])
def test_a_member_that_is_not_known_is_never_guessed(given: object):
    assert item(send(TlsAuthLevel=given)).ask("TlsAuthLevel").lost == "unreadable"


def test_bits_that_are_not_known_stay_beside_those_that_are():
    (found,) = settings([RECEIVE | {"AuthMechanism": 33 + 4096}])
    assert value(found, "AuthMechanism") == ["Tls", "ExternalAuthoritative", "4096"]
    (found,) = settings([RECEIVE | {"AuthMechanism": 0, "PermissionGroups": "None"}])
    assert value(found, "AuthMechanism") == value(found, "PermissionGroups") == []


def test_small_objects_are_the_text_that_exchange_prints():
    spaces = [{"Address": "contoso.com", "Type": "smtp", "Cost": 1, "IsSmtpType": True}]
    hosts = [
        {"Address": "192.0.2.9", "IsIPAddress": True, "Domain": None},
        {"Address": "0.0.0.0", "IsIPAddress": False, "Domain": {"HostnameString": "a.example"}},
    ]
    name = {"CertificateSubject": "CN=a", "CertificateIssuer": "CN=b", "SubjectCommonName": "a"}
    found = send(AddressSpaces=spaces, SmartHosts=hosts, TlsCertificateName=name)
    assert value(found, "AddressSpaces") == ["smtp:contoso.com;1"]
    assert value(found, "SmartHosts") == ["[192.0.2.9]", "a.example"]
    assert value(found, "TlsCertificateName") == "<I>CN=b<S>CN=a"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("/Date(1613679244000)/", "2021-02-18T20:14:04Z"),
        ("\\/Date(1613679244000+0100)\\/", "2021-02-18T20:14:04Z"),
        (
            {"value": "/Date(1613679244000)/", "DisplayHint": 2, "DateTime": "x"},
            "2021-02-18T20:14:04Z",
        ),
        ("2026-07-23T22:55:13.0000000Z", "2026-07-23T22:55:13Z"),
        ("2026-07-23T22:55:13+02:00", "2026-07-23T20:55:13Z"),
        ("2026-07-23T22:55", "2026-07-23T22:55:00Z"),
        ("0001-01-01T00:00:00", "0001-01-01T00:00:00Z"),
    ],
)
def test_dates_are_in_utc(given: object, expected: str):
    assert value(connector(WhenChangedUTC=given), "WhenChangedUTC") == expected


@pytest.mark.parametrize("given", ["/Date(999999999999999)/", "0001-01-01T00:00:00+02:00"])
def test_dates_that_no_calendar_has_are_lost(given: str):
    assert item(connector(WhenChangedUTC=given)).ask("WhenChangedUTC").lost == "unreadable"


def test_marks_of_the_cloud_s_api_are_no_properties_and_its_type_counts():
    api = {
        "@odata.type": "#Exchange.InboundConnector",
        "Name": "x",
        "SenderDomains@data.type": "#Collection(String)",
        "SenderDomains": ["smtp:*;1"],
    }
    found = read(
        as_json(
            {
                "value": [
                    api,
                    {"WhenChangedUTC": None, "OrganizationId": None, "ExchangeVersion": "x"},
                ]
            }
        )
    )
    (setting,) = found.settings
    assert setting.kind == "InboundConnector"
    assert set(setting.properties) == {"Name", "SenderDomains"}


@pytest.mark.parametrize(
    ("more", "side"),
    [
        (
            {
                "OrganizationId": "EURPR05A010.PROD.OUTLOOK.COM/Microsoft Exchange Hosted Organizations/x"
            },
            "exchange-online",
        ),
        (
            {
                "DistinguishedName": "CN=a,CN=b,CN=x.onmicrosoft.com,CN=ConfigurationUnits,DC=EURPR05A010,DC=PROD,DC=OUTLOOK,DC=COM"
            },
            "exchange-online",
        ),
        (
            {
                "DistinguishedName": "CN=a,CN=Transport Settings,CN=Contoso,CN=Microsoft Exchange,CN=Services,CN=Configuration,DC=contoso,DC=com"
            },
            "on-premises",
        ),
        ({"PSComputerName": "outlook.office365.com"}, "exchange-online"),
        ({"PSComputerName": "ex01.contoso.com"}, "on-premises"),
        ({"WhenChangedUTC": None}, ""),
    ],
)
def test_the_side_is_what_the_object_shows_and_never_guessed(more: dict[str, Any], side: str):
    domain = {"DomainName": "contoso.com", "DomainType": 0, "ExchangeVersion": "0.1", **more}
    (found,) = settings([domain])
    assert (found.kind, found.side, value(found, "DomainType")) == (
        "AcceptedDomain",
        side,
        "Authoritative",
    )


def test_only_the_cloud_s_organisation_can_reject_direct_send():
    (found,) = settings(
        [{"Name": "x", "RejectDirectSend": True, "WhenChangedUTC": None, "Identity": "x"}]
    )
    assert (found.kind, found.side) == ("OrganizationConfig", "exchange-online")


def test_secrets_are_dropped_and_what_only_sounds_like_one_is_kept():
    found = send(AuthenticationCredential={"UserName": "u", "Password": "p"}, SomePassword="geheim")
    assert not [n for n in (*found.properties, *found.lost) if "redential" in n or "assword" in n]
    certificate = {
        "Thumbprint": "aa" * 20,
        "Services": 24,
        "HasPrivateKey": True,
        "PrivateKeyExportable": "False",
        "Identity": "EX01\\" + "AA" * 20,
        "CertificateDomains": [{"Address": "a.example", "IncludeSubDomains": False}],
    }
    (own,) = settings([certificate])
    assert value(own, "Thumbprint") == "AA" * 20
    # Get-ExchangeCertificate of IIS and SMTP, as Exchange prints it.
    assert value(own, "Services") == ["IIS", "SMTP"]
    assert value(own, "HasPrivateKey") is True
    assert value(own, "PrivateKeyExportable") is False
    assert value(own, "CertificateDomains") == ["a.example"]
    assert own.server == "EX01"


@pytest.mark.shared
def test_json_of_every_lab_object_gives_the_values_of_its_clixml(shared: Path):
    """Each CLIXML object written as Windows PowerShell writes JSON: enumerations as numbers, objects
    as their members, dates in milliseconds."""
    compared = 0
    for path in sorted((shared / CSS).rglob("*.xml")):
        if "AclPermissions" in path.name or "Certificate" in path.name:
            continue
        for record in clixml.read_objects(path.open("rb"), AT):
            assert isinstance(record, Record)
            whole = next(settings_of(record.object, Origin(syntax="clixml")), None)
            if whole is None:
                continue
            properties = {name: plain(each) for name, each in record.object.properties.items()}
            text = json.dumps([properties])
            again = one(read_any(text, whole.setting.kind), whole.setting.kind)
            for name, expected in whole.setting.properties.items():
                if name in DIFFER or name not in properties:
                    continue
                answer = item(again).ask(name)
                assert answer.known, (path.name, name, answer.lost, properties[name])
                assert answer.value == expected, (path.name, name, properties[name])
                compared += 1
    assert compared > 1500


DIFFER = {
    # Enumerations and versions that no check asks for stay numbers or members.
    "ErrorPolicies", "ProtocolLoggingLevel", "ConnectorType", "Region", "ObjectState", "GzipLevel",
    "MessageRateSource", "SizeEnabled", "Edition", "AccountType", "Heuristics", "Industry",
    "HybridConfigurationStatus", "PublicFoldersEnabled", "RmsoSubscriptionStatus",
    "InternalAuthenticationMethods", "ExternalAuthenticationMethods", "OrganizationId",
    "DistributionGroupNamingPolicy", "RootPublicFolderMailbox", "ResourceAddressLists",
}  # fmt: skip


def read_any(text: str, kind: str) -> list[Setting]:
    """As one more record whose names make the file Exchange's, whatever it holds."""
    found = [
        told.setting
        for told in settings_of(_object(json.loads(text)[0]), Origin(syntax="json", kind=kind))
    ]
    assert found
    return found


def _object(value: dict[str, Any]) -> Object:
    from tocsin.formats.syntax.records import from_plain

    found = from_plain(value)
    assert isinstance(found, Object)
    return found


def plain(value: Value) -> Any:
    if isinstance(value, Object):
        if (
            value.items
            or "MultiValued" in "".join(value.types[:1])
            or "Collection" in "".join(value.types[:1])
        ):
            return [plain(each) for each in value.items]
        if value.value is not None:
            return value.value
        if value.properties:
            return {name: plain(each) for name, each in value.properties.items()}
        return value.text
    if isinstance(value, str) and len(value) > 18 and value[4:5] == "-" and value[10:11] == "T":
        when = datetime.fromisoformat(value)
        if when.tzinfo is not None:
            return f"/Date({int(when.timestamp() * 1000)})/"
    return value
