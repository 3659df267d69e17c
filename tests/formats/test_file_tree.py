"""file-tree: what `tree /f` draws, with lines and with plain letters."""

import io
import json

import pytest

from tocsin.cli import main
from tocsin.formats import recognise
from tocsin.formats.syntax.log_rows import LogRecord

PLAIN = r"""Folder PATH listing for volume System
Volume serial number is 00A7-4A1C
C:\INETPUB
|   iisstart.htm
|
+---custerr
|   \---en-US
|           401.htm
|
\---wwwroot
    |   web.config
    |
    \---aspnet_client
        |   discover.aspx
        |
        \---system_web
                mimikatz.exe
"""
DRAWN = PLAIN.replace("+---", "├───").replace("\\---", "└───").replace("|", "│")
PATHS = {
    r"C:\INETPUB\iisstart.htm",
    r"C:\INETPUB\custerr\en-US\401.htm",
    r"C:\INETPUB\wwwroot\web.config",
    r"C:\INETPUB\wwwroot\aspnet_client\discover.aspx",
    r"C:\INETPUB\wwwroot\aspnet_client\system_web\mimikatz.exe",
}


@pytest.mark.parametrize(
    "data",
    [PLAIN.encode(), DRAWN.encode(), DRAWN.encode("utf-16"), PLAIN.replace("\n", "\r\n").encode()],
    ids=["plain", "drawn", "utf-16", "crlf"],
)
def test_every_file_has_its_whole_path(data):
    form = recognise(data[:8192])
    assert form is not None
    assert form.name == "file-tree"
    found = [each for each in form.log.records(io.BytesIO(data)) if isinstance(each, LogRecord)]
    assert {json.loads(each.text)["path"] for each in found} == PATHS


def test_a_tool_and_a_page_in_the_wrong_place_are_told(tmp_path):
    (tmp_path / "tree.txt").write_text(PLAIN, "utf-8")
    main(
        ["hunt", str(tmp_path / "tree.txt"), "-q", "-o", str(tmp_path / "out"), "--fail-on", "none"]
    )
    found = json.loads((tmp_path / "out" / "run.json").read_text("utf-8"))["hunt"]["findings"]
    told = " ".join(each["target"] for each in found if each["level"] != "informational")
    assert "discover.aspx" in told
    assert "mimikatz.exe" in told


def test_prose_with_bars_is_none():
    text = "A table:\n| a | b |\n| 1 | 2 |\nC:\\x\nand so on\n" * 5
    found = recognise(text.encode())
    assert found is None or found.name != "file-tree"
