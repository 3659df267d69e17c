"""One row or record of a log, with the producer's own field names as Sigma knows them."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

RAW_LIMIT = 4000
"""Characters of the raw row that are kept with an event."""

VALUE_LIMIT = 32 * 1024
"""Characters of one field that are looked at; a longer value is cut."""


class Event(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="event"):
    """What one row says. Absent is absent: a field that the row leaves empty (`-`, ``) is not there.

    surface: the kind of log, one of `tocsin.knowledge.surfaces` (`iis`, `httpproxy`,
    `msexchange-management`, `windows`, `m365` …). fields: by the producer's name (`cs-uri-stem`,
    `AnchorMailbox`, `EventID`), and under Sigma's taxonomy name beside it where the two differ.
    Several values of one field are joined by line feeds. host: the server that wrote the row, short
    name or as printed; empty if unknown. raw: the row itself, at most `RAW_LIMIT` characters.
    decoded: what was hidden in it, by a name such as `X-Rps-CAT.user`; rules may ask for these too.
    `seen_by` is what every body of `Evidence` carries.
    """

    surface: str
    fields: dict[str, str]
    when: datetime | None = None
    host: str = ""
    raw: str = ""
    decoded: dict[str, str] = {}
    seen_by: Literal["log"] = "log"


def raw_of(text: bytes) -> str:
    """The row or record itself, as much of it as an event keeps."""
    return text[: RAW_LIMIT * 4].decode("utf-8", "replace")[:RAW_LIMIT]
