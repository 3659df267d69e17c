"""Two forests tied to one tenant: each has a configuration of its own, and neither is the other's."""

import msgspec
from contoso import ORG, thing
from organisation import organisation

from tocsin.analyse.trust.judging import judged
from tocsin.knowledge.checks import checks
from tocsin.model.evidence import Evidence

OTHER = "0a111111-2222-4333-8444-555555555555"


def forest(place: str, guid: str, name: str, domain: str) -> list[Evidence]:
    """What the wizard leaves in a forest: objects of the same names, told apart by their GUIDs."""
    config = thing(
        "HybridConfiguration",
        "on-premises",
        "Hybrid Configuration",
        Guid=guid,
        Domains=[domain],
        OnPremisesSmartHost=f"mail.{domain}",
        SendingTransportServers=["EX02"],
        ReceivingTransportServers=["EX01", "EX02"],
        EdgeTransportServers=[],
    )
    org = thing("OrganizationConfig", "on-premises", name, Guid=guid)
    return [
        msgspec.structs.replace(
            each, at=msgspec.structs.replace(each.at, source=f"{place}/{number}")
        )
        for number, each in enumerate((config, org))
    ]


def outcomes(*more: Evidence) -> dict[str, str]:
    known = organisation(
        without=("HybridConfiguration", "OrganizationConfig"),
        extra=(*forest("second", ORG, "Contoso", "contoso.example"), *more),
    )
    found = judged(known.situation(drawn=False), (checks()["HYB-045"],))
    return {each.subject: each.outcome for each in found}


def test_the_first_forests_pairs_still_agree_where_another_was_read_too():
    alone, both = outcomes(), outcomes(*forest("first", OTHER, "Adatum", "fabrikam.com"))
    tied = [each for each in alone if "Outbound to" in each or "Contoso" in each]
    assert len(tied) > 1
    assert {each: both.get(each) for each in tied} == {each: alone[each] for each in tied}
    assert "fail" not in {each: alone[each] for each in tied}.values()
