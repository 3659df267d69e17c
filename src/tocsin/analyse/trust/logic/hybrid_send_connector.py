"""The send connector to Exchange Online: does it make sure of the other end, and say who it is."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.analyse.trust.keys import host_of, to_the_cloud
from tocsin.analyse.trust.objects import objects
from tocsin.analyse.trust.settings import Answer, Item
from tocsin.analyse.trust.situation import Situation, Verdict
from tocsin.analyse.trust.verdicts import NONE_HERE, failed, named, passed, unanswered, uncollected
from tocsin.knowledge.checks import Check
from tocsin.model.text import N_, say

WEAK = N_(
    "{name} leads to Exchange Online with {value}; the hybrid wizard sets RequireTLS true, "
    "TlsAuthLevel DomainValidation, a TlsDomain of Exchange Online and a TlsCertificateName."
)
FINE = N_("{name} makes sure that it talks to Exchange Online, and shows its certificate.")

CLOUD_DOMAIN = "mail.protection."


def judge(situation: Situation, check: Check) -> Iterator[Verdict]:
    """Each send connector in use that leads to Exchange Online."""
    del check
    nothing = uncollected(situation, "SendConnector", "on-premises")
    if nothing is not None:
        yield nothing
        return
    judged = 0
    for item in objects(situation, "SendConnector", "on-premises"):
        leads, enabled = to_the_cloud(item), item.ask("Enabled")
        if leads is False or enabled.value is False:
            continue
        judged += 1
        if leads is None or not enabled.known:
            asked = ("AddressSpaces", "CloudServicesMailEnabled", "Enabled")
            yield unanswered(item, [item.ask(each) for each in asked], _servers(situation, item))
        else:
            yield _one(situation, item)
    if not judged:
        yield Verdict(outcome="pass", because=say(NONE_HERE))


def _one(situation: Situation, item: Item) -> Verdict:
    name, servers = named(item), _servers(situation, item)
    wrong = [answer for answer, good in _asked(item) if good is False]
    unknown = [answer for answer, good in _asked(item) if good is None]
    if wrong:
        value = ", ".join(f"{each.name} {each.basis.value or '–'}" for each in wrong)
        return failed(name, say(WEAK, name=name, value=value), wrong, servers)
    if unknown:
        return unanswered(item, unknown, servers)
    return passed(name, say(FINE, name=name), [answer for answer, _ in _asked(item)])


def _asked(item: Item) -> Iterator[tuple[Answer, bool | None]]:
    """Each property with whether it is as it should be, None where not collected."""
    tls, level = item.ask("RequireTLS"), item.ask("TlsAuthLevel")
    domain, shown = item.ask("TlsDomain"), item.ask("TlsCertificateName")
    ignored = item.ask("IgnoreSTARTTLS")
    yield tls, _if_known(tls, good=tls.value is True)
    yield level, _if_known(level, good=level.value == "DomainValidation")
    yield domain, _if_known(domain, good=any(CLOUD_DOMAIN in t.lower() for t in domain.texts()))
    yield shown, _if_known(shown, good=shown.filled)
    if ignored.known:
        yield ignored, ignored.value is not True


def _if_known(answer: Answer, *, good: bool) -> bool | None:
    return good if answer.known else None


def _servers(situation: Situation, item: Item) -> tuple[str, ...]:
    names = map(host_of, item.ask("SourceTransportServers").texts())
    found = (situation.server(each) for each in names)
    return tuple(sorted({each.id for each in found if each is not None}))
