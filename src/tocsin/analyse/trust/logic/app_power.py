"""What the dedicated hybrid app may do, who else could use it, and which other apps open mailboxes."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from tocsin.analyse.trust.mail_roles import Opens, Outsider, outsiders, whose
from tocsin.analyse.trust.objects import objects
from tocsin.analyse.trust.principals import FULL_ACCESS, Principal, principals
from tocsin.analyse.trust.settings import Answer
from tocsin.analyse.trust.situation import Situation, Verdict, bases_of
from tocsin.analyse.trust.verdicts import cmdlet, failed, passed, uncollected, unread
from tocsin.knowledge.checks import Check
from tocsin.model.finding import Level
from tocsin.model.text import N_, say

FULL = N_(
    "{name} has full_access_as_app: whoever holds the Auth Certificate opens every mailbox in Exchange "
    "Online through it."
)
SECRETS = N_(
    "{name} has passwords ({count}): whoever knows one uses the app from anywhere, with no certificate."
)
OWNERS = N_("{name} has owners ({value}): each of them may put a key of their own on it.")
FINE = N_("{name} has none of these: {what}.")
NONE = N_("There is no dedicated hybrid app.")
EVERYTHING = N_(
    "{name} is not the hybrid's app and has {value}: whoever has a key or password of it opens every "
    "mailbox in Exchange Online, unless an application access policy there narrows it."
)
MAIL = N_(
    "{name} is not the hybrid's app and has {value}: whoever has a key or password of it reads the mail "
    "of every mailbox in Exchange Online, unless an application access policy there narrows it."
)
SENDING = N_(
    "{name} is not the hybrid's app and has {value}: whoever has a key or password of it acts in the name "
    "of every mailbox in Exchange Online, unless an application access policy there narrows it."
)
UNTOLD = N_("{name} has {value}; whether it is the hybrid's app was not read.")

ROLE = "full_access_as_app"

OTHERS: dict[Opens, tuple[str, Level | None]] = {
    "everything": (EVERYTHING, None),
    "mail": (MAIL, "medium"),
    "sending": (SENDING, "low"),
}
"""What is said of an app that opens this much, and how grave that is where not as the check says.
Backup and signature services have roles of Microsoft Graph in many tenants."""


def judge(situation: Situation, check: Check) -> Iterator[Verdict]:
    """Each dedicated app: its role, its passwords, its owners; each other app with such a role."""
    del check
    found = [each for each in principals(situation) if each.kind == "dedicated"]
    kinds = ("ServicePrincipal", "Application")
    nothing = [k for k in kinds if uncollected(situation, k, "entra") is not None]
    if not found:
        if nothing:
            yield unread("", *(cmdlet(kind) for kind in nothing))
        else:
            yield Verdict(outcome="pass", because=say(NONE))
    for app in found:
        yield _role(situation, app)
        yield _passwords(app)
        yield _owners(situation, app)
    if not found and uncollected(situation, "AppRoleAssignment", "entra") is not None:
        yield unread("", cmdlet("AppRoleAssignment"))
    for outsider in outsiders(situation):
        yield _other(situation, outsider)


def _other(situation: Situation, app: Outsider) -> Verdict:
    said = {"name": app.name, "value": ", ".join(app.roles)}
    if not app.sure:
        lacking = [cmdlet("AuthServer")]
        if uncollected(situation, "ServicePrincipal", "entra") is not None:
            lacking.append(cmdlet("ServicePrincipal"))
        because, bases = say(UNTOLD, **said), bases_of(app.answers)
        return msgspec.structs.replace(unread(app.name, *lacking), because=because, bases=bases)
    words, level = OTHERS[app.opens]
    verdict = failed(app.name, say(words, **said), app.answers)
    return msgspec.structs.replace(verdict, level=level)


def _role(situation: Situation, app: Principal) -> Verdict:
    subject = f"{app.name}: {ROLE}"
    if uncollected(situation, "AppRoleAssignment", "entra") is not None:
        return unread(subject, cmdlet("AppRoleAssignment"))
    unknown = False
    for item in objects(situation, "AppRoleAssignment", "entra"):
        role = item.ask("appRoleId")
        mine = whose(item, app)
        if not role.known or mine is None:
            unknown = unknown or str(role.value).lower() in (FULL_ACCESS, "none")
        elif mine and str(role.value).lower() == FULL_ACCESS:
            because = say(FULL, name=app.name)
            return failed(subject, because, [role, item.ask("principalDisplayName")])
    if unknown:
        return unread(subject, cmdlet("AppRoleAssignment"))
    return passed(subject, say(FINE, name=app.name, what=ROLE))


def _passwords(app: Principal) -> Verdict:
    subject, answers = f"{app.name}: passwordCredentials", app.ask("passwordCredentials")
    count = sum(len(each.texts()) for each in answers)
    if count:
        return failed(subject, say(SECRETS, name=app.name, count=count), answers)
    return _settled(subject, app, answers, "passwordCredentials")


def _owners(situation: Situation, app: Principal) -> Verdict:
    subject, answers = f"{app.name}: owners", list(app.ask("owners"))
    answers += [
        item.first("UserPrincipalName", "displayName")
        for item in objects(situation, "AppOwner", "entra")
        if str(item.ask("AppId").value).lower() == app.app_id
    ]
    names = dict.fromkeys(text for each in answers for text in each.texts())
    if names:
        return failed(subject, say(OWNERS, name=app.name, value=", ".join(names)), answers)
    if uncollected(situation, "AppOwner", "entra") is None:
        return passed(subject, say(FINE, name=app.name, what="owners"), answers)
    return _settled(subject, app, answers, "owners")


def _settled(
    subject: str, app: Principal, answers: tuple[Answer, ...] | list[Answer], what: str
) -> Verdict:
    """Passed where the registration says that there are none."""
    homes = [item for item in app.items if item.setting.kind == "Application"]
    if any(item.ask(what).known for item in homes):
        return passed(subject, say(FINE, name=app.name, what=what), answers)
    return unread(subject, f"{cmdlet('Application')}: {what}")
