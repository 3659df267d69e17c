"""Live collection, on request only: `tocsin collect SOURCE … -o FILE`.

A source is a module of this package that holds `SOURCE`, a `Live`; it is discovered, not listed.
What it yields is written to a file that `examine` reads like any other (decision 2).
"""

from __future__ import annotations

import argparse
import importlib
import os
import pkgutil
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import msgspec

from tocsin.app import faults
from tocsin.app.faults import unwritable
from tocsin.app.language import LANGUAGES
from tocsin.model.evidence import Evidence, Host, Setting
from tocsin.model.finding import Gap
from tocsin.model.text import N_, Sentence

Translate = Callable[[str], str]

CLEAN, USAGE, PARTIAL = 0, 2, 3


class Live(msgspec.Struct, frozen=True, kw_only=True):
    """One live source.

    options: adds its words to a parser. fault: what is wrong with the words, or None. plan: what
    would be sent, a line each, sending nothing. collect: asks, and yields what was seen. deliver:
    writes something other than evidence into a folder, and gives the exit code.
    """

    name: str
    summary: str
    options: Callable[[argparse.ArgumentParser, Translate], None]
    fault: Callable[[argparse.Namespace], Sentence | None]
    plan: Callable[[argparse.Namespace], Iterator[str]]
    collect: Callable[[argparse.Namespace], Iterator[Evidence | Gap]]
    deliver: Callable[[argparse.Namespace], int] | None = None


@cache
def sources() -> tuple[Live, ...]:
    """Every live source of this package, by name."""
    modules = (
        importlib.import_module(f"{__name__}.{m.name}") for m in pkgutil.iter_modules(__path__)
    )
    return tuple(sorted((module.SOURCE for module in modules), key=lambda each: each.name))


def add_parsers(parser: argparse.ArgumentParser, translate: Translate) -> None:
    """A sub-command for every source."""
    actions = parser.add_subparsers(dest="source", required=True, metavar="SOURCE")
    for live in sources():
        words = translate(live.summary)
        each = actions.add_parser(live.name, help=words, description=words)
        live.options(each, translate)
        each.add_argument(
            "-o",
            "--output",
            metavar="FILE" if live.deliver is None else "DIR",
            help=translate(
                N_("where the evidence goes; examine reads it like any other file")
                if live.deliver is None
                else N_("the folder that the files go to")
            ),
        )
        each.add_argument(
            "--force", action="store_true", help=translate(N_("write over an older file"))
        )
        each.add_argument(
            "--dry-run",
            action="store_true",
            help=translate(N_("print what would be sent, and send nothing")),
        )
        each.add_argument(
            "--lang", choices=LANGUAGES, help=translate(N_("language of what is printed"))
        )
        each.set_defaults(run=_lazily, live=live.name)


def _lazily(arguments: argparse.Namespace) -> int:
    return run(arguments)


def run(arguments: argparse.Namespace) -> int:
    """Collect from one source into a file; 3 when part of it could not be had."""
    live = next(each for each in sources() if each.name == arguments.live)
    translate = arguments.translate
    fault = live.fault(arguments)
    if fault is not None:
        return complain(fault.render(translate))
    if arguments.dry_run:
        for line in live.plan(arguments):
            sys.stdout.write(line + "\n")
        return CLEAN
    if live.deliver is not None:
        return live.deliver(arguments)
    if not arguments.output:
        return complain(translate(N_("say where the evidence goes: -o FILE")))
    target = Path(arguments.output)
    # A link that leads nowhere counts, too: what is written through it lands where it says.
    if os.path.lexists(target) and not arguments.force:
        words = translate(N_("exists already (--force writes over it): {files}"))
        return complain(words.format(files=str(target)))
    if target.is_dir() or not target.parent.is_dir() or unwritable(str(target.parent)):
        words = translate(N_("cannot be written to: {paths}"))
        return complain(words.format(paths=str(target)))
    return _write(live, arguments, target)


def _write(live: Live, arguments: argparse.Namespace, target: Path) -> int:
    from tocsin.formats.evidence import Head, encode
    from tocsin.report.text_parts.lines import visible

    hosts = gaps = 0
    with target.open("wb") as stream:
        stream.write(msgspec.json.encode(Head(command=arguments.command_line)) + b"\n")
        for each in live.collect(arguments):
            stream.write(encode(each) + b"\n")
            # Written line by line: what was seen before an interruption is kept.
            stream.flush()
            if isinstance(each, Gap):
                gaps += 1
                told = f"{each.at}: {each.why.render(arguments.translate)}"
                sys.stderr.write(f"  {visible(told)}\n")
            elif isinstance(each.body, Host | Setting):
                hosts += 1
    words = arguments.translate(N_("{hosts} pieces of evidence, {gaps} gaps: {file}"))
    sys.stdout.write("  " + words.format(hosts=hosts, gaps=gaps, file=str(target)) + "\n")
    return PARTIAL if gaps else CLEAN


def complain(message: str) -> int:
    """Say what is wrong with the words."""
    return faults.complain(message, USAGE)
