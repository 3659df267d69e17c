"""No row that a rule matches goes unfound: rows are made of each rule, read and judged, and searched."""

from __future__ import annotations

import json
import os
import random
import tarfile
from collections import Counter
from functools import cache
from urllib.parse import quote_from_bytes

import pytest
import re2
import yaml
from sigma_rows import JSON, W3C, Maker, event_of

from tocsin.analyse.hunt.decoded import decoded_again
from tocsin.formats.syntax.log_rows import Layout
from tocsin.knowledge.sigma import anchors, load
from tocsin.knowledge.sigma.anchors import anchors_hold
from tocsin.knowledge.sigma.rule import rule_of
from tocsin.knowledge.sigma.spelling import FOLDED, NEEDLESS

SEED = int(os.environ.get("TOCSIN_SEED", "0"))


@cache
def search(patterns: tuple[str, ...]):
    options = re2.Options()
    options.case_sensitive = False
    options.encoding = re2.Options.Encoding.LATIN1
    options.max_mem = 64 << 20
    text = "|".join(f"(?:{each})" for each in patterns)
    return re2.compile(text.encode("latin-1"), options).search


def hit(found: tuple[str, ...], surface: str, line: bytes) -> bool:
    """Whether the engine would ask the rule of this row."""
    if not found:
        return False
    block = b"\n" + line + b"\r\n"
    if search(found)(block) or search((FOLDED.decode("latin-1"),))(block):
        return True
    if surface in JSON or not search((NEEDLESS.decode("latin-1"),))(block):
        return False
    patterns = (*found, FOLDED.decode("latin-1"))
    return any(
        search(patterns)(b"\n" + text.replace(b"\n", b" ") + b"\n") for text in decoded_again(line)
    )


def check(rules, surfaces, tries: int) -> Counter:
    seen = Counter()
    for number, rule in enumerate(rules):
        for surface in set(rule.surfaces) & set(surfaces):
            found = anchors(rule, surface)
            if found is None:
                seen["no anchors"] += 1
                continue
            matched = 0
            maker = Maker(number + SEED)
            for _ in range(tries):
                line, layout = maker.row(rule, surface)
                event = event_of(surface, line, layout)
                if event is None or not rule.matches(event):
                    continue
                matched += 1
                assert hit(found, surface, line), (rule.title, surface, line, found[:5])
            seen["matched" if matched else "never matched"] += 1
            seen["rows"] += matched
    return seen


@pytest.fixture(scope="module")
def sigmahq(shared, tmp_path_factory):
    folder = tmp_path_factory.mktemp("sigmahq")
    with tarfile.open(shared / "samples/sigma/sigmahq-rules.tar.xz") as archive:
        archive.extractall(folder, filter="data")
    return load([folder], packaged=False)


WEB = ("iis", "httpproxy", "ews")
OTHERS = (
    "rps-http", "rps-cmdlet", "rps-authz", "mapihttp", "autodiscover", "httpfilter", "ecp-server",
    "ecp-activity", "oabgen", "messagetracking", "smtp", "agent",
)  # fmt: skip
EVERY = (*WEB, *OTHERS, *JSON)


def test_own_rules_find_every_row_they_match():
    seen = check(load().rules, EVERY, 40)
    assert seen["no anchors"] == 0
    print(seen)
    assert seen["matched"] > 4 * seen["never matched"]


@pytest.mark.shared
def test_sigmahq_rules_find_every_row_they_match(sigmahq):
    seen = check(sigmahq.rules, WEB, 30)
    print(seen)
    assert seen["matched"] > 4 * seen["never matched"]


@pytest.mark.shared
def test_sigmahq_windows_rules_find_every_row_they_match(sigmahq):
    seen = check(sigmahq.rules, JSON, 3)
    print(seen)
    assert seen["matched"] > 4 * seen["never matched"]


FIELDS = {
    "iis": (
        "cs-uri-query",
        "cs-uri-stem",
        "query",
        "cs-user-agent",
        "cs-method",
        "cs-username",
        "",
    ),
    "httpproxy": ("cs-uri-query", "UrlStem", "AnchorMailbox", "cs-user-agent", "GenericInfo", ""),
    "windows": ("CommandLine", "Image", "EventID", "Channel", "Message", ""),
}
TEXTS = (
    "/owa/auth/x.js", "a b", "cmd.exe", "@", "?a=", "C:\\Windows\\", '"q"', "it's", "100%", "%2e%2e/",
    "\u00e9x", "{GUID}", "-enc", "<script>", "a+b", "\\\\srv\\c$", "200", "powershell", "[1]", "a|b", "~",
    "k\u017f", "x&y=z", "a;b,c", ".", "z", "/autodiscover.json", "/mapi/nspi", "/ews", "spi/auto", "json/ma", "nspi",
)  # fmt: skip
REGEXES = (
    r"(?i)/(?:owa|ecp)/[^/]+\.aspx?$", r"a\s+b", r"^[A-Z]{2,5}$", r"(?:%40|@)\w+\?", r"\d{3}-x{0,2}",
    r"[^\s=&;/]{0,9}@", r"(?i)cmd(?:\.exe)? /c", r"(a|bc)+d", r"\\\\[\w.]+\\c\$", r"(?=x)x.*y", r"q{2}[?]",
    r"(?i)^post|put$", r"['\"]\s*or", r"\.json\?[^=]+=",
)  # fmt: skip


def random_rule(chance: random.Random, surface: str):
    def item():
        field = chance.choice(FIELDS[surface])
        values = [
            chance.choice(TEXTS) + chance.choice(("", "", chance.choice(TEXTS))) for _ in "ab"
        ]
        way = chance.choice(
            ("contains", "startswith", "endswith", "", "re", "contains|all", "wild")
        )
        if way == "re" and field:
            return {f"{field}|re": chance.choice(REGEXES)}
        if way == "wild" or not field:
            return {field or "|all": "*".join(value.replace("\\", "\\\\") for value in values)}
        return {
            field + ("|" + way if way not in ("", "re") else ""): values[: chance.randint(1, 2)]
        }

    detection = {}
    for name in ("a", "b", "c"):
        found = item()
        for _ in range(chance.randrange(2)):
            found |= item()
        detection[name] = found
    detection["condition"] = chance.choice(
        ("a", "a and b", "a or b", "a and not b", "(a or b) and c", "1 of them", "all of them")
    )
    service = {"iis": "iis", "httpproxy": "httpproxy", "windows": "windows"}[surface]
    logsource = {"product": "exchange", "service": service}
    return rule_of({"title": "x", "detection": detection, "logsource": logsource}, "x", own=True)


@pytest.mark.parametrize("surface", FIELDS)
def test_random_rules_find_every_row_they_match(surface):
    chance = random.Random(SEED + 7)
    rules = [random_rule(chance, surface) for _ in range(400)]
    seen = check(rules, (surface,), 12)
    assert seen["rows"] > 500


def test_every_anchor_is_read_by_both_engines():
    hyperscan = pytest.importorskip("hyperscan")
    for surface in ("iis", "httpproxy", "windows", "m365", "messagetracking"):
        found = [
            p for rule in load().rules if surface in rule.surfaces for p in anchors(rule, surface)
        ]
        assert all(each.isascii() for each in found)
        database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
        database.compile(
            expressions=[each.encode() for each in found],
            ids=list(range(len(found))),
            elements=len(found),
            flags=[hyperscan.HS_FLAG_CASELESS] * len(found),
        )
        for each in found:
            search((each,))


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("cp037", "powershell/?x"),
        ("cp500", "/ecp/default.flt"),
        ("cp037", "Email=a@b.example&id=7"),
    ],
)
def test_a_query_in_a_foreign_code_page_is_let_through(page, text):
    """ASP.NET reads it so when the agent begins with UP; nothing of the text stands in the row."""
    query = quote_from_bytes(text.encode(page))
    cells = "2026-03-03 10:00:00 10.0.0.5 POST /autodiscover/x {} 443 - 198.51.100.7 UP+x - - - 200 0 0 9"
    line = cells.format(query).encode()
    rule = rule_of(
        {
            "title": "x", "logsource": {"category": "webserver"},
            "detection": {"a": {"cs-uri-query|contains": text}, "condition": "a"},
        },
        "x", own=True,
    )  # fmt: skip
    event = event_of("iis", line, Layout(surface="iis", columns=tuple(W3C), delimiter=" "))
    assert event is not None
    assert rule.matches(event)
    assert hit(anchors(rule, "iis"), "iis", line)


@pytest.mark.parametrize(
    ("surface", "columns", "holds"),
    [
        ("iis", "date time cs-method cs-uri-stem cs-uri-query c-ip cs(User-Agent) sc-status", True),
        ("iis", "date time cs-uri-stem c-ip sc-status", True),
        ("iis", "date time cs-uri-query cs-uri-stem sc-status", False),
        ("iis", "date time cs-uri-stem c-ip cs-uri-query", False),
        ("iis", "date sc-status cs-uri-stem cs-uri-query", False),
        ("httpproxy", "DateTime UrlStem AuthenticatedUser HttpStatus UrlQuery", True),
        ("httpproxy", "DateTime UrlQuery UrlStem", False),
        ("httpproxy", "DateTime HttpStatus UrlStem", False),
        ("messagetracking", "date-time client-ip", True),
    ],
)
def test_anchors_rest_on_the_order_of_columns(surface, columns, holds):
    assert anchors_hold(surface, tuple(columns.split())) is holds


RULES = """
- {page: {"cs-uri-stem|re": '(?i)\\.(?:aspx|ashx|asp)$'}, command: {"query|re": '(?i)[=&/]\\s*(?:whoami|cmd(?:\\+|%20|\\s)+/c|powershell(?:\\+|%20|\\s))'}, condition: page and command}
- {at: {"cs-uri-query|re": '(?i)autodiscover\\.json(?:\\?|%3f)[^\\s=&;/]{0,64}(?:@|%40)'}, condition: at}
- {s: {cs-method: POST, "cs-uri-query|contains": [/owa/auth/x.js, /ecp/default.flt], sc-status: 200}, condition: s}
- {s: {"cs-uri-query|contains|all": [/owa/, /powershell]}, condition: s}
- {s: {sc-win32-status: [1326, 1909]}, condition: s}
- {a: {cs-uri-query|contains: /autodiscover.json}, b: {cs-uri-query|contains: [/powershell, /mapi/nspi, /EWS, X-Rps-CAT]}, condition: a and b}
- {s: {cs-user-agent: [Mozilla/5.0, MSIE, "Mozilla/4.0 (compatible; MSIE 8.0; Windows NT 5.1)"]}, condition: s}
"""


def test_what_is_searched_for_is_rare():
    """Ordinary rows of Exchange, of none of which such rules are to be asked."""
    rows = (
        "POST /mapi/emsmdb/ mailboxId=77@contoso.example&cafeReqId=0; 443 CONTOSO\\anna 10.1.7.7 Microsoft+Office/16.0+(Windows+NT+10.0) - 200 0 0 62",
        "POST /Microsoft-Server-ActiveSync/default.eas Cmd=Ping&User=contoso%5Canna&DeviceType=iPhone 443 anna 198.51.100.2 Apple-iPhone12C1/1805.72 - 200 0 0 9",
        "GET /autodiscover/autodiscover.json Email=anna%40contoso.example&Protocol=ActiveSync 443 - 198.51.100.2 Outlook-iOS/2.0 - 302 0 0 9",
        "POST /owa/service.svc action=FindItem&EP=1 443 anna@contoso.example 198.51.100.2 Mozilla/5.0+(Windows+NT+10.0)+Chrome/120.0 - 200 0 0 9",
        "GET /owa/auth/logon.aspx url=https%3a%2f%2fmail.contoso.example%2fowa 443 - 198.51.100.2 Mozilla/5.0+(X11) https://mail.contoso.example/owa/ 200 0 0 9",
        "POST /rpc/ cafeReqId=5e581326-1ddc-48d3-82c6-0199bc121909 443 anna 198.51.100.2 MSRPC - 200 0 0 9",
        "POST /powershell clientApplication=ActiveMonitor;PSVersion=5.1 444 CONTOSO\\EX01$ ::1 Microsoft+WinRM+Client - 200 0 0 11",
    )  # fmt: skip
    for detection in yaml.safe_load(RULES):
        document = {"title": "x", "detection": detection, "logsource": {"category": "webserver"}}
        found = anchors(rule_of(document, "x", own=True), "iis")
        for row in rows:
            line = f"2026-03-03 10:00:00 10.0.0.5 {row}".encode()
            assert not hit(found, "iis", line), (detection, row, found)


def test_names_and_values_that_stand_apart_in_the_audit_queue():
    """The record is JSON in a cell of CSV; rules ask for `-Name "value"`."""
    parameters = [
        {"Name": "Role", "Value": "Mailbox Import Export"},
        {"Name": "User", "Value": "a\\b"},
    ]
    record = {"Operation": "New-ManagementRoleAssignment", "Parameters": parameters}
    columns = [
        "Timestamp",
        "Server",
        "TenantId",
        "RecordType",
        "Data",
        "UserKey",
        "RecordId",
        "Operation",
    ]
    data = json.dumps(record).replace('"', '""')
    line = f'2026-03-03T10:00:00Z,EX01,,1,"{data}",anna,1,New-ManagementRoleAssignment'.encode()
    layout = Layout(surface="audit-queue", columns=tuple(columns), delimiter=",")
    event = event_of("audit-queue", line, layout)
    for detection in (
        {"Parameters|contains": '-Role "Mailbox Import Export"'},
        {"Parameters|contains|all": ["-User ", 'import export" -user']},
        {"Parameters|re": '(?i)-role "?mailbox import'},
        {"Parameters.Role|startswith": "mailbox import"},
    ):
        document = {
            "title": "x",
            "detection": {"a": detection, "condition": "a"},
            "logsource": {"product": "exchange", "service": "cmdlet"},
        }
        rule = rule_of(document, "x", own=True)
        assert rule.matches(event)
        assert hit(anchors(rule, "audit-queue"), "audit-queue", line)
