"""What a detection means, case by case, as the Sigma specification says.

https://github.com/SigmaHQ/sigma-specification: sigma-rules-specification.md and the appendix on
modifiers. Where a case is ours alone, docs/rules.md says so.
"""

from __future__ import annotations

import pytest
import yaml

from tocsin.knowledge.sigma.documents import RuleError, documents
from tocsin.knowledge.sigma.rule import rule_of
from tocsin.model.event import Event


def rule(detection: str, condition: str = "s", logsource: str = "{category: webserver}"):
    body = "\n".join("  " + line for line in detection.strip("\n").splitlines())
    text = f"title: x\nlogsource: {logsource}\ndetection:\n{body}\n  condition: {condition}\n"
    (document,) = documents(text)
    return rule_of(document, "x.yml", own=False)


def event(fields: dict[str, str], raw: str = "", **more):
    return Event(surface="iis", fields=fields, raw=raw, **more)


A = {"a": "Cmd.EXE /c whoami", "b": "200", "p": r"C:\Windows\Temp\x.TXT", "e": "10.1.2.3"}

CASES = [
    # equality is caseless, and of the whole value
    ("s: {a: 'cmd.exe /C WHOAMI'}", True),
    ("s: {a: 'cmd.exe'}", False),
    ("s: {b: 200}", True),
    ("s: {b: '200'}", True),
    ("s: {b: [404, 200]}", True),
    ("s: {b: 20}", False),
    # maps are AND, lists are OR, lists of maps OR of ANDs
    ("s: {a: '*whoami', b: 200}", True),
    ("s: {a: '*whoami', b: 404}", False),
    ("s: [{a: '*whoami', b: 404}, {b: 200}]", True),
    ("s: [{a: '*whoami', b: 404}, {b: 500}]", False),
    # wildcards and their escaping
    ("s: {a: 'cmd*whoami'}", True),
    ("s: {a: 'cmd.ex? /c*'}", True),
    ("s: {a: 'cmd.ex?'}", False),
    ("s: {a: '*'}", True),
    ("s: {zz: '*'}", False),
    (r"s: {p: 'C:\Windows\\*'}", True),
    (r"s: {p: 'C:\Windows\*'}", False),
    (r"s: {p: 'C:\\Windows\\Temp\\x.txt'}", True),
    (r"s: {p|endswith: '\x.txt'}", True),
    (r"s: {p|contains: '\\Temp\\'}", True),
    (r"s: {p|contains: '?:\'}", True),
    (r"s: {p|contains: '\?:'}", False),
    # modifiers of place
    ("s: {a|contains: 'EXE /C'}", True),
    ("s: {a|startswith: CMD}", True),
    ("s: {a|startswith: whoami}", False),
    ("s: {a|endswith: WhoAmI}", True),
    ("s: {a|endswith: cmd}", False),
    ("s: {a|contains: [nothing, whoami]}", True),
    ("s: {a|contains|all: [nothing, whoami]}", False),
    ("s: {a|contains|all: [cmd, whoami]}", True),
    ("s: {a|contains: 'c*am'}", True),
    ("s: {a|contains|cased: 'Cmd'}", True),
    ("s: {a|contains|cased: 'cmd'}", False),
    ("s: {a|cased: 'Cmd.EXE /c whoami'}", True),
    ("s: {a|neq: other}", True),
    ("s: {b|neq: 200}", False),
    ("s: {b|neq: [404, 200]}", False),
    ("s: {b|neq: [404, 500]}", True),
    # numbers
    ("s: {b|gt: 199}", True),
    ("s: {b|gt: 200}", False),
    ("s: {b|gte: 200}", True),
    ("s: {b|lt: 200}", False),
    ("s: {b|lte: 200.5}", True),
    ("s: {a|gt: 1}", False),
    ("s: {b|startswith: 2}", True),
    # nothing there
    ("s: {zz: null}", True),
    ("s: {b: null}", False),
    ("s: {zz: ''}", True),
    ("s: {zz: '-'}", True),
    ("s: {b: [null, 200]}", True),
    ("s: {zz|exists: false}", True),
    ("s: {zz|exists: true}", False),
    ("s: {b|exists: true}", True),
    # regexes: caseful, found anywhere
    ("s: {a|re: 'W?whoami$'}", True),
    ("s: {a|re: '^cmd'}", False),
    ("s: {a|re|i: '^cmd'}", True),
    ("s: {a|re: '(?i)^cmd\\.exe /[ck]'}", True),
    ("s: {a|re: 'Cmd(?=\\.EXE)'}", True),
    ("s: {a|re: '(.)m\\w\\.'}", True),
    ("s: {a|re: '(?<!C)md'}", False),
    ("s: {lines|re: '^two$'}", True),
    # networks
    ("s: {e|cidr: 10.0.0.0/8}", True),
    ("s: {e|cidr: [192.0.2.0/24, 10.1.2.0/24]}", True),
    ("s: {e|cidr: 'fe80::/10'}", False),
    ("s: {six|cidr: 'fe80::/10'}", True),
    ("s: {a|cidr: 10.0.0.0/8}", False),
    # other fields
    ("s: {a|fieldref: same}", True),
    ("s: {a|fieldref: b}", False),
    ("s: {a|fieldref|contains: part}", True),
    ("s: {a|fieldref|startswith: part}", False),
    ("s: {a|fieldref|endswith: part}", True),
    # rewriting
    ("s: {cl|contains|windash: ' -e '}", True),
    ("s: {cl|windash|contains: ' /e '}", True),
    ("s: {cl|contains: ' -e '}", False),
    ("s: {b64|base64: 'whoami'}", True),
    ("s: {off|base64offset|contains: 'whoami'}", True),
    ("s: {off|base64offset|contains: 'whoarewe'}", False),
    ("s: {wide|wide|base64offset|contains: 'whoami'}", True),
    ("s: {wide|utf16le|base64offset|contains: 'whoami'}", True),
    ("s: {wide|utf16be|base64offset|contains: 'whoarewe'}", False),
    # without a field: anywhere in the row
    ("s: [NOTHING, 'whoami']", True),
    ("s: [nothing]", False),
    ("s: 'in the raw ROW'", True),
    ("s: {'|all': [whoami, 'raw row', 'c:\\windows']}", True),
    ("s: {'|all': [whoami, nothing]}", False),
    ("s: ['in*row']", True),
    ("s: {'|re': 'raw r.w'}", True),
    # several values of one field
    ("s: {lines: two}", True),
    ("s: {lines|startswith: tw}", True),
    ("s: {lines|endswith: ne}", True),
    ("s: {lines: four}", False),
]

ROW = A | {
    "same": "CMD.exe /c WHOAMI", "part": "whoami", "six": "fe80::1", "lines": "one\ntwo\nthree",
    "cl": "powershell /e SQBFAFgA", "b64": "d2hvYW1p",
    "off": "eHh3aG9hbWl4", "wide": "eAB3AGgAbwBhAG0AaQB4AA==",
}  # fmt: skip


@pytest.mark.parametrize(("detection", "expected"), CASES)
def test_a_detection(detection, expected):
    assert rule(detection).matches(event(ROW, "only in the raw row")) is expected


PARTS = "a1: {x: '1'}\na2: {x: '2'}\n_a3: {x: '3'}\nb-1: {y: '1'}"
CONDITIONS = [
    ("a1", {"x": "1"}, True),
    ("not a1", {"x": "1"}, False),
    ("a1 or a2 and b-1", {"x": "1"}, True),
    ("(a1 or a2) and b-1", {"x": "1"}, False),
    ("(a1 or a2) and b-1", {"x": "2", "y": "1"}, True),
    ("not a1 and b-1", {"y": "1"}, True),
    ("not (a1 and b-1)", {"x": "1"}, True),
    ("a1 AND NOT b-1", {"x": "1"}, True),
    ("1 of a*", {"x": "2"}, True),
    ("any of a*", {"x": "2"}, True),
    ("1 of a*", {"x": "3"}, False),
    ("all of a*", {"x": "1"}, False),
    ("all of b*", {"y": "1"}, True),
    ("1 of them", {"x": "3"}, False),
    ("1 of them", {"y": "1"}, True),
    ("all of them", {"x": "1", "y": "1"}, False),
    ("1 of _a*", {"x": "3"}, True),
    ("not 1 of a*", {"x": "9"}, True),
    ("not not a1", {"x": "1"}, True),
    ("[a1, b-1]", {"y": "1"}, True),
]


@pytest.mark.parametrize(("condition", "fields", "expected"), CONDITIONS)
def test_a_condition(condition, fields, expected):
    assert rule(PARTS, condition).matches(event(fields)) is expected


REFUSED = [
    ("s: {a|expand: '%admins%'}", "s", "expand"),
    ("s: {a|nonsense: x}", "s", "nonsense"),
    ("s: {a|hour: 3}", "s", "hour"),
    ("s: {a: x}", "s | count() by a > 5", "correlation"),
    ("s: {a: x}\ntimeframe: 5m", "s", "timeframe"),
    ("s: {a: x}", "", "condition"),
    ("s: {a: x}", "s and", "too early"),
    ("s: {a: x}", "(s", "parenthesis"),
    ("s: {a: x}", "s t", "go on at t"),
    ("s: {a: x}", "t", "t"),
    ("s: {a: x}", "1 of t*", "t*"),
    ("s: {a: x}", "2 of s*", "2 of"),
    ("s: {a|re: '('}", "s", "("),
    ("s: {a|re: '(?=(a+)+b)'}", "s", "repeat inside a repeat"),
    ("s: {a|cidr: 10.0.0.0/99}", "s", "10.0.0.0/99"),
    ("s: {a|gt: many}", "s", "many"),
    ("s: {a|exists: maybe}", "s", "exists"),
    ("s: {a|base64: 'a*b'}", "s", "wildcards"),
    ("s: {a|re|contains|cidr: x}", "s", "together"),
    ("s: {a: {b: c}}", "s", "map"),
    ("s: {}", "s", "without anything"),
    ("s: [null]", "s", "empty value"),
]


@pytest.mark.parametrize(("detection", "condition", "word"), REFUSED)
def test_what_is_not_supported_is_named(detection, condition, word):
    with pytest.raises(RuleError, match=r".+") as fault:
        rule(detection, condition or "''")
    assert word in str(fault.value.why)


def test_what_a_decoder_found_counts_beside_the_field_and_under_its_own_name():
    found = event({"cs-uri-query": "/a%40b"}, decoded={"cs-uri-query": "/a@b", "X.user": "anna"})
    assert rule("s: {cs-uri-query: '/a@b'}").matches(found)
    assert rule("s: {cs-uri-query: '/a%40b'}").matches(found)
    assert rule("s: {X.user: ANNA}").matches(found)
    assert rule("s: ['a@b']").matches(found)
    assert not rule("s: {X.sid: '*'}").matches(found)


def test_unicode_half_of_a_pair_does_no_harm():
    assert rule("s: {a|re: 'x$'}").matches(event({"a": "\ud800x"}))


def test_a_category_of_windows_asks_for_its_event_and_knows_the_other_name():
    asked = rule(
        "s: {Image|endswith: '\\cmd.exe'}",
        logsource="{product: windows, category: process_creation}",
    )
    base = {"Channel": "Security", "EventID": "4688", "NewProcessName": r"C:\x\CMD.exe"}
    assert asked.surfaces == ("windows",)
    assert asked.matches(Event(surface="windows", fields=base))
    assert not asked.matches(Event(surface="windows", fields=base | {"EventID": "4689"}))
    sysmon = {"Provider_Name": "Microsoft-Windows-Sysmon", "EventID": "1", "Image": r"C:\cmd.exe"}
    assert asked.matches(Event(surface="windows", fields=sysmon))
    assert not asked.matches(Event(surface="iis", fields=sysmon))


@pytest.mark.parametrize(
    ("logsource", "surfaces"),
    [
        ("{product: exchange, service: httpproxy}", {"httpproxy"}),
        ("{product: exchange, service: ecp-server}", {"ecp-server"}),
        ("{product: windows, service: msexchange-management}", {"windows"}),
        ("{product: windows, service: iis-configuration}", {"windows"}),
        ("{product: windows}", {"windows"}),
        ("{category: antivirus}", {"windows"}),
        ("{product: m365, service: threat_management}", {"m365"}),
        ("{product: azure, service: signinlogs}", {"m365"}),
        ("{product: linux, category: process_creation}", set()),
        ("{product: aws, service: cloudtrail}", set()),
        ("{product: azure, service: activitylogs}", set()),
    ],
)
def test_which_logs_a_rule_is_asked_of(logsource, surfaces):
    assert set(rule("s: {a: b}", logsource=logsource).surfaces) >= surfaces
    assert bool(rule("s: {a: b}", logsource=logsource).surfaces) == bool(surfaces)


def test_webserver_rules_are_asked_of_iis_and_of_exchange():
    assert {"iis", "httpproxy", "rps-http"} <= set(rule("s: {a: b}").surfaces)


@pytest.mark.parametrize(
    ("status", "words", "outcome"),
    [
        ("200", "{}", "success"),
        ("404", "{}", "attempt"),
        ("302", "{}", "unknown"),
        ("200", "{success: w}", "unknown"),
        ("200", "{success: s}", "success"),
        ("500", "{success: w}", "attempt"),
        ("200", "{attempt: s}", "attempt"),
        ("404", "{success: s, attempt: s}", "success"),
    ],
)
def test_the_outcome(status, words, outcome):
    document = yaml.safe_load(
        "{title: x, logsource: {category: webserver}, detection: {s: {a: b}, w: {w: w},"
        f" condition: s}}, tocsin: {{outcome: {words}}}}}"
    )
    found = rule_of(document, "x", own=True).outcome(event({"a": "b", "sc-status": status}))
    assert found == outcome
