"""Access rights out of SDDL and bytes, held against Windows' own reading and against Samba's."""

from __future__ import annotations

import contextlib
import json
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.formats.syntax import clixml, security_descriptor
from tocsin.formats.syntax.records import Object, Record, member, members, text_of
from tocsin.formats.syntax.security_descriptor import (
    from_bytes,
    from_sddl,
    parse_bytes,
    parse_sddl,
    rights_named,
)
from tocsin.model.locator import Locator

USER = "bf967aba-0de6-11d0-a285-00aa003049e2"
DOMAIN = "S-1-5-21-1281225956-1072373970-2205875210"
PROPAGATION = {"InheritOnly": "IO", "NoPropagateInherit": "NP"}
INHERITANCE = {"ContainerInherit": "CI", "ObjectInherit": "OI"}


def test_the_safe_and_the_unsafe_entry_of_the_exchange_groups_differ_in_one_flag():
    # hybrid.md 1.5: the entry that lets the domain be taken over has no IO.
    safe, unsafe = from_sddl(
        f"O:BAG:BAD:AI(OA;CIIO;DTWD;;{USER};{DOMAIN}-1119)(A;CI;WD;;;{DOMAIN}-1119)"
    )
    assert safe == {
        "Type": "allow",
        "Flags": ["CI", "IO"],
        "Rights": ["DeleteTree", "WriteDacl"],
        "ObjectType": "",
        "InheritedObjectType": USER,
        "Trustee": f"{DOMAIN}-1119",
    }
    assert (unsafe["Flags"], unsafe["Rights"]) == (["CI"], ["WriteDacl"])


def test_full_control_names_every_right_it_holds():
    for rights in ("GA", "CCDCLCSWRPWPDTLOCRSDRCWDWO", "0xf01ff", "0x10000000", "983551"):
        (entry,) = from_sddl(f"D:(A;;{rights};;;DA)")
        assert entry["Rights"][0] == "GenericAll"
        assert {"WriteDacl", "WriteOwner", "ExtendedRight", "WriteProperty"} <= {*entry["Rights"]}


def test_aliases_are_sids_where_every_domain_has_the_same_and_stay_where_not():
    found = from_sddl("D:(A;;RP;;;SY)(A;;RP;;;DA)(D;;WP;;;wd)", {"S-1-5-18": "SYSTEM"})
    assert [(each["Type"], each["Trustee"]) for each in found] == [
        ("allow", "SYSTEM"),
        ("allow", "DA"),
        ("deny", "S-1-1-0"),
    ]
    (named,) = from_sddl("D:(A;;RP;;;DA)", {"DA": f"{DOMAIN}-512"})
    assert named["Trustee"] == f"{DOMAIN}-512"


def test_entries_under_a_condition_are_passed_over_and_counted():
    found = parse_sddl(
        'D:(XA;;GA;;;WD;(@User.Title == "a)(A;;GA;;;WD)" && (Exists x)))(A;;RP;;;BA)S:(AU;SA;WD;;;WD)'
    )
    assert found.skipped == 1
    assert [each["Trustee"] for each in found.entries] == ["S-1-5-32-544"]


def test_no_list_at_all_lets_everyone_do_everything():
    for text in ("O:SYD:NO_ACCESS_CONTROL", "D:PNO_ACCESS_CONTROL"):
        (entry,) = from_sddl(text)
        assert (entry["Trustee"], entry["Rights"][0]) == ("S-1-1-0", "GenericAll")
    assert from_sddl("O:BAG:BAD:PAI") == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "System.DirectoryServices.ActiveDirectorySecurity",
        "O:BAG:BA",
        "O:BAS:(AU;SA;WD;;;WD)",
        "D:(A;;RP;;;BA)...",
        "D:(A;;RP;;;BA",
        "D:(A;;RP;;;)",
        "D:(A;;RP;;;CONTOSO\\Admins)",
        "D:(A;;QQ;;;BA)",
        "D:(A;;0xfffffffff;;;BA)",
        "D:(A;;RP;nope;;BA)",
        "D:(A;CX;RP;;;BA)",
        "D:(A;;RP;;BA)",
        "D:(Q;;RP;;;BA)",
    ],
)
def test_what_is_no_sddl_is_refused(text: str):
    with pytest.raises(ValueError, match=r"."):
        from_sddl(text)


@pytest.mark.parametrize("which", ["E16", "E19"])
def test_windows_lists_the_same_entries_of_the_same_object(shared: Path, which: str):
    path = shared / "samples/hybrid/clixml-css-exchange" / which
    compared = 0
    for sddl, rules in _descriptors(path / "GetExchangeDomainsAclPermissions.xml"):
        found = from_sddl(sddl)
        trustees = {
            (mine.pop("Trustee"), text_of(member(rule, "IdentityReference")))
            for mine, rule in zip(found, rules, strict=True)
        }
        for mine in found:  # Windows leaves out for whom an entry is that nobody inherits.
            mine["InheritedObjectType"] *= "CI" in mine["Flags"]
        assert found == [_expected(rule) for rule in rules]
        assert len({sid for sid, _ in trustees}) == len(trustees) == len({n for _, n in trustees})
        assert ("S-1-5-18", "NT AUTHORITY\\SYSTEM") in trustees
        compared += len(found)
    assert compared > 200


def _descriptors(path: Path) -> list[tuple[str, list[Object]]]:
    with path.open("rb") as stream:
        records = [
            each
            for each in clixml.read_objects(stream, Locator(source="x"))
            if isinstance(each, Record)
        ]
    lists = [
        member(permission, "Acl")
        for record in records
        for permission in members(member(record.object, "Permissions"))
    ]
    return [(text_of(member(acl, "Sddl")), members(member(acl, "Access"))) for acl in lists]


def _expected(rule: Object) -> dict[str, Any]:
    said = {name: text_of(value) for name, value in rule.properties.items()}
    inheritance = said["InheritanceFlags"].split(", ")
    flags = [INHERITANCE[each] for each in reversed(inheritance) if each != "None"]
    flags += [PROPAGATION[each] for each in said["PropagationFlags"].split(", ") if each != "None"]
    guids = {
        name: said[name] if said[name].strip("0-") else ""
        for name in ("ObjectType", "InheritedObjectType")
    }
    return {
        "Type": said["AccessControlType"].lower(),
        "Flags": flags + (["ID"] if said["IsInherited"] == "True" else []),
        "Rights": rights_named(said["ActiveDirectoryRights"]),
        **guids,
    }


SAMBA = r"""
import json, sys
from samba.dcerpc import security
from samba.ndr import ndr_pack
domain = security.dom_sid("S-1-5-21-1-2-3")
for line in json.load(sys.stdin):
    descriptor = security.descriptor.from_sddl(line, domain)
    print(json.dumps({
        "bytes": ndr_pack(descriptor).hex(),
        "aces": [[ace.access_mask, ace.flags, str(ace.trustee)] for ace in descriptor.dacl.aces],
    }))
"""

LINES = [
    f"O:DAG:DAD:PAI(A;CI;RP;;;DA)(OA;CIIO;WDSD;;{USER};S-1-5-21-1-2-3-1119)S:AI(AU;SA;WD;;;WD)",
    f"D:(OD;OICINP;CR;00299570-246d-11d0-a768-00aa006e0529;{USER};AU)(D;ID;0x40;;;SY)",
    f"D:(OA;;WP;{USER};;PS)(A;;GA;;;BA)(A;;GRGW;;;CO)(A;;GX;;;ED)",
    "D:" + "".join(f"(A;;CCDCLCSWRPWPDTLOCRSDRCWDWO;;;{each})" for each in ("BA", "RU", "OW")),
]


def _samba(lines: list[str]) -> list[dict[str, Any]]:
    """What Samba makes of the lines."""
    python = Path("/usr/bin/python3")
    if not python.exists():
        pytest.skip("no Python of the system, so no Samba to ask")
    try:
        done = subprocess.run(
            [python, "-c", SAMBA],
            input=json.dumps(lines),
            capture_output=True,
            text=True,
            check=True,
        )
    except subprocess.CalledProcessError as error:
        if "No module named 'samba'" in error.stderr:
            pytest.skip("Samba's Python module is absent")
        raise
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_samba_reads_the_same_out_of_text_and_of_bytes():
    domain = {"DA": "S-1-5-21-1-2-3-512"}
    for line, theirs in zip(LINES, _samba(LINES), strict=True):
        mine = from_sddl(line, domain)
        assert from_bytes(bytes.fromhex(theirs["bytes"])) == mine
        assert [each["Trustee"] for each in mine] == [trustee for *_, trustee in theirs["aces"]]
        assert [each["Rights"] for each in mine] == [
            security_descriptor.rights_of(mask) for mask, *_ in theirs["aces"]
        ]


def test_samba_knows_the_aliases_by_the_same_sids():
    # Their letters: [MS-DTYP] 2.5.1.1, those that Samba has too.
    letters = (
        "AAACANAOASAUBABGBOBUCDCGCOCYEDERESHAHIISIULSLULWMEMPMSMUNONSNUOWPOPSPURARCRDRERMRUSISOSS"
        "SUSYUDWDWR"
    )
    line = "D:" + "".join(f"(A;;RP;;;{letters[i : i + 2]})" for i in range(0, len(letters), 2))
    (theirs,) = _samba([line])
    mine = [each["Trustee"] for each in from_sddl(line)]
    assert mine == [trustee for *_, trustee in theirs["aces"]]


def _bytes() -> bytes:
    # Written by hand after [MS-DTYP] 2.4.6: one object entry for S-1-5-32-544.
    sid = bytes.fromhex("01020000000000052000000020020000")
    ace = bytes.fromhex("050a0000 00000400 02000000".replace(" ", ""))
    ace += bytes.fromhex("ba7a96bfe60dd011a28500aa003049e2") + sid
    ace = ace[:2] + len(ace).to_bytes(2, "little") + ace[4:]
    acl = b"\x04\0" + (8 + len(ace)).to_bytes(2, "little") + b"\x01\0\0\0" + ace
    return b"\x01\0\x04\x80" + b"\0" * 12 + b"\x14\0\0\0" + acl


def test_bytes_as_a_directory_stores_them():
    assert from_bytes(_bytes()) == [
        {
            "Type": "allow",
            "Flags": ["CI", "IO"],
            "Rights": ["WriteDacl"],
            "ObjectType": "",
            "InheritedObjectType": USER,
            "Trustee": "S-1-5-32-544",
        }
    ]


def test_every_cut_of_the_bytes_is_refused():
    whole = _bytes()
    for end in range(len(whole)):
        with pytest.raises(ValueError, match=r"."):
            from_bytes(whole[:end])


def test_bytes_of_a_conditional_entry_are_passed_over():
    data = bytearray(_bytes())
    data[28] = 0x0B
    assert (parse_bytes(bytes(data)).entries, parse_bytes(bytes(data)).skipped) == ([], 1)


def test_bytes_without_a_list_are_told_from_an_empty_one():
    with pytest.raises(ValueError, match="no list"):
        from_bytes(b"\x01\0\x00\x80" + b"\0" * 16)
    (entry,) = from_bytes(b"\x01\0\x04\x80" + b"\0" * 16)
    assert entry["Trustee"] == "S-1-1-0"


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200), st.integers(0, 70), st.binary(max_size=6))
def test_any_bytes_are_survived(data: bytes, at: int, put: bytes):
    for each in (data, _bytes()[:at] + put + _bytes()[at:]):
        with contextlib.suppress(ValueError):
            from_bytes(each)


@settings(max_examples=300, deadline=None)
@given(st.text("OGDS:AP();WDRC-0123x\"'\\é ", max_size=120))
def test_any_text_is_survived(text: str):
    for each in (text, "D:(" + text, "D:(A;;" + text):
        with contextlib.suppress(ValueError):
            from_sddl(each)


@pytest.mark.parametrize("piece", ["(", '("', "(A;;RP;;;BA)", "O:G:", "P", "(XA;;GA;;;WD;(", "AI"])
def test_long_hostile_text_ends_within_a_second(piece: str):
    text = "D:" + piece * (security_descriptor.TEXT_LIMIT // len(piece) - 2)
    began = time.monotonic()
    with contextlib.suppress(ValueError):
        from_sddl(text)
    assert time.monotonic() - began < 5
    with pytest.raises(ValueError, match="longer"):
        from_sddl("D:" + "P" * security_descriptor.TEXT_LIMIT)
