"""Property names of Exchange's cmdlets: what an export is recognised by, how facts are spelled."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from tocsin.knowledge.hybrid import kinds

STRONG = frozenset(
    """
    admindisplayversion exchangelegacydn serverlegacydn serverrole exchangeversion
    originatingserver isexchange2007orlater ise14orlater ise15orlater sourcetransportservers
    homemtaserverid receivingtransportservers sendingtransportservers edgetransportservers
    clientaccessservers onpremisessmarthost recommendedbuildversions throttleenableddate
    blockingenableddate serverfqdn targetsharingepr targetautodiscoverepr targetapplicationuri
    targetaddressdomains tlssendercertificatename cloudservicesmailenabled
    restrictdomainstocertificate autodiscoverserviceinternaluri exsetup exsetupversion mountedonserver
    masterserveroravailabilitygroup internalnlbbypassurl metabasepath owaversion
    currentcertificatethumbprint internaltransportcertificatethumbprint exchangeguid
    exchangeobjectid mailboxprovisioningattributes smarthostsstring
    supportedversionforextendedprotection
    """.split()  # noqa: SIM905 - a list of words is read as words
)
"""One is enough: no other product's objects carry it."""

MEDIUM = frozenset(
    """
    identity objectcategory runspaceid isvalid objectstate organizationid whenchangedutc
    whencreatedutc internalurl externalurl certificatedomains pscomputername fileversion
    productversion originalfilename fqdn admindisplayname permissiongroups smarthosts
    addressspaces remoteserver edition thumbprint databasecopies
    """.split()  # noqa: SIM905
)
"""Two are needed: Exchange's too, but not its own."""

EXSETUP = re.compile(r"\bexsetup(?:\.exe)?\b|\b(?:08|14|15)\.\d\d\.\d{4}\.\d{3}\b", re.IGNORECASE)
"""Exchange's set-up program, or a file version in Exchange's own zero-padded spelling."""

_REMOTE = frozenset(("pscomputername", "runspaceid"))
_FILE = frozenset(("fileversion", "productversion", "originalfilename"))
_PRINCIPAL = re.compile(r"\bexchange(?:MDB|RFR)/", re.IGNORECASE)


def score(names: Iterable[str], text: str = "") -> int:
    """How surely property `names` and the `text` around them are Exchange's; 2 and more is yes."""
    known = {name.strip().lower() for name in names}
    # What a remote session adds to any object counts once.
    medium = len(known & MEDIUM - _REMOTE) + bool(known & _REMOTE)
    strong = len(known & STRONG)
    bonus = 1 if known & {"fileversion", "productversion"} and EXSETUP.search(text) else 0
    if known & {"serviceprincipalname", "serviceprincipalnames"} and _PRINCIPAL.search(text):
        bonus += 2
    if any(marks <= known for marks in _marks()):
        bonus += 2
    return 2 * strong + medium + bonus


@cache
def _marks() -> tuple[frozenset[str], ...]:
    """Sets of names that tell a kind of configured object, whatever else was selected of it."""
    each = (marks for kind in kinds().values() for marks in kind.marks)
    return tuple(frozenset(name.lower() for name in marks) for marks in each)


def is_exchange(names: Iterable[str]) -> bool:
    """Whether an object whose type is not known has the properties of Exchange's."""
    known = set(names)
    return bool(known & STRONG) or len(known & MEDIUM - _REMOTE - _FILE) >= 2


SERVER_FACTS = (
    "Site",
    "ServerRole",
    "Edition",
    "Domain",
    "ExchangeVersion",
    "IsEdgeServer",
    "IsExchangeTrialEdition",
    "MitigationsEnabled",
    "MitigationsApplied",
    "InternetWebProxy",
    "AutoDiscoverServiceInternalUri",
    "WhenCreatedUTC",
    "WhenChangedUTC",
)
"""What is told of a server by its own object."""

REPORT_FACTS = (
    "ExchangeServer",
    "FirstDetectedDate",
    "ThrottleEnabledDate",
    "BlockingEnabledDate",
    "NextStageThrottleRate",
    "NextStageBlockRate",
    "NextStageStartDate",
    "RecommendedBuildVersions",
)
"""What Exchange Online tells of a server it was sent mail by. None is the time of the export."""

OBJECT_FACTS = (
    "InternalUrl",
    "ExternalUrl",
    "InternalHostname",
    "ExternalHostname",
    "SmartHosts",
    "AddressSpaces",
    "Fqdn",
    "Bindings",
    "OnPremisesSmartHost",
    "CloudServicesMailEnabled",
    "TlsCertificateName",
)
"""What an object beside the server tells; kept as `ExternalUrl of owa (Default Web Site)`."""

SERVER_NAMING = (
    "Server",
    "ServerName",
    "ServerFqdn",
    "SourceTransportServers",
    "HomeMtaServerId",
    "ReceivingTransportServers",
    "SendingTransportServers",
    "ClientAccessServers",
    "EdgeTransportServers",
    "Servers",
    "MountedOnServer",
    "OwningServer",
    "OperationalServers",
    "PrimaryActiveManager",
    "StartedMailboxServers",
    "StoppedMailboxServers",
    "ServersInMaintenance",
    "MailboxServer",
    "ServerLegacyDN",
)
"""Properties whose values are Exchange servers."""

COMPUTER_NAMES = (
    "PSComputerName",
    "ServerName",
    "Server",
    "ComputerName",
    "MachineName",
    "Computer",
    "Fqdn",
    "HostName",
    "ExchangeServer",
    "Name",
)
"""Where scripts put the name of the machine beside what they asked it."""
