"""The way back: whom the servers on-premises let in with a token of the tenant."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.analyse.trust.drawing import ON_PREM_MAILBOXES, TENANT, edge, node_id
from tocsin.analyse.trust.objects import objects
from tocsin.analyse.trust.situation import Situation
from tocsin.analyse.trust.ties import used
from tocsin.model.text import N_, say
from tocsin.model.trusts import Edge, Node, Provenance

ISSUES = N_("The servers on-premises believe tokens of the tenant's service {server}.")
VOUCHES = N_("The partner application {partner} is let in with a token of {server}.")
ACTS = N_("The partner application {partner} acts on mailboxes on-premises as {account}.")
NO_ACCOUNT = N_("The partner application {partner} is let in on-premises.")
SHUT = N_("Disable the partner application {partner} if the hybrid needs no tokens.")


def draw(situation: Situation) -> Iterator[Node | Edge]:
    """Authorisation servers and partner applications that are in use."""
    issuers: list[tuple[str, str, Provenance]] = []
    for item in objects(situation, "AuthServer", "on-premises"):
        state = used(item)
        if state is False:
            continue
        name = item.setting.name
        place = node_id("AuthServer", name)
        sure: Provenance = "configured" if state else "assumed"
        issuers.append((place, name, sure))
        yield Node(
            id=place,
            kind="AuthServer",
            name=name,
            side="on-premises",
            facts={"Realm": ", ".join(item.ask("Realm").texts())},
            bases=(item.basis(),),
        )
        yield edge(
            "HX_SignsFor",
            TENANT,
            place,
            say(ISSUES, server=name),
            provenance=sure,
            checks=("HYB-056",),
            bases=(item.ask("Realm").basis, item.ask("Enabled").basis),
        )
    yield from _partners(situation, issuers)


def _partners(
    situation: Situation, issuers: list[tuple[str, str, Provenance]]
) -> Iterator[Node | Edge]:
    for item in objects(situation, "PartnerApplication", "on-premises"):
        state, account = used(item), item.ask("LinkedAccount")
        if state is False:
            continue
        name = item.setting.name
        place = node_id("PartnerApplication", name)
        sure: Provenance = "configured" if state else "assumed"
        who = next(iter(account.texts()), "")
        yield Node(
            id=place,
            kind="PartnerApplication",
            name=name,
            side="on-premises",
            facts={"LinkedAccount": who} if who else {},
            bases=(item.basis(),),
        )
        yield edge(
            "HX_AppRole",
            place,
            ON_PREM_MAILBOXES,
            say(ACTS, partner=name, account=who) if who else say(NO_ACCOUNT, partner=name),
            variant="partner",
            provenance=sure,
            checks=("HYB-056",),
            fix=say(SHUT, partner=name),
            bases=(account.basis, item.ask("Enabled").basis),
        )
        through = item.ask("UseAuthServer")
        if through.value is False:
            continue
        for issuer, server, known in issuers:
            certain = through.known and state and known == "configured"
            yield edge(
                "HX_SignsFor",
                issuer,
                place,
                say(VOUCHES, partner=name, server=server),
                provenance="configured" if certain else "assumed",
                checks=("HYB-056",),
                fix=say(SHUT, partner=name),
                bases=(through.basis,),
            )
