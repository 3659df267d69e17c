"""IIS rows (`iis`): each row accounted for, whatever was chosen to be logged."""

from __future__ import annotations

import codecs
from pathlib import Path

import pytest
from log_reading import hosts, log_of, rows

from tocsin.formats import recognise

HEAD = (
    b"#Software: Microsoft Internet Information Services 10.0\r\n#Version: 1.0\r\n"
    b"#Date: 2021-03-05 00:00:00\r\n"
)
NAMES = (
    b"date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip"
    b" cs(User-Agent) cs(Referer) sc-status sc-substatus sc-win32-status time-taken"
)
FIELDS = b"#Fields: " + NAMES + b"\r\n"
ROW = (
    b"2021-03-05 03:06:27 192.0.2.1 GET /owa/auth/x.aspx a=b 443 - 198.51.100.7"
    b" Mozilla/5.0+(Windows+NT+10.0) - 200 0 0 133\r\n"
)


def one(row: bytes, fields: bytes = FIELDS, head: bytes = HEAD) -> dict[str, str]:
    """The fields of the only row of a log."""
    events, others = rows(head + fields + row)
    assert not others
    assert len(events) == 1
    return events[0].fields


def test_the_query_is_joined_to_the_stem_as_sigma_means_it():
    query = b"&CorrelationID=<empty>;&cafeReqId=cde28fc4-299e-4179-b3e9-de56f5c1d9ee;&encoding=;"
    (event,), others = rows(HEAD + FIELDS + ROW.replace(b"a=b", query))
    assert not others
    assert event.fields["cs-uri-stem"] == "/owa/auth/x.aspx"
    assert event.fields["cs-uri-query"].startswith("/owa/auth/x.aspx?&CorrelationID=<empty>")
    assert event.fields["query"].startswith("&CorrelationID=")
    assert event.fields["cafeReqId"] == "cde28fc4-299e-4179-b3e9-de56f5c1d9ee"
    assert "CorrelationID" not in event.fields
    assert event.fields["cs-user-agent"] == "Mozilla/5.0 (Windows NT 10.0)"
    assert event.fields["cs(User-Agent)"] == "Mozilla/5.0+(Windows+NT+10.0)"
    assert "cs-username" not in event.fields
    assert "cs-referer" not in event.fields
    assert str(event.when) == "2021-03-05 03:06:27+00:00"
    assert event.surface == "iis"


def test_a_row_without_query_has_the_stem_as_its_address():
    fields = one(ROW.replace(b"a=b", b"-"))
    assert fields["cs-uri-query"] == "/owa/auth/x.aspx"
    assert "query" not in fields


def test_columns_change_inside_a_file():
    data = (
        HEAD
        + FIELDS
        + ROW
        + b"#Fields: date time cs-method cs-uri-stem c-ip sc-status\r\n"
        + b"2021-03-05 04:00:00 POST /ecp/y.js 198.51.100.8 404\r\n"
        + b"#Software: Microsoft Internet Information Services 10.0\r\n"
        + b"# a remark somebody wrote here\r\n#Fields: "
        + NAMES
        + b" X-Forwarded-For\r\n"
        + ROW.strip()
        + b" 203.0.113.9:51423,+10.0.0.4\r\n"
    )
    events, others = rows(data)
    assert not others
    assert [e.fields["c-ip"] for e in events] == ["198.51.100.7", "198.51.100.8", "198.51.100.7"]
    assert events[1].fields["sc-status"] == "404"
    assert events[2].fields["client-address"] == "203.0.113.9"


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r\n\r\n", b"\n\n"])
def test_line_ends(end: bytes):
    events, others = rows((HEAD + FIELDS + ROW * 3).replace(b"\r\n", end))
    assert len(events) == 3
    assert not others
    assert events[0].fields["time-taken"] == "133"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-8-sig"])
def test_other_encodings_are_recognised(encoding: str):
    """The hunt gives UTF-16 rows as UTF-8; the format knows it for what it is."""
    text = (HEAD + FIELDS + ROW).decode()
    found = recognise(text.encode(encoding)[:8192])
    assert found is not None
    assert found.name == "iis"
    assert found.log.begin(text.encode(encoding)).columns[0] == "date"


@pytest.mark.parametrize(
    "columns",
    [
        NAMES,
        (
            b"date time s-sitename s-computername s-ip cs-method cs-uri-stem cs-uri-query s-port"
            b" cs-username c-ip cs-version cs(User-Agent) cs(Cookie) cs(Referer) cs-host sc-status"
            b" sc-substatus sc-win32-status sc-bytes cs-bytes time-taken"
        ),
        (
            b"date time s-sitename s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip"
            b" cs(User-Agent) sc-status sc-substatus sc-win32-status"
        ),
        (
            b"date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip"
            b" cs(User-Agent) cs(Referer) sc-status sc-substatus sc-win32-status time-taken"
            b" X-Forwarded-For"
        ),
        (
            b"date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip"
            b" cs(User-Agent) sc-status"
        ),
    ],
)
def test_rows_without_a_header_are_read_by_their_shape(columns: bytes):
    values = {
        b"date": b"2021-03-05", b"time": b"03:06:27", b"s-ip": b"192.0.2.1", b"cs-method": b"POST",
        b"cs-uri-stem": b"/owa/auth/x.aspx", b"cs-uri-query": b"a=b", b"s-port": b"443",
        b"cs-username": b"CONTOSO\\alice", b"c-ip": b"198.51.100.7", b"cs(User-Agent)": b"UA/1.0",
        b"cs(Referer)": b"https://r.example/", b"sc-status": b"200", b"sc-substatus": b"0",
        b"sc-win32-status": b"64", b"time-taken": b"133", b"X-Forwarded-For": b"203.0.113.9",
        b"s-sitename": b"W3SVC1", b"s-computername": b"EX01", b"cs-version": b"HTTP/1.1",
        b"cs(Cookie)": b"a=b", b"cs-host": b"mail.contoso.example", b"sc-bytes": b"500",
        b"cs-bytes": b"600",
    }  # fmt: skip
    row = b" ".join(values[name] for name in columns.split())
    events, others = rows((row + b"\r\n") * 3)
    assert not others
    fields = events[0].fields
    for name in columns.decode().split():
        assert fields["query" if name == "cs-uri-query" else name] == values[name.encode()].decode()
    _, layout = log_of((row + b"\r\n") * 3)
    assert not layout.stated


def test_a_header_in_the_middle_of_rows_holds_from_there():
    data = ROW * 2 + HEAD + b"#Fields: date time cs-method cs-uri-stem c-ip sc-status\r\n"
    data += b"2021-03-05 04:00:00 POST /ecp/y.js 198.51.100.8 404\r\n"
    events, others = rows(data)
    assert not others
    assert [e.fields["sc-status"] for e in events] == ["200", "200", "404"]


def test_a_header_without_columns_leaves_the_rows_readable():
    events, others = rows(HEAD + ROW)
    assert not others
    assert events[0].fields["c-ip"] == "198.51.100.7"


@pytest.mark.parametrize(
    ("user", "expected"),
    [(b" alice", " alice"), (b"CONTOSO\\alice b", "CONTOSO\\alice b"), (b"a  b", "a  b")],
)
def test_a_user_name_with_blanks_moves_no_column(user: bytes, expected: str):
    fields = one(ROW.replace(b"443 - ", b"443 " + user + b" "))
    assert fields["cs-username"].strip() == expected.strip()
    assert fields["c-ip"] == "198.51.100.7"
    assert fields["sc-status"] == "200"
    assert fields["cs-user-agent"] == "Mozilla/5.0 (Windows NT 10.0)"


def test_raw_signs_in_the_query():
    query = b"ID=1|22|[Microsoft][ODBC]'x'\"y\"<z>_(R2)`cat`;--"
    fields = one(ROW.replace(b"a=b", query))
    assert fields["query"] == query.decode()
    fields = one(ROW.replace(b"a=b", b"q=<script> alert(1) </script>"))
    assert fields["query"] == "q=<script> alert(1) </script>"
    assert fields["sc-status"] == "200"


@pytest.mark.parametrize("address", [b"::1", b"fe80::1234:5678%9", b"2001:db8::7", b"xxx"])
def test_addresses_of_all_kinds(address: bytes):
    fields = one(ROW.replace(b"198.51.100.7", address).replace(b"192.0.2.1", address))
    assert fields["c-ip"] == address.decode()
    assert fields["sc-status"] == "200"


def test_time_without_a_day_counts_from_the_date_of_the_head():
    data = HEAD + b"#Fields: time c-ip cs-method cs-uri-stem sc-status\r\n"
    data += b"03:06:27 198.51.100.7 GET /owa/ 200\r\n#Date: 2021-03-06 00:00:00\r\n"
    data += b"00:01:00 198.51.100.7 GET /owa/ 200\r\n"
    events, others = rows(data)
    assert not others
    assert [str(e.when) for e in events] == [
        "2021-03-05 03:06:27+00:00",
        "2021-03-06 00:01:00+00:00",
    ]


def test_a_row_cut_short_keeps_what_is_there():
    cut = b"2021-03-05 03:06:28 192.0.2.1 GET /owa/auth/x.as"
    events, others = rows(HEAD + FIELDS + ROW + cut)
    assert not others
    assert events[1].fields["cs-uri-stem"] == "/owa/auth/x.as"
    assert "sc-status" not in events[1].fields
    events, others = rows(HEAD + FIELDS + ROW + ROW[:-16])
    assert "sc-substatus" not in events[1].fields
    assert rows(HEAD + FIELDS + ROW + b"2021-03-05 03:0")[1] == [b"2021-03-05 03:0"]


def test_quoted_values_and_tabs():
    row = b'2021-03-05 03:06:27.123 198.51.100.7 GET /owa/ "Mozilla/5.0 (Windows NT)" 200\r\n'
    fields = one(row, b"#Fields: date time c-ip cs-method cs-uri-stem cs(User-Agent) sc-status\r\n")
    assert fields["cs-user-agent"] == "Mozilla/5.0 (Windows NT)"
    fields = one(ROW.replace(b" ", b"\t"), FIELDS.replace(b" ", b"\t"))
    assert fields["sc-status"] == "200"


def test_whole_addresses_of_the_kernel_log():
    fields = one(
        b"2021-03-05 03:06:27 198.51.100.7 4711 192.0.2.1 443 HTTP/1.1 GET /a/b.aspx?x=1 - 400 - URL -\r\n",
        b"#Fields: date time c-ip c-port s-ip s-port cs-version cs-method cs-uri streamid sc-status"
        b" s-siteid s-reason s-queuename\r\n",
        b"#Software: Microsoft HTTP API 2.0\r\n#Version: 1.0\r\n",
    )
    assert fields["cs-uri-stem"] == "/a/b.aspx"
    assert fields["query"] == "x=1"
    assert fields["cs-uri-query"] == "/a/b.aspx?x=1"


def test_a_firewall_log_is_no_web_log():
    data = (
        b"#Version: 1.5\r\n#Software: Microsoft Windows Firewall\r\n#Time Format: Local\r\n"
        b"#Fields: date time action protocol src-ip dst-ip src-port dst-port size\r\n\r\n"
        b"2021-03-05 03:06:27 DROP TCP 198.51.100.7 192.0.2.1 4711 443 52\r\n"
    )
    found = recognise(data)
    assert found is None or found.name != "iis"


NCSA = (
    b"198.51.100.7 - CONTOSO\\alice [05/Mar/2021:04:06:27 +0100]"
    b' "GET /owa/auth/x.aspx?a=b HTTP/1.1" 200 1234 "https://r.example/" "Mozilla/5.0 (X)"\n'
)


def test_ncsa_rows_have_the_same_names():
    events, others = rows(NCSA * 2)
    assert not others
    fields = events[0].fields
    assert fields["cs-uri-query"] == "/owa/auth/x.aspx?a=b"
    assert fields["cs-username"] == "CONTOSO\\alice"
    assert fields["cs-user-agent"] == "Mozilla/5.0 (X)"
    assert str(events[0].when) == "2021-03-05 03:06:27+00:00"


def test_rows_in_the_format_of_iis_itself():
    row = (
        b"198.51.100.7, -, 3/5/2021, 3:06:27, W3SVC1, EX01, 192.0.2.1, 4502, 163, 3223, 200, 0,"
        b" GET, /owa/auth/x.aspx, a=b,\r\n"
    )
    events, others = rows(row * 2)
    assert not others
    fields = events[0].fields
    assert fields["cs-uri-query"] == "/owa/auth/x.aspx?a=b"
    assert fields["sc-status"] == "200"
    assert events[0].host == "EX01"
    assert str(events[0].when) == "2021-03-05 03:06:27+00:00"


@pytest.mark.parametrize(
    "data",
    [
        (
            b"date,time,s-ip,cs-method,cs-uri-stem,cs-uri-query,c-ip,cs(User-Agent),sc-status\r\n"
            b'2021-03-05,03:06:27,192.0.2.1,GET,/x.aspx,"a=b,c",198.51.100.7,UA/1.0,200\r\n'
        ),
        (
            b"LogFilename,LogRow,date,time,c-ip,cs-method,cs-uri-stem,cs-uri-query,sc-status\r\n"
            b"C:\\x.log,5,2021-03-05 00:00:00,2000-01-01 03:06:27,198.51.100.7,GET,/x.aspx,"
            b'"a=b,c",200\r\n'
        ),
        (
            b"TimeGenerated;csMethod;csUriStem;csUriQuery;cIP;scStatus\r\n"
            b"2021-03-05T03:06:27Z;GET;/x.aspx;a=b,c;198.51.100.7;200\r\n"
        ),
    ],
)
def test_tables_of_w3c_columns(data: bytes):
    events, others = rows(data)
    assert len(events) == 1
    assert not others
    assert events[0].fields["cs-uri-query"] == "/x.aspx?a=b,c"
    assert events[0].fields["c-ip"] == "198.51.100.7"
    assert str(events[0].when) == "2021-03-05 03:06:27+00:00"


def test_a_server_is_named_only_where_exchange_wrote_its_id():
    fields = (
        b"#Fields: date time s-computername cs-method cs-uri-stem cs-uri-query c-ip sc-status\r\n"
    )
    row = b"2021-03-05 03:06:27 EX01 GET /owa/ &cafeReqId=cde28fc4-299e-4179-b3e9-de56f5c1d9ee; 192.0.2.9 200\r\n"
    (found,) = hosts(HEAD + fields + row)
    assert found.names == ("EX01",)
    assert found.product == "Exchange Server"
    assert found.version is None
    assert hosts(HEAD + fields + row.replace(b"&cafeReqId", b"&x")) == []


def test_a_byte_order_mark_in_files_put_together():
    data = codecs.BOM_UTF8 + HEAD + FIELDS + ROW
    events, others = rows(data + data)
    assert len(events) == 2
    assert not others


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("tunna_webshell_tunnel_iis.log", 4298),
        ("benign_webshop_2016.log", 10_485),
        ("helsecert_webshell_access.log", 8),
        ("plaso_iis10.log", 1),
        ("plaso_iis10_cookies.log", 3),
        ("plaso_iis6.log", 12),
        ("plaso_iis7_owa.log", 3),
        ("plaso_iis7_sqli.log", 2),
    ],
)
def test_every_row_of_a_real_log_is_read(shared: Path, name: str, count: int):
    data = (shared / "samples/logs/iis" / name).read_bytes()
    events, others = rows(data)
    assert not others
    counted = sum(1 for line in data.splitlines() if line.strip() and not line.startswith(b"#"))
    assert len(events) == count == counted


@pytest.mark.parametrize(
    "before",
    [
        b"u_ex210305.log:",
        b"C:\\inetpub\\logs\\LogFiles\\W3SVC1\\u_ex210305.log:12:",
        b"<14>Mar  5 04:06:27 EX01 IIS: ",
    ],
)
def test_rows_that_a_search_or_syslog_wrote_something_before(before: bytes):
    events, others = rows((before + ROW) * 3)
    assert not others
    assert len(events) == 3
    assert events[0].fields["c-ip"] == "198.51.100.7"
    assert str(events[0].when) == "2021-03-05 03:06:27+00:00"


@pytest.mark.parametrize("name", ["X-Forwarded-For", "x-forwarded-for", "X-Real-IP", "OriginalIP"])
def test_the_client_behind_a_load_balancer(name: str):
    fields = one(
        ROW.rstrip() + b" 8.8.8.8:51423,+10.0.0.4\r\n",
        FIELDS.rstrip() + b" " + name.encode() + b"\r\n",
    )
    assert fields["client-address"] == "8.8.8.8"
    assert fields["c-ip"] == "198.51.100.7"


PROBE = (
    b"2021-03-05 03:06:27 192.0.2.1 GET /owa/healthcheck.htm &CorrelationID=<empty>;&cafeReqId=cde28fc4-"
    b"299e-4179-b3e9-de56f5c1d9ee;&encoding=; 443 - 192.0.2.1 AMProbe/Local/ClientAccess - 200 0 0 1\r\n"
)


def test_probes_are_told_by_source_and_page_too():
    assert one(PROBE)["probe-agent"] == "AMProbe/Local/ClientAccess"
    mailbox = PROBE.replace(b"443 -", b"443 HealthMailboxb4dbf9b@contoso.example")
    assert one(mailbox)["probe-account"] == "HealthMailboxb4dbf9b@contoso.example"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"- 192.0.2.1 AM", b"- 198.51.100.7 AM"),
        (b"443 - ", b"444 - "),
        (b"443 - ", b"443 CONTOSO\\alice "),
        (b"/owa/healthcheck.htm", b"/owa/auth/x.aspx"),
        (b"&encoding=;", b"&cmd=whoami"),
        (b"192.0.2.1", b"xxx"),
    ],
)
def test_nobody_becomes_a_probe_by_calling_himself_one(old: bytes, new: bytes):
    assert "probe-agent" not in one(PROBE.replace(old, new))


def test_a_health_mailbox_behind_the_proxy_is_no_probe():
    fields = one(PROBE.replace(b"443 -", b"444 CONTOSO\\HealthMailboxb4dbf9b"))
    assert "probe-account" not in fields


QUOTED = {
    "columns": b"#Fields: date time c-ip cs-method cs-uri-stem sc-status\r\n",
    "columns and rows": b"#Fields: date time c-ip cs-method cs-uri-stem sc-status\r\n"
    + b"2021-03-03 07:00:00 192.0.2.1 GET /owa/ 200\r\n" * 20,
    "rows": b"2021-03-03 07:00:00 192.0.2.9 GET /owa/ - 443 - 192.0.2.1 Mozilla/5.0 - 200 0 0 15\r\n"
    * 20,
    "the software": b"#Software: Microsoft Internet Information Services 10.0\r\n",
    "NCSA rows": b'192.0.2.1 - - [03/Mar/2021:07:00:00 +0000] "GET / HTTP/1.1" 200 12\r\n' * 30,
    "Exchange's columns": b"#Software: Microsoft Exchange Server\r\n#Log-type: HttpProxy Logs\r\n"
    b"#Fields: DateTime,RequestId,UrlStem,AnchorMailbox,UserAgent,ClientIpAddress\r\n",
}


@pytest.mark.parametrize("what", QUOTED)
def test_a_mail_that_quotes_a_log_is_a_mail(what: str):
    """Else the one who sends it hides its text from every question about mails."""
    head = b"From: Anna <a@contoso.example>\r\nTo: b@fabrikam.example\r\nSubject: logs\r\n\r\n"
    for before in (b"", b"\xef\xbb\xbf", b"From a@contoso.example Fri Nov  7 10:00:00 2025\r\n"):
        found = recognise(before + head + QUOTED[what])
        assert found is not None
        assert found.name in ("eml", "mbox")
    alone = recognise(QUOTED[what])
    assert alone is not None
    assert alone.log is not None


def test_a_log_below_a_console_is_still_one():
    data = b"PS C:\\> type u_ex210303.log\r\n\r\n" + QUOTED["columns and rows"]
    found = recognise(data)
    assert found is not None
    assert found.name == "iis"
