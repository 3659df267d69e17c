"""The ranked answer for a terminal: the verdict in words, the servers, what could not be judged."""

from __future__ import annotations

import re
import textwrap
from collections import Counter
from collections.abc import Iterator

from tocsin.model.run import FindingRecord, GapRecord, Run, Server, hidden_word
from tocsin.model.text import N_
from tocsin.report import Output, Translate
from tocsin.report.html_parts.words import LEVEL, STATUS
from tocsin.report.hunt_parts.telling import Breach, breaches
from tocsin.report.text_parts.conversations import conversation_lines
from tocsin.report.text_parts.hunt import hunt_lines
from tocsin.report.text_parts.hunt_shown import moment
from tocsin.report.text_parts.lines import WIDTH, Style, coloured, plain, visible, wrapped
from tocsin.report.text_parts.plan import plan_lines
from tocsin.report.text_parts.trust import trust_lines
from tocsin.report.trust_parts.names import in_words

__all__ = [
    "OUTPUT", "WIDTH", "coloured", "counted", "excerpt", "plain", "render", "render_styled",
    "size_words", "visible",
]  # fmt: skip

SERVER_LIMIT = 20
"""Servers printed; the rest is counted, and stands in the report."""
FULL_LIMIT = 5
"""Servers printed with their proof and the next step; the others in two lines."""
SCREEN = 48
"""Lines after which the verdict is said again at the end, where the reader's eyes are."""
QUOTE_WIDTH = 250
"""Characters of a quote; the report has all of it."""
GAP_LIMIT = 8
"""Kinds of gaps printed; the rest is counted."""
LOST_LIMIT = 4
"""Places printed of one kind of lost input; of other kinds of gaps, one."""

HIDDEN = {
    "hidden": N_("hidden"),
    "public": N_("public"),
    "unknown": N_("hidden?"),
}

_CIPHERS = re.compile(r"\((?:version=|using TLS)[^()]*\)")


def render(run: Run, translate: Translate, lang: str) -> str:  # noqa: ARG001
    """The whole answer without any style."""
    return render_styled(run, translate, plain)


def render_styled(
    run: Run, translate: Translate, style: Style, *, verbose: bool = False, quiet: bool = False
) -> str:
    """The answer with a style; quiet: only the verdict and the ranked lines."""
    run = in_words(run, translate)
    # Of several rooms each tells less of what another, or -v, tells too.
    rooms = (run.conversations, run.hunt, run.trusts)
    brief = not verbose and len([each for each in rooms if each is not None]) > 1
    lines = [*_head(run, translate, style), ""]
    if run.plan is not None:
        lines += plan_lines(run.plan, translate, style, verbose=verbose, quiet=quiet)
    by_server: dict[str, list[FindingRecord]] = {}
    for finding in run.findings:
        by_server.setdefault(finding.subject, []).append(finding)
    fallen = breaches(run.hunt)
    shown = run.servers if verbose else run.servers[:SERVER_LIMIT]
    width = max((len(visible(each.name)) for each in shown), default=0)
    for position, server in enumerate(shown):
        mine = by_server.get(server.id, [])
        full = not quiet and (verbose or position < FULL_LIMIT)
        lines += _server(server, mine, translate, style, width, fallen.get(server.id), full=full)
        if verbose:
            lines += _findings(mine, translate, style)
        if full:
            lines.append("")
    more = len(run.servers) - len(shown)
    if more:
        lines.append(
            f"  {translate(N_('… and {count} more (-v, or the report)')).format(count=more)}"
        )
    if lines[-1]:
        lines.append("")
    lines += _rooms(run, translate, style, verbose=verbose, quiet=quiet, brief=brief)
    if quiet:
        lines += _lost(run, translate)
    else:
        lines += _could_not(run, translate, style)
        lines += _summary(run, translate)
    if len(lines) > SCREEN:
        lines += ["", *_verdict(run, translate, style)]
    return "\n".join(lines).rstrip("\n") + "\n"


def _rooms(
    run: Run, translate: Translate, style: Style, *, verbose: bool, quiet: bool, brief: bool
) -> Iterator[str]:
    """The blocks of the rooms that were asked, beside the servers."""
    if run.conversations is not None:
        yield from conversation_lines(
            run.conversations, translate, style, verbose=verbose, quiet=quiet, brief=brief
        )
    if run.hunt is not None:
        yield from hunt_lines(run.hunt, translate, style, verbose=verbose, quiet=quiet, brief=brief)
    if run.trusts is not None:
        yield from trust_lines(
            run.trusts, translate, style, verbose=verbose, quiet=quiet, brief=brief
        )


def _head(run: Run, translate: Translate, style: Style) -> Iterator[str]:
    case = visible(", ".join(run.inputs))
    known = visible(translate(N_("knowledge of {date}")).format(date=run.knowledge.date))
    room = max(1, WIDTH - len("  TOCSIN   ") - len(known) - 2)
    case = case if len(case) <= room else case[: room - 1] + "…"
    yield ""
    yield f"  {style('TOCSIN', 'strong')}   {case:<{room}}  {known}"
    yield ""
    yield from _verdict(run, translate, style)


def _verdict(run: Run, translate: Translate, style: Style) -> Iterator[str]:
    words = " ".join(each.render(translate) for each in run.headline)
    for line in textwrap.wrap(words, WIDTH - 4):
        yield "  " + style(line, "strong")


def _server(
    server: Server,
    findings: list[FindingRecord],
    translate: Translate,
    style: Style,
    width: int,
    breach: Breach | None,
    *,
    full: bool,
) -> Iterator[str]:
    name = visible(server.name).ljust(width)
    room = max(len(translate(each)) for each in HIDDEN.values())
    where = translate(HIDDEN[hidden_word(server.hidden)]).ljust(room)
    label = server.build_label or translate(N_("build unknown"))
    yield f"  {server.rank:>2}  {style(name, 'strong')}   {where}   {visible(label)}"
    if breach is not None:
        words = translate(N_("broken into, since {time}: first do what break-in {number} asks for"))
        since = words.format(time=moment(breach.since, translate), number=breach.number)
        yield f"      {style(since, 'strong')}"
    for line in textwrap.wrap(opened(server, translate), WIDTH - 8):
        yield f"      {line}"
    if not full:
        return
    if names := _nicknames(findings):
        for line in textwrap.wrap(
            translate(N_("among them {names}")).format(names=", ".join(names)), WIDTH - 8
        ):
            yield f"      {line}"
    for quote, place in _proof(server):
        yield from _because(quote, place, translate, style)
    for each in server.contradictions:
        yield from wrapped(translate(N_("but")), each.render(translate))
    if server.action is not None:
        yield from wrapped(translate(N_("do")), server.action.do.render(translate))


def opened(server: Server, translate: Translate) -> str:
    """How much of a server is open, in words."""
    counts = Counter(server.counts)
    if server.build is None:
        return translate(N_("what it is open to cannot be said without its build"))
    parts = []
    if counts["affected"] == 1:
        one = N_("open to 1 hole, known to be exploited") if counts["kev"] else N_("open to 1 hole")
        parts.append(translate(one))
    elif counts["affected"]:
        words = translate(N_("open to {count} holes")).format(count=counts["affected"])
        if counts["kev"]:
            known = translate(N_("{count} of them known to be exploited"))
            words += ", " + known.format(count=counts["kev"])
        parts.append(words)
    elif not counts["under_investigation"]:
        parts.append(translate(N_("open to nothing that is known")))
    if counts["under_investigation"]:
        parts.append(translate(N_("{count} undecided")).format(count=counts["under_investigation"]))
    if counts["fixed"]:
        parts.append(translate(N_("{count} fixed")).format(count=counts["fixed"]))
    return translate(N_("; ")).join(parts)


def _nicknames(findings: list[FindingRecord]) -> list[str]:
    """The names that open holes are known by, each once."""
    return sorted(
        {
            tag.removeprefix("name:")
            for each in findings
            if each.status == "affected"
            for tag in each.tags
            if tag.startswith("name:")
        }
    )


def _proof(server: Server) -> Iterator[tuple[str, str]]:
    """The newest evidence that states a build, cut to the words that do; else the newest at all."""
    stated = [each for each in server.history if each.evidence]
    if stated:
        newest = max(
            stated, key=lambda each: (each.last.isoformat() if each.last else "", each.low)
        )
        proof, words = newest.evidence[-1], newest.printed
    elif server.evidence:
        proof, words = server.evidence[-1], ""
    else:
        return
    yield excerpt(proof.quote, words), f"{proof.source}#{proof.position}"


def excerpt(quote: str, words: str, width: int = QUOTE_WIDTH) -> str:
    """The quote, or its beginning and the part around `words` when it is longer than `width`."""
    text = " ".join(quote.split())
    if len(text) > width:
        text = _CIPHERS.sub("(…)", text)
    if len(text) <= width:
        return text
    found = text.find(words) if words else -1
    if found < width - len(words) - 20:
        return text[: width - 1] + "…"
    start = max(found - width // 3, width // 3)
    tail = text[start : start + width - width // 3]
    return (
        text[: width // 3].rstrip()
        + " … "
        + tail.lstrip()
        + ("…" if start + len(tail) < len(text) else "")
    )


def _because(quote: str, place: str, translate: Translate, style: Style) -> Iterator[str]:
    yield from wrapped(translate(N_("because")), quote)
    yield " " * 15 + style(visible(place), "dim")


def _findings(findings: list[FindingRecord], translate: Translate, style: Style) -> Iterator[str]:
    for each in findings:
        if each.status in ("fixed", "not_affected"):
            continue
        rule = style(f"{each.rule:<16}", "strong")
        yield f"      {rule} {translate(LEVEL[each.level]):<13} {translate(STATUS[each.status])}"
        words = each.sentence.render(translate)
        if each.settle is not None:
            words += ". " + each.settle.render(translate)
        for line in textwrap.wrap(visible(words), WIDTH - 12):
            yield " " * 10 + line


def _lost(run: Run, translate: Translate) -> Iterator[str]:
    """That input was lost, in one line: even the shortest answer must not hide it."""
    count = sum(each.count for each in run.gaps if each.kind in ("unreadable", "limit"))
    if count:
        yield "  " + translate(
            N_("Could not be read, or only in part: {count} (without -q: what and why)")
        ).format(count=count)


def _could_not(run: Run, translate: Translate, style: Style) -> Iterator[str]:
    count = sum(each.count for each in run.gaps)
    if not count:
        return
    yield "  " + style(translate(N_("Could not look ({count})")).format(count=count), "strong")
    kinds: dict[str, list[GapRecord]] = {}
    for gap in run.gaps:
        kinds.setdefault(gap.sentence.template, []).append(gap)
    for alike in list(kinds.values())[:GAP_LIMIT]:
        yield from _gaps(alike, translate, style)
    if len(kinds) > GAP_LIMIT:
        rest = sum(each.count for alike in list(kinds.values())[GAP_LIMIT:] for each in alike)
        yield "      " + translate(N_("… and {count} more, in the report")).format(count=rest)
    yield ""


def _gaps(alike: list[GapRecord], translate: Translate, style: Style) -> Iterator[str]:
    """The first gaps of a kind, and how many there are like them; of lost input a few more."""
    lost = alike[0].kind in ("unreadable", "limit")
    shown = alike[: LOST_LIMIT if lost else 1]
    for gap in shown:
        place = f"{gap.source}#{gap.position}" if gap.position else gap.source
        times = f" (×{gap.count})" if gap.count > 1 else ""
        for line in textwrap.wrap(visible(gap.sentence.render(translate)) + times, WIDTH - 8):
            yield f"      {line}"
        yield " " * 8 + style(visible(place), "dim")
    more = sum(each.count for each in alike[len(shown) :])
    if more:
        yield " " * 8 + translate(N_("and {count} more like this")).format(count=more)


def _summary(run: Run, translate: Translate) -> Iterator[str]:
    summary = run.summary
    seconds = (run.finished - run.started).total_seconds()
    one = N_("Read 1 file, {size}; recognised {recognised}, skipped {skipped}; {seconds} s")
    many = N_("Read {files} files, {size}; recognised {recognised}, skipped {skipped}; {seconds} s")
    yield "  " + translate(one if summary.files == 1 else many).format(
        files=summary.files,
        size=size_words(summary.bytes),
        recognised=summary.recognised,
        skipped=summary.skipped,
        seconds=f"{seconds:.1f}",
    )
    records = ", ".join(f"{name} {count}" for name, count in sorted(summary.records.items()))
    if records:
        yield "  " + translate(N_("Records: {records}")).format(records=records)
    for each in run.skipped[:GAP_LIMIT]:
        words = translate(N_("{source}: {why}"))
        line = words.format(source=visible(each.source), why=each.why.render(translate))
        yield f"      {line}" + (f" (×{each.files})" if each.files > 1 else "")
    if len(run.skipped) > GAP_LIMIT:
        yield "      " + translate(N_("… and {count} more, in the report")).format(
            count=len(run.skipped) - GAP_LIMIT
        )


def counted(words: str, count: int, translate: Translate) -> str:
    """`words: count`, with the reader's own spacing."""
    return translate(N_("{words}: {count}")).format(words=words, count=count)


def size_words(size: int) -> str:
    """Bytes in the unit a person reads."""
    amount = float(size)
    for unit in ("B", "kB", "MB", "GB"):
        if amount < 1000:
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} TB"


OUTPUT = Output(name="text", render=render)
