"""The apps in Entra that Exchange servers sign for, and the keys on them."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

import msgspec

from tocsin.analyse.trust.names import thumbprint
from tocsin.analyse.trust.objects import objects
from tocsin.analyse.trust.remembering import remembered
from tocsin.analyse.trust.settings import VALUE_LIMIT, Answer, Item, printed
from tocsin.analyse.trust.situation import Situation
from tocsin.model.trusts import Basis

FIRST_PARTY = "00000002-0000-0ff1-ce00-000000000000"
"""Office 365 Exchange Online, the same in every tenant."""

DEDICATED = "exchangeserverapp-"
"""How the script of Microsoft's documentation names the dedicated hybrid app."""

FULL_ACCESS = "dc890d15-9560-4a4c-9b7f-a736ec74ec40"
"""The role full_access_as_app: Exchange Web Services with full access to all mailboxes."""

PrincipalKind = Literal["first-party", "dedicated", "other"]


class Key(msgspec.Struct, frozen=True, kw_only=True):
    """A key credential. thumbprint: empty where the export does not say. until: None likewise."""

    thumbprint: str
    key_id: str
    name: str
    until: date | None
    basis: Basis

    @property
    def label(self) -> str:
        """What it is called in a sentence."""
        return self.thumbprint or self.key_id or self.name or "?"


class Principal(msgspec.Struct, frozen=True, kw_only=True):
    """One app: its service principal and its registration. keys_known: its list of keys was read,
    even if it is empty. ids: object ids, as role assignments name it."""

    kind: PrincipalKind
    app_id: str
    name: str
    ids: frozenset[str]
    items: tuple[Item, ...]
    keys: tuple[Key, ...]
    keys_known: bool

    def ask(self, name: str) -> tuple[Answer, ...]:
        """What each of its objects says of a property."""
        return tuple(item.ask(name) for item in self.items)


@remembered
def principals(situation: Situation) -> tuple[Principal, ...]:
    """Every app that was read, in order of its id."""
    found: dict[str, list[Item]] = {}
    for kind in ("ServicePrincipal", "Application"):
        for item in objects(situation, kind, "entra"):
            app = next(iter(item.ask("appId").texts()), "").lower()
            if app:
                found.setdefault(app, []).append(item)
    named = dedicated_ids(situation)
    return tuple(_principal(app, items, named) for app, items in sorted(found.items()))


def dedicated_ids(situation: Situation) -> frozenset[str]:
    """App ids that the authorisation servers on-premises use instead of the shared principal."""
    return frozenset(
        text.lower()
        for item in objects(situation, "AuthServer", "on-premises")
        if item.ask("Type").value == "AzureAD"
        for text in item.ask("ApplicationIdentifier").texts()
        if text.lower() != FIRST_PARTY
    )


def _principal(app: str, items: list[Item], named: frozenset[str]) -> Principal:
    names = [text for item in items for text in item.ask("displayName").texts()]
    name = next(iter(names), app)
    kind: PrincipalKind = "other"
    if app == FIRST_PARTY:
        kind = "first-party"
    elif app in named or any(each.lower().startswith(DEDICATED) for each in names):
        kind = "dedicated"
    # A tenant's keys for Microsoft's own app lie on the service principal; those of an app of one's
    # own lie on its registration.
    home = "ServicePrincipal" if kind == "first-party" else "Application"
    answers = [(item.setting.kind, item.ask("keyCredentials")) for item in items]
    keys = {key.label: key for _, each in answers for key in _keys(each)}
    return Principal(
        kind=kind,
        app_id=app,
        name=name,
        # A registration has an object id too, but roles are given to the service principal's.
        ids=frozenset(
            text.lower()
            for item in items
            if item.setting.kind == "ServicePrincipal"
            for text in item.ask("id").texts()
        ),
        items=tuple(items),
        keys=tuple(key for _, key in sorted(keys.items())),
        keys_known=any(each.known for where, each in answers if where == home),
    )


def _keys(answer: Answer) -> list[Key]:
    if not isinstance(answer.value, list):
        return []
    return [_key(each, answer) for each in answer.value if isinstance(each, dict)]


def _key(value: dict[str, Any], answer: Answer) -> Key:
    said = {str(name).lower(): str(each or "") for name, each in value.items()}
    return Key(
        thumbprint=thumbprint(said.get("customkeyidentifier", "")),
        key_id=said.get("keyid", ""),
        name=said.get("displayname", ""),
        until=day(said.get("enddatetime", "")),
        # Of this key alone: a list of them is cut before it comes to the last.
        basis=msgspec.structs.replace(answer.basis, value=printed(value)[:VALUE_LIMIT]),
    )


def day(text: str) -> date | None:
    """The day of an ISO 8601 time, None for anything else."""
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None
