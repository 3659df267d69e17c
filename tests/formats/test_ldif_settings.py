"""What a directory export says of trusts: connectors, hybrid configuration, groups, rights."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.formats import Reading, ldif
from tocsin.formats.syntax import directory_settings
from tocsin.model.evidence import Evidence, Inquiry, Look, Setting
from tocsin.model.finding import Gap
from tocsin.model.locator import Locator

DATA = Path(__file__).parent.parent / "data" / "hybrid" / "directory.ldf"
USER = "bf967aba-0de6-11d0-a285-00aa003049e2"
EWP = "S-1-5-21-1-2-3-1119"


def read(data: bytes) -> list[Evidence | Gap]:
    return list(ldif.read(io.BytesIO(data), Locator(source="x.ldf"), Reading()))


def found(data: bytes, kind: str) -> dict[str, Setting]:
    bodies = [each.body for each in read(data) if isinstance(each, Evidence)]
    return {each.name: each for each in bodies if isinstance(each, Setting) and each.kind == kind}


@pytest.fixture(scope="module")
def data() -> bytes:
    return DATA.read_bytes()


def test_groups_are_exchanges_by_their_guid_whatever_they_are_called(data: bytes):
    groups = found(data, "DirectoryGroup")
    assert {name: each.properties["WellKnown"] for name, each in groups.items()} == {
        "Exchange Windows Permissions": "EWP",
        # hybrid.md 1.5: found by GUID, although it was renamed, moved, and stands before it.
        "Trusted By Nobody": "ETS",
    }
    assert groups["Exchange Windows Permissions"].properties["Sid"] == EWP
    members = groups["Trusted By Nobody"].properties["Members"]
    assert [each["Name"] for each in members] == ["EX01", "EX-OLD"]
    assert members[1]["DistinguishedName"] == "CN=EX-OLD,OU=Retired,DC=corp,DC=contoso,DC=com"
    assert "Enabled" not in members[0]
    assert groups["Trusted By Nobody"].side == "directory"


def test_a_computer_that_is_trusted_for_delegation_and_one_that_was_retired(data: bytes):
    computers = found(data, "DirectoryComputer")
    # [MS-ADTS] 2.2.16: 0x80000 trusted for delegation, 0x2 disabled.
    assert computers["EX01"].properties == {
        "Name": "EX01",
        "DistinguishedName": "CN=EX01,OU=Exchange,DC=corp,DC=contoso,DC=com",
        "Sid": "S-1-5-21-1-2-3-1106",
        "DnsHostName": "EX01.corp.contoso.com",
        "Enabled": True,
        "UnconstrainedDelegation": True,
        "ServicePrincipalNames": ["exchangeMDB/EX01.corp.contoso.com", "exchangeRFR/EX01"],
        "LastLogon": "2025-11-10T00:00:00Z",
    }
    retired = computers["EX-OLD"].properties
    assert (retired["Enabled"], retired["LastLogon"]) == (False, None)
    assert "ServicePrincipalNames" not in retired


def test_rights_on_the_domain_and_on_adminsdholder(data: bytes):
    rights = {each.properties["ObjectKind"]: each for each in found(data, "AccessControl").values()}
    unsafe, _ = rights["domain"].properties["Entries"]
    assert unsafe == {
        "Type": "allow",
        "Flags": ["CI"],
        "Rights": ["WriteDacl"],
        "ObjectType": "",
        "InheritedObjectType": USER,
        "Trustee": EWP,
    }
    holder = rights["AdminSDHolder"].properties["Entries"]
    assert [each["Trustee"] for each in holder] == ["S-1-5-21-1-2-3-512", EWP]
    (gap,) = [each for each in read(data) if isinstance(each, Gap)]
    assert str(gap.why) == "1 entries that hold under a condition only were not read"


def test_the_hybrid_connector_under_the_names_of_the_cmdlet(data: bytes):
    connector = found(data, "SendConnector")["Outbound to Office 365"]
    assert connector.side == "on-premises"
    values = connector.properties
    assert values["SourceTransportServers"] == ["EX01"]
    assert values["AddressSpaces"] == ["smtp:contoso.mail.onmicrosoft.com;1"]
    assert values["SmartHosts"] == ["contoso-com.mail.protection.outlook.com"]
    assert (values["RequireTLS"], values["CloudServicesMailEnabled"]) == (True, True)
    assert (values["IgnoreSTARTTLS"], values["Enabled"]) == (False, True)
    assert values["WhenChangedUTC"] == "2026-11-09T07:12:00Z"
    assert values["Guid"] == "89ebccef-4567-4101-89ab-cdef01234567"
    # All attributes were exported, so one that is not there is empty; how TLS is held against the
    # certificate is in bits that are not known, so it stays out.
    assert values["TlsCertificateName"] is None
    assert "TlsAuthLevel" not in values


def test_other_objects_of_the_configuration(data: bytes):
    receive = found(data, "ReceiveConnector")["Default Frontend EX01"]
    assert receive.server == "EX01"
    assert receive.properties["Identity"] == "EX01\\Default Frontend EX01"
    # Get-ReceiveConnector prints 31 as these five.
    assert receive.properties["AuthMechanism"] == [
        "Tls",
        "Integrated",
        "BasicAuth",
        "BasicAuthRequireTLS",
        "ExchangeServer",
    ]
    assert receive.properties["TlsDomainCapabilities"] == [
        "mail.protection.outlook.com:AcceptCloudServicesMail"
    ]
    assert receive.properties["TlsCertificateName"] == "<I>CN=Contoso CA<S>CN=mail.contoso.com"
    # What the record does not hold is not empty: it does not show that all of it was exported.
    assert "PermissionGroups" not in receive.properties
    hybrid = found(data, "HybridConfiguration")["Hybrid Configuration"].properties
    assert hybrid["SendingTransportServers"] == ["EX01"]
    assert hybrid["Features"] == [
        "FreeBusy",
        "MoveMailbox",
        "Mailtips",
        "MessageTracking",
        "OwaRedirection",
        "OnlineArchive",
        "SecureMail",
        "Photos",
    ]
    assert hybrid["TlsCertificateName"] == "<I>CN=Contoso CA<S>CN=mail.contoso.com"
    partner = found(data, "PartnerApplication")["Exchange Online"].properties
    assert (partner["Enabled"], partner["UseAuthServer"]) == (True, True)
    assert partner["AcceptSecurityIdentifierInformation"] is False
    assert partner["LinkedAccount"] == "Exchange Online-ApplicationAccount"
    auth = found(data, "AuthConfig")["Auth Configuration"].properties
    assert auth["CurrentCertificateThumbprint"] == "C3EDCF181EF4F9B53D01768ECA99564014BCA6E7"
    assert auth["NextCertificateThumbprint"] == ""
    (override,) = found(data, "SettingOverride").values()
    assert override.properties["SectionName"] == "ExchangeOnpremAsThirdPartyAppId"
    assert override.properties["Parameters"] == ["Enabled=true"]
    domain = found(data, "AcceptedDomain")["contoso.com"].properties
    assert (domain["DomainName"], domain["DomainType"]) == ("contoso.com", "Authoritative")


def test_each_kind_that_was_found_was_asked_for(data: bytes):
    bodies = [each.body for each in read(data) if isinstance(each, Evidence)]
    asked = {each.kind: (each.found, each.side) for each in bodies if isinstance(each, Inquiry)}
    assert asked["DirectoryGroup"] == (2, "directory")
    assert asked["SendConnector"] == (1, "on-premises")
    assert "OrganizationRelationship" not in asked
    assert isinstance(bodies[-1], Look)


def test_a_broken_descriptor_is_lost_and_not_empty():
    data = b"dn: DC=contoso,DC=com\nobjectClass: domainDNS\nnTSecurityDescriptor:: AQAEgA==\n"
    (rights,) = found(data, "AccessControl").values()
    assert rights.lost == {"Entries": "unreadable"}
    assert "Entries" not in rights.properties
    assert any(isinstance(each, Gap) for each in read(data))


def test_more_members_than_are_kept_are_lost_and_not_few():
    lines = [
        f"member: CN=C{number},DC=contoso,DC=com"
        for number in range(directory_settings.ITEMS_LIMIT + 5)
    ]
    dn = "CN=Exchange Servers,OU=Microsoft Exchange Security Groups,DC=contoso,DC=com"
    data = "\n".join([f"dn: {dn}", "objectClass: group", *lines, ""]).encode()
    (group,) = found(data, "DirectoryGroup").values()
    assert group.lost == {"Members": "cut"}
    assert "Members" not in group.properties


def test_deleted_objects_are_no_settings(data: bytes):
    deleted = data.replace(b"cn: EX01\n", b"cn: EX01\nisDeleted: TRUE\n")
    assert set(found(deleted, "DirectoryComputer")) == {"EX-OLD"}


def test_computers_beyond_the_limit_are_counted_and_exchange_servers_stay(
    data: bytes, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(directory_settings, "COMPUTERS_LIMIT", 2)
    others = b"".join(
        b"dn: CN=PC%d,DC=contoso,DC=com\nobjectClass: computer\n\n" % number for number in range(5)
    )
    assert set(found(others + data, "DirectoryComputer")) == {"PC0", "PC1", "EX01"}
    gaps = [str(each.why) for each in read(others + data) if isinstance(each, Gap)]
    assert "more than 2 computers; 4 that name no Exchange service left out" in gaps


def test_a_flood_of_settings_and_of_groups_is_counted(data: bytes, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(directory_settings, "SETTINGS_LIMIT", 3)
    monkeypatch.setattr(directory_settings, "HELD_SIZE", 10)
    bodies = [each.body for each in read(data) if isinstance(each, Evidence)]
    assert len([each for each in bodies if isinstance(each, Setting)]) == 3
    told = {each.why.template: each.why.values for each in read(data) if isinstance(each, Gap)}
    assert told["more than {limit} objects with settings; {count} left out"]["limit"] == 3
    # Two groups stand before the object that names one of them, and are in no place of Exchange's.
    assert told[
        "{count} groups were not held against the GUIDs of Exchange's groups: too many"
    ] == {"count": 2}


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 1), st.integers(0, 40), st.binary(max_size=12))))
def test_mutated_exports_are_survived(cuts: list[tuple[float, int, bytes]]):
    changed = bytearray(DATA.read_bytes())
    for where, length, put in cuts:
        at = int(where * len(changed))
        changed[at : at + length] = put
    assert isinstance(read(bytes(changed))[-1], Evidence)
