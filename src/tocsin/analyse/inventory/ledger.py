"""Sightings folded as they stream by: a million mails of ten servers are ten entries.

A `Ledger` is filled with evidence in any order and ledgers are merged in any order; both give the
same entries. That is what lets many processes read and one judge.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import msgspec

from tocsin.analyse.inventory.names import canonical, canonical_address, is_address
from tocsin.model.build import Version
from tocsin.model.evidence import Evidence, Host, Identifier, Look, SeenBy, Trust

ADDRESS_LIMIT = 64
"""Addresses kept per sighting; a NAT pool can show thousands."""
FACT_LIMIT = 40
"""Facts kept per sighting."""
IDENTIFIER_LIMIT = 64
"""Machine-made names kept per sighting."""
SAME_MOMENT = timedelta(hours=1)
"""Two lines of one message further apart than this do not speak of one moment."""

_LATE = datetime.max.replace(tzinfo=UTC)
_EARLY = datetime.min.replace(tzinfo=UTC)

NAMELESS = "\0"
"""Begins the stand-in name of a sighting that names no host: no host name can hold it."""

SightingKey = tuple[SeenBy, Trust, tuple[str, ...], str, str, str]

_TRANSIENT = frozenset({"message-id", "from", "from-address", "via", "with", "channel", "hint"})
"""Facts that belong to one message, not to the server."""


class Sighting(msgspec.Struct, kw_only=True):
    """What one kind of source says of one name: the same claim, seen `count` times.

    names are in lower case; spelled: how a source wrote them.
    """

    seen_by: SeenBy
    trust: Trust
    names: tuple[str, ...]
    product: str | None
    version: Version | None
    count: int = 0
    addresses: set[str] = msgspec.field(default_factory=set)
    identifiers: set[Identifier] = msgspec.field(default_factory=set)
    organisations: dict[str, int] = msgspec.field(default_factory=dict)
    facts: dict[str, str] = msgspec.field(default_factory=dict)
    spelled: dict[str, str] = msgspec.field(default_factory=dict)
    first: datetime | None = None
    last: datetime | None = None
    earliest: Evidence | None = None
    latest: Evidence | None = None

    @property
    def key(self) -> SightingKey:
        """Identity of the claim."""
        version = self.version
        return (
            self.seen_by,
            self.trust,
            self.names,
            self.product or "",
            version.precision if version else "",
            version.text if version else "",
        )

    @property
    def proofs(self) -> tuple[Evidence, ...]:
        """The earliest and the latest piece of evidence for it."""
        both = (self.earliest, self.latest)
        found = [each for each in both if each is not None]
        return tuple(found[:1] if len(found) == 2 and found[0] == found[1] else found)


class Pair(msgspec.Struct, frozen=True):
    """Two sightings of one server in one message, so true at the same moment `at`."""

    first: SightingKey
    second: SightingKey
    at: datetime


class Ledger(msgspec.Struct, kw_only=True):
    """Every claim once, and where anybody looked at all.

    left_out: sources some of whose evidence was set aside for its date, so that their silence
    about a server tells nothing.
    """

    sightings: dict[SightingKey, Sighting] = msgspec.field(default_factory=dict)
    pairs: dict[tuple[SightingKey, SightingKey], datetime] = msgspec.field(default_factory=dict)
    looks: dict[tuple[SeenBy, str], int] = msgspec.field(default_factory=dict)
    left_out: set[SeenBy] = msgspec.field(default_factory=set)
    online_hops: int = 0
    _message: tuple[str, str] = ("", "")
    _in_message: dict[str, list[tuple[SightingKey, datetime]]] = msgspec.field(default_factory=dict)

    def add(self, evidence: Evidence) -> None:
        """Fold one piece of evidence in."""
        body = evidence.body
        if isinstance(body, Look):
            place = (body.seen_by, body.scope)
            self.looks[place] = self.looks.get(place, 0) + body.records
            return
        if not isinstance(body, Host):
            return  # a mail as a whole is the conversation room's
        if body.product == "Exchange Online":
            self.online_hops += 1
            return
        sighting = self._sighting(body, evidence)
        _see(sighting, evidence, body)
        if body.seen_by == "mail" and body.version is not None and evidence.seen is not None:
            self._pair(evidence, body, sighting.key)

    def merge(self, other: Ledger) -> None:
        """Fold another ledger in."""
        for place, records in other.looks.items():
            self.looks[place] = self.looks.get(place, 0) + records
        self.online_hops += other.online_hops
        self.left_out |= other.left_out
        for key, theirs in other.sightings.items():
            mine = self.sightings.get(key)
            if mine is None:
                self.sightings[key] = theirs
            else:
                _merge(mine, theirs)
        for pair, at in other.pairs.items():
            self.pairs[pair] = max(at, self.pairs.get(pair, _EARLY))

    def _sighting(self, body: Host, evidence: Evidence) -> Sighting:
        named = {canonical(name) for name in body.names} - {""}
        names = tuple(sorted(name for name in named if not is_address(name)))
        version = body.version
        key: SightingKey = (
            body.seen_by,
            body.trust,
            names or _place(body, evidence),
            body.product or "",
            version.precision if version else "",
            version.text if version else "",
        )
        found = self.sightings.get(key)
        if found is None:
            found = self.sightings[key] = Sighting(
                seen_by=body.seen_by,
                trust=body.trust,
                names=key[2],
                product=body.product,
                version=version,
            )
        return found

    def _pair(self, evidence: Evidence, body: Host, key: SightingKey) -> None:
        message = (evidence.at.source, body.facts.get("message-id", ""))
        if message[1] == "" or evidence.seen is None:
            return
        if message != self._message:
            self._message = message
            self._in_message = {}
        for name in key[2]:
            here = self._in_message.setdefault(name, [])
            for other, at in here:
                if other != key and abs(evidence.seen - at) <= SAME_MOMENT:
                    pair = (min(other, key), max(other, key))
                    self.pairs[pair] = max(evidence.seen, at, self.pairs.get(pair, _EARLY))
            if (key, evidence.seen) not in here:
                here.append((key, evidence.seen))


def ledger_of(evidence: Iterable[Evidence]) -> Ledger:
    """A ledger of all the evidence."""
    ledger = Ledger()
    for each in evidence:
        ledger.add(each)
    return ledger


def _place(body: Host, evidence: Evidence) -> tuple[str, ...]:
    """What stands for a name where there is none: an address, else the folder of the source."""
    addresses = _addresses(body)
    if addresses:
        return (min(addresses),)
    return (NAMELESS + folder_of(evidence.at.source),)


def folder_of(source: str) -> str:
    """The folder of a source; an archive (`case.zip!member`) is a folder of its own."""
    plain = source.replace("\\", "/")
    return plain[: max(plain.rfind("/"), plain.rfind("!") + 1, 0)]


def _addresses(body: Host) -> set[str]:
    """Its addresses, those it is called by included."""
    stated = {canonical_address(each) for each in body.addresses}
    return stated | {canonical_address(each) for each in body.names if is_address(each)}


def _see(sighting: Sighting, evidence: Evidence, body: Host) -> None:
    sighting.count += 1
    sighting.addresses = _smallest(sighting.addresses | _addresses(body), ADDRESS_LIMIT)
    _keep_identifiers(sighting, body.identifiers)
    for name in body.names:
        _keep_fact(sighting.spelled, canonical(name), name.strip().rstrip("."))
    if body.organisation:
        organisation = body.organisation.lower()
        sighting.organisations[organisation] = sighting.organisations.get(organisation, 0) + 1
    for name, value in body.facts.items():
        if name not in _TRANSIENT:
            _keep_fact(sighting.facts, name, value)
    seen = evidence.seen
    if seen is not None:
        sighting.first = seen if sighting.first is None else min(sighting.first, seen)
        sighting.last = seen if sighting.last is None else max(sighting.last, seen)
    if sighting.earliest is None or _early(evidence) < _early(sighting.earliest):
        sighting.earliest = evidence
    if sighting.latest is None or _late(evidence) > _late(sighting.latest):
        sighting.latest = evidence


def _merge(mine: Sighting, theirs: Sighting) -> None:
    mine.count += theirs.count
    mine.addresses = _smallest(mine.addresses | theirs.addresses, ADDRESS_LIMIT)
    _keep_identifiers(mine, theirs.identifiers)
    for organisation, count in theirs.organisations.items():
        mine.organisations[organisation] = mine.organisations.get(organisation, 0) + count
    for name, value in theirs.facts.items():
        _keep_fact(mine.facts, name, value)
    for name, value in theirs.spelled.items():
        _keep_fact(mine.spelled, name, value)
    if theirs.first is not None:
        mine.first = theirs.first if mine.first is None else min(mine.first, theirs.first)
    if theirs.last is not None:
        mine.last = theirs.last if mine.last is None else max(mine.last, theirs.last)
    if theirs.earliest is not None and (
        mine.earliest is None or _early(theirs.earliest) < _early(mine.earliest)
    ):
        mine.earliest = theirs.earliest
    if theirs.latest is not None and (
        mine.latest is None or _late(theirs.latest) > _late(mine.latest)
    ):
        mine.latest = theirs.latest


def _keep_fact(facts: dict[str, str], name: str, value: str) -> None:
    # The smaller of two values and the smallest names, so that the order of reading does not show.
    facts[name] = min(facts.get(name, value), value)
    if len(facts) > FACT_LIMIT:
        del facts[max(facts)]


def _smallest(values: set[str], limit: int) -> set[str]:
    """What is kept of too many: the smallest, whichever came first."""
    return values if len(values) <= limit else set(sorted(values)[:limit])


def _keep_identifiers(sighting: Sighting, more: Iterable[Identifier]) -> None:
    sighting.identifiers.update(each for each in more if each.value.strip("0-{} "))
    if len(sighting.identifiers) > IDENTIFIER_LIMIT:
        kept = sorted(sighting.identifiers, key=lambda each: (each.kind, each.value))
        sighting.identifiers = set(kept[:IDENTIFIER_LIMIT])


def _early(evidence: Evidence) -> tuple[datetime, str, str]:
    return (evidence.seen or _LATE, evidence.at.source, evidence.at.position)


def _late(evidence: Evidence) -> tuple[datetime, str, str]:
    return (evidence.seen or _EARLY, evidence.at.source, evidence.at.position)
