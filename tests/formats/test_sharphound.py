"""SharpHound's collections: Exchange's groups, the computers in them, and rights on the domain."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.formats import Reading, recognise, sharphound
from tocsin.model.evidence import Evidence, Host, Inquiry, Look, Setting
from tocsin.model.finding import Gap
from tocsin.model.locator import Locator

SID = "S-1-5-21-1281225956-1072373970-2205875210"
UNIT = "OU=MICROSOFT EXCHANGE SECURITY GROUPS,DC=CONTOSO,DC=LOCAL"


def ace(right: str, rid: int, *, inherited: bool = False) -> dict[str, Any]:
    return {
        "PrincipalSID": f"{SID}-{rid}",
        "PrincipalType": "Group",
        "RightName": right,
        "IsInherited": inherited,
    }


def group(name: str, rid: int, *members: tuple[int, str], unit: str = UNIT) -> dict[str, Any]:
    return {
        "Members": [
            {"ObjectIdentifier": f"{SID}-{each}", "ObjectType": kind} for each, kind in members
        ],
        "ObjectIdentifier": f"{SID}-{rid}",
        "Properties": {
            "domain": "CONTOSO.LOCAL",
            "name": f"{name.upper()}@CONTOSO.LOCAL",
            "distinguishedname": f"CN={name.upper()},{unit}",
            "samaccountname": name,
            "description": "password of the service: 123",
        },
        "Aces": [],
        "IsDeleted": False,
        "IsACLProtected": False,
    }


def computer(name: str, rid: int, *services: str, **properties: Any) -> dict[str, Any]:
    return {
        "Properties": {
            "name": f"{name}.CONTOSO.LOCAL",
            "distinguishedname": f"CN={name},OU=SERVERS,DC=CONTOSO,DC=LOCAL",
            "samaccountname": f"{name}$",
            "enabled": True,
            "unconstraineddelegation": False,
            "lastlogon": 0,
            "lastlogontimestamp": 1794208320,
            "serviceprincipalnames": list(services),
            **properties,
        },
        "PrimaryGroupSID": f"{SID}-515",
        "Sessions": {"Results": [], "Collected": False, "FailureReason": None},
        "LocalGroups": [],
        "ObjectIdentifier": f"{SID}-{rid}",
        "Aces": [],
        "IsDeleted": False,
    }


def domain(*aces: dict[str, Any]) -> dict[str, Any]:
    return {
        "Properties": {"name": "CONTOSO.LOCAL", "distinguishedname": "DC=CONTOSO,DC=LOCAL"},
        "Trusts": [],
        "Links": [],
        "Aces": list(aces),
        "ObjectIdentifier": SID,
    }


def collection(kind: str, *objects: dict[str, Any], version: int = 6, **meta: Any) -> bytes:
    whole = {
        "data": list(objects),
        "meta": {"methods": 46067, "type": kind, "count": len(objects), "version": version} | meta,
    }
    return json.dumps(whole).encode()


def read(data: bytes) -> list[Evidence | Gap]:
    return list(sharphound.read(io.BytesIO(data), Locator(source="x.json"), Reading()))


def bodies(data: bytes) -> list[Any]:
    return [each.body for each in read(data) if isinstance(each, Evidence)]


def told(data: bytes) -> dict[str, Setting]:
    found = [each for each in bodies(data) if isinstance(each, Setting)]
    return {each.properties.get("Name") or each.name: each for each in found}


@pytest.mark.parametrize("version", [4, 5, 6])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_recognised_in_every_version_and_encoding(version: int, encoding: str):
    data = collection("groups", group("Exchange Servers", 1119), version=version)
    found = recognise(data.decode().encode(encoding)[:8192])
    assert found is not None
    assert found.name == "sharphound"


def test_recognised_whatever_comes_first():
    many = group("Exchange Servers", 1119, *((number, "Computer") for number in range(500)))
    (pretty,) = [json.dumps(json.loads(collection("groups", many)), indent=2).encode()]
    first = b'{"meta":{"methods":0,"type":"ous","count":0,"version":5},"data":[]}'
    empty = collection("gpos")
    for data in (collection("groups", many), pretty, first, empty):
        found = recognise(data[:8192])
        assert found is not None
        assert found.name == "sharphound"


@pytest.mark.parametrize(
    "head",
    [
        b'{"data": [{"ip_str": "192.0.2.1", "port": 443}]}',
        b'{"data": []}',
        b'{"value": [{"ObjectIdentifier": 1, "Aces": [], "Properties": {}}]}',
        b'{"meta": {"type": "users"}, "data": []}',
    ],
)
def test_other_json_is_not_taken(head: bytes):
    assert sharphound.recognise(head) == 0


def test_exchange_groups_with_their_members_and_no_others():
    data = collection(
        "groups",
        group("Exchange Trusted Subsystem", 1120, (1106, "Computer"), (1107, "Group")),
        group("Exchange Windows Permissions", 1119, (1120, "Group"), (9999, "Base")),
        group("Organization Management", 1105, unit="CN=USERS,DC=CONTOSO,DC=LOCAL"),
        group("Payroll", 2000, (500, "User"), unit="OU=GROUPS,DC=CONTOSO,DC=LOCAL"),
    )
    groups = told(data)
    assert {name: each.properties["WellKnown"] for name, each in groups.items()} == {
        "Exchange Trusted Subsystem": "ETS",
        "Exchange Windows Permissions": "EWP",
        "Organization Management": "OrganizationManagement",
    }
    assert groups["Exchange Trusted Subsystem"].properties["Members"] == [
        {"Sid": f"{SID}-1106", "ObjectClass": "computer"},
        {"Sid": f"{SID}-1107", "ObjectClass": "group"},
    ]
    # The collector could not resolve it, so its class is not known.
    assert groups["Exchange Windows Permissions"].properties["Members"][1] == {"Sid": f"{SID}-9999"}
    assert groups["Exchange Windows Permissions"].properties["Sid"] == f"{SID}-1119"
    assert "password of the service" not in str(groups)
    # By BloodHound's name, so that an LDIF of the same group, told in another form, is not held
    # against it.
    assert groups["Organization Management"].name == "ORGANIZATION MANAGEMENT@CONTOSO.LOCAL"
    inquiry, look = bodies(data)[-2:]
    assert inquiry == Inquiry(seen_by="directory", kind="DirectoryGroup", side="directory", found=3)
    assert look == Look(seen_by="directory", records=4)


def test_computers_and_the_exchange_servers_among_them():
    admins = {
        "ObjectIdentifier": f"{SID}-1106-544",
        "Name": "ADMINISTRATORS@EX01.CONTOSO.LOCAL",
        "Results": [{"ObjectIdentifier": f"{SID}-1120", "ObjectType": "Group"}],
        "Collected": True,
    }
    server = computer("EX01", 1106, "exchangeMDB/EX01.CONTOSO.LOCAL", "exchangeMDB/EX01")
    data = collection(
        "computers",
        server | {"LocalGroups": [admins]},
        computer("PC01", 1200, enabled=False, unconstraineddelegation=True, lastlogontimestamp=-1),
    )
    computers = told(data)
    assert computers["EX01"].properties == {
        "Name": "EX01",
        "Sid": f"{SID}-1106",
        "DistinguishedName": "CN=EX01,OU=SERVERS,DC=CONTOSO,DC=LOCAL",
        "DnsHostName": "EX01.CONTOSO.LOCAL",
        "Enabled": True,
        "UnconstrainedDelegation": False,
        "LastLogon": "2026-11-09T07:12:00Z",
        "ServicePrincipalNames": ["exchangeMDB/EX01.CONTOSO.LOCAL", "exchangeMDB/EX01"],
        "LocalAdmins": [{"Sid": f"{SID}-1120", "ObjectClass": "group"}],
    }
    other = computers["PC01"].properties
    assert (other["Enabled"], other["UnconstrainedDelegation"]) == (False, True)
    assert other["LastLogon"] is None
    assert "LocalAdmins" not in other
    # A server that no scan reaches is in the inventory too.
    (host,) = [each for each in bodies(data) if isinstance(each, Host)]
    assert host.names[0] == "EX01.CONTOSO.LOCAL"


def test_rights_on_the_domain_are_those_that_hold_for_it():
    data = collection(
        "domains",
        domain(
            ace("WriteDacl", 1119),
            ace("GenericAll", 519, inherited=True),
            ace("GetChangesAll", 516),
            ace("Owns", 512),
            ace("SomethingNew", 1),
            {"PrincipalSID": "CONTOSO.LOCAL-S-1-5-32-544", "RightName": "WriteOwner"},
        ),
    )
    (rights,) = told(data).values()
    assert rights.properties["ObjectKind"] == "domain"
    # What the collector never writes is not proven absent.
    assert rights.properties["LeftOut"] == ["deny", "inherit-only"]
    dacl, everything, replication, owner, unknown, builtin = rights.properties["Entries"]
    assert dacl == {
        "Type": "allow",
        "Flags": [],
        "Rights": ["WriteDacl"],
        "ObjectType": "",
        "InheritedObjectType": "",
        "Trustee": f"{SID}-1119",
    }
    assert (everything["Rights"][0], everything["Flags"]) == ("GenericAll", ["ID"])
    # [MS-ADTS] 5.1.3.2.1: DS-Replication-Get-Changes-All.
    assert replication["ObjectType"] == "1131f6ad-9c07-11d1-f79f-00c04fc2dcd2"
    assert "WriteDacl" in owner["Rights"]
    assert unknown["Rights"] == ["SomethingNew"]
    assert builtin["Trustee"] == "S-1-5-32-544"


def test_adminsdholder_among_the_containers():
    def container(dn: str) -> dict[str, Any]:
        return {
            "Properties": {"name": "X@CONTOSO.LOCAL", "distinguishedname": dn},
            "ChildObjects": [],
            "Aces": [ace("WriteDacl", 1119)],
            "ObjectIdentifier": "3509C504-9CD1-497E-A0F7-F1A4D63BDF39",
        }

    data = collection(
        "containers",
        container("CN=ADMINSDHOLDER,CN=SYSTEM,DC=CONTOSO,DC=LOCAL"),
        container("CN=USERS,DC=CONTOSO,DC=LOCAL"),
    )
    (rights,) = told(data).values()
    assert rights.properties["ObjectKind"] == "AdminSDHolder"


def test_rights_that_were_not_collected_are_absent():
    (rights,) = told(collection("domains", domain() | {"Aces": None})).values()
    assert "Entries" not in rights.properties


def test_a_collection_that_was_cut_proves_no_absence():
    data = collection("groups", group("Payroll", 2000, unit="OU=X,DC=CONTOSO,DC=LOCAL"))
    for cut in (data[:200], data[:-60]):
        gaps = [each for each in read(cut) if isinstance(each, Gap)]
        assert gaps
        assert not [each for each in bodies(cut) if isinstance(each, Inquiry) and not each.fault]
    short = collection("groups", count=7)
    (inquiry,) = [each for each in bodies(short) if isinstance(each, Inquiry)]
    assert inquiry.fault
    assert str(next(each.why for each in read(short) if isinstance(each, Gap))) == (
        "the collection counts 7 objects and holds 0"
    )


def test_an_unknown_version_is_read_and_said():
    data = collection("groups", group("Exchange Servers", 1119), version=9)
    assert set(told(data)) == {"Exchange Servers"}
    (gap,) = [each for each in read(data) if isinstance(each, Gap)]
    assert gap.kind == "undecided"


def test_deleted_objects_and_other_kinds_tell_nothing():
    deleted = group("Exchange Servers", 1119) | {"IsDeleted": True}
    assert not told(collection("groups", deleted))
    found = bodies(collection("users", {"ObjectIdentifier": "x", "Aces": [], "Properties": {}}))
    assert found == [Look(seen_by="directory", records=1)]


def test_a_broken_object_costs_only_itself():
    data = collection("groups", group("Payroll", 1), group("Exchange Servers", 1119))
    data = data.replace(b'"Aces": []', b'"Aces": [}', 1)
    assert set(told(data)) == {"Exchange Servers"}


def test_computers_beyond_the_limit_are_counted(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sharphound, "COMPUTERS_LIMIT", 2)
    others = [computer(f"PC{number}", number) for number in range(5)]
    data = collection("computers", *others, computer("EX01", 1106, "exchangeMDB/EX01"))
    assert set(told(data)) == {"PC0", "PC1", "EX01"}
    (gap,) = [each for each in read(data) if isinstance(each, Gap)]
    assert (gap.kind, gap.why.values) == ("limit", {"limit": 2, "count": 3})


def test_a_flood_of_objects_is_counted(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sharphound, "TOLD_LIMIT", 1)
    data = collection("groups", group("Exchange Servers", 1), group("Organization Management", 2))
    assert set(told(data)) == {"Exchange Servers"}
    (gap,) = [each for each in read(data) if isinstance(each, Gap)]
    assert (gap.kind, gap.why.values["count"]) == ("limit", 1)


@settings(max_examples=150, deadline=None)
@given(
    cuts=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 20), st.binary(max_size=8)), max_size=4)
)
def test_mutated_collections_are_survived(cuts: list[tuple[float, int, bytes]]):
    data = bytearray(
        collection("computers", computer("EX01", 1106, "exchangeMDB/EX01"), domain(ace("Owns", 1)))
    )
    for where, length, put in cuts:
        at = int(where * len(data))
        data[at : at + length] = put
    sharphound.recognise(bytes(data))
    assert isinstance(read(bytes(data))[-1], Evidence)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=8,
)
KEYS = ["Members", "Trusts", "Sessions", "LocalGroups", "Properties", "Aces", "ObjectIdentifier"]
FACTS = [
    "name",
    "samaccountname",
    "distinguishedname",
    "lastlogontimestamp",
    "serviceprincipalnames",
]


@settings(max_examples=200, deadline=None)
@given(
    st.dictionaries(st.sampled_from(KEYS), JSON),
    st.dictionaries(st.sampled_from(FACTS), JSON),
)
def test_values_of_any_type_are_survived(record: dict[str, Any], facts: dict[str, Any]):
    for each in (record, record | {"Properties": facts}):
        read(json.dumps({"data": [each], "meta": {"type": "groups"}}).encode())
