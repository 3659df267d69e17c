"""What is asked of a directory: every search, and what an answer leads to ask next."""

from __future__ import annotations

import re
from collections.abc import Iterable

import msgspec

from tocsin.collect.directory_port import Scope
from tocsin.formats.syntax.directory_objects import ATTRIBUTES, Entry
from tocsin.formats.syntax.directory_principals import WELL_KNOWN
from tocsin.formats.syntax.directory_settings import SETTING_ATTRIBUTES

CONFIGURATION = "configurationNamingContext"
DOMAIN = "defaultNamingContext"
SCHEMA = "schemaNamingContext"

_DESCRIPTOR = "nTSecurityDescriptor"
_EVERYTHING = tuple(
    dict.fromkeys((*ATTRIBUTES, *(name for name in SETTING_ATTRIBUTES if name != _DESCRIPTOR)))
)
_RIGHTS = ("objectClass", "objectSid", _DESCRIPTOR)
_GROUP = ("objectClass", "cn", "objectSid", "member", "groupType")
_LINK = re.compile(r"B:32:([0-9A-Fa-f]{32}):(.+)", re.DOTALL)


class Search(msgspec.Struct, frozen=True, kw_only=True):
    """One question. context: the rootDSE attribute that names where; below: a DN under it, or the
    whole DN where there is no context. kinds: the settings whose objects it finds all of. dacl: ask
    for the list of rights only, which any user may read, without owner and audit.
    """

    query: str
    context: str = ""
    below: str = ""
    scope: Scope = "subtree"
    attributes: tuple[str, ...] = _EVERYTHING
    kinds: tuple[str, ...] = ()
    dacl: bool = False

    def base(self, contexts: dict[str, str]) -> str | None:
        """The DN to search below; None when the directory does not say where that is."""
        if not self.context:
            return self.below
        context = contexts.get(self.context)
        if context is None:
            return None
        return f"{self.below},{context}" if self.below else context


SERVERS = Search(context=CONFIGURATION, query="(objectClass=msExchExchangeServer)")

SEARCHES = (
    SERVERS,
    Search(
        context=CONFIGURATION,
        query=(
            "(&(objectClass=serviceConnectionPoint)"
            "(|(keywords=67661d7F-8FC4-4fa7-BFAC-E1D7794C1F68)"
            "(keywords=77378F46-2C66-4aa9-A6A6-3E7A48B19596)))"
        ),
    ),
    Search(context=CONFIGURATION, query="(objectClass=msExchVirtualDirectory)"),
    Search(
        context=CONFIGURATION,
        query=(
            "(|(objectClass=msExchSmtpReceiveConnector)(objectClass=msExchRoutingSMTPConnector))"
        ),
        kinds=("ReceiveConnector", "SendConnector"),
    ),
    Search(
        context=CONFIGURATION,
        query=(
            "(|(objectClass=msExchOrganizationContainer)(objectClass=msExchAcceptedDomain)"
            "(objectClass=msExchCoexistenceRelationship))"
        ),
        kinds=("AcceptedDomain", "HybridConfiguration"),
    ),
    Search(
        context=CONFIGURATION,
        query=(
            "(|(objectClass=msExchAuthPartnerApplication)(objectClass=msExchAuthAuthServer)"
            "(objectClass=msExchAuthAuthConfig)(objectClass=msExchConfigSettings))"
        ),
        kinds=("PartnerApplication", "AuthServer", "AuthConfig", "SettingOverride"),
    ),
    Search(
        context=SCHEMA,
        below="CN=ms-Exch-Schema-Version-Pt",
        scope="base",
        query="(objectClass=*)",
        attributes=ATTRIBUTES,
    ),
    Search(
        context=DOMAIN,
        below="CN=Microsoft Exchange System Objects",
        scope="base",
        query="(objectClass=*)",
        attributes=ATTRIBUTES,
    ),
    Search(
        context=DOMAIN,
        scope="base",
        query="(objectClass=*)",
        attributes=_RIGHTS,
        kinds=("AccessControl",),
        dacl=True,
    ),
    Search(
        context=DOMAIN,
        below="CN=AdminSDHolder,CN=System",
        scope="base",
        query="(objectClass=*)",
        attributes=_RIGHTS,
        kinds=("AccessControl",),
        dacl=True,
    ),
)
"""The questions that are always asked, the servers first: without them, nobody looked."""

EXCHANGE = Search(
    context=CONFIGURATION,
    below="CN=Microsoft Exchange,CN=Services",
    scope="base",
    query="(objectClass=*)",
    attributes=("objectClass", "otherWellKnownObjects"),
    kinds=("DirectoryGroup",),
)
"""The object that names Exchange's groups, wherever they are and whatever they are called."""

PARTITIONS = Search(
    context=CONFIGURATION,
    below="CN=Partitions",
    query="(objectClass=crossRef)",
    attributes=("nCName", "systemFlags"),
)


ALWAYS_THERE = frozenset({"DirectoryGroup", "AccessControl"})
"""Kinds that setup leaves in every forest: not to see one means not to be allowed to."""


def groups_named(entry: Entry) -> tuple[str, ...]:
    """DNs of the groups that `EXCHANGE` names: Exchange's servers, and those with rights by design."""
    links = (
        _LINK.fullmatch(raw.decode("utf-8", errors="replace"))
        for raw in entry.attributes.get("otherwellknownobjects", ())
    )
    return tuple(each[2] for each in links if each and each[1].lower() in WELL_KNOWN)


def group(dn: str) -> Search:
    """One group and its members."""
    return Search(
        below=dn,
        scope="base",
        query="(objectClass=*)",
        attributes=_GROUP,
        kinds=("DirectoryGroup",),
    )


def computers(groups: Iterable[str]) -> Search:
    """Computers that carry Exchange's service names, or are members of one of these groups."""
    members = "".join(f"(memberOf={_escaped(dn)})" for dn in groups)
    among = f"(&(objectClass=computer)(|{members}))" if members else ""
    query = f"(|(servicePrincipalName=exchangeMDB/*)(servicePrincipalName=exchangeRFR/*){among})"
    return Search(context=DOMAIN, query=query, kinds=("DirectoryComputer",))


def _escaped(text: str) -> str:
    """A value inside a filter (RFC 4515, 3)."""
    return re.sub(r"[\\*()\x00]", lambda found: f"\\{ord(found[0]):02x}", text)
