"""Hostile exports of trusts, each beside a good one, through `tocsin trust` as a user runs it.

Every command has 1 GiB of address space and five minutes. Right is: it ends as it should, what is lost
is told, nothing of the program's own failing is, and the good connector beside is still judged.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

ADDRESS_SPACE = 1 << 30
"""Bytes of address space of each process: libraries, stacks and reservations included."""
PEAK = 700
"""Megabytes of resident memory that no input may need."""
SECONDS = 300

ENDS = (0, 3)
"""Exit codes that are right: all was read, or it is told what was not."""

GOOD = "Beside the hostile one"
Write = Callable[[io.BufferedIOBase, int], None]

_CLIXML = b'<Objs Version="1.1.0.1" xmlns="http://schemas.microsoft.com/powershell/2004/04">'
_RECEIVE = (
    b'<Obj RefId="0"><TN RefId="0">'
    b"<T>Deserialized.Microsoft.Exchange.Data.Directory.SystemConfiguration.ReceiveConnector</T></TN>"
    b'<Props><S N="Name">Relay</S><S N="Identity">EX01\\Relay</S>'
)
_END = b"</Props></Obj></Objs>"
_MARKUP = "<img src=x onerror=alert(1)>\"'&\u202egnp.\u0007\u001b[31m{name}%s"
ODD: tuple[Any, ...] = (
    True, False, None, 0, -1, 1 << 62, 1.5, "", "True", "*", "*.*", "*.com", ".", "@", "smtp:*;1",
    [], [[]], [None], [True], [{}], {}, {"a": {"b": {"c": 1}}}, [["x", ["y"]]], "::/0", "0.0.0.0/0",
    "0.0.0.0-255.255.255.255", "10.0.0.9-10.0.0.1", "1.2.3.4/99", "fe80::1%25/64", "9999-99-99",
    "2026-13-01T00:00:00Z", "/Date(99999999999999999)/", "<I><S>", "((((((((((", "[a-", "https://[",
    "http://a:99999999/", _MARKUP, "\x00", "x" * 5000, ["y"] * 300,
    [{"Name": ["x"], "Sid": 1, "ObjectClass": ["a"]}],
    [{"Type": 1, "Flags": 1, "Rights": 1, "Trustee": []}],
    [{"keyId": 1, "customKeyIdentifier": ["x"], "endDateTime": 5}], "O:BAD:(A;;", "MIIB", "99.9.9.9",
)  # fmt: skip
"""Values of every type and trade, for properties that expect others."""


def connector(name: str, **properties: Any) -> dict[str, Any]:
    """An inbound connector that trusts an address alone: check HYB-010 must say so."""
    return {
        "Name": name,
        "Enabled": True,
        "ConnectorType": "OnPremises",
        "SenderIPAddresses": ["192.0.2.25"],
        "TlsSenderCertificateName": None,
        "CloudServicesMailEnabled": False,
        **properties,
    }


def export(cmdlet: str, side: str, things: Iterable[Any], server: str = "") -> Iterator[bytes]:
    """An export as Tocsin's own scripts write it, piece by piece."""
    head = {"tocsin": "export", "version": 1, "cmdlet": cmdlet, "side": side, "server": server}
    yield json.dumps(head).encode()[:-1] + b', "items": ['
    for number, each in enumerate(things):
        yield (b"," if number else b"") + json.dumps(each).encode()
    yield b"]}"


def _exported(
    cmdlet: str, things: Callable[[int], Iterable[Any]], side: str = "exchange-online"
) -> Write:
    def write(stream: io.BufferedIOBase, size: int) -> None:
        stream.writelines(export(cmdlet, side, things(size)))

    return write


def _pieces(before: bytes, piece: bytes, after: bytes) -> Write:
    """One very long value, or many things, of `size` bytes."""

    def write(stream: io.BufferedIOBase, size: int) -> None:
        stream.write(before)
        block = piece * max(1, (1 << 20) // len(piece))
        stream.writelines(block for _ in range(size // len(block)))
        stream.write(block[: size % len(block) // len(piece) * len(piece)])
        stream.write(after)

    return write


def _laughs(stream: io.BufferedIOBase, size: int) -> None:
    stream.write(b'<?xml version="1.0"?><!DOCTYPE Objs [<!ENTITY l0 "ha">')
    stream.writelines(
        b'<!ENTITY l%d "%s">' % (level, b"&l%d;" % (level - 1) * 10)
        for level in range(1, max(2, size))
    )
    stream.write(b"]>" + _CLIXML + _RECEIVE + b'<S N="Fqdn">&l%d;</S>' % (size - 1) + _END)


def _outside(stream: io.BufferedIOBase, size: int) -> None:
    del size
    stream.write(b'<!DOCTYPE Objs [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + _CLIXML + _RECEIVE)
    stream.write(b'<S N="Fqdn">&x;</S>' + _END)


def _circles(stream: io.BufferedIOBase, size: int) -> None:
    stream.write(_CLIXML + _RECEIVE + b'<Ref N="Self" RefId="0" />')
    stream.writelines(
        b'<Obj N="P%d" RefId="%d"><MS><Ref N="A" RefId="0" /><Ref N="B" RefId="%d" /></MS></Obj>'
        % (number, number, number + 1)
        for number in range(1, size)
    )
    stream.write(_END)


def _deep_clixml(stream: io.BufferedIOBase, size: int) -> None:
    stream.write(_CLIXML + _RECEIVE)
    stream.write(b'<Obj N="RemoteIPRanges" RefId="9"><MS>' * size + b"</MS></Obj>" * size + _END)


def _wrong_clixml(stream: io.BufferedIOBase, size: int) -> None:
    """A list where a boolean is expected, a number where a text is, escapes of half a character."""
    stream.write(_CLIXML)
    stream.writelines(
        _RECEIVE + b'<Obj N="Enabled" RefId="2"><LST><B>true</B><S>x</S></LST></Obj>'
        b'<I32 N="RemoteIPRanges">5</I32><S N="Fqdn">a_xD800_b_x0000_</S><Db N="PermissionGroups">NaN</Db>'
        b'<Obj N="AuthMechanism" RefId="3"><I32>99999999999999999999</I32></Obj><DT N="WhenChangedUTC">'
        b'9999-99-99</DT><BA N="RawData">!!!!</BA></Props></Obj>'
        for _ in range(size)
    )
    stream.write(b"</Objs>")


def _deep_json(stream: io.BufferedIOBase, size: int) -> None:
    whole = b"".join(export("Get-InboundConnector", "exchange-online", [connector("Deep", X=0)]))
    stream.write(whole.replace(b'"X": 0', b'"X": ' + b'{"a":' * size + b"1" + b"}" * size))


def _numbers(stream: io.BufferedIOBase, size: int) -> None:
    whole = b"".join(export("Get-InboundConnector", "exchange-online", [connector("Odd", X=0)]))
    digits = b"9" * size
    stream.write(
        whole.replace(b'"X": 0', b'"X": NaN, "Y": -Infinity, "Enabled": true, "Z": ' + digits)
    )


def _twice(stream: io.BufferedIOBase, size: int) -> None:
    whole = b"".join(export("Get-InboundConnector", "exchange-online", [connector("Twice", X=0)]))
    stream.write(whole.replace(b'"X": 0', b", ".join([b'"Enabled": false', b'"X": 1'] * size)))


def _half(stream: io.BufferedIOBase, size: int) -> None:
    """Cut within an object, as a full disk leaves it."""
    things = (connector(f"Cut {number}") for number in range(size))
    stream.write(b"".join(export("Get-InboundConnector", "exchange-online", things))[:-120])


def _encoded(stream: io.BufferedIOBase, size: int) -> None:
    """UTF-16 that says it is UTF-8, then bytes of no encoding."""
    things = [connector("Umlaut ü")] * size
    text = b"".join(export("Get-InboundConnector", "exchange-online", things)).decode()
    stream.write(b"\xef\xbb\xbf" + text.encode("utf-16-le") + b"\xff\xfe\x00\xd8\xc3\x28")


def _latin(stream: io.BufferedIOBase, size: int) -> None:
    line = '"Relais é","EX01\\Relais é","System.Object[]","Tls, Integrated"\n'.encode("latin-1")
    stream.write(b'"Name","Identity","RemoteIPRanges","AuthMechanism"\n' + line * size)


def _wrong_everywhere(stream: io.BufferedIOBase, size: int) -> None:
    """Each value of `ODD` as each property of a connector, in turn."""
    names = [*connector("x"), "ConnectorSource", "RequireTls", "SenderDomains", "TrustedOrganizations",
             "WhenChangedUTC", "EFSkipIPs", "EFSkipLastIP", "TreatMessagesAsInternal"]  # fmt: skip
    odd = (
        connector(f"Odd {n}", **{name: value})
        for n in range(size)
        for name in names
        for value in ODD
    )
    stream.writelines(export("Get-InboundConnector", "exchange-online", odd))


def _permissions(stream: io.BufferedIOBase, size: int) -> None:
    entry = "(OA;CI;WDWPCR;bf967aba-0de6-11d0-a285-00aa003049e2;;S-1-5-21-1-2-3-1121)"
    sddl = "O:BAG:BAD:AI" + entry * (size // len(entry))
    thing = {"Object": "DC=contoso,DC=example", "ObjectKind": "domain", "Sddl": sddl}
    stream.writelines(export("AccessControl", "directory", [thing]))


def _certificates(stream: io.BufferedIOBase, size: int) -> None:
    stream.write(_CLIXML)
    stream.writelines(
        b'<Obj RefId="%d"><TN RefId="%d"><T>System.Security.Cryptography.X509Certificates.'
        b'X509Certificate2</T></TN><Props><BA N="RawData">MIIFAKEFAKE%04d</BA></Props></Obj>'
        % (number * 2, number * 2 + 1, number % 10_000)
        for number in range(size)
    )
    stream.write(b"</Objs>")


def _collection(stream: io.BufferedIOBase, size: int) -> None:
    """A SharpHound zip whose one member unpacks to `size` bytes of groups that hold themselves."""
    group = {
        "ObjectIdentifier": "S-1-5-21-1-2-3-1119",
        "Properties": {"name": "EXCHANGE TRUSTED SUBSYSTEM@CONTOSO.EXAMPLE"},
        "Members": [{"ObjectIdentifier": "S-1-5-21-1-2-3-1119", "ObjectType": "Group"}],
        "Aces": [{"RightName": 5, "PrincipalSID": None}],
    }
    block = json.dumps(group).encode() + b","
    with (
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("20261101_groups.json", "w", force_zip64=True) as member,
    ):
        member.write(b'{"data":[')
        for _ in range(max(1, size // len(block))):
            member.write(block)
        member.write(block[:-1] + b'],"meta":{"type":"groups","count":1,"version":6}}')


def _servers(size: int) -> Iterator[dict[str, Any]]:
    """Two of one name; names that are ids, addresses, markup, of other alphabets, of nothing."""
    names = ["EX01.a.example", "EX01.b.example", "addomain:domain", "server:ex01", "10.1.2.3", "::1",
             _MARKUP, "*", "EX01.a.example", "МAIL.contoso.example", "a" * 300, "..", "$", " "]  # fmt: skip
    for number in range(size):
        name = names[number] if number < len(names) else f"EX{number}.contoso.example"
        yield {"Name": name.partition(".")[0], "Fqdn": name, "ServerRole": "Mailbox",
               "AdminDisplayVersion": "Version 15.2 (Build 1118.7)", "Site": name}  # fmt: skip


def _send_to_itself(size: int) -> Iterator[dict[str, Any]]:
    for number in range(size):
        name = f"Loop {number % 50}"
        yield {
            "Name": name, "Identity": name, "Enabled": True, "AddressSpaces": ["smtp:*;1", "smtp:*.*;1"],
            "SmartHosts": [name, "[127.0.0.1]", "EX01"], "SourceTransportServers": [name, "EX01", "EX01"],
            "TlsDomain": "*", "RequireTLS": True, "TlsAuthLevel": "DomainValidation",
        }  # fmt: skip


def _ranges(size: int) -> Iterator[dict[str, Any]]:
    wide = ["::/0", "0.0.0.0/0", "::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "0.0.0.0-255.255.255.255",
            "255.255.255.255-0.0.0.0", "10.0.0.0/-1", "10.0.0.0/255.0.255.0", "fe80::%eth0/64"]  # fmt: skip
    for number in range(size):
        yield {
            "Name": f"R{number}", "Identity": f"EX01\\R{number}", "Server": "EX01", "Enabled": True,
            "Bindings": ["0.0.0.0:25"], "RemoteIPRanges": [wide[number % len(wide)]],
            "AuthMechanism": ["Tls", "ExternalAuthoritative"], "PermissionGroups": ["AnonymousUsers"],
            "TlsDomainCapabilities": ["*:AcceptCloudServicesMail", "NO-TLS:AcceptOorgProtocol", ":", "::"],
        }  # fmt: skip


_IN = "Get-InboundConnector"
_BOMBS = [
    "(" * 200 + "a+)+" * 200 + "$", "*" * 500, "*." * 500, ("a" * 60 + ".") * 200, "." * 5000,
    "-" * 5000 + "@", "a" * 5000 + "!", "<S>" * 2000, "CN=" * 2000,
]  # fmt: skip
CASES: dict[str, tuple[Write, int, int, bool]] = {
    "clixml: a billion laughs": (_laughs, 10, 10, True),
    "clixml: an entity that is another file": (_outside, 0, 0, True),
    "clixml: references in circles": (_circles, 500_000, 2_000, True),
    "clixml: nested deep": (_deep_clixml, 100_000, 1_000, True),
    "clixml: wrong types": (_wrong_clixml, 20_000, 50, False),
    "clixml: a text without end": (
        _pieces(_CLIXML + _RECEIVE + b'<S N="Fqdn">', b"a", b"</S>" + _END), 1 << 30, 2 << 20, True),
    "clixml: half a file": (
        _pieces(_CLIXML + _RECEIVE, b'<S N="Comment">x</S>', b""), 1 << 20, 4_000, True),
    "clixml: certificates of garbage": (_certificates, 200_000, 100, False),
    "json: nested 1,000 deep": (_deep_json, 1_000, 1_000, True),
    "json: nested 1,000,000 deep": (_deep_json, 1_000_000, 100_000, True),
    "json: no numbers": (_numbers, 1 << 20, 5_000, True),
    "json: each name many times": (_twice, 1_000_000, 1_000, False),
    "json: half a file": (_half, 100_000, 20, True),
    "json: another encoding than it says": (_encoded, 1_000, 3, True),
    "json: every value as every property": (_wrong_everywhere, 20, 1, False),
    "json: a name of 1 MB": (
        _exported(_IN, lambda n: [connector("n" * n)]), 1 << 20, 1 << 20, True),
    "json: names of markup and control characters": (
        _exported(_IN, lambda n: (connector(f"{_MARKUP}{i}", TlsSenderCertificateName=_MARKUP)
                                  for i in range(n))), 2_000, 5, False),
    "json: one object 100,000 times": (
        _exported(_IN, lambda n: (connector("Same") for _ in range(n))), 100_000, 500, False),
    "json: a million objects": (
        _exported(_IN, lambda n: (connector(f"C{i}") for i in range(n))), 1_000_000, 500, False),
    "json: a million objects of no kind": (
        _exported("Get-Nothing", lambda n: ({"Name": f"C{i}"} for i in range(n))), 1_000_000, 500, False),
    "json: 1 GB in one text": (
        _pieces(b'{"tocsin":"export","cmdlet":"Get-InboundConnector","items":[{"Name":"', b"a", b'"}]}'),
        1 << 30, 8 << 20, True),
    "json: 1 GB of objects": (
        _pieces(b'{"tocsin":"export","cmdlet":"Get-InboundConnector","items":[{"Name":"x"}',
                b',{"Name":"x","Comment":"' + b"a" * 4000 + b'"}', b"]}"), 1 << 30, 200_000, False),
    "json: names that cost a pattern dearly": (
        _exported(_IN, lambda n: (connector(f"B{i}", TlsSenderCertificateName=_BOMBS[i % len(_BOMBS)],
                                            SenderDomains=[_BOMBS[i % len(_BOMBS)]]) for i in range(n))),
        2_000, 20, False),
    "json: servers of odd names": (
        _exported("Get-ExchangeServer", _servers, "on-premises"), 5_000, 20, False),
    "json: connectors that lead to themselves": (
        _exported("Get-SendConnector", _send_to_itself, "on-premises"), 20_000, 20, False),
    "json: ranges of everything": (
        _exported("Get-ReceiveConnector", _ranges, "on-premises"), 20_000, 20, False),
    "json: an access list of 10 MB": (_permissions, 10 << 20, 20_000, False),
    "csv: another encoding, types for values": (_latin, 200_000, 50, False),
    "list: a value without end": (
        _pieces(b"Name            : Relay\nIdentity        : EX01\\Relay\nPermissionGroups : ",
                b"a, ", b"\nRemoteIPRanges : {::/0}\n"), 1 << 30, 8 << 20, False),
    "zip: a collection of 1 GB": (_collection, 1 << 30, 100_000, False),
}  # fmt: skip
"""Each: who writes it, its size in the benchmark, its size in the test suite, whether a loss is told."""


def lay_out(name: str, size: int, folder: Path) -> None:
    """Write the hostile file, and the good one beside it."""
    folder.mkdir()
    with (folder / "hostile").open("wb") as stream:
        CASES[name][0](stream, size)
    good = b"".join(export(_IN, "exchange-online", [connector(GOOD)]))
    (folder / "good.json").write_bytes(good)


def measure(name: str, size: int, folder: Path, command: str = "trust") -> dict[str, Any]:
    """Run the command on the case, and say how that went."""
    lay_out(name, size, folder / "in")
    arguments = [command, str(folder / "in"), "-o", str(folder / "out"), "--fail-on", "none", "-q"]
    started = time.perf_counter()
    with (folder / "said").open("wb") as said:
        ended = subprocess.run(
            [
                sys.executable,
                "-c",
                _LAUNCH,
                str(folder / "peak"),
                sys.executable,
                "-m",
                "tocsin",
                *arguments,
                "--workers",
                "1",
            ],
            stdout=said,
            stderr=subprocess.STDOUT,
            check=False,
        )
    result: dict[str, Any] = {
        "seconds": time.perf_counter() - started,
        "peak": int((folder / "peak").read_text()) // 1024,
        "code": ended.returncode,
        "said": (folder / "said").read_text("utf-8", "replace")[-3000:],
    }
    written = folder / "out" / "run.json"
    if written.exists():
        result |= told(json.loads(written.read_bytes()))
        result["report"] = (folder / "out" / "report.html").stat().st_size >> 20
    return result


_LAUNCH = f"""
import resource, subprocess, sys
resource.setrlimit(resource.RLIMIT_AS, ({ADDRESS_SPACE}, {ADDRESS_SPACE}))
resource.setrlimit(resource.RLIMIT_CPU, ({SECONDS}, {SECONDS}))
code = subprocess.call(sys.argv[2:])
with open(sys.argv[1], "w") as peak:
    peak.write(str(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss))
sys.exit(code if code >= 0 else 128 - code)
"""
"""Runs a command within limits. A process of its own, as what is started by a large one counts as large."""


def told(run: dict[str, Any]) -> dict[str, Any]:
    """What a run says of the case."""
    checks = (run.get("trusts") or {}).get("checks") or []
    losses = [each["why"] for each in run["gaps"]] + [each["why"] for each in run["skipped"]]
    return {
        "gaps": len(run["gaps"]),
        "skipped": len(run["skipped"]),
        "told": [_words(each) for each in losses],
        "good": [
            each["outcome"]
            for each in checks
            if each["check"] == "HYB-010" and each["subject"] == GOOD
        ],
        "leaked": "root:" in json.dumps(run),
    }


def _words(why: Any) -> str:
    return str(why["template"]) if isinstance(why, dict) else str(why)


def verdict(name: str, result: dict[str, Any]) -> str:
    """Empty when all is well."""
    faults = {
        f"exit code {result['code']}: {result['said'][-600:]}": result["code"] not in ENDS,
        "a traceback": "Traceback" in result["said"],
        "a reader raised": any("failed" in each for each in result.get("told", ())),
        f"the good object beside it: {result.get('good')}": result.get("good") != ["fail"],
        "another file was read": bool(result.get("leaked")),
        f"{result['peak']} MB": result["peak"] > PEAK,
        "what was lost was not told": CASES[name][3] and not result.get("told"),
    }
    return "; ".join(words for words, wrong in faults.items() if wrong)


def main() -> int:
    """Run all cases, print a table, and say 1 when anything went wrong."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--only", help="cases whose name holds this")
    arguments.add_argument("--small", action="store_true", help="the sizes of the test suite")
    arguments.add_argument("--command", default="trust", choices=["trust", "examine", "inventory"])
    chosen = arguments.parse_args()
    print(f"{'input':48}{'seconds':>8}{'peak MB':>9}{'report':>8}{'gaps':>6}{'skipped':>9}  said")
    wrong = 0
    for name, (_, size, small, _told) in CASES.items():
        if chosen.only and chosen.only not in name:
            continue
        with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as folder:
            result = measure(name, small if chosen.small else size, Path(folder), chosen.command)
        fault = verdict(name, result)
        wrong += bool(fault)
        numbers = "".join(
            f"{result.get(key, '-')!s:>{width}}"
            for key, width in (("peak", 9), ("report", 8), ("gaps", 6), ("skipped", 9))
        )
        said = f"WRONG: {fault}" if fault else next(iter(result["told"]), "")[:90]
        print(f"{name:48}{result['seconds']:8.1f}{numbers}  {said}", flush=True)
    print(f"{wrong} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
