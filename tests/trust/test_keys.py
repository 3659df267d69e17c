"""Which certificate is what, and who holds its key, for all that was read."""

import pytest
from situating import situation

from tocsin.analyse.trust.keys import certificates, designated, holders
from tocsin.analyse.trust.names import certificate_identifier, name_matches, thumbprint
from tocsin.analyse.trust.principals import principals
from tocsin.knowledge.checks import Example, ExampleServer, ExampleSetting

OLD, NEW = "A1" * 20, "B2" * 20
EX1, EX2 = ExampleServer(name="EX01"), ExampleServer(name="EX02")
EDGE = ExampleServer(name="EDGE1", edge=True)


def setting(kind: str, side: str = "on-premises", server: str = "", **properties) -> ExampleSetting:
    return ExampleSetting(kind=kind, side=side, server=server, properties=properties)


def exported(server: str, thumb: str, **more) -> ExampleSetting:
    properties = {"Thumbprint": thumb, **more}
    return setting("ExchangeCertificate", server=server, **properties)


def seen(*settings: ExampleSetting, servers=(EX1, EX2), asked=()):
    return situation(
        Example(expect="pass", why="", settings=settings, servers=servers, asked=asked)
    )


def how(found, number: int = 0) -> dict[str, str]:
    return {each.server.name: each.how for each in holders(found, certificates(found)[number])}


@pytest.mark.parametrize(
    ("wanted", "offered", "answer"),
    [
        ("mail.contoso.com", "MAIL.contoso.com", True),
        ("*.contoso.com", "mail.contoso.com", True),
        ("*.contoso.com", "*.contoso.com", True),
        ("mail.contoso.com", "*.contoso.com", True),
        ("mail.eu.contoso.com", "*.contoso.com", False),
        ("*.contoso.com", "notcontoso.com", False),
        ("*.contoso.com", "contoso.com", False),
        ("mail.contoso.com", "mail.fabrikam.com", False),
        ("", "mail.contoso.com", False),
    ],
)
def test_a_connector_takes_a_name(wanted: str, offered: str, *, answer: bool):
    assert name_matches(wanted, offered) is answer


def test_an_identifier_of_exchange_is_read_in_its_three_forms():
    text = "<I>CN=DigiCert CA, O=DigiCert Inc<S>CN=mail.contoso.com, O=Contoso"
    assert certificate_identifier(text) == (
        "CN=DigiCert CA, O=DigiCert Inc",
        "CN=mail.contoso.com, O=Contoso",
        "mail.contoso.com",
    )
    parts = {"CertificateIssuer": "CN=CA", "CertificateSubject": "CN=mail.contoso.com"}
    assert certificate_identifier(parts) == ("CN=CA", "CN=mail.contoso.com", "mail.contoso.com")
    assert certificate_identifier("mail.contoso.com") == ("", "", "")


def test_a_thumbprint_is_the_same_in_any_dress():
    hexed = "C3EDCF18AA0B6F3DD5BB4B16F4C2FE6A3E0B1F22"
    assert thumbprint(hexed.lower()) == hexed
    assert thumbprint("c3:ed:cf:18:aa:0b:6f:3d:d5:bb:4b:16:f4:c2:fe:6a:3e:0b:1f:22") == hexed
    assert thumbprint("w+3PGKoLbz3Vu0sW9ML+aj4LHyI=") == hexed
    assert thumbprint("Exchange Hybrid Cert") == ""


def test_every_server_holds_the_auth_certificate_by_design_but_edge():
    found = seen(setting("AuthConfig", CurrentCertificateThumbprint=OLD), servers=(EX1, EX2, EDGE))
    assert how(found) == {"EX01": "by-design", "EX02": "by-design", "EDGE1": "unknown"}


def test_an_export_of_a_server_decides_about_that_server_only():
    found = seen(
        setting("AuthConfig", CurrentCertificateThumbprint=OLD.lower()),
        exported("EX01", OLD, HasPrivateKey=True),
    )
    assert how(found) == {"EX01": "exported", "EX02": "by-design"}


def test_a_certificate_without_its_key_is_not_held():
    found = seen(
        setting("AuthConfig", CurrentCertificateThumbprint=OLD),
        exported("EX01", OLD, HasPrivateKey=False),
    )
    assert how(found)["EX01"] == "absent"


def test_a_full_export_without_the_certificate_says_that_it_is_absent():
    settings = (
        setting("AuthConfig", CurrentCertificateThumbprint=OLD),
        exported("EX01", NEW, HasPrivateKey=True),
    )
    assert how(seen(*settings))["EX01"] == "by-design", "one certificate may be all that was asked"
    full = seen(*settings, asked=("ExchangeCertificate@on-premises",))
    assert how(full)["EX01"] == "absent"
    assert how(full)["EX02"] == "by-design", "nobody asked EX02"


def test_the_name_a_connector_asks_for_is_a_certificate_that_servers_hold():
    found = seen(
        ExampleSetting(
            kind="InboundConnector",
            side="exchange-online",
            properties={
                "Enabled": True,
                "ConnectorType": "OnPremises",
                "TlsSenderCertificateName": "*.contoso.com",
            },
        )
    )
    (only,) = certificates(found)
    assert only.uses == {"transport"}
    assert only.name == "*.contoso.com"
    assert how(found) == {"EX01": "by-design", "EX02": "by-design"}


def test_a_send_connector_and_an_export_mean_the_same_certificate():
    found = seen(
        setting(
            "SendConnector",
            Enabled=True,
            AddressSpaces=["smtp:contoso.mail.onmicrosoft.com;1"],
            TlsCertificateName="<I>CN=CA,O=DigiCert Inc<S>CN=mail.contoso.com",
        ),
        exported(
            "EX01",
            NEW,
            Subject="CN=mail.contoso.com",
            Issuer="CN=CA, O=DigiCert Inc",
            HasPrivateKey=True,
        ),
    )
    (only,) = certificates(found)
    assert (only.thumbprint, only.uses) == (NEW, {"transport"})


def test_keys_on_a_principal_are_read_in_any_case_of_their_names():
    key = {"CustomKeyIdentifier": OLD, "KeyId": "k1", "EndDateTime": "2027-01-01T00:00:00Z"}
    first = setting(
        "ServicePrincipal",
        "entra",
        AppId="00000002-0000-0ff1-ce00-000000000000",
        KeyCredentials=[key],
    )
    (only,) = principals(seen(first))
    assert (only.kind, only.keys_known, only.keys[0].thumbprint) == ("first-party", True, OLD)
    assert how(seen(first)) == {"EX01": "by-design", "EX02": "by-design"}
    apart = seen(first, setting("AuthConfig", CurrentCertificateThumbprint=NEW))
    assert how(apart) == {"EX01": "unknown", "EX02": "unknown"}


def test_keys_that_were_not_asked_for_are_not_an_empty_list():
    bare = {"appId": "00000002-0000-0ff1-ce00-000000000000"}
    assert not principals(seen(setting("ServicePrincipal", "entra", **bare)))[0].keys_known
    empty = setting("ServicePrincipal", "entra", **bare, keyCredentials=[])
    assert principals(seen(empty))[0].keys_known


def test_the_servers_of_hybrid_mail_are_found_by_their_directory_paths():
    hybrid = setting(
        "HybridConfiguration", SendingTransportServers=["contoso.com/Configuration/EX02"]
    )
    assert designated(seen(hybrid)) == {"ex02"}
    assert designated(seen()) is None
