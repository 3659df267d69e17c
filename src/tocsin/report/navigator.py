"""A layer for MITRE's ATT&CK Navigator: each technique that rules name, coloured by its best outcome.

Layer format 4.5,
https://github.com/mitre-attack/attack-navigator/blob/master/layers/spec/v4.5/layerformat.md
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

from tocsin.knowledge.attack import matrix
from tocsin.model.hunt import HuntFinding, Outcome
from tocsin.model.run import Run
from tocsin.model.text import N_
from tocsin.report import Output, Translate
from tocsin.report.hunt_parts.telling import OUTCOME, OUTCOMES
from tocsin.report.text_parts.lines import visible

SCORE: dict[Outcome, int] = {"success": 100, "unknown": 60, "attempt": 20}
"""The best outcome of any finding that names the technique."""

COLOURS = ("#f3e3b8", "#e8a33d", "#a8320f")
"""From an attempt to what worked; read without green, as the report's own colours are."""

HOSTS_LIMIT = 8
"""Servers named in one comment; the others are counted."""

_TECHNIQUE = re.compile(r"T\d{4}(?:\.\d{3})?")


def render(run: Run, translate: Translate, lang: str) -> str:  # noqa: ARG001
    """JSON text; a layer without techniques when nothing was hunted or found."""
    by_technique: dict[str, list[HuntFinding]] = {}
    for each in run.hunt.findings if run.hunt else ():
        for technique in dict.fromkeys(each.attack):
            if _TECHNIQUE.fullmatch(technique):
                by_technique.setdefault(technique, []).append(each)
    inputs = visible(", ".join(run.inputs))
    layer = {
        "name": f"Tocsin – {inputs}"[:200],
        "versions": {"attack": matrix().version.split(".")[0], "navigator": "5.1.0", "layer": "4.5"},
        "domain": "enterprise-attack",
        "description": visible(" ".join(each.render(translate) for each in run.headline)),
        "sorting": 3,
        "layout": {"layout": "side", "showName": True, "showID": True,
                   "expandedSubtechniques": "annotated"},
        "techniques": _techniques(by_technique, translate),
        "gradient": {"colors": list(COLOURS), "minValue": SCORE["attempt"],
                     "maxValue": SCORE["success"]},
        "legendItems": [
            {"label": translate(OUTCOME[each]), "color": colour}
            for each, colour in zip(OUTCOMES, reversed(COLOURS), strict=True)
        ],
        "metadata": [
            {"name": "tocsin", "value": run.tool.version},
            {"name": "inputs", "value": inputs},
            {"name": "finished", "value": run.finished.isoformat()},
        ],
    }  # fmt: skip
    return json.dumps(layer, indent=1, ensure_ascii=True) + "\n"


def _techniques(
    by_technique: dict[str, list[HuntFinding]], translate: Translate
) -> list[dict[str, object]]:
    """The techniques found, and unscored parents so that their sub-techniques unfold."""
    made: dict[str, dict[str, object]] = {}
    for technique in sorted(by_technique):
        found = by_technique[technique]
        best = min((each.outcome for each in found), key=OUTCOMES.index)
        parent = technique.partition(".")[0]
        if parent != technique:
            made.setdefault(parent, {"techniqueID": parent})["showSubtechniques"] = True
        made.setdefault(technique, {"techniqueID": technique}).update(
            score=SCORE[best], comment=_comment(found, translate), enabled=True
        )
    return list(made.values())


def _comment(found: Iterable[HuntFinding], translate: Translate) -> str:
    """How many rows worked, were unclear or only tried; on which servers; since when."""
    found = list(found)
    counts = dict.fromkeys(OUTCOMES, 0)
    for each in found:
        for outcome, count in each.outcomes.items():
            counts[outcome] += count
    parts = [
        f"{translate(OUTCOME[outcome])}: {count}" for outcome, count in counts.items() if count
    ]
    hosts = sorted({visible(each.host) for each in found if each.host})
    if hosts:
        more = f" (+{len(hosts) - HOSTS_LIMIT})" if len(hosts) > HOSTS_LIMIT else ""
        parts.append(", ".join(hosts[:HOSTS_LIMIT]) + more)
    times = [each.first for each in found if each.first] + [
        each.last for each in found if each.last
    ]
    if times:
        parts.append(f"{min(times):%Y-%m-%d %H:%M} – {max(times):%Y-%m-%d %H:%M} UTC")
    rules = sorted({visible(translate(each.title)) for each in found})
    parts.append(translate(N_("rules: {names}")).format(names=", ".join(rules[:HOSTS_LIMIT])))
    return "; ".join(parts)


OUTPUT = Output(name="navigator", render=render)
