"""What the rooms together know of a server, out of files as an examiner gives them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tocsin.app.examine import Request, examine
from tocsin.knowledge import load
from tocsin.model.run import Run
from tocsin.model.trusts import ServerScore


def export(
    folder: Path, cmdlet: str, items: list[dict], side: str = "on-premises", server: str = ""
):
    text = {
        "tocsin": "export", "version": 1, "cmdlet": cmdlet, "side": side, "server": server,
        "time": "2026-11-20T10:00:00Z", "error": None, "items": items,
    }  # fmt: skip
    name = f"{side}-{server}-{cmdlet.replace(' ', '-')}.json"
    (folder / name).write_text(json.dumps(text))


def newest(product: str) -> str:
    return str(max(each.build for each in load().product_releases(product)))


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Run:
    folder = tmp_path_factory.mktemp("states")
    builds = {
        "SE01": newest("SE"),  # up to date
        "SE02": "15.02.2562.017",  # the first release of SE
        "OLD16": newest("2016"),  # as far as 2016 goes
    }
    for host, version in builds.items():
        setup = {"FileName": "C:\\ExSetup.exe", "FileVersion": version}
        export(folder, "Get-Command ExSetup.exe", [setup], server=f"{host}.contoso.example")
    # Two more that nothing tells the build of: one of them an Edge server.
    export(
        folder,
        "Get-ExchangeServer",
        [
            {
                "Name": host,
                "Fqdn": f"{host}.contoso.example",
                "ServerRole": role,
                "Edition": "Standard",
            }
            for host, role in (("DARK", "Mailbox"), ("RIM", "Edge"))
        ],
    )
    export(
        folder,
        "Get-OnPremServerReportInfo",
        [{"ServerFqdn": "SE01.contoso.example", "Build": newest("SE")}],
        side="exchange-online",
    )
    export(
        folder,
        "Get-AuthConfig",
        [{"Name": "Auth Configuration", "CurrentCertificateThumbprint": ""}],
    )
    request = Request(paths=(str(folder),), workers=1, own_domains=("contoso.example",))
    return examine(request, load())


def score(run: Run, name: str) -> ServerScore:
    assert run.trusts is not None
    return next(each for each in run.trusts.scores if each.name.upper().startswith(name))


def test_the_newest_build_is_current_and_an_old_one_is_not(run: Run):
    assert score(run, "SE01").state == "current"
    assert score(run, "SE02").state in ("known-exploited", "behind")


@pytest.mark.skipif(datetime.now(UTC).date().isoformat() <= "2026-10-31", reason="still paid for")
def test_a_product_that_nobody_mends_is_unsupported_however_new_its_build(run: Run):
    # Microsoft: updates of 2016 and 2019 end with the extension on 2026-10-31.
    assert score(run, "OLD16").state in ("unsupported", "known-exploited")


def test_a_server_of_which_only_the_name_is_known_is_unknown(run: Run):
    assert score(run, "DARK").state == "unknown"
    assert score(run, "DARK").weakness > score(run, "SE01").weakness


def test_an_edge_server_is_drawn_as_one(run: Run):
    assert run.trusts is not None
    kinds = {each.name.upper(): each.kind for each in run.trusts.nodes if each.server}
    assert kinds["RIM.CONTOSO.EXAMPLE"] == "EdgeServer"
    assert kinds["DARK.CONTOSO.EXAMPLE"] == "ExchangeServer"


def test_who_does_not_see_a_server_is_kept_with_its_score(run: Run):
    assert "reported" not in score(run, "SE01").unseen
    assert "reported" in score(run, "DARK").unseen
    assert "unseen-by-exo" in score(run, "DARK").labels
    assert {"scanned", "logged"} <= set(score(run, "SE01").unseen)


def test_the_plan_is_made_of_what_was_found(run: Run):
    assert run.plan is not None
    told = [str(each.do) for each in run.plan.actions]
    assert any(each.startswith("Learn its build") and "DARK" in each for each in told)
    assert any(each.startswith("Patch SE02") or "SE02" in each for each in told)
