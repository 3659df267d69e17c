"""MX records out of what administrators' tools print."""

from __future__ import annotations

import io
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.formats import Reading, mx_records, recognise
from tocsin.model.evidence import Evidence, Inquiry, Look, Setting
from tocsin.model.finding import Gap
from tocsin.model.locator import Locator

DIG = """\

; <<>> DiG 9.18.24 <<>> MX contoso.com
;; global options: +cmd
;; Got answer:
;; ->>HEADER<<- opcode: QUERY, status: NOERROR, id: 1234
;; flags: qr rd ra; QUERY: 1, ANSWER: 2, AUTHORITY: 0, ADDITIONAL: 1

;; QUESTION SECTION:
;contoso.com.\t\t\tIN\tMX

;; ANSWER SECTION:
contoso.com.\t\t3600\tIN\tMX\t0 contoso-com.mail.protection.outlook.com.
contoso.com.\t\t3600\tIN\tMX\t10 mx.filter.example.
"""
NO_ANSWER = DIG.partition(";; ANSWER SECTION")[0]
NO_DOMAIN = NO_ANSWER.replace("NOERROR", "NXDOMAIN")
NSLOOKUP = """\
Server:  dc01.corp.contoso.com
Address:  10.0.0.1

contoso.com\tMX preference = 0, mail exchanger = contoso-com.mail.protection.outlook.com
contoso.com\tMX preference = 10, mail exchanger = mx.filter.example
"""
NSLOOKUP_UNIX = """\
Server:\t\t127.0.0.53

Non-authoritative answer:
contoso.com\tmail exchanger = 0 contoso-com.mail.protection.outlook.com.
contoso.com\tmail exchanger = 10 mx.filter.example.
"""
TABLE = """\

Name                                     Type   TTL   Section    NameExchange                              Preference
----                                     ----   ---   -------    ------------                              ----------
contoso.com                              MX     3600  Answer     contoso-com.mail.protection.outlook.com   0
contoso.com                              MX     3600  Answer     mx.filter.example                         10
"""
OBJECTS = [
    {
        "Name": "contoso.com",
        "QueryType": 15,
        "NameExchange": "contoso-com.mail.protection.outlook.com",
    },
    {"Name": "contoso.com", "QueryType": 15, "NameExchange": "mx.filter.example"},
    {"Name": "mx.filter.example", "QueryType": 1, "IPAddress": "192.0.2.1"},
]
CSV = (
    '"Name","Type","TTL","NameExchange","Preference"\n'
    '"contoso.com","MX","3600","contoso-com.mail.protection.outlook.com","0"\n'
    '"contoso.com","MX","3600","mx.filter.example","10"\n'
)
BOTH = ["contoso-com.mail.protection.outlook.com", "mx.filter.example"]
ALL = [DIG, NSLOOKUP, NSLOOKUP_UNIX, TABLE, json.dumps(OBJECTS, indent=2), CSV]


def read(text: str, encoding: str = "utf-8") -> list[Evidence | Gap]:
    stream = io.BytesIO(text.encode(encoding))
    return list(mx_records.read(stream, Locator(source="mx.txt"), Reading()))


def told(text: str, encoding: str = "utf-8") -> list[Setting]:
    found = [each.body for each in read(text, encoding) if isinstance(each, Evidence)]
    return [each for each in found if isinstance(each, Setting)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("text", ALL)
def test_what_tools_print_is_recognised_and_read(text: str, encoding: str):
    found = recognise(text.encode(encoding)[:8192])
    assert found is not None
    assert found.name == "mx-records"
    (record,) = told(text, encoding)
    assert record.properties == {"Domain": "contoso.com", "Hosts": BOTH}
    *_, inquiry, look = [each.body for each in read(text, encoding) if isinstance(each, Evidence)]
    assert inquiry == Inquiry(seen_by="dns", kind="MxRecord", found=1)
    assert look == Look(seen_by="dns", records=2)


def test_no_record_is_told_from_no_domain():
    (record,) = told(NO_ANSWER)
    assert record.properties == {"Domain": "contoso.com", "Hosts": []}
    assert told(NO_DOMAIN) == []
    assert mx_records.recognise(NO_ANSWER.encode()) == 95


def test_a_domain_that_takes_no_mail():
    # RFC 7505: a preference of 0 and a single dot.
    (record,) = told("contoso.com. 3600 IN MX 0 .\n")
    assert record.properties["Hosts"] == ["."]


def test_several_domains_in_one_file():
    text = "a.test. IN MX 1 mx.a.test.\nb.test. 60 IN MX 1 mx.b.test.\n; a comment\n"
    assert {each.name: each.properties["Hosts"] for each in told(text)} == {
        "a.test": ["mx.a.test"],
        "b.test": ["mx.b.test"],
    }


def test_limits_are_told(monkeypatch: pytest.MonkeyPatch):
    many = "".join(f"a.test. IN MX {n} mx{n}.a.test.\n" for n in range(60))
    (record,) = told(many)
    assert (record.properties, record.lost) == ({"Domain": "a.test"}, {"Hosts": "cut"})
    monkeypatch.setattr(mx_records, "DOMAINS_LIMIT", 1)
    text = "a.test. IN MX 1 mx.a.test.\nb.test. IN MX 1 mx.b.test.\n"
    (gap,) = [each for each in read(text) if isinstance(each, Gap)]
    assert (gap.kind, gap.why.values) == ("limit", {"limit": 1, "count": 1})


@pytest.mark.parametrize(
    "head",
    [
        b"From: a@b.test\nSubject: the MX record\n\ncontoso.com MX 10 mail\n",
        b'{"Name": "Exchange", "Preference": 1}',
        b"Name,Exchange\na,b\n",
        b"MX\n",
    ],
)
def test_other_files_are_not_taken(head: bytes):
    assert mx_records.recognise(head) == 0


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(ALL), st.text(max_size=100), st.floats(0, 1))
def test_any_text_is_survived(text: str, put: str, where: float):
    at = int(where * len(text))
    for each in (put, text[:at] + put + text[at:]):
        data = each.encode("utf-8", "replace")
        mx_records.recognise(data)
        list(mx_records.read(io.BytesIO(data), Locator(source="x"), Reading()))
