"""HYB-021: the key that Exchange Online trusts can be copied, or serves the web site too."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.analyse.trust.connectors import wanted_certificates
from tocsin.analyse.trust.keys import Certificate
from tocsin.analyse.trust.settings import Item
from tocsin.analyse.trust.situation import Situation, Verdict
from tocsin.analyse.trust.verdicts import cmdlet, failed, passed, unanswered, unread
from tocsin.knowledge.checks import Check
from tocsin.model.text import N_, say

IDENTITY = ("Thumbprint", "Subject", "CertificateDomains")

FINE = N_("The key of {name} on {server} cannot be exported and serves mail only.")
COPIED = N_(
    "The key of {name} on {server} can be exported: who is administrator there for a minute takes it "
    "away and uses it from anywhere."
)
SHARED = N_(
    "{name} on {server} serves the web site (IIS) as well as the connector to Exchange Online: a hole "
    "in the one is a way to the other's key."
)


def judge(situation: Situation, check: Check) -> Iterator[Verdict]:
    """One verdict for every export of a certificate that a connector asks for."""
    del check
    found, nothing = wanted_certificates(situation)
    if nothing is not None:
        yield nothing
        return
    items = [(each, item) for each in found for item in each.items]
    for certificate, item in items:
        yield _one(situation, certificate, item)
    if not items:
        yield unread("", cmdlet("ExchangeCertificate"))


def _one(situation: Situation, certificate: Certificate, item: Item) -> Verdict:
    state = situation.server(item.setting.server)
    ends = (state.id,) if state else ()
    server, name = (state.name if state else item.setting.server) or "?", certificate.name
    subject = f"{name} on {server}"
    held = item.ask("HasPrivateKey")
    exportable, services = item.ask("PrivateKeyExportable"), item.ask("Services")
    asked = [exportable, services, held, *map(item.ask, IDENTITY)]
    web = "iis" in [each.lower() for each in services.texts()]
    if held.value is False:
        return passed(subject, say(FINE, name=name, server=server), asked)
    if exportable.value is True and held.known:
        return failed(subject, say(COPIED, name=name, server=server), asked, ends)
    if web and held.known:
        return failed(subject, say(SHARED, name=name, server=server), asked, ends)
    if exportable.value is False and services.known and not web:
        return passed(subject, say(FINE, name=name, server=server), asked)
    return unanswered(item, [held, exportable, services], ends)
