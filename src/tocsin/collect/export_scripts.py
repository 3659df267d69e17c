"""The PowerShell scripts that an administrator runs where Tocsin cannot ask itself.

They are files of this package; a test reads every word of them and lets nothing but `Get-*` pass.
"""

from __future__ import annotations

from importlib import resources


def scripts() -> dict[str, bytes]:
    """Content by file name, in the order in which they are told."""
    folder = resources.files("tocsin.collect") / "scripts"
    found = (each for each in folder.iterdir() if each.name.endswith(".ps1"))
    return {each.name: each.read_bytes() for each in sorted(found, key=lambda each: len(each.name))}
