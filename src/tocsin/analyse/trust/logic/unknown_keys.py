"""A key on a principal of Exchange that belongs to no certificate anybody knows of."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from tocsin.analyse.trust.keys import THUMBPRINTS
from tocsin.analyse.trust.names import thumbprint
from tocsin.analyse.trust.objects import objects
from tocsin.analyse.trust.principals import Key, Principal, principals
from tocsin.analyse.trust.settings import Answer
from tocsin.analyse.trust.situation import Situation, Verdict
from tocsin.analyse.trust.verdicts import cmdlet, failed, passed, unanswered, uncollected, unread
from tocsin.knowledge.checks import Check
from tocsin.model.text import N_, say

STRANGE = N_(
    "The key {value} on {name} belongs to no Auth Certificate and to none of the certificates on the "
    "servers: somebody else may hold its private part."
)
STRANGE_OVER = N_(
    "The key {value} on {name} belongs to no known certificate. It ran out on {day}; until then "
    "whoever held it could sign."
)
PASSWORDS = N_(
    "{name} has passwords ({count}), which neither Exchange nor the hybrid wizard ever puts there: whoever "
    "knows one signs in as Exchange Online's own principal, with no certificate."
)
OURS = N_("Every key on {name} belongs to a known certificate.")
NO_KEYS = N_("No key lies on {name}.")
UNTOLD = N_("Whose key {value} on {name} is cannot be told. Not collected: {what}.")
NO_THUMBPRINT = f"{cmdlet('ServicePrincipal')}: keyCredentials.customKeyIdentifier"


def judge(situation: Situation, check: Check) -> Iterator[Verdict]:
    """Each key on the shared principal and on the dedicated app."""
    del check
    nothing = uncollected(situation, "ServicePrincipal", "entra")
    ours = [each for each in principals(situation) if each.kind != "other"]
    if nothing is not None and not ours:
        yield nothing
        return
    known, missing = _known(situation)
    for principal in ours:
        yield from _one(situation, principal, known, missing)
        if principal.kind == "first-party":
            yield from _passwords(principal)
    if not ours:
        yield Verdict(outcome="pass", because=say(NO_KEYS, name=cmdlet("ServicePrincipal")))


def _one(
    situation: Situation, principal: Principal, known: dict[str, Answer], missing: tuple[str, ...]
) -> Iterator[Verdict]:
    name, answers = principal.name, principal.ask("keyCredentials")
    if not principal.keys_known:
        home = "ServicePrincipal" if principal.kind == "first-party" else "Application"
        yield unread(name, f"{cmdlet(home)}: keyCredentials")
    elif not principal.keys:
        yield passed(name, say(NO_KEYS, name=name), answers)
    else:
        verdicts = [_key(situation, name, each, known, missing) for each in principal.keys]
        told = [each for each in verdicts if each is not None]
        mine = [known[key.thumbprint] for key in principal.keys if key.thumbprint in known]
        yield from told or [passed(name, say(OURS, name=name), (*answers, *mine))]


def _passwords(principal: Principal) -> Iterator[Verdict]:
    """Nothing where there are none. Those of the dedicated app are HYB-053's."""
    name, answers = principal.name, principal.ask("passwordCredentials")
    count = sum(len(each.texts()) for each in answers)
    if count:
        subject = f"{name}: passwordCredentials"
        yield failed(subject, say(PASSWORDS, name=name, count=count), answers)
    elif not any(each.known for each in answers):
        yield unanswered(principal.items[0], answers[:1])


def _key(
    situation: Situation, name: str, key: Key, known: dict[str, Answer], missing: tuple[str, ...]
) -> Verdict | None:
    """None for a key of ours."""
    if key.thumbprint and key.thumbprint in known:
        return None
    wanted = missing or () if key.thumbprint else (NO_THUMBPRINT,)
    subject = f"{name}: {key.label}"
    if wanted:
        because = say(UNTOLD, value=key.label, name=name, what=", ".join(wanted))
        return Verdict(
            outcome="unknown", subject=subject, because=because, bases=(key.basis,), missing=wanted
        )
    strange = Verdict(
        outcome="fail",
        subject=subject,
        because=say(STRANGE, value=key.label, name=name),
        bases=(key.basis, *(each.basis for each in known.values()))[:12],
    )
    if key.until is not None and key.until < situation.today:
        day = key.until.isoformat()
        because = say(STRANGE_OVER, value=key.label, name=name, day=day)
        return msgspec.structs.replace(strange, because=because, level="high")
    return strange


def _known(situation: Situation) -> tuple[dict[str, Answer], tuple[str, ...]]:
    """Thumbprints of the organisation's certificates, and what is missing for a full list."""
    found: dict[str, Answer] = {}
    missing = [
        cmdlet(kind)
        for kind in ("AuthConfig", "ExchangeCertificate")
        if uncollected(situation, kind, "on-premises") is not None
    ]
    for item in objects(situation, "AuthConfig"):
        for answer in (item.ask(name) for name, _ in THUMBPRINTS):
            missing += [] if answer.known else [f"{cmdlet('AuthConfig')}: {answer.name}"]
            found |= {thumbprint(text): answer for text in answer.texts()}
    exported = situation.settings.items("ExchangeCertificate", "on-premises")
    for item in sorted(exported, key=lambda each: str(each.at)):
        answer = item.ask("Thumbprint")
        missing += [] if answer.known else [f"{cmdlet('ExchangeCertificate')}: Thumbprint"]
        for text in answer.texts():
            found.setdefault(thumbprint(text), answer)
    return found, tuple(dict.fromkeys(missing))
