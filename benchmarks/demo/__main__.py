"""Writes the demonstration case anew, the same bytes every time.

Usage: python -m benchmarks.demo demo/case
"""

from __future__ import annotations

import random
import sys
import zipfile
from pathlib import Path

from benchmarks.demo.exports import written
from benchmarks.demo.mails import journal, story


def main() -> None:
    """Write mails and exports below the given folder."""
    case = Path(sys.argv[1])
    mails = story(random.Random(17))
    with zipfile.ZipFile(case / "mail" / "journal-2026-11.zip", "w", zipfile.ZIP_DEFLATED) as out:
        # A fixed time, so that the same case has the same bytes.
        member = zipfile.ZipInfo("journal-2026-11.mbox", (2026, 11, 14, 8, 0, 0))
        out.writestr(member, journal(mails), zipfile.ZIP_DEFLATED)
    for name, text in written().items():
        target = case / "exports" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, "utf-8")
    print(f"{len(mails)} mails, {len(written())} exports")


if __name__ == "__main__":
    main()
