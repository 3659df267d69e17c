"""nmap XML: a scan of an Exchange server, scripts of several ages, and hostile files."""

from __future__ import annotations

import io
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tocsin.formats import HEAD_SIZE, Reading, recognise
from tocsin.formats import nmap_xml as format_nmap
from tocsin.model.evidence import Evidence, Host, Look
from tocsin.model.finding import Gap
from tocsin.model.locator import Locator

SCAN = (Path(__file__).parent.parent / "data" / "scans" / "nmap.xml").read_bytes()


def read(data: bytes) -> tuple[list[Evidence], list[Gap], Look]:
    items = list(format_nmap.read(io.BytesIO(data), Locator(source="n.xml"), Reading()))
    last = items.pop()
    assert isinstance(last, Evidence)
    assert isinstance(last.body, Look)
    gaps = [each for each in items if isinstance(each, Gap)]
    return [each for each in items if isinstance(each, Evidence)], gaps, last.body


def host(evidence: Evidence) -> Host:
    assert isinstance(evidence.body, Host)
    return evidence.body


def one_port(inside: str) -> str:
    return (
        '<host><address addr="192.0.2.9" addrtype="ipv4"/><ports><port protocol="tcp"'
        f' portid="443"><state state="open"/>{inside}</port></ports></host>'
    )


def scan(*hosts: str) -> bytes:
    return f"<nmaprun start='1762509600'>{''.join(hosts)}</nmaprun>".encode()


def only(inside: str) -> Host:
    (found,), gaps, _ = read(scan(one_port(inside)))
    assert not gaps
    return host(found)


def version_of(found: Host) -> tuple[int, int | None, str] | None:
    version = found.version
    return version and (version.build, version.revision, version.precision)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-8-sig"])
def test_a_scan_of_one_server_and_one_other(encoding: str):
    data = SCAN.decode().encode(encoding)
    assert recognise(data[:HEAD_SIZE]) is format_nmap.FORMAT
    (smtp, web), gaps, look = read(data)
    assert not gaps
    assert look == Look(seen_by="nmap", records=2)
    assert smtp.at.position == "host 1 (192.0.2.1), port 25"
    assert web.seen == datetime.fromtimestamp(1762509660, UTC)
    assert host(smtp).addresses == host(web).addresses == ("192.0.2.1",)


def test_the_web_port_gives_build_names_and_certificate():
    _, web = read(SCAN)[0]
    assert version_of(host(web)) == (2507, 61, "update")
    assert set(host(web).names) == {
        "EX01",
        "mail.contoso.com",
        "ex01.contoso.local",
        "autodiscover.contoso.com",
    }
    assert [each.value for each in host(web).identifiers] == [
        "00112233445566778899aabbccddeeff00112233"
    ]
    assert host(web).facts["X-FEServer"] == "EX01"


def test_the_smtp_port_gives_the_names_of_the_ntlm_challenge():
    smtp, _ = read(SCAN)[0]
    facts = host(smtp).facts
    assert facts["ntlm-dns-host"] == "EX01.contoso.local"
    assert facts["ntlm-netbios-host"] == "EX01"
    assert facts["ntlm-dns-domain"] == "contoso.local"
    assert facts["ntlm-windows-build"] == "10.0.14393"
    assert "CONTOSO" not in host(smtp).names
    assert host(smtp).version is None


def test_scripts_that_kept_only_text():
    found = only(
        '<script id="http-title" output="Outlook Web App"/>'
        '<script id="http-ntlm-info" output="&#xa;  DNS_Computer_Name: EX02.contoso.local&#xa;"/>'
        '<script id="ssl-cert" output="Subject: commonName=EX02&#xa;Subject Alternative Name: '
        "DNS:EX02, DNS:EX02.contoso.local&#xa;MD5:   0011&#xa;SHA-1: 0011 2233 4455 6677 8899 aabb"
        ' ccdd eeff 0011 2233"/>'
    )
    assert set(found.names) == {"EX02", "EX02.contoso.local"}
    assert [each.value for each in found.identifiers] == [
        "00112233445566778899aabbccddeeff00112233"
    ]


def test_the_address_a_page_led_to_gives_the_cumulative_update():
    found = only(
        '<script id="http-title" output="Site doesn&apos;t have a title&#xa;'
        'Requested resource was https://m.contoso.com/owa/auth/15.2.1118/x.aspx"/>'
    )
    assert version_of(found) == (1118, None, "cu")


def test_the_version_script_is_a_cumulative_update_at_best():
    found = only(
        '<script id="ms-exchange-version" output="&#xa;  15.1.2507.61: &#xa;    build: 15.1.2507.61'
        '&#xa;    cves: &#xa;      CVE-2026-42897"><table key="15.1.2507.61"><elem key="build">'
        "15.1.2507.61</elem></table></script>"
    )
    assert version_of(found) == (2507, 61, "cu")
    assert found.facts["scanner-vulns"] == "CVE-2026-42897"


@pytest.mark.parametrize(
    "inside",
    [
        '<script id="ms-exchange-version" output="ERROR: Host not running MS Exchange"/>',
        '<service name="smtp" product="Microsoft ESMTP" version="10.0.14393.2608"/>',
        '<service name="http" product="Microsoft IIS httpd" version="10.0"/>',
        (
            '<service name="smtp" product="Microsoft Exchange smtpd"/><script id="banner" output='
            '"220 a.b Microsoft ESMTP MAIL Service, Version: 10.0.14393.2608 ready"/>'
        ),
        '<script id="http-headers" output="X-OWA-Version: 15.20.8655.15"/>',
        (
            '<service name="smtp" product="Microsoft Exchange smtpd" '
            'hostname="DB8EUR05FT012.mail.protection.outlook.com"/>'
        ),
        "",
    ],
)
def test_what_is_no_exchange_server(inside: str):
    hosts, gaps, look = read(scan(one_port(inside)))
    assert (hosts, gaps, look.records) == ([], [], 1)


@pytest.mark.parametrize(
    "product",
    ["Microsoft Exchange smtpd", "Microsoft Exchange 2007-2010 pop3d", "Outlook Web App"],
)
def test_products_that_are_exchange(product: str):
    assert only(f'<service name="x" product="{product}"/>').addresses == ("192.0.2.9",)


EXCHANGE = one_port('<service name="smtp" product="Microsoft Exchange smtpd"/>')


@pytest.mark.parametrize("cut", [8, 60, 200])
def test_a_scan_that_was_broken_off_keeps_its_finished_hosts(cut: int):
    hosts, gaps, look = read(scan(EXCHANGE, EXCHANGE)[:-cut])
    assert len(hosts) == look.records
    assert len(hosts) >= 1
    assert len(gaps) == 1
    assert str(look.records) in str(gaps[0].why)


def test_the_scans_start_stands_in_for_a_hosts_missing_time():
    assert read(scan(EXCHANGE))[0][0].seen == datetime.fromtimestamp(1762509600, UTC)
    late = EXCHANGE.replace("<host>", '<host endtime="99999999999999999999">')
    assert read(scan(late))[0][0].seen == datetime.fromtimestamp(1762509600, UTC)


BOMB = (
    '<?xml version="1.0"?><!DOCTYPE nmaprun [<!ENTITY a "aaaaaaaaaa">'
    + "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in ["ab", "bc", "cd", "de", "ef"])
    + ']><nmaprun args="&f;"><host/></nmaprun>'
)
OUTSIDE = '<!DOCTYPE nmaprun [<!ENTITY x SYSTEM "file:///etc/passwd">]><nmaprun><host>&x;</host></nmaprun>'


@pytest.mark.parametrize("text", [BOMB, OUTSIDE])
def test_entities_are_refused(text: str):
    hosts, gaps, look = read(text.encode())
    assert not hosts
    assert look.records == 0
    assert "entities" in str(gaps[0].why)


@pytest.mark.parametrize(
    "huge",
    [
        "<host>" + "<a>" * 100_000,
        f'<host><status reason="{"x" * 2 * format_nmap.HOST_LIMIT}"/></host>',
        "<host>" + "<a/>" * (format_nmap.HOST_LIMIT // 2) + "</host>",
    ],
)
def test_a_host_beyond_the_limits_is_told(huge: str):
    hosts, gaps, look = read(scan(EXCHANGE, huge, EXCHANGE))
    assert len(hosts) == look.records == 1
    assert [each.kind for each in gaps] == ["limit"]


class _Endless(io.RawIOBase):
    """A scan of very many hosts that never exists as a whole."""

    def __init__(self, hosts: int) -> None:
        self._left = self._pieces(hosts)

    def _pieces(self, hosts: int) -> Iterator[bytes]:
        yield b"<nmaprun>"
        for _ in range(hosts):
            yield b"<host><status state='down'/><!-- " + b"x" * 4000 + b" --></host>"
        yield b"</nmaprun>"

    def read(self, size: int = -1) -> bytes:
        del size
        return next(self._left, b"")


def test_memory_does_not_grow_with_the_scan():
    tracemalloc.start()
    try:
        stream = _Endless(4_000)
        *_, last = format_nmap.read(stream, Locator(source="n"), Reading())  # type: ignore[arg-type]
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert isinstance(last, Evidence)
    assert last.body == Look(seen_by="nmap", records=4_000)
    assert peak < 8 * 1024 * 1024


@pytest.mark.parametrize(
    "data",
    [
        b"<html><body>nmaprun</body></html>",
        b"<Objs><S>x</S></Objs>",
        b"# Nmap 7.94 scan initiated as: nmap -oX x",
        b"nmaprun",
    ],
)
def test_other_files_are_not_taken(data: bytes):
    assert format_nmap.recognise(data) == 0


@pytest.mark.parametrize(
    "data", [b"", b"<nmaprun", b"<nmaprun>\x00", b'<?xml encoding="utf-7"?><nmaprun/>', b"<x/>"]
)
def test_a_broken_file_is_no_accident(data: bytes):
    hosts, _, look = read(data)
    assert (hosts, look.records) == ([], 0)
