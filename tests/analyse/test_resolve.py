"""The sentence says what kind of doubt there is: between two published builds, or past them all."""

import pytest

from tocsin.analyse.inventory.resolve import resolve
from tocsin.knowledge import load
from tocsin.model.build import Build, BuildRange, parse_version

COUNTED_BY_CU = [branch for branch in load().branches if branch.base.major >= 15]
"""2007 and 2010 count all rollups of a service pack together."""


@pytest.mark.parametrize("branch", COUNTED_BY_CU, ids=lambda branch: branch.label)
def test_a_build_past_the_last_update_of_its_cu_is_called_newer(branch):
    last = branch.span.high
    printed = Build(last.major, last.minor, last.build, last.revision + 40)
    found = resolve(load(), parse_version(str(printed), "update"))
    assert found is not None
    assert found.builds == BuildRange(last, printed)
    words = str(found.because)
    assert words == f"{printed} is newer than {last}, the last update of {branch.label} known here"


def test_a_build_between_two_updates_names_both():
    found = resolve(load(), parse_version("15.1.2507.62", "update"))
    assert found is not None
    assert "lies between 15.1.2507.61 and 15.1.2507.63" in str(found.because)
