"""A whole hybrid organisation, invented: contoso.example, as exports of both sides tell of it.

Four servers: EX01 published, EX02 hands mail to the cloud, EX03 and EX04 hidden. The names and values of
what the wizard makes are those of Microsoft's documentation; parts can be left out, to see what is
then no longer known.
"""

from collections.abc import Collection, Iterable
from datetime import UTC, date, datetime
from typing import Any

import msgspec
from contoso import NAT, directory, entra, exchange_online, on_premises

from tocsin.analyse.trust.drawing import draw
from tocsin.analyse.trust.flows import Flow
from tocsin.analyse.trust.settings import Settings
from tocsin.analyse.trust.situation import Situation
from tocsin.model.build import Build
from tocsin.model.evidence import Evidence, Inquiry, Setting
from tocsin.model.locator import Locator
from tocsin.model.server_state import ServerState

TODAY = date(2026, 11, 20)

SERVERS = (
    ServerState(
        id="ex01.contoso.example", name="EX01.contoso.example", names=("EX01.contoso.example",),
        addresses=("10.20.1.11",), product="Exchange Server 2019", label="2019 CU15 Oct25SU",
        ours=True, low=Build(15, 2, 1748, 39), high=Build(15, 2, 1748, 39), exact=True,
        weakness="current", hidden=False, internet=True, reported=True, seen_by=("export", "shodan"),
    ),
    ServerState(
        id="ex02.contoso.example", name="EX02.contoso.example", names=("EX02.contoso.example",),
        addresses=("10.20.1.12",), product="Exchange Server 2019", label="2019 CU14",
        ours=True, low=Build(15, 2, 1544, 4), high=Build(15, 2, 1544, 4), exact=True,
        weakness="known-exploited", hidden=False, internet=False, reported=True, seen_by=("export", "mail"),
    ),
    ServerState(
        id="ex03.contoso.example", name="EX03.contoso.example", names=("EX03.contoso.example",),
        addresses=("10.20.1.13",), product="Exchange Server 2016", label="2016 CU23",
        ours=True, low=Build(15, 1, 2507, 6), high=Build(15, 1, 2507, 6), exact=True,
        weakness="known-exploited", hidden=True, internet=False, reported=False, seen_by=("export", "mail"),
    ),
    ServerState(
        id="ex04.contoso.example", name="EX04.contoso.example", names=("EX04.contoso.example",),
        addresses=("10.20.9.14",), product="Exchange Server", label="", ours=True,
        weakness="unknown", hidden=True, internet=False, reported=False, seen_by=("directory",),
    ),
)  # fmt: skip

EDGE = ServerState(
    id="edge01.contoso.example", name="EDGE01.contoso.example", names=("EDGE01.contoso.example",),
    addresses=("192.0.2.40",), product="Exchange Server 2019", label="2019 CU12", edge=True, ours=True,
    low=Build(15, 2, 1118, 7), high=Build(15, 2, 1118, 7), exact=True, weakness="known-exploited",
    hidden=False, internet=True, reported=True, seen_by=("export",),
)  # fmt: skip
"""Not part of the organisation unless asked for."""


PARTS = {
    "on-premises": on_premises,
    "exchange-online": exchange_online,
    "entra": entra,
    "directory": directory,
}
"""What was exported, by side."""


def flow(sender: str, address: str, receiver: str, **more: Any) -> Flow:
    """Mails that went one way, seen for the first time in an invented mail."""
    defaults: dict[str, Any] = {
        "count": 40,
        "first": datetime(2026, 9, 1, 8, tzinfo=UTC),
        "last": datetime(2026, 11, 18, 16, tzinfo=UTC),
        "at": Locator(source="mail/0001.eml", position="header Received 3"),
    }
    return Flow(sender=sender, address=address, receiver=receiver, **{**defaults, **more})


FLOWS = (
    flow(
        "EX02.contoso.example", NAT, "AM0PEPF0001.mail.protection.outlook.com",
        auth_as="Internal", auth_source="EX02.contoso.example",
    ),
    flow(
        "EX03.contoso.example", "10.20.1.13", "EX02.contoso.example",
        auth_as="Internal", auth_source="EX03.contoso.example", count=3,
    ),
)  # fmt: skip


class Organisation(msgspec.Struct, frozen=True, kw_only=True):
    """What was read of it."""

    evidence: tuple[Evidence, ...]
    servers: tuple[ServerState, ...] = SERVERS
    flows: tuple[Flow, ...] = FLOWS
    today: date = TODAY

    def situation(self, *, drawn: bool = True) -> Situation:
        """The situation, with its graph unless told otherwise."""
        found = Situation(
            settings=Settings(self.evidence),
            servers=self.servers,
            flows=self.flows,
            domains=("contoso.example",),
            today=self.today,
        )
        return msgspec.structs.replace(found, graph=draw(found)) if drawn else found


def organisation(
    *,
    parts: Collection[str] = tuple(PARTS),
    without: Collection[str] = (),
    extra: Iterable[Evidence] = (),
    servers: tuple[ServerState, ...] = SERVERS,
    flows: tuple[Flow, ...] = FLOWS,
    today: date = TODAY,
) -> Organisation:
    """The organisation. parts: sides that were exported. without: what is left out of these: kinds
    (`AuthConfig`), kinds of one side (`AcceptedDomain@entra`), properties (`InboundConnector.Enabled`).
    extra: further evidence, of which nothing is left out.
    """
    evidence = [each for part in PARTS if part in parts for each in PARTS[part]()]
    kept = (_poorer(each, without) for each in evidence)
    return Organisation(
        evidence=(*(each for each in kept if each is not None), *extra),
        servers=servers,
        flows=flows,
        today=today,
    )


def _poorer(each: Evidence, without: Collection[str]) -> Evidence | None:
    body = each.body
    assert isinstance(body, Setting | Inquiry)
    if body.kind in without or f"{body.kind}@{body.side}" in without:
        return None
    if isinstance(body, Inquiry):
        return each
    kept = {
        name: value
        for name, value in body.properties.items()
        if f"{body.kind}.{name}" not in without
    }
    return msgspec.structs.replace(each, body=msgspec.structs.replace(body, properties=kept))
