"""Connectors of Exchange Online: which are in use, which the hybrid wizard made, who is behind them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tocsin.analyse.trust.hosts import servers_in, spans
from tocsin.analyse.trust.keys import Certificate, certificates, designated, holders
from tocsin.analyse.trust.names import certificate_identifier
from tocsin.analyse.trust.objects import objects
from tocsin.analyse.trust.remembering import remembered
from tocsin.analyse.trust.settings import Answer, Item
from tocsin.analyse.trust.situation import Situation, Verdict
from tocsin.analyse.trust.verdicts import (
    NONE_HERE,
    cmdlet,
    inquiries,
    passed,
    unanswered,
    uncollected,
    unread,
)
from tocsin.model.server_state import ServerState
from tocsin.model.setting import Side
from tocsin.model.text import N_, say

ONLINE: Side = "exchange-online"

BELIEVES = ("CloudServicesMailEnabled", "TreatMessagesAsInternal")
"""What makes an inbound connector take the mail of others for internal."""

UNASKED = N_("No enabled connector of the type OnPremises asks for a certificate.")


def inbound(situation: Situation, kind: str = "OnPremises") -> Iterator[tuple[Item, bool | None]]:
    """Inbound connectors of a type (any, if empty) that are enabled, each with True; with None where
    the type, or whether it is enabled, was not collected. Others are left out."""
    for item in objects(situation, "InboundConnector", ONLINE):
        applies = _applies(item, kind)
        if applies is not False:
            yield item, applies


def trusting(situation: Situation) -> Iterator[tuple[Item, bool | None]]:
    """Inbound connectors that take mail for the organisation's own: those of the type OnPremises, and
    those of partners that believe headers or a sender's domain."""
    yield from inbound(situation)
    for item, applies in inbound(situation, "Partner"):
        of = item.ask("ConnectorType").filled
        if of and any(item.ask(each).value is True for each in BELIEVES):
            yield item, applies


def outbound(situation: Situation, kind: str = "OnPremises") -> Iterator[tuple[Item, bool | None]]:
    """The same for outbound connectors."""
    for item in objects(situation, "OutboundConnector", ONLINE):
        applies = _applies(item, kind)
        if applies is not False:
            yield item, applies


def gates(item: Item) -> list[Answer]:
    """What decides whether a connector is judged."""
    return [item.ask("Enabled"), item.ask("ConnectorType")]


def judged_inbound(
    situation: Situation, judge: Callable[[Item], Verdict], kind: str = "OnPremises"
) -> Iterator[Verdict]:
    """One verdict for every enabled inbound connector of a type. It is unknown instead of a failure
    where nobody knows whether the connector is judged."""
    yield from _judged(situation, "InboundConnector", list(inbound(situation, kind)), judge)


def judged_outbound(
    situation: Situation, judge: Callable[[Item], Verdict], kind: str = "OnPremises"
) -> Iterator[Verdict]:
    """The same for outbound connectors."""
    yield from _judged(situation, "OutboundConnector", list(outbound(situation, kind)), judge)


def _judged(
    situation: Situation,
    kind: str,
    found: list[tuple[Item, bool | None]],
    judge: Callable[[Item], Verdict],
) -> Iterator[Verdict]:
    nothing = uncollected(situation, kind, ONLINE)
    if nothing is not None:
        yield nothing
        return
    for item, applies in found:
        verdict = judge(item)
        if applies is None and verdict.outcome == "fail":
            verdict = unanswered(item, gates(item), verdict.servers)
        yield verdict
    if not found:
        yield passed("", say(NONE_HERE), also=inquiries(situation, kind, ONLINE))


def for_all_domains(item: Item) -> bool | None:
    """Whether an inbound connector takes mail whatever the sender's domain; None if unread."""
    domains = item.ask("SenderDomains")
    if not domains.known:
        return None
    names = [text.lower().removeprefix("smtp:").partition(";")[0] for text in domains.texts()]
    return "*" in names


def _applies(item: Item, kind: str) -> bool | None:
    enabled, of = gates(item)
    if enabled.value is False or (kind and of.filled and str(of.value) != kind):
        return False
    return True if enabled.known and (of.filled or not kind) else None


def wizard_names(situation: Situation, role: str = "InboundConnector") -> list[Answer]:
    """What the objects that tie the two sides together name as the hybrid's own connector."""
    return [item.ask(role) for item in objects(situation, "OnPremisesOrganization", ONLINE)]


def strange_names(situation: Situation) -> list[Answer]:
    """Those of `wizard_names` whose organisation is none that was read on-premises: another forest's,
    or a stranger's. None of them is strange where no organisation was read there."""
    read = objects(situation, "OrganizationConfig", "on-premises")
    known = {
        text.lower()
        for item in read
        if item.setting.side == "on-premises"
        for text in item.ask("Guid").texts()
    }
    return [
        item.ask("InboundConnector")
        for item in objects(situation, "OnPremisesOrganization", ONLINE)
        if known and known.isdisjoint(_lower(item.ask("OrganizationGuid")) or known)
    ]


def _lower(answer: Answer) -> set[str]:
    return {text.lower() for text in answer.texts()}


def is_named(item: Item, answers: list[Answer]) -> bool:
    """Whether one of these answers names the connector, by its name, identity or GUID."""
    own = {item.setting.name, *item.ask("Identity").texts(), *item.ask("Guid").texts()}
    wanted = {text.lower().rpartition("\\")[2] for each in answers for text in each.texts()}
    return any(each.lower().rpartition("\\")[2] in wanted for each in own if each)


def wanted_certificates(
    situation: Situation,
) -> tuple[tuple[Certificate, ...], Verdict | None]:
    """Certificates that enabled OnPremises connectors ask for. The verdict instead, where there is
    none to judge, or where it is not known what the connectors ask for."""
    nothing = uncollected(situation, "InboundConnector", ONLINE)
    if nothing is not None:
        return (), nothing
    asked = [
        item.ask("TlsSenderCertificateName") for item, applies in inbound(situation) if applies
    ]
    texts = [text for each in asked for text in each.texts()]
    unsure = [item for item, applies in inbound(situation) if applies is None]
    names = [certificate_identifier(text)[2] or text for text in texts]
    found = tuple(c for c in certificates(situation) if any(map(c.answers, names)))
    if found:
        return found, None
    unknown = [each for each in asked if not each.known]
    if unsure or unknown:
        return (), unread("", f"{cmdlet('InboundConnector')}: TlsSenderCertificateName")
    return (), passed("", say(UNASKED), asked)


def other_end(situation: Situation, item: Item) -> tuple[str, ...]:
    """Inventory ids of the servers behind a connector or an address list, as far as is known."""
    known, key = _ends(situation), id(item.setting)
    if key not in known:
        known[key] = _other_end(situation, item)
    return known[key]


@remembered
def _ends(situation: Situation) -> dict[int, tuple[str, ...]]:
    """What was found already, by the object, which lives as long as the situation."""
    del situation
    return {}


def _other_end(situation: Situation, item: Item) -> tuple[str, ...]:
    kind = item.setting.kind
    if kind == "InboundConnector":
        return _ids(*_behind(situation, item))
    if kind == "OutboundConnector":
        return _ids(*_smart_hosts(situation, item))
    texts = [*item.ask("IPAllowList").texts(), *item.ask("SenderIpRanges").texts()]
    return _ids(*servers_in(situation, spans(texts)))


def _behind(situation: Situation, item: Item) -> Iterator[ServerState]:
    yield from servers_in(situation, spans(item.ask("SenderIPAddresses").texts()))
    for wanted in item.ask("TlsSenderCertificateName").texts():
        for certificate in certificates(situation):
            if certificate.answers(wanted):
                yield from _holding(situation, certificate)


def _holding(situation: Situation, certificate: Certificate) -> tuple[ServerState, ...]:
    known = _holders(situation)
    if certificate.key not in known:
        held = holders(situation, certificate)
        known[certificate.key] = tuple(each.server for each in held if each.holds)
    return known[certificate.key]


@remembered
def _holders(situation: Situation) -> dict[str, tuple[ServerState, ...]]:
    """Servers with a certificate's key, by the certificate's, as far as they were asked for."""
    del situation
    return {}


def _smart_hosts(situation: Situation, item: Item) -> Iterator[ServerState]:
    for host in item.ask("SmartHosts").texts():
        found = situation.server(host.strip("[] "))
        yield from [found] if found else servers_in(situation, spans([host]))
    if item.ask("RouteAllMessagesViaOnPremises").value is True:
        receiving = designated(situation, "ReceivingTransportServers") or frozenset()
        yield from (each for each in situation.servers if each.id in receiving)


def _ids(*servers: ServerState) -> tuple[str, ...]:
    return tuple(sorted({each.id for each in servers}))
