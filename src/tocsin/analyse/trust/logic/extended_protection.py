"""Extended Protection, which stops sign-ins from being relayed: on for each virtual directory?

What each should have is Microsoft's own table; at the front, EWS and ActiveSync are meant to allow it
only, and Autodiscover to be without (https://aka.ms/ExchangeEPDoc).
"""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.analyse.trust.floors import below
from tocsin.analyse.trust.hosts import HYBRID_AGENT
from tocsin.analyse.trust.objects import objects
from tocsin.analyse.trust.settings import Answer, Item
from tocsin.analyse.trust.situation import Situation, Verdict, bases_of
from tocsin.analyse.trust.submission import placed, server_of
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

OFF = N_(
    "{name} has Extended Protection {value}, it should be {wanted}: a sign-in caught elsewhere in the "
    "network can be relayed to it."
)
TOO_OLD = N_(
    "{name} has Extended Protection {value}: a sign-in caught elsewhere in the network can be relayed to "
    "it. The server cannot have it switched on before it gets the updates of August 2022."
)
FINE = N_("{name} has Extended Protection {value}, as it should.")
AGENT = N_(
    "{name} has Extended Protection {value}. The Hybrid Agent publishes one of the servers, and there "
    "it must stay off; whether it is this one, the exports do not say."
)

FRONT = {"ews": "Allow", "activesync": "Allow", "autodiscover": "None"}
BACK = {"autodiscover": "None"}
"""What a service should have where it is not Require: towards clients, and behind."""

ORDER = ("none", "allow", "require")
FLOOR = "extended-protection"

BACK_END = "exchange back end"

ENDPOINTS = (
    ("MigrationEndpoint", "RemoteServer"),
    ("OrganizationRelationship", "TargetSharingEpr"),
    ("IntraOrganizationConnector", "TargetSharingEpr"),
)
"""Where the address of the Hybrid Agent stands."""


def judge(situation: Situation, check: Check) -> Iterator[Verdict]:
    """Each virtual directory that has the setting."""
    del check
    nothing = uncollected(situation, "VirtualDirectory", "on-premises")
    if nothing is not None:
        yield nothing
        return
    agents = _agents(situation)
    verdicts = [
        _one(situation, item, agents)
        for item in objects(situation, "VirtualDirectory", "on-premises")
    ]
    yield from verdicts or [Verdict(outcome="pass", because=say(NONE_HERE))]


def _one(situation: Situation, item: Item, agents: list[Answer] | None) -> Verdict:
    service, answer = item.ask("Service"), item.ask("ExtendedProtectionTokenChecking")
    server = server_of(situation, item)
    servers = (server.id,) if server else ()
    value = str(answer.value or "None")
    if not (answer.known and service.known) or value.lower() not in ORDER:
        return unanswered(item, [answer, service], servers)
    back = any(BACK_END in text.lower() for text in (item.setting.name, *item.ask("Name").texts()))
    kind = str(service.value).lower()
    wanted = (BACK if back else FRONT).get(kind, "Require")
    name = placed(situation, item)
    said = {"name": name, "value": value}
    if ORDER.index(value.lower()) >= ORDER.index(wanted.lower()):
        return passed(name, say(FINE, **said), [answer])
    if kind == "ews" and not back and agents != []:
        if agents is None:
            return unread(name, cmdlet("MigrationEndpoint"), servers=servers)
        bases = bases_of([answer, *agents])
        because = say(AGENT, **said)
        return Verdict(
            outcome="unknown", subject=name, because=because, bases=bases, servers=servers
        )
    if server is not None and below(server, FLOOR):
        return failed(name, say(TOO_OLD, **said), [answer], servers)
    return failed(name, say(OFF, wanted=wanted, **said), [answer], servers)


def _agents(situation: Situation) -> list[Answer] | None:
    """What shows that the Hybrid Agent publishes a server; None where nobody asked the cloud, and no
    answer on-premises says that there is no hybrid."""
    found: list[Answer] = []
    told = False
    for kind, name in ENDPOINTS:
        answers = [item.ask(name) for item in objects(situation, kind, "exchange-online")]
        found += [a for a in answers if any(HYBRID_AGENT in t.lower() for t in a.texts())]
        asked = uncollected(situation, kind, "exchange-online") is None
        told = told or (asked and all(each.known for each in answers))
    hybrid = objects(situation, "HybridConfiguration", "on-premises")
    alone = uncollected(situation, "HybridConfiguration", "on-premises") is None and not hybrid
    return found if found or told or alone else None
