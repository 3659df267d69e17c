"""The directory's part of the demonstration case: Exchange's groups, computers, rights on the domain.

Hidden in it: a computer of a server that was taken away in 2022 is still a member of the group that is
administrator of every Exchange server.
"""

from __future__ import annotations

from typing import Any

from benchmarks.demo.people import EX01, EX02, EX03, HYB01, INSIDE

DOMAIN = "DC=corp,DC=contoso,DC=example"
GROUPS = f"OU=Microsoft Exchange Security Groups,{DOMAIN}"
SID = "S-1-5-21-1004336348-1177238915-682003330"
EWP, ETS, SERVERS = f"{SID}-1119", f"{SID}-1120", f"{SID}-1121"
GONE = "EX99"
USER = "bf967aba-0de6-11d0-a285-00aa003049e2"
PERSON = "4828cc14-1437-45bc-9b07-ad6f015e5f28"


def directory() -> dict[str, list[dict[str, Any]]]:
    """What the script asks the directory, by cmdlet."""
    names = [each.name for each in (EX01, EX02, EX03, HYB01)]
    computers = [_computer(name, 2100 + at) for at, name in enumerate([*names, GONE])]
    members = [
        {
            "Name": f"{each['Name']}$", "Sid": each["Sid"], "DistinguishedName": each["DistinguishedName"],
            "ObjectClass": "computer", "Enabled": each["Enabled"],
        }
        for each in computers
    ]  # fmt: skip
    trusted = {
        "Name": "Exchange Trusted Subsystem", "Sid": ETS, "ObjectClass": "group",
        "DistinguishedName": f"CN=Exchange Trusted Subsystem,{GROUPS}",
    }  # fmt: skip
    return {
        "Get-ADGroup": [
            _group("Exchange Windows Permissions", EWP, "EWP", [trusted]),
            _group("Exchange Trusted Subsystem", ETS, "ETS", members),
            _group("Exchange Servers", SERVERS, "ExchangeServers", members[:-1]),
        ],
        "Get-ADComputer": computers,
        "Get-ADObject": [
            {"Object": DOMAIN, "ObjectKind": "domain", "Sddl": _root()},
            {
                "Object": f"CN=AdminSDHolder,CN=System,{DOMAIN}", "ObjectKind": "AdminSDHolder",
                "Sddl": "O:DAG:DAD:PAI(A;;CCDCLCSWRPWPLOCRRCWDWO;;;DA)(A;;CCDCLCSWRPWPLOCRSDRCWDWO;;;BA)",
            },
        ],
    }  # fmt: skip


def _group(name: str, sid: str, known: str, members: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "Name": name, "Sid": sid, "DistinguishedName": f"CN={name},{GROUPS}", "WellKnown": known,
        "Members": members,
    }  # fmt: skip


def _computer(name: str, number: int) -> dict[str, Any]:
    gone = name == GONE
    return {
        "Name": name, "DnsHostName": f"{name}.{INSIDE}", "Sid": f"{SID}-{number}",
        "DistinguishedName": f"CN={name},CN=Computers,{DOMAIN}", "Enabled": True,
        "UnconstrainedDelegation": False,
        "LastLogon": "2022-05-30T18:02:00Z" if gone else "2026-11-13T21:40:00Z",
        "ServicePrincipalNames": [f"HOST/{name}.{INSIDE}"],
    }  # fmt: skip


def _root() -> str:
    """The rights of setups since 2019: on users and groups below the domain, not on its root."""
    below = "".join(
        f"(OA;CIIO;WD;;{kind};{EWP})(OA;CIIO;CR;00299570-246d-11d0-a768-00aa006e0529;{kind};{EWP})"
        for kind in (USER, PERSON)
    )
    return f"O:BAG:BAD:AI(A;CI;GA;;;DA)(A;CI;GA;;;BA)(A;;RPRC;;;AU){below}"
