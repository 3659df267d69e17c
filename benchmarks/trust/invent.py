"""Random organisations, and what can be added to one: for the score's invariants."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date
from typing import Any, get_args

import msgspec

from tocsin.analyse.trust.flows import Flow
from tocsin.analyse.trust.settings import Settings
from tocsin.analyse.trust.situation import Situation
from tocsin.model.build import Build
from tocsin.model.evidence import Evidence, Inquiry, Setting
from tocsin.model.locator import Locator
from tocsin.model.server_state import ServerState, Weakness
from tocsin.model.setting import Side

TODAY = date(2026, 11, 20)
PAST, LATER = "2026-10-31", "2027-03-31"
THUMBPRINTS = ("A1" * 20, "B2" * 20, "C3" * 20)
NAMES = (
    "mail.contoso.example",
    "*.contoso.example",
    "hybrid.contoso.example",
    "relay.other.example",
)
ADDRESSES = ("203.0.113.25", "203.0.113.0/24", "198.51.100.7")
FIRST_PARTY = "00000002-0000-0ff1-ce00-000000000000"
APP = "9d2f6a10-4c3b-4b7a-8e55-1f0a6b7c8d9e"
FULL_ACCESS = "dc890d15-9560-4a4c-9b7f-a736ec74ec40"
SID = "S-1-5-21-1004336348-1177238915-682003330"
USER = "bf967aba-0de6-11d0-a285-00aa003049e2"
SEEN = (True, False, None)


def thing(kind: str, side: Side, name: str, server: str = "", /, **properties: Any) -> Evidence:
    """One object of an export."""
    body = Setting(kind=kind, side=side, name=name, server=server, properties=properties)
    return Evidence(at=Locator(source=f"{side}/{kind}.json", position=f"record {name}"), body=body)


def asked(kind: str, side: Side) -> Evidence:
    """Somebody asked for the kind."""
    return Evidence(at=Locator(source=f"{side}/{kind}.json"), body=Inquiry(kind=kind, side=side))


class Model(msgspec.Struct, frozen=True, kw_only=True):
    """Servers and what was read of their trusts."""

    servers: tuple[ServerState, ...]
    evidence: tuple[Evidence, ...]
    flows: tuple[Flow, ...] = ()

    def situation(self) -> Situation:
        """As the trust room gets it."""
        return Situation(
            settings=Settings(self.evidence),
            servers=self.servers,
            flows=self.flows,
            domains=("contoso.example",),
            today=TODAY,
        )

    def plus(self, *more: Evidence) -> Model:
        """With something more."""
        return msgspec.structs.replace(self, evidence=(*self.evidence, *more))

    def with_server(self, at: int, **changes: Any) -> Model:
        """With one server otherwise."""
        servers = list(self.servers)
        servers[at] = msgspec.structs.replace(servers[at], **changes)
        return msgspec.structs.replace(self, servers=tuple(servers))


def server(rng: random.Random, number: int) -> ServerState:
    """A server of any kind."""
    name = f"EX{number:02}.contoso.example"
    build = rng.choice(
        [None, Build(15, 1, 2507, 6), Build(15, 2, 1748, 39), Build(15, 2, 2562, 29)]
    )
    return ServerState(
        id=f"srv-{number:02}",
        name=name,
        names=(name,),
        addresses=(f"10.20.1.{number}", *rng.sample(["203.0.113.25"], rng.randint(0, 1))),
        product="Exchange Server",
        edge=rng.random() < 0.15,
        ours=rng.choice([True, "unknown"]),
        low=build,
        high=build,
        exact=build is not None,
        weakness=rng.choice(get_args(Weakness)),
        hidden=rng.choice([True, False, "unknown"]),
        internet=rng.choice(SEEN),
        reported=rng.choice(SEEN),
        scanned=rng.choice(SEEN),
        logged=rng.choice(SEEN),
        seen_by=("export",),
    )


def model(rng: random.Random) -> Model:
    """One organisation. Each kind was read, or was not; those that were may be empty."""
    servers = tuple(server(rng, number) for number in range(1, rng.randint(2, 6)))
    evidence: list[Evidence] = []
    for kind, side, make in KINDS:
        if rng.random() < 0.7:
            evidence.append(asked(kind, side))
            for number in range(rng.randint(0, 2)):
                evidence += make(rng, servers, number)
    flows = tuple(flow(rng, servers) for _ in range(rng.randint(0, 3)))
    return Model(servers=servers, evidence=tuple(evidence), flows=flows)


def flow(rng: random.Random, servers: tuple[ServerState, ...]) -> Flow:
    """Mail that went one way."""
    sender = rng.choice(servers)
    receivers = [*(s.name for s in servers), "AM0PEPF0001.mail.protection.outlook.com"]
    return Flow(
        sender=sender.name,
        address=rng.choice(sender.addresses),
        receiver=rng.choice(receivers),
        auth_as=rng.choice(["Internal", "Anonymous", ""]),
        auth_source=rng.choice([sender.name, ""]),
        count=rng.randint(1, 90),
        at=Locator(source="mail/1.eml", position="header Received 3"),
    )


def _certificate(
    rng: random.Random, servers: tuple[ServerState, ...], number: int
) -> list[Evidence]:
    at = rng.choice(servers)
    thumb = rng.choice(THUMBPRINTS)
    return [holding(at, thumb, number, key=rng.choice([True, False]))]


def holding(at: ServerState, thumb: str, number: int = 0, *, key: bool) -> Evidence:
    """A certificate on a server, with its key or without."""
    return thing(
        "ExchangeCertificate", "on-premises", f"{thumb} {number}", at.name,
        Thumbprint=thumb, Subject=f"CN={NAMES[0]}", Issuer="CN=Example CA",
        CertificateDomains=[NAMES[0]], Services=["SMTP"], HasPrivateKey=key,
        PrivateKeyExportable=True, NotAfter="2027-06-01T00:00:00Z", IsSelfSigned=False,
    )  # fmt: skip


def _auth_config(
    rng: random.Random, servers: tuple[ServerState, ...], number: int
) -> list[Evidence]:
    del servers
    if number:
        return []
    return [
        thing(
            "AuthConfig", "on-premises", "Auth Configuration",
            CurrentCertificateThumbprint=THUMBPRINTS[1],
            PreviousCertificateThumbprint=rng.choice(["", THUMBPRINTS[2]]),
            NextCertificateThumbprint="",
        )
    ]  # fmt: skip


def _inbound(rng: random.Random, servers: tuple[ServerState, ...], number: int) -> list[Evidence]:
    del servers
    return [inbound(rng, f"Inbound {number}", enabled=rng.random() < 0.8)]


def inbound(rng: random.Random, name: str, *, enabled: bool = True) -> Evidence:
    """A connector of Exchange Online that trusts somebody on-premises."""
    return thing(
        "InboundConnector", "exchange-online", name, Enabled=enabled,
        ConnectorType=rng.choice(["OnPremises", "OnPremises", "Partner"]),
        TlsSenderCertificateName=rng.choice(["", *NAMES]),
        SenderIPAddresses=rng.sample(ADDRESSES, rng.randint(0, 2)),
        CloudServicesMailEnabled=rng.choice([True, False]),
        TreatMessagesAsInternal=rng.choice([True, False]), RequireTls=True,
    )  # fmt: skip


def _send(rng: random.Random, servers: tuple[ServerState, ...], number: int) -> list[Evidence]:
    return [send(rng, servers, f"Outbound to Office 365 {number}")]


def send(rng: random.Random, servers: tuple[ServerState, ...], name: str) -> Evidence:
    """A connector on-premises that leads to Exchange Online, or somewhere else."""
    space = rng.choice(["smtp:contoso.mail.onmicrosoft.com;1", "smtp:*;1"])
    return thing(
        "SendConnector", "on-premises", name, Enabled=True, AddressSpaces=[space], SmartHosts=[],
        RequireTLS=True, TlsAuthLevel="DomainValidation", TlsDomain="mail.protection.outlook.com",
        TlsCertificateName=f"<I>CN=Example CA<S>CN={NAMES[0]}", CloudServicesMailEnabled=True,
        SourceTransportServers=[s.name.partition(".")[0] for s in rng.sample(servers, 1)],
    )  # fmt: skip


def _receive(rng: random.Random, servers: tuple[ServerState, ...], number: int) -> list[Evidence]:
    return [receive(rng, rng.choice(servers), number)]


def receive(rng: random.Random, at: ServerState, number: int) -> Evidence:
    """A connector by which a server takes mail."""
    host = at.name.partition(".")[0]
    return thing(
        "ReceiveConnector", "on-premises", f"{host}\\Relay {number}", at.name, Enabled=True,
        RemoteIPRanges=[rng.choice(["10.20.40.0/24", "10.20.1.0/24", "0.0.0.0-255.255.255.255"])],
        PermissionGroups=rng.sample(["AnonymousUsers", "ExchangeServers", "ExchangeUsers"], 2),
        AuthMechanism=rng.sample(["Tls", "ExternalAuthoritative", "ExchangeServer"], 2),
    )  # fmt: skip


def _principal(rng: random.Random, servers: tuple[ServerState, ...], number: int) -> list[Evidence]:
    del servers
    if number:
        return []
    return [principal(rng.sample(THUMBPRINTS, rng.randint(0, 1)))]


def principal(thumbs: list[str], app: str = FIRST_PARTY) -> Evidence:
    """A principal and whose keys it takes."""
    keys = [
        {"customKeyIdentifier": each, "keyId": each[:8], "displayName": "CN=Auth",
         "startDateTime": "2022-06-01T00:00:00Z", "endDateTime": "2027-06-01T00:00:00Z"}
        for each in thumbs
    ]  # fmt: skip
    name = "Office 365 Exchange Online" if app == FIRST_PARTY else "ExchangeServerApp-6f0d"
    return thing(
        "ServicePrincipal", "entra", name, appId=app, id=f"object-{app[:8]}", displayName=name,
        keyCredentials=keys, passwordCredentials=[], owners=[],
    )  # fmt: skip


def _application(
    rng: random.Random, servers: tuple[ServerState, ...], number: int
) -> list[Evidence]:
    del servers
    if number:
        return []
    return [principal(rng.sample(THUMBPRINTS, rng.randint(0, 2)), APP)]


def _role(rng: random.Random, servers: tuple[ServerState, ...], number: int) -> list[Evidence]:
    del servers, rng
    return [role(number)]


def role(number: int) -> Evidence:
    """Full access to all mailboxes for the app."""
    return thing(
        "AppRoleAssignment", "entra", f"role {number}", appRoleId=FULL_ACCESS,
        principalId=f"object-{APP[:8]}", principalDisplayName="ExchangeServerApp-6f0d",
        resourceId="exchange",
    )  # fmt: skip


def _group(rng: random.Random, servers: tuple[ServerState, ...], number: int) -> list[Evidence]:
    which = ("ETS", "EWP")[number]
    members = rng.sample(servers, rng.randint(0, len(servers)))
    nested = [("ETS", f"{SID}-1119", "group")] if which == "EWP" and rng.random() < 0.7 else []
    return [group(which, members, nested)]


def group(which: str, members: list[ServerState], nested: list[tuple[str, str, str]]) -> Evidence:
    """One of Exchange's groups with servers and groups as members."""
    return thing(
        "DirectoryGroup", "directory", which, Name=which, WellKnown=which,
        Sid=f"{SID}-{1119 if which == 'ETS' else 1121}",
        DistinguishedName=f"CN={which},OU=Microsoft Exchange Security Groups,DC=contoso,DC=example",
        Members=[
            *(
                {"Name": s.name.partition(".")[0], "ObjectClass": "computer", "Enabled": True,
                 "Sid": f"{SID}-20{s.id[-2:]}", "DistinguishedName": f"CN={s.name},DC=contoso"}
                for s in members
            ),
            *({"Name": n, "Sid": sid, "ObjectClass": kind} for n, sid, kind in nested),
        ],
    )  # fmt: skip


def _rights(rng: random.Random, servers: tuple[ServerState, ...], number: int) -> list[Evidence]:
    del servers
    if number:
        return []
    return [rights([entry(rng) for _ in range(rng.randint(0, 3))])]


def rights(entries: list[dict[str, Any]]) -> Evidence:
    """The access list of the domain's root."""
    return thing(
        "AccessControl", "directory", "DC=contoso,DC=example", Object="DC=contoso,DC=example",
        ObjectKind="domain", Entries=entries,
    )  # fmt: skip


def entry(rng: random.Random) -> dict[str, Any]:
    """One right of one of Exchange's groups."""
    return {
        "Type": "allow",
        "Flags": rng.choice([["CI"], ["CI", "IO"]]),
        "Rights": [rng.choice(["WriteDacl", "GenericAll", "WriteProperty", "ReadProperty"])],
        "ObjectType": "",
        "InheritedObjectType": rng.choice(["", USER]),
        "Trustee": f"{SID}-{rng.choice([1119, 1121])}",
    }


def _outbound(rng: random.Random, servers: tuple[ServerState, ...], number: int) -> list[Evidence]:
    return [outbound(rng, servers, number)]


def outbound(rng: random.Random, servers: tuple[ServerState, ...], number: int) -> Evidence:
    """A connector of Exchange Online that hands mail to a server."""
    return thing(
        "OutboundConnector", "exchange-online", f"Outbound {number}", Enabled=True,
        ConnectorType="OnPremises", SmartHosts=[rng.choice(servers).name],
        RecipientDomains=["contoso.example"], TlsSettings="DomainValidation",
        CloudServicesMailEnabled=True,
        RouteAllMessagesViaOnPremises=rng.choice([True, False]),
    )  # fmt: skip


def _synced(rng: random.Random, servers: tuple[ServerState, ...], number: int) -> list[Evidence]:
    del servers
    return [synced(number, yes=rng.choice([True, False]))]


def synced(number: int, *, yes: bool = True) -> Evidence:
    """An administrator of the tenant, from the directory or not."""
    return thing(
        "DirectoryRoleMember", "entra", f"admin{number}", Role="Global Administrator",
        UserPrincipalName=f"admin{number}@contoso.example", onPremisesSyncEnabled=yes,
    )  # fmt: skip


KINDS: tuple[tuple[str, Side, Any], ...] = (
    ("ExchangeCertificate", "on-premises", _certificate),
    ("AuthConfig", "on-premises", _auth_config),
    ("InboundConnector", "exchange-online", _inbound),
    ("SendConnector", "on-premises", _send),
    ("ReceiveConnector", "on-premises", _receive),
    ("ServicePrincipal", "entra", _principal),
    ("Application", "entra", _application),
    ("AppRoleAssignment", "entra", _role),
    ("DirectoryGroup", "directory", _group),
    ("AccessControl", "directory", _rights),
    ("OutboundConnector", "exchange-online", _outbound),
    ("DirectoryRoleMember", "entra", _synced),
)


def segmentation(at: ServerState, until: str) -> Evidence:
    """That nobody reaches a server, until a day."""
    return thing(
        "Segmentation", "on-premises", at.name, at.name, Server=at.name,
        Blocks=["foothold", "internet", "cloud"], Until=until, Reference="FW-1", Owner="network",
    )  # fmt: skip


def additions(rng: random.Random, base: Model) -> Iterator[tuple[str, Model]]:
    """The model with one more trust, key, member or connector, of each kind that was read at all.

    Of a kind that nobody asked for, what is by design is assumed; an export that shows what there is
    takes the assumption's place, and may well be better news.
    """
    read = {each.body.kind for each in base.evidence if isinstance(each.body, Inquiry)}
    at = rng.choice(base.servers)
    more: list[tuple[str, Evidence]] = [
        ("InboundConnector", inbound(rng, "Inbound 9")),
        ("SendConnector", send(rng, base.servers, "Outbound to Office 365 9")),
        ("ReceiveConnector", receive(rng, at, 9)),
        ("OutboundConnector", outbound(rng, base.servers, 9)),
        ("AppRoleAssignment", role(9)),
        ("DirectoryRoleMember", synced(9)),
    ]
    for kind, each in more:
        if kind in read:
            yield kind, base.plus(each)
    yield from _richer(rng, base, at)


def _richer(rng: random.Random, base: Model, at: ServerState) -> Iterator[tuple[str, Model]]:
    """One object with one thing more in it."""
    for number, each in enumerate(base.evidence):
        body = each.body
        if not isinstance(body, Setting):
            continue
        changed = _more(rng, body, at)
        if changed is None:
            continue
        what, properties = changed
        richer = msgspec.structs.replace(
            each, body=msgspec.structs.replace(body, properties={**body.properties, **properties})
        )
        evidence = (*base.evidence[:number], richer, *base.evidence[number + 1 :])
        yield what, msgspec.structs.replace(base, evidence=evidence)


def _more(rng: random.Random, body: Setting, at: ServerState) -> tuple[str, dict[str, Any]] | None:
    known = body.properties
    if body.kind == "ExchangeCertificate" and known["HasPrivateKey"] is False:
        return "a key", {"HasPrivateKey": True}
    if body.kind == "ServicePrincipal":
        extra = principal([rng.choice(THUMBPRINTS)]).body
        assert isinstance(extra, Setting)
        return "a key on a principal", {
            "keyCredentials": [*known["keyCredentials"], *extra.properties["keyCredentials"]]
        }
    if body.kind == "DirectoryGroup":
        extra = group("ETS", [at], []).body
        assert isinstance(extra, Setting)
        return "a member", {"Members": [*known["Members"], *extra.properties["Members"]]}
    if body.kind == "AccessControl":
        return "a right", {"Entries": [*known["Entries"], entry(rng)]}
    if body.kind == "InboundConnector" and known["CloudServicesMailEnabled"] is False:
        return "a promotion", {"CloudServicesMailEnabled": True}
    if body.kind == "InboundConnector" and known["Enabled"] is False:
        return "an enabled connector", {"Enabled": True}
    return None
