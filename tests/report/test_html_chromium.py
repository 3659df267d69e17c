"""The HTML report in a real Chromium, opened from disk."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Self

import pytest
from chromium import CHROMIUM
from sample_parts import HOSTILE
from sample_run import large_run, sample_run

from tocsin.report.html import render

pytestmark = [
    pytest.mark.chromium,
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed"),
]

CONTRAST = """() => {
  const parse = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((v) => v / 255)
    .map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (node) => {
    for (let each = node; each; each = each.parentElement) {
      const colour = parse(getComputedStyle(each).backgroundColor);
      if (colour.length < 4 || colour[3] > 0) return colour;
    }
    return [255, 255, 255];
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const bad = [];
  let seen = 0;
  while (walker.nextNode()) {
    const node = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || ["SCRIPT", "STYLE"].includes(node.tagName)) continue;
    const style = getComputedStyle(node);
    const svg = node instanceof SVGElement;
    const a = light(parse(svg ? style.fill : style.color));
    const b = light(behind(node));
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    seen += 1;
    if (ratio < 4.5) bad.push(`${ratio.toFixed(2)} ${node.tagName} ${walker.currentNode.data}`);
  }
  return { seen, bad };
}"""


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(render(sample_run(), lambda text: text, "en"), "utf-8")
    return path


class Watched:
    """A page from disk, and everything it asked for, complained of, or popped up."""

    def __init__(self, browser: Any, path: Path, **context: Any) -> None:
        self.context = browser.new_context(**context)
        self.page = self.context.new_page()
        self.page.set_default_timeout(20_000)
        self.requests: list[str] = []
        self.noise: list[str] = []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("console", lambda message: self.noise.append(message.text))
        self.page.on("pageerror", lambda error: self.noise.append(str(error)))
        self.page.on("dialog", self._dialog)
        self.page.goto(path.as_uri())

    def _dialog(self, dialog: Any) -> None:
        self.noise.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.context.close()


def test_it_asks_for_nothing_but_itself_and_hostile_words_stay_asleep(
    browser: Any, report: Path
) -> None:
    with Watched(browser, report) as seen:
        seen.page.evaluate("document.querySelectorAll('details').forEach((d) => d.open = true)")
        seen.page.mouse.wheel(0, 100_000)
        seen.page.wait_for_timeout(200)
        assert seen.page.get_by_text(HOSTILE[1], exact=True).first.is_visible()
        assert seen.requests == [report.as_uri(), "data:,"] or seen.requests == [report.as_uri()]
        assert seen.noise == []
        assert seen.page.evaluate("document.querySelectorAll('img, iframe, object').length") == 0


def test_even_a_script_planted_in_the_file_is_refused_by_the_policy(
    browser: Any, report: Path, tmp_path: Path
) -> None:
    planted = tmp_path / "planted.html"
    page = report.read_text("utf-8")
    planted.write_text(page.replace("<main>", "<main><script>window.ran = 1</script>"), "utf-8")
    with Watched(browser, planted) as seen:
        assert seen.page.evaluate("window.ran") is None
        assert any("Content Security Policy" in line for line in seen.noise)


def test_findings_are_filtered_by_words_by_chip_and_by_server(browser: Any, report: Path) -> None:
    with Watched(browser, report) as seen:
        form = seen.page.locator("form[data-filter=finding-list]")
        rows = seen.page.locator("#finding-list tbody tr:visible")
        form.get_by_role("searchbox").fill("ProxyShell")
        form.locator("output", has_text="shown").wait_for()
        assert rows.count() > 0
        assert all("ProxyShell" in text for text in rows.all_inner_texts())
        form.get_by_role("searchbox").fill("")
        form.locator("output", has_text="shown").wait_for(state="detached")
        form.get_by_role("button", name="undecided").click()
        assert {row.split("\t")[2].strip() for row in rows.all_inner_texts()} == {"undecided"}
        assert form.get_by_role("button", name="undecided").get_attribute("aria-pressed") == "true"
        form.get_by_role("button", name="medium").click()
        assert {row.split("\t")[1].strip() for row in rows.all_inner_texts()} == {"medium"}
        form.get_by_role("button", name="undecided").click()
        form.get_by_role("button", name="medium").click()
        form.get_by_role("combobox").select_option(label="MAIL.contoso.example")
        groups = seen.page.locator("#finding-list > details:visible")
        assert groups.count() == 1
        assert "MAIL.contoso.example" in groups.first.inner_text()


def test_tables_are_sorted_by_their_headings(browser: Any, report: Path) -> None:
    from playwright.sync_api import expect

    with Watched(browser, report) as seen:
        heading = seen.page.locator("#advisories").get_by_role("button", name="Level")
        cells = seen.page.locator("#advisory-list tr td:nth-child(2)")
        # Each look waits for what the click before it leads to.
        order = seen.page.locator("#advisories th[aria-sort]")
        heading.click()
        expect(order).to_have_attribute("aria-sort", "ascending")
        levels = [text.strip() for text in cells.all_inner_texts()]
        assert levels == sorted(levels, key=["critical", "high", "medium"].index)
        heading.click()
        expect(order).to_have_attribute("aria-sort", "descending")
        assert cells.first.inner_text().strip() == "medium"
        sizes = seen.page.locator("#source-list td:nth-child(3)")
        button = seen.page.locator("#made").get_by_role("button", name="Bytes")
        button.click()
        button.click()
        expect(sizes.first).to_have_text("4,000,000")


def test_a_server_unfolds_by_keyboard_and_leads_to_its_evidence(browser: Any, report: Path) -> None:
    with Watched(browser, report) as seen:
        seen.page.locator("#s1 > summary").focus()
        seen.page.keyboard.press("Enter")
        assert seen.page.locator("#s1 .body").is_visible()
        link = seen.page.locator("#s1 .body small a").first
        link.focus()
        seen.page.keyboard.press("Enter")
        card = seen.page.locator(":target")
        assert card.get_attribute("id") == (link.get_attribute("href") or "")[1:]
        assert "Received" in card.inner_text()


def test_a_link_into_something_folded_unfolds_it(browser: Any, report: Path) -> None:
    with Watched(browser, report) as seen:
        seen.page.evaluate("document.querySelectorAll('details').forEach((d) => d.open = false)")
        seen.page.locator("#visibility").get_by_role("link", name="EX01.corp").click()
        seen.page.locator("#s4 .body").wait_for(state="visible")


def test_without_script_everything_can_still_be_read(browser: Any, report: Path) -> None:
    with Watched(browser, report, java_script_enabled=False) as seen:
        assert seen.page.get_by_role("heading", level=1).is_visible()
        assert seen.page.locator("form.controls:visible, #theme:visible").count() == 0
        seen.page.locator("#s1 > summary").click()
        assert seen.page.locator("#s1 .body").is_visible()
        assert seen.page.get_by_role("columnheader", name="Internet", exact=True).is_visible()


@pytest.mark.parametrize("width", [360, 768, 1280])
def test_nothing_runs_over_the_edge(browser: Any, report: Path, width: int) -> None:
    with Watched(browser, report, viewport={"width": width, "height": 800}) as seen:
        seen.page.evaluate("document.querySelectorAll('details').forEach((d) => d.open = true)")
        assert seen.page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_has_the_contrast_of_wcag_aa(browser: Any, report: Path, scheme: str) -> None:
    with Watched(browser, report, color_scheme=scheme) as seen:
        paper = seen.page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
        assert (paper == "rgb(253, 252, 250)") == (scheme == "light")
        found = seen.page.evaluate(CONTRAST)
        assert found["seen"] > 500
        assert found["bad"] == []


def test_the_reader_can_choose_the_other_theme(browser: Any, report: Path) -> None:
    with Watched(browser, report, color_scheme="light") as seen:
        paper = "getComputedStyle(document.documentElement).backgroundColor"
        before = seen.page.evaluate(paper)
        seen.page.get_by_role("button", name="Dark").click()
        assert seen.page.evaluate(paper) != before
        seen.page.get_by_role("button", name="Light").click()
        assert seen.page.evaluate(paper) == before


def test_print_unfolds_everything_and_leaves_the_controls_out(browser: Any, report: Path) -> None:
    with Watched(browser, report, color_scheme="dark") as seen:
        seen.page.emulate_media(media="print")
        assert seen.page.locator(".controls:visible, nav:visible, #theme:visible").count() == 0
        assert seen.page.evaluate("getComputedStyle(document.body).color") == "rgb(29, 28, 26)"
        assert seen.page.locator(".paper").is_visible()
        height = "document.querySelector('#s2 .body').getBoundingClientRect().height"
        assert seen.page.evaluate(height) > 100
        assert seen.page.pdf(format="A4").startswith(b"%PDF")


def test_three_hundred_servers_can_still_be_filtered(browser: Any, tmp_path: Path) -> None:
    path = tmp_path / "large.html"
    path.write_text(render(large_run(), lambda text: text, "en"), "utf-8")
    with Watched(browser, path) as seen:
        form = seen.page.locator("form[data-filter=server-list]")
        form.get_by_role("searchbox").fill("EX217")
        form.locator("output", has_text="1 of 300 shown").wait_for()
        assert seen.page.locator("#server-list > li:visible").count() == 1
        form = seen.page.locator("form[data-filter=finding-list]")
        form.get_by_role("searchbox").fill("EX217 CVE-2023-20004")
        form.locator("output", has_text="1 of").wait_for()
        row = seen.page.locator("#finding-list tbody tr:visible", has_text="CVE-2023-20004")
        row.wait_for()
        assert "CVE-2023-20004" in row.text_content()
