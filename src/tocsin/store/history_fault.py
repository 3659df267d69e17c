"""The history's refusal, apart from the history: whoever reports it need not load a database."""

from __future__ import annotations

from tocsin.model.text import Sentence


class HistoryError(ValueError):
    """The history cannot be used; `why` says it in the reader's language."""

    def __init__(self, why: Sentence) -> None:
        super().__init__(str(why))
        self.why = why
