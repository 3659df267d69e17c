"""message-trace: each mail to each recipient, as Exchange Online and Defender export it."""

import csv
import io
import json

import pytest

from tocsin.cli import main
from tocsin.formats import Reading, recognise
from tocsin.formats.message_trace import trace_event
from tocsin.formats.syntax.log_rows import LogFault
from tocsin.formats.syntax.mail_trace import (
    NAME_LIMIT,
    RECIPIENTS_LIMIT,
    REPEATED_LIMIT,
    by_recipient,
    plain,
)
from tocsin.model.locator import Locator

MAIL = {
    "when": "2026-03-04T08:00:00Z",
    "sender": "anna@contoso.example",
    "recipient": "boris@fabrikam.example",
    "subject": 'RE: Offer "May", last part',
    "id": "<1@contoso.example>",
    "trace": "5f3b1c1e-0000-4000-8000-000000000001",
    "ip": "203.0.113.9",
    "direction": "Outbound",
}
AUTHENTIC = '{"SPF":"pass","DKIM":"pass","DMARC":"pass"}'
FAILED = '{"SPF":"fail","DKIM":"none","DMARC":"fail","CompAuth":"fail"}'


def get_trace(
    mail,
):  # https://learn.microsoft.com/en-us/powershell/module/exchange/get-messagetracev2
    return {
        "Organization": "contoso.onmicrosoft.com",
        "MessageId": mail["id"],
        "Received": mail["when"],
        "SenderAddress": mail["sender"],
        "RecipientAddress": mail["recipient"],
        "Subject": mail["subject"],
        "Status": "Delivered",
        "ToIP": "",
        "FromIP": mail["ip"],
        "Size": "48213",
        "MessageTraceId": mail["trace"],
    }


def report(mail):
    ways = {"Outbound": "Originating", "Inbound": "Incoming"}
    return {
        "origin_timestamp_utc": mail["when"],
        "sender_address": mail["sender"],
        "recipient_status": f"{mail['recipient']}##Receive, Deliver",
        "message_subject": mail["subject"],
        "total_bytes": "48213",
        "message_id": mail["id"],
        "network_message_id": mail["trace"],
        "original_client_ip": mail["ip"],
        "directionality": ways.get(mail["direction"], "Originating"),
        "connector_id": "",
        "delivery_priority": "Normal",
    }


def detail(mail):
    return {
        "date_time_utc": mail["when"],
        "client_ip": "",
        "connector_id": "",
        "source": "STOREDRIVER",
        "event_id": "DELIVER",
        "message_id": mail["id"],
        "network_message_id": mail["trace"],
        "recipient_address": mail["recipient"],
        "recipient_status": "",
        "total_bytes": "48213",
        "message_subject": mail["subject"],
        "sender_address": mail["sender"],
        "directionality": report(mail)["directionality"],
        "original_client_ip": mail["ip"],
    }


def summary(mail):
    return {
        "Date (UTC)": mail["when"],
        "Sender": mail["sender"],
        "Recipient": mail["recipient"],
        "Subject": mail["subject"],
        "Status": "Delivered",
    }


def email_events(
    mail,
):  # https://learn.microsoft.com/en-us/defender-xdr/advanced-hunting-emailevents-table
    return {
        "Timestamp": mail["when"],
        "NetworkMessageId": mail["trace"],
        "InternetMessageId": mail["id"],
        "SenderMailFromAddress": "bounce@mailer.example",
        "SenderFromAddress": mail["sender"],
        "SenderDisplayName": "Anna",
        "SenderIPv4": mail["ip"],
        "RecipientEmailAddress": mail["recipient"],
        "Subject": mail["subject"],
        "EmailDirection": mail["direction"],
        "DeliveryAction": "Delivered",
        "DeliveryLocation": "Inbox/folder",
        "ThreatTypes": mail.get("threats", ""),
        "AuthenticationDetails": mail.get("proof", AUTHENTIC),
        "AttachmentCount": "0",
        "UrlCount": "1",
        "Connectors": mail.get("connector", ""),
    }


ROWS = {
    "trace": get_trace,
    "report": report,
    "detail": detail,
    "summary": summary,
    "events": email_events,
}


def table(rows, encoding="utf-8-sig"):
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode(encoding)


SYNTAXES = {
    "csv": table,
    "utf-16": lambda rows: table(rows, "utf-16"),
    "json": lambda rows: json.dumps(rows, indent=1).encode(),
    "lines": lambda rows: "\n".join(map(json.dumps, rows)).encode(),
    "answer": lambda rows: json.dumps({"Schema": [], "Results": rows}).encode(),
}


def events_of(data):
    form = recognise(data[:8192])
    assert form is not None
    assert form.name == "message-trace"
    found = list(form.log.records(io.BytesIO(data)))
    assert not [each for each in found if isinstance(each, LogFault)]
    return [(each.text, form.log.event(each.text)) for each in found]


def records_of(data):
    return list(recognise(data[:8192]).log.records(io.BytesIO(data)))


@pytest.mark.parametrize("syntax", SYNTAXES)
@pytest.mark.parametrize("kind", ROWS)
def test_a_mail_has_the_same_fields_however_it_was_exported(kind, syntax):
    row = ROWS[kind](MAIL)
    (text, event), _ = events_of(SYNTAXES[syntax]([row, row]))
    fields = event.fields
    assert (event.surface, event.host) == ("message-trace", "")
    assert event.when.isoformat() == "2026-03-04T08:00:00+00:00"
    assert fields["SenderAddress"] == "anna@contoso.example"
    assert fields["SenderDomain"] == "contoso.example"
    assert fields["RecipientAddress"] == "boris@fabrikam.example"
    assert fields["RecipientDomain"] == "fabrikam.example"
    assert fields["Subject"] == 'RE: Offer "May", last part'
    assert fields["Status"] == "Delivered"
    if kind != "summary":
        assert fields["FromIP"] == "203.0.113.9"
        assert fields["MessageId"] == "<1@contoso.example>"
        assert fields["MessageTraceId"] == fields["NetworkMessageId"] == MAIL["trace"]
    if kind not in ("summary", "trace"):
        assert fields["EmailDirection"] == "Outbound"
    # What a rule may ask for stands in the text that is searched.
    for value in fields.values():
        assert json.dumps(value, ensure_ascii=False)[1:-1].encode() in text


def test_verdicts_of_defender_have_names_of_their_own():
    mail = {**MAIL, "proof": FAILED, "threats": "Phish, Malware"}
    ((_, event),) = events_of(table([email_events(mail)]))
    assert event.fields["AuthenticationDetails.SPF"] == "fail"
    assert event.fields["AuthenticationDetails.DMARC"] == "fail"
    assert event.fields["ThreatTypes"] == "Phish, Malware"


def test_the_streaming_interface_s_envelope_is_taken_off():
    record = {
        "time": "2026-03-04T08:00:09Z",
        "category": "AdvancedHunting-EmailEvents",
        "properties": email_events(MAIL),
    }
    ((_, event),) = events_of(json.dumps(record).encode())
    assert event.fields["SenderAddress"] == "anna@contoso.example"
    assert event.when.isoformat() == "2026-03-04T08:00:00+00:00"


def test_a_row_of_several_recipients_is_one_row_each():
    status = "a@x.example##Receive, Deliver;b@x.example##Receive, Fail;c@x.example##Receive, Expand"
    found = events_of(table([{**report(MAIL), "recipient_status": status}]))
    told = [(e.fields["RecipientAddress"], e.fields["Status"]) for _, e in found]
    assert told == [
        ("a@x.example", "Delivered"),
        ("b@x.example", "Failed"),
        ("c@x.example", "Expanded"),
    ]
    found = events_of(table([{**detail(MAIL), "recipient_address": "a@x.example;b@x.example"}]))
    assert [e.fields["RecipientAddress"] for _, e in found] == ["a@x.example", "b@x.example"]


def test_recipients_beyond_the_limit_are_told():
    many = ";".join(f"p{each}@x.example##Receive" for each in range(1500))
    found = records_of(table([{**report(MAIL), "recipient_status": many}, report(MAIL)]))
    faults = [each for each in found if isinstance(each, LogFault)]
    assert len(found) - len(faults) == RECIPIENTS_LIMIT + 1
    assert [(each.position, each.count) for each in faults] == [("line 2", 500)]
    assert str(RECIPIENTS_LIMIT) in str(faults[0].why)


def test_a_status_in_many_pieces_is_one():
    status = "a@x.example##R" + ";x" * 50_000 + ";b@x.example##Receive, Fail"
    (one, other) = by_recipient({**report(MAIL), "recipient_status": status})
    assert one["RecipientTold"] == ["a@x.example", "R" + ";x" * 50_000]
    assert other["RecipientTold"] == ["b@x.example", "Failed"]


def test_a_long_row_is_not_repeated_whole_for_each_recipient():
    row = {
        "custom_data": ["c" * 100_000],
        **report(MAIL),
        "message_subject": "S" * 500_000,
        "recipient_status": ";".join(f"p{each}@x.example##Receive" for each in range(100)),
    }
    first, *found, fault = records_of(json.dumps([report(MAIL), row]).encode())
    assert trace_event(first.text) is not None
    assert len(found) == 100
    assert sum(len(each.text) for each in found) < 100 * 2 * REPEATED_LIMIT
    fields = trace_event(found[7].text).fields
    assert (fields["RecipientAddress"], fields["Status"]) == ("p7@x.example", "Receive")
    assert fields["Subject"].startswith("SSS")
    assert fields["SenderAddress"] == "anna@contoso.example"
    assert str(REPEATED_LIMIT) in str(fault.why)


def test_long_names_are_cut_before_they_are_kept():
    long = plain("x" * 1_000_000)
    assert len(long) == NAME_LIMIT
    assert plain("x" * 1_000_001) is long


def test_a_bounce_has_no_sender_and_is_read():
    ((_, event),) = events_of(table([{**report(MAIL), "sender_address": ""}]))
    assert "SenderAddress" not in event.fields
    assert event.fields["RecipientAddress"] == "boris@fabrikam.example"


def test_attachments_of_defender_and_tracking_of_a_server_are_none():
    attachment = {
        "Timestamp": MAIL["when"],
        "NetworkMessageId": "x",
        "SenderFromAddress": "a@x.example",
        "RecipientEmailAddress": "b@x.example",
        "FileName": "a.pdf",
    }
    tracking = {
        "date-time": MAIL["when"],
        "event-id": "SEND",
        "recipient-address": "b@x.example",
        "message-subject": "x",
        "sender-address": "a@x.example",
    }
    for row in (attachment, tracking):
        form = recognise(table([row]))
        assert form is None or form.name != "message-trace"


def test_hostile_ones():
    form = recognise(table([get_trace(MAIL)]))
    for text in (b"", b"{}", b"[]", b"\xff", b'{"Received":"x"', b'{"Received":{"a":1}}', b"null"):
        assert form.log.event(text) is None
    row = {**email_events(MAIL), "AuthenticationDetails": '{"SPF":' * 200, "Subject": "R" * 100_000}
    ((_, event),) = events_of(table([row]))
    assert len(event.fields["Subject"]) < 40_000
    broken = table([get_trace(MAIL)] * 3).replace(b"48213", b'"48213', 1)
    found = list(form.log.records(io.BytesIO(broken)))
    assert len(found) >= 2
    (look,) = form.read(io.BytesIO(table([get_trace(MAIL)])), Locator(source="x"), Reading())
    assert look.body.records == 1


def hunted(tmp_path, data):
    logs = tmp_path / "logs"
    logs.mkdir()
    (logs / "mail.dat").write_bytes(data)
    main(["hunt", str(logs), "-q", "-o", str(tmp_path / "out"), "--fail-on", "none"])
    return json.loads((tmp_path / "out" / "run.json").read_text("utf-8"))["hunt"]


def titles(found, level):
    return {each["title"] for each in found["findings"] if each["level"] == level}


def mails(count, seconds=10, **more):
    """Mails to as many people, so many seconds apart; a place `{n}` in a value is their number."""
    made = []
    for n in range(count):
        minute, second = divmod(n * seconds, 60)
        mail = {
            **MAIL,
            "when": f"2026-03-04T08:{minute:02}:{second:02}Z",
            "recipient": f"person{n}@fabrikam.example",
            "id": f"<{n}@contoso.example>",
            "trace": f"5f3b1c1e-0000-4000-8000-{n:012}",
        }
        mail |= {name: value.format(n=n) for name, value in more.items() if name != "proof"}
        made.append(mail | ({"proof": more["proof"]} if "proof" in more else {}))
    return made


@pytest.mark.parametrize("kind", ["report", "detail", "events"])
def test_stolen_conversations_answered_are_a_break_in_of_the_tenant(tmp_path, kind):
    rows = [ROWS[kind](each) for each in mails(30, subject="RE: Contract of customer {n}")]
    found = hunted(tmp_path, table(rows))
    many = "Very many conversations were answered at once by an account of the house"
    assert titles(found, "medium") == {many}
    (incident,) = found["incidents"]
    assert incident["title"]["values"]["host"] == "Microsoft 365 tenant"


def test_where_the_direction_is_not_told_it_weighs_less(tmp_path):
    rows = [get_trace(each) for each in mails(30, subject="RE: Contract of customer {n}")]
    found = hunted(tmp_path, table(rows))
    assert titles(found, "low") == {"Very many conversations were answered at once"}


def test_one_answer_sent_to_very_many_is_told(tmp_path):
    rows = [report(each) for each in mails(60, subject="RE: Invoice")]
    found = hunted(tmp_path, table(rows))
    told = "The same mail in the clothes of an answer was sent to very many"
    assert titles(found, "medium") == {told}


def test_phishing_from_an_own_account_is_told(tmp_path):
    rows = [
        email_events(each)
        for each in mails(12, subject="Password expires", threats="Phish", direction="Intra-org")
    ]
    found = hunted(tmp_path, table(rows))
    assert titles(found, "medium") == {"An own account sent phishing or malware to many"}
    assert found["incidents"]


def test_mail_in_the_name_of_its_recipient_is_told(tmp_path):
    one = "person{n}@contoso.example"
    spoofed = mails(
        8, sender=one, recipient=one, subject="New voicemail", direction="Inbound", proof=FAILED
    )
    found = hunted(tmp_path, table([email_events(each) for each in spoofed]))
    assert titles(found, "medium") == {
        "Many mails from outside came in the names of their own recipients"
    }


def test_the_same_without_a_verdict_weighs_less(tmp_path):
    one = "person{n}@contoso.example"
    spoofed = mails(8, sender=one, recipient=one, subject="New voicemail", direction="Inbound")
    found = hunted(tmp_path, table([report(each) for each in spoofed]))
    assert titles(found, "low") == {"Many people received a mail from outside in their own name"}


def everyday():
    """Mails of a house on an ordinary day."""
    # A newsletter, an invoice run, a help desk with its marks, a journal, an answer to all.
    yield from mails(300, seconds=2, subject="Newsletter May", sender="news@contoso.example")
    yield from mails(200, seconds=3, subject="Invoice {n}", sender="invoices@contoso.example")
    yield from mails(
        60, subject="RE: [Ticket#20260304{n}] Printer", sender="anna.desk@contoso.example"
    )
    yield from mails(60, subject="RE: Question {n}", sender="support@contoso.example")
    journal = "MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@contoso.example"
    yield from mails(
        100, seconds=3, subject="RE: Project {n}", sender=journal, recipient="box@archive.example"
    )
    yield from mails(
        400,
        seconds=1,
        subject="RE: Summer party",
        id="<party@contoso.example>",
        direction="Intra-org",
    )
    # A person who works through their mail, and printers that send scans in people's names.
    yield from mails(40, seconds=60, subject="RE: Matter {n}")
    one = "person{n}@contoso.example"
    yield from mails(
        30, sender=one, recipient=one, subject="Scan from Kyocera", direction="Inbound"
    )
    # A bad mail passed on to those who look at it; a mail of the house that came through its gateway.
    yield from mails(
        9, recipient="phishing@contoso.example", subject="FW: Password {n}", threats="Phish"
    )
    yield from mails(2, subject="FW: Is this real?", threats="Phish", direction="Intra-org")
    yield from mails(
        40, sender="hr@contoso.example", recipient="p{n}@contoso.example", subject="Survey",
        direction="Inbound", proof=FAILED, connector="From the gateway",
    )  # fmt: skip


@pytest.mark.parametrize("kind", ["trace", "report", "detail", "events"])
def test_everyday_life_is_left_alone(tmp_path, kind):
    found = hunted(tmp_path, table([ROWS[kind](each) for each in everyday()]))
    assert not found["incidents"]
    assert all(each["level"] == "informational" for each in found["findings"])
