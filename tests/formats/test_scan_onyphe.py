"""Onyphe exports: nested or dotted, single or listed, with and without Exchange."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from tocsin.formats import HEAD_SIZE, Reading, recognise
from tocsin.formats import onyphe as format_onyphe
from tocsin.model.evidence import Evidence, Host, Look
from tocsin.model.finding import Gap
from tocsin.model.locator import Locator

EXCHANGE = "HTTP/1.1 200 OK\r\nx-owa-version: 15.2.1118.40\r\nx-feserver: EX19\r\n\r\n"


def read(data: bytes) -> tuple[list[Evidence], list[Gap], Look]:
    items = list(format_onyphe.read(io.BytesIO(data), Locator(source="o.json"), Reading()))
    last = items.pop()
    assert isinstance(last, Evidence)
    assert isinstance(last.body, Look)
    gaps = [each for each in items if isinstance(each, Gap)]
    return [each for each in items if isinstance(each, Evidence)], gaps, last.body


def only(value: dict[str, Any]) -> Host:
    (found,), gaps, _ = read(json.dumps(value).encode())
    assert not gaps
    assert isinstance(found.body, Host)
    return found.body


def record(**changed: Any) -> dict[str, Any]:
    plain = {
        "@category": "datascan",
        "@timestamp": "2025-11-07T10:00:00.000Z",
        "ip": "192.0.2.25",
        "port": "443",
        "protocol": "http",
        "hostname": ["mail.contoso.com"],
        "domain": ["contoso.com"],
        "organization": "Example Hosting",
        "data": "HTTP/1.1 200 OK\r\nServer: Microsoft-IIS/10.0\r\n\r\n",
    }
    return {**plain, **changed}


def answer(*values: object) -> dict[str, Any]:
    return {
        "count": len(values),
        "error": 0,
        "max_page": 1,
        "myip": "198.51.100.1",
        "page": 1,
        "page_size": 100,
        "results": list(values),
        "status": "ok",
        "took": 0.1,
        "total": len(values),
    }


FORMS = {
    "lines": lambda *values: "".join(json.dumps(v) + "\n" for v in values).encode(),
    "array": lambda *values: json.dumps(values).encode(),
    "answer": lambda *values: json.dumps(answer(*values)).encode(),
    "pretty answer": lambda *values: json.dumps(answer(*values), indent=1).encode(),
}


@pytest.mark.parametrize("form", FORMS)
def test_the_same_servers_in_every_form(form: str):
    data = FORMS[form](record(), record(data=EXCHANGE))
    assert recognise(data[:HEAD_SIZE]) is format_onyphe.FORMAT
    hosts, gaps, look = read(data)
    assert not gaps
    assert [each.seen for each in hosts] == [datetime(2025, 11, 7, 10, tzinfo=UTC)]
    assert look == Look(seen_by="onyphe", records=2)


def test_an_answer_without_results_is_a_look():
    data = json.dumps(answer()).encode()
    assert recognise(data) is format_onyphe.FORMAT
    assert read(data) == ([], [], Look(seen_by="onyphe", records=0))


def test_records_without_exchange_are_a_look():
    hosts, gaps, look = read(FORMS["lines"](record(), record(port="80")))
    assert (hosts, gaps, look.records) == ([], [], 2)


def test_the_build_and_names_of_the_raw_answer():
    host = only(record(data=EXCHANGE))
    assert str(host.version and host.version.exact) == "15.2.1118.40"
    assert host.names == ("EX19", "mail.contoso.com")
    assert host.facts["X-FEServer"] == "EX19"
    assert host.facts["network-organisation"] == "Example Hosting"
    assert host.organisation is None


NESTED = {
    "app": {"http": {"title": "Outlook Web App"}},
    "subject": {"commonname": "mail.contoso.com", "altname": ["ex01.contoso.local"]},
    "fingerprint": {"sha1": "a" * 40, "sha256": "B" * 64},
}
DOTTED = {
    "app.http.title": "Outlook Web App",
    "subject.commonname": ["mail.contoso.com"],
    "subject.altname": "ex01.contoso.local",
    "fingerprint.sha1": "a" * 40,
    "fingerprint.sha256": "B" * 64,
}


@pytest.mark.parametrize("fields", [NESTED, DOTTED], ids=["nested", "dotted"])
def test_fields_are_found_in_both_spellings(fields: dict[str, Any]):
    host = only(record(hostname="mail.contoso.com", **fields))
    assert set(host.names) == {"mail.contoso.com", "ex01.contoso.local"}
    assert {each.value for each in host.identifiers} == {"a" * 40, "b" * 64}
    assert host.facts["certificate-names"] == "mail.contoso.com, ex01.contoso.local"


@pytest.mark.parametrize(
    "fields",
    [
        {"app": {"http": {"header": [{"name": "X-OWA-Version", "value": "15.1.2507.61"}]}}},
        {"app.http.header.name": "X-OWA-Version", "app.http.header.value": "15.1.2507.61"},
        {
            "app": {
                "http": {"header": {"name": ["a", "X-Owa-Version"], "value": ["1", "15.1.2507.61"]}}
            }
        },
    ],
)
def test_headers_that_were_cut_out(fields: dict[str, Any]):
    version = only(record(**fields)).version
    assert str(version and version.exact) == "15.1.2507.61"


def test_headers_that_do_not_fit_their_values_are_not_guessed():
    fields = {
        "app.http.header.name": ["X-OWA-Version", "a"],
        "app.http.header.value": "15.1.2507.6",
    }
    assert not read(json.dumps(record(**fields)).encode())[0]


@pytest.mark.parametrize(
    "fields",
    [
        {"product": "Exchange Server", "productvendor": "Microsoft", "productversion": "15.2.986"},
        {
            "product": ["Exchange"],
            "productvendor": ["Microsoft"],
            "productversion": ["15.2.986.14"],
        },
        {
            "app": {
                "http": {
                    "component": [
                        {
                            "product": "Angular",
                            "productvendor": "Google",
                            "productversion": "11.0.5",
                        },
                        {
                            "product": "Outlook Web App",
                            "productvendor": "Microsoft",
                            "productversion": "15.2.986.14",
                        },
                    ]
                }
            }
        },
        {"cpe": "cpe:2.3:a:microsoft:exchange_server:15.2.986.14:*:*:*:*:*:*:*"},
    ],
)
def test_the_products_own_version_is_a_cumulative_update_at_best(fields: dict[str, Any]):
    version = only(record(**fields)).version
    assert version is not None
    assert (version.minor, version.build, version.precision) == (2, 986, "cu")


def test_an_address_with_the_cpe_of_exchange_counts():
    value = {
        "@category": "vulnscan",
        "@timestamp": "2025-11-07T10:00:00Z",
        "ip": "2001:db8::25",
        "cpe": ["cpe:/a:microsoft:exchange_server:2016"],
        "cve": ["CVE-2021-34473", "CVE-2021-26855"],
    }
    host = only(value)
    assert host.addresses == ("2001:db8::25",)
    assert host.version is None
    assert host.facts["scanner-vulns"] == "CVE-2021-26855,CVE-2021-34473"


def test_smtp_shows_presence():
    data = "220 EX02.contoso.local Microsoft ESMTP MAIL Service ready at Fri, 7 Nov 2025\r\n"
    assert "EX02.contoso.local" in only(record(port="25", protocol="smtp", data=data)).names


@pytest.mark.parametrize(
    "changed",
    [
        {"@category": "ctl", "data": EXCHANGE},
        {"@category": "pastries", "data": EXCHANGE},
        {"data": "220 a.b Microsoft ESMTP MAIL Service, Version: 10.0.14393.2608 ready"},
        {"data": "HTTP/1.1 200 OK\r\nX-OWA-Version: 15.21.10.1\r\n\r\n"},
        {"product": "Exchange Online", "productvendor": "Microsoft"},
    ],
)
def test_what_is_no_exchange_server(changed: dict[str, Any]):
    hosts, gaps, look = read(json.dumps(record(**changed)).encode())
    assert (hosts, gaps, look.records) == ([], [], 1)


def test_a_broken_record_costs_only_itself():
    good = json.dumps(record(data=EXCHANGE))
    data = f'{good}\n{{"@category": "datascan", "ip\n{{"ip": "192.0.2.1"}}\n{good}\n'.encode()
    hosts, gaps, look = read(data)
    assert [str(each.at) for each in hosts] == ["o.json#line 1", "o.json#line 4"]
    assert [str(each.at) for each in gaps] == ["o.json#line 2", "o.json#line 3"]
    assert look.records == 2


def test_what_could_not_be_read_at_all_is_no_look_at_everything():
    _, gaps, look = read(b'{"@category": "datascan", "ip": "192.0.2.1", "da')
    assert gaps
    assert look.scope == "address:"


WRONG: list[Any] = [None, 1, True, "", [], {}, [[1]], {"http": []}, [{"a": 1}, "b"], "\ud800"]


@pytest.mark.parametrize(
    "member", [*record(), "app", "subject", "fingerprint", "product", "cpe", "cve", "url"]
)
def test_a_field_of_any_type_is_no_accident(member: str):
    values = [record(**{"data": EXCHANGE, member: wrong}) for wrong in WRONG]
    hosts, _, look = read(FORMS["lines"](*values))
    assert look.records or member == "@category"
    assert len(hosts) == len(WRONG) or member in ("@category", "data")


@pytest.mark.parametrize(
    "data", [b'{"results": [1]}', b'{"ip_str": "192.0.2.1", "port": 1, "transport": "tcp"}', b"[1]"]
)
def test_other_json_is_not_taken(data: bytes):
    assert format_onyphe.recognise(data) == 0
