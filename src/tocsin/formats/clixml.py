"""CLIXML: what `Export-Clixml` wrote of Exchange's cmdlets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from tocsin.formats import Format, Reading
from tocsin.formats.syntax import clixml
from tocsin.formats.syntax.exchange_reading import read_records
from tocsin.model.evidence import Evidence
from tocsin.model.finding import Gap
from tocsin.model.locator import Locator


def recognise(head: bytes) -> int:
    """By the root element `Objs` and PowerShell's namespace."""
    return 95 if clixml.looks_like(head) else 0


def read(stream: BinaryIO, at: Locator, reading: Reading) -> Iterator[Evidence | Gap]:
    """What every object says about Exchange servers, then one `Look`."""
    del reading
    return read_records(clixml.read_objects(stream, at), at)


FORMAT = Format(
    name="clixml",
    title="PowerShell CLIXML export",
    recognise=recognise,
    read=read,
    # Behind `healthchecker`, whose results are CLIXML too.
    order=46,
)
