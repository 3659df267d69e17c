"""The hunt in a real Chromium: nothing asked for, nothing run, all of it to be reached."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from chromium import CHROMIUM
from sample_conversations import HARMFUL
from sample_hunt import hostile, hunt_run, large
from test_html_chromium import CONTRAST, Watched

from tocsin.report.html import render

pytestmark = [
    pytest.mark.chromium,
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed"),
]
OPEN = "document.querySelectorAll('details').forEach((d) => d.open = true)"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("hunt")
    for name, run in (
        ("all", hunt_run()),
        ("logs", hunt_run(servers=False)),
        ("hostile", hunt_run(hostile(), servers=False)),
        ("large", hunt_run(large(), servers=False)),
    ):
        (path / f"{name}.html").write_text(render(run, lambda words: words, "en"), "utf-8")
    return path


@pytest.mark.parametrize("name", ["all", "logs", "hostile"])
def test_it_asks_for_nothing_and_words_of_logs_stay_asleep(
    browser: Any, folder: Path, name: str
) -> None:
    path = folder / f"{name}.html"
    with Watched(browser, path) as seen:
        seen.page.evaluate(OPEN)
        seen.page.mouse.wheel(0, 100_000)
        seen.page.wait_for_timeout(200)
        assert seen.requests in ([path.as_uri()], [path.as_uri(), "data:,"])
        assert seen.noise == []
        kinds = "img, iframe, object, embed, form[action], base, link[rel=stylesheet]"
        assert seen.page.evaluate(f"document.querySelectorAll('{kinds}').length") == 0
        if name == "hostile":
            assert seen.page.get_by_text(HARMFUL[1], exact=True).first.is_visible()


def test_the_picture_has_lanes_marks_and_readable_labels(browser: Any, folder: Path) -> None:
    with Watched(browser, folder / "logs.html", viewport={"width": 1280, "height": 900}) as seen:
        drawing = seen.page.get_by_role("img", name="What happened, server by server")
        box = drawing.bounding_box()
        assert box["width"] > 900
        assert box["height"] > 200
        assert seen.page.locator("svg.st svg.mk").count() == 9
        fills = "getComputedStyle(document.querySelector('{}')).fill"
        hollow = seen.page.evaluate(fills.format("svg.st .mk.attempt circle"))
        solid = seen.page.evaluate(fills.format("svg.st .mk.success circle"))
        assert hollow == seen.page.evaluate(
            "getComputedStyle(document.documentElement).backgroundColor"
        )
        assert solid != hollow
        overlaps = seen.page.evaluate(
            """() => { const boxes = [...document.querySelectorAll('svg.st text.lb')]
              .map((each) => each.getBoundingClientRect());
              return boxes.some((a, i) => boxes.some((b, j) => i < j && a.left < b.right
                && b.left < a.right && a.top < b.bottom && b.top < a.bottom)); }"""
        )
        assert not overlaps
        assert seen.page.locator("svg.st text.lb").count() == 9
        assert "looking for a way in" in seen.page.locator(".story .legend").inner_text()


def test_a_mark_leads_to_its_step_and_the_step_to_its_row(browser: Any, folder: Path) -> None:
    with Watched(browser, folder / "logs.html") as seen:
        seen.page.locator("svg.st a[href='#i1s7'] circle").click()
        assert seen.page.evaluate("location.hash") == "#i1s7"
        step = seen.page.locator("#i1s7 details")
        step.locator("summary").click()
        raw, hidden = step.locator("pre.raw"), step.locator("dl.dec")
        assert "powershell -enc" in raw.inner_text()
        assert "comsvcs.dll" in hidden.inner_text()
        left, right = raw.bounding_box(), hidden.bounding_box()
        assert left["x"] + left["width"] <= right["x"]
        step.get_by_role("link", name="finding").click()
        seen.page.locator("details:target .body").wait_for(state="visible")
        assert "Memory of LSASS" in seen.page.locator("details:target summary").inner_text()


def test_findings_are_filtered_by_server_step_outcome_level_and_words(
    browser: Any, folder: Path
) -> None:
    with Watched(browser, folder / "logs.html") as seen:
        form = seen.page.locator("form[data-filter=hunt-list]")
        items = seen.page.locator("#hunt-list > li:visible")
        out = form.locator("output")
        form.get_by_role("combobox").nth(0).select_option(label="EX05")
        out.filter(has_text="2 of 48 shown").wait_for()
        form.get_by_role("button", name="unclear").click()
        assert items.count() == 1
        assert "Random Name" in items.first.inner_text()
        form.get_by_role("button", name="unclear").click()
        form.get_by_role("combobox").nth(0).select_option(label="all")
        form.get_by_role("combobox").nth(1).select_option(label="Used a web shell")
        assert items.count() == 1
        form.get_by_role("combobox").nth(1).select_option(label="all")
        form.get_by_role("button", name="informational").click()
        assert items.count() == 37
        form.get_by_role("searchbox").fill("203.0.113.9")
        out.filter(has_text="1 of 48 shown").wait_for()


def test_coverage_is_sorted_by_its_headings(browser: Any, folder: Path) -> None:
    with Watched(browser, folder / "logs.html") as seen:
        table = seen.page.locator("table.reading")
        heading = table.locator("thead th").nth(5).get_by_role("button")
        assert heading.text_content() == "Rows"
        heading.click()
        heading.click()
        assert (
            table.locator("tbody tr").first.text_content().strip().startswith("Exchange HttpProxy")
        )


def test_without_script_everything_can_still_be_read(browser: Any, folder: Path) -> None:
    with Watched(browser, folder / "logs.html", java_script_enabled=False) as seen:
        assert seen.page.locator("form.controls:visible").count() == 0
        assert seen.page.locator("svg.st").first.is_visible()
        seen.page.locator("#i1s2 summary").click()
        assert seen.page.locator("#i1s2 pre.raw").is_visible()
        seen.page.locator("#h1 > summary").click()
        assert seen.page.locator("#h1 .twin").first.is_visible()


@pytest.mark.parametrize("width", [360, 768, 1280])
@pytest.mark.parametrize("name", ["all", "hostile"])
def test_nothing_runs_over_the_edge(browser: Any, folder: Path, name: str, width: int) -> None:
    path = folder / f"{name}.html"
    with Watched(browser, path, viewport={"width": width, "height": 800}) as seen:
        seen.page.evaluate(OPEN)
        assert seen.page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_has_the_contrast_of_wcag_aa(browser: Any, folder: Path, scheme: str) -> None:
    with Watched(browser, folder / "logs.html", color_scheme=scheme) as seen:
        seen.page.evaluate(OPEN)
        found = seen.page.evaluate(CONTRAST)
        assert found["seen"] > 500
        # A picture's name and description are heard, not seen.
        heard = (" title ", " desc ")
        assert [each for each in found["bad"] if not any(tag in each for tag in heard)] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_mark_stands_out_from_the_paper(browser: Any, folder: Path, scheme: str) -> None:
    script = """() => { const light = (c) => c.match(/[\\d.]+/g).slice(0, 3).map((v) => v / 255)
        .map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
        .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
      const paper = light(getComputedStyle(document.documentElement).backgroundColor);
      return ['t0', 't1', 't2', 't3', 't4', 't5', 't6', 't7'].map((name) => {
        const mark = document.querySelector('svg.st .mk'); mark.setAttribute('class', `mk ${name}`);
        const ink = light(getComputedStyle(mark.querySelector('circle')).stroke);
        return (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05); }); }"""
    with Watched(browser, folder / "logs.html", color_scheme=scheme) as seen:
        assert min(seen.page.evaluate(script)) >= 3


def test_on_paper_the_story_is_unfolded_and_only_the_first_findings(
    browser: Any, folder: Path
) -> None:
    with Watched(browser, folder / "logs.html", viewport={"width": 688, "height": 900}) as seen:
        seen.page.emulate_media(media="print")
        seen.page.evaluate(OPEN)
        assert seen.page.locator("#i1s9 pre.raw").is_visible()
        assert seen.page.locator("#h8 .twin").first.is_visible()
        assert not seen.page.locator("#h9 .twin").first.is_visible()
        assert seen.page.locator("svg.st").first.is_visible()
        assert seen.page.pdf(format="A4").startswith(b"%PDF")


def test_thousands_of_findings_open_and_can_be_searched(browser: Any, folder: Path) -> None:
    with Watched(browser, folder / "large.html") as seen:
        form = seen.page.locator("form[data-filter=hunt-list]")
        form.get_by_role("searchbox").fill("LSASS")
        form.locator("output").filter(has_text="1 of 150 shown").wait_for()
