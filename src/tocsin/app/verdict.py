"""One build, or a range, judged: `tocsin verdict`."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable
from typing import Any

import msgspec

from tocsin.analyse.inventory.resolve import resolve
from tocsin.analyse.inventory.room import label_of
from tocsin.analyse.inventory.verdict import Judgement, judge, level_of
from tocsin.app.document import support_words
from tocsin.app.faults import WordsError
from tocsin.knowledge.catalogue import Knowledge
from tocsin.model.build import BuildRange, parse_version
from tocsin.model.finding import LEVELS
from tocsin.model.text import N_, Sentence, say
from tocsin.report.html_parts.words import LEVEL
from tocsin.report.text import WIDTH, counted, visible

Translate = Callable[[str], str]


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a build or a range."""

    asked: str
    builds: BuildRange
    label: str
    product: str
    cu: str
    update: str
    released: str
    support: Sentence | None
    because: Sentence | None
    judgements: tuple[Judgement, ...]


def verdict(text: str, knowledge: Knowledge) -> Verdict:
    """Judge a build in any spelling, or a range `A..B`.

    Raises `WordsError`.
    """
    builds, because = _range(text, knowledge)
    branch = knowledge.branch_of(builds.low)
    exact = builds.low == builds.high
    release = knowledge.release_by_build.get(builds.low) if exact else None
    same_branch = branch is not None and branch is knowledge.branch_of(builds.high)
    return Verdict(
        asked=text,
        builds=builds,
        label=label_of(knowledge, builds),
        product=branch.product if branch else "",
        cu=branch.cu if branch and same_branch else "",
        update=release.update if release else "",
        released=release.released.isoformat() if release else "",
        support=support_words(branch.product, knowledge) if branch else None,
        because=because,
        judgements=judge(knowledge, builds),
    )


def _range(text: str, knowledge: Knowledge) -> tuple[BuildRange, Sentence | None]:
    ends = re.split(r"\s*\.\.\s*|\s+[–-]\s+", text.strip())
    found = []
    because = None
    for end in ends:
        try:
            version = parse_version(end)
        except ValueError as fault:
            raise WordsError(say(_SPELLINGS, text=visible(text[:80]))) from fault
        resolution = resolve(knowledge, version)
        if resolution is None:
            words = N_("no Exchange with the version {text} is known")
            raise WordsError(say(words, text=visible(end)))
        found.append(resolution.builds)
        because = resolution.because
    if len(found) == 1:
        return found[0], because
    if len(found) > 2 or found[1].high < found[0].low:
        raise WordsError(
            say(
                N_("a range is written from the older build to the newer one, A..B: {text}"),
                text=visible(text[:80]),
            )
        )
    return BuildRange(found[0].low, found[1].high), None


_SPELLINGS = N_(
    "not an Exchange version: {text}. Write 15.1.2507.6, 'Version 15.1 (Build 2507.6)', "
    "73C18779, or a range 15.1.2507.6..15.1.2507.61"
)


def as_json(found: Verdict, knowledge: Knowledge, translate: Translate) -> str:
    """A list, one object a CVE: cve, status, because, and what a reader needs to sort them."""
    rows: list[dict[str, Any]] = []
    for each in found.judgements:
        advisory = knowledge.advisory_by_cve[each.cve]
        rows.append(
            {
                "cve": each.cve,
                "status": each.status,
                "because": each.because.render(translate),
                "settle": each.settle.render(translate) if each.settle else None,
                "fixed_in": each.fixed_in or None,
                "level": level_of(advisory),
                "name": advisory.name or None,
                "kev": advisory.kev,
                "ransomware": advisory.ransomware == "known",
                "title": translate(advisory.summary),
                "build": {"low": str(found.builds.low), "high": str(found.builds.high)},
                "product": f"Exchange Server {found.product}",
            }
        )
    return msgspec.json.format(msgspec.json.encode(rows), indent=1).decode() + "\n"


def as_text(found: Verdict, knowledge: Knowledge, translate: Translate, *, verbose: bool) -> str:
    """The build in words, how much it is open to, then each hole, worst first."""
    head = f"{found.builds}   Exchange Server {found.label}"
    if found.released:
        head += "   " + translate(N_("released {day}")).format(day=found.released)
    lines = ["", f"  {head}"]
    for sentence in (
        found.because if found.builds.low != found.builds.high else None,
        found.support,
    ):
        if sentence is not None:
            lines += _wrapped(sentence.render(translate), "  ")
    lines += ["", *_wrapped(_counts(found, knowledge, translate), "  "), ""]
    for status, title in _HEADS:
        rows = [each for each in found.judgements if each.status == status]
        if rows and (status in ("affected", "under_investigation") or verbose):
            lines.append("  " + counted(translate(title), len(rows), translate))
            for each in sorted(rows, key=lambda row: _worst(knowledge, row)):
                lines += _row(each, knowledge, translate)
            lines.append("")
    if len(lines) > _SCREEN:
        lines += [f"  {head}", *_wrapped(_counts(found, knowledge, translate), "  ")]
    lines.append(
        "  " + translate(N_("knowledge of {date}")).format(date=knowledge.date.isoformat())
    )
    return "\n".join(lines) + "\n"


_SCREEN = 40
"""Lines after which the counts are said again at the end, where the reader's eyes are."""


def _counts(found: Verdict, knowledge: Knowledge, translate: Translate) -> str:
    """How many of each status, in one line; those known to be exploited beside the open ones."""
    parts = []
    for status, title in _HEADS:
        rows = [each for each in found.judgements if each.status == status]
        if not rows:
            continue
        words = counted(translate(title), len(rows), translate)
        exploited = sum(knowledge.advisory_by_cve[each.cve].kev for each in rows)
        if status == "affected" and exploited:
            known = translate(N_("known to be exploited: {count}")).format(count=exploited)
            words += f" ({known})"
        parts.append(words)
    return translate(N_("; ")).join(parts)


def _wrapped(words: str, indent: str) -> list[str]:
    return textwrap.wrap(
        visible(words),
        WIDTH,
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


_HEADS = (
    ("affected", N_("Open to")),
    ("under_investigation", N_("Undecided")),
    ("fixed", N_("Fixed")),
    ("not_affected", N_("Not affected")),
)


def _row(each: Judgement, knowledge: Knowledge, translate: Translate) -> list[str]:
    advisory = knowledge.advisory_by_cve[each.cve]
    marks = [advisory.name] if advisory.name else []
    if advisory.kev:
        ransomware = advisory.ransomware == "known"
        marks.append(
            translate(N_("used by ransomware") if ransomware else N_("known to be exploited"))
        )
    words = each.because.render(translate)
    if each.settle is not None and each.status == "under_investigation":
        words += ". " + each.settle.render(translate)
    level = translate(LEVEL[level_of(advisory)])
    head = f"    {each.cve:<15} {level:<9} {', '.join(marks)}".rstrip()
    return [head, *_wrapped(words, " " * 8)]


def _worst(knowledge: Knowledge, each: Judgement) -> tuple[int, bool, str]:
    advisory = knowledge.advisory_by_cve[each.cve]
    return (-LEVELS.index(level_of(advisory)), not advisory.kev, each.cve)
