"""Relays and the directory: what the checks say, over invented and over real exports."""

from pathlib import Path

import msgspec
import pytest
from contoso import DOMAIN, asked, thing
from organisation import SERVERS, Organisation, organisation
from test_checks_samples import evidence

from tocsin.analyse.trust.judging import judged
from tocsin.knowledge.checks import checks
from tocsin.model.trusts import CheckResult


def said(org: Organisation, check: str) -> list[CheckResult]:
    return judged(org.situation(), (checks()[check],))


def current() -> tuple:
    return tuple(msgspec.structs.replace(each, weakness="current") for each in SERVERS)


def test_a_relay_is_graver_on_a_weak_server():
    def level(org: Organisation) -> str:
        return next(each.level for each in said(org, "HYB-041") if each.outcome == "fail")

    assert level(organisation(servers=current())) == "high"
    assert level(organisation()) == "critical"


def test_the_way_of_a_relayed_mail_is_told_stop_by_stop():
    found = next(each for each in said(organisation(), "HYB-042") if each.outcome == "fail")
    because = str(found.because)
    stops = ("Scanner Relay", "→ EX02", "Outbound to Office 365", "Inbound from")
    assert [because.find(each) for each in stops] == sorted(because.find(each) for each in stops)
    assert -1 not in [because.find(each) for each in stops]


def test_no_chain_without_the_cloud_side():
    org = organisation(without=("InboundConnector", "OnPremisesOrganization"))
    outcomes = [each.outcome for each in said(org, "HYB-042")]
    assert "pass" not in outcomes


def test_a_root_that_is_open_names_the_group_and_the_entry():
    found = next(each for each in said(organisation(), "HYB-070") if each.outcome == "fail")
    assert str(found.because) == (
        f"Exchange Windows Permissions may change the access list of {DOMAIN} itself: every server in it "
        "can make anyone an administrator of the domain."
    )
    assert "WriteDacl" in found.bases[0].value


def test_a_member_that_is_no_server_is_told_once_all_servers_are_known():
    old = next(each for each in said(organisation(), "HYB-072") if "EX-OLD" in each.subject)
    assert old.outcome == "fail"
    unlisted = tuple(msgspec.structs.replace(each, seen_by=("mail",)) for each in SERVERS)
    old = next(
        each for each in said(organisation(servers=unlisted), "HYB-072") if "EX-OLD" in each.subject
    )
    assert (old.outcome, old.missing) == ("unknown", ("Get-ExchangeServer",))


def test_a_disabled_account_is_a_low_finding():
    group = thing(
        "DirectoryGroup",
        "directory",
        "Exchange Trusted Subsystem",
        Name="Exchange Trusted Subsystem",
        WellKnown="ETS",
        Members=[{"Name": "EX-OLD$", "ObjectClass": "computer", "Sid": "S-1-5-21-1-2-3-9"}],
    )
    computer = thing("DirectoryComputer", "directory", "EX-OLD", Name="EX-OLD", Enabled=False)
    org = organisation(
        parts=(), extra=(group, computer, asked("ExchangeServer", "on-premises")), flows=()
    )
    (found,) = said(org, "HYB-072")
    assert (found.outcome, found.level) == ("fail", "low")


def test_extended_protection_names_the_server_and_what_it_should_be():
    directory = thing(
        "VirtualDirectory",
        "on-premises",
        "ecp (Default Web Site)",
        "EX03",
        Service="ECP",
        ExtendedProtectionTokenChecking="None",
    )
    org = organisation(parts=(), extra=(directory,), flows=())
    (found,) = said(org, "HYB-074")
    assert found.subject == "EX03\\ecp (Default Web Site)"
    assert "before it gets the updates of August 2022" in str(found.because), (
        "2016 CU23 of April 2022"
    )


@pytest.mark.parametrize("lab", ["E19", "E16"])
def test_a_real_domain_as_setup_leaves_it_today(shared: Path, lab: str):
    """Both labs are patched: the root is closed, AdminSDHolder too, users are in reach."""
    folder = shared / "samples" / "hybrid" / "clixml-css-exchange"
    names = ("GetExchangeDomainsAclPermissions.xml", "GetExchangeWellKnownSecurityGroups.xml")
    read = evidence(*(folder / lab / name for name in names))
    org = organisation(parts=(), extra=tuple(read), servers=(), flows=())
    outcomes = {c: said(org, c)[0].outcome for c in ("HYB-070", "HYB-071", "HYB-073")}
    if lab == "E19":
        assert outcomes == {"HYB-070": "pass", "HYB-071": "fail", "HYB-073": "pass"}
    else:
        # The groups of this lab were not exported, so nobody can say whose SIDs these are.
        assert outcomes == dict.fromkeys(outcomes, "unknown")


def test_a_real_receive_connector_gives_a_stranger_the_clouds_rights(shared: Path):
    folder = shared / "samples" / "hybrid" / "clixml-css-exchange" / "E19"
    read = evidence(folder / "GetReceiveConnector.xml")
    org = organisation(parts=(), extra=tuple(read), servers=(), flows=())
    failed = [each for each in said(org, "HYB-043") if each.outcome == "fail"]
    assert [each.subject for each in failed] == ["Default Frontend WIN-CTD3L0RGEN4"]
    assert "fabrikam.com" in str(failed[0].because)
