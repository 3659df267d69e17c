"""Shodan exports: what an administrator downloads, and what a stranger may have put into it."""

from __future__ import annotations

import io
import itertools
import json
import tracemalloc
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tocsin.formats import HEAD_SIZE, Reading, recognise
from tocsin.formats import shodan as format_shodan
from tocsin.formats.syntax import json_records
from tocsin.model.evidence import Evidence, Host, Look
from tocsin.model.finding import Gap
from tocsin.model.locator import Locator


def read(data: bytes) -> tuple[list[Evidence], list[Gap], list[Look]]:
    items = list(format_shodan.read(io.BytesIO(data), Locator(source="s.json"), Reading()))
    assert isinstance(items[-1], Evidence)
    assert isinstance(items[-1].body, Look)
    evidence = [each for each in items if isinstance(each, Evidence)]
    looks = [each.body for each in evidence if isinstance(each.body, Look)]
    hosts = [each for each in evidence if isinstance(each.body, Host)]
    return hosts, [each for each in items if isinstance(each, Gap)], looks


def banner(**changed: Any) -> dict[str, Any]:
    plain = {
        "hash": 0,
        "ip_str": "192.0.2.25",
        "port": 443,
        "transport": "tcp",
        "org": "Contoso",
        "isp": "Example ISP",
        "asn": "AS64496",
        "hostnames": ["mail.contoso.com"],
        "domains": ["contoso.com"],
        "timestamp": "2025-11-07T10:00:00.250000",
        "data": "HTTP/1.1 200 OK\r\nServer: Microsoft-IIS/10.0\r\n\r\n",
        "_shodan": {"module": "https"},
    }
    return {**plain, **changed}


EXCHANGE = "HTTP/1.1 401 Unauthorized\r\nX-OWA-Version: 15.1.2507.61\r\nX-FEServer: EX01\r\n\r\n"


def lines(*values: object) -> bytes:
    return "".join(json.dumps(each) + "\n" for each in values).encode()


def only(data: bytes) -> Host:
    (found,), gaps, _ = read(data)
    assert not gaps
    assert isinstance(found.body, Host)
    return found.body


FORMS = {
    "lines": lines,
    "array": lambda *values: json.dumps(values).encode(),
    "pretty array": lambda *values: json.dumps(values, indent=1).encode(),
    "search answer": lambda *values: json.dumps({"matches": values, "total": len(values)}).encode(),
    "pretty answer": lambda *values: json.dumps({"matches": values}, indent=2).encode(),
    "PowerShell": lambda *values: lines(*values).decode().encode("utf-16"),
}


@pytest.mark.parametrize("form", FORMS)
def test_the_same_servers_in_every_form(form: str):
    data = FORMS[form](banner(), banner(data=EXCHANGE), banner(ip_str="192.0.2.26", data=EXCHANGE))
    assert recognise(data[:HEAD_SIZE]) is format_shodan.FORMAT
    hosts, gaps, looks = read(data)
    assert not gaps
    assert [each.body.addresses for each in hosts] == [("192.0.2.25",), ("192.0.2.26",)]  # type: ignore[union-attr]
    assert looks == [Look(seen_by="shodan", scope="", records=3)]


def test_a_server_with_its_proof():
    (found,), _, _ = read(lines(banner(), banner(data=EXCHANGE)))
    assert str(found.at) == "s.json#line 2"
    assert found.seen == datetime(2025, 11, 7, 10, 0, 0, 250000, tzinfo=UTC)
    assert "X-OWA-Version: 15.1.2507.61" in found.quote
    host = found.body
    assert isinstance(host, Host)
    assert (host.seen_by, host.product) == ("shodan", "Exchange Server")
    assert str(host.version and host.version.exact) == "15.1.2507.61"
    assert host.names == ("EX01", "mail.contoso.com")
    assert host.facts["X-FEServer"] == "EX01"
    assert host.facts["hostnames"] == "mail.contoso.com"
    assert host.facts["port"] == "443"


@pytest.mark.shared
def test_real_banners_without_exchange_are_a_look(shared: Path):
    data = (shared / "samples/exchange/shodan/banners-format.json").read_bytes()
    expected = len(json.loads(data))
    assert recognise(data[:HEAD_SIZE]) is format_shodan.FORMAT
    hosts, gaps, looks = read(data)
    assert (hosts, gaps, looks) == ([], [], [Look(seen_by="shodan", records=expected)])


@pytest.mark.shared
def test_real_banners_with_an_exchange_answer_put_into_them(shared: Path):
    text = (shared / "samples/exchange/shodan/banners-format.json").read_text("utf-8")
    values = json.loads(text)
    for value in values:
        value["data"] = EXCHANGE
        assert recognise(lines(value)[:HEAD_SIZE]) is format_shodan.FORMAT
    hosts, _, _ = read(lines(*values))
    assert len(hosts) == len(values)
    assert {"bc1a6c36b8817c7181628303a60bd62a0939989a"} <= {
        each.value
        for host in hosts
        if isinstance(host.body, Host)
        for each in host.body.identifiers
    }


def test_an_answer_that_found_nothing_is_a_look():
    for data in (b'{"matches": [], "total": 0}', b'{"total":0,"matches":[]}'):
        assert recognise(data) is format_shodan.FORMAT
        assert read(data) == ([], [], [Look(seen_by="shodan", records=0)])


def test_a_host_look_up_is_a_look_at_that_address_only():
    value = {"ip_str": "192.0.2.25", "ports": [443], "hostnames": [], "data": [banner()]}
    assert read(json.dumps(value).encode())[2] == [
        Look(seen_by="shodan", scope="address:192.0.2.25", records=1)
    ]


INTERNET_DB = {
    "cpes": ["cpe:/a:microsoft:exchange_server:2019:cumulative_update_11", "cpe:/a:microsoft:iis"],
    "hostnames": ["mail.contoso.com"],
    "ip": "192.0.2.25",
    "ports": [25, 443],
    "tags": [],
    "vulns": ["CVE-2021-34473", "CVE-2021-26855"],
}


def test_internetdb_knows_exchange_by_its_cpe():
    data = json.dumps(INTERNET_DB).encode()
    assert recognise(data) is format_shodan.FORMAT
    host = only(data)
    assert host.version is None
    assert host.facts["scanner-vulns"] == "CVE-2021-26855,CVE-2021-34473"
    assert host.facts["cpe"] == "cpe:/a:microsoft:exchange_server:2019:cumulative_update_11"
    assert read(data)[2] == [Look(seen_by="shodan", scope="address:192.0.2.25", records=1)]


def test_internetdb_without_exchange_is_a_look_at_that_address():
    others = [{**INTERNET_DB, "ip": f"192.0.2.{n}", "cpes": []} for n in (1, 2)]
    hosts, gaps, looks = read(lines(*others))
    assert not hosts
    assert not gaps
    assert [each.scope for each in looks] == ["address:192.0.2.1", "address:192.0.2.2"]


@pytest.mark.parametrize("cpe", ["cpe23", "cpe"])
def test_a_cpe_never_proves_an_update(cpe: str):
    text = {
        "cpe23": "cpe:2.3:a:microsoft:exchange_server:15.2.986.14:*:*:*:*:*:*:*",
        "cpe": "cpe:/a:microsoft:exchange_server:15.2.986.14",
    }[cpe]
    version = only(lines(banner(**{cpe: [text]}))).version
    assert version is not None
    assert (version.build, version.precision) == (986, "cu")


def test_an_exact_header_beats_the_cpe_and_the_scanners_own_version():
    found = only(
        lines(
            banner(
                data=EXCHANGE,
                product="Microsoft Exchange",
                version="15.1.2507",
                cpe=["cpe:/a:microsoft:exchange_server:15.1.2507"],
            )
        )
    )
    assert str(found.version and found.version.exact) == "15.1.2507.61"
    assert found.facts["scanner-version"] == "15.1.2507"


def test_vulns_are_kept_whatever_their_form():
    as_object = banner(data=EXCHANGE, vulns={"CVE-2021-26855": {"verified": False, "cvss": "9.8"}})
    assert only(lines(as_object)).facts["scanner-vulns"] == "CVE-2021-26855"
    as_list = banner(data=EXCHANGE, vulns=["CVE-2021-26855"])
    assert only(lines(as_list)).facts["scanner-vulns"] == "CVE-2021-26855"


def test_the_version_of_iis_is_not_that_of_exchange():
    found = only(
        lines(banner(product="Microsoft IIS httpd", version="10.0.1.2", data="", http=OWA_PAGE))
    )
    assert found.version is None


OWA_PAGE = {
    "title": "Outlook",
    "server": "Microsoft-IIS/10.0",
    "location": "/owa/auth/logon.aspx?url=https%3a%2f%2fmail.contoso.com%2fowa%2f&reason=0",
    "html": "<!-- OwaPage = ASP.auth_logon_aspx -->",
    "favicon": {"hash": 1768726119},
    "components": {"IIS": {"categories": []}, "Outlook Web App": {"categories": []}},
}


@pytest.mark.parametrize(
    "http",
    [
        {"html": OWA_PAGE["html"]},
        {"favicon": OWA_PAGE["favicon"]},
        {"location": OWA_PAGE["location"]},
        {"components": OWA_PAGE["components"]},
        {"title": "Outlook", "server": "Microsoft-IIS/10.0"},
        {"redirects": [{"data": EXCHANGE, "host": "m", "location": "/owa/"}]},
        {"redirects": [{"data": "HTTP/1.1 302\r\n\r\n", "location": "/owa/auth/logon.aspx"}]},
    ],
)
def test_each_part_of_a_web_answer_shows_exchange(http: dict[str, Any]):
    assert only(lines(banner(data="", http=http))).product == "Exchange Server"


def test_the_folder_in_the_page_gives_the_cumulative_update():
    http = {"html": '<link href="/owa/auth/15.2.1118/themes/resources/favicon.ico">'}
    version = only(lines(banner(data="HTTP/1.1 200 OK\r\n\r\n", http=http))).version
    assert version is not None
    assert (version.build, version.revision, version.precision) == (1118, None, "cu")


def test_smtp_shows_presence_and_a_name():
    data = (
        "220 EX02.contoso.local Microsoft ESMTP MAIL Service ready at Fri, 7 Nov 2025\r\n"
        "250-EX02.contoso.local Hello [198.51.100.7]\r\n250-SIZE 37748736\r\n250 X-ANONYMOUSTLS\r\n"
    )
    found = only(lines(banner(port=25, data=data, product="Microsoft Exchange smtpd")))
    assert "EX02.contoso.local" in found.names
    assert found.facts["smtp-names"] == "EX02.contoso.local"
    assert found.version is None


@pytest.mark.parametrize(
    "changed",
    [
        {"data": "220 a.b Microsoft ESMTP MAIL Service, Version: 10.0.14393.2608 ready at  Sun"},
        {
            "data": "220 a.b Microsoft ESMTP MAIL Service, Version: 8.5.9600.16384 ready",
            "product": "Microsoft Exchange smtpd",
        },
        {"data": "HTTP/1.1 200 OK\r\nX-OWA-Version: 15.20.8655.15\r\nX-FEServer: AM0PR10\r\n\r\n"},
        {
            "data": "220 x Microsoft ESMTP MAIL Service ready",
            "hostnames": ["mail-am5eur030074.inbound.protection.outlook.com"],
        },
        {"product": "Microsoft Exchange Online"},
        {"cpe": ["cpe:/a:microsoft:exchange_server_activesync:1", "cpe:/o:microsoft:windows"]},
        {"http": {"html": "how to install Exchange Server 2019", "favicon": {"hash": 1}}},
    ],
)
def test_what_is_no_exchange_server(changed: dict[str, Any]):
    hosts, gaps, looks = read(lines(banner(**changed)))
    assert not hosts
    assert not gaps
    assert looks[0].records == 1


def der(*names: str) -> str:
    """Alternative names as Shodan prints them: DER with Python's escapes."""
    inner = b"".join(bytes([0x82, len(n)]) + n.encode() for n in names)
    inner += b"\x87\x04\xc0\x00\x02\x19"
    size = bytes([len(inner)]) if len(inner) < 128 else bytes([0x81, len(inner)])
    return repr(b"\x30" + size + inner)[2:-1]


def test_names_and_fingerprints_of_the_certificate():
    names = (
        "mail.contoso.com",
        "autodiscover.contoso.com",
        "EX01",
        "ex01.contoso.local",
        "*.c.com",
    )
    cert = {
        "subject": {"CN": "mail.contoso.com"},
        "fingerprint": {"sha1": "AA" * 20, "sha256": "bb" * 32},
        "extensions": [
            {"name": "keyUsage", "data": "\\x03\\x02"},
            {"name": "subjectAltName", "data": der(*names)},
        ],
    }
    found = only(lines(banner(data=EXCHANGE, hostnames=[], ssl={"cert": cert})))
    assert set(found.names) == {*names[:4]}
    assert found.facts["certificate-names"] == ", ".join(names)
    assert {(each.kind, each.value) for each in found.identifiers} == {
        ("certificate", "aa" * 20),
        ("certificate", "bb" * 32),
    }


@pytest.mark.parametrize("data", [r"0V\x82\host2.example.org", r"\x30\x82", "", r"0\x03\x82\x09ab"])
def test_damaged_alternative_names_give_none(data: str):
    cert = {
        "subject": {"CN": "mail.contoso.com"},
        "extensions": [{"name": "subjectAltName", "data": data}],
    }
    found = only(lines(banner(data=EXCHANGE, hostnames=[], ssl={"cert": cert})))
    assert set(found.names) == {"EX01", "mail.contoso.com"}


def test_a_broken_line_costs_only_itself():
    good = lines(banner(data=EXCHANGE))
    data = good + good[:-40] + b"\n" + b"\x00\xff nonsense\n" + good
    hosts, gaps, looks = read(data)
    assert [str(each.at) for each in hosts] == ["s.json#line 1", "s.json#line 4"]
    assert [str(each.at) for each in gaps] == ["s.json#line 2", "s.json#line 3"]
    assert looks[0].records == 2


def test_a_broken_element_of_an_array_costs_only_itself():
    good = json.dumps(banner(data=EXCHANGE))
    hosts, gaps, _ = read(f'[{good}, {{"ip_str": , "x": 1}}, 3, {good}]'.encode())
    assert [str(each.at) for each in hosts] == ["s.json#record 1", "s.json#record 3"]
    assert [str(each.at) for each in gaps] == ["s.json#record 2"]


def test_a_download_that_broke_off_keeps_what_came_before():
    data = json.dumps({"total": 2, "matches": [banner(data=EXCHANGE), banner()]}).encode()[:-60]
    hosts, gaps, looks = read(data)
    assert len(hosts) == len(gaps) == 1
    assert looks[0].records == 1


def test_what_could_not_be_read_at_all_is_no_look_at_everything():
    _, gaps, looks = read(b'{"ip_str": "192.0.2.1", "port": 443, "da')
    assert gaps
    assert [each.scope for each in looks] == ["address:"]


def test_a_banner_beyond_the_limit_is_told_and_passed():
    huge = banner(data=EXCHANGE, http={"html": "x" * json_records.RECORD_LIMIT})
    good = banner(data=EXCHANGE)
    for data in (lines(huge, good), lines(good, huge, good), FORMS["array"](huge, good)):
        hosts, gaps, _ = read(data)
        assert hosts
        assert [each.kind for each in gaps] == ["limit"]


WRONG: list[Any] = [None, 1, -1.5, True, "x", "", [], {}, [[1]], {"a": {"b": []}}, "\ud800", "<b>"]


@pytest.mark.parametrize("member", [*banner(), "http", "ssl", "vulns", "cpe", "product", "version"])
def test_a_member_of_any_type_is_no_accident(member: str):
    values = [banner(**{"data": EXCHANGE, member: wrong}) for wrong in WRONG]
    hosts, gaps, _ = read(lines(*values))
    if member not in ("ip_str", "data"):
        assert len(hosts) == len(WRONG)
        assert not gaps


@pytest.mark.parametrize(
    "part", ["title", "html", "location", "favicon", "components", "redirects"]
)
def test_a_part_of_the_page_of_any_type_is_no_accident(part: str):
    values = [banner(data=EXCHANGE, http={part: wrong}) for wrong in WRONG]
    assert len(read(lines(*values))[0]) == len(WRONG)


@pytest.mark.parametrize(
    "data",
    [
        b"[" * 200_000,
        b'{"a":' * 100_000,
        b'{"ip_str":"1.1.1.1","x":' + b"[" * 5000,
        b"\n" * 100_000,
    ],
)
def test_deep_nesting_is_refused_quietly(data: bytes):
    hosts, _, looks = read(data)
    assert not hosts
    assert len(looks) == 1


def test_a_number_in_place_of_an_address():
    value = banner(data=EXCHANGE, ip=0xC0000219)
    del value["ip_str"]
    assert only(lines(value)).addresses == ("192.0.2.25",)


@pytest.mark.parametrize(
    "data",
    [
        b'{"name": "x", "port": 1}',
        b'[{"ip": "192.0.2.1", "hostnames": []}]',
        b'{"error": "No information available for that IP."}',
        b'{"@category": "datascan", "ip": "192.0.2.1", "port": "443", "transport": "tcp", "hash": 1}',
        b'ip_str,port,transport,isp,asn,hostnames\n"192.0.2.1",443',
    ],
)
def test_other_json_is_not_taken(data: bytes):
    assert format_shodan.recognise(data) == 0


class _Pieces(io.RawIOBase):
    """A file of very many banners that never exists as a whole."""

    def __init__(self, start: bytes, between: bytes, end: bytes, count: int) -> None:
        one = json.dumps(banner(data=EXCHANGE.replace("X-", "Y-") + "x" * 40_000)).encode()
        middle = (one + (between if n < count - 1 else end) for n in range(count))
        self._left = itertools.chain((start,), middle)

    def read(self, size: int = -1) -> bytes:
        del size
        return next((each for each in self._left if each), b"")


@pytest.mark.parametrize(
    ("start", "between", "end"),
    [(b"", b"\n", b"\n"), (b"[", b",", b"]"), (b'{"total":1,"matches":[', b",", b"]}")],
    ids=["lines", "array", "answer on one line"],
)
def test_memory_does_not_grow_with_the_file(start: bytes, between: bytes, end: bytes):
    peaks = []
    for count in (200, 600):
        stream = _Pieces(start, between, end, count)
        tracemalloc.start()
        try:
            items = list(format_shodan.read(stream, Locator(source="s"), Reading()))  # type: ignore[arg-type]
            peaks.append(tracemalloc.get_traced_memory()[1])
        finally:
            tracemalloc.stop()
        assert [each.body for each in items if isinstance(each, Evidence)] == [
            Look(seen_by="shodan", records=count)
        ]
    assert peaks[1] < peaks[0] * 1.2
