"""Absent is not false: a property that is left out of a sample is unknown, and nothing else changes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from setting_reading import CSS, HYBRID, item

from tocsin.formats.powershell_json import read_plain
from tocsin.formats.syntax import clixml
from tocsin.formats.syntax.format_list import LINE_LIMIT, read_printed
from tocsin.formats.syntax.records import Object, Record
from tocsin.formats.syntax.setting_record import settings_of
from tocsin.formats.syntax.setting_syntax import Origin
from tocsin.formats.syntax.text_stream import decoded, lines
from tocsin.model.locator import Locator
from tocsin.model.setting import Setting

AT = Locator(source="x")
DERIVED = {"rawdata", "wellknownname", "wellknownguid"}
"""Their members are under our own names."""


def records(root: Path) -> Iterator[tuple[str, Record, Origin]]:
    for path in sorted((root / CSS).rglob("*.xml")):
        if "AclPermissions" in path.name:
            continue
        with path.open("rb") as stream:
            for each in clixml.read_objects(stream, AT):
                assert isinstance(each, Record)
                yield path.name, each, Origin(syntax="clixml")
    for path in sorted((root / HYBRID / "exo-adminapi-json").iterdir()):
        with path.open("rb") as stream:
            for each in read_plain(stream, AT):
                assert isinstance(each, Record)
                yield path.name, each, Origin(syntax="json")
    for path in sorted((root / HYBRID / "format-list").iterdir()):
        with path.open("rb") as stream:
            for each in read_printed(lines(decoded(stream), LINE_LIMIT), AT):
                assert isinstance(each, Record)
                yield path.name, each, Origin(syntax="printed", cmdlet=each.cmdlet)


def setting(thing: Object, origin: Origin) -> Setting | None:
    told = next(settings_of(thing, origin), None)
    return None if told is None else told.setting


def answers(found: Setting) -> dict[str, Any]:
    return {
        name.lower(): (item(found).ask(name).known, item(found).ask(name).value)
        for name in names(found)
    }


def names(found: Setting) -> set[str]:
    return {*found.properties, *found.lost}


@pytest.mark.shared
def test_each_property_left_out_in_turn_is_unknown_and_nothing_else_changes(shared: Path):
    tried = lost_kind = 0
    for file, record, origin in records(shared):
        whole = setting(record.object, origin)
        if whole is None:
            continue
        before = answers(whole)
        for name in list(record.object.properties):
            rest = {n: v for n, v in record.object.properties.items() if n != name}
            less = setting(msgspec.structs.replace(record.object, properties=rest), origin)
            tried += 1
            if less is None:
                lost_kind += 1
                continue
            where = (file, whole.name, name)
            assert less.kind == whole.kind, where
            assert not item(less).ask(name).known, where
            assert item(less).ask(name).lost is None, where
            assert less.side in (whole.side, ""), where
            if name.lower() in DERIVED or whole.kind == "DirectoryGroup":
                continue
            expected = {n: v for n, v in before.items() if n != name.lower()}
            assert answers(less) == expected, where
    assert tried > 1500
    # No object of the samples is told from others by one name alone.
    assert lost_kind == 0


@pytest.mark.shared
def test_a_property_set_to_null_is_known_and_empty(shared: Path):
    for file, record, origin in records(shared):
        whole = setting(record.object, origin)
        if whole is None or origin.syntax == "printed":
            continue
        for name in whole.properties:
            if name not in record.object.properties or name.lower() in DERIVED:
                continue
            nulled = record.object.properties | {name: None}
            less = setting(msgspec.structs.replace(record.object, properties=nulled), origin)
            assert less is not None
            answer = item(less).ask(name)
            assert answer.known, (file, name)
            assert answer.value is None or whole.kind == "DirectoryGroup", (file, name)
