"""The advisory for staff as plain text, ready to be sent: how to recognise these mails, what to do.

Its words are data (`advisory_parts/*.toml`) in English, French, German and Italian.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator

from tocsin.model.conversation import Conversations
from tocsin.model.run import Run
from tocsin.report import Output, Translate
from tocsin.report.advisory_parts.notice import Block, notice
from tocsin.report.advisory_parts.wording import wording

COLUMNS = 74
"""Narrow enough to survive being quoted in a mail."""


def render(run: Run, translate: Translate, lang: str) -> str:  # noqa: ARG001
    """One advisory for everything that was found. `lang`: en, fr, de, it; else English."""
    return text(run.conversations, lang)


def text(conversations: Conversations | None, lang: str, campaign: str | None = None) -> str:
    """The same for one campaign by its id; `""` for the alerts that belong to none."""
    words = wording(lang)
    colon = " :" if lang.startswith("fr") else ":"
    head = f"{words.subject_word}{colon} {words.subject}"
    lines = [head, "", *laid_out(notice(conversations, lang, campaign))]
    return "\n".join(lines).rstrip("\n") + "\n"


def laid_out(blocks: Iterable[Block]) -> Iterator[str]:
    """Blocks as lines; a link or a name is never broken."""
    for block in blocks:
        if block.kind == "heading":
            yield from ("", block.text, "-" * min(len(block.text), COLUMNS), "")
        elif block.kind == "paragraph":
            yield from _filled(block.text, "", "")
            yield ""
        else:
            for item in block.items:
                yield from _filled(item, "  - ", "    ")
            yield ""


def _filled(words: str, first: str, later: str) -> list[str]:
    return textwrap.wrap(
        words,
        COLUMNS,
        initial_indent=first,
        subsequent_indent=later,
        break_long_words=False,
        break_on_hyphens=False,
    )


OUTPUT = Output(name="advisory", render=render)
