"""Exchange Online's connector report: columns by name, rows added up by connector and sender."""

from __future__ import annotations

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.formats import Reading, connector_report, recognise
from tocsin.model.evidence import Evidence, Inquiry, Look, Setting
from tocsin.model.finding import Gap
from tocsin.model.locator import Locator

COUNTED = """\
Date,Connector Name,Connector Type,Direction,Server,Message Count
2026-11-01,Inbound from 1,OnPremises,Inbound,EX01.contoso.com,"1,200"
2026-11-03,Inbound from 1,OnPremises,Inbound,EX01.contoso.com,5
2026-11-02,Inbound from 1,OnPremises,Inbound,ex-hidden.contoso.com,1
2026-11-02,,Partner,Inbound,192.0.2.1,700
"""

SINGLE = """\
#TYPE Selected.System.Management.Automation.PSCustomObject
"origin_timestamp_utc";"sender_address";"message_subject";"connector_name";"original_client_ip"
"11/9/2026 7:12:00 AM";"a@contoso.com";"Salaries, secret";"Inbound from 1";"192.0.2.10"
"11/8/2026 11:59:59 PM";"b@contoso.com";"Hello";"Inbound from 1";"192.0.2.10"
"""


def read(text: str, encoding: str = "utf-8") -> list[Evidence | Gap]:
    stream = io.BytesIO(text.encode(encoding))
    return list(connector_report.read(stream, Locator(source="x.csv"), Reading()))


def reports(text: str, encoding: str = "utf-8") -> list[Setting]:
    found = [each.body for each in read(text, encoding) if isinstance(each, Evidence)]
    return [each for each in found if isinstance(each, Setting)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("text", [COUNTED, SINGLE])
def test_recognised_by_its_columns(text: str, encoding: str):
    found = recognise(text.encode(encoding)[:8192])
    assert found is not None
    assert found.name == "connector-report"


@pytest.mark.parametrize(
    "head",
    [
        b"Name,ConnectorType,TlsSenderCertificateName\nInbound,OnPremises,*.contoso.com\n",
        b"date-time,client-ip,connector-id,event-id\n2026-11-01,192.0.2.1,Default,RECEIVE\n",
        b"Timestamp,Connector lost\n",
        b"the connector was used\n",
    ],
)
def test_other_tables_are_not_taken(head: bytes):
    assert connector_report.recognise(head) == 0


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_rows_add_up_by_connector_and_server(encoding: str):
    first, hidden = reports(COUNTED, encoding)
    assert first.properties == {
        "Connector": "Inbound from 1",
        "Server": "EX01.contoso.com",
        "Direction": "Inbound",
        "Messages": 1205,
        "First": "2026-11-01T00:00:00Z",
        "Last": "2026-11-03T00:00:00Z",
    }
    assert (hidden.properties["Server"], hidden.properties["Messages"]) == (
        "ex-hidden.contoso.com",
        1,
    )
    assert (first.kind, first.side) == ("ConnectorReport", "exchange-online")


def test_a_row_is_a_message_where_nothing_counts_them_and_subjects_are_not_kept():
    (found,) = reports(SINGLE)
    assert found.properties["Messages"] == 2
    assert found.properties["Server"] == found.properties["SenderIP"] == "192.0.2.10"
    assert (found.properties["First"], found.properties["Last"]) == (
        "2026-11-08T23:59:59Z",
        "2026-11-09T07:12:00Z",
    )
    assert "Salaries" not in str(read(SINGLE))


def test_an_empty_report_says_that_somebody_asked():
    header = COUNTED.splitlines()[0] + "\n"
    (inquiry, look) = [each.body for each in read(header) if isinstance(each, Evidence)]
    assert isinstance(inquiry, Inquiry)
    assert (inquiry.kind, inquiry.found, inquiry.fault) == ("ConnectorReport", 0, "")
    assert isinstance(look, Look)
    assert recognise(header.encode()) is not None


def test_a_count_that_is_none_is_told_and_costs_its_row_only():
    broken = COUNTED.replace('"1,200"', "many")
    (gap,) = [each for each in read(broken) if isinstance(each, Gap)]
    assert gap.at.position == "line 2"
    assert [each.properties["Messages"] for each in reports(broken)] == [5, 1]


def test_an_unreadable_day_is_absent():
    (found,) = reports("Connector,Date\nInbound,gestern\n")
    assert found.properties == {"Connector": "Inbound", "Messages": 1}


def test_more_senders_than_are_told_apart_are_counted(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(connector_report, "SUMS_LIMIT", 1)
    assert len(reports(COUNTED)) == 1
    (gap,) = [each for each in read(COUNTED) if isinstance(each, Gap)]
    assert (gap.kind, gap.why.values["count"]) == ("limit", 1)


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=200), st.integers(0, len(COUNTED)))
def test_any_text_is_survived(text: str, at: int):
    for each in (text, COUNTED[:at] + text + COUNTED[at:], "Connector,Date\n" + text):
        data = each.encode("utf-8", "replace")
        connector_report.recognise(data)
        list(connector_report.read(io.BytesIO(data), Locator(source="x"), Reading()))
