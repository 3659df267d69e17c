"""HYB-013: a connector asks for a certificate of a domain that the tenant does not own."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.analyse.trust.connectors import ONLINE, gates, judged_inbound, other_end
from tocsin.analyse.trust.domains import accepted, own
from tocsin.analyse.trust.names import certificate_identifier
from tocsin.analyse.trust.settings import Item
from tocsin.analyse.trust.situation import Situation, Verdict
from tocsin.analyse.trust.verdicts import cmdlet, failed, named, passed, unanswered, unread
from tocsin.knowledge.checks import Check
from tocsin.model.text import N_, say

NAMELESS = N_("{name} asks for no certificate; other checks judge that.")
OWN = N_("{name} asks for a certificate of an accepted domain.")
FOREIGN = N_(
    "{name} trusts whoever has the certificate {value}, but no accepted domain of the tenant covers "
    "that name: its owner decides who is taken for you."
)


def judge(situation: Situation, check: Check) -> Iterator[Verdict]:
    """One verdict for every enabled connector of the type OnPremises."""
    del check
    yield from judged_inbound(situation, lambda item: _one(situation, item))


def _one(situation: Situation, item: Item) -> Verdict:
    answer, name = item.ask("TlsSenderCertificateName"), named(item)
    if not answer.known:
        return unanswered(item, [answer, *gates(item)])
    wanted = [certificate_identifier(text)[2] or text for text in answer.texts()]
    if not wanted:
        return passed(name, say(NAMELESS, name=name), [answer])
    truths = [accepted(situation, each, ONLINE) for each in wanted]
    asked = [answer, *gates(item), *own(situation, ONLINE)[1]]
    if False in truths:
        value = wanted[truths.index(False)]
        because = say(FOREIGN, name=name, value=value)
        return failed(name, because, asked, other_end(situation, item))
    if None in truths:
        return unread(name, cmdlet("AcceptedDomain", ONLINE))
    return passed(name, say(OWN, name=name), asked)
