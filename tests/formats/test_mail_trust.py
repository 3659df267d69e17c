"""How far a line of a mail can be believed, and what the fields beside `Received` say."""

import pytest
from mail_reading import FROM, sights

from tocsin.model.evidence import Host


def trust_of(*received: str, own: tuple[str, ...] = (), rest: str = FROM) -> dict[str, str]:
    """The trust of each server's topmost hop, by its name."""
    block = "".join(f"Received: {line}\n" for line in received) + rest
    found: dict[str, str] = {}
    for each, host in sights(block, own):
        if "Received" in each.at.position:
            found.setdefault(host.names[0], host.trust)
    return found


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
