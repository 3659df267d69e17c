"""Hostile inputs, each read in a process of its own whose address space is limited.

    python benchmarks/hostile.py

Each input is written to a temporary folder, read the way `tocsin examine` reads a file, and then
judged: the process must end by itself, within the limits of memory and time, and say what was lost.
"""

from __future__ import annotations

import argparse
import gzip
import io
import json
import os
import resource
import struct
import subprocess
import sys
import tarfile
import tempfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

ADDRESS_SPACE = 1 << 30
"""Bytes of address space of the reading process: libraries, stacks and reservations included."""
PEAK = 300
"""Megabytes of resident memory that no input may need."""
SECONDS = 300

_RECEIVED = (
    b"Received: from EX01.contoso.example (10.1.2.3) by EX02.contoso.example (10.1.2.4) with Microsoft"
    b" SMTP Server\r\n (version=TLS1_2, cipher=X) id 15.1.2507.6; Mon, 1 Nov 2021 10:00:00 +0100\r\n"
)
_CLIXML = b'<Objs Version="1.1.0.1" xmlns="http://schemas.microsoft.com/powershell/2004/04">'
_SERVER = (
    b'<Obj RefId="0"><TN RefId="0"><T>Microsoft.Exchange.Data.Directory.Management.ExchangeServer</T></TN>'
    b'<Props><S N="Name">EX01</S><S N="Fqdn">EX01.contoso.example</S>'
    b'<S N="AdminDisplayVersion">Version 15.1 (Build 2507.6)</S>'
)
_NMAP = b'<nmaprun scanner="nmap" args="nmap" start="1635757200" version="7.92">'
_CHUNK = 1 << 20


def _repeat(stream: io.BufferedIOBase, piece: bytes, size: int) -> None:
    block = piece * max(1, _CHUNK // len(piece))
    stream.writelines(block for _ in range(size // len(block)))
    stream.write(block[: size % len(block)])


def _line(before: bytes, piece: bytes, after: bytes) -> Callable[[io.BufferedIOBase, int], None]:
    """One very long line, or value, between two pieces."""

    def write(stream: io.BufferedIOBase, size: int) -> None:
        stream.write(before)
        _repeat(stream, piece, size)
        stream.write(after)

    return write


def _sparse(before: bytes) -> Callable[[io.BufferedIOBase, int], None]:
    """A file of `size` bytes that takes no room: zeros behind its beginning."""

    def write(stream: io.BufferedIOBase, size: int) -> None:
        stream.write(before)
        stream.truncate(size)

    return write


def _laughs(root: bytes) -> Callable[[io.BufferedIOBase, int], None]:
    """Entities of entities: 10 to the 9th laughs."""

    def write(stream: io.BufferedIOBase, size: int) -> None:
        del size
        name = root[1:].split(b" ")[0].rstrip(b">")
        stream.write(b'<?xml version="1.0"?><!DOCTYPE ' + name + b' [<!ENTITY l0 "ha">')
        stream.writelines(
            b'<!ENTITY l%d "%s">' % (level, b"&l%d;" % (level - 1) * 10) for level in range(1, 10)
        )
        stream.write(b"]>" + root + b"<S>&l9;</S></" + name + b">")

    return write


def _quadratic(root: bytes) -> Callable[[io.BufferedIOBase, int], None]:
    """One long entity, many times."""

    def write(stream: io.BufferedIOBase, size: int) -> None:
        name = root[1:].split(b" ")[0].rstrip(b">")
        stream.write(b'<?xml version="1.0"?><!DOCTYPE ' + name + b' [<!ENTITY a "')
        _repeat(stream, b"a", size)
        stream.write(b'">]>' + root + b"<S>" + b"&a;" * 50_000 + b"</S></" + name + b">")

    return write


def _external(root: bytes) -> Callable[[io.BufferedIOBase, int], None]:
    """An entity that is another file; what is in it must not come out."""

    def write(stream: io.BufferedIOBase, size: int) -> None:
        del size
        name = root[1:].split(b" ")[0].rstrip(b">")
        stream.write(b"<!DOCTYPE " + name + b' [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + root)
        stream.write(b"<S>&x;</S></" + name + b">")

    return write


def _cycle(stream: io.BufferedIOBase, size: int) -> None:
    """Objects that hold themselves, and each other."""
    stream.write(_CLIXML + _SERVER + b'<Ref N="Self" RefId="0" />')
    stream.writelines(
        b'<Obj N="P%d" RefId="%d"><MS><Ref N="A" RefId="0" /><Ref N="B" RefId="%d" /></MS></Obj>'
        % (number, number, number + 1)
        for number in range(1, max(2, size // 100))
    )
    stream.write(b"</Props></Obj></Objs>")


def _deep(
    before: bytes, opening: bytes, closing: bytes
) -> Callable[[io.BufferedIOBase, int], None]:
    def write(stream: io.BufferedIOBase, size: int) -> None:
        stream.write(before + opening * size + closing * size)

    return write


def _flat_zip(stream: io.BufferedIOBase, size: int) -> None:
    with (
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("zeros.eml", "w", force_zip64=True) as member,
    ):
        _repeat(member, b"\0", size)


def _overlapping_zip(stream: io.BufferedIOBase, size: int) -> None:
    """Fifield's form: a directory whose entries all name the same bytes."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("good.eml", _RECEIVED + b"\r\n")
        archive.writestr("bomb", b"\0" * (10 << 20))
    data = packed.getvalue()
    start, end = data.index(b"PK\x01\x02"), data.index(b"PK\x05\x06")
    last = data.index(b"PK\x01\x02", start + 1)
    count = min(size, 65_000)
    body = data[start:last] + data[last:end] * count
    record = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, count + 1, count + 1, len(body), start, 0)
    stream.write(data[:start] + body + record)


def _nested_zip(stream: io.BufferedIOBase, size: int) -> None:
    """42.zip's form: sixteen of the same in each of six levels."""
    del size
    data = gzip.compress(b"\0" * (64 << 20), 9)
    for _ in range(6):
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for number in range(16):
                archive.writestr(f"{number}", data)
        data = packed.getvalue()
    stream.write(data)


def _many_members(stream: io.BufferedIOBase, size: int) -> None:
    with tarfile.open(fileobj=stream, mode="w:gz", compresslevel=1) as archive:
        for number in range(size):
            archive.addfile(tarfile.TarInfo(f"d/{number}"))
            archive.members = []  # type: ignore[assignment]
        info = tarfile.TarInfo("good.eml")
        data = _RECEIVED + b"\r\n"
        info.size = len(data)
        archive.addfile(info, io.BytesIO(data))


def _tar_header(stream: io.BufferedIOBase, size: int) -> None:
    """An extension header that is all there is of the archive."""
    info = tarfile.TarInfo("././@PaxHeader")
    info.type, info.size = tarfile.XHDTYPE, size
    with gzip.open(stream, "wb", compresslevel=1) as packed:
        packed.write(info.tobuf(tarfile.USTAR_FORMAT))
        _repeat(packed, b"9", size)


def _headers(stream: io.BufferedIOBase, size: int) -> None:
    """One mail of nothing but Received headers."""
    _repeat(stream, _RECEIVED, size)
    stream.write(b"\r\n")


Write = Callable[[io.BufferedIOBase, int], None]
CASES: dict[str, tuple[Write, int, int]] = {
    "mail: a header line of 100 MB": (
        _line(_RECEIVED + b"Subject: ", b"a", b"\r\n\r\nbody"), 100 << 20, 1 << 20),
    "mail: a Received line of 100 MB": (
        _line(b"Received: from a (", b"(", b") by b id 15.1.2507.6\r\n" + _RECEIVED + b"\r\n"),
        100 << 20, 1 << 20),
    "mail: a folded header of 100 MB": (
        _line(_RECEIVED + b"X-Long: a\r\n", b" folded\r\n", b"Subject: b\r\n\r\n"), 100 << 20, 1 << 20),
    "mail: 100 MB of Received headers": (_headers, 100 << 20, 1 << 20),
    "mail: 1 GB of zeros behind a header (sparse)": (_sparse(_RECEIVED), 1 << 30, 64 << 20),
    "mbox: 1 GB of zeros behind a mail (sparse)": (
        _sparse(b"From a@b Mon Nov  1 10:00:00 2021\n" + _RECEIVED + b"\n"), 1 << 30, 64 << 20),
    "nothing: 1 GB of zeros (sparse)": (_sparse(b""), 1 << 30, 64 << 20),
    "ldif: a value of 100 MB": (
        _line(b"dn: CN=EX01,CN=Servers\nobjectClass: msExchExchangeServer\nserialNumber: ", b"1", b"\n"),
        100 << 20, 2 << 20),
    "ldif: a name of 100 MB": (
        _line(b"dn: CN=EX01,CN=Servers\nobjectClass: top\n", b"a", b": b\n"), 100 << 20, 2 << 20),
    "json: a string of 100 MB": (
        _line(b'[{"Name":"EX01","AdminDisplayVersion":"Version 15.1 (Build 2507.6)","X":"', b"a", b'"}]'),
        100 << 20, 2 << 20),
    "json: nested 100,000 deep": (
        _deep(b'[{"Name":"EX01","AdminDisplayVersion":"Version 15.1 (Build 2507.6)"},', b"[", b"]"),
        100_000, 100_000),
    "json: objects nested 100,000 deep": (
        _deep(b'{"Name":"EX01","AdminDisplayVersion":"Version 15.1 (Build 2507.6)","X":', b'{"a":', b"}"),
        100_000, 100_000),
    "json: a Shodan line of 100 MB": (
        _line(b'{"ip_str":"192.0.2.1","port":443,"_shodan":{"module":"https"},"data":"', b"a", b'"}\n'),
        100 << 20, 2 << 20),
    "json: an Onyphe line nested 100,000 deep": (
        _deep(b'{"@category":"datascan","ip":"192.0.2.1","app":', b"[", b"]"), 100_000, 100_000),
    "csv: a cell of 100 MB": (
        _line(b'"Name","AdminDisplayVersion"\n"EX01","', b"a", b'"\n"EX02","Version 15.1 (Build 2507.6)"\n'),
        100 << 20, 2 << 20),
    "csv: a quote that never closes": (
        _line(b'"Name","AdminDisplayVersion"\n"EX01","', b"a,b\n", b""), 4 << 20, 64_000),
    "list: a line of 100 MB": (
        _line(b"Name                : EX01\nAdminDisplayVersion : Version 15.1 (Build 2507.6)\nX : ",
              b"a", b"\n"), 100 << 20, 2 << 20),
    "clixml: a billion laughs": (_laughs(_CLIXML), 0, 0),
    "clixml: one long entity, many times": (_quadratic(_CLIXML), 1 << 20, 1 << 20),
    "clixml: an entity that is another file": (_external(_CLIXML), 0, 0),
    "clixml: references in circles": (_cycle, 10 << 20, 100_000),
    "clixml: nested 100,000 deep": (
        _deep(_CLIXML + _SERVER + b"</Props></Obj>", b'<Obj RefId="9"><MS>', b"</MS></Obj>"),
        100_000, 100_000),
    "clixml: a text of 100 MB": (
        _line(_CLIXML + _SERVER + b'<S N="X">', b"a", b"</S></Props></Obj></Objs>"), 100 << 20, 2 << 20),
    "clixml: an attribute of 100 MB": (
        _line(_CLIXML + _SERVER + b'<S N="', b"a", b'">a</S></Props></Obj></Objs>'), 100 << 20, 2 << 20),
    "nmap: a billion laughs": (_laughs(_NMAP), 0, 0),
    "nmap: an entity that is another file": (_external(_NMAP), 0, 0),
    "nmap: an attribute of 100 MB": (
        _line(_NMAP + b'<host><address addr="', b"1", b'" addrtype="ipv4"/></host></nmaprun>'),
        100 << 20, 2 << 20),
    "nmap: nested 100,000 deep": (_deep(_NMAP, b"<host>", b"</host>"), 100_000, 100_000),
    "zip: 10 GB of zeros": (_flat_zip, 10 << 30, 200 << 20),
    "zip: 65,000 members that share their bytes": (_overlapping_zip, 65_000, 2000),
    "zip: six levels of sixteen": (_nested_zip, 0, 0),
    "tar.gz: a million empty members": (_many_members, 1_000_000, 20_000),
    "tar.gz: an extension header of 1 GB": (_tar_header, 1 << 30, 64 << 20),
}  # fmt: skip
"""Each: who writes it, its size in the benchmark, its size in the test suite."""


def read(path: Path) -> dict[str, object]:
    """What the reading process found: run in that process."""
    from tocsin.app.reading import Job, Window, read_files  # noqa: PLC0415 - after the limit is set
    from tocsin.collect.archives import Limits  # noqa: PLC0415
    from tocsin.formats import Reading  # noqa: PLC0415

    part = read_files(Job(reading=Reading(), window=Window(), limits=Limits()), (str(path),))
    told = [str(gap.why) for gap in part.gaps] + [str(each.why) for each in part.skipped.all()]
    return {
        "formats": sorted({each.format for each in part.sources}),
        "records": sum(part.records.values()),
        "gaps": len(part.gaps) + part.lost_gaps,
        "skipped": sum(each.files for each in part.skipped.all()),
        "told": told[:3],
        "failed": [words for words in told if "failed" in words],
        "leaked": "root:" in json.dumps(told) or b"root:" in _everything(part),
    }


def _everything(part: object) -> bytes:
    return repr(part).encode("utf-8", "replace")[: 10 << 20]


def measure(name: str, size: int, folder: Path) -> dict[str, object]:
    """Write one input, read it in a process of its own, and say how that went."""
    path = folder / "hostile"
    with path.open("wb") as stream:
        CASES[name][0](stream, size)
    begun = time.perf_counter()
    process = subprocess.run(
        [sys.executable, __file__, "--read", str(path)],
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE)),
    )
    took = time.perf_counter() - begun
    path.unlink()
    if process.returncode:
        return {
            "crash": f"exit code {process.returncode}: {process.stderr[-2000:]}",
            "seconds": took,
        }
    result: dict[str, object] = json.loads(process.stdout)
    return result | {"seconds": took}


def verdict(result: dict[str, object]) -> str:
    """Empty when all is well."""
    if "crash" in result:
        return str(result["crash"])
    if result["failed"]:
        return f"a reader raised: {result['failed']}"
    if result["leaked"]:
        return "another file was read"
    if int(str(result["peak"])) > PEAK:
        return f"{result['peak']} MB"
    return ""


def peak_memory() -> int:
    """Most memory this program has had, in MB; what its parent had before starting it not counted."""
    try:
        status = Path("/proc/self/status").read_text()
        return int(status.partition("VmHWM:")[2].split()[0]) // 1024
    except (OSError, IndexError, ValueError):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def main() -> int:
    """Run all cases, print a table, and say 1 when anything went wrong."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--read", type=Path, help=argparse.SUPPRESS)
    arguments.add_argument("--only", help="cases whose name holds this")
    arguments.add_argument("--small", action="store_true", help="the sizes of the test suite")
    chosen = arguments.parse_args()
    if chosen.read:
        result = read(chosen.read)
        result["peak"] = peak_memory()
        print(json.dumps(result))
        return 0
    print(f"{'input':48}{'seconds':>8}{'peak MB':>9}{'records':>9}{'gaps':>7}{'skipped':>9}  said")
    wrong = 0
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as folder:
        for name, (_, size, small) in CASES.items():
            if chosen.only and chosen.only not in name:
                continue
            result = measure(name, small if chosen.small else size, Path(folder))
            fault = verdict(result)
            wrong += bool(fault)
            numbers = "".join(
                f"{result.get(key, '-')!s:>{width}}"
                for key, width in (("peak", 9), ("records", 9), ("gaps", 7), ("skipped", 9))
            )
            told = result.get("told") or [""]
            said = f"WRONG: {fault}" if fault else str(told[0])[:100]  # type: ignore[index]
            print(f"{name:48}{result['seconds']:8.1f}{numbers}  {said}", flush=True)
    print(f"{wrong} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
