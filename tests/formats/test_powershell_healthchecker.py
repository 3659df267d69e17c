"""healthchecker: results of every generation of Microsoft's script.

Shapes: microsoft/CSS-Exchange, `Diagnostics/HealthChecker` (`Helpers/Class.ps1`,
`Features/Get-HealthCheckerDataObject.ps1`, `Features/Invoke-VulnerabilityReport.ps1`) and the
script's releases of 2017 to 2020. The names and numbers here are invented.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from powershell_reading import read, version
from powershell_writing import TEXT, TYPES, clixml

DN = (
    "CN=EX01,CN=Servers,CN=Exchange Administrative Group (FYDIBOHF23SPDLT),"
    "CN=Administrative Groups,CN=Contoso,CN=Microsoft Exchange,CN=Services,CN=Configuration,"
    "DC=contoso,DC=com"
)
SERVER = {
    TYPES: ["Deserialized.Microsoft.Exchange.Data.Directory.Management.ExchangeServer"],
    TEXT: "EX01",
    "Name": "EX01",
    "Fqdn": "EX01.contoso.com",
    "DistinguishedName": DN,
    "AdminDisplayVersion": "Version 15.2 (Build 1544.4)",
    "ServerRole": "Mailbox",
}
EXSETUP = {
    TYPES: ["System.Diagnostics.FileVersionInfo"],
    "FileName": "C:\\Exchange\\bin\\ExSetup.exe",
    "FileVersion": "15.02.1544.009",
}
CONNECTOR = {
    TYPES: ["Microsoft.Exchange.Data.Directory.SystemConfiguration.SmtpSendConnectorConfig"],
    "Name": "Outbound",
    "SourceTransportServers": ["EX01", "EX02"],
}


def result(**build: object) -> dict[str, object]:
    return {
        TYPES: ["HealthChecker.HealthCheckerExchangeServer"],
        "GenerationTime": "2024-05-14T10:11:12.1234567+02:00",
        "HealthCheckerVersion": "24.05.07.1712",
        "ServerName": "EX01.contoso.com",
        "OrganizationInformation": {"GetSendConnector": [CONNECTOR]},
        "OSInformation": {
            "NetworkInformation": {
                "NetworkAdapters": [
                    {
                        "IPv4Addresses": [{"Address": "192.0.2.10"}],
                        "IPv6Addresses": [{"Address": "fe80::1%5"}, {"Address": "2001:db8::10"}],
                    }
                ]
            }
        },
        "ExchangeInformation": {"BuildInformation": build, "GetExchangeServer": SERVER},
    }


def analysed(inner: dict[str, object]) -> dict[str, object]:
    return {
        TYPES: ["HealthChecker.AnalyzedInformation"],
        "HealthCheckerExchangeServer": inner,
        "HtmlServerValues": {"OverviewValues": []},
        "DisplayResults": {},
    }


def own(data: bytes):
    found = read(data)
    assert found.format == "healthchecker"
    first = found.evidence[0]
    return found, first, found.hosts[0]


def test_current_result_gives_the_exact_build_and_when_it_was_seen():
    found, first, host = own(clixml(analysed(result(ExchangeSetup=EXSETUP, CU="CU14"))))
    assert host.names == ("EX01.contoso.com", "EX01")
    assert version(host) == ("15.2.1544.9", "update")
    assert first.seen == datetime(2024, 5, 14, 8, 11, 12, 123456, tzinfo=UTC)
    assert host.organisation == "Contoso"
    assert host.addresses == ("192.0.2.10", "2001:db8::10")
    assert host.facts["HealthCheckerVersion"] == "24.05.07.1712"
    assert "EX02" in found.names
    assert all(each.seen == first.seen for each in found.evidence)


def test_result_without_the_printed_part_is_read_alike():
    _, _, host = own(clixml(result(ExchangeSetup=EXSETUP)))
    assert version(host) == ("15.2.1544.9", "update")


def test_where_exsetup_was_not_reached_only_the_cumulative_update_is_told():
    fallback = EXSETUP | {"FileVersion": "15.2.1544.4", "FailedGetExSetup": True}
    _, _, host = own(clixml(analysed(result(ExchangeSetup=fallback))))
    assert version(host) == ("15.2.1544.4", "cu")


def test_results_of_2020_state_the_build_as_text():
    _, _, host = own(clixml(analysed(result(BuildNumber="15.1.1913.5", ExchangeSetup=None))))
    assert version(host) == ("15.1.1913.5", "cu")


def test_results_of_2017_have_other_names():
    old = {
        TYPES: ["HealthChecker.HealthExchangeServerObject"],
        "ServerName": "EX01",
        "HardwareInfo": {},
        "ExchangeInformation": {
            "ExchangeFriendlyName": "Exchange 2016 CU4",
            "ExchangeBuildNumber": "15.1.669.32",
            "ExchangeServerObject": SERVER | {"AdminDisplayVersion": "Version 15.1 (Build 669.32)"},
        },
    }
    found, first, host = own(clixml(old))
    assert "EX01" in host.names
    assert version(host) == ("15.1.669.32", "cu")
    assert first.seen is None
    assert found.look.records == 1


def test_a_result_cut_when_it_was_saved_keeps_the_name_and_tells_the_loss():
    cut = {
        "HealthCheckerExchangeServer": {
            "ServerName": "EX01.contoso.com",
            "HealthCheckerVersion": "24.05.07.1712",
            "ExchangeInformation": "@{BuildInformation=; GetExchangeServer=EX01}",
        },
        "HtmlServerValues": "x",
    }
    found, _, host = own(clixml(cut))
    assert (host.names, host.version) == (("EX01.contoso.com",), None)
    assert [gap.kind for gap in found.gaps] == ["not-collected"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_vulnerability_report_is_exact_where_the_server_was_reached(encoding: str):
    report = {
        "VersionReport": "26.02.11.1712",
        "ReportDate": "02/11/2026 18:04:11",
        "Organization": "CN=Contoso,CN=Microsoft Exchange,CN=Services,CN=Configuration,DC=contoso",
        "Servers": [
            {
                "Name": "EX01.contoso.com",
                "BuildVersion": "15.2.1748.36",
                "HasVulnerability": True,
                "Vulnerabilities": ["CVE-2021-1730", "CVE-2024-49040"],
                "Online": True,
            },
            {
                "Name": "EX02",
                "BuildVersion": "15.1.2507.6",
                "HasVulnerability": "Unknown",
                "Vulnerabilities": [],
                "Online": False,
            },
        ],
    }
    found, first, _ = own(json.dumps(report, indent=2).encode(encoding))
    assert [(host.names, version(host)) for host in found.hosts] == [
        (("EX01.contoso.com",), ("15.2.1748.36", "update")),
        (("EX02",), ("15.1.2507.6", "cu")),
    ]
    assert found.hosts[0].facts["Vulnerabilities"] == "CVE-2021-1730, CVE-2024-49040"
    assert found.hosts[0].organisation == "Contoso"
    # February 11 or November 2, and in no zone: not a time.
    assert first.seen is None
    assert first.at.position == "record 1, server 1"
