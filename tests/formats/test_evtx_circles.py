"""Chains in a chunk's header that lead in circles: the library would follow them for ever."""

import io
import struct
import subprocess
import sys

import pytest
from event_making import event, evtx

from tocsin.formats.evtx import FORMAT
from tocsin.formats.syntax.log_rows import LogRecord

CHUNK = 4096
FREE = 60_000
VALUES = ["Get-Mailbox", "-ResultSize 1"]


@pytest.mark.parametrize("table", [128, 200, 380, 384, 508])
@pytest.mark.parametrize("length", [1, 2, 50])
def test_a_circle_costs_no_record(table, length, tmp_path):
    data = bytearray(evtx([event("MSExchange CmdletLogs", 1, "MSExchange Management", VALUES)]))
    data = data.ljust(CHUNK + 65536, b"\0")
    places = [FREE + 40 * number for number in range(length)]
    struct.pack_into("<I", data, CHUNK + table, places[0])
    for at, to in zip(places, [*places[1:], places[0]], strict=True):
        struct.pack_into("<I", data, CHUNK + at, to)
    path = tmp_path / "Management.evtx"
    path.write_bytes(data)
    count = (
        "import sys; from tocsin.formats.evtx import FORMAT;"
        "print(sum(hasattr(e, 'text') for e in FORMAT.log.records(open(sys.argv[1], 'rb'))))"
    )
    told = subprocess.run(
        [sys.executable, "-c", count, path], capture_output=True, timeout=60, check=True
    )
    assert told.stdout.strip() == b"1"


def test_chains_without_a_circle_are_left():
    data = evtx([event("MSExchange CmdletLogs", 1, "MSExchange Management", VALUES)])
    (record,) = FORMAT.log.records(io.BytesIO(data))
    assert isinstance(record, LogRecord)
