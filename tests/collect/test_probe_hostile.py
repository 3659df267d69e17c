"""Servers that mean harm or are broken: each loss is counted or told, and nothing hangs."""

import asyncio
import gzip
import struct

import pytest
from probe_server import (
    Servers,
    certificate,
    challenge,
    exchange,
    pages,
    raw,
    response,
    server_context,
)

from tocsin.collect.probe import ProbeSettings, probe
from tocsin.model.evidence import Evidence, Host
from tocsin.model.finding import Gap

OWA = b"X-OWA-Version: 15.2.1748.36\r\nX-FEServer: EX01\r\n"


@pytest.fixture
def servers():
    running = Servers()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def pem(tmp_path_factory):
    return certificate(tmp_path_factory.mktemp("certificate"), ["EX01"])


def ask(*targets, **settings):
    wanted = {"rate": 0, "answer_timeout": 0.5, "connect_timeout": 2, "host_timeout": 4} | settings
    found = list(probe(ProbeSettings(targets=targets, **wanted)))
    hosts = [each for each in found if isinstance(each, Evidence) and isinstance(each.body, Host)]
    gaps = [each for each in found if isinstance(each, Gap)]
    return hosts, gaps, found[-1]


async def trickle(writer, words, pause=0.05):
    while True:
        writer.write(words)
        await writer.drain()
        await asyncio.sleep(pause)


async def silent(peer, reader, writer):
    await asyncio.sleep(60)


async def slow_head(peer, reader, writer):
    await peer.request(reader)
    writer.write(b"HTTP/1.1 200 OK\r\n")
    await trickle(writer, b"X")


async def endless_head(peer, reader, writer):
    await peer.request(reader)
    writer.write(b"HTTP/1.1 200 OK\r\n")
    while True:
        writer.write(b"X-Filler: " + b"a" * 1000 + b"\r\n")
        await writer.drain()


async def one_endless_line(peer, reader, writer):
    await peer.request(reader)
    writer.write(b"HTTP/1.1 200 OK\r\nX: ")
    while True:
        writer.write(b"a" * 4096)
        await writer.drain()


async def reset(peer, reader, writer):
    await peer.request(reader)
    # Linger of zero: closing sends a reset instead of an orderly end.
    writer.get_extra_info("socket").setsockopt(1, 13, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def hang_up(peer, reader, writer):
    await peer.request(reader)


async def endless_interim(peer, reader, writer):
    await peer.request(reader)
    while True:
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        await writer.drain()


@pytest.mark.parametrize(
    ("handler", "words", "kind"),
    [
        (silent, "no whole answer in time", "not-collected"),
        (slow_head, "no whole answer in time", "not-collected"),
        (endless_head, "longer than is read: headers", "limit"),
        (one_endless_line, "longer than is read: headers", "limit"),
        (reset, "the connection was", "not-collected"),
        (hang_up, "the connection was closed", "not-collected"),
        (endless_interim, "longer than is read: interim answers", "limit"),
    ],
    ids=lambda each: getattr(each, "__name__", ""),
)
def test_a_web_server_without_a_whole_answer_is_a_gap(servers, handler, words, kind):
    peer = servers.start("127.81.0.1", handler)
    hosts, gaps, look = ask(f"http://127.81.0.1:{peer.port}")
    assert not hosts
    assert words in str(gaps[0].why)
    assert gaps[0].kind == kind
    assert gaps[0].at.source == f"http://127.81.0.1:{peer.port}"
    assert gaps[0].at.position == "GET /owa/auth/logon.aspx"
    assert "other 1" in look.quote


@pytest.mark.parametrize("ending", ["silence", "flood", "reset", "end"])
def test_headers_that_came_before_it_broke_still_count(servers, ending):
    async def broken(peer, reader, writer):
        await peer.request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\n" + OWA)
        await writer.drain()
        await asyncio.sleep(0.1)
        if ending == "silence":
            await asyncio.sleep(60)
        while ending == "flood":
            writer.write(b"X-Filler: " + b"a" * 1000 + b"\r\n")
            await writer.drain()
        if ending == "reset":
            writer.get_extra_info("socket").setsockopt(1, 13, struct.pack("ii", 1, 0))
            writer.transport.abort()

    peer = servers.start("127.81.0.2", broken)
    hosts, _, _ = ask(f"http://127.81.0.2:{peer.port}")
    [found] = hosts
    assert found.body.version.text == "15.2.1748.36"
    assert found.body.names == ("EX01",)


def chunked(rest: bytes, headers: bytes = OWA) -> bytes:
    return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n" + headers + b"\r\n" + rest


@pytest.mark.parametrize(
    "body",
    [
        b"zzzz\r\nnot a size\r\n",
        b"-5\r\nabc\r\n",
        b"ffffffffffffffff\r\nabc",
        b"5\r\nabc",
        b"3\r\nabcXX",
        b"5;" + b"x" * 5000,
        b"fffffff\r\n" + b"a" * 600_000,
    ],
    ids=["word", "minus", "huge", "short", "no-end", "extension", "long"],
)
def test_garbage_in_chunks_costs_the_body_only(servers, body):
    peer = servers.start("127.81.0.3", raw(chunked(body), hold=5))
    [found], _, _ = ask(f"http://127.81.0.3:{peer.port}")
    assert found.body.version.text == "15.2.1748.36"
    # The same without the header that tells it all: what is missing is said.
    other = servers.start("127.81.0.3", raw(chunked(body, b""), hold=5))
    hosts, gaps, _ = ask(f"http://127.81.0.3:{other.port}")
    assert not hosts
    assert gaps


def test_chunks_are_put_together(servers):
    text = b"<title>Outlook Web App</title><link href='/owa/14.3.123.3/themes/x.css'>"
    parts = b"".join(
        b"%x\r\n%s\r\n" % (len(text[i : i + 7]), text[i : i + 7]) for i in range(0, len(text), 7)
    )
    peer = servers.start("127.81.0.4", raw(chunked(parts + b"0\r\n\r\n", b"")))
    [found], gaps, _ = ask(f"http://127.81.0.4:{peer.port}")
    assert not gaps
    assert found.body.version.text == "14.3.123.3"
    assert len(peer.connections) == 1


def test_a_packed_body_is_not_unpacked(servers):
    bomb = gzip.compress(b"<a href='/owa/auth/15.2.1748/'>" * 2_000_000)
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(bomb)}\r\n\r\n"
    peer = servers.start("127.81.0.5", raw(head.encode() + bomb))
    hosts, _, look = ask(f"http://127.81.0.5:{peer.port}")
    assert not hosts
    assert "other 1" in look.quote
    assert peer.received.count(b"Accept-Encoding: identity") == peer.received.count(b"GET ") == 6


@pytest.mark.parametrize("length", ["99999999999999999999999", "-1", "ten", "1000000000"])
def test_lengths_that_lie(servers, length):
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: " + length.encode() + b"\r\n" + OWA + b"\r\nbody"
    peer = servers.start("127.81.0.6", raw(answer, hold=5))
    [found], _, _ = ask(f"http://127.81.0.6:{peer.port}")
    assert found.body.version.text == "15.2.1748.36"


def test_more_body_than_is_read_is_told(servers):
    answer = b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 400_000
    peer = servers.start("127.81.0.7", raw(answer, hold=0.01))
    hosts, gaps, _ = ask(f"http://127.81.0.7:{peer.port}")
    assert not hosts
    assert "longer than is read: body" in str(gaps[0].why)
    assert gaps[0].kind == "limit"


def test_plain_http_where_tls_is_expected(servers):
    async def plain(peer, reader, writer):
        await reader.read(100)
        writer.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()

    peer = servers.start("127.81.0.8", plain)
    hosts, gaps, look = ask(f"https://127.81.0.8:{peer.port}")
    assert not hosts
    assert "no TLS could be agreed on" in str(gaps[0].why)
    assert "other 1" in look.quote


@pytest.mark.parametrize(
    "bytes_", [b"\x15\x03\x01\x00\x02\x02\x28", b"", b"\x16\x03\x03\xff\xff" + b"a" * 70000]
)
def test_tls_alerts_and_garbage(servers, bytes_):
    async def alert(peer, reader, writer):
        await reader.read(100)
        writer.write(bytes_)
        await writer.drain()

    peer = servers.start("127.81.0.9", alert)
    hosts, gaps, _ = ask(f"https://127.81.0.9:{peer.port}")
    assert not hosts
    assert gaps[0].at.source == f"https://127.81.0.9:{peer.port}"


def test_another_protocol_is_counted_and_no_gap(servers):
    async def ssh(peer, reader, writer):
        writer.write(b"SSH-2.0-OpenSSH_9.2p1\r\n")
        await writer.drain()
        await reader.read(1000)

    peer = servers.start("127.81.0.10", ssh)
    for scheme in ("http", "smtp"):
        hosts, gaps, look = ask(f"{scheme}://127.81.0.10:{peer.port}")
        assert not hosts
        assert not gaps
        assert "other 1" in look.quote


async def smtp_silent(peer, reader, writer):
    await asyncio.sleep(60)


async def smtp_endless(peer, reader, writer):
    while True:
        writer.write(b"220-still here\r\n" * 100)
        await writer.drain()


async def smtp_trickle(peer, reader, writer):
    await trickle(writer, b"220-more\r\n")


async def smtp_false_tls(peer, reader, writer):
    writer.write(b"220 mx ESMTP\r\n")
    await peer.line(reader)
    writer.write(b"250-mx\r\n250 STARTTLS\r\n")
    await peer.line(reader)
    writer.write(b"220 go\r\nand this is no TLS\r\n")
    await writer.drain()


@pytest.mark.parametrize("handler", [smtp_silent, smtp_endless, smtp_trickle, smtp_false_tls])
def test_a_mail_server_without_a_whole_answer_is_a_gap(servers, handler):
    peer = servers.start("127.81.0.11", handler)
    hosts, gaps, look = ask(f"smtp://127.81.0.11:{peer.port}")
    assert not hosts
    [gap] = gaps
    assert gap.at.source == f"smtp://127.81.0.11:{peer.port}"
    assert "other 1" in look.quote


def test_a_greeting_counts_though_tls_fails_after_it(servers):
    async def exchange_false_tls(peer, reader, writer):
        writer.write(b"220 EX05.contoso.example Microsoft ESMTP MAIL Service ready at today\r\n")
        await peer.line(reader)
        writer.write(b"250-EX05.contoso.example Hello [127.0.0.1]\r\n250 STARTTLS\r\n")
        await peer.line(reader)
        writer.write(b"220 2.0.0 SMTP server ready\r\n")
        await writer.drain()

    peer = servers.start("127.81.0.12", exchange_false_tls)
    hosts, gaps, _ = ask(f"smtp://127.81.0.12:{peer.port}")
    assert hosts[0].body.names == ("EX05.contoso.example",)
    assert gaps[0].at.position == "STARTTLS"


def test_words_slipped_in_before_tls_are_not_believed(servers, pem):
    async def injected(peer, reader, writer):
        writer.write(b"220 mx ESMTP\r\n")
        await peer.line(reader)
        writer.write(b"250-mx\r\n250 STARTTLS\r\n")
        await peer.line(reader)
        writer.write(b"220 go\r\n250-mx\r\n250 X-ANONYMOUSTLS\r\n")
        await writer.drain()
        await writer.start_tls(server_context(pem))
        await peer.line(reader)
        writer.write(b"250-mx\r\n250 SIZE 1\r\n")
        await writer.drain()
        await peer.line(reader)

    peer = servers.start("127.81.0.13", injected)
    hosts, _, _ = ask(f"smtp://127.81.0.13:{peer.port}")
    assert not hosts


@pytest.mark.parametrize(
    "token",
    ["AAAA", "TlRMTVNTUAACAAAA", "!!!!", "A" * 100_000, challenge("EX01", "x.example")[:60]],
    ids=["short", "cut", "no-base64", "huge", "half"],
)
def test_a_broken_challenge_costs_the_names_only(servers, token):
    named = response("401 Unauthorized", [f"WWW-Authenticate: NTLM {token}"])
    first = response("200 OK", ["X-OWA-Version: 15.2.1748.36", "X-FEServer: EX01"])
    answers = {"/owa/auth/logon.aspx": first, "/EWS/Exchange.asmx NTLM": named}
    peer = servers.start("127.81.0.14", pages(answers))
    [found], _, _ = ask(f"http://127.81.0.14:{peer.port}")
    assert found.body.names == ("EX01",)


def test_good_hosts_beside_bad_ones_are_all_found(servers, pem):
    bad = [
        servers.start(f"127.81.1.{number}", handler, port=0)
        for number, handler in enumerate([silent, slow_head, endless_head, reset, hang_up])
    ]
    good = [
        servers.start(
            f"127.81.2.{number}", exchange("15.1.2507.61", f"EX{number}"), server_context(pem)
        )
        for number in range(1, 6)
    ]
    # 0.5 seconds are for the bad ones; the good ones get as long as a busy machine needs.
    targets = [f"http://{each.host}:{each.port}" for each in bad]
    targets += [f"{each.host}:{each.port}" for each in good]
    hosts, gaps, look = ask(*targets, answer_timeout=3, host_timeout=8, concurrency=20)
    assert {each.body.names[-1] for each in hosts} == {f"EX{number}" for number in range(1, 6)}
    assert len(gaps) == 5
    assert look.body.records == 10
