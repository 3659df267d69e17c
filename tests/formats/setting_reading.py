"""What the tests of settings share."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from powershell_reading import read

from tocsin.analyse.trust.settings import Item
from tocsin.model.locator import Locator
from tocsin.model.setting import Setting

HYBRID = "samples/hybrid"
CSS = f"{HYBRID}/clixml-css-exchange"


def of_file(path: Path) -> list[Setting]:
    """Every setting of a file, read the way the product does."""
    return read(path.read_bytes()).settings


def item(setting: Setting) -> Item:
    """The setting as checks ask it."""
    names = {name.lower(): name for name in (*setting.lost, *setting.properties)}
    return Item(setting, Locator(source="x"), names)


def value(setting: Setting, name: str) -> Any:
    """A property's value; fails when it was not collected."""
    answer = item(setting).ask(name)
    assert answer.known, (setting.kind, setting.name, name, answer.lost)
    return answer.value


def one(settings: list[Setting], kind: str, name: str = "") -> Setting:
    """The one setting of a kind, and name."""
    found = [each for each in settings if each.kind == kind and (not name or each.name == name)]
    assert len(found) == 1, [(each.kind, each.name) for each in settings]
    return found[0]
