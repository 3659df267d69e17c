"""Families of malware that answer stolen threads, told by traits; and the shape of a mail's payload.

One file of `data/families` is one family (docs/families.md). A trait is a set of conditions, all of
which one mail must meet. A family is named on one strong trait, or on two weak ones that look at
different things. A family only explains and groups: no verdict rests on it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from functools import cache

import msgspec

from tocsin.knowledge.family_files import (
    Example,
    Family,
    FamilyError,
    LooksAt,
    OnFile,
    OnLink,
    OnMail,
    Trait,
    families,
    parse,
)
from tocsin.model.message import Attachment, Link, MailText, Message, Party

QUOTE_LIMIT = 200
"""Characters of the words that a trait is shown with."""

LINKS_LIMIT = 20
"""Links of new text that are held against the traits, and of which a payload's shape is taken."""

FILES_LIMIT = 20
"""Attached files likewise."""

MEMBERS_LIMIT = 50
"""Members of an archive likewise."""


class TraitMatch(msgspec.Struct, frozen=True, kw_only=True):
    """A trait that stands on a mail. quote: the words it rests on."""

    id: str
    looks_at: LooksAt
    strong: bool
    means: str
    quote: str


class FamilyMatch(msgspec.Struct, frozen=True, kw_only=True):
    """A family that a mail is told to be of. strong: on a strong trait. returned: after `until`."""

    family: str
    name: str
    strong: bool
    traits: tuple[TraitMatch, ...]
    returned: bool = False


def match(message: Message) -> tuple[FamilyMatch, ...]:
    """The families that a mail is told to be of, the best told first.

    A mail without links, files and talk of changed payment is of none: it carries nothing.
    """
    if not (message.attachments or _chosen(message) or "payment-change" in message.text.cues):
        return ()
    when = message.date or message.received
    day = when.date() if when else None
    found = [told for family in families() if (told := told_by(family, message, day)) is not None]
    return tuple(sorted(found, key=_order))


def _chosen(message: Message) -> tuple[Link, ...]:
    """The links that the author put in; those of quoted text are somebody else's."""
    return tuple(each for each in message.links if not each.quoted)[:LINKS_LIMIT]


def told_by(family: Family, message: Message, day: date | None) -> FamilyMatch | None:
    """Whether a mail of that day is told to be of one family. No day: the dates are not asked."""
    if day is not None and day < family.since:
        return None
    shown = tuple(
        TraitMatch(
            id=trait.id, looks_at=trait.looks_at, strong=trait.strength == "strong",
            means=trait.means, quote=quote[:QUOTE_LIMIT],
        )
        for trait in family.traits
        if (quote := stands(trait, message)) is not None
    )  # fmt: skip
    strong = any(each.strong for each in shown)
    if not strong and len({each.looks_at for each in shown}) < 2:
        return None
    returned = day is not None and family.until is not None and day > family.until
    return FamilyMatch(
        family=family.id, name=family.name, strong=strong, traits=shown, returned=returned
    )


def _order(told: FamilyMatch) -> tuple[bool, bool, int, int, str]:
    strong = sum(each.strong for each in told.traits)
    return (not told.strong, told.returned, -strong, -len(told.traits), told.family)


def stands(trait: Trait, message: Message) -> str | None:
    """The words a trait rests on where it stands on a mail, else None."""
    quotes: list[str] = []
    for found in (
        _on_link(trait.link, message) if trait.link else "",
        _on_file(trait.file, message) if trait.file else "",
        _on_password(trait.password, message) if trait.password else "",
        _on_mail(trait.mail, message) if trait.mail else "",
    ):
        if found is None:
            return None
        if found:
            quotes.append(found)
    return " · ".join(quotes)


def _search(pattern: str, text: str) -> bool:
    return not pattern or _compiled(pattern).search(text) is not None


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def _rest(url: str) -> str:
    """Path and query."""
    after = url.partition("://")[2]
    return after[at:] if (at := after.find("/")) >= 0 else ""


def _on_link(wanted: OnLink, message: Message) -> str | None:
    for link in _chosen(message):
        if (
            (not wanted.scheme or link.scheme == wanted.scheme)
            and all(each in link.traits for each in wanted.shows)
            and _search(wanted.path, _rest(link.url))
            and _search(wanted.url, link.url)
        ):
            return link.url
    return None


def _on_file(wanted: OnFile, message: Message) -> str | None:
    for file in message.attachments[:FILES_LIMIT]:
        if (wanted.kind and file.kind not in wanted.kind) or not (
            all(each in file.traits for each in wanted.shows) and _search(wanted.name, file.name)
        ):
            continue
        if not wanted.inside:
            return file.name or file.kind
        for member in file.inside[:MEMBERS_LIMIT]:
            if _search(wanted.inside, member):
                return f"{file.name}!{member}"
    return None


def _on_password(wanted: str, message: Message) -> str | None:
    return next((each for each in message.passwords if _search(wanted, each)), None)


def _on_mail(wanted: OnMail, message: Message) -> str | None:
    text = message.text
    parents = bool(message.in_reply_to or message.references)
    holds = (
        wanted.reply in (None, message.reply_marks > 0)
        and wanted.parents in (None, parents)
        and all(each in message.traits for each in wanted.traits)
        and (not wanted.style or text.style in wanted.style)
        and all(each in text.cues for each in wanted.cues)
        and (not wanted.language or text.language in wanted.language)
        and (not wanted.most_words or text.new_words <= wanted.most_words)
        and wanted.links in (None, bool(_chosen(message)))
        and wanted.files in (None, bool(message.attachments))
        and _search(wanted.client, message.client)
        and _search(wanted.id_form, message.id_form)
        and _search(wanted.boundary_form, message.boundary_form)
    )
    return _said(wanted, message) if holds else None


def _said(wanted: OnMail, message: Message) -> str:
    """What of the mail a condition on it is shown with."""
    parts = [message.subject] if wanted.reply or wanted.parents is not None else []
    parts += [message.client_raw or message.client] if wanted.client else []
    parts += [message.message_id or message.id_form] if wanted.id_form else []
    parts += [message.text.new.strip()] if wanted.cues or wanted.most_words else []
    parts += [*wanted.traits]
    return " · ".join(each for each in parts if each)


def mail_of(example: Example) -> Message:
    """An example as the mail it stands for."""
    address = Party("Erika Beispiel", "erika@contoso.example")
    link = Link(
        url=example.url, host="fabrikam.example", domain="fabrikam.example",
        scheme=example.url.partition(":")[0], traits=example.shows,
    )  # fmt: skip
    file = Attachment(
        name=example.file, kind=example.kind, traits=example.file_shows, inside=example.inside
    )
    day = example.date
    return Message(
        date=datetime(day.year, day.month, day.day, tzinfo=UTC) if day else None,
        sender=address,
        author=address,
        subject=example.subject,
        reply_marks=example.reply_marks,
        in_reply_to=("1@contoso.example",) if example.parents else (),
        traits=example.traits,
        client=example.client,
        id_form=example.id_form,
        boundary_form=example.boundary_form,
        text=MailText(
            style=example.style, cues=example.cues, language=example.language,
            new_words=example.words,
        ),
        links=(link,) if example.url else (),
        attachments=(file,) if example.file or example.kind != "unknown" else (),
        passwords=(example.password,) if example.password else (),
    )  # fmt: skip


def problems(files: Mapping[str, str]) -> list[str]:
    """What is wrong with family files (name to text): form, and examples that do not hold."""
    found: list[str] = []
    for name, text in sorted(files.items()):
        try:
            family = parse(name, text)
        except FamilyError as fault:
            found.append(str(fault))
            continue
        for trait in family.traits:
            found += [f"{name}: traits.{trait.id}.{fault}" for fault in _untrue(trait)]
    return found


def _untrue(trait: Trait) -> Iterator[str]:
    for key, examples, wanted in (("gives", trait.gives, True), ("spares", trait.spares, False)):
        for number, example in enumerate(examples, start=1):
            if (stands(trait, mail_of(example)) is not None) is not wanted:
                yield f"{key}: example {number} does not hold"


_NO_PAYLOAD = frozenset(("image", "signature", "calendar", "contact", "key", "font", "media"))
_PLAIN_KINDS = frozenset(("text", "mail", "pdf"))
_QUIET_TRAITS = frozenset(("hosting", "page", "port"))
_EXTENSION = re.compile(r"\.([A-Za-z0-9]{1,8})$")
_DRAWN_TRAITS = frozenset(("latin-words", "random", "random-path", "recipient"))
"""Traits of the words a campaign draws anew for each mail, which not every draw shows."""

_DISTINCT = re.compile(r"[9x]\{|\?|\.\w|@|//")
"""What makes the shape of a link more than a path of words, as every site has one."""


def payload_shape(message: Message) -> str:
    """The stable shape of what a mail wants opened, paid or visited; empty where it wants nothing.

    The same for all mails of a campaign, whatever host, words and numbers it draws for each: of the
    file that is most of a risk its kind, its traits and the kinds inside; else of such a link its
    shape and its traits (with the domain, where path and traits are those of any site); else the
    talk of changed payment.
    """
    shapes = [_file_shape(each) for each in message.attachments[:FILES_LIMIT]]
    best = max(filter(None, shapes), default=None)
    if best is not None and best[0] > 0:
        return f"file {best[1]}"
    linked = [_link_shape(each) for each in _chosen(message)]
    link = max(filter(None, linked), default=None)
    if link is not None:
        return f"link {link[1]}"
    if "payment-change" in message.text.cues:
        return "text payment-change"
    return f"file {best[1]}" if best is not None else ""


def _file_shape(file: Attachment) -> tuple[int, str] | None:
    """(how much of a risk, shape) of one file; None for what is no payload."""
    if file.kind in _NO_PAYLOAD or (file.inline and not file.traits):
        return None
    inside = sorted(
        {
            "!".join(_extension(level) for level in member.split("!"))
            for member in file.inside[:MEMBERS_LIMIT]
        }
    )
    telling = sorted(file.traits)
    risk = len(telling) + (file.kind not in _PLAIN_KINDS)
    parts = [_extension(file.name) or "-", file.kind, *telling]
    return risk, " ".join(parts) + (f" ({', '.join(inside[:8])})" if inside else "")


def _extension(name: str) -> str:
    found = _EXTENSION.search(name)
    return found[1].lower() if found else ""


def _link_shape(link: Link) -> tuple[int, str] | None:
    """(how much of a risk, shape) of one link; None for a site's first page without a trait."""
    telling = sorted(set(link.traits) - _QUIET_TRAITS)
    if not telling and (link.related or link.shape in ("", "/")):
        return None
    distinct = telling or _DISTINCT.search(link.shape)
    parts = [link.shape or "/", *sorted(set(link.traits) - _DRAWN_TRAITS)]
    if not distinct:
        parts.insert(0, link.domain)
    risk = 2 * len(telling) + (not link.related)
    return risk, " ".join(parts)
