"""The way of a mail, what the receiving side says of its sender, whose stamps are believed."""

from datetime import UTC, datetime

import pytest
from message_reading import HEAD, one

from tocsin.formats.syntax.authentication_results import results

INSIDE = (
    "Received: from EX02.contoso.com (10.1.4.12) by EX01.contoso.com (10.1.4.11) with\n"
    " Microsoft SMTP Server id 15.1.2507.61; Fri, 7 Nov 2025 10:00:02 +0100\n"
    "Received: from EX02.contoso.com ([fe80::1]) by EX02.contoso.com ([fe80::1%4]) with\n"
    " mapi id 15.01.2507.061; Fri, 7 Nov 2025 10:00:01 +0100\n"
)
STAMP = (
    "X-MS-Exchange-Organization-AuthAs: Internal\nX-MS-Exchange-Organization-AuthMechanism: 04\n"
    "X-MS-Exchange-Organization-AuthSource: EX02.contoso.com\n"
)
OUTSIDE = (
    "Received: from smtp.fabrikam.com (smtp.fabrikam.com [198.51.100.7]) by\n"
    " mx.contoso.com (Postfix) with ESMTPS id 1; Fri, 7 Nov 2025 10:00:02 +0100\n"
)
CLIENT = (
    "Received: from [203.0.113.9] (unknown [203.0.113.9]) by smtp.fabrikam.com with ESMTPSA\n"
    " id 2; Fri, 7 Nov 2025 10:00:01 +0100\n"
)


def test_a_mail_that_never_left_exchange():
    found = one(INSIDE + STAMP + HEAD + "\nx")
    assert [(h.by, h.channel, h.trust) for h in found.hops] == [
        ("EX01.contoso.com", "smtp", "trusted"),
        ("EX02.contoso.com", "mapi", "trusted"),
    ]
    assert found.received == datetime(2025, 11, 7, 9, 0, 2, tzinfo=UTC) == found.when
    assert (found.auth_as, found.auth_source, found.auth_mechanism) == (
        "Internal", "EX02.contoso.com", "04",
    )  # fmt: skip
    assert found.own_stamp
    assert found.submission == "contoso.com"


def test_a_stranger_stamps_himself():
    # The header firewall takes such fields off; a server that is not Exchange leaves them.
    assert not one(OUTSIDE + STAMP + HEAD + "\nx").own_stamp
    # His own Exchange wrote the topmost line of what he kept; the reader's domain is another.
    assert not one(INSIDE + STAMP + HEAD + "\nx", own=("fabrikam.com",)).own_stamp
    foreign = STAMP.replace("EX02.contoso.com", "ex.evil.net")
    assert not one(INSIDE + foreign + HEAD + "\nx").own_stamp


def test_a_mailboxes_own_copy_keeps_its_stamp():
    assert one(STAMP + HEAD + "\nx").own_stamp


@pytest.mark.parametrize(
    ("lines", "submission", "origin"),
    [
        (OUTSIDE + CLIENT, "fabrikam.com", "203.0.113.9"),
        (OUTSIDE, "fabrikam.com", ""),  # its own host stays unseen: the peer's name
        (CLIENT, "fabrikam.com", "203.0.113.9"),
        (OUTSIDE + "X-Originating-IP: [192.0.2.1]\n", "fabrikam.com", "192.0.2.1"),
        (  # a client at home, by its name alone
            (
                "Received: from laptop (p5b0.dial.test [203.0.113.9]) by mail.fabrikam.com with\n"
                " SMTP id 3; Fri, 7 Nov 2025 10:00:01 +0100\n"
            ),
            "fabrikam.com",
            "",
        ),
        ("Received: by mail-yb1.contoso.com with SMTP id 4; nonsense\n", "contoso.com", ""),
    ],
)
def test_where_the_author_handed_it_in(lines: str, submission: str, origin: str):
    found = one(lines + HEAD + "\nx")
    assert (found.submission, found.origin) == (submission, origin)


def test_a_line_that_names_nobody_costs_only_itself():
    found = one("Received: garbage\n" + OUTSIDE + HEAD + "\nx")
    assert len(found.hops) == 2
    assert found.submission == "fabrikam.com"


# Each as its writer writes it: Exchange Online, Google, Yahoo, RFC 8601's appendix, Microsoft ARC.
EXCHANGE_ONLINE = (
    "spf=pass (sender IP is 198.51.100.7)\n smtp.mailfrom=fabrikam.com; outlook.com; dkim=pass"
    " (signature was verified)\n header.d=fabrikam.com;outlook.com; dmarc=bestguesspass"
    " action=none\n header.from=fabrikam.com;compauth=pass reason=109"
)
GOOGLE = (
    "mx.google.com;\n dkim=pass header.i=@fabrikam.com header.s=2022 header.b=m+TZ5Xfe;\n"
    " spf=softfail (google.com: domain of a@fabrikam.com designates 198.51.100.7) "
    "smtp.mailfrom=a@fabrikam.com;\n dmarc=fail (p=NONE sp=NONE dis=NONE) header.from=x.example"
)
YAHOO = (
    "atlas1.free.mail.bf1.yahoo.com;\n dkim=unknown;\n spf=pass smtp.mailfrom=fabrikam.com;\n"
    " dmarc=unknown"
)
RFC = "example.com 1; dkim=fail (bad key) header.d=a.example; dkim=pass header.i=@b.example; spf=hardfail"
ARC = (
    "i=2; mx.microsoft.com 1; spf=none; dmarc=none; dkim=none (message not signed);"
    " arc=pass (0 oda=1 ltdi=1 spf=[1,1,smtp.mailfrom=a.example] dkim=[1,1,header.d=a.example])"
)


@pytest.mark.parametrize(
    ("value", "by", "said", "spf_domain", "dkim_domains"),
    [
        (EXCHANGE_ONLINE, "",
         {"spf": "pass", "dkim": "pass", "dmarc": "bestguesspass", "compauth": "pass"},
         "fabrikam.com", ("fabrikam.com",)),
        (GOOGLE, "mx.google.com", {"dkim": "pass", "spf": "softfail", "dmarc": "fail"},
         "fabrikam.com", ("fabrikam.com",)),
        (YAHOO, "atlas1.free.mail.bf1.yahoo.com",
         {"dkim": "unknown", "spf": "pass", "dmarc": "unknown"}, "fabrikam.com", ()),
        (RFC, "example.com", {"dkim": "pass", "spf": "hardfail"}, "", ("a.example", "b.example")),
        (ARC, "mx.microsoft.com", {"spf": "none", "dmarc": "none", "dkim": "none", "arc": "pass"},
         "", ()),
        ("none", "none", {}, "", ()),
        ("", "", {}, "", ()),
    ],
)  # fmt: skip
def test_every_form_of_authentication_results(value, by, said, spf_domain, dkim_domains):
    found = results(value.encode())
    assert (found.by, found.said) == (by, said)
    assert (found.spf_domain, found.dkim_domains) == (spf_domain, dkim_domains)


def test_results_above_the_readers_own_line_are_believed():
    found = one(f"Authentication-Results: {EXCHANGE_ONLINE}\n{OUTSIDE}{HEAD}\nx").authentication
    assert (found.trusted, found.spf, found.compauth) == (True, "pass", "pass")


def test_results_below_it_are_not_unless_they_bear_its_name():
    forged = "Authentication-Results: mx.evil.net; spf=pass; dmarc=pass\n"
    found = one(OUTSIDE + forged + HEAD + "\nx").authentication
    assert (found.trusted, found.dmarc) == (False, "pass")
    own = "Authentication-Results: contoso.com; spf=fail; dmarc=fail\n"
    found = one(OUTSIDE + own + forged + HEAD + "\nx").authentication
    assert (found.trusted, found.dmarc) == (True, "fail")


def test_several_fields_of_one_server_are_read_together():
    fields = (
        "Authentication-Results: mx.contoso.com; dkim=pass header.d=fabrikam.com\n"
        "Authentication-Results: mx.contoso.com; spf=pass smtp.mailfrom=fabrikam.com\n"
    )
    found = one(fields + OUTSIDE + HEAD + "\nx").authentication
    assert (found.dkim, found.spf, found.trusted) == ("pass", "pass", True)


def test_received_spf_where_nothing_else_says_it():
    field = (
        "Received-SPF: SoftFail (protection.outlook.com: domain of transitioning\n fabrikam.com"
        " discourages use of 198.51.100.7 as permitted sender)\n"
    )
    found = one(field + OUTSIDE + HEAD + "\nx").authentication
    assert (found.spf, found.spf_domain, found.trusted) == ("softfail", "fabrikam.com", True)


def test_exchange_online_hands_over_to_its_own_store():
    lines = (
        "Received: from SJ0.namprd19.prod.outlook.com by MN0.namprd19.prod.outlook.com with\n"
        " HTTPS; Fri, 7 Nov 2025 10:00:03 +0000\n"
        "Received: from FT1.eop.prod.protection.outlook.com (2603:10b6:408::1) by\n"
        " SJ0.namprd19.prod.outlook.com (2603:10b6:408::2) with Microsoft SMTP Server id\n"
        " 15.20.6678.31; Fri, 7 Nov 2025 10:00:02 +0000\n"
        f"Authentication-Results: {EXCHANGE_ONLINE}\n"
        "Received: from smtp.fabrikam.com (198.51.100.7) by FT1.mail.protection.outlook.com\n"
        " (10.13.2.73) with Microsoft SMTP Server id 15.20.6699.20; Fri, 7 Nov 2025 10:00:01 +0000\n"
    )
    assert one(lines + HEAD + "\nx").authentication.trusted
