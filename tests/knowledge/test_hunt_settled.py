"""Rows that are not read again because they look like one that no rule matched: nothing is lost by it.

Rows of invented attacks are mixed, cell by cell, with one another and with ordinary ones, or lose a
character, so that many differ from an unmatched one in a single cell.
"""

import io
import random
import re
from collections import Counter

import hunt_cases
import pytest

from tocsin.analyse.hunt.settled import Settled
from tocsin.analyse.hunt.whole import HuntPart
from tocsin.app.hunting import HuntJob, HuntWish, hunt_file
from tocsin.formats import recognise
from tocsin.model.locator import Locator

ROWS = 4000

PAGE = "UrlStem=/owa/a.aspx"
_LATE = re.compile(r"03:0[06]:(\d{2,})")


def mixed(kind: str) -> bytes:
    """One log of all cases of a kind, and of crosses between their rows."""
    cases = [case for case in hunt_cases.cases() if case.kind == kind]
    rows = [row for case in cases for row in case.rows]
    chance = random.Random(7)
    mark = " ~~ " if kind == "httpproxy" else " "
    if kind == "httpproxy":
        rows = [row for row in rows if row.count("=")]
    crossed = []
    for _ in range(ROWS):
        one, other = (chance.choice(rows).split(mark) for _ in range(2))
        at = chance.randrange(min(len(one), len(other)))
        cell = other[at]
        if chance.random() < 0.5:
            place = chance.randrange(len(one[at]))
            cell = one[at][:place] + one[at][place + 1 :] or "-"
        crossed.append(mark.join([*one[:at], cell, *one[at + 1 :]]))
    crossed += [chance.choice(crossed) for _ in range(ROWS // 4)]
    if kind == "iis":
        text = hunt_cases.w3c([row for row in crossed if row.count(" ") in (6, 7)], 1)
    else:
        text = hunt_cases.exchange(kind, [unlike(row) for row in crossed], 1)
    return _LATE.sub(in_time, text).encode()


def in_time(late: re.Match[str]) -> str:
    """A time of day out of seconds beyond a minute."""
    minutes, seconds = divmod(int(late[1]), 60)
    return f"{4 + minutes // 60:02}:{minutes % 60:02}:{seconds:02}"


def unlike(row: str) -> str:
    """The row without a cell that stands in it twice: the later one holds."""
    return " ~~ ".join(f"{key}={value}" for key, value in pairs(row).items() if key.isalnum())


def pairs(row: str) -> dict[str, str]:
    return hunt_cases.pairs(" ~~ ".join(each for each in row.split(" ~~ ") if "=" in each))


def told(data: bytes, spool: str, wish: HuntWish | None = None) -> Counter[tuple[str, str, str]]:
    part = HuntPart()
    job = HuntJob(wish=wish or HuntWish(), spool=spool)
    hunt_file(
        job, recognise(data[:8192]), io.BytesIO(data), Locator(source="x"), lambda _: True, part
    )
    found: Counter[tuple[str, str, str]] = Counter()
    for group in part.groups:
        for outcome, count in group.outcomes.items():
            found[group.rule, group.client, outcome] += count
    return found


@pytest.mark.parametrize("kind", ["iis", "httpproxy"])
def test_what_is_not_read_again_would_have_matched_nothing(kind, tmp_path, monkeypatch):
    data = mixed(kind)
    passed = 0
    seen = Settled.__contains__

    def counted(self, key):
        nonlocal passed
        known = seen(self, key)
        passed += known
        return known

    monkeypatch.setattr(Settled, "__contains__", counted)
    quick = told(data, str(tmp_path))
    monkeypatch.setattr(Settled, "key", lambda *_: None)
    thorough = told(data, str(tmp_path))
    assert quick == thorough
    assert len(thorough) > 15
    assert passed > 100


@pytest.mark.parametrize(
    ("before", "row"),
    [
        (f"{PAGE} ~~ UrlQuery=?word=one&Email=two", f"{PAGE} ~~ UrlQuery=?Email=one"),
        (f"{PAGE} ~~ AnchorMailbox=one", f"{PAGE} ~~ AnchorMailbox=x?Email=one"),
        (f"{PAGE} ~~ BackEndCookie=one", f"{PAGE} ~~ BackEndCookie=x?Email=one"),
    ],
)
def test_a_parameter_is_looked_at_wherever_it_comes_from(before, row, tmp_path):
    """A page asked for with other parameters before has not settled what these do."""
    (tmp_path / "rule.yml").write_text(
        "title: A command\nid: 7d0f9a52-1111-4222-8333-123456789abd\nlevel: high\n"
        "logsource: {product: exchange, service: httpproxy}\n"
        "detection: {page: {cs-uri-stem|contains: '.aspx', Email: one}, condition: page}\n"
    )
    data = hunt_cases.exchange("httpproxy", [before, row], 1).encode()
    wish = HuntWish(folders=(str(tmp_path),), packaged=False)
    assert sum(told(data, str(tmp_path), wish).values()) == 1
