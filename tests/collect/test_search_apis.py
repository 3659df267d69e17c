"""Shodan and Onyphe, asked live: a real server on this machine that answers as theirs document."""

from __future__ import annotations

import gzip
import itertools
import json
import logging
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest
from answering import serving

from tocsin.collect import onyphe_api, shodan_api, web_api
from tocsin.collect.web_api import ApiKey, ApiSettings, Asked
from tocsin.model.evidence import Evidence, Host, Look
from tocsin.model.finding import Gap

KEY = "Sx9KeyThatNobodyMaySee"
NOW = datetime(2025, 11, 7, 12, tzinfo=UTC)


class Reply(msgspec.Struct):
    """What the server sends back. cut: bytes promised but not sent."""

    body: bytes = b"{}"
    status: int = 200
    headers: dict[str, str] = {}
    cut: int = 0


class Call(msgspec.Struct):
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    at: float


class Api:
    """The server: what it was asked, and what it answers to each."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.answer: Callable[[Call], Reply] = lambda _: Reply(status=500)
        self.url = ""

    @property
    def asked(self) -> list[str]:
        return [each.query.get("query") or each.query.get("q") or each.path for each in self.calls]

    def settings(self, **changed: Any) -> ApiSettings:
        plain = ApiSettings(base_url=self.url, key=ApiKey(KEY), pause=0.001, timeout=5.0)
        return msgspec.structs.replace(plain, **changed)


@pytest.fixture
def api() -> Iterator[Api]:
    here = Api()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            call = Call(parts.path, query, dict(self.headers), time.monotonic())
            here.calls.append(call)
            reply = here.answer(call)
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(reply.body) + reply.cut))
            self.end_headers()
            self.wfile.write(reply.body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            pass

    with serving(Handler) as here.url:
        yield here


def reply(value: object, status: int = 200, **headers: str) -> Reply:
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return Reply(json.dumps(value).encode(), status, named)


def sorted_out(items: Iterator[Evidence | Gap]) -> tuple[list[Evidence], list[Gap], list[Look]]:
    found = list(items)
    gaps = [each for each in found if isinstance(each, Gap)]
    evidence = [each for each in found if isinstance(each, Evidence)]
    looks = [each.body for each in evidence if isinstance(each.body, Look)]
    hosts = [each for each in evidence if isinstance(each.body, Host)]
    for each in found:
        assert KEY not in str(msgspec.json.encode(each))
    return hosts, gaps, looks


def ask_shodan(api: Api, *addresses: str, domain: str = "", **changed: Any) -> Any:
    question = Asked(addresses=addresses, domains=(domain,) if domain else ())
    return sorted_out(shodan_api.shodan(question, api.settings(**changed), NOW))


def ask_onyphe(api: Api, *addresses: str, domain: str = "", **changed: Any) -> Any:
    question = Asked(addresses=addresses, domains=(domain,) if domain else ())
    return sorted_out(onyphe_api.onyphe(question, api.settings(**changed), NOW))


def banner(number: int = 25) -> dict[str, Any]:
    return {
        "ip_str": f"192.0.2.{number}",
        "port": 443,
        "transport": "tcp",
        "hostnames": ["mail.contoso.com"],
        "timestamp": "2025-11-06T10:00:00.000000",
        "data": "HTTP/1.1 401 Unauthorized\r\nX-OWA-Version: 15.1.2507.61\r\n\r\n",
    }


def host_answer(*banners: dict[str, Any]) -> dict[str, Any]:
    return {"ip_str": "192.0.2.25", "ports": [443], "hostnames": [], "data": list(banners)}


UNKNOWN = reply({"error": "No information available for that IP."}, 404)
EMPTY = {"matches": [], "total": 0}


def test_a_host_is_looked_up(api: Api):
    api.answer = lambda _: reply(host_answer(banner()))
    (found,), gaps, looks = ask_shodan(api, "192.0.2.25")
    assert not gaps
    assert looks == [Look(seen_by="shodan", scope="address:192.0.2.25", records=1)]
    assert [each.path for each in api.calls] == ["/shodan/host/192.0.2.25"]
    assert api.calls[0].query == {"key": KEY}
    assert found.at.source == f"{api.url}/shodan/host/192.0.2.25"
    assert len(found.at.sha256) == 64
    assert str(found.body.version.exact) == "15.1.2507.61"


def test_an_address_shodan_does_not_know_is_a_look_that_saw_nothing(api: Api):
    api.answer = lambda _: UNKNOWN
    hosts, gaps, looks = ask_shodan(api, "192.0.2.25", "192.0.2.26")
    assert (hosts, gaps) == ([], [])
    assert [(each.scope, each.records) for each in looks] == [
        ("address:192.0.2.25", 0),
        ("address:192.0.2.26", 0),
    ]


@pytest.mark.parametrize(
    "given",
    [
        Reply(b"<html>404 Not Found</html>", 404),
        reply({"error": "Not found"}, 404),
        reply({"error": "Invalid IP"}),
        Reply(b"<html>welcome</html>"),
        Reply(b""),
        Reply(b"null"),
        Reply(b"[]"),
        reply({}),
        reply(host_answer(banner()), 302, Location="http://192.0.2.99/"),
        reply({"error": "Access denied (403 Forbidden)"}, 403),
        Reply(status=418),
    ],
    ids=repr,
)
def test_what_is_no_answer_is_no_look(api: Api, given: Reply):
    api.answer = lambda _: given
    hosts, gaps, looks = ask_shodan(api, "192.0.2.25")
    assert (hosts, looks) == ([], [])
    assert len(gaps) == 1
    assert len(api.calls) == 1
    assert gaps[0].at.source == f"{api.url}/shodan/host/192.0.2.25"


def test_a_domain_is_searched_page_by_page(api: Api):
    pages = [[banner(n % 250 + 1) for n in range(100)], [banner(251)]]

    def answer(call: Call) -> Reply:
        if call.query["query"].startswith("ssl:"):
            return reply(EMPTY)
        return reply({"matches": pages[int(call.query["page"]) - 1], "total": 101})

    api.answer = answer
    hosts, gaps, looks = ask_shodan(api, domain="Contoso.com.")
    assert not gaps
    assert len(hosts) == 101
    assert looks == [Look(seen_by="shodan", scope="domain:contoso.com", records=101)]
    assert api.asked == ["hostname:contoso.com", "hostname:contoso.com", "ssl:contoso.com"]
    assert {each.path for each in api.calls} == {"/shodan/host/search"}
    assert "page=2" in hosts[100].at.source


def test_a_domain_with_nothing_is_a_look(api: Api):
    api.answer = lambda _: reply(EMPTY)
    assert ask_shodan(api, domain="contoso.com") == (
        *([], []),
        [Look(seen_by="shodan", scope="domain:contoso.com", records=0)],
    )


def test_a_network_is_searched(api: Api):
    api.answer = lambda _: reply(EMPTY)
    _, _, looks = ask_shodan(api, "198.51.100.7/24")
    assert api.asked == ["net:198.51.100.0/24"]
    assert [each.scope for each in looks] == ["network:198.51.100.0/24"]


def test_more_pages_than_are_read_are_told_and_exchange_is_asked_for(api: Api):
    api.answer = lambda _: reply({"matches": [banner()] * 100, "total": 1000})
    hosts, gaps, looks = ask_shodan(api, domain="contoso.com", pages=2)
    assert hosts
    assert {each.kind for each in gaps} == {"limit"}
    assert looks == []
    assert 'hostname:contoso.com http.component:"outlook web app"' in api.asked


def test_pages_that_end_before_the_total_are_told(api: Api):
    api.answer = lambda call: reply(
        {"matches": [banner()] * 100 if call.query["page"] == "1" else [], "total": 1000}
    )
    _, gaps, looks = ask_shodan(api, "198.51.100.0/24")
    assert (len(gaps), looks, len(api.calls)) == (1, [], 2)


@pytest.mark.parametrize("status", [401, 402])
def test_a_refused_key_ends_the_questions(api: Api, status: int):
    api.answer = lambda _: reply({"error": f"Invalid API key {KEY}"}, status)
    hosts, gaps, looks = ask_shodan(api, "192.0.2.25", "192.0.2.26", domain="contoso.com")
    assert (hosts, looks) == ([], [])
    assert len(gaps) == len(api.calls) == 1
    assert "Invalid API key ***" in str(gaps[0].why)
    assert gaps[0].kind == "not-collected"


def test_a_plan_that_does_not_allow_one_call_leaves_the_others(api: Api):
    api.answer = lambda call: (
        reply(host_answer(banner()))
        if "search" not in call.path
        else reply({"error": "Requires membership or higher to access"}, 403)
    )
    hosts, gaps, looks = ask_shodan(api, "192.0.2.25", domain="contoso.com")
    assert len(hosts) == len(looks) == 1
    assert "Requires membership" in str(gaps[0].why)


def in_turn(*replies: Reply) -> Callable[[Call], Reply]:
    waiting = list(replies)
    return lambda _: waiting.pop(0) if len(waiting) > 1 else waiting[0]


def test_a_busy_api_is_asked_again_when_it_says(api: Api):
    api.answer = in_turn(reply({}, 429, Retry_After="1"), reply(host_answer(banner())))
    hosts, gaps, _ = ask_shodan(api, "192.0.2.25")
    assert (len(hosts), gaps) == (1, [])
    first, second = api.calls
    assert second.at - first.at >= 1.0


def test_a_date_to_come_back_at_that_has_passed(api: Api):
    past = format_datetime(datetime(2020, 1, 1, tzinfo=UTC), usegmt=True)
    api.answer = in_turn(reply({}, 503, Retry_After=past), reply(host_answer(banner())))
    assert len(ask_shodan(api, "192.0.2.25")[0]) == 1


@pytest.mark.parametrize(
    "when",
    ["Mon, 01 Jan 2026 00:00:00 +99999999999999", "Mon, 01 Jan 99999999999999999999 00:00:00 GMT"],
)
def test_a_date_to_come_back_at_that_is_none(api: Api, when: str):
    api.answer = in_turn(reply({}, 503, Retry_After=when), reply(host_answer(banner())))
    assert len(ask_shodan(api, "192.0.2.25")[0]) == 1


def test_too_long_a_wait_is_not_waited(api: Api):
    api.answer = lambda _: reply({}, 429, Retry_After="86400")
    hosts, gaps, looks = ask_shodan(api, "192.0.2.25", "192.0.2.26")
    assert (hosts, looks, len(api.calls)) == ([], [], 1)
    assert "86400" in str(gaps[0].why)


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_an_api_that_stays_down_is_told(api: Api, status: int):
    api.answer = lambda _: Reply(b"oops", status)
    hosts, gaps, looks = ask_shodan(api, "192.0.2.25")
    assert (hosts, looks, len(gaps)) == ([], [], 1)
    assert len(api.calls) == web_api.TRIES
    assert str(status) in str(gaps[0].why)


def test_calls_keep_their_distance(api: Api):
    api.answer = lambda _: UNKNOWN
    ask_shodan(api, "192.0.2.25", "192.0.2.26", "192.0.2.27", pause=0.3)
    times = [each.at for each in api.calls]
    assert min(late - early for early, late in itertools.pairwise(times)) >= 0.3
    assert shodan_api.settings_from({}).pause >= 1.0


def test_json_that_breaks_off_keeps_what_came_before(api: Api):
    body = json.dumps({"matches": [banner(1), banner(2)], "total": 2}).encode()[:-100]
    api.answer = lambda _: Reply(body)
    hosts, gaps, looks = ask_shodan(api, "198.51.100.0/24")
    assert len(hosts) == 1
    assert gaps
    assert looks == []


def test_a_connection_that_breaks_off_is_told(api: Api):
    api.answer = lambda _: Reply(json.dumps(host_answer(banner())).encode(), cut=100)
    hosts, gaps, looks = ask_shodan(api, "192.0.2.25")
    assert (hosts, looks, len(gaps)) == ([], [], 1)


@pytest.mark.parametrize("packed", [False, True])
def test_an_answer_beyond_the_limit_keeps_what_came_before(
    api: Api, monkeypatch: pytest.MonkeyPatch, *, packed: bool
):
    monkeypatch.setattr(web_api, "ANSWER_LIMIT", 100_000)
    filler = {**banner(2), "data": "x" * 200_000}
    body = json.dumps(host_answer(banner(1), filler)).encode()
    headers = {"Content-Encoding": "gzip"} if packed else {}
    api.answer = lambda _: Reply(gzip.compress(body) if packed else body, headers=headers)
    hosts, gaps, looks = ask_shodan(api, "192.0.2.25")
    assert len(hosts) == 1
    assert "limit" in {each.kind for each in gaps}
    assert looks == []


def test_silence_is_told(api: Api):
    api.answer = lambda _: time.sleep(1) or UNKNOWN  # type: ignore[func-returns-value]
    hosts, gaps, looks = ask_shodan(api, "192.0.2.25", timeout=0.1)
    assert (hosts, looks, len(gaps)) == ([], [], 1)


def test_nobody_listening_is_told(api: Api):
    settings = api.settings(base_url="http://127.0.0.1:1")
    hosts, gaps, looks = sorted_out(
        shodan_api.shodan(Asked(addresses=("192.0.2.25", "192.0.2.26")), settings, NOW)
    )
    assert (hosts, looks, len(gaps)) == ([], [], 1)
    assert gaps[0].kind == "not-collected"


@pytest.mark.parametrize(
    "address", ["10.0.0.1", "192.168.1.0/24", "::1", "fe80::1", "0.0.0.0/0", "x", "", "1.2.3.4/99"]
)
def test_addresses_that_nobody_sees_are_not_asked(api: Api, address: str):
    hosts, gaps, looks = ask_shodan(api, address)
    assert (hosts, looks, len(gaps), api.calls) == ([], [], 1, [])


@pytest.mark.parametrize(
    "domain", ["contoso", "contoso.com port:22", "a.b/../x", 'c.com"', "http://c.com", "a..b"]
)
def test_nothing_but_a_domain_gets_into_a_question(api: Api, domain: str):
    for ask in (ask_shodan, ask_onyphe):
        hosts, gaps, looks = ask(api, domain=domain)
        assert (hosts, looks, len(gaps), api.calls) == ([], [], 1, [])


@pytest.mark.parametrize(
    "changed",
    [
        {"base_url": "http://api.shodan.example"},
        {"base_url": "ftp://127.0.0.1"},
        {"base_url": "https://"},
        {"base_url": "https://127.0.0.1:x"},
        {"base_url": "https://user@127.0.0.1"},
        {"key": ApiKey("")},
        {"key": ApiKey("a\nb")},
        {"key": ApiKey("clé")},
    ],
)
def test_unfit_settings_are_refused_before_anything_is_sent(api: Api, changed: dict[str, Any]):
    for ask in (ask_shodan, ask_onyphe):
        hosts, gaps, looks = ask(api, "192.0.2.25", **changed)
        assert (hosts, looks, len(gaps), api.calls) == ([], [], 1, [])
        assert gaps[0].kind == "not-collected"


@pytest.mark.parametrize("ask", [ask_shodan, ask_onyphe])
def test_the_key_is_in_no_log(api: Api, caplog: pytest.LogCaptureFixture, ask: Callable[..., Any]):
    caplog.set_level(logging.DEBUG)
    for each in ("httpx2", "httpcore2", "httpcore"):
        caplog.set_level(logging.DEBUG, logger=each)
    api.answer = lambda _: reply(EMPTY)
    ask(api, "192.0.2.25", domain="contoso.com")
    assert api.calls
    assert KEY not in caplog.text
    assert KEY not in repr(api.settings())


@pytest.mark.parametrize("module", [shodan_api, onyphe_api])
def test_address_and_key_come_from_the_environment(tmp_path: Path, module: Any):
    file = tmp_path / "key"
    file.write_text(f"{KEY}\n")
    key, url = module.KEY_VARIABLE, module.URL_VARIABLE
    assert module.settings_from({key: KEY}).key.value == KEY
    assert module.settings_from({key: "other", f"{key}_FILE": str(file)}).key.value == KEY
    assert module.settings_from({url: "https://a.example/"}).base_url.startswith(
        "https://a.example"
    )
    assert module.settings_from({url: "https://a.example"}, "https://b").base_url == "https://b"
    assert module.settings_from({}).base_url.startswith("https://")
    with pytest.raises(OSError, match="missing"):
        module.settings_from({f"{key}_FILE": str(tmp_path / "missing")})


@pytest.mark.parametrize("module", [shodan_api, onyphe_api])
def test_what_is_planned_is_what_is_asked_first(api: Api, module: Any):
    question = Asked(addresses=("192.0.2.25", "198.51.100.0/24"), domains=("contoso.com",))
    api.answer = lambda call: UNKNOWN if "/host/1" in call.path else reply(ANSWERS[module])
    ask = {shodan_api: shodan_api.shodan, onyphe_api: onyphe_api.onyphe}[module]
    sorted_out(ask(question, api.settings(), NOW))
    plan = list(module.planned(question, api.settings()))
    assert len(plan) == len(api.calls)
    for line, call in zip(plan, api.calls, strict=True):
        assert line.startswith(f"GET {api.url}{call.path}")
        assert (call.query.get("query") or call.query.get("q") or "") in line
    assert KEY not in "".join(plan)


def record(number: int = 25) -> dict[str, Any]:
    return {
        "@category": "datascan",
        "@timestamp": "2025-11-06T10:00:00.000Z",
        "ip": f"192.0.2.{number}",
        "port": "443",
        "hostname": ["mail.contoso.com"],
        "data": "HTTP/1.1 401 Unauthorized\r\nX-OWA-Version: 15.1.2507.61\r\n\r\n",
    }


def results(*records: dict[str, Any], **changed: Any) -> dict[str, Any]:
    plain = {"count": len(records), "error": 0, "max_page": 1, "page": 1, "page_size": 100}
    end = {"results": list(records), "status": "ok", "took": 0.1, "total": len(records)}
    return {**plain, "myip": "198.51.100.1", **end, **changed}


ANSWERS = {shodan_api: EMPTY, onyphe_api: results()}


def test_onyphe_is_asked_page_by_page(api: Api):
    def answer(call: Call) -> Reply:
        if "vulnscan" in call.query["q"]:
            return reply(results())
        page = int(call.query["page"])
        return reply(results(record(page), page=page, max_page=3))

    api.answer = answer
    hosts, gaps, looks = ask_onyphe(api, domain="contoso.com")
    assert not gaps
    assert [each.body.addresses[0] for each in hosts] == ["192.0.2.1", "192.0.2.2", "192.0.2.3"]
    assert looks == [Look(seen_by="onyphe", scope="domain:contoso.com", records=3)]
    assert api.asked == [
        *["category:datascan domain:contoso.com"] * 3,
        "category:vulnscan domain:contoso.com",
    ]
    assert {each.path for each in api.calls} == {"/api/v2/search/"}
    assert {each.headers["Authorization"] for each in api.calls} == {f"bearer {KEY}"}
    assert all(KEY not in each.query.values() for each in api.calls)


def test_onyphe_that_saw_nothing_is_a_look(api: Api):
    api.answer = lambda _: reply(results())
    hosts, gaps, looks = ask_onyphe(api, "192.0.2.25")
    assert (hosts, gaps) == ([], [])
    assert looks == [Look(seen_by="onyphe", scope="address:192.0.2.25", records=0)]


def test_a_base_address_with_a_path_is_kept(api: Api):
    api.answer = lambda _: reply(results())
    ask_onyphe(api, "192.0.2.25", base_url=f"{api.url}/api/v2")
    assert {each.path for each in api.calls} == {"/api/v2/search/"}


def test_a_category_that_is_not_allowed_leaves_the_look_of_the_other(api: Api):
    api.answer = lambda call: (
        reply({"error": 7, "text": "subscription needed", "status": "nok"}, 403)
        if "vulnscan" in call.query["q"]
        else reply(results(record()))
    )
    hosts, gaps, looks = ask_onyphe(api, "192.0.2.25")
    assert len(hosts) == len(gaps) == len(looks) == 1
    assert "subscription needed" in str(gaps[0].why)


@pytest.mark.parametrize(
    "given",
    [
        reply({"error": 1, "text": f"bad query {KEY}", "status": "nok"}),
        reply(results(error=5, text="rate limit")),
        Reply(b"<html></html>"),
        Reply(b""),
        Reply(b"[]"),
        reply({"results": {}}),
        Reply(b"not found", 404),
        reply({"error": 1, "text": "no"}, 400),
    ],
    ids=repr,
)
def test_what_is_no_answer_of_onyphe_is_no_look(api: Api, given: Reply):
    api.answer = lambda _: given
    hosts, gaps, looks = ask_onyphe(api, "192.0.2.25")
    assert (hosts, looks) == ([], [])
    assert len(gaps) == len(onyphe_api.CATEGORIES)


def test_a_key_onyphe_refuses_ends_the_questions(api: Api):
    api.answer = lambda _: reply({"error": 2, "text": f"bad key {KEY}", "status": "nok"}, 401)
    hosts, gaps, looks = ask_onyphe(api, "192.0.2.25", "192.0.2.26")
    assert (hosts, looks, len(gaps), len(api.calls)) == ([], [], 1, 1)


def test_onyphe_json_that_breaks_off_keeps_what_came_before(api: Api):
    body = json.dumps(results(record(1), record(2))).encode()[:-120]
    api.answer = lambda call: Reply(body) if "datascan" in call.query["q"] else reply(results())
    hosts, gaps, looks = ask_onyphe(api, "192.0.2.25")
    assert len(hosts) == 1
    assert gaps
    assert looks == []


def test_more_pages_of_onyphe_than_are_read_are_told(api: Api):
    api.answer = lambda _: reply(results(record(), max_page=100))
    hosts, gaps, looks = ask_onyphe(api, domain="contoso.com", pages=2)
    assert hosts
    assert {each.kind for each in gaps} == {"limit"}
    assert looks == []
