"""The pages of the checks are those that the data gives."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_pages_are_current():
    sys.path.insert(0, str(ROOT / "tools"))
    import checks_page  # a tool, not of the package

    wanted = checks_page.pages()
    stands = {
        path.relative_to(ROOT / "docs").as_posix(): path.read_text("utf-8")
        for path in (ROOT / "docs" / "checks.md", *(ROOT / "docs" / "checks").glob("*.md"))
    }
    assert stands.keys() == wanted.keys(), "run: python tools/checks_page.py"
    differ = [name for name, text in wanted.items() if stands[name] != text]
    assert not differ, "run: python tools/checks_page.py"
