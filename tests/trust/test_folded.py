"""Of thousands of objects that pass, the document names some and counts the rest."""

import msgspec
from invented_run import retailer

from tocsin.assess.trusting import PASSES_LIMIT, folded


def test_failures_stay_and_passes_are_counted():
    passed = next(each for each in retailer().trusts.checks if each.outcome == "pass")
    failed = next(each for each in retailer().trusts.checks if each.outcome == "fail")
    many = [
        msgspec.structs.replace(
            each, subject=f"object {number}", fingerprint=f"{each.outcome}{number}"
        )
        for each in (passed, failed)
        for number in range(PASSES_LIMIT + 70)
    ]
    found = list(folded(many))
    assert len([each for each in found if each.outcome == "fail"]) == PASSES_LIMIT + 70
    kept = [each for each in found if each.outcome == "pass"]
    assert len(kept) == PASSES_LIMIT + 1
    assert str(kept[-1].because) == "70 further objects pass."
