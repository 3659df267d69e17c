"""Whose a host is that mail is handed to: the organisation's own, its mail service's, a stranger's."""

from __future__ import annotations

from collections.abc import Iterable

from tocsin.analyse.trust.connectors import ONLINE, inbound
from tocsin.analyse.trust.domains import TENANT_SUFFIX, accepted, bare, below, own
from tocsin.analyse.trust.hosts import in_the_cloud, servers_in, spans
from tocsin.analyse.trust.mail_exchangers import delivery
from tocsin.analyse.trust.objects import objects
from tocsin.analyse.trust.ranges import span
from tocsin.analyse.trust.settings import Answer
from tocsin.analyse.trust.situation import Situation
from tocsin.formats.syntax.domains import internal, registrable
from tocsin.formats.syntax.mail_parties import near
from tocsin.model.setting import Side

_SIDES: tuple[Side, ...] = (ONLINE, "on-premises")


def configured(situation: Situation) -> list[Answer]:
    """What the organisation's own side says its host is."""
    return [each.ask("OnPremisesSmartHost") for each in objects(situation, "HybridConfiguration")]


def ours(situation: Situation, host: str) -> bool | None:
    """Whether a host that Exchange Online hands mail to is the organisation's own; None if too little
    was read to tell."""
    found = configured(situation)
    if bare(host) in _said(found):
        return True
    wizard = bool(found) and all(each.known for each in found)
    mine = span(host)
    if mine is not None:
        trusted = [item.ask("SenderIPAddresses") for item, _ in inbound(situation)]
        known = spans(text for each in trusted for text in each.texts())
        if servers_in(situation, [mine]) or any(mine.meets(each) for each in known):
            return True
        listed = any(each.addresses for each in situation.servers)
        return False if wizard and listed and all(each.known for each in trusted) else None
    if _named(situation, host):
        return True
    return False if wizard and _accepted(situation, host) is False else None


def trusted(situation: Situation, host: str) -> bool | None:
    """Whether all mail may leave through a host: it is the organisation's own, inside its network, the
    tenant's, or of the service that takes its mail from the internet. None if too little was read."""
    if _near(host) or ours(situation, host):
        return True
    if in_the_cloud(host):
        return True if _of_tenant(situation, host) else None
    where = delivery(situation)
    service = registrable(bare(host))
    if service and service in {registrable(bare(each)) for each in where.hosts}:
        return True
    if where.elsewhere is None:
        return None
    if span(host) is not None:
        return ours(situation, host)
    return False if _accepted(situation, host) is False else None


def _near(host: str) -> bool:
    """Whether a host lies in one's own network: a private address, a name that is none in public."""
    return near(host.strip("[]")) if span(host) is not None else internal(bare(host))


def _of_tenant(situation: Situation, host: str) -> bool:
    """Whether a host of Exchange Online bears one of the organisation's domains: contoso-com.mail.…"""
    label = _letters(bare(host).partition(".")[0])
    domains = [text for side in _SIDES for text in _domains(situation, side)]
    return any(label.startswith(_letters(each)) for each in domains if _letters(each))


def _domains(situation: Situation, side: Side) -> list[str]:
    answers = own(situation, side)[1]
    return [bare(text) for each in answers for text in each.texts()]


def _named(situation: Situation, host: str) -> bool:
    """Whether it is a known server, or a name below a domain of one's own."""
    if situation.server(host) is not None:
        return True
    if _accepted(situation, host) and not bare(host).endswith(TENANT_SUFFIX):
        return True
    homes = {
        name.partition(".")[2].lower()
        for each in situation.servers
        if each.ours is not False
        for name in (each.name, *each.names)
    }
    return any(below(host, home) for home in homes if "." in home and not in_the_cloud(home))


def _accepted(situation: Situation, host: str) -> bool | None:
    sides = [accepted(situation, host, side) for side in _SIDES]
    return True if True in sides else (None if None in sides else False)


def _said(answers: Iterable[Answer]) -> set[str]:
    return {bare(text) for each in answers for text in each.texts()}


def _letters(text: str) -> str:
    return "".join(each for each in text.lower() if each.isalnum())
