"""format-list: what consoles print, cut and wrap."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from powershell_reading import DATA, read, version

from tocsin.formats import Reading, format_list, recognise
from tocsin.model.evidence import Evidence, Identifier, Look
from tocsin.model.locator import Locator


def hosts(text: str):
    return read(text.encode()).hosts


def test_report_of_exchange_online_is_its_own_look_and_exact(shared: Path):
    found = read((shared / "samples/exchange/exo/get-onpremserverreportinfo.txt").read_bytes())
    # SOURCES.md: a public post about one lab server.
    (host,) = found.hosts
    assert (host.seen_by, host.names) == ("exchange-online", ("Exch1.bear.local",))
    assert version(host) == ("15.1.2507.16", "update")
    assert found.look.seen_by == "exchange-online"
    # The day a server was first seen says nothing about the day of the export.
    assert found.evidence[0].seen is None
    assert host.facts["FirstDetectedDate"] == "28/03/2024 00:15:08"


def test_wrapped_list_with_foreign_dates_names_the_hybrid_servers(shared: Path):
    folder = shared / "samples/hybrid/format-list"
    found = read((folder / "get-hybridconfiguration.ru-locale.fl.txt").read_bytes())
    assert found.names == ["MXM"]
    # The distinguished name was broken inside a word: `C` + `N=Configuration`.
    assert found.hosts[0].organisation == "contoso"


def test_every_printed_sample_is_recognised_and_read(shared: Path):
    for path in sorted((shared / "samples/hybrid/format-list").iterdir()):
        found = read(path.read_bytes())
        assert found.format == "format-list", path
        assert found.look.records > 0, path
        assert not found.gaps, path


def test_cloud_objects_name_no_server_of_ours(shared: Path):
    folder = shared / "samples/hybrid/format-list"
    found = read((folder / "get-intraorganizationconnector.online.fl.txt").read_bytes())
    assert not found.hosts


def test_transcript_of_a_console_gives_every_object_in_it():
    found = read((DATA / "transcript.txt").read_bytes())
    told = {(host.names, version(host)) for host in found.hosts}
    assert told == {
        (("EX01",), ("15.1.2507.6", "cu")),
        (("EX02",), ("15.2.1118.7", "cu")),
        (("EX01.corp.contoso.com", "EX01"), ("15.1.2507.6", "cu")),
        (("ex01",), ("15.1.2507.39", "update")),
        (("ex02",), ("15.2.1118.40", "update")),
        (("EX03",), None),
    }
    by_line = {each.at.position for each in found.evidence}
    assert "line 12" in by_line


def test_table_in_a_narrow_window_says_what_was_cut():
    text = """
Name                Site                 ServerRole  Edition     AdminDisplayVersion
----                ----                 ----------  -------     -------------------
EX01                contoso.com/Confi... Mailbox     Enterprise  Version 15.1 (Bu...
EX-WITH-A-LONG-N... contoso.com/Confi... Mailbox     Enterprise  Version 15.1 (Bu...
"""
    found = read(text.encode())
    (host,) = found.hosts
    assert (host.names, host.version) == (("EX01",), None)
    assert {(gap.at.position, gap.kind) for gap in found.gaps} == {
        ("line 4, property AdminDisplayVersion", "not-collected"),
        ("line 5, property AdminDisplayVersion", "not-collected"),
        ("line 5", "limit"),
    }


def test_list_that_powershell_cut_after_four_names_keeps_the_four_and_says_so():
    text = """
Name                   : Out to Office 365
SourceTransportServers : {EX01, EX02, EX03, EX04...}
SmartHosts             : {contoso-com.mail.protection.outlook.com}
"""
    found = read(text.encode())
    assert found.names == ["EX01", "EX02", "EX03", "EX04"]
    assert [gap.kind for gap in found.gaps] == ["not-collected"]


def test_labels_and_versions_in_another_language_are_kept():
    text = """
Name                : EX01
Версия              : x
AdminDisplayVersion : Версия 15.1 (сборка 2507.6)
"""
    (host,) = hosts(text)
    assert version(host) == ("15.1.2507.6", "cu")
    assert host.version is not None
    assert host.version.text == "Версия 15.1 (сборка 2507.6)"


def test_words_wrapped_between_words_are_joined_with_a_blank():
    text = """
Name                : EX01
AdminDisplayVersion : Version 15.1
                      (Build 2507.6)
Identity            : EX01
DistinguishedName   : CN=EX01,CN=Servers,CN=Exchange Administrative Group
                      (FYDIBOHF23SPDLT),CN=Administrative Groups,CN=Contoso,CN=Microsoft
                      Exchange,CN=Services,CN=Configuration,DC=contoso,DC=com
"""
    (host,) = hosts(text)
    assert version(host) == ("15.1.2507.6", "cu")
    assert host.organisation == "Contoso"
    dn = next(each.value for each in host.identifiers if each.kind == "dn")
    assert dn.endswith("CN=Microsoft Exchange,CN=Services,CN=Configuration,DC=contoso,DC=com")


def test_objects_without_blank_lines_between_begin_where_a_name_comes_again():
    text = "Name : EX01\nServerRole : Mailbox\nName : EX02\nServerRole : Mailbox\n"
    assert [host.names for host in hosts(text)] == [("EX01",), ("EX02",)]


def test_text_that_was_copied_with_an_indent_and_in_colour_is_read_alike():
    plain = "Name                : EX01\nAdminDisplayVersion : Version 15.1\n"
    plain += "                      (Build 2507.6)\n"
    indented = "".join(f"    {line}\n" for line in plain.splitlines())
    coloured = plain.replace("Name ", "\x1b[32;1mName\x1b[0m ")
    for text in (plain, indented, coloured):
        (host,) = hosts(text)
        assert (host.names, version(host)) == (("EX01",), ("15.1.2507.6", "cu"))


def test_exsetup_without_a_machine_is_a_build_of_nobody():
    text = """
File:             C:\\Program Files\\Microsoft\\Exchange Server\\V15\\bin\\ExSetup.exe
InternalName:     ExSetup.exe
OriginalFilename: ExSetup.exe
FileVersion:      15.02.1118.025
FileDescription:
Product:          Microsoft Exchange
"""
    (host,) = hosts(text)
    assert host.names == ()
    assert version(host) == ("15.2.1118.25", "update")


def test_certificate_is_tied_to_the_server_its_identity_names_and_to_no_name_inside_it():
    text = f"""
CertificateDomains : {{mail.contoso.com, autodiscover.contoso.com}}
Services           : IIS, SMTP
Subject            : CN=mail.contoso.com
Thumbprint         : {"AB" * 20}
Identity           : EX01.contoso.com\\{"AB" * 20}
"""
    (host,) = hosts(text)
    assert host.names == ("EX01.contoso.com",)
    assert host.identifiers == (Identifier("certificate", "ab" * 20),)


def test_logs_and_mails_are_not_taken_for_console_output():
    for text in (
        "2024-05-01 10:00:00 : started\n2024-05-01 10:00:01 : stopped\n",
        "From: a@example.com\nSubject: Name : value\n\nServer : EX01\n",
        "Name : x\nServer : y\nSite : z\n",
        "#Software: Microsoft Internet Information Services 10.0\n#Fields: date time\n",
    ):
        assert recognise(text.encode()) is not format_list.FORMAT, text


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_damaged_text_never_raises(data: st.DataObject):
    whole = (DATA / "transcript.txt").read_bytes()
    at = data.draw(st.integers(0, len(whole)))
    piece = data.draw(st.one_of(st.binary(max_size=40), st.text(max_size=40).map(str.encode)))
    gone = data.draw(st.integers(0, 400))
    damaged = whole[:at] + piece + whole[at + gone :]
    format_list.recognise(damaged[:8192])
    items = list(format_list.read(io.BytesIO(damaged), Locator(source="x"), Reading()))
    assert isinstance(items[-1], Evidence)
    assert isinstance(items[-1].body, Look)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "utf-16-le", "cp1252"])
def test_every_encoding_of_windows_gives_the_same_answer(encoding: str):
    text = "Name                : EX01\r\nAdminDisplayVersion : Version 15.1 (Build 2507.6)\r\n\r\n"
    (host,) = read(text.encode(encoding)).hosts
    assert (host.names, version(host)) == (("EX01",), ("15.1.2507.6", "cu"))
