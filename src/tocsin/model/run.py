"""The one result document. Every output is a pure function of it."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from tocsin.model.conversation import Conversations
from tocsin.model.evidence import SeenBy
from tocsin.model.finding import Confidence, GapKind, Level, Status
from tocsin.model.hunt import Hunt
from tocsin.model.text import Sentence
from tocsin.model.trusts import Acceptance, Plan, Trusts

Hidden = bool | Literal["unknown"]
"""Whether the internet cannot see a server; `unknown` when nobody looked from there."""

RUN_FORMAT = "tocsin-run"
RUN_VERSION = 1


class Tool(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What made the run: name, version and the command line as typed."""

    name: str
    version: str
    command: str = ""


class KnowledgeState(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which facts were used: SHA-256 over the data files, the date they are true of, counts."""

    digest: str
    date: str
    builds: int
    advisories: int
    private: tuple[str, ...] = ()


class Source(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One input that was read. For a folder of many small files, one entry stands for `files`.

    sha256 is that of the bytes; of a folded folder, that of its files' sorted digests.
    """

    source: str
    format: str
    size: int
    sha256: str
    files: int = 1
    records: int = 0


class Skipped(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Inputs that were not read, and why; alike ones are counted together."""

    source: str
    why: Sentence
    files: int = 1


class Proof(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One piece of evidence as it is written down. `seen` is when it was true, if stated."""

    source: str
    position: str
    sha256: str
    quote: str
    seen_by: SeenBy
    seen: datetime | None = None
    trust: str = "trusted"


class BuildSpan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Lowest and highest build that the evidence allows; equal when it is exact."""

    low: str
    high: str


class HistoryEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The build a server showed from `first` to `last`, `count` times. Undated: both None."""

    low: str
    high: str
    label: str
    printed: str
    seen_by: SeenBy
    trust: str
    count: int
    first: datetime | None
    last: datetime | None
    evidence: tuple[Proof, ...]


class Visibility(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One cell of "who can see it". seen: None when nobody looked from there."""

    by: Literal["internet", "exchange-online", "directory", "mail", "inside-probe", "export"]
    seen: bool | None
    evidence: tuple[Proof, ...] = ()


class Joining(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why two names are one server, or a resemblance that was too weak to join them."""

    rule: str
    value: str
    because: Sentence


class Action(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to do about a server, in one sentence."""

    do: Sentence


class Server(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One Exchange server as all evidence together describes it.

    id: stable between runs. rank: 1 is first to act on. ours: whether it belongs to the reader's
    organisation. hidden: true when inside evidence knows it and supplied outside evidence does
    not. product: `Exchange Server 2019` and the like, or `Exchange Server` when unknown.
    """

    id: str
    name: str
    names: tuple[str, ...]
    addresses: tuple[str, ...]
    organisation: str
    ours: bool | Literal["unknown"]
    product: str
    build: BuildSpan | None
    build_label: str
    support: Sentence | None
    history: tuple[HistoryEntry, ...]
    seen_by: tuple[SeenBy, ...]
    hidden: Hidden
    hidden_because: Sentence
    visibility: tuple[Visibility, ...]
    joined: tuple[Joining, ...]
    related: tuple[Joining, ...]
    contradictions: tuple[Sentence, ...]
    facts: dict[str, str]
    evidence: tuple[Proof, ...]
    rank: int
    level: Level | None
    counts: dict[str, int]
    action: Action | None
    first_seen: datetime | None = None
    last_seen: datetime | None = None


class FindingRecord(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A finding as it is written down. subject is a server's id; because is in English,
    sentence is the same with its values apart, for rendering in another language. accepted: while
    somebody answers for it."""

    rule: str
    title: str
    subject: str
    subject_name: str
    status: Status
    level: Level
    confidence: Confidence
    because: str
    sentence: Sentence
    settle: Sentence | None
    evidence: tuple[Proof, ...]
    tags: tuple[str, ...]
    references: tuple[str, ...]
    fingerprint: str
    accepted: Acceptance | None = None


class GapRecord(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A gap as it is written down; `count` alike ones of one source stand together."""

    source: str
    position: str
    kind: GapKind
    why: str
    sentence: Sentence
    count: int = 1


class Summary(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Counts of the run. messages: mails read. hops: Received lines that name Exchange."""

    files: int
    recognised: int
    skipped: int
    bytes: int
    records: dict[str, int]
    servers: int
    hidden: int
    exchange_online_hops: int


class Run(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The document `run.json`. conversations: None when no mail was judged; hunt: None when no
    log was read; trusts: None when no export of a trust was read; plan: None when nothing was ranked."""

    format: Literal["tocsin-run"] = "tocsin-run"
    version: Literal[1] = 1
    tool: Tool
    started: datetime
    finished: datetime
    inputs: tuple[str, ...]
    knowledge: KnowledgeState
    own_domains: tuple[str, ...]
    outside: tuple[SeenBy, ...]
    headline: tuple[Sentence, ...]
    summary: Summary
    sources: tuple[Source, ...]
    skipped: tuple[Skipped, ...]
    servers: tuple[Server, ...]
    findings: tuple[FindingRecord, ...]
    gaps: tuple[GapRecord, ...]
    conversations: Conversations | None = None
    hunt: Hunt | None = None
    trusts: Trusts | None = None
    plan: Plan | None = None


def hidden_word(hidden: Hidden) -> Literal["hidden", "public", "unknown"]:
    """The word for a server's `hidden`: what the internet does not see, sees, or nobody knows."""
    if hidden == "unknown":
        return "unknown"
    return "hidden" if hidden else "public"
