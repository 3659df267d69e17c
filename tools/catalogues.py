"""Extract every sentence a user sees, update both catalogues, compile them.

English is filled with the message ids themselves; French keeps what was translated and names what
is missing. Usage: python tools/catalogues.py
"""

from __future__ import annotations

import csv
import io
import sys
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml
from babel.messages import extract, mofile, pofile
from babel.messages.catalog import Catalog

ROOT = Path(__file__).resolve().parent.parent / "src" / "tocsin"
LOCALE = ROOT / "locale"
KEYWORDS = {"N_": None, "_": None, "translate": None}
DATE = datetime(2026, 1, 1, tzinfo=UTC)
METHODS = [
    ("**.py", "python"),
    ("**.html.j2", "jinja2.ext:babel_extract"),
]
WORDS = {"cves.csv": ("summary",), "config_checks.csv": ("setting", "where")}
"""Columns of the knowledge that users read."""
SAID = (
    ("indicators/*.toml", ("title", "sentence")),
    ("rules/**/*.yml", ("title", "tocsin.because", "tocsin.remediation")),
    ("steps.toml", ("step.title", "step.next")),
    ("surfaces/*.toml", ("title",)),
    ("chains/*.toml", ("title", "next", "unread")),
    ("baselines/*.toml", ("title", "because", "remediation")),
    ("checks/*.toml", ("title", "recommendation", "each.because", "each.fine")),
)
"""What users read of the other data: files, and the keys in them."""


def template() -> Catalog:
    """Every message id of the package, each with the files it stands in."""
    catalog = Catalog(project="tocsin", charset="utf-8", fuzzy=False)
    found = extract.extract_from_dir(
        str(ROOT),
        method_map=METHODS,
        options_map={"**.html.j2": {"trimmed": "true", "silent": "false"}},
        keywords=KEYWORDS,
    )
    for filename, _line, message, _comments, context in found:
        if message and isinstance(message, str):
            catalog.add(message, locations=[(filename, 0)], context=context)
    for table, columns in WORDS.items():
        with (ROOT / "knowledge" / "data" / table).open(encoding="utf-8", newline="") as stream:
            for row in csv.DictReader(stream):
                for column in columns:
                    if row[column]:
                        catalog.add(row[column], locations=[(f"knowledge/data/{table}", 0)])
    for message, path in sentences():
        catalog.add(message, locations=[(path, 0)])
    return catalog


def sentences() -> Iterator[tuple[str, str]]:
    """What `SAID` names, each with the file it stands in."""
    for pattern, keys in SAID:
        for path in sorted((ROOT / "knowledge" / "data").glob(pattern)):
            for document in documents(path):
                for key in keys:
                    for message in said(document, key.split(".")):
                        yield message, str(path.relative_to(ROOT))


def documents(path: Path) -> list[Any]:
    """What a data file holds."""
    text = path.read_text("utf-8")
    if path.suffix == ".toml":
        return [tomllib.loads(text)]
    return [each for each in yaml.safe_load_all(text) if each]


def said(value: Any, keys: list[str]) -> Iterator[str]:
    """The sentences at the end of a path of keys, through lists."""
    if isinstance(value, list):
        for each in value:
            yield from said(each, keys)
    elif keys and isinstance(value, dict):
        yield from said(value.get(keys[0]), keys[1:])
    elif isinstance(value, str) and value and not keys:
        yield value


def updated(lang: str, fresh: Catalog) -> Catalog:
    """The language's catalogue with today's messages and its own translations."""
    path = LOCALE / lang / "LC_MESSAGES" / "tocsin.po"
    old: dict[object, str] = {}
    if path.exists():
        with path.open("rb") as stream:
            old = {m.id: str(m.string) for m in pofile.read_po(stream, locale=lang) if m.id}
    catalog = Catalog(locale=lang, project="tocsin", charset="utf-8", fuzzy=False)
    for message in fresh:
        if message.id:
            string = str(message.id) if lang == "en" else old.get(message.id, "")
            catalog.add(message.id, string, locations=message.locations)
    return catalog


def write(lang: str, catalog: Catalog) -> int:
    """Write .po and .mo; the number of messages without a translation."""
    folder = LOCALE / lang / "LC_MESSAGES"
    folder.mkdir(parents=True, exist_ok=True)
    text = io.BytesIO()
    pofile.write_po(
        text,
        catalog,
        width=100,
        omit_header=False,
        sort_output=True,
        include_lineno=False,
        ignore_obsolete=True,
    )
    # No date of the day: the same messages give the same file.
    lines = [
        line
        for line in text.getvalue().decode().splitlines()
        if not line.startswith(('"POT-Creation-Date', '"PO-Revision-Date', '"Generated-By'))
    ]
    (folder / "tocsin.po").write_text("\n".join(lines) + "\n", "utf-8")
    with (folder / "tocsin.po").open("rb") as stream:
        reread = pofile.read_po(stream, locale=lang)
    # The compiled file carries a date too: always the same one.
    reread.creation_date = DATE
    reread.revision_date = DATE
    compiled = io.BytesIO()
    mofile.write_mo(compiled, reread)
    (folder / "tocsin.mo").write_bytes(compiled.getvalue())
    return sum(1 for message in reread if message.id and not message.string)


def main() -> int:
    """Both languages; 1 when one is incomplete."""
    fresh = template()
    missing = {lang: write(lang, updated(lang, fresh)) for lang in ("en", "fr")}
    for lang, count in missing.items():
        print(f"{lang}: {count} messages without a translation")
    return 1 if any(missing.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
