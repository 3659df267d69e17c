"""What the intruder wants opened: link families (documented and invented) in two sets.

Hosts are invented; nothing is fetched. Attachments are in `attachments.py`.
"""

from __future__ import annotations

import random
import string
from collections.abc import Callable, Sequence

import msgspec

from benchmarks.conversation.lures import Set

_LATIN = (
    "voluptas quia nihil dolorem similique ipsam placeat sit amet eos rerum nemo autem culpa totam "
    "magnam ratione sequi tempora quas facilis omnis libero natus error harum fugit porro vitae"
)
LATIN = _LATIN.split()
_SITE_A = "atlas forno bella casa tecno mundo stein markt print auto agri media foto verde luna"
_SITE_B = (
    "kauppa sklep havel onda zdrav norte kirja polder yapi brisa orman lille sudo terra quinta"
)
SITE_WORDS: dict[Set, Sequence[str]] = {"A": _SITE_A.split(), "B": _SITE_B.split()}
_TAILS = "group center shop studio hotel garden works clinic travel tours events design"
SITE_TAILS = _TAILS.split()
TLDS: dict[Set, Sequence[str]] = {
    "A": ("com", "net", "it", "com.br", "de", "in", "org", "fr"),
    "B": ("com", "com.tr", "co.za", "pt", "cz", "fi", "com.ar", "info", "online", "id"),
}


class Draw(msgspec.Struct, frozen=True, kw_only=True):
    """What a family may use: chance, the set, and the reader's address (credential pages carry it)."""

    rng: random.Random
    which: Set
    victim: str = ""


Family = Callable[[Draw], str]


class Url(msgspec.Struct, frozen=True, kw_only=True):
    """One link of a family."""

    family: str
    url: str


def host(rng: random.Random, which: Set) -> str:
    """A small site that was broken into, or a domain bought for the purpose."""
    word = rng.choice(SITE_WORDS[which])
    form = rng.randrange(5)
    if form == 0:
        name = f"{word}{rng.choice(SITE_WORDS[which])}{rng.randrange(10, 999)}"
    elif form == 1:
        name = f"{word}-{rng.choice(SITE_TAILS)}"
    elif form == 2:
        name = word + letters(rng, rng.randrange(3, 7))
    elif form == 3:
        name = letters(rng, rng.randrange(8, 14))
    else:
        name = f"{letters(rng, 3)}{word}{rng.choice(SITE_TAILS)}"
    return f"{name}.{rng.choice(TLDS[which])}"


def address(rng: random.Random) -> str:
    """A public IPv4 address outside the documentation and private ranges."""
    first = rng.choice([n for n in range(23, 220) if n not in {100, 127, 169, 172, 192, 198, 203}])
    return ".".join(str(n) for n in (first, *(rng.randrange(1, 255) for _ in range(3))))


def letters(rng: random.Random, count: int) -> str:
    return "".join(rng.choices(string.ascii_lowercase, k=count))


def mixed(rng: random.Random, count: int) -> str:
    return "".join(rng.choices(string.ascii_letters + string.digits, k=count))


def digits(rng: random.Random, count: int) -> str:
    return "".join(rng.choices(string.digits, k=count))


def url(
    rng: random.Random, which: Set, *, kind: str, victim: str = "", known: Sequence[str] = ()
) -> Url:
    """A link; kind: `download`, `latin` (Squirrelwaffle), `credential` or `hosting`.

    victim: the reader's address, which credential pages carry. known: hosts that the organisation
    links to anyway; one family of set B hides on one of them.
    """
    families = URLS[which][kind]
    if which == "B" and kind == "download" and known and rng.random() < 0.05:
        return Url(
            family="known-host", url=f"https://{rng.choice(known)}/{_slug(rng)}/{mixed(rng, 8)}.zip"
        )
    name = rng.choice(list(families))
    return Url(family=name, url=families[name](Draw(rng=rng, which=which, victim=victim)))


def _slug(rng: random.Random) -> str:
    return f"{rng.choice(LATIN)}-{rng.choice(LATIN)}"


def _charts(draw: Draw) -> str:
    return f"https://{host(draw.rng, draw.which)}/{draw.rng.choice(LATIN)}{draw.rng.choice(LATIN)}/charts-{digits(draw.rng, 9)}.zip"


def _latin(draw: Draw) -> str:
    return f"https://{host(draw.rng, draw.which)}/{_slug(draw.rng)}/{draw.rng.choice(LATIN)}.zip"


def _latin_bare(draw: Draw) -> str:
    return f"http://{host(draw.rng, draw.which)}/{_slug(draw.rng)}/{draw.rng.choice(LATIN)}{draw.rng.choice(LATIN)}-{digits(draw.rng, 6)}"


def _short_number(draw: Draw) -> str:
    return f"https://{host(draw.rng, draw.which)}/{letters(draw.rng, draw.rng.randrange(2, 5))}/?{digits(draw.rng, 6)}"


def _php(draw: Draw) -> str:
    return f"http://{host(draw.rng, draw.which)}/{letters(draw.rng, 3)}.php?{letters(draw.rng, 1).upper()}=1"


def _wordpress(draw: Draw) -> str:
    folder = draw.rng.choice(("plugins", "themes", "uploads/2021/11", "includes"))
    return f"https://{host(draw.rng, draw.which)}/wp-content/{folder}/{letters(draw.rng, 5)}/{mixed(draw.rng, 9)}/"


def _address_host(draw: Draw) -> str:
    return f"http://{address(draw.rng)}/{mixed(draw.rng, 7)}.dat"


def _short(draw: Draw) -> str:
    service = draw.rng.choice(
        ("bit.ly", "cutt.ly") if draw.which == "A" else ("tinyurl.com", "t.ly", "is.gd")
    )
    return f"https://{service}/{mixed(draw.rng, 7)}"


def _onedrive(draw: Draw) -> str:
    if draw.rng.random() < 0.5:
        return f"https://1drv.ms/u/s!{mixed(draw.rng, 24)}?e={mixed(draw.rng, 6)}"
    key = f"{mixed(draw.rng, 16).upper()}%21{digits(draw.rng, 3)}&authkey={mixed(draw.rng, 15)}"
    return f"https://onedrive.live.com/download?cid={mixed(draw.rng, 16).upper()}&resid={key}"


def _drive(draw: Draw) -> str:
    return f"https://drive.google.com/uc?export=download&id={mixed(draw.rng, 33)}"


def _pikabot(draw: Draw) -> str:
    now = draw.rng.randrange(1_680_000_000, 1_710_000_000)
    key = draw.rng.choice((mixed(draw.rng, 10), "redir", mixed(draw.rng, 8)))
    return f"https://{host(draw.rng, draw.which)}/{letters(draw.rng, draw.rng.randrange(3, 5))}{draw.rng.choice(('/', '//'))}?{key}={now}"


def _plain_folder(draw: Draw) -> str:
    return f"https://{host(draw.rng, draw.which)}/{letters(draw.rng, draw.rng.randrange(5, 9))}/{letters(draw.rng, draw.rng.randrange(5, 11))}"


def _sharepoint(draw: Draw) -> str:
    tenant = host(draw.rng, draw.which).partition(".")[0].replace("-", "")
    person = f"{letters(draw.rng, 5)}_{tenant}_onmicrosoft_com"
    return f"https://{tenant}-my.sharepoint.com/:{draw.rng.choice('ubfx')}:/g/personal/{person}/{mixed(draw.rng, 44)}?e={mixed(draw.rng, 6)}"


def _dropbox(draw: Draw) -> str:
    return f"https://www.dropbox.com/scl/fi/{mixed(draw.rng, 20).lower()}/{draw.rng.choice(LATIN)}.zip?rlkey={mixed(draw.rng, 20).lower()}&dl=1"


def _blob(draw: Draw) -> str:
    return draw.rng.choice((
        f"https://{letters(draw.rng, 9)}.blob.core.windows.net/{letters(draw.rng, 5)}/{_slug(draw.rng)}.html",
        f"https://storage.googleapis.com/{letters(draw.rng, 12)}/{_slug(draw.rng)}.html",
        f"https://firebasestorage.googleapis.com/v0/b/{letters(draw.rng, 8)}.appspot.com/o/{_slug(draw.rng)}?alt=media&token={mixed(draw.rng, 12)}",
        f"https://cdn.discordapp.com/attachments/{digits(draw.rng, 18)}/{digits(draw.rng, 18)}/{_slug(draw.rng)}.iso",
        f"https://we.tl/t-{mixed(draw.rng, 10)}",
    ))  # fmt: skip


def _port(draw: Draw) -> str:
    return f"http://{address(draw.rng)}:{draw.rng.choice((8080, 8443, 2351, 9999))}/{letters(draw.rng, 6)}"


def _file_share(draw: Draw) -> str:
    return f"file://{address(draw.rng)}/{letters(draw.rng, 5)}/{digits(draw.rng, 6)}.url"


def _redirect(draw: Draw) -> str:
    return f"https://www.google.com/url?q=https%3A%2F%2F{host(draw.rng, draw.which)}%2F{mixed(draw.rng, 6)}&sa=D&usg={mixed(draw.rng, 20)}"


def _login(draw: Draw) -> str:
    page = draw.rng.choice(
        ("owa/auth/logon.html", "office/index.php", "webmail/login.php", "verify/")
    )
    tail = f"?email={draw.victim}" if draw.rng.random() < 0.6 else ""
    return f"https://{host(draw.rng, draw.which)}/{letters(draw.rng, 4)}/{page}{tail}"


def _login_fragment(draw: Draw) -> str:
    return f"https://{letters(draw.rng, 6)}.{host(draw.rng, draw.which)}/{mixed(draw.rng, 10)}/#{draw.victim}"


def _login_named(draw: Draw) -> str:
    name = draw.rng.choice(("mail-secure", "portal-access", "sso-docs", "outlook-web"))
    return f"https://{name}.{host(draw.rng, draw.which)}/s/{mixed(draw.rng, 12)}"


def _pages(draw: Draw) -> str:
    return draw.rng.choice((
        f"https://{letters(draw.rng, 10)}.pages.dev/?u={draw.victim}",
        f"https://{letters(draw.rng, 8)}.weebly.com/",
        f"https://forms.office.com/r/{mixed(draw.rng, 10)}",
        f"https://{letters(draw.rng, 7)}-{digits(draw.rng, 4)}.web.app/{mixed(draw.rng, 6)}",
    ))  # fmt: skip


URLS: dict[Set, dict[str, dict[str, Family]]] = {
    "A": {
        "download": {
            "charts-zip": _charts,
            "latin-zip": _latin,
            "short-number": _short_number,
            "php-flag": _php,
            "wordpress": _wordpress,
            "address-host": _address_host,
            "shortener-a": _short,
        },
        "latin": {"latin-zip": _latin},
        "credential": {"login-path": _login, "login-fragment": _login_fragment},
        "hosting": {"onedrive": _onedrive, "google-drive": _drive},
    },
    "B": {
        "download": {
            "pikabot": _pikabot,
            "plain-folder": _plain_folder,
            "address-port": _port,
            "file-share": _file_share,
            "open-redirect": _redirect,
            "shortener-b": _short,
            "blob": _blob,
        },
        "latin": {"latin-bare": _latin_bare, "plain-folder": _plain_folder},
        "credential": {"login-named": _login_named, "pages": _pages},
        "hosting": {"sharepoint": _sharepoint, "dropbox": _dropbox, "blob": _blob},
    },
}
