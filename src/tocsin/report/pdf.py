"""The answer on paper: a short document of its own, as PDF. An extra: `pip install tocsin[pdf]`.

The page of `html` holds everything and is read on a screen; this one is handed to somebody who decides.
Nothing is fetched while it is made: every address is refused.
"""

from __future__ import annotations

from importlib import resources
from typing import Any

from markupsafe import Markup

from tocsin.model.hunt import stance
from tocsin.model.marking import N_
from tocsin.model.run import Run, hidden_word
from tocsin.report import Extra, Output, Translate
from tocsin.report.html_parts.engine import environment
from tocsin.report.html_parts.visible import speak
from tocsin.report.html_parts.words import LEVEL
from tocsin.report.hunt_parts.telling import OUTCOME
from tocsin.report.text import HIDDEN, opened
from tocsin.report.trust_parts.names import in_words
from tocsin.report.trust_parts.places import place

EXTRA = N_("a PDF needs the extra: install tocsin[pdf], and Pango from the system's packages")

ACTIONS_LIMIT = 12
"""Actions on paper; the report has all, as it has of what follows."""
SERVERS_LIMIT = 40
INCIDENTS_LIMIT = 10
CAMPAIGNS_LIMIT = 20
FAILED_LIMIT = 60
GAPS_LIMIT = 20


def render(run: Run, translate: Translate, lang: str) -> bytes:
    """A PDF 1.7 document. Raises `Extra` when the extra is not installed."""
    try:
        import weasyprint  # noqa: PLC0415 - an extra
    except (ImportError, OSError) as fault:
        raise Extra(translate(EXTRA)) from fault
    document = weasyprint.HTML(string=paper(run, translate, lang), url_fetcher=_refuse)
    return bytes(document.write_pdf())


def paper(run: Run, translate: Translate, lang: str) -> str:
    """The document as HTML, before it is laid out."""

    def sentence(template: str, **values: Any) -> str:
        return translate(template).format_map(values)

    run = in_words(run, translate)
    open_ones = [each for each in run.plan.actions if each.accepted is None] if run.plan else []
    failed = [each for each in run.trusts.checks if each.outcome == "fail"] if run.trusts else []
    style = resources.files("tocsin.report.html_parts").joinpath("paper.css").read_text("utf-8")
    return (
        environment()
        .get_template("paper.html.j2")
        .render(
            run=run,
            lang=lang,
            style=Markup(style),  # noqa: S704 - ours
            _=sentence,
            say=lambda spoken: speak(spoken, translate),
            place=place,
            hidden=lambda server: translate(HIDDEN[hidden_word(server.hidden)]),
            opened=lambda server: opened(server, translate),
            actions=open_ones[:ACTIONS_LIMIT],
            more_actions=len(open_ones) - ACTIONS_LIMIT if len(open_ones) > ACTIONS_LIMIT else 0,
            servers=run.servers[:SERVERS_LIMIT],
            more_servers=max(0, len(run.servers) - SERVERS_LIMIT),
            scores={each.server: each for each in run.trusts.scores} if run.trusts else {},
            incidents=[each for each in run.hunt.incidents if stance(each) == "in"][
                :INCIDENTS_LIMIT
            ]
            if run.hunt
            else [],
            campaigns=run.conversations.campaigns[:CAMPAIGNS_LIMIT] if run.conversations else [],
            failed=failed[:FAILED_LIMIT],
            more_failed=max(0, len(failed) - FAILED_LIMIT),
            levels=LEVEL,
            outcomes=OUTCOME,
            gap_limit=GAPS_LIMIT,
        )
    )


def _refuse(url: str) -> dict[str, str]:
    msg = f"nothing is fetched: {url[:100]}"
    raise ValueError(msg)


OUTPUT = Output(name="pdf", render=render)
