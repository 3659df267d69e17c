"""A range is judged as its builds are: one by one, and certain only where all agree."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.analyse.inventory.resolve import resolve
from tocsin.analyse.inventory.verdict import judge
from tocsin.knowledge import load
from tocsin.model.build import BuildRange, parse_version

KNOWLEDGE = load()
_ALONE = {}


def _alone(build):
    if build not in _ALONE:
        _ALONE[build] = {j.cve: j.status for j in judge(KNOWLEDGE, BuildRange(build, build))}
    return _ALONE[build]


@settings(max_examples=8, deadline=None)
@given(st.lists(st.sampled_from(KNOWLEDGE.builds), min_size=2, max_size=2))
def test_a_range_across_cus_and_products_is_certain_only_where_every_build_agrees(ends):
    low, high = min(ends), max(ends)
    inside = [build for build in KNOWLEDGE.builds if low <= build <= high]
    for found in judge(KNOWLEDGE, BuildRange(low, high)):
        statuses = {_alone(build)[found.cve] for build in inside}
        assert found.status == (statuses.pop() if len(statuses) == 1 else "under_investigation")
        if found.status == "under_investigation":
            assert found.because
            assert found.settle


def test_a_patch_that_needs_a_setting_is_never_called_fixed():
    checked = {each.cve for each in KNOWLEDGE.advisories if each.config_check}
    assert checked
    for build in KNOWLEDGE.builds[::7]:
        assert not [cve for cve in checked if _alone(build)[cve] == "fixed"]


@pytest.mark.parametrize(
    "text",
    [
        "15.2.986.5",
        "15.02.0986.005",
        "15,2,986,5",
        "15, 2, 986, 5",
        "Exchange 15.2.986.5",
        "v15.2.986.5",
        "Version 15.2.986.5",
        "Microsoft Exchange Server 15.2.986.5",
    ],
)
def test_a_file_version_in_any_spelling_is_the_build(text):
    found = resolve(KNOWLEDGE, parse_version(text))
    assert str(found.builds) == "15.2.986.5"


@pytest.mark.parametrize(
    "text",
    [
        "Version 15.1 (Build 2507.6)",
        "15.1 (Build 2507.6)",
        "version 15.1 (build 32507.6)",
        "15.1.2507",
        "15.1.32507.6",
    ],
)
def test_what_names_the_cu_only_is_the_cu_with_any_of_its_updates(text):
    found = resolve(KNOWLEDGE, parse_version(text))
    assert str(found.builds.low) == "15.1.2507.6"
    assert found.cu_only


@pytest.mark.parametrize("text", ["Build 986.5", "15.2", "15,2", "1.2.3.4.5", "2016 CU23", "v"])
def test_what_is_no_whole_version_is_refused(text):
    with pytest.raises(ValueError, match="version"):
        parse_version(text)
