"""A table is opened by double click: in French and German, Excel parts it at semicolons, not commas."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from tocsin.cli import main

HEAD = (
    "#Software: Microsoft Internet Information Services 10.0\r\n#Version: 1.0\r\n"
    "#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip "
    "cs(User-Agent) sc-status sc-substatus sc-win32-status time-taken\r\n"
)
ROW = (
    "2021-08-12 05:01:00 10.0.0.5 POST /autodiscover/autodiscover.json "
    "@evil.com/powershell/?a;=HYPERLINK(1)&Email=autodiscover/autodiscover.json%3F@evil.com 443 "
    "u;=1+1 203.0.113.9 x;'@SUM(1);+-2 200 0 0 15\r\n"
)


@pytest.mark.parametrize("form", ["csv", "timesketch"])
@pytest.mark.parametrize("delimiter", [",", ";"])
def test_no_cell_is_a_formula_whatever_parts_them(
    form: str, delimiter: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    (tmp_path / "iis.log").write_text(HEAD + ROW)
    main(["hunt", "--lang", "en", "--workers", "1", "--format", form, str(tmp_path)])
    said = capsys.readouterr().out
    assert "HYPERLINK" in said or form == "csv"
    cells = [c for row in csv.reader(io.StringIO(said), delimiter=delimiter) for c in row]
    assert len(cells) > 30 or delimiter == ";"
    assert not [each for each in cells if each.lstrip(' "')[:1] in tuple("=+-@")]
