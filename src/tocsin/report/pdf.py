"""The report as PDF, out of the same page: an extra, `pip install tocsin[pdf]`.

What a browser prints of the page is what stands here. Nothing is fetched: every address that the page
could name is refused.
"""

from __future__ import annotations

from tocsin.model.marking import N_
from tocsin.model.run import Run
from tocsin.report import Extra, Output, Translate
from tocsin.report.html import render as page

EXTRA = N_("a PDF needs the extra: install tocsin[pdf], and Pango from the system's packages")


def render(run: Run, translate: Translate, lang: str) -> bytes:
    """A PDF 1.7 document. Raises `Extra` when the extra is not installed."""
    try:
        import weasyprint  # noqa: PLC0415 - an extra
    except (ImportError, OSError) as fault:
        raise Extra(translate(EXTRA)) from fault
    document = weasyprint.HTML(string=page(run, translate, lang), url_fetcher=_refuse)
    return bytes(document.write_pdf())


def _refuse(url: str) -> dict[str, str]:
    msg = f"nothing is fetched: {url[:100]}"
    raise ValueError(msg)


OUTPUT = Output(name="pdf", render=render)
