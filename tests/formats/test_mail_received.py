"""What the header block of a mail says about Exchange servers, and how far it is believed."""

import csv
from datetime import UTC, datetime
from pathlib import Path

import pytest
from mail_reading import AT, FROM, only, read, sights

from tocsin.formats import eml, recognise
from tocsin.model.evidence import QUOTE_LIMIT, Evidence, Host, Look
from tocsin.model.finding import Gap
from tocsin.model.locator import Locator


def test_all_hops_of_the_manifest(shared: Path):
    folder = shared / "samples" / "exchange"
    wanted: dict[str, dict[int, tuple]] = {}
    with (folder / "mail-manifest.csv").open(newline="") as stream:
        for row in csv.DictReader(stream):
            # The manifest counts hops from 0, positions from 1.
            wanted.setdefault(row["file"], {})[int(row["hop"]) + 1] = (
                row["by"],
                row["channel"],
                row["via"].removeprefix("via "),
                row["id"],
                row["normalised"],
                datetime.strptime(row["date"], "%Y-%m-%dT%H:%M:%S%z").astimezone(UTC),
                row["kind"],
            )
    assert sum(map(len, wanted.values())) == 174
    kinds = {"Exchange Online": "exchange-online", "Exchange Server": "on-premises"}
    for name, hops in wanted.items():
        data = (folder / "mail" / name).read_bytes()
        assert recognise(data[:8192]) is eml.FORMAT
        found = {}
        for each, host in sights(data):
            if each.at.position.startswith("header Received "):
                assert host.version is not None
                found[int(each.at.position.rsplit(" ", 1)[1])] = (
                    host.names[0],
                    host.facts["channel"],
                    host.facts.get("via", ""),
                    host.version.text,
                    str(host.version.exact),
                    each.seen,
                    kinds[host.product or ""],
                )
        assert found == hops, name


FORMS = {
    "2016, TLS": (
        (
            "from A (10.0.0.1) by EX1.contoso.com (10.0.0.2) with Microsoft SMTP Server"
            " (version=TLS1_2, cipher=TLS_X) id 15.1.2507.61; Fri, 7 Nov 2025 10:00:00 +0100"
        ),
        ("EX1.contoso.com", "15.1.2507.61", "smtp", ""),
    ),
    "front end": (
        (
            "from A (10.0.0.1) by EX1.contoso.com (10.0.0.2) with Microsoft SMTP Server id"
            " 15.1.2507.61 via Frontend Transport; Fri, 7 Nov 2025 10:00:00 +0100"
        ),
        ("EX1.contoso.com", "15.1.2507.61", "smtp", "Frontend Transport"),
    ),
    "to the mailbox": (
        (
            "from A (10.0.0.1) by EX1.contoso.com (10.0.0.2) with Microsoft SMTP Server (TLS) id"
            " 15.0.1497.2 via Mailbox Transport; Fri, 7 Nov 2025 10:00:00 +0100"
        ),
        ("EX1.contoso.com", "15.0.1497.2", "smtp", "Mailbox Transport"),
    ),
    "2007": (
        (
            "from A (192.168.5.20) by Remote.contoso.com (192.168.1.10) with Microsoft SMTP Server"
            " id 8.3.245.1; Fri, 7 Nov 2025 10:00:00 +0100"
        ),
        ("Remote.contoso.com", "8.3.245.1", "smtp", ""),
    ),
    "2010, by mapi": (
        (
            "from EX1 ([10.0.0.1]) by EX1 ([fe80::1:2%7]) with mapi id 14.03.0513.000;"
            " Fri, 7 Nov 2025 10:00:00 +0100"
        ),
        ("EX1", "14.03.0513.000", "mapi", ""),
    ),
    "2007, by mapi, which prints no version": (
        (
            "from EX1.contoso.com ([10.2.4.25]) by EX1.contoso.com ([10.2.4.25]) with mapi;"
            " Fri, 7 Nov 2025 10:00:00 +0100"
        ),
        ("EX1.contoso.com", None, "mapi", ""),
    ),
    "shadow copy, doubled parentheses": (
        (
            "from EX1.contoso.com ((10.0.0.1)) by EX1.contoso.com ((10.0.0.1)) with"
            " ShadowRedundancy id 15.0.1473.3; Fri, 7 Nov 2025 09:00:00 +0000"
        ),
        ("EX1.contoso.com", "15.0.1473.3", "shadow-redundancy", ""),
    ),
    "5.5": (
        (
            "by EX1.contoso.com with Internet Mail Service (5.5.2653.19) id <QNW565BD>;"
            " Fri, 7 Nov 2025 10:00:00 +0100"
        ),
        ("EX1.contoso.com", "5.5.2653.19", "internet-mail-service", ""),
    ),
    "5.5, connector": (
        (
            "from pc ([10.0.0.9]) by EX1.contoso.com with SMTP (Microsoft Exchange Internet Mail"
            " Service Version 5.5.2657.72) id QT8MT61M; Fri, 7 Nov 2025 10:00:00 +0100"
        ),
        ("EX1.contoso.com", "5.5.2657.72", "internet-mail-service", ""),
    ),
    "no from": (
        (
            "by EX1.contoso.com (10.0.0.2) with Microsoft SMTP Server id 15.2.986.5;"
            " Fri, 7 Nov 2025 10:00:00 +0100"
        ),
        ("EX1.contoso.com", "15.2.986.5", "smtp", ""),
    ),
    "IPv6, odd case": (
        (
            "FROM a (2001:db8::1) BY EX1.contoso.com (2001:db8::2) WITH MICROSOFT SMTP SERVER"
            " (TLS) ID 15.2.986.5; Fri, 7 Nov 2025 10:00:00 +0100"
        ),
        ("EX1.contoso.com", "15.2.986.5", "smtp", ""),
    ),
    "a peer that calls itself by": (
        (
            "from by (10.0.0.1) by EX1.contoso.com (10.0.0.2) with Microsoft SMTP Server id"
            " 15.2.986.5; Fri, 7 Nov 2025 10:00:00 +0100"
        ),
        ("EX1.contoso.com", "15.2.986.5", "smtp", ""),
    ),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_every_form_folded_anywhere(form: str, newline: str):
    line, (name, version, channel, via) = FORMS[form]
    words = line.split(" ")
    for fold in range(len(words)):
        value = " ".join(words[:fold]) + newline + "\t  " + "  ".join(words[fold:])
        each, host = only(f"Received: {value}{newline}" + FROM.replace("\n", newline))
        assert host.names == (name,)
        assert (host.version.text if host.version else None) == version
        assert host.facts["channel"] == channel
        assert host.facts.get("via", "") == via
        assert host.product == "Exchange Server"
        assert each.seen == datetime(2025, 11, 7, 9, tzinfo=UTC)
        assert each.at == Locator(source="mail.eml", position="header Received 1", sha256="ab")
        assert each.quote == f"Received: {line}"[:QUOTE_LIMIT]


def test_versions_are_compared_as_numbers():
    line = (
        "from a (10.0.0.1) by {} (10.0.0.2) with Microsoft SMTP Server id {}; 7 Nov 2025 10:00:00"
    )
    on_premises = only("Received: " + line.format("ex.contoso.com", "15.2.2562.17") + "\n" + FROM)
    cloud = only("Received: " + line.format("ex.contoso.com", "15.20.8655.15") + "\n" + FROM)
    early = only(
        "Received: " + line.format("AM0.eurprd06.prod.outlook.com", "15.0.883.10") + "\n" + FROM
    )
    assert on_premises[1].product == "Exchange Server"
    assert cloud[1].product == "Exchange Online"
    # Exchange Online before 2017 printed 15.0 and 15.1, as the product one buys does.
    assert early[1].product == "Exchange Online"


def test_both_addresses_of_a_server_that_hands_on_to_itself():
    _, host = only(
        "Received: from ex1.contoso.com ([10.0.0.1]) by EX1.contoso.com ([fe80::1%7]) with mapi id"
        " 15.01.2507.061; Fri, 7 Nov 2025 10:00:00 +0100\n" + FROM
    )
    assert host.addresses == ("fe80::1%7", "10.0.0.1")
    assert host.version is not None
    assert host.version.precision == "mapi"
    assert host.facts["message-id"] == "1@contoso.com"


@pytest.mark.parametrize(
    "line",
    [
        "from a (10.0.0.1) by gw.contoso.com with Microsoft SMTPSVC(6.0.3790.4675); x",
        "from a (10.0.0.1) by mx.yandex.net with HTTP; 7 Nov 2025 10:00:00",
        "from ex1.contoso.com (ex1.contoso.com [10.0.0.1]) by mx (Postfix) with ESMTP id 15",
        "from Microsoft SMTP Server (10.0.0.1) by mx.contoso.com (Postfix) with ESMTP id A",
        "by zarafa.contoso.com with mapi id 4711; 7 Nov 2025 10:00:00",
    ],
)
def test_what_is_not_exchange(line: str):
    assert sights(f"Received: {line}\n" + FROM) == []


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("Fri, 07 Nov 2025 10:00:00 -0500 (EST)", datetime(2025, 11, 7, 15, tzinfo=UTC)),
        ("7 Nov 25 10:00 GMT", datetime(2025, 11, 7, 10, tzinfo=UTC)),
        ("Fri Nov  7 10:00:00 2025", datetime(2025, 11, 7, 10, tzinfo=UTC)),
        ("Fri, 7 Nov 2025 23:59:60 +0000", datetime(2025, 11, 7, 23, 59, 59, tzinfo=UTC)),
        ("Fri, 7 Nov 2025 10:00:00 PDT", datetime(2025, 11, 7, 17, tzinfo=UTC)),
        ("Fri, 31 Feb 2025 10:00:00 +0000", None),
        ("Fri, 7 Nov 2025 10:00:00 +9959", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_dates_of_every_spelling(text: str, seen: datetime | None):
    line = "from a (10.0.0.1) by EX1 (10.0.0.2) with Microsoft SMTP Server id 15.2.986.5; "
    assert only(f"Received: {line}{text}\n" + FROM)[0].seen == seen


def test_one_bad_line_costs_only_itself():
    good = FORMS["2007"][0]
    bad = (
        "from a (10.0.0.1) by EX1 (10.0.0.2) with Microsoft SMTP Server id fifteen; 7 Nov 2025",
        "from a (10.0.0.1) with Microsoft SMTP Server id 15.2.986.5; 7 Nov 2025 10:00:00",
    )
    found = read("".join(f"Received: {line}\n" for line in (*bad, good)) + FROM)
    gaps = [(each.at.position, each.kind) for each in found if isinstance(each, Gap)]
    assert gaps == [("header Received 1", "undecided"), ("header Received 2", "undecided")]
    names = [each.body.names for each in found if isinstance(getattr(each, "body", None), Host)]
    assert names == [("EX1",), ("Remote.contoso.com",)]


def test_every_mail_is_counted_once():
    assert read(FROM)[-1] == Evidence(at=AT, body=Look(seen_by="mail", records=1))


@pytest.mark.parametrize(
    "head",
    [
        "Return-Path: <a@b>\nReceived: from a by b\n\n",
        "\ufeffReturn-Path: <a@b>\nReceived: from a by b\n\n",
        "\r\n\r\nReceived: from a by b\r\nSUBJECT: x\r\nMESSAGE-ID: <1@b>\r\n\r\n",
        "1234      \nFrom: a@b\nSubject: x\nMIME-Version: 1.0\n\nbody\n",
        "From: a@b\nTo: b@c\nSubject: x\nDate: y\nMessage-ID: <1@b>\n\n",
        ">From a@b Mon Jan  1 00:00:00 2024\nReceived: from a by b\nSubject: s\nFrom: a@b\n\n",
        f"Received: {FORMS['2007'][0]}\n",
    ],
)
def test_mails_are_recognised(head: str):
    assert recognise(head.encode()) is eml.FORMAT


@pytest.mark.parametrize(
    "text",
    [
        "HTTP/1.1 200 OK\r\nDate: Mon\r\nServer: x\r\nContent-Type: text/html\r\n\r\n<html>",
        "GET / HTTP/1.1\r\nHost: mail.contoso.com\r\nFrom: a@b\r\nReferer: x\r\n\r\n",
        "name: ci\non: push\njobs:\n  build:\n    steps:\n",
        "Date,From,Subject,Message-ID,Received\n1,a@b,x,<1@b>,from a by b\n",
        "2025-11-07 10:00:00 INFO Received: from a by b\n2025-11-07 Subject: x\n",
        '"""Mail.\n\nSubject: x\nFrom: y\n"""\nimport email\n',
        "Metadata-Version: 2.1\nName: x\nVersion: 1\nAuthor: y\nAuthor-email: a@b\n\n",
        "Name : EX1\nSubject : CN=EX1\nThumbprint : 12\n\n",
        "Package: x\nPriority: optional\nStatus: install ok installed\nMaintainer: a@b\n\n",
    ],
)
def test_other_texts_are_not(text: str):
    assert eml.recognise(text.encode()) == 0
