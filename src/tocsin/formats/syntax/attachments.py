"""Looks into an attached file, never runs it: what it is, what it hides, what lies within.

All of it is done with hard limits (`attachment_limits`); a damaged or hostile file yields fewer
facts, never an exception. A limit that was hit is the trait `cut`, a file that ends too early or
makes no sense the trait `damaged`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence

from tocsin.formats.syntax import attachment_zip
from tocsin.formats.syntax.attachment_archive import ARCHIVES, IMAGES, members
from tocsin.formats.syntax.attachment_calendar import calendar_files, calendar_links
from tocsin.formats.syntax.attachment_documents import (
    onenote_files,
    onenote_names,
    rtf_links,
    rtf_traits,
)
from tocsin.formats.syntax.attachment_kinds import (
    RISKY,
    class_of,
    declared_otherwise,
    kind_of,
    name_traits,
)
from tocsin.formats.syntax.attachment_limits import DEPTH_LIMIT, Budget, Member
from tocsin.formats.syntax.attachment_mail import mail_files, mail_links, mail_taken_apart
from tocsin.formats.syntax.attachment_office import (
    ole_kind,
    ole_traits,
    ooxml_traits,
    relations,
)
from tocsin.formats.syntax.attachment_opendocument import opendocument_traits
from tocsin.formats.syntax.attachment_pages import carried, page_links, page_text, page_traits
from tocsin.formats.syntax.attachment_pdf import pdf_files, pdf_links, pdf_places, pdf_traits
from tocsin.formats.syntax.attachment_pdf_pictures import pdf_pictures
from tocsin.formats.syntax.attachment_pictures import candidate, page_pictures, zipped_pictures
from tocsin.formats.syntax.attachment_places import share_outside
from tocsin.formats.syntax.attachment_polyglot import second_of
from tocsin.formats.syntax.attachment_started import started_links, table_traits
from tocsin.formats.syntax.code_meaning import meanings
from tocsin.formats.syntax.drawn_codes import drawn_in
from tocsin.formats.syntax.link_parts import parts_of
from tocsin.formats.syntax.link_wrappers import unwrap
from tocsin.formats.syntax.picture_codes import Picture, Searching
from tocsin.model.message import Attachment

INSIDE_LIMIT = 50
"""Names of members that are kept."""

LEADS_LIMIT = 20
"""Hosts to which a file leads that are kept; of one that leads to more none is, for it is not known whole."""

LEAD_START = 300
"""Characters by which one address is known from another; a host is no longer."""

PADDED_SIZE = 50 * 1024 * 1024
"""Bytes from which a file that is nearly all one byte is `padded`, beyond what scanners take."""

PADDED_RATIO = 100
"""Unpacked bytes for each packed one from which a member is `padded`."""

RATIO_FROM = 1024 * 1024
"""Bytes of a member from which its ratio says anything."""

_SAMPLES = 4096
_RISKY_KINDS = frozenset((
    "script", "executable", "lnk", "shortcut", "onenote", "html", "svg", "chm", "vhd", "iso", "udf",
))  # fmt: skip
_RISKY_TRAITS = frozenset((
    "macro", "dde", "external-template", "smuggling", "credential-form", "launch", "exploit-object",
))  # fmt: skip


class _Seen:
    """What is known so far of one attachment and all within."""

    def __init__(self, passwords: Sequence[str], codes: Searching) -> None:
        self.passwords = passwords
        self.codes = codes
        self.budget = Budget()
        self.traits: dict[str, None] = {}
        self.inside: list[str] = []
        self.leads: dict[str, None] = {}
        self.asked: set[str] = set()

    def add(self, traits: Iterable[str]) -> None:
        self.traits.update(dict.fromkeys(traits))

    def lead(self, urls: Iterable[str]) -> None:
        """Keep where these addresses lead."""
        for each in urls:
            start = each[:LEAD_START]
            if len(self.leads) > LEADS_LIMIT or start in self.asked:
                continue
            self.asked.add(start)
            parts = parts_of(each)
            if parts is not None:
                self.traits["uri"] = None
                self.leads[unwrap(parts).parts.host] = None

    def told(self, found: Iterable[tuple[str, str]], path: str) -> None:
        """Keep what a reader of documents says: traits, addresses, carried files."""
        for trait, what in found:
            if trait == "uri":
                self.lead((what,))
                continue
            self.add((trait,))
            if trait == "embedded-object" and what:
                self.name(path + what)

    def shown(
        self, pictures: Iterable[Picture], *, alone: bool = False, inner: bool = False
    ) -> None:
        """Keep what the codes in the pictures of one document lead to. alone: it is the picture itself;
        inner: in an archive, which is not damaged for that."""
        codes = self.codes if alone else self.codes.document()
        for each in pictures:
            said = codes.read(each)
            if said.damaged and alone and not inner:
                self.add(("damaged",))
            if said.unread:
                self.add(("code-unread",))
            for trait, address in (one for text in said.texts for one in meanings(text)):
                self.add((trait,))
                self.lead((address,) if address else ())

    def name(self, name: str) -> None:
        if len(self.inside) < INSIDE_LIMIT and name not in self.inside:
            self.inside.append("".join(c if c.isprintable() else "�" for c in name))


def look(
    name: str,
    declared: str,
    data: bytes,
    *,
    inline: bool,
    passwords: Sequence[str],
    codes: Searching | None = None,
) -> Attachment:
    """The facts of one attached file. passwords: those the mail's text gives. codes: what looking for
    codes may still cost in this mail."""
    kind = kind_of(data, name, declared)
    if kind == "ole":
        kind = ole_kind(data)
    seen = _Seen(passwords, codes or Searching())
    seen.add(name_traits(name, kind))
    if declared_otherwise(declared, kind):
        seen.add(("mismatch",))
    if len(data) > PADDED_SIZE and _one_byte(data):
        seen.add(("padded",))
    _inspect(kind, name, data, seen, "", 1)
    if seen.budget.cut:
        seen.add(("cut",))
    return Attachment(
        name=name,
        declared=declared,
        kind=kind,
        size=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        inline=inline,
        traits=tuple(seen.traits),
        inside=tuple(seen.inside),
        leads=tuple(seen.leads) if len(seen.leads) <= LEADS_LIMIT else (),
    )


def _one_byte(data: bytes) -> bool:
    """Whether nine of ten sampled bytes are the same."""
    sample = data[:: max(1, len(data) // _SAMPLES)]
    return max(sample.count(byte) for byte in set(sample)) * 10 > len(sample) * 9


def _inspect(kind: str, name: str, data: bytes, seen: _Seen, path: str, depth: int) -> None:
    if kind in ARCHIVES:
        _archive(kind, name, data, seen, path, depth)
    elif kind in _READERS:
        _READERS[kind](data, seen, path)
    elif kind == "mail":
        _mail(data, seen, path, depth)
    elif kind == "calendar":
        seen.lead(calendar_links(data))
        for each in calendar_files(data, seen.budget):
            seen.add(("embedded-files",))
            seen.name(path + each.name)
            _member(kind, each, seen, path, depth)
    if kind in ("text", "script", "xml", "html", "unknown"):
        seen.told(table_traits(name, data), path)
    second = second_of(kind, data)
    if second is not None:
        seen.add(("polyglot",))
        if depth <= DEPTH_LIMIT and second.kind != kind:
            _inspect(second.kind, name, second.data, seen, path, depth + 1)
        elif kind == "zip":
            _archive(kind, name, second.data, seen, path, depth + 1)


def _mail(data: bytes, seen: _Seen, path: str, depth: int) -> None:
    mail = mail_taken_apart(data)
    if mail is None:
        return
    seen.lead(mail_links(mail))
    for each in mail_files(mail, seen.budget):
        if each.name:
            seen.name(path + each.name)
        _member("mail", each, seen, path, depth)


def _pdf(data: bytes, seen: _Seen, path: str) -> None:
    places = pdf_places(data)
    traits = list(pdf_traits(places))
    seen.add(traits)
    if "encrypted" not in traits:
        seen.shown(pdf_pictures(places[0]))
    if "uri" in traits or "external-link" in traits:
        seen.lead(pdf_links(places))
    if "embedded-files" in traits:
        for name in pdf_files(places):
            seen.name(path + name)
            if class_of(name) in RISKY or class_of(name) == "html":
                seen.add(("risky-inside",))


def _picture(data: bytes, seen: _Seen, path: str) -> None:
    if candidate(data):
        seen.shown((Picture(data),), alone=True, inner=bool(path))


def _ooxml(data: bytes, seen: _Seen, path: str) -> None:
    seen.shown(zipped_pictures(data, seen.budget))
    seen.told(ooxml_traits(data, seen.budget), path)


def _opendocument(data: bytes, seen: _Seen, path: str) -> None:
    seen.shown(zipped_pictures(data, seen.budget))
    seen.told(opendocument_traits(data, seen.budget), path)


def _rtf(data: bytes, seen: _Seen, path: str) -> None:
    del path
    seen.add(rtf_traits(data))
    seen.lead(rtf_links(data))


def _page(data: bytes, seen: _Seen, path: str, *, svg: bool = False) -> None:
    text = page_text(data)
    seen.add(page_traits(text, svg=svg))
    seen.shown((*page_pictures(text), *drawn_in(data)))
    seen.lead(page_links(text))
    for found in carried(text):
        seen.add(("smuggling", "embedded-files"))
        seen.name(f"{path}({found})")
    if "pkg:package" in text:
        seen.told(relations(text), path)


def _web_archive(data: bytes, seen: _Seen, path: str) -> None:
    """A page in MIME: as it stands, and as it is shown."""
    _page(data, seen, path)
    mail = mail_taken_apart(data)
    if mail is not None:
        seen.lead(mail_links(mail))


def _started(data: bytes, seen: _Seen, path: str) -> None:
    """A shortcut of text, or a query."""
    del path
    links = list(started_links(data))
    seen.lead(links)
    if any(share_outside(each) for each in links):
        seen.add(("smb",))


def _shortcut(data: bytes, seen: _Seen, path: str) -> None:
    lower = data[:8192].lower()
    if b"file:" in lower or b"\\\\" in lower:
        seen.add(("smb",))
    _started(data, seen, path)


def _script(data: bytes, seen: _Seen, path: str) -> None:
    """Only a web query's address is its whole purpose."""
    if data[:3].upper() == b"WEB":
        _started(data, seen, path)


def _onenote(data: bytes, seen: _Seen, path: str) -> None:
    bodies = list(onenote_files(data))
    seen.shown(Picture(body) for body in bodies if candidate(body))
    for number, body in enumerate(bodies, 1):
        kind = kind_of(body)
        seen.name(f"{path}{number} ({kind})")
        if kind != "image":
            seen.add(("embedded-files",))
        if kind in _RISKY_KINDS or kind in ARCHIVES:
            seen.add(("risky-inside",))
    for name in onenote_names(data):
        seen.name(path + name.strip())
        seen.add(("embedded-files", "risky-inside"))


def _archive(kind: str, name: str, data: bytes, seen: _Seen, path: str, depth: int) -> None:
    found = locked = False
    for each in members(kind, name, data, seen.budget):
        found = True
        if each.encrypted:
            locked = True
            seen.add(("encrypted",))
        if not each.name:
            continue
        seen.name(path + each.name)
        _member(kind, each, seen, path, depth)
    if not found and kind in ("zip", "tar", "gz", "bz2", "xz", "iso", "rar", "7z", "cab"):
        seen.add(("damaged",))
    if locked and kind == "zip" and seen.passwords and attachment_zip.opens(data, seen.passwords):
        seen.add(("opened-with-password",))


def _member(within: str, each: Member, seen: _Seen, path: str, depth: int) -> None:
    group = class_of(each.name)
    seen.add(_by_name(within, each, group))
    if each.data is None:
        if group in ("archive", "disk-image"):
            seen.add(("nested-archive",))
        return
    kind = kind_of(each.data, each.name)
    if kind == "ole":
        kind = ole_kind(each.data)
    if kind in _RISKY_KINDS:
        seen.add(("risky-inside",))
    if kind in ARCHIVES:
        if within != "mail" and not (kind == "tar" and within in ("gz", "bz2", "xz")):
            seen.add(("nested-archive",))
        if depth >= DEPTH_LIMIT:
            seen.add(("cut",))
            return
    before = set(seen.traits)
    _inspect(kind, each.name, each.data, seen, f"{path}{each.name}!", depth + 1)
    if not _RISKY_TRAITS.isdisjoint(seen.traits.keys() - before):
        seen.add(("risky-inside",))


def _by_name(within: str, each: Member, group: str) -> Iterator[str]:
    """What a member's name and the sizes it is given with show."""
    swollen = each.size > RATIO_FROM and each.size > PADDED_RATIO * each.packed > 0
    if each.size > PADDED_SIZE or swollen:
        yield "padded"
    for trait in name_traits(each.name, ""):
        if trait in ("double-extension", "right-to-left-override"):
            yield trait
    if group in RISKY or group == "html":
        yield "risky-inside"
    if within in IMAGES:
        if each.name.lower() == "autorun.inf":
            yield "autorun"
        if group == "shortcut":
            yield "shortcut-in-image"


_READERS: dict[str, Callable[[bytes, _Seen, str], None]] = {
    "ole": lambda data, seen, _: seen.add(ole_traits(data)),
    "pdf": _pdf,
    "rtf": _rtf,
    "ooxml": _ooxml,
    "opendocument": _opendocument,
    "image": _picture,
    "text": lambda data, seen, _: seen.shown(drawn_in(data)),
    "html": _page,
    "xml": _page,
    "svg": lambda data, seen, path: _page(data, seen, path, svg=True),
    "mhtml": _web_archive,
    "onenote": _onenote,
    "shortcut": _shortcut,
    "script": _script,
    "contact": lambda data, seen, _: seen.lead(calendar_links(data)),
}
"""Kinds that hold no files to be gone into."""
