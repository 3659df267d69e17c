"""Onyphe, asked live: what the internet sees of the reader's own addresses and domains.

Only on request. Answers are read by the same code as exports. Source of the calls:
https://www.onyphe.io/docs/apis/search (search API v2, bearer key, `page` up to `max_page`).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from urllib.parse import urlsplit

import msgspec

from tocsin.collect.target_asking import TargetAsking
from tocsin.collect.web_api import (
    Answer,
    ApiSettings,
    Asked,
    Caller,
    Failure,
    Target,
    calling,
    fault,
    find_key,
    gap_of,
    reason_of,
    targets,
)
from tocsin.formats import HEAD_SIZE
from tocsin.formats import onyphe as onyphe_format
from tocsin.model.evidence import Evidence, Look
from tocsin.model.finding import Gap
from tocsin.model.locator import Locator
from tocsin.model.text import N_, say

BASE_URL = "https://www.onyphe.io"
URL_VARIABLE = "ONYPHE_API_URL"
KEY_VARIABLE = "ONYPHE_API_KEY"

API_PATH = "/api/v2"
"""Put behind the base address, unless it has a path of its own."""

CATEGORIES = ("datascan", "vulnscan")
"""What is asked, the services that answered first: only they say what can be seen at all."""


def settings_from(environment: Mapping[str, str], base_url: str = "") -> ApiSettings:
    """Address and key as the environment gives them. Raises OSError: key file not readable."""
    address = (base_url or environment.get(URL_VARIABLE) or BASE_URL).rstrip("/")
    return ApiSettings(base_url=address, key=find_key(environment, KEY_VARIABLE))


def planned(asked: Asked, settings: ApiSettings) -> Iterator[str]:
    """The calls that would be made first, without the key."""
    base = settings.base_url.rstrip("/")
    for target in targets(asked, base):
        if isinstance(target, Failure):
            yield f"{target.at}: {target.why}"
            continue
        for category in CATEGORIES:
            yield f"GET {base}{_path(base)}?q={_query(category, target)}&page=1"


def onyphe(
    asked: Asked, settings: ApiSettings, now: datetime | None = None
) -> Iterator[Evidence | Gap]:
    """What Onyphe knows, and one `Look` for each target whose services were wholly asked about.

    `now` is when was asked, by default the time of the call. A call that fails is a `Gap` with the
    call as its source; after one that every other would share, nothing more is asked.
    """
    base = settings.base_url.rstrip("/")
    why = fault(settings, KEY_VARIABLE)
    if why is not None:
        yield Gap(at=Locator(source="onyphe"), why=why, kind="not-collected")
        return
    moment = now or datetime.now(UTC)
    with calling(settings) as caller:
        for target in targets(asked, base):
            if isinstance(target, Failure):
                yield gap_of(target)
                continue
            asking = _Asking(caller, settings, onyphe_format.read)
            yield from asking.category(CATEGORIES[0], target)
            looked = asking.complete
            for category in () if asking.final else CATEGORIES[1:]:
                yield from asking.category(category, target)
            if looked:
                scope = f"{target.kind}:{target.value}"
                look = Look(seen_by="onyphe", scope=scope, records=asking.records)
                yield Evidence(at=asking.at, seen=moment, body=look)
            if asking.final:
                return


def _path(base: str) -> str:
    return "/search/" if urlsplit(base).path.strip("/") else f"{API_PATH}/search/"


def _query(category: str, target: Target) -> str:
    field = {"address": "ip", "network": "ip", "domain": "domain"}[target.kind]
    return f"category:{category} {field}:{target.value}"


class _Envelope(msgspec.Struct):
    """The members around an answer's records. error: 0 when all is well."""

    results: msgspec.Raw
    error: int = 0
    max_page: int = 1


class _Asking(TargetAsking):
    """The calls about one target."""

    def category(self, category: str, target: Target) -> Iterator[Evidence | Gap]:
        """Every record of one category, page by page."""
        path = _path(self._settings.base_url)
        for page in itertools.count(1):
            parameters = {"q": _query(category, target), "page": str(page)}
            answer = self._caller.get(path, parameters)
            if isinstance(answer, Failure):
                yield self._failed(answer)
                return
            self.at = answer.at
            around, before = _around(answer), self.records
            if answer.status == 200 and onyphe_format.recognise(answer.body[:HEAD_SIZE]):
                yield from self._read(answer)
            if around is None and (self.complete or not self.records):
                yield self._failed(_refusal(answer, self._caller))
                return
            if around is None or page >= around.max_page:
                return
            if page >= self._settings.pages or self.records == before:
                self.complete = False
                why = say(
                    N_("{total} pages match, and only {count} of them were read"),
                    total=around.max_page,
                    count=page,
                )
                yield Gap(at=self.at, why=why, kind="limit")
                return


def _around(answer: Answer) -> _Envelope | None:
    """The answer's own members; None when it is no answer to a search, or an error."""
    if answer.status != 200:
        return None
    try:
        found = msgspec.json.decode(answer.body, type=_Envelope)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return None
    return found if found.error == 0 and bytes(found.results)[:1] == b"[" else None


def _refusal(answer: Answer, caller: Caller) -> Failure:
    """An error can come with status 200; its number and text are in the answer."""
    if reason := reason_of(answer.body):
        why = say(N_("Onyphe refuses the call: {reason}"), reason=caller.hidden(reason))
        return Failure(at=answer.at, why=why)
    why = say(N_("not an answer of Onyphe to this call"))
    return Failure(at=answer.at, why=why, kind="unreadable")
