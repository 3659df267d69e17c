"""What Exchange's setup leaves beside the servers: its groups, their members, rights on the domain.

Made with Samba's own tools where they can; one group has another name than setup gave it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from exchange_organisation import containers

if TYPE_CHECKING:
    from samba_domain import Domain

FOLDER = "OU=Microsoft Exchange Security Groups"
GROUPS = {
    # By the identifiers under which setup lists them in otherWellKnownObjects.
    "4C17D0117EBE6642AFAEE03BC66D381F": ("Exchange Windows Permissions", "EWP"),
    "EA876A58DB6DD04C9006939818F800EB": ("Renamed (by) an administrator", "ETS"),
    "A7D2016C83F003458132789EEB127B84": ("Exchange Servers", "ExchangeServers"),
    "C262A929D691B74A9E068728F8F842EA": ("Organization Management", "OrganizationManagement"),
    # Not one of those that are asked for.
    "B3DDC6BE2A3BE84B97EB2DCE9477E389": ("Help Desk", ""),
}
MEMBERS = {
    "Exchange Windows Permissions": ["Renamed (by) an administrator"],
    "Renamed (by) an administrator": ["EX16$", "EX-OLD$"],
    "Exchange Servers": ["EX16$", "EX-DELEGATES$"],
    "Organization Management": ["reader"],
}
USER_CLASS = "bf967aba-0de6-11d0-a285-00aa003049e2"
"""schemaIDGUID of the class user."""


def add_trusts(domain: Domain, configuration: str, root: str) -> None:
    """Groups, computers, rights; the database is written while nobody serves it."""

    def tool(*words: str) -> str:
        database = ("-H", str(domain.database), "-s", str(domain.folder / "dc/etc/smb.conf"))
        return domain.run("samba-tool", *words, *database)

    tool("ou", "create", f"{FOLDER},{root}")
    for name, _ in GROUPS.values():
        tool("group", "add", name, f"--groupou={FOLDER}", "--group-scope=Universal")
    for name in ("EX-OLD", "EX-DELEGATES", "FILESERVER"):
        tool("computer", "create", name)
    for name, members in MEMBERS.items():
        tool("group", "addmembers", name, ",".join(members))
    domain.change("ldbmodify", _accounts_ldif(root))
    domain.change("ldbmodify", _links_ldif(configuration, root), "--controls=relax:0")
    domain.change("ldbadd", _authentication_ldif(configuration))
    sid = domain.stored("(cn=Exchange Windows Permissions)", "objectSid", root)
    entry = f"(OA;CI;WD;;{USER_CLASS};{sid})"
    tool("dsacl", "set", f"--objectdn={root}", f"--sddl={entry}")
    tool("dsacl", "set", f"--objectdn=CN=AdminSDHolder,CN=System,{root}", f"--sddl=(A;;WD;;;{sid})")


def _accounts_ldif(root: str) -> str:
    """A server switched off long ago, and one trusted for delegation."""
    return f"""dn: CN=EX-OLD,CN=Computers,{root}
changetype: modify
replace: userAccountControl
userAccountControl: 4098
-
replace: dNSHostName
dNSHostName: EX-OLD.corp.test
-
replace: lastLogonTimestamp
lastLogonTimestamp: 132223104000000000

dn: CN=EX-DELEGATES,CN=Computers,{root}
changetype: modify
replace: userAccountControl
userAccountControl: 528384
"""


def _links_ldif(configuration: str, root: str) -> str:
    lines = "\n".join(
        f"otherWellKnownObjects: B:32:{guid}:CN={name},{FOLDER},{root}"
        for guid, (name, _) in GROUPS.items()
    )
    return f"""dn: CN=Microsoft Exchange,CN=Services,{configuration}
changetype: modify
add: otherWellKnownObjects
{lines}
"""


def _authentication_ldif(configuration: str) -> str:
    organisation, _ = containers(configuration)
    return f"""dn: CN=Auth Configuration,{organisation}
objectClass: msExchAuthAuthConfig
msExchAuthCertificateThumbprint: 0:C3EDCF181EF4F9B53D01768ECA99564014BCA6E7

dn: CN=Partner Applications,CN=Auth Configuration,{organisation}
objectClass: msExchContainer

dn: CN=Exchange Online,CN=Partner Applications,CN=Auth Configuration,{organisation}
objectClass: msExchAuthPartnerApplication
msExchAuthApplicationIdentifier: 00000002-0000-0ff1-ce00-000000000000
"""
