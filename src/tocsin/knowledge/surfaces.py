"""The kinds of logs as data: which Sigma logsources they answer, and what their fields mean.

One file is one kind (`data/surfaces/<name>.toml`). A reader of a log takes from here under which
further names (Sigma's taxonomy) a field is known; the hunt takes from here who acted, from where,
on what, and by which ids rows of different logs belong together.
"""

from __future__ import annotations

from functools import cache
from importlib import resources

import msgspec

from tocsin.knowledge.prepared import toml_table


class Noise(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Rows of Exchange's own health probes: a field and what it begins with or holds (lower case)."""

    field: str
    holds: tuple[str, ...]


class Surface(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One kind of log.

    logsources: `product/category/service` patterns of Sigma that it answers, `*` for any, as in
    `*/webserver/*`, `exchange/*/httpproxy`. aliases: Sigma's taxonomy name to the producer's
    (`cs-uri-stem = "UrlStem"`). host, client, actor, target, agent, status, method: the fields
    that say so, first present one counts. ids: fields that join rows of different logs (name of the
    id = field). succeeded, refused: values of `status` (prefixes such as `2`) that say that a
    request worked or was refused, for rules that do not say it themselves; neither: unknown.
    needs_logging: what an administrator switches on to have this log. source: where this is
    documented.
    """

    name: str
    title: str
    logsources: tuple[str, ...]
    aliases: dict[str, str] = {}
    host: tuple[str, ...] = ()
    client: tuple[str, ...] = ()
    actor: tuple[str, ...] = ()
    target: tuple[str, ...] = ()
    agent: tuple[str, ...] = ()
    status: tuple[str, ...] = ()
    method: tuple[str, ...] = ()
    ids: dict[str, str] = {}
    succeeded: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    noise: tuple[Noise, ...] = ()
    where: str = ""
    source: str = ""

    def answers(self, product: str, category: str, service: str) -> bool:
        """Whether a rule with this logsource (empty where it names none) is asked of this log."""
        asked = (product, category, service)
        return any(
            all(want in ("*", have) for want, have in zip(pattern.split("/"), asked, strict=False))
            for pattern in self.logsources
        )


@cache
def surfaces() -> dict[str, Surface]:
    """Every kind of log by name. Raises msgspec's error, with the path of the fault, on a bad file."""
    found = {}
    for each in sorted(_folder().iterdir(), key=lambda entry: entry.name):
        if each.name.endswith(".toml"):
            surface = toml_table(each.read_bytes(), Surface)
            found[surface.name] = surface
    return found


def _folder() -> resources.abc.Traversable:
    return resources.files("tocsin.knowledge") / "data" / "surfaces"
