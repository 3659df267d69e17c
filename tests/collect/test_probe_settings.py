"""What a user may ask for, and what is refused before anything is sent."""

import pytest

from tocsin.collect.probe import ProbeSettings, fault, plan, probe
from tocsin.collect.probe.scope import scope_of
from tocsin.collect.probe.settings import as_address, targets
from tocsin.model.finding import Gap


def hosts(*wanted, **settings):
    return [
        (each.host, tuple(map(str, each.ports)))
        for each in targets(ProbeSettings(targets=wanted, **settings))
    ]


DEFAULT = ("https:443", "http:80", "smtp:25", "smtp:587")


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("Mail.Contoso.Example.", ("mail.contoso.example", DEFAULT)),
        ("10.1.2.3", ("10.1.2.3", DEFAULT)),
        ("mail.contoso.example:8443", ("mail.contoso.example", ("https:8443",))),
        ("10.1.2.3:2525", ("10.1.2.3", ("smtp:2525",))),
        ("smtp://ex01:26", ("ex01", ("smtp:26",))),
        ("https://ex01/", ("ex01", ("https:443",))),
        ("2001:db8::1", ("2001:db8::1", DEFAULT)),
        ("[2001:DB8::1]:444", ("2001:db8::1", ("https:444",))),
        ("::ffff:10.1.2.3", ("10.1.2.3", DEFAULT)),
    ],
)
def test_targets_as_people_write_them(wanted, found):
    assert hosts(wanted) == [found]


def test_a_network_is_every_address_once():
    found = hosts("10.0.0.0/30", "10.0.0.2", "10.0.0.2/31", "10.0.0.2:8443", "ex01", "EX01")
    assert [host for host, _ in found] == [
        "10.0.0.0", "10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.2", "ex01",
    ]  # fmt: skip


def test_the_largest_network_is_given_out_one_by_one():
    first = next(iter(plan(ProbeSettings(targets=("10.0.0.0/12",)))))
    assert first.where == "https://10.0.0.0:443"


@pytest.mark.parametrize(
    "settings",
    [
        {"targets": ()},
        {"targets": ("10.0.0.0/8",)},
        {"targets": ("10.0.0.0/12", "10.16.0.1")},
        {"targets": ("2001:db8::/64",)},
        {"targets": ("10.0.0.256",)},
        {"targets": ("10.0.0.0/33",)},
        {"targets": ("ex01:0",)},
        {"targets": ("ex01:70000",)},
        {"targets": ("ex 01",)},
        {"targets": ("ex01/owa",)},
        {"targets": ("ftp://ex01",)},
        {"targets": ("ex01\r\nX: y",)},
        {"targets": ("-" * 300,)},
        {"targets": ("ex01",), "ports": ("imap:143",)},
        {"targets": ("ex01",), "ports": ()},
        {"targets": ("ex01",), "rate": -1},
        {"targets": ("ex01",), "concurrency": 0},
        {"targets": ("ex01",), "answer_timeout": 0},
        {"targets": ("ex01",), "allow": ("10.0.0.0/40",)},
    ],
    ids=str,
)
def test_what_cannot_be_probed_is_said_and_nothing_is_sent(settings):
    wanted = ProbeSettings(**settings)
    said = fault(wanted)
    assert said is not None
    [gap] = probe(wanted)
    assert isinstance(gap, Gap)
    assert gap.why == said


def test_the_allow_list_is_the_targets_by_default():
    scope = scope_of(ProbeSettings(targets=("10.1.0.0/16", "ex01", "10.9.9.9:8443")))
    assert scope.permits(as_address("10.1.2.3"))
    assert scope.permits(as_address("::ffff:10.1.2.3"))
    assert scope.permits(as_address("10.9.9.9"))
    assert not scope.permits(as_address("10.2.0.1"))
    assert not scope.permits(as_address("10.2.0.1"), "ex02")
    assert scope.permits(as_address("10.2.0.1"), "ex01")
    assert not scope.permits(as_address("0.0.0.0"), "ex01")
    assert not scope.permits(as_address("224.0.0.1"), "ex01")
    assert not scope.permits(as_address("2001:db8::1"))
