"""Joining what the sources say with the tables as they are: whom to believe, what to keep.

CNA > MSRC-KB > CSS > MSRC-date; what the next believed source says otherwise is kept in alt_*, so
that the product can call the builds between the two undecided.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from css_exchange import CssBuild, CssLevel
from facts import BASES, SOURCES, Builds, Described, Row, Skipped, Statement

from tocsin.knowledge.columns import padded
from tocsin.model.build import Build


class _Voice(msgspec.Struct, frozen=True):
    """One source's answer for one CVE in one CU; `source` as the table writes it."""

    build: str
    source: str
    kb: str = ""


def merged_fixes(rows: Iterable[Row], statements: Iterable[Statement], table: Builds) -> list[Row]:
    """The explicit fix table with new statements joined in. No statement: the same rows."""
    existing = {(row["cve"], row["product"], row["cu"]): row for row in rows}
    said: dict[tuple[str, str, str], list[Statement]] = {}
    for each in statements:
        said.setdefault((each.cve, *each.cu), []).append(each)
    done = dict(existing)
    for key, found in said.items():
        done[key] = _fix(key, existing.get(key), found, table)
    return list(done.values())


def _fix(key: tuple[str, str, str], row: Row | None, said: list[Statement], table: Builds) -> Row:
    voices = _voices_of(row) if row else {}
    for each in sorted(said, key=lambda s: (s.day, s.build)):  # the latest word of a source counts
        old = voices.get(each.basis)
        name = old.source if old and old.build == str(each.build) else SOURCES[each.basis]
        voices[each.basis] = _Voice(str(each.build), name, each.kb)
    order = _order(row)
    basis = next(b for b in order if b in voices)
    chosen = voices[basis]
    other = next(
        (voices[b] for b in order if b in voices and voices[b].build != chosen.build), None
    )
    release = table.by_build[Build.parse(chosen.build)]
    cve, product, cu = key
    return {
        "cve": cve,
        "product": product,
        "cu": cu,
        "first_fixed_build": chosen.build,
        "kb": (row["kb"] if row and row["first_fixed_build"] == chosen.build else "")
        or release["kb"]
        or chosen.kb,
        "source": _sources(voices, chosen.build, row),
        "update": release["update"],
        "fix_date": row["fix_date"]
        if row and row["first_fixed_build"] == chosen.build
        else release["release_date"],
        "basis": basis,
        "alt_first_fixed_build": other.build if other else "",
        "alt_source": other.source if other else "",
        "note": row["note"] if row else "",
    }


def _order(row: Row | None) -> tuple[str, ...]:
    """Whom to believe for this row.

    A row that already prefers a source to one believed before it was settled by hand (the
    Extended Protection CVEs: Aug22SU has the code, MSRC later moved the KB to Oct22SU); it stays so.
    """
    if row is None or not row["alt_source"]:
        return BASES
    mine, other = row["basis"], basis_of(row["alt_source"])
    if BASES.index(other) > BASES.index(mine):
        return BASES
    return (mine, *(basis for basis in BASES if basis != mine))


def basis_of(source: str) -> str:
    """Which kind of source a name in the table stands for (`MSRC KB via wesng` is msrc-kb)."""
    for basis, name in SOURCES.items():
        if source.startswith(name):
            return basis
    return "special"


def _voices_of(row: Row) -> dict[str, _Voice]:
    """A row of the table, taken apart again into the sources that it names."""
    voices = {row["basis"]: _Voice(row["first_fixed_build"], "", row["kb"])}
    for name in row["source"].split("; "):
        basis = basis_of(name)
        if basis in SOURCES:
            voices[basis] = _Voice(row["first_fixed_build"], name, row["kb"])
    if row["alt_first_fixed_build"]:
        other = basis_of(row["alt_source"])
        voices[other] = _Voice(row["alt_first_fixed_build"], row["alt_source"])
    return voices


def _sources(voices: dict[str, _Voice], build: str, row: Row | None) -> str:
    """The names of all who say this build; as written before, where they did before."""
    agreeing = [voices[b].source for b in BASES if b in voices and voices[b].build == build]
    before = row["source"] if row and row["first_fixed_build"] == build else ""
    named = [before] if before else []
    known = {basis_of(name) for name in before.split("; ")} if before else set()
    named += [name for name in agreeing if name and basis_of(name) not in known]
    return "; ".join(named)


def merged_builds(
    rows: Iterable[Row], found: Iterable[CssBuild], dates: Iterable[CssLevel], source: str
) -> list[Row]:
    """The build table with the builds that CSS-Exchange knows and it does not.

    An update's day is not in that file: its month is in its name, and is all that is written.
    Where the table has another number for the same update, the new row says so.
    """
    done = list(rows)
    known = {row["build"] for row in done}
    released = {(each.product, each.cu): each.released for each in dates}
    for each in found:
        if str(each.build) in known:
            continue
        same = [
            row["build"]
            for row in done
            if (row["product"], row["cu"], row["update"]) == (each.product, each.cu, each.update)
        ]
        day = _month(each.update) if each.update else released.get((each.product, each.cu), "")
        done.append(
            {
                "product": each.product,
                "cu": each.cu,
                "update": each.update,
                "build": str(each.build),
                "long_build": padded(each.build),
                "release_date": day,
                "source": source,
                "kb": "",
                "note": f"disputed: other sources give {', '.join(same)}" if same else "",
            }
        )
    return done


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def _month(update: str) -> str:
    """`Sep26SUv2` is 2026-09."""
    return f"20{update[3:5]}-{_MONTHS.index(update[:3]) + 1:02}"


def dated_builds(rows: Iterable[Row], statements: Iterable[Statement]) -> list[Row]:
    """A build known by its month alone gets the day of the CVEs it fixes, and says so."""
    days: dict[str, str] = {}
    for each in sorted(statements, key=lambda s: s.day, reverse=True):
        if len(each.day) == 10:
            days[str(each.build)] = each.day
    note = "day taken from the MSRC release date of the CVEs fixed"
    done = []
    for row in rows:
        day = days.get(row["build"], "")
        if row["update"] and len(row["release_date"]) == 7 and day.startswith(row["release_date"]):
            notes = "; ".join(part for part in (row["note"], note) if part)
            done.append({**row, "release_date": day, "note": notes})
        else:
            done.append(row)
    return done


def merged_levels(rows: Iterable[Row], found: Iterable[CssLevel], source: str) -> list[Row]:
    """The directory levels with the CUs that the table does not have yet put first."""
    done = list(rows)
    known = {(row["product"], row["cu"]) for row in done}
    fresh = [
        {
            "product": each.product,
            "cu": each.cu,
            "schema_rangeUpper": each.schema,
            "meso_objectVersion": each.meso,
            "org_objectVersion": each.org,
            "note": "",
            "source": source,
        }
        for each in found
        if (each.product, each.cu) not in known
    ]
    return fresh + done


_CLASSES = (
    ("remote code execution", "RCE", "Code execution on the server"),
    ("elevation of privilege", "EoP", "A user can gain rights they should not have"),
    (
        "spoofing",
        "Spoofing",
        "Content or identity can be forged (usually script injection or a forged sender)",
    ),
    (
        "information disclosure",
        "InfoDisc",
        "Data is disclosed to someone who should not see it",
    ),
    ("denial of service", "DoS", "The service can be stopped"),
    ("tampering", "Tampering", "Data can be changed by someone who should not"),
    ("security feature bypass", "SecurityBypass", "A protection of the server can be passed by"),
    ("defense in depth", "DefenseInDepth", "Defence-in-depth update"),
)


def merged_cves(
    rows: Iterable[Row], described: Iterable[Described], fixed: set[str]
) -> tuple[list[Row], list[Skipped]]:
    """The CVE table: new CVEs that some CU has a fix for, scores of the vendor's own record."""
    done = {row["cve"]: dict(row) for row in rows}
    skipped: list[Skipped] = []
    for each in sorted(described, key=lambda d: (d.cve, not d.source.startswith("cvelistV5"))):
        if each.cve not in done:
            if each.cve not in fixed:
                skipped.append(Skipped(where=each.cve, why="no CU has a fix for it"))
                continue
            done[each.cve] = _new_cve(each.cve, each.title)
        row = done[each.cve]
        own_record = each.source.startswith("cvelistV5")
        for column in ("published", "cwe"):
            row[column] = row[column] or getattr(each, column)
        row["msrc_severity"] = row["msrc_severity"] or each.severity
        if each.cvss and (own_record or not row["cvss"]):
            row["cvss"], row["cvss_version"] = each.cvss, each.cvss_version
        if each.source and each.source not in row["source"]:
            row["source"] = "; ".join(part for part in (row["source"], each.source) if part)
    for cve in sorted(fixed - done.keys()):
        # HealthChecker lists it and no other given file describes it: a row, but no guess.
        done[cve] = {**_new_cve(cve, ""), "source": SOURCES["css"]}
    return list(done.values()), skipped


def _new_cve(cve: str, title: str) -> Row:
    kind, summary = "other", "What it allows is not in the sources read"
    for words, short, sentence in _CLASSES:
        if words in title.lower():
            kind, summary = short, sentence
            break
    empty = ("name", "cvss", "cvss_version", "msrc_severity", "published")
    return {
        **dict.fromkeys((*empty, "kev_added", "ransomware", "cwe", "config_check", "source"), ""),
        "cve": cve,
        "class": kind,
        "kev": "no",
        "summary": f"{summary}; no technical detail published.",
    }
