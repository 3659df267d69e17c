"""What is left of a hybrid in the cloud after its on-premises side is gone."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.analyse.trust.connectors import inbound, outbound
from tocsin.analyse.trust.objects import objects
from tocsin.analyse.trust.principals import principals
from tocsin.analyse.trust.settings import Answer
from tocsin.analyse.trust.situation import Situation, Verdict
from tocsin.analyse.trust.verdicts import cmdlet, failed, named, uncollected, unread
from tocsin.knowledge.checks import Check
from tocsin.model.text import N_, say

NO_SERVERS = N_(
    "There is no Exchange server any more, but {name} is still there: whoever kept its key or address "
    "is still trusted."
)
NO_HYBRID = N_(
    "There is no hybrid configuration any more, but {name}, which the hybrid wizard made, is still "
    "there: whoever kept its key or address is still trusted."
)
ALIVE = N_("The on-premises side is there.")
CLEAN = N_("Nothing of a hybrid is left in the cloud.")

ONLINE = (
    "InboundConnector",
    "OutboundConnector",
    "IntraOrganizationConnector",
    "OnPremisesOrganization",
)

WIZARD = "hybridwizard"
IOC_NAME = "hybridioc"


def judge(situation: Situation, check: Check) -> Iterator[Verdict]:
    """Each thing that is left; only where both sides were asked."""
    del check
    gone = _gone(situation)
    if gone is None:
        yield unread("", *(cmdlet(each) for each in ("ExchangeServer", "HybridConfiguration")))
        return
    if gone == "":
        yield Verdict(outcome="pass", because=say(ALIVE))
        return
    template = NO_SERVERS if gone == "servers" else NO_HYBRID
    gaps: list[Answer] = []
    left = list(_left(situation, gaps, every=gone == "servers"))
    for name, answers in left:
        yield failed(name, say(template, name=name), answers)
    untold = [k for k in ONLINE if uncollected(situation, k, "exchange-online") is not None]
    if uncollected(situation, "ServicePrincipal", "entra") is not None:
        untold.append("ServicePrincipal")
    if untold or gaps:
        properties = [f"{each.basis.object}: {each.name}" for each in gaps]
        yield unread("", *map(cmdlet, untold), *properties)
    elif not left:
        yield Verdict(outcome="pass", because=say(CLEAN))


def _gone(situation: Situation) -> str | None:
    """`servers` or `hybrid` where that is gone, nothing where both are there, None where what was
    asked does not tell."""
    settings = situation.settings
    there = bool(settings.items("ExchangeServer", "on-premises")) or any(
        each.ours is True for each in situation.servers
    )
    if uncollected(situation, "ExchangeServer", "on-premises") is None and not there:
        return "servers"
    hybrid = settings.items("HybridConfiguration", "on-premises")
    if uncollected(situation, "HybridConfiguration", "on-premises") is None and not hybrid:
        return "hybrid"
    return "" if hybrid and there else None


def _left(
    situation: Situation, gaps: list[Answer], *, every: bool
) -> Iterator[tuple[str, list[Answer]]]:
    """Names and places of what is left; where servers are still there, of the wizard's things only.
    gaps: takes what was not collected and would have told."""
    yield from _connectors(situation, gaps, every=every)
    for item in objects(situation, "IntraOrganizationConnector", "exchange-online"):
        enabled = item.ask("Enabled")
        if not (every or item.setting.name.lower().startswith(IOC_NAME)):
            continue
        if enabled.value is True:
            yield named(item), [enabled, item.ask("DiscoveryEndpoint")]
        elif not enabled.known:
            gaps.append(enabled)
    for item in objects(situation, "OnPremisesOrganization", "exchange-online"):
        yield item.label, [item.first("OrganizationGuid", "Guid", "Name")]
    for principal in principals(situation):
        answers = list(principal.ask("keyCredentials"))
        if principal.kind != "other" and principal.keys:
            yield principal.name, answers
        elif principal.kind != "other" and not principal.keys_known:
            gaps += answers[:1]


def _connectors(
    situation: Situation, gaps: list[Answer], *, every: bool
) -> Iterator[tuple[str, list[Answer]]]:
    for item, applies in (*inbound(situation), *outbound(situation)):
        enabled, kind, source = (
            item.ask(each) for each in ("Enabled", "ConnectorType", "ConnectorSource")
        )
        if applies and (every or str(source.value).lower() == WIZARD):
            yield named(item), [enabled, kind, source]
        elif applies is None or not source.known:
            gaps += [each for each in (enabled, kind, source) if not each.known]
