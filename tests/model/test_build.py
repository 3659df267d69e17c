"""Builds and versions, in every spelling of the reference (inventory.md, headers.txt)."""

import pytest

from tocsin.model.build import Build, BuildRange, parse_version


@pytest.mark.parametrize(
    ("text", "expected", "precision"),
    [
        ("15.1.2507.6", (15, 1, 2507, 6), "update"),
        ("15.02.0986.005", (15, 2, 986, 5), "update"),
        ("Version 15.2 (Build 986.5)", (15, 2, 986, 5), "cu"),
        ("Version 15.1 (Build 32507.6)", (15, 1, 2507, 6), "cu"),
        ("Version 15.1 (Build 32507.006)", (15, 1, 2507, 6), "cu"),
        ("Version 15.2 (Build 31118.007)", (15, 2, 1118, 7), "cu"),
        ("Version 14.3 (Build 30123.4)", (14, 3, 123, 4), "cu"),
        ("73C18779", (15, 1, 1913, None), "cu"),
        ("73C1840A", (15, 1, 1034, None), "cu"),
        ("73C18880", (15, 1, 2176, None), "cu"),
        ("720280B0", (8, 2, 176, None), "cu"),
        ("15.1.2507", (15, 1, 2507, None), "update"),
    ],
)
def test_every_spelling_of_a_version_is_read(text, expected, precision):
    found = parse_version(text)
    assert (found.major, found.minor, found.build, found.revision) == expected
    assert found.precision == precision


@pytest.mark.parametrize("text", ["", "15", "15.1", "Exchange", "15.1.2507.6.1", "1.2.99999999.1"])
def test_what_is_no_version_is_refused(text):
    with pytest.raises(ValueError):
        parse_version(text)


def test_builds_order_as_integers_not_as_text():
    # HealthChecker issue 302: 1913.10 was read as 1913.1.
    assert Build.parse("15.1.1913.10") > Build.parse("15.1.1913.7")
    assert Build.parse("15.2.986.5") > Build.parse("15.1.2507.6")


def test_exchange_online_is_told_from_2019_by_integers():
    assert parse_version("15.20.8655.15").exchange_online
    assert parse_version("15.21.25.23").exchange_online
    assert not parse_version("15.2.986.5").exchange_online


def test_a_range_cannot_end_before_it_begins():
    with pytest.raises(ValueError):
        BuildRange(Build.parse("15.2.986.5"), Build.parse("15.1.2507.6"))
