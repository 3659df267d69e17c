"""A weak server that holds the key with which all Exchange servers sign towards the tenant."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from tocsin.analyse.trust.floors import meets
from tocsin.analyse.trust.keys import Certificate, Held, certificates, holders
from tocsin.analyse.trust.objects import objects
from tocsin.analyse.trust.principals import Key, Principal, principals
from tocsin.analyse.trust.situation import Situation, Verdict
from tocsin.analyse.trust.verdicts import cmdlet, uncollected, unread
from tocsin.knowledge.checks import Check
from tocsin.model.text import N_, say

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
ENDED = N_(
    "{name} ({value}) holds the private key of the Auth Certificate {key}, which signs for {app}; no "
    "more updates come for this version, so what is found from now on stays open."
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


class Signing(msgspec.Struct, frozen=True, kw_only=True):
    """A certificate that signs for an app. held: how one server has its key."""

    certificate: Certificate
    key: Key
    app: str
    held: Held | None = None


def judge(situation: Situation, check: Check) -> Iterator[Verdict]:
    """Each server that holds the key of a certificate that signs for an app in Entra."""
    del check
    apps = [each for each in principals(situation) if each.kind != "other"]
    if not apps:
        nothing = uncollected(situation, "ServicePrincipal", "entra")
        yield nothing or unread("", cmdlet("ServicePrincipal"))
        return
    signing = list(_signing(situation))
    if not signing:
        missing = _missing(situation, apps)
        yield unread("", *missing) if missing else Verdict(outcome="pass", because=say(NO_KEY))
        return
    held: dict[str, list[Signing]] = {}
    for each in signing:
        found = [h for h in holders(situation, each.certificate) if h.holds]
        for holding in found:
            held.setdefault(holding.server.id, []).append(
                msgspec.structs.replace(each, held=holding)
            )
        if not found:
            yield _nobody(each.certificate)
    yield from (_one(each) for _, each in sorted(held.items()))


def _missing(situation: Situation, apps: list[Principal]) -> tuple[str, ...]:
    """What would show a signing certificate that was not seen."""
    keys = cmdlet("ServicePrincipal")
    if not all(each.keys_known for each in apps):
        return (f"{keys}: keyCredentials",)
    if any(not key.thumbprint for each in apps for key in each.keys):
        return (f"{keys}: keyCredentials.customKeyIdentifier",)
    if not any(each.keys for each in apps):
        return ()
    current = "CurrentCertificateThumbprint"
    untold = any(not each.ask(current).known for each in objects(situation, "AuthConfig"))
    return (f"{cmdlet('AuthConfig')}: {current}",) if untold else ()


def _signing(situation: Situation) -> Iterator[Signing]:
    """Certificates whose public part lies on an app, once for each, and has not run out."""
    for certificate in certificates(situation):
        # A key of no Auth Certificate is a stranger's, which has a check of its own.
        known = certificate.auth or not situation.settings.asked("AuthConfig")
        if "principal" not in certificate.uses or not known:
            continue
        for app in principals(situation):
            keys = [k for k in app.keys if k.thumbprint == certificate.thumbprint]
            live = [k for k in keys if k.until is None or k.until >= situation.today]
            if app.kind != "other" and live:
                yield Signing(certificate=certificate, key=live[0], app=app.name)
                break


def _nobody(certificate: Certificate) -> Verdict:
    key = certificate.thumbprint
    because = say(NO_HOLDER, key=key)
    missing = (cmdlet("ExchangeServer"),)
    return Verdict(
        outcome="unknown", subject=key, because=because, bases=certificate.bases, missing=missing
    )


def _one(signing: list[Signing]) -> Verdict:
    """What is said of one server, with all keys that it holds."""
    held = next(each.held for each in signing if each.held is not None)
    server = held.server
    bases = dict.fromkeys(
        basis
        for each in signing
        for basis in (*(each.held.bases if each.held else ()), each.key.basis)
    )
    said = {
        "name": server.name,
        "key": ", ".join(each.certificate.thumbprint for each in signing),
        "app": ", ".join(dict.fromkeys(each.app for each in signing)),
    }
    label = server.label or server.product
    exported = any(each.held is not None and each.held.how == "exported" for each in signing)
    good = meets(server, FLOOR)
    verdict = Verdict(
        outcome="fail",
        subject=server.name,
        because=say(EXPORTED if exported else BY_DESIGN, value=label, **said),
        bases=tuple(bases),
        servers=(server.id,),
    )
    if server.weakness in ("exploited", "known-exploited"):
        return msgspec.structs.replace(verdict, because=say(OPEN, value=label, **said))
    if good is False:
        return verdict
    if server.weakness == "unsupported":
        return msgspec.structs.replace(verdict, because=say(ENDED, value=label, **said))
    if good:
        return msgspec.structs.replace(verdict, outcome="pass", because=say(FINE, name=server.name))
    return msgspec.structs.replace(
        verdict, outcome="unknown", because=say(UNKNOWN, **said), missing=(BUILD,)
    )
