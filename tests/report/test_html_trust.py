"""The trust and plan parts of the HTML report, as a reader without script sees them."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import sys
import tomllib
from importlib import resources
from pathlib import Path

import msgspec
import pytest
from sample_parts import HOSTILE
from sample_run import large_run, sample_run
from selectolax.lexbor import LexborHTMLParser, LexborNode

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "trust"))

from invented_parts import ACCEPTED
from invented_run import estate, retailer

from tocsin.model.run import Run
from tocsin.model.trusts import Trusts
from tocsin.report.html import render

VENDOR = resources.files("tocsin.report.html_parts") / "vendor"
SIZE_LIMIT = 5_000_000


def english(run: Run) -> str:
    return render(run, lambda text: text, "en")


@pytest.fixture(scope="module")
def run() -> Run:
    return retailer()


@pytest.fixture(scope="module")
def page(run: Run) -> str:
    return english(run)


@pytest.fixture(scope="module")
def tree(page: str) -> LexborHTMLParser:
    return LexborHTMLParser(page)


@pytest.fixture(scope="module")
def big() -> str:
    return english(estate())


def words(node: LexborNode | None) -> str:
    assert node is not None
    return " ".join(node.text(separator=" ").split())


def trusts_of(run: Run) -> Trusts:
    assert run.trusts is not None
    return run.trusts


def test_what_is_carried_along_is_what_its_authors_published() -> None:
    listed = tomllib.loads((VENDOR / "vendored.toml").read_text("utf-8"))["file"]
    beside = {each.name for each in VENDOR.iterdir()} - {"vendored.toml", "__init__.py"}
    assert beside == {name for each in listed for name in (each["name"], each["licence_file"])}
    for each in listed:
        raw = (VENDOR / each["name"]).read_bytes()
        assert hashlib.sha256(raw).hexdigest() == each["sha256"]
        assert len(raw) == each["bytes"]
        licence = (VENDOR / each["licence_file"]).read_text("utf-8")
        assert each["licence"] == "MIT"
        assert "Permission is hereby granted, free of charge" in licence


def test_the_library_is_in_the_page_word_for_word_and_only_where_there_is_a_picture(
    page: str, run: Run
) -> None:
    library = (VENDOR / "cytoscape.min.js").read_bytes().decode()
    assert page.count(f"<script>{library}</script>") == 1
    assert "Copyright (c) 2016-2026, The Cytoscape Consortium" in page
    for other in (
        sample_run(),
        msgspec.structs.replace(run, trusts=None),
        msgspec.structs.replace(
            run, trusts=msgspec.structs.replace(trusts_of(run), nodes=(), edges=(), paths=())
        ),
    ):
        without = english(other)
        assert library not in without
        assert "trust-data" not in without
        assert len(without) < len(page) - len(library)


def test_the_policy_allows_the_scripts_of_the_page_by_digest_and_nothing_remote(page: str) -> None:
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', page)
    assert policy is not None
    rules = dict(rule.strip().split(" ", 1) for rule in policy[1].split(";"))
    scripts = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    digests = {
        "'sha256-" + base64.b64encode(hashlib.sha256(each.encode()).digest()).decode() + "'"
        for each in scripts
    }
    assert len(scripts) == 5
    assert set(rules["script-src"].split()) == digests
    assert rules["default-src"] == "'none'"
    assert "http" not in policy[1]


def test_what_to_do_comes_first_then_what_happened_then_everything_else(
    page: str, tree: LexborHTMLParser
) -> None:
    sections = [each.attributes["id"] for each in tree.css("main > section[id]")]
    assert sections[:2] == ["plan", "stories"]
    assert sections.index("servers") < sections.index("trust") < sections.index("checks")
    nav = [each.attributes["href"] for each in tree.css("nav a")]
    assert nav[0] == "#plan"
    assert {"#picture", "#ways", "#pairs", "#checks", "#inputs"} <= set(nav)
    assert all(f'id="{each[1:]}"' in page or f"id={each[1:]}" in page for each in nav if each)


def test_an_action_says_what_why_how_far_and_its_proof(tree: LexborHTMLParser) -> None:
    first, third = tree.css_first("#ac1"), tree.css_first("#ac3")
    assert words(first).startswith("1 Isolate EX03.corp.contoso.example: it was broken into on")
    assert "A web shell was used 14 times since 2026-11-09 02:13." in words(first)
    assert "parts 12 of 33 pairs of server and target" in words(first)
    assert "isolate · critical" in words(first)
    assert first is not None
    assert first.css_first(".cuts svg .bv").attributes["width"] == "36%"
    assert "HasPrivateKey = True" in words(third)
    assert "exports/ExchangeCertificate.xml record 3" in words(third)
    assert third is not None
    assert third.css_first("a[href='#ck3']").text() == "HYB-020"
    assert words(tree.css_first("#ck3 summary")).startswith("✕ failed HYB-020")


def test_an_accepted_risk_is_grey_with_reason_owner_and_day_and_counts_again_when_it_ends(
    tree: LexborHTMLParser,
) -> None:
    for box in (tree.css_first("#ac9"), tree.css_first("#check-list .c-accepted")):
        assert box is not None
        assert "grey" in (box.attributes["class"] or "")
        assert "Accepted until 2027-01-31 by h.weber@contoso.example" in words(box)
        assert "The scanners of the second floor cannot speak TLS until the move." in words(box)
    assert "Counts again: a risk was accepted until 2026-06-30 by IT operations" in words(
        tree.css_first("#plan .expired")
    )


def test_a_story_is_told_in_order_by_every_room(tree: LexborHTMLParser) -> None:
    lines = [words(each) for each in tree.css("#sy1 .tale > li")]
    assert [re.match(r"[\d:\- ]*(\w+)", line)[1] for line in lines] == [  # type: ignore[index]
        *("Servers", "Logs", "Logs", "Mails", "Trust", "Trust"),
    ]
    assert lines[1].startswith("2026-11-09 02:13:36 Logs A mailbox was exported to a web shell")
    assert "logs/u_ex261109.log record 88213" in lines[1]
    assert "2026-11-09" not in lines[2].split("Logs")[0], "a day is said once"


def test_scores_say_what_moved_them_and_that_being_seen_does_not_count(
    tree: LexborHTMLParser, run: Run
) -> None:
    text = words(tree.css_first("#trust"))
    assert "Whether the internet can see a server moves no score" in text
    rows = tree.css("#score-list > li")
    assert [words(each.css_first("strong")) for each in rows] == [
        each.name for each in trusts_of(run).scores
    ]
    first = words(rows[0])
    assert "open to ProxyShell, which is being exploited (2016 CU19)" in first
    assert "holds the certificate that Exchange Online trusts" in first
    assert "Exchange Online does not see it" in first
    parts = [words(each) for each in rows[0].css(".parts tr")]
    assert parts[0] == "how weak it is 1.00 × somebody got in"
    assert parts[3].startswith("who watches it 1.10 = 100.0 not known to Exchange Online")


def test_the_still_picture_names_everything_and_tells_lines_apart_without_colour(
    tree: LexborHTMLParser, run: Run
) -> None:
    svg = tree.css_first("svg.tg")
    assert svg is not None
    titles = " ".join(each.text() for each in svg.css("g title"))
    assert all(each.name in titles for each in trusts_of(run).nodes)
    assert "EX03.corp.contoso.example opens" not in words(svg.css_first("desc"))
    assert "signs for Office 365 Exchange Online, may act on contoso.onmicrosoft.com." in words(
        svg.css_first("desc")
    )
    looks = {each.attributes["class"] for each in svg.css("path.tl")}
    assert looks == {f"tl {k}" for k in ("configured", "by-design", "assumed", "observed", "inner")}
    dashes = {each.attributes.get("stroke-dasharray") for each in svg.css("path.tl.assumed")}
    assert dashes == {"1.5 4"}
    assert all(each.attributes.get("stroke-dasharray") for each in svg.css("path.tl.by-design"))
    legend = words(tree.css_first(".trusts figcaption"))
    assert "configured: an export says so" in legend
    assert "assumed: nothing disproves it" in legend


@pytest.mark.parametrize("which", ["page", "big"])
def test_no_two_things_in_the_picture_lie_on_each_other(
    which: str, request: pytest.FixtureRequest
) -> None:
    svg = LexborHTMLParser(request.getfixturevalue(which)).css_first("svg.tg")
    assert svg is not None
    width, height = (float(svg.attributes[key] or 0) for key in ("width", "height"))
    corners = []
    for group in svg.css("g.nd"):
        box = group.css("rect")[-1].attributes
        corners.append([float(box[key] or 0) for key in ("x", "y", "width", "height")])
    assert len(corners) > 20
    for x, y, w, h in corners:
        assert 0 <= x <= x + w <= width
        assert 0 <= y <= y + h <= height
    for at, (x, y, w, h) in enumerate(corners):
        for other in corners[:at]:
            assert abs(x - other[0]) >= w or abs(y - other[1]) >= h


def test_every_way_stands_in_words_and_every_step_leads_to_its_proof(
    tree: LexborHTMLParser, run: Run
) -> None:
    ways = tree.css("#way-list > li")
    assert len(ways) == len(trusts_of(run).paths)
    first = words(ways[0])
    assert first.startswith("1 EX03.corp.contoso.example holds the key →")
    assert "may act on → contoso.onmicrosoft.com 0.81" in first
    step = ways[0].css_first(".legs a")
    assert step is not None
    card = tree.css_first(step.attributes["href"] or "")
    assert "holds the private key of Exchange Server Auth Certificate" in words(card)
    told = words(
        next(each for each in tree.css("#step-list > li") if "opens Inbound" in words(each))
    )
    assert "TlsSenderCertificateName = *.contoso.example" in told
    assert "exports/Authenticates.xml record 3" in told
    assert "configured: an export says so" in told
    assert "What takes it away Have Inbound from 5b2a ask for the exact name of one host." in told
    assert "Judged by HYB-012" in told
    seen = words(next(each for each in tree.css("#step-list > li") if "was seen" in words(each)))
    assert "214 mails, the last on 2026-11-20" in seen


def test_both_sides_of_a_trust_differ_in_word_and_sign(tree: LexborHTMLParser) -> None:
    rows = [words(each) for each in tree.css("#pr1 tbody tr")]
    assert rows[0].startswith("≠ differs The cloud trusts more names than the servers show.")
    assert "TlsCertificateName CN=mail.contoso.example" in rows[0]
    assert rows[1].startswith("= agrees")
    assert rows[2].startswith("? cannot be told")
    assert "SenderIPAddresses not collected" in rows[2]
    assert "differences: 1 · cannot be told: 1" in words(tree.css_first("#pr1 summary"))
    assert "not found" in words(tree.css_first("#pr2 thead"))


def test_checks_say_what_failed_what_is_missing_and_lead_nowhere_outside(
    tree: LexborHTMLParser,
) -> None:
    signs = [words(each) for each in tree.css("#check-list > li .sign")]
    assert signs == ["✕ failed"] * 4 + ["– accepted"] + ["? not known"] * 2 + ["✓ passed"] * 2
    assert "failed: 4 · not known: 2 · passed: 2 · accepted: 1" in words(tree.css_first("#checks"))
    unknown = words(next(each for each in tree.css("#check-list > li") if "HYB-025" in words(each)))
    assert "To answer it, collect: Get-TransportRule" in unknown
    failed = words(tree.css_first("#ck1"))
    assert "https://learn.microsoft.com/powershell/module/exchange/set-inboundconnector" in failed
    links = [each.attributes["href"] or "" for each in tree.css("main a")]
    assert links
    assert all(each.startswith("#") for each in links)


def test_what_is_missing_is_said_with_the_checks_that_wait(tree: LexborHTMLParser) -> None:
    first = words(tree.css_first("#inputs ol.do li"))
    assert first == "GET /servicePrincipals checks that wait for it: 2 HYB-050 HYB-051"
    rows = [words(each) for each in tree.css("#inputs tbody tr")]
    assert "not given" in rows[0]
    assert any("asked, but: access was denied" in row for row in rows)
    assert any("read, and it is empty" in row for row in rows)


def test_checks_of_very_many_servers_stand_together(big: str) -> None:
    tree = LexborHTMLParser(big)
    groups = [each for each in tree.css("#check-list > li") if "HYB-054" in words(each)]
    assert len(groups) == 2
    failed = words(groups[0])
    assert "objects: 1,333" in failed
    assert "and 1,125 more" in failed, "8 are told, 200 named"


def test_two_thousand_servers_stay_below_five_megabytes_and_say_what_is_folded(big: str) -> None:
    assert len(big.encode()) < SIZE_LIMIT
    tree = LexborHTMLParser(big)
    assert "8 most urgent servers" in words(tree.css_first(".pictured .note"))
    names = " ".join(each.text() for each in tree.css("svg.tg g.fold title"))
    folded = sum(int(n.replace(",", "")) for n in re.findall(r"([\d,]+) further servers", names))
    assert folded == 2000 - 8
    assert len(tree.css("#server-list > li")) == len(tree.css("#score-list > li")) == 2000
    whole = json.loads(tree.css_first("#trust-data").text())  # type: ignore[union-attr]
    assert len(whole["src"]) == len(whole["dst"]) == len(whole["cls"]) == 20_000
    assert len(whole["paths"]) == 6000
    assert "Of 2,000 servers the first 100 unfold" in words(tree.css_first("#servers"))


@pytest.mark.parametrize("mark", [*HOSTILE, "</script><!--<script>", "r" * 10_000])
def test_hostile_names_stay_asleep(mark: str) -> None:
    page = english(retailer(mark))
    for raw in ("<script>alert", "<img src=x", "<svg onload", "\u202e", "\x1b", "\ufeff"):
        assert raw not in page
    island = re.search(r'<script type="application/json" id="trust-data">(.*?)</script>', page)
    assert island is not None
    assert "<" not in island[1]
    data = json.loads(island[1])
    assert max(map(len, data["names"])) <= 80
    page.encode("utf-8")


def test_an_edited_run_may_lack_what_it_names(run: Run) -> None:
    found = trusts_of(run)
    torn = msgspec.structs.replace(
        found, nodes=found.nodes[4:], edges=found.edges[3:], scores=found.scores[1:]
    )
    assert "Which trusts carry a break-in on" in english(msgspec.structs.replace(run, trusts=torn))
    assert run.plan is not None
    bare = msgspec.structs.replace(run, trusts=None)
    page = english(bare)
    assert "What to do first" in page
    assert "show its ways" not in page


def test_what_was_left_out_by_the_user_is_said(run: Run) -> None:
    left = msgspec.structs.replace(trusts_of(run), without=("EX03", "key 9F3A"))
    page = english(msgspec.structs.replace(run, trusts=left))
    assert "Left out, to see what remains: EX03 , key 9F3A" in words(
        LexborHTMLParser(page).css_first("#trust")
    )


def test_french_stands_where_it_is_known_and_the_page_says_its_language() -> None:
    table = {"What to do first": "Que faire d'abord", "failed": "échoué"}
    page = render(retailer(), lambda text: table.get(text, text), "fr")
    assert '<html lang="fr">' in page
    assert "Que faire d&#39;abord" in page
    assert "✕</b> échoué" in page


def test_an_accepted_finding_stands_grey_beside_those_that_are_open() -> None:
    run = sample_run()
    one, *rest = run.findings
    held = msgspec.structs.replace(one, accepted=ACCEPTED)
    page = english(msgspec.structs.replace(run, findings=(held, *rest)))
    rows = LexborHTMLParser(page).css("#finding-list tr.grey")
    assert len(rows) == 1
    text = words(rows[0])
    assert one.rule in text
    assert "Accepted until 2027-01-31 by h.weber@contoso.example: The scanners" in text


def test_of_very_many_servers_with_findings_and_histories_the_page_stays_small() -> None:
    run = large_run(2000, 20)
    small = trusts_of(retailer())
    page = english(msgspec.structs.replace(run, trusts=small, plan=retailer().plan))
    assert len(page.encode()) < SIZE_LIMIT
    tree = LexborHTMLParser(page)
    assert len(tree.css("#server-list > li > details")) == 100
    last = tree.css_first("#s2000")
    assert "EX2000.corp.contoso.example" in words(last)
    assert "open" in words(last)
