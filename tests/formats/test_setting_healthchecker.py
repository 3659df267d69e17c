"""Exchange's own objects inside HealthChecker's result, which keeps their types.

Names of members: microsoft/CSS-Exchange, Diagnostics/HealthChecker; no whole result is public.
"""

from __future__ import annotations

from powershell_reading import read
from powershell_writing import TEXT, TYPES, clixml
from setting_reading import item, one, value

DATA = "Microsoft.Exchange.Data.Directory"
DN = (
    "CN=Relay,CN=SMTP Receive Connectors,CN=Protocols,CN=EX01,CN=Servers,CN=Group,"
    "CN=Administrative Groups,CN=Contoso,CN=Microsoft Exchange,CN=Services,CN=Configuration,DC=x"
)
RELAY = {
    TYPES: [f"{DATA}.SystemConfiguration.ReceiveConnector"],
    "Name": "Relay",
    "DistinguishedName": DN,
    "AuthMechanism": {TYPES: [f"{DATA}.AuthMechanisms", "System.Enum"], TEXT: "Tls"},
    "AuthenticationCredential": "geheim",
}
RESULT = {
    TYPES: ["HealthChecker.HealthCheckerExchangeServer"],
    "ServerName": "EX01",
    "ExchangeInformation": {
        "BuildInformation": {"ExchangeSetup": {"FileVersion": "15.02.1544.025"}},
        "GetReceiveConnector": [RELAY],
        "VirtualDirectories": {
            "GetOwaVirtualDirectory": [
                {
                    TYPES: [f"{DATA}.SystemConfiguration.ADOwaVirtualDirectory"],
                    "Name": "owa (Default Web Site)",
                    "Server": "EX01",
                    "ExtendedProtectionTokenChecking": "None",
                }
            ]
        },
        # What HealthChecker made itself has no type of Exchange's.
        "ExchangeEmergencyMitigationServiceResult": {"Identity": "x", "MetabasePath": "y"},
    },
    "OrganizationInformation": {
        "GetOrganizationConfig": {
            TYPES: [f"{DATA}.Management.OrganizationConfig"],
            "Name": "Contoso",
            "DistinguishedName": "CN=Contoso,CN=Microsoft Exchange,CN=Services,CN=Configuration,DC=x",
        }
    },
}


def test_exchange_s_own_objects_in_a_result_are_settings_too():
    found = read(clixml(RESULT))
    assert found.format == "healthchecker"
    relay = one(found.settings, "ReceiveConnector", "Relay")
    assert (relay.side, relay.server) == ("on-premises", "EX01")
    assert value(relay, "AuthMechanism") == ["Tls"]
    assert "geheim" not in str(relay)
    directory = one(found.settings, "VirtualDirectory")
    assert (value(directory, "Service"), directory.server) == ("OWA", "EX01")
    organisation = one(found.settings, "OrganizationConfig", "Contoso")
    assert organisation.side == "on-premises"
    assert not item(organisation).ask("RejectDirectSend").known
    assert len(found.settings) == 3
    assert "EX01" in found.names
