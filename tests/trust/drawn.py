"""Names of nodes of the invented organisation, and edges of its graph by kind and ends."""

from contoso import AUTH_THUMBPRINT, MAIL_THUMBPRINT, ORG
from organisation import organisation

from tocsin.analyse.trust.situation import Graph
from tocsin.model.trusts import Edge

MAIL_KEY = f"certificate:{MAIL_THUMBPRINT.lower()}"
AUTH_KEY = f"certificate:{AUTH_THUMBPRINT.lower()}"
HYBRID = f"inboundconnector:inbound from {ORG}"
TRUST = "mailtrust:mail taken for internal"
MAILBOXES = "cloudmailboxes:mailboxes in exchange online"
DOMAIN = "addomain:domain"
ETS = "adgroup:exchange trusted subsystem"
EWP = "adgroup:exchange windows permissions"
INSIDE = "internalfoothold:any internal host"


def server(number: int) -> str:
    return f"server:ex0{number}.contoso.example"


def graph(**asked_for: object) -> Graph:
    return organisation(**asked_for).situation().graph


def found(drawn: Graph, kind: str, source: str = "", target: str = "") -> list[Edge]:
    return [
        each
        for each in drawn.edges.values()
        if each.kind == kind
        and (not source or each.source == source)
        and (not target or each.target == target)
    ]


def one(drawn: Graph, kind: str, source: str = "", target: str = "") -> Edge:
    (edge,) = found(drawn, kind, source, target)
    return edge
