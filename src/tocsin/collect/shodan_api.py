"""Shodan, asked live: what the internet sees of the reader's own addresses and domains.

Only on request. Answers are read by the same code as exports. Source of the calls:
https://developer.shodan.io/api (host look-up, host search, one call a second, `key` as parameter).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import TypeVar

import msgspec

from tocsin.collect.target_asking import TargetAsking
from tocsin.collect.web_api import (
    Answer,
    ApiSettings,
    Asked,
    Failure,
    Target,
    calling,
    fault,
    find_key,
    gap_of,
    reason_of,
    targets,
)
from tocsin.formats import shodan as shodan_format
from tocsin.model.evidence import Evidence, Look
from tocsin.model.finding import Gap
from tocsin.model.locator import Locator
from tocsin.model.text import N_, say

BASE_URL = "https://api.shodan.io"
URL_VARIABLE = "SHODAN_API_URL"
KEY_VARIABLE = "SHODAN_API_KEY"

PAGE_SIZE = 100
"""Banners of one page of a search; the API fixes it."""

EXCHANGE = 'http.component:"outlook web app"'
"""Asked besides where a domain has more banners than are read, so that Exchange is not cut off."""


def settings_from(environment: Mapping[str, str], base_url: str = "") -> ApiSettings:
    """Address and key as the environment gives them. Raises OSError: key file not readable."""
    return ApiSettings(
        base_url=base_url or environment.get(URL_VARIABLE) or BASE_URL,
        key=find_key(environment, KEY_VARIABLE),
    )


def planned(asked: Asked, settings: ApiSettings) -> Iterator[str]:
    """The calls that would be made first, without the key."""
    base = settings.base_url.rstrip("/")
    for target in targets(asked, base):
        if isinstance(target, Failure):
            yield f"{target.at}: {target.why}"
        elif target.kind == "address":
            yield f"GET {base}/shodan/host/{target.value}"
        else:
            for query in _queries(target):
                yield f"GET {base}/shodan/host/search?query={query}&page=1"


def shodan(
    asked: Asked, settings: ApiSettings, now: datetime | None = None
) -> Iterator[Evidence | Gap]:
    """What Shodan knows, and one `Look` for each target that was wholly asked about.

    `now` is when was asked, by default the time of the call. A call that fails is a `Gap` with the
    call as its source; after one that every other would share, nothing more is asked.
    """
    base = settings.base_url.rstrip("/")
    why = fault(settings, KEY_VARIABLE)
    if why is not None:
        yield Gap(at=Locator(source="shodan"), why=why, kind="not-collected")
        return
    moment = now or datetime.now(UTC)
    with calling(settings, key_parameter="key") as caller:
        for target in targets(asked, base):
            if isinstance(target, Failure):
                yield gap_of(target)
                continue
            asking = _Asking(caller, settings, shodan_format.read)
            steps = asking.host if target.kind == "address" else asking.search
            yield from steps(target)
            if asking.complete:
                scope = f"{target.kind}:{target.value}"
                look = Look(seen_by="shodan", scope=scope, records=asking.records)
                yield Evidence(at=asking.at, seen=moment, body=look)
            if asking.final:
                return


def _queries(target: Target) -> tuple[str, ...]:
    if target.kind == "network":
        return (f"net:{target.value}",)
    return (f"hostname:{target.value}", f"ssl:{target.value}")


Kind = TypeVar("Kind")


class _Host(msgspec.Struct):
    """The member that every host look-up has."""

    ip_str: str


class _Search(msgspec.Struct):
    """The members that every search answer has; total counts the banners of all pages."""

    total: int
    matches: msgspec.Raw


def _is(body: bytes, kind: type[Kind]) -> Kind | None:
    """The answer's own members, if it is what was asked for."""
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return None


class _Asking(TargetAsking):
    """The calls about one target."""

    def host(self, target: Target) -> Iterator[Evidence | Gap]:
        """Look up one address; one that Shodan does not know is no failure."""
        answer = self._caller.get(f"/shodan/host/{target.value}", {})
        if isinstance(answer, Answer) and answer.status == 404:
            self.at = answer.at
            reason = reason_of(answer.body)
            if not reason.lower().startswith("no information available"):
                # Another 404 says that the call is wrong, not that the address is unknown.
                yield self._failed(_not_found(answer))
            return
        if isinstance(answer, Failure):
            yield self._failed(answer)
            return
        self.at = answer.at
        if (refusal := self._refusal(answer)) is not None:
            yield self._failed(refusal)
            return
        yield from self._read(answer)
        if self.complete and not _is(answer.body, _Host):
            yield self._failed(_unlike(answer))

    def search(self, target: Target) -> Iterator[Evidence | Gap]:
        """Search for everything of a domain or network, page by page."""
        cut = False
        for query in _queries(target):
            for item in self._pages(query):
                cut = cut or (isinstance(item, Gap) and item.kind == "limit")
                yield item
            if self.final:
                return
        if cut and target.kind == "domain":
            for query in _queries(target):
                yield from self._pages(f"{query} {EXCHANGE}")

    def _pages(self, query: str) -> Iterator[Evidence | Gap]:
        for page in itertools.count(1):
            parameters = {"query": query, "page": str(page), "minify": "false"}
            answer = self._caller.get("/shodan/host/search", parameters)
            if isinstance(answer, Answer) and answer.status != 200:
                answer = _not_found(answer)
            if isinstance(answer, Failure):
                yield self._failed(answer)
                return
            self.at = answer.at
            if (refusal := self._refusal(answer)) is not None:
                yield self._failed(refusal)
                return
            before = self.records
            yield from self._read(answer)
            found = _is(answer.body, _Search)
            if found is None:
                if self.complete:
                    yield self._failed(_unlike(answer))
                return
            if page * PAGE_SIZE >= found.total:
                return
            if self.records == before or page >= self._settings.pages:
                self.complete = False
                why = say(
                    N_("{total} banners match, and only {count} pages of them were read"),
                    total=found.total,
                    count=page,
                )
                yield Gap(at=self.at, why=why, kind="limit")
                return

    def _refusal(self, answer: Answer) -> Failure | None:
        """An error that came with status 200."""
        if not (reason := reason_of(answer.body)) or _is(answer.body, _Host) is not None:
            return None
        why = say(N_("Shodan refuses the call: {reason}"), reason=self._caller.hidden(reason))
        return Failure(at=answer.at, why=why)


def _not_found(answer: Answer) -> Failure:
    why = say(N_("the API answered with status {status}"), status=answer.status)
    return Failure(at=answer.at, why=why)


def _unlike(answer: Answer) -> Failure:
    why = say(N_("not an answer of Shodan to this call"))
    return Failure(at=answer.at, why=why, kind="unreadable")
