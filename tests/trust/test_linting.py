"""What is wrong with a check is named; what is packaged has no fault."""

import msgspec
import pytest

from tocsin.analyse.trust.linting import faults
from tocsin.knowledge.checks import Check, checks

GOOD = checks()["HYB-010"]
assert GOOD.each is not None


@pytest.mark.parametrize("check", checks().values(), ids=lambda check: check.id)
def test_a_packaged_check_has_no_fault(check: Check):
    assert [f"{each.column}: {each.why}" for each in faults(check)] == []


def each(**changes: object):
    return {"each": msgspec.structs.replace(GOOD.each, **changes)}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"id": "HYB-10"}, "id: must be HYB- and three digits"),
        ({"attack": ("T9999",)}, "attack: T9999 is no technique"),
        ({"references": ()}, "references: at least one address of a page, with https"),
        ({"references": ("http://x.example",)}, "references: at least one address of a page"),
        ({"explain": " "}, "explain: must not be empty"),
        ({"example": GOOD.example[:1]}, "example: one that fails and one that passes are missing"),
        ({"inputs": ("InboundConector",)}, "inputs: InboundConector is no kind of object"),
        (
            {"inputs": ("InboundConnector@on-premises",)},
            "InboundConnector lives on exchange-online",
        ),
        ({"logic": "no-such"}, "logic: each and its conditions go together"),
        ({"logic": "no-such", "each": None}, "logic: there is no logic no-such"),
        (each(fail=("Enabled equals true",)), "each.fail: Enabled equals true is no condition"),
        (each(fail=(("Enabled is true", "TlsSenderCertificateName"),)), "is no condition"),
        (each(where=("Name matches (",)), "each.where: Name matches ( is no condition"),
        (each(because="{nme} fails"), "each.because: nme is not filled in"),
        (each(fail=("SenderIPAddresses is empty",)), "example 1: must be fail, is pass"),
    ],
)
def test_a_fault_is_named(changes: dict, said: str):
    check = msgspec.structs.replace(GOOD, **changes)
    assert said in "\n".join(f"{each.column}: {each.why}" for each in faults(check))
