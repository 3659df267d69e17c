"""Facts as data with provenance, and their strict loader.

`load` reads the packaged tables; `read_tables` turns the text of any subset of the same tables
(an administrator's private facts) into values. A fault names file, line and column.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Mapping
from contextlib import suppress
from datetime import date
from functools import cache
from importlib import resources
from typing import Any, TypeVar

import msgspec

import tocsin
from tocsin.knowledge.catalogue import (
    Advisory,
    ConfigCheck,
    Fix,
    Knowledge,
    ReceivedId,
    Release,
    Support,
)
from tocsin.knowledge.prepared import keep, kept, key_of
from tocsin.model.build import Build

_READ_BY = ("__init__.py", "catalogue.py")
"""The code that what is kept of the tables depends on."""

TABLES = (
    "exchange-builds.csv",
    "exchange-cve-fixes.csv",
    "exchange-cve-fixes-inferred.csv",
    "cves.csv",
    "exchange-received-ids.csv",
    "exchange-ad-levels.csv",
    "support.csv",
    "config_checks.csv",
)
"""The tables of the knowledge, by file name."""

Row = dict[str, str]
T = TypeVar("T")


class KnowledgeError(ValueError):
    """A table is not what it must be; `str()` names every fault with file and line."""


@cache
def load() -> Knowledge:
    """The packaged knowledge, as it was read in an earlier run if neither it nor its code has changed."""
    tables = packaged()
    code = [(resources.files(__name__) / name).read_bytes() for name in _READ_BY]
    key = key_of([tocsin.__version__.encode(), *code, *(text.encode() for text in tables.values())])
    data = kept("tables", key)
    if data is not None:
        with suppress(msgspec.DecodeError):
            return msgspec.msgpack.decode(data, type=Knowledge)
    found = read_tables(tables)
    keep("tables", key, msgspec.msgpack.encode(found))
    return found


def packaged() -> dict[str, str]:
    """The packaged tables as text, by file name."""
    folder = resources.files(__name__) / "data"
    return {name: (folder / name).read_text("utf-8") for name in TABLES}


def merged(base: Mapping[str, str], private: Mapping[str, str], label: str) -> Knowledge:
    """Private tables on top of the base: a private row wins where both name the same thing."""
    known = read_tables(base)
    own = read_tables(private)
    return msgspec.structs.replace(
        known,
        releases=_over(own.releases, known.releases, "build", "update"),
        fixes=_over(own.fixes, known.fixes, "cve", "product", "cu"),
        advisories=_over(own.advisories, known.advisories, "cve"),
        received_ids=_over(own.received_ids, known.received_ids, "channel", "observed"),
        support=_over(own.support, known.support, "product"),
        config_checks=_over(own.config_checks, known.config_checks, "config_check"),
        digest=_digest({**base, **{f"private/{name}": text for name, text in private.items()}}),
        private=(*known.private, label),
    )


def read_tables(tables: Mapping[str, str]) -> Knowledge:
    """Read any subset of `TABLES` (name to text). Raises `KnowledgeError` with every fault."""
    faults: list[str] = []
    unknown = sorted(set(tables) - set(TABLES))
    faults += [f"{name}: not a table of the knowledge" for name in unknown]

    def rows(name: str, make: Any) -> tuple[Any, ...]:
        return _read(name, tables.get(name, ""), make, faults)

    releases = rows("exchange-builds.csv", _release)
    fixes = rows("exchange-cve-fixes.csv", _fix) + rows("exchange-cve-fixes-inferred.csv", _fix)
    knowledge = Knowledge(
        releases=releases,
        fixes=fixes,
        advisories=rows("cves.csv", _advisory),
        received_ids=rows("exchange-received-ids.csv", _received_id),
        support=rows("support.csv", _support),
        config_checks=rows("config_checks.csv", _config_check),
        digest=_digest(tables),
        date=KNOWLEDGE_DATE,
    )
    if faults:
        raise KnowledgeError("\n".join(faults))
    return knowledge


KNOWLEDGE_DATE = date(2026, 10, 7)
"""The last day the packaged sources cover (data/PROVENANCE.toml says the same; a test compares)."""


def _read(name: str, text: str, make: Any, faults: list[str]) -> tuple[Any, ...]:
    made = []
    for number, row in enumerate(csv.DictReader(io.StringIO(text)), start=2):
        if None in row or None in row.values():
            faults.append(f"{name}, line {number}: not as many cells as the first line has columns")
            continue
        try:
            made.append(make(row))
        except (ValueError, KeyError, TypeError, AttributeError) as fault:
            faults.append(f"{name}, line {number}: {fault}")
    return tuple(made)


def _release(row: Row) -> Release:
    return Release(
        product=row["product"],
        cu=row["cu"],
        update=row["update"],
        build=Build.parse(row["build"]),
        released=_date(row["release_date"]),
        kb=row["kb"],
        source=row["source"],
        note=row["note"],
    )


def _fix(row: Row) -> Fix:
    other = row["alt_first_fixed_build"]
    return Fix(
        cve=row["cve"],
        product=row["product"],
        cu=row["cu"],
        first_fixed=Build.parse(row["first_fixed_build"]),
        alternative=Build.parse(other) if other else None,
        alternative_source=row["alt_source"],
        update=row["update"],
        fixed_on=row["fix_date"],
        basis=row["basis"],
        kb=row["kb"],
        source=row["source"],
        note=row["note"],
    )


def _advisory(row: Row) -> Advisory:
    return Advisory(
        cve=row["cve"],
        name=row["name"],
        kind=row["class"],
        cvss=float(row["cvss"]) if row["cvss"] else None,
        cvss_version=row["cvss_version"],
        severity=row["msrc_severity"],
        published=_date(row["published"]) if row["published"] else None,
        kev=row["kev"] == "yes",
        kev_added=row["kev_added"],
        ransomware=row["ransomware"],
        cwe=row["cwe"],
        config_check=row["config_check"],
        summary=row["summary"],
        source=row["source"],
    )


def _received_id(row: Row) -> ReceivedId:
    channel = row["channel"]
    if channel not in ("smtp", "mapi"):
        msg = f"channel is neither smtp nor mapi: {channel!r}"
        raise ValueError(msg)
    return ReceivedId(
        observed=Build.parse(row["observed_id"]),
        channel="smtp" if channel == "smtp" else "mapi",
        product=row["product"],
        cu=row["cu"],
        kind=row["kind"],
        low=Build.parse(row["lowest_build"]),
        high=Build.parse(row["highest_build"]),
        note=row["note"],
    )


def _support(row: Row) -> Support:
    return Support(
        product=row["product"],
        support_end=_date(row["support_end"]) if row["support_end"] else None,
        esu_end=_date(row["esu_end"]) if row["esu_end"] else None,
        note=row["note"],
        source=row["source"],
    )


def _config_check(row: Row) -> ConfigCheck:
    return ConfigCheck(
        config_check=row["config_check"],
        setting=row["setting"],
        where=row["where"],
        reference=row["reference"],
    )


def _date(text: str) -> date:
    parts = [int(part) for part in text.split("-")]
    return date(parts[0], parts[1] if len(parts) > 1 else 1, parts[2] if len(parts) > 2 else 1)


def _digest(tables: Mapping[str, str]) -> str:
    digest = hashlib.sha256()
    for name in sorted(tables):
        digest.update(f"{name}\0{len(tables[name])}\0{tables[name]}".encode())
    return digest.hexdigest()


def _over(own: tuple[T, ...], known: tuple[T, ...], *identity: str) -> tuple[T, ...]:
    taken = {tuple(getattr(row, name) for name in identity) for row in own}
    kept = (row for row in known if tuple(getattr(row, n) for n in identity) not in taken)
    return (*kept, *own)
