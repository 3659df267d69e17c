"""One mail as `Message` evidence, beside the `Host` evidence of its header block.

Here the pieces come together: the parts, the fields, the way, what the receiving side says, the
new text apart from the quoted one, links and files. No piece raises over hostile bytes; what a
limit leaves out is a `Gap`, and a mail always gives its record.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import msgspec

from tocsin.formats import Reading
from tocsin.formats.syntax import mail_fields, mail_identity
from tocsin.formats.syntax.attachments import look
from tocsin.formats.syntax.authentication_results import authentication
from tocsin.formats.syntax.domains import internal, registrable
from tocsin.formats.syntax.journal_report import envelope_only, journalled
from tocsin.formats.syntax.links import links
from tocsin.formats.syntax.mail_client import claims_outlook_falsely, client
from tocsin.formats.syntax.mail_codes import code_links
from tocsin.formats.syntax.mail_fields import Said
from tocsin.formats.syntax.mail_headers import HEADER_LIMIT, block_of, header_end
from tocsin.formats.syntax.mail_hosts import hosts
from tocsin.formats.syntax.mail_parties import online
from tocsin.formats.syntax.mail_parts import Part, Parts, parts
from tocsin.formats.syntax.mail_record import MAIL_LIMIT
from tocsin.formats.syntax.mail_subject import SUBJECT_LIMIT, topic
from tocsin.formats.syntax.mail_text import Anchor, split
from tocsin.formats.syntax.mail_way import Way, way
from tocsin.formats.syntax.passwords import passwords
from tocsin.formats.syntax.picture_codes import Searching, given_up
from tocsin.formats.syntax.tnef_mail import opened, without_streams
from tocsin.model.evidence import Evidence
from tocsin.model.finding import Gap
from tocsin.model.locator import Locator
from tocsin.model.message import Attachment, JournalReport, Message, Party
from tocsin.model.text import N_, Sentence, say

FILES_LIMIT = 500
"""Files of one mail that are looked into; the others are told in a Gap."""

FILE_BYTES_LIMIT = 128 * 1024 * 1024
"""Bytes of all its files together that are looked into."""

NAMES_LIMIT = 30
"""Names of participants that the text is freed of."""

_AHEAD = timedelta(days=1)


def message(raw: bytes, at: Locator, prefix: str, reading: Reading) -> Iterator[Evidence | Gap]:
    """What one mail says: its servers, then, where it is asked for, its record.

    prefix: put before each position, such as `offset 12345, `.
    """
    cut = len(raw) > HEADER_LIMIT and header_end(raw[:HEADER_LIMIT]) < 0
    if cut or reading.servers or not reading.messages:
        yield from hosts(block_of(raw[: HEADER_LIMIT + 4096], cut=cut), at, prefix, reading)
    if reading.messages:
        yield from records(raw, at, prefix, reading)


def records(raw: bytes, at: Locator, prefix: str, reading: Reading) -> Iterator[Evidence | Gap]:
    """The record of one mail, of the original where it is a journal report, and its gaps."""
    place = Locator(source=at.source, position=prefix.rstrip(", "), sha256=at.sha256)
    if len(raw) > MAIL_LIMIT:
        yield _limit(place, say(N_("only the first {limit} bytes of this mail were read"),
                                limit=MAIL_LIMIT))  # fmt: skip
        raw = raw[:MAIL_LIMIT]
    yield from records_of(parts(raw), len(raw), place, reading)


def records_of(
    taken: Parts, size: int, place: Locator, reading: Reading
) -> Iterator[Evidence | Gap]:
    """The same of a mail that was taken apart."""
    report = journalled(taken)
    if report is None and (whole := opened(taken)) is not taken:
        taken, report = whole, journalled(without_streams(whole))
        for why in whole.faults if report is not None else ():
            yield _limit(place, why)
    if report is None:
        yield from _record(taken, size, place, reading, None)
        return
    if report.original is None:
        why = say(N_("this journal report does not hold the message it reports"))
        yield Gap(at=place, why=why)
        yield _evidence(place, envelope_only(report))
        return
    original = report.original
    if isinstance(original, bytes):
        size = len(original)
        original = parts(original)
    yield from _record(opened(original), size, place, reading, report.envelope)


def _record(
    taken: Parts, size: int, place: Locator, reading: Reading, journal: JournalReport | None
) -> Iterator[Evidence | Gap]:
    for why in taken.faults:
        yield _limit(place, why)
    long = taken.header_size > mail_fields.LONG
    for name in mail_fields.long_fields(taken.headers) if long else ():
        why = say(
            N_("the field {name} is longer than {limit} bytes and read only in part"),
            name=name[:80], limit=mail_fields.LONG,
        )  # fmt: skip
        yield _limit(place, why)
    built, faults = build(taken, size, reading, journal)
    for why in faults:
        yield _limit(place, why)
    yield _evidence(place, built)


def _evidence(place: Locator, built: Message) -> Evidence:
    return Evidence(at=place, body=built, seen=built.when, quote="")


def _limit(place: Locator, why: Sentence) -> Gap:
    return Gap(at=place, kind="limit", why=why)


def build(
    taken: Parts, size: int, reading: Reading, journal: JournalReport | None = None
) -> tuple[Message, list[Sentence]]:
    """The record of a mail that was taken apart, and what limits left out of it."""
    said = mail_fields.said(taken)
    who = mail_fields.people(said)
    first = said.first
    auth_as = said.text("x-ms-exchange-organization-authas", 40)
    auth_source = said.text("x-ms-exchange-organization-authsource", 255)
    own = reading.own_domains
    came = way(
        said.many["received"], said.many["x-originating-ip"], own,
        vouched=auth_as.lower() == "internal",
    )  # fmt: skip
    identifier = mail_identity.message_id(first.get("message-id", b""))
    subject = said.text("subject", SUBJECT_LIMIT)
    about, replies, forwards = topic(subject)
    program, program_raw = client(first, identifier)
    text = split(taken.plain, taken.html, subject=subject, names=_names(who), key=reading.mark_key)
    secrets = passwords(f"{subject}\n{text.new}") if taken.files else ()
    codes = Searching()
    drawn, unread = code_links(taken.plain, taken.html, codes)
    files, faults = _files(taken.files, secrets, codes)
    anchors = (*text.anchors, *map(Anchor, drawn))
    trusted_by = came.hops[came.trusted - 1].by if came.trusted else ""
    built = Message(
        message_id=identifier,
        date=mail_fields.date(said),
        received=came.received,
        subject=subject,
        topic=about,
        reply_marks=replies,
        forward_marks=forwards,
        sender=who.sender,
        author=who.author,
        more_senders=who.more_senders,
        header_sender=who.header_sender,
        reply_to=who.reply_to,
        envelope=who.envelope,
        to=who.to,
        cc=who.cc,
        in_reply_to=mail_identity.ids(first.get("in-reply-to", b"")),
        references=mail_identity.ids(first.get("references", b"")),
        thread_index=mail_identity.thread_index(first.get("thread-index", b"")),
        thread_topic=said.text("thread-topic", 500),
        list_id=mail_fields.list_id(said),
        automatic=mail_fields.automatic(said, who.sender),
        hops=came.hops,
        origin=came.origin,
        submission=came.submission,
        authentication=authentication(
            said.results, said.chains, said.spf, trusted=came.trusted, last_trusted=trusted_by
        ),
        auth_as=auth_as,
        auth_source=auth_source,
        auth_mechanism=said.text("x-ms-exchange-organization-authmechanism", 40),
        own_stamp=bool(auth_as) and _own_stamp(came, auth_source, own),
        client=program,
        client_raw=program_raw,
        id_form=mail_identity.id_form(identifier, who.sender.domain),
        boundary_form=mail_identity.boundary_form(taken.boundary),
        header_form=mail_identity.header_form(taken.headers) if taken.written else "",
        structure=taken.structure,
        text=text.text,
        links=links(text.new, text.quoted, anchors, subject=subject),
        attachments=files,
        passwords=secrets,
        journal=journal,
        size=size,
    )
    return msgspec.structs.replace(built, traits=_traits(built, said)), [*unread, *faults]


def _names(who: mail_fields.People) -> tuple[str, ...]:
    everybody: list[Party] = [who.sender, who.author, *who.reply_to, *who.to, *who.cc]
    return tuple(dict.fromkeys(each.name for each in everybody[:NAMES_LIMIT] if each.name))


def _files(
    found: tuple[Part, ...], secrets: tuple[str, ...], codes: Searching
) -> tuple[tuple[Attachment, ...], list[Sentence]]:
    files: list[Attachment] = []
    faults: list[Sentence] = []
    size = 0
    for part in found:
        size += len(part.data)
        if len(files) >= FILES_LIMIT or size > FILE_BYTES_LIMIT:
            why = say(
                N_("{count} of the files of this mail are not looked into: they are too many"),
                count=len(found) - len(files),
            )
            faults.append(why)
            break
        inline = part.disposition == "inline" or bool(part.content_id and not part.disposition)
        files.append(
            look(part.name, part.declared, part.data, inline=inline, passwords=secrets, codes=codes)
        )
    if gone := given_up():
        faults.append(gone)
    return tuple(files), faults


def _own_stamp(came: Way, source: str, own: frozenset[str]) -> bool:
    """Whether Exchange's stamps may be believed.

    Its header firewall takes them off mail that crosses organisations. So they are believed where
    Exchange of the reader's own side wrote the topmost line and stamped the mail itself: the
    stamping server is of the same side as that line's. A mail without any line never was
    transported (a mailbox's own copy).
    """
    if not came.hops:
        return True
    if not came.by_exchange:
        return False
    top = came.top
    if online(top):
        return online(source) or not source or _of(source, own)
    if own and not (internal(top) or _of(top, own)):
        return False
    same = registrable(source) == registrable(top)
    return same or not source or internal(source) or online(source) or _of(source, own)


def _of(name: str, own: frozenset[str]) -> bool:
    return registrable(name) in {registrable(each) or each for each in own}


def _traits(built: Message, said: Said) -> tuple[str, ...]:
    """What the header block alone shows to be odd; none of it says that a mail is bad.

    `reply-to-self`: a reply whose only visible recipient is its own author.
    """
    first = said.first
    found: list[str] = []
    if not built.message_id:
        found.append("no-message-id")
    if built.date is None:
        found.append("no-date")
    if claims_outlook_falsely(built.client, built.message_id, first):
        found.append("client-mismatch")
    if built.reply_marks > 1:
        found.append("double-re")
    visible = {each.address for each in (*built.to, *built.cc)}
    replying = built.in_reply_to or built.references or built.reply_marks
    if replying and visible and visible == {built.author.address}:
        found.append("reply-to-self")
    if built.date and built.received and built.date - built.received > _AHEAD:
        found.append("future-date")
    if not built.hops:
        found.append("missing-received")
    return tuple(found)
