"""What the header block of a mail says about Exchange servers, and how far it is believed."""

import csv
import io
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tocsin.formats import Reading, eml, recognise
from tocsin.model.evidence import QUOTE_LIMIT, Evidence, Host, Look
from tocsin.model.finding import Gap
from tocsin.model.locator import Locator

AT = Locator(source="mail.eml", sha256="ab")
FROM = "From: Anna <anna@contoso.com>\nSubject: s\nMessage-ID: <1@contoso.com>\n\nbody\n"


def read(text: str | bytes, own: tuple[str, ...] = ()) -> list[Evidence | Gap]:
    data = text if isinstance(text, bytes) else text.encode()
    return list(eml.read(io.BytesIO(data), AT, Reading(own_domains=frozenset(own))))


def sights(text: str | bytes, own: tuple[str, ...] = ()) -> list[tuple[Evidence, Host]]:
    return [
        (each, each.body)
        for each in read(text, own)
        if isinstance(each, Evidence) and isinstance(each.body, Host)
    ]


def only(text: str) -> tuple[Evidence, Host]:
    found = sights(text)
    assert len(found) == 1
    return found[0]


def trust_of(*received: str, own: tuple[str, ...] = (), rest: str = FROM) -> dict[str, str]:
    """The trust of each server's topmost hop, by its name."""
    block = "".join(f"Received: {line}\n" for line in received) + rest
    found: dict[str, str] = {}
    for each, host in sights(block, own):
        if "Received" in each.at.position:
            found.setdefault(host.names[0], host.trust)
    return found


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


EXTERNAL = (
    "from mail.partner.example (203.0.113.7) by EX01.contoso.com (10.0.0.2) with Microsoft SMTP"
    " Server id 15.1.2507.6; Fri, 7 Nov 2025 10:00:00 +0000"
)
PARTNER = (
    "from EXP.partner.local (10.9.0.1) by mail.partner.example (10.9.0.2) with Microsoft SMTP"
    " Server id 15.2.1118.40; Fri, 7 Nov 2025 09:59:00 +0000"
)
PARTNER_INSIDE = (
    "from EXP.partner.local ([10.9.0.1]) by EXP.partner.local ([10.9.0.1]) with mapi id"
    " 15.02.1118.040; Fri, 7 Nov 2025 09:58:00 +0000"
)


def test_outside_the_first_host_is_believed_and_none_below():
    assert trust_of(EXTERNAL, PARTNER, PARTNER_INSIDE) == {
        "EX01.contoso.com": "trusted",
        "mail.partner.example": "first-external",
        "EXP.partner.local": "forgeable",
    }


def test_inside_all_hops_are_trusted():
    inside = (
        (
            "from EX02.corp.local (10.0.0.3) by EX01.contoso.com (10.0.0.2) with Microsoft SMTP Server"
            " id 15.1.2507.6; Fri, 7 Nov 2025 10:00:00 +0000"
        ),
        (
            "from EX02.corp.local ([fe80::1]) by EX02.corp.local ([fe80::1%7]) with mapi id"
            " 15.01.2507.006; Fri, 7 Nov 2025 10:00:00 +0000"
        ),
    )
    assert trust_of(*inside) == {"EX01.contoso.com": "trusted", "EX02.corp.local": "trusted"}


def test_a_gateway_on_the_way_in():
    gateway = (
        "from mail.partner.example (mail.partner.example [203.0.113.7]) by mx.contoso.com (Postfix)"
        " with ESMTPS id 4ABC; Fri, 7 Nov 2025 10:00:00 +0000"
    )
    near = EXTERNAL.replace("mail.partner.example (203.0.113.7)", "mx.contoso.com (10.0.0.9)")
    assert trust_of(near, gateway, PARTNER)["mail.partner.example"] == "first-external"
    # With a name of the inside only, the gateway's domain is taken for the reader's.
    internal = near.replace("EX01.contoso.com", "EX01.corp.local")
    assert trust_of(internal, gateway, PARTNER)["mail.partner.example"] == "first-external"


def test_a_gateway_of_public_address_whose_name_was_looked_up():
    top = (
        "from x (mx.contoso.com [198.51.100.4]) by imap.contoso.com (Postfix) with ESMTP id 1;"
        " Fri, 7 Nov 2025 10:00:00 +0000"
    )
    below = EXTERNAL.replace("EX01.contoso.com", "mx.contoso.com")
    assert trust_of(top, below) == {"mx.contoso.com": "trusted"}
    claimed = top.replace("x (mx.contoso.com", "mx.contoso.com (unknown")
    assert trust_of(claimed, below) == {"mx.contoso.com": "forgeable"}


FORGED = (
    "from EX77.contoso.com (10.0.0.77) by EX01.contoso.com (10.0.0.2) with Microsoft SMTP Server"
    " id 15.2.2562.46; Fri, 7 Nov 2025 09:59:59 +0000"
)


@pytest.mark.parametrize("own", [(), ("contoso.com",)])
@pytest.mark.parametrize("helo", ["evil.example", "EX77.contoso.com", "by", "[10.0.0.77]"])
def test_lines_of_ours_that_a_stranger_put_into_his_mail(own: tuple[str, ...], helo: str):
    """The forger calls himself by our server's name; his address cannot be hidden."""
    top = EXTERNAL.replace("mail.partner.example", helo).replace("EX01", "EX00")
    assert trust_of(top, FORGED, own=own) == {
        "EX00.contoso.com": "trusted",
        "EX01.contoso.com": "forgeable",
    }


def test_a_forger_behind_exchange_online():
    top = (
        "from EX77.contoso.com (203.0.113.66) by AM0FT.mail.protection.outlook.com (10.13.1.1) with"
        " Microsoft SMTP Server id 15.20.1.2 via Frontend Transport; 7 Nov 2025 10:00:00 +0000"
    )
    cloud = (
        "from EX77.contoso.com (10.0.0.77) by AM1.eurprd01.prod.outlook.com (10.1.1.1) with"
        " Microsoft SMTP Server id 15.20.1.2; 7 Nov 2025 10:00:00 +0000"
    )
    assert trust_of(top, FORGED, own=("contoso.com",))["EX01.contoso.com"] == "forgeable"
    assert trust_of(top, cloud, FORGED, own=("contoso.com",))["EX01.contoso.com"] == "forgeable"


def test_the_hybrid_server_before_exchange_online():
    top = (
        "from mail.contoso.com (198.51.100.4) by AM0FT.mail.protection.outlook.com (10.13.1.1) with"
        " Microsoft SMTP Server id 15.20.1.2 via Frontend Transport; 7 Nov 2025 10:00:00 +0000"
    )
    hop = EXTERNAL.replace("EX01.contoso.com", "mail.contoso.com")
    assert trust_of(top, hop)["mail.contoso.com"] == "first-external"
    internal = "X-MS-Exchange-Organization-AuthAs: Internal\n" + FROM
    vouched = trust_of(top, hop, own=("contoso.com",), rest=internal)
    assert vouched["mail.contoso.com"] == "first-external"


def test_exchange_online_hands_on_to_itself():
    hops = [
        f"from A{n}.eurprd01.prod.outlook.com (2603:10a6:1:2::{n}) by"
        f" A{n - 1}.eurprd01.prod.outlook.com (2603:10a6:1:2::{n - 1}) with Microsoft SMTP Server id"
        " 15.20.1.2; 7 Nov 2025 10:00:00 +0000"
        for n in range(2, 5)
    ]
    assert set(trust_of(*hops).values()) == {"trusted"}


def stamps(text: str, own: tuple[str, ...] = ()) -> list[Host]:
    return [host for each, host in sights(text, own) if "Received" not in each.at.position]


def test_other_headers_that_name_servers():
    block = (
        f"Received: {EXTERNAL}\n"
        "X-ClientProxiedBy: EX03.contoso.com (10.181.40.144) To\r\n EX01.contoso.com (10.0.0.2)\n"
        "X-MS-Exchange-CrossTenant-OriginalAttributedTenantConnectingIp:"
        " TenantId=3dd8961f-e488-4e60-8e11-a82d994e183d; Ip=[165.204.84.17];\n"
        " Helo=[EX04.contoso.com]\n"
        "x-crosspremisesheadersfilteredbysendconnector: EX05.contoso.com\n"
        "X-OrganizationHeadersPreserved: EX06.contoso.com\n"
        "X-MS-Exchange-Organization-AuthSource: EX07.contoso.com\n"
        "X-MS-Exchange-ImapAppendStamp: EX08.contoso.com (15.01.2507.021)\n"
        "X-OriginatorOrg: contoso.com\n" + FROM
    )
    found = {host.names[0]: host for host in stamps(block)}
    assert list(found) == [f"EX0{n}.contoso.com" for n in (3, 1, 4, 5, 6, 7, 8)]
    assert found["EX03.contoso.com"].addresses == ("10.181.40.144",)
    cloud = found["EX04.contoso.com"]
    assert (cloud.seen_by, cloud.product, cloud.addresses) == (
        "exchange-online",
        None,
        ("165.204.84.17",),
    )
    assert cloud.facts["TenantId"] == "3dd8961f-e488-4e60-8e11-a82d994e183d"
    assert cloud.organisation == "contoso.com"
    stamp = found["EX08.contoso.com"].version
    assert stamp is not None
    assert (stamp.text, stamp.precision) == ("15.01.2507.021", "mapi")
    # Only what a hop confirms, or Exchange's header firewall protects, is believed.
    assert {name for name, host in found.items() if host.trust == "trusted"} == {
        "EX01.contoso.com",
        "EX07.contoso.com",
    }


def test_a_copy_that_was_never_transported_is_the_mailboxs_own():
    stamp = "X-MS-Exchange-ImapAppendStamp: EX08.contoso.com (15.01.2507.021)\n" + FROM
    assert [host.trust for host in stamps(stamp)] == ["trusted"]


def test_exchange_online_is_no_accepting_server_of_ours():
    for name in ("AM0.eurprd01.prod.outlook.com", "DB3FFO11FD008.protection.gbl"):
        assert stamps(f"X-MS-Exchange-Organization-AuthSource: {name}\n" + FROM) == []


@pytest.mark.parametrize(
    ("message_id", "outlook", "products"),
    [
        ("F3D3F6AC3820BB4C9FCA340DB5C32CB40389C8AA@ex9.contoso.com", True, ["Exchange Server"]),
        ("a0ec3dbdffc145ac909089048e552eb6@ex9.contoso.com", True, ["Exchange Server"]),
        ("a0ec3dbdffc145ac909089048e552eb6@web.contoso.com", False, [None]),
        ("a0ec3dbdffc145ac909089048e552eb6@contoso.com", True, []),
        ("a0ec3dbdffc145ac909089048e552eb6@elsewhere.example", True, []),
        ("4711@ex9.contoso.com", True, []),
    ],
)
def test_a_message_id_is_a_hint(message_id: str, outlook: bool, products: list):  # noqa: FBT001
    marks = "X-MS-Has-Attach: \n" if outlook else ""
    text = f"{marks}From: a@contoso.com\nSubject: s\nMessage-ID: <{message_id}>\n\n"
    found = stamps(text)
    assert [host.product for host in found] == products
    assert all(host.facts["hint"] == "message-id" for host in found)


def test_whose_an_internal_name_is():
    inside = (
        "from EX02.corp.local (10.0.0.3) by EX01.corp.local (10.0.0.2) with Microsoft SMTP Server"
        " id 15.1.2507.6; Fri, 7 Nov 2025 10:00:00 +0000"
    )
    assert sights(f"Received: {inside}\n" + FROM)[0][1].organisation == "contoso.com"
    # A stranger's mail that claims to be ours does not make his servers ours.
    claimed = f"Received: {EXTERNAL}\nReceived: {PARTNER}\nReceived: {PARTNER_INSIDE}\n" + FROM
    organisations = {
        host.names[0]: host.organisation for _, host in sights(claimed, ("contoso.com",))
    }
    assert organisations["EXP.partner.local"] is None


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
