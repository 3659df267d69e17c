"""HYB-020: a server that need not, or must not, have the key that Exchange Online trusts has it."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.analyse.trust.connectors import wanted_certificates
from tocsin.analyse.trust.floors import meets
from tocsin.analyse.trust.keys import Certificate, Held, designated, holders
from tocsin.analyse.trust.server_items import ServerItems, server_items
from tocsin.analyse.trust.settings import Answer
from tocsin.analyse.trust.situation import Situation, Verdict
from tocsin.analyse.trust.verdicts import cmdlet, unread
from tocsin.knowledge.checks import Check
from tocsin.model.server_state import ServerState
from tocsin.model.text import N_, Sentence, say
from tocsin.model.trusts import Basis

FLOOR = "transport-enforcement"
OPEN = frozenset({"exploited", "known-exploited", "unsupported"})

FINE = N_("{server} sends hybrid mail, is up to date enough, and has the key of {name}.")
WEAK = N_(
    "{server} has the private key of {name}, which opens the connector to Exchange Online, and is too "
    "old or open to a known attack: whoever breaks in there speaks as you from anywhere."
)
UNUSED = N_(
    "{server} has the private key of {name}, which opens the connector to Exchange Online, although "
    "HybridConfiguration does not let it send hybrid mail."
)


def judge(situation: Situation, check: Check) -> Iterator[Verdict]:
    """One verdict for every server and certificate of a connector."""
    del check
    found, nothing = wanted_certificates(situation)
    if nothing is not None:
        yield nothing
        return
    items = server_items(situation)
    held = [(c, each) for c in found for each in holders(situation, c) if each.how != "absent"]
    for certificate, each in held:
        yield _one(situation, certificate, each, items)
    if not held:
        yield unread("", cmdlet("ExchangeCertificate"))


def _one(situation: Situation, certificate: Certificate, held: Held, items: ServerItems) -> Verdict:
    server, name = held.server, certificate.name
    subject, told = f"{name} on {server.name}", items.versions(server)
    if held.how != "exported":
        return unread(subject, cmdlet("ExchangeCertificate"), servers=(server.id,))
    met, sends = meets(server, FLOOR), _sends(situation, server)
    bases = _bases(held, certificate, told)
    if server.weakness in OPEN or met is False:
        return _said("fail", subject, say(WEAK, server=server.name, name=name), bases, server)
    if sends is False:
        return _said("fail", subject, say(UNUSED, server=server.name, name=name), bases, server)
    if met and sends:
        return _said("pass", subject, say(FINE, server=server.name, name=name), bases, server)
    missing = [cmdlet("ExSetup")] if met is None else []
    missing += [cmdlet("HybridConfiguration")] if sends is None else []
    return unread(subject, *missing, servers=(server.id,))


def _sends(situation: Situation, server: ServerState) -> bool | None:
    """Whether HybridConfiguration lets the server send hybrid mail."""
    own = designated(situation, "SendingTransportServers")
    edge = designated(situation, "EdgeTransportServers")
    if server.id in (own or ()) or server.id in (edge or ()):
        return True
    needed = edge if server.edge else own
    return None if needed is None else False


def _bases(held: Held, certificate: Certificate, told: list[Answer]) -> tuple[Basis, ...]:
    places = (*held.bases, *certificate.bases, *(each.basis for each in told))
    return tuple(dict.fromkeys(places))


def _said(
    outcome: str, subject: str, because: Sentence, bases: tuple[Basis, ...], server: ServerState
) -> Verdict:
    return Verdict(
        outcome="fail" if outcome == "fail" else "pass",
        subject=subject,
        because=because,
        bases=bases,
        servers=(server.id,),
    )
