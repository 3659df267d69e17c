"""Files that hold mails: mbox in all its dialects, Outlook's messages and data files."""

import io
import mailbox
import tarfile
from email.message import Message
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.formats import Reading, eml, mbox, msg, pst, recognise
from tocsin.model.evidence import Evidence, Host, Look
from tocsin.model.finding import Gap
from tocsin.model.locator import Locator

AT = Locator(source="file", sha256="ab")
LINE = "From anna@contoso.com Fri Nov  7 10:00:00 2025\n"


def mail(number: int, body: str = "body\n") -> str:
    return (
        f"Received: from a (10.0.0.1) by EX{number}.contoso.com (10.0.0.2) with Microsoft SMTP\n"
        f" Server id 15.1.2507.{number}; Fri, 7 Nov 2025 10:00:00 +0100\n"
        f"From: anna@contoso.com\nSubject: s\nMessage-ID: <{number}@contoso.com>\n\n{body}"
    )


def read(form, data: bytes) -> list[Evidence | Gap]:
    return list(form.read(io.BytesIO(data), AT, Reading()))


def names(found: list[Evidence | Gap]) -> list[str]:
    hosts = [e.body for e in found if isinstance(e, Evidence) and isinstance(e.body, Host)]
    return [host.names[0] for host in hosts if host.names]


def count(found: list[Evidence | Gap]) -> int:
    last = found[-1]
    assert isinstance(last, Evidence)
    assert isinstance(last.body, Look)
    assert last.body.seen_by == "mail"
    return last.body.records


def box(*mails: str, newline: str = "\n", line: str = LINE) -> bytes:
    return "".join(f"{line}{each}\n" for each in mails).replace("\n", newline).encode()


DIALECTS = {
    "plain": box(mail(1), mail(2), mail(3)),
    "windows": box(mail(1), mail(2), mail(3), newline="\r\n"),
    "quoted body": box(mail(1), mail(2, ">From here on\n\n>From x\nSubject: y\n"), mail(3)),
    "unquoted body": box(mail(1), mail(2, "text\n\nFrom here: no mail\nReally: none\n"), mail(3)),
    "thunderbird": box(mail(1), mail(2), mail(3), line="From - Fri Nov 07 10:00:00 2025\n"),
    "pipermail": box(
        mail(1), mail(2), mail(3), line="From anna at contoso.com  Fri Nov  7 10:00:00 2025\n"
    ),
    "takeout": box(
        mail(1), mail(2), mail(3), line="From 1843@xxx Fri Nov 07 10:00:00 +0000 2025\n"
    ),
    "content length": box(*(f"Content-Length: 999999\n{mail(each)}" for each in (1, 2, 3))),
    "no blank line before": (
        LINE + mail(1) + LINE + mail(2).rstrip("\n") + "\n" + LINE + mail(3)
    ).encode(),
    "no body": (LINE + mail(1, "") + LINE + mail(2, "") + LINE + mail(3, "")).encode(),
}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_dialect_of_mbox(dialect: str):
    data = DIALECTS[dialect]
    assert recognise(data[:8192]) is mbox.FORMAT
    found = read(mbox, data)
    assert names(found) == ["EX1.contoso.com", "EX2.contoso.com", "EX3.contoso.com"]
    assert count(found) == 3


@pytest.mark.parametrize("dialect", DIALECTS)
def test_an_mbox_read_in_pieces_says_the_same(dialect: str):
    data = DIALECTS[dialect]
    whole = read(mbox, data)
    for cut in range(len(data) + 1):
        pieces: list[Evidence | Gap] = []
        records = 0
        for start, end in ((0, cut), (cut, len(data))):
            piece = list(mbox.read_range(io.BytesIO(data), AT, Reading(), start, end))
            records += count(piece)
            pieces += piece[:-1]
        assert pieces == whole[:-1], cut
        assert records == 3


def test_a_place_in_an_mbox_is_an_offset():
    data = DIALECTS["plain"]
    second = data.index(b"From ", 10)
    assert read(mbox, data)[1].at.position == f"offset {second}, header Received 1"


def test_what_the_standard_library_writes(tmp_path: Path):
    made = mailbox.mbox(tmp_path / "box")
    for number in (1, 2, 3):
        message = Message()
        message["Received"] = mail(number).splitlines()[0].partition(": ")[2] + (
            f" Server id 15.1.2507.{number}; Fri, 7 Nov 2025 10:00:00 +0100"
        )
        message["Subject"] = "s"
        message.set_payload("From here on it is text\n\nFrom me: yes\n")
        made.add(message)
    made.flush()
    found = read(mbox, (tmp_path / "box").read_bytes())
    assert names(found) == ["EX1.contoso.com", "EX2.contoso.com", "EX3.contoso.com"]


class Endless(io.RawIOBase):
    """A stream that makes up what is read and remembers how much, but never holds it."""

    def __init__(self, start: bytes, filler: bytes, times: int, end: bytes) -> None:
        self.parts = iter((start, *(filler for _ in range(times)), end))
        self.held = b""
        self.largest = 0

    def read(self, size: int = -1) -> bytes:
        while len(self.held) < size and (part := next(self.parts, None)) is not None:
            self.held += part
        self.largest = max(self.largest, size)
        found, self.held = self.held[:size], self.held[size:]
        return found


def test_a_header_line_of_100_megabytes_costs_only_its_mail():
    stream = Endless(
        (LINE + "X-Long: ").encode(), b"x" * (1 << 20), 100, ("\n\n" + LINE + mail(2)).encode()
    )
    found = list(mbox.read(stream, AT, Reading()))
    assert [(each.at.position, each.kind) for each in found if isinstance(each, Gap)] == [
        ("offset 0, header", "limit")
    ]
    assert names(found) == ["EX2.contoso.com"]
    assert stream.largest <= mbox.CHUNK


def test_a_header_line_of_100_megabytes_in_a_single_mail():
    first = mail(1).partition("\n\n")[0].encode()
    stream = Endless(first + b"\nX-Long: ", b"x" * (1 << 20), 100, b"\n\nbody")
    found = list(eml.read(stream, AT, Reading()))
    assert names(found) == ["EX1.contoso.com"]
    assert [each.kind for each in found if isinstance(each, Gap)] == ["limit"]


def test_too_many_lines_and_too_long_ones_are_said():
    line = mail(1).partition("From:")[0]
    found = read(eml, (line * 600 + "From: a@b\n\n").encode())
    assert len(names(found)) == 500
    assert [each.kind for each in found if isinstance(each, Gap)] == ["limit"]
    long = line.replace("; Fri", f" ({'x' * 10_000}); Fri") + mail(2)
    found = read(eml, long.encode())
    assert names(found) == ["EX1.contoso.com", "EX2.contoso.com"]
    assert [each.at.position for each in found if isinstance(each, Gap)] == ["header Received 1"]


@pytest.fixture(scope="module")
def outlook(shared: Path) -> dict[str, bytes]:
    """Real files of three projects' test suites; where each is from stands in SOURCES.md."""
    found = {}
    with tarfile.open(shared / "samples" / "mail" / "msg-pst-mbox.tar.xz") as archive:
        for member in archive:
            if member.isfile():
                stream = archive.extractfile(member)
                assert stream is not None
                found[Path(member.name).name] = stream.read()
    return found


def test_outlook_messages(outlook: dict[str, bytes]):
    messages = {name: data for name, data in outlook.items() if name.endswith(".msg")}
    assert len(messages) >= 14
    for name, data in messages.items():
        assert recognise(data[:8192]) is msg.FORMAT, name
        found = read(msg, data)
        assert not [each for each in found if isinstance(each, Gap)], name
        assert count(found) == 1, name
    # The names stand in the files' own transport headers.
    assert names(read(msg, messages["tika-testMSG_att_msg.msg"])) == ["Stitch.pof.com.au"]
    assert names(read(msg, messages["tika-testMSG_forwarded.msg"])) == [
        "EXHUB018-2.exch018.msoutlookonline.net"
    ]


def test_outlook_data_files(outlook: dict[str, bytes]):
    files = {name: data for name, data in outlook.items() if name.endswith(".pst")}
    assert len(files) >= 4
    for name, data in files.items():
        assert recognise(data[:8192]) is pst.FORMAT, name
        found = read(pst, data)
        assert not [each for each in found if isinstance(each, Gap)], name
        assert count(found) > 0
    found = read(pst, files["tika-testPST.pst"])
    assert found[0].at.position.endswith(", message 1, header Received 1")
    assert "AMSPR06MB343.eurprd06.prod.outlook.com" in names(found)


def test_a_data_file_on_disk_says_the_same(outlook: dict[str, bytes], tmp_path: Path):
    data = outlook["tika-testPST.pst"]
    path = tmp_path / "x.pst"
    path.write_bytes(data)
    with path.open("rb") as stream:
        stream.read(100)
        assert list(pst.read(stream, AT, Reading())) == read(pst, data)


@pytest.mark.parametrize("keep", [0.3, 0.6, 0.95])
def test_a_torn_data_file_is_a_gap(outlook: dict[str, bytes], keep: float):
    data = outlook["tika-testPST_variousBodyTypes.pst"]
    found = read(pst, data[: int(len(data) * keep)])
    assert [each for each in found if isinstance(each, Gap)]
    assert count(found) >= 0


def test_a_torn_message_is_a_gap(outlook: dict[str, bytes]):
    data = outlook["tika-testMSG_att_msg.msg"]
    found = read(msg, data[:3000])
    assert [each.kind for each in found if isinstance(each, Gap)] == ["unreadable"]


def test_a_message_without_its_list_of_properties_is_a_gap_and_read(outlook: dict[str, bytes]):
    data = outlook["tika-testMSG_att_msg.msg"]
    name = "__properties_version1.0".encode("utf-16-le")
    found = read(msg, data.replace(name, name[:-2] + b"x\0"))
    assert [each.kind for each in found if isinstance(each, Gap)] == ["unreadable"]
    # The transport headers have a stream of their own.
    assert names(found) == ["Stitch.pof.com.au"]
    assert count(found) == 1


def test_a_data_file_in_which_nothing_is_found_says_so(
    outlook: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(pst, "_walked", lambda stream, whole: iter(()))  # noqa: ARG005
    found = read(pst, outlook["tika-testPST.pst"])
    assert [str(each.why) for each in found if isinstance(each, Gap)] == [
        "no message was found in this data file"
    ]


def test_a_reader_that_dies_is_a_gap(outlook: dict[str, bytes], monkeypatch: pytest.MonkeyPatch):
    # One MB of address space: too little for the process even to start its work.
    monkeypatch.setattr(pst, "MEMORY_LIMIT", 1 << 20)
    found = read(pst, outlook["tika-testPST.pst"])
    gaps = [str(each.why) for each in found if isinstance(each, Gap)]
    assert len(gaps) == 1
    assert "died" in gaps[0]
    assert count(found) == 0


def test_other_office_files_hold_no_mail():
    word = msg.MAGIC + b"\0" * 22 + b"\x09\x00" + b"\0" * 16 + b"\x40\0\0\0" + b"\0" * 8000
    assert msg.recognise(word) <= 20
    found = read(msg, word)
    assert count(found) == 0


def test_hostile_mails_of_other_parsers(shared: Path):
    with tarfile.open(shared / "samples" / "mail" / "parser-torture.tar.xz") as archive:
        files = [
            stream.read()
            for member in archive
            if member.isfile() and (stream := archive.extractfile(member)) is not None
        ]
    assert len(files) == 1220
    recognised = 0
    for data in files:
        found = recognise(data[:8192])
        recognised += found in (eml.FORMAT, mbox.FORMAT)
        for form in (eml, mbox, msg):
            assert count(read(form, data)) >= 0
    assert recognised > 600


def _mutated(base: bytes, edits: list[tuple[int, bytes]]) -> bytes:
    data = bytearray(base)
    for place, new in edits:
        start = place % (len(data) + 1)
        data[start : start + (place % 7)] = new
    return bytes(data)


EDITS = st.lists(
    st.tuples(
        st.integers(0, 1 << 20),
        st.one_of(
            st.binary(max_size=6),
            st.sampled_from(
                [b"\n\n", b"\r", b"(", b")", b";", b"[", b"From ", b"\nReceived: ", b" by ", b"\0"]
            ),
        ),
    ),
    max_size=12,
)


@settings(max_examples=300, deadline=None)
@given(EDITS)
def test_a_mutated_mail_never_costs_an_exception(edits: list[tuple[int, bytes]]):
    data = _mutated(mail(1).encode(), edits)
    assert count(read(eml, data)) == 1
    assert 0 <= eml.recognise(data) <= 100


@settings(max_examples=300, deadline=None)
@given(EDITS, st.integers(0, 2000))
def test_a_mutated_mbox_reads_the_same_in_pieces(edits: list[tuple[int, bytes]], cut: int):
    data = _mutated(DIALECTS["plain"], edits)
    whole = read(mbox, data)
    halves = [
        list(mbox.read_range(io.BytesIO(data), AT, Reading(), start, end))
        for start, end in ((0, cut), (cut, len(data) + 1))
    ]
    assert count(halves[0]) + count(halves[1]) == count(whole)
    hosts = [e for half in halves for e in half if isinstance(e, Evidence)]
    assert [e for e in hosts if isinstance(e.body, Host)] == [
        e for e in whole if isinstance(e, Evidence) and isinstance(e.body, Host)
    ]


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_mutated_outlook_message_never_costs_an_exception(outlook, data: st.DataObject):
    base = outlook["tika-test-outlook.msg"]
    found = read(msg, _mutated(base, data.draw(EDITS)))
    assert 0 <= count(found) <= 1


@settings(max_examples=15, deadline=None)
@given(st.data())
def test_a_mutated_data_file_never_costs_an_exception(outlook, data: st.DataObject):
    base = outlook["dist-list.pst"]
    spots = data.draw(
        st.lists(st.tuples(st.integers(0, len(base) - 9), st.binary(min_size=8, max_size=8)))
    )
    changed = bytearray(base)
    for place, new in spots:
        changed[place : place + 8] = new
    assert count(read(pst, bytes(changed))) >= 0
