"""What `hostile_hunt.py` hunts in: each case writes a folder, with one row of an attack where it can.

Rows are inert: placeholders stand where a payload would be.
"""

from __future__ import annotations

import base64
import importlib
import json
import os
import random
import struct
import sys
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from hostile_hunt_rules import big_rules, bomb_rules, regex_rules, round_rules, rule, wrong_rules

MARK = "evil7"
"""Stands in every row that must be found."""

MB = 1 << 20
_STEP = 1 << 20

HEAD = (
    b"#Software: Microsoft Internet Information Services 10.0\r\n#Version: 1.0\r\n"
    b"#Date: 2021-03-03 05:00:00\r\n"
)
FIELDS = (
    b"#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip "
    b"cs(User-Agent) cs(Referer) sc-status sc-substatus sc-win32-status time-taken\r\n"
)
IIS = HEAD + FIELDS
PLAIN = b"2021-03-03 05:00:00 10.0.0.5 GET /owa/auth/logon.aspx - 443 - 192.0.2.9 Mozilla/5.0 - 200 0 0 15\r\n"
BAD = (
    b"2021-03-03 05:00:01 10.0.0.5 POST /autodiscover/autodiscover.json @evil7.example/mapi/nspi/?&Email="
    b"autodiscover/autodiscover.json%3f@evil7.example 443 - 198.51.100.7 Mozilla/5.0 - 200 0 0 15\r\n"
)
PROXY_NAMES = (
    b"DateTime,RequestId,MajorVersion,ClientIpAddress,ServerHostName,Protocol,UrlHost,UrlStem,UrlQuery,"
    b"AnchorMailbox,HttpStatus,AuthenticatedUser,UserAgent,TargetServer,GenericInfo"
)
PROXY = (
    b"#Software: Microsoft Exchange Server\r\n#Version: 15.01.2176.002\r\n#Log-type: HttpProxy Logs\r\n"
    b"#Date: 2021-03-03T05:00:00.000Z\r\n#Fields: " + PROXY_NAMES + b"\r\n"
)
PROXY_PLAIN = (
    b"2021-03-03T05:00:00.000Z,0a0a0a0a-1111-2222-3333-444444444444,15,192.0.2.9,EX01,Owa,mail.contoso.example,"
    b"/owa/,,anna@contoso.example,200,CONTOSO\\anna,Mozilla/5.0,ex01.contoso.example,\r\n"
)
PROXY_BAD = (
    b"2021-03-03T05:00:01.000Z,0a0a0a0a-1111-2222-3333-444444444445,15,198.51.100.7,EX01,Ecp,"
    b"mail.contoso.example,/ecp/evil7.js,,ServerInfo~a]ex01.contoso.example:444/autodiscover/autodiscover.xml?#,"
    b"200,,python-requests/2.25.1,ex01.contoso.example,\r\n"
)
EVENT = {
    "EventID": 4688, "Channel": "Security", "Computer": "EX01.contoso.example",
    "ProviderName": "Microsoft-Windows-Security-Auditing", "TimeCreated": "2021-03-03T05:00:00Z",
    "NewProcessName": "C:\\Windows\\System32\\svchost.exe", "ParentProcessName": "C:\\Windows\\System32\\services.exe",
    "CommandLine": "svchost -k x", "SubjectUserName": "EX01$",
}  # fmt: skip
EVENT_BAD = EVENT | {
    "NewProcessName": "C:\\Windows\\System32\\cmd.exe",
    "ParentProcessName": "C:\\Windows\\System32\\inetsrv\\w3wp.exe",
    "CommandLine": "cmd.exe /c whoami & echo evil7",
}
AUDIT = {
    "CreationTime": "2021-03-03T05:00:00", "Id": "00000000-0000-0000-0000-000000000001", "Operation": "MailItemsAccessed",
    "Workload": "Exchange", "RecordType": 50, "UserId": "anna@contoso.example", "UserType": 0, "ClientIP": "192.0.2.9",
}  # fmt: skip
AUDIT_BAD = AUDIT | {
    "Id": "00000000-0000-0000-0000-000000000002", "Operation": "New-InboundConnector", "RecordType": 1,
    "UserId": "evil7@contoso.example", "ObjectId": "evil7", "ResultStatus": "True", "ClientIP": "198.51.100.7",
}  # fmt: skip
XML = (
    b'<Event xmlns="http://schemas.microsoft.com/win/2004/08/events/event"><System>'
    b'<Provider Name="Microsoft-Windows-Security-Auditing"/><EventID>4688</EventID>'
    b'<TimeCreated SystemTime="2021-03-03T05:00:00Z"/><Channel>Security</Channel>'
    b"<Computer>EX01.contoso.example</Computer></System><EventData>"
    b'<Data Name="NewProcessName">C:\\Windows\\System32\\cmd.exe</Data>'
    b'<Data Name="ParentProcessName">C:\\Windows\\System32\\inetsrv\\w3wp.exe</Data>'
    b'<Data Name="CommandLine">cmd.exe /c whoami &amp; echo evil7</Data></EventData></Event>'
)

SYSLOG = (
    b"2026-02-06T00:33:51.745094+00:00 EX01 Microsoft-Windows-Sysmon[791]: EventID 1: Process Create: RuleName: - Image: "
    b"C:\\Windows\\System32\\%s CommandLine: %s User: CONTOSO\\anna ParentImage: C:\\Windows\\System32\\inetsrv\\w3wp.exe"
    b" ParentCommandLine: w3wp.exe -ap MSExchangeOWAAppPool\n"
)
SYSLOG_PLAIN = SYSLOG % (b"svchost.exe", b"svchost.exe -k netsvcs")
SYSLOG_BAD = SYSLOG % (b"cmd.exe", b"cmd.exe /c whoami & echo evil7")
TREE = b"Folder PATH listing\r\nVolume serial number is 00A7-4A1C\r\nC:\\PERFLOGS\r\n+---evil7\r\n|       mimikatz.exe\r\n|\r\n"

Write = Callable[[Path, int], list[str] | None]


@dataclass
class Case:
    """One case. write: fills a folder, answers with further arguments. size, small: in the benchmark
    and in the test suite. found: whether the attack must be found; told: a part of what must be said.
    changing: a file that is cut while it is read. grows: whether time may be compared by size.
    """

    write: Write
    size: int = 0
    small: int = 0
    found: bool = True
    told: str = ""
    changing: str = ""

    @property
    def grows(self) -> bool:
        """Whether twice the size means anything."""
        return self.size > 0 and not self.changing


def _many(stream: BinaryIO, piece: bytes, size: int) -> None:
    block = piece * max(1, _STEP // len(piece))
    stream.writelines(block for _ in range(size // len(block)))
    stream.write(block[: size % len(block)])


def _file(name: str, *parts: bytes | tuple[bytes]) -> Write:
    """A file of pieces; one in a tuple is repeated to the size."""

    def write(folder: Path, size: int) -> None:
        with (folder / name).open("wb") as stream:
            for each in parts:
                if isinstance(each, tuple):
                    _many(stream, each[0], size)
                else:
                    stream.write(each)

    return write


def _rows(name: str, before: bytes, row: Callable[[int], bytes], after: bytes = b"") -> Write:
    """A file of `size` rows."""

    def write(folder: Path, size: int) -> None:
        with (folder / name).open("wb") as stream:
            stream.write(before)
            stream.writelines(map(row, range(size)))
            stream.write(after)

    return write


def _json(*values: dict[str, object]) -> bytes:
    return b"".join(json.dumps(each).encode() + b"\n" for each in values)


def _distinct(number: int) -> bytes:
    address = f"100.{64 + (number >> 16 & 63)}.{number >> 8 & 255}.{number & 255}".encode()
    return BAD.replace(b"evil7", b"other").replace(b"198.51.100.7", address)


def _long_value(kind: str) -> Callable[[Path, int], None]:
    """Rows of almost a megabyte: what is decoded in them."""

    def write(folder: Path, size: int) -> None:
        room = 900_000
        text = b"/owa/auth/x.aspx?cmd=" + b"a" * 60
        if kind == "percent":
            value = b"".join(b"%%%02X" % byte for byte in text * (room // 3 // len(text)))
        elif kind == "twice":
            value = b"%25" * (room // 3)
        elif kind == "base64":
            value = b"cmd=powershell -enc "
            inner = b"x" * 20_000
            while len(inner) < room // 2:
                inner = base64.b64encode(inner)
            value = (
                b"X-Rps-CAT="
                + inner
                + b"&e="
                + base64.b64encode("whoami".encode("utf-16-le")) * 9000
            )
        else:
            value = base64.b64encode(("cmd" * 50_000).encode("cp037")) + b"%81%83%84" * 30_000
        value = value.replace(b" ", b"+")[:room]
        row = PLAIN.replace(b"logon.aspx - ", b"logon.aspx " + value + b" ")
        with (folder / "iis.log").open("wb") as stream:
            stream.write(IIS)
            for _ in range(size):
                stream.write(row)
            stream.write(BAD)

    return write


def _anchors(folder: Path, size: int) -> None:
    """Rows that hold nothing but what rules look for, again and again."""
    words = (
        b"/ecp/x.js",
        b"%41%42",
        b"/autodiscover.json@",
        b"powershell",
        b"cmd.exe",
        b"\xe2\x84\xaa",
        b"../",
        b".aspx?a=",
    )
    value = b"".join(words) * (15_000 // sum(map(len, words)))
    row = PLAIN.replace(b"logon.aspx - ", b"logon.aspx " + value + b" ")
    with (folder / "iis.log").open("wb") as stream:
        stream.write(IIS)
        _many(stream, row, size)
        stream.write(b"\r\n" + BAD)


def _scripts(folder: Path, _size: int) -> list[str]:
    """Signs that a terminal, a browser or a spreadsheet might obey, in every printed form."""
    agent = "\x1b[2J\x1b]0;evil7\x07\u202egnp.exe\u2066<script>alert(1)</script>=cmd|'/c calc'!A0\"'\x00\x9b31m"
    rows = b"".join(
        BAD.replace(b"Mozilla/5.0", (sign + agent).replace(" ", "+").encode())
        for sign in ("=", "+", "@", "-", "\t", "")
    )
    (folder / "iis.log").write_bytes(IIS + rows)
    (folder / "\x1b[31m\u202e<b>.log").write_bytes(IIS + rows)
    return []


def _bursts(kind: str) -> Write:
    def row(number: int) -> bytes:
        if kind == "clock":
            when = b"2021-03-%02d %02d:00:%02d" % (
                1 + number % 7 * 4 % 28,
                number * 7 % 24,
                number % 60,
            )
        else:
            when = (
                b"0001-01-01 00:00:00",
                b"9999-12-31 23:59:59",
                b"0000-00-00 25:61:61",
                b"2021-02-30 05:00:00",
            )[number % 4]
        return (
            (PLAIN if number % 100 else BAD)
            .replace(b"2021-03-03 05:00:00", when)
            .replace(b"2021-03-03 05:00:01", when)
        )

    return _rows("iis.log", IIS, row, BAD)


def _years(folder: Path, _size: int) -> None:
    """Years 1 and 9999 in every kind of log, with zones that lead out of what a calendar holds."""
    times = (
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-12:00",
        "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59.9999999Z",
    )
    with (folder / "events.json").open("wb") as stream:
        for when in times:
            stream.write(_json(EVENT_BAD | {"TimeCreated": when}))
        stream.write(
            _json(
                EVENT_BAD | {"TimeCreated": "/Date(99999999999999999)/"},
                EVENT_BAD | {"TimeCreated": 1e300},
            )
        )
    with (folder / "audit.json").open("wb") as stream:
        stream.writelines(
            _json(AUDIT_BAD | {"CreationTime": when, "Id": f"{place}"})
            for place, when in enumerate(times)
        )
    (folder / "proxy.log").write_bytes(
        PROXY
        + b"".join(PROXY_BAD.replace(b"2021-03-03T05:00:01.000Z", when.encode()) for when in times)
        + PROXY_BAD
    )
    (folder / "e.xml").write_bytes(
        b"<Events>"
        + b"".join(XML.replace(b"2021-03-03T05:00:00Z", when.encode()) for when in times)
        + b"</Events>"
    )
    _bursts("years")(folder, 40)


def _evtx(change: Callable[[bytearray], bytes]) -> Write:
    """An .evtx file of many chunks, damaged."""

    def write(folder: Path, size: int) -> None:
        sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "formats"))
        making = importlib.import_module("event_making")
        plain = making.evtx([_made(making, EVENT)] * 3)
        bad = making.evtx([_made(making, EVENT_BAD)])
        chunks = plain[4096:] * max(1, size) + bad[4096:]
        (folder / "Security.evtx").write_bytes(change(bytearray(plain[:4096] + chunks)))

    return write


def _made(making: object, event: dict[str, object]) -> object:
    names = ("NewProcessName", "ParentProcessName", "CommandLine", "SubjectUserName")
    return making.event(  # type: ignore[attr-defined]
        "Microsoft-Windows-Security-Auditing",
        4688,
        "Security",
        [(name, event[name]) for name in names],
        "EX01.contoso.example",
    )


CHUNK = 65536


def _broken(data: bytearray) -> bytes:
    """Every other chunk but the last is overwritten within."""
    chance = random.Random(7)
    for start in range(4096, len(data) - CHUNK, 2 * CHUNK):
        for _ in range(200):
            data[start + 512 + chance.randrange(2000)] = chance.randrange(256)
    return bytes(data)


def _sums(data: bytearray) -> bytes:
    for start in range(4096, len(data), CHUNK):
        data[start + 124 : start + 128] = b"\xde\xad\xbe\xef"
        data[start + 52 : start + 56] = b"\xde\xad\xbe\xef"
    return bytes(data)


def _zero_pages(data: bytearray) -> bytes:
    for start in range(4096, len(data) - CHUNK, 3 * CHUNK):
        data[start : start + 4096] = bytes(4096)
    return bytes(data)


def _noisy(data: bytearray) -> bytes:
    """Between its chunks anything: pieces that say how long they are, wrongly."""
    chance = random.Random(9)
    data[4096 + 512 + 4 : 4096 + 512 + 8] = struct.pack("<I", 0xFFFFFFF0)
    return bytes(data[:-CHUNK]) + chance.randbytes(CHUNK) + bytes(data[-CHUNK:])


def _audit_table(folder: Path, size: int) -> None:
    """Rows of the audit log whose JSON is cut, not closed, or no JSON."""
    whole = json.dumps(AUDIT_BAD)
    told = [
        whole[: len(whole) // 2],
        "{",
        "",
        "null",
        "[1]",
        '{"a":' * 5000,
        whole.replace('"', ""),
        '{"Operation":{}}',
    ]
    with (folder / "audit.csv").open("w", encoding="utf-8", newline="") as stream:
        stream.write("RecordType,CreationDate,UserIds,Operations,AuditData\r\n")
        for number in range(size):
            text = told[number % len(told)].replace('"', '""')
            stream.write(
                f'1,2021-03-03T05:00:00.0000000Z,x@contoso.example,New-InboundConnector,"{text}"\r\n'
            )
        text = whole.replace('"', '""')
        stream.write(
            f'1,2021-03-03T05:00:00.0000000Z,evil7@contoso.example,New-InboundConnector,"{text}"\r\n'
        )


def _wide_table(folder: Path, size: int) -> None:
    """A table of very many columns, as event rows and as audit rows, and as an Exchange log."""
    names = [
        "EventID",
        "Channel",
        "Computer",
        "ProviderName",
        "TimeCreated",
        "NewProcessName",
        "ParentProcessName",
        "CommandLine",
    ]
    more = [f"c{number}" for number in range(size)]
    row = [str(EVENT_BAD[name]) for name in names] + ["x"] * size
    lines = [",".join(names + more), *[",".join(f'"{each}"' for each in row)] * 20]
    (folder / "events.csv").write_text("\r\n".join(lines) + "\r\n")
    proxy = PROXY_NAMES + b"," + ",".join(more).encode() + b"\r\n"
    wide = PROXY_BAD.rstrip() + b",x" * size + b"\r\n"
    (folder / "proxy.log").write_bytes(PROXY.replace(PROXY_NAMES + b"\r\n", proxy) + wide * 20)


def _json_shapes(folder: Path, size: int) -> None:
    deep = (
        b'{"EventID":4688,"Channel":"Security","Computer":"EX01","x":'
        + b'{"a":' * size
        + b"1"
        + b"}" * size
        + b"}\n"
    )
    with (folder / "events.json").open("wb") as stream:
        stream.write(_json(EVENT))
        stream.write(deep)
        stream.write(deep.replace(b'{"a":', b"[").replace(b"}" * size, b"]" * size))
        stream.write(_json(EVENT | {"k" * min(size * 100, MB): "x"}))
        stream.write(
            b'{"EventID":1,"EventID":4688,"EventID":null,"Channel":"Security","Computer":NaN}\n'
        )
        stream.write(b'{"EventID":Infinity,"Channel":-NaN,"x":1e99999,"y":' + b"9" * 5000 + b"}\n")
        stream.write(
            b'{"EventID":4688,"a":"\\ud800","b":"\\u0000","Channel":"Security"}\n\xff\xfe\n{\n}\n'
        )
        stream.write(_json(EVENT | {"x": "[" * size, "y": json.dumps(EVENT)}, EVENT_BAD))
    (folder / "whole.json").write_bytes(
        b"[" + _json(EVENT).strip() + b"," + deep.strip() + b"," + _json(EVENT_BAD).strip() + b"]"
    )


def _xml_shapes(folder: Path, size: int) -> None:
    laughs = (
        b'<!DOCTYPE Events [<!ENTITY a "ha">'
        + b"".join(
            b'<!ENTITY %c "%s">' % (98 + level, b"&%c;" % (97 + level) * 10) for level in range(9)
        )
        + b"]>"
    )
    bomb = XML.replace(b"cmd.exe /c", b"&j;&x;")
    deep = XML.replace(b"</EventData>", b"<a>" * size + b"</a>" * size + b"</EventData>")
    (folder / "e.xml").write_bytes(
        b"<Events>"
        + laughs
        + bomb
        + b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
        + bomb
        + deep
        + XML[:-20]
        + XML
        + b"<Event>" * size
        + XML
        + XML[:300]
    )


def _tiny_logs(folder: Path, size: int) -> None:
    with zipfile.ZipFile(folder / "logs.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(size):
            archive.writestr(f"W3SVC1/u_ex{number:06}.log", IIS + PLAIN)
        archive.writestr("W3SVC1/u_last.log", IIS + BAD)


def _deep_tree(folder: Path, size: int) -> None:
    """Folders drawn inside each other, with long names, and files in the deepest."""
    with (folder / "tree.txt").open("wb") as stream:
        stream.write(TREE)
        for depth in range(size):
            stream.write(b"|   " * depth + b"+---" + b"a" * 200 + b"\r\n")
            stream.write(b"|   " * (depth + 1) + b"    " + b"b" * 200 + b".txt\r\n")


def _unreadable(folder: Path, _size: int) -> None:
    (folder / "good.log").write_bytes(IIS + BAD)
    (folder / "closed.log").write_bytes(IIS + BAD)
    (folder / "closed.log").chmod(0)
    (folder / "nowhere.log").symlink_to(folder / "gone")
    (folder / "round").symlink_to(folder)
    os.mkfifo(folder / "pipe.log")


def _nul(folder: Path, size: int) -> None:
    broken = BAD.replace(b"evil7.example", b"e\0\0other", 1)
    with (folder / "iis.log").open("wb") as stream:
        stream.write(IIS + PLAIN + broken)
        _many(stream, b"\0", size)
        stream.write(b"\r\n" + BAD)
        _many(stream, b"\0\n", size // 100)
        stream.write(b"\r\n" + BAD + b"\0" * 4096)


def _mixed(folder: Path, size: int) -> None:
    text = (IIS + BAD + PLAIN * 3).decode()
    (folder / "bom.log").write_bytes(text.encode("utf-16"))
    (folder / "plain.log").write_bytes(text.encode("utf-16-le"))
    (folder / "big.log").write_bytes(text.encode("utf-16-be"))
    (folder / "cut.log").write_bytes(text.encode("utf-16")[:-3])
    umlauts = "2021-03-03 05:00:00 10.0.0.5 GET /owa/Grüße.aspx x=ß 443 CONTOSO\\Jörg 192.0.2.9 Mozilla/5.0 - 200 0 0 15\r\n"
    (folder / "mixed.log").write_bytes(
        b"\xef\xbb\xbf"
        + IIS
        + (umlauts.encode() + umlauts.encode("cp1252") + b"\xff\xfe\x80\r\n") * max(1, size)
        + BAD
    )


def _rules(write: Callable[[Path, int], None], *more: str) -> Write:
    """Rules in a folder of their own beside a good log."""

    def written(folder: Path, size: int) -> list[str]:
        (folder / "iis.log").write_bytes(IIS + PLAIN * 2000 + BAD)
        rules = folder.parent / "rules"
        rules.mkdir()
        write(rules, size)
        (rules / "good.yml").write_text(rule())
        return ["--rules", "{folder}/rules", *more]

    return written


def _no_folder(folder: Path, _size: int) -> list[str]:
    (folder / "iis.log").write_bytes(IIS + BAD)
    (folder.parent / "rules").write_text(rule())
    return ["--rules", "{folder}/rules"]


def _pieces(write: Write) -> Write:
    """The same in several hands, so that the file is cut into pieces."""

    def written(folder: Path, size: int) -> list[str]:
        return [*(write(folder, size) or []), "--workers", "2"]

    return written


def _event_csv(*rows: bytes) -> Iterable[bytes]:
    names = b"EventID,Channel,Computer,ProviderName,TimeCreated,NewProcessName,ParentProcessName,CommandLine\r\n"
    return names, *rows


EVENT_ROW = b'"4688","Security","EX01","Microsoft-Windows-Security-Auditing","2021-03-03T05:00:00Z","C:\\cmd.exe","C:\\w3wp.exe","cmd /c whoami evil7"\r\n'
OPEN_QUOTE = EVENT_ROW[:-3].replace(b"evil7", b"x") + b",\r\n"
LONG = "longer than"

CASES: dict[str, Case] = {
    "iis: 100 MB without a line end": Case(
        _file("iis.log", IIS + PLAIN + b"2021-03-03 05:00:00 10.0.0.5 GET /", (b"a%41",), b"\r\n" + BAD), 100 * MB, 3 * MB, told="longer than"),
    "iis: 100 MB without a line end, in several hands": Case(
        _pieces(_file("iis.log", IIS + PLAIN + b"2021-03-03 05:00:00 10.0.0.5 GET /", (b"a",), b"\r\n" + BAD)), 900 * MB, 10 * MB),
    "iis: only carriage returns": Case(
        _file("iis.log", IIS.replace(b"\n", b""), (PLAIN.replace(b"\n", b""),), b"\r" + BAD.replace(b"\n", b"")), 40 * MB, MB),
    "iis: only carriage returns, in several hands": Case(
        _pieces(_file("iis.log", IIS.replace(b"\n", b""), (PLAIN.replace(b"\n", b""),), b"\r" + BAD.replace(b"\n", b""), (PLAIN.replace(b"\n", b""),))), 250 * MB, 10 * MB),
    "iis: carriage returns and one line feed": Case(
        _file("iis.log", IIS + PLAIN, (PLAIN.replace(b"\n", b""),), b"\r" + BAD.replace(b"\n", b"") + b"\n"), 20 * MB, MB),
    "iis: NUL bytes": Case(_nul, 100 * MB, 2 * MB, told="case"),
    "iis: encodings": Case(_mixed, 50_000, 100),
    "iis: half a first and last row": Case(_file("iis.log", IIS + BAD[40:] + BAD + BAD[:60])),
    "iis: no header, half a first row": Case(_file("iis.log", PLAIN[30:] + PLAIN * 5 + BAD + PLAIN[:40])),
    "iis: a #Fields line of 1 MB": Case(
        _file("iis.log", HEAD + FIELDS.rstrip() + b" ", (b"x-y ",), b"\r\n" + PLAIN + FIELDS + BAD), MB, 100_000),
    "iis: 100,000 changes of #Fields": Case(
        _rows("iis.log", IIS, lambda n: FIELDS.rstrip() + b" x%d\r\n" % n + PLAIN.rstrip() + b" 1\r\n", FIELDS + BAD), 100_000, 500),
    "iis: 200,000 clients of a rule": Case(
        _rows("iis.log", IIS, _distinct, BAD.replace(b"autodiscover.json ", b"autodiscover.json a=") + BAD.replace(b"POST /autodiscover/autodiscover.json", b"POST /aspnet_client/evil7.aspx")),
        200_000, 6_000, found=False, told="not told"),
    "iis: 200,000 clients, in many files": Case(
        lambda folder, size: [_rows(f"iis{n}.log", IIS, lambda m, n=n: _distinct(n * size // 10 + m))(folder, size // 10) for n in range(10)] and [],
        200_000, 6_000, found=False, told="not told"),
    "iis: what rules look for, and nothing else": Case(_anchors, 8 * MB, MB),
    "iis: percent-encoding of 1 MB": Case(_long_value("percent"), 30, 2),
    "iis: percent signs in percent signs": Case(_long_value("twice"), 30, 2),
    "iis: base64 in base64": Case(_long_value("base64"), 30, 2),
    "iis: EBCDIC of 1 MB": Case(_long_value("ebcdic"), 30, 2),
    "iis: signs that terminals and browsers obey": Case(_scripts),
    "iis: a clock that goes back and forth": Case(_bursts("clock"), 300_000, 2000),
    "all: years 1 and 9999": Case(_years),
    "iis: cut while it is read": Case(_file("iis.log", IIS + BAD, (PLAIN,)), 300 * MB, 40 * MB, changing="iis.log"),
    "all: files that cannot be read": Case(_unreadable, told="link"),
    "zip: 10,000 small logs": Case(_tiny_logs, 10_000, 200),
    "proxy: 100 MB without a line end": Case(
        _file("p.log", PROXY + PROXY_PLAIN + PROXY_PLAIN[:60], (b'a,""',), b"\r\n" + PROXY_BAD), 100 * MB, 3 * MB, told="longer than"),
    "proxy: quotes that never close": Case(
        _file("p.log", PROXY, (PROXY_PLAIN.replace(b"/owa/,", b'"/owa/,'),), b"\r\n" + PROXY_BAD), 20 * MB, MB),
    "proxy: empty rows and commas": Case(_file("p.log", PROXY, (b'\r\n,,,,\r\n"\r\n',), b"\r\n" + PROXY_BAD), 10 * MB, 200_000),
    "csv: 10,000 columns": Case(_wide_table, 10_000, 3_000),
    "csv: 100 MB without a line end": Case(
        _file("e.csv", *_event_csv(EVENT_ROW[:40]), (b"a,b",), b"\r\n" + EVENT_ROW), 100 * MB, 10 * MB, told="case"),
    "csv: quotes that never close": Case(_file("e.csv", *_event_csv(EVENT_ROW), (OPEN_QUOTE,), b"\r\n" + EVENT_ROW), 10 * MB, MB),
    "csv: audit rows whose JSON is broken": Case(_audit_table, 50_000, 500),
    "json: 100 MB without a line end": Case(
        _file("e.json", _json(EVENT) + b'{"EventID":4688,"CommandLine":"', (b"a\\u0041",), b'"}\n' + _json(EVENT_BAD)), 100 * MB, 10 * MB, told="case"),
    "json: an array of 100 MB on one line": Case(
        _file("e.json", b"[" + _json(EVENT).strip(), (b"," + _json(EVENT).strip(),), b"," + _json(EVENT_BAD).strip() + b"]"), 50 * MB, MB, found=False),
    "json: 100 MB of rows": Case(_file("e.json", (_json(EVENT),), b"\n" + _json(EVENT_BAD)), 100 * MB, MB),
    "json: depth, keys, doubles, numbers that are none": Case(_json_shapes, 10_000, 2_000, told="case"),
    "json: audit rows that are no records": Case(
        _file("a.json", _json(AUDIT), (b'{"Operation":[],"Workload":{},"RecordType":"x","UserId":7,"Parameters":[[],{},7,{"Name":{},"Value":[[]]}]}\n{"Oper\n',), b"\n" + _json(AUDIT_BAD)), 10 * MB, MB, told="case"),
    "syslog: 100 MB without a line end": Case(_file("s.log", SYSLOG_PLAIN * 3 + SYSLOG_BAD, (b"EventID 1: CommandLine: ",)), 100 * MB, 3 * MB),
    "syslog: labels and nothing else": Case(
        _file("s.log", SYSLOG_PLAIN * 3 + SYSLOG_BAD, (b"2026-02-06T00:33:51Z EX01 Microsoft-Windows-Security-Auditing: 4688: " + b"Account Name: Subject: Process Information: " * 20_000 + b"\n",)), 30 * MB, 2 * MB),
    "tree: folders in folders": Case(_deep_tree, 2_000, 500),
    "xml: entities, depth, not closed": Case(_xml_shapes, 10_000, 1_000, told="XML"),
    "xml: 100 MB without an end": Case(_file("e.xml", b"<Events>" + XML + XML[:-30], (b"<Data>a</Data>",)), 100 * MB, 10 * MB, told="case"),
    "evtx: broken chunks": Case(_evtx(_broken), 200, 5, told="chunk"),
    "evtx: wrong checksums": Case(_evtx(_sums), 200, 5),
    "evtx: zero pages": Case(_evtx(_zero_pages), 200, 5),
    "evtx: rubbish between, wrong lengths": Case(_evtx(_noisy), 200, 5, told="chunk"),
    "evtx: cut within a chunk": Case(_evtx(lambda data: bytes(data[: len(data) - CHUNK // 2])), 200, 5),
    "evtx: cut within the first chunk": Case(_evtx(lambda data: bytes(data[:5000])), 1, 1, found=False, told="chunk"),
    "evtx: 4 KB of header only": Case(_evtx(lambda data: bytes(data[:4096])), 1, 1, found=False),
    "evtx: 10 MB of chunk heads": Case(_file("x.evtx", b"ElfFile\0".ljust(4096, b"\0"), (b"ElfChnk\0" * 8192,)), 30 * MB, MB, found=False, told="chunk"),
    "evtx: 0 bytes": Case(_file("x.evtx"), found=False, told="empty"),
    "rules: bombs, circles, encodings": Case(_rules(bomb_rules), told="bomb.yml"),
    "rules: 10 MB in one": Case(_rules(big_rules), 10 * MB, 2 * MB, told="big.yml"),
    "rules: expressions that explode": Case(_rules(regex_rules), told="yml"),
    "rules: every field of a wrong type": Case(_rules(wrong_rules), told="yml"),
    "rules: correlations in circles": Case(_rules(round_rules), 200, 20, told="yml"),
    "rules: only ours left out": Case(_rules(regex_rules, "--only-rules"), told="yml"),
    "rules: a file for a folder": Case(_no_folder),
}  # fmt: skip
"""All cases by name."""
