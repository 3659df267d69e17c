"""A weak server that holds the key with which all Exchange servers sign towards the tenant."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.analyse.trust.floors import meets
from tocsin.analyse.trust.keys import Certificate, Held, certificates, holders
from tocsin.analyse.trust.principals import Key, principals
from tocsin.analyse.trust.situation import Situation, Verdict
from tocsin.analyse.trust.verdicts import cmdlet, uncollected, unread
from tocsin.knowledge.checks import Check
from tocsin.model.text import N_, say
from tocsin.model.trusts import Basis

EXPORTED = N_(
    "{name} ({value}) holds the private key of the Auth Certificate {key}, which signs for {app}; it "
    "lacks the updates that Exchange Online asks for, so the key is only as safe as this server."
)
BY_DESIGN = N_(
    "{name} ({value}) holds the private key of the Auth Certificate {key} as every mailbox server "
    "does, and no export says otherwise; it signs for {app}. The server lacks the updates that "
    "Exchange Online asks for, so the key is only as safe as this server."
)
OPEN = N_(
    "{name} ({value}) holds the private key of the Auth Certificate {key}, which signs for {app}, and "
    "is open to attack or was attacked."
)
UNKNOWN = N_(
    "{name} holds the private key of the Auth Certificate {key}, which signs for {app}; which updates "
    "it has is not known."
)
FINE = N_("{name} holds the key and has the updates that Exchange Online asks for.")
NO_KEY = N_("No Auth Certificate signs for an app in Entra.")
NO_HOLDER = N_("No server is known to hold the key of the Auth Certificate {key}.")

FLOOR = "transport-enforcement"
BUILD = "Get-Command ExSetup.exe"


def judge(situation: Situation, check: Check) -> Iterator[Verdict]:
    """Each server that holds the key of a certificate that signs for an app in Entra."""
    del check
    apps = [each for each in principals(situation) if each.kind != "other"]
    if not apps:
        nothing = uncollected(situation, "ServicePrincipal", "entra")
        yield nothing or unread("", cmdlet("ServicePrincipal"))
        return
    signing = list(_signing(situation))
    if not signing and not all(each.keys_known for each in apps):
        yield unread("", f"{cmdlet('ServicePrincipal')}: keyCredentials")
        return
    if not signing:
        keyless = any(not key.thumbprint for each in apps for key in each.keys)
        wanted = f"{cmdlet('ServicePrincipal')}: keyCredentials.customKeyIdentifier"
        yield unread("", wanted) if keyless else Verdict(outcome="pass", because=say(NO_KEY))
    for certificate, key, app in signing:
        verdicts = [
            _one(held, certificate, key, app)
            for held in holders(situation, certificate)
            if held.holds
        ]
        yield from verdicts or [_nobody(situation, certificate)]


def _signing(situation: Situation) -> Iterator[tuple[Certificate, Key, str]]:
    """Certificates whose public part lies on an app, once for each, and has not run out."""
    for certificate in certificates(situation):
        if "principal" not in certificate.uses or certificate.uses == {"principal", "transport"}:
            continue
        for app in principals(situation):
            keys = [k for k in app.keys if k.thumbprint == certificate.thumbprint]
            live = [k for k in keys if k.until is None or k.until >= situation.today]
            if app.kind != "other" and live:
                yield certificate, live[0], app.name
                break


def _nobody(situation: Situation, certificate: Certificate) -> Verdict:
    key = certificate.thumbprint
    because = say(NO_HOLDER, key=key)
    if situation.servers and "principal" in certificate.uses and not certificate.auth:
        # A key of a stranger is judged by the check for those.
        return Verdict(outcome="pass", subject=key, because=because, bases=certificate.bases)
    missing = (cmdlet("ExchangeServer"),)
    return Verdict(
        outcome="unknown", subject=key, because=because, bases=certificate.bases, missing=missing
    )


def _one(held: Held, certificate: Certificate, key: Key, app: str) -> Verdict:
    server = held.server
    bases: tuple[Basis, ...] = tuple(dict.fromkeys((*held.bases, key.basis, *certificate.bases)))
    said = {"name": server.name, "key": certificate.thumbprint, "app": app}
    label = server.label or server.product
    good = meets(server, FLOOR)
    subject, servers = server.name, (server.id,)
    if server.weakness in ("exploited", "known-exploited"):
        because = say(OPEN, value=label, **said)
    elif good is False or server.weakness == "unsupported":
        because = say(EXPORTED if held.how == "exported" else BY_DESIGN, value=label, **said)
    elif good:
        fine = say(FINE, name=server.name)
        return Verdict(outcome="pass", subject=subject, because=fine, bases=bases, servers=servers)
    else:
        return Verdict(
            outcome="unknown",
            subject=subject,
            because=say(UNKNOWN, **said),
            bases=bases,
            servers=servers,
            missing=(BUILD,),
        )
    return Verdict(outcome="fail", subject=subject, because=because, bases=bases, servers=servers)
