"""endoflife.date: support dates and the newest build it knows, from msexchange.md or its JSON."""

from __future__ import annotations

import json
import re
from typing import Any

import msgspec
from facts import Builds, Row, Skipped

from tocsin.model.build import Build


class Cycle(msgspec.Struct, frozen=True, kw_only=True):
    """One product line. Dates are ISO; empty where the page has none."""

    product: str
    mainstream_end: str
    support_end: str
    latest: str


def read(text: str) -> list[Cycle]:
    """Either form. Raises ValueError when it is neither."""
    if text.lstrip().startswith(("[", "{")):
        return _from_json(json.loads(text))
    return _from_markdown(text)


_ITEM = re.compile(r"\s*(-)?\s*(\w+):\s*(.*?)\s*$")


def _from_markdown(text: str) -> list[Cycle]:
    """The front matter's `releases:` list: `key: value` lines, an entry begins with a dash."""
    parts = text.split("\n---", 1)[0].split("\nreleases:", 1)
    if len(parts) != 2:
        msg = "no releases in this page"
        raise ValueError(msg)
    entries: list[dict[str, str]] = []
    for line in parts[1].splitlines():
        match = _ITEM.match(line)
        if match is None or line[:1] not in (" ", "-"):
            continue
        if match[1]:
            entries.append({})
        if entries:
            entries[-1][match[2]] = match[3].strip("\"'")
    return [
        _cycle(e.get("releaseCycle"), e.get("eoas"), e.get("eol"), e.get("latest")) for e in entries
    ]


def _from_json(found: Any) -> list[Cycle]:
    """The API's list (v0), or the object with `result` (v1)."""
    if isinstance(found, list):
        return [
            _cycle(e.get("cycle"), e.get("support"), e.get("eol"), e.get("latest")) for e in found
        ]
    releases = found.get("result", {}).get("releases", [])
    return [
        _cycle(
            e.get("name"), e.get("eoasFrom"), e.get("eolFrom"), (e.get("latest") or {}).get("name")
        )
        for e in releases
    ]


def _cycle(product: object, mainstream: object, end: object, latest: object) -> Cycle:
    return Cycle(
        product=str(product).upper() if str(product).lower() == "se" else str(product),
        mainstream_end=_date(mainstream),
        support_end=_date(end),
        latest=str(latest or ""),
    )


def _date(value: object) -> str:
    """A date, or nothing where the page says only yes or no."""
    return str(value) if re.fullmatch(r"\d{4}-\d{2}-\d{2}", str(value)) else ""


def apply(cycles: list[Cycle], rows: list[Row], table: Builds) -> tuple[list[Row], list[Skipped]]:
    """Support rows with empty dates filled; Microsoft's own dates stand, a difference is told."""
    by_product = {each.product: each for each in cycles}
    told: list[Skipped] = []
    done: list[Row] = []
    for row in rows:
        cycle = by_product.get(row["product"])
        filled = dict(row)
        for column in ("mainstream_end", "support_end"):
            theirs = getattr(cycle, column) if cycle else ""
            if theirs and not row[column]:
                filled[column] = theirs
            elif theirs and theirs != row[column]:
                why = f"{column} is {row[column]}, endoflife.date says {theirs}"
                told.append(Skipped(where=row["product"], why=why))
        done.append(filled)
        told += _newer(row["product"], cycle, table)
    return done, told


def _newer(product: str, cycle: Cycle | None, table: Builds) -> list[Skipped]:
    try:
        latest = Build.parse(cycle.latest) if cycle else None
    except ValueError:
        return []
    if latest is None or latest in table.by_build:
        return []
    return [Skipped(where=product, why=f"endoflife.date knows {latest}, the build table does not")]
