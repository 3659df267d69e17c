"""What every search engine does about one target: read its answers, count them, say what failed."""

from __future__ import annotations

import io
from collections.abc import Iterator

from tocsin.collect.web_api import ANSWER_LIMIT, Answer, ApiSettings, Caller, Failure, gap_of
from tocsin.formats import Reader, Reading
from tocsin.model.evidence import Evidence, Look
from tocsin.model.finding import Gap
from tocsin.model.locator import Locator
from tocsin.model.text import N_, say


class TargetAsking:
    """The calls about one target, and how they went. read: the engine's own file format."""

    def __init__(self, caller: Caller, settings: ApiSettings, read: Reader) -> None:
        self._caller = caller
        self._settings = settings
        self._format = read
        self.at = Locator(source=settings.base_url)
        self.records = 0
        self.complete = True
        self.final = False

    def _read(self, answer: Answer) -> Iterator[Evidence | Gap]:
        """The answer as the format reads it; its looks are counted, not passed on."""
        for each in self._format(io.BytesIO(answer.body), answer.at, Reading()):
            if isinstance(each, Gap):
                self.complete = False
                yield each
            elif isinstance(each.body, Look):
                self.records += each.body.records
            else:
                yield each
        if answer.cut:
            self.complete = False
            why = say(N_("the answer is longer than {limit} bytes"), limit=ANSWER_LIMIT)
            yield Gap(at=answer.at, why=why, kind="limit")

    def _failed(self, failure: Failure) -> Gap:
        self.complete = False
        self.final = failure.final
        return gap_of(failure)
