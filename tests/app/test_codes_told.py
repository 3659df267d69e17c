"""A code to scan in an answer: the reader is told which file shows it, and where it leads."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from conversing import judged, tocsin
from mail_case import as_files, case
from speaking import GINA, attached, write

CODES = Path(__file__).resolve().parent.parent / "data" / "codes"


def answered(extra: str) -> bytes:
    """The last of the genuine mails is answered by somebody who wrote before."""
    last = next(each for each in reversed(case().mails) if each.author is not GINA)
    when = last.when + timedelta(hours=3)
    return write(GINA, last.author, when, "Please see attached.", parent=last, extra=extra).raw


def told(place: Path, extra: str) -> dict[str, dict]:
    as_files(place, case().mails)
    (place / "zz.eml").write_bytes(answered(extra))
    found = [each for each in judged(place) if each["source"]["source"].endswith("zz.eml")]
    assert len(found) == 1
    return {each["name"]: each for each in found[0]["indicators"]}


@pytest.mark.parametrize("inline", [False, True])
def test_the_file_and_the_host_are_told(tmp_path: Path, *, inline: bool):
    extra = attached("scan.png", (CODES / "link.png").read_bytes(), "image/png")
    if inline:
        extra = extra.replace("Disposition: attachment", "Disposition: inline")
    reason = told(tmp_path / "m", extra)["scan-code-leads"]
    assert reason["sentence"] == (
        "scan.png shows a code to scan that leads to login[.]evil[.]example."
    )
    assert reason["evidence"]["position"] == "attachment scan.png"


def test_a_code_for_a_payment_leads_nowhere(tmp_path: Path):
    extra = attached("pay.png", (CODES / "payment.png").read_bytes(), "image/png")
    assert "scan-code-leads" not in told(tmp_path / "m", extra)


def test_mails_without_pictures_load_and_start_nothing(tmp_path: Path):
    place = as_files(tmp_path / "m", case().mails[:40])
    script = (
        "import sys; from tocsin.cli import main; main(sys.argv[1:]);"
        "from tocsin.formats.syntax import picture_codes;"
        "assert picture_codes._READER.process is None;"
        "assert not {'PIL', 'zxingcpp'} & set(sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, "conversation", place, "--format", "jsonl", "--workers", "1"],
        capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()


def test_a_bomb_among_mails_leaves_the_run_whole(tmp_path: Path):
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "formats"))
    from code_making import bomb

    place = as_files(tmp_path / "m", case().mails[:20])
    (place / "zz.eml").write_bytes(answered(attached("scan.png", bomb(50_000, 50_000, body=False))))
    done = tocsin("conversation", place, "--format", "jsonl", "--own-domain", "contoso.example")
    assert done.returncode in (0, 1)
    assert done.stderr == ""
