"""What turns a template of this folder into a page: escaping, and how times and hosts are written."""

from __future__ import annotations

import re
from datetime import datetime
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from tocsin.model.text import Sentence
from tocsin.report.advisory_parts.inert import inert
from tocsin.report.html_parts.kept_templates import KeptTemplates
from tocsin.report.html_parts.timeline import aware
from tocsin.report.html_parts.visible import one_line, visible
from tocsin.report.hunt_parts import telling

_DATE = re.compile(r"\b\d{4}-\d{2}-\d{2}\b")


@cache
def environment() -> Environment:
    """Templates of this folder: every value is made visible, then escaped; one for all pages."""
    environment = Environment(
        loader=PackageLoader("tocsin.report", "html_parts"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
        bytecode_cache=KeptTemplates(),
    )
    environment.filters |= {
        "line": one_line,
        "day": _day,
        "clock": _clock,
        "minute": _minute,
        "second": _second,
        "host": _host,
        "together": _together,
        "unbroken": _unbroken,
        "inert": inert,
    }
    return environment


def _finalize(value: object) -> object:
    """What every printed value goes through before it is escaped."""
    if isinstance(value, Markup):
        return value
    if isinstance(value, Sentence):
        msg = "a sentence must be spoken in the reader's language first"
        raise TypeError(msg)
    return visible(value) if isinstance(value, str) else value


def _day(when: datetime | None) -> str:
    return f"{aware(when):%Y-%m-%d}" if when else ""


def _minute(when: datetime | None) -> str:
    return f"{aware(when):%Y-%m-%d %H:%M} UTC" if when else ""


def _second(when: datetime | None) -> str:
    return f"{telling.utc(when):%Y-%m-%d %H:%M:%S} UTC" if when else ""


def _clock(when: datetime | None) -> str:
    return f"{telling.utc(when):%H:%M:%S}" if when else ""


def _together(text: str) -> str:
    """A number and its word, never parted at the end of a line."""
    return text.replace(" ", "\u00a0")


def _unbroken(text: str) -> Markup:
    """A text with its dates kept whole at the end of a line: visible, escaped."""
    return Markup(_DATE.sub(r"<span class=nb>\g<0></span>", str(escape(visible(text)))))  # noqa: S704


def _host(url: str) -> str:
    """The host of an address that `link` has let through, as the words of the link."""
    return url.split("/", 3)[2]
