"""What ordinary answers say about Exchange: published headers, and what must not be mistaken."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tocsin.formats.syntax.exchange_http import (
    HttpAnswer,
    exchange_traits,
    parse_http_head,
    smtp_traits,
)


def answer(
    *headers: tuple[str, str], path: str = "", body: str = "", status: int = 200
) -> HttpAnswer:
    return HttpAnswer(path=path, status=status, headers=headers, body=body)


def numbers(*answers: HttpAnswer) -> tuple[object, ...] | None:
    version = exchange_traits(answers).version
    return version and (
        version.major,
        version.minor,
        version.build,
        version.revision,
        version.precision,
    )


@pytest.fixture(scope="module")
def blocks(shared: Path) -> dict[int, str]:
    """The published header facts, one block each."""
    text = (shared / "samples/exchange/http/headers.txt").read_text("utf-8")
    found = re.split(r"^## (\d+) .*\n", text, flags=re.MULTILINE)[1:]
    return {int(n): body for n, body in zip(found[::2], found[1::2], strict=True)}


@pytest.mark.shared
def test_published_headers(blocks: dict[int, str]):
    first = exchange_traits([parse_http_head("HTTP/1.1 401 Unauthorized\r\n" + blocks[1])])
    assert first.is_exchange
    assert str(first.version and first.version.exact) == "15.2.1544.11"
    assert first.names == ("DUMMY01",)
    second = exchange_traits([parse_http_head("HTTP/1.1 401 Unauthorized\r\n" + blocks[2])])
    assert str(second.version and second.version.exact) == "15.2.986.14"
    assert set(second.names) == {"EX19-01", "ex19-01.domain.corp"}
    for line, expected in zip(
        blocks[5].strip().splitlines(), ("15.0.1497.26", "15.1.2242.12"), strict=True
    ):
        version = exchange_traits([parse_http_head(line)]).version
        assert str(version and version.exact) == expected


@pytest.mark.shared
def test_published_path_and_header_of_one_server(blocks: dict[int, str]):
    path, head = blocks[3].split("\n", 1)
    page = answer(body=f'<link href="{path.removeprefix("path: ")}themes/x.css">')
    traits = exchange_traits([page, parse_http_head(head)])
    assert str(traits.version and traits.version.exact) == "15.2.1748.36"
    assert traits.version
    assert traits.version.precision == "update"
    assert "disagreement" not in traits.facts
    assert numbers(page) == (15, 2, 1748, None, "cu")


@pytest.mark.shared
def test_published_logon_page_without_a_header(blocks: dict[int, str]):
    fields = dict(line.split(": ", 1) for line in blocks[4].strip().splitlines())
    body = f"<!-- {fields['comment']} --><title>{fields['title']}</title>"
    traits = exchange_traits([answer(body=body + f'<link href="{fields["path"]}">')])
    assert traits.version is not None
    assert (traits.version.build, traits.version.precision) == (1395, "cu")
    assert exchange_traits([answer(body=f"<!-- {fields['comment']} -->")]).is_exchange
    assert exchange_traits([answer(body=f"<title>{fields['title']}</title>")]).is_exchange


@pytest.mark.shared
def test_published_greetings(blocks: dict[int, str]):
    exchange = smtp_traits(blocks[6].strip())
    assert exchange.is_exchange
    assert exchange.names == ("foo.bar",)
    assert exchange.version is None
    assert not smtp_traits(blocks[7].strip()).is_exchange


@pytest.mark.shared
def test_published_autodiscover_versions(blocks: dict[int, str]):
    lines = re.findall(r"ServerVersion (\w+) -> (\d+)\.(\d+)\.(\d+)", blocks[8])
    assert lines
    for text, *parts in lines:
        body = f"<ServerVersion>{text}</ServerVersion>"
        assert numbers(answer(body=body)) == (*map(int, parts), None, "cu")


def test_the_export_tool_shows_the_installed_update():
    body = (
        '<asmv1:assemblyIdentity name="microsoft.exchange.ediscovery.exporttool.application"'
        ' version="15.1.2507.39" publicKeyToken="b1d1a6c45aa418ce" language="neutral" />'
        '<assemblyIdentity name="Microsoft.Windows.CommonLanguageRuntime" version="4.0.30319.0"/>'
    )
    page = answer(body='<link href="/owa/auth/15.1.2507/themes/">')
    assert numbers(page, answer(body=body)) == (15, 1, 2507, 39, "update")


def test_the_folder_of_2010_is_the_whole_build():
    body = '<link rel="shortcut icon" href="/owa/14.3.123.3/themes/resources/favicon.ico">'
    assert numbers(answer(body=body)) == (14, 3, 123, 3, "update")
    assert numbers(answer(("Location", "https://m.contoso.com/owa/14.3.123.3/x"), status=302)) == (
        *(14, 3, 123, 3),
        "update",
    )


def test_later_folders_never_prove_an_update():
    assert numbers(answer(body="/owa/prem/15.0.1497.26/scripts/boot.js")) == (
        *(15, 0, 1497, 26),
        "cu",
    )


def test_an_exact_source_beats_a_folder_and_both_are_kept():
    traits = exchange_traits(
        [answer(("X-OWA-Version", "15.2.986.14"), body='<a href="/owa/auth/15.2.922/x">')]
    )
    assert str(traits.version and traits.version.exact) == "15.2.986.14"
    assert "15.2.922" in traits.facts["disagreement"]
    assert "15.2.986.14" in traits.facts["disagreement"]


def test_two_servers_behind_one_address_leave_the_update_open():
    traits = exchange_traits(
        [
            answer(("X-OWA-Version", "15.2.1118.40"), ("X-FEServer", "EX01")),
            answer(("X-OWA-Version", "15.2.1118.7"), ("X-FEServer", "EX02")),
        ]
    )
    assert traits.version is not None
    assert (traits.version.build, traits.version.revision, traits.version.precision) == (
        *(1118, None),
        "cu",
    )
    assert traits.names == ()
    assert traits.facts["front-ends"] == "EX01, EX02"


def test_a_back_end_is_not_the_server_that_answered():
    traits = exchange_traits(
        [answer(("X-FEServer", "EX01"), ("X-CalculatedBETarget", "ex02.contoso.local"))]
    )
    assert traits.names == ("EX01",)
    assert traits.facts["back-end"] == "ex02.contoso.local"
    assert "X-CalculatedBETarget" not in traits.facts


@pytest.mark.parametrize(
    "given",
    [
        answer(("X-OWA-Version", "15.20.8655.15"), ("X-FEServer", "AM0PR10CA0012")),
        answer(("X-CalculatedBETarget", "DB6PR01MB3814.eurprd01.prod.outlook.com")),
    ],
)
def test_exchange_online_is_no_server(given: HttpAnswer):
    traits = exchange_traits([given])
    assert not traits.is_exchange
    assert traits.facts["exchange-online"]


@pytest.mark.parametrize(
    "given",
    [
        answer(("Server", "Microsoft-IIS/10.0"), body="<title>IIS Windows Server</title>"),
        answer(("Server", "nginx"), body="<title>Outlook</title>"),
        answer(("Server", "Apache"), ("MS-Server-ActiveSync", "14.0")),
        answer(body="our guide to Outlook Web App and Microsoft Exchange Server 2019 15.2.986.14"),
        answer(body='<assemblyIdentity name="Contoso.App" version="15.1.2507.39"/>'),
        answer(),
    ],
)
def test_other_pages_are_no_exchange(given: HttpAnswer):
    traits = exchange_traits([given])
    assert not traits.is_exchange
    assert traits.version is None


def test_no_answer_is_no_exchange():
    assert not exchange_traits([]).is_exchange


def test_the_icon_alone_shows_presence():
    assert exchange_traits([], favicon=1768726119).is_exchange
    assert not exchange_traits([], favicon=-1768726119).is_exchange


def test_a_title_of_two_words_needs_iis_beside_it():
    page = answer(("Server", "Microsoft-IIS/10.0"), body="<title>\r\n Outlook \r\n</title>")
    assert exchange_traits([page]).is_exchange


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
def test_a_raw_answer_is_taken_apart(end: str):
    lines = ["HTTP/1.1 302 Found", "Location: /owa/", "X-Folded: a", "\tb", "junk", "", "<p>", "x"]
    found = parse_http_head(end.join(lines))
    assert found.status == 302
    assert found.headers == (("Location", "/owa/"), ("X-Folded", "a b"))
    assert found.body == "<p>\nx"


@pytest.mark.parametrize("raw", ["", "\n\n\n", "HTTP/", ":", "\0" * 100, "HTTP/1.1 200"])
def test_a_broken_answer_is_no_accident(raw: str):
    assert not exchange_traits([parse_http_head(raw)]).is_exchange


@pytest.mark.parametrize(
    "value", ["15.2.99999999.1", "15.2", "<script>", "4.0.30319.0", "999.1.1.1", "", "15.1.2507.x"]
)
def test_a_value_that_is_no_version_gives_none(value: str):
    assert exchange_traits([answer(("X-OWA-Version", value))]).version is None


@pytest.mark.parametrize("value", ["<script>alert(1)</script>", "10.0.0.1", "a b", "x" * 300])
def test_a_value_that_is_no_name_names_nobody(value: str):
    assert exchange_traits([answer(("X-FEServer", value))]).names == ()


EHLO = "250-EX01.contoso.com Hello [192.0.2.9]\r\n250-SIZE 37748736\r\n250-PIPELINING\r\n"


@pytest.mark.parametrize(
    "keyword",
    ["X-ANONYMOUSTLS", "X-EXPS GSSAPI NTLM", "XEXCH50", "XRDST", "XSHADOWREQUEST"],
)
def test_keywords_of_exchange_show_it_behind_a_changed_greeting(keyword: str):
    traits = smtp_traits("220 mail.contoso.com ready", f"{EHLO}250 {keyword}\r\n")
    assert traits.is_exchange
    assert set(traits.names) == {"mail.contoso.com", "EX01.contoso.com"}


def test_ordinary_keywords_show_nothing():
    assert not smtp_traits("220 mail.contoso.com ESMTP Postfix", EHLO).is_exchange


def test_smtp_of_exchange_online_is_no_server():
    greeting = (
        "220 AM5EUR03FT042.mail.protection.outlook.com Microsoft ESMTP MAIL Service ready at Mon"
    )
    assert not smtp_traits(greeting).is_exchange


def test_keywords_of_a_continued_ehlo_answer_are_seen():
    # RFC 5321 section 4.2: a reply of several lines has a hyphen behind its code.
    found = smtp_traits("220 mx.contoso.example ESMTP", "250-X-ANONYMOUSTLS\r\n250 XRDST\r\n")
    assert found.facts["ehlo-keywords"] == "X-ANONYMOUSTLS, XRDST"
