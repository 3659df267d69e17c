"""What a mail wants that is no link to a new site: a code to scan, a number to call, an account by its
number, a file fetched from a service that all use; and what is ordinary though it looks like it."""

import io
import struct
import zipfile
import zlib
from copy import deepcopy
from datetime import timedelta

import pytest
from hijacking import parties
from remembering import after, judge, past
from speaking import OWN, Mail, Person, attached, write

from tocsin.analyse.conversation.room import Judged


def picture() -> bytes:
    """A white square (PNG, W3C)."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + check

    head = struct.pack(">IIBBBBB", 8, 8, 8, 0, 0, 0, 0)
    rows = zlib.compress((b"\0" + b"\xff" * 8) * 8)
    chunks = chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


def archive(*names: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for name in names:
            made.writestr(name, f"harmless {name}\n")
    return out.getvalue()


def leading_to(*links: str) -> bytes:
    """A PDF of one page with those links (ISO 32000-1, 12.6.4.7)."""
    each = "".join(f"<</Subtype/Link/A<</S/URI/URI({link})>>>>" for link in links)
    return f"%PDF-1.5\n1 0 obj<</Type/Page/Annots[{each}]>>endobj\n%%EOF\n".encode()


def partner_says(text: str, extra: str = "", author: Person | None = None) -> Judged:
    """A partner's own account, in everything as ever, in the last thread with one of ours."""
    thread = next(each for each in reversed(past()[0]) if _with_partner(each))
    last = thread[-1]
    one, other = parties(thread)
    mail = write(
        author or other,
        one,
        last.when + timedelta(hours=3),
        text,
        seed=text,
        parent=last,
        extra=extra,
    )
    return after([mail])[0]


NEWCOMER = Person("Nora Vik", "nora.vik@fabrikam.example")
"""A partner's colleague, who has never sent anything."""


def _with_partner(thread: list[Mail]) -> bool:
    return {thread[-1].author.domain == OWN, thread[-1].to.domain == OWN} == {True, False}


@pytest.mark.parametrize(
    "text",
    [
        "Please scan the QR code with your phone to sign.",
        "Bitte scannen Sie den QR-Code mit dem Handy.",
        "Veuillez scanner le QR code avec votre téléphone.",
        "スマートフォンでQRコードを読み取ってください。",
    ],
)
def test_a_code_to_scan_is_something_wanted_where_there_is_a_picture(text: str):
    shown = partner_says(text, attached("code.png", picture(), "image/png"))
    assert "asks-to-scan" in shown.observed
    assert "asks-to-scan" not in partner_says(text).observed


def test_pressing_to_call_counts_with_a_number_only():
    said = "Please call me immediately, I cannot write here"
    assert "asks-to-call" in partner_says(f"{said}: +44 20 7946 0999").observed
    assert "asks-to-call" not in partner_says(f"{said}.").observed


@pytest.mark.parametrize(
    "text",
    [
        "For the payment use the new bank account: sort code 20-00-00, account 55779911",
        "Unsere neue Bankverbindung: Kontonummer 5577991100",
        "Notre nouvelle banque, compte n° 00055779911",
    ],
)
def test_an_account_is_known_by_its_number_without_an_iban(text: str):
    assert "account-new" in partner_says(text).observed


@pytest.mark.parametrize(
    "text",
    [
        "Please call me about the payment at 020 7946 0999, the bank is closed.",
        "The user account 55779911 is locked out of the build server.",
    ],
)
def test_a_telephone_or_a_user_number_is_no_bank_account(text: str):
    assert "account-new" not in partner_says(text).observed


@pytest.mark.parametrize(
    "text",
    [
        "The old account is frozen, please hold the transfer and use this one.",
        "Das bisherige Konto ist gesperrt, den Betrag bitte auf diese IBAN.",
        "La cuenta anterior está bloqueada, haga la transferencia a esta.",
    ],
)
def test_an_account_that_is_out_of_use_is_a_changed_one(text: str):
    assert "payment-change" in partner_says(text).observed


def test_a_locked_user_account_is_no_changed_one():
    found = partner_says("My account on the build server is blocked, can you open it again?")
    assert "payment-change" not in found.observed


def test_an_archive_of_logs_is_no_dangerous_file():
    logs = attached("logs.zip", archive("boot.log", "trace.txt", "screen.png"), "application/zip")
    assert "file-risky" not in partner_says("The logs are in the archive.", logs).observed


@pytest.mark.parametrize(
    "names", [("order.doc",), ("boot.log", "order.js"), ("boot.log", "more.zip")]
)
def test_an_archive_with_anything_else_is_one(names: tuple[str, ...]):
    file = attached("order.zip", archive(*names), "application/zip")
    assert "file-risky" in partner_says("The order is in the archive.", file).observed


def test_a_pdf_that_leads_to_its_senders_own_site_leads_nowhere_new():
    link = f"https://www.{NEWCOMER.domain}/terms"
    own = attached("offer.pdf", leading_to(link), "application/pdf")
    assert "file-leads-on" not in partner_says("The offer is attached.", own, NEWCOMER).observed


@pytest.mark.parametrize(
    "link", ["https://blueyonderair.test/view", "https://drive.google.com/uc?export=download&id=1x"]
)
def test_a_pdf_that_leads_elsewhere_leads_on(link: str):
    file = attached("offer.pdf", leading_to(link), "application/pdf")
    assert "file-leads-on" in partner_says("The offer is attached.", file, NEWCOMER).observed


def test_who_shares_documents_has_not_led_to_downloads_before():
    thread = next(each for each in reversed(past()[0]) if _with_partner(each))
    one, other = parties(thread)
    last = thread[-1]
    memory = deepcopy(past()[1])
    views = [
        write(
            other, one, last.when + timedelta(hours=number + 1),
            f"The drawing stands at https://drive.google.com/file/d/{'ab12' * 6}{number}/view today.",
            seed=f"view {number}", parent=last,
        )
        for number in range(3)
    ]  # fmt: skip
    judge(views, memory)
    link = f"https://drive.google.com/uc?export=download&id={'cd34' * 7}"
    later = last.when + timedelta(days=9)
    mail = write(other, one, later, f"Here is the drawing: {link}", seed="fetch", parent=last)
    again = write(
        other, one, later,
        f"The drawing stands at https://drive.google.com/file/d/{'ef56' * 6}9/view today.",
        seed="view", parent=last,
    )  # fmt: skip
    assert "hosting-to-fetch" in judge([mail], deepcopy(memory))[0].observed
    assert "hosting-to-fetch" not in judge([again], deepcopy(memory))[0].observed


def test_an_unknown_domain_counts_with_whatever_file_but_what_everybody_sends():
    stranger = Person("Nora Vik", "nora.vik@blueyonderair.test")
    table = attached("offer.csv", b"a;b\n1;2\n", "text/csv")
    said = "The offer is attached."
    assert "file-any" in partner_says(said, table, stranger).observed
    shown = attached("site.png", picture(), "image/png")
    assert "file-any" not in partner_says(said, shown, stranger).observed
