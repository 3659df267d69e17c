"""The history in a real file: kept, keyed, refused, forgotten, whole after a kill."""

from __future__ import annotations

import hashlib
import os
import signal
import sqlite3
import stat
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from history_model import LARGEST, STEPS, alike, shrink
from hypothesis import given, settings

from tocsin.analyse.conversation.memory import COLUMNS, Lesson, Memory
from tocsin.store.history import History, HistoryError, open_history


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "mail.history")


@pytest.fixture
def small_layers(monkeypatch: pytest.MonkeyPatch) -> None:
    shrink(monkeypatch)


def test_it_is_what_the_room_asks_for(path: str):
    memory: Memory
    with open_history(path) as memory:
        assert len(memory.key) == 32


def test_what_was_learnt_is_there_in_the_next_run(path: str):
    with open_history(path) as history:
        key = history.key
        history.put("facts", {-LARGEST - 1: (1, 2, 3, 4), LARGEST: (0, 0, -1, LARGEST)})
        history.put("facts", {LARGEST: (5, 6, 7, 8)})
        history.put_meta("own_domains", "contoso.example")
        history.put_meta("own_domains", "contoso.example fabrikam.example")
        history.wait([Lesson(7, 1_700_000_000, b"\x00body")])
    with open_history(path) as history:
        assert history.key == key
        assert history.get("facts", [LARGEST, -LARGEST - 1, 9]) == {
            LARGEST: (5, 6, 7, 8),
            -LARGEST - 1: (1, 2, 3, 4),
        }
        assert history.get("messages", [LARGEST]) == {}
        assert history.get_meta("own_domains") == "contoso.example fabrikam.example"
        assert history.get_meta("first") is None
        assert history.waiting == 1
        assert history.due(1_700_000_001) == [Lesson(7, 1_700_000_000, b"\x00body")]
        assert history.waiting == 0


def test_without_a_file_nothing_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SQLITE_TMPDIR", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    with open_history(None) as history:
        for start in range(0, 300_000, 50_000):
            history.put("marks", dict.fromkeys(range(start, start + 50_000), (1, 2, 3, 4)))
        assert len(history.get("marks", range(0, 400_000, 100))) == 3_000
        assert list(tmp_path.iterdir()) == []
        key = history.key
    assert list(tmp_path.iterdir()) == []
    with open_history(None) as other:
        assert other.key != key
        assert other.get("marks", [1]) == {}


def test_only_its_owner_can_read_the_file(path: str):
    os.umask(0o022)
    with open_history(path) as history:
        history.put("facts", {1: (1, 2, 3, 4)})
        history.flush()
        for each in Path(path).parent.iterdir():
            assert stat.S_IMODE(each.stat().st_mode) == 0o600, each
    assert [each.name for each in Path(path).parent.iterdir()] == ["mail.history"]


def test_lessons_come_oldest_first_and_once(path: str):
    with open_history(path) as history:
        history.wait([Lesson(3, 30, b"c"), Lesson(1, 10, b"a"), Lesson(2, 20, b"b")])
        history.wait([Lesson(1, 25, b"again")])
        history.drop([2, 99])
        assert history.due(25) == []
        assert history.due(40, most=1) == [Lesson(1, 25, b"again")]
        assert history.due(40) == [Lesson(3, 30, b"c")]
        assert history.due(40) == []


def test_a_second_run_at_the_same_time_is_told(path: str):
    with open_history(path) as history:
        history.put("facts", {1: (1, 2, 3, 4)})
        with pytest.raises(HistoryError, match="in use by another run"):
            open_history(path)
        asked = subprocess.run(
            [sys.executable, "-c", f"from tocsin.store.history import *; open_history({path!r})"],
            capture_output=True,
            text=True,
            check=False,
        )
        assert "in use by another run" in asked.stderr
    open_history(path).close()


def test_a_text_file_is_not_a_history_and_is_left_alone(path: str):
    Path(path).write_text("Dear colleague,\n" * 300)
    with pytest.raises(HistoryError, match=r"mail\.history: not a history"):
        open_history(path)
    assert Path(path).read_text() == "Dear colleague,\n" * 300


ENDLESS_VIEW = """
    drop table notes;
    create view notes as with recursive r(name, value) as
    (select 'a', 'b' union all select name, value || 'x' from r) select * from r
"""


@pytest.mark.parametrize(
    "spoil",
    [
        ENDLESS_VIEW,
        "create trigger t after insert on lessons begin insert into notes values ('a', 'b'); end",
        "update history set key = 'text'",
        "insert into notes values ('messages', 'many')",
        "insert into notes values ('first', 'yesterday')",
        "insert into notes values ('last', zeroblob(9))",
    ],
    ids=["endless view", "trigger", "key", "number", "moment", "blob"],
)
def test_a_history_that_somebody_prepared_is_refused(path: str, spoil: str):
    open_history(path).close()
    with sqlite3.connect(path) as other:
        other.executescript(spoil)
    other.close()
    with pytest.raises(HistoryError, match="a database, but not a history"):
        open_history(path)


def test_another_database_is_refused_and_left_alone(path: str):
    with sqlite3.connect(path) as other:
        other.execute("create table accounts(name)")
    other.close()
    with pytest.raises(HistoryError, match="a database, but not a history"):
        open_history(path)
    with sqlite3.connect(path) as other:
        assert other.execute("select name from sqlite_master").fetchall() == [("accounts",)]
    other.close()


def test_a_history_of_another_version_is_refused(path: str):
    open_history(path).close()
    with sqlite3.connect(path) as other:
        other.execute("update history set format = 99")
    other.close()
    with pytest.raises(HistoryError, match="version 99"):
        open_history(path)


def test_a_folder_and_a_missing_folder_are_the_systems_own_faults(tmp_path: Path):
    with pytest.raises(IsADirectoryError) as refused:
        open_history(str(tmp_path))
    assert refused.value.filename == str(tmp_path)
    with pytest.raises(FileNotFoundError):
        open_history(str(tmp_path / "none" / "mail.history"))


def test_a_damaged_file_is_a_sentence_not_a_crash(path: str):
    with open_history(path) as history:
        history.put("facts", {key * 7919: (1, 2, 3, 4) for key in range(60_000)})
    with Path(path).open("r+b") as stream:
        stream.seek(40_960)
        stream.write(b"\xff" * 1_000_000)
    with pytest.raises(HistoryError, match=r"mail\.history: the history cannot be"):
        read_whole(path)


def read_whole(path: str) -> None:
    with open_history(path) as history:
        history.get("facts", [key * 7919 for key in range(60_000)])


def test_a_full_disk_is_a_sentence_and_the_file_stays_whole(path: str):
    with open_history(path) as history:
        history.put("facts", {1: (1, 2, 3, 4)})
    history = open_history(path)
    history._connection.exec_driver_sql("pragma max_page_count = 40")
    history.put("facts", {key * 7919: (1, 2, 3, 4) for key in range(60_000)})
    with pytest.raises(HistoryError, match=r"mail\.history: .* full"):
        history.flush()
    history.close()
    with open_history(path) as history:
        assert history.get("facts", [1, 7919]) == {1: (1, 2, 3, 4)}


def test_a_run_that_failed_leaves_the_last_whole_batch(path: str):
    with open_history(path) as history:
        history.wait([Lesson(1, 10, b"waits")])
    with pytest.raises(ZeroDivisionError):
        fail_while_learning(path)
    with open_history(path) as history:
        assert history.get("facts", [1]) == {}
        assert history.due(20) == [Lesson(1, 10, b"waits")]


def fail_while_learning(path: str) -> None:
    with open_history(path) as history:
        (lesson,) = history.due(20)
        history.put("facts", {lesson.message: (1, 2, 3, 4)})
        raise ZeroDivisionError


WRITER = """
    import itertools, sys
    from tocsin.store import history
    from tocsin.analyse.conversation.memory import Lesson
    history.UNWRITTEN_LIMIT = 2_000
    with history.open_history(sys.argv[1]) as kept:
        for batch in itertools.count():
            kept.due(batch)
            keys = range(batch * 100, batch * 100 + 100)
            kept.put("messages", {key * 0x9E3779B97F4A7C15 % 2**63: (key, 0, 0, 0) for key in keys})
            kept.put("facts", {5: (0, 0, batch + 1, 0)})
            kept.wait([Lesson(batch, batch, b"x" * 500)])
            print(batch, flush=True)
"""


@pytest.mark.parametrize("batches", [1, 150, 433])
def test_a_kill_in_mid_write_loses_whole_batches_only(path: str, batches: int):
    writer = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(WRITER), path], stdout=subprocess.PIPE, text=True
    )
    assert writer.stdout is not None
    for line in writer.stdout:
        if int(line) >= batches:
            break
    writer.send_signal(signal.SIGKILL)
    writer.stdout.close()
    writer.wait()
    with open_history(path) as history:
        # What was learnt, what waits and what was counted are of one moment.
        learnt = history.get("facts", [5]).get(5, (0, 0, 0, 0))[2]
        keys = {key * 0x9E3779B97F4A7C15 % 2**63: key for key in range(batches * 100 + 50_000)}
        rows = history.get("messages", list(keys))
        assert sorted(row[0] for row in rows.values()) == list(range(learnt * 100))
        assert [lesson.message for lesson in history.due(1 << 40)] == [learnt - 1] * bool(learnt)
        assert learnt >= batches - 25
    with sqlite3.connect(path) as whole:
        assert whole.execute("pragma integrity_check").fetchall() == [("ok",)]
    whole.close()


@pytest.mark.usefixtures("small_layers")
def test_what_was_last_seen_before_a_moment_is_forgotten(path: str):
    with open_history(path) as history:
        history.put("facts", {key: (0, key, 1, 1) for key in range(20)})
        history.put("facts", {3: (0, 100, 2, 1), 15: (0, 1, 2, 1)})
        history.put("marks", {1: (9, 9, 5, 500), 2: (9, 9, 50, 1)})
        assert history.forget(10) == 9 + 1 + 1  # facts 0-9 but 3, and 15; mark 1
        assert sorted(history.get("facts", range(20))) == [3, 10, 11, 12, 13, 14, 16, 17, 18, 19]
        assert history.get("facts", [3]) == {3: (0, 100, 2, 1)}
        assert history.get("marks", [1, 2]) == {2: (9, 9, 50, 1)}
        assert history.forget(10) == 0
    with open_history(path) as history:
        assert history.forget(1_000) == 11
        assert history.get("facts", range(20)) == {}


@pytest.mark.usefixtures("small_layers")
def test_a_bound_removes_the_oldest_first(path: str):
    with open_history(path) as history:
        for key in range(100):
            history.put("messages", {key: (0, 0, 1_000 - key, 0)})
            history.put("messages", {key: (1, 0, 1_000 - key, 0)})
        assert history.bound("messages", 100) == 0
        assert history.bound("messages", 32) == 70  # two more than must be
        assert sorted(history.get("messages", range(100))) == list(range(30))
        assert history.bound("messages", 32) == 0
        assert history.bound("threads", 0) == 0


def test_rows_of_one_moment_are_bounded_too(path: str):
    with open_history(path) as history:
        history.put("threads", dict.fromkeys(range(1_000), (0, 7, 0, 0)))
        assert history.bound("threads", 160) == 850
        assert len(history.get("threads", range(1_000))) == 150


def keyed(key: bytes, what: str) -> int:
    """As the conversation room names things."""
    digest = hashlib.blake2b(what.encode(), key=key, digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


KNOWN = (
    "paula.rossi@contoso.example",
    "Paula Rossi",
    "billing.fabrikam.example",
    "<4711.0815@mail.contoso.example>",
    "Re: Invoice for the spring meeting",
    "please find attached the minutes of the spring meeting",
)


def learn_of_known(path: str) -> tuple[bytes, set[int]]:
    with open_history(path) as history:
        keys = {keyed(history.key, each) for each in KNOWN}
        for table in COLUMNS:
            history.put(table, {key: (key, 1_700_000_000, 1_700_000_001, 1) for key in keys})
        history.wait([Lesson(key, 1, key.to_bytes(8, "big", signed=True)) for key in keys])
        return history.key, keys


def test_nobody_reads_a_name_in_the_file_or_finds_it_in_another(tmp_path: Path):
    one, other = (str(tmp_path / name) for name in ("one.history", "other.history"))
    (key, keys), (other_key, other_keys) = learn_of_known(one), learn_of_known(other)
    assert key != other_key
    assert not keys & other_keys
    content = Path(one).read_bytes()
    for known in KNOWN:
        for word in known.strip("<>").replace("@", " ").split():
            if len(word) > 3:
                assert word.encode() not in content, word
                assert word.encode("utf-16-le") not in content, word
    for each in other_keys:
        assert each.to_bytes(8, "big", signed=True) not in content
    assert all(each.to_bytes(8, "big", signed=True) in content for each in keys)


@settings(max_examples=150, deadline=None)
@given(steps=STEPS)
def test_it_answers_as_plain_dictionaries_would(tmp_path_factory, steps):
    path = str(tmp_path_factory.mktemp("model") / "mail.history")

    def reopen(history: History) -> History:
        history.close()
        return open_history(path)

    with pytest.MonkeyPatch.context() as patch:
        shrink(patch)
        alike(open_history(path), reopen, steps)
