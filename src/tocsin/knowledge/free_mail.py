"""Mail providers on whose domains anybody can have a mailbox."""

from __future__ import annotations

from functools import cache
from importlib import resources

import msgspec

from tocsin.knowledge.prepared import toml_table


class _Domains(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    domains: frozenset[str]


@cache
def free_mail() -> frozenset[str]:
    """Their registrable domains, lower case."""
    file = resources.files(__package__) / "data" / "mail" / "free-mail.toml"
    return toml_table(file.read_bytes(), _Domains).domains
