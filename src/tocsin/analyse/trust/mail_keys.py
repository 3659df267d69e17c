"""The private keys that open Exchange Online's door for mail, and which connector each opens."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from tocsin.analyse.trust.connectors import trusting
from tocsin.analyse.trust.drawing import node_id
from tocsin.analyse.trust.keys import Certificate, certificates
from tocsin.analyse.trust.names import certificate_identifier, same_name
from tocsin.analyse.trust.settings import Item
from tocsin.analyse.trust.situation import Situation
from tocsin.analyse.trust.ties import tie
from tocsin.model.trusts import Basis

SHARED_LIMIT = 20
"""Certificates that a server whose own were not exported is taken to hold, at most: those that a
setting names first. All of them open the same connectors."""

UNREAD_CONNECTOR = node_id("InboundConnector", "inbound connector (not exported)")
UNREAD_CERTIFICATE = Certificate(subject="CN=hybrid mail certificate (not exported)")


class Door(msgspec.Struct, frozen=True, kw_only=True):
    """A connector that takes a certificate. id: of the connector's node. sure: nothing that decides
    it was left uncollected."""

    id: str
    name: str
    wanted: str
    sure: bool
    bases: tuple[Basis, ...]


class MailKey(msgspec.Struct, frozen=True, kw_only=True):
    """A certificate for mail and the connectors that its key opens. named: a setting names it, not
    only its name fits."""

    certificate: Certificate
    doors: tuple[Door, ...]
    named: bool


def connector_id(item: Item) -> str:
    """The id of an inbound connector's node."""
    return node_id("InboundConnector", item.setting.name)


def doors(situation: Situation) -> tuple[Door, ...]:
    """The connectors in use that ask for a certificate, or may; `wanted` is empty where the name that
    they ask for was not collected."""
    return tuple(
        door for item, applies in trusting(situation) for door in _doors(item, sure=applies is True)
    )


def _doors(item: Item, *, sure: bool) -> list[Door]:
    answer = item.ask("TlsSenderCertificateName")
    bases = (answer.basis, item.ask("Enabled").basis)
    texts = answer.texts() if answer.known else ("",)
    return [
        Door(
            id=connector_id(item),
            name=item.setting.name,
            wanted=certificate_identifier(text)[2] or text.strip().lower(),
            sure=sure and answer.known,
            bases=bases,
        )
        for text in texts
    ]


def unread(situation: Situation) -> bool:
    """Whether there must be a connector for the organisation's mail, but none was exported."""
    return not situation.settings.asked("InboundConnector", "exchange-online") and bool(
        tie(situation)
    )


def mail_keys(situation: Situation) -> tuple[MailKey, ...]:
    """Every certificate for mail that opens a connector, those that a setting names first."""
    return tuple(sorted(_keys(situation), key=lambda each: (not each.named, each.certificate.key)))


def _keys(situation: Situation) -> Iterator[MailKey]:
    ways = doors(situation)
    mail = [each for each in certificates(situation) if "transport" in each.uses]
    hidden = unread(situation)
    for each in mail:
        if self_signed(each):
            continue
        opened = tuple(
            door for door in ways if (each.answers(door.wanted) if door.wanted else _named(each))
        )
        if hidden:
            opened = (_assumed(situation),)
        if opened:
            yield MailKey(certificate=each, doors=opened, named=_named(each))
    if hidden and not mail:
        bare = msgspec.structs.replace(
            UNREAD_CERTIFICATE, uses=frozenset({"transport"}), bases=tie(situation)
        )
        yield MailKey(certificate=bare, doors=(_assumed(situation),), named=False)


def _assumed(situation: Situation) -> Door:
    return Door(id=UNREAD_CONNECTOR, name="", wanted="", sure=False, bases=tie(situation))


def _named(certificate: Certificate) -> bool:
    return any(each.property == "TlsCertificateName" for each in certificate.bases)


def self_signed(certificate: Certificate) -> bool:
    """Whether nobody but its owner vouches for it, which Exchange Online does not take."""
    said = [item.ask("IsSelfSigned").value for item in certificate.items]
    if True in said:
        return True
    return False not in said and same_name(certificate.issuer, certificate.subject)


def vouched(certificate: Certificate) -> bool:
    """Whether it is known that an authority issued it."""
    said = [item.ask("IsSelfSigned").value for item in certificate.items]
    other = bool(certificate.issuer) and not same_name(certificate.issuer, certificate.subject)
    return False in said or other
