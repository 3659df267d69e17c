"""Everything that goes over the wire, held against a list that is written here once more."""

import base64
import socket

import pytest
from probe_server import (
    Servers,
    certificate,
    exchange,
    exchange_smtp,
    pages,
    response,
    server_context,
)
from spnego._ntlm_raw.messages import Negotiate, NegotiateFlags

from tocsin.collect.probe import ProbeSettings, plan, probe
from tocsin.collect.probe.ntlm import NEGOTIATE
from tocsin.model.finding import Gap

PATHS = {
    "/owa/auth/logon.aspx",
    "/owa/",
    "/autodiscover/autodiscover.xml",
    "/Microsoft-Server-ActiveSync",
    "/ecp/Current/exporttool/microsoft.exchange.ediscovery.exporttool.application",
    "/EWS/Exchange.asmx",
}
HEADERS = {"Host", "User-Agent", "Accept", "Accept-Encoding", "Authorization"}
SMTP_LINES = {"EHLO tocsin.invalid", "STARTTLS", "AUTH NTLM", NEGOTIATE, "*", "QUIT"}


def check_http(received: bytes, redirected: set[str]) -> None:
    """Every head that arrived is one of the allowed, and nothing follows it."""
    heads = received.decode("ascii").split("\r\n\r\n")
    assert heads.pop() == ""
    for head in heads:
        first, *lines = head.split("\r\n")
        method, path, version = first.split(" ")
        assert (method, version) == ("GET", "HTTP/1.1")
        assert path in PATHS | redirected
        headers = dict(line.split(": ", 1) for line in lines)
        assert set(headers) <= HEADERS
        assert headers["User-Agent"].startswith("Tocsin/")
        if "Authorization" in headers:
            scheme, token = headers["Authorization"].split(" ")
            assert scheme in ("NTLM", "Negotiate")
            assert token == NEGOTIATE


@pytest.fixture
def servers():
    running = Servers()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def pem(tmp_path_factory):
    return certificate(tmp_path_factory.mktemp("certificate"), ["EX01"])


def test_the_ntlm_message_is_the_first_one_and_names_nobody():
    message = Negotiate.unpack(base64.b64decode(NEGOTIATE))
    assert not message.domain_name
    assert not message.workstation
    supplied = NegotiateFlags.oem_domain_name_supplied | NegotiateFlags.oem_workstation_supplied
    assert not message.flags & supplied
    assert message.flags & NegotiateFlags.request_target


def test_every_request_is_on_the_list(servers, pem):
    tls = server_context(pem)
    moved = response("302 Found", ["Location: /owa/auth/special/logon.aspx?replaceCurrent=1"])
    other = pages(
        {}, response("401 Unauthorized", ["WWW-Authenticate: Negotiate", "WWW-Authenticate: NTLM"])
    )
    web = [
        servers.start("127.82.0.1", exchange("15.2.1748.36", "EX01"), tls),
        servers.start("127.82.0.2", exchange("15.0.1497.48", "EX02", owa_header=False)),
        servers.start("127.82.0.3", pages({})),
        servers.start("127.82.0.4", pages({"/owa/": moved})),
        servers.start("127.82.0.5", other),
    ]
    mail = [
        servers.start("127.82.0.6", exchange_smtp("EX01", tls=tls)),
        servers.start("127.82.0.7", exchange_smtp("EX02")),
        servers.start("127.82.0.8", exchange_smtp("EX03", banner="554 5.7.1 no")),
    ]
    targets = [f"{'https' if each.context else 'http'}://{each.host}:{each.port}" for each in web]
    targets += [f"smtp://{each.host}:{each.port}" for each in mail]
    list(probe(ProbeSettings(targets=tuple(targets), rate=0)))
    redirected = {"/owa/auth/special/logon.aspx"}
    for peer in web:
        assert peer.received
        check_http(peer.received, redirected)
    assert b"GET /owa/auth/special/logon.aspx HTTP" in web[3].received
    for peer in mail:
        lines = peer.received.decode("ascii").split("\r\n")
        assert lines.pop() == ""
        assert lines[-1] == "QUIT"
        assert set(lines) <= SMTP_LINES
    # Authentication is only ever begun where Exchange was recognised.
    for peer in (web[2], web[4]):
        assert b"Authorization" not in peer.received
    assert mail[2].received == b"QUIT\r\n"


@pytest.mark.parametrize(
    "location",
    [
        "/owa/auth/x/../../../windows/win.ini",
        "/autodiscover/autodiscover.json/@evil.example/powershell",
        "/ecp/default.flt",
        "/owa//x",
        "/owa/a%00b",
        "/owa/a;b",
        "/owa/.hidden",
        "/powershell/",
        "/mapi/nspi",
        "/owa/" + "a/" * 50,
        "/owa/a\tb",
        "http://127.82.0.9@evil.example/owa/",
    ],
)
def test_a_server_cannot_choose_what_is_asked(servers, location):
    peer = servers.start("127.82.0.9", pages({}, response("302 Found", [f"Location: {location}"])))
    list(probe(ProbeSettings(targets=(f"http://127.82.0.9:{peer.port}",), rate=0)))
    check_http(peer.received, {"/ecp/default.flt"} if location == "/ecp/default.flt" else set())


def test_the_plan_names_every_request_and_sends_none(servers):
    peer = servers.start("127.82.0.10", exchange("15.2.1748.36", "EX01"))
    mail = servers.start("127.82.0.10", exchange_smtp("EX01"))
    settings = ProbeSettings(
        targets=("127.82.0.10",), ports=(f"http:{peer.port}", f"smtp:{mail.port}"), rate=0
    )
    planned = list(plan(settings))
    assert not peer.connections
    assert not mail.connections
    told = {each.sends for each in planned}
    list(probe(settings))
    for head in peer.received.decode().split("\r\n\r\n")[:-1]:
        assert head.replace("\r\n", " | ") in told
    for line in mail.received.decode().split("\r\n")[:-1]:
        assert line in told
    first = str(planned[0])
    assert first.startswith(
        f"http://127.82.0.10:{peer.port}: GET /owa/auth/logon.aspx HTTP/1.1 | Host:"
    )


def test_without_ntlm_nothing_is_authenticated(servers):
    peer = servers.start("127.82.0.11", exchange("15.2.1748.36", "EX01"))
    mail = servers.start("127.82.0.11", exchange_smtp("EX01"))
    settings = ProbeSettings(
        targets=("127.82.0.11",),
        ports=(f"http:{peer.port}", f"smtp:{mail.port}"),
        ntlm=False,
        rate=0,
    )
    assert not any("NTLM" in each.sends for each in plan(settings))
    list(probe(settings))
    assert b"NTLM" not in peer.received + mail.received


def test_a_name_is_sent_as_host_header(servers):
    peer = servers.start("127.0.0.1", exchange("15.2.1748.36", "EX01"))
    found = list(probe(ProbeSettings(targets=(f"http://LocalHost:{peer.port}",), rate=0)))
    assert f"Host: localhost:{peer.port}\r\n".encode() in peer.received
    assert found[0].body.facts["target"] == "localhost"
    assert found[0].at.source == f"http://localhost:{peer.port}"


def test_what_the_allow_list_does_not_hold_is_refused_untouched(servers):
    peer = servers.start("127.0.0.1", exchange("15.2.1748.36", "EX01"))
    other = servers.start("127.82.0.12", exchange("15.2.1748.36", "EX02"))
    settings = ProbeSettings(
        targets=(f"http://localhost:{peer.port}", f"http://127.82.0.12:{other.port}"),
        allow=("127.83.0.0/16",),
        rate=0,
    )
    found = list(probe(settings))
    gaps = [each for each in found if isinstance(each, Gap)]
    assert {each.at.position for each in gaps} == {"localhost", "127.82.0.12"}
    assert "localhost is at 127.0.0.1, outside the allow-list" in " ".join(str(g.why) for g in gaps)
    assert not peer.connections
    assert not other.connections
    assert "refused 2" in found[-1].quote
    assert found[-1].body.records == 0
    assert not [each for each in plan(settings) if "127.82.0.12" in each.where]


def test_a_whole_network_outside_the_allow_list_is_told_in_few_words():
    found = list(probe(ProbeSettings(targets=("127.90.0.0/24",), allow=("127.91.0.0/24",), rate=0)))
    gaps = [each for each in found if isinstance(each, Gap)]
    assert len(gaps) == 21
    assert str(gaps[-1].why) == "236 more targets are outside the allow-list"
    assert "refused 256" in found[-1].quote


def test_ipv6(servers):
    if not has_ipv6_loopback():
        pytest.skip("this machine has no IPv6 loopback address")
    peer = servers.start("::1", exchange("15.2.1748.36", "EX01"))
    found = list(probe(ProbeSettings(targets=(f"http://[::1]:{peer.port}",), rate=0)))
    assert found[0].body.addresses == ("::1",)
    assert found[0].at.source == f"http://[::1]:{peer.port}"
    assert f"Host: [::1]:{peer.port}\r\n".encode() in peer.received


def has_ipv6_loopback():
    try:
        with socket.socket(socket.AF_INET6) as tried:
            tried.bind(("::1", 0))
    except OSError:
        return False
    return True


def test_a_name_may_be_allowed_by_its_network_or_itself(servers):
    peer = servers.start("127.0.0.1", exchange("15.2.1748.36", "EX01"))
    for allow in (("127.0.0.0/24",), ("localhost",), ("LOCALHOST.", "10.0.0.0/8")):
        settings = ProbeSettings(targets=(f"http://localhost:{peer.port}",), allow=allow, rate=0)
        assert "exchange 1" in list(probe(settings))[-1].quote


def test_a_name_that_does_not_exist_is_a_gap():
    found = list(probe(ProbeSettings(targets=("nobody.invalid",), rate=0)))
    assert "cannot be resolved" in str(found[0].why)
    assert "failed 1" in found[-1].quote
