"""One mail, normalised once: the same record from every kind of input.

Everything a later judgement needs and no more: no attachment's content, no raw body. `text.new` is
cut at `NEW_TEXT_LIMIT`; quoted text is kept only as marks (hashed shingles) and as who was quoted.
Absent is empty or None, never a default that means something.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from tocsin.model.trust import Trust

NEW_TEXT_LIMIT = 4000
"""Characters of new text kept with a message."""

AuthResult = Literal[
    "", "pass", "fail", "softfail", "neutral", "none", "temperror", "permerror", "policy",
    "bestguesspass", "unknown", "hardfail",
]  # fmt: skip
"""RFC 8601 result words, and those that real servers write beside them. Empty: not stated."""


class Party(msgspec.Struct, frozen=True, gc=False):
    """A mailbox as RFC 5322 has it. name: decoded, white space folded; address: lower case."""

    name: str = ""
    address: str = ""

    @property
    def domain(self) -> str:
        """The part behind the last `@`."""
        return self.address.rpartition("@")[2]


class MailHop(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One `Received` line, top first. peer: the connecting host's address as `by` saw it; helo:
    what it called itself; channel: `smtp`, `mapi`, … for a line of Exchange, else empty."""

    by: str = ""
    by_address: str = ""
    helo: str = ""
    peer: str = ""
    protocol: str = ""
    channel: str = ""
    seen: datetime | None = None
    trust: Trust = "forgeable"


class Authentication(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What the reader's own side says of the sender (Authentication-Results, RFC 8601).

    by: the authserv-id, empty in Exchange Online's own form. spf_domain, dkim_domains: what was
    checked. compauth: Exchange Online's composite result. trusted: written by a host of the reader's
    own side, as far as its place in the header block shows. arc: the result of the ARC chain.
    """

    by: str = ""
    spf: AuthResult = ""
    spf_domain: str = ""
    dkim: AuthResult = ""
    dkim_domains: tuple[str, ...] = ()
    dmarc: AuthResult = ""
    compauth: str = ""
    arc: str = ""
    trusted: bool = False


class Attribution(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Who is quoted, as the line or block above a quote says it. date: as written."""

    name: str = ""
    address: str = ""
    date: str = ""
    subject: str = ""


QuoteStyle = Literal[
    "", "prefix", "outlook", "gmail", "apple", "blockquote", "pre", "lotus", "forward", "other"
]
"""How quoted text is set off: `>` lines, Outlook's header block, …; empty: nothing is quoted."""


class MailText(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What the sender wrote anew, apart from what is quoted.

    new: the new text, signature included, at most `NEW_TEXT_LIMIT` characters. new_words: how many
    words it has in all. marks and quoted_marks: keyed 64-bit hashes of sampled word shingles,
    smallest first (tocsin.formats.syntax.shingles). inline: new text stands between quoted lines.
    hidden: characters of text that the HTML hides from the reader's eye. content_words: distinct words
    of four letters and more in the new text, without greeting, signature, links and the names of those
    who write; shared_words: how many of them stand in the quoted text or the subject too. addresses:
    mail addresses written in the new text, in order. language, quoted_language: ISO 639-1,
    empty where the text is too short to tell. cues: what the new text speaks of, by the lexicon
    (tocsin.knowledge.lexicon): `document`, `payment-change`, `password`, `urgency`, ….
    """

    new: str = ""
    new_words: int = 0
    quoted_words: int = 0
    style: QuoteStyle = ""
    inline: bool = False
    attributions: tuple[Attribution, ...] = ()
    marks: tuple[int, ...] = ()
    quoted_marks: tuple[int, ...] = ()
    quoted_head: str = ""
    hidden: int = 0
    content_words: int = 0
    shared_words: int = 0
    addresses: tuple[str, ...] = ()
    language: str = ""
    quoted_language: str = ""
    cues: tuple[str, ...] = ()


class Link(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One distinct link. url: unwrapped (SafeLinks and the like), at most 2,000 characters.

    host: lower case; domain: registrable, or the host itself for an address. shown: the domain that
    the link's own text claims, where it differs. quoted: stands in quoted text only. wrapper: whose
    rewriting was taken off. shape: the path and query with their words generalised
    (tocsin.formats.syntax.links), which campaigns share. traits: what the form itself shows: `archive`,
    `address-host`, `credential`, `shortener`, `hosting`, `punycode`, `random`, `port`, ….
    related: the words of its host and path stand in the rest of the mail too.
    """

    url: str
    host: str
    domain: str
    shape: str = ""
    scheme: str = "http"
    shown: str = ""
    quoted: bool = False
    wrapper: str = ""
    traits: tuple[str, ...] = ()
    related: bool = False


class Attachment(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One attached file, looked at but never run.

    declared: the Content-Type it claims. kind: what its bytes are (`zip`, `ole`, `ooxml`,
    `onenote`, `html`, `iso`, `vhd`, `lnk`, `pdf`, `rtf`, `script`, `executable`, `image`, `text`,
    `mail`, `calendar`, `signature`, `encrypted`, `unknown`, …). traits: `macro`, `encrypted`,
    `double-extension`, `smuggling`, `padded`, `risky-inside`, `external-template`, `mismatch`,
    `code` (a code to scan that leads somewhere), ….
    inside: names of an archive's members (at most 50), with `!` between levels. leads: the
    hosts that it leads its reader to, none if they are more than 20.
    """

    name: str = ""
    declared: str = ""
    kind: str = "unknown"
    size: int = 0
    sha256: str = ""
    inline: bool = False
    traits: tuple[str, ...] = ()
    inside: tuple[str, ...] = ()
    leads: tuple[str, ...] = ()


class JournalReport(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The envelope of an Exchange journal report (MS-OXJNL): who really got the message.

    sender: the true submitter. recipients: every one, lists expanded, Bcc included; bcc: those that
    the report names as Bcc. expanded: (recipient, through which list or forwarding mailbox).
    """

    sender: str = ""
    on_behalf_of: str = ""
    recipients: tuple[str, ...] = ()
    bcc: tuple[str, ...] = ()
    expanded: tuple[tuple[str, str], ...] = ()


class Message(msgspec.Struct, frozen=True, kw_only=True, tag="message"):
    """One mail. `seen_by` and `trust` are what every body of `Evidence` carries.

    message_id, in_reply_to, references: without angle brackets. date: the Date field (UTC).
    topic: the subject without reply and forward marks of any language, lower case. author: who wrote
    it, where a mailing list put itself into From; otherwise the same as sender. envelope:
    Return-Path. thread_index: hex of the 22-byte conversation head of Thread-Index. client: what
    wrote it (`outlook-16`, `gmail`, …; tocsin.formats.syntax.mail_client); client_raw: the header
    it was taken from. id_form, boundary_form: the shapes of the Message-ID and of the outermost MIME
    boundary, digits and letters generalised; header_form: digest of the order of the fields that the
    author's program wrote. structure: the MIME tree in short (`alternative(plain,html)`). origin: the submitting client's address, if a header shows it.
    submission: registrable domain of the host that took the mail from its author. auth_as and
    auth_source are as written; `own_stamp` says whether they may be believed.
    """

    seen_by: Literal["mail"] = "mail"
    trust: Trust = "trusted"
    message_id: str = ""
    date: datetime | None = None
    received: datetime | None = None
    subject: str = ""
    topic: str = ""
    reply_marks: int = 0
    forward_marks: int = 0
    sender: Party = Party()
    author: Party = Party()
    more_senders: int = 0
    header_sender: Party | None = None
    reply_to: tuple[Party, ...] = ()
    envelope: str = ""
    to: tuple[Party, ...] = ()
    cc: tuple[Party, ...] = ()
    in_reply_to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    thread_index: str = ""
    thread_topic: str = ""
    list_id: str = ""
    automatic: bool = False
    hops: tuple[MailHop, ...] = ()
    origin: str = ""
    submission: str = ""
    authentication: Authentication = Authentication()
    auth_as: str = ""
    auth_source: str = ""
    auth_mechanism: str = ""
    own_stamp: bool = False
    client: str = ""
    client_raw: str = ""
    id_form: str = ""
    boundary_form: str = ""
    header_form: str = ""
    structure: str = ""
    text: MailText = MailText()
    links: tuple[Link, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    passwords: tuple[str, ...] = ()
    traits: tuple[str, ...] = ()
    journal: JournalReport | None = None
    size: int = 0

    @property
    def when(self) -> datetime | None:
        """When it arrived: the top `Received` line, which the sender does not write; else Date."""
        return self.received or self.date

    @property
    def recipients(self) -> tuple[str, ...]:
        """Addresses of all who are known to have got it, each once."""
        known = self.journal.recipients if self.journal else ()
        return tuple(
            dict.fromkeys((*known, *(p.address for p in (*self.to, *self.cc) if p.address)))
        )
