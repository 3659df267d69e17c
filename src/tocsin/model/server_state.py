"""What the other rooms know of a server, as the trusts are judged by it."""

from __future__ import annotations

from typing import Literal

import msgspec

from tocsin.model.build import Build
from tocsin.model.evidence import Evidence
from tocsin.model.evidence_source import SeenBy

Weakness = Literal["exploited", "known-exploited", "unsupported", "unknown", "behind", "current"]
"""The worst that is known of a server, worst first: signs of a break-in; open to a hole that is
being exploited; no longer supported; build unknown or open; updates behind; up to date."""


class ServerState(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One server. id: that of the inventory. low, high: the builds that evidence allows, None when
    unknown. product: `Exchange Server 2016` and the like. exact: its update level is known, not only
    its cumulative update. hidden: as the inventory says; it moves no score. reported: Exchange Online's
    report names it, None when no report was read. scanned: an inside scan names it, None when none was
    read. logged: logs of it were read. incidents: ids of incidents that worked on it; sent: hijacked
    mails that left through it. proofs: where its build was seen, or it itself.
    """

    id: str
    name: str
    names: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    product: str = "Exchange Server"
    label: str = ""
    edge: bool = False
    ours: bool | Literal["unknown"] = "unknown"
    low: Build | None = None
    high: Build | None = None
    exact: bool = False
    weakness: Weakness = "unknown"
    hidden: bool | Literal["unknown"] = "unknown"
    internet: bool | None = None
    reported: bool | None = None
    scanned: bool | None = None
    logged: bool | None = None
    seen_by: tuple[SeenBy, ...] = ()
    incidents: tuple[str, ...] = ()
    sent: int = 0
    proofs: tuple[Evidence, ...] = ()
