"""Whether a file's address lies on a share outside the organisation's network."""

from __future__ import annotations

from tocsin.formats.syntax.domains import internal
from tocsin.formats.syntax.link_parts import LinkParts, parts_of

_RESERVED = ("example", "test", "invalid")
"""Top labels of documentation (RFC 2606): they stand for public names."""


def outside(parts: LinkParts) -> bool:
    """Whether it is asked of a host that is not of one's own network by its name."""
    top = parts.host.rpartition(".")[2]
    public = parts.host.count(".") > 0 and top in _RESERVED
    return parts.scheme != "file" or parts.address or public or not internal(parts.host)


def share_outside(target: str) -> bool:
    """Whether it is a share outside, which Windows asks with the reader's own password."""
    if not target[:5].lower().startswith(("\\\\", "file:")):
        return False
    parts = parts_of(target)
    return parts is not None and parts.scheme == "file" and outside(parts)
