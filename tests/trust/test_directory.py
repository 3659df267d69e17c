"""What the directory lets Exchange's groups do."""

import pytest
from situating import situation

from tocsin.analyse.trust.directory import (
    PERSON,
    USER,
    grants,
    groups,
    live,
    split_permissions,
)
from tocsin.analyse.trust.ranges import span
from tocsin.knowledge.checks import Example, ExampleServer, ExampleSetting

EWP, ETS = "S-1-5-21-1-2-3-1122", "S-1-5-21-1-2-3-1120"


def group(name: str, sid: str, members=None, dn: str = "") -> ExampleSetting:
    properties = {"Name": name, "Sid": sid, "DistinguishedName": dn}
    if members is not None:
        properties["Members"] = members
    return ExampleSetting(kind="DirectoryGroup", side="directory", properties=properties)


def acl(*entries) -> ExampleSetting:
    properties = {"Object": "DC=contoso,DC=com", "ObjectKind": "domain", "Entries": list(entries)}
    return ExampleSetting(kind="AccessControl", side="directory", properties=properties)


def entry(rights, flags=("CI",), trustee=EWP, kind="allow", inherited=USER):
    return {
        "Type": kind,
        "Flags": list(flags),
        "Rights": list(rights),
        "ObjectType": "00000000-0000-0000-0000-000000000000",
        "InheritedObjectType": inherited,
        "Trustee": trustee,
    }


def seen(*settings, servers=(), asked=()):
    return situation(
        Example(expect="pass", why="", settings=settings, servers=servers, asked=asked)
    )


NAMED = (
    group("Exchange Windows Permissions", EWP),
    group("Exchange Trusted Subsystem", ETS),
)


def test_an_entry_that_holds_for_the_root_itself_is_told_from_one_that_is_passed_down():
    bad, good = grants(seen(*NAMED, acl(entry(["WriteDacl"]), entry(["WriteDacl"], ("CI", "IO")))))
    assert bad.group == "EWP"
    assert (bad.here, bad.controls) == (True, True)
    assert not good.here
    assert good.over(USER) == "control"
    assert good.over(PERSON) is None


def test_what_is_denied_is_not_granted():
    (only,) = grants(
        seen(*NAMED, acl(entry(["WriteDacl"]), entry(["WriteDacl"], kind="deny", inherited="")))
    )
    assert not only.controls


def test_a_sid_that_no_list_of_groups_names_may_be_anybody():
    (only,) = grants(seen(acl(entry(["WriteDacl"]))))
    assert only.group == "?"
    (named,) = grants(
        seen(acl(entry(["WriteDacl"], trustee="CONTOSO\\Exchange Windows Permissions")))
    )
    assert named.group == "EWP"


def test_split_permissions_show_in_the_place_of_the_group_or_in_its_members():
    protected = "CN=Exchange Windows Permissions,OU=Microsoft Exchange Protected Groups,DC=contoso"
    assert split_permissions(seen(group("Exchange Windows Permissions", EWP, dn=protected)))[0]
    member = {"Name": "Exchange Trusted Subsystem", "Sid": ETS, "ObjectClass": "group"}
    shared = seen(group("Exchange Windows Permissions", EWP, [member]))
    assert split_permissions(shared)[0] is False
    assert split_permissions(seen(*NAMED))[0] is None


def test_a_member_is_stale_only_where_all_servers_are_known():
    old = {"Name": "EX09$", "ObjectClass": "computer"}
    subsystem = group("Exchange Trusted Subsystem", ETS, [old, {"Name": "EX01$"}])
    servers = (ExampleServer(name="EX01.contoso.com"),)
    few = seen(subsystem, servers=servers)
    (found,) = groups(few, "ETS")
    assert [live(few, each) for each in found.members or ()] == [None, True]
    full = seen(subsystem, servers=servers, asked=("ExchangeServer@on-premises",))
    assert [live(full, each) for each in groups(full, "ETS")[0].members or ()] == [False, True]


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("192.0.2.7", 1),
        ("192.0.2.0-192.0.2.7", 8),
        ("192.0.2.0/29", 8),
        ("192.0.2.0(255.255.255.0)", 256),
        ("0.0.0.0-255.255.255.255", 2**32),
        ("2001:db8::/125", 8),
        ("::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 2**128),
        ("192.0.2.9-192.0.2.1", None),
        ("mail.contoso.com", None),
    ],
)
def test_a_range_of_addresses(text: str, size: int | None):
    found = span(text)
    assert (found.size if found else None) == size
