"""Hostile rows: nothing raised, linear time, values cut at their limit, nothing executed."""

from __future__ import annotations

import random
import time

import pytest

from tocsin.formats.exchange_log import FORMAT as EXCHANGE
from tocsin.formats.iis import FORMAT as IIS
from tocsin.formats.syntax.log_rows import Layout, LineLog
from tocsin.model.event import RAW_LIMIT, VALUE_LIMIT

MEGABYTE = 1 << 20
SECONDS = 5.0
"""Of processor time for a row of one megabyte; it takes a tenth of that."""

W3C = (
    b"#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip"
    b" cs(User-Agent) sc-status\r\n"
)
PROXY = (
    b"#Software: Microsoft Exchange Server\r\n#Log-type: HttpProxy Logs\r\n#Fields: DateTime,"
    b"RequestId,UrlStem,UrlQuery,AnchorMailbox,BackEndCookie,UserAgent,HttpStatus,Method\r\n"
)
ECP = (
    b"#Software: Microsoft Exchange Server\r\n#Log-type: ECP Server Log\r\n"
    b"#Fields: TimeStamp,ServerName,EventId,EventData\r\n"
)
AUDIT = (
    b"#Software: Microsoft Exchange\r\n#Log-type: audit\r\n"
    b"#Fields: Timestamp,Server,TenantId,RecordType,Data,UserKey,Operation\r\n"
)
DAY, MOMENT = b"2021-03-05 03:06:27 192.0.2.1 GET ", b"2021-03-03T06:49:42.162Z,"
PIECES = (
    b" ", b"a b ", b"%41", b"%", b"%25", b"A", b'"', b"'", b"''", b"=", b"&X-Rps-CAT=", b"@", b"..",
    b"autodiscover.json?a@b/", b"/owa/a@", b"\xff", b"\x00", b"-enc AAAA", b"S:a=b;", b"';", b",",
    b'"a",', b"X-BEResource=a]@", b"ServerInfo~a]@", b'{"a":', b"[[", b'-a "', b"AAAA BBBB", b"\\",
    b"\xc5\x94\x81", b"Email=a..b&", b"\r", b"<", b"~",
)  # fmt: skip


def log(form, head: bytes) -> tuple[LineLog, Layout]:
    layout = form.log.begin(head)
    assert layout is not None
    return form.log, layout


def shapes(piece: bytes) -> list[tuple[LineLog, Layout, bytes]]:
    long = piece * (MEGABYTE // len(piece))
    iis, web = log(IIS, W3C)
    exchange, proxy = log(EXCHANGE, PROXY)
    _, ecp = log(EXCHANGE, ECP)
    _, audit = log(EXCHANGE, AUDIT)
    ncsa = Layout(surface="iis", columns=("ncsa",), delimiter="", stated=False)
    return [
        (iis, web, long),
        (iis, web, DAY + b"/x " + long + b" 443 - 198.51.100.7 UA 200"),
        (iis, web, DAY + b"/x a 443 " + long + b" 198.51.100.7 UA 200"),
        (iis, ncsa, b'1.2.3.4 - - [05/Mar/2021:04:06:27 +0100] "GET /' + long + b'" 200 1'),
        (exchange, proxy, long),
        (exchange, proxy, MOMENT + b"x,/x,?" + long + b",,,UA,200,GET"),
        (exchange, proxy, MOMENT + b'x,/x,?a,"ServerInfo~' + long),
        (exchange, ecp, MOMENT + b"EX01,ECP.Request," + long),
        (exchange, ecp, MOMENT + b"EX01,ECP.Request,\"'S:CMD=" + long),
        (exchange, audit, MOMENT + b'EX01,0,ExchangeAdmin,"' + long + b'",k,New-X'),
    ]


@pytest.mark.parametrize("piece", PIECES)
def test_a_row_of_a_megabyte_is_read_in_linear_time(piece: bytes):
    for form, layout, line in shapes(piece):
        begun = time.process_time()
        event = form.event(line, layout)
        assert time.process_time() - begun < SECONDS, (layout.surface, line[:60])
        if event is not None:
            assert len(event.raw) <= RAW_LIMIT
            assert all(len(value) <= VALUE_LIMIT for value in event.fields.values())
            assert all(len(value) <= 2 * VALUE_LIMIT for value in event.decoded.values())


@pytest.mark.parametrize("piece", PIECES)
def test_heads_and_headers_of_anything_are_recognised_without_raising(piece: bytes):
    long = piece * (8192 // len(piece))
    for form in (IIS, EXCHANGE):
        for before in (b"", W3C, PROXY, ECP, DAY, MOMENT, b"#Fields: ", b"\xff\xfe", b"DateTime,"):
            assert 0 <= form.recognise((before + long)[:8192]) <= 100
        layout = form.log.begin(W3C if form is IIS else PROXY)
        assert layout is not None
        for line in (long, b"#Fields: " + long * 20, b"#Log-type: " + long, b"DateTime," + long):
            form.log.turns(line, layout)


def test_ten_thousand_columns():
    exchange, proxy = log(EXCHANGE, PROXY)
    row = MOMENT + b"x,/owa/,?a,,,UA,200,GET" + b",x" * 10_000
    event = exchange.event(row, proxy)
    assert event is not None
    assert event.fields["UrlStem"] == "/owa/"
    iis, web = log(IIS, W3C)
    iis.event(DAY + b"x " * 10_000, web)
    header = b"#Fields: DateTime,UrlStem,HttpStatus,AnchorMailbox" + b",x" * 10_000
    layout = exchange.turns(header, proxy)
    assert exchange.event(MOMENT + b"/owa/,200,a", layout) is not None


def test_broken_text_in_a_row_keeps_the_rest():
    exchange, proxy = log(EXCHANGE, PROXY)
    event = exchange.event(MOMENT + b"x,/owa/\xff\x00\xc3(,?a,,,UA,200,GET", proxy)
    assert event is not None
    assert event.fields["UrlStem"] == "/owa/ÿ\x00Ã("
    assert event.fields["HttpStatus"] == "200"


def test_rows_damaged_at_random_raise_nothing():
    dice = random.Random(20210302)
    seeds = [line for _, _, line in shapes(b"a=b;")]
    seeds = [line[:400] for line in seeds]
    alphabet = b"\"',;%@= \x00\xff{}[]\\/.-+&?#:~]<>A1"
    for form, layout in (
        log(IIS, W3C),
        log(EXCHANGE, PROXY),
        log(EXCHANGE, ECP),
        log(EXCHANGE, AUDIT),
    ):
        for _ in range(1500):
            line = bytearray(dice.choice(seeds))
            for _ in range(dice.randrange(1, 12)):
                place = dice.randrange(len(line))
                line[place : place + dice.choice((0, 1, 1, 8))] = (
                    bytes(dice.choice(alphabet) for _ in range(dice.choice((0, 1, 2, 9)))) or b""
                )
            form.event(bytes(line), layout)
