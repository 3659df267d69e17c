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
from tocsin.formats.syntax.attachment_documents import (
    onenote_files,
    onenote_names,
    pdf_links,
    pdf_traits,
    rtf_traits,
)
from tocsin.formats.syntax.attachment_kinds import RISKY, class_of, kind_of, name_traits
from tocsin.formats.syntax.attachment_limits import DEPTH_LIMIT, Budget, Member
from tocsin.formats.syntax.attachment_office import ole_kind, ole_traits, ooxml_traits
from tocsin.formats.syntax.attachment_pages import carried, page_text, page_traits
from tocsin.formats.syntax.link_parts import parts_of
from tocsin.model.message import Attachment

INSIDE_LIMIT = 50
"""Names of members that are kept."""

LEADS_LIMIT = 20
"""Hosts to which a PDF leads that are kept; of one that leads to more none is, for it is not known whole."""

PADDED_SIZE = 50 * 1024 * 1024
"""Bytes from which a file that is nearly all one byte is `padded`, beyond what scanners take."""

PADDED_RATIO = 100
"""Unpacked bytes for each packed one from which a member is `padded`."""

RATIO_FROM = 1024 * 1024
"""Bytes of a member from which its ratio says anything."""

_SAMPLES = 4096
_RISKY_KINDS = frozenset(
    (
        "script",
        "executable",
        "lnk",
        "shortcut",
        "onenote",
        "html",
        "svg",
        "chm",
        "vhd",
        "iso",
        "udf",
    )
)
_RISKY_TRAITS = frozenset(
    (
        "macro",
        "dde",
        "external-template",
        "smuggling",
        "credential-form",
        "launch",
        "exploit-object",
    )
)


class _Seen:
    """What is known so far of one attachment and all within."""

    def __init__(self, passwords: Sequence[str]) -> None:
        self.passwords = passwords
        self.budget = Budget()
        self.traits: dict[str, None] = {}
        self.inside: list[str] = []

    def add(self, traits: Iterable[str]) -> None:
        self.traits.update(dict.fromkeys(traits))

    def name(self, name: str) -> None:
        if len(self.inside) < INSIDE_LIMIT and name not in self.inside:
            self.inside.append("".join(c if c.isprintable() else "�" for c in name))


def look(
    name: str, declared: str, data: bytes, *, inline: bool, passwords: Sequence[str]
) -> Attachment:
    """The facts of one attached file. passwords: those the mail's text gives."""
    kind = kind_of(data, name, declared)
    if kind == "ole":
        kind = ole_kind(data)
    seen = _Seen(passwords)
    seen.add(name_traits(name, kind))
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
        leads=_leads(data) if "uri" in seen.traits and kind == "pdf" else (),
    )


def _leads(data: bytes) -> tuple[str, ...]:
    """The hosts that a PDF leads to."""
    hosts = [parts.host for each in pdf_links(data) if (parts := parts_of(each))]
    found = tuple(dict.fromkeys(hosts))
    return found if len(found) <= LEADS_LIMIT else ()


def _one_byte(data: bytes) -> bool:
    """Whether nine of ten sampled bytes are the same."""
    sample = data[:: max(1, len(data) // _SAMPLES)]
    return max(sample.count(byte) for byte in set(sample)) * 10 > len(sample) * 9


def _inspect(kind: str, name: str, data: bytes, seen: _Seen, path: str, depth: int) -> None:
    if kind in ARCHIVES:
        _archive(kind, name, data, seen, path, depth)
    elif kind in _PLAIN:
        seen.add(_PLAIN[kind](data))
    elif kind in ("ooxml", "opendocument"):
        for trait, part in ooxml_traits(data, seen.budget):
            seen.add((trait,))
            if trait == "embedded-object" and part:
                seen.name(path + part)
    elif kind in ("html", "svg", "mhtml", "xml"):
        text = page_text(data)
        seen.add(page_traits(text, svg=kind == "svg"))
        for found in carried(text):
            seen.add(("smuggling", "embedded-files"))
            seen.name(f"{path}({found})")
    elif kind == "onenote":
        _onenote(data, seen, path)
    elif kind == "shortcut":
        _shortcut(data, seen)


def _shortcut(data: bytes, seen: _Seen) -> None:
    lower = data[:8192].lower()
    if b"file:" in lower or b"\\\\" in lower:
        seen.add(("smb",))


def _onenote(data: bytes, seen: _Seen, path: str) -> None:
    for number, body in enumerate(onenote_files(data), 1):
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
        if not (kind == "tar" and within in ("gz", "bz2", "xz")):
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


_PLAIN: dict[str, Callable[[bytes], Iterable[str]]] = {
    "ole": ole_traits,
    "pdf": pdf_traits,
    "rtf": rtf_traits,
}
"""Kinds whose facts need neither limits nor names."""
