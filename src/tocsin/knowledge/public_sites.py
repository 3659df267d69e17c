"""Well-known public web sites on which strangers cannot put files or pages."""

from __future__ import annotations

from functools import cache
from importlib import resources

import msgspec

from tocsin.knowledge.prepared import toml_table


class _Group(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    what: str
    sites: tuple[str, ...]


@cache
def public_sites() -> frozenset[str]:
    """Their registrable domains, lower case.

    A few have hosts below them that are hosting all the same (`link_hosts()`): ask there first.
    """
    file = resources.files(__package__) / "data" / "mail" / "public-sites.toml"
    groups = toml_table(file.read_bytes(), dict[str, _Group])
    return frozenset(site for group in groups.values() for site in group.sites)
