"""pySigma, for what it does better than the hunt's own reader of rules: checking and converting.

It is asked for nothing that would reach out: its tables of ATT&CK and D3FEND are fetched, so the
checks that need them are left out. https://sigmahq-pysigma.readthedocs.io/
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import msgspec

from tocsin.knowledge.sigma.documents import RuleError, documents
from tocsin.knowledge.sigma.loading import rule_files

_BACKENDS = {
    "splunk": ("sigma.backends.splunk", "SplunkBackend", "sigma.pipelines.splunk", "splunk_windows_pipeline"),
    "kusto": ("sigma.backends.kusto", "KustoBackend", "", ""),
    "elasticsearch": ("sigma.backends.elasticsearch", "LuceneBackend", "sigma.pipelines.elasticsearch", "ecs_windows"),
}  # fmt: skip
"""Of each target its backend, and the pipeline that names the fields of Windows events."""

_KUSTO_FIELDS: dict[str | None, str | list[str]] = {
    "cs-method": "csMethod",
    "cs-uri-stem": "csUriStem",
    "cs-uri-query": ["csUriStem", "csUriQuery"],
    "query": "csUriQuery",
    "cs-username": "csUserName",
    "cs-user-agent": "csUserAgent",
    "cs-referer": "csReferer",
    "cs-cookie": "csCookie",
    "cs-host": "csHost",
    "c-ip": "cIP",
    "s-ip": "sIP",
    "sc-status": "scStatus",
    "sc-bytes": "scBytes",
    "cs-bytes": "csBytes",
    "time-taken": "TimeTaken",
}
"""What Azure's table W3CIISLog calls the columns of IIS; the query there is without its stem.
https://learn.microsoft.com/en-us/azure/azure-monitor/reference/tables/w3ciislog"""

_CHECKS = (
    ("condition", "AllOfThemConditionValidator"),
    ("condition", "DanglingConditionValidator"),
    ("condition", "DanglingDetectionValidator"),
    ("metadata", "IdentifierExistenceValidator"),
    ("metadata", "IdentifierUniquenessValidator"),
    ("modifiers", "InvalidModifierCombinationsValidator"),
    ("tags", "DuplicateTagValidator"),
    ("tags", "TagFormatValidator"),
    ("values", "ControlCharacterValidator"),
    ("values", "DoubleWildcardValidator"),
    ("values", "EscapedWildcardValidator"),
)
"""Those of pySigma's checks that need no network and say something of our rules."""


class Issue(msgspec.Struct, frozen=True, kw_only=True):
    """What pySigma says of a rule. wrong: it cannot be read, or surely means something else."""

    source: str
    rule: str
    what: str
    wrong: bool


_RAISES = (AttributeError, TypeError, ValueError, LookupError, RecursionError)
"""What pySigma's own reading lets through for a value of another type than it has in mind, beside
the errors of a rule that it collects."""


class Missing(msgspec.Struct, frozen=True):
    """A library that is not installed."""


class Converted(msgspec.Struct, frozen=True, kw_only=True):
    """A rule as a query; or why it is none."""

    rule: str
    query: str = ""
    what: str = ""


def issues(folders: Sequence[str], *, packaged: bool) -> tuple[Issue, ...] | None:
    """What pySigma's checks say; None if it is not installed."""
    try:
        from sigma.exceptions import SigmaError
        from sigma.validation import SigmaValidator
    except ImportError:
        return None
    checks = [
        getattr(importlib.import_module(f"sigma.validators.core.{module}"), name)
        for module, name in _CHECKS
    ]
    validator = SigmaValidator(checks)
    found: list[Issue] = []
    sources: dict[int, str] = {}
    for source, document in _documents(folders, packaged=packaged):
        try:
            rule = _read(document)
        except (SigmaError, *_RAISES) as fault:
            what = _what(fault)
            found.append(Issue(source=source, rule=_title(document), what=what, wrong=True))
            continue
        if rule.errors:
            what = "; ".join(map(str, rule.errors))[:300]
            found.append(Issue(source=source, rule=rule.title, what=what, wrong=True))
            continue
        sources[id(rule)] = source
        try:
            found += [_issue(each, sources) for each in validator.validate_rule(rule)]
        except SigmaError as fault:
            found.append(Issue(source=source, rule=rule.title, what=str(fault)[:300], wrong=True))
    found += [_issue(each, sources) for each in validator.finalize()]
    return tuple(found)


def _title(document: dict[str, Any]) -> str:
    return str(document.get("title", ""))[:300]


def _what(fault: Exception) -> str:
    return f"{type(fault).__name__}: {fault}"[:300]


def _issue(issue: Any, sources: dict[int, str]) -> Issue:
    rule = issue.rules[0]
    return Issue(
        source=sources.get(id(rule), ""),
        rule=str(rule.title),
        what=f"{type(issue).__name__.removesuffix('Issue')}: {issue.description}",
        wrong=issue.severity.name == "HIGH",
    )


def _read(document: dict[str, Any]) -> Any:
    from sigma.correlations import SigmaCorrelationRule
    from sigma.rule import SigmaRule

    kind = SigmaCorrelationRule if "correlation" in document else SigmaRule
    return kind.from_dict(document, collect_errors=True)


def _documents(folders: Sequence[str], *, packaged: bool) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every rule as a map, without our own keys, which pySigma need not know."""
    for file in rule_files([Path(each) for each in folders], packaged=packaged):
        try:
            found = documents(file.text)
        except RuleError:
            continue
        for document in found:
            if isinstance(document, dict) and document.keys() & {"detection", "correlation"}:
                yield file.source, _plain(document)


def _plain(document: dict[str, Any]) -> dict[str, Any]:
    """A rule without our keys and the detections that only those ask for (did it work)."""
    plain = {key: value for key, value in document.items() if key not in ("tests", "tocsin")}
    ours, detection = document.get("tocsin"), document.get("detection")
    outcome = ours.get("outcome") if isinstance(ours, dict) else None
    if isinstance(outcome, dict) and isinstance(detection, dict):
        asked = str(detection.get("condition")).split()
        told = set(re.findall(r"[\w-]+", " ".join(map(str, outcome.values()))))
        plain["detection"] = {
            name: value
            for name, value in detection.items()
            if name not in told or any(fnmatchcase(name, each.strip("()")) for each in asked)
        }
    return plain


def converted(
    folders: Sequence[str], target: str, *, packaged: bool
) -> Iterator[Converted] | Missing:
    """Every rule as a query of the target."""
    module, backend, pipelines, windows = _BACKENDS[target]
    try:
        make = getattr(importlib.import_module(module), backend)
        pipeline = getattr(importlib.import_module(pipelines), windows) if pipelines else None
    except ImportError:
        return Missing()
    web = _kusto_web() if target == "kusto" else None
    return _converted(
        folders,
        make(),
        make(pipeline()) if pipeline else None,
        make(web) if web else None,
        packaged=packaged,
    )


def _kusto_web() -> Any:
    from sigma.processing.pipeline import ProcessingItem, ProcessingPipeline
    from sigma.processing.transformations import FieldMappingTransformation

    return ProcessingPipeline(
        items=[ProcessingItem(transformation=FieldMappingTransformation(_KUSTO_FIELDS))]
    )


def _converted(
    folders: Sequence[str], plain: Any, windows: Any, web: Any, *, packaged: bool
) -> Iterator[Converted]:
    """plain, windows, web: the backend as it is, and with names for events and for web logs."""
    from sigma.collection import SigmaCollection
    from sigma.exceptions import SigmaError

    found = []
    for _, document in _documents(folders, packaged=packaged):
        try:
            _read(document)
        except (SigmaError, *_RAISES) as fault:
            yield Converted(rule=_title(document), what=_what(fault))
        else:
            found.append(document)
    rules = SigmaCollection.from_dicts(found, collect_errors=True)
    for rule in sorted(rules.rules, key=lambda each: hasattr(each, "timespan")):
        title = str(rule.title)
        if rule.errors:
            yield Converted(rule=title, what=str(rule.errors[0])[:300])
            continue
        logsource = getattr(rule, "logsource", None)
        backend = plain
        if getattr(logsource, "product", None) == "windows":
            backend = windows or plain
        elif getattr(logsource, "category", None) == "webserver":
            backend = web or plain
        correlates = hasattr(rule, "timespan")
        convert = backend.convert_correlation_rule if correlates else backend.convert_rule
        try:
            queries = convert(rule)
        except (SigmaError, NotImplementedError, AttributeError, TypeError) as fault:
            yield Converted(rule=title, what=str(fault)[:300] or type(fault).__name__)
            continue
        if queries:  # none for a rule that only its correlation asks for: it stands in that query
            yield Converted(rule=title, query="\n".join(map(str, queries)))
