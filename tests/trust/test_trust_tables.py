"""The trust room's answer and the plan in every other form: terminal, tables, graphs, paper."""

import csv
import io
import json
import shutil
import subprocess
import xml.etree.ElementTree as ET

import msgspec
import pytest
from invented_run import retailer

from tocsin.report import output
from tocsin.report.text import plain, render_styled

HOSTILE = '=cmd|"/c calc"!A1 <b>\x07\u202eevil'
RUN = retailer()
BAD = retailer(HOSTILE)


def translate(text: str) -> str:
    return text


def text(name: str, run=RUN) -> str:
    return output(name).text(run, translate, "en")


def rows(name: str, run=RUN) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text(name, run))))


def test_the_plan_as_a_table_holds_every_action_in_order_with_its_proof():
    found = rows("actions")
    assert [each["rank"] for each in found[:-1]] == [str(a.rank) for a in RUN.plan.actions]
    assert found[-1]["rank"] == f"# {len(RUN.plan.actions)} rows"
    first = RUN.plan.actions[0]
    assert found[0]["do"] == str(first.do)
    assert first.bases[0].source in found[0]["evidence"]
    assert {"owner", "due", "done"} <= found[0].keys()


def test_accepted_risks_stay_in_the_tables():
    accepted = [each for each in RUN.trusts.checks if each.accepted]
    assert accepted
    shown = {each["fingerprint"]: each for each in rows("checks")}
    for each in accepted:
        assert shown[each.fingerprint]["accepted_by"] == each.accepted.owner
        assert shown[each.fingerprint]["accepted_until"] == each.accepted.until.isoformat()


def test_edges_as_a_table_name_both_ends_and_the_place():
    found = {each["id"]: each for each in rows("edges")}
    names = {each.id: each.name for each in RUN.trusts.nodes}
    for each in RUN.trusts.edges:
        row = found[each.id]
        assert (row["source"], row["target"]) == (names[each.source], names[each.target])
        assert row["provenance"] == each.provenance


@pytest.mark.parametrize("name", ["actions", "edges", "checks"])
def test_no_cell_is_a_formula_or_drives_a_terminal(name: str):
    for row in rows(name, BAD):
        for value in row.values():
            assert not value.lstrip(" ").startswith(("=", "+", "-", "@"))
            assert "\x07" not in value
            assert "\u202e" not in value


def test_bloodhound_takes_the_graph():
    # https://bloodhound.specterops.io/opengraph/schema: ids are text, at most three kinds, edges name
    # their ends by value, kinds are words of letters, digits and underscores, properties are flat.
    graph = json.loads(text("bloodhound", BAD))
    assert graph["metadata"] == {"source_kind": "HX_Base"}
    ids = set()
    for node in graph["graph"]["nodes"]:
        assert 1 <= len(node["kinds"]) <= 3
        assert all(kind.replace("_", "").isalnum() for kind in node["kinds"])
        assert all(isinstance(v, str | int | float | bool) for v in node["properties"].values())
        assert all(key == key.lower() for key in node["properties"])
        ids.add(node["id"])
    assert len(ids) == len(BAD.trusts.nodes)
    for edge in graph["graph"]["edges"]:
        assert edge["start"]["value"] in ids
        assert edge["end"]["value"] in ids
        assert edge["kind"].replace("_", "").isalnum()


def test_nodes_of_the_directory_meet_those_of_sharphound():
    group = next(each for each in RUN.trusts.nodes if each.kind == "ADGroup")
    sid = "S-1-5-21-1-2-3-1120"
    nodes = tuple(
        msgspec.structs.replace(each, facts={"Sid": sid}) if each is group else each
        for each in RUN.trusts.nodes
    )
    run = msgspec.structs.replace(RUN, trusts=msgspec.structs.replace(RUN.trusts, nodes=nodes))
    graph = json.loads(text("bloodhound", run))["graph"]
    found = next(each for each in graph["nodes"] if each["id"] == sid)
    assert found["kinds"] == ["HX_ADGroup", "Group"]
    ends = {each["end"]["value"] for each in graph["edges"]}
    assert group.id not in ends


def test_graphml_is_read_back_by_others():
    import networkx as nx

    written = text("graphml", BAD)
    ET.fromstring(written)
    graph = nx.parse_graphml(written, force_multigraph=True)
    assert graph.number_of_nodes() == len(BAD.trusts.nodes)
    assert graph.number_of_edges() == len(BAD.trusts.edges)
    kinds = {data["label"] for _, _, data in graph.edges(data=True)}
    assert kinds == {each.kind for each in BAD.trusts.edges}


def test_the_terminal_says_what_to_do_first_before_the_servers():
    said = render_styled(RUN, translate, plain)
    first = str(RUN.plan.actions[0].do).split()[0]
    assert said.index("What to do first") < said.index(
        RUN.servers[0].name.split(".")[0], said.index(first)
    )
    assert said.index("What to do first") < said.index("  Trust")
    assert (
        f"{RUN.plan.actions[0].cuts} of {RUN.plan.actions[0].of} pairs of server and target" in said
    )


def test_the_terminal_shows_the_step_and_the_place_of_a_way():
    said = " ".join(render_styled(RUN, translate, plain).split())
    by_id = {each.id: each for each in RUN.trusts.edges}
    best = next(p for p in RUN.trusts.paths if p.id in RUN.trusts.scores[0].paths)
    step = by_id[best.edges[-1]]
    assert " ".join(str(step.because).split()) in said
    assert step.bases[0].source in said


def test_nothing_in_the_terminal_drives_it():
    said = render_styled(BAD, translate, plain, verbose=True)
    assert not {each for each in said if ord(each) < 32 and each != "\n"}
    assert "\u202e" not in said


def test_without_trusts_every_form_is_whole():
    bare = msgspec.structs.replace(RUN, trusts=None, plan=None)
    assert rows("actions", bare) == rows("actions", bare)
    assert text("actions", bare).endswith(f"# 0 rows{',' * 16}\n")
    assert json.loads(text("bloodhound", bare))["graph"] == {"nodes": [], "edges": []}
    ET.fromstring(text("graphml", bare))


def test_the_paper_is_a_pdf_that_names_what_to_do(tmp_path):
    weasyprint = pytest.importorskip("weasyprint", exc_type=(ImportError, OSError))
    assert weasyprint
    data = output("pdf").render(BAD, translate, "en")
    assert data.startswith(b"%PDF-")
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext, of poppler-utils, is not installed")
    file = tmp_path / "a.pdf"
    file.write_bytes(data)
    said = subprocess.run(
        ["pdftotext", "-layout", str(file), "-"], capture_output=True, text=True, check=True
    ).stdout
    assert "What to do first" in said
    assert "\x07" not in said
