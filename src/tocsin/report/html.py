"""One self-contained HTML page: opens from disk, asks the network for nothing, runs nothing foreign.

Everything in a `Run` is hostile text. Three walls stand between it and the reader: the template
engine escapes every value, `visible` spells out what has no shape, and the page's own
Content-Security-Policy allows exactly one style sheet and the page's own scripts, by their digests.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from functools import cache
from importlib import resources
from typing import Any

from markupsafe import Markup

from tocsin.model.finding import LEVELS
from tocsin.model.run import Run
from tocsin.report import Output
from tocsin.report.html_parts import conversations, hunt, trust_words, words
from tocsin.report.html_parts.engine import environment
from tocsin.report.html_parts.page import VANTAGES, Page, build_page
from tocsin.report.html_parts.visible import speak, visible
from tocsin.report.hunt_parts import telling
from tocsin.report.trust_parts.names import in_words

LIST_LIMIT = 60
"""Names, addresses and the like shown of one server."""

THIN_SPACE = "\u202f"

PAPER_LIMIT = 12
"""Servers on the printed first page; all of them follow in full."""


def render(run: Run, translate: Callable[[str], str], lang: str) -> str:
    """The report of a run in one language; `lang` is the code that goes with `translate`."""

    def sentence(template: str, **values: Any) -> str:
        return translate(template).format_map(values)

    run = in_words(run, translate)
    page = build_page(run, translate)
    style, scripts = _style(page), _scripts(page)
    return (
        environment()
        .get_template("page.html.j2")
        .render(
            page=page,
            run=run,
            lang=lang,
            _=sentence,
            say=lambda spoken: speak(spoken, translate),
            name=lambda table, key: translate(table[key]) if key in table else str(key),
            number=lambda value: _number(value, lang),
            words=words,
            levels=tuple(reversed(LEVELS)),
            vantages=VANTAGES,
            paper_limit=PAPER_LIMIT,
            list_limit=LIST_LIMIT,
            axes=conversations.AXES,
            traits=conversations.TRAITS,
            values_limit=conversations.VALUES_LIMIT,
            people_limit=conversations.PEOPLE_LIMIT,
            full_limit=conversations.FULL_LIMIT,
            campaigns_limit=conversations.CAMPAIGN_LIMIT,
            hunt=hunt,
            outcomes=telling.OUTCOME,
            whole=_whole,
            trusting=trust_words,
            style=Markup(style),  # noqa: S704
            scripts=[Markup(each) for each in scripts],  # noqa: S704
            style_digest=_digest(style),
            script_digests=[_digest(each) for each in scripts],
        )
    )


def _style(page: Page) -> str:
    parts = ("style.css", "print.css", *(("trust.css",) if page.trust or page.plan else ()))
    return "\n".join(_part(each) for each in parts)


def _scripts(page: Page) -> tuple[str, ...]:
    """The page's own script; where there is a graph, the library that draws it and what uses it."""
    own = (_part("script.js"), *((_part("plan.js"),) if page.plan or page.trust else ()))
    if not page.trust or not page.trust.picture:
        return own
    return (*own, _vendored("cytoscape.min.js"), _part("trust_ways.js"), _part("trust_graph.js"))


def _whole(text: str) -> Markup:
    """A text that was cut already, with nothing cut again: visible, escaped."""
    return Markup("{}").format(visible(text, len(text)))


@cache
def _part(name: str) -> str:
    """A file of the page without its comments' indentation; same bytes in page and digest."""
    text = resources.files("tocsin.report.html_parts").joinpath(name).read_text("utf-8")
    return "\n".join(line.strip() for line in text.splitlines() if line.strip())


@cache
def _vendored(name: str) -> str:
    """A file of somebody else, word for word: its digest is that of `vendor/vendored.toml`."""
    return (resources.files("tocsin.report.html_parts") / "vendor" / name).read_bytes().decode()


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _number(value: int, lang: str) -> str:
    grouped = f"{value:,}"
    return grouped.replace(",", THIN_SPACE) if lang.startswith("fr") else grouped


OUTPUT = Output(name="html", render=render)
