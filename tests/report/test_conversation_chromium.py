"""Conversations in a real Chromium: nothing asked for, nothing run, all of it to be reached."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from chromium import CHROMIUM
from sample_conversations import conversation_run, hostile, large
from test_html_chromium import CONTRAST, Watched

from tocsin.report import output
from tocsin.report.html import render

pytestmark = [
    pytest.mark.chromium,
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed"),
]
OPEN = "document.querySelectorAll('details').forEach((d) => d.open = true)"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report")
    for name, run in (
        ("report", conversation_run()),
        ("mails", conversation_run(servers=False)),
        ("hostile", conversation_run(hostile(), servers=False)),
    ):
        (path / f"{name}.html").write_text(render(run, lambda text: text, "en"), "utf-8")
    advisory = output("advisory_html").render(conversation_run(hostile()), str, "de")
    (path / "advisory.html").write_text(advisory, "utf-8")
    return path


@pytest.mark.parametrize("name", ["report", "hostile", "advisory"])
def test_it_asks_for_nothing_and_hostile_mail_stays_asleep(
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
        links = "[...document.querySelectorAll('a')].map((a) => a.protocol + a.host)"
        assert set(seen.page.evaluate(links)) <= {"file:", "https:msrc.microsoft.com"}


def test_genuine_and_forged_stand_side_by_side(browser: Any, folder: Path) -> None:
    with Watched(browser, folder / "report.html", viewport={"width": 1280, "height": 900}) as seen:
        seen.page.locator("#m13 > summary").click()
        row = seen.page.locator("#m13 tr.df").first
        genuine, forged = (row.locator("td").nth(place).bounding_box() for place in (0, 1))
        assert genuine["y"] == forged["y"]
        assert genuine["x"] + genuine["width"] <= forged["x"] + 1
        assert "robert.lang@fabrikam.example" in row.locator("td").nth(0).inner_text()
        assert "info@tailspin.example" in row.locator("td").nth(1).inner_text()
        assert row.locator("mark").is_visible()
        assert "≠" in row.locator("th").inner_text()


def test_the_picture_of_the_thread_has_size_name_and_marks(browser: Any, folder: Path) -> None:
    with Watched(browser, folder / "report.html") as seen:
        seen.page.locator("#m13 > summary").click()
        name = "The conversation: who wrote when"
        drawing = seen.page.locator("#m13").get_by_role("img", name=name)
        box = drawing.bounding_box()
        assert box["width"] > 300
        assert box["height"] > 100
        diamond = drawing.locator("path.fd").bounding_box()
        lane = seen.page.locator("#m13 .lanes .st").bounding_box()
        assert lane["y"] <= diamond["y"] <= lane["y"] + lane["height"], "in the stranger's lane"


def test_all_of_it_is_reached_by_keyboard(browser: Any, folder: Path) -> None:
    with Watched(browser, folder / "mails.html") as seen:
        seen.page.keyboard.press("Tab")
        assert seen.page.evaluate("document.activeElement.textContent") == (
            "Skip to the conversations"
        )
        seen.page.locator("#m1 > summary").focus()
        seen.page.keyboard.press("Enter")
        assert seen.page.locator("#m1 .pair").is_visible()
        seen.page.locator("#m1 .claims a").first.focus()
        seen.page.keyboard.press("Enter")
        assert seen.page.locator(":target").get_attribute("id") == "k1"
        seen.page.locator("#conversations .adv[class~=own] > summary").first.focus()
        seen.page.keyboard.press("Enter")
        assert "Please read: false replies" in seen.page.locator(".adv.own pre").first.inner_text()


def test_alerts_are_found_by_word_campaign_and_answer(browser: Any, folder: Path) -> None:
    with Watched(browser, folder / "report.html") as seen:
        form = seen.page.locator("form[data-filter=alert-list]")
        rows = seen.page.locator("#alert-list > li:visible")
        form.get_by_role("searchbox").fill("lookalike letter")
        form.locator("output", has_text="0 of 16 shown").wait_for()
        form.get_by_role("searchbox").fill("differs in one letter")
        form.locator("output", has_text="1 of 16 shown").wait_for()
        assert "Rechnung 88-1204" in rows.inner_text()
        form.get_by_role("searchbox").fill("")
        form.get_by_role("button", name="campaign 2").click()
        form.locator("output", has_text="3 of 16 shown").wait_for()
        form.get_by_role("button", name="answered or forwarded").click()
        form.locator("output", has_text="1 of 16 shown").wait_for()


@pytest.mark.parametrize("width", [360, 768, 1280])
@pytest.mark.parametrize("name", ["report", "mails", "hostile"])
def test_nothing_runs_over_the_edge(browser: Any, folder: Path, name: str, width: int) -> None:
    size = {"width": width, "height": 800}
    with Watched(browser, folder / f"{name}.html", viewport=size) as seen:
        seen.page.evaluate(OPEN)
        assert seen.page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_has_the_contrast_of_wcag_aa(browser: Any, folder: Path, scheme: str) -> None:
    with Watched(browser, folder / "mails.html", color_scheme=scheme) as seen:
        seen.page.evaluate(OPEN)
        found = seen.page.evaluate(CONTRAST)
        assert found["seen"] > 500
        # A picture's name and description are heard, not seen.
        heard = (" title ", " desc ")
        assert [each for each in found["bad"] if not any(tag in each for tag in heard)] == []


def test_without_script_everything_can_still_be_read(browser: Any, folder: Path) -> None:
    with Watched(browser, folder / "mails.html", java_script_enabled=False) as seen:
        assert seen.page.locator("form.controls:visible").count() == 0
        seen.page.locator("#m1 > summary").click()
        assert seen.page.locator("#m1 .pair").is_visible()
        assert seen.page.locator("#m1 svg.th").is_visible()


def test_on_paper_both_columns_stand_and_only_the_first_alerts_unfold(
    browser: Any, folder: Path
) -> None:
    # 182 mm of an A4 page are narrower than the screens for which the columns are stacked.
    with Watched(browser, folder / "mails.html", viewport={"width": 688, "height": 900}) as seen:
        seen.page.emulate_media(media="print")
        seen.page.evaluate(OPEN)
        row = seen.page.locator("#m1 tr.df").first
        genuine, forged = (row.locator("td").nth(place).bounding_box() for place in (0, 1))
        assert genuine["y"] == forged["y"]
        assert seen.page.locator("#m8 .pair").is_visible()
        assert not seen.page.locator("#m9 .pair").is_visible()
        assert seen.page.get_by_text("On paper the first 8 are shown with everything.").is_visible()
        assert seen.page.pdf(format="A4").startswith(b"%PDF")


def test_five_hundred_alerts_open_and_can_be_searched(browser: Any, tmp_path: Path) -> None:
    path = tmp_path / "large.html"
    path.write_text(render(conversation_run(large()), lambda text: text, "en"), "utf-8")
    with Watched(browser, path) as seen:
        form = seen.page.locator("form[data-filter=alert-list]")
        form.get_by_role("searchbox").fill("tailspin")
        form.locator("output", has_text="3 of 200 shown").wait_for()
