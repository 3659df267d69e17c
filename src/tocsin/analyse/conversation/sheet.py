"""What one mail asks of the history, and what it will teach: made once, before anything is looked up.

All keys of a batch are asked in one go, so they are gathered here and judged later.
"""

from __future__ import annotations

import re
from array import array

import msgspec

from tocsin.analyse.conversation.keys import Hash
from tocsin.analyse.conversation.names import (
    ROLES,
    house,
    person,
    resembling,
    spoken,
    squeezed,
    variants,
)
from tocsin.analyse.conversation.threads import Place
from tocsin.analyse.conversation.traits import TRAITS, Trait, values
from tocsin.formats.syntax.domains import registrable
from tocsin.model.message import Attachment, Link, Message

RECIPIENTS_KNOWN = 12
"""Recipients of one mail that are remembered as taking part."""

ACCOUNTS_KNOWN = 3

_IBAN_LIKE = re.compile(r"[A-Z]{2}\d\d[ .-]?[A-Z0-9]{4}")
_IBAN = re.compile(
    r"\b(?:A[DELTZ]|B[AEGHRY]|C[HRYZ]|D[EKO]|E[EGS]|F[IOR]|G[BEILRT]|H[RU]|I[ELQST]|JO|K[WZ]|L[BCITUVY]"
    r"|M[CDEKRTU]|N[LO]|P[KLST]|QA|R[OSU]|S[ACEIKMTV]|T[LNR]|UA|VG|XK)\d\d(?:[ .-]?[A-Z0-9]{4}){2,7}"
    r"(?:[ .-]?[A-Z0-9]{1,4})?\b"
)

_SPACED = re.compile(
    r"\bI ?B ?A ?N\b[^\nA-Za-z0-9]{0,6}((?:[A-Z] ?){2}(?:\d ?){2}(?:[ .-]{0,3}[A-Z0-9]){11,30})\b"
)
"""The same with anything between its signs, behind the word for it."""

_SWIFT = re.compile(
    r"\b(?i:swift|bic)\b[^\nA-Za-z0-9]{0,6}(?i:code|bic|swift)?[^\nA-Za-z0-9]{0,6}"
    r"[A-Z]{6}[A-Z0-9]{2}(?:[A-Z0-9]{3})?\b"
)
"""A bank's own code (ISO 9362) behind the word for it: a number called an account's beside it is one."""

_LABELLED = re.compile(
    r"\b(?:accounts?|acct?|a/c|sort code|routing|aba|konto\w*|blz|compte|conto|cuenta|clabe|cbu|conta"
    r"|rekening\w*|rachun\w+|kont[oa]|účt\w|účet|számla\w*|cont(?:ul)?|tili\w*|hesa[pb]\w*|сч[её]т\w*"
    r"|рахун\w+|сметка\w*|račun\w*|λογαριασμ\w+)\b[^\n\d]{0,20}(\d[\d -]{4,22}\d)"
    r"|(?:口座|账号|账户|帳號|帳戶|계좌|חשבון|حساب)[^\n\d]{0,20}(\d[\d -]{4,22}\d)",
    re.IGNORECASE,
)
"""A number behind the word for an account or a bank's code, in one line."""

_BANKED = re.compile(
    r"\b(?:aba|routing|rtn)\b[^\n\d]{0,20}(\d{9})\b|\bs(?:ort code|/c)\b[^\n\d]{0,12}(\d\d[ -]\d\d[ -]\d\d)\b"
    r"|\b\d\d-\d\d-\d\d ?/ ?(\d{8})\b",
    re.IGNORECASE,
)
"""A bank's number as only banks have them, or a sort code and an account: money need not be spoken of."""

_COIN = re.compile(
    r"(?i)(?<![a-z0-9])(?:bitcoins?|btc|ethereum|ether|eth|usdt|usdc|tether|tron|trc20|erc20|monero|xmr|crypto\w*"
    r"|krypto\w*|cripto\w*|wallets?)(?![a-z0-9])|крипто|кошел|钱包|錢包|ウォレット|지갑|暗号資産"
)
_WALLET = re.compile(
    r"(?<![A-Za-z0-9])(?:bc1[ac-hj-np-z02-9]{25,62}|[13][1-9A-HJ-NP-Za-km-z]{25,34}|0x[0-9a-fA-F]{40}"
    r"|T[1-9A-HJ-NP-Za-km-z]{33}|[48][1-9A-HJ-NP-Za-km-z]{94})(?![A-Za-z0-9])"
)
"""Where cryptocurrency is sent to (BIP 13, BIP 173, EIP 55; Tron, Monero), beside the coin's name."""

DIGITS_LEAST = 6
"""Digits of an account number, or of a bank's code: a sort code has six."""

MONEY = frozenset({"bank", "payment", "payment-change"})
"""What a text must speak of for a number to be an account's."""

_TOKEN = re.compile(r"[A-Za-z0-9_-]{16,}")

LOCAL_LEAST = 4
"""Letters of a local part that can be one person's."""

LINKS_KNOWN = 8
ATTACHMENTS_KNOWN = 5

_FETCH = re.compile(
    r"[?&](?:export=download|dl=1|download=1|alt=media|raw=1)|/(?:download|get|dl|uc)(?=[/?]|$)",
    re.IGNORECASE,
)
_ASKS = re.compile(r"/forms?/|/viewform", re.IGNORECASE)

_SHARED = frozenset({"hosting", "shortener", "free-host"})

_PLACE = {trait: place for place, trait in enumerate(TRAITS)}


class Sheet(msgspec.Struct, gc=False):
    """Keys of one mail's facts. A key of 0 stands for nothing.

    traits: (trait, key of sender and value, key of sender's domain and value). links: of each
    new link (link, key for the organisation, key for the sender), by its site; where many share one
    domain, that is the host. pages: of a link to such a host the key of the very page, else 0.
    shown: of each other domain that a link shows (domain, key for the organisation).
    attachments: as links, by class. leads: of each host that a file leads
    to (host, key of its domain for the organisation).
    """

    address: int
    domain: int
    name: int
    named: int
    thread_name: int
    thread_address: int
    thread_writer: int
    answered: int
    traits: tuple[tuple[Trait, int, int], ...]
    links: tuple[tuple[Link, int, int], ...]
    pages: tuple[int, ...]
    shown: tuple[tuple[str, int], ...]
    attachments: tuple[tuple[Attachment, int, int], ...]
    leads: tuple[tuple[str, int], ...]
    recipients: tuple[int, ...]
    reply_to: int
    language: int
    passing: int
    mailbox: int
    mailbox_near: int
    accounts: tuple[int, ...]
    alike: tuple[int, ...]
    variants: tuple[int, ...]

    def keys(self) -> list[int]:
        """Everything to be looked up."""
        found = [
            self.address, self.domain, self.name, self.named, self.thread_name,
            self.thread_address, self.thread_writer, self.answered, self.reply_to, self.language,
            self.passing, self.mailbox, self.mailbox_near, *self.accounts, *self.recipients, *self.alike,
            *self.variants, *self.pages,
        ]  # fmt: skip
        for _, one, two in self.traits:
            found += (one, two)
        for _, one, two in self.links:
            found += (one, two)
        for _, one, two in self.attachments:
            found += (one, two)
        found += [key for _, key in (*self.leads, *self.shown)]
        return found


def kind_of(attachment: Attachment) -> str:
    """An attachment's class as a sender is known by: its bytes' kind, or what its name promises."""
    if drawing(attachment):
        return "image"
    for trait in attachment.traits:
        if trait.startswith("named-"):
            return trait[6:]
    return "code" if attachment.kind == "image" and "code" in attachment.traits else attachment.kind


def drawing(attachment: Attachment) -> bool:
    """Whether it is an SVG that runs nothing and leads nowhere: a picture, though named like a page."""
    return (
        attachment.kind == "svg" and not attachment.leads and attachment.traits == ("named-html",)
    )


def sheet(message: Message, place: Place, number: Hash) -> Sheet:
    """The keys of one mail."""
    author = message.author.address
    domain = message.author.domain
    shown = person(message.author.name)
    language = message.text.language
    thread = place.thread
    fresh = _one_each([link for link in message.links if not link.quoted])[:LINKS_KNOWN]
    files = [each for each in message.attachments if not each.inline or _active(each)]
    files.sort(key=lambda each: not (each.leads or _active(each)))  # not hidden behind others
    passed = message.authentication
    return Sheet(
        address=number("a", author),
        domain=number("d", domain),
        name=number("n", shown) if shown else 0,
        named=number("na", shown, author) if shown else 0,
        thread_name=number("tn", thread, shown) if shown else 0,
        thread_address=number("tp", thread, author),
        thread_writer=number("tw", thread, author),
        answered=number("ra", place.parent, author) if place.parent else 0,
        traits=tuple(
            (trait, number(trait, author, value), number("domain", trait, domain, value))
            for trait, value in values(message).items()
        ),
        links=tuple(
            (link, number("ol", site), number("al", author, site))
            for link in fresh
            for site in (site_of(link),)
        ),
        pages=tuple(
            number("lp", link.host, place_of(link)) if shared(link) else 0 for link in fresh
        ),
        shown=tuple((link.shown, number("ol", link.shown)) for link in fresh if link.shown),
        attachments=tuple(
            (each, number("ot", kind_of(each)), number("at", author, kind_of(each)))
            for each in files[:ATTACHMENTS_KNOWN]
        ),
        leads=tuple(
            (host, number("ol", registrable(host) or host)) for each in files for host in each.leads
        ),
        recipients=tuple(
            number("p", author, each) for each in message.recipients[:RECIPIENTS_KNOWN]
        ),
        reply_to=number("rt", message.reply_to[0].address) if message.reply_to else 0,
        language=number("la", author, language) if language else 0,
        passing=number("pass", domain)
        if passed.trusted and (passed.dmarc or passed.dkim or passed.spf)
        else 0,
        mailbox=mailbox(number, thread, author),
        mailbox_near=mailbox_near(number, thread, author),
        accounts=tuple(
            number("ib", each)
            for each in accounts(message.text.new, money=not MONEY.isdisjoint(message.text.cues))
        ),
        alike=tuple(number("dv", each) for each in resembling(domain)),
        variants=tuple(number("dv", each) for each in variants(domain)),
    )


def shared(link: Link) -> bool:
    """Whether it leads to a site on which many have something of their own."""
    return not _SHARED.isdisjoint(link.traits)


def site_of(link: Link) -> str:
    """Whose site it is: a host where many share one domain (a company's own corner of a file service).

    What is fetched there at once, or filled in, is another thing than what is read there.
    """
    return link.host + way(link) if shared(link) else link.domain


def way(link: Link) -> str:
    """What a shared site is asked for: a file to be `fetched`, a form to be `filled`, else empty."""
    rest = link.url.partition("://")[2]
    return "#fetched" if _FETCH.search(rest) else "#filled" if _ASKS.search(rest) else ""


def place_of(link: Link) -> str:
    """Where on a shared site it leads: the longest name in it that only a machine gives, else all of it.

    So a document is the same, however it is opened.
    """
    tokens = _TOKEN.findall(link.url.partition("://")[2].partition("/")[2])
    return max(tokens, key=len, default=link.url)


def accounts(text: str, *, money: bool) -> tuple[str, ...]:
    """Bank accounts that a text gives: international numbers (IBAN, ISO 13616), and, where it speaks
    of money, the numbers that it calls an account's or a bank's.

    The check digits are not asked for: what an impostor writes, or mistypes, is one too.
    """
    found = []
    if _IBAN_LIKE.search(text):
        plain = (re.sub(r"[ .-]", "", each) for each in _IBAN.findall(text))
        found = [each for each in plain if 15 <= len(each) <= 34]
    found += [re.sub(r"[ .-]", "", each) for each in _SPACED.findall(text)]
    found += [re.sub(r"\D", "", "".join(each)) for each in _BANKED.findall(text)]
    if money or _SWIFT.search(text):
        called = (re.sub(r"\D", "", one or other) for one, other in _LABELLED.findall(text))
        found += [each for each in called if len(each) >= DIGITS_LEAST]
    if _COIN.search(text):
        found += _WALLET.findall(text)
    return tuple(dict.fromkeys(found))[:ACCOUNTS_KNOWN]


def mailbox(number: Hash, thread: int, address: str) -> int:
    """The key of an address's local part in a thread; 0 where many have the same."""
    local = address.partition("@")[0]
    own = len(local) >= LOCAL_LEAST and local not in ROLES
    return number("tl", thread, spoken(local)) if own else 0


def mailbox_near(number: Hash, thread: int, address: str) -> int:
    """The key of what a local part and those made to look like it have in common, among mailboxes of one
    domain or of the providers at which anybody has one; 0 where that is too little.

    Somebody's private mailbox may well be named like the one at his work, and have a number behind it.
    """
    local, _, domain = address.partition("@")
    letters = squeezed(local) if local not in ROLES else ""
    return number("tn~", thread, letters, house(domain)) if letters else 0


def mailboxes(number: Hash, thread: int, address: str) -> list[int]:
    """Both keys of a local part, as far as it has them."""
    keys = (mailbox(number, thread, address), mailbox_near(number, thread, address))
    return [key for key in keys if key]


def _one_each(links: list[Link]) -> list[Link]:
    """The first link to each site before all others, so that none is hidden behind many to one site."""
    first = {link.domain or link.host: link for link in reversed(links)}
    return sorted(links, key=lambda link: first[link.domain or link.host] is not link)


def _active(attachment: Attachment) -> bool:
    """A picture is, where a code in it leads somewhere."""
    if drawing(attachment):
        return False
    return "code" in attachment.traits or attachment.kind not in (
        "image",
        "text",
        "signature",
        "calendar",
    )


class Lessons(msgspec.Struct, gc=False):
    """Pairs of (owner, fact): learning adds one to the fact, and to the owner's spread at a place
    where the fact is new. Packed as signed 64-bit numbers: owner, place, fact."""

    packed: array[int]


def lesson(page: Sheet, *, passed: bool, wanted: bool) -> bytes:
    """What this mail teaches once it is old enough, packed.

    passed: its domain was authenticated. wanted: whether its links and files become known too.
    """
    address, domain = page.address, page.domain
    found: list[int] = [0, 0, address, 0, 0, domain]
    if page.name:
        found += (page.name, 0, page.named, 0, 0, page.name)
    for trait, mine, of_domain in page.traits:
        found += (address, _PLACE[trait], mine, domain, _PLACE[trait], of_domain)
    for _, everybody, mine in page.links if wanted else ():
        found += (address, _PLACE["link"], mine, 0, 0, everybody)
    for key in page.pages if wanted else ():
        if key:
            found += (0, 0, key)
    for _, everybody, mine in page.attachments if wanted else ():
        found += (address, _PLACE["attachment"], mine, 0, 0, everybody)
    for key in (*page.recipients, page.reply_to, page.language, page.passing if passed else 0):
        if key:
            found += (0, 0, key)
    for key in (*page.variants, *(page.accounts if wanted else ())):
        found += (0, 0, key)
    return array("q", found).tobytes()


def taught(body: bytes) -> array[int]:
    """The numbers of a lesson: owner, place, fact, and so on."""
    numbers = array("q")
    numbers.frombytes(body[: len(body) - len(body) % 24])
    return numbers
