"""Our own rules: each against its own examples, and all of them against real logs of intrusions.

What must be found in the real logs stands in ../shared/samples/logs/SOURCES.md.
"""

from __future__ import annotations

import io
import re
import sys
import zipfile
from collections import Counter, defaultdict
from pathlib import Path

import pytest
import yaml
from sigma.collection import SigmaCollection

from tocsin.formats import event_json, evtx, exchange_log, iis, unified_audit
from tocsin.formats.syntax.log_rows import LineLog, LogFault
from tocsin.knowledge.attack import matrix
from tocsin.knowledge.sigma import load
from tocsin.knowledge.steps import steps
from tocsin.knowledge.surfaces import surfaces
from tocsin.model.event import Event

ROOT = Path(__file__).resolve().parent.parent.parent
FOLDER = ROOT / "src" / "tocsin" / "knowledge" / "data" / "rules"
FILES = sorted(FOLDER.rglob("*.yml"))
LOADED = load()
OWN = [rule for rule in LOADED.rules if rule.own]
PLACES = {"client", "actor", "host", "target", "count", "agent"}
FORMATS = (iis, exchange_log, evtx, event_json, unified_audit)


def name(rule) -> str:
    """`webshell/tunnel-page`."""
    return rule.source.removeprefix("tocsin/").removesuffix(".yml")


def relative(path: Path) -> str:
    return path.relative_to(FOLDER).as_posix()


def test_all_load_and_each_file_is_a_rule():
    assert [f"{each.source} {each.rule}: {each.why}" for each in LOADED.problems] == []
    assert not [each.source for each in LOADED.elsewhere if each.own]
    assert {each.source for each in OWN} == {"tocsin/" + relative(path) for path in FILES}


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_is_valid_sigma(path):
    found = SigmaCollection.from_yaml(path.read_text("utf-8"), collect_errors=True)
    assert [str(error) for rule in found.rules for error in rule.errors] == []


@pytest.mark.parametrize("rule", OWN, ids=name)
def test_its_own_examples(rule):
    assert {each.matches for each in rule.tests} == {True, False}, "both kinds are needed"
    for number, example in enumerate(rule.tests):
        fields = dict(example.event)
        surface = example.surface or rule.surfaces[0]
        if surface == "windows" and rule.when:
            fields = rule.when[0].stands_for() | fields
        event = Event(surface=surface, fields=fields, decoded=example.decoded)
        assert rule.matches(event) == example.matches, f"example {number}: {example.event}"
        if example.outcome:
            assert rule.outcome(event) == example.outcome, f"example {number}: {example.event}"


@pytest.mark.parametrize("each", [*OWN, *LOADED.correlations], ids=name)
def test_says_what_a_responder_needs(each):
    assert each.step in steps()
    assert each.tags
    assert each.references
    assert all(link.startswith("https://") for link in each.references)
    attack = [tag[7:].upper() for tag in each.tags if re.match(r"attack\.t\d", tag)]
    assert set(attack) <= set(matrix().techniques)
    if not getattr(each, "gathers", False):
        assert each.because
        assert each.remediation
    assert set(re.findall(r"\{(\w+)\}", each.because)) <= PLACES
    assert "{" not in each.remediation


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_names_what_it_takes_for_an_attack_though_it_is_none(path):
    for document in yaml.safe_load_all(path.read_text("utf-8")):
        if not document.get("tocsin", {}).get("gathers"):
            assert document.get("falsepositives"), document["title"]
        assert document.get("description"), document["title"]


def test_steps_are_those_of_attack():
    for step in steps().values():
        assert set(step.attack) <= set(matrix().techniques)
        assert any(step.tactic in matrix().techniques[each].tactics for each in step.attack)
        assert set(step.surfaces) <= set(surfaces())
    ranks = [step.rank for step in steps().values()]
    assert ranks == sorted(ranks)


def test_the_page_is_up_to_date():
    sys.path.insert(0, str(ROOT / "tools"))
    import rules_page  # a tool, not of the package

    stands = (ROOT / "docs" / "rule-pack.md").read_text("utf-8")
    assert stands == rules_page.page(), "run: python tools/rules_page.py"


def events(data: bytes):
    """The rows of a log as events, those of Exchange's own probes left out."""
    form = max(FORMATS, key=lambda each: each.FORMAT.recognise(data[:8192])).FORMAT
    if isinstance(form.log, LineLog):
        layout = form.log.begin(data[:65536])
        for line in data.split(b"\n"):
            line = line.rstrip(b"\r")  # noqa: PLW2901
            if line and line.startswith(form.log.marks):
                layout = form.log.turns(line, layout)
            elif line.strip():
                yield form.log.event(line, layout)
    else:
        for record in form.log.records(io.BytesIO(data)):
            assert not isinstance(record, LogFault)
            yield form.log.event(record.text)


def is_probe(event: Event) -> bool:
    """Whether the hunt leaves it out."""
    return any(
        word in event.fields.get(each.field, "").lower()
        for each in surfaces()[event.surface].noise
        for word in each.holds
    )


def found(path: Path) -> dict[str, Counter[str]]:
    """Rule to outcomes, of what matches in a log or in the members of an archive."""
    parts = [path.read_bytes()]
    if path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive:
            parts = [archive.read(each) for each in archive.namelist()]
    by_surface = defaultdict(list)
    for rule in OWN:
        for surface in rule.surfaces:
            by_surface[surface].append(rule)
    told: dict[str, Counter[str]] = defaultdict(Counter)
    for part in parts:
        for event in events(part):
            if event is None or is_probe(event):
                continue
            for rule in by_surface[event.surface]:
                if rule.matches(event):
                    told[name(rule)][rule.outcome(event)] += 1
    return dict(told)


def weight(told: dict[str, Counter[str]]) -> dict[str, Counter[str]]:
    """What stands above informational, and is a finding by itself."""
    by_name = {name(rule): rule for rule in OWN}
    return {
        each: outcomes
        for each, outcomes in told.items()
        if by_name[each].level != "informational" and not by_name[each].gathers
    }


SAMPLES: dict[str, dict[str, dict[str, int]]] = {
    "iis/tunna_webshell_tunnel_iis.log": {"webshell/tunnel-page": {"success": 4298}},
    "iis/helsecert_webshell_access.log": {
        "webshell/look-alike-page": {"success": 5, "attempt": 3},
        "webshell/looked-for": {"attempt": 3},
    },
    "iis/plaso_iis7_sqli.log": {"scanning/sql-injection": {"unknown": 2}},
    "exchange/helsecert/httpproxy_ecp_selected_columns.csv": {
        "proxylogon/backend-ssrf": {"success": 11},
        "proxylogon/directory-settings": {"success": 3},
    },
    "exchange/helsecert/ecpserver_selected_columns.log": {
        "proxylogon/directory-script-control-panel": {"success": 2},
        "proxylogon/directory-made-anew-control-panel": {"success": 2},
    },
    "evtx/exchange_admin_group_change_4756.evtx": {"accounts/exchange-group": {"success": 15}},
    "evtx/exchange_transport_config_modified_sysmon11.evtx": {
        "iis/configuration-written": {"success": 1}
    },
    "evtx/local_user_created_4720.evtx": {"accounts/created": {"success": 1}},
    "evtx/privexchange_dirkjan.evtx": {
        "credentials/directory-rights-by-exchange": {"success": 2},
        "credentials/replication-right": {"success": 1},
    },
    "json/otrf_proxylogon_ssrf_rce_poc.zip": {
        "host/attack-tool-named": {"unknown": 2},
        "proxylogon/control-panel-error": {"success": 1},
        "cmdlets/directory-script": {"success": 1},
        "host/script-over-share": {"success": 2},
        "host/script-in-exchange-folder": {"success": 1},
        "cmdlets/directory-made-anew": {"success": 2},
        "host/page-compiled": {"success": 1},
        "host/web-server-shell-exchange": {"success": 2},
        "host/web-server-shell": {"success": 2},
        "host/web-identity-tool": {"success": 2},
    },
    "json/otrf_goldensaml_OfficeActivityEvents.zip": {
        "cloud/mail-read-by-application": {"success": 1}
    },
    "json/otrf_goldensaml_AADAuditEvents.zip": {
        "cloud/application-secret": {"success": 1},
        "cloud/consent": {"success": 1},
    },
    "json/otrf_goldensaml_WindowsEvents.zip": {
        "credentials/federation-key": {"success": 5},
        "credentials/federation-settings": {"success": 4},
    },
}
"""Log to rule to outcomes: all that may stand above informational."""


@pytest.mark.parametrize("path", SAMPLES)
def test_finds_what_happened_and_nothing_else(shared, path):
    told = weight(found(shared / "samples" / "logs" / path))
    assert told == {rule: Counter(outcomes) for rule, outcomes in SAMPLES[path].items()}


AT_LEAST = {
    "evtx/iis_webshell_sysmon.evtx": {"host/web-server-shell", "host/web-identity-tool"},
    "evtx/iis_appcmd_password_discovery_sysmon.evtx": {
        "host/app-pool-passwords",
        "host/web-server-shell",
    },
    "exchange/helsecert/httpproxy_owa_selected_columns_1.csv": {
        "webshell/look-alike-page",
        "webshell/looked-for",
    },
    "exchange/helsecert/httpproxy_owa_selected_columns_2.csv": {
        "webshell/look-alike-page",
        "webshell/looked-for",
    },
    "exchange/artefacts_help/Ecp_HttpProxy_2023010611-1.LOG": {"scanning/survey"},
    "exchange/artefacts_help/Owa_HttpProxy_2023010602-1.LOG": {"scanning/guessed-files"},
    "exchange/artefacts_help/RpcHttp_HttpProxy_2023010708-1.LOG": {"scanning/rpc-by-browser"},
    "exchange/artefacts_help/RECV2023011116-1.LOG": {"mail/smtp-login-failed"},
}


@pytest.mark.parametrize("path", AT_LEAST)
def test_finds_what_is_expected(shared, path):
    assert found(shared / "samples" / "logs" / path).keys() >= AT_LEAST[path]


BENIGN = (
    "iis/benign_webshop_2016.log",
    "iis/plaso_iis6.log",
    "iis/plaso_iis7_owa.log",
    "iis/plaso_iis10.log",
    "iis/plaso_iis10_cookies.log",
)


@pytest.mark.parametrize("path", BENIGN)
def test_is_silent_where_nothing_happened(shared, path):
    assert weight(found(shared / "samples" / "logs" / path)) == {}


def test_is_silent_on_ordinary_rows_of_every_log_of_exchange(shared):
    folder = shared / "samples" / "logs" / "exchange" / "artefacts_help"
    for path in sorted(folder.glob("*.LOG")):
        assert weight(found(path)) == {}, path.name
