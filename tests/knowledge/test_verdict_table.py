"""The table of verdicts in the documentation is the one the product gives today."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


def test_the_documented_table_is_current(tmp_path: Path) -> None:
    target = tmp_path / "table.md"
    subprocess.run([sys.executable, "tools/verdict_table.py", target], cwd=ROOT, check=True)
    documented = (ROOT / "docs" / "knowledge-verdict-table.md").read_text("utf-8")
    assert target.read_text("utf-8") == documented, "run: python tools/verdict_table.py"
