"""Logs of the Hybrid Configuration Wizard, in the shapes of line that are quoted in public."""

from __future__ import annotations

import io
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.formats import Reading, hybrid_wizard_log, recognise
from tocsin.model.evidence import Evidence, Inquiry, Look, Setting
from tocsin.model.finding import Gap
from tocsin.model.locator import Locator

# The third, fourth and fifth line are as Microsoft's KB 4051381 quotes them; names are invented.
NEW = """\
2026.11.09 06:58:01.102         10000 [Client=UX, Thread=1] Microsoft Office 365 Hybrid Configuration Wizard 17.2.4216.0
2026.11.09 06:58:40.331         10124 [Client=UX, Session=OnPremises, Thread=9] Opening http://EX03.corp.contoso.com/powershell?serializationLevel=Full, UserName=CORP\\exadmin
2026.11.09 07:11:51.552         10276 [Client=UX, Activity=Domain Ownership, Session=OnPremises, Cmdlet=Set-FederatedOrganizationIdentifier, Thread=9] START Set-FederatedOrganizationIdentifier -AccountNamespace 'contoso.com' -DelegationFederationTrust 'Microsoft Federation Gateway' -Enabled: $true -DefaultDomain $null
2026.11.09 07:11:57.693 *ERROR* 10277 [Client=UX, Activity=Domain Ownership, Session=OnPremises, Cmdlet=Set-FederatedOrganizationIdentifier, Thread=9] FINISH Time=6140.9ms Results=PowerShell failed to invoke 'Set-FederatedOrganizationIdentifier': Object reference not set to an instance of an object.
                                      at System.Management.Automation.Runspaces 2026.11.09
2026.11.09 07:11:58.000         10276 [Client=UX, Session=Tenant, Cmdlet=Get-InboundConnector, Thread=8] START Get-InboundConnector
2026.11.09 07:12:00.118         10276 [Client=UX, Session=Tenant, Cmdlet=New-InboundConnector, Thread=8] START New-InboundConnector -Name 'Inbound from 1' -TlsSenderCertificateName '*.contoso.com'
2026.11.09 07:12:31.900 WARNING 10310 [Client=UX, Activity=Tenant Data Retrieval, Thread=11] Coexistence domain NOT Found.
"""

# As quoted in public of the wizard that was part of Exchange 2010 and 2013.
OLD = """\
[12/15/2015 19:16:13]    INFO : Opening runspace to http://ex01.corp.contoso.com/powershell?serializationLevel=Full
[12/15/2015 19:16:20]    INFO : Session=OnPrem Cmdlet=Set-HybridConfiguration START
[12/15/2015 19:16:21]    INFO : Session=Tenant Cmdlet=Get-AcceptedDomain START
[12/15/2015 19:17:01]    INFO : Session=OnPrem Cmdlet=Update-EmailAddressPolicy FINISH Time=48061.8472ms
[12/15/2015 19:17:01]   ERROR : Subtask Configure execution failed: Configure Recipient Settings
"""


def read(text: str, encoding: str = "utf-8") -> list[Evidence | Gap]:
    data = text.encode(encoding)
    return list(hybrid_wizard_log.read(io.BytesIO(data), Locator(source="x.log"), Reading()))


def run(text: str, encoding: str = "utf-8") -> Setting:
    (found,) = [
        each.body
        for each in read(text, encoding)
        if isinstance(each, Evidence) and isinstance(each.body, Setting)
    ]
    return found


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("text", [NEW, OLD])
def test_recognised_in_both_generations(text: str, encoding: str):
    found = recognise(text.encode(encoding)[:8192])
    assert found is not None
    assert found.name == "hybrid-wizard-log"


@pytest.mark.parametrize(
    "head",
    [
        b"[12/15/2015 19:17:01]    INFO : service started\n",
        b"2026.11.09 06:58:01.102 10000 something [else]\n",
        b"#Fields: date time\n2026-11-09 07:12:00 10.0.0.1 GET /\n",
    ],
)
def test_other_logs_are_not_taken(head: bytes):
    assert hybrid_wizard_log.recognise(head) == 0


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_run_says_when_from_where_and_what_it_changed(encoding: str):
    found = run(NEW, encoding)
    assert found.properties == {
        "Set": ["Set-FederatedOrganizationIdentifier", "New-InboundConnector"],
        "Failed": ["Set-FederatedOrganizationIdentifier"],
        "Started": "2026-11-09T06:58:01Z",
        "Time": "2026-11-09T07:12:31Z",
        "Version": "17.2.4216.0",
        "Server": "EX03.corp.contoso.com",
        "Account": "CORP\\exadmin",
    }
    assert (found.kind, found.side) == ("HybridWizardRun", "on-premises")


def test_the_older_wizard():
    found = run(OLD).properties
    assert found["Set"] == ["Set-HybridConfiguration", "Update-EmailAddressPolicy"]
    assert (found["Started"], found["Time"]) == ("2015-12-15T19:16:13Z", "2015-12-15T19:17:01Z")
    assert found["Server"] == "ex01.corp.contoso.com"
    assert "Account" not in found
    assert "Version" not in found


def test_the_clouds_address_is_no_server_of_ours():
    line = (
        "2026.11.09 06:58:40.331 10124 [Client=UX, Thread=9] "
        "Opening https://outlook.office365.com/powershell-liveid\n"
    )
    assert "Server" not in run(line).properties


def test_an_inquiry_and_a_look_end_it():
    *_, inquiry, look = [each.body for each in read(NEW) if isinstance(each, Evidence)]
    assert inquiry == Inquiry(kind="HybridWizardRun", side="on-premises", found=1)
    assert look == Look(seen_by="log", records=7)


def test_a_file_without_a_line_of_it_says_so():
    gap, inquiry, look = read("nothing\n")
    assert isinstance(gap, Gap)
    assert isinstance(inquiry, Evidence)
    assert isinstance(look, Evidence)


def test_more_commands_than_are_kept_are_counted(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(hybrid_wizard_log, "COMMANDS_LIMIT", 1)
    assert run(NEW).properties["Set"] == ["Set-FederatedOrganizationIdentifier"]
    (gap,) = [each for each in read(NEW) if isinstance(each, Gap)]
    assert gap.kind == "limit"


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=200), st.integers(0, len(NEW)))
def test_any_text_is_survived(text: str, at: int):
    for each in (text, NEW[:at] + text + NEW[at:]):
        hybrid_wizard_log.recognise(each.encode("utf-8", "replace"))
        list(read(each.encode("utf-8", "replace").decode()))


@pytest.mark.parametrize(
    "piece",
    ["[Client=", "Version ", "User=a", "https://a", "Cmdlet=A", "a.", "Hybrid 1", "\\", " "],
)
def test_long_hostile_lines_end_soon(piece: str):
    line = "2026.11.09 06:58:01.102 10000 [Client=UX] " + piece * (1024 * 1024 // len(piece))
    began = time.monotonic()
    read(line + "\n" + piece * 300_000)
    assert time.monotonic() - began < 5
