"""The advisory for staff as HTML: to be pasted into a mail, shown on an intranet, or printed.

It holds no link, no script, no picture, and asks the network for nothing.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from tocsin.model.conversation import Conversations
from tocsin.model.run import Run
from tocsin.report import Output, Translate
from tocsin.report.advisory_parts.notice import notice
from tocsin.report.advisory_parts.wording import known, wording
from tocsin.report.html_parts.kept_templates import KeptTemplates
from tocsin.report.html_parts.visible import visible

STYLE = (
    "body{font:16px/1.5 sans-serif;max-width:44em;margin:2em auto;padding:0 1em;"
    "overflow-wrap:anywhere}h1{font-size:1.4em;line-height:1.25}h2{font-size:1.1em;"
    "margin:1.6em 0 .4em}p{margin:.5em 0}ul{margin:.3em 0 .8em}li{margin:.2em 0}"
    "code{font-family:monospace}"
)


def render(run: Run, translate: Translate, lang: str) -> str:  # noqa: ARG001
    """One advisory for everything that was found. `lang`: en, fr, de, it; else English."""
    return page(run.conversations, lang)


def page(conversations: Conversations | None, lang: str, campaign: str | None = None) -> str:
    """The same for one campaign by its id; `""` for the alerts that belong to none."""
    return _template().render(
        lang=known(lang),
        words=wording(lang),
        blocks=notice(conversations, lang, campaign),
        style=Markup(STYLE),  # noqa: S704
        digest="sha256-" + base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode(),
    )


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("tocsin.report", "advisory_parts"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=lambda value: (
            visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value
        ),
        trim_blocks=True,
        lstrip_blocks=True,
        bytecode_cache=KeptTemplates(),
    )
    return environment.get_template("notice.html.j2")


OUTPUT = Output(name="advisory_html", render=render)
