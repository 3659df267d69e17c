"""Folders of rule files -> rules, correlations and what could not be used."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import msgspec

from tocsin.knowledge.sigma.anchors import anchors
from tocsin.knowledge.sigma.choosing import table_of
from tocsin.knowledge.sigma.correlation import Correlation, correlation_of, resolved
from tocsin.knowledge.sigma.documents import SIZE_LIMIT, RuleError, documents
from tocsin.knowledge.sigma.filtering import Filter, filter_of
from tocsin.knowledge.sigma.rule import SigmaRule, rule_of
from tocsin.knowledge.sigma.tree import both
from tocsin.model.hunt import RuleProblem
from tocsin.model.text import N_, Sentence, say

FILES_LIMIT = 50_000
"""Rule files of one folder."""

DEPTH_LIMIT = 20
"""Folders inside each other."""

_ENDINGS = (".yml", ".yaml")


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """What was loaded. elsewhere: good rules for logs that are not read here (Linux, AWS …). digest: of
    all texts that were read, in their order, and of whose they are."""

    rules: tuple[SigmaRule, ...] = ()
    correlations: tuple[Correlation, ...] = ()
    problems: tuple[RuleProblem, ...] = ()
    elsewhere: tuple[SigmaRule, ...] = ()
    digest: bytes = b""


def load(folders: Sequence[Path | str] = (), *, packaged: bool = True) -> Rules:
    """Every rule of these folders (or single files), and ours if `packaged`.

    Nothing is raised: what cannot be used is a problem with its reason, and costs no other rule. A
    rule given by a folder stands before one of ours with the same id.
    """
    work = _Work()
    for each in _read(folders, work, packaged=packaged):
        work.file(each.source, each.text, own=each.own)
    return work.done()


class RuleFile(msgspec.Struct, frozen=True, kw_only=True):
    """One file of rules as it stands."""

    source: str
    text: str
    own: bool


def rule_files(folders: Sequence[Path | str] = (), *, packaged: bool = True) -> Iterator[RuleFile]:
    """The files that `load` reads; those that cannot be read are left out."""
    return _read(folders, _Work(), packaged=packaged)


def read_whole(folders: Sequence[Path | str], *, packaged: bool) -> list[RuleFile] | None:
    """The files that `load` reads; None where one of them could not be read, or not all were."""
    work = _Work()
    found = list(_read(folders, work, packaged=packaged))
    return None if work.problems else found


def _read(folders: Sequence[Path | str], work: _Work, *, packaged: bool) -> Iterator[RuleFile]:
    for folder in folders:
        path = Path(folder)
        if not path.exists():
            work.problem(str(folder), "", say(N_("there is no such file or folder")))
            continue
        for source, text in _files(path, str(path), 0, work):
            yield RuleFile(source=source, text=text, own=False)
    if packaged:
        for source, text in _files(own_rules(), "tocsin", 0, work):
            yield RuleFile(source=source, text=text, own=True)


def own_rules() -> Traversable:
    """The folder of our own rules."""
    return resources.files("tocsin.knowledge") / "data" / "rules"


class _Work:
    """What has been read so far. A class because filters and correlations come last."""

    def __init__(self) -> None:
        self.rules: dict[str, SigmaRule] = {}
        self.correlations: dict[str, Correlation] = {}
        self.filters: list[Filter] = []
        self.problems: list[RuleProblem] = []
        self.files = 0
        self.digest = hashlib.sha256()

    def problem(self, source: str, rule: str, why: Sentence) -> None:
        self.problems.append(RuleProblem(source=source, rule=rule, why=why))

    def file(self, source: str, text: str, *, own: bool) -> None:
        data = text.encode("utf-8", "surrogatepass")
        self.digest.update(f"{len(data)} {own} {source}\n".encode("utf-8", "surrogatepass") + data)
        try:
            found = documents(text)
        except RuleError as fault:
            self.problem(source, "", fault.why)
            return
        for document in _merged(found):
            title = ""
            try:
                title = _title(document)
                self.document(document, source, own=own)
            except RuleError as fault:
                self.problem(source, title, fault.why)

    def document(self, document: Mapping[str, Any], source: str, *, own: bool) -> None:
        if "correlation" in document:
            found = correlation_of(document, source, own=own)
            self.once(found.id)
            self.correlations[found.id] = found
        elif "filter" in document:
            self.filters.append(filter_of(document, source))
        else:
            rule = rule_of(document, source, own=own)
            self.once(rule.id)
            self.rules[rule.id] = rule

    def once(self, rule: str) -> None:
        before = self.rules.get(rule) or self.correlations.get(rule)
        if before is not None:
            words = N_("the id {id} is already that of a rule in {file}; that one is used")
            raise RuleError(say(words, id=rule, file=before.source))

    def done(self) -> Rules:
        self.filter()
        self.search()
        self.resolve()
        rules = tuple(self.rules.values())
        return Rules(
            rules=tuple(rule for rule in rules if rule.surfaces),
            correlations=tuple(self.correlations.values()),
            problems=tuple(self.problems),
            elsewhere=tuple(rule for rule in rules if not rule.surfaces),
            digest=self.digest.digest(),
        )

    def search(self) -> None:
        """Rules of others that say nothing that could be searched for are not asked of web rows.

        There are millions of those, and each would have to be read for such a rule. One that asks
        for what such rows never have is not asked of them either.
        """
        for id_, rule in self.rules.items():
            surfaces = [each for each in rule.surfaces if each not in table_of().json_surfaces]
            if rule.own or not surfaces or anchors(rule, surfaces[0]):
                continue  # what is found in one web log is found in the others
            gone = {each: anchors(rule, each) for each in surfaces}
            gone = {each: found for each, found in gone.items() if not found}
            if not gone:
                continue
            left = tuple(each for each in rule.surfaces if each not in gone)
            self.rules[id_] = msgspec.structs.replace(rule, surfaces=left)
            if None in gone.values():
                words = N_("not asked of {logs}: nothing in it could be searched for in their rows")
                self.problem(rule.source, rule.title, say(words, logs=", ".join(gone)))

    def filter(self) -> None:
        """Each rule that a filter names asks for what the filter leaves through, too."""
        for each in self.filters:
            for id_, rule in self.rules.items():
                if each.applies(rule):
                    tree = both([rule.tree, each.tree])
                    self.rules[id_] = msgspec.structs.replace(rule, tree=tree)

    def resolve(self) -> None:
        """Correlations name rules by id or name; those that lack one of them go."""
        ids = {each.name.lower(): each.id for each in self.rules.values() if each.name}
        ids |= {each.name.lower(): each.id for each in self.correlations.values() if each.name}
        ids |= {each: each for each in (*self.rules, *self.correlations)}
        for id_, found in list(self.correlations.items()):
            try:
                whole = resolved(found, ids)
            except RuleError as fault:
                self.problem(found.source, found.title, fault.why)
                del self.correlations[id_]
                continue
            self.correlations[id_] = whole
            for rule in whole.rules:
                if rule in self.rules:
                    kept = {"counted": True} if whole.generate else {"gathers": True}
                    self.rules[rule] = msgspec.structs.replace(self.rules[rule], **kept)


def _title(document: Any) -> str:
    if not isinstance(document, Mapping):
        raise RuleError(say(N_("not a rule: no map of keys")))
    return str(document.get("title") or document.get("id") or "")


def _merged(found: list[Any]) -> Iterator[Any]:
    """The documents of a file; `action: global` gives what all later ones share."""
    shared: dict[str, Any] = {}
    before: dict[str, Any] = {}
    for document in found:
        if document is None:
            continue
        action = document.get("action") if isinstance(document, dict) else None
        if isinstance(document, dict) and action == "global":
            shared = _under(shared, document)
            continue
        if action == "reset":
            shared = {}
            continue
        whole = document
        if isinstance(document, dict) and (shared or action == "repeat"):
            whole = _under(before if action == "repeat" else shared, document)
        before = whole if isinstance(whole, dict) else before
        yield whole


def _under(lower: Mapping[str, Any], upper: Mapping[str, Any]) -> dict[str, Any]:
    """Two maps as one; where both have a key, maps are joined and the upper's value counts."""
    made = dict(lower)
    for key, value in upper.items():
        old = made.get(key)
        if isinstance(old, Mapping) and isinstance(value, Mapping):
            made[key] = _under(old, value)
        else:
            made[key] = value
    made.pop("action", None)
    return made


def _files(
    path: Path | Traversable, called: str, depth: int, work: _Work
) -> Iterator[tuple[str, str]]:
    """Every rule file in and below a folder, in the order of names, or the file itself."""
    try:
        if path.is_dir():
            entries = sorted(path.iterdir(), key=lambda entry: entry.name)
        elif depth and isinstance(path, Path) and path.exists() and not path.is_file():
            # A pipe in somebody's folder would keep the reader waiting for ever.
            words = N_("a pipe, not a file") if path.is_fifo() else N_("a device, not a file")
            work.problem(called, "", say(words))
            return
        else:
            with path.open("rb") as stream:
                data = stream.read(SIZE_LIMIT + 1)
            yield called, data.decode("utf-8-sig", "replace")
            return
    except OSError as fault:
        work.problem(called, "", say(N_("cannot be read: {what}"), what=fault.strerror or ""))
        return
    if depth > DEPTH_LIMIT:
        work.problem(called, "", say(N_("more than {limit} folders deep"), limit=DEPTH_LIMIT))
        return
    for entry in entries:
        if entry.is_dir() or entry.name.lower().endswith(_ENDINGS):
            work.files += 1
            if work.files > FILES_LIMIT:
                words = N_("more than {limit} rule files; the rest is not read")
                work.problem(called, "", say(words, limit=FILES_LIMIT))
                return
            yield from _files(entry, f"{called}/{entry.name}", depth + 1, work)
