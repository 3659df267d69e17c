"""The second axis: what does it want the reader to open, or to pay?

Novelty is the organisation's and the sender's, not the world's. What a mail's words speak of comes
from the lexicon; whether they speak of what the thread speaks of needs no language at all.
"""

from __future__ import annotations

from tocsin.analyse.conversation.identity import Observed, Scene
from tocsin.analyse.conversation.sheet import kind_of
from tocsin.formats.syntax.domains import registrable
from tocsin.knowledge.public_sites import public_sites
from tocsin.model.message import Link

SHORT = 60
"""Words of new text up to which an answer is short."""

QUOTED_LEAST = 12
"""Quoted words without which nothing can be said about the thread's subject."""

_LINK_TRAITS = (
    "archive", "executable", "script", "office", "credential", "address-host", "shortener",
    "random", "punycode", "smb", "redirect", "hosting", "free-host", "userinfo", "port",
    "recipient", "latin-words", "deep-subdomain",
)  # fmt: skip
"""Traits of a link's form that count when its domain is new to the organisation or the sender."""

_RISKY = {
    "macro": "file-macro",
    "named-office-macro": "file-macro",
    "named-office-legacy": "file-legacy-office",
    "named-onenote": "file-onenote",
    "named-html": "file-page",
    "named-script": "file-program",
    "named-executable": "file-program",
    "named-shortcut": "file-program",
    "named-disk-image": "file-disk-image",
    "smuggling": "file-smuggling",
    "credential-form": "file-smuggling",
    "encrypted": "file-encrypted",
    "risky-inside": "file-risky-inside",
    "double-extension": "file-disguised",
    "right-to-left-override": "file-disguised",
    "padded": "file-disguised",
    "external-template": "file-macro",
    "dde": "file-macro",
    "opened-with-password": "file-encrypted",
    "shortcut-in-image": "file-risky-inside",
    "autorun": "file-risky-inside",
    "exploit-object": "file-macro",
    "smb": "file-active-pdf",
    "javascript": "file-active-pdf",
    "launch": "file-active-pdf",
}
"""What an attachment's traits add up to."""

_KINDS = {
    "onenote": "file-onenote", "html": "file-page", "svg": "file-page", "mhtml": "file-page",
    "iso": "file-disk-image", "vhd": "file-disk-image", "lnk": "file-program",
    "script": "file-program", "executable": "file-program", "ole": "file-legacy-office",
    "udf": "file-disk-image", "disk": "file-disk-image", "wim": "file-disk-image",
    "shortcut": "file-program", "chm": "file-program", "zip": "file-archive", "7z": "file-archive", "rar": "file-archive", "cab": "file-archive",
}  # fmt: skip

OWN_SHORTENERS = frozenset({"aka.ms", "youtu.be"})
"""Shorteners that lead to their owner's own pages only."""

_SHARED = frozenset({"hosting", "shortener", "free-host"})

_COMPRESSED = frozenset({"gz", "bz2", "xz", "tar", "zstd"})

_CUES = {
    "document": "asks-to-open", "open-request": "asks-to-open", "link-request": "asks-to-open",
    "signature-service": "asks-to-open", "voice-mail": "asks-to-open", "parcel": "asks-to-open",
    "invoice": "speaks-of-money", "payment": "speaks-of-money", "bank": "speaks-of-bank",
    "payment-change": "payment-change",     "credentials": "asks-for-password", "urgency": "urgent", "secrecy": "secret",
    "gift-card": "payment-change", "phone-move": "moves-elsewhere",
}  # fmt: skip


def observe(scene: Scene, found: Observed) -> None:
    """Add what stands out about what is wanted."""
    _links(scene, found)
    _attachments(scene, found)
    _words(scene, found)


def _links(scene: Scene, found: Observed) -> None:
    # A stranger's signature leads to his own company; only one who is made to look like somebody we
    # know is not believed even that.
    author = "" if "look-alike" in found else registrable(scene.message.author.domain)
    strange = []
    fresh = 0
    for link, everybody, mine in scene.page.links:
        if link.domain in scene.own or link.domain == author:
            continue
        if _link(link, found, scene, everybody, mine):
            strange.append(link)
            fresh += everybody not in scene.facts
    if strange and not any(link.related for link in strange):
        found["link-unrelated"] = 1.0
    if fresh and fresh == len(scene.page.links):
        found["links-all-new"] = scene.experience
        if fresh == 1:
            found["link-one-new"] = scene.experience


def _link(link: Link, found: Observed, scene: Scene, everybody: int, mine: int) -> bool:
    """One link of the new text; whether it leads where nobody here, or its sender never, has led."""
    facts = scene.facts
    shared = not _SHARED.isdisjoint(link.traits)
    fresh = everybody not in facts
    if fresh and link.domain in public_sites() and (not shared or link.domain in OWN_SHORTENERS):
        return False
    if shared:
        found["hosting"] = 1.0
        if mine not in facts:
            found["hosting-new-to-sender"] = scene.experience
    if fresh:
        found["link-new"] = scene.experience
        if link.wrapper:
            found["link-wrapped"] = 1.0
    elif mine not in facts:
        found["link-new-to-sender"] = 1.0
    strange = fresh or (shared and mine not in facts)
    if strange:
        _form(link, found)
    return strange


def _form(link: Link, found: Observed) -> None:
    for trait in link.traits:
        if trait in _LINK_TRAITS:
            found[f"link-{trait}"] = 1.0
    if link.shown:
        found["link-shows-another"] = 1.0
    if link.scheme in ("file", "smb"):
        found["link-smb"] = 1.0


def _attachments(scene: Scene, found: Observed) -> None:
    facts = scene.facts
    for each, everybody, mine in scene.page.attachments:
        if everybody not in facts:
            found["file-new"] = scene.experience
        elif mine not in facts:
            found["file-new-to-sender"] = 1.0
        # A patch or a log that is only compressed is no archive of programs.
        traits = {_RISKY.get(trait, "") for trait in each.traits}
        kinds = ({_KINDS.get(each.kind, "")} | traits) - {""}
        if "named-archive" in each.traits and each.kind not in _COMPRESSED:
            kinds.add("file-archive")
        for name in kinds:
            found[name] = 1.0
        if kinds:
            found["file-risky"] = 1.0
            if mine not in facts:
                found["file-risky-new"] = scene.experience
        if "mismatch" in each.traits:
            found["file-mismatch"] = 1.0
        if kind_of(each) == "pdf":
            found["file-pdf"] = 1.0


def _words(scene: Scene, found: Observed) -> None:
    message = scene.message
    text = message.text
    for cue in text.cues:
        name = _CUES.get(cue)
        if name:
            found[name] = 1.0
    if message.passwords:
        found["password-given"] = 1.0
    if any(key not in scene.facts for key in scene.page.accounts):
        found["account-new"] = 1.0
    if text.new_words <= SHORT:
        found["short"] = 1.0
    if scene.answers and text.quoted_words >= QUOTED_LEAST:
        # Everyday words are not counted. An answer has words of its thread; a lure has none, or one
        # by chance.
        if not text.shared_words:
            found["off-topic"] = 1.0 if text.content_words else 0.8
        elif text.shared_words == 1 and text.content_words >= 8:
            found["off-topic"] = 0.5
