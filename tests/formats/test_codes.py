"""Codes to scan in attached pictures and within documents: where they lead, what else they do."""

from __future__ import annotations

import base64
import zlib

import pytest
from attachment_forms import opendocument
from attachment_making import document, onenote, zipped
from code_making import CODES, HOST, grey, in_page, picture, portable, predicted, samples

from tocsin.formats import Reading
from tocsin.formats.syntax.attachments import look
from tocsin.formats.syntax.mail_message import message
from tocsin.model.evidence import Evidence
from tocsin.model.locator import Locator
from tocsin.model.message import Attachment, Message


def seen(data: bytes, name: str = "x", declared: str = "") -> Attachment:
    return look(name, declared, data, inline=False, passwords=())


LEADING = (
    "link.png", "link.jpg", "link.gif", "link.bmp", "link.webp", "tiny.png", "light-on-dark.png",
    "on-nothing.png", "coloured.png", "page.png", "second-frame.gif", "datamatrix.png", "aztec.png",
)  # fmt: skip


@pytest.mark.parametrize("name", LEADING)
def test_a_picture_of_a_code_leads_where_the_code_does(name: str):
    found = seen(picture(name), name)
    assert (found.kind, found.traits, found.leads) == ("image", ("code", "uri"), HOST)


def test_a_host_without_a_scheme_is_opened_by_telephones_too():
    assert seen(picture("bare.png"), "bare.png").leads == ("login.example.com",)


@pytest.mark.parametrize(
    ("name", "trait"),
    [
        ("wifi", "wifi-code"),
        ("card", "contact-code"),
        ("mailto", "mail-code"),
        ("tel", "call-code"),
        ("otp", "sign-in-code"),
        ("payment", "payment-code"),
        ("text", "text-code"),
    ],
)
def test_a_code_that_is_no_link_says_what_it_is_and_leads_nowhere(name: str, trait: str):
    found = seen(picture(f"{name}.png"), f"{name}.png")
    assert (found.traits, found.leads) == ((trait,), ())


def test_every_committed_picture_is_asked_for():
    named = {*LEADING, "bare.png", "blocks.txt", "half.txt", "table.html"} | {
        f"{each}.png" for each in ("wifi", "card", "mailto", "tel", "otp", "payment", "text")
    }
    assert {each.name for each in CODES.iterdir()} == named


def pdfs() -> dict[str, bytes]:
    plain, width, height = samples()
    colour = samples(mode="RGB")[0]
    bits = samples(mode="1")[0]
    flat = zlib.compress(plain)
    jpeg = picture("link.jpg")
    mask = grey(zlib.compress(b"\xff" * 900), 30, 30).partition(b"endobj\n")[2]
    return {
        "jpeg": portable(jpeg, width, height, "/Filter/DCTDecode"),
        "jpeg-in-flate": portable(
            zlib.compress(jpeg), width, height, "/Filter[/FlateDecode/DCTDecode]"
        ),
        "grey": grey(flat, width, height, "/Filter/FlateDecode"),
        "length-elsewhere": grey(flat, width, height, "/Filter /FlateDecode", length=False),
        "unpacked": grey(plain, width, height),
        "letters": grey(
            base64.a85encode(flat) + b"~>", width, height, "/Filter[/ASCII85Decode /FlateDecode]"
        ),
        "hex": grey(
            flat.hex().encode() + b">", width, height, "/Filter[/ASCIIHexDecode/FlateDecode]"
        ),
        "colour": portable(
            zlib.compress(colour), width, height,
            "/ColorSpace[/ICCBased 7 0 R]/BitsPerComponent 8/Filter/FlateDecode",
        ),
        "one-bit": portable(
            zlib.compress(bits), width, height,
            "/ColorSpace/DeviceGray/BitsPerComponent 1/Filter/FlateDecode",
        ),
        "indexed": portable(
            zlib.compress(bits), width, height,
            "/ColorSpace[/Indexed/DeviceRGB 1<ffffff000000>]/BitsPerComponent 1/Filter/FlateDecode",
        ),
        "mask": portable(zlib.compress(bits), width, height, "/ImageMask true/Filter/FlateDecode"),
        "predicted": grey(
            predicted(plain, width, height, 1), width, height,
            f"/Filter/FlateDecode/DecodeParms<</Predictor 15/Columns {width}>>",
        ),
        "predicted-colour": portable(
            predicted(colour, width, height, 3), width, height,
            f"/BitsPerComponent 8/Filter/FlateDecode/DecodeParms<</Predictor 12/Colors 3/Columns {width}>>",
        ),
        "behind-others": grey(flat, width, height, "/Filter/FlateDecode", before=mask),
    }  # fmt: skip


@pytest.mark.parametrize("form", pdfs())
def test_a_code_within_a_pdf(form: str):
    found = seen(pdfs()[form], "offer.pdf", "application/pdf")
    assert (found.traits, found.leads) == (("named-pdf", "code", "uri"), HOST)


def test_a_pdf_whose_pictures_show_no_code_leads_nowhere():
    found = seen(grey(zlib.compress(b"\xff" * 10_000), 100, 100, "/Filter/FlateDecode"), "o.pdf")
    assert (found.traits, found.leads) == (("named-pdf",), ())


def zip_of(data: bytes, **more: bytes) -> bytes:
    """The same zip with further members."""
    import io
    import zipfile

    made = io.BytesIO(data)
    with zipfile.ZipFile(made, "a") as archive:
        for name, body in more.items():
            archive.writestr(name.replace("__", "/").replace("_P", ".png"), body)
    return made.getvalue()


@pytest.mark.parametrize("folder", ["word", "xl", "ppt"])
def test_a_code_within_an_office_file(folder: str):
    made = zip_of(document(), **{f"{folder}__media__image1_P": picture()})
    found = seen(made, "offer.docx")
    assert found.kind == "ooxml"
    assert {"code", "uri"} <= set(found.traits)
    assert found.leads == HOST


def test_the_picture_of_the_first_page_is_not_a_picture_in_it():
    assert not seen(zip_of(document(), docProps__thumbnail_P=picture()), "offer.docx").leads


def test_a_code_within_an_opendocument_file():
    made = zip_of(opendocument("<office:text/>"), Pictures__1_P=picture())
    found = seen(made, "offer.odt")
    assert (found.kind, found.leads) == ("opendocument", HOST)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("page.html", in_page(picture())),
        ("page.html", in_page(picture("link.jpg"), "jpeg")),
        ("notes.one", onenote(picture())),
        ("pictures.zip", zipped({"a/scan.png": picture()})),
    ],
)
def test_a_code_within_other_files(name: str, data: bytes):
    found = seen(data, name)
    assert "code" in found.traits
    assert found.leads == HOST


@pytest.mark.parametrize("name", ["blocks.txt", "half.txt", "table.html"])
def test_a_code_that_a_file_draws_itself(name: str):
    found = seen(picture(name), name)
    assert found.kind == ("html" if name.endswith("html") else "text")
    assert ("code" in found.traits, found.leads) == (True, HOST)


def mail(body: str, kind: str) -> Message:
    raw = f"From: a@fabrikam.example\nSubject: x\nContent-Type: {kind}; charset=utf-8\n\n{body}\n"
    found = message(raw.encode(), Locator(source="x"), "", Reading(messages=True))
    return next(
        each.body for each in found if isinstance(each, Evidence) and isinstance(each.body, Message)
    )


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (picture("half.txt").decode(), "text/plain"),
        ("<p>Scan</p>" + picture("blocks.txt").decode().replace(" ", "&nbsp;").replace("\n", "<br>"),
         "text/html"),
        ("<pre>" + picture("half.txt").decode().replace("█", "&#9608;") + "</pre>", "text/html"),
        (picture("table.html").decode(), "text/html"),
        (in_page(picture()).decode(), "text/html"),
    ],
    ids=["half-blocks", "blocks", "spelt", "cells", "data"],
)  # fmt: skip
def test_a_code_in_a_mails_own_text_is_a_link_of_the_mail(body: str, kind: str):
    assert [each.host for each in mail(body, kind).links] == list(HOST)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("█ 80 %\n" + "▀▄ chart\n" * 40, "text/plain"),
        ("█" * 40 + "\n" + "\n".join("█" * 40 for _ in range(40)), "text/plain"),
        ("<table>" + "<tr>" + "<td a></td><td></td>" * 30 + "</tr>" * 40 + "</table>", "text/html"),
        ("<table>" + ("<tr>" + "<td a colspan=999></td><td>" * 400 + "</tr>") * 60, "text/html"),
    ],
)
def test_other_drawings_are_no_links(body: str, kind: str):
    assert mail(body, kind).links == ()
