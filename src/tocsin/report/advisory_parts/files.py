"""The files that are handed on, by name: written beside the report when somebody must be warned."""

from __future__ import annotations

from tocsin.model.conversation import parted
from tocsin.model.run import Run
from tocsin.report import Translate, output
from tocsin.report.advisory_parts.warned import reached
from tocsin.report.advisory_parts.wording import LANGUAGES

NAMES = (
    "recipients.csv",
    "purge.csv",
    "indicators.stix.json",
    *(f"advisory-{lang}.{form}" for lang in LANGUAGES for form in ("txt", "html")),
)
"""Every name `files` can give, for whoever has to look before writing."""


def files(run: Run, translate: Translate, lang: str) -> dict[str, str]:
    """Name and text of each; none when there is nobody to warn."""
    found = run.conversations
    counted = parted(found)[0] if found else None
    if counted is None or not (reached(counted) or counted.campaigns):
        return {}
    written = {
        name: output(form).text(run, translate, lang)
        for name, form in (
            ("recipients.csv", "recipients"),
            ("purge.csv", "purge"),
            ("indicators.stix.json", "stix"),
        )
    }
    for each in LANGUAGES:
        written[f"advisory-{each}.txt"] = output("advisory").text(run, translate, each)
        written[f"advisory-{each}.html"] = output("advisory_html").text(run, translate, each)
    return written
