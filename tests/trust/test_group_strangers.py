"""Members that an export lists by their SID alone, as SharpHound does."""

from typing import Any

import pytest
from contoso import DOMAIN_SID, EXCHANGE_SERVERS, asked, thing
from organisation import organisation

from tocsin.analyse.trust.judging import judged
from tocsin.knowledge.checks import checks

NAMES = {"ETS": "Exchange Trusted Subsystem", "ExchangeServers": "Exchange Servers"}


def outcome(known: str, **member: Any) -> tuple[str, tuple[str, ...]]:
    group = thing(
        "DirectoryGroup",
        "directory",
        NAMES[known],
        Name=NAMES[known],
        WellKnown=known,
        Sid=EXCHANGE_SERVERS,
        Members=[{"Sid": f"{DOMAIN_SID}-7001", **member}],
    )
    org = organisation(parts=(), extra=(group, asked("ExchangeServer", "on-premises")), flows=())
    (result,) = judged(org.situation(drawn=False), (checks()["HYB-072"],))
    return result.outcome, result.missing


@pytest.mark.parametrize("known", NAMES)
def test_a_user_belongs_in_none_whatever_his_name(known: str):
    assert outcome(known, ObjectClass="user")[0] == "fail"


def test_a_group_without_a_name_may_be_setups_own_in_one_of_them():
    assert outcome("ETS", ObjectClass="group")[0] == "fail"
    assert outcome("ExchangeServers", ObjectClass="group") == (
        "unknown",
        ("Get-ADGroup with members: Name",),
    )


def test_a_computer_without_a_name_may_be_any():
    assert outcome("ETS", ObjectClass="computer")[0] == "unknown"
