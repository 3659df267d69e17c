"""The second axis: what does it want the reader to open, or to pay?

Novelty is the organisation's and the sender's, not the world's. What a mail's words speak of comes
from the lexicon; whether they speak of what the thread speaks of needs no language at all.
"""

from __future__ import annotations

import re

from tocsin.analyse.conversation.identity import Observed, Scene
from tocsin.analyse.conversation.links import links
from tocsin.analyse.conversation.sheet import drawing, kind_of
from tocsin.formats.syntax.attachment_kinds import class_of
from tocsin.formats.syntax.attachments import INSIDE_LIMIT
from tocsin.formats.syntax.domains import registrable
from tocsin.formats.syntax.link_form import service_of
from tocsin.knowledge.mail_tables import link_signs
from tocsin.knowledge.public_sites import public_sites
from tocsin.model.message import Attachment, Message

SHORT = 60
"""Words of new text up to which an answer is short."""

REQUEST = 150
"""Words up to which a text asks for something: a shop that sells vouchers writes more."""

QUOTED_LEAST = 12
"""Quoted words without which nothing can be said about the thread's subject."""

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
    "polyglot": "file-disguised",
    "hidden-link": "file-smuggling",
    "opens-by-itself": "file-active-pdf",
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
    "ace": "file-archive", "arj": "file-archive", "lzh": "file-archive", "uue": "file-archive",
}  # fmt: skip

_EVERYDAY = frozenset({"text", "image", "media", "calendar", "signature"})
"""Kinds of files that strangers send each other without a second thought."""

_PLAIN = frozenset({"text", "image", "media"})
"""Classes of files that run nothing and lead nowhere."""

_PHONE = re.compile(r"(?<![\w/.-])\+?\(?\d[\d ()./-]{6,18}\d(?![\w/-])")

_MESSENGER = re.compile(
    r"(?:whats ?app|telegram|\bviber|threema|we ?chat|kakao ?talk|\bzalo\b|微信|ワッツアップ|ватсап|вотсап|телеграм\w*|вайбер)"
    r"[^\n]{0,60}?\+?\(?\d[\d ()./-]{6,18}\d"
    r"|\d[\d ()./-]{6,18}\d[^\n]{0,40}?(?:whats ?app|telegram|viber|threema|we ?chat|微信|ватсап|телеграм\w*)"
    r"|\bsignal\w{0,3}\b[^\n]{0,60}?\+\d[\d ()./-]{7,18}\d|\+\d[\d ()./-]{7,18}\d[^\n]{0,40}?\b(?:on|via|per|auf|sur|por|su|op|przez) signal\b",
    re.IGNORECASE,
)
"""A messenger and a number to be reached at there, in one line."""

_USER_CODE = re.compile(
    r"(?<![\w/.-])(?!(?:RFC|ISO|INC|CVE|KB|REQ|CHG|TKT|SR)-?\d)(?:(?=[A-Z]*\d)(?=\d*[A-Z])[A-Z\d]{6,10}"
    r"|[B-DF-HJ-NP-TV-XZ]{8,9}|(?!\d{3,4}-\d)[B-DF-HJ-NP-TV-XZ\d]{3,4}-[B-DF-HJ-NP-TV-XZ\d]{3,5})(?![\w/-])"
)
"""A code to be entered where a device is let in: as Microsoft, Google and GitHub write it (RFC 8628, 6.1)."""

_NAMED = (
    "whats", "telegram", "viber", "threema", "wechat", "we chat", "kakao", "zalo", "signal", "微信",
    "ワッツアップ", "ватсап", "вотсап", "телеграм", "вайбер",
)  # fmt: skip
"""One of these stands in any text that names a messenger: looked for first, as it is much quicker."""

_SHOWS = frozenset({"image", "pdf", "ooxml", "ole", "opendocument"})
"""Kinds of files that can show a code to scan."""

_COMPRESSED = frozenset({"gz", "bz2", "xz", "tar", "zstd"})

_CUES = {
    "document": "asks-to-open", "open-request": "asks-to-open", "link-request": "asks-to-open",
    "signature-service": "asks-to-open", "voice-mail": "asks-to-open", "parcel": "asks-to-open",
    "invoice": "speaks-of-money", "payment": "speaks-of-money", "bank": "speaks-of-bank",
    "payment-change": "payment-change", "credentials": "asks-for-password", "urgency": "urgent", "secrecy": "secret",
    "gift-card": "payment-change", "phone-move": "moves-elsewhere", "scan-code": "asks-to-scan",
    "call-back": "asks-to-call", "charge-call": "charged-unless-called", "records": "asks-for-records", "coins": "asks-for-coins",
    "one-time-code": "asks-for-code",
}  # fmt: skip


def observe(scene: Scene, found: Observed) -> None:
    """Add what stands out about what is wanted."""
    links(scene, found)
    _attachments(scene, found)
    _words(scene, found)


def _attachments(scene: Scene, found: Observed) -> None:
    for each, everybody, mine in scene.page.attachments:
        _attachment(scene, found, each, everybody, mine)


def _attachment(scene: Scene, found: Observed, each: Attachment, everybody: int, mine: int) -> None:
    if everybody not in scene.facts:
        found["file-new"] = scene.experience
    elif mine not in scene.facts:
        found["file-new-to-sender"] = 1.0
    # What this sender has never sent weighs by how much is known; what he has, only by its form.
    fresh = scene.experience if mine not in scene.facts else 0.0
    # A patch or a log that is only compressed is no archive of programs.
    kinds = ({_KINDS.get(each.kind, "")} | {_RISKY.get(trait, "") for trait in each.traits}) - {""}
    if "named-archive" in each.traits and each.kind not in _COMPRESSED:
        kinds.add("file-archive")
    if kinds == {"file-archive"} and _plain(each):
        kinds.clear()
    if drawing(each):
        kinds.clear()
    found.update(dict.fromkeys(kinds, 1.0))
    if kinds:
        found["file-risky"] = 1.0
        if fresh:
            found["file-risky-new"] = fresh
    _document(scene, found, each, fresh)


def _document(scene: Scene, found: Observed, each: Attachment, fresh: float) -> None:
    """fresh: how far it says anything that its sender never sent its kind."""
    kind = kind_of(each)
    if kind not in _EVERYDAY:
        found["file-any"] = 1.0
    if "mismatch" in each.traits:
        found["file-mismatch"] = 1.0
    if kind == "pdf":
        found["file-pdf"] = 1.0
    code = "code" in each.traits
    if (fresh or code) and each.leads and not _familiar(scene, found, each):
        if fresh:
            found["file-leads-on" if kind == "pdf" else "document-leads-on"] = fresh
        if code:
            # Who has a code in his signature sends one with every mail: where it leads is what counts.
            found["scan-code-leads"] = scene.experience


def _familiar(scene: Scene, found: Observed, file: Attachment) -> bool:
    """Whether a file leads only to its sender's own site, to ours, or where people here have led.

    What anybody can put on a site that many share is familiar to nobody.
    """
    author = "" if "look-alike" in found else registrable(scene.message.author.domain)
    keys = dict(scene.page.leads)
    return all(
        not service_of(host)
        and (
            registrable(host) in {author, *scene.own} - {""}
            or registrable(host) in public_sites()
            or host in link_signs().meetings
            or keys.get(host) in scene.facts
        )
        for host in file.leads
    )


def _plain(archive: Attachment) -> bool:
    """Whether all of an open archive was seen, and is logs, texts and pictures."""
    unseen = not {"encrypted", "damaged", "cut", "nested-archive"}.isdisjoint(archive.traits)
    names = archive.inside
    return (
        0 < len(names) < INSIDE_LIMIT
        and not unseen
        and all(class_of(each) in _PLAIN for each in names)
    )


def _words(scene: Scene, found: Observed) -> None:
    message = scene.message
    text = message.text
    _cues(message, found)
    if message.passwords:
        found["password-given"] = 1.0
    if "link-device-login" in found and _USER_CODE.search(text.new) is not None:
        found["code-given"] = 1.0
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


def _cues(message: Message, found: Observed) -> None:
    """What the lexicon understands."""
    for cue in message.text.cues:
        name = _CUES.get(cue)
        if name and _shown(name, message):
            found[name] = 1.0
    if "gift-card" in message.text.cues and message.text.new_words <= REQUEST:
        found["asks-for-gift-cards"] = 1.0
    text = message.text.new
    lower = text.lower()
    if any(name in lower for name in _NAMED) and _MESSENGER.search(text) is not None:
        found["moves-to-messenger"] = 1.0


def _shown(name: str, message: Message) -> bool:
    """Whether what the words point at is there: a picture to scan, a number to call."""
    if name == "asks-to-scan":
        return any(each.kind in _SHOWS for each in message.attachments)
    return (
        name not in ("asks-to-call", "charged-unless-called")
        or _PHONE.search(message.text.new) is not None
    )
