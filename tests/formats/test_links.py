"""Links of a mail as a reader would click them: found, unwrapped, told by their form."""

from __future__ import annotations

import base64
import time
from typing import NamedTuple
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.formats.syntax.links import links
from tocsin.model.message import Link


class Anchor(NamedTuple):
    url: str
    text: str = ""
    quoted: bool = False


def only(text: str, **more: object) -> Link:
    found = links(text, "", [], subject="", **more)
    assert len(found) == 1, found
    return found[0]


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("See https://fabrikam.example/a/b.", "https://fabrikam.example/a/b"),
        ("(https://fabrikam.example/Foo_(bar))", "https://fabrikam.example/Foo_(bar)"),
        ("<HTTPS://FABRIKAM.example:443/x>,", "https://fabrikam.example/x"),
        ("go to www.fabrikam.example/x, please", "http://www.fabrikam.example/x"),
        ("ftp://fabrikam.example/x;", "ftp://fabrikam.example/x"),
        ("fabrikam.com/rt/qui1.zip today", "http://fabrikam.com/rt/qui1.zip"),
        ("hxxps://evil[.]example/a", "https://evil.example/a"),
        ("hxxp[:]//evil[.]example/a", "http://evil.example/a"),
        (r"open \\192.0.2.7\share\a.lnk now", "file://192.0.2.7/share/a.lnk"),
        (r"\\fabrikam.example@SSL\dav\x", "file://fabrikam.example/dav/x"),
        ("file://192.0.2.7/x/y.url", "file://192.0.2.7/x/y.url"),
        ("smb://files.fabrikam.example/x", "smb://files.fabrikam.example/x"),
        ("https://bücher.example/x", "https://xn--bcher-kva.example/x"),
        ("[text](https://fabrikam.example/x)", "https://fabrikam.example/x"),
        ("https://fabrikam.example/x](https://fabrikam.example/x)", "https://fabrikam.example/x"),
    ],
)
def test_found_in_text(text: str, url: str):
    assert only(text).url == url


@pytest.mark.parametrize(
    "text",
    [
        "mailto:bob@contoso.example",
        "bob@contoso.example/x",
        "drivers/hwmon/pmbus.c and README.md/x",
        "SRC_URI = file://0001-fix.patch",
        "e.g./i.e. nothing/here",
        "C:\\Users\\bob\\x",
        'printf("\\\\n\\\\t")',
        "file:///etc/passwd",
    ],
)
def test_no_links(text: str):
    assert links(text, "", [], subject="") == ()


def test_a_link_broken_over_lines_in_brackets_is_whole():
    text = (
        "Look: <https://fabrikam.example/a/\r\nlong/path?x=1>\n> <https://fabrikam.example/q/\n> r>"
    )
    assert [each.url for each in links(text, "", [], subject="")] == [
        "https://fabrikam.example/a/long/path?x=1",
        "https://fabrikam.example/q/r",
    ]


# What the filters of the makers write, by their own documentation.
WRAPPED = [
    (
        "https://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2Ffabrikam.example%2Fa%3Fb%3D1&amp;data=05",
        "https://fabrikam.example/a?b=1",
        "safelinks",
    ),
    (
        # HubSpot's own counting of clicks, as it stands in mail of public lists.
        "http://t.sidekickopen54.com/e1t/c/5/f18dQ?t=http%3A%2F%2Ffabrikam.example%2Fa&si=62&pi=84",
        "http://fabrikam.example/a",
        "hubspot",
    ),
    (
        "https://urldefense.proofpoint.com/v1/url?u=http://fabrikam.example/a&k=x",
        "http://fabrikam.example/a",
        "proofpoint",
    ),
    (
        "https://urldefense.proofpoint.com/v2/url?u=https-3A__fabrikam.example_a-5Fb&d=DwMF",
        "https://fabrikam.example/a_b",
        "proofpoint",
    ),
    (
        "https://urldefense.com/v3/__https://fabrikam.example/a*b__;Iw!!tok!sig$",
        "https://fabrikam.example/a#b",
        "proofpoint",
    ),
    (
        "https://linkprotect.cudasvc.com/url?a=https%3a%2f%2ffabrikam.example%2fa&c=E,1,x",
        "https://fabrikam.example/a",
        "barracuda",
    ),
    (
        "https://secure-web.cisco.com/1x_tokenToken/https%3A%2F%2Ffabrikam.example%2Fa",
        "https://fabrikam.example/a",
        "cisco",
    ),
    (
        "https://imsva91-ctp.trendmicro.com:443/wis/clicktime/v1/query?url=https%3a%2f%2ffabrikam.example%2fa&umid=1",
        "https://fabrikam.example/a",
        "trendmicro",
    ),
    (
        "https://eu-west-1.protection.sophos.com?d=fabrikam.example&u="
        + base64.b64encode(b"https://fabrikam.example/a").decode(),
        "https://fabrikam.example/a",
        "sophos",
    ),
    (
        "https://clicktime.symantec.com/3abc/7Vc?u=https%3A%2F%2Ffabrikam.example%2Fa",
        "https://fabrikam.example/a",
        "symantec",
    ),
    (
        "https://protect2.fireeye.com/v1/url?k=a&q=1&e=b&u=https%3A%2F%2Ffabrikam.example%2Fa",
        "https://fabrikam.example/a",
        "fireeye",
    ),
    (
        "https://url.avanan.click/v2/___https://fabrikam.example/a___.abc",
        "https://fabrikam.example/a",
        "checkpoint",
    ),
    (
        "https://url.za.m.mimecastprotect.com/s/e0hDCg5KEEcG?domain=fabrikam.example",
        "http://fabrikam.example/",
        "mimecast",
    ),
    ("https://www.google.com/url?q=https://fabrikam.example/a&sa=D", "https://fabrikam.example/a", "google"),
    ("https://www.google.co.uk/amp/s/fabrikam.example/a", "https://fabrikam.example/a", "google"),
    ("https://l.facebook.com/l.php?u=https%3A%2F%2Ffabrikam.example%2Fa&h=x", "https://fabrikam.example/a", "facebook"),
]  # fmt: skip


@pytest.mark.parametrize(("url", "target", "wrapper"), WRAPPED)
def test_rewritten_links_are_taken_back(url: str, target: str, wrapper: str):
    found = only(url)
    assert (found.url, found.wrapper) == (target, wrapper)


def test_rewritings_inside_one_another():
    inner = "https://www.google.com/url?q=" + quote("https://fabrikam.example/a", safe="")
    outer = "https://nam02.safelinks.protection.outlook.com/?url=" + quote(inner, safe="")
    found = only(outer)
    assert (found.url, found.wrapper) == ("https://fabrikam.example/a", "safelinks")
    assert "redirect" in found.traits


def test_an_opaque_rewriting_stays():
    url = "https://protect-eu.mimecast.com/s/AbCdEf"
    assert only(url).url == url


@pytest.mark.parametrize(
    ("url", "host", "domain", "traits"),
    [
        ("http://bank.example@evil.example/x", "evil.example", "evil.example", {"userinfo"}),
        ("http://3221225991/x", "192.0.2.7", "192.0.2.7", {"address-host", "ip-like"}),
        ("http://0xC0.0.0x2.07/x", "192.0.2.7", "192.0.2.7", {"address-host", "ip-like"}),
        ("http://192.0.2.7:8080/x", "192.0.2.7", "192.0.2.7", {"address-host", "port"}),
        ("http://[2001:db8::1]/x", "2001:db8::1", "2001:db8::1", {"address-host"}),
        ("https://a.b.fabrikam.co.uk/x.zip", "a.b.fabrikam.co.uk", "fabrikam.co.uk", {"archive"}),
        ("https://fabrikam.example/x.iso", "fabrikam.example", "fabrikam.example", {"archive"}),
        ("https://fabrikam.example/get?f=x.js", "fabrikam.example", "fabrikam.example", {"script"}),
        ("https://fabrikam.example/x.docm", "fabrikam.example", "fabrikam.example", {"office"}),
        ("https://bit.ly/3abc", "bit.ly", "bit.ly", {"shortener"}),
        ("https://contoso-my.sharepoint.com/x", "contoso-my.sharepoint.com", "sharepoint.com", {"hosting"}),
        ("https://evil.web.app/x", "evil.web.app", "web.app", {"free-host"}),
        ("https://fabrikam.example/owa/", "fabrikam.example", "fabrikam.example", {"credential"}),
        ("https://fabrikam.example/wachtwoord/x", "fabrikam.example", "fabrikam.example", {"credential"}),
        ("https://xk7q9zt2wp.example/x", "xk7q9zt2wp.example", "xk7q9zt2wp.example", {"random"}),
        ("https://fabrikam.example/qui-qui/et.zip", "fabrikam.example", "fabrikam.example", {"latin-words", "archive"}),
        ("https://fabrikam.example/rerumquia/charts-1234567890.zip", "fabrikam.example", "fabrikam.example", {"latin-words", "archive"}),
        ("https://fabrikam.example/?e=bob@contoso.example", "fabrikam.example", "fabrikam.example", {"recipient"}),
        ("https://fabrikam.example/x#Ym9iQGNvbnRvc28uZXhhbXBsZQ==", "fabrikam.example", "fabrikam.example", {"recipient", "recipient-hidden"}),
        ("https://fabrikam.example/x#bob@contoso.example", "fabrikam.example", "fabrikam.example", {"recipient", "recipient-hidden"}),
        ("\\\\fabrikam.example@SSL\\docs\\a.html", "fabrikam.example", "fabrikam.example", {"smb", "program"}),
        ("https://fabrikam.example/out?url=https://evil.example/", "fabrikam.example", "fabrikam.example", {"redirect"}),
        ("https://a.b.c.d.e.fabrikam.example/", "a.b.c.d.e.fabrikam.example", "fabrikam.example", {"deep-subdomain"}),
        ("https://xn--bcher-kva.example/", "xn--bcher-kva.example", "xn--bcher-kva.example", {"punycode"}),
        # Folders where systems keep their own code (the systems' manuals), and names of throw-away domains.
        ("https://fabrikam.example/wp-content/themes/astra/inc/x/index.html", "fabrikam.example", "fabrikam.example", {"machinery"}),
        ("https://fabrikam.example/wp-includes/AbC/", "fabrikam.example", "fabrikam.example", {"machinery"}),
        ("https://fabrikam.example/wp-content/uploads/2023/02/act.php", "fabrikam.example", "fabrikam.example", {"machinery"}),
        ("https://shop.fabrikam.example/pub/media/wysiwyg/a.js", "shop.fabrikam.example", "fabrikam.example", {"machinery"}),
        ("https://docview-summit.click/", "docview-summit.click", "docview-summit.click", {"lure-host", "cheap-top"}),
        ("https://tailspinbilling.icu/", "tailspinbilling.icu", "tailspinbilling.icu", {"lure-host", "cheap-top"}),
        ("https://secure-mailbox.example/", "secure-mailbox.example", "secure-mailbox.example", {"lure-host"}),
        ("https://docusign.fabrikam.example/e/1", "docusign.fabrikam.example", "fabrikam.example", {"borrowed-name"}),
        ("https://a.sharepoint-files.fabrikam.example/x", "a.sharepoint-files.fabrikam.example", "fabrikam.example", {"borrowed-name"}),
        ("file://192.0.2.7/x/y", "192.0.2.7", "192.0.2.7", {"smb", "address-host"}),
    ],
)  # fmt: skip
def test_what_the_form_shows(url: str, host: str, domain: str, traits: set[str]):
    found = only(url)
    assert (found.host, found.domain) == (host, domain)
    assert traits <= set(found.traits)


@pytest.mark.parametrize(
    "text",
    [
        # Microsoft, "Using the search protocol" and "ms-appinstaller"; what a reader's machine would open.
        "search-ms:displayname=Scans&query=scan&crumb=location:%5C%5C192.0.2.7@80%5CDavWWWRoot",
        "ms-appinstaller:?source=https://192.0.2.7/viewer.appinstaller",
        "ms-word:ofe|u|https://192.0.2.7/a.docx",
        "search:query=invoice&crumb=location:\\\\192.0.2.7\\share&displayname=Downloads",
    ],
)
def test_an_address_that_starts_a_program_leads_where_the_program_is_sent(text: str):
    found = links(text, "", (), subject="")[0]
    assert found.host == "192.0.2.7"
    assert "program" in found.traits
    assert links("see", "", [Anchor(text, "open")], subject="")[0].host == "192.0.2.7"


@pytest.mark.parametrize("slashes", ["/\\", "\\\\", "\\/"])
def test_slashes_the_other_way_round_lead_there_all_the_same(slashes: str):
    found = links(f"see https:{slashes}fabrikam.example/a now", "", (), subject="")
    assert "https://fabrikam.example/a" in [each.url for each in found]


@pytest.mark.parametrize(
    "text", ["the ms-dos: prompt", "research: see below", "search: nothing", "search-ms:query=a"]
)
def test_words_before_a_colon_start_no_program(text: str):
    assert links(text, "", (), subject="") == ()


@pytest.mark.parametrize(
    "url",
    [
        "https://fabrikam.example/wp-content/uploads/2023/02/menu.pdf",
        "https://fabrikam.example/images/pump.png",
        "https://fabrikam.example/.well-known/security.txt",
        "https://docs.fabrikam.example/index.html",
        "https://fabrikam.xyz.example/",
        "https://wordpress.org/plugins/akismet/",
    ],
)
def test_where_editors_publish_is_no_machinery(url: str):
    assert not {"machinery", "lure-host", "cheap-top"} & set(only(url).traits)


@pytest.mark.parametrize(
    "url",
    [
        "https://sharepoint.fabrikam.example/sites/x",
        "https://outlook.fabrikam.example/owa/",
        "https://contoso.sharepoint.com/:w:/s/x",
        "https://onedrive.live.com/edit?id=1",
        "https://eu.docusign.net/Signing/",
        "https://outlook.office365.com/owa/",
        "https://box-office.fabrikam.example/",
        "https://stock-exchange.fabrikam.example/",
        "https://dropbox.zendesk.com/hc/",
    ],
)
def test_ones_own_server_and_the_service_itself_borrow_no_name(url: str):
    assert "borrowed-name" not in only(url).traits


def test_an_ordinary_link_shows_nothing():
    url = "https://github.com/fabrikam/tools/blob/master/docs/setup-guide.md"
    assert only(url).traits == ()


@pytest.mark.parametrize(
    "url",
    [
        "https://lists.fabrikam.example/x/CAPnigKku-EjOnV9gsmnXzH4XZxSU78iLeccNbsK8k2@mail.fabrikam.example",
        "https://lists.fabrikam.example/r/20210131120000.1234-1-bob@contoso.example/",
        "https://lists.fabrikam.example/list/users@lists.fabrikam.example/thread/x",
    ],
)
def test_a_message_id_is_no_recipient(url: str):
    assert "recipient" not in only(url).traits


# Shapes of section 2 of the reference: two mails of a campaign share one, other links do not.
@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("/qui-qui/et.zip", "/doloremque-voluptas/laboriosam.zip"),
        ("/liberoeius/charts-935464235.zip", "/beataedoloremque/charts-1937700346.zip"),
        ("/rt/qui730670606.zip", "/lo/doloremque734532939.zip"),
        ("/uu/?824159", "/nta/?65928"),
        ("/dmii//?u2nIt8S1YQi=1700000000", "/tuqq//?r8dQw3T5aLk=1700099999"),
    ],
)
def test_mails_of_one_campaign_share_a_shape(one: str, other: str):
    first, second = (only(f"https://fabrikam.example{path}").shape for path in (one, other))
    assert first == second


def test_shapes_keep_apart_what_differs():
    paths = [
        "/qui-qui/et.zip", "/qui/et.zip", "/rt/qui730670606.zip", "/uu/?824159", "/wiki/Main_Page",
        "/docs/auth?e=8090", "/docs/view?id=8090", "/x", "/2021/06/01/notes.html", "/a.php?a=1&b=2",
        "/commit/3f2a9c1b7d8e4f5061728394a5b6c7d8e9f00112",
    ]  # fmt: skip
    shapes = {only(f"https://fabrikam.example{path}").shape for path in paths}
    assert len(shapes) == len(paths)


def test_the_domain_that_the_text_claims():
    anchors = [
        Anchor("https://evil.example/a", "https://www.contoso.example/login"),
        Anchor("https://fabrikam.example/a", "www.fabrikam.example"),
        Anchor("https://fabrikam.example/b", "invoice.zip"),
        Anchor("https://fabrikam.example/c", "bob@contoso.example"),
        Anchor("https://fabrikam.example/d", "Click here"),
        Anchor("https://evil.example/e", "contoso.com"),
    ]
    shown = [each.shown for each in links("", "", anchors, subject="")]
    assert shown == ["contoso.example", "", "", "", "", "contoso.com"]


def test_a_claim_is_unwrapped_too():
    wrapped = (
        "https://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2Ffabrikam.example%2Fa"
    )
    found = links("", "", [Anchor(wrapped, "https://fabrikam.example/a")], subject="")
    assert found[0].shown == ""


@pytest.mark.parametrize(
    "url",
    [
        "https:\\\\evil.example\\a",
        "https:/evil.example/a",
        " ht\ntps://ev\til.example/a",
        "https:evil.example/a",
    ],
)
def test_an_anchor_is_spelt_as_a_browser_reads_it(url: str):
    assert links("", "", [Anchor(url)], subject="")[0].url == "https://evil.example/a"


def test_what_is_quoted_is_marked_and_stands_last():
    new = "https://new.example/a and https://both.example/b"
    old = "https://old.example/c https://both.example/b"
    found = links(new, old, [Anchor("https://old.example/d", "", quoted=True)], subject="")
    assert [(each.url, each.quoted) for each in found] == [
        ("https://new.example/a", False),
        ("https://both.example/b", True),
        ("https://old.example/d", True),
        ("https://old.example/c", True),
    ]


def test_mailto_and_cid_anchors_are_no_links():
    anchors = [Anchor("mailto:bob@contoso.example"), Anchor("cid:image1"), Anchor("#top")]
    assert links("", "", anchors, subject="") == ()


@pytest.mark.parametrize(
    ("new", "quoted", "subject", "related"),
    [
        ("The calibration guide: https://fabrikam.example/calibration/x", "", "", True),
        ("See https://fabrikam.example/calibration", "how to calibrate it?", "", True),
        ("See https://fabrikam.example/calibration", "", "Calibrating the sensor", True),
        ("Ask bob@contoso.example. https://contoso.example/x", "", "", True),
        ("Please see https://fabrikam.example/calibration", "about the sensor", "Sensor", False),
        ("Your document https://fabrikam.example/document/download", "", "document", False),
        ("https://quebrisk.example/a https://quebrisk.example/b", "", "", False),
        ("Bitte https://fabrikam.example/gerät/x", "das Gerät ist kaputt", "", True),
    ],
)
def test_whether_the_mail_speaks_of_it(new: str, quoted: str, subject: str, *, related: bool):
    assert links(new, quoted, [], subject=subject)[0].related is related


def test_limits_and_time_of_a_flood():
    flood = " ".join(f"https://h{n}.example/p/{n}?q={n}" for n in range(50_000))
    links("https://fabrikam.example/x", "", [], subject="")
    begun = time.process_time()
    found = links(flood, flood, [], subject="x")
    assert time.process_time() - begun < 0.5  # measured: 0.035 s; wide for a busy machine
    assert len(found) <= 300


@pytest.mark.parametrize(
    "text",
    [
        "https://" + "a." * 500_000, "://" * 300_000, "http://x/" + ")" * 500_000,
        "<https://x.example/\n" * 50_000, ".com/" * 200_000, "\\\\" * 500_000, "www." * 250_000,
        "https://urldefense.com/v3/__" + "__;" * 300_000, "https://x.example/" + "@" * 5000,
        "https://x.example/?" + "u=https://x.example/?" * 5000, "a.b" * 300_000 + "/xx",
    ],
    ids=range(11),
)  # fmt: skip
def test_no_text_takes_long(text: str):
    begun = time.process_time()
    links(text, text, [Anchor(text, text)], subject=text[:1000])
    assert time.process_time() - begun < 2


@given(st.text(max_size=300), st.text(max_size=100))
@settings(max_examples=200, deadline=None)
def test_any_text_is_read(path: str, host: str):
    anchors = [Anchor(f"https://{host}/{path}", path), Anchor(path, host)]
    for each in links(f"https://{host}/{path} hxxp://{path}", host, anchors, subject=path):
        assert each.host == each.host.lower()
        assert len(each.url) <= 2000
        assert len(each.shape) <= 200


@pytest.mark.parametrize(
    ("written", "leads"),
    [
        ("https://www.britannica.com/leave?ref=a&url=https%3A%2F%2Fevil.example%2Fx", "https://evil.example/x"),
        ("https://www.reuters.com/out?target=https://evil.example/x", "https://evil.example/x"),
        # The same site's own page; where one comes back to; what is shared; a site that nobody knows.
        ("https://www.reuters.com/out?url=https%3A%2F%2Freuters.com%2Fa", "https://www.reuters.com/out?url=https%3A%2F%2Freuters.com%2Fa"),
        ("https://www.reuters.com/login?redirect_uri=https%3A%2F%2Fb.example", "https://www.reuters.com/login?redirect_uri=https%3A%2F%2Fb.example"),
        ("https://www.reuters.com/share?url=https%3A%2F%2Fb.example%2Fa", "https://www.reuters.com/share?url=https%3A%2F%2Fb.example%2Fa"),
        ("https://fabrikam.example/out?url=https%3A%2F%2Fb.example%2Fa", "https://fabrikam.example/out?url=https%3A%2F%2Fb.example%2Fa"),
    ],
)  # fmt: skip
def test_a_known_site_that_sends_on_to_anywhere_is_followed(written: str, leads: str):
    assert only(f"see {written} there").url == leads


def test_a_program_that_an_archive_hands_out_is_a_program():
    url = "https://sourceforge.net/projects/contoso/files/Setup797.exe/download"
    assert "executable" in only(f"see {url} there").traits
