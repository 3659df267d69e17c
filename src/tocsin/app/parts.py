"""What one worker brings back, and how parts become a whole in flat memory."""

from __future__ import annotations

import hashlib
import os
import zlib

import msgspec

from tocsin.analyse.hunt.whole import HuntPart, HuntWhole
from tocsin.analyse.inventory.ledger import Ledger
from tocsin.analyse.trust.flows import FLOWS_LIMIT, Flows
from tocsin.app.configured import Configured
from tocsin.formats.syntax.domains import registrable
from tocsin.model.evidence import Evidence
from tocsin.model.finding import Gap, GapKind
from tocsin.model.locator import Locator
from tocsin.model.message import Message
from tocsin.model.run import GapRecord, Skipped, Source
from tocsin.model.text import N_, Sentence, say
from tocsin.store.spool import Spool

SOURCES_PER_FOLDER = 500
"""Files of one folder listed each by name; above it the folder's files are folded into one entry."""
GAP_LIMIT = 2000
"""Gaps kept by place; further ones are counted per reason."""
SKIPPED_PER_REASON = 20
"""Skipped files named per folder and reason; further ones are counted."""

SENDERS_COUNTED = 5000
"""Addresses of one domain that are told apart when the reader's own domain is inferred."""

_MODULUS = 1 << 256
_PACK = msgspec.msgpack.Encoder().encode


class Skips(msgspec.Struct, kw_only=True):
    """What was not read: the first few of a folder and reason by name, the rest counted."""

    kept: dict[tuple[str, str], list[Skipped]] = msgspec.field(default_factory=dict)

    def add(self, skipped: Skipped) -> None:
        """Keep it, or count it with the last one that is kept."""
        folder = os.path.dirname(skipped.source)
        kept = self.kept.setdefault((folder, str(skipped.why)), [])
        if len(kept) < SKIPPED_PER_REASON:
            kept.append(skipped)
            return
        files = kept[-1].files + skipped.files
        kept[-1] = msgspec.structs.replace(kept[-1], source=os.path.join(folder, "…"), files=files)

    def all(self) -> list[Skipped]:
        """Every entry."""
        return [each for kept in self.kept.values() for each in kept]


class Part(msgspec.Struct, kw_only=True):
    """What was read: claims, mails, sources, what was skipped or lost, and how much.

    mails: (seconds, place among those of one second, packed `Evidence`). senders: by registrable
    domain, marks of its addresses. delivered: mails that a host of a recipient's own domain took in,
    by that domain. settings: what exports say of the configuration, and that they were asked. digests:
    SHA-256 of sources that were hashed while they were read, by source.
    """

    ledger: Ledger = msgspec.field(default_factory=Ledger)
    sources: list[Source] = msgspec.field(default_factory=list)
    digests: dict[str, str] = msgspec.field(default_factory=dict)
    skipped: Skips = msgspec.field(default_factory=Skips)
    gaps: list[Gap] = msgspec.field(default_factory=list)
    lost_gaps: int = 0
    files: int = 0
    size: int = 0
    records: dict[str, int] = msgspec.field(default_factory=dict)
    mails: list[tuple[int, int, bytes]] = msgspec.field(default_factory=list)
    senders: dict[str, set[int]] = msgspec.field(default_factory=dict)
    delivered: dict[str, int] = msgspec.field(default_factory=dict)
    hunt: HuntPart = msgspec.field(default_factory=HuntPart)
    settings: Configured = msgspec.field(default_factory=Configured)
    flows: Flows = msgspec.field(default_factory=Flows)

    def mail(self, each: Evidence) -> None:
        """Keep a mail, packed, with its time; and who wrote it, to tell whose organisation this is."""
        message = each.body
        assert isinstance(message, Message)
        when = each.seen
        seconds = int(when.timestamp()) if when is not None else 0
        # Mails of one second come in the same order however the files are named and read.
        own = zlib.crc32(message.message_id.encode("utf-8", "surrogatepass"))
        at = zlib.crc32(f"{each.at.source} {each.at.position}".encode("utf-8", "surrogatepass"))
        self.mails.append((seconds, own << 31 | at >> 1, _PACK(each)))
        domain = registrable(message.author.domain)
        if domain and not message.automatic:
            known = self.senders.setdefault(domain, set())
            if len(known) < SENDERS_COUNTED:
                known.add(zlib.crc32(message.author.address.encode("utf-8", "surrogatepass")))
        if message.hops and (here := registrable(message.hops[0].by)):
            to = {registrable(each.rpartition("@")[2]) for each in message.recipients[:20]}
            if here in to:
                self.delivered[here] = self.delivered.get(here, 0) + 1

    def gap(self, gap: Gap) -> None:
        """Keep a gap, or count it where there are too many."""
        if len(self.gaps) < GAP_LIMIT:
            self.gaps.append(gap)
        else:
            self.lost_gaps += 1


class _Folded(msgspec.Struct, kw_only=True):
    format: str
    files: int = 0
    size: int = 0
    records: int = 0
    digest: int = 0


class Whole:
    """All parts of a run, folded as they come in any order. spool: takes the mails; hunt: what was
    found in logs."""

    def __init__(self, spool: Spool | None = None, hunt: HuntWhole | None = None) -> None:
        self.ledger = Ledger()
        self.spool = spool
        self.hunt = hunt
        self.settings = Configured()
        self.flows = Flows()
        self.senders: dict[str, set[int]] = {}
        self.delivered: dict[str, int] = {}
        self.files = 0
        self.size = 0
        self.recognised = 0
        self.records: dict[str, int] = {}
        self.digests: dict[str, str] = {}
        self._sources: dict[tuple[str, str], list[Source]] = {}
        self._folded: dict[tuple[str, str], _Folded] = {}
        self._skipped = Skips()
        self._gaps: dict[tuple[str, str, str, str], GapRecord] = {}
        self._lost_gaps = 0

    def add(self, part: Part) -> None:
        """Fold one part in."""
        self.ledger.merge(part.ledger)
        self.files += part.files
        self.size += part.size
        for name, count in part.records.items():
            self.records[name] = self.records.get(name, 0) + count
        self.digests.update(part.digests)
        for source in part.sources:
            self._source(source)
        for skipped in part.skipped.all():
            self.skip(skipped)
        for gap in part.gaps:
            self.gap(gap)
        self._lost_gaps += part.lost_gaps
        if self.spool is not None:
            for when, place, data in part.mails:
                self.spool.append(when, data, place)
        if self.hunt is not None:
            self.hunt.add(part.hunt)
        self.settings.merge(part.settings)
        self.flows.merge(part.flows)
        for domain, known in part.senders.items():
            self.senders.setdefault(domain, set()).update(known)
        for domain, count in part.delivered.items():
            self.delivered[domain] = self.delivered.get(domain, 0) + count

    def skip(self, skipped: Skipped) -> None:
        """Keep what was not read."""
        self._skipped.add(skipped)

    def gap(self, gap: Gap) -> None:
        """Keep a gap; alike ones of one source are counted together."""
        key = (gap.at.source, gap.kind, gap.why.template, str(gap.why) if gap.at.source else "")
        found = self._gaps.get(key)
        if found is not None:
            first = min(found.position, gap.at.position)
            self._gaps[key] = msgspec.structs.replace(found, count=found.count + 1, position=first)
        elif len(self._gaps) < GAP_LIMIT:
            self._gaps[key] = _record(gap.at, gap.kind, gap.why)
        else:
            self._lost_gaps += 1

    def sources(self) -> tuple[Source, ...]:
        """Every source by name; folded folders as one entry each."""
        found = [each for kept in self._sources.values() for each in kept]
        for (folder, name), fold in self._folded.items():
            found.append(
                Source(
                    source=folder,
                    format=name,
                    size=fold.size,
                    sha256=hashlib.sha256(fold.digest.to_bytes(32, "big")).hexdigest(),
                    files=fold.files,
                    records=fold.records,
                )
            )
        return tuple(sorted(found, key=lambda each: (each.source, each.format)))

    def skipped(self) -> tuple[Skipped, ...]:
        """What was not read, by place."""
        return tuple(sorted(self._skipped.all(), key=lambda each: (each.source, str(each.why))))

    def skipped_files(self) -> int:
        """How many files were not read."""
        return sum(each.files for each in self._skipped.all())

    def gaps(self) -> tuple[GapRecord, ...]:
        """What was lost, worst kind first; a last entry counts what did not fit."""
        order = {"unreadable": 0, "limit": 1, "undecided": 2, "not-collected": 3}
        for gap in self.settings.gaps():
            self.gap(gap)
        found = sorted(
            self._gaps.values(), key=lambda each: (order[each.kind], each.source, each.position)
        )
        self.flows.all()
        if self.flows.dropped:
            why = say(N_("mails of more ways than the {limit} that are kept"), limit=FLOWS_LIMIT)
            found.append(
                msgspec.structs.replace(
                    _record(Locator(source="…"), "limit", why), count=self.flows.dropped
                )
            )
        if self._lost_gaps:
            why = say(N_("more gaps than the {limit} that are kept"), limit=GAP_LIMIT)
            found.append(
                msgspec.structs.replace(
                    _record(Locator(source="…"), "limit", why), count=self._lost_gaps
                )
            )
        return tuple(found)

    def _source(self, source: Source) -> None:
        self.recognised += source.files
        key = (os.path.dirname(source.source), source.format)
        fold = self._folded.get(key)
        if fold is None:
            kept = self._sources.setdefault(key, [])
            kept.append(source)
            if len(kept) <= SOURCES_PER_FOLDER:
                return
            fold = self._folded[key] = _Folded(format=source.format)
            for each in self._sources.pop(key):
                _fold(fold, each)
            return
        _fold(fold, source)


def _fold(fold: _Folded, source: Source) -> None:
    # A sum does not depend on the order in which many hands finish.
    fold.files += source.files
    fold.size += source.size
    fold.records += source.records
    fold.digest = (fold.digest + int(source.sha256 or "0", 16)) % _MODULUS


def _record(at: Locator, kind: GapKind, why: Sentence) -> GapRecord:
    return GapRecord(source=at.source, position=at.position, kind=kind, why=str(why), sentence=why)
