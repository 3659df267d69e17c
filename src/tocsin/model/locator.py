"""Where exactly something was seen."""

from __future__ import annotations

import msgspec


class Locator(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A place: source (path, URL, DN, call), position inside it, digest of the source.

    `source` of an archive member is `archive.zip!folder/member`. `position` is what lets a
    reader find the line again: `line 12`, `record 3`, `message 17, header Received 4`.
    """

    source: str
    position: str = ""
    sha256: str = ""

    def __str__(self) -> str:
        return f"{self.source}#{self.position}" if self.position else self.source
