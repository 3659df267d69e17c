"""Who holds keys and roles in a tenant that concern Exchange, asked live of Microsoft Graph.

Only on request, and nothing but GET. What comes back is told as settings, and for each kind whether
it was wholly asked for: an answer that is missing is never one that says "none".
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from tocsin.collect import graph_objects
from tocsin.collect.graph_asking import Graph, Page, fault, questions
from tocsin.collect.web_api import ApiSettings, calling, gap_of
from tocsin.model.evidence import Evidence, Inquiry, Setting
from tocsin.model.finding import Gap
from tocsin.model.locator import Locator
from tocsin.model.text import N_, Sentence, say

PRINCIPALS_LIMIT = 300
"""Applications looked at closely; the rest is told as a gap."""

ROLES_LIMIT = 300
"""Roles of the tenant whose members are asked for."""

KINDS = (
    "Tenant",
    "ServicePrincipal",
    "AppRoleAssignment",
    "Application",
    "AppOwner",
    "DirectoryRoleMember",
)
"""What is told, each with one `Inquiry`."""


def planned(asked: ApiSettings) -> Iterator[str]:
    """The calls that would be made, with {id} where an answer before says which."""
    for question in questions().values():
        query = "&".join(f"{name}={value}" for name, value in question.parameters().items())
        path = f"{asked.base_url.rstrip('/')}/v1.0{question.path}"
        yield f"GET {path}" + (f"?{query}" if query else "")


def graph(asked: ApiSettings, now: datetime | None = None) -> Iterator[Evidence | Gap]:
    """What the tenant says, then one `Inquiry` for each kind. `now`: when was asked.

    A call that fails is a `Gap` with the call as its source, and the others are still made; after
    one that every other would share, nothing more is asked.
    """
    why = fault(asked)
    if why is not None:
        yield Gap(at=Locator(source="microsoft graph"), why=why, kind="not-collected")
        return
    with calling(asked) as caller:
        reading = _Reading(Graph(caller, asked), now or datetime.now(UTC))
        for each in reading.everything():
            yield each
            yield from reading.gaps()
        yield from reading.gaps()
        at = Locator(source=f"{asked.base_url.rstrip('/')}/v1.0")
        for kind in KINDS:
            body = Inquiry(
                kind=kind,
                side="entra",
                found=reading.found.get(kind, 0),
                fault=reading.fault(kind),
            )
            yield Evidence(at=at, seen=reading.now, body=body)


_Found = tuple[Locator, dict[str, Any]]
"""An object of Graph, and its place."""


class _Reading:
    """One tenant: what was found of each kind, and what failed."""

    def __init__(self, asking: Graph, now: datetime) -> None:
        self._graph = asking
        self.now = now
        self.found: dict[str, int] = {}
        self.faults: dict[str, str] = {}
        self._gaps: list[Gap] = []
        self._final = ""
        self._holders: dict[str, str] = {}
        self._exchange = ""

    def gaps(self) -> Iterator[Gap]:
        """What failed since this was last asked."""
        while self._gaps:
            yield self._gaps.pop(0)

    def fault(self, kind: str) -> str:
        """Why not all objects of a kind were told; empty when they were."""
        first = {"Application": "ServicePrincipal", "AppOwner": "Application"}.get(kind, "")
        # Which applications there are is learnt from principals, and whose owners from applications.
        return self.faults.get(kind, "") or self._final or (self.fault(first) if first else "")

    def everything(self) -> Iterator[Evidence]:
        """All questions, in the order in which answers lead to questions."""
        for at, thing in self._asked("organization", "Tenant"):
            yield self._told(at, graph_objects.setting("Tenant", thing))
        yield from self._exchange_online()
        self._find_holders()
        for holder in list(self._holders)[:PRINCIPALS_LIMIT]:
            yield from self._holder(holder)
        yield from self._applications()
        yield from self._roles()

    def _exchange_online(self) -> Iterator[Evidence]:
        for at, thing in self._asked("exchange online", "ServicePrincipal"):
            self._exchange = _identifier(thing)
            yield self._principal(at, thing)
        if not self._exchange:
            self._unknown("AppRoleAssignment", self.faults.get("ServicePrincipal", ""))
            return
        name = "roles given at exchange online"
        for at, thing in self._asked(name, "AppRoleAssignment", self._exchange):
            yield self._told(at, graph_objects.setting("AppRoleAssignment", thing))
            if thing.get("principalType") == "ServicePrincipal":
                self._holders.setdefault(_identifier(thing, "principalId"), "")

    def _find_holders(self) -> None:
        """Applications that hold a role at Exchange Online, or are an Exchange server's own."""
        for _, thing in self._asked("principals of exchange servers", "ServicePrincipal"):
            self._holders.setdefault(_identifier(thing), "")
        self._holders.pop("", None)
        self._holders.pop(self._exchange, None)
        if len(self._holders) > PRINCIPALS_LIMIT:
            limit = PRINCIPALS_LIMIT
            why = say(N_("more than {limit} applications; the rest was not read"), limit=limit)
            self._cut(why, "ServicePrincipal", "AppRoleAssignment", "Application", "AppOwner")

    def _holder(self, holder: str) -> Iterator[Evidence]:
        for at, thing in self._asked("principal", "ServicePrincipal", holder):
            app = thing.get("appId")
            self._holders[holder] = app if isinstance(app, str) else ""
            yield self._principal(at, thing)
        for at, thing in self._asked("roles of a principal", "AppRoleAssignment", holder):
            # What is held at Exchange Online has been told.
            if thing.get("resourceId") != self._exchange:
                yield self._told(at, graph_objects.setting("AppRoleAssignment", thing))

    def _principal(self, at: Locator, thing: dict[str, Any]) -> Evidence:
        owners = self._owners("owners of a principal", "", thing)
        names = None if owners is None else [graph_objects.owner_name(each) for _, each in owners]
        return self._told(at, graph_objects.setting("ServicePrincipal", thing, names))

    def _applications(self) -> Iterator[Evidence]:
        numbers = dict.fromkeys(filter(None, self._holders.values()))
        for _, thing in self._asked("applications of exchange servers", "Application"):
            if isinstance(number := thing.get("appId"), str):
                numbers.setdefault(number)
        for number in list(numbers)[:PRINCIPALS_LIMIT]:
            # An application of another tenant is registered there: absent here, and no fault.
            for at, thing in self._asked("application by its number", "Application", number):
                owners = self._owners("owners of an application", "AppOwner", thing)
                names = [graph_objects.owner_name(each) for _, each in owners or ()]
                told = None if owners is None else names
                yield self._told(at, graph_objects.setting("Application", thing, told))
                for place, each in owners or ():
                    yield self._told(place, graph_objects.owner(each, number))

    def _roles(self) -> Iterator[Evidence]:
        roles = [each for _, each in self._asked("roles of the tenant", "DirectoryRoleMember")]
        if len(roles) > ROLES_LIMIT:
            why = say(N_("more than {limit} roles; the rest was not read"), limit=ROLES_LIMIT)
            self._cut(why, "DirectoryRoleMember")
        for role in roles[:ROLES_LIMIT]:
            name = "members of a role"
            for at, thing in self._asked(name, "DirectoryRoleMember", _identifier(role)):
                yield self._told(at, graph_objects.role_member(thing, role))

    def _owners(self, name: str, kind: str, thing: dict[str, Any]) -> list[_Found] | None:
        """The owners of an object; None when they are not known, or not all of them."""
        failed = len(self._gaps)
        found = list(self._asked(name, kind, _identifier(thing)))
        return None if self._final or len(self._gaps) > failed else found

    def _asked(self, name: str, kind: str, identifier: str = "") -> Iterator[_Found]:
        """Each object of the answer with its place; what is missing of it is kept in mind."""
        if self._final:
            self._unknown(kind, self._final)
            return
        for page in self._graph.ask(questions()[name], identifier):
            if isinstance(page, Page):
                for number, thing in enumerate(page.objects, 1):
                    yield _place(page, number), thing
            elif not page.absent:
                why = str(page.failure.why)
                self._final = why if page.failure.final else ""
                self._unknown(kind, why)
                self._gaps.append(gap_of(page.failure))

    def _cut(self, why: Sentence, *kinds: str) -> None:
        for kind in kinds:
            self._unknown(kind, str(why))
        self._gaps.append(Gap(at=Locator(source="microsoft graph"), why=why, kind="limit"))

    def _unknown(self, kind: str, why: str) -> None:
        if kind and why:
            self.faults.setdefault(kind, why)

    def _told(self, at: Locator, body: Setting) -> Evidence:
        self.found[body.kind] = self.found.get(body.kind, 0) + 1
        return Evidence(at=at, seen=self.now, body=body)


def _place(page: Page, number: int) -> Locator:
    # Which properties were asked for is the same in every call of a kind, and long.
    source = page.at.source.partition("$select=")[0].rstrip("?&")
    position = f"value {number}" if page.listed else ""
    return Locator(source=source, position=position, sha256=page.at.sha256)


def _identifier(thing: dict[str, Any], name: str = "id") -> str:
    found = thing.get(name)
    return found if isinstance(found, str) else ""
