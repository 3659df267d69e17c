"""The public suffix list as it is read here: the same rules as the library reads of its own file."""

from __future__ import annotations

import pytest
from publicsuffixlist import PublicSuffixList

from tocsin.formats.syntax.domains import internal, registrable

WHOLE = PublicSuffixList(only_icann=True)


@pytest.mark.parametrize(
    "name",
    [
        "mail.contoso.co.uk",
        "a.b.contoso.com",
        "www.city.kawasaki.jp",  # an exception in the list
        "x.y.kawasaki.jp",
        "host.例.公司.cn",
        "host.xn--fsq.xn--55qx5d.cn",  # the same, encoded
        "user.github.io",  # a private rule, which does not count
        "server.corp.local",
        "æøå.no",
    ],
)
def test_the_registrable_domain_is_what_the_library_says(name: str) -> None:
    assert registrable(name) == (WHOLE.privatesuffix(name) or name)
    assert internal(name) == (WHOLE.publicsuffix(name, accept_unknown=False) is None)


def test_every_rule_of_the_registries_is_known() -> None:
    for rule in WHOLE._publicsuffix:
        name = "a.b." + rule.removeprefix("!").replace("*", "star")
        assert registrable(name) == (WHOLE.privatesuffix(name) or name), rule
