"""file-listing: files named by listings of every kind, and what of them is out of place."""

import csv
import io
import json

import pytest

from tocsin.formats import Reading, recognise
from tocsin.formats.syntax.listing_rows import rows_of
from tocsin.formats.syntax.log_rows import LogFault, LogRecord
from tocsin.model.locator import Locator

OWA = "C:\\Program Files\\Microsoft\\Exchange Server\\V15\\FrontEnd\\HttpProxy\\owa\\auth"
DIR = f"""\
 Volume in drive C has no label.
 Volume Serial Number is 1234-5678

 Directory of {OWA}

03/14/2021  01:40 AM    <DIR>          .
03/14/2021  01:40 AM    <DIR>          Current
03/02/2021  09:15 PM             8,899 logon.aspx
03/14/2021  01:40 AM             2,178 RedirSuiteServerProxy.aspx
               2 File(s)         11,077 bytes

 Directory of C:\\inetpub\\wwwroot\\aspnet_client

03/14/2021  01:41 AM               101 a b.aspx
               1 File(s)            101 bytes
"""
DIR_FRENCH = f"""\
 Le volume dans le lecteur C n’a pas de nom.
 Le numéro de série du volume est 1234-5678

 Répertoire de {OWA}

14/03/2021  01:40    <REP>          .
02/03/2021  21:15             8\u00a0899 logon.aspx
14/03/2021  01:40             2\u00a0178 RedirSuiteServerProxy.aspx
               2 fichier(s)           11\u00a0077 octets

 Répertoire de C:\\inetpub\\wwwroot\\aspnet_client

14/03/2021  01:41               101 a b.aspx
               1 fichier(s)              101 octets
"""
POWERSHELL = f"""

    Directory: {OWA}


Mode                LastWriteTime         Length Name
----                -------------         ------ ----
d-----        3/14/2021   1:40 AM                Current
-a----         3/2/2021   9:15 PM           8899 logon.aspx
-a----        3/14/2021   1:40 AM           2178 RedirSuiteServerProxy.aspx


    Directory: C:\\inetpub\\wwwroot\\aspnet_client


Mode                LastWriteTime         Length Name
----                -------------         ------ ----
-a----        3/14/2021   1:41 AM            101 a b.aspx
"""
PATHS = (
    (f"{OWA}\\logon.aspx", 8899, "2021-03-02T21:15:00"),
    (f"{OWA}\\RedirSuiteServerProxy.aspx", 2178, "2021-03-14T01:40:00"),
    ("C:\\inetpub\\wwwroot\\aspnet_client\\a b.aspx", 101, "2021-03-14T01:41:00"),
)


def table(columns, rows):
    out = io.StringIO()
    csv.writer(out).writerows([columns, *rows])
    return out.getvalue()


def mount(path):
    return "/mnt/" + path.replace(":", "").replace("\\", "/")


ITEMS = [
    {"Name": p.rpartition("\\")[2], "Length": size, "FullName": p, "LastWriteTime": when,
     "CreationTime": when, "Attributes": "Archive"}
    for p, size, when in PATHS
]  # fmt: skip
MFT = [
    ["1", "1", "False" if "a b" in p else "True", ".\\" + p[3:].rpartition("\\")[0],
     p.rpartition("\\")[2], ".aspx", size, "False", when.replace("T", " ") + ".0000000", when, when]
    for p, size, when in PATHS
]  # fmt: skip
MFT_COLUMNS = ["EntryNumber", "SequenceNumber", "InUse", "ParentPath", "FileName", "Extension",
               "FileSize", "IsDirectory", "Created0x10", "Created0x30", "LastModified0x10"]  # fmt: skip
FORMS = {
    "dir": DIR,
    "dir, French": DIR_FRENCH,
    "Get-ChildItem": POWERSHELL,
    "Get-ChildItem CSV": table(list(ITEMS[0]), [list(i.values()) for i in ITEMS]),
    "Get-ChildItem JSON": json.dumps(ITEMS, indent=2),
    "find": "".join(
        f"  {n}      8 -rwxrwxrwx   1 root  root  {size} Mar {int(when[8:10])}  2021 "
        f"{mount(p).replace(' ', chr(92) + ' ')}\n"
        for n, (p, size, when) in enumerate(PATHS, 100)
    ),
    "body file": "".join(
        f"0|{mount(p)}|{n}-128-1|r/rrwxrwxrwx|0|0|{size}|1615686000|1615686000|1615686000|1615686000\n"
        for n, (p, size, when) in enumerate(PATHS, 100)
    ),
    "MFTECmd": table(MFT_COLUMNS, MFT),
    "Velociraptor": "".join(
        json.dumps({"OSPath": p, "Size": size, "Mtime": when + "Z", "Btime": when + "Z"}) + "\n"
        for p, size, when in PATHS
    ),
    "forfiles": "".join(f'"{p}" {size} {when[:10]} {when[11:]}\n' for p, size, when in PATHS),
    "dir /b /s": "".join(p + "\r\n" for p, _, _ in PATHS),
    "Get-FileHash": table(
        ["Algorithm", "Hash", "Path"], [["SHA256", "AB" * 32, p] for p, _, _ in PATHS]
    ),
}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize("name", FORMS)
def test_the_same_files_in_every_listing(name, encoding):
    data = FORMS[name].encode(encoding)
    form = recognise(data[:8192])
    assert form is not None
    assert form.name == "file-listing"
    found = list(form.log.records(io.BytesIO(data)))
    assert not [each for each in found if isinstance(each, LogFault)]
    events = [form.log.event(each.text) for each in found]
    assert [e.fields["name"] for e in events] == [
        "logon.aspx",
        "RedirSuiteServerProxy.aspx",
        "a b.aspx",
    ]
    assert [e.fields["shipped"] for e in events] == ["yes", "no", "no"]
    assert events[1].fields["lookalike"] == "RedirSuiteServiceProxy.aspx"
    assert events[1].fields["folder"].endswith("HttpProxy\\owa\\auth")
    assert all(e.surface == "files" and e.fields["extension"] == "aspx" for e in events)
    if "Hash" not in name and "/b" not in name:
        assert [int(e.fields["size"]) for e in events] == [8899, 2178, 101]
        assert all(e.when is not None and e.when.isoformat() >= "2021-03" for e in events)
    if name in (
        "dir",
        "dir, French",
        "Get-ChildItem",
        "Get-ChildItem CSV",
        "forfiles",
        "Velociraptor",
    ):
        assert [e.when.isoformat()[:19] for e in events] == [when for _, _, when in PATHS]
    if name == "MFTECmd":
        assert [e.fields.get("deleted", "") for e in events] == ["", "", "true"]
        assert events[0].fields["created_fn"].startswith("2021-03-02")
    if "Hash" in name:
        assert events[0].fields["hash"] == "AB" * 32


@pytest.mark.parametrize(
    "text",
    [
        "Dear all,\n\nplease find the file at C:\\temp\\report.docx\n\nRegards\nAnna\n",
        "a\nb\nc\nd\n",
        "Name : EX1\nEdition : Standard\nAdminDisplayVersion : Version 15.1 (Build 2375.7)\n",
        "line one\n\nC:\\a\\b.txt\n",
        "Name,Length\nx,1\n",
        '[{"Name": "EX1", "Path": "x"}]',
    ],
)
def test_what_is_no_listing(text):
    form = recognise(text.encode())
    assert form is None or form.name != "file-listing"


def test_hostile_lines_take_linear_time_and_are_told():
    form = recognise(DIR.encode())
    for text in (
        "C:\\" + "a." * 500_000,
        "C:\\" + "a " * 500_000 + "\n",
        "1" * 1_000_000,
        "|" * 100_000,
        "-a----  " + "1 " * 200_000,
        " Directory of " + " " * 200_000 + "\n" + "01/01/2020  01:01 " + "1 " * 100_000,
        "\0" * 100_000,
    ):
        found = list(form.log.records(io.BytesIO(DIR.encode() + b"\n" + text.encode())))
        assert sum(isinstance(each, LogRecord) for each in found) >= 3
    long = list(form.log.records(io.BytesIO(DIR.encode() + b"x" * 40_000)))
    assert isinstance(long[-1], LogFault)
    (look,) = form.read(io.BytesIO(DIR.encode()), Locator(source="x"), Reading())
    assert look.body.records == 3
    for text in (b"", b"{}", b"[]", b'{"path":5}', b"\xff"):
        assert form.log.event(text) is None


FLS = """d/d 29-144-1:\t$Extend
r/r 35-128-1:\t$Extend/$ObjId
V/V 4096:\t$OrphanFiles
d/d 40-144-1:\tBoot
d/d 41-144-1:\tBoot/de-DE
+ r/r 52003-128-1:\tinetpub/wwwroot/aspnet_client/a.aspx
r/r * 52009-128-1(realloc):\tinetpub/wwwroot/aspnet_client/b.aspx
"""


def test_what_fls_lists_and_what_of_it_was_deleted():
    assert recognise(FLS.encode()).name == "file-listing"
    rows = [row for _, row in rows_of(FLS.splitlines())]
    assert [(each["name"], each.get("deleted", "")) for each in rows] == [
        ("$ObjId", ""), ("a.aspx", ""), ("b.aspx", "true"),
    ]  # fmt: skip
