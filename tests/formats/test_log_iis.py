"""IIS rows (`iis`): each row accounted for, whatever was chosen to be logged."""

from __future__ import annotations

from pathlib import Path

import pytest
from log_reading import rows

HEAD = (
    b"#Software: Microsoft Internet Information Services 10.0\r\n#Version: 1.0\r\n"
    b"#Date: 2021-03-05 00:00:00\r\n"
)
FIELDS = (
    b"#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip"
    b" cs(User-Agent) cs(Referer) sc-status sc-substatus sc-win32-status time-taken\r\n"
)


def test_the_query_is_joined_to_the_stem_as_sigma_means_it():
    row = (
        b"2021-03-05 03:06:27 192.0.2.1 GET /owa/auth/x.aspx &cafeReqId=cde28fc4-299e-4179-b3e9-"
        b"de56f5c1d9ee;&encoding=; 443 - 198.51.100.7 Mozilla/5.0+(Windows+NT+10.0) - 200 0 0 133\r\n"
    )
    (event,), others = rows(HEAD + FIELDS + row)
    assert not others
    assert event.fields["cs-uri-stem"] == "/owa/auth/x.aspx"
    assert event.fields["cs-uri-query"].startswith("/owa/auth/x.aspx?&cafeReqId=cde28fc4")
    assert event.fields["query"].startswith("&cafeReqId=")
    assert event.fields["cafeReqId"] == "cde28fc4-299e-4179-b3e9-de56f5c1d9ee"
    assert event.fields["cs-user-agent"] == "Mozilla/5.0 (Windows NT 10.0)"
    assert "cs-username" not in event.fields
    assert str(event.when) == "2021-03-05 03:06:27+00:00"


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("tunna_webshell_tunnel_iis.log", 4298),
        ("benign_webshop_2016.log", 10_485),
        ("helsecert_webshell_access.log", 8),
    ],
)
def test_every_row_of_a_real_log_is_read(shared: Path, name: str, count: int):
    events, others = rows((shared / "samples/logs/iis" / name).read_bytes())
    assert len(events) == count
    assert not others
