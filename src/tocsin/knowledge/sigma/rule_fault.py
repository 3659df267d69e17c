"""What is wrong with a rule."""

from __future__ import annotations

from tocsin.model.text import Sentence


class RuleError(ValueError):
    """What is wrong with a rule, as a sentence for its author."""

    def __init__(self, why: Sentence) -> None:
        super().__init__(str(why))
        self.why = why
