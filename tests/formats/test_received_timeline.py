"""The patch timeline of every server of the real count of Received ids."""

import csv
import io

from tocsin.analyse.inventory.ledger import ledger_of
from tocsin.analyse.inventory.room import inventory
from tocsin.formats import Reading, recognise
from tocsin.formats.received_timeline import read
from tocsin.knowledge import load
from tocsin.model.evidence import Evidence
from tocsin.model.finding import Gap
from tocsin.model.locator import Locator


def read_all(data: bytes):
    return list(read(io.BytesIO(data), Locator(source="t.csv"), Reading()))


def test_every_server_of_the_real_count_has_its_patch_timeline(shared):
    path = shared / "samples" / "exchange" / "received-timeline.csv"
    data = path.read_bytes()
    assert recognise(data[:8192]).name == "received-timeline"
    rows = list(csv.DictReader(io.StringIO(data.decode())))
    evidence = [each for each in read_all(data) if isinstance(each, Evidence)]
    found = inventory(ledger_of(evidence), load())
    histories = {
        (s.name, each.version.precision, each.version.text): (each.first, each.last, resolution)
        for s in found.servers
        for each, resolution in s.history
    }
    assert len({s.name for s in found.servers}) == len({row["server"] for row in rows})
    ids = {
        (r["channel"], r["observed_id"]): (r["lowest_build"], r["highest_build"])
        for r in csv.DictReader(
            io.StringIO((shared / "data" / "exchange-received-ids.csv").read_text())
        )
    }
    for row in rows:
        first, last, resolution = histories[(row["server"], row["channel"], row["observed_id"])]
        assert (first.date().isoformat(), last.date().isoformat()) == (
            row["first_seen"],
            row["last_seen"],
        )
        builds = (str(resolution.builds.low), str(resolution.builds.high))
        assert builds == ids[(row["channel"], row["observed_id"])]


def test_a_row_that_does_not_fit_is_told_and_costs_only_itself():
    found = read_all(
        b"org,server,channel,observed_id,count,first_seen,last_seen\n"
        b"o,ex01,smtp,not-a-build,1,2025-01-01,2025-01-02\n"
        b"o,ex01,smtp,15.1.2507.61,1,2025-11-01,2025-12-02\n"
    )
    assert [each.at.position for each in found if isinstance(each, Gap)] == ["line 2"]
    assert sum(isinstance(each, Evidence) for each in found) == 3
