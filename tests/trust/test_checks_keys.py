"""Keys, apps and what is left of a hybrid: what the checks say, and how grave it is."""

from datetime import date
from typing import Any

import msgspec
import pytest
from contoso import AUTH_THUMBPRINT, FIRST_PARTY, ORG, asked, key_credential, thing
from organisation import EDGE, SERVERS, Organisation, organisation

from tocsin.analyse.trust.judging import judged
from tocsin.knowledge.checks import checks
from tocsin.model.evidence import Evidence
from tocsin.model.trusts import CheckResult


def said(org: Organisation, check: str) -> list[CheckResult]:
    return judged(org.situation(drawn=False), (checks()[check],))


def one(org: Organisation, check: str) -> CheckResult:
    (found,) = said(org, check)
    return found


def bare(*evidence: Evidence, servers=(), today: date = date(2026, 11, 20)) -> Organisation:
    return organisation(parts=(), extra=evidence, servers=servers, flows=(), today=today)


def principal(*keys: dict[str, Any]) -> Evidence:
    return thing(
        "ServicePrincipal",
        "entra",
        "Office 365 Exchange Online",
        appId=FIRST_PARTY,
        displayName="Office 365 Exchange Online",
        keyCredentials=list(keys),
        passwordCredentials=[],
    )


def config(current: str = AUTH_THUMBPRINT, **more: Any) -> Evidence:
    told = {"PreviousCertificateThumbprint": "", "NextCertificateThumbprint": "", **more}
    return thing("AuthConfig", "on-premises", "Auth", CurrentCertificateThumbprint=current, **told)


def test_keys_on_the_shared_principal_say_how_many_and_until_when():
    found = one(organisation(), "HYB-050")
    assert (found.outcome, found.level) == ("fail", "critical")
    assert str(found.because) == (
        "Keys of the organisation lie on Office 365 Exchange Online: 2, the last good until 2027-06-01. "
        "Whoever holds the private part of one signs tokens in the name of Exchange Online itself."
    )
    assert set(found.servers) == {each.id for each in SERVERS}


def test_keys_that_have_all_run_out_are_less_grave_and_still_told():
    found = one(bare(principal(key_credential("A1" * 20, "2024-05-01T00:00:00Z"))), "HYB-050")
    assert (found.outcome, found.level) == ("fail", "medium")
    assert "all have run out" in str(found.because)


@pytest.mark.parametrize(
    ("until", "level"), [("2029-01-01T00:00:00Z", "critical"), ("2025-01-01T00:00:00Z", "high")]
)
def test_a_strangers_key_is_told_also_when_it_has_run_out(until: str, level: str):
    org = bare(
        principal(key_credential("E5" * 20, until)),
        config(),
        asked("ExchangeCertificate", "on-premises"),
    )
    found = one(org, "HYB-051")
    assert (found.outcome, found.level) == ("fail", level)
    assert "E5" * 20 in found.subject


def test_a_key_is_not_called_a_strangers_while_certificates_are_unread():
    found = one(bare(principal(key_credential("E5" * 20)), config()), "HYB-051")
    assert found.outcome == "unknown"
    assert found.missing == ("Get-ExchangeCertificate",)


def test_the_dedicated_app_is_asked_in_both_halves():
    assert one(organisation(), "HYB-052").outcome == "pass"
    half = one(organisation(without=("AuthServer.ApplicationIdentifier",)), "HYB-052")
    assert half.outcome == "unknown"
    assert half.missing == ("Get-AuthServer: ApplicationIdentifier",)


@pytest.mark.parametrize(
    ("parameters", "scope", "words"),
    [
        (["Enabled=false"], {}, "is not switched on"),
        (["Enabled=true"], {"Server": ["EX01"]}, "for some servers or versions only (Server EX01)"),
        (["Enabled=true"], {"MinVersion": "15.2.1748.24"}, "MinVersion 15.2.1748.24"),
    ],
)
def test_an_override_must_be_on_and_for_all(parameters: list[str], scope: dict, words: str):
    override = thing(
        "SettingOverride",
        "on-premises",
        "App",
        ComponentName="Global",
        SectionName="ExchangeOnpremAsThirdPartyAppId",
        Parameters=parameters,
        **scope,
    )
    found = one(organisation(without=("SettingOverride",), extra=(override,)), "HYB-052")
    assert found.outcome == "fail"
    assert words in str(found.because)


def test_mail_alone_needs_no_app():
    hybrid = thing("HybridConfiguration", "on-premises", "Hybrid", Features=["SecureMail"])
    org = organisation(
        without=("HybridConfiguration", "SettingOverride", "AuthServer"), extra=(hybrid,)
    )
    found = one(org, "HYB-052")
    assert (found.outcome, str(found.because)) == (
        "pass",
        "No feature that needs the app is in use (SecureMail).",
    )


def test_the_holders_of_the_key_are_told_each_once_and_edge_never():
    found = {each.subject: each for each in said(organisation(servers=(*SERVERS, EDGE)), "HYB-054")}
    assert {name: each.outcome for name, each in found.items()} == {
        "EX01.contoso.example": "pass",
        "EX02.contoso.example": "fail",
        "EX03.contoso.example": "fail",
        "EX04.contoso.example": "unknown",
    }
    assert found["EX04.contoso.example"].missing == ("Get-Command ExSetup.exe",)


def test_a_server_that_lacks_updates_is_told_how_sure_it_is_that_it_holds_the_key():
    behind = tuple(each for each in SERVERS if each.id == "ex03.contoso.example")
    weak = tuple(msgspec.structs.replace(each, weakness="behind") for each in behind)
    org = bare(principal(key_credential(AUTH_THUMBPRINT)), config(), servers=weak)
    assert "as every mailbox server does, and no export says otherwise" in str(
        one(org, "HYB-054").because
    )


@pytest.mark.parametrize(
    ("today", "outcome", "words"),
    [
        (date(2027, 6, 1), "fail", "runs out on 2027-06-01, and none is named to follow it"),
        (date(2027, 6, 2), "fail", "ran out on 2027-06-01"),
        (date(2027, 3, 1), "pass", "holds until 2027-06-01"),
    ],
)
def test_the_day_decides_about_the_auth_certificate(today: date, outcome: str, words: str):
    org = bare(config(), principal(key_credential(AUTH_THUMBPRINT)), today=today)
    found = next(each for each in said(org, "HYB-055") if each.subject == "current certificate")
    assert (found.outcome, words in str(found.because)) == (outcome, True)


def test_a_partner_who_sees_calendars_is_a_low_finding():
    partner = thing(
        "OrganizationRelationship",
        "on-premises",
        "Fabrikam",
        Enabled=True,
        DomainNames=["fabrikam.example"],
        MailboxMoveEnabled=False,
        ArchiveAccessEnabled=False,
        FreeBusyAccessEnabled=True,
        FreeBusyAccessLevel="LimitedDetails",
    )
    found = next(
        each
        for each in said(organisation(extra=(partner,)), "HYB-057")
        if each.subject == "Fabrikam"
    )
    assert (found.outcome, found.level) == ("fail", "low")


def test_a_tenants_domain_is_not_called_foreign_before_the_clouds_list_was_read():
    org = organisation(without=("AcceptedDomain", "SendConnector"))
    outcomes = {each.outcome for each in said(org, "HYB-057")}
    assert outcomes == {"unknown"}


def test_a_hidden_server_that_the_cloud_calls_is_graver_where_it_is_weak():
    endpoint = thing(
        "MigrationEndpoint",
        "exchange-online",
        "Moves",
        EndpointType="ExchangeRemoteMove",
        RemoteServer="ex03.contoso.example",
    )
    found = next(
        each
        for each in said(organisation(extra=(endpoint,)), "HYB-058")
        if each.subject == "ex03.contoso.example"
    )
    assert (found.outcome, found.level, found.raised) == ("fail", "critical", True)


def test_microsofts_own_hosts_are_no_servers_of_ours():
    hosts = {each.subject for each in said(organisation(), "HYB-058")}
    assert hosts == {"mail.contoso.example"}


def test_the_door_for_moves_waits_for_somebody_to_ask_for_migrations():
    before = [each.outcome for each in said(organisation(), "HYB-059")]
    assert "fail" not in before
    org = organisation(extra=(asked("MigrationBatch", "exchange-online"),))
    after = {each.subject: each.outcome for each in said(org, "HYB-059")}
    assert after["EX01\\EWS (Default Web Site)"] == "fail"
    assert after["EX02\\EWS (Default Web Site)"] == "pass"


def test_what_is_left_of_a_hybrid_is_told_piece_by_piece():
    org = organisation(
        parts=("exchange-online", "entra"),
        servers=(),
        extra=(asked("ExchangeServer", "on-premises"),),
    )
    left = {each.subject for each in said(org, "HYB-060") if each.outcome == "fail"}
    assert {f"Inbound from {ORG}", f"HybridIOC - {ORG}", "Office 365 Exchange Online"} <= left


def test_nothing_is_an_orphan_while_one_side_is_unread():
    outcomes = {
        each.outcome for each in said(organisation(parts=("entra",), servers=()), "HYB-060")
    }
    assert outcomes == {"unknown"}


def test_what_checks_say_does_not_depend_on_the_order_of_evidence():
    every = tuple(checks().values())
    org = organisation()
    back = organisation(
        parts=(), extra=tuple(reversed(org.evidence)), servers=tuple(reversed(org.servers))
    )

    def told(found: Organisation) -> set[tuple]:
        return {
            (r.check, r.subject, r.outcome, r.level, str(r.because), r.servers, frozenset(r.bases))
            for r in judged(found.situation(), every)
        }

    assert told(org) == told(back)
