"""A report is handed around: what opens a session stands in none of its forms; the attack does."""

from __future__ import annotations

from pathlib import Path

import pytest

from tocsin.cli import main

HEAD = (
    "#Software: Microsoft Internet Information Services 10.0\r\n#Version: 1.0\r\n"
    "#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip "
    "cs(User-Agent) cs(Cookie) sc-status sc-substatus sc-win32-status time-taken\r\n"
)
# The example of RFC 7519, section 3.1.
TOKEN = (
    "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6"
    "Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
)
ROW = (
    "2021-08-12 05:01:00 10.0.0.5 POST /autodiscover/autodiscover.json "
    f"@evil.com/powershell/?access_token={TOKEN}&Email=autodiscover/autodiscover.json%3F@evil.com 443 - "
    "203.0.113.9 python cadata=c2Vzc2lvbi1vbmU=;+X-OWA-CANARY=c2Vzc2lvbi10d28.;+"
    "X-BEResource=EX01/EWS/a.asmx?~1942062522 200 0 0 15\r\n"
)


@pytest.mark.parametrize("form", ["json", "html", "text", "jsonl", "csv", "timesketch", "stix"])
def test_no_form_of_the_report_signs_anybody_in(form: str, tmp_path: Path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "iis.log").write_text(HEAD + ROW * 3)
    main(["hunt", "--lang", "en", "--workers", "1", "--format", form, str(tmp_path)])
    said = capsys.readouterr().out
    assert "203.0.113.9" in said
    for secret in ("dBjftJeZ4CVP", "c2Vzc2lvbi1vbmU", "c2Vzc2lvbi10d28"):
        assert secret not in said
    if form == "json":
        assert "X-BEResource=EX01/EWS" in said
