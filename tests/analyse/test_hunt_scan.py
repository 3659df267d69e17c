"""The engine: what is found, and where it is said to stand, does not depend on how a log is cut."""

import io
import random
from itertools import pairwise

import pytest

from tocsin.analyse.hunt import matcher as matchers
from tocsin.analyse.hunt import scan
from tocsin.analyse.hunt.folding import Folding
from tocsin.analyse.hunt.plan import plan
from tocsin.analyse.hunt.scan import scan_lines
from tocsin.analyse.hunt.whole import HuntPart, HuntWhole
from tocsin.app.hunting import HuntJob, HuntWish, hunt_file, hunt_piece
from tocsin.formats import recognise
from tocsin.formats.syntax.log_blocks import BLOCK, LINE_LIMIT, as_utf8, blocks
from tocsin.knowledge.sigma import load
from tocsin.knowledge.sigma.anchors import anchors
from tocsin.knowledge.surfaces import surfaces
from tocsin.model.locator import Locator

RULE = """
title: A page of a web shell
id: 7d0f9a52-1111-4222-8333-123456789abc
level: high
logsource: {category: webserver}
detection:
  page: {cs-uri-stem|endswith: '/odd-page.aspx'}
  condition: page
"""
HEAD = (
    "#Software: Microsoft Internet Information Services 10.0\r\n#Version: 1.0\r\n"
    "#Date: 2026-03-03 00:00:00\r\n#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port"
    " cs-username c-ip cs(User-Agent) cs(Referer) sc-status sc-substatus sc-win32-status time-taken\r\n"
)
ROW = "2026-03-03 10:{0:02d}:{1:02d} 10.0.0.5 GET {2} - 443 - 198.51.100.7 Mozilla/5.0+(X) - 200 0 0 9"


@pytest.fixture(scope="module")
def wish(tmp_path_factory):
    folder = tmp_path_factory.mktemp("rules")
    (folder / "page.yml").write_text(RULE, "utf-8")
    wish = HuntWish(folders=(str(folder),), packaged=False)
    return HuntJob(wish=wish, spool=str(folder))


def log_of(pages: list[str], end: str = "\r\n") -> bytes:
    rows = [ROW.format(number // 60 % 60, number % 60, page) for number, page in enumerate(pages)]
    return (HEAD + "".join(row + "\r\n" for row in rows)).replace("\r\n", end).encode()


def every(wish, data: bytes):
    found = recognise(data[:8192])
    part = HuntPart()
    hunt_file(wish, found, io.BytesIO(data), Locator(source="u.log"), lambda _: True, part)
    return settled(part)


def settled(*parts):
    whole = HuntWhole()
    for part in parts:
        whole.add(part)
    groups, stats = whole.settled()
    places = {each.at.position for group in groups for each in group.events}
    return sum(group.count for group in groups), places, stats[0]


def test_a_matching_row_is_found_at_its_line(wish):
    count, places, stat = every(wish, log_of(["/owa/"] * 10 + ["/owa/auth/odd-page.aspx"]))
    assert (count, places) == (1, {"line 15"})
    assert (stat.lines, stat.rows, stat.lost) == (15, 11, 0)


def test_pieces_of_a_log_say_the_same_as_the_whole(wish):
    chance = random.Random(4)
    pages = ["/owa/auth/odd-page.aspx" if chance.random() < 0.02 else "/owa/" for _ in range(600)]
    data = log_of(pages)
    expected = every(wish, data)
    assert expected[0] == sum(page.endswith("odd-page.aspx") for page in pages)
    found = recognise(data[:8192])
    for _ in range(10):
        cuts = sorted({0, len(data), *(chance.randrange(len(data)) for _ in range(5))})
        parts = []
        for number, (start, stop) in enumerate(pairwise(cuts)):
            part, _rows = hunt_piece(
                wish, found, io.BytesIO(data), Locator(source="u.log"), lambda _: True,
                (number, start, stop),
            )  # fmt: skip
            parts.append(part)
        chance.shuffle(parts)
        again = settled(*parts)
        assert again[:2] == expected[:2]
        assert again[2].rows == expected[2].rows


def test_columns_that_change_inside_a_log_hold_for_what_follows(wish):
    data = log_of(["/owa/"] * 3) + (
        b"#Fields: date time c-ip cs-method cs-uri-stem sc-status\r\n"
        b"2026-03-03 11:00:00 203.0.113.9 POST /owa/auth/odd-page.aspx 404\r\n"
    )
    found = recognise(data[:8192])
    part = HuntPart()
    hunt_file(wish, found, io.BytesIO(data), Locator(source="u.log"), lambda _: True, part)
    (group,) = part.groups
    assert (group.client, group.outcomes) == ("203.0.113.9", {"attempt": 1})
    # A piece that begins after the new header knows it, too.
    at = data.index(b"2026-03-03 11")
    piece, _ = hunt_piece(
        wish, found, io.BytesIO(data), Locator(source="u.log"), lambda _: True, (1, at, len(data))
    )
    assert [each.client for each in piece.groups] == ["203.0.113.9"]


class Counting(io.BytesIO):
    """A file that counts what is read of it."""

    taken = 0

    def read(self, size=-1, /):
        got = super().read(size)
        self.taken += len(got)
        return got

    def readline(self, size=-1, /):
        got = super().readline(size)
        self.taken += len(got)
        return got


def in_pieces(wish, data: bytes, step: int, numbers=None, name="u.log"):
    """Clients by piece, and how many bytes were read in all."""
    found, stream = recognise(data[:8192]), Counting(data)
    told = {}
    for number, start in enumerate(range(0, len(data), step)):
        if numbers is None or number in numbers:
            stream.seek(0)
            part, _ = hunt_piece(
                wish, found, stream, Locator(source=name), lambda _: True,
                (number, start, min(start + step, len(data))),
            )  # fmt: skip
            told[number] = [group.client for group in part.groups]
    return told, stream.taken


@pytest.mark.parametrize("numbers", [{0, 1, 2}, {0, 2}, {2}, {1, 2}, {2, 0, 1}])
def test_what_changed_in_a_piece_before_holds_whoever_has_read_that(wish, numbers):
    turn = b"#Fields: date time c-ip cs-method cs-uri-stem sc-status\r\n"
    row = b"2026-03-03 11:00:00 203.0.113.9 POST /owa/auth/odd-page.aspx 200\r\n"
    first = log_of(["/owa/"] * 30)
    step = len(first) + 40
    data = first + b"2026-03-03 11:00:00 10.0.0.5 GET /x - 443 - 1.1.1.1 X - 200 0 0 1\r\n" + turn
    data += row * (2 * step // len(row))
    told, _ = in_pieces(wish, data, step, numbers, name=f"{numbers}.log")
    assert told[2] == ["203.0.113.9"]


def test_pieces_do_not_read_all_that_lies_before_them(wish):
    data = log_of(["/owa/"] * 30_000)
    _, taken = in_pieces(wish, data, 50_000, name="long.log")
    assert taken < 3 * len(data)
    endless = log_of(["/owa/"]) + b"x" * 6_000_000
    _, taken = in_pieces(wish, endless, 100_000, name="endless.log")
    # What begins before a piece is passed by up to a line's limit.
    assert taken < 2 * len(endless) + 60 * LINE_LIMIT


def test_a_log_in_utf_16_and_one_with_old_line_ends_are_read(wish):
    pages = ["/owa/", "/owa/auth/odd-page.aspx", "/owa/"]
    wide = log_of(pages).decode().encode("utf-16")
    assert every(wish, wide)[:2] == (1, {"line 6"})
    assert every(wish, log_of(pages, "\r"))[:2] == (1, {"line 6"})
    assert every(wish, log_of(pages, "\n"))[:2] == (1, {"line 6"})


def test_a_needlessly_encoded_address_is_found(wish):
    data = log_of(["/owa/auth/%6fdd-p%61ge.aspx", "/owa/auth/odd%2Dpage.a%2573px"])
    assert every(wish, data)[0] == 2


def test_a_line_without_end_is_cut_and_told_and_costs_nothing_else(wish):
    good = ROW.format(1, 1, "/owa/auth/odd-page.aspx").encode() + b"\r\n"
    data = log_of(["/owa/"]) + b"x" * (2 * LINE_LIMIT + 3 * BLOCK) + b"\r\n" + good
    count, places, stat = every(wish, data)
    assert (count, places) == (1, {"line 7"})
    assert stat.lost == 2  # what stands there is no row, and its rest was left out
    assert {loss.position for loss in stat.losses} == {"line 6", "line 7"} or {
        loss.position for loss in stat.losses
    } == {"line 6"}


def test_rows_of_zero_bytes_are_counted_and_placed(wish):
    data = (
        log_of(["/owa/"] * 200)
        + b"\0" * 400
        + b"\r\n"
        + ROW.format(2, 2, "/x/odd-page.aspx").encode()
    )
    count, _, stat = every(wish, data)
    assert count == 1
    assert stat.lost == 1
    assert stat.losses[0].position == "line 205"


def test_the_fall_back_finds_the_same(wish, monkeypatch):
    data = log_of(["/owa/", "/owa/auth/odd-page.aspx", "/a/odd-page.aspx", "/owa/"] * 50)
    expected = every(wish, data)
    rules = load(wish.wish.folders, packaged=False).rules
    monkeypatch.setattr(matchers, "hyperscan", None)
    other = plan(surfaces()["iis"], rules, anchors, marks=(b"#",))
    assert isinstance(other.matcher, matchers.Re2Matcher)
    log = recognise(data[:8192]).log
    folding = Folding(Locator(source="u.log"), "iis", lambda _: True, lambda _row: None)
    scan_lines(blocks(io.BytesIO(data)), log, log.begin(data[:8192]), other, folding)
    assert sum(each.count for each in folding.groups.values()) == expected[0]


def test_wide_text_comes_in_blocks_of_whole_lines():
    text = "".join(f"row {number}\r\n" for number in range(1000))
    found = list(as_utf8(io.BytesIO(text.encode("utf-16"))))
    assert b"".join(each[1:] for each in found).decode() == text


def test_columns_in_another_order_than_iis_writes_them_hide_nothing(tmp_path):
    """An analyst has put the query before the stem; later in the file they stand as usual."""
    rule = RULE.replace(
        "{cs-uri-stem|endswith: '/odd-page.aspx'}", "{cs-uri-query|contains: 'page.aspx?cmd=1'}"
    )
    (tmp_path / "page.yml").write_text(rule, "utf-8")
    job = HuntJob(wish=HuntWish(folders=(str(tmp_path),), packaged=False), spool=str(tmp_path))
    plain = "#Fields: date time cs-method cs-uri-stem cs-uri-query c-ip sc-status\r\n"
    turned = "#Fields: date time cs-method cs-uri-query cs-uri-stem c-ip sc-status\r\n"
    first = "2026-03-03 10:00:00 GET /odd-page.aspx cmd=1 198.51.100.7 200\r\n"
    second = "2026-03-03 10:00:01 GET cmd=1 /odd-page.aspx 198.51.100.7 200\r\n"
    other = "2026-03-03 10:00:02 GET /x - 198.51.100.7 200\r\n"
    for text, count in (
        (turned + second + other + plain + first, 2),
        (plain + first + turned + second + second, 3),
    ):
        assert every(job, text.encode())[0] == count


BLOCK_ROWS = 4000  # about so many rows of `ROW` are a block

NOISY = (
    ("443 HealthMailbox83d6781@contoso.example", "AMProbe/Local/ClientAccess"),  # both: one row
    ("443 HealthMailboxaa@contoso.example", "Mozilla/5.0"),
    ("443 healthmailboxbb@contoso.example", "Mozilla/5.0"),
    ("443 HEALTHMAILBOXCC@contoso.example", "Mozilla/5.0"),
    ("443 -", "AMProbe/Local/ClientAccess"),
    ("443 HealthMailboxdd@contoso.example HealthMailboxdd", "x"),
    ("443 karin@contoso.example", "Mozilla/5.0"),
    ("443 -", "curl/8"),
)


@pytest.mark.parametrize("kind", ["HyperscanMatcher", "Re2Matcher"])
def test_rows_of_probes_are_counted_once_however_they_are_written(tmp_path, kind, monkeypatch):
    if kind == "Re2Matcher":
        monkeypatch.setattr(matchers, "hyperscan", None)
    (tmp_path / "page.yml").write_text(RULE, "utf-8")
    rules = load([tmp_path], packaged=False).rules
    rows = [
        ROW.format(0, number, "/owa/").replace("443 -", who, 1).replace("Mozilla/5.0+(X)", agent)
        for number, (who, agent) in enumerate(NOISY * 5)
    ]
    data = (HEAD + "".join(row + "\r\n" for row in rows)).encode()
    log = recognise(data[:8192]).log
    found = plan(surfaces()["iis"], rules, anchors, marks=log.marks)
    folding = Folding(Locator(source="u.log"), "iis", lambda _: True, lambda _: None)
    scan_lines(blocks(io.BytesIO(data)), log, log.begin(data), found, folding)
    stat = folding.finish()
    assert (stat.rows, stat.noise) == (40, 30)


@pytest.mark.parametrize("kind", ["HyperscanMatcher", "Re2Matcher"])
def test_of_a_big_log_probes_are_reckoned_from_some_of_its_blocks(tmp_path, kind, monkeypatch):
    if kind == "Re2Matcher":
        monkeypatch.setattr(matchers, "hyperscan", None)
    monkeypatch.setattr(scan, "COUNTED", 2)
    monkeypatch.setattr(scan, "COUNTED_OF", 3)
    (tmp_path / "page.yml").write_text(RULE, "utf-8")
    chance = random.Random(5)
    who = ["443 HealthMailbox83d6781@contoso.example", "443 karin@contoso.example"]
    pages = ["/owa/"] * 24 * BLOCK_ROWS
    drawn = [chance.random() < 0.7 for _ in pages]
    pages[9 * BLOCK_ROWS] = "/odd-page.aspx"
    rows = [
        ROW.format(0, 0, page).replace("443 -", who[0] if probe else who[1], 1)
        for page, probe in zip(pages, drawn, strict=True)
    ]
    data = (HEAD + "".join(row + "\r\n" for row in rows)).encode()
    log = recognise(data[:8192]).log
    found = plan(
        surfaces()["iis"], load([tmp_path], packaged=False).rules, anchors, marks=log.marks
    )
    folding = Folding(Locator(source="u.log"), "iis", lambda _: True, lambda _: None)
    scan_lines(blocks(io.BytesIO(data)), log, log.begin(data), found, folding)
    stat = folding.finish()
    assert stat.rows == len(rows)
    assert stat.noise_estimated
    assert abs(stat.noise - sum(drawn)) < 0.03 * sum(drawn)
    [group] = folding.groups.values()  # and what a rule asks for is found in every block
    assert group.events[0].at.position == f"line {5 + 9 * BLOCK_ROWS}"


def test_a_line_that_is_cut_costs_no_share_of_the_probes(tmp_path, monkeypatch):
    monkeypatch.setattr(scan, "COUNTED", 2)
    monkeypatch.setattr(scan, "COUNTED_OF", 3)
    (tmp_path / "page.yml").write_text(RULE, "utf-8")
    row = ROW.format(0, 0, "/owa/").replace("443 -", "443 HealthMailbox83d6781@contoso.example", 1)
    few, cut = (row + "\r\n") * 6 * BLOCK_ROWS, "x" * (LINE_LIMIT + 1) + "\r\n"
    data = (HEAD + few + cut + few).encode()
    log = recognise(data[:8192]).log
    rules = load([tmp_path], packaged=False).rules
    found = plan(surfaces()["iis"], rules, anchors, marks=log.marks)
    folding = Folding(Locator(source="u.log"), "iis", lambda _: True, lambda _: None)
    scan_lines(blocks(io.BytesIO(data)), log, log.begin(data), found, folding)
    assert abs(folding.finish().noise - 12 * BLOCK_ROWS) < 0.03 * 12 * BLOCK_ROWS
