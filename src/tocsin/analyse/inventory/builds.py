"""From everything that was seen of one server's build to the builds it can have now.

A server's build only rises: every dated sighting bounds it from below for ever after, the newest
one from above. What contradicts that widens the range and is said. Evidence a sender could have
forged speaks only where nothing else does.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from tocsin.analyse.inventory.ledger import Sighting
from tocsin.model.build import BuildRange
from tocsin.model.finding import Confidence
from tocsin.model.text import N_, Sentence, say


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """One resolved sighting: between `first` and `last` the build lay in `builds`."""

    builds: BuildRange
    cu_only: bool
    first: datetime | None
    last: datetime | None
    trust: str
    sighting: Sighting


class Current(msgspec.Struct, frozen=True, kw_only=True):
    """The builds a server can have as of `as_of` (None: no source is dated)."""

    builds: BuildRange
    confidence: Confidence
    as_of: datetime | None
    deciding: tuple[Seen, ...]
    contradictions: tuple[Sentence, ...]


def current(seen: Sequence[Seen]) -> Current | None:
    """Join the sightings; None when there are none. The order of `seen` does not matter."""
    believed = [each for each in seen if each.trust != "forgeable"]
    chosen = believed or list(seen)
    if not chosen:
        return None
    contradictions: list[Sentence] = []
    dated = [each for each in chosen if each.last is not None and not each.cu_only]
    undated = [each for each in chosen if each.last is None and not each.cu_only]
    coarse = [each for each in chosen if each.cu_only]
    found = _dated(dated, contradictions) if dated else None
    if undated:
        found = _undated(found, undated, contradictions)
    if coarse:
        found = _coarse(found, max((d.last for d in dated if d.last), default=None), coarse)
    assert found is not None
    deciding = tuple(each for each in chosen if _meets(each.builds, found))
    firm = any(each.trust == "trusted" for each in deciding) and not contradictions
    confidence: Confidence = "low" if not believed else "high" if firm else "medium"
    return Current(
        builds=found,
        confidence=confidence,
        as_of=max((d.last for d in deciding if d.last is not None), default=None),
        deciding=deciding or tuple(chosen),
        contradictions=tuple(contradictions),
    )


def _dated(dated: Sequence[Seen], contradictions: list[Sentence]) -> BuildRange:
    newest = max(each.last for each in dated if each.last is not None)
    latest = [each.builds for each in dated if each.last == newest]
    low, high = max(b.low for b in latest), min(b.high for b in latest)
    if low > high:
        low, high = min(b.low for b in latest), max(b.high for b in latest)
        contradictions.append(
            say(
                N_("{lower} and {higher} were seen at one time: two machines answer to this name"),
                lower=str(low),
                higher=str(high),
            )
        )
    falls = [
        (above, below)
        for above in dated
        for below in dated
        if above.builds.low > below.builds.high
        and above.builds.high >= low
        and above.first is not None
        and below.last is not None
        and above.first < below.last
    ]
    if falls:
        contradictions.append(_fall(falls))
        return BuildRange(
            min(low, *(below.builds.low for _, below in falls)),
            max(high, *(above.builds.high for above, _ in falls)),
        )
    bounds = [each.builds.low for each in dated if each.last != newest]
    return BuildRange(min(high, max([low, *bounds])), high)


def _fall(falls: Sequence[tuple[Seen, Seen]]) -> Sentence:
    """Today's number, or a higher one, was there before a lower one was: what that can mean."""
    above, below = max(falls, key=lambda pair: (pair[0].builds.low, pair[1].builds.high))
    return say(
        N_(
            "{higher} was seen from {since}, and {lower} still on {day}: two machines answer to "
            "this name, or it was set back"
        ),
        higher=str(above.builds.low),
        lower=str(below.builds.high),
        since=above.first.date().isoformat() if above.first else "?",
        day=below.last.date().isoformat() if below.last else "?",
    )


def _undated(
    found: BuildRange | None, undated: Sequence[Seen], contradictions: list[Sentence]
) -> BuildRange:
    low = max(each.builds.low for each in undated)
    high = max(each.builds.high for each in undated)
    if found is None:
        if any(each.builds.high < low for each in undated):
            lowest = min(each.builds.low for each in undated)
            contradictions.append(
                say(
                    N_("undated sources name {lower} and {higher}; the higher one is taken"),
                    lower=str(lowest),
                    higher=str(low),
                )
            )
        return BuildRange(low, high)
    # Higher than the newest dated one: patched since. Lower: an older export. Neither contradicts.
    return BuildRange(max(low, found.low), max(high, found.high, low))


def _coarse(
    found: BuildRange | None, newest: datetime | None, coarse: Sequence[Seen]
) -> BuildRange:
    """A source that names the CU only: it moves the server to a newer CU, never inside one."""
    last = max(coarse, key=lambda each: (each.builds.low, each.builds.high))
    if found is None:
        return last.builds
    stale = last.last is not None and newest is not None and last.last < newest
    if last.builds.low > found.high and not stale:
        return last.builds
    return found


def _meets(one: BuildRange, other: BuildRange) -> bool:
    return one.low <= other.high and other.low <= one.high
