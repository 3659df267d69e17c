"""CLIXML exports: Microsoft's own lab files, and what a stranger may write."""

from __future__ import annotations

from pathlib import Path

import pytest
from powershell_reading import read, version

CSS = "samples/exchange/css-exchange"

# SOURCES.md beside the samples; names as the files print them.
EXPECTED = [
    ("E19-GetExchangeServer.xml", "Solo-E19A.Solo.com", ("15.2.986.5", "cu")),
    ("E19-ExSetup.xml", None, ("15.2.986.5", "update")),
    ("E19-ExSetup1.xml", None, ("15.2.1118.25", "update")),
    ("E16-ExSetup.xml", None, ("15.1.2375.7", "update")),
    ("E19CU11AdminDisplayVersion.xml", None, ("15.2.986.5", "cu")),
]


@pytest.mark.shared
@pytest.mark.parametrize(("name", "server", "build"), EXPECTED)
def test_lab_exports_give_server_and_version(
    shared: Path, name: str, server: str | None, build: tuple[str, str]
):
    (host,) = read((shared / CSS / name).read_bytes()).hosts
    assert host.names[:1] == ((server,) if server else ())
    assert version(host) == build
