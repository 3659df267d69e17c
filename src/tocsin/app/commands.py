"""What each command does, between its words and its output."""

from __future__ import annotations

import argparse
import os
import re
import sys
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tocsin.analyse.inventory.verdict import level_of
from tocsin.app import differences
from tocsin.app import verdict as verdicts
from tocsin.app.accepting import accepted_in
from tocsin.app.examine import Request, Room
from tocsin.app.examine import examine as examine_paths
from tocsin.app.exits import CLEAN, ERROR, FINDINGS, USAGE, exit_code, reaches
from tocsin.app.faults import WordsError, complain, unwritable
from tocsin.app.hunting import HuntWish
from tocsin.app.progress import progress_bar
from tocsin.app.remaining import remaining_run
from tocsin.app.tables import tables_in
from tocsin.assess.comparing import compare
from tocsin.collect.files import printable
from tocsin.knowledge import KnowledgeError, load, merged, packaged
from tocsin.knowledge.catalogue import Knowledge
from tocsin.model.run import Run
from tocsin.model.text import N_, say
from tocsin.report import Extra, Translate, output
from tocsin.report.advisory_parts.files import NAMES as HANDED_ON
from tocsin.report.advisory_parts.files import files as handed_on
from tocsin.report.json import pieces
from tocsin.report.jsonl import campaign_object, encoded, end_of
from tocsin.report.text import WIDTH, coloured, plain, render_styled, visible
from tocsin.report.text_parts.remaining import remains
from tocsin.store.history_fault import HistoryError
from tocsin.store.runs import RunError, free_folder, read_run, refuse_to_overwrite, write
from tocsin.store.spool import Spool

FILES = ("run.json", "report.html", *HANDED_ON)
"""What a run may write into its folder."""

_ROOMS: dict[str, frozenset[Room]] = {
    "examine": frozenset({"inventory", "conversation", "hunt", "trust"}),
    "inventory": frozenset({"inventory"}),
    "conversation": frozenset({"conversation"}),
    "hunt": frozenset({"hunt"}),
    "trust": frozenset({"inventory", "trust"}),
}


def examine(arguments: argparse.Namespace) -> int:
    """`tocsin examine`, and each of its rooms as a command of its own."""
    try:
        _check_words(arguments)
        knowledge = knowledge_with(arguments.knowledge)
        since, until = window(arguments.since, arguments.until)
        folder = _folder(arguments)
        _check_places(arguments, folder)
        taken = accepted_in(arguments.accepted, datetime.now(UTC).date())
    except WordsError as fault:
        return complain(fault.why.render(arguments.translate), USAGE)
    except (KnowledgeError, ValueError) as fault:
        return complain(str(fault), USAGE)
    request = Request(
        paths=tuple(arguments.paths),
        command=arguments.command_line,
        own_domains=tuple(map(printable, arguments.own_domain)),
        since=since,
        until=until,
        workers=arguments.workers,
        exclude=_own_files(folder, getattr(arguments, "history", None)),
        rooms=_ROOMS[arguments.command],
        history=getattr(arguments, "history", None),
        delay_hours=getattr(arguments, "learn_after", None),
        rules=HuntWish(
            folders=tuple(getattr(arguments, "rules", ())),
            packaged=not getattr(arguments, "only_rules", False),
        ),
        accepted=taken,
    )
    # Every mail's judgement is printed only where somebody asked for all of them.
    each_mail = arguments.command == "conversation" and arguments.format == "jsonl"
    with Spool() as lines:
        try:
            with progress_bar(arguments.translate, quiet=arguments.quiet) as progress:
                run = examine_paths(
                    request, knowledge, progress=progress, lines=lines if each_mail else None
                )
        except HistoryError as fault:
            return complain(fault.why.render(arguments.translate), USAGE)
        whole, refused = run, ""
        try:
            run = remaining_run(run, getattr(arguments, "without", ()))
        except WordsError as fault:
            # What was read for hours is written all the same; the saved run can be asked again.
            refused = fault.why.render(arguments.translate)
        written = _written(folder, run, arguments)
        if each_mail:
            _print_lines(lines, run)
        else:
            try:
                _print(run, arguments, whole)
            except Extra as fault:
                return complain(str(fault), ERROR)
    if refused:
        return complain(refused, USAGE)
    if written and (arguments.format or "text") == "text":
        sys.stdout.write(_named(written, arguments.translate))
    return exit_code(run, arguments.fail_on)


def _own_files(folder: str, history: str | None) -> tuple[str, ...]:
    """What is ours and must not be read: the folder of answers, the history and
    the files that the database keeps beside it."""
    beside = [f"{history}{each}" for each in ("", "-wal", "-shm", "-journal")] if history else []
    return tuple(os.path.realpath(each) for each in (folder, *beside) if each)


def _written(folder: str, run: Run, arguments: argparse.Namespace) -> list[str]:
    """Write the files of a run; the paths to name, those to hand on last."""
    if not folder:
        return []
    translate, lang = arguments.translate, arguments.lang
    files: dict[str, str | Iterable[bytes]] = {
        "report.html": output("html").text(run, translate, lang),
        "run.json": pieces(run),
    }
    files.update(handed_on(run, translate, lang))
    # What an earlier answer in this folder handed on would contradict this one.
    for name in set(FILES) - set(files):
        (Path(folder) / name).unlink(missing_ok=True)
    return write(folder, files)


def _named(written: Sequence[str], translate: Translate) -> str:
    """Where the answer lies; of what is handed on, which lies beside it, the names alone."""
    here = [each for each in written if Path(each).name not in HANDED_ON]
    beside = ", ".join(Path(each).name for each in written if each not in here)
    lines = ["", "  " + "  ".join(here)]
    if beside:
        words = translate(N_("beside them, to hand on: {files}")).format(files=beside)
        lines += textwrap.wrap(
            words, WIDTH - 4, initial_indent="  ", subsequent_indent="  ", break_on_hyphens=False
        )
    return "\n".join(lines) + "\n"


def _print_lines(lines: Spool, run: Run) -> None:
    """One object a line: every judged mail in time order, then the campaigns, then the count."""
    count = 0
    out = sys.stdout
    for each in lines.in_order():
        out.write(each.decode() + "\n")
        count += 1
    if run.conversations is not None:
        for campaign in run.conversations.campaigns:
            out.write(encoded(campaign_object(campaign)).decode() + "\n")
            count += 1
    out.write(end_of(count).decode() + "\n")


def _check_words(arguments: argparse.Namespace) -> None:
    """Raises `WordsError` for options that contradict each other or cannot be meant."""
    if (getattr(arguments, "learn_after", None) or 0) < 0:
        raise WordsError(say(N_("--learn-after cannot be below 0")))
    if arguments.workers < 0:
        raise WordsError(say(N_("--workers cannot be below 0")))
    if getattr(arguments, "only_rules", False) and not getattr(arguments, "rules", ()):
        raise WordsError(say(N_("--only-rules leaves ours out: give other rules by --rules")))


def _check_places(arguments: argparse.Namespace, folder: str) -> None:
    """Raises `WordsError` for inputs that do not exist and for a folder that cannot take files."""
    asked = (*arguments.paths, *getattr(arguments, "rules", ()))
    missing = [visible(each) for each in asked if not os.path.lexists(each)]
    if missing:
        raise WordsError(say(N_("no such file or folder: {paths}"), paths=", ".join(missing)))
    if not folder:
        return
    if not arguments.force and (older := refuse_to_overwrite(folder, FILES)):
        words = N_("exists already (--force writes over it): {files}")
        raise WordsError(say(words, files=", ".join(older)))
    if place := unwritable(folder):
        words = N_("cannot be written to: {paths}. Choose another folder with -o")
        raise WordsError(say(words, paths=place))


def _folder(arguments: argparse.Namespace) -> str:
    """Where the files go; nowhere when only another format was asked for."""
    if arguments.output:
        return str(arguments.output)
    return free_folder("tocsin-report") if arguments.format in (None, "text") else ""


def _print(run: Run, arguments: argparse.Namespace, whole: Run) -> None:
    """whole: the run before anything was left out of it to see what remains. Raises `Extra`."""
    name = arguments.format or "text"
    if name != "text":
        found = output(name).render(run, arguments.translate, arguments.lang)
        if isinstance(found, bytes):
            sys.stdout.buffer.write(found)
        else:
            sys.stdout.write(found)
        return
    style = coloured if colour_wanted() else plain
    lines = remains(whole, run, arguments.translate, style) if run is not whole else ()
    sys.stdout.writelines(f"{line}\n" for line in lines)
    sys.stdout.write(
        render_styled(
            run, arguments.translate, style, verbose=arguments.verbose, quiet=arguments.quiet
        )
    )


def verdict(arguments: argparse.Namespace) -> int:
    """`tocsin verdict`: exit 1 when something open reaches --fail-on."""
    try:
        knowledge = knowledge_with(arguments.knowledge)
        found = verdicts.verdict(arguments.build, knowledge)
    except WordsError as fault:
        return complain(fault.why.render(arguments.translate), USAGE)
    except KnowledgeError as fault:
        return complain(str(fault), USAGE)
    if arguments.format == "json":
        sys.stdout.write(verdicts.as_json(found, knowledge, arguments.translate))
    else:
        sys.stdout.write(
            verdicts.as_text(found, knowledge, arguments.translate, verbose=arguments.verbose)
        )
    levels = (
        level_of(knowledge.advisory_by_cve[each.cve])
        for each in found.judgements
        if each.status == "affected"
    )
    return FINDINGS if reaches(levels, arguments.fail_on) else CLEAN


@contextmanager
def _agreeing(path: str) -> Iterator[None]:
    """The outer door of a saved run: each of its values may be fit, and they may still contradict one
    another (a way to an object that is not there), or be too big to be counted with."""
    try:
        yield
    except (RunError, WordsError, UnicodeEncodeError):
        raise
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as fault:
        msg = f"{path}: not a run document of this version: {type(fault).__name__}: {fault}"
        raise RunError(msg) from fault


def report(arguments: argparse.Namespace) -> int:
    """`tocsin report --from run.json`."""
    try:
        with _agreeing(arguments.source):
            return _report(arguments)
    except RunError as fault:
        return complain(str(fault), USAGE)


def _report(arguments: argparse.Namespace) -> int:
    """Raises `RunError`."""
    try:
        whole = read_run(_run_file(arguments.source))
        run = remaining_run(whole, arguments.without)
    except WordsError as fault:
        return complain(fault.why.render(arguments.translate), USAGE)
    if not arguments.output:
        if arguments.format == "pdf" and sys.stdout.isatty():
            return complain(arguments.translate(N_("a PDF is written with -o FILE")), USAGE)
        try:
            _print(run, arguments, whole)
        except Extra as fault:
            return complain(str(fault), ERROR)
        return CLEAN
    target = Path(arguments.output)
    if target.exists() and not arguments.force:
        words = arguments.translate(N_("exists already (--force writes over it): {files}"))
        return complain(words.format(files=str(target)), USAGE)
    try:
        found = output(arguments.format).render(run, arguments.translate, arguments.lang)
    except Extra as fault:
        return complain(str(fault), ERROR)
    write(str(target.parent), {target.name: [found] if isinstance(found, bytes) else found})
    return CLEAN


def _run_file(path: str) -> str:
    """The run document meant: the file itself, or the one in the folder that `-o` named."""
    return str(Path(path) / "run.json") if Path(path).is_dir() else path


def diff(arguments: argparse.Namespace) -> int:
    """`tocsin diff`: exit 1 when something newly open reaches --fail-on."""
    try:
        old, new = read_run(_run_file(arguments.old)), read_run(_run_file(arguments.new))
        with _agreeing(f"{arguments.old}, {arguments.new}"):
            changes = compare(old, new)
            if arguments.format == "json":
                told = differences.as_json(changes)
            else:
                told = differences.as_text(changes, arguments.translate)
    except RunError as fault:
        return complain(str(fault), USAGE)
    sys.stdout.write(told)
    levels = (each.level for each in changes if each.counts)
    return FINDINGS if reaches(levels, arguments.fail_on) else CLEAN


def knowledge_with(folders: Sequence[str]) -> Knowledge:
    """The packaged knowledge, with private tables on top. Raises `KnowledgeError`, `WordsError`,
    OSError."""
    if not folders:
        return load()
    base = packaged()
    tables: dict[str, str] = {}
    for folder in folders:
        found = tables_in(folder)
        if not found:
            msg = f"{folder}: no table (*.csv) in it"
            raise KnowledgeError(msg)
        for name, text in found.items():
            body = text if name not in tables else "\n".join(text.splitlines()[1:])
            tables[name] = (
                tables.get(name, "").rstrip("\n") + "\n" + body if name in tables else text
            )
    return merged(base, tables, ", ".join(folders))


def window(since: str | None, until: str | None) -> tuple[datetime | None, datetime | None]:
    """The time that matters. Raises `WordsError` for what is no date, or an end before a begin."""
    first, last = day(since), day(until, end=True)
    if first is not None and last is not None and last < first:
        words = N_("--since {since} is after --until {until}")
        raise WordsError(say(words, since=str(since), until=str(until)))
    return first, last


def day(text: str | None, *, end: bool = False) -> datetime | None:
    """A date or a time in UTC. A date as an end means its last moment. Raises `WordsError`."""
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError as fault:
        words = N_("not a date: {text}. Write 2026-11-09, or 2026-11-09T14:00 (UTC)")
        raise WordsError(say(words, text=visible(text))) from fault
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        found = found.replace(tzinfo=UTC)
        return found + timedelta(days=1, microseconds=-1) if end else found
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def colour_wanted() -> bool:
    """Style only for a terminal, and never when NO_COLOR is set."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


__all__ = ["ERROR", "diff", "examine", "report", "verdict"]
