"""nuclei results: the Exchange templates, the others, and broken lines."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from tocsin.formats import Reading, recognise
from tocsin.formats import nuclei as format_nuclei
from tocsin.model.evidence import Evidence, Host, Look
from tocsin.model.finding import Gap
from tocsin.model.locator import Locator


def read(*values: object, raw: bytes = b"") -> tuple[list[Evidence], list[Gap], Look]:
    data = raw or "".join(json.dumps(each) + "\n" for each in values).encode()
    items = list(format_nuclei.read(io.BytesIO(data), Locator(source="n.jsonl"), Reading()))
    last = items.pop()
    assert isinstance(last, Evidence)
    assert isinstance(last.body, Look)
    gaps = [each for each in items if isinstance(each, Gap)]
    return [each for each in items if isinstance(each, Evidence)], gaps, last.body


def match(**changed: Any) -> dict[str, Any]:
    """As nuclei 3 writes it; `changed` uses _ for -."""
    plain = {
        "template": "http/technologies/microsoft/ms-exchange-server.yaml",
        "template-id": "ms-exchange-server",
        "info": {
            "name": "Microsoft Exchange Server Detect",
            "author": ["pikpikcu"],
            "tags": ["microsoft", "exchange", "tech"],
            "severity": "info",
        },
        "type": "http",
        "host": "https://mail.contoso.com",
        "port": "443",
        "scheme": "https",
        "matched-at": "https://mail.contoso.com/owa/auth/logon.aspx",
        "extracted-results": ["15.1.2507.61"],
        "ip": "192.0.2.25",
        "timestamp": "2025-11-07T12:00:00.123456789+02:00",
        "matcher-status": True,
    }
    return {**plain, **{name.replace("_", "-"): value for name, value in changed.items()}}


def only(*values: dict[str, Any]) -> Host:
    (found,), gaps, _ = read(*values)
    assert not gaps
    assert isinstance(found.body, Host)
    return found.body


def version_of(host: Host) -> tuple[int, int | None, str] | None:
    version = host.version
    return version and (version.build, version.revision, version.precision)


def test_a_match_with_its_proof():
    data = json.dumps(match()).encode()
    assert recognise(data) is format_nuclei.FORMAT
    (found,), _, look = read(raw=data)
    assert found.seen == datetime(2025, 11, 7, 10, 0, 0, 123456, tzinfo=UTC)
    assert look == Look(seen_by="nuclei", records=1)
    host = found.body
    assert isinstance(host, Host)
    assert (host.names, host.addresses) == (("mail.contoso.com",), ("192.0.2.25",))
    assert str(host.version and host.version.exact) == "15.1.2507.61"
    assert host.facts["nuclei-template"] == "ms-exchange-server"


def test_an_exported_array_is_read_too():
    data = json.dumps([match(), match(ip="192.0.2.26")], indent=2).encode()
    assert recognise(data) is format_nuclei.FORMAT
    assert len(read(raw=data)[0]) == 2


def test_three_parts_are_the_cumulative_update():
    assert version_of(only(match(extracted_results=["15.1.2507", "15.1.2507"]))) == (
        *(2507, None),
        "cu",
    )


def test_four_parts_beside_three_are_the_update():
    assert version_of(only(match(extracted_results=["15.1.2507", "15.1.2507.61"]))) == (
        *(2507, 61),
        "update",
    )


def test_another_templates_number_is_a_cumulative_update_at_best():
    host = only(match(template_id="microsoft-exchange-panel", extracted_results=["15.1.2507.61"]))
    assert version_of(host) == (2507, 61, "cu")


def test_the_whole_answer_names_the_server():
    response = "HTTP/1.1 200 OK\r\nX-OWA-Version: 15.1.2507.61\r\nX-FEServer: EX01\r\n\r\n<html>"
    host = only(match(extracted_results=None, response=response))
    assert host.names == ("EX01", "mail.contoso.com")
    assert version_of(host) == (2507, 61, "update")


PROXYLOGON = {
    "name": "Microsoft Exchange Server SSRF Vulnerability",
    "tags": "cve,cve2021,ssrf,rce,exchange,oast,microsoft,kev",
    "classification": {"cve-id": ["cve-2021-26855"]},
}


def test_what_a_template_found_by_trying_is_kept():
    host = only(match(template_id="CVE-2021-26855", info=PROXYLOGON, extracted_results=None))
    assert host.version is None
    assert host.facts["scanner-vulns"] == "CVE-2021-26855"


@pytest.mark.parametrize(
    "info",
    [
        {"name": "x", "tags": ["exchange", "microsoft"]},
        {"name": "x", "tags": "ms,exchange"},
        {"name": "Outlook Web App login"},
        {"name": "x", "metadata": {"product": "exchange_server"}},
        {"name": "x", "classification": {"cpe": "cpe:2.3:a:microsoft:exchange_server:2016:*"}},
    ],
)
def test_ways_to_speak_of_exchange(info: dict[str, Any]):
    assert only(match(template_id="x", info=info)).product == "Exchange Server"


@pytest.mark.parametrize(
    "changed",
    [
        {"template_id": "tech-detect", "info": {"name": "Wappalyzer", "tags": ["tech"]}},
        {"template_id": "x", "info": {"name": "Crypto exchange panel", "tags": ["exchange"]}},
        {"matcher_status": False, "extracted_results": []},
        {"extracted_results": ["15.20.8655.15"]},
        {
            "host": "https://outlook.office365.com",
            "matched_at": "https://outlook.office365.com/owa",
        },
    ],
)
def test_what_is_no_exchange_server(changed: dict[str, Any]):
    hosts, gaps, look = read(match(**changed))
    assert (hosts, gaps, look.records) == ([], [], 1)


@pytest.mark.parametrize(
    ("changed", "names", "addresses", "port"),
    [
        (
            {"host": "192.0.2.9:8443", "matched_at": "", "ip": "", "port": ""},
            (),
            "192.0.2.9",
            "8443",
        ),
        (
            {"host": "https://[2001:db8::1]:444/", "matched_at": "", "ip": "", "port": ""},
            (),
            "2001:db8::1",
            "444",
        ),
        ({"host": "ex01", "matched_at": "http://ex01", "ip": "", "port": ""}, ("ex01",), "", "80"),
        ({"host": "2001:db8::1", "matched_at": "", "ip": "", "port": ""}, (), "2001:db8::1", ""),
    ],
)
def test_forms_of_a_target(
    changed: dict[str, str], names: tuple[str, ...], addresses: str, port: str
):
    host = only(match(**changed))
    assert host.names == names
    assert host.addresses == ((addresses,) if addresses else ())
    assert host.facts.get("port", "") == port


def test_old_spelling():
    value = match()
    value["templateID"] = value.pop("template-id")
    value["matched"] = value.pop("matched-at")
    assert recognise(json.dumps(value).encode()) is format_nuclei.FORMAT
    assert version_of(only(value)) == (2507, 61, "update")


def test_a_broken_line_costs_only_itself():
    good = json.dumps(match())
    raw = f'{good}\n{good[:50]}\n{{"host": "x"}}\n{good}\n'.encode()
    hosts, gaps, look = read(raw=raw)
    assert [str(each.at) for each in hosts] == ["n.jsonl#line 1", "n.jsonl#line 4"]
    assert [str(each.at) for each in gaps] == ["n.jsonl#line 2", "n.jsonl#line 3"]
    assert look.records == 2


WRONG: list[Any] = [None, 1, True, "", [], {}, [[1]], "http://[", "http://x:99999999/", "\ud800"]


@pytest.mark.parametrize("member", [*match(), "response", "url", "extractor-name"])
def test_a_member_of_any_type_is_no_accident(member: str):
    hosts, _, look = read(*({**match(), member: wrong} for wrong in WRONG))
    assert look.records or member == "template-id"
    assert len(hosts) == len(WRONG) or member in ("template-id", "matcher-status")
