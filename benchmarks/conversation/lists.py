"""A mailing list as an organisation's mail: raw mails in time order, threads, two views.

A list stands in for an organisation: its servers are the organisation's servers, the domain with
most senders is the organisation's domain.
"""

from __future__ import annotations

import mailbox
import re
import tarfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from email.errors import HeaderParseError
from email.header import decode_header
from email.utils import getaddresses, mktime_tz, parsedate_tz
from pathlib import Path

import msgspec

HISTORY_SHARE = 0.4
"""The first part of every list's time is history only."""

INFRASTRUCTURE_SHARE = 0.6
"""A host that takes part in this share of all mails belongs to the organisation."""

HEADER_LIMIT = 400_000
IDS = re.compile(rb"<([^<>\s]{3,998})>")
BY = re.compile(r"\bby\s+([A-Za-z0-9._-]+)")
REPLY_MARK = re.compile(
    r"^\s*(?:re|aw|sv|antw|odp|ynt|fwd?|tr|wg|rv|vs)\s*(?:\[\d+\])?\s*:", re.IGNORECASE
)


class Party(msgspec.Struct, frozen=True):
    """One mailbox: display name as decoded, address in lower case."""

    name: str
    address: str

    @property
    def domain(self) -> str:
        return self.address.rpartition("@")[2]


class Mail(msgspec.Struct, frozen=True, kw_only=True):
    """One raw mail and what the injector and the replay need to know of it.

    at: seconds since 1970 at which the archive had it. author: who wrote it, where a list put itself
    into From. parent: Message-ID of the mail of the set that it answers. thread: id of the thread's
    first mail. own_addresses: neither author nor recipients; the list's own.
    """

    name: str
    raw: bytes
    at: int
    message_id: str
    subject: str
    author: Party
    to: tuple[Party, ...]
    cc: tuple[Party, ...]
    answers: tuple[str, ...]
    parent: str = ""
    thread: str = ""

    @property
    def people(self) -> tuple[Party, ...]:
        return (*self.to, *self.cc)


class MailList(msgspec.Struct, frozen=True, kw_only=True):
    """A list in time order. organisation: its domain. addresses: the list's own addresses."""

    name: str
    mails: tuple[Mail, ...]
    organisation: str
    addresses: frozenset[str]
    servers: frozenset[str]

    @property
    def begins(self) -> int:
        return self.mails[0].at

    @property
    def ends(self) -> int:
        return self.mails[-1].at

    def moment(self, share: float) -> int:
        """The time at which `share` of the list's mails have come."""
        return self.mails[min(len(self.mails) - 1, int(share * len(self.mails)))].at

    def crosses(self, author: str, recipients: Iterable[str]) -> bool:
        """Whether a mail passes the organisation's border, so that a gateway sees it."""
        inside = {self.organisation, *(a.rpartition("@")[2] for a in self.addresses)}
        if author.rpartition("@")[2] != self.organisation:
            return True
        return any(r.rpartition("@")[2] not in inside for r in recipients if r)


def read_list(path: Path, name: str = "") -> MailList:
    """Every mail below `path`: a folder of .eml, a Maildir, an mbox, or a tar of .eml."""
    return listed(sources(path), name or path.name.removesuffix(".tar.xz").removeprefix("threads-"))


def listed(raws: Iterable[tuple[str, bytes]], name: str) -> MailList:
    """Raw mails, each with its name, as one list."""
    mails = [mail for where, raw in sorted(raws) if (mail := _read(where, raw)) is not None]
    mails.sort(key=lambda mail: (mail.at, mail.name))
    known: dict[str, Mail] = {}
    for mail in mails:
        known.setdefault(mail.message_id, mail)
    mails = [mail for mail in mails if known[mail.message_id] is mail]
    addresses = _list_addresses(mails)
    threaded = tuple(_threaded(mails, known))
    return MailList(
        name=name,
        mails=threaded,
        organisation=_organisation(threaded, addresses),
        addresses=addresses,
        servers=_servers(threaded),
    )


def benign_replies(each: MailList, begin: int, end: int) -> list[Mail]:
    """Replies whose parent is a mail of the set, in [begin, end): the only mails taken as benign."""
    return [mail for mail in each.mails if mail.parent and begin <= mail.at < end]


def threads_of(mails: Sequence[Mail]) -> dict[str, list[Mail]]:
    """The mails of each thread, in time order."""
    found: dict[str, list[Mail]] = defaultdict(list)
    for mail in mails:
        found[mail.thread].append(mail)
    return found


def header_block(raw: bytes) -> tuple[list[tuple[str, str]], bytes]:
    """The fields of a mail in order, each value with its folding, and the body."""
    head, sep, body = raw.replace(b"\r\n", b"\n").partition(b"\n\n")
    fields: list[tuple[str, str]] = []
    for line in head[:HEADER_LIMIT].decode("utf-8", "surrogateescape").split("\n"):
        if line[:1] in " \t" and fields:
            fields[-1] = (fields[-1][0], f"{fields[-1][1]}\n{line}")
        elif ":" in line:
            key, _, value = line.partition(":")
            fields.append((key, value.removeprefix(" ")))
    return fields, body if sep else b""


def decoded(value: str) -> str:
    """A field's text, encoded words read, white space folded."""
    try:
        parts = decode_header(" ".join(value.split()))
    except (HeaderParseError, ValueError):
        return " ".join(value.split())
    text = ""
    for part, charset in parts:
        if isinstance(part, str):
            text += part
            continue
        try:
            text += part.decode(charset or "ascii", "replace")
        except LookupError:
            text += part.decode("latin-1")
    return " ".join(text.encode("utf-8", "replace").decode().split())


def sources(path: Path) -> Iterator[tuple[str, bytes]]:
    """The raw mails below a path, each with its name."""
    if path.is_file() and path.suffix in {".xz", ".tar", ".gz", ".tgz"}:
        with tarfile.open(path) as tar:
            for member in tar:
                stream = tar.extractfile(member) if member.name.endswith(".eml") else None
                if stream is not None:
                    yield member.name, stream.read()
    elif path.is_file():
        box = mailbox.mbox(path, create=False)
        for key in box.iterkeys():
            yield f"{path.name}#{key:08}", box.get_bytes(key)
    elif (path / "cur").is_dir():
        for each in (*(path / "cur").iterdir(), *(path / "new").glob("*")):
            yield each.name, each.read_bytes()
    else:
        for each in path.rglob("*"):
            if each.is_file() and each.suffix in {"", ".eml"}:
                yield str(each.relative_to(path)), each.read_bytes()


def _read(name: str, raw: bytes) -> Mail | None:
    fields, _ = header_block(raw[:HEADER_LIMIT])
    first: dict[str, str] = {}
    for key, value in fields:
        first.setdefault(key.lower(), value)
    at = _when(first.get("received", "").rpartition(";")[2]) or _when(first.get("date", ""))
    ids = IDS.findall(first.get("message-id", "").encode("utf-8", "surrogateescape"))
    if not at or not ids:
        return None
    answers = [first.get("in-reply-to", ""), *reversed(_ids(first.get("references", "")))]
    return Mail(
        name=name,
        raw=raw,
        at=at,
        message_id=ids[0].decode("utf-8", "replace"),
        subject=decoded(first.get("subject", "")),
        author=_author(first),
        to=_parties(first.get("to", "")),
        cc=_parties(first.get("cc", "")),
        answers=tuple(dict.fromkeys((*_ids(answers[0]), *answers[1:]))),
    )


def _ids(value: str) -> list[str]:
    raw = value.encode("utf-8", "surrogateescape")[:50_000]
    return [found.decode("utf-8", "replace") for found in IDS.findall(raw)]


def _when(value: str) -> int:
    try:
        parsed = parsedate_tz(" ".join(value.split()))
        return int(mktime_tz(parsed)) if parsed else 0
    except (ValueError, OverflowError, TypeError, IndexError):
        return 0


def _parties(value: str) -> tuple[Party, ...]:
    pairs = getaddresses([" ".join(value.split())]) if value else []
    return tuple(Party(decoded(name), address.lower()) for name, address in pairs if "@" in address)


def _author(first: dict[str, str]) -> Party:
    parties = _parties(first.get("from", "")) or (Party("", ""),)
    sender = parties[0]
    if " via " not in sender.name:
        return sender
    name = sender.name.partition(" via ")[0].strip("'\" ")
    original = _parties(first.get("x-original-from", "")) + _parties(first.get("reply-to", ""))
    for each in original:
        if each.address != sender.address:
            return Party(name, each.address)
    return Party(name, first.get("x-mailfrom", sender.address).strip().lower())


def _list_addresses(mails: Sequence[Mail]) -> frozenset[str]:
    counts: Counter[str] = Counter()
    for mail in mails:
        counts.update({party.address for party in mail.people})
    return frozenset(a for a, count in counts.most_common(5) if count > 0.4 * len(mails))


def _threaded(mails: Sequence[Mail], known: dict[str, Mail]) -> Iterator[Mail]:
    threads: dict[str, str] = {}
    for mail in mails:
        parent = next(
            (i for i in mail.answers if i in known and i != mail.message_id and i in threads), ""
        )
        threads[mail.message_id] = threads[parent] if parent else mail.message_id
        yield msgspec.structs.replace(mail, parent=parent, thread=threads[mail.message_id])


def _organisation(mails: Sequence[Mail], addresses: frozenset[str]) -> str:
    senders: dict[str, set[str]] = defaultdict(set)
    for mail in mails:
        if mail.author.address not in addresses:
            senders[mail.author.domain].add(mail.author.address)
    return max(senders, key=lambda domain: (len(senders[domain]), domain))


def _servers(mails: Sequence[Mail]) -> frozenset[str]:
    counts: Counter[str] = Counter()
    for mail in mails:
        fields, _ = header_block(mail.raw[:HEADER_LIMIT])
        received = [value for key, value in fields if key.lower() == "received"]
        counts.update({found[1] for value in received if (found := BY.search(value))})
    return frozenset(h for h, count in counts.items() if count > INFRASTRUCTURE_SHARE * len(mails))
