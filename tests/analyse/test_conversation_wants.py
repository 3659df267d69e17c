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


def partner_says(
    text: str, extra: str = "", author: Person | None = None, anchor: str = ""
) -> Judged:
    """A partner's own account, in everything as ever, in the last thread with one of ours.

    anchor: what stands for the word LINK in the page that he then writes."""
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
        quote="blockquote" if anchor else "",
    )
    mail.raw = mail.raw.replace(b"LINK", anchor.encode())
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


def test_money_that_is_taken_counts_with_a_number_to_call():
    said = "Your renewal of $489.99 was processed. If you did not authorize it call"
    assert "charged-unless-called" in partner_says(f"{said} +44 20 7946 0999 today.").observed
    assert "charged-unless-called" not in partner_says(f"{said} me.").observed


@pytest.mark.parametrize(
    "text",
    [
        "Please send me the list of all open invoices with the contacts of the customers.",
        "Bitte schick mir eine Aufstellung aller offenen Rechnungen mit Ansprechpartnern.",
        "Merci de m'envoyer la balance âgée des clients.",
        "For the audit please send me the tax statements of all staff as one PDF.",
    ],
)
def test_lists_of_debts_and_pay_are_something_wanted(text: str):
    assert "asks-for-records" in partner_says(text).observed


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("The supplier only accepts USDT for this batch, the wallet is below.", True),
        ("Bitte bezahlen Sie die Rechnung in Bitcoin.", True),
        ("The crypto engine accepts keys of 256 bits.", False),
    ],
)
def test_payment_in_coins_is_something_wanted(text: str, *, asked: bool):
    assert ("asks-for-coins" in partner_says(text).observed) is asked


def test_an_invoice_that_is_sent_is_no_list_of_debts():
    text = "Please find our invoice attached, payable within thirty days."
    assert "asks-for-records" not in partner_says(text).observed


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


def test_a_damaged_picture_does_no_harm_to_its_archive():
    cut = io.BytesIO()
    with zipfile.ZipFile(cut, "w") as out:
        out.writestr("IMG_1.jpg", b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + bytes(2500))
    photos = attached("photos.zip", cut.getvalue(), "application/zip")
    assert "file-risky" not in partner_says("The photos, as promised.", photos).observed


def test_a_drawing_that_runs_nothing_is_a_picture():
    head = b"<svg xmlns='http://www.w3.org/2000/svg'>"
    plain = attached("eye.svg", head + b"<path d='M0 1'/></svg>", "image/svg+xml")
    assert "file-risky" not in partner_says("The plot, as promised.", plain).observed
    for inside in (
        b"<script>location='https://evil.example/'</script>",
        b"<a href='https://evil.example/'>x</a>",
    ):
        page = attached("eye.svg", head + inside + b"</svg>", "image/svg+xml")
        assert "file-risky" in partner_says("The plot, as promised.", page).observed


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


def test_gift_cards_are_asked_for_by_nobody_honest():
    found = partner_says(
        "I need four gift cards of 200 for the team, send me the codes today, urgent."
    )
    assert found.verdict == "alert"
    assert "asks-for-gift-cards" in found.observed
    shop = "Our new gift cards are here. " + "Uniforms, shoes and books for the new term. " * 25
    assert "asks-for-gift-cards" not in partner_says(shop).observed


@pytest.mark.parametrize(
    "text",
    [
        "Text me on WhatsApp +44 7269 950233 instead",
        "Sigamos por Signal, este buzón no es seguro: +44 7554 586641",
        "Schreib mir auf Telegram: +49 172 8499996",
        "my number is +33 6 46 49 68 14, let us go on via Signal",
    ],
)
def test_a_messenger_with_a_number(text: str):
    assert "moves-to-messenger" in partner_says(text).observed


@pytest.mark.parametrize(
    "text",
    [
        "The signal at 2400000000 Hz is clipped.",
        "We discussed it on WhatsApp last week.",
        "The Telegram bot posts the results.",
        "Tiket založen https://tracker.fabrikam.example/0/81303346275441",
    ],
)
def test_a_messenger_without_a_number_is_only_spoken_of(text: str):
    assert "moves-to-messenger" not in partner_says(text).observed


def test_a_wallet_is_an_account_where_a_coin_is_named():
    # The address of Bitcoin's first block, as every textbook prints it.
    wallet = "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"
    assert "account-new" in partner_says(f"Pay in Bitcoin please, to {wallet}").observed
    assert "account-new" not in partner_says(f"The commit is {wallet}, see there.").observed


@pytest.mark.parametrize(
    "text",
    [
        # Forms of the American Bankers Association and of UK Finance; BIP 350 and EIP 55 for the coins.
        "can you do it today?\nABA/Routing # 032994406\nChecking # 875099734",
        "Send it here:\nPayee: Fabrikam Ltd\n95-67-42 / 82253653",
        "S/C 95 67 42",
        "付款可用USDT，钱包：\n0x5aae9eaff972ffc978625f6dde7f793a85387590",
        "We take crypto. Wallet:\nbc1p5cyxnuxmeuwuvkwfem96lqzszd02n6xdcjrs20cac6yqjjwudpxqkedrcr",
        # ISO 9362 for the bank; ISO 13616's example with anything between its signs.
        "Bank of Contoso, Ningbo branch\nAcc. 188033761611470\nSwift CONTCNBN",
        "it goes to:\nI B A N - D E 89 . 3704 . 0044 . 0532 . 0130 . 00",
    ],
)
def test_an_account_is_known_by_its_form(text: str):
    assert "account-new" in partner_says(text).observed


@pytest.mark.parametrize(
    "text",
    ["The swift decision: account 12345678 entries are kept.", "The routing table holds 120000 entries.", "commit 0x5aae9eaff972ffc978625f6dde7f793a85387590", "2021-10-05 / 12"],
)  # fmt: skip
def test_other_numbers_are_no_accounts(text: str):
    assert "account-new" not in partner_says(text).observed


def test_a_warning_that_accounts_never_change_is_no_change():
    said = "Will do.\n\nAnn\nBeware of fraud: our bank details never change by e-mail."
    assert not {"payment-change", "speaks-of-bank"} & partner_says(said).observed.keys()
    assert "payment-change" in partner_says("Our bank details have changed.").observed


def test_a_code_that_lets_a_device_in_is_asked_for_by_nobody_honest():
    code = "https://microsoft.com/devicelogin"
    found = partner_says(f"Please enter the code BX4TQ9 at {code} to read the shared note.")
    assert {"link-device-login", "code-given"} <= found.observed.keys()
    assert found.verdict == "alert"


@pytest.mark.parametrize(
    ("text", "given"),
    [
        # Forms of Microsoft's, GitHub's and Google's codes (RFC 8628, 6.1, recommends letters without vowels).
        ("Code F7HBQ2XKS, at https://microsoft.com/devicelogin", {"code-given"}),
        ("https://github.com/login/device code WDJB-MJHT", {"code-given"}),
        ("go to https://www.google.com/device and type GQV-KXZ", {"code-given"}),
        ("log in at https://github.com/login/device with what GITHUB shows you", set()),
        (
            "PLEASE sign in at https://microsoft.com/devicelogin with the code of your television",
            set(),
        ),
    ],
)
def test_a_code_that_is_given_is_told_from_one_that_the_reader_sees_himself(
    text: str, given: set[str]
):
    assert {"code-given"} & partner_says(text).observed.keys() == given


@pytest.mark.parametrize(
    "text",
    [
        "I got a new phone, can you read me the six digit code that just came to the shared number?",
        "Leite mir bitte den Bestätigungscode weiter, den du gleich bekommst.",
        "Pouvez-vous me transmettre le code reçu par SMS ?",
    ],
)
def test_a_one_time_code_is_asked_for(text: str):
    found = partner_says(text)
    assert {"asks-for-code", "off-topic"} <= found.observed.keys()
    assert found.verdict != "clear"


@pytest.mark.parametrize(
    "text", ["Your verification code is 771203.", "Please send me the code of the driver."]
)
def test_a_code_that_is_told_is_not_asked_for(text: str):
    assert "asks-for-code" not in partner_says(text).observed


@pytest.mark.parametrize(
    "text",
    [
        "Has the transfer gone out already? If not, put it on hold, our receivables are with a factoring company.",
        "Bitte die Zahlung zurückhalten, unsere Forderungen wurden abgetreten.",
        "Merci de suspendre le virement, nos créances sont cédées.",
        "Sospendete il bonifico, i crediti sono stati ceduti.",
        "Graag de betaling tegenhouden, onze debiteuren zijn gecedeerd.",
        "Please pay my salary to the following account from this month",
        "Bitte mein Gehalt ab sofort auf das neue Konto",
        "The invoice had the wrong account details, the corrected one is attached",
    ],
)
def test_a_payment_that_is_held_for_somebody_else_is_a_changed_one(text: str):
    assert "payment-change" in partner_says(text).observed


def test_a_mailbox_spelt_almost_like_a_participants():
    thread = next(each for each in reversed(past()[0]) if _with_partner(each))
    _, other = parties(thread)
    local, _, domain = other.address.partition("@")
    for form in (f"{local}1", f"{local}{local[-1]}", f"{local[:3]}{local[4:]}"):
        found = partner_says("See below.", author=Person(other.name, f"{form}@{domain}"))
        assert "near-and-known" in found.observed, form
    private = Person(other.name, f"{local}82@gmail.com")
    assert "mailbox-near" not in partner_says("See below.", author=private).observed
    dotted = Person(other.name, f"{local.replace('.', '')}@{domain}")
    assert "mailbox-near" not in partner_says("See below.", author=dotted).observed
    assert "mailbox-near" not in partner_says("See below.").observed
    assert "mailbox-near" not in partner_says("See below.", author=NEWCOMER).observed


def test_a_site_that_is_shown_and_another_that_is_opened():
    anchor = '<a href="https://wingtip-toys.test/x">https://files.{}/a</a>'
    ours, other = anchor.format(OWN), anchor.format("tailspin.example")
    assert "link-shows-known" in partner_says("Please see LINK", anchor=ours).observed
    assert "link-shows-known" not in partner_says("Please see LINK", anchor=other).observed


def test_the_senders_own_corner_of_a_service_is_hardly_strange():
    """A partner's shared folder at a service is named like his domain."""
    own = partner_says(
        "The plan: https://fabrikam.sharepoint.com/sites/plans/Shared%20Documents/a.xlsx"
    )
    other = partner_says(
        "The plan: https://tailspin.sharepoint.com/sites/plans/Shared%20Documents/a.xlsx"
    )
    assert own.verdict != "alert"
    assert own.score.total < other.score.total / 2


def test_an_address_of_a_private_network_is_nobodys_trap():
    inside = partner_says("I must type https://10.0.15.43/x/login instead of the name.")
    outside = partner_says("I must type https://192.0.2.43/x/login instead of the name.")
    assert inside.score.total + 2 < outside.score.total


def test_pictures_in_many_conversations_at_once_are_a_burst_without_a_word_about_them():
    """One account puts the first picture it ever sent into eight threads within the hour."""
    threads = [each for each in past()[0] if _with_partner(each)]
    _, other = parties(threads[-1])
    mine = [each for each in threads if other in parties(each)][-8:]
    begin = mine[-1][-1].when + timedelta(hours=3)
    shown = attached("scan.png", picture(), "image/png")
    mails = [
        write(other, parties(thread)[0], begin + timedelta(minutes=3 * number), "Here it is.",
              seed=f"picture {number}", parent=thread[-1], extra=shown)
        for number, thread in enumerate(mine)
    ]  # fmt: skip
    found = after(mails)
    assert len(mails) >= 3
    assert all("burst-account" in each.observed for each in found)
    assert "burst-account" not in after(mails[:2])[1].observed


def test_a_link_is_not_hidden_behind_many_to_one_site():
    many = " ".join(f"https://www.fabrikam.example/page{number}" for number in range(12))
    found = partner_says(f"See {many} and https://contoso-forms.example/wp-includes/js/a.php")
    assert "link-machinery" in found.observed


def test_a_file_is_not_hidden_behind_others():
    notes = [attached(f"notes{number}.txt", b"plain\n", "text/plain") for number in range(8)]
    leads = attached("offer.pdf", leading_to("https://contoso-forms.test/a"), "application/pdf")
    files = "\n--_004_x_\n".join([*notes, leads])
    assert "file-leads-on" in partner_says("The offer is attached.", files, NEWCOMER).observed
