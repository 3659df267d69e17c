"""What the links of the new text lead to, against where this organisation and this sender ever led.

Novelty is the organisation's and the sender's, not the world's; a front page is less than what stands
behind it; and what was put somewhere to be fetched once has seldom a place in a site's order.
"""

from __future__ import annotations

import re

from tocsin.analyse.conversation.identity import Observed, Scene
from tocsin.analyse.conversation.sheet import LOCAL_LEAST, shared, way
from tocsin.analyse.conversation.traits import rarity
from tocsin.formats.syntax.domains import registrable
from tocsin.knowledge.mail_tables import link_hosts, link_places
from tocsin.knowledge.public_sites import public_sites
from tocsin.model.message import Link

_LINK_TRAITS = (
    "archive", "executable", "script", "office", "credential", "address-host", "shortener",
    "random", "punycode", "smb", "redirect", "hosting", "free-host", "userinfo", "port",
    "recipient", "latin-words", "deep-subdomain",
)  # fmt: skip
"""Traits of a link's form that count when its domain is new to the organisation or the sender."""

PARTS_READ = 12
"""Parts of a link's path that are looked at."""

_DAY = re.compile(r"(?<![^/])(?:19|20)\d\d/(?:0?[1-9]|1[0-2])(?![^/])")
"""Year and month as parts of a path."""

BELOW = 0.4
"""How strange a link below a signature's line is: nobody asks to open it."""

_CUT = re.compile(r"^(?:--|[-_=*~]{10,80})[ \t]*$", re.MULTILINE)

FRONT_PAGE = 0.5
"""How strange a site's bare front page is, against something on it."""

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
    many = shared(link)
    fresh = everybody not in facts
    if link.host.removeprefix("www.") in OWN_SHORTENERS:
        return 0.0
    if fresh and link.domain in public_sites() and not many:
        return 0.0
    size = 1.0 if deep(link, scene.message.author.address) else FRONT_PAGE
    if below(link, scene.message.text.new):
        size *= BELOW
    if many:
        _hosted(link, size, found, scene.experience if mine not in facts else 0.0)
    if fresh and not everybodys(link):
        found["link-new"] = max(scene.experience * size, found.get("link-new", 0.0))
        if link.wrapper:
            found["link-wrapped"] = 1.0
    elif mine not in facts:
        found["link-new-to-sender"] = 1.0
    if not (fresh or (many and mine not in facts)):
        return 0.0
    _form(link, found)
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

    Where anybody can have a site the front page is something, but for one named like its sender.
    """
    if link.url.partition("://")[2].partition("/")[2]:
        return True
    if link.scheme not in ("http", "https") or "address-host" in link.traits:
        return True
    local = author.partition("@")[0]
    return shared(link) and not (len(local) >= LOCAL_LEAST and link.host.startswith(local + "."))


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
    if shared(link):
        return False
    places = link_places()
    if link.host.partition(".")[0] in places.hosts.words:
        return True
    path = link.url.partition("://")[2].partition("/")[2]
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
