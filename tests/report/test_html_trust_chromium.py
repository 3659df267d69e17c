"""The trust and plan parts in a real Chromium: the picture that moves, what if, filters, print."""

from __future__ import annotations

import math
import sys
from pathlib import Path
from typing import Any

import msgspec
import networkx as nx
import pytest
from chromium import CHROMIUM
from sample_parts import HOSTILE
from test_html_chromium import CONTRAST, Watched

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "trust"))

from invented_run import estate, retailer

from tocsin.model.run import Run
from tocsin.model.trusts import Trusts
from tocsin.report.html import render

pytestmark = [
    pytest.mark.chromium,
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed"),
]

AUTH_KEY = "Exchange Server Auth Certificate 41C7D2B8"
LINE = """([source, target]) => {
  const name = (id) => tocsinTrusts.data.names[tocsinTrusts.data.drawn.nodes[Number(id.slice(1))][0]];
  return tocsinGraph.edges().toArray().find((e) => name(e.data("source")) === source && name(e.data("target")) === target).id();
}"""
"""The picture's line between two things by name."""


def written(run: Run, path: Path) -> Path:
    path.write_text(render(run, lambda text: text, "en"), "utf-8")
    return path


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(retailer(), tmp_path_factory.mktemp("trust") / "report.html")


@pytest.fixture(scope="module")
def big(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(estate(), tmp_path_factory.mktemp("trust") / "big.html")


def trusts() -> Trusts:
    found = retailer().trusts
    assert found is not None
    return found


def strongest(gone: set[str]) -> dict[tuple[str, str], float]:
    """The strongest way of each pair that a way joins, by networkx; absent where none is left."""
    found = trusts()
    names = {each.id: each.name for each in found.nodes}
    starts = {each.server: each.id for each in found.nodes if each.server}
    graph = nx.DiGraph()
    for each in found.edges:
        if names[each.source] not in gone and names[each.target] not in gone:
            known = graph.get_edge_data(each.source, each.target, {"cost": math.inf})["cost"]
            cost = min(known, -math.log(each.strength))
            graph.add_edge(each.source, each.target, cost=cost)
    values = {}
    for path in found.paths:
        ends = starts[path.server], path.target
        if all(end in graph for end in ends) and nx.has_path(graph, *ends):
            cost = nx.dijkstra_path_length(graph, *ends, weight="cost")
            values[names[ends[0]], names[ends[1]]] = math.exp(-cost)
    return values


def tap(page: Any, source: str, target: str) -> None:
    line = page.evaluate(LINE, [source, target])
    page.evaluate("(id) => { tocsinGraph.$id(id).emit('tap'); }", line)


def untick(page: Any, name: str) -> None:
    page.locator("#if-list label").filter(has_text=name).first.locator("input").uncheck()


def test_the_page_asks_for_nothing_and_hostile_names_stay_asleep(
    browser: Any, tmp_path: Path
) -> None:
    path = written(retailer(" ".join(HOSTILE)), tmp_path / "hostile.html")
    with Watched(browser, path) as seen:
        seen.page.evaluate("document.querySelectorAll('details').forEach((d) => d.open = true)")
        untick(seen.page, "Exchange Trusted Subsystem")
        seen.page.evaluate("tocsinGraph.nodes().forEach((n) => { n.emit('tap'); })")
        seen.page.mouse.wheel(0, 100_000)
        seen.page.wait_for_timeout(200)
        assert [url for url in seen.requests if url not in (path.as_uri(), "data:,")] == []
        assert seen.noise == []
        assert seen.page.evaluate("document.querySelectorAll('img, iframe, object').length") == 0


def test_a_script_planted_beside_the_library_is_refused(
    browser: Any, report: Path, tmp_path: Path
) -> None:
    planted = tmp_path / "planted.html"
    page = report.read_text("utf-8").replace("<main>", "<main><script>window.ran = 1</script>")
    planted.write_text(page, "utf-8")
    with Watched(browser, planted) as seen:
        assert seen.page.evaluate("window.ran") is None
        assert seen.page.evaluate("typeof cytoscape") == "function"


def test_the_picture_moves_and_a_line_tells_its_proof(browser: Any, report: Path) -> None:
    with Watched(browser, report) as seen:
        assert seen.page.locator("#graph canvas").count() > 0
        assert not seen.page.locator(".still").is_visible()
        drawn = seen.page.evaluate(
            "tocsinGraph.nodes('.server, .key, .way, .outside, .target').length"
        )
        assert drawn == len(trusts().nodes)
        assert seen.page.evaluate("tocsinGraph.edges().length") == len(trusts().edges)
        zoom = seen.page.evaluate("tocsinGraph.zoom()")
        for _ in range(10):  # on a slow machine the picture still settles when it is first asked
            seen.page.get_by_role("button", name="Closer").click()
            seen.page.wait_for_timeout(500)  # it glides
            if seen.page.evaluate("tocsinGraph.zoom()") > zoom:
                break
        assert seen.page.evaluate("tocsinGraph.zoom()") > zoom
        tap(seen.page, "mail.contoso.example 9F3A11C0", "Inbound from 5b2a")
        panel = seen.page.locator("#graph-panel").inner_text()
        assert "Inbound from 5b2a trusts whoever shows mail.contoso.example 9F3A11C0." in panel
        assert "TlsSenderCertificateName = *.contoso.example" in panel
        assert "exports/Authenticates.xml record 3" in panel
        assert "Have Inbound from 5b2a ask for the exact name of one host." in panel
        assert "HYB-012" in panel


def test_names_fit_their_boxes_and_the_whole_name_is_told_to_the_pointer(
    browser: Any, report: Path
) -> None:
    full = "EX03.corp.contoso.example"
    with Watched(browser, report) as seen:
        place = seen.page.evaluate("tocsinGraph.nodes('.server')[0].renderedPosition()")
        first = seen.page.evaluate("tocsinGraph.nodes('.server')[0].data('label')")
        canvas = seen.page.locator("#graph")
        canvas.scroll_into_view_if_needed()
        canvas.hover(position={"x": place["x"], "y": place["y"]})
        assert canvas.get_attribute("title").startswith(f"{first}.corp.contoso.example, ")
        seen.page.evaluate("document.querySelector('.still').hidden = false")
        boxes = seen.page.evaluate(
            """() => [...document.querySelectorAll('svg.tg .nd')].map((box) => ({
              title: box.querySelector('title').textContent,
              lines: [...box.querySelectorAll('text:not(.un)')].map((text) => text.textContent),
              over: Math.max(...[...box.querySelectorAll('text')].map((text) =>
                text.getComputedTextLength() - box.querySelector('rect').getBBox().width)),
            }))"""
        )
        assert len(boxes) == len(trusts().nodes)
        assert [each["title"] for each in boxes if each["over"] > -4] == []
        mine = next(each for each in boxes if each["title"].startswith(full))
        assert mine["lines"] == ["EX03"]
        key = next(each for each in boxes if each["title"].startswith(AUTH_KEY))
        assert key["lines"][0].startswith("Exchange Server")
        assert key["lines"][1].endswith("41C7D2B8"), "what tells it from other keys is kept"


def test_the_picture_is_filtered_by_server_target_provenance_and_strength(
    browser: Any, report: Path
) -> None:
    bright = "tocsinGraph.edges().filter((e) => !e.hasClass('dim') && !e.hasClass('hid')).length"
    with Watched(browser, report) as seen:
        form = seen.page.locator("#graph-form")
        form.locator("[data-pick=server]").select_option(label="EX03.corp.contoso.example")
        form.locator("[data-pick=target]").select_option(label="contoso.onmicrosoft.com (tenant)")
        names = {each.id: each.name for each in trusts().nodes}
        server = next(n.server for n in trusts().nodes if n.name.startswith("EX03"))
        wanted = {
            edge
            for path in trusts().paths
            if path.server == server and names[path.target] == "contoso.onmicrosoft.com"
            for edge in path.edges
        }
        assert seen.page.evaluate(bright) == len(wanted)
        form.locator("[data-pick=server]").select_option("")
        form.locator("[data-pick=target]").select_option("")
        assert seen.page.evaluate(bright) == len(trusts().edges)
        form.get_by_role("button", name="by design").click()
        rest = [each for each in trusts().edges if each.provenance != "by-design"]
        assert seen.page.evaluate(bright) == len(rest)
        form.get_by_label("Strength at least").select_option("0.9")
        assert seen.page.evaluate(bright) == sum(each.strength >= 0.9 for each in rest)


def test_what_if_a_key_is_replaced_ways_are_struck_and_the_strongest_rest_is_told(
    browser: Any, report: Path
) -> None:
    ids = {each.id for each in trusts().nodes if each.name == AUTH_KEY}
    dead = {e.id for e in trusts().edges if {e.source, e.target} & ids}
    left = [path for path in trusts().paths if not dead & set(path.edges)]
    before, after = strongest(set()), strongest({AUTH_KEY})
    with Watched(browser, report) as seen:
        tally = seen.page.locator("#if-tally")
        assert tally.inner_text() == f"{len(trusts().paths)} ways, as found"
        untick(seen.page, AUTH_KEY)
        assert tally.inner_text() == f"{len(trusts().paths)} → {len(left)} ways"
        struck = seen.page.locator("#way-list > li.gone")
        assert struck.count() == len(trusts().paths) - len(left)
        style = "(e) => getComputedStyle(e.querySelector('.route')).textDecorationLine"
        assert struck.first.evaluate(style) == "line-through"
        rows = [
            row.split("\t") for row in seen.page.locator("#if-table tbody tr").all_inner_texts()
        ]
        told = {(r[0], next(t for _, t in before if r[1].startswith(t))): r[2:] for r in rows}
        changed = {pair for pair in before if abs(before[pair] - after.get(pair, 0)) > 1e-9}
        assert set(told) == changed
        for pair, (was, then) in told.items():
            assert was == f"{before[pair]:.2f}"
            assert then == (f"{after[pair]:.2f}" if pair in after else "none")
        pairs = seen.page.locator("#if-pairs").inner_text()
        assert pairs.endswith(f"{len(after)} of {len(before)}")
        seen.page.get_by_role("button", name="Reset").click()
        assert tally.inner_text() == f"{len(trusts().paths)} ways, as found"
        assert struck.count() == 0


def test_one_trust_or_one_server_can_be_taken_away_too(browser: Any, report: Path) -> None:
    with Watched(browser, report) as seen:
        tap(seen.page, "Exchange Windows Permissions", "corp.contoso.example")
        seen.page.get_by_role("button", name="Take away").click()
        edge = next(e.id for e in trusts().edges if e.kind == "HX_WriteDacl")
        left = [path for path in trusts().paths if edge not in path.edges]
        tally = seen.page.locator("#if-tally")
        assert tally.inner_text() == f"{len(trusts().paths)} → {len(left)} ways"
        assert seen.page.evaluate("tocsinGraph.edges('.cut').length") == 1
        seen.page.get_by_role("button", name="Put back").click()
        find = seen.page.get_by_label("Another thing")
        find.fill("EX02.corp.contoso.example (Exchange server)")
        find.press("Enter")
        server = next(n for n in trusts().nodes if n.name.startswith("EX02"))
        touching = {e.id for e in trusts().edges if server.id in (e.source, e.target)}
        left = [
            path
            for path in trusts().paths
            if path.server != server.server and not touching & set(path.edges)
        ]
        assert tally.inner_text() == f"{len(trusts().paths)} → {len(left)} ways"


def test_a_choke_point_is_tried_with_one_click(browser: Any, report: Path) -> None:
    with Watched(browser, report) as seen:
        first = trusts().chokes[0]
        row = seen.page.locator(".chokes tbody tr").first
        assert f"{first.cuts} of {first.of}" in row.inner_text()
        row.get_by_role("button", name="What if").click()
        pairs = seen.page.locator("#if-pairs").inner_text()
        assert pairs.endswith(f"{len(strongest({first.name}))} of {len(strongest(set()))}")
        assert len(strongest(set())) - len(strongest({first.name})) == first.cuts
        box = seen.page.locator("#if-list label").filter(has_text=first.name).locator("input")
        assert not box.is_checked()


def test_a_way_unfolds_by_keyboard_to_property_value_file_and_fix_and_lights_up(
    browser: Any, report: Path
) -> None:
    with Watched(browser, report) as seen:
        way = seen.page.locator("#way-list > li").filter(has_text="mail.contoso.example 9F3A").first
        way.locator("summary").first.focus()
        seen.page.keyboard.press("Enter")
        step = way.locator(".legs summary").filter(has_text="trusts whoever shows")
        step.wait_for()
        step.focus()
        seen.page.keyboard.press("Enter")
        way.get_by_text("TlsSenderCertificateName = *.contoso.example").wait_for()
        text = way.inner_text()
        assert "exports/Authenticates.xml record 3" in text
        assert "Have Inbound from 5b2a ask for the exact name of one host." in text
        assert seen.page.evaluate("tocsinGraph.edges('.lit').length") == 3
        assert (
            "mail.contoso.example 9F3A11C0 → Inbound from 5b2a"
            in seen.page.locator("#graph-said").inner_text()
        )
        seen.page.locator("#ac4").get_by_role("button", name="show its ways: 4").click()
        assert "4 ways are lit." in seen.page.locator("#graph-said").inner_text()


def test_a_picture_without_a_way_to_a_target_still_moves(browser: Any, tmp_path: Path) -> None:
    run = retailer()
    bare = msgspec.structs.replace(trusts(), paths=(), chokes=(), scores=())
    path = written(msgspec.structs.replace(run, trusts=bare, plan=None), tmp_path / "bare.html")
    with Watched(browser, path) as seen:
        tap(seen.page, "mail.contoso.example 9F3A11C0", "Inbound from 5b2a")
        assert "TlsSenderCertificateName" in seen.page.locator("#graph-panel").inner_text()
        assert not seen.page.locator("#what-if").is_visible()
        assert seen.noise == []


def test_ways_and_checks_are_filtered(browser: Any, report: Path) -> None:
    with Watched(browser, report) as seen:
        form = seen.page.locator("#way-form")
        form.get_by_role("searchbox").fill("EX02 AADC01")
        form.locator("output", has_text="shown").wait_for()
        rows = seen.page.locator("#way-list > li").all_inner_texts()
        assert rows
        assert all("EX02" in row and "AADC01" in row for row in rows)
        form = seen.page.locator("form[data-filter=check-list]")
        shown = seen.page.locator("#check-list > li:visible")
        form.get_by_role("button", name="not known").click()
        assert shown.count() == 2
        form.get_by_role("button", name="critical").click()
        assert "HYB-070" in shown.first.inner_text()
        assert shown.count() == 1
        form.get_by_role("button", name="critical").click()
        form.get_by_role("button", name="not known").click()
        form.get_by_role("button", name="accepted").click()
        assert "HYB-040" in shown.first.inner_text()
        assert "The scanners of the second floor" in (shown.first.text_content() or "")


def test_without_script_the_picture_stands_still_and_every_list_can_be_read(
    browser: Any, report: Path
) -> None:
    with Watched(browser, report, java_script_enabled=False) as seen:
        assert seen.page.locator("svg.tg").is_visible()
        hidden = ".live:visible, #what-if:visible, #trust form:visible, #plan button:visible"
        assert seen.page.locator(hidden).count() == 0
        assert seen.page.locator("#way-list > li").count() == len(trusts().paths)
        seen.page.locator("#wy1 > summary").click()
        assert "holds the private key" in seen.page.locator("#wy1 .legs").inner_text()


@pytest.mark.parametrize("width", [360, 768, 1280])
@pytest.mark.parametrize("mark", ["", "n" * 10_000])
def test_nothing_runs_over_the_edge(browser: Any, tmp_path: Path, width: int, mark: str) -> None:
    path = written(retailer(mark), tmp_path / "report.html")
    with Watched(browser, path, viewport={"width": width, "height": 800}) as seen:
        seen.page.evaluate("document.querySelectorAll('details').forEach((d) => d.open = true)")
        tap(seen.page, "Exchange Windows Permissions", "corp.contoso.example")
        assert seen.page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_has_the_contrast_of_wcag_aa(browser: Any, report: Path, scheme: str) -> None:
    with Watched(browser, report, color_scheme=scheme) as seen:
        untick(seen.page, AUTH_KEY)
        found = seen.page.evaluate(CONTRAST)
        assert found["seen"] > 500
        assert found["bad"] == []


def test_on_paper_the_plan_ends_its_page_and_the_still_picture_is_printed(
    browser: Any, report: Path
) -> None:
    with Watched(browser, report, color_scheme="dark") as seen:
        seen.page.emulate_media(media="print")
        assert seen.page.locator("svg.tg").is_visible()
        assert seen.page.locator("#graph:visible, #what-if:visible, .controls:visible").count() == 0
        after = "getComputedStyle(document.getElementById('plan')).breakAfter"
        assert seen.page.evaluate(after) == "page"
        assert seen.page.pdf(format="A4").startswith(b"%PDF")


def test_what_to_do_first_prints_alone(browser: Any, report: Path) -> None:
    with Watched(browser, report) as seen:
        seen.page.evaluate("window.print = () => {}")
        seen.page.get_by_role("button", name="Print this page alone").click()
        seen.page.emulate_media(media="print")
        assert seen.page.locator("#plan").is_visible()
        others = seen.page.locator("main > section:visible").evaluate_all(
            "(all) => all.map((each) => each.id || each.className)"
        )
        assert others == ["verdict", "plan"]
        paper = seen.page.pdf(format="A4")
        assert paper.count(b"/Type /Page\n") == 1
        seen.page.evaluate("dispatchEvent(new Event('afterprint'))")
        assert seen.page.locator("main > section:visible").count() > 5


def test_two_thousand_servers_can_be_filtered_opened_and_asked_what_if(
    browser: Any, big: Path
) -> None:
    with Watched(browser, big) as seen:
        form = seen.page.locator("form[data-filter=score-list]")
        form.get_by_role("searchbox").fill("EX0777")
        form.locator("output", has_text="1 of 2000 shown").wait_for()
        form = seen.page.locator("#way-form")
        form.get_by_role("searchbox").fill("EX0777 tenant")
        form.get_by_role("searchbox").fill("EX0777")
        form.locator("output", has_text="3 of 6,000 shown").wait_for()
        way = seen.page.locator("#way-list > li").first
        way.locator("summary").first.click()
        way.locator(".legs summary").first.wait_for()
        assert "EX0777.site17" in way.inner_text()
        way = seen.page.locator("#way-list > li").filter(has_text="mail.site16").first
        way.locator("summary").first.click()
        way.locator(".legs summary").first.click()
        way.get_by_text("HasPrivateKey = True").wait_for()
        assert "exports/HoldsKey.xml record 3" in way.inner_text()
        assert "Remove the key from EX0777.site17.contoso.example" in way.inner_text()
        untick(seen.page, "Exchange Server Auth Certificate")
        tally = seen.page.locator("#if-tally")
        assert tally.inner_text() == "6,000 → 4,000 ways"
        assert "and 1,988 more change" in seen.page.locator("#if-table").inner_text()
        folded = seen.page.evaluate("tocsinGraph.nodes('.fold').map((n) => n.data('label'))")
        assert any("further servers" in label for label in folded)
        assert seen.noise == []
