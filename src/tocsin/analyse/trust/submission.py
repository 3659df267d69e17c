"""Who may hand mail to a server without signing in, and be relayed or believed.

Two ways: a connector that takes its senders for externally secured, and one on which anonymous senders
may relay. The second needs both the permission group and the right ms-Exch-SMTP-Accept-Any-Recipient
(https://learn.microsoft.com/exchange/mail-flow/connectors/allow-anonymous-relay).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import msgspec

from tocsin.analyse.trust.keys import host_of
from tocsin.analyse.trust.objects import objects
from tocsin.analyse.trust.ranges import Span, span
from tocsin.analyse.trust.remembering import remembered
from tocsin.analyse.trust.settings import Answer, Item
from tocsin.analyse.trust.situation import Situation, Verdict
from tocsin.analyse.trust.verdicts import NONE_HERE, named, uncollected
from tocsin.model.server_state import ServerState
from tocsin.model.text import say

RELAY_RIGHT = "ms-exch-smtp-accept-any-recipient"

_ANONYMOUS = re.compile(r"s-1-5-7$|anonym|anonim|anônim|anóni|анонимн|匿名|익명", re.IGNORECASE)
"""ANONYMOUS LOGON in the languages of Windows, or its SID."""

_PATH = re.compile(
    r"CN=(?P<name>[^,]+),CN=SMTP Receive Connectors,CN=Protocols,CN=(?P<server>[^,]+)",
    re.IGNORECASE,
)

TEXTS_SHOWN = 4
"""Ranges quoted in one sentence."""


class Remote(msgspec.Struct, frozen=True):
    """Addresses that may use a connector. wide: texts of ranges with more than eight addresses; None
    where RemoteIPRanges was not collected, or a range cannot be read and no other is wide."""

    answer: Answer
    spans: tuple[Span, ...]
    wide: tuple[str, ...] | None

    @property
    def shown(self) -> str:
        """The ranges, or the first of them."""
        texts = self.wide or self.answer.texts()
        more = f", … ({len(texts)})" if len(texts) > TEXTS_SHOWN else ""
        return ", ".join(texts[:TEXTS_SHOWN]) + more


def receive_connectors(situation: Situation) -> Iterator[Item]:
    """Every receive connector that is not known to be disabled."""
    for item in objects(situation, "ReceiveConnector", "on-premises"):
        if item.ask("Enabled").value is not False:
            yield item


def judged_receive_connectors(
    situation: Situation, judge: Callable[[Situation, Item], Verdict]
) -> Iterator[Verdict]:
    """One verdict for every receive connector that is in use; one that says so where there is none,
    or none was read."""
    nothing = uncollected(situation, "ReceiveConnector", "on-premises")
    if nothing is not None:
        yield nothing
        return
    verdicts = [judge(situation, item) for item in receive_connectors(situation)]
    yield from verdicts or [Verdict(outcome="pass", because=say(NONE_HERE))]


def server_of(situation: Situation, item: Item) -> ServerState | None:
    """The server that a connector or a virtual directory is on."""
    names = (item.setting.server, *item.ask("Server").texts())
    identity = next(iter(item.ask("Identity").texts()), "")
    if "\\" in identity:
        names = (*names, identity.partition("\\")[0])
    found = (situation.server(host_of(each)) for each in names if each)
    return next((each for each in found if each is not None), None)


def servers_of(situation: Situation, item: Item) -> tuple[str, ...]:
    """The inventory's id of that server, if it is known."""
    found = server_of(situation, item)
    return (found.id,) if found else ()


def placed(situation: Situation, item: Item) -> str:
    """Its name with its server's, as Exchange shows it, since several servers have one of that name."""
    server = server_of(situation, item)
    short = (server.name if server else item.setting.server).partition(".")[0]
    name = named(item)
    return name if not short or short.lower() in name.lower() else f"{short}\\{name}"


def flags(answer: Answer) -> frozenset[str]:
    """The members of a flags property in lower case, from a list or from one text."""
    texts = (part for text in answer.texts() for part in text.split(","))
    return frozenset(each.strip().lower() for each in texts)


def remote(item: Item) -> Remote:
    """Who may use a connector, by address."""
    answer = item.ask("RemoteIPRanges")
    texts = answer.texts()
    found = [(text, span(text)) for text in texts]
    spans = tuple(each for _, each in found if each is not None)
    wide = tuple(text for text, each in found if each is not None and each.wide)
    unread = not answer.known or any(each is None for _, each in found)
    return Remote(answer, spans, None if unread and not wide else wide)


def secured(item: Item) -> bool | None:
    """Whether it takes its senders for externally secured; None where not collected."""
    answer = item.ask("AuthMechanism")
    return "externalauthoritative" in flags(answer) if answer.known else None


def relays_anonymous(situation: Situation, item: Item) -> tuple[bool | None, tuple[Answer, ...]]:
    """Whether anonymous senders may relay through it, and what says so; None where the group or the
    rights of this connector were not collected."""
    groups = item.ask("PermissionGroups")
    if not groups.known or "anonymoususers" not in flags(groups):
        return (None if not groups.known else False), (groups,)
    own, kin = _rows(situation, item)
    relaying = [row for row in own if RELAY_RIGHT in flags(row.ask("ExtendedRights"))]
    denials = [row.ask("Deny") for row in relaying]
    answers = (groups, *(row.ask("ExtendedRights") for row in relaying), *denials)
    if any(each.value is True for each in denials):
        return False, answers
    if any(each.value is False for each in denials):
        return True, answers
    if denials or any(not row.ask("ExtendedRights").known for row in own):
        return None, answers
    return (False if own or kin else None), answers


def is_anonymous(user: Answer) -> bool:
    """Whether a right is that of senders without a sign-in, in any language of Windows."""
    return any(map(_ANONYMOUS.search, user.texts()))


def _rows(situation: Situation, item: Item) -> tuple[list[Item], bool]:
    """Rights of anonymous senders on a connector; and whether its server's connectors were asked."""
    name = item.setting.name.lower().rpartition("\\")[2]
    server = server_of(situation, item)
    host = (server.name if server else item.setting.server).partition(".")[0].lower()
    by_server = _permissions(situation)
    kin = by_server.get(host, {})
    own = [*kin.get(name, ()), *(by_server.get("", {}).get(name, ()) if host else ())]
    empty = any(
        each.kind == "ReceiveConnectorPermission" and not each.fault and not each.found
        for each, _ in situation.settings.inquiries
    )
    anonymous = [row for row in own if is_anonymous(row.ask("User"))]
    return anonymous, bool(kin) or bool(own) or empty


@remembered
def _permissions(situation: Situation) -> dict[str, dict[str, list[Item]]]:
    """Rights by short name of the server, empty where not shown, and name of the connector."""
    found: dict[str, dict[str, list[Item]]] = {}
    for row in situation.settings.items("ReceiveConnectorPermission"):
        identity = next(iter(row.ask("Identity").texts()), "") or row.setting.name
        path = _PATH.match(identity)
        if path:
            server, name = path["server"], path["name"]
        else:
            server, _, name = identity.rpartition("\\")
        host = (server or row.setting.server).partition(".")[0].lower()
        found.setdefault(host, {}).setdefault(name.lower(), []).append(row)
    return found
