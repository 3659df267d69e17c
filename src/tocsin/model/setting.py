"""One configured object of Exchange, Entra or the directory, as an export of it says.

Absent is not false: a property is a value, null (None), or not there. A name in `lost` was there but
its value did not survive the export. `Inquiry` says that somebody asked, so that an empty answer can
be told from none.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from tocsin.model.evidence_source import SeenBy

Side = Literal["on-premises", "exchange-online", "entra", "directory", ""]
"""Where the object lives; empty when the export does not show it."""

Lost = Literal["cut", "type", "depth", "unreadable"]
"""Why a value did not survive: PowerShell shortened it, wrote only the name of its type, stopped at
its depth of nesting, or the value cannot be read."""


class Setting(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="setting"):
    """One object. kind: a name of `knowledge/data/hybrid/kinds.toml` (`InboundConnector`).

    name: what its own side calls it. server: the server whose object it is, where it is one's.
    properties: by the producer's spelling; values are None, bool, int, float, str, and lists and
    dictionaries of these; names of enumeration members where the export kept them, else its number.
    sure: False for text that was made to be read (Format-List), which cuts and wraps values.
    """

    seen_by: SeenBy = "export"
    kind: str
    side: Side = ""
    name: str = ""
    server: str = ""
    properties: dict[str, Any] = {}
    lost: dict[str, Lost] = {}
    sure: bool = True


class Inquiry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="inquiry"):
    """Somebody asked for all objects of a kind: `found` of them came back. server: asked of one
    server only. fault: why the question was not answered; empty when it was.
    """

    seen_by: SeenBy = "export"
    kind: str
    side: Side = ""
    server: str = ""
    found: int = 0
    fault: str = ""
