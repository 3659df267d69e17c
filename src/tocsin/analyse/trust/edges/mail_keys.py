"""Whoever has the hybrid mail certificate's key is let in by the connector that asks for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tocsin.analyse.trust.drawing import edge, node_id, server_id
from tocsin.analyse.trust.keys import Certificate, Held, holders
from tocsin.analyse.trust.mail_keys import (
    SHARED_LIMIT,
    UNREAD_CONNECTOR,
    Door,
    MailKey,
    mail_keys,
    unread,
    vouched,
)
from tocsin.analyse.trust.situation import Situation
from tocsin.analyse.trust.ties import tie
from tocsin.model.text import N_, say
from tocsin.model.trusts import Edge, Node

HOLDS = N_("{name} has the private key of {certificate}.")
DESIGN = N_(
    "The hybrid mail certificate is to be on every mailbox server; nothing that was read shows that "
    "{name} has no private key of {certificate}."
)
SIGNING = N_(
    "By design every server but Edge has the Auth Certificate; nothing that was read shows that {name} "
    "has no private key of {certificate}."
)
ROTATE = N_(
    "Patch {name}, or take Exchange off it; then rotate the Auth Certificate and clear {certificate} from "
    "the apps in Entra."
)
REMOVE_KEY = N_(
    "Remove the private key of {certificate} from {name} if it sends no mail to Exchange Online, and "
    "use a certificate of its own for hybrid mail."
)
OPENS = N_("The connector {connector} takes whoever shows a certificate for {wanted}.")
MAY_OPEN = N_(
    "The connector {connector} asks for a certificate for {wanted}; whether it is in use, or takes "
    "this one, was not read."
)
SOME = N_(
    "Exchange Online takes mail of this organisation; the connector for it, which by design asks for "
    "the hybrid mail certificate, was not exported."
)
NAMELESS = N_(
    "Which certificate the connector {connector} asks for was not read; by design it is the hybrid mail "
    "certificate."
)
RENEW = N_(
    "Issue a certificate with an exact name for hybrid mail alone, set it on both sides, and revoke "
    "{certificate}."
)


THUMBPRINT_TOLD = 8
"""Digits of a thumbprint in a name."""


def draw(situation: Situation) -> Iterator[Node | Edge]:
    """Certificates for mail, who holds their keys, and what these open."""
    if unread(situation):
        yield Node(
            id=UNREAD_CONNECTOR,
            kind="InboundConnector",
            name="inbound connector (not exported)",
            side="cloud",
            bases=tie(situation),
        )
    for number, each in enumerate(mail_keys(situation)):
        yield certificate_node(each.certificate)
        shared = number < SHARED_LIMIT
        found = holders if shared else exported
        held = found(situation, each.certificate)
        yield from holdings(each.certificate, held, ("HYB-020", "HYB-021"))
        yield from (_opening(each, door) for door in each.doors)


def exported(situation: Situation, certificate: Certificate) -> Iterator[Held]:
    """Only the servers whose export says that they have the key."""
    for item in certificate.items:
        answer = item.ask("HasPrivateKey")
        server = situation.server(item.setting.server)
        if answer.value is True and server is not None and server.ours is not False:
            yield Held(server=server, how="exported", bases=(answer.basis,))


def certificate_id(certificate: Certificate) -> str:
    """The id of its node."""
    return node_id("Certificate", certificate.key)


def called(certificate: Certificate) -> str:
    """What it is called: every Auth Certificate bears the same name, so its thumbprint tells them
    apart."""
    if certificate.auth:
        told = certificate.thumbprint[:THUMBPRINT_TOLD]
        return f"Auth Certificate {told or '(not exported)'}"
    return certificate.name


def certificate_node(certificate: Certificate) -> Node:
    """Its node."""
    facts = {
        "thumbprint": certificate.thumbprint,
        "subject": certificate.subject,
        "issuer": certificate.issuer,
        "names": ", ".join(certificate.names),
        "uses": ", ".join(sorted(certificate.uses)),
    }
    return Node(
        id=certificate_id(certificate),
        kind="Certificate",
        name=called(certificate),
        side="on-premises",
        facts={name: value for name, value in facts.items() if value},
        bases=certificate.bases,
    )


def holdings(
    certificate: Certificate, found: Iterable[Held], checks: tuple[str, ...]
) -> Iterator[Edge]:
    """From each server to the key that it has, or has by design."""
    label, target = called(certificate), certificate_id(certificate)
    mail = "transport" in certificate.uses
    for held in found:
        if not held.holds:
            continue
        shown = held.how == "exported"
        words = {"name": held.server.name, "certificate": label}
        yield edge(
            "HX_HoldsKey",
            server_id(held.server),
            target,
            say(HOLDS if shown else DESIGN if mail else SIGNING, **words),
            variant="exported" if shown else "by-design",
            provenance="configured" if shown else "by-design",
            checks=checks,
            fix=say(REMOVE_KEY if mail else ROTATE, **words),
            bases=held.bases or certificate.bases,
        )


def _opening(key: MailKey, door: Door) -> Edge:
    known = door.sure and (key.named or vouched(key.certificate) or not key.certificate.items)
    by_name = not key.certificate.items and not key.named
    if not door.name:
        because = say(SOME)
    elif not door.wanted:
        because = say(NAMELESS, connector=door.name)
    else:
        because = say(OPENS if known else MAY_OPEN, connector=door.name, wanted=door.wanted)
    return edge(
        "HX_Authenticates",
        certificate_id(key.certificate),
        door.id,
        because,
        variant="" if known else "assumed",
        provenance=("by-design" if by_name else "configured") if known else "assumed",
        checks=("HYB-012", "HYB-013", "HYB-045"),
        fix=say(RENEW, certificate=called(key.certificate)),
        bases=door.bases,
    )
