"""Which certificate is what, who holds its private key, and which app in Entra takes its signature.

By design every mailbox server holds both the key of the hybrid mail certificate and that of the Auth
Certificate (https://learn.microsoft.com/exchange/certificate-requirements): where no export says
otherwise, that is what is taken to be so, and it is said.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import msgspec

from tocsin.analyse.trust.names import certificate_identifier, name_matches, same_name, thumbprint
from tocsin.analyse.trust.objects import objects
from tocsin.analyse.trust.principals import principals
from tocsin.analyse.trust.remembering import remembered
from tocsin.analyse.trust.settings import Answer, Item
from tocsin.analyse.trust.situation import Situation
from tocsin.model.server_state import ServerState
from tocsin.model.trusts import Basis

Use = Literal["current", "previous", "next", "transport", "principal", "app"]
"""What makes a certificate matter: the three of AuthConfig; the mail certificate of the hybrid
connectors; its public part lies on a principal of Exchange in Entra; or on another app there."""

AUTH: frozenset[Use] = frozenset({"current", "previous", "next"})

How = Literal["exported", "by-design", "absent", "unknown"]
"""The export says so; Exchange has it so and no export says otherwise; the export of that server's
certificates does not have it, or has it without its key; nothing tells."""

THUMBPRINTS: tuple[tuple[str, Use], ...] = (
    ("CurrentCertificateThumbprint", "current"),
    ("PreviousCertificateThumbprint", "previous"),
    ("NextCertificateThumbprint", "next"),
)

WITHOUT_AUTH = ("2003", "2007", "2010")
"""Versions of Exchange that have no Auth Certificate."""


class Certificate(msgspec.Struct, frozen=True, kw_only=True):
    """One certificate. thumbprint: upper hex, empty where only its name is known. items: its exports,
    one for each server that has it. bases: what says that it matters."""

    thumbprint: str = ""
    subject: str = ""
    issuer: str = ""
    domains: tuple[str, ...] = ()
    uses: frozenset[Use] = frozenset()
    items: tuple[Item, ...] = ()
    bases: tuple[Basis, ...] = ()

    @property
    def name(self) -> str:
        """The first name it bears, or its thumbprint."""
        return next(iter(self.names), "") or self.subject or self.thumbprint

    @property
    def key(self) -> str:
        """What tells it from others, stable between runs."""
        return self.thumbprint or f"{self.issuer}|{self.subject}".lower()

    @property
    def names(self) -> tuple[str, ...]:
        """The host names in subject and alternative names."""
        common = certificate_identifier(self.subject)[2]
        return tuple(dict.fromkeys(each for each in (common, *self.domains) if each))

    @property
    def auth(self) -> bool:
        """Whether it signs, or signed, or is to sign tokens."""
        return bool(self.uses & AUTH)

    def answers(self, wanted: str) -> bool:
        """Whether a connector that asks for this name takes it."""
        return any(name_matches(wanted, each) for each in self.names)


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """How one server stands to a private key."""

    server: ServerState
    how: How
    bases: tuple[Basis, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether it has the key, for all that is known."""
        return self.how in ("exported", "by-design")


@remembered
def certificates(situation: Situation) -> tuple[Certificate, ...]:
    """Every certificate that was read or that a setting names, in order of its key."""
    found = _exported(situation)
    for thumb, use, basis in _auth_thumbprints(situation):
        known = found.get(thumb, Certificate(thumbprint=thumb))
        found[thumb] = _used(known, use, basis)
    for issuer, subject, basis in _identifiers(situation):
        same = [c for c in found.values() if _is(c, issuer, subject)]
        for each in same or [Certificate(subject=subject, issuer=issuer)]:
            found[each.key] = _used(each, "transport", basis)
    # Wildcards first, so that the order of evidence does not decide what meets what.
    for wanted, basis in sorted(_wanted_names(situation), key=lambda each: each[0]):
        same = [c for c in found.values() if c.answers(wanted)]
        for each in same or [Certificate(subject=f"CN={wanted}", domains=(wanted,))]:
            if _for_mail(each):
                found[each.key] = _used(each, "transport", basis)
    for principal in principals(situation):
        on: Use = "app" if principal.kind == "other" else "principal"
        for key in principal.keys:
            # Another app's keys are none of Exchange's, unless an Exchange server has one.
            if key.thumbprint and (on == "principal" or key.thumbprint in found):
                known = found.get(key.thumbprint, Certificate(thumbprint=key.thumbprint))
                found[key.thumbprint] = _used(known, on, key.basis)
    return tuple(_ordered(each) for _, each in sorted(found.items()))


def holders(situation: Situation, certificate: Certificate) -> tuple[Held, ...]:
    """How each of the organisation's servers stands to the certificate's key."""
    listed = _listed(situation)
    exports: dict[str, list[Answer]] = {}
    for item in certificate.items:
        server = situation.server(item.setting.server)
        if server is not None:
            exports.setdefault(server.id, []).append(item.ask("HasPrivateKey"))
    return tuple(
        _held(situation, certificate, each, exports.get(each.id, []), listed=each.id in listed)
        for each in situation.servers
        if each.ours is not False
    )


def designated(situation: Situation, *names: str) -> frozenset[str] | None:
    """Ids of the servers that HybridConfiguration names for hybrid mail; None where that was not
    read. names: the lists to read; all three if none is given."""
    lists = names or (
        "SendingTransportServers",
        "ReceivingTransportServers",
        "EdgeTransportServers",
    )
    hybrid = objects(situation, "HybridConfiguration")
    answers = [item.ask(name) for item in hybrid for name in lists]
    if not any(each.known for each in answers):
        return None
    found = (situation.server(host_of(text)) for each in answers for text in each.texts())
    return frozenset(each.id for each in found if each is not None)


def host_of(text: str) -> str:
    """The name of a server out of its directory path: `contoso.example/Configuration/…/EX01`."""
    if text.lower().startswith("cn="):
        return text[3:].partition(",")[0]
    return text.replace("\\", "/").rstrip("/").rpartition("/")[2]


def to_the_cloud(connector: Item) -> bool | None:
    """Whether a send connector leads to Exchange Online; None where too little was read."""
    spaces = connector.ask("AddressSpaces")
    domain, cloud = connector.ask("TlsDomain"), connector.ask("CloudServicesMailEnabled")
    hosts = connector.ask("SmartHosts")
    texts = " ".join((*spaces.texts(), *domain.texts(), *hosts.texts())).lower()
    if cloud.value is True or ".onmicrosoft.com" in texts or ".protection.outlook.com" in texts:
        return True
    return False if spaces.known and cloud.known else None


def _exported(situation: Situation) -> dict[str, Certificate]:
    found: dict[str, list[Item]] = {}
    for item in situation.settings.items("ExchangeCertificate"):
        thumb = thumbprint(next(iter(item.ask("Thumbprint").texts()), ""))
        if thumb:
            found.setdefault(thumb, []).append(item)
    return {thumb: _one(thumb, items) for thumb, items in found.items()}


def _one(thumb: str, items: list[Item]) -> Certificate:
    def texts(name: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(text for item in items for text in item.ask(name).texts()))

    return Certificate(
        thumbprint=thumb,
        subject=next(iter(texts("Subject")), ""),
        issuer=next(iter(texts("Issuer")), ""),
        domains=texts("CertificateDomains"),
        items=tuple(sorted(items, key=lambda each: str(each.at))),
    )


def _used(certificate: Certificate, use: Use, basis: Basis) -> Certificate:
    return msgspec.structs.replace(
        certificate,
        uses=certificate.uses | {use},
        bases=tuple(dict.fromkeys((*certificate.bases, basis))),
    )


def _ordered(certificate: Certificate) -> Certificate:
    places = sorted(certificate.bases, key=lambda each: (each.source, each.position, each.property))
    return msgspec.structs.replace(certificate, bases=tuple(places))


def _auth_thumbprints(situation: Situation) -> Iterator[tuple[str, Use, Basis]]:
    for item in objects(situation, "AuthConfig"):
        for name, use in THUMBPRINTS:
            answer = item.ask(name)
            for text in answer.texts():
                if thumb := thumbprint(text):
                    yield thumb, use, answer.basis


def _identifiers(situation: Situation) -> Iterator[tuple[str, str, Basis]]:
    """Issuer and subject that the hybrid connectors name: `<I>CN=…<S>CN=…`."""
    for item in _hybrid_connectors(situation):
        answer = item.ask("TlsCertificateName")
        for value in answer.value if isinstance(answer.value, list) else (answer.value,):
            issuer, subject, _ = certificate_identifier(value)
            if issuer and subject:
                yield issuer, subject, answer.basis


def _hybrid_connectors(situation: Situation) -> Iterator[Item]:
    yield from objects(situation, "HybridConfiguration")
    for item in objects(situation, "SendConnector"):
        if to_the_cloud(item) and item.ask("Enabled").value is not False:
            yield item
    for item in objects(situation, "ReceiveConnector"):
        if item.ask("TlsDomainCapabilities").filled and item.ask("Enabled").value is not False:
            yield item


def _wanted_names(situation: Situation) -> Iterator[tuple[str, Basis]]:
    """Names that Exchange Online asks of whoever hands it the organisation's own mail."""
    for item in objects(situation, "InboundConnector", "exchange-online"):
        kind, enabled = item.ask("ConnectorType"), item.ask("Enabled")
        if kind.value != "OnPremises" or enabled.value is False:
            continue
        answer = item.ask("TlsSenderCertificateName")
        for text in answer.texts():
            name = certificate_identifier(text)[2] or text
            yield name.strip().lower(), answer.basis


def _is(certificate: Certificate, issuer: str, subject: str) -> bool:
    return same_name(certificate.subject, subject) and same_name(certificate.issuer, issuer)


def _for_mail(certificate: Certificate) -> bool:
    """Whether SMTP uses it on some server, or nobody can tell."""
    services = [item.ask("Services") for item in certificate.items]
    known = [each for each in services if each.known]
    return not known or any("smtp" in text.lower() for each in known for text in each.texts())


@remembered
def _listed(situation: Situation) -> frozenset[str]:
    """Ids of servers whose certificates were all exported: the export names the server, or has
    certificates of it and was the answer to the question for all."""
    settings = situation.settings
    sources: set[str] = set()
    hosts: set[str] = set()
    for inquiry, at in settings.inquiries:
        if inquiry.kind == "ExchangeCertificate" and not inquiry.fault:
            sources.add(at.source)
            hosts.add(inquiry.server)
    hosts |= {
        item.setting.server
        for item in settings.items("ExchangeCertificate")
        if item.at.source in sources
    }
    found = (situation.server(host) for host in hosts)
    return frozenset(each.id for each in found if each is not None)


def _held(
    situation: Situation,
    certificate: Certificate,
    server: ServerState,
    answers: list[Answer],
    *,
    listed: bool,
) -> Held:
    bases = tuple(each.basis for each in answers)
    if any(each.value is True for each in answers):
        return Held(server=server, how="exported", bases=bases)
    if any(each.value is False for each in answers):
        return Held(server=server, how="absent", bases=bases)
    if not answers and listed:
        return Held(server=server, how="absent")
    if _by_design(situation, certificate, server):
        return Held(server=server, how="by-design", bases=bases or certificate.bases)
    return Held(server=server, how="unknown", bases=bases)


def _by_design(situation: Situation, certificate: Certificate, server: ServerState) -> bool:
    if server.edge:
        named = designated(situation, "EdgeTransportServers") or frozenset()
        return "transport" in certificate.uses and server.id in named
    if "transport" in certificate.uses:
        return True
    if any(version in server.product for version in WITHOUT_AUTH):
        return False
    # Without AuthConfig the key on the principal is taken for the one that all servers share.
    presumed = "principal" in certificate.uses and not situation.settings.asked("AuthConfig")
    return certificate.auth or presumed
