"""powershell-json and powershell-csv: what ConvertTo-Json and Export-Csv write."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from powershell_reading import read, version

from tocsin.formats import Reading, powershell_csv, powershell_json, recognise
from tocsin.formats.powershell_csv import ROW_LIMIT
from tocsin.model.evidence import Evidence, Identifier, Look
from tocsin.model.locator import Locator

VERSION = {"Major": 15, "Minor": 2, "Build": 986, "Revision": 5, "FilePatchLevelDescription": None}
GUID = "11111111-2222-4333-8444-555555555555"
DN = (
    "CN=EX01,CN=Servers,CN=Exchange Administrative Group (FYDIBOHF23SPDLT),"
    "CN=Administrative Groups,CN=Contoso,CN=Microsoft Exchange,CN=Services,CN=Configuration,"
    "DC=contoso,DC=com"
)
SERVER = {
    "Name": "EX01",
    "Fqdn": "EX01.contoso.com",
    "AdminDisplayVersion": VERSION,
    "ServerRole": 54,
    "Guid": GUID,
    "DistinguishedName": DN,
    "WhenChangedUTC": "\\/Date(1613679244000)\\/",
}


def as_json(value: object, encoding: str = "utf-8") -> bytes:
    return json.dumps(value, indent=4).encode(encoding)


# JSON.


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_one_object_or_an_array_in_every_encoding(encoding: str):
    for value in (SERVER, [SERVER], {"value": [SERVER], "Count": 1}):
        found = read(as_json(value, encoding))
        assert found.format == "powershell-json"
        (host,) = found.hosts
        assert host.names == ("EX01.contoso.com", "EX01")
        assert version(host) == ("15.2.986.5", "cu")
        assert host.organisation == "Contoso"
        assert host.identifiers == (Identifier("guid", GUID), Identifier("dn", DN))
        assert host.facts["ServerRole"] == "54"
        assert found.look.records == 1


def test_versions_as_text_and_names_of_members_in_any_case():
    data = [{"name": "EX01", "admindisplayversion": "Version 14.3 (Build 123.4)"}]
    (host,) = read(as_json(data)).hosts
    assert (host.names, version(host)) == (("EX01",), ("14.3.123.4", "cu"))


def test_depth_cut_references_to_servers_are_text():
    connector = {
        "Identity": "Outbound",
        "Name": "Outbound",
        "SourceTransportServers": "EX01 EX02",
        "HomeMtaServerId": "contoso.com/Configuration/Services/x/Servers/EX03",
        "SmartHosts": ["smtp.contoso.com"],
    }
    whole = connector | {"SourceTransportServers": [{"Name": "EX04", "DistinguishedName": None}]}
    found = read(as_json([connector, whole]))
    assert sorted(set(found.names)) == ["EX01", "EX02", "EX03", "EX04"]


def test_report_of_exchange_online_is_its_own_look():
    row = {
        "ServerFQDN": "EX01.contoso.com",
        "Build": "15.01.2507.039",
        "FirstDetectedDate": "2024-03-28T00:15:08Z",
        "RecommendedBuildVersions": "15.1.2507.39",
    }
    found = read(as_json([row]))
    assert found.look.seen_by == "exchange-online"
    assert version(found.hosts[0]) == ("15.1.2507.39", "update")
    assert found.evidence[0].seen is None
    mixed = read(as_json([row, SERVER]))
    assert mixed.look.seen_by == "export"


def test_file_information_inside_a_command_is_exact_and_no_program_is_a_server():
    command = {
        "Name": "ExSetup.exe",
        "CommandType": 32,
        "FileVersionInfo": {
            "FileName": "C:\\Exchange\\bin\\ExSetup.exe",
            "FileVersion": "15.01.2507.039",
            "ProductVersion": "15.01.2507.039",
        },
        "PSComputerName": "EX01",
    }
    (host,) = read(as_json(command)).hosts
    assert (host.names, version(host)) == (("EX01",), ("15.1.2507.39", "update"))


def test_a_broken_object_costs_only_itself():
    good = json.dumps(SERVER)
    found = read(f'[{good}, {{"Name": nope}}, {good}]'.encode())
    assert len(found.hosts) == 2
    assert len(found.gaps) == 1
    assert "record 2" in found.gaps[0].at.position


def test_deep_nesting_is_told():
    deep = "[" * 5000 + "]" * 5000
    found = read(f'[{json.dumps(SERVER)}, {{"Name": "x", "y": {deep}}}]'.encode())
    assert found.names == ["EX01.contoso.com", "EX01"]
    assert len(found.gaps) == 1


@pytest.mark.shared
def test_admin_api_answers_name_no_server_and_are_read(shared: Path):
    for path in sorted((shared / "samples/hybrid/exo-adminapi-json").iterdir()):
        found = read(path.read_bytes())
        assert found.format == "powershell-json"
        assert found.look.records == len(json.loads(path.read_bytes()))
        assert not found.hosts


def test_json_of_others_is_not_taken():
    for value in (
        {"Name": "x", "Version": "15.1.2507.6", "Server": "y"},
        [{"ip_str": "192.0.2.1", "port": 443}],
        {"status": "running", "RunspaceId": "x", "PSComputerName": "x"},
    ):
        assert recognise(as_json(value)) is not powershell_json.FORMAT


# CSV.


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("typed", [True, False])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_delimiters_types_and_encodings(delimiter: str, typed: bool, encoding: str):  # noqa: FBT001
    rows = [
        ["Name", "Fqdn", "Site", "AdminDisplayVersion"],
        ["EX01", "EX01.contoso.com", "Zürich, Büro", "Version 15.2 (Build 1118.7)"],
    ]
    lines = [delimiter.join(f'"{cell}"' for cell in row) for row in rows]
    if typed:
        lines.insert(
            0, "#TYPE Selected.Microsoft.Exchange.Data.Directory.Management.ExchangeServer"
        )
    found = read("\r\n".join([*lines, ""]).encode(encoding))
    assert found.format == "powershell-csv"
    (host,) = found.hosts
    assert host.names == ("EX01.contoso.com", "EX01")
    assert version(host) == ("15.2.1118.7", "cu")
    assert host.facts["Site"] == "Zürich, Büro"
    assert found.evidence[0].at.position == f"line {3 if typed else 2}"


def test_lists_that_export_csv_did_not_write_are_told():
    text = (
        '"Name","SourceTransportServers","SmartHosts"\n'
        '"Out","Microsoft.Exchange.Data.Directory.ADMultiValuedProperty`1[x]","[192.0.2.1]"\n'
    )
    found = read(text.encode())
    assert not found.hosts
    assert [gap.kind for gap in found.gaps] == ["not-collected"]


def test_a_script_s_own_columns_give_the_exact_build():
    text = (
        "PSComputerName,FileVersion,ProductVersion\n"
        "ex01.contoso.com,15.02.1118.040,15.02.1118.040\n"
    )
    (host,) = read(text.encode()).hosts
    assert (host.names, version(host)) == (("ex01.contoso.com",), ("15.2.1118.40", "update"))
    beside = (
        "Name,AdminDisplayVersion,ExSetupVersion\nEX02,Version 15.1 (Build 2507.6),15.1.2507.39\n"
    )
    (host,) = read(beside.encode()).hosts
    assert (host.names, version(host)) == (("EX02",), ("15.1.2507.39", "update"))


def test_values_over_several_lines_and_files_put_together():
    text = (
        '#TYPE System.A\n"Name","Comment","ServerRole"\n"EX01","two\nlines","Mailbox"\n'
        '#TYPE System.B\n"Fqdn","ServerRole","Name"\n"EX02.contoso.com","Mailbox","EX02"\n'
    )
    found = read(text.encode())
    assert [host.names for host in found.hosts] == [("EX01",), ("EX02.contoso.com", "EX02")]
    assert [each.at.position for each in found.evidence] == ["line 3", "line 7"]


def test_a_quote_that_is_never_closed_costs_one_row():
    rows = [f'"EX{i:03}","Mailbox"' for i in range(2 * ROW_LIMIT)]
    rows[1] = '"EX001,"Mailbox"'
    rows[3] = '"EX003","Mailbox'
    text = "\n".join(['"Name","ServerRole"', *rows, ""])
    found = read(text.encode())
    assert len(found.hosts) >= 2 * ROW_LIMIT - 2
    assert {"EX000", "EX002", "EX004", "EX399"} <= set(found.names)


def test_a_line_beyond_the_limit_is_told_and_the_next_is_read():
    long = ",".join(["x"] * (powershell_csv.LINE_LIMIT // 2 + 10))
    found = read(f"Name,ServerRole\nEX01,{long}\nEX02,Mailbox\n".encode())
    assert found.names == ["EX02"]
    assert [gap.kind for gap in found.gaps] == ["limit"]


def test_tables_of_others_are_not_taken():
    for text in (
        "Name,Server,Site\nx,y,z\n",
        "Name,Version\nEX01,15.1.2507.6\n",
        "date,time,s-ip,cs-method\n2024-01-01,10:00,1.2.3.4,GET\n",
    ):
        assert recognise(text.encode()) is not powershell_csv.FORMAT


def test_the_columns_that_a_command_selects_are_no_header():
    """A console's copy whose first line names what it prints is what it prints, not a table."""
    printed = "\nName                : MX1\nFqdn                : MX1.contoso.example\nAdminDisplayVersion : Version 15.2 (Build 1544.11)\nServerRole          : Mailbox\n"
    command = "Get-ExchangeServer | fl Name,Fqdn,AdminDisplayVersion,ServerRole"
    for before in (r"[PS] C:\>", r"PS C:\Users\adm> ", ""):
        found = read(f"{before}{command}\n{printed}".encode())
        assert found.format == "format-list"
        assert set(found.names) == {"MX1", "MX1.contoso.example"}


CSV = (
    b'#TYPE Microsoft.Exchange.Data.Directory.Management.ExchangeServer\r\n"Name","Fqdn",'
    b'"AdminDisplayVersion"\r\n"EX01","EX01.contoso.com","Version 15.2 (Build 986.5)"\r\n'
    b'"EX02","EX02.contoso.com","Version 15.1 (Build 2507.6)"\r\n'
)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_damaged_files_never_raise(data: st.DataObject):
    form, whole = data.draw(
        st.sampled_from([(powershell_json, as_json([SERVER, SERVER])), (powershell_csv, CSV)])
    )
    at = data.draw(st.integers(0, len(whole)))
    gone = data.draw(st.integers(0, 80))
    tokens = st.sampled_from([b'"', b"\\", b"{", b"}", b"[", b"]", b"\\ud800", b"\0", b",", b"\r"])
    piece = data.draw(st.one_of(st.binary(max_size=30), tokens))
    damaged = whole[:at] + piece + whole[at + gone :]
    form.recognise(damaged[:8192])
    items = list(form.read(io.BytesIO(damaged), Locator(source="x"), Reading()))
    assert isinstance(items[-1], Evidence)
    assert isinstance(items[-1].body, Look)


def test_csv_below_many_empty_lines():
    """As a damaged export, or an empty window pasted before it, begins."""
    lead = "\n#TYPE Selected.System.Object\n".join([""] * (ROW_LIMIT + 2))
    rows = "Name,Fqdn,AdminDisplayVersion\nEX01,EX01.contoso.com,Version 15.2 (Build 986.5)\n"
    at = Locator(source="export.csv")
    found = list(
        powershell_csv.read(io.BytesIO((lead + "\n" * 300 + rows).encode()), at, Reading())
    )
    told = [each.body for each in found if isinstance(each, Evidence)]
    (look,) = (each for each in told if isinstance(each, Look))
    assert look.records == 1
    assert [each.names for each in told if not isinstance(each, Look)] == [
        ("EX01.contoso.com", "EX01")
    ]
