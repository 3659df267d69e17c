"""`tocsin collect scripts`: writes out the scripts that export both sides of a hybrid set-up."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from tocsin.app.collecting import CLEAN, Live, Translate, complain
from tocsin.app.faults import unwritable
from tocsin.model.evidence import Evidence
from tocsin.model.finding import Gap
from tocsin.model.text import N_

_WHERE = {
    "Export-TocsinEvidence.ps1": N_("run it in the Exchange Management Shell"),
    "Export-TocsinEvidence-ExchangeOnline.ps1": N_("run it after Connect-ExchangeOnline"),
    "Export-TocsinEvidence-Graph.ps1": N_("run it after Connect-MgGraph"),
}


def options(parser: argparse.ArgumentParser, translate: Translate) -> None:
    """Nothing but where they go."""
    del parser, translate


def plan(arguments: argparse.Namespace) -> Iterator[str]:
    """The names of the files."""
    del arguments
    from tocsin.collect.export_scripts import scripts

    yield from scripts()


def collect(arguments: argparse.Namespace) -> Iterator[Evidence | Gap]:
    """Nothing: the scripts are run elsewhere."""
    del arguments
    return iter(())


def deliver(arguments: argparse.Namespace) -> int:
    """Write the scripts into the folder, and say where each is run."""
    from tocsin.collect.export_scripts import scripts

    translate = arguments.translate
    if not arguments.output:
        return complain(translate(N_("say which folder the scripts go to: -o DIR")))
    folder = Path(arguments.output)
    parent = folder if folder.is_dir() else folder.parent
    if folder.is_file() or not parent.is_dir() or unwritable(str(parent)):
        return complain(translate(N_("cannot be written to: {paths}")).format(paths=str(folder)))
    found = scripts()
    older = [str(folder / name) for name in found if (folder / name).exists()]
    if older and not arguments.force:
        words = translate(N_("exists already (--force writes over it): {files}"))
        return complain(words.format(files=", ".join(older)))
    folder.mkdir(exist_ok=True)
    for name, content in found.items():
        (folder / name).write_bytes(content)
        where = translate(_WHERE[name]) if name in _WHERE else ""
        sys.stdout.write(f"  {folder / name}: {where}\n")
    words = translate(N_("Each makes a folder of files; hand it to: tocsin examine FOLDER"))
    sys.stdout.write(f"  {words}\n")
    return CLEAN


SOURCE = Live(
    name="scripts",
    summary=N_("write out PowerShell scripts that export Exchange, Exchange Online and Graph"),
    options=options,
    fault=lambda _: None,
    plan=plan,
    collect=collect,
    deliver=deliver,
)
