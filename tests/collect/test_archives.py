"""Archives: what others packed comes out as it went in; hostile ones cost what the limits say.

The archives are written by other hands than ours: the standard library, py7zr, and, where they are
installed, GNU tar, Info-ZIP and zstd.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import shutil
import struct
import subprocess
import tarfile
import zipfile
import zlib
from pathlib import Path

import py7zr
import pytest

from tocsin.collect.archives import Budget, Limits, Member, archive_kind, members
from tocsin.model.finding import Gap
from tocsin.model.run import Skipped

MAIL = b"Received: from EX01.contoso.example by EX02.contoso.example\r\n" * 40
TREE = {
    "mail/1.eml": MAIL,
    "mail/2.eml": b"Subject: two\r\n\r\n",
    "servers.json": b'{"Name":"EX01"}',
    "großer Bericht.txt": b"x" * 200_000,
}
SMALL = Limits(unpacked=64 << 20, ratio_from=1 << 20, member=32 << 20)


class Got:
    """All that came out of an archive."""

    def __init__(self, data: bytes, name: str = "case", limits: Limits | None = None) -> None:
        limits = limits or Limits()
        self.files: list[tuple[str, bytes]] = []
        self.gaps: list[tuple[str, str]] = []
        self.kinds: set[str] = set()
        self.skipped: dict[str, int] = {}
        for each in members(io.BytesIO(data), name, limits, Budget(limits)):
            if isinstance(each, Member):
                content = each.stream.read()
                assert len(content) == each.size
                each.stream.seek(0)
                assert each.stream.read(1) == content[:1]
                self.files.append((each.source, content))
            elif isinstance(each, Gap):
                self.gaps.append((each.at.source, str(each.why)))
                self.kinds.add(each.kind)
            else:
                assert isinstance(each, Skipped)
                self.skipped[str(each.why)] = each.files

    @property
    def tree(self) -> dict[str, bytes]:
        return {source.partition("!")[2]: content for source, content in self.files}


def zipped(tree: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in tree.items():
            archive.writestr(name, content)
    return out.getvalue()


def tarred(tree: dict[str, bytes], form: int = tarfile.PAX_FORMAT) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as archive:
        for name, content in tree.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return out.getvalue()


def sevenzipped(tree: dict[str, bytes], **options: object) -> bytes:
    out = io.BytesIO()
    with py7zr.SevenZipFile(out, "w", **options) as archive:
        for name, content in tree.items():
            archive.writestr(content, name)
    return out.getvalue()


def zstandard(data: bytes) -> bytes:
    zstd = pytest.importorskip("backports.zstd")
    packed: bytes = zstd.compress(data)
    return packed


COMPRESSIONS = {
    "gz": gzip.compress,
    "xz": lzma.compress,
    "bz2": bz2.compress,
    "zst": zstandard,
}


# What others packed comes out as it went in.


@pytest.mark.parametrize("method", [0, 8, 12, 14], ids=["stored", "deflate", "bzip2", "lzma"])
def test_zip(method: int):
    got = Got(zipped(TREE, method))
    assert got.tree == TREE
    assert not got.gaps


@pytest.mark.parametrize("form", [0, 1, 2], ids=["ustar", "gnu", "pax"])
def test_tar(form: int):
    tree = TREE if form == 0 else TREE | {"long/" * 60 + "name": b"long", "é" * 90: b"wide"}
    got = Got(tarred(tree, form))
    assert got.tree == tree
    assert not got.gaps


def test_tar_without_magic_by_its_checksum():
    data = bytearray(tarred({"a.eml": MAIL}, tarfile.USTAR_FORMAT))
    data[257:265] = bytes(8)  # v7 had no magic
    data[148:156] = b" " * 8
    data[148:156] = b"%06o\0 " % sum(data[:512])
    assert archive_kind(bytes(data[:512])) == "tar"
    assert Got(bytes(data)).tree == {"a.eml": MAIL}


SEVENZIP_METHODS = {
    "lzma2": None,
    "lzma": [{"id": py7zr.FILTER_LZMA}],
    "bcj-lzma": [{"id": py7zr.FILTER_X86}, {"id": py7zr.FILTER_LZMA}],
    "delta-lzma2": [{"id": py7zr.FILTER_DELTA}, {"id": py7zr.FILTER_LZMA2}],
    "bzip2": [{"id": py7zr.FILTER_BZIP2}],
    "deflate": [{"id": py7zr.FILTER_DEFLATE}],
    "zstd": [{"id": py7zr.FILTER_ZSTD}],
    "copy": [{"id": py7zr.FILTER_COPY}],
}


@pytest.mark.parametrize("method", SEVENZIP_METHODS)
def test_7z(method: str):
    got = Got(sevenzipped(TREE, filters=SEVENZIP_METHODS[method]))
    assert got.tree == TREE
    assert not got.gaps


@pytest.mark.parametrize("suffix", COMPRESSIONS)
def test_compressed_file_is_one_member_without_the_suffix(suffix: str):
    got = Got(COMPRESSIONS[suffix](MAIL), f"/in/box.mbox.{suffix}")
    assert got.files == [(f"/in/box.mbox.{suffix}!box.mbox", MAIL)]


@pytest.mark.parametrize("suffix", COMPRESSIONS)
def test_compressed_tar_is_one_archive(suffix: str):
    got = Got(COMPRESSIONS[suffix](tarred(TREE)), f"case.tar.{suffix}")
    assert got.tree == TREE
    assert all(source.count("!") == 1 for source, _ in got.files)


@pytest.mark.parametrize("suffix", COMPRESSIONS)
def test_streams_put_behind_one_another_are_one_file(suffix: str):
    pack = COMPRESSIONS[suffix]
    got = Got(pack(MAIL) + pack(b"") + pack(b"end"))
    assert [content for _, content in got.files] == [MAIL + b"end"]
    assert not got.gaps


@pytest.mark.parametrize(
    ("tool", "words", "made"),
    [
        ("tar", ["-cf", "out.tar", "tree"], "out.tar"),
        ("tar", ["--format=v7", "-czf", "out.tgz", "tree"], "out.tgz"),
        ("tar", ["--format=posix", "-cJf", "out.txz", "tree"], "out.txz"),
        ("zip", ["-qr", "out.zip", "tree"], "out.zip"),
        ("zip", ["-qr", "-fd", "-fz", "out.zip", "tree"], "out.zip"),
        ("zstd", ["-q", "tree/servers.json", "-o", "out.zst"], "out.zst"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_what_the_usual_tools_write(tmp_path: Path, tool: str, words: list[str], made: str):
    if shutil.which(tool) is None:
        pytest.skip(f"{tool} is not installed")
    for name, content in TREE.items():
        path = tmp_path / "tree" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    subprocess.run([tool, *words], cwd=tmp_path, check=True, capture_output=True)
    got = Got((tmp_path / made).read_bytes())
    assert not got.gaps
    if tool == "zstd":
        assert [content for _, content in got.files] == [TREE["servers.json"]]
    else:
        assert got.tree == {f"tree/{name}": content for name, content in TREE.items()}


def test_zip_written_to_a_pipe(tmp_path: Path):
    if shutil.which("zip") is None:
        pytest.skip("zip is not installed")
    (tmp_path / "a.eml").write_bytes(MAIL)
    piped = subprocess.run(
        ["zip", "-q", "-", "a.eml"], cwd=tmp_path, check=True, stdout=subprocess.PIPE
    ).stdout
    assert Got(piped).tree == {"a.eml": MAIL}


def test_archives_in_archives_carry_every_name():
    inner = gzip.compress(tarred({"deep.eml": MAIL}))
    got = Got(zipped({"logs/monday.tar.gz": inner, "top.txt": b"t"}), "case.zip")
    assert got.files == [
        ("case.zip!logs/monday.tar.gz!deep.eml", MAIL),
        ("case.zip!top.txt", b"t"),
    ]
    got = Got(sevenzipped({"a.zip": zipped({"b.tar": tarred({"c": b"c"})})}), "x.7z")
    assert got.files == [("x.7z!a.zip!b.tar!c", b"c")]


def test_a_tar_of_the_current_folder_has_plain_names():
    assert Got(tarred({"./mail/1.eml": MAIL})).tree == {"mail/1.eml": MAIL}


def test_large_members_come_from_disk_whole():
    content = bytes(range(256)) * 40_000
    limits = Limits(memory=1 << 20)
    for packed in (
        zipped({"big": content}),
        tarred({"big": content}),
        sevenzipped({"big": content}),
    ):
        assert Got(packed, limits=limits).tree == {"big": content}


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_members_of_one_name_are_all_read():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a", b"one")
        archive.writestr("a", b"two")
    assert [content for _, content in Got(out.getvalue()).files] == [b"one", b"two"]


def test_zip_behind_other_bytes_still_is_found_where_it_says():
    outer = tarred({"a.zip": zipped({"x": b"1"})})
    assert Got(outer).tree == {"a.zip!x": b"1"}
    joined = zipped({"first": b"1"}) + zipped({"second": b"2"})
    got = Got(joined)
    assert got.tree == {"first": b"1", "second": b"2"}
    assert "does not list" in got.gaps[0][1]


def test_office_documents_are_no_archives():
    document = zipped({"[Content_Types].xml": b"<Types/>", "word/document.xml": b"<w/>"})
    assert archive_kind(document[:512]) == "document"
    assert Got(document).skipped == {"an office document or program, not an archive": 1}
    got = Got(zipped({"report.docx": document, "a": b"a"}))
    assert got.tree == {"a": b"a"}
    assert got.skipped


@pytest.mark.parametrize("head", [b"Rar!\x1a\x07\x01\0", b"MSCF\0\0\0\0" + bytes(40)])
def test_archives_that_cannot_be_read_are_told(head: bytes):
    got = Got(zipped({"in": head + MAIL}))
    assert not got.files
    assert "not read" in got.gaps[0][1]


@pytest.mark.parametrize(
    "data", [b"", b"hello", MAIL, b"\0" * 1024, b"PK", b"BZh9 mail", b"\x1f\x8b"]
)
def test_what_is_no_archive_is_not_taken_for_one(data: bytes):
    assert archive_kind(data) is None


# Names are only names.


@pytest.mark.parametrize("pack", [zipped, tarred, sevenzipped], ids=["zip", "tar", "7z"])
def test_names_never_lead_anywhere(pack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    names = {"../up": b"1", "/absolute": b"2", "a/../../b": b"3", "C:\\windows\\x": b"4"}
    if pack is sevenzipped:  # its writer refuses them: write others and exchange them
        safe = sevenzipped({"QQ/up": b"1"})
        data = _edited_7z(safe, "QQ/up", "../up")
        names = {"../up": b"1"}
    else:
        data = pack(names)
    got = Got(data)
    assert sorted(got.tree.values()) == sorted(names.values())
    assert not list(tmp_path.iterdir())


def _edited_7z(data: bytes, old: str, new: str) -> bytes:
    out = io.BytesIO()
    with py7zr.SevenZipFile(out, "w") as archive:
        archive.set_encoded_header_mode(False)
        archive.writestr(b"1", old)
    edited = bytearray(out.getvalue().replace(old.encode("utf-16-le"), new.encode("utf-16-le")))
    offset, size = struct.unpack_from("<QQ", edited, 12)
    struct.pack_into("<L", edited, 28, zlib.crc32(edited[32 + offset : 32 + offset + size]))
    struct.pack_into("<L", edited, 8, zlib.crc32(edited[12:32]))
    return bytes(edited)


def test_links_and_devices_are_counted_not_followed():
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE):
            info = tarfile.TarInfo(f"x{kind!r}")
            info.type, info.linkname = kind, "/etc/passwd"
            archive.addfile(info)
        archive.addfile(tarfile.TarInfo("empty"))
    got = Got(out.getvalue())
    assert not got.files
    assert got.skipped == {
        "a link: not followed": 2,
        "a device, not a file": 1,
        "a pipe, not a file": 1,
        "empty": 1,
    }
    info = zipfile.ZipInfo("link")
    info.create_system, info.external_attr = 3, 0o120777 << 16
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(info, "/etc/passwd")
    got = Got(out.getvalue())
    assert not got.files
    assert got.skipped == {"a link: not followed": 1}


def test_names_in_other_encodings():
    def with_name(raw: bytes) -> bytes:
        return zipped({"X" * len(raw): b"1"}).replace(b"X" * len(raw), raw)

    assert Got(with_name("été.eml".encode("cp437"))).tree == {"été.eml": b"1"}
    assert Got(with_name("été.eml".encode())).tree == {"été.eml": b"1"}
    assert Got(with_name(b"\x1b[2J")).tree == {"\\x1b[2J": b"1"}
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=1, encoding="latin-1") as archive:
        info = tarfile.TarInfo("é")
        info.size = 1
        archive.addfile(info, io.BytesIO(b"1"))
    assert Got(out.getvalue()).tree == {"\\xe9": b"1"}


# Damage costs what is damaged.


def test_zip_cut_off_gives_the_members_before():
    whole = zipped(TREE)
    got = Got(whole[: whole.index(b"servers.json") + 20])
    assert got.tree["mail/1.eml"] == MAIL
    assert got.tree["mail/2.eml"] == TREE["mail/2.eml"]
    assert "truncated" in got.gaps[0][1]


def test_zip_member_cut_off_is_given_as_far_as_it_came():
    content = b"".join(b"line %d\n" % number for number in range(50_000))
    whole = zipped({"log": content}, zipfile.ZIP_STORED)
    got = Got(whole[:200_000])
    assert content.startswith(got.tree["log"])
    assert len(got.tree["log"]) > 190_000
    assert any(source.endswith("!log") for source, _ in got.gaps)


def test_zip_with_a_damaged_member_gives_the_others():
    data = bytearray(zipped(TREE, zipfile.ZIP_DEFLATED))
    place = data.index(b"mail/1.eml") + len("mail/1.eml")
    data[place : place + 6] = b"\xff" * 6
    got = Got(bytes(data))
    assert {name: got.tree[name] for name in list(TREE)[1:]} == dict(list(TREE.items())[1:])
    assert [source for source, _ in got.gaps] == ["case!mail/1.eml"]


def test_wrong_checksum_is_told_and_the_content_kept():
    data = zipped({"a": b"Exchange 15.1", "b": b"fine"}, zipfile.ZIP_STORED)
    got = Got(data.replace(b"Exchange 15.1", b"Exchange 15.2"))
    assert got.tree == {"a": b"Exchange 15.2", "b": b"fine"}
    assert got.gaps == [("case!a", "its checksum is wrong: read, but it may be altered")]
    data = sevenzipped({"a": b"Exchange 15.1", "b": b"fine"}, filters=[{"id": py7zr.FILTER_COPY}])
    got = Got(data.replace(b"Exchange 15.1", b"Exchange 15.2"))
    assert got.tree["b"] == b"fine"
    assert ("case!a", "its checksum is wrong: read, but it may be altered") in got.gaps


def test_a_zip_that_lies_about_a_size_is_told():
    data = bytearray(zipped({"a": MAIL}))
    place = data.index(b"PK\x01\x02") + 24
    data[place : place + 4] = struct.pack("<L", 5)
    got = Got(bytes(data))
    assert got.tree == {"a": MAIL}
    assert "may be altered" in got.gaps[0][1]


def test_zip_with_a_damaged_directory_loses_no_member():
    data = bytearray(zipped(TREE))
    second = data.index(b"PK\x01\x02", data.index(b"PK\x01\x02") + 1)
    data[second] = 0
    got = Got(bytes(data))
    assert got.tree == TREE
    assert got.gaps


@pytest.mark.parametrize("suffix", COMPRESSIONS)
def test_compressed_tar_cut_off_gives_the_members_before(suffix: str):
    noise = {f"{number}.bin": _noise(number) for number in range(40)}
    whole = COMPRESSIONS[suffix](tarred(noise))
    got = Got(whole[: len(whole) * 3 // 4])
    complete = {name for name, content in got.tree.items() if content == noise[name]}
    # bzip2 and xz work in blocks: what is whole in them is read.
    assert len(complete) >= (20 if suffix in ("gz", "zst", "xz") else 0)
    assert all(noise[name].startswith(content) for name, content in got.tree.items())
    assert "truncated" in str(got.gaps)


def _noise(seed: int) -> bytes:
    state, out = seed + 1, bytearray()
    while len(out) < 5000:
        state = state * 6364136223846793005 + 1442695040888963407 & (1 << 64) - 1
        out += state.to_bytes(8, "little")
    return bytes(out)


def test_tar_with_a_damaged_header_goes_on_behind_it():
    data = bytearray(tarred(TREE, tarfile.USTAR_FORMAT))
    data[data.index(b"mail/2.eml") + 3] ^= 0x40
    got = Got(bytes(data))
    assert set(got.tree) == {"mail/1.eml", "servers.json", "großer Bericht.txt"}
    assert len(got.gaps) == 1
    assert "byte 3072" in got.gaps[0][1]  # header, five blocks of mail, then the bad one


def test_two_tars_put_behind_one_another_are_both_read():
    assert Got(tarred({"a": b"1"}) + tarred({"b": b"2"})).tree == {"a": b"1", "b": b"2"}


def test_tar_without_an_end_is_told():
    got = Got(tarred({"a": b"1"}, tarfile.USTAR_FORMAT)[:1024])
    assert got.tree == {"a": b"1"}
    assert "no end mark" in got.gaps[0][1]


def test_trailing_garbage_is_told_and_padding_is_not():
    assert Got(gzip.compress(MAIL) + bytes(512)).gaps == []
    got = Got(gzip.compress(MAIL) + b"garbage")
    assert [content for _, content in got.files] == [MAIL]
    assert "follows" in got.gaps[0][1]


def test_damaged_gzip_checksum_is_told_and_the_content_kept():
    data = bytearray(gzip.compress(MAIL))
    data[-8] ^= 1
    got = Got(bytes(data))
    assert [content for _, content in got.files] == [MAIL]
    assert "check" in got.gaps[0][1]


def test_7z_cut_off_or_damaged_is_told():
    whole = sevenzipped(TREE)
    for data in (whole[:-1], whole[:40], whole[:20], whole[:-20] + bytes(20)):
        got = Got(data)
        assert not got.files
        assert got.gaps


@pytest.mark.parametrize("header", [False, True], ids=["content", "names-too"])
def test_encrypted_7z_is_told(header: bool):  # noqa: FBT001
    got = Got(sevenzipped({"a": b"1"}, password="x", header_encryption=header))
    assert not got.files
    assert "encrypted" in got.gaps[0][1]


def test_encrypted_zip_members_are_told_and_the_others_read(tmp_path: Path):
    if shutil.which("zip") is None:
        pytest.skip("zip is not installed")
    for name in ("secret", "open"):
        (tmp_path / name).write_bytes(MAIL)
    subprocess.run(["zip", "-q", "-P", "x", "a.zip", "secret"], cwd=tmp_path, check=True)
    subprocess.run(["zip", "-q", "a.zip", "open"], cwd=tmp_path, check=True)
    got = Got((tmp_path / "a.zip").read_bytes())
    assert got.tree == {"open": MAIL}
    assert "encrypted" in got.gaps[0][1]


# Bombs go off within the limits.


def test_growth_beyond_the_ratio_is_cut():
    bomb = b"\0" * (40 << 20)
    for packed in (
        zipped({"bomb": bomb, "good": MAIL}),
        sevenzipped({"bomb": bomb}),
        gzip.compress(bomb),
    ):
        got = Got(packed, limits=SMALL)
        assert got.kinds == {"limit"}
        # The packed bytes of the bomb, 41 kB at most, times the ratio.
        assert all(len(content) < 21 << 20 for _, content in got.files)
    assert Got(zipped({"bomb": bomb, "good": MAIL}), limits=SMALL).tree["good"] == MAIL


def test_a_member_longer_than_its_limit_is_cut():
    limits = Limits(member=100_000)
    got = Got(tarred({"long": b"x" * 250_000, "good": MAIL}), limits=limits)
    assert len(got.tree["long"]) == 100_000
    assert got.tree["good"] == MAIL
    assert got.kinds == {"limit"}


def test_nested_bombs_share_one_account():
    # As 42.zip: archives in archives, each many times the same.
    data = zipped({"0": b"\0" * (1 << 20)})
    for _ in range(3):
        data = zipped({str(number): data for number in range(16)}, zipfile.ZIP_DEFLATED)
    limits = Limits(unpacked=20 << 20)
    got = Got(data, limits=limits)
    assert sum(len(content) for _, content in got.files) <= 20 << 20
    assert got.kinds == {"limit"}
    assert len(got.gaps) < 10


def test_members_that_share_their_bytes_are_read_once():
    # The form of Fifield's bombs: every entry of the directory names one and the same member.
    data = zipped({"a": b"\0" * 100_000})
    start = data.index(b"PK\x01\x02")
    end = data.index(b"PK\x05\x06")
    entry, count = data[start:end], 1000
    record = struct.pack(
        "<4s4H2LH", b"PK\x05\x06", 0, 0, count, count, len(entry) * count, start, 0
    )
    got = Got(data[:start] + entry * count + record)
    assert len(got.files) <= 1
    assert got.kinds == {"limit"}


def test_an_archive_that_holds_itself_ends():
    # A gzip file whose content is a gzip file, and so on, deeper than anybody packs.
    data = MAIL
    for _ in range(50):
        data = gzip.compress(data)
    got = Got(data)
    assert not got.files
    assert "inside one another" in got.gaps[0][1]


def test_more_members_than_the_limit_are_told():
    limits = Limits(members=100)
    tree = {f"{number}": b"x" for number in range(300)}
    for packed in (zipped(tree), tarred(tree), gzip.compress(tarred(tree))):
        got = Got(packed, limits=limits)
        assert 99 <= len(got.files) <= 100  # the tar inside a gzip file is a member itself
        assert got.kinds == {"limit"}
    assert Got(sevenzipped(tree), limits=limits).kinds == {"limit"}


def test_an_extension_header_of_a_tar_cannot_fill_the_memory():
    info = tarfile.TarInfo("././@LongLink")
    info.type, info.size = tarfile.GNUTYPE_LONGNAME, 30 << 20
    data = info.tobuf(tarfile.GNU_FORMAT) + b"a" * info.size + tarred({"good": MAIL})
    got = Got(data)
    assert got.tree == {"good": MAIL}
    assert "extension header" in got.gaps[0][1]


def test_a_dictionary_beyond_the_limit_is_refused():
    packed = lzma.compress(MAIL, filters=[{"id": lzma.FILTER_LZMA2, "dict_size": 512 << 20}])
    got = Got(packed)
    assert not got.files
    assert got.gaps
    packed = sevenzipped({"a": MAIL}, filters=[{"id": lzma.FILTER_LZMA2, "dict_size": 512 << 20}])
    got = Got(packed)
    assert not got.files
    assert "memory" in got.gaps[0][1]


def test_pax_size_that_cannot_be_is_told():
    header = tarfile.TarInfo("x")
    data = header.create_pax_header({**header.get_info(), "size": 1 << 70}, "utf-8")
    got = Got(data + bytes(1024))
    assert not got.files
    assert got.gaps


def test_archives_inside_one_another_in_a_real_case(shared: Path):
    """Every sample packed in all ways comes out byte by byte."""
    samples = sorted((shared / "samples" / "exchange" / "mail").glob("*.eml"))[:20]
    tree = {path.name: path.read_bytes() for path in samples}
    assert tree
    packed = zipped({"a.7z": sevenzipped({"b.tar.xz": lzma.compress(tarred(tree))})})
    got = Got(packed)
    assert {name.rsplit("!", 1)[1]: content for name, content in got.tree.items()} == tree
