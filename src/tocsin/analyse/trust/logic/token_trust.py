"""Who else may issue or present tokens to the Exchange servers, and as whom they then act."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from tocsin.analyse.trust.directory import groups
from tocsin.analyse.trust.keys import host_of
from tocsin.analyse.trust.objects import objects
from tocsin.analyse.trust.settings import Answer, Item
from tocsin.analyse.trust.situation import Situation, Verdict
from tocsin.analyse.trust.verdicts import (
    NONE_HERE,
    cmdlet,
    failed,
    named,
    passed,
    unanswered,
    uncollected,
    unread,
)
from tocsin.knowledge.checks import Check
from tocsin.model.text import N_, say

ANY_CERTIFICATE = N_(
    "{name} is trusted whatever TLS certificate its metadata comes with: whoever stands in between may "
    "put their own signing key there."
)
FOREIGN = N_(
    "{name} takes the keys that sign tokens from {value}, which is none of Microsoft's sign-in services."
)
SIDS = N_(
    "{name} is believed when it names a user by a SID of another forest: it may come as anyone whose SID "
    "it writes down."
)
ACCOUNT = N_("{name} acts as {value}, which may change Exchange.")
ISSUER_FINE = N_("{name} takes its keys from Microsoft's sign-in service.")
APP_FINE = N_("{name} names users as it should, and acts as an account of its own.")

_SIGN_IN = re.compile(
    r"(.+\.)?(login\.windows\.net|sts\.windows\.net|windows-ppe\.net|"
    r"accesscontrol\.(windows\.net|chinacloudapi\.cn)|login(-us)?\.microsoftonline\.(com|us|de)|"
    r"login\.partner\.microsoftonline\.cn|login\.chinacloudapi\.cn)"
)

OWN_ACCOUNT = "-applicationaccount"
"""How setup names the accounts that partner applications act as."""

GRAPH = "00000003-0000-0000-c000-000000000000"
"""Microsoft Graph, which is set up to name users by their SID."""

ADMINISTRATOR = frozenset({"administrator", "administrateur", "administrador", "administratör"})


def judge(situation: Situation, check: Check) -> Iterator[Verdict]:
    """Each authorisation server and each partner application that is in use."""
    del check
    for kind, one in (("AuthServer", _issuer), ("PartnerApplication", _application)):
        nothing = uncollected(situation, kind, "on-premises")
        if nothing is not None:
            yield nothing
            continue
        items = [
            item
            for item in objects(situation, kind, "on-premises")
            if item.ask("Enabled").value is not False
        ]
        yield from (one(situation, item) for item in items)
        if not items:
            yield Verdict(outcome="pass", because=say(NONE_HERE))


def _issuer(situation: Situation, item: Item) -> Verdict:
    del situation
    name, enabled = named(item), item.ask("Enabled")
    trusting, url, kind = (
        item.ask(each) for each in ("TrustAnySSLCertificate", "AuthMetadataUrl", "Type")
    )
    host = _host(url)
    foreign = bool(host) and not _SIGN_IN.fullmatch(host)
    cloud = kind.value in ("AzureAD", "MicrosoftACS")
    if (trusting.value is True or (foreign and cloud)) and not enabled.known:
        return unanswered(item, [enabled])
    if trusting.value is True:
        return failed(name, say(ANY_CERTIFICATE, name=name), [trusting, enabled])
    if foreign and cloud:
        return failed(name, say(FOREIGN, name=name, value=host), [url, kind, enabled])
    if not url.known or (foreign and not kind.known):
        return unanswered(item, [url, kind])
    return passed(name, say(ISSUER_FINE, name=name), [url, trusting])


def _application(situation: Situation, item: Item) -> Verdict:
    name, enabled = named(item), item.ask("Enabled")
    trusting, sids, account = (
        item.ask(each)
        for each in (
            "TrustAnySSLCertificate",
            "AcceptSecurityIdentifierInformation",
            "LinkedAccount",
        )
    )
    app = item.ask("ApplicationIdentifier")
    default = str(app.value).lower() == GRAPH
    who = host_of(next(iter(account.texts()), ""))
    power = _privileged(situation, who) if who else False
    faults = [
        (trusting.value is True, say(ANY_CERTIFICATE, name=name), trusting),
        (sids.value is True and not default, say(SIDS, name=name), sids),
        (power is True, say(ACCOUNT, name=name, value=who), account),
    ]
    if sids.value is True and not app.known:
        return unanswered(item, [app])
    for found, because, answer in faults:
        if found and enabled.known:
            return failed(name, because, [answer, enabled])
        if found:
            return unanswered(item, [enabled])
    # The switch TrustAnySSLCertificate is in no export of an application: only its presence counts.
    if not sids.known or not account.known:
        return unanswered(item, [sids, account])
    if power is None:
        return unread(name, f"{cmdlet('DirectoryGroup')}: Members")
    return passed(name, say(APP_FINE, name=name), [sids, account])


def _privileged(situation: Situation, who: str) -> bool | None:
    """Whether an account may change Exchange; None where the group's members were not collected."""
    if who.lower().endswith(OWN_ACCOUNT):
        return False
    if who.lower() in ADMINISTRATOR:
        return True
    managers = groups(situation, "OrganizationManagement")
    lists = [each.members for each in managers if each.members is not None]
    if any(who.lower() == member.name.lower() for members in lists for member in members):
        return True
    return False if lists else None


def _host(url: Answer) -> str:
    text = next(iter(url.texts()), "")
    try:
        return (urlsplit(text).hostname or "").lower()
    except ValueError:
        return text.lower()
