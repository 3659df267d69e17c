"""What must hold of every score, whatever the organisation: on some thousand invented ones, through
everything that lies between what was read and the score. `make bench-trust` does it for 100,000."""

from __future__ import annotations

import random
import zlib

import pytest

from benchmarks.trust.invent import LATER, PAST, Model, model, segmentation
from benchmarks.trust.models import faults, scores
from tocsin.analyse.trust.drawing import draw

COUNT = 2_000
PARTS = 10


@pytest.mark.parametrize("part", range(PARTS))
def test_unseen_more_trust_unknown_and_expired_never_lower(part: int):
    # Other organisations each day would find more, and break builds that have nothing to do with it.
    first = zlib.crc32(b"tocsin") % 1_000_000
    mine = range(first + part * COUNT // PARTS, first + (part + 1) * COUNT // PARTS)
    assert [each for seed in mine for each in faults(seed)] == []


def some(seed: int) -> Model:
    return model(random.Random(seed))


def test_the_invented_organisations_have_ways_of_every_kind():
    kinds, rated = set(), []
    for seed in range(150):
        base = some(seed)
        kinds |= {each.kind for each in draw(base.situation()).edges.values()}
        rated += scores(base).values()
    assert {
        "HX_HoldsKey", "HX_Authenticates", "HX_GrantsMailTrust", "HX_SignsFor", "HX_AppRole",
        "HX_MemberOf", "HX_AdminOfPeer", "HX_WriteDacl", "HX_SyncsTo", "HX_ReadsMailboxes",
        "HX_SubmitsTo", "HX_MatchesIP",
    } <= kinds  # fmt: skip
    assert len({round(each) for each in rated}) > 30


def test_segmentation_that_holds_lowers_and_is_void_where_the_internet_sees_the_server():
    base = some(4).with_server(0, internet=None)
    name = base.servers[0].id
    apart = base.plus(segmentation(base.servers[0], LATER))
    assert scores(apart)[name] == pytest.approx(0.3 * scores(base)[name])
    seen = apart.with_server(0, internet=True)
    assert scores(seen)[name] == pytest.approx(scores(base)[name])
    assert scores(base.plus(segmentation(base.servers[0], PAST))) == scores(base)


def test_hidden_or_not_is_no_part_of_it():
    for seed in range(60):
        base = some(seed)
        for hidden in (True, False, "unknown"):
            assert scores(base.with_server(0, hidden=hidden)) == scores(base)
