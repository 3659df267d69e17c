"""Asking Microsoft Graph, read-only: GET, to Microsoft's own hosts, and only paths on a list.

The list is `graph_questions.toml`. `Graph.ask` is the one place that sends; the pages of an answer
are fetched from the same host and path as its first, however the answer names the next.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from importlib import resources
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import msgspec

from tocsin.collect import web_api
from tocsin.collect.web_api import Answer, ApiKey, ApiSettings, Caller, Failure
from tocsin.model.locator import Locator
from tocsin.model.text import N_, Sentence, say

HOSTS = {
    "global": ("graph.microsoft.com", "login.microsoftonline.com"),
    "us": ("graph.microsoft.us", "login.microsoftonline.us"),
    "us-dod": ("dod-graph.microsoft.us", "login.microsoftonline.us"),
    "china": ("microsoftgraph.chinacloudapi.cn", "login.chinacloudapi.cn"),
}
"""By cloud: Graph, and where one signs in. Source: learn.microsoft.com/graph/deployments."""

VERSION = "/v1.0"

PAGES_LIMIT = 200
"""Pages read of one answer; the rest is told as a gap."""

PAUSE = 0.4
"""Seconds between two calls: Graph allows 150 readings of keys a minute."""

_GUID = r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_IS_GUID = re.compile(_GUID)


class Question(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One thing that may be asked; the file says what each member means."""

    name: str
    path: str
    select: tuple[str, ...]
    permission: str
    many: bool
    filter: str = ""

    def parameters(self) -> dict[str, str]:
        """The query of the first page."""
        found = {"$filter": self.filter, "$select": ",".join(self.select)}
        return {name: value for name, value in found.items() if value}


class _Questions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    question: tuple[Question, ...]


@cache
def questions() -> dict[str, Question]:
    """Every question by name, in the file's order. Raises msgspec's error on a bad file."""
    file = resources.files("tocsin.collect") / "graph_questions.toml"
    found = msgspec.toml.decode(file.read_bytes(), type=_Questions).question
    return {each.name: each for each in found}


def allowed(path: str, question: Question) -> bool:
    """Whether a path, version and all, is the question's own."""
    pieces = (VERSION + question.path).split("{id}")
    return re.fullmatch(_GUID.join(map(re.escape, pieces)), path) is not None


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """Objects of one answer, and the call they came from. place: where the first one stands."""

    at: Locator
    objects: list[dict[str, Any]]
    listed: bool


class Lost(msgspec.Struct, frozen=True, kw_only=True):
    """Why the answer to a question is missing, or its end. absent: Graph says there is no such
    object, which is an answer. final: every further question would fare the same."""

    failure: Failure
    absent: bool = False


def settings(cloud: str, token: ApiKey, base_url: str = "", pause: float = PAUSE) -> ApiSettings:
    """Whom to ask. base_url: only to ask this machine instead, in tests."""
    return ApiSettings(base_url=base_url or f"https://{HOSTS[cloud][0]}", key=token, pause=pause)


def fault(asked: ApiSettings) -> Sentence | None:
    """Why these settings are refused before anything is sent; None when they are fit."""
    why = web_api.fault(asked, "TOCSIN_GRAPH_SECRET")
    if why is not None:
        return why
    parts = urlsplit(asked.base_url)
    ours = parts.hostname in {graph for graph, _ in HOSTS.values()} or parts.scheme == "http"
    # What web_api lets through without TLS is this machine and nothing else.
    if not ours or parts.path.strip("/"):
        return say(N_("not a host of Microsoft Graph: {host}"), host=(parts.hostname or "")[:200])
    return None


class Graph:
    """Microsoft Graph, and how to ask it."""

    def __init__(self, caller: Caller, asked: ApiSettings) -> None:
        self._caller = caller
        self._base = asked.base_url.rstrip("/")
        self._pages = PAGES_LIMIT

    def ask(self, question: Question, identifier: str = "") -> Iterator[Page | Lost]:
        """Every page of the answer; `Lost` last when there is none, or not all of it."""
        path = VERSION + question.path.replace("{id}", identifier)
        at = Locator(source=f"{self._base}{path}")
        if "{id}" in question.path and _IS_GUID.fullmatch(identifier) is None:
            why = say(N_("no identifier of an object: {text}"), text=identifier[:80])
            yield _lost(at, why)
            return
        parameters, seen = question.parameters(), set[str]()
        for _ in range(self._pages):
            assert allowed(path, question)
            answer = self._caller.get(path, parameters)
            if isinstance(answer, Failure) or answer.status == 404:
                yield self._failed(answer, question)
                return
            page, following = self._read(answer, question)
            yield page
            if isinstance(page, Lost) or not following:
                return
            found = self._next(following, question)
            if found is None or following in seen:
                why = say(N_("the answer names another place for its next page, not followed"))
                yield _lost(answer.at, why)
                return
            seen.add(following)
            path, parameters = found
        why = say(N_("more than {limit} pages; the rest was not read"), limit=self._pages)
        yield Lost(failure=Failure(at=at, why=why, kind="limit"))

    def _next(self, link: str, question: Question) -> tuple[str, dict[str, str]] | None:
        """Path and query of the next page; None when it is not on the same host and path."""
        try:
            parts = urlsplit(link)
            query = parse_qsl(parts.query, keep_blank_values=True, max_num_fields=32)
        except ValueError:
            return None
        same = f"{parts.scheme}://{parts.netloc}".lower() == self._base.lower()
        if not same or parts.fragment or not allowed(parts.path, question):
            return None
        return parts.path, dict(query)

    def _read(self, answer: Answer, question: Question) -> tuple[Page | Lost, str]:
        """The objects of an answer, and the link to the next page."""
        if answer.cut:
            limit = web_api.ANSWER_LIMIT
            why = say(N_("the answer is longer than {limit} bytes"), limit=limit)
            return Lost(failure=Failure(at=answer.at, why=why, kind="limit")), ""
        try:
            found = msgspec.json.decode(answer.body)
        except (msgspec.DecodeError, ValueError, RecursionError):
            found = None
        objects = _objects(found, question)
        if objects is None:
            why = say(N_("not an answer of Microsoft Graph to this question"))
            return _lost(answer.at, why, unreadable=True), ""
        link = found.get("@odata.nextLink") if question.many and isinstance(found, dict) else ""
        page = Page(at=answer.at, objects=objects, listed=question.many)
        return page, link if isinstance(link, str) else ""

    def _failed(self, failed: Failure | Answer, question: Question) -> Lost:
        if isinstance(failed, Answer):
            absent = web_api.reason_of(failed.body) != "" and not question.many
            why = say(N_("there is no such object in the tenant"))
            return Lost(failure=Failure(at=failed.at, why=why), absent=absent)
        why = failed.why
        if failed.status == 401:
            why = say(
                N_("Microsoft Graph does not accept the sign-in (401): {reason}"),
                reason=failed.reason or "-",
            )
        elif failed.status == 403:
            why = say(
                N_(
                    "the account may not read this (403): it needs the permission {permission}, "
                    "consented by an administrator. Graph says: {reason}"
                ),
                permission=question.permission,
                reason=failed.reason or "-",
            )
        return Lost(failure=msgspec.structs.replace(failed, why=why))


def _objects(found: Any, question: Question) -> list[dict[str, Any]] | None:
    """The objects in an answer; None when it is no answer to the question."""
    if not isinstance(found, dict):
        return None
    if not question.many:
        return [found] if isinstance(found.get("id"), str) else None
    objects = found.get("value")
    fit = isinstance(objects, list) and all(isinstance(each, dict) for each in objects)
    return objects if fit else None


def _lost(at: Locator, why: Sentence, *, unreadable: bool = False) -> Lost:
    kind = "unreadable" if unreadable else "not-collected"
    return Lost(failure=Failure(at=at, why=why, kind=kind))  # type: ignore[arg-type]
