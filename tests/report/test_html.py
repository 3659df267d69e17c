"""The HTML report as a file: self-contained, inert, complete, each claim with its evidence."""

from __future__ import annotations

import base64
import hashlib
import re
from collections import Counter
from html.parser import HTMLParser

import msgspec
import pytest
from sample_parts import HOSTILE, told
from sample_run import large_run, sample_run

from tocsin.model.run import Run
from tocsin.report.html import render
from tocsin.report.html_parts.visible import one_line, visible

CODE_POINT = re.compile(r"‹U\+[0-9A-F]{4,6}›")


class Page(HTMLParser):
    """Elements, attributes and text of a page; what stands in style and script apart."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.raw: dict[str, str] = {}
        self.words: list[str] = []
        self._inside = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {key: value or "" for key, value in attrs}))
        if tag in ("script", "style"):
            self._inside = tag

    def handle_endtag(self, tag: str) -> None:
        if tag == self._inside:
            self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.raw[self._inside] = self.raw.get(self._inside, "") + data
        else:
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def english(run: Run) -> str:
    return render(run, lambda text: text, "en")


@pytest.fixture(scope="module")
def sample() -> Page:
    return Page(english(sample_run()))


def test_the_policy_allows_the_pages_own_style_and_script_and_nothing_else(sample: Page) -> None:
    policy = next(
        attrs["content"]
        for tag, attrs in sample.elements
        if tag == "meta" and attrs.get("http-equiv") == "Content-Security-Policy"
    )
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == "'none'"
    for kind in ("style", "script"):
        digest = base64.b64encode(hashlib.sha256(sample.raw[kind].encode()).digest()).decode()
        assert rules[f"{kind}-src"] == f"'sha256-{digest}'"
    assert set(rules) == {
        "default-src",
        "style-src",
        "script-src",
        "img-src",
        "base-uri",
        "form-action",
    }


def test_nothing_in_the_page_points_outside_but_links_a_reader_may_follow(sample: Page) -> None:
    for tag, attrs in sample.elements:
        assert not any(key.startswith("on") or key in ("style", "src") for key in attrs), tag
        target = attrs.get("href", "#")
        if tag == "a" and not target.startswith("#"):
            assert target.startswith("https://msrc.microsoft.com/")
            assert attrs["rel"] == "noopener noreferrer"
        else:
            assert target.startswith(("#", "data:,"))


def test_hostile_words_make_no_elements_and_stay_readable(sample: Page) -> None:
    counts = Counter(tag for tag, _ in sample.elements)
    assert (counts["script"], counts["style"], counts["img"], counts["title"]) == (1, 1, 0, 1)
    for words in HOSTILE[:5]:
        assert words in sample.text
    assert "ex‹U+202E›gpj.exe‹U+202C›‹U+200B›‹U+FEFF›" in sample.text
    assert "‹U+001B›[31mred‹U+001B›[0m‹U+0007›" in sample.text
    assert "lone ‹U+D800› surrogate" in sample.text


def test_no_shapeless_character_reaches_the_file() -> None:
    page = english(sample_run())
    page.encode("utf-8")
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\ufeff]", page)


def test_a_long_name_is_cut_and_the_cut_is_said() -> None:
    run = sample_run()
    first = msgspec.structs.replace(run.servers[0], name="n" * 100_000)
    page = english(msgspec.structs.replace(run, servers=(first,)))
    assert "n" * 400 in page
    assert "n" * 2000 not in page
    assert "… (+99500)" in page


def test_every_link_inside_the_page_arrives_and_no_place_exists_twice(sample: Page) -> None:
    ids = Counter(attrs["id"] for _, attrs in sample.elements if "id" in attrs)
    assert [name for name, count in ids.items() if count > 1] == []
    wanted = {
        attrs["href"][1:] for tag, attrs in sample.elements if attrs.get("href", "").startswith("#")
    }
    assert wanted <= set(ids)
    assert len(wanted) > 40


def test_an_evidence_card_has_place_digest_quote_and_trust_in_words() -> None:
    page = english(sample_run())
    proof = sample_run().servers[0].history[0].evidence[0]
    card = next(part for part in page.split("<li id=e")[1:] if proof.position in part)
    shown = Page(card.split("</li>")[0]).text
    assert proof.source in shown
    assert proof.position in shown
    assert proof.sha256 in shown
    assert proof.quote in shown
    forged = [part for part in page.split("<li id=e")[1:] if "forgeable: any sender" in part]
    assert len(forged) >= len(HOSTILE)


def test_each_open_finding_stands_with_its_reason_and_a_link_to_its_evidence() -> None:
    run = sample_run()
    page = english(run)
    table = page[page.index('id="g1"') : page.index('id="g2"')]
    rows = re.findall(r"<tr class=.*", table)
    for finding in run.findings:
        if finding.subject == run.servers[0].id:
            row = next(row for row in rows if finding.rule in row)
            assert finding.because in Page(row).text
            assert re.search(r"href=#e\d+", row)
    assert "ProxyShell" in table


def test_fixed_advisories_are_counted_and_named_without_rows() -> None:
    page = english(sample_run())
    group = page[page.index('id="g3"') : page.index('id="g4"')]
    assert "Fixed: 12" in group
    folded = group[group.index("Fixed: 12") :]
    assert "CVE-2021-26855" in folded
    assert "<tr" not in folded


def test_hidden_public_and_unknown_are_said_in_words(sample: Page) -> None:
    assert "hidden from the internet" in sample.text
    assert "visible from the internet" in sample.text
    assert "not known whether visible" in sample.text


def test_what_the_outside_sees_of_a_hidden_server_is_nothing() -> None:
    page = english(sample_run())
    beside = page[page.index("<section id=outside") : page.index("<section id=findings")]
    row = next(row for row in beside.split("<tr>") if "EX03.corp.contoso.example" in row)
    assert Page(row).text.startswith("nothing EX03.corp.contoso.example 2016 CU19")
    seen = next(row for row in beside.split("<tr>") if "MAIL.contoso.example" in row)
    assert "agrees, but cannot tell the update" in seen


def test_without_outside_evidence_nothing_is_said_about_the_outside() -> None:
    page = english(msgspec.structs.replace(sample_run(), outside=()))
    beside = page[page.index("<section id=outside") : page.index("<section id=findings")]
    assert "nobody can say what the internet sees" in beside
    assert "<table" not in beside


def test_nobody_looked_is_not_the_same_as_not_seen() -> None:
    page = english(sample_run())
    matrix = page[page.index("<section id=visibility") : page.index("<section id=outside")]
    row = next(row for row in matrix.split("<tr>") if "EX05.corp" in row)
    assert re.sub(r" ?\[?\d+\]?", "", Page(row).text) == (
        "EX.corp.contoso.example not seen nobody looked seen nobody looked nobody looked "
        "nobody looked"
    )


def test_servers_judged_alike_share_one_table_and_keep_their_own_evidence() -> None:
    run = large_run(servers=2, rules=10)
    one, two = run.servers
    twin = msgspec.structs.replace(two, name="TWIN.corp.contoso.example")
    same = tuple(
        msgspec.structs.replace(finding, subject=twin.id, evidence=twin.evidence[-1:])
        for finding in run.findings
        if finding.subject == one.id
    )
    mine = tuple(finding for finding in run.findings if finding.subject == one.id)
    page = english(msgspec.structs.replace(run, servers=(one, twin), findings=mine + same))
    assert page.count("<details class=group") == 1
    heads = page[page.index("<ul class=rests>") :].split("</ul>")[0].split("<li>")[1:]
    assert len(heads) == 2
    cards = [set(re.findall(r"#e(\d+)", head)) for head in heads]
    assert all(cards)
    assert cards[0].isdisjoint(cards[1])


def test_a_sentence_of_an_edited_run_is_shown_and_never_filled_beyond_its_values() -> None:
    bad = ("{x.__class__}", "{x!r:>99999999}", "{missing}", "{", "{0}")
    run = sample_run()
    run = msgspec.structs.replace(
        run, headline=tuple(told(template, x="value") for template in bad)
    )
    text = Page(english(run)).text
    for template in bad:
        assert template in text


def test_a_link_that_could_run_or_lead_astray_is_only_words() -> None:
    run = sample_run()
    bad = ("javascript:alert(1)", "https://ok.example/\u202e", "file:///etc/passwd", "//x.example")
    first = msgspec.structs.replace(run.findings[0], references=bad)
    page = Page(english(msgspec.structs.replace(run, findings=(first,))))
    assert not [a for tag, a in page.elements if tag == "a" and not a["href"].startswith("#")]
    assert "javascript:alert(1)" in page.text


def test_a_run_of_nothing_is_still_a_page() -> None:
    run = msgspec.structs.replace(
        sample_run(),
        servers=(),
        findings=(),
        gaps=(),
        skipped=(),
        sources=(),
        outside=(),
        headline=(told("No Exchange server was found in what was given."),),
        own_domains=(),
    )
    text = Page(english(run)).text
    assert "No Exchange server was found in what was given." in text
    assert "Everything that was given could be read and judged." in text


def test_every_word_of_the_page_passes_through_the_translation() -> None:
    """With each translated sentence marked, what is left over comes from the run itself."""
    run = sample_run()
    marked = render(run, lambda text: f"⟦{text}⟧", "fr")
    page = Page(marked)
    assert ("html", {"lang": "fr"}) in page.elements
    attributes = " ".join(
        attrs[key]
        for _, attrs in page.elements
        for key in ("aria-label", "data-text", "data-dark", "data-light")
        if key in attrs
    )
    left = f"{page.text} {attributes}"
    while "⟧" in left:  # a translated term may stand inside a translated sentence
        left = re.sub(r"⟦[^⟦⟧]*⟧", " ", left)
    left = CODE_POINT.sub(" ", left)
    words = set(re.findall(r"[A-Za-z]{3,}", left))
    shown = [show(name) for name in names_of(run) for show in (one_line, visible)]
    own = set(re.findall(r"[A-Za-z]{3,}", CODE_POINT.sub(" ", "\n".join(shown))))
    assert sorted(words - own - {"Tocsin", "SHA", "UTC"}) == []


def names_of(run: Run) -> list[str]:
    """Every text of a run that is a name, a quote or a place, and no label or sentence."""
    labels = {"status", "level", "confidence", "seen_by", "trust", "kind", "by", "because", "why"}

    def walk(value: object) -> list[str]:
        if isinstance(value, dict):
            if "template" in value:
                return []
            return [
                text
                for key, each in value.items()
                if key not in labels
                for text in [
                    *walk(each),
                    *(list(each) if key in ("facts", "records") and isinstance(each, dict) else []),
                ]
            ]
        if isinstance(value, (list, tuple)):
            return [text for each in value for text in walk(each)]
        return [value] if isinstance(value, str) else []

    return walk(msgspec.to_builtins(run))


def test_three_hundred_servers_with_a_hundred_and_twenty_findings_stay_a_page_one_can_open() -> (
    None
):
    page = english(large_run(servers=300, rules=120))
    assert len(page.encode()) < 5_000_000


def test_dates_that_could_be_forged_make_the_axis_only_where_no_other_date_is_known() -> None:
    run = sample_run()
    forged = run.servers[4]
    page = english(msgspec.structs.replace(run, servers=(forged,)))
    lines = page[page.index("<ol class=servers id=server-list>") :]
    assert '<line class="sp fg"' in lines
    assert "forgeable evidence only" in lines
    both = english(run)
    years = re.findall(r">(\d{4})</text>", both)
    assert max(years) <= "2026"


def test_a_server_of_unknown_build_is_not_assessed_and_never_open_to_nothing() -> None:
    page = english(sample_run())
    row = page[page.index("id=s3") : page.index("id=s4")]
    assert "not assessed" in Page(row).text
    assert "nothing known to be open" not in Page(row).text
    beside = page[page.index("<section id=outside") : page.index("<section id=findings")]
    outside = next(row for row in beside.split("<tr>") if "EX05.corp" in row)
    assert Page(outside).text.endswith("not assessed not assessed")


def test_hidden_rests_on_the_outside_sources_that_do_not_hold_it() -> None:
    page = english(sample_run())
    body = page[page.index("id=s1") : page.index("id=s2")]
    link = re.search(r"<a href=#(q\d+)>scans/shodan-export.json.gz</a>", body)
    assert link is not None
    row = page[page.index(f"<tr id={link[1]}>") :].split("\n")[0]
    assert "scans/shodan-export.json.gz" in row
    assert sample_run().sources[2].sha256 in row
