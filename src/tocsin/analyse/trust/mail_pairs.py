"""Mail between the two sides: which connector meets which, and do they fit."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tocsin.analyse.trust.connectors import inbound, is_named, outbound, wizard_names
from tocsin.analyse.trust.domains import accepted
from tocsin.analyse.trust.keys import to_the_cloud
from tocsin.analyse.trust.names import certificate_identifier, name_matches
from tocsin.analyse.trust.objects import objects
from tocsin.analyse.trust.pairing import (
    ONLY_HERE,
    Draft,
    absent,
    certificate_names,
    partner,
    told,
)
from tocsin.analyse.trust.settings import Answer, Item
from tocsin.analyse.trust.situation import Situation
from tocsin.analyse.trust.verdicts import uncollected
from tocsin.model.text import N_, say
from tocsin.model.trusts import Pair

TO_CLOUD = N_("Mail to Exchange Online")
FROM_CLOUD = N_("Mail from Exchange Online")

OTHER_NAME = N_(
    "The inbound connector asks for {wanted}, the send connector shows {shown}: it does not recognise "
    "this mail as the organisation's, or recognises it by something else."
)
OTHER_HOST = N_(
    "The outbound connector expects the name {wanted}, the certificate here has {shown}."
)
NOT_ACCEPTED = N_("The connector sends to {value}, which Exchange Online does not accept mail for.")
NO_RIGHTS = N_(
    "The cloud sends its headers along, and this connector does not believe them: mail between the "
    "sides counts as coming from outside."
)
OTHER_SMART_HOST = N_(
    "The outbound connector delivers to {value}, which the hybrid configuration does not name."
)

_SPACE = re.compile(r"(?:smtp:)?(?P<domain>[^;]+)(?:;\d+)?", re.IGNORECASE)


def draw(situation: Situation) -> Iterator[Pair]:
    """Each hybrid send connector, and each hybrid outbound connector, with its counterpart."""
    for item in objects(situation, "SendConnector", "on-premises"):
        if to_the_cloud(item) and item.ask("Enabled").value is not False:
            yield _to_cloud(situation, item)
    for item, applies in outbound(situation):
        if applies or is_named(item, wizard_names(situation, "OutboundConnector")):
            yield _from_cloud(situation, item)


def _to_cloud(situation: Situation, item: Item) -> Pair:
    other = _inbound(situation, item)
    draft = Draft(say(TO_CLOUD), item, other)
    if other is None:
        _alone(
            draft, item, asked=uncollected(situation, "InboundConnector", "exchange-online") is None
        )
        return draft.done()
    draft.same("Enabled")
    _certificate(situation, draft, item, other)
    draft.same("CloudServicesMailEnabled")
    _spaces(situation, draft, item)
    return draft.done()


def _inbound(situation: Situation, item: Item) -> Item | None:
    """The inbound connector that takes what a send connector hands over."""
    found = [each for each, _ in inbound(situation)]
    by_name = partner(item, found)
    if by_name is not None:
        return by_name
    named = [each for each in found if is_named(each, wizard_names(situation))]
    names = certificate_names(situation, item.ask("TlsCertificateName"))
    shown = [
        each for each in found if any(name_matches(w, n) for w in _wanted(each) for n in names)
    ]
    return next(iter((*shown, *named)), None)


def _wanted(item: Item) -> list[str]:
    texts = item.ask("TlsSenderCertificateName").texts()
    return [certificate_identifier(text)[2] or text for text in texts]


def _certificate(situation: Situation, draft: Draft, item: Item, other: Item) -> None:
    shown, wanted = item.ask("TlsCertificateName"), other.ask("TlsSenderCertificateName")
    if wanted.empty:
        return
    names = certificate_names(situation, shown)
    agrees = None
    if wanted.known and names:
        agrees = any(name_matches(each, name) for each in _wanted(other) for name in names)
    because = say(OTHER_NAME, wanted=", ".join(_wanted(other)), shown=", ".join(sorted(names)))
    draft.row(shown, wanted, agrees=agrees, because=because)


def _spaces(situation: Situation, draft: Draft, item: Item) -> None:
    """Every domain that the connector sends to must be one that Exchange Online takes mail for."""
    spaces = item.ask("AddressSpaces")
    matches = [_SPACE.fullmatch(text.strip()) for text in spaces.texts()]
    domains = [found["domain"] for found in matches if found]
    answers = {
        each: accepted(situation, each, "exchange-online") for each in domains if each != "*"
    }
    if not answers:
        return
    wrong = [each for each, takes in answers.items() if takes is False]
    known = None not in answers.values()
    right = (
        told("AcceptedDomain", ", ".join(each for each in answers if each not in wrong))
        if known
        else absent("AcceptedDomain")
    )
    because = say(NOT_ACCEPTED, value=", ".join(wrong))
    draft.row(spaces, right, agrees=False if wrong else (True if known else None), because=because)


def _from_cloud(situation: Situation, item: Item) -> Pair:
    front = list(_front(situation))
    draft = Draft(say(FROM_CLOUD), None, item)
    _smart_hosts(situation, draft, item)
    if not front:
        asked = uncollected(situation, "ReceiveConnector", "on-premises") is None
        _alone(draft, item, asked=asked)
        return draft.done()
    draft.names = (", ".join(each.setting.name for each in front[:3]), "")
    rights, sends = item.ask("CloudServicesMailEnabled"), item.ask("TlsDomain")
    seen: set[tuple[str, str]] = set()
    for each in front:
        mine, shown = each.ask("TlsDomainCapabilities"), each.ask("TlsCertificateName")
        if (mine.basis.value, shown.basis.value) in seen:
            continue
        seen.add((mine.basis.value, shown.basis.value))
        _rights(draft, mine, rights)
        names = certificate_names(situation, shown)
        if sends.filled and shown.known and names:
            agrees = any(name_matches(sends.basis.value, name) for name in names)
            because = say(OTHER_HOST, wanted=sends.basis.value, shown=", ".join(sorted(names)))
            draft.row(shown, sends, agrees=agrees, because=because)
    return draft.done()


def _rights(draft: Draft, mine: Answer, rights: Answer) -> None:
    if rights.known and rights.value is not True:
        return
    agrees = None
    if mine.known and rights.known:
        agrees = any("acceptcloudservicesmail" in text.lower() for text in mine.texts())
    draft.row(mine, rights, agrees=agrees, because=say(NO_RIGHTS))


def _smart_hosts(situation: Situation, draft: Draft, item: Item) -> None:
    hosts = item.ask("SmartHosts")
    hybrid = objects(situation, "HybridConfiguration", "on-premises")
    if hosts.empty:
        return
    # Each forest of several has a configuration of its own.
    answers = [each.ask("OnPremisesSmartHost") for each in hybrid]
    wanted = {text.strip("[]").lower() for text in hosts.texts()}
    meant = [each for each in answers if wanted <= {text.lower() for text in each.texts()}]
    left = next(iter((*meant, *answers)), absent("OnPremisesSmartHost"))
    agrees = None
    if hosts.known and all(each.filled for each in answers):
        agrees = bool(meant) if answers else None
    because = say(OTHER_SMART_HOST, value=hosts.basis.value)
    draft.row(left, hosts, agrees=agrees, because=because)


def _front(situation: Situation) -> Iterator[Item]:
    """The receive connectors that take mail from Exchange Online: those that give it its rights, or,
    where none does, those that setup made for it."""
    items = [
        item
        for item in objects(situation, "ReceiveConnector", "on-premises")
        if item.ask("Enabled").value is not False
    ]
    able = [item for item in items if item.ask("TlsDomainCapabilities").filled]
    yield from able or [item for item in items if "default frontend" in item.setting.name.lower()]


def _alone(draft: Draft, item: Item, *, asked: bool) -> None:
    """A row that says that the other side is missing, or was not asked."""
    mine = told("Name", item.setting.name, item.first("Name", "Identity"))
    other = told("Name", "") if asked else absent("Name")
    left, right = (mine, other) if draft.left is not None else (other, mine)
    draft.row(
        left, right, agrees=False if asked else None, because=say(ONLY_HERE, name=item.setting.name)
    )
