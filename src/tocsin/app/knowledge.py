"""`tocsin knowledge check|show|diff`: the facts, held against their rules, looked up, compared."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from importlib import resources
from pathlib import Path

import msgspec

import tocsin.knowledge
from tocsin.analyse.trust.linting import faults
from tocsin.app.exits import CLEAN, FINDINGS, USAGE
from tocsin.app.faults import WordsError, complain
from tocsin.app.tables import tables_in
from tocsin.knowledge import TABLES, load, packaged
from tocsin.knowledge.checks import checks
from tocsin.knowledge.compare import compare
from tocsin.knowledge.lint import PROVENANCE, Problem, check, check_provenance
from tocsin.knowledge.lookup import Known, show
from tocsin.model.text import N_
from tocsin.report.html_parts.words import KIND
from tocsin.report.text import visible

Translate = Callable[[str], str]

FIXES_LIMIT = 40
"""First fixed builds printed; the rest is counted."""


def run(arguments: argparse.Namespace) -> int:
    """One of the three actions."""
    actions = {"check": _check, "show": _show, "diff": _diff}
    try:
        return actions[arguments.action](arguments)
    except WordsError as fault:
        return complain(fault.why.render(arguments.translate), USAGE)


def _folder(name: str) -> dict[str, str]:
    return tables_in(name, TABLES)


def _check(arguments: argparse.Namespace) -> int:
    translate = arguments.translate
    if arguments.folder:
        names = {path.name for path in Path(arguments.folder).glob("*.csv")} - set(TABLES)
        tables = _folder(arguments.folder)
        if not tables:
            return _none(arguments.folder, translate)
        problems = [_told(each, translate) for each in check(tables, packaged())]
        problems += [
            translate(N_("{file}: not a table of the knowledge")).format(file=visible(name))
            for name in sorted(names)
        ]
    else:
        tables = packaged()
        text = (resources.files(tocsin.knowledge) / "data" / PROVENANCE).read_text("utf-8")
        found = (*check(tables), *check_provenance(text, tables))
        problems = [_told(each, translate) for each in found]
        problems += _trust_checks(translate)
    for problem in problems:
        sys.stdout.write(f"  {visible(problem)}\n")
    words = translate(N_("{tables} tables, {rows} rows, {count} faults"))
    rows = sum(text.count("\n") - 1 for text in tables.values())
    line = words.format(tables=len(tables), rows=rows, count=len(problems))
    sys.stdout.write(f"  {line}\n")
    return FINDINGS if problems else CLEAN


def _trust_checks(translate: Translate) -> list[str]:
    """The faults of the trust checks, of which one that cannot be read hides the others."""
    try:
        known = checks()
    except msgspec.ValidationError as fault:
        return [str(fault)]
    return [_told(each, translate) for check in known.values() for each in faults(check)]


def _told(problem: Problem, translate: Translate) -> str:
    """Where the fault is, and why it is one, in the user's language."""
    why = problem.why.render(translate)
    place = f"{problem.file}:{problem.line}" if problem.line else problem.file
    return f"{place}: {problem.column}: {why}" if problem.column else f"{place}: {why}"


def _none(folder: str, translate: Translate) -> int:
    words = translate(N_("{folder}: no table of the knowledge in it")).format(folder=folder)
    return complain(words, USAGE)


def _show(arguments: argparse.Namespace) -> int:
    knowledge, translate = load(), arguments.translate
    if not arguments.what:
        words = N_(
            "knowledge of {date}: {builds} builds, {fixes} first fixed builds, {cves} "
            "advisories, {ids} Received ids; digest {digest}"
        )
        line = translate(words).format(
            date=knowledge.date.isoformat(),
            builds=len(knowledge.builds),
            fixes=len(knowledge.fixes),
            cves=len(knowledge.advisories),
            ids=len(knowledge.received_ids),
            digest=knowledge.digest,
        )
        sys.stdout.write(f"  {line}\n")
        return CLEAN
    known = show(knowledge, arguments.what)
    if known.empty:
        words = translate(N_("nothing is known of {what}"))
        return complain(words.format(what=known.asked), USAGE)
    sys.stdout.write("\n".join(_lines(known, translate)) + "\n")
    return CLEAN


def _lines(known: Known, translate: Translate) -> Iterator[str]:
    """What was asked about first; the long list of fixes last."""
    for advisory in known.advisories:
        kind = translate(KIND.get(advisory.kind, "other"))
        yield "  " + "  ".join(filter(None, (advisory.cve, advisory.name, kind)))
        yield f"    {translate(advisory.summary)}"
        published = advisory.published.isoformat() if advisory.published else "?"
        score = f"CVSS {advisory.cvss} ({advisory.cvss_version})" if advisory.cvss else "CVSS -"
        kev = f"KEV {advisory.kev_added}" if advisory.kev else "-"
        yield f"    {published}  {score}  {advisory.severity or '-'}  {kev}  [{advisory.source}]"
    for setting in known.config_checks:
        needs = translate(N_("needs a setting"))
        yield f"    {needs}: {translate(setting.setting)}"
        yield f"      {translate(setting.where)}"
    for release in known.releases:
        note = f"  {release.note}" if release.note else ""
        yield (
            f"    {release.build!s:<14} {release.label:<22} {release.released}  "
            f"{release.kb:<9}  [{release.source}]{note}"
        )
    for support in known.support:
        end = support.support_end.isoformat() if support.support_end else "-"
        esu = support.esu_end.isoformat() if support.esu_end else "-"
        words = translate(N_("support until {day}, paid extension until {esu}"))
        yield f"    {support.product}  {words.format(day=end, esu=esu)}  [{support.source}]"
    for row in known.received_ids:
        yield (
            f"    Received id {row.channel} {row.observed} -> {row.low} .. {row.high}  {row.kind}"
        )
    yield from _fixes(known, translate)


def _fixes(known: Known, translate: Translate) -> Iterator[str]:
    for fix in known.fixes[:FIXES_LIMIT]:
        other = f"  ({fix.alternative}: {fix.alternative_source})" if fix.alternative else ""
        yield (
            f"    {fix.cve:<15} {fix.product:<4} {fix.cu:<5} {fix.first_fixed!s:<14} "
            f"{fix.basis}{other}  [{fix.source}]"
        )
    if len(known.fixes) > FIXES_LIMIT:
        more = len(known.fixes) - FIXES_LIMIT
        yield "    " + translate(N_("… and {count} more")).format(count=more)


def _diff(arguments: argparse.Namespace) -> int:
    old = _folder(arguments.old)
    new = _folder(arguments.new) if arguments.new else packaged()
    for folder, tables in ((arguments.old, old), (arguments.new, new)):
        if not tables:
            return _none(folder, arguments.translate)
    changes = compare(old, new)
    for each in changes:
        column = f" {each.column}" if each.column else ""
        arrow = " -> ".join(part for part in (each.before, each.after) if part)
        sys.stdout.write(
            visible(f"  {each.kind:<8} {each.file} {each.about}{column}: {arrow}") + "\n"
        )
    words = arguments.translate(N_("{count} changes")).format(count=len(changes))
    sys.stdout.write(f"  {words}\n")
    return CLEAN
