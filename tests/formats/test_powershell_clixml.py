"""clixml: Microsoft's own lab files, and what a stranger may write."""

from __future__ import annotations

import io
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest
from endless import Endless
from hypothesis import given, settings
from hypothesis import strategies as st
from powershell_reading import DATA, read, version
from powershell_writing import TEXT, TYPES, clixml, document

from tocsin.formats import Reading
from tocsin.formats import clixml as format_clixml
from tocsin.formats.syntax import clixml as syntax
from tocsin.formats.syntax.clixml_builder import DEPTH_LIMIT, VALUE_LIMIT
from tocsin.formats.syntax.records import Object, Record, member, text_of
from tocsin.model.evidence import Evidence, Identifier, Look
from tocsin.model.finding import Gap
from tocsin.model.locator import Locator

CSS = "samples/exchange/css-exchange"
HYBRID = "samples/hybrid/clixml-css-exchange"
SERVER_TYPE = "Microsoft.Exchange.Data.Directory.Management.ExchangeServer"

# Versions: SOURCES.md beside the samples. Names: as the files print them.
EXPECTED = {
    "E16-ExSetup.xml": [((), "15.1.2375.7", "update")],
    "E16-GetExchangeServer.xml": [
        (("Solo-E16A.Solo.local", "SOLO-E16A"), "15.1.2375.7", "cu"),
    ],
    "E16-two-servers-GetExchangeServer.xml": [
        (("E2k16-1.Contoso.lab", "E2k16-1"), "15.1.2507.18", "cu"),
        (("E2k16-2.Contoso.lab", "E2k16-2"), "15.1.2507.18", "cu"),
    ],
    "E19-ExSetup.xml": [((), "15.2.986.5", "update")],
    "E19-ExSetup1.xml": [((), "15.2.1118.25", "update")],
    "E19-GetExchangeServer.xml": [
        (("Solo-E19A.Solo.com", "SOLO-E19A"), "15.2.986.5", "cu"),
    ],
    "E19-GetOwaVirtualDirectory.xml": [
        (("solo-e19a.solo.com", "SOLO-E19A"), "15.2.986.5", "cu"),
    ],
    "E19-GetHybridConfiguration.xml": [(("ex-02.365labs.net", "ex-02"), None, None)],
    "E19-GetSendConnector.xml": [
        (("win-ctd3l0rgen4.exlab.dom", "WIN-CTD3L0RGEN4"), None, None),
    ],
    "GetSendConnectorConfiguredToRelayToM365.xml": [
        (("win-ctd3l0rgen4.exlab.dom", "WIN-CTD3L0RGEN4"), None, None),
    ],
    "E19-GetAcceptedDomain.xml": [(("solo-e19a.solo.com",), None, None)] * 3,
    "E19-GetExchangeCertificate.xml": [(("solo-e19a.solo.com",), None, None)] * 3,
    "E19-GetSettingOverride2.xml": [(("ex-02.365labs.net",), None, None)],
    "E19-GetExchangeServerADInformation.xml": [
        (("Solo-E19A.Solo.com", "SOLO-E19A"), None, None),
    ],
    "E19-GetExtendedProtectionConfiguration.xml": [(("E2k16-1",), None, None)],
    "E19CU11AdminDisplayVersion.xml": [((), "15.2.986.5", "cu")],
}


@pytest.mark.shared
@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_every_lab_export_gives_its_servers_and_versions(shared: Path, name: str):
    found = read((shared / CSS / name).read_bytes())
    told = [(host.names, *(version(host) or (None, None))) for host in found.hosts]
    assert told == EXPECTED[name]
    assert not found.gaps
    assert found.look.seen_by == "export"


@pytest.mark.shared
def test_every_lab_export_is_expected(shared: Path):
    assert {path.name for path in (shared / CSS).glob("*.xml")} == set(EXPECTED)


@pytest.mark.shared
def test_server_object_gives_what_joins_it_to_the_directory(shared: Path):
    (host,) = read((shared / CSS / "E19-GetExchangeServer.xml").read_bytes()).hosts
    assert Identifier("guid", "3c5ebdaf-1885-4f22-8f60-0e8c1667abed") in host.identifiers
    assert host.organisation == "SoloORG"
    assert host.product == "Exchange Server"
    assert host.facts["Edition"] == "StandardEvaluation"
    assert host.facts["Site"] == "Solo.com/Configuration/Sites/Default-First-Site-Name"


@pytest.mark.shared
def test_hybrid_exports_are_read_without_loss(shared: Path):
    paths = sorted((shared / HYBRID).rglob("*.xml"))
    assert paths
    for path in paths:
        found = read(path.read_bytes())
        assert found.format == "clixml", path
        assert found.look.records > 0, path
        assert not found.gaps, (path, found.gaps)


@pytest.mark.shared
def test_objects_that_refer_to_an_object_around_them_are_read(shared: Path):
    path = shared / HYBRID / "E19/GetExchangeDomainsAclPermissions.xml"
    (record,) = [each for each in objects(path.read_bytes()) if isinstance(each, Record)]
    first = member(record.object, "Permissions")
    assert isinstance(first, Object)
    assert text_of(member(first.items[0], "DN")) == "DC=Solo,DC=com"


def objects(data: bytes) -> list[Record | Gap]:
    return list(syntax.read_objects(io.BytesIO(data), Locator(source="x")))


def one(data: bytes) -> Object:
    found = [each for each in objects(data) if isinstance(each, Record)]
    assert len(found) == 1
    return found[0].object


# What the syntax can hold.


def test_escapes_stand_for_utf16_units():
    thing = one(
        document(
            '<Obj RefId="0"><MS><S N="a_x002E_b">x_x000D__x000A_y _x005F_x0041_</S>'
            '<S N="smile">_xD83D__xDE00_ _xD83D_</S></MS></Obj>'
        )
    )
    assert thing.properties == {"a.b": "x\r\ny _x0041_", "smile": "\U0001f600 \ufffd"}


def test_collections_dictionaries_enumerations_and_nothing():
    body = (
        '<Obj RefId="0"><TN RefId="0"><T>My.Type</T><T>System.Object</T></TN><Props>'
        '<Nil N="nil" /><Obj N="enum" RefId="1"><ToString>Mailbox</ToString><I32>2</I32></Obj>'
        '<Obj N="list" RefId="2"><LST><S>a</S><S>b</S></LST></Obj>'
        '<Obj N="stack" RefId="3"><STK><I32>1</I32></STK></Obj>'
        '<Obj N="table" RefId="4"><DCT><En><S N="Key">k</S><B N="Value">true</B></En></DCT></Obj>'
        '<Ref N="again" RefId="2" /><BA N="raw">AAEC</BA>'
        '<BA N="SerializationData">AAEAAAD/////</BA><SS N="password">0100</SS>'
        '<DT N="when">2024-05-14T10:11:12+02:00</DT></Props></Obj>'
        '<Obj RefId="5"><TNRef RefId="0" /></Obj>'
    )
    first, second = (each.object for each in objects(document(body)) if isinstance(each, Record))
    assert first.types == second.types == ("My.Type", "System.Object")
    properties = first.properties
    assert properties["nil"] is None
    assert text_of(properties["enum"]) == "Mailbox"
    assert member(properties["enum"]) == properties["enum"]
    assert text_of(properties["list"]) == text_of(properties["again"]) == "a, b"
    assert text_of(properties["stack"]) == "1"
    assert member(properties["table"], "K") is True
    assert properties["raw"] == b"\x00\x01\x02"
    assert "SerializationData" not in properties
    assert "password" not in properties
    assert properties["when"] == "2024-05-14T10:11:12+02:00"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "utf-16-le"])
def test_every_encoding_gives_the_same_answer(encoding: str):
    text = clixml(server("EX01")).decode()
    if encoding == "utf-16-be":
        text = "\ufeff" + text
    assert read(text.encode(encoding)).names == ["EX01"]


def test_several_documents_and_what_a_pipe_prints_before_them():
    data = b"#< CLIXML\r\n" + clixml(server("EX01")) + b"\r\n" + clixml(server("EX02"))
    found = read(data)
    assert found.names == ["EX01", "EX02"]
    assert [each.at.position for each in found.evidence] == ["object 1, line 2", "object 2, line 3"]


def server(name: str, **more: object) -> dict[str, object]:
    return {
        TYPES: [SERVER_TYPE],
        TEXT: name,
        "Name": name,
        "AdminDisplayVersion": "Version 15.1 (Build 2507.6)",
        **more,
    }


# What the objects say.


def test_exsetup_asked_remotely_is_of_the_machine_it_ran_on():
    asked = {
        TYPES: ["Deserialized.System.Diagnostics.FileVersionInfo"],
        "FileName": r"C:\Program Files\Microsoft\Exchange Server\V15\bin\ExSetup.exe",
        "FileVersion": "15.02.1118.040",
        "PSComputerName": "ex01.contoso.com",
    }
    other = asked | {"FileName": r"C:\Windows\notepad.exe", "FileVersion": "10.0.14393.0"}
    found = read(clixml(asked, other))
    (host,) = found.hosts
    assert host.names == ("ex01.contoso.com",)
    assert version(host) == ("15.2.1118.40", "update")


def test_the_organisation_s_own_version_is_no_server_s():
    organisation = {
        TYPES: ["Microsoft.Exchange.Data.Directory.Management.OrganizationConfig"],
        "Name": "Contoso",
        "Identity": "Contoso",
        "AdminDisplayVersion": "0.20 (15.1.0.0)",
    }
    found = read(clixml(organisation))
    assert not found.hosts
    assert not found.gaps


def test_mailboxes_of_the_cloud_name_no_server_and_those_at_home_do():
    mailbox = {
        TYPES: ["Microsoft.Exchange.Data.Directory.Management.Mailbox"],
        "ServerName": "ex01",
        "OrganizationalUnit": "contoso.com/Users",
        "PSComputerName": "outlook.office365.com",
    }
    cloud = mailbox | {"ServerName": "am6pr0402mb3828"}
    hosted = mailbox | {"OrganizationalUnit": "EURPR04A001.PROD.OUTLOOK.COM/x/contoso.com"}
    assert read(clixml(mailbox, cloud, hosted)).names == ["ex01"]


def test_a_version_that_is_none_costs_only_itself():
    found = read(clixml(server("EX01", AdminDisplayVersion="soon"), server("EX02")))
    assert found.names == ["EX01", "EX02"]
    assert [version(host) for host in found.hosts] == [None, ("15.1.2507.6", "cu")]
    (gap,) = found.gaps
    assert gap.at.position == "object 1, line 1, property AdminDisplayVersion"


def test_numbers_out_of_range_in_a_version_object_are_told():
    broken = {"Major": 15, "Minor": 2, "Build": 99999, "Revision": 5}
    found = read(clixml(server("EX01", AdminDisplayVersion=broken)))
    assert found.names == ["EX01"]
    assert len(found.gaps) == 1


# What a stranger may write.


def test_entities_are_refused_and_nothing_is_expanded():
    bomb = (
        '<?xml version="1.0"?><!DOCTYPE Objs [<!ENTITY a "aaaaaaaaaa">'
        '<!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY f SYSTEM "file:///etc/passwd">]>'
        f"{clixml(server('EX01')).decode().replace('EX01', '&b;&f;')}"
    ).encode()
    found = read(bomb)
    assert found.format == "clixml"
    assert not found.hosts
    (gap,) = found.gaps
    assert gap.at.position == "line 1"


def test_a_document_type_behind_good_objects_costs_only_the_rest():
    data = clixml(server("EX01")) + b"<!DOCTYPE x [<!ENTITY a 'b'>]>" + clixml(server("EX02"))
    found = read(data)
    assert found.names == ["EX01"]
    assert len(found.gaps) == 1


def test_a_truncated_file_keeps_what_was_complete_and_drops_the_cut_value():
    whole = clixml(server("EX01"), server("EX02"))
    cut = whole[: whole.rindex(b"2507.6")]
    found = read(cut)
    assert found.names == ["EX01", "EX02"]
    # `Version 15.1 (Build ` is not a version, and is not tried as one.
    assert [version(host) for host in found.hosts] == [("15.1.2507.6", "cu"), None]
    (gap,) = found.gaps
    assert "ends in the middle" in str(gap.why)


def test_references_that_lead_nowhere_or_in_circles():
    body = (
        '<Obj RefId="0"><ToString>around</ToString><MS><Ref N="self" RefId="0" />'
        '<Ref N="lost" RefId="99" /><Obj N="inner" RefId="1"><MS><Ref N="up" RefId="0" /></MS>'
        "</Obj></MS></Obj>"
    )
    found = objects(document(body))
    gaps = [each for each in found if isinstance(each, Gap)]
    assert len(gaps) == 1
    assert "99" in str(gaps[0].why)
    thing = next(each.object for each in found if isinstance(each, Record))
    assert text_of(member(thing, "inner", "up")) == "around"
    assert member(thing, "self", "self") is None


def test_references_that_multiply_stay_small():
    """Thirty levels of two references each are two to the thirtieth values, if one walks them."""
    body = ['<Obj RefId="0"><LST><S>EX01</S></LST></Obj>']
    for level in range(1, 31):
        twice = f'<Ref RefId="{level - 1}" />' * 2
        body.append(f'<Obj RefId="{level}"><LST>{twice}</LST></Obj>')
    connector = (
        '<Obj RefId="31"><TN><T>Microsoft.Exchange.Data.Connector</T></TN><Props>'
        '<Ref N="SourceTransportServers" RefId="30" /><S N="Server">EX02</S></Props></Obj>'
    )
    found = read(document("".join(body) + connector))
    assert found.look.records == 32
    assert found.names == ["EX02"]


def test_nesting_beyond_the_limit_is_left_out_and_told():
    deep = "<Obj><LST>" * 100_000 + "</LST></Obj>" * 100_000
    good = clixml(server("EX01")).decode().partition(">")[2].removesuffix("</Objs>")
    found = read(document(good + deep + good))
    assert found.names == ["EX01", "EX01"]
    (gap,) = found.gaps
    assert gap.kind == "limit"
    assert str(DEPTH_LIMIT) in str(gap.why)


def test_a_value_beyond_the_limit_is_left_out_and_told():
    found = read(clixml(server("EX01", Site="x" * (VALUE_LIMIT + 1)), server("EX02")))
    assert found.names == ["EX01", "EX02"]
    assert "Site" not in found.hosts[0].facts
    assert [gap.kind for gap in found.gaps] == ["limit"]


def peak(pieces: Iterator[bytes]) -> tuple[int, list[Evidence | Gap]]:
    kept: list[Evidence | Gap] = []
    tracemalloc.start()
    try:
        for each in format_clixml.read(Endless(pieces), Locator(source="x"), Reading()):
            if len(kept) < 1000:
                kept.append(each)
        return tracemalloc.get_traced_memory()[1], kept
    finally:
        tracemalloc.stop()


def test_a_long_file_is_read_in_bounded_memory():
    big = server("EX01", Site="x" * 50_000)
    one_object = clixml(big).partition(b">")[2].removesuffix(b"</Objs>")
    head = document("").removesuffix(b"</Objs>")

    def pieces(count: int) -> Iterator[bytes]:
        yield head
        for _ in range(count):
            yield one_object
        yield b"</Objs>"

    used, found = peak(pieces(2_000))
    assert len(found) == 1000
    # The file is 100 MB.
    assert used < 50 << 20


def test_a_tag_without_end_is_given_up():
    def pieces() -> Iterator[bytes]:
        yield document("").removesuffix(b"</Objs>") + b'<Obj N="'
        for _ in range(1000):
            yield b"A" * 65536

    used, found = peak(pieces())
    assert used < 60 << 20
    gaps = [each for each in found if isinstance(each, Gap)]
    assert [gap.kind for gap in gaps] == ["limit"]


def test_gaps_beyond_the_limit_are_counted_together():
    broken = [server(f"EX{i}", AdminDisplayVersion="soon") for i in range(500)]
    found = read(clixml(*broken))
    assert len(found.names) == 500
    assert len(found.gaps) == 201
    assert "300" in str(found.gaps[-1].why)


@pytest.mark.parametrize("data", [b"", b"<", b"<Objs", b"<Objs>", b"\xff\xfe<", b"<Objs/>", b"\0"])
def test_next_to_nothing_ends_with_a_look(data: bytes):
    items = list(format_clixml.read(io.BytesIO(data), Locator(source="x"), Reading()))
    assert isinstance(items[-1], Evidence)
    assert isinstance(items[-1].body, Look)


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_damaged_files_never_raise(data: st.DataObject):
    whole = (DATA / "servers.xml").read_bytes()
    damaged = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(damaged)))
        gone = data.draw(st.integers(0, 60))
        tokens = st.sampled_from(
            [
                b"<Obj>",
                b"</Obj>",
                b"</Props>",
                b"<LST>",
                b'<Ref RefId="0" />',
                b"<T>",
                b"<DCT><En>",
                b"&#x0;",
                b"<![CDATA[",
                b"<!--",
                b"<?x ?>",
                b"<Obj RefId='0'>",
                b"<TN>",
                b"<S>",
            ]
        )
        damaged[at : at + gone] = data.draw(st.one_of(st.binary(max_size=20), tokens))
    format_clixml.recognise(bytes(damaged[:8192]))
    items = list(format_clixml.read(io.BytesIO(damaged), Locator(source="x"), Reading()))
    assert isinstance(items[-1], Evidence)
    assert isinstance(items[-1].body, Look)
