"""`tocsin rules check|list|test|convert`: the hunt's rules, held against themselves and handed on."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from tocsin.app.exits import CLEAN, FINDINGS, PARTIAL, USAGE
from tocsin.app.faults import complain
from tocsin.knowledge.sigma import Correlation, Rules, SigmaRule, anchors, load
from tocsin.knowledge.sigma.examples import faults
from tocsin.knowledge.steps import steps
from tocsin.model.text import N_
from tocsin.report.text import visible

Translate = Callable[[str], str]


def run(arguments: argparse.Namespace) -> int:
    """One of the four actions."""
    missing = [visible(each) for each in arguments.paths if not os.path.lexists(each)]
    if missing:
        words = arguments.translate(N_("no such file or folder: {paths}"))
        return complain(words.format(paths=", ".join(missing)), USAGE)
    actions = {"check": _check, "list": _list, "test": _test, "convert": _convert}
    return actions[arguments.action](arguments)


def _loaded(arguments: argparse.Namespace) -> Rules:
    """The rules of the folders given, or ours."""
    return load(arguments.paths, packaged=not arguments.paths)


def _every(rules: Rules) -> tuple[SigmaRule, ...]:
    return (*rules.rules, *rules.elsewhere)


def _say(line: str) -> None:
    sys.stdout.write(f"  {visible(line)}\n")


def _check(arguments: argparse.Namespace) -> int:
    from tocsin.app.rule_library import issues

    translate, rules = arguments.translate, _loaded(arguments)
    count = 0
    for problem in rules.problems:
        count += 1
        _say(f"{problem.source}: {problem.rule}: {problem.why.render(translate)}")
    for rule in rules.rules:
        for line in _own_faults(rule, translate):
            count += 1
            _say(f"{rule.source}: {rule.title}: {line}")
    told = issues(arguments.paths, packaged=not arguments.paths)
    if told is None:
        _say(translate(N_("pySigma is not installed: its own checks are left out")))
    for issue in told or ():
        count += issue.wrong
        mark = translate(N_("fault")) if issue.wrong else translate(N_("hint"))
        _say(f"{issue.source}: {issue.rule}: {mark}: {issue.what}")
    for line in _slow(rules.rules, translate):
        _say(line)
    words = translate(
        N_("{rules} rules, {correlations} correlations, {elsewhere} for other logs, {count} faults")
    )
    line = words.format(
        rules=len(rules.rules),
        correlations=len(rules.correlations),
        elsewhere=len(rules.elsewhere),
        count=count,
    )
    _say(line)
    return FINDINGS if count else CLEAN


def _own_faults(rule: SigmaRule, translate: Translate) -> Iterator[str]:
    """What the reader of rules lets pass and a rule must not have."""
    if rule.step and rule.step not in steps():
        yield translate(N_("there is no step {name}")).format(name=rule.step)
    for fault in faults(rule):
        why = fault.why.render(translate)
        words = translate(N_("example {number} {why}")).format(number=fault.number, why=why)
        yield words if fault.number else why


def _slow(rules: Sequence[SigmaRule], translate: Translate) -> Iterator[str]:
    """Rules of which nothing can be searched for: every row is read for them."""
    for rule in rules:
        logs = [each for each in rule.surfaces if anchors(rule, each) is None]
        if logs:
            words = translate(
                N_("{rule}: nothing of it can be searched for; every row is read in {logs}")
            )
            yield words.format(rule=rule.title, logs=", ".join(logs))


def _list(arguments: argparse.Namespace) -> int:
    rules = _loaded(arguments)
    found: list[SigmaRule | Correlation] = [*_every(rules), *rules.correlations]
    if arguments.format == "json":
        sys.stdout.write(json.dumps([_told(each) for each in found], indent=2) + "\n")
        return CLEAN
    wide = max((len(each.step) for each in found), default=0)
    for each in found:
        logs = ", ".join(each.surfaces) if isinstance(each, SigmaRule) else each.kind
        _say(f"{each.id}  {each.level:<13}  {each.step:<{wide}}  {each.title}  [{logs or '-'}]")
    return CLEAN


def _told(rule: SigmaRule | Correlation) -> dict[str, Any]:
    found: dict[str, Any] = {
        "id": rule.id,
        "title": rule.title,
        "level": rule.level,
        "status": rule.status,
        "step": rule.step,
        "tags": list(rule.tags),
        "source": rule.source,
    }
    if isinstance(rule, SigmaRule):
        return found | {"logsource": rule.logsource, "surfaces": list(rule.surfaces)}
    return found | {"correlation": rule.kind, "rules": list(rule.rules)}


def _test(arguments: argparse.Namespace) -> int:
    translate, rules = arguments.translate, _loaded(arguments)
    examples, count = 0, len(rules.problems)
    for problem in rules.problems:
        _say(f"{problem.source}: {problem.rule}: {problem.why.render(translate)}")
    for rule in rules.rules:
        examples += len(rule.tests)
        for line in _own_faults(rule, translate):
            count += 1
            _say(f"{rule.source}: {rule.title}: {line}")
    words = translate(N_("{rules} rules, {examples} examples, {count} faults"))
    _say(words.format(rules=len(rules.rules), examples=examples, count=count))
    return FINDINGS if count else CLEAN


def _convert(arguments: argparse.Namespace) -> int:
    from tocsin.app.rule_library import Missing, converted

    translate = arguments.translate
    found = converted(arguments.paths, arguments.target, packaged=not arguments.paths)
    if isinstance(found, Missing):
        words = translate(N_("cannot convert to {target}: install tocsin[convert]"))
        return complain(words.format(target=arguments.target), USAGE)
    failed = 0
    for each in found:
        if each.query:
            query = "\n".join(map(visible, each.query.split("\n")))
            sys.stdout.write(f"# {visible(each.rule)}\n{query}\n\n")
        else:
            failed += 1
            words = translate(N_("{rule}: not converted: {what}"))
            complain(words.format(rule=each.rule, what=each.what), PARTIAL)
    return PARTIAL if failed else CLEAN
