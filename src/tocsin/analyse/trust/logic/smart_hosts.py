"""HYB-033: mail is handed to a host that is not known as the organisation's own."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from tocsin.analyse.trust.connectors import gates, judged_outbound, other_end, outbound
from tocsin.analyse.trust.keys import host_of
from tocsin.analyse.trust.mail_exchangers import delivery
from tocsin.analyse.trust.next_hops import configured, ours, trusted
from tocsin.analyse.trust.objects import objects
from tocsin.analyse.trust.settings import Answer, Item
from tocsin.analyse.trust.situation import Situation, Verdict, bases_of
from tocsin.analyse.trust.ties import used
from tocsin.analyse.trust.verdicts import (
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

NONE = N_("{name} hands mail to no host of its own choice.")
OWN = N_("{name} hands mail to hosts of your own.")
SERVICE = N_(
    "{name} hands mail to {value}: your own, or the service that takes your mail from the internet."
)
GATEWAY = N_(
    "{name} hands all mail that leaves to {value}: your own, or the service that takes your mail from "
    "the internet."
)
STRANGE = N_(
    "{name} hands mail of the cloud to {value}, which is no server, no domain and no address of yours "
    "that was read: whoever runs it reads that mail."
)
ALL_OUT = N_(
    "{name} hands all mail that leaves the organisation to {value}, which is no host of yours that was "
    "read and does not take your mail from the internet: whoever runs it reads that mail."
)
UNTOLD = N_(
    "{name} hands all mail that leaves the organisation to {value}; whose host that is, what was read "
    "does not tell."
)

EVERYWHERE = re.compile(r"\*(\.[a-z]{2,})?")
"""A domain that stands for all, or for a whole top-level domain."""


def judge(situation: Situation, check: Check) -> Iterator[Verdict]:
    """Enabled outbound connectors of the type OnPremises; of the type Partner, and send connectors
    on-premises, those that all mail leaves through, or what a rule hands them."""
    del check
    yield from judged_outbound(situation, lambda item: _one(situation, item))
    for item, applies in outbound(situation, "Partner"):
        if item.ask("ConnectorType").filled:
            domains = item.ask("RecipientDomains")
            if item.ask("IsTransportRuleScoped").value is True and not domains.filled:
                yield from _by_rule(situation, item, applies=applies)
                continue
            yield from _all_out(situation, item, domains, [*gates(item), domains], applies=applies)
    if uncollected(situation, "SendConnector", "on-premises") is not None:
        yield unread("", cmdlet("SendConnector"))
    for item in objects(situation, "SendConnector", "on-premises"):
        if used(item) is not False:
            spaces = item.ask("AddressSpaces")
            asked = [item.ask("Enabled"), spaces]
            yield from _all_out(situation, item, spaces, asked, applies=used(item))


def _one(situation: Situation, item: Item) -> Verdict:
    answer, name = item.ask("SmartHosts"), named(item)
    if not answer.known:
        return unanswered(item, [answer, *gates(item)])
    asked = [answer, *gates(item), *configured(situation)]
    hosts, strange, unsure = _hosts(answer, lambda host: ours(situation, host))
    if strange:
        because = say(STRANGE, name=name, value=", ".join(strange))
        return failed(name, because, asked, other_end(situation, item))
    if unsure:
        return unread(name, cmdlet("AcceptedDomain"), cmdlet("HybridConfiguration"))
    return passed(name, say(OWN if hosts else NONE, name=name), asked)


def _all_out(
    situation: Situation,
    item: Item,
    where: Answer,
    gate: list[Answer],
    *,
    applies: bool | None,
) -> Iterator[Verdict]:
    """Nothing about a connector that only mail for some domains leaves through."""
    if where.known and not any(map(_everywhere, where.texts())):
        return
    # The second is the same in one text, which survives where a list does not.
    answer, name = item.first("SmartHosts", "SmartHostsString"), named(item)
    asked, servers = [answer, *gate], _sources(situation, item)
    if not answer.known:
        yield unanswered(item, asked, servers)
        return
    hosts, strange, unsure = _hosts(answer, lambda host: trusted(situation, host))
    if not strange and not unsure:
        value = ", ".join(hosts)
        yield passed(name, say(GATEWAY if hosts else NONE, name=name, value=value), asked)
    elif applies is None or not where.known:
        yield unanswered(item, gate, servers)
    elif strange:
        because = say(ALL_OUT, name=name, value=", ".join(strange))
        # No servers: whether theirs are weak makes the stranger no graver.
        yield failed(name, because, [*asked, *delivery(situation).answers])
    else:
        yield Verdict(
            outcome="unknown",
            subject=name,
            because=say(UNTOLD, name=name, value=", ".join(unsure)),
            bases=bases_of(asked),
            servers=servers,
            missing=_missing(situation),
        )


def _by_rule(situation: Situation, item: Item, *, applies: bool | None) -> Iterator[Verdict]:
    """A connector for what mail flow rules hand it. Services that sign or encrypt mail have one."""
    answer, name = item.ask("SmartHosts"), named(item)
    asked = [answer, item.ask("IsTransportRuleScoped"), *gates(item)]
    hosts, strange, unsure = _hosts(answer, lambda host: trusted(situation, host))
    if not answer.known or (strange and applies is None):
        yield unanswered(item, asked)
    elif strange:
        yield failed(name, say(STRANGE, name=name, value=", ".join(strange)), asked)
    elif unsure:
        yield unread(name, *_missing(situation))
    else:
        value = ", ".join(hosts)
        yield passed(name, say(SERVICE if hosts else NONE, name=name, value=value), asked)


def _missing(situation: Situation) -> tuple[str, ...]:
    """What would tell whose a host is. Addresses of servers are told by scans and mails, not by a
    command."""
    kinds = ("AcceptedDomain", "HybridConfiguration", "InboundConnector")
    lacking = [] if delivery(situation).elsewhere is not None else [cmdlet("MxRecord")]
    lacking += [cmdlet(each) for each in kinds if uncollected(situation, each) is not None]
    return tuple(lacking) or ("servers",)


def _hosts(
    answer: Answer, judge_one: Callable[[str], bool | None]
) -> tuple[list[str], list[str], list[str]]:
    """All hosts, those of strangers, those of which nobody can tell."""
    texts = [each for text in answer.texts() for each in text.split(",")]
    hosts = [host for text in texts if (host := text.strip("[] "))]
    truths = [(host, judge_one(host)) for host in hosts]
    return hosts, [h for h, mine in truths if mine is False], [h for h, m in truths if m is None]


def _everywhere(text: str) -> bool:
    """Whether an address space or a recipient's domain stands for everybody."""
    kind, colon, rest = text.strip().lower().rpartition(":")
    domain = rest.partition(";")[0].strip()
    return kind in ("", "smtp") and bool(EVERYWHERE.fullmatch(domain or colon))


def _sources(situation: Situation, item: Item) -> tuple[str, ...]:
    names = map(host_of, item.ask("SourceTransportServers").texts())
    found = (situation.server(each) for each in names)
    return tuple(sorted({each.id for each in found if each is not None}))
