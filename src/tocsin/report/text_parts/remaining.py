"""What remained without something, beside what was, for a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.model.run import Run
from tocsin.model.text import N_
from tocsin.model.trusts import Trusts
from tocsin.report import Translate
from tocsin.report.text_parts.lines import Style, visible
from tocsin.report.trust_parts.names import in_words

SCORES_SHOWN = 12
"""Servers whose score is printed before and after; the rest is counted."""


def remains(whole: Run, left: Run, translate: Translate, style: Style) -> Iterator[str]:
    """Ways and scores before and after, for a terminal."""
    before, after = (in_words(each, translate).trusts for each in (whole, left))
    if before is None or after is None:
        return
    what = visible(", ".join(after.without))
    yield ""
    yield "  " + style(translate(N_("Without {what}")).format(what=what), "strong")
    words = translate(N_("pairs of server and target: {before} before, {after} after"))
    yield "    " + words.format(before=len(_pairs(before)), after=len(_pairs(after)))
    gone = sorted(_named(before) - _named(after))
    for server, target in gone[:SCORES_SHOWN]:
        yield "      " + translate(N_("gone: {server} → {target}")).format(
            server=visible(server), target=visible(target)
        )
    if len(gone) > SCORES_SHOWN:
        yield "      " + translate(N_("… and {count} more")).format(count=len(gone) - SCORES_SHOWN)
    if not gone:
        yield "      " + translate(N_("none is gone: each has another way"))
    yield from _scores(before, after, translate)


def _scores(before: Trusts, after: Trusts, translate: Translate) -> Iterator[str]:
    now = {each.server: each.score for each in after.scores}
    changed = [each for each in before.scores if now.get(each.server) != each.score]
    for each in changed[:SCORES_SHOWN]:
        left = now.get(each.server)
        words = f"{left:.0f}" if left is not None else translate(N_("left out"))
        yield f"    {each.score:>3.0f} → {words:<4}  {visible(each.name)}"
    if len(changed) > SCORES_SHOWN:
        count = len(changed) - SCORES_SHOWN
        yield "    " + translate(N_("… and {count} more")).format(count=count)
    if not changed:
        yield "    " + translate(N_("no score changes"))


def _pairs(trusts: Trusts) -> set[tuple[str, str]]:
    return {(each.server, each.target) for each in trusts.paths}


def _named(trusts: Trusts) -> set[tuple[str, str]]:
    servers = {each.server: each.name for each in trusts.scores}
    nodes = {each.id: each.name for each in trusts.nodes}
    return {
        (servers.get(server, server), nodes.get(target, target))
        for server, target in _pairs(trusts)
    }
