"""The table of public web sites: what may stand in it. Expected: the rule at the table's head."""

from __future__ import annotations

import tomllib
from importlib import resources

import pytest

from tocsin.formats.syntax.domains import internal, registrable
from tocsin.knowledge.mail_tables import link_hosts, wrappers
from tocsin.knowledge.public_sites import public_sites

VENDOR_SHORTENERS = {"aka.ms", "youtu.be"}
"""Shorteners of the table of hosts that lead only to the sites of the maker who sets them."""

WITH_HOSTING_BELOW = {"microsoft.com", "zoom.us"}

DECODED = {"cisco.com"}
"""Rewrites links too, but with the target readable in them."""


def entries() -> list[str]:
    file = resources.files("tocsin.knowledge") / "data" / "mail" / "public-sites.toml"
    groups = tomllib.loads(file.read_text("utf-8"))
    return [site for group in groups.values() for site in group["sites"]]


def test_every_entry_is_a_registrable_domain_in_lower_case() -> None:
    assert [site for site in entries() if registrable(site) != site or internal(site)] == []


def test_no_entry_stands_twice() -> None:
    found = entries()
    assert len(found) == len(set(found))
    assert public_sites() == frozenset(found)


def test_no_entry_is_a_host_at_which_anybody_can_place_something() -> None:
    hosts = link_hosts()
    placed = {
        site
        for site in public_sites()
        if any(site == host or site.endswith(f".{host}") for host in hosts)
    }
    assert placed <= VENDOR_SHORTENERS


def test_hosting_below_an_entry_is_a_named_exception() -> None:
    above = {registrable(host) for host in link_hosts()} - set(link_hosts())
    assert above & public_sites() <= WITH_HOSTING_BELOW


def test_no_entry_hides_targets_behind_a_mail_filter() -> None:
    # Microsoft's own are below outlook.com; the one below microsoft.com carries the target.
    filters = {
        registrable(host)
        for host, forms in wrappers().items()
        if any(form.filter for form in forms)
    }
    assert filters & public_sites() <= DECODED | WITH_HOSTING_BELOW


@pytest.mark.parametrize(
    "site",
    [
        "wikipedia.org",
        "www.gov.uk",
        "youtube.com",
        "aka.ms",
        "doi.org",
        "dhl.com",
        "zoom.us",
        "lufthansa.com",
        "u-tokyo.ac.jp",
        "icbc.com.cn",
        "correios.com.br",
        "sncf.com",
        "rbi.org.in",
    ],
)
def test_sites_known_all_over_the_world_are_in(site: str) -> None:
    assert site in public_sites()


@pytest.mark.parametrize(
    "site",
    [
        "google.com",
        "github.com",
        "gitlab.com",
        "dropbox.com",
        "sharepoint.com",
        "medium.com",
        "wordpress.com",
        "bit.ly",
        "amazonaws.com",
        "windows.net",
        "live.com",
        "office.com",
        "salesforce.com",
        "paypal.com",
        "canva.com",
        "telegram.org",
        "teamviewer.com",
        "adobe.com",
    ],
)
def test_where_anybody_can_place_something_is_out(site: str) -> None:
    assert site not in public_sites()


def test_the_table_is_broad() -> None:
    assert len(public_sites()) >= 1500
    endings = {site.rpartition(".")[2] for site in public_sites()}
    assert {"de", "fr", "it", "es", "pl", "nl", "se", "uk", "jp", "cn", "kr", "in", "br"} <= endings
