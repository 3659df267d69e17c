"""Pictures made to break what reads them: they cost themselves, and what was left out is said."""

from __future__ import annotations

import gc
import os
import signal
import time

import pytest
from code_making import HOST, bomb, grey, picture, samples

from tocsin.formats.syntax import picture_codes
from tocsin.formats.syntax.attachments import look
from tocsin.formats.syntax.picture_codes import Searching
from tocsin.model.message import Attachment


def seen(data: bytes, codes: Searching | None = None, name: str = "x.png") -> Attachment:
    return look(name, "", data, inline=False, passwords=(), codes=codes)


def other(number: int) -> bytes:
    """The picture of the code, told from all others by what stands behind its end."""
    return picture() + b"%d" % number


@pytest.fixture
def reader(monkeypatch) -> picture_codes._Reader:
    """One of its own, that knows nothing."""
    made = picture_codes._Reader()
    monkeypatch.setattr(picture_codes, "_READER", made)
    yield made
    if made.process is not None:
        made._ended(made.process)


@pytest.mark.parametrize(
    "data",
    [bomb(50_000, 50_000, body=False), bomb(6000, 5000), picture() + bytes(5 << 20)],
    ids=["claims-2500-megapixels", "is-30-megapixels", "is-5-MiB"],
)
def test_a_picture_beyond_the_limits_is_named_unread(data: bytes, reader):
    start = time.monotonic()
    assert seen(data).traits == ("code-unread",)
    assert time.monotonic() - start < 5
    assert not reader.lost


def test_twenty_megapixels_are_read(reader):
    assert seen(bomb(5000, 4000)).traits == ()
    assert not reader.lost


@pytest.mark.parametrize("keep", [20, 40, 60, 100, 150, 200, 300])
@pytest.mark.parametrize(
    "name", ["link.png", "link.jpg", "link.gif", "link.bmp", "link.webp", "second-frame.gif"]
)
def test_a_damaged_picture_costs_itself(name: str, keep: int, reader):
    data = picture(name)
    seen(data[:keep], name=name)
    seen(data[:keep] + bytes(60) + data[keep + 60 :], name=name)
    assert seen(other(keep)).leads == HOST
    assert not reader.lost


def test_a_pdf_that_claims_what_it_does_not_hold(reader):
    plain, width, height = samples()
    for claimed in ((width * 9, height), (width, 1 << 31), (100_000, 100_000)):
        seen(grey(plain, *claimed), name="x.pdf")
    assert seen(other(1)).leads == HOST
    assert not reader.lost


def test_a_mail_has_eight_pictures_and_known_ones_are_not_counted(reader):
    codes = Searching()
    for number in range(8):
        assert seen(other(number), codes).leads == HOST
    assert seen(other(0), codes).leads == HOST
    found = seen(other(9), codes)
    assert (found.traits, found.leads) == (("code-unread",), ())
    assert seen(other(9), Searching()).leads == HOST


def test_a_document_has_five(reader):
    plain, width, height = samples()
    blank = b"".join(
        grey(bytes([255 - number]) * 900, 30, 30).partition(b"endobj\n")[2] for number in range(5)
    )
    found = seen(grey(plain, width, height, before=blank), name="x.pdf")
    assert (found.traits, found.leads) == (("named-pdf", "code-unread"), ())


def test_a_small_picture_starts_no_reader(reader):
    assert seen(bomb(20, 400)).traits == ()
    assert reader.process is None


def test_a_reader_killed_between_two_pictures_costs_nothing(reader):
    assert seen(other(1)).leads == HOST
    reader.process.kill()
    reader.process.wait()
    assert seen(other(2)).leads == HOST


def test_a_reader_that_hangs_costs_the_picture_it_had(reader, monkeypatch):
    assert seen(other(1)).leads == HOST
    os.kill(reader.process.pid, signal.SIGSTOP)
    monkeypatch.setattr(picture_codes, "PICTURE_SECONDS", 0.3)
    assert seen(other(2)).traits == ("code-unread",)
    monkeypatch.undo()
    # The fixture's own reader went with the patches.
    monkeypatch.setattr(picture_codes, "_READER", reader)
    assert seen(other(3)).leads == HOST
    assert reader.lost == 1


def test_after_twenty_deaths_codes_are_no_longer_looked_for_and_that_is_said_once(reader):
    reader.lost = picture_codes.RESTARTS_LIMIT
    assert seen(other(1)).traits == ("code-unread",)
    assert reader.process is None
    told = picture_codes.given_up()
    assert told is not None
    assert "no longer looked for" in told.template
    assert picture_codes.given_up() is None


@pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows starts its processes anew")
def test_a_forked_process_has_a_reader_of_its_own():
    assert seen(other(70)).leads == HOST
    mine = picture_codes._READER.process
    child = os.fork()
    if not child:
        gone = picture_codes._READER.process is None
        right = seen(other(71)).leads == HOST
        gc.collect()
        os._exit(0 if gone and right else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert picture_codes._READER.process is mine
    assert seen(other(72)).leads == HOST
    assert mine.poll() is None
