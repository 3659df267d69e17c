"""SigmaHQ's rules: all are read, and say of made rows what pySigma's reading of them says."""

from __future__ import annotations

import ipaddress
import re
import tarfile
from collections import Counter
from pathlib import Path

import pytest
import yaml
from sigma.conditions import (
    ConditionAND,
    ConditionFieldEqualsValueExpression,
    ConditionNOT,
    ConditionOR,
    ConditionValueExpression,
)
from sigma.rule import SigmaRule
from sigma.types import (
    CompareOperators,
    Placeholder,
    SigmaBool,
    SigmaCasedString,
    SigmaCIDRExpression,
    SigmaCompareExpression,
    SigmaExists,
    SigmaExpansion,
    SigmaFieldReference,
    SigmaNull,
    SigmaNumber,
    SigmaRegularExpression,
    SigmaRegularExpressionFlag,
    SigmaString,
    SpecialChars,
)
from sigma_rows import Maker
from test_sigma_anchors import search

from tocsin.formats import event_json, evtx
from tocsin.formats.syntax.log_rows import LogRecord
from tocsin.knowledge.sigma import anchors, load
from tocsin.model.event import Event

pytestmark = pytest.mark.shared


@pytest.fixture(scope="module")
def folder(shared, tmp_path_factory):
    found = tmp_path_factory.mktemp("sigmahq")
    with tarfile.open(shared / "samples/sigma/sigmahq-rules.tar.xz") as archive:
        archive.extractall(found, filter="data")
    return found


@pytest.fixture(scope="module")
def rules(folder):
    return load([folder], packaged=False)


def test_all_but_those_that_ask_a_siem_are_read(rules):
    """3,754 files. Two use `expand`; two ask web logs only for a missing or common user agent."""
    assert len(rules.rules) + len(rules.elsewhere) == 3752
    why = Counter(str(each.why).partition(" ")[0] for each in rules.problems)
    assert sum(why.values()) == 4
    assert sum("expand" in str(each.why) for each in rules.problems) == 2


@pytest.mark.parametrize(
    ("part", "logsource"),
    [
        ("", "*/webserver/*"),
        ("rules/windows/builtin/msexchange", ""),
        ("rules/windows/builtin/iis-configuration", ""),
        ("rules/cloud/m365", ""),
    ],
)
def test_the_rules_for_exchange_and_its_neighbours_are_all_asked(folder, rules, part, logsource):
    wanted = {
        document["id"]
        for path in (folder / part).rglob("*.yml")
        for document in yaml.load_all(path.read_text("utf-8"), yaml.CSafeLoader)
        if not logsource or document["logsource"].get("category") == "webserver"
    }
    assert wanted
    assert wanted <= {each.id for each in rules.rules}


class Primary(Maker):
    """Rows under the names that the rule itself uses."""

    def want(self, found, names, where, text):
        found.setdefault(names[0] if names else "", []).append((where, text))


def test_made_rows_are_judged_as_pysigma_reads_the_rule(folder, rules):
    sources = {}
    for path in folder.rglob("*.yml"):
        for document in yaml.load_all(path.read_text("utf-8"), yaml.CSafeLoader):
            sources[document["id"]] = document
    seen = Counter()
    for number, rule in enumerate((*rules.rules, *rules.elsewhere)):
        conditions = SigmaRule.from_dict(sources[rule.id]).detection.parsed_condition
        trees = [each.parsed for each in conditions]
        maker = Primary(number)
        for _ in range(2):
            values = maker.values(rule.tree)
            keyword = values.pop("", "")
            if values and maker.chance.random() < 0.4:
                values.pop(maker.chance.choice(sorted(values)))
            event = Event(
                surface="iis",
                raw=keyword,
                fields={name: text for name, text in values.items() if text},
            )
            expected = any(holds(tree, event) for tree in trees)
            assert rule.tree.holds(event) is expected, (rule.title, event)
            seen[expected] += 1
    assert seen[True] > 2500
    assert seen[False] > 600


def holds(node, event) -> bool:
    """What pySigma's tree of a condition says of an event."""
    if isinstance(node, ConditionAND):
        return all(holds(each, event) for each in node.args)
    if isinstance(node, ConditionOR):
        return any(holds(each, event) for each in node.args)
    if isinstance(node, ConditionNOT):
        return not holds(node.args[0], event)
    if isinstance(node, ConditionValueExpression):
        texts = (event.raw, *event.fields.values())
        if isinstance(node.value, SigmaRegularExpression):
            return any(value_holds(node.value, text, event) for text in texts)
        pattern = (
            regex(node.value) if isinstance(node.value, SigmaString) else re.escape(str(node.value))
        )
        return any(re.search(pattern, text.lower(), re.DOTALL) for text in texts)
    assert isinstance(node, ConditionFieldEqualsValueExpression)
    return value_holds(node.value, event.fields.get(node.field), event)


def value_holds(value, text, event) -> bool:  # noqa: C901, PLR0911, PLR0912
    if isinstance(value, SigmaExpansion):
        return any(value_holds(each, text, event) for each in value.values)
    if isinstance(value, SigmaNull):
        return not text
    if isinstance(value, SigmaExists):
        return bool(text) is bool(value)
    if isinstance(value, SigmaString) and str(value) in ("", "-") and not text:
        return True
    if not text:
        return False
    if isinstance(value, SigmaCasedString):
        return re.fullmatch(regex(value, cased=True), text, re.DOTALL) is not None
    if isinstance(value, SigmaString):
        return re.fullmatch(regex(value), text.lower(), re.DOTALL) is not None
    if isinstance(value, SigmaNumber):
        return text == str(value.number)
    if isinstance(value, SigmaBool):
        return text.lower() == str(value.boolean).lower()
    if isinstance(value, SigmaRegularExpression):
        flags = re.IGNORECASE * (SigmaRegularExpressionFlag.IGNORECASE in value.flags)
        return re.search(str(value.regexp), text, flags) is not None
    if isinstance(value, SigmaCIDRExpression):
        try:
            return ipaddress.ip_address(text) in ipaddress.ip_network(str(value.cidr))
        except ValueError:
            return False
    if isinstance(value, SigmaFieldReference):
        return event.fields.get(value.field, "").lower() == text.lower()
    assert isinstance(value, SigmaCompareExpression)
    try:
        number, than = float(text), float(value.number.number)
    except ValueError:
        return False
    return {
        CompareOperators.LT: number < than, CompareOperators.LTE: number <= than,
        CompareOperators.GT: number > than, CompareOperators.GTE: number >= than,
    }[value.op]  # fmt: skip


def regex(value, *, cased: bool = False) -> str:
    parts = []
    for part in value.s:
        if part is SpecialChars.WILDCARD_MULTI:
            parts.append(".*")
        elif part is SpecialChars.WILDCARD_SINGLE:
            parts.append(".")
        else:
            assert not isinstance(part, Placeholder)
            parts.append(re.escape(part if cased else part.lower()))
    return "".join(parts)


CASES = (
    "file_event_win_anydesk_artefact", "file_event_win_taskmgr_lsass_dump",
    "proc_creation_win_bitsadmin_download", "proc_creation_win_certutil_download",
    "proc_creation_win_pua_adfind_execution", "proc_creation_win_reg_add_run_key",
    "proc_creation_win_wmic_process_creation", "proc_creation_win_wmic_recon_process",
)  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_sigmahqs_own_regression_cases(shared, rules, case):
    """Each is an .evtx, its JSON, and the number of records that the rule must match."""
    place: Path = shared / "samples/logs/sigma-regression" / case
    info = yaml.safe_load((place / "info.yml").read_text("utf-8"))
    test = info["regression_tests_info"][0]
    wanted, count = info["rule_metadata"][0]["id"], test["match_count"]
    rule = next(each for each in rules.rules if each.id == wanted)
    for form, ending in ((evtx.FORMAT, "evtx"), (event_json.FORMAT, "json")):
        (path,) = place.glob(f"*.{ending}")
        with path.open("rb") as stream:
            records = [each for each in form.log.records(stream) if isinstance(each, LogRecord)]
        events = [event for each in records if (event := form.log.event(each.text)) is not None]
        matched = [each for each in events if rule.matches(each)]
        # Three records of AnyDesk's settings are one match there: one program on one machine.
        assert len({(each.host, each.fields["Image"]) for each in matched}) == count
        found = search(anchors(rule, "windows"))
        assert all(
            found(b"\n" + each.text + b"\n")
            for each in records
            if rule.matches(form.log.event(each.text))
        )
