"""HYB-004: a server too old for the dedicated hybrid app, while it trusts the cloud by OAuth."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.analyse.trust.floors import meets
from tocsin.analyse.trust.objects import objects
from tocsin.analyse.trust.server_items import ours, server_items
from tocsin.analyse.trust.settings import Answer
from tocsin.analyse.trust.situation import Situation, Verdict
from tocsin.analyse.trust.verdicts import cmdlet, failed, passed, unread
from tocsin.knowledge.checks import Check
from tocsin.knowledge.floors import floors
from tocsin.model.text import N_, say

FLOOR = "dedicated-hybrid-app"
CLOUD = ("MicrosoftACS", "AzureAD")

OFF = N_("No authorisation server and no intra-organization connector is enabled.")
NEW = N_("{name} is recent enough for the dedicated hybrid app.")
OLD = N_(
    "{name} is older than {update}: it cannot use the dedicated hybrid app, so its trust in the cloud "
    "is the shared one, which whoever breaks in can use for the whole tenant."
)


def judge(situation: Situation, check: Check) -> Iterator[Verdict]:
    """One verdict for every server but Edge, which signs no tokens."""
    del check
    enabled, asked = _oauth(situation)
    if enabled is False:
        yield passed("", say(OFF), asked)
        return
    items = server_items(situation)
    servers = [each for each in ours(situation) if not each.edge]
    for server in servers:
        met, told = meets(server, FLOOR), [*items.versions(server), *asked]
        if met is None:
            yield unread(server.name, cmdlet("ExSetup"), servers=(server.id,))
        elif met:
            yield passed(server.name, say(NEW, name=server.name), told)
        elif enabled is None:
            missing = (cmdlet("IntraOrganizationConnector"), cmdlet("AuthServer"))
            yield unread(server.name, *missing, servers=(server.id,))
        else:
            because = say(OLD, name=server.name, update=floors()[FLOOR].update)
            yield failed(server.name, because, told, (server.id,))
    if not servers:
        yield unread("", cmdlet("ExchangeServer"))


def _oauth(situation: Situation) -> tuple[bool | None, list[Answer]]:
    """Whether the two sides trust each other's tokens, and what says so."""
    answers = [item.ask("Enabled") for item in objects(situation, "IntraOrganizationConnector")]
    for item in objects(situation, "AuthServer", "on-premises"):
        of = item.ask("Type")
        if not of.known or of.value in CLOUD:
            enabled = item.ask("Enabled")
            answers.append(enabled if of.known or enabled.value is False else of)
    if any(each.value is True for each in answers):
        return True, answers
    asked = situation.settings.asked
    complete = asked("IntraOrganizationConnector") and asked("AuthServer", "on-premises")
    known = complete and all(each.known for each in answers)
    return (False if known else None), answers
