"""What the trust room says, as it is written down in the document."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

import msgspec

from tocsin.model.finding import Level
from tocsin.model.server_state import Weakness
from tocsin.model.setting import Side
from tocsin.model.text import Sentence

NodeKind = Literal[
    "Internet", "InternalFoothold", "ExchangeServer", "EdgeServer", "HybridAgent", "RelayDevice",
    "ADGroup", "ADComputer", "ADDomain", "Certificate", "SendConnector", "ReceiveConnector",
    "InboundConnector", "OutboundConnector", "AcceptedDomain", "TransportRule", "FirstPartySP",
    "DedicatedApp", "AppRole", "AuthServer", "PartnerApplication", "OrgRelationship", "IOC",
    "MigrationEndpoint", "EntraConnect", "OnPremMailboxes", "CloudMailboxes", "MailTrust", "Tenant",
]  # fmt: skip

TARGETS: tuple[NodeKind, ...] = (
    "Tenant", "CloudMailboxes", "ADDomain", "MailTrust", "OnPremMailboxes",
)  # fmt: skip
"""What an intruder is after, the gravest first."""

EdgeKind = Literal[
    "HX_CanReach", "HX_HoldsKey", "HX_Authenticates", "HX_MatchesIP", "HX_GrantsMailTrust",
    "HX_SendsVia", "HX_SourceOf", "HX_AdminOfPeer", "HX_TrustsPeer", "HX_SubmitsTo", "HX_SignsFor",
    "HX_AppRole", "HX_RoutesOutboundThrough", "HX_DeliversTo", "HX_MemberOf", "HX_WriteDacl",
    "HX_ResetPassword", "HX_AddMember", "HX_SyncsTo", "HX_PublishedBy", "HX_ObservedMail",
    "HX_ReadsMailboxes", "HX_DCSync",
]  # fmt: skip
"""How control of one end gives influence over the other; names that BloodHound accepts."""

Provenance = Literal["configured", "observed", "by-design", "assumed"]
"""Why an edge is there: an export says so, mail shows it, Exchange always has it, or nothing
disproves it."""

CheckOutcome = Literal["pass", "fail", "unknown"]


class Basis(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One property, or record, that something rests on. object: kind and name as printed
    (`InboundConnector Inbound from …`). value: as the export has it, at most 400 characters."""

    source: str
    position: str = ""
    sha256: str = ""
    object: str = ""
    property: str = ""
    value: str = ""


class Node(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One thing in the graph. id: stable between runs, `kind:name` in lower case. server: the
    inventory's id of an ExchangeServer or EdgeServer. facts: what is told when it is opened."""

    id: str
    kind: NodeKind
    name: str
    side: Literal["outside", "on-premises", "cloud"]
    server: str = ""
    facts: dict[str, str] = {}
    bases: tuple[Basis, ...] = ()


class Edge(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Control of `source` gives influence over `target` (node ids). id: stable between runs.

    strength: 0 to 1, from `knowledge/data/hybrid/strengths.toml`. checks: ids of the checks that judge
    it. fix: what takes it away. weight: mails seen, of HX_ObservedMail; last: the latest of them.
    """

    id: str
    kind: EdgeKind
    source: str
    target: str
    strength: float
    provenance: Provenance
    because: Sentence
    checks: tuple[str, ...] = ()
    fix: Sentence | None = None
    bases: tuple[Basis, ...] = ()
    weight: int = 0
    last: datetime | None = None


class Acceptance(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A risk that somebody answers for. fingerprint: of a check's result or a finding. until: the
    last day on which it holds."""

    fingerprint: str
    reason: str
    owner: str
    on: date
    until: date

    def means(self, fingerprint: str) -> bool:
        """Whether both are one risk's id: the same, or one the beginning of the other."""
        return fingerprint.startswith(self.fingerprint) or self.fingerprint.startswith(fingerprint)


class CheckResult(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One check held against one object. subject: what is judged, as printed; empty for the whole.

    missing: of `unknown`, what must be collected (`Get-InboundConnector.TlsSenderCertificateName`).
    servers: the inventory's ids of servers on the other end. raised: the level was raised by one step,
    since one of these is weak. fingerprint: of check and subject. accepted: while it holds.
    """

    check: str
    title: Sentence
    outcome: CheckOutcome
    level: Level
    subject: str
    because: Sentence
    servers: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    bases: tuple[Basis, ...] = ()
    attack: tuple[str, ...] = ()
    recommendation: Sentence | None = None
    references: tuple[str, ...] = ()
    raised: bool = False
    fingerprint: str
    accepted: Acceptance | None = None


class PairRow(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One property on both sides. Values are None where not collected. agrees: None when that is
    why it cannot be told."""

    left_property: str
    left: str | None
    right_property: str
    right: str | None
    agrees: bool | None
    because: Sentence | None = None


class Pair(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Two objects that make one trust, on-premises left, cloud right; a name is empty when that
    side was not found."""

    title: Sentence
    left: str
    right: str
    rows: tuple[PairRow, ...]
    bases: tuple[Basis, ...] = ()


class Collected(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One kind of input. cmdlet: what exports it. objects: read of it. asked: an export of it was
    read, even if it was empty. checks: those that use it; waiting: those that are unknown for want
    of it or of a property of it."""

    kind: str
    side: Side
    cmdlet: str
    objects: int
    asked: bool
    checks: tuple[str, ...]
    waiting: tuple[str, ...]
    fault: str = ""


class Path(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A way from a server (the inventory's id) to a target (a node's). strength: the product of its
    edges'. edges: ids in order."""

    id: str
    server: str
    target: str
    strength: float
    edges: tuple[str, ...]


class Choke(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A node or an edge without which `cuts` of `of` pairs of weak server and target fall apart.
    targets: node ids of those it lies before."""

    what: Literal["node", "edge"]
    id: str
    name: str
    cuts: int
    of: int
    targets: tuple[str, ...]


class ServerScore(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How urgent one server is: 100 × weakness × reach × trust × detection gap, at most 100.

    labels: `exposed`, `cloud-reachable`, `inside-only`, `evidence-isolated`, `unseen-by-exo`.
    reasons: the two that moved it most. paths: its best way to each target, ids. state: what its
    weakness rests on; unseen: who does not see it, or was not asked (`reported`, `scanned`, `logged`).
    """

    server: str
    name: str
    score: float
    weakness: float
    reach: float
    trust: float
    detection: float
    labels: tuple[str, ...]
    reasons: tuple[Sentence, ...]
    paths: tuple[str, ...] = ()
    state: Weakness = "unknown"
    unseen: tuple[str, ...] = ()


class Trusts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The trust room's answer. scores: the most urgent first. without: what was left out to see what
    remains (`--without`), as typed."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    checks: tuple[CheckResult, ...]
    pairs: tuple[Pair, ...]
    coverage: tuple[Collected, ...]
    paths: tuple[Path, ...]
    chokes: tuple[Choke, ...]
    scores: tuple[ServerScore, ...]
    without: tuple[str, ...] = ()


PlanKind = Literal["isolate", "warn", "patch", "rotate", "remove", "configure", "collect"]


class PlannedAction(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One thing to do. do: in the owner's words. cuts: how many of the `of` ways to a target it takes
    away, paths: their ids. checks: ids that it settles. bases: the proof."""

    rank: int
    kind: PlanKind
    level: Level
    do: Sentence
    because: tuple[Sentence, ...]
    servers: tuple[str, ...] = ()
    cuts: int = 0
    of: int = 0
    paths: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()
    bases: tuple[Basis, ...] = ()
    fingerprint: str
    accepted: Acceptance | None = None


class StoryLine(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One sentence of a story, with its time if it has one. room: who says so."""

    when: datetime | None
    room: Literal["inventory", "hunt", "conversation", "trust"]
    said: Sentence
    bases: tuple[Basis, ...] = ()


class Story(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What happened on one server where exploitation, hijacked mail and trust meet, in order."""

    server: str
    name: str
    title: Sentence
    lines: tuple[StoryLine, ...]
    incidents: tuple[str, ...] = ()
    campaigns: tuple[str, ...] = ()


class Plan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to do first, joined over all rooms. actions: in order. expired: acceptances past their
    day, whose risks count again."""

    actions: tuple[PlannedAction, ...]
    stories: tuple[Story, ...] = ()
    accepted: tuple[Acceptance, ...] = ()
    expired: tuple[Acceptance, ...] = ()
