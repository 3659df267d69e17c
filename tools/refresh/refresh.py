"""Rewrite the knowledge from local copies of the public sources. Run by hand; no network.

python tools/refresh/refresh.py --data src/tocsin/knowledge/data \
    --css-builds Get-ExchangeBuildVersionInformation.ps1 --css-tag css-exchange-2026-10 \
    --css-cves Invoke-AnalyzerSecurityCveCheck.ps1 --cve CVE-2026-*.json --cvrf 2026-*.xml \
    --csaf msrc_cve-*.json --kev known_exploited_vulnerabilities.json \
    --endoflife msexchange.md --as-of 2026-10-14

The same files give the same bytes. Without a source it computes the inferred rows and the digests
again. It prints what changed, what could not be used, and what the linter says.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from xml.etree.ElementTree import ParseError

import css_exchange
import cve_record
import endoflife
import kev
import merge
import msgspec
import msrc
import msrc_csaf
import msrc_cvrf
import provenance
from defusedxml import DefusedXmlException
from facts import ORDERS, Builds, Described, Row, Skipped, Statement, read, text_of
from infer import inferred

from tocsin.knowledge.columns import SHAPES
from tocsin.knowledge.compare import compare
from tocsin.knowledge.lint import PROVENANCE, check

BAD_INPUT = (ValueError, msgspec.MsgspecError, ParseError, DefusedXmlException)
"""What a file that is not of its form raises; such a file is named and left out."""


class Gathered:
    """What all given files say together."""

    def __init__(self) -> None:
        self.statements: list[Statement] = []
        self.described: list[Described] = []
        self.skipped: list[Skipped] = []

    def take(self, found: Statement | Skipped) -> None:
        """Sort one answer of a parser into its list."""
        (self.statements if isinstance(found, Statement) else self.skipped).append(found)  # type: ignore[arg-type]


def refreshed(folder: Path, given: argparse.Namespace) -> tuple[dict[str, str], list[Skipped]]:
    """The new text of every table, and what could not be used."""
    rows = {name: read(folder, name) for name in ORDERS}
    gathered = Gathered()
    _builds(rows, given)
    table = Builds(rows["exchange-builds.csv"])
    _gather(given, table, gathered)
    rows["exchange-builds.csv"] = merge.dated_builds(table.rows, gathered.statements)
    table = Builds(rows["exchange-builds.csv"])
    fixes = merge.merged_fixes(rows["exchange-cve-fixes.csv"], gathered.statements, table)
    rows["exchange-cve-fixes.csv"] = fixes
    rows["exchange-cve-fixes-inferred.csv"] = inferred(fixes, table)
    rows["cves.csv"], told = merge.merged_cves(
        rows["cves.csv"], gathered.described, {row["cve"] for row in fixes}
    )
    gathered.skipped += told
    if given.kev:
        rows["cves.csv"], told = kev.apply(given.kev.read_bytes(), rows["cves.csv"])
        gathered.skipped += told
    if given.endoflife:
        cycles = endoflife.read(given.endoflife.read_text("utf-8"))
        rows["support.csv"], told = endoflife.apply(cycles, rows["support.csv"], table)
        gathered.skipped += told
    texts = {name: (folder / name).read_text("utf-8") for name in SHAPES}
    texts |= {name: text_of(name, found) for name, found in rows.items()}
    described = (folder / PROVENANCE).read_text("utf-8")
    texts[PROVENANCE] = provenance.updated(described, texts, given.as_of)
    return texts, gathered.skipped


def _builds(rows: dict[str, list[Row]], given: argparse.Namespace) -> None:
    """CSS-Exchange first: the other sources are joined with its builds."""
    if not given.css_builds:
        return
    text = given.css_builds.read_text("utf-8-sig")
    found, levels = css_exchange.builds(text), css_exchange.levels(text)
    rows["exchange-builds.csv"] = merge.merged_builds(
        rows["exchange-builds.csv"], found, levels, given.css_tag
    )
    rows["exchange-ad-levels.csv"] = merge.merged_levels(
        rows["exchange-ad-levels.csv"], levels, given.css_tag
    )


def _gather(given: argparse.Namespace, table: Builds, gathered: Gathered) -> None:
    if given.css_cves:
        text = given.css_cves.read_text("utf-8-sig")
        gathered.statements += css_exchange.statements(text, table)
    for path in sorted(given.cve):
        try:
            statements, described, skipped = cve_record.read(path.read_bytes(), table)
        except BAD_INPUT as fault:
            gathered.skipped.append(Skipped(where=path.name, why=str(fault)))
            continue
        gathered.statements += statements
        gathered.described += [described] if described else []
        gathered.skipped += skipped
    documents = [(path, msrc_cvrf.read) for path in sorted(given.cvrf)]
    documents += [(path, msrc_csaf.read) for path in sorted(given.csaf)]
    for path, parse in documents:
        try:
            document = parse(path.read_bytes())
        except BAD_INPUT as fault:
            gathered.skipped.append(Skipped(where=path.name, why=str(fault)))
            continue
        gathered.described += document.described
        for found in msrc.statements(document.fixes, table):
            gathered.take(found)


def arguments(words: Sequence[str]) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of the tables")
    parser.add_argument("--out", type=Path, help="write here instead of --data")
    parser.add_argument("--css-builds", type=Path)
    parser.add_argument("--css-cves", type=Path)
    parser.add_argument("--css-tag", default="css-exchange", help="source, as the rows name it")
    for name in ("cve", "cvrf", "csaf"):
        parser.add_argument(f"--{name}", type=Path, nargs="*", default=[])
    parser.add_argument("--kev", type=Path)
    parser.add_argument("--endoflife", type=Path)
    parser.add_argument("--as-of", default="", help="the last day that the given files cover")
    return parser.parse_args(words)


def main(words: Sequence[str]) -> int:
    """Write the tables; 1 when the linter finds fault with them."""
    given = arguments(words)
    before = {name: (given.data / name).read_text("utf-8") for name in SHAPES}
    texts, skipped = refreshed(given.data, given)
    target = given.out or given.data
    target.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (target / name).write_text(text, "utf-8", newline="\n")
    for change in compare(before, texts):
        print(f"{change.kind:8}{change.file}: {change.about} {change.column}".rstrip())
        print(f"        {change.before!r} -> {change.after!r}")
    for each in skipped:
        print(f"skipped {each}")
    problems = check(texts)
    for problem in problems:
        print(f"fault   {problem}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
