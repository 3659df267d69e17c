"""A stretch without rows is found wherever it lies, at the price of a few rows a block."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.analyse.hunt.silences import SILENT, Clock

START = datetime(2021, 8, 1, tzinfo=UTC)


def rows(times, form="%Y-%m-%d %H:%M:%S 10.0.0.5 GET /owa/ - 443 - 203.0.113.9 Mozilla/5.0 - 200"):
    return [each.strftime(form).encode() for each in times]


def looked(lines, size=None) -> Clock:
    clock = Clock()
    for at in range(0, len(lines), size or len(lines) or 1):
        clock.look(b"\n" + b"\n".join(lines[at : at + (size or len(lines))]) + b"\n")
    return clock


def minutes(*stretches):
    return [START + timedelta(minutes=at) for begin, end in stretches for at in range(begin, end)]


def test_rows_taken_out_of_the_middle_of_a_file():
    clock = looked(rows(minutes((0, 3000), (3400, 9000))))
    assert clock.silences == [(START + timedelta(minutes=2999), START + timedelta(minutes=3400))]
    assert len(clock.days) == 7


def test_a_day_taken_out_of_a_small_file():
    clock = looked(rows(minutes((0, 30), (2 * 1440, 2 * 1440 + 30))))
    assert len(clock.silences) == 1
    assert clock.days == {"2021-08-01", "2021-08-03"}


def test_a_silence_between_two_blocks():
    assert len(looked(rows(minutes((0, 100), (400, 500))), size=100).silences) == 1


def test_exchange_logs_and_headers_in_between():
    lines = rows(minutes((0, 100), (400, 500)), "%Y-%m-%dT%H:%M:%S.123Z,a,b,c")
    lines[50:50] = [b"#Software: Microsoft Exchange Server", b"#Fields: DateTime,RequestId"]
    assert len(looked([b"#Software: x", *lines]).silences) == 1


def test_what_is_no_time_says_nothing():
    clock = looked([b"\xff\x00", b"2021-99-99 99:99:99 x", b"", b"abc"] * 1000)
    assert clock.silences == []
    assert clock.days == set()


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 400))
def test_as_a_look_at_every_row_would_say(seed, size):
    dice = random.Random(seed)
    at, times = START, []
    for _ in range(1500):
        at += timedelta(
            seconds=dice.choice((1, 1, 1, 5, 60, 900, 9000 if dice.random() < 0.02 else 2))
        )
        times.append(at)
    clock = looked(rows(times), size=size)
    expected = [(one, other) for one, other in pairwise(times) if other - one >= SILENT]
    assert clock.silences == expected
