"""Exchange journal reports: the original is the message, the envelope says who really got it."""

import pytest
from message_reading import HEAD, everything, gaps, messages, one

ORIGINAL = (
    "From: Anna <anna@contoso.example>\nTo: bert@contoso.example\nSubject: Plan\n"
    "Message-ID: <7@contoso.example>\nX-MS-Exchange-Organization-AuthAs: Internal\n\nthe plan\n"
)
ENVELOPE = """Sender: anna@contoso.example
On-Behalf-Of: boss@contoso.example
Subject: Plan
Message-Id: <7@contoso.example>
To: bert@contoso.example
To: carl@contoso.example, Expanded: all@contoso.example
Cc: dora@contoso.example, Forwarded: eric@contoso.example
Bcc: fred@contoso.example
Recipient: gina@contoso.example
"""
REPORT_HEAD = (
    "From: MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@contoso.example\n"
    "To: journal@contoso.example\nSubject: Plan\nMessage-ID: <r@contoso.example>\n"
)


def report(envelope: str = ENVELOPE, mark: str = "X-MS-Journal-Report:", more: str = "") -> str:
    return (
        f"{REPORT_HEAD}{mark}\nContent-Type: multipart/mixed; boundary=j\n\n--j\n"
        f"Content-Type: text/plain\n\n{envelope}\n{more}--j\n"
        f"Content-Type: message/rfc822\n\n{ORIGINAL}\n--j--\n"
    )


@pytest.mark.parametrize("mark", ["X-MS-Journal-Report:", "Content-Identifier: exjournalreport"])
def test_the_original_is_the_message(mark: str):
    found = one(report(mark=mark))
    assert (found.message_id, found.subject) == ("7@contoso.example", "Plan")
    assert found.text.new.strip() == "the plan"
    assert found.own_stamp
    journal = found.journal
    assert journal is not None
    assert (journal.sender, journal.on_behalf_of) == (
        "anna@contoso.example",
        "boss@contoso.example",
    )
    assert journal.recipients == tuple(
        f"{name}@contoso.example" for name in ("bert", "carl", "dora", "fred", "gina")
    )
    assert journal.bcc == ("fred@contoso.example",)
    assert journal.expanded == (
        ("carl@contoso.example", "all@contoso.example"),
        ("dora@contoso.example", "eric@contoso.example"),
    )
    assert found.recipients == journal.recipients


def test_odd_spacing():
    odd = (
        ENVELOPE.replace(": ", " :\t")
        .replace("\n", "\n\n")
        .replace(", Expanded :\t", " ; expanded: ")
    )
    journal = one(report(odd)).journal
    assert journal is not None
    assert journal.expanded[0] == ("carl@contoso.example", "all@contoso.example")


def test_a_report_without_its_original():
    mail = f"{REPORT_HEAD}X-MS-Journal-Report:\n\n{ENVELOPE}"
    found = everything(mail)
    assert any("does not hold the message" in each for each in gaps(found))
    (message,) = messages(found)
    assert (message.message_id, message.sender.address) == (
        "7@contoso.example",
        "boss@contoso.example",
    )
    assert "fred@contoso.example" in message.recipients


def test_a_report_that_comes_back_in_a_delivery_report():
    mail = (
        "From: postmaster@contoso.example\nSubject: Undeliverable\n"
        "Content-Type: multipart/report; boundary=n\n\n--n\n\ncould not be delivered\n--n\n"
        f"Content-Type: message/rfc822\n\n{report()}\n--n--\n"
    )
    found = one(mail)
    assert found.message_id == "7@contoso.example"
    assert found.journal is not None


@pytest.mark.parametrize(
    "mail",
    [
        # Anybody can write the field. What shows its reader more than an envelope is no report.
        report(ENVELOPE + "Please open https://evil.example/a.zip\n"),
        report(more="--j\nContent-Type: text/html\n\n<a href='https://evil.example'>open</a>\n"),
        report(more="--j\nContent-Type: application/zip; name=a.zip\n\nPK\n"),
        report("Hello Bert\n"),
    ],
)
def test_a_mail_cannot_hide_behind_the_field(mail: str):
    found = one(mail)
    assert found.journal is None
    assert found.message_id == "r@contoso.example"


def test_a_plain_mail_is_none():
    assert one(HEAD + "\nx").journal is None
