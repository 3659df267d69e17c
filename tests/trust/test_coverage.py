"""What was asked, what was not, which checks wait for it, and what to collect first."""

from contoso import asked, thing
from organisation import organisation

from tocsin.analyse.trust.coverage import coverage
from tocsin.analyse.trust.judging import judged
from tocsin.knowledge.checks import checks
from tocsin.model.evidence import Evidence, Inquiry
from tocsin.model.locator import Locator
from tocsin.model.trusts import Collected


def covered(org) -> dict[tuple[str, str], Collected]:
    situation = org.situation()
    results = judged(situation, tuple(checks().values()))
    return {(each.kind, each.side): each for each in coverage(situation, results)}


def bare(*evidence: Evidence):
    return organisation(parts=(), extra=evidence, servers=(), flows=())


def test_a_kind_of_both_sides_is_listed_once_for_each():
    rows = covered(organisation(parts=("on-premises",)))
    assert rows["AcceptedDomain", "on-premises"].asked
    assert not rows["AcceptedDomain", "exchange-online"].asked
    assert ("MxRecord", "") in rows


def test_an_empty_answer_is_an_answer():
    before = covered(bare())["ReceiveConnector", "on-premises"]
    assert (before.asked, before.objects) == (False, 0)
    assert {"HYB-040", "HYB-041", "HYB-043"} <= set(before.waiting)
    after = covered(bare(asked("ReceiveConnector", "on-premises")))
    row = after["ReceiveConnector", "on-premises"]
    assert (row.asked, row.objects) == (True, 0)
    assert not {"HYB-040", "HYB-041", "HYB-043"} & set(row.waiting)


def test_a_check_waits_for_what_it_lacks_not_for_all_that_it_uses():
    rows = covered(organisation())
    assert "HYB-059" in rows["MigrationBatch", "exchange-online"].waiting
    assert "HYB-059" in rows["MigrationEndpoint", "exchange-online"].checks
    assert "HYB-059" not in rows["MigrationEndpoint", "exchange-online"].waiting


def test_a_property_that_was_lost_is_waited_for_too():
    connector = thing("ReceiveConnector", "on-premises", "EX01\\Default", "EX01", Enabled=True)
    row = covered(bare(connector))["ReceiveConnector", "on-premises"]
    assert (row.asked, row.objects) == (True, 1)
    assert "HYB-043" in row.waiting


def test_an_export_that_failed_says_why():
    body = Inquiry(kind="AuthConfig", side="on-premises", fault="Access is denied.")
    row = covered(bare(Evidence(at=Locator(source="errors.json"), body=body)))[
        "AuthConfig", "on-premises"
    ]
    assert (row.asked, row.fault) == (False, "Access is denied.")


def test_what_settles_most_checks_on_its_own_comes_first():
    situation = organisation(parts=("exchange-online",)).situation()
    rows = coverage(situation, judged(situation, tuple(checks().values())))
    waits: dict[str, set[str]] = {}
    for each in rows:
        for check in each.waiting:
            waits.setdefault(check, set()).add(each.kind)
    alone = [sum(waits[check] == {each.kind} for check in each.waiting) for each in rows]
    assert alone == sorted(alone, reverse=True)
    assert alone[0] > 1
    assert not rows[-1].waiting


def test_nothing_waits_once_everything_needed_was_asked():
    quiet = [asked(each.kind, each.side) for each in covered(bare()).values()]
    rows = covered(bare(*quiet))
    assert all(each.asked for each in rows.values())
