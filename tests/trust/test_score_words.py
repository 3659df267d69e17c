"""A score's numbers, labels and reasons, of the invented organisation."""

from __future__ import annotations

import itertools

import msgspec
import pytest
from organisation import SERVERS, organisation

from tocsin.analyse.trust.room import trust
from tocsin.assess.trusting import trusts
from tocsin.model.trusts import ServerScore, Trusts


def judged(**changes) -> Trusts:
    found = organisation(**changes)
    return trusts(trust(found.situation(drawn=False)), found.servers)


@pytest.fixture(scope="module")
def whole() -> Trusts:
    return judged()


def score(found: Trusts, name: str) -> ServerScore:
    return next(each for each in found.scores if each.name.startswith(name))


def otherwise(name: str, **changes):
    return tuple(
        msgspec.structs.replace(each, **changes) if each.name.startswith(name) else each
        for each in SERVERS
    )


def test_the_hidden_ones_come_before_the_patched_public_one(whole: Trusts):
    names = [each.name.partition(".")[0] for each in whole.scores]
    assert set(names[:2]) == {"EX02", "EX03"}
    assert names[2:] == ["EX04", "EX01"]


def test_the_score_is_the_product_that_the_reference_gives(whole: Trusts):
    # V of an unknown build 0.8, R inside 1.0, D: neither reported, nor scanned, nor logged.
    found = score(whole, "EX04")
    assert (found.weakness, found.reach, found.detection) == (0.8, 1.0, 1.2)
    assert found.score == pytest.approx(100 * 0.8 * found.trust * 1.2, abs=0.1)


def test_it_is_never_above_a_hundred(whole: Trusts):
    assert max(each.score for each in whole.scores) <= 100


def test_each_tells_the_two_reasons_that_moved_it_most(whole: Trusts):
    assert next(str(each) for each in score(whole, "EX03").reasons) == (
        "It is open to a hole that is being exploited."
    )
    assert all(len(each.reasons) == 2 for each in whole.scores)
    # Being up to date moves it most, and downward.
    assert str(score(whole, "EX01").reasons[0]).startswith("It has the newest updates")


def test_labels_say_from_where_it_is_reached_and_who_does_not_see_it(whole: Trusts):
    assert "exposed" in score(whole, "EX01").labels
    assert "unseen-by-exo" in score(whole, "EX03").labels
    assert "unseen-by-exo" not in score(whole, "EX02").labels
    assert "inside-only" in score(whole, "EX04").labels


def test_a_way_is_told_to_each_target_and_its_edges_exist(whole: Trusts):
    paths = {each.id: each for each in whole.paths}
    edges = {each.id: each for each in whole.edges}
    for found in whole.scores:
        targets = [paths[each].target for each in found.paths]
        assert len(targets) == len(set(targets))
        for each in found.paths:
            steps = [edges[name] for name in paths[each].edges]
            assert steps[0].source == f"server:{found.server}"
            assert steps[-1].target == paths[each].target
            assert all(a.target == b.source for a, b in itertools.pairwise(steps))


def test_not_reported_counts_as_much_as_nobody_asked():
    no = score(judged(servers=otherwise("EX02", reported=False)), "EX02")
    nobody = score(judged(servers=otherwise("EX02", reported=None)), "EX02")
    yes = score(judged(servers=otherwise("EX02", reported=True)), "EX02")
    assert no.detection == nobody.detection > yes.detection


def test_a_choke_point_is_neither_the_server_nor_the_target_alone(whole: Trusts):
    assert whole.chokes
    for each in whole.chokes:
        assert 1 < each.cuts <= each.of
        assert each.targets


def test_the_answer_does_not_depend_on_the_order_of_servers():
    turned = organisation(servers=SERVERS[::-1])
    other = trusts(trust(turned.situation(drawn=False)), turned.servers)
    assert other.scores == judged().scores
    assert other.paths == judged().paths
