"""Whoever has the Auth Certificate's key signs as Exchange for the apps in Entra that take it."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from tocsin.analyse.trust.drawing import CLOUD_MAILBOXES, TENANT, edge, node_id
from tocsin.analyse.trust.edges.mail_keys import called, certificate_id, certificate_node, holdings
from tocsin.analyse.trust.keys import Certificate, certificates, holders
from tocsin.analyse.trust.mail_roles import Outsider, outsiders
from tocsin.analyse.trust.objects import objects
from tocsin.analyse.trust.principals import (
    FIRST_PARTY,
    FULL_ACCESS,
    Key,
    Principal,
    dedicated_ids,
    principals,
)
from tocsin.analyse.trust.situation import Situation
from tocsin.analyse.trust.ties import tokens
from tocsin.model.text import N_, say
from tocsin.model.trusts import Basis, Edge, Node

SIGNS = N_("{app} takes what the key of {certificate} signs: its public part lies there.")
ENDLESS = N_(
    "{app} takes what the key of {certificate} signs, unless it has ended: until when it holds was not "
    "read."
)
MAY_SIGN = N_(
    "The keys of {app} were not read; by design of the hybrid the public part of {certificate} lies "
    "there."
)
CLEAN = N_("Remove the key of {certificate} from {app}, then rotate the Auth Certificate.")
TENANT_WIDE = N_(
    "{app} is Exchange Online itself: whoever signs for it acts as the service (CVE-2025-53786). What "
    "Microsoft has blocked of this since is not documented in full; the trust is still there."
)
MAILBOXES = N_("{app} has full access to all mailboxes.")
MAY_READ = N_(
    "The roles of {app} were not read; as Microsoft's script makes it, it has full access to all "
    "mailboxes."
)
ALSO = N_(
    "{app} is not the hybrid's app and has {value} for every mailbox, unless an application access "
    "policy of Exchange Online narrows it."
)
TAKE_AWAY = N_("Take {value} away from {app}, or narrow it to the mailboxes that it works for.")
LESS = N_("Give {app} the Graph permissions of the May 2026 update instead of full access.")
MOVE_ON = N_("Set up the dedicated hybrid app, then clean the shared principal.")

FIRST_NAME = "Office 365 Exchange Online"
UNREAD = Certificate(subject="CN=Auth Certificate (not exported)", uses=frozenset({"current"}))
UPLOADED = frozenset({"current", "next"})
"""What the wizard uploads the public part of."""


class App(msgspec.Struct, frozen=True, kw_only=True):
    """An app that takes signatures. principal: as read, None where only its id is known. outsider:
    what it has, if it is not Exchange's."""

    id: str
    app_id: str
    name: str
    first: bool
    principal: Principal | None
    basis: tuple[Basis, ...]
    outsider: Outsider | None = None


def draw(situation: Situation) -> Iterator[Node | Edge]:
    """Certificates for tokens, who holds their keys, the apps that take them, what those may."""
    expected = tokens(situation)
    known = certificates(situation)
    signing = [each for each in known if each.auth or each.uses & {"principal", "app"}]
    if expected and not any(each.uses & UPLOADED for each in known):
        signing.append(msgspec.structs.replace(UNREAD, bases=expected))
    for each in signing:
        yield certificate_node(each)
        yield from holdings(each, holders(situation, each), ("HYB-054", "HYB-055"))
    for app in _apps(situation, expected):
        yield _node(app)
        yield from _signatures(situation, app, signing, expected)
        yield from _roles(situation, app)


def _apps(situation: Situation, expected: tuple[Basis, ...]) -> list[App]:
    read = [each for each in principals(situation) if each.kind != "other"]
    found = {
        each.app_id: App(
            id=app_node_id(first=each.kind == "first-party", app_id=each.app_id),
            app_id=each.app_id,
            name=each.name,
            first=each.kind == "first-party",
            principal=each,
            basis=tuple(item.basis() for item in each.items),
        )
        for each in read
    }
    if expected:
        for app_id in sorted({FIRST_PARTY, *dedicated_ids(situation)}):
            first = app_id == FIRST_PARTY
            found.setdefault(
                app_id,
                App(
                    id=app_node_id(first=first, app_id=app_id),
                    app_id=app_id,
                    name=FIRST_NAME if first else f"dedicated hybrid app {app_id}",
                    first=first,
                    principal=None,
                    basis=expected,
                ),
            )
    return [*(each for _, each in sorted(found.items())), *_others(situation)]


def _others(situation: Situation) -> Iterator[App]:
    """Apps beside the hybrid's that read every mailbox."""
    for each in outsiders(situation):
        if each.sure and each.principal is not None and each.opens != "sending":
            yield App(
                id=app_node_id(first=False, app_id=each.principal.app_id),
                app_id=each.principal.app_id,
                name=each.name,
                first=False,
                principal=each.principal,
                basis=tuple(item.basis() for item in each.principal.items),
                outsider=each,
            )


def app_node_id(*, first: bool, app_id: str) -> str:
    """The id of an app's node."""
    return node_id("FirstPartySP" if first else "DedicatedApp", app_id)


def _node(app: App) -> Node:
    return Node(
        id=app.id,
        kind="FirstPartySP" if app.first else "DedicatedApp",
        name=app.name,
        side="cloud",
        facts={"appId": app.app_id},
        bases=app.basis,
    )


def _signatures(
    situation: Situation, app: App, signing: list[Certificate], expected: tuple[Basis, ...]
) -> Iterator[Edge]:
    read = app.principal is not None and app.principal.keys_known
    if app.principal is not None:
        by_thumbprint = {each.thumbprint: each for each in signing if each.thumbprint}
        for key in app.principal.keys:
            if key.until is None or key.until >= situation.today:
                certificate = by_thumbprint.get(key.thumbprint)
                if certificate is not None:
                    yield _signature(app, certificate, key)
                elif not key.thumbprint and app.outsider is None:
                    yield from _presumed(app, signing, (key.basis,))
    # An app that the directory was asked for and does not have takes no signature.
    asked = app.principal is None and app.first
    missing = asked and situation.settings.asked("ServicePrincipal", "entra")
    if not read and not missing and app.outsider is None:
        yield from _presumed(app, signing, expected or app.basis)


def _signature(app: App, certificate: Certificate, key: Key) -> Edge:
    words = {"app": app.name, "certificate": called(certificate)}
    checks = ("HYB-050", "HYB-051", "HYB-054") if app.first else ("HYB-052", "HYB-054")
    return edge(
        "HX_SignsFor",
        certificate_id(certificate),
        app.id,
        say(SIGNS if key.until is not None else ENDLESS, **words),
        provenance="configured" if key.until is not None else "assumed",
        checks=("HYB-053",) if app.outsider else checks,
        fix=say(CLEAN, **words),
        bases=(key.basis,),
    )


def _presumed(app: App, signing: list[Certificate], bases: tuple[Basis, ...]) -> Iterator[Edge]:
    for each in signing:
        if each.uses & UPLOADED:
            words = {"app": app.name, "certificate": called(each)}
            yield edge(
                "HX_SignsFor",
                certificate_id(each),
                app.id,
                say(MAY_SIGN, **words),
                variant="assumed",
                provenance="assumed",
                checks=("HYB-050", "HYB-052"),
                fix=say(CLEAN, **words),
                bases=(*bases, *each.bases),
            )


def _roles(situation: Situation, app: App) -> Iterator[Edge]:
    if app.first:
        for target, variant in ((TENANT, "tenant"), (CLOUD_MAILBOXES, "first-party")):
            yield edge(
                "HX_AppRole",
                app.id,
                target,
                say(TENANT_WIDE, app=app.name),
                variant=variant,
                provenance="by-design",
                checks=("HYB-050", "HYB-052"),
                fix=say(MOVE_ON),
                bases=app.basis,
            )
        return
    if app.outsider is not None:
        words = {"app": app.name, "value": ", ".join(app.outsider.roles)}
        yield edge(
            "HX_AppRole",
            app.id,
            CLOUD_MAILBOXES,
            say(ALSO, **words),
            variant="mailboxes" if app.outsider.opens == "everything" else "mail",
            checks=("HYB-053",),
            fix=say(TAKE_AWAY, **words),
            bases=tuple(each.basis for each in app.outsider.answers),
        )
        return
    granted = _granted(situation, app)
    if granted or not situation.settings.asked("AppRoleAssignment", "entra"):
        yield edge(
            "HX_AppRole",
            app.id,
            CLOUD_MAILBOXES,
            say(MAILBOXES if granted else MAY_READ, app=app.name),
            variant="mailboxes" if granted else "by-design",
            provenance="configured" if granted else "by-design",
            checks=("HYB-053",),
            fix=say(LESS, app=app.name),
            bases=granted or app.basis,
        )


def _granted(situation: Situation, app: App) -> tuple[Basis, ...]:
    ids = app.principal.ids if app.principal is not None else frozenset[str]()
    return tuple(
        item.ask("appRoleId").basis
        for item in objects(situation, "AppRoleAssignment", "entra")
        if any(text.lower() == FULL_ACCESS for text in item.ask("appRoleId").texts())
        and (
            ids & {text.lower() for text in item.ask("principalId").texts()}
            or app.name in item.ask("principalDisplayName").texts()
        )
    )
