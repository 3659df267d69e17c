"""One build, or a range, judged: `tocsin verdict`."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import msgspec

from tocsin.analyse.inventory.resolve import resolve
from tocsin.analyse.inventory.room import label_of
from tocsin.analyse.inventory.verdict import Judgement, judge, level_of
from tocsin.app.document import support_words
from tocsin.knowledge.catalogue import Knowledge
from tocsin.model.build import BuildRange, parse_version
from tocsin.model.finding import LEVELS
from tocsin.model.text import N_, Sentence

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

    Raises ValueError for what is no version, and LookupError for one no Exchange ever had.
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
    if len(ends) > 2:
        msg = f"not a build or a range A..B: {text!r}"
        raise ValueError(msg)
    found = []
    because = None
    for end in ends:
        resolution = resolve(knowledge, parse_version(end))
        if resolution is None:
            msg = f"no Exchange with the version {end!r} is known"
            raise LookupError(msg)
        found.append(resolution.builds)
        because = resolution.because
    if len(found) == 1:
        return found[0], because
    return BuildRange(found[0].low, found[1].high), None


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
    """The build in words, then what it is open to, worst first; the rest is counted."""
    lines = ["", f"  {found.builds}   Exchange Server {found.label}"]
    if found.released:
        lines.append("  " + translate(N_("released {day}")).format(day=found.released))
    if found.because is not None and found.builds.low != found.builds.high:
        lines.append("  " + found.because.render(translate))
    if found.support is not None:
        lines.append("  " + found.support.render(translate))
    lines.append("")
    for status, head in _HEADS:
        rows = [each for each in found.judgements if each.status == status]
        if not rows:
            continue
        lines.append(f"  {translate(head)}: {len(rows)}")
        if status in ("affected", "under_investigation") or verbose:
            for each in sorted(rows, key=lambda row: _worst(knowledge, row)):
                lines += _row(each, knowledge, translate)
            lines.append("")
    lines.append(
        "  " + translate(N_("knowledge of {date}")).format(date=knowledge.date.isoformat())
    )
    return "\n".join(lines) + "\n"


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
        marks.append(translate(N_("exploited")))
    if advisory.ransomware == "known":
        marks.append(translate(N_("ransomware")))
    words = each.because.render(translate)
    if each.settle is not None and each.status == "under_investigation":
        words += ". " + each.settle.render(translate)
    head = f"    {each.cve:<15} {level_of(advisory):<9} {', '.join(marks)}".rstrip()
    return [head, f"                    {words}"]


def _worst(knowledge: Knowledge, each: Judgement) -> tuple[int, bool, str]:
    advisory = knowledge.advisory_by_cve[each.cve]
    return (-LEVELS.index(level_of(advisory)), not advisory.kev, each.cve)
