"""A receive connector that gives a stranger the rights of Exchange Online."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from tocsin.analyse.trust.names import certificate_identifier
from tocsin.analyse.trust.settings import Item
from tocsin.analyse.trust.situation import Situation, Verdict
from tocsin.analyse.trust.submission import judged_receive_connectors, placed, servers_of
from tocsin.analyse.trust.verdicts import failed, passed, unanswered
from tocsin.knowledge.checks import Check
from tocsin.model.text import N_, say

STRANGER = N_(
    "{name} gives the rights of mail from the cloud to {value}: what such a host says about a mail, "
    "that it is internal and no spam, is believed."
)
NO_TLS = N_(
    "{name} gives the rights of mail from the cloud without TLS: any host that connects may claim them."
)
FINE = N_("{name} gives these rights to Exchange Online only.")
NOBODY = N_("{name} gives the rights of mail from the cloud to nobody.")

_CLOUD = re.compile(
    r"(\*\.)?(.+\.)?mail\.protection\.(outlook\.(com|de)|office365\.us|partner\.outlook\.cn)"
)
"""Names of Exchange Online's certificates, in the clouds there are."""

RIGHTS = ("acceptcloudservicesmail", "acceptoorgprotocol", "acceptcrosspremises")
"""Capabilities that let the sender's headers stand, or its sender be another organisation's."""


def judge(situation: Situation, check: Check) -> Iterator[Verdict]:
    """Each receive connector that is in use."""
    del check
    return judged_receive_connectors(situation, _one)


def _one(situation: Situation, item: Item) -> Verdict:
    answer, enabled = item.ask("TlsDomainCapabilities"), item.ask("Enabled")
    name, servers = placed(situation, item), servers_of(situation, item)
    if not answer.known:
        return unanswered(item, [answer], servers)
    values = answer.value if isinstance(answer.value, list) else [answer.value]
    strangers = [domain for each in values if (domain := _stranger(each))]
    if not strangers:
        return passed(name, say(FINE if answer.filled else NOBODY, name=name), [answer])
    if not enabled.known:
        return unanswered(item, [answer, enabled], servers)
    if any(each == "no-tls" for each in strangers):
        return failed(name, say(NO_TLS, name=name), [answer, enabled], servers)
    because = say(STRANGER, name=name, value=", ".join(strangers))
    return failed(name, because, [answer, enabled], servers)


def _stranger(value: Any) -> str:
    """The domain that gets such a right and is not Exchange Online's; empty otherwise."""
    if isinstance(value, dict):
        said = {str(key).lower(): each for key, each in value.items()}
        domain, rights = str(said.get("domain") or ""), str(said.get("capabilities") or "")
        domain = domain or certificate_identifier(said.get("smtpx509identifier"))[2]
    else:
        domain, _, rights = str(value or "").rpartition(":")
        domain = certificate_identifier(domain)[2] or domain
    given = re.sub(r"[^a-z,]", "", rights.lower()).split(",")
    name = domain.strip().lower()
    return name if any(each in RIGHTS for each in given) and not _CLOUD.fullmatch(name) else ""
