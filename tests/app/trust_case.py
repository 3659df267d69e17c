"""A small hybrid organisation as the export scripts write it: EX01 up to date, EX02 and EX03 old."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from tocsin.knowledge import load

THUMBPRINT = "B2" * 20
CONNECTOR = "Inbound from 6f0d1a3e"


def export(folder: Path, cmdlet: str, side: str, items: list[dict], server: str = "") -> None:
    text = {
        "tocsin": "export", "version": 1, "cmdlet": cmdlet, "side": side, "server": server,
        "time": "2026-11-20T10:00:00Z", "error": None, "items": items,
    }  # fmt: skip
    name = "-".join(filter(None, (cmdlet.split(maxsplit=1)[0] + cmdlet[-3:], side, server)))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.json").write_text(json.dumps(text))


def newest() -> str:
    """The build of a server that lacks nothing that is known."""
    return str(max(each.build for each in load().product_releases("SE")))


def written(folder: Path, *, old: str = "15.02.1544.004", by_address: bool = True) -> Path:
    """The exports. old: the build of EX02 and EX03. by_address: a connector trusts an address alone."""
    builds = {"EX01": newest(), "EX02": old, "EX03": old}
    for host, version in builds.items():
        full = f"{host}.contoso.example"
        setup = {"FileName": "C:\\ExSetup.exe", "FileVersion": version}
        export(folder, "Get-Command ExSetup.exe", "on-premises", [setup], full)
        certificate = {
            "Thumbprint": THUMBPRINT, "Subject": "CN=Microsoft Exchange Server Auth Certificate",
            "Issuer": "CN=Microsoft Exchange Server Auth Certificate", "CertificateDomains": [],
            "Services": ["SMTP"], "HasPrivateKey": host != "EX01", "PrivateKeyExportable": True,
            "NotAfter": "2028-06-01T00:00:00Z", "IsSelfSigned": True,
        }  # fmt: skip
        export(folder, "Get-ExchangeCertificate", "on-premises", [certificate], full)
    export(
        folder, "Get-AuthConfig", "on-premises",
        [{"Name": "Auth Configuration", "CurrentCertificateThumbprint": THUMBPRINT,
          "PreviousCertificateThumbprint": "", "NextCertificateThumbprint": "", "Realm": ""}],
    )  # fmt: skip
    connectors = [
        {"Name": CONNECTOR, "Enabled": True, "ConnectorType": "OnPremises",
         "TlsSenderCertificateName": "mail.contoso.example", "SenderIPAddresses": [],
         "CloudServicesMailEnabled": True, "TreatMessagesAsInternal": False, "RequireTls": True},
    ]  # fmt: skip
    if by_address:
        connectors.append(
            {**connectors[0], "Name": "Old scanners", "TlsSenderCertificateName": "",
             "SenderIPAddresses": ["192.0.2.25"], "CloudServicesMailEnabled": False}
        )  # fmt: skip
    export(folder, "Get-InboundConnector", "exchange-online", connectors)
    return folder


def today() -> str:
    return f"{datetime.now(UTC):%Y-%m-%d}"
