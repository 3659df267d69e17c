"""`tocsin knowledge check` names faults in the language of its user."""

import os
import subprocess
import sys

ROW = "2016,CU23,Interim,15.01.2507.062,15.01.2507.062,2025-11-20,support case,,\n"
HEADER = "product,cu,update,build,long_build,release_date,source,kb,note\n"


def check(folder, language):
    return subprocess.run(
        [sys.executable, "-m", "tocsin", "--lang", language, "knowledge", "check", str(folder)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "LC_ALL": "C.UTF-8"},
    )


def test_a_fault_is_told_in_the_language_asked_for(tmp_path):
    (tmp_path / "exchange-builds.csv").write_text(HEADER + ROW)
    place = "exchange-builds.csv:2: build: 15.01.2507.062 "
    english, french = check(tmp_path, "en"), check(tmp_path, "fr")
    assert english.returncode == french.returncode == 1
    assert f"{place}is not written plainly: 15.1.2507.62" in english.stdout
    assert place in french.stdout
    assert "written plainly" not in french.stdout
    assert "15.1.2507.62" in french.stdout
