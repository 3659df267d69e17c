"""The Auth Certificate: does it hold, what comes after it, and is the one before it gone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from tocsin.analyse.trust.keys import certificates
from tocsin.analyse.trust.names import thumbprint
from tocsin.analyse.trust.objects import objects
from tocsin.analyse.trust.principals import Key, day, principals
from tocsin.analyse.trust.settings import Answer, Item
from tocsin.analyse.trust.situation import Situation, Verdict, bases_of
from tocsin.analyse.trust.verdicts import (
    NONE_HERE,
    cmdlet,
    failed,
    passed,
    unanswered,
    uncollected,
    unread,
)
from tocsin.knowledge.checks import Check
from tocsin.model.text import N_, say
from tocsin.model.trusts import Basis

NONE = N_("No Auth Certificate is in use.")
EXPIRED = N_("The Auth Certificate {value} ran out on {day}.")
SOON = N_("The Auth Certificate {value} runs out on {day}, and none is named to follow it.")
SOON_UNTOLD = N_(
    "The Auth Certificate {value} runs out on {day}; whether one is named to follow it was not "
    "collected."
)
FINE = N_("The Auth Certificate {value} holds until {day}.")
UNDATED = N_("Until when the Auth Certificate {value} holds was not collected.")
STALE = N_(
    "The Auth Certificate before this one, {value}, still lies on {name}: whoever kept its key can "
    "still sign."
)
GONE = N_("The Auth Certificate before this one lies on no app in Entra.")
NO_PREVIOUS = N_("There is no Auth Certificate before this one.")

SOON_DAYS = 60
"""As early as Microsoft's own checker warns."""

CURRENT, PREVIOUS = "current certificate", "previous certificate"


def judge(situation: Situation, check: Check) -> Iterator[Verdict]:
    """The current certificate and the previous one."""
    del check
    nothing = uncollected(situation, "AuthConfig", "on-premises")
    if nothing is not None:
        yield nothing
        return
    items = objects(situation, "AuthConfig", "on-premises")
    for item in items:
        yield _current(situation, item)
        yield _previous(situation, item)
    if not items:
        yield Verdict(outcome="pass", because=say(NONE_HERE))


def _current(situation: Situation, item: Item) -> Verdict:
    answer, following = (
        item.ask("CurrentCertificateThumbprint"),
        item.ask("NextCertificateThumbprint"),
    )
    if not answer.known:
        return unanswered(item, [answer])
    value = thumbprint(next(iter(answer.texts()), ""))
    if not value:
        return failed(CURRENT, say(NONE), [answer])
    until, places = _until(situation, value)
    bases = (*bases_of([answer, following]), *places)
    if until is None:
        wanted = f"{cmdlet('ExchangeCertificate')}: NotAfter"
        because = say(UNDATED, value=value)
        return Verdict(
            outcome="unknown", subject=CURRENT, because=because, bases=bases, missing=(wanted,)
        )
    said = {"value": value, "day": until.isoformat()}
    if until < situation.today:
        return Verdict(outcome="fail", subject=CURRENT, because=say(EXPIRED, **said), bases=bases)
    if until > situation.today + timedelta(days=SOON_DAYS) or following.filled:
        return Verdict(outcome="pass", subject=CURRENT, because=say(FINE, **said), bases=bases)
    if following.known:
        return Verdict(outcome="fail", subject=CURRENT, because=say(SOON, **said), bases=bases)
    wanted = f"{cmdlet('AuthConfig')}: {following.name}"
    because = say(SOON_UNTOLD, **said)
    return Verdict(
        outcome="unknown", subject=CURRENT, because=because, bases=bases, missing=(wanted,)
    )


def _previous(situation: Situation, item: Item) -> Verdict:
    answer, current = (
        item.ask("PreviousCertificateThumbprint"),
        item.ask("CurrentCertificateThumbprint"),
    )
    if not (answer.known and current.known):
        return unanswered(item, [answer, current])
    value = thumbprint(next(iter(answer.texts()), ""))
    if not value or value == thumbprint(next(iter(current.texts()), "")):
        return passed(PREVIOUS, say(NO_PREVIOUS), [answer])
    apps = [each for each in principals(situation) if each.kind != "other"]
    for app in apps:
        for key in app.keys:
            if key.thumbprint == value and not _over(situation, key):
                bases = (answer.basis, key.basis)
                because = say(STALE, value=value, name=app.name)
                return Verdict(outcome="fail", subject=PREVIOUS, because=because, bases=bases)
    if not apps or any(_untold(app.keys_known, app.keys) for app in apps):
        return unread(PREVIOUS, f"{cmdlet('ServicePrincipal')}: keyCredentials")
    keys: tuple[Answer, ...] = tuple(a for app in apps for a in app.ask("keyCredentials"))
    return passed(PREVIOUS, say(GONE), [answer, *keys])


def _over(situation: Situation, key: Key) -> bool:
    return key.until is not None and key.until < situation.today


def _untold(known: bool, keys: tuple[Key, ...]) -> bool:  # noqa: FBT001 - one fact of a principal
    return not known or any(not each.thumbprint for each in keys)


def _until(situation: Situation, value: str) -> tuple[date | None, tuple[Basis, ...]]:
    """The last day on which a certificate holds, from its export or from its key in Entra."""
    for each in certificates(situation):
        for item in each.items if each.thumbprint == value else ():
            answer = item.ask("NotAfter")
            until = day(next(iter(answer.texts()), ""))
            if until is not None:
                return until, (answer.basis,)
    for app in principals(situation):
        for key in app.keys:
            if key.thumbprint == value and key.until is not None:
                return key.until, (key.basis,)
    return None, ()
