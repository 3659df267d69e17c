"""Who saw something: the vantage points that evidence comes from."""

from __future__ import annotations

from typing import Literal

SeenBy = Literal[
    "mail",
    "directory",
    "export",
    "exchange-online",
    "probe",
    "nmap",
    "nuclei",
    "dns",
    "shodan",
    "onyphe",
    "log",
]
"""Who saw a host. `shodan` and `onyphe` look from the internet; see `OUTSIDE`."""

OUTSIDE: frozenset[SeenBy] = frozenset({"shodan", "onyphe"})
"""The vantage points that see only what the internet sees."""

INSIDE: frozenset[SeenBy] = frozenset(
    {"mail", "directory", "export", "exchange-online", "probe", "nmap", "nuclei", "log"}
)
"""Sources that know a server from inside, or from the mail it handles."""
