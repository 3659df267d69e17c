"""Whether Exchange servers use an app of their own towards Exchange Online, and all of the way.

Both halves are asked, as Microsoft's own checker does: exactly one setting override
ExchangeOnpremAsThirdPartyAppId that is switched on for every server, and an authorisation server of the
type AzureAD that names the app.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tocsin.analyse.trust.objects import objects
from tocsin.analyse.trust.principals import FIRST_PARTY
from tocsin.analyse.trust.settings import Answer, Item
from tocsin.analyse.trust.situation import Situation, Verdict, bases_of
from tocsin.analyse.trust.verdicts import cmdlet, uncollected
from tocsin.knowledge.checks import Check
from tocsin.model.text import N_, Sentence, say

MISSING = N_(
    "Exchange servers still use the principal that all tenants share for {value}: there is no "
    "setting override ExchangeOnpremAsThirdPartyAppId, and no app of their own."
)
NO_OVERRIDE = N_(
    "An app of their own is registered, but no setting override ExchangeOnpremAsThirdPartyAppId "
    "switches it on: the servers still use the shared principal."
)
NO_APP = N_(
    "The setting override {value} is on, but no enabled authorisation server names an app: the "
    "change stopped half way."
)
MANY = N_(
    "There are {count} setting overrides ExchangeOnpremAsThirdPartyAppId: which of them holds cannot "
    "be told, and must not be left to chance."
)
OFF = N_("The setting override {value} exists but is not switched on ({parameters}).")
PARTIAL = N_(
    "The setting override {value} holds for some servers or versions only ({parameters}): the others "
    "still use the shared principal."
)
FINE = N_("The servers use an app of their own: {value}.")
NEEDLESS = N_("No feature that needs the app is in use ({value}).")
NO_HYBRID = N_("There is no hybrid configuration, so no app is needed.")
UNTOLD = N_("Whether the servers use an app of their own cannot be told: {what} was not collected.")

RICH = frozenset({"freebusy", "mailtips", "photos"})
"""Features that ask Exchange Online in the name of users."""

SECTION = "exchangeonpremasthirdpartyappid"

_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_ENABLED = re.compile(r"\s*enabled\s*=\s*true\s*", re.IGNORECASE)

SCOPES = ("Server", "MinVersion", "MaxVersion", "FixVersion")
"""Properties that narrow an override to some servers."""


def judge(situation: Situation, check: Check) -> Iterator[Verdict]:
    """The organisation as a whole."""
    del check
    features, hybrid = _features(situation)
    override, app = _override(situation), _app(situation)
    answers = (*features, *override.answers, *app.answers)
    bases = bases_of(answers)
    if hybrid is False:
        names = ", ".join(text for each in features for text in each.texts())
        because = say(NEEDLESS, value=names) if names else say(NO_HYBRID)
        yield Verdict(outcome="pass", because=because, bases=bases)
        return
    if override.good and app.good:
        yield Verdict(outcome="pass", because=say(FINE, value=app.name), bases=bases)
        return
    fault = override.fault or _fault(override, app, features)
    if fault is not None and hybrid:
        yield Verdict(outcome="fail", because=fault, bases=bases)
        return
    missing = (*override.missing, *app.missing)
    if hybrid is None:
        missing = (f"{cmdlet('HybridConfiguration')}: Features", *missing)
    what = ", ".join(missing)
    yield Verdict(
        outcome="unknown", because=say(UNTOLD, what=what), bases=bases, missing=tuple(missing)
    )


class _Half:
    """One half of the change. good: None where it cannot be told."""

    def __init__(self) -> None:
        self.good: bool | None = None
        self.name = ""
        self.fault: Sentence | None = None
        self.answers: tuple[Answer, ...] = ()
        self.missing: tuple[str, ...] = ()


def _fault(override: _Half, app: _Half, features: list[Answer]) -> Sentence | None:
    if override.good is False and app.good is False:
        used = [text for each in features for text in each.texts() if text.lower() in RICH]
        return say(MISSING, value=", ".join(used))
    if override.good is False and app.good:
        return say(NO_OVERRIDE)
    if override.good and app.good is False:
        return say(NO_APP, value=override.name)
    return None


def _features(situation: Situation) -> tuple[list[Answer], bool | None]:
    """What the hybrid is used for, and whether it needs the app; None where that was not read."""
    items = objects(situation, "HybridConfiguration", "on-premises")
    if not items:
        asked = uncollected(situation, "HybridConfiguration", "on-premises") is None
        return [], False if asked else None
    answers = [item.ask("Features") for item in items]
    if any(text.lower() in RICH for each in answers for text in each.texts()):
        return answers, True
    return answers, False if all(each.known for each in answers) else None


def _override(situation: Situation) -> _Half:
    half = _Half()
    if uncollected(situation, "SettingOverride", "on-premises") is not None:
        half.missing = (cmdlet("SettingOverride"),)
        return half
    found, unclear = [], []
    for item in objects(situation, "SettingOverride", "on-premises"):
        component, section = item.ask("ComponentName"), item.ask("SectionName")
        if str(section.value).lower() == SECTION and component.value in ("Global", None):
            found.append(item)
        elif not section.known:
            unclear.append(item)
    if unclear:
        half.missing = (f"{cmdlet('SettingOverride')}: SectionName",)
        return half
    if len(found) > 1:
        half.good, half.fault = False, say(MANY, count=len(found))
        half.answers = tuple(each.ask("SectionName") for each in found)
    elif found:
        _judge_override(found[0], half)
    else:
        half.good = False
    return half


def _judge_override(item: Item, half: _Half) -> None:
    parameters = item.ask("Parameters")
    scopes = [item.ask(name) for name in SCOPES]
    half.name, half.answers = item.setting.name, (parameters, *scopes)
    if not parameters.known:
        half.missing = (f"{cmdlet('SettingOverride')}: Parameters",)
        return
    half.good = any(_ENABLED.fullmatch(text) for text in parameters.texts())
    narrowed = [f"{each.name} {each.basis.value}" for each in scopes if each.filled]
    if not half.good:
        half.fault = say(OFF, value=half.name, parameters=parameters.basis.value or "–")
    elif narrowed:
        half.good = False
        half.fault = say(PARTIAL, value=half.name, parameters=", ".join(narrowed))


def _app(situation: Situation) -> _Half:
    half = _Half()
    if uncollected(situation, "AuthServer", "on-premises") is not None:
        half.missing = (cmdlet("AuthServer"),)
        return half
    half.good = False
    for item in objects(situation, "AuthServer", "on-premises"):
        kind, app, enabled = (item.ask(n) for n in ("Type", "ApplicationIdentifier", "Enabled"))
        if enabled.value is False or (kind.known and kind.value != "AzureAD"):
            continue
        half.answers = (*half.answers, app)
        names = [t for t in app.texts() if _GUID.fullmatch(t) and t.lower() != FIRST_PARTY]
        if names and kind.known and enabled.known:
            half.good, half.name = True, names[0]
            return half
        if not (app.known and kind.known and enabled.known):
            unknown = [each.name for each in (kind, app, enabled) if not each.known]
            half.good = None
            half.missing = tuple(f"{cmdlet('AuthServer')}: {each}" for each in unknown)
    return half
