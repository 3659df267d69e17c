"""What the links of the new text lead to, against where this organisation and this sender ever led.

Novelty is the organisation's and the sender's, not the world's; a front page is less than what stands
behind it; and what was put somewhere to be fetched once has seldom a place in a site's order.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from ipaddress import ip_address, ip_network

from tocsin.analyse.conversation.identity import Observed, Scene
from tocsin.analyse.conversation.names import label
from tocsin.analyse.conversation.sheet import LOCAL_LEAST, shared, way
from tocsin.analyse.conversation.traits import rarity
from tocsin.formats.syntax.domains import registrable
from tocsin.knowledge.mail_tables import link_hosts, link_places, link_signs
from tocsin.knowledge.public_sites import public_sites
from tocsin.model.message import Link

_LINK_TRAITS = (
    "archive", "executable", "script", "office", "credential", "address-host", "shortener",
    "random", "punycode", "smb", "redirect", "hosting", "free-host", "userinfo", "port",
    "recipient", "recipient-hidden", "latin-words", "deep-subdomain", "program", "machinery", "lure-host", "cheap-top",
    "borrowed-name",
)  # fmt: skip
"""Traits of a link's form that count when its domain is new to the organisation or the sender."""

_FETCHED = frozenset({"archive", "executable", "script", "program", "machinery"})
"""Traits of links to what is unpacked or run, or lies among a site's own code."""

PARTS_READ = 12
"""Parts of a link's path that are looked at."""

_DAY = re.compile(r"(?<![^/])(?:19|20)\d\d/(?:0?[1-9]|1[0-2])(?![^/])")
"""Year and month as parts of a path."""

BELOW = 0.4
"""How strange a link below a signature's line is: nobody asks to open it."""

_CUT = re.compile(r"^(?:--|[-_=*~]{10,80})[ \t]*$", re.MULTILINE)

FRONT_PAGE = 0.5
"""How strange a site's bare front page is, against something on it."""

CORNER = 0.25
"""How strange a link to its sender's own corner of a service is, or to code that is only shown."""

CORNER_LEAST = 3
"""Letters of a domain's name after which a corner of a service may be called."""

_INNER = tuple(
    map(
        ip_network,
        (
            "10.0.0.0/8",
            "172.16.0.0/12",
            "192.168.0.0/16",
            "127.0.0.0/8",
            "169.254.0.0/16",
            "fc00::/7",
            "fe80::/10",
        ),
    )
)
"""Networks that are nobody's on the internet (RFC 1918, 1122, 3927, 4193, 4291); not those kept for
documentation."""

_REVIEW = re.compile(r"/\+/\d+")
"""A change under review (Gerrit)."""

OWN_SHORTENERS = frozenset(
    {"aka.ms", "amzn.to", "g.co", "images.app.goo.gl", "maps.app.goo.gl", "youtu.be"}
)
"""Shorteners that lead to their owner's own pages only."""


def links(scene: Scene, found: Observed) -> None:
    """Add what stands out about the links."""
    strange = _strange(scene, found)
    if not strange:
        return
    page, experience = scene.page, scene.experience
    if "pasted-thread" in found:
        # What was pasted leads to what the thread is about; the rest was written anew.
        strange = [each for each in strange if not each[0].related] or strange
    size = experience * max(size for _, size, _ in strange)
    unrelated = [link for link, _, _ in strange if not link.related]
    if unrelated:
        found["link-unrelated"] = size * len(unrelated) / len(strange)
        if not any(placed(link) for link in unrelated):
            found["link-nowhere"] = size * len(unrelated) / len(strange)
    fresh = [size for _, size, new in strange if new]
    if fresh and len(fresh) == len(page.links):
        found["links-all-new"] = experience * max(fresh)
        if len(fresh) == 1:
            found["link-one-new"] = experience * fresh[0]
    if seldom := rarity(scene.facts.get(page.address)):
        found["seldom-links"] = seldom * size


def _strange(scene: Scene, found: Observed) -> list[tuple[Link, float, bool]]:
    """The links that lead where nobody here, or their sender never, has led: how strange each is, and
    whether its site is new to all."""
    # A stranger's signature leads to his own company; only one who is made to look like somebody we
    # know is not believed even that.
    author = "" if "look-alike" in found else registrable(scene.message.author.domain)
    page = scene.page
    strange = []
    for (link, everybody, mine), known in zip(page.links, page.pages, strict=True):
        if (link.domain in scene.own or link.domain == author) and not (shared(link) and way(link)):
            continue
        if known and known in scene.facts:
            continue
        if size := _link(link, found, scene, everybody, mine):
            new = everybody not in scene.facts and not everybodys(link)
            strange.append((link, size, new))
    return strange


def _link(link: Link, found: Observed, scene: Scene, everybody: int, mine: int) -> float:
    """One link of the new text; how strange it is: 0 where people here, or its sender, have led."""
    facts = scene.facts
    if _listed(link, link_signs().device):
        found["link-device-login"] = 1.0
        return 1.0
    many = shared(link)
    fresh = everybody not in facts
    if link.host.removeprefix("www.") in OWN_SHORTENERS or meeting(link, found) or _inner(link):
        return 0.0
    if fresh and link.domain in public_sites() and not many:
        return 0.0
    size = _size(link, scene, found)
    if many:
        _hosted(link, size, found, scene.experience if mine not in facts else 0.0)
    if fresh and not everybodys(link):
        found["link-new"] = max(scene.experience * size, found.get("link-new", 0.0))
        if link.wrapper:
            found["link-wrapped"] = 1.0
    elif mine not in facts:
        found["link-new-to-sender"] = 1.0
    if not (fresh or (mine not in facts and (many or planted(link)))):
        return 0.0
    _form(link, found)
    if link.shown and fresh and not many and _known(link.shown, scene):
        found["link-shows-known"] = 1.0
    return size


def _size(link: Link, scene: Scene, found: Observed) -> float:
    """How strange a link is by where it leads and where it stands."""
    size = 1.0 if deep(link, scene.message.author.address) else FRONT_PAGE
    if below(link, scene.message.text.new):
        size *= BELOW
    if corner(link, scene, found) or shows_code(link):
        size *= CORNER
    return size


def _hosted(link: Link, size: float, found: Observed, new: float) -> None:
    """A link to a site that many share. new: how far it says anything that its sender led there never."""
    found["hosting"] = max(size, found.get("hosting", 0.0))
    if new:
        found["hosting-new-to-sender"] = max(new * size, found.get("hosting-new-to-sender", 0.0))
        if way(link):
            found["hosting-to-fetch"] = max(new * size, found.get("hosting-to-fetch", 0.0))


def deep(link: Link, author: str) -> bool:
    """Whether it leads to something on a site, and not just to its front page, as a signature's does.

    Where anybody can have a site the front page is something, but for one named like its sender; so it
    is where a public site is made to send on to it, and at a domain that asks for trust by its name.
    """
    if _path(link) or "redirect" in link.traits or "lure-host" in link.traits:
        return True
    if link.scheme not in ("http", "https") or "address-host" in link.traits:
        return True
    local = author.partition("@")[0]
    return shared(link) and not (len(local) >= LOCAL_LEAST and link.host.startswith(local + "."))


def planted(link: Link) -> bool:
    """Whether it fetches something to be unpacked or run, which has no place on its site and nothing to do
    with what the mail speaks of: what intruders put on a site that people here know."""
    return not (link.related or _FETCHED.isdisjoint(link.traits) or placed(link))


def meeting(link: Link, found: Observed) -> bool:
    """Whether it is an invitation to talk, or shows a time, a ticket or a message: nothing can be put there
    to be opened. What is on a board of tasks is written by those who are let in; a stranger has his own."""
    signs = link_signs()
    if _listed(link, signs.meetings):
        return True
    return not {"address-new", "domain-new"} <= found.keys() and _listed(link, signs.boards)


def _listed(link: Link, places: Mapping[str, tuple[str, ...]]) -> bool:
    """Whether it leads to one of these places: beginnings of paths by host."""
    host, path = link.host.removeprefix("www."), "/" + _path(link)
    for name, beginnings in places.items():
        if host == name or host.endswith("." + name):
            return path != "/" and path.lower().startswith(beginnings)
    return False


def _inner(link: Link) -> bool:
    """Whether it leads to an address of a private network, where no stranger has put anything."""
    if "address-host" not in link.traits or link.scheme not in ("http", "https"):
        return False
    with suppress(ValueError):
        address = ip_address(link.host)
        return any(address in network for network in _INNER)
    return False


def shows_code(link: Link) -> bool:
    """Whether it shows code, or text, where code is kept, and fetches nothing."""
    code = link_signs().code
    host = link.host.removeprefix("www.")
    if host not in code.hosts or way(link):
        return False
    parts = _path(link).partition("?")[0].lower().split("/")
    return (host in code.text and "raw" not in parts) or not code.shown.isdisjoint(parts)


def corner(link: Link, scene: Scene, found: Observed) -> bool:
    """Whether it leads to the corner of a service that is named like its sender's own domain, or ours."""
    if "hosting" not in link.traits or "look-alike" in found:
        return False
    first = link.host.partition(".")[0].removesuffix("-my")
    names = {label(each) for each in scene.own}
    if "address-new" not in found:
        names.add(label(registrable(scene.message.author.domain)))
    return len(first) >= CORNER_LEAST and link.host != link.domain and first in names


def _known(shown: str, scene: Scene) -> bool:
    """Whether the reader trusts a domain at sight: ours, one of who takes part, or one that people here
    have led to."""
    message = scene.message
    names = {each.domain for each in (message.author, *message.to, *message.cc)}
    ours = set(scene.own) | {registrable(each) for each in names if each}
    return shown in ours or dict(scene.page.shown).get(shown) in scene.facts


def _path(link: Link) -> str:
    return link.url.partition("://")[2].partition("/")[2]


def below(link: Link, text: str) -> bool:
    """Whether it stands only below the line that cuts off a signature, or what a list adds."""
    line = _CUT.search(text)
    at = text.lower().find(link.host)
    return line is not None and at > line.start()


def everybodys(link: Link) -> bool:
    """Whether its host is a service that all the world uses: that it is new here says nothing then."""
    return shared(link) and link.host.removeprefix("www.") in link_hosts()


def placed(link: Link) -> bool:
    """Whether it has a place among what ordinary sites hold, or was written on some day."""
    if shared(link) or "machinery" in link.traits:
        return False
    places = link_places()
    if link.host.partition(".")[0] in places.hosts.words:
        return True
    path = _path(link)
    if _REVIEW.search(path):
        return True
    parts = path.partition("?")[0].partition("#")[0].lower().split("/")[:PARTS_READ]
    return not places.paths.words.isdisjoint(parts) or _DAY.search(path) is not None


def _form(link: Link, found: Observed) -> None:
    for trait in link.traits:
        if trait in _LINK_TRAITS:
            found[f"link-{trait}"] = 1.0
    if link.shown:
        found["link-shows-another"] = 1.0
    if link.scheme in ("file", "smb"):
        found["link-smb"] = 1.0
