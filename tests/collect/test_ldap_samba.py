"""The directory collector against a real Samba Active Directory domain controller."""

from __future__ import annotations

import hashlib
import socket
import ssl
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path

import msgspec
import pytest

from tocsin.collect.directory_port import _entry
from tocsin.collect.ldap import (
    PASSWORD_FILE_VARIABLE,
    PASSWORD_VARIABLE,
    DirectorySettings,
    Secret,
    _Reading,
    fault,
    find_password,
    read_directory,
)
from tocsin.formats.syntax.directory_objects import Entry
from tocsin.model.evidence import Evidence, Host, Inquiry, Look, Setting
from tocsin.model.finding import Gap
from tocsin.model.locator import Locator

sys.path.insert(0, str(Path(__file__).parent.parent / "samba"))

import samba_domain
from exchange_organisation import ACCEPTED_DOMAINS
from exchange_trusts import GROUPS, MEMBERS, USER_CLASS
from recording_proxy import recording
from samba_domain import HOST, PASSWORD, READER, Domain

NOW = datetime(2026, 11, 25, tzinfo=UTC)
needs_samba = [
    pytest.mark.samba,
    pytest.mark.skipif(bool(samba_domain.missing()), reason=samba_domain.missing() or "present"),
]


@pytest.fixture(scope="session")
def domain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Domain]:
    with samba_domain.serve(tmp_path_factory.mktemp("samba")) as running:
        yield running


def settings(domain: Domain, **changes: object) -> DirectorySettings:
    base = DirectorySettings(
        url=f"ldaps://{domain.address}",
        user=READER,
        password=Secret(PASSWORD),
        ca_file=domain.ca,
        timeout=10,
    )
    return msgspec.structs.replace(base, **changes)


def split(found: list[Evidence | Gap]) -> tuple[list[Host], list[Gap], list[Look]]:
    bodies = [each.body for each in found if isinstance(each, Evidence)]
    return (
        [body for body in bodies if isinstance(body, Host)],
        [each for each in found if isinstance(each, Gap)],
        [body for body in bodies if isinstance(body, Look)],
    )


@pytest.fixture(scope="session")
def everything(domain: Domain) -> list[Evidence | Gap]:
    return list(read_directory(settings(domain, page_size=100), NOW))


def versions(hosts: list[Host]) -> dict[str, tuple[int, int, int, int | None]]:
    return {
        host.names[0]: (
            host.version.major,
            host.version.minor,
            host.version.build,
            host.version.revision,
        )
        for host in hosts
        if host.version is not None
    }


def settings_of(found: list[Evidence | Gap], kind: str) -> dict[str, dict[str, object]]:
    bodies = [each.body for each in found if isinstance(each, Evidence)]
    return {
        each.name: each.properties
        for each in bodies
        if isinstance(each, Setting) and each.kind == kind
    }


def inquiries(found: list[Evidence | Gap]) -> dict[str, tuple[int, str]]:
    bodies = [each.body for each in found if isinstance(each, Evidence)]
    return {each.kind: (each.found, each.fault) for each in bodies if isinstance(each, Inquiry)}


class TestAgainstSamba:
    pytestmark = needs_samba

    def test_every_server_with_its_cumulative_update(self, everything: list[Evidence | Gap]):
        hosts, _, looks = split(everything)
        # exchange-builds.csv: 2013 CU23, 2016 CU23, 2019 CU14.
        assert versions(hosts) == {
            "EX13.corp.test": (15, 0, 1497, 2),
            "EX16.corp.test": (15, 1, 2507, 6),
            "EX19.corp.test": (15, 2, 1544, 4),
        }
        assert {host.organisation for host in hosts if host.version} == {"Contoso"}
        assert len(looks) == 1
        assert looks[0].scope == samba_domain.CONFIGURATION

    def test_the_guid_is_the_one_sambas_own_tool_prints(
        self, domain: Domain, everything: list[Evidence | Gap]
    ):
        (server,) = [host for host in split(everything)[0] if host.version and "EX19" in host.names]
        stored = domain.stored("(&(cn=EX19)(objectClass=msExchExchangeServer))", "objectGUID")
        assert [each.value for each in server.identifiers if each.kind == "guid"] == [stored]

    def test_the_transport_certificate_and_a_broken_one(
        self, domain: Domain, everything: list[Evidence | Gap]
    ):
        der = ssl.PEM_cert_to_DER_cert(domain.certificate.read_text())
        hosts, gaps, _ = split(everything)
        servers = {host.names[1]: host for host in hosts if host.version}
        thumbprints = {each.value for each in servers["EX19"].identifiers}
        assert hashlib.sha1(der).hexdigest() in thumbprints
        assert hashlib.sha256(der).hexdigest() in thumbprints
        (gap,) = [each for each in gaps if "attribute" in each.at.position]
        assert gap.at.position.startswith("CN=EX16,CN=Servers,")
        assert gap.at.position.endswith(", attribute msExchServerInternalTLSCert")

    def test_computers_of_another_domain_are_said_to_be_elsewhere(
        self, everything: list[Evidence | Gap]
    ):
        gaps = [each for each in split(everything)[1] if each.kind == "not-collected"]
        assert [gap.at.position for gap in gaps] == [
            f"CN=EMEA,CN=Partitions,{samba_domain.CONFIGURATION}"
        ]
        assert "OU=emea,DC=corp,DC=test" in str(gaps[0].why)

    def test_what_stands_beside_the_servers(self, everything: list[Evidence | Gap]):
        facts: dict[str, set[str]] = {}
        for host in split(everything)[0]:
            for key, value in host.facts.items():
                facts.setdefault(key, set()).add(value)
        assert facts["msExchExternalHostName of owa (Default Web Site)"] == {
            "https://mail.contoso.com/owa"
        }
        assert facts["msExchSourceBridgeheadServersDN of Outbound to Office 365"] == {
            "EX16",
            "EX19",
        }
        assert facts["msExchCoexistenceTransportServers of Hybrid Configuration"] == {"EX19"}
        assert facts["rangeUpper of ms-Exch-Schema-Version-Pt"] == {"17003"}
        assert facts["objectVersion of Contoso"] == {"16762"}
        assert facts["servicePrincipalName"] == {
            "exchangeMDB/EX16.corp.test, exchangeRFR/EX16.corp.test"
        }

    def test_exchanges_groups_whatever_they_are_called(
        self, domain: Domain, everything: list[Evidence | Gap]
    ):
        groups = settings_of(everything, "DirectoryGroup")
        assert {name: group["WellKnown"] for name, group in groups.items()} == {
            name: short for name, short in GROUPS.values() if short
        }
        for name, group in groups.items():
            escaped = name.replace("(", r"\28").replace(")", r"\29")
            stored = domain.stored(f"(cn={escaped})", "objectSid", samba_domain.DOMAIN)
            assert group["Sid"] == stored
            members = [each["Name"] for each in group["Members"]]
            assert sorted(members) == sorted(each.removesuffix("$") for each in MEMBERS[name])

    def test_computers_of_the_groups_with_those_switched_off_and_no_others(
        self, domain: Domain, everything: list[Evidence | Gap]
    ):
        computers = settings_of(everything, "DirectoryComputer")
        assert set(computers) == {"EX16", "EX-OLD", "EX-DELEGATES"}
        old = computers["EX-OLD"]
        assert old["Enabled"] is False
        assert old["DnsHostName"] == "EX-OLD.corp.test"
        # 132223104000000000 x 100 ns after 1601-01-01: w32tm /ntte says the same.
        assert old["LastLogon"] == "2020-01-01T00:00:00Z"
        assert old["Sid"] == domain.stored("(cn=EX-OLD)", "objectSid", samba_domain.DOMAIN)
        assert old["UnconstrainedDelegation"] is False
        assert computers["EX-DELEGATES"]["UnconstrainedDelegation"] is True
        assert computers["EX16"]["ServicePrincipalNames"] == [
            "exchangeMDB/EX16.corp.test",
            "exchangeRFR/EX16.corp.test",
        ]

    def test_an_entry_that_sambas_own_tool_put_on_the_domain(
        self, domain: Domain, everything: list[Evidence | Gap]
    ):
        rights = settings_of(everything, "AccessControl")
        assert {each["ObjectKind"] for each in rights.values()} == {"domain", "AdminSDHolder"}
        sid = domain.stored("(cn=Exchange Windows Permissions)", "objectSid", samba_domain.DOMAIN)
        mine = [e for e in rights[samba_domain.DOMAIN]["Entries"] if e["Trustee"] == sid]
        # hybrid.md 1.5: no ObjectType, the class in InheritedObjectType, and not inherit-only.
        assert mine == [
            {
                "Type": "allow",
                "Flags": ["CI"],
                "Rights": ["WriteDacl"],
                "ObjectType": "",
                "InheritedObjectType": USER_CLASS,
                "Trustee": sid,
            }
        ]
        holder = rights[f"CN=AdminSDHolder,CN=System,{samba_domain.DOMAIN}"]["Entries"]
        assert [e["Rights"] for e in holder if e["Trustee"] == sid and not e["Flags"]] == [
            ["WriteDacl"]
        ]

    def test_the_rights_are_all_that_sambas_own_tool_prints(
        self, domain: Domain, everything: list[Evidence | Gap]
    ):
        printed = domain.run(
            *("samba-tool", "dsacl", "get", f"--objectdn={samba_domain.DOMAIN}"),
            *("-H", str(domain.database), "-s", str(domain.folder / "dc/etc/smb.conf")),
        )
        dacl = printed[printed.index("D:") :].partition("S:")[0]
        entries = settings_of(everything, "AccessControl")[samba_domain.DOMAIN]["Entries"]
        assert len(entries) == dacl.count("(")

    def test_configuration_under_the_names_of_the_cmdlets(self, everything: list[Evidence | Gap]):
        receive = settings_of(everything, "ReceiveConnector")["Default Frontend EX19"]
        # 31 in AD is what Get-ReceiveConnector prints as these five (hybrid.md 3.1).
        assert receive["AuthMechanism"] == [
            *("Tls", "Integrated", "BasicAuth", "BasicAuthRequireTLS", "ExchangeServer")
        ]
        assert receive["RemoteIPRanges"] == ["0.0.0.0-255.255.255.255"]
        hybrid = settings_of(everything, "HybridConfiguration")["Hybrid Configuration"]
        assert hybrid["SendingTransportServers"] == ["EX19"]
        token = settings_of(everything, "AuthConfig")["Auth Configuration"]
        assert token["CurrentCertificateThumbprint"] == "C3EDCF181EF4F9B53D01768ECA99564014BCA6E7"
        partner = settings_of(everything, "PartnerApplication")["Exchange Online"]
        assert partner["ApplicationIdentifier"] == "00000002-0000-0ff1-ce00-000000000000"

    def test_what_was_asked_for_and_how_much_came(self, everything: list[Evidence | Gap]):
        asked = inquiries(everything)
        assert not any(fault for _, fault in asked.values())
        assert {kind: found for kind, (found, _) in asked.items()} == {
            "ReceiveConnector": 3,
            "SendConnector": 1,
            "AcceptedDomain": ACCEPTED_DOMAINS,
            "HybridConfiguration": 1,
            "PartnerApplication": 1,
            "AuthServer": 0,
            "AuthConfig": 1,
            "SettingOverride": 0,
            "AccessControl": 2,
            "DirectoryGroup": 4,
            "DirectoryComputer": 3,
        }

    def test_paging_loses_nothing(self, everything: list[Evidence | Gap]):
        names = [
            host.facts["msExchAcceptedDomainName"]
            for host in split(everything)[0]
            if "msExchAcceptedDomainName" in host.facts
        ]
        assert sorted(names) == sorted(f"brand{n}.example" for n in range(ACCEPTED_DOMAINS))

    def test_evidence_is_dated_and_placed_and_holds_no_credentials(
        self, domain: Domain, everything: list[Evidence | Gap]
    ):
        assert {each.at.source for each in everything} == {f"ldaps://{domain.address}/"}
        assert {each.seen for each in everything if isinstance(each, Evidence)} == {NOW}
        assert PASSWORD not in repr(everything)
        assert READER not in repr(everything)

    def test_nothing_but_sign_in_searches_and_leaving_goes_over_the_wire(self, domain: Domain):
        with recording(domain.certificate, domain.key, domain.address) as proxy:
            url = f"ldaps://127.0.0.1:{proxy.port}"
            asked = settings(domain, url=url, name=HOST, page_size=100)
            hosts, _, looks = split(list(read_directory(asked, NOW)))
        assert len(versions(hosts)) == 3
        assert looks
        assert set(proxy.operations) == {"bind", "search", "unbind"}
        assert proxy.operations[0] == "bind"
        assert proxy.operations[-1] == "unbind"
        assert proxy.operations.count("bind") == 1
        # 1,050 domains in pages of 100 are 11 searches alone.
        assert proxy.operations.count("search") > 11

    def test_a_line_cut_in_the_middle_keeps_what_came_and_claims_no_look(self, domain: Domain):
        with recording(domain.certificate, domain.key, domain.address, 60_000) as proxy:
            url = f"ldaps://127.0.0.1:{proxy.port}"
            # Long enough that a busy machine is not taken for the silence after the cut.
            asked = settings(domain, url=url, name=HOST, page_size=100, timeout=3)
            found = list(read_directory(asked, NOW))
        hosts, gaps, _ = split(found)
        assert len(versions(hosts)) == 3
        assert any("msExchAcceptedDomain" in gap.at.position for gap in gaps)
        # What the line was cut before is not "none".
        broken = inquiries(found)
        assert all(fault for kind, (_, fault) in broken.items() if "Connector" not in kind)

    def test_a_line_cut_before_the_servers_claims_no_look(self, domain: Domain):
        with recording(domain.certificate, domain.key, domain.address, 1_200) as proxy:
            url = f"ldaps://127.0.0.1:{proxy.port}"
            asked = settings(domain, url=url, name=HOST, timeout=1)
            hosts, gaps, looks = split(list(read_directory(asked, NOW)))
        assert not versions(hosts)
        assert gaps
        assert not looks

    def test_time_that_is_over_is_a_gap(self, domain: Domain):
        (gap,) = read_directory(settings(domain, deadline=0.0), NOW)
        assert isinstance(gap, Gap)
        assert "time" in str(gap.why)

    def test_start_tls(self, domain: Domain):
        asked = settings(domain, url=f"ldap://{domain.address}", start_tls=True)
        assert len(versions(split(list(read_directory(asked, NOW)))[0])) == 3

    @pytest.mark.parametrize("start_tls", [False, True])
    def test_a_certificate_of_another_authority_is_refused(
        self, domain: Domain, *, start_tls: bool
    ):
        url = f"{'ldap' if start_tls else 'ldaps'}://{domain.address}"
        (gap,) = read_directory(settings(domain, url=url, start_tls=start_tls, ca_file=None), NOW)
        assert isinstance(gap, Gap)
        assert "certificate verify failed" in str(gap.why)

    def test_a_certificate_of_another_host_is_refused(self, domain: Domain):
        (gap,) = read_directory(settings(domain, name="dc2.corp.test"), NOW)
        assert isinstance(gap, Gap)
        assert "certificate verify failed" in str(gap.why)

    def test_insecure_is_the_users_own_choice(self, domain: Domain):
        asked = settings(domain, ca_file=None, name="dc2.corp.test", insecure=True)
        assert len(versions(split(list(read_directory(asked, NOW)))[0])) == 3

    def test_a_wrong_password_is_one_gap_that_does_not_repeat_it(self, domain: Domain):
        (gap,) = read_directory(settings(domain, password=Secret("Wrong-Horse-8")), NOW)
        assert isinstance(gap, Gap)
        assert "invalidCredentials" in str(gap.why)
        assert "Wrong-Horse-8" not in repr(gap)


# A server that is no directory, or one that lies.

BOUND = bytes.fromhex("300c02010161070a010004000400")
"""An LDAP answer to the first message: bind, success."""


@contextmanager
def answering(folder: Path, first: bytes, then: bytes, *, forever: bool) -> Iterator[Domain]:
    """A TLS server that sends `first` to the first request and `then` to the second."""
    domain = Domain(folder)
    domain.address = "127.0.0.1"
    samba_domain.certificates(domain)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(domain.certificate, domain.key)
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with suppress(OSError):
            plain, _ = listener.accept()
            with context.wrap_socket(plain, server_side=True) as line:
                for answer in (first, then):
                    line.recv(65536)
                    line.sendall(answer)
                while forever:
                    line.sendall(b"\0" * 65536)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    domain.address = f"127.0.0.1:{listener.getsockname()[1]}"
    try:
        yield domain
    finally:
        listener.close()
        thread.join(timeout=10)


@pytest.mark.parametrize(
    ("first", "then", "forever"),
    [
        (b"", b"", False),
        (b"220 mail ready\r\n", b"", False),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", b"", False),
        (b"\x30\x00", b"", False),
        (b"\x30\x80", b"", False),
        (b"\x30\x03\x02\x01\x01", b"", False),
        (b"\x30\x84\x7f\xff\xff\xff", b"", True),
        (BOUND, b"", False),
        (BOUND, b"\x30\x07\x02\x01\x02\x64\x02\x04\x00", False),
        (BOUND, b"\x30\x0c\x02\x01\x02\x65\x07\x0a\x01\x00\x04\x00\x04\x00", False),
        (BOUND, b"\x30\x05\x02\x01\x02\x1f\x00", False),
        (BOUND, b"\x30\x84\x7f\xff\xff\xff\x02\x01\x02", True),
        (BOUND, bytes(range(256)), False),
    ],
)
def test_answers_that_are_none_are_a_gap(
    tmp_path: Path, first: bytes, then: bytes, *, forever: bool
):
    with answering(tmp_path, first, then, forever=forever) as domain:
        found = list(read_directory(settings(domain, name=HOST, timeout=1), NOW))
    assert found
    assert all(isinstance(each, Gap) for each in found)


# What is refused before anything is sent; nothing listens at this address.


GOOD = DirectorySettings(url="ldaps://dc1.invalid", user="u", password=Secret("p"))


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"url": "ldap://dc1.invalid"}, "in the clear"),
        ({"password": Secret("")}, "anonymous"),
        ({"password": None}, "anonymous"),
        ({"user": ""}, "anonymous"),
        ({"url": "https://dc1.invalid"}, "not an LDAP address"),
        ({"url": "dc1.invalid"}, "not an LDAP address"),
        ({"url": "ldaps://dc1.invalid:port"}, "not an LDAP address"),
        ({"url": ""}, "not an LDAP address"),
    ],
)
def test_settings_that_are_refused_say_why(changes: dict[str, object], word: str):
    refused = msgspec.structs.replace(GOOD, **changes)
    assert word in str(fault(refused))
    (gap,) = read_directory(refused, NOW)
    assert isinstance(gap, Gap)
    assert gap.kind == "not-collected"


@pytest.mark.skipif(
    find_spec("gssapi") is not None or sys.platform == "win32", reason="Kerberos is installed here"
)
def test_kerberos_without_its_package_says_what_is_missing():
    refused = msgspec.structs.replace(GOOD, kerberos=True, user="", password=None)
    assert "gssapi" in str(fault(refused))


def test_good_settings_are_not_refused():
    assert fault(GOOD) is None


def test_a_server_that_is_not_there_is_a_gap():
    (gap,) = read_directory(
        msgspec.structs.replace(GOOD, url="ldaps://127.0.0.1:1", timeout=2), NOW
    )
    assert isinstance(gap, Gap)
    assert str(gap.at) == "ldaps://127.0.0.1:1/"


def test_an_authority_file_that_is_not_there_is_a_gap(tmp_path: Path):
    (gap,) = read_directory(msgspec.structs.replace(GOOD, ca_file=tmp_path / "no.pem"), NOW)
    assert isinstance(gap, Gap)


def test_an_address_with_credentials_loses_them():
    (gap,) = read_directory(
        msgspec.structs.replace(GOOD, url="ldap://user:hunter2@dc1.invalid"), NOW
    )
    assert "hunter2" not in repr(gap)


def test_a_password_is_never_printed():
    assert "p4ss" not in repr(msgspec.structs.replace(GOOD, password=Secret("p4ss")))


def test_where_the_password_comes_from(tmp_path: Path):
    file = tmp_path / "secret"
    file.write_text("from file\n")
    environment = {PASSWORD_VARIABLE: "from variable"}
    assert find_password(environment, file, None) == Secret("from file")
    assert find_password(environment, None, None) == Secret("from variable")
    named = environment | {PASSWORD_FILE_VARIABLE: str(file)}
    assert find_password(named, None, None) == Secret("from file")
    assert find_password({}, None, lambda: "typed") == Secret("typed")
    assert find_password({}, None, None) is None


class Shown:
    """A directory that shows its servers to an account, and not the groups or the rights."""

    def __init__(self, **shown: list[Entry]) -> None:
        self._shown = shown

    def search(
        self, base: str, _: str, query: str, __: tuple[str, ...], *, dacl: bool = False
    ) -> Iterator[Entry]:
        del dacl
        if not base:
            yield Entry("", {"configurationnamingcontext": [b"CN=Configuration,DC=corp,DC=test"]})
        for word, entries in self._shown.items():
            if word in query:
                yield from entries

    def close(self) -> None:
        pass


def reading(**shown: list[Entry]) -> list[Evidence | Gap]:
    at = Locator(source="ldaps://dc1.invalid/")
    return list(_Reading(Shown(**shown), at, NOW).everything())


def test_what_a_directory_does_not_show_is_not_none():
    server = Entry(
        "CN=EX19,CN=Servers,CN=Group,CN=Administrative Groups,CN=Contoso,CN=Microsoft Exchange,"
        "CN=Services,CN=Configuration,DC=corp,DC=test",
        {"objectclass": [b"msExchExchangeServer"], "cn": [b"EX19"]},
    )
    found = reading(msExchExchangeServer=[server])
    asked = inquiries(found)
    # Setup leaves groups in every forest: whoever sees none may not see them.
    assert asked["DirectoryGroup"] == (
        0,
        "the directory does not show this account: DirectoryGroup",
    )
    assert asked["SendConnector"] == (0, "")
    assert "the directory does not show this account: DirectoryGroup" in [
        str(each.why) for each in found if isinstance(each, Gap)
    ]


def test_a_directory_without_exchange_says_nothing_of_its_settings():
    assert {kind: fault for kind, (_, fault) in inquiries(reading()).items() if not fault} == {}


def test_a_long_list_that_comes_in_parts_is_not_empty():
    # Active Directory gives 1,500 values under another name, beside the plain one without any.
    values = [f"CN=EX{n},DC=corp,DC=test".encode() for n in range(1500)]
    raw = {"member;range=0-1499": values, "member": []}
    assert _entry({"raw_dn": b"CN=x", "raw_attributes": raw}).attributes == {"member": values}
