"""LDIF exports: what an administrator's tools write, and what a stranger may write."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import io
import struct
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.formats import Reading, recognise
from tocsin.formats import ldif as format_ldif
from tocsin.model.evidence import Evidence, Host, Identifier, Inquiry, Look, Setting
from tocsin.model.finding import Gap
from tocsin.model.locator import Locator

DATA = Path(__file__).parent.parent / "data" / "ldif"
SERVERS = (
    "CN=Servers,CN=Exchange Administrative Group (FYDIBOHF23SPDLT),CN=Administrative Groups,"
    "CN=Contoso,CN=Microsoft Exchange,CN=Services,CN=Configuration,DC=contoso,DC=com"
)


def read(data: bytes) -> tuple[list[Evidence], list[Gap], Look]:
    items = list(format_ldif.read(io.BytesIO(data), Locator(source="x.ldf"), Reading()))
    last = items.pop()
    assert isinstance(last, Evidence)
    assert isinstance(last.body, Look)
    gaps = [each for each in items if isinstance(each, Gap)]
    found = [each for each in items if isinstance(each, Evidence)]
    # What it says of trusts: test_ldif_settings.py.
    return [each for each in found if not isinstance(each.body, Setting | Inquiry)], gaps, last.body


def hosts(data: bytes) -> list[Host]:
    found = [each.body for each in read(data)[0]]
    assert all(isinstance(each, Host) for each in found)
    return [each for each in found if isinstance(each, Host)]


def server(*lines: str, name: str = "EX01") -> bytes:
    return "\n".join(
        [f"dn: CN={name},{SERVERS}", "objectClass: msExchExchangeServer", *lines, "", ""]
    ).encode()


def by_name(found: list[Host], name: str) -> list[Host]:
    return [each for each in found if name in each.names]


def numbers(host: Host) -> tuple[int, int, int, int | None] | None:
    version = host.version
    return version and (version.major, version.minor, version.build, version.revision)


GOOD = server("serialNumber: Version 15.1 (Build 32507.6)", name="GOOD")


# What the three tools write.


def test_ldifde_export_names_every_server_and_its_cumulative_update():
    found = hosts((DATA / "ldifde.ldf").read_bytes())
    first, *others = by_name(found, "EX01")
    assert first.names == ("EX01.corp.contoso.com", "EX01")
    # inventory.md: 30000 is added to the build in the directory.
    assert numbers(first) == (15, 1, 2507, 6)
    assert first.version is not None
    assert first.version.precision == "cu"
    assert first.organisation == "Contoso"
    assert first.product == "Exchange Server"
    assert Identifier("guid", "89ebccef-4567-4101-89ab-cdef01234567") in first.identifiers
    assert first.facts["msExchCurrentServerRoles"] == (
        "16439 (Cafe, Mailbox, ClientAccess, UnifiedMessaging, HubTransport, FrontendTransport)"
    )
    assert all(first.identifiers[0] in other.identifiers for other in others)
    assert numbers(by_name(found, "EX-OLD")[0]) == (14, 3, 123, 4)


def test_objects_beside_the_server_add_facts_and_never_shared_names():
    found = hosts((DATA / "ldifde.ldf").read_bytes())
    facts = {key: value for each in by_name(found, "EX01") for key, value in each.facts.items()}
    assert facts["serviceBindingInformation"].startswith("https://autodiscover.contoso.com/")
    assert facts["msExchExternalHostName of owa (Default Web Site)"] == (
        "https://mail.contoso.com/owa"
    )
    names = {name for each in found for name in each.names}
    assert not names & {"mail.contoso.com", "autodiscover.contoso.com"}


def test_a_server_known_only_as_the_source_of_a_connector_is_found():
    (hidden,) = by_name(hosts((DATA / "ldifde.ldf").read_bytes()), "EX-HIDDEN")
    assert hidden.version is None
    assert hidden.facts["msExchSmtpSmartHost of Outbound to Office 365"] == (
        "contoso-com.mail.protection.outlook.com"
    )


def test_a_computer_with_exchange_principals_is_a_server_and_a_domain_controller_is_not():
    found = hosts((DATA / "ldifde.ldf").read_bytes())
    (computer,) = by_name(found, "EX02")
    assert computer.names == ("EX02.corp.contoso.com", "EX02")
    assert computer.version is None
    assert not by_name(found, "DC01")


def test_hybrid_configuration_is_told_of_the_organisation():
    found = hosts((DATA / "ldifde.ldf").read_bytes())
    hybrid = [each for each in found if "msExchCoexistenceRelationship" in each.facts]
    assert [each.organisation for each in hybrid] == ["Contoso"]
    assert hybrid[0].product is None


def test_ldapsearch_output_without_classes_tells_its_cut_its_referral_and_its_side_file():
    evidence, gaps, look = read((DATA / "ldapsearch.ldif").read_bytes())
    found = [each.body for each in evidence if isinstance(each.body, Host)]
    assert [each.names[0] for each in found] == ["EX13.corp.contoso.com", "EX16.corp.contoso.com"]
    assert numbers(found[0]) == (15, 0, 1497, 2)
    # inventory.md: 1942061522 = 0x73C181D2 = 15.1.466.
    assert numbers(found[1]) == (15, 1, 466, None)
    assert found[1].organisation == "Société"
    assert evidence[0].at.position == "line 11"
    assert {(gap.at.position, gap.kind) for gap in gaps} == {
        ("line 16", "not-collected"),
        ("line 24", "not-collected"),
        ("line 28", "limit"),
    }
    assert look.records == 2


def test_ldbsearch_output_with_textual_guid():
    found = hosts((DATA / "ldbsearch.ldif").read_bytes())
    assert numbers(found[0]) == (15, 2, 986, 5)
    assert Identifier("guid", "5d2c0b1e-7a36-4c8f-9e41-2b60d5a7f913") in found[0].identifiers
    assert found[1].facts == {"rangeUpper of ms-Exch-Schema-Version-Pt": "17003"}


@pytest.mark.parametrize("name", ["ldifde.ldf", "ldapsearch.ldif", "ldbsearch.ldif"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_recognised_and_read_alike_in_every_encoding_the_tools_write(name: str, encoding: str):
    text = (DATA / name).read_bytes().decode()
    data = text.encode(encoding)
    format_ = recognise(data[:8192])
    assert format_ is not None
    assert format_.name == "ldif"
    assert hosts(data) == hosts(text.encode())


@pytest.mark.parametrize(
    "head",
    [
        b"From: a@contoso.com\nSubject: dn: CN=EX01\n\ndn: CN=EX01\n",
        b'{"dn": "CN=EX01"}',
        b"dn\tserialNumber\nCN=EX01\t15.1\n",
        b"<?xml version='1.0'?><dn>CN=EX01</dn>",
        b"version: 1\nservices:\n  web: x\n",
        b"",
    ],
)
def test_other_files_are_not_taken_for_ldif(head: bytes):
    assert format_ldif.recognise(head) == 0


# What the standard allows.


@pytest.mark.parametrize(
    ("serial", "expected"),
    [
        ("Version 15.1 (Build 32507.6)", (15, 1, 2507, 6)),
        ("Version 15.1 (Build 32507.006)", (15, 1, 2507, 6)),
        ("Version 15.2 (Build 986.5)", (15, 2, 986, 5)),
        ("Version 8.3 (Build 30083.6)", (8, 3, 83, 6)),
        ("Version 6.5 (Build 7638.2: Service Pack 2)", (6, 5, 7638, 2)),
    ],
)
def test_every_spelling_of_the_serial_number(serial: str, expected: tuple[int, ...]):
    (host,) = hosts(server(f"serialNumber: {serial}"))
    assert numbers(host) == expected


def test_no_version_is_no_version():
    (host,) = hosts(server("networkAddress: ncacn_ip_tcp:ex01.contoso.com"))
    assert host.version is None


def test_a_serial_number_that_is_none_is_a_gap_and_the_server_stays():
    evidence, gaps, _ = read(server("serialNumber: <script>alert(1)</script>"))
    assert isinstance(evidence[0].body, Host)
    assert evidence[0].body.version is None
    assert [gap.at.position for gap in gaps] == ["line 1, attribute serialNumber"]


def _certificate() -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "EX01")])
    start = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(start)
        .not_valid_after(start + dt.timedelta(days=1825))
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName("EX01.contoso.com")]), critical=False
        )
        .sign(key, hashes.SHA256())
        .public_bytes(serialization.Encoding.DER)
    )


@pytest.mark.parametrize("serialised", [False, True])
def test_the_transport_certificate_gives_both_thumbprints(*, serialised: bool):
    der = _certificate()
    raw = der
    if serialised:  # Windows' store element: other properties first, the certificate is 32.
        raw = struct.pack("<III", 2, 1, 4) + b"key." + struct.pack("<III", 32, 1, len(der)) + der
    line = f"msExchServerInternalTLSCert:: {base64.b64encode(raw).decode()}"
    (host,) = hosts(server(line))
    assert {each.value for each in host.identifiers if each.kind == "certificate"} == {
        hashlib.sha1(der).hexdigest(),
        hashlib.sha256(der).hexdigest(),
    }
    assert "EX01.contoso.com" in host.facts["msExchServerInternalTLSCert"]


@pytest.mark.parametrize("raw", [b"", b"0", b"garbage", _certificate()[:-20], b"\x20\0\0\0" * 9])
def test_a_broken_certificate_costs_only_itself(raw: bytes):
    line = f"msExchServerInternalTLSCert:: {base64.b64encode(raw).decode()}"
    evidence, gaps, _ = read(server(line, "serialNumber: Version 15.2 (Build 31118.7)"))
    assert isinstance(evidence[0].body, Host)
    assert numbers(evidence[0].body) == (15, 2, 1118, 7)
    assert [gap.at.position for gap in gaps] == ["line 1, attribute msExchServerInternalTLSCert"]


def test_change_records_other_than_add_are_not_taken_for_what_is_there():
    data = (
        f"dn: CN=EX01,{SERVERS}\nchangetype: modify\nreplace: serialNumber\n"
        "serialNumber: Version 15.2 (Build 31118.7)\n-\n\n"
        f"dn: CN=EX02,{SERVERS}\nchangetype: delete\n\n"
    ).encode() + server(name="EX03")
    evidence, gaps, look = read(data)
    assert [each.body.names for each in evidence if isinstance(each.body, Host)] == [("EX03",)]
    assert [(gap.at.position, gap.kind) for gap in gaps] == [
        ("line 1", "undecided"),
        ("line 7", "undecided"),
    ]
    assert look.records == 3


def test_deleted_and_conflicting_objects():
    deleted = server("isDeleted: TRUE", name="EX01\\0ADEL:89ebccef-4567-4101-89ab-cdef01234567")
    conflict = server(name="EX02\\0ACNF:89ebccef-4567-4101-89ab-cdef01234567")
    evidence, gaps, _ = read(deleted + conflict)
    assert [each.body.names for each in evidence if isinstance(each.body, Host)] == [("EX02",)]
    assert [gap.kind for gap in gaps] == ["undecided"]


def test_names_with_escaped_commas_keep_server_and_organisation():
    data = server(name="EX\\2C1").replace(b"Contoso", b"Contoso\\, Ltd")
    (host,) = hosts(data)
    assert host.names == ("EX,1",)
    assert host.organisation == "Contoso, Ltd"


def test_an_alternate_service_account_names_no_server():
    (host,) = hosts(
        b"dn: CN=EXCHASA,DC=contoso,DC=com\nobjectClass: computer\ncn: EXCHASA\n"
        b"servicePrincipalName: exchangeMDB/outlook.contoso.com\n"
    )
    assert host.product is None
    assert host.facts["alternate service account"] == "EXCHASA"


def test_an_autodiscover_pointer_to_another_forest_is_said():
    _, gaps, _ = read(
        b"dn: CN=contoso.com,CN=Microsoft Exchange Autodiscover,CN=Services,CN=Configuration\n"
        b"objectClass: serviceConnectionPoint\nkeywords: 67661d7F-8FC4-4fa7-BFAC-E1D7794C1F68\n"
        b"serviceBindingInformation: LDAP://resource.contoso.com\n"
    )
    assert [gap.kind for gap in gaps] == ["not-collected"]
    assert "LDAP://resource.contoso.com" in str(gaps[0].why)


# What a stranger may write.


def test_bad_base64_costs_its_attribute_only():
    evidence, gaps, _ = read(
        server("objectGUID:: !!!", "serialNumber: Version 15.1 (Build 32507.6)")
    )
    assert isinstance(evidence[0].body, Host)
    assert numbers(evidence[0].body) == (15, 1, 2507, 6)
    assert [gap.at.position for gap in gaps] == ["line 3"]


def test_an_unreadable_name_leaves_the_rest_of_the_record():
    evidence, gaps, _ = read(
        b"dn:: %%%\nobjectClass: msExchExchangeServer\ncn: EX01\n"
        b"serialNumber: Version 15.1 (Build 32507.6)\n"
    )
    assert isinstance(evidence[0].body, Host)
    assert evidence[0].body.names == ("EX01",)
    assert [gap.at.position for gap in gaps] == ["line 1"]


@pytest.mark.parametrize("folded", [False, True])
def test_a_huge_value_is_left_out_and_told(*, folded: bool):
    size = format_ldif.VALUE_LIMIT + 10
    value = "\n ".join(["A" * 75] * (size // 75 + 1)) if folded else "A" * size
    data = server(f"keywords: {value}", "serialNumber: Version 15.1 (Build 32507.6)")
    evidence, gaps, _ = read(data)
    assert isinstance(evidence[0].body, Host)
    assert numbers(evidence[0].body) == (15, 1, 2507, 6)
    assert [(gap.at.position, gap.kind) for gap in gaps] == [("line 3", "limit")]


def test_what_a_tool_prints_above_its_output_is_no_loss_but_between_records_it_is():
    noise = b"SASL/GSSAPI authentication started\nSASL SSF: 256\n"
    assert not read(noise + GOOD)[1]
    evidence, gaps, _ = read(GOOD + b"%%%%\n%%%%\n\n" + GOOD)
    assert len(evidence) == 2
    assert [gap.at.position for gap in gaps] == ["line 5"]


def test_a_line_without_end_is_survived_and_told():
    _, gaps, look = read(b"A" * (format_ldif.VALUE_LIMIT * 3) + b"\n" + GOOD)
    assert [gap.at.position for gap in gaps] == ["line 1"]
    assert look.records == 1


def test_a_flood_of_gaps_is_counted_not_listed():
    lines = ["%"] * (format_ldif.GAPS_LIMIT + 5)
    _, gaps, _ = read(server(*lines))
    assert len(gaps) == format_ldif.GAPS_LIMIT + 1
    assert gaps[-1].why.values == {"count": 5}


@settings(max_examples=150, deadline=None)
@given(
    which=st.sampled_from(["ldifde.ldf", "ldapsearch.ldif", "ldbsearch.ldif"]),
    cuts=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 40), st.binary(max_size=12))),
)
def test_mutated_exports_never_cost_the_record_beside_them(
    which: str, cuts: list[tuple[float, int, bytes]]
):
    data = bytearray((DATA / which).read_bytes())
    for where, length, put in cuts:
        at = int(where * len(data))
        data[at : at + length] = put
    found = hosts(b"\n" + bytes(data) + b"\n\n" + GOOD)
    assert numbers(by_name(found, "GOOD")[0]) == (15, 1, 2507, 6)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_are_survived(data: bytes):
    read(data)
    format_ldif.recognise(data)
