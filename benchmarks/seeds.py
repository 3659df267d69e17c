"""Small valid inputs to damage: the test data, the samples when present, and a few invented ones.

Each is given to the format that recognises it. A format that recognises none gets those of all.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import py7zr
from backports import zstd

from tocsin.collect.archives import Budget, Limits, Member, archive_kind, members
from tocsin.formats import HEAD_SIZE, formats, recognise

ROOT = Path(__file__).resolve().parent.parent
SAMPLES = ROOT.parent / "shared" / "samples"
SIZE_LIMIT = 64 * 1024
"""Larger files make slow seeds; they are taken only where a format has no smaller one."""
LARGE_LIMIT = 1024 * 1024
PER_FORMAT = 60

_ARCHIVES = ("mail/parser-torture.tar.xz", "mail/msg-pst-mbox.tar.xz")
_RECEIVED = (
    "Received: from EX01.contoso.example (10.1.2.3) by EX02.contoso.example (10.1.2.4) with Microsoft"
    " SMTP Server\r\n (version=TLS1_2, cipher=TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384) id 15.1.2507.6;"
    " Mon, 1 Nov 2021 10:00:00 +0100\r\n"
)
_MAIL = (
    _RECEIVED
    + "X-ClientProxiedBy: EX03.contoso.example (10.1.2.5) To EX02.contoso.example (10.1.2.4)\r\n"
    "From: =?utf-8?q?J=C3=B6rg?= <j@contoso.example>\r\nTo: a@fabrikam.example\r\n"
    "Message-ID: <0123456789abcdef0123456789abcdef@EX01.contoso.example>\r\n"
    'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\n\r\nhello\r\n--b--\r\n'
)
_INVENTED = (
    _MAIL,
    "From j@contoso.example Mon Nov  1 10:00:00 2021\n" + _MAIL.replace("\r\n", "\n") + "\n"
    "From k@contoso.example Mon Nov  1 10:00:01 2021\n" + _MAIL.replace("\r\n", "\n"),
    (
        "dn: CN=EX01,CN=Servers,CN=Contoso,CN=Microsoft Exchange,CN=Services,CN=Configuration,DC=contoso\n"
        "objectClass: msExchExchangeServer\nserialNumber: Version 15.1 (Build 32507.6)\n"
        "networkAddress: ncacn_ip_tcp:EX01.contoso.example\nobjectGUID:: AAECAwQFBgcICQoLDA0ODw==\n"
    ),
    (
        "RunspaceId          : 0123\nName                : EX01\nFqdn                : EX01.contoso.example\n"
        "ServerRole          : Mailbox, ClientAccess\nAdminDisplayVersion : Version 15.1 (Build 2507.6)\n"
        "Edition             : Enterprise\n\n"
    ),
    (
        '"Name","Fqdn","AdminDisplayVersion","ServerRole"\n'
        '"EX01","EX01.contoso.example","Version 15.1 (Build 2507.6)","Mailbox"\n'
    ),
    (
        '[{"Name":"EX01","Fqdn":"EX01.contoso.example","ServerRole":54,'
        '"AdminDisplayVersion":{"Major":15,"Minor":1,"Build":2507,"Revision":6}}]'
    ),
    (
        '<Objs Version="1.1.0.1" xmlns="http://schemas.microsoft.com/powershell/2004/04"><Obj RefId="0">'
        '<TN RefId="0"><T>Microsoft.Exchange.Data.Directory.Management.ExchangeServer</T></TN><Props>'
        '<S N="Name">EX01</S><S N="Fqdn">EX01.contoso.example</S><Obj N="AdminDisplayVersion" RefId="1">'
        '<ToString>Version 15.1 (Build 2507.6)</ToString></Obj><Ref N="Self" RefId="0" /></Props></Obj></Objs>'
    ),
    (
        '<?xml version="1.0"?>\n<!DOCTYPE nmaprun>\n<nmaprun scanner="nmap" args="nmap -sV" start="1635757200"'
        ' version="7.92" xmloutputversion="1.05"><host endtime="1635757300"><status state="up"/>'
        '<address addr="192.0.2.1" addrtype="ipv4"/><hostnames><hostname name="mail.contoso.example"/></hostnames>'
        '<ports><port protocol="tcp" portid="443"><state state="open"/><service name="http" product='
        '"Microsoft IIS httpd" extrainfo="OWA"/><script id="http-ntlm-info" output="x"><elem key='
        '"DNS_Computer_Name">EX01.contoso.example</elem></script></port></ports></host></nmaprun>'
    ),
    (
        '{"template-id":"ms-exchange-server","info":{"name":"Exchange","severity":"info"},"type":"http",'
        '"host":"https://mail.contoso.example","matched-at":"https://mail.contoso.example/owa/",'
        '"extracted-results":["15.1.2507.6"],"ip":"192.0.2.1","timestamp":"2021-11-01T10:00:00Z"}\n'
    ),
    (
        '{"ip_str":"192.0.2.1","port":443,"transport":"tcp","product":"Outlook Web App","timestamp":'
        '"2021-11-01T10:00:00.000000","hostnames":["mail.contoso.example"],"domains":["contoso.example"],'
        '"data":"HTTP/1.1 200 OK\\r\\nX-OWA-Version: 15.1.2507.6\\r\\nX-FEServer: EX01\\r\\n\\r\\n",'
        '"http":{"title":"Outlook","components":{"Outlook Web App":{"categories":["Webmail"]}}},'
        '"_shodan":{"module":"https"},"ip":3221225985,"org":"Contoso","cpe":["cpe:/a:microsoft:exchange"]}\n'
    ),
    (
        '{"@category":"datascan","@timestamp":"2021-11-01T10:00:00.000Z","ip":"192.0.2.1","port":443,'
        '"hostname":["mail"],"domain":["contoso.example"],"productvendor":"Microsoft","product":'
        '"Exchange Server","productversion":"15.1.2507","app":{"http":{"title":"Outlook"}},"tag":["open"]}\n'
    ),
    "HTTP/1.1 302 Found\r\nServer: Microsoft-IIS/10.0\r\nX-OWA-Version: 15.1.2507.6\r\nX-FEServer: EX01\r\n\r\n",
    (
        '{"kind":"tocsin-evidence","version":1,"command":"tocsin collect"}\n'
        '{"evidence":{"at":{"source":"ldap://dc"},"body":{"type":"look","seen_by":"directory","records":1}}}\n'
    ),
)


@cache
def seeds() -> dict[str, list[bytes]]:
    """For each format its seeds, for `archive` those of all archives; never empty. Found once in a process,
    and known to those that it forks."""
    small: dict[str, list[bytes]] = {each.name: [] for each in formats()} | {"archive": []}
    large: dict[str, bytes] = {}
    for whole in _found():
        data, head = whole, whole[:HEAD_SIZE]
        form = recognise(head)
        name = form.name if form else "archive" if archive_kind(head) else ""
        if not name:
            continue
        if len(data) > SIZE_LIMIT and b"\0" not in data:
            # Of text, the beginning is a good seed too.
            data = data[: data.rfind(b"\n", 0, SIZE_LIMIT // 4) + 1] or data
        if len(data) > SIZE_LIMIT:
            if name not in large or len(data) < len(large[name]):
                large[name] = data
        elif len(small[name]) < PER_FORMAT:
            small[name].append(data)
    every = [data for found in small.values() for data in found[:5]]
    return {
        name: found or ([large[name]] if name in large else every) for name, found in small.items()
    }


def _found() -> Iterator[bytes]:
    for text in _INVENTED:
        yield text.encode()
        yield text.encode("utf-16")
    yield from _invented_archives()
    for folder in (ROOT / "tests" / "data", ROOT / "demo", SAMPLES):
        for path in sorted(folder.rglob("*")):
            if path.is_file() and path.stat().st_size <= LARGE_LIMIT:
                yield path.read_bytes()
    for path in sorted((ROOT / "tests" / "data").rglob("*.tar.xz")):
        with tarfile.open(path) as packed:
            yield from (packed.extractfile(each).read() for each in packed if each.isfile())
    limits = Limits()
    for name in _ARCHIVES:
        path = SAMPLES / name
        if path.exists():
            with path.open("rb") as stream:
                for each in members(stream, name, limits, Budget(limits)):
                    if isinstance(each, Member) and each.size <= LARGE_LIMIT:
                        yield each.stream.read()


def _invented_archives() -> Iterator[bytes]:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, text in enumerate(_INVENTED):
            archive.writestr(f"folder/{number}", text)
    yield packed.getvalue()
    tar = b""
    for form in (tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT):
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w", format=form) as archive:
            for name, data in (("a.eml", _MAIL.encode()), ("b/c.zip", packed.getvalue())):
                info = tarfile.TarInfo(name if form == tarfile.USTAR_FORMAT else "long" * 40 + name)
                info.size = len(data)
                archive.addfile(info, io.BytesIO(data))
        tar = out.getvalue()
        yield tar
    for pack in (gzip.compress, bz2.compress, lzma.compress, zstd.compress):
        yield pack(tar)
        yield pack(_MAIL.encode())
    methods = (None, py7zr.FILTER_LZMA, py7zr.FILTER_BZIP2, py7zr.FILTER_DEFLATE, py7zr.FILTER_ZSTD)
    for method in methods:
        out = io.BytesIO()
        with py7zr.SevenZipFile(out, "w", filters=[{"id": method}] if method else None) as archive:
            archive.set_encoded_header_mode(method is None)
            archive.writestr(_MAIL, "a.eml")
            archive.writestr(packed.getvalue(), "b.zip")
        yield out.getvalue()
