"""`tocsin accept`: somebody answers for a risk, until a day."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from tocsin.model.marking import N_

if TYPE_CHECKING:
    from tocsin.assess.acceptance import Accepted
    from tocsin.model.run import Run
    from tocsin.model.text import Sentence

FILE = "acceptances.toml"
"""Where accepted risks are kept, unless said otherwise."""

CLEAN, USAGE = 0, 2


def add_parser(parser: argparse.ArgumentParser, translate: Callable[[str], str]) -> None:
    """The words of the command."""
    parser.add_argument(
        "fingerprint",
        nargs="?",
        metavar="FINGERPRINT",
        help=translate(
            N_(
                "of a check's result, finding, campaign or action; its first 8 characters are enough"
            )
        ),
    )
    for name, metavar, words in (
        ("--reason", "TEXT", N_("why the risk is taken")),
        ("--owner", "NAME", N_("who answers for it")),
        ("--until", "DATE", N_("the last day on which it holds, as 2026-12-31")),
        ("--run", "RUN", N_("a run that has the risk: it is named, and its id completed")),
    ):
        # `run` is the function that the command calls.
        dest = "of_run" if name == "--run" else name[2:]
        parser.add_argument(name, dest=dest, metavar=metavar, help=translate(words))
    parser.add_argument(
        "--file",
        default=FILE,
        metavar="FILE",
        help=translate(N_("where accepted risks are kept (default: acceptances.toml)")),
    )
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--list", action="store_true", help=translate(N_("list what is accepted")))
    which.add_argument(
        "--withdraw", action="store_true", help=translate(N_("no longer accept the risk"))
    )


def run(arguments: argparse.Namespace) -> int:
    """List, withdraw or accept. Exit 2 for what cannot be meant."""
    from tocsin.app.faults import WordsError, complain
    from tocsin.store.acceptances import AcceptanceError
    from tocsin.store.runs import RunError

    try:
        if arguments.list:
            return _list(arguments)
        return _withdraw(arguments) if arguments.withdraw else _accept(arguments)
    except (WordsError, AcceptanceError) as fault:
        return complain(fault.why.render(arguments.translate), USAGE)
    except RunError as fault:
        return complain(str(fault), USAGE)


def accepted_in(path: str | None, today: date) -> Accepted:
    """What a file accepts, by whether it still holds. Raises OSError, `WordsError`."""
    from tocsin.app.faults import WordsError
    from tocsin.assess.acceptance import Accepted, accepted
    from tocsin.store.acceptances import AcceptanceError, read

    if not path:
        return Accepted()
    try:
        return accepted(read(path), today)
    except AcceptanceError as fault:
        raise WordsError(fault.why) from fault


def _accept(arguments: argparse.Namespace) -> int:
    from tocsin.collect.files import printable
    from tocsin.model.text import say
    from tocsin.model.trusts import Acceptance
    from tocsin.report.text import visible
    from tocsin.store.acceptances import add, day_of

    for name in ("fingerprint", "reason", "owner", "until"):
        if not (getattr(arguments, name) or "").strip():
            what = "FINGERPRINT" if name == "fingerprint" else f"--{name}"
            _refuse(say(N_("missing: {what}"), what=what))
    today = datetime.now(UTC).date()
    until = day_of(arguments.until)
    if until is None:
        _refuse(say(N_("not a day: {text}. Write 2026-12-31"), text=arguments.until))
    if until < today:
        _refuse(say(N_("--until {day} is past"), day=until.isoformat()))
    fingerprint, named = _meant(arguments)
    entry = Acceptance(
        fingerprint=fingerprint,
        reason=printable(arguments.reason.strip()),
        owner=printable(arguments.owner.strip()),
        on=today,
        until=until,
    )
    replaced = add(arguments.file, entry, named)
    translate = arguments.translate
    words = translate(N_("accepted until {day}: {what} (in {path})"))
    what, path = named or fingerprint, visible(arguments.file)
    sys.stdout.write(words.format(day=until.isoformat(), what=what, path=path) + "\n")
    if replaced is not None:
        words = translate(N_("instead of the acceptance until {day} by {owner}"))
        owner = visible(replaced.owner)
        sys.stdout.write(words.format(day=replaced.until.isoformat(), owner=owner) + "\n")
    return CLEAN


def _withdraw(arguments: argparse.Namespace) -> int:
    from tocsin.model.text import say
    from tocsin.report.text import visible
    from tocsin.store.acceptances import withdraw

    prefix = _prefix(arguments.fingerprint or "")
    gone = withdraw(arguments.file, prefix)
    if not gone:
        words = N_("{id} is not among what is accepted in {path}")
        _refuse(say(words, id=prefix, path=arguments.file))
    for each in gone:
        words = arguments.translate(N_("no longer accepted: {id} ({reason})"))
        sys.stdout.write(words.format(id=each.fingerprint, reason=visible(each.reason)) + "\n")
    return CLEAN


def _list(arguments: argparse.Namespace) -> int:
    from tocsin.report.text import visible
    from tocsin.store.acceptances import read

    translate = arguments.translate
    if not Path(arguments.file).exists():
        sys.stdout.write(translate(N_("Nothing is accepted.")) + "\n")
        return CLEAN
    today = datetime.now(UTC).date()
    known = dict(_risks(_run(arguments))) if arguments.of_run else {}
    entries = sorted(read(arguments.file), key=lambda each: (each.until, each.fingerprint))
    for each in entries:
        state = N_("until {day}") if each.until >= today else N_("ended on {day}")
        names = [n for full, n in known.items() if full.startswith(each.fingerprint)]
        cells = (
            each.fingerprint[:12],
            translate(state).format(day=each.until.isoformat()),
            visible(each.owner),
            visible(each.reason),
            *map(visible, names[:1]),
        )
        sys.stdout.write("  ".join(cells) + "\n")
    if not entries:
        sys.stdout.write(translate(N_("Nothing is accepted.")) + "\n")
    return CLEAN


def _meant(arguments: argparse.Namespace) -> tuple[str, str]:
    """The fingerprint, whole where a run has it, and what it is of."""
    from tocsin.model.text import say

    prefix = _prefix(arguments.fingerprint)
    if not arguments.of_run:
        return prefix, ""
    known = {full: named for full, named in _risks(_run(arguments)) if full.startswith(prefix)}
    if not known:
        _refuse(say(N_("nothing in {path} has the id {id}"), path=arguments.of_run, id=prefix))
    if len(known) > 1:
        listed = "; ".join(f"{full[:16]} {named}" for full, named in list(known.items())[:5])
        _refuse(say(N_("{id} can mean: {known}"), id=prefix, known=listed))
    return next(iter(known.items()))


def _risks(found: Run) -> Iterator[tuple[str, str]]:
    """Everything of a run that can be accepted: its fingerprint and what it is, in English."""
    for finding in found.findings:
        yield finding.fingerprint, _line(f"{finding.rule} {finding.subject_name}")
    for campaign in found.conversations.campaigns if found.conversations else ():
        named = campaign.family or "of an unknown family"
        yield campaign.id, _line(f"Campaign {named}: {campaign.because}")
    for hit in found.hunt.findings if found.hunt else ():
        yield hit.id, _line(f"{hit.title} {hit.host}")
    for incident in found.hunt.incidents if found.hunt else ():
        yield incident.id, _line(str(incident.title))
    for result in found.trusts.checks if found.trusts else ():
        yield result.fingerprint, _line(f"{result.check} {result.subject}")
    for action in found.plan.actions if found.plan else ():
        yield action.fingerprint, _line(str(action.do))


def _line(text: str) -> str:
    from tocsin.report.text import visible

    return visible(" ".join(text.split()))[:200]


def _run(arguments: argparse.Namespace) -> Run:
    from tocsin.store.runs import read_run

    path = Path(arguments.of_run)
    return read_run(str(path / "run.json" if path.is_dir() else path))


def _prefix(text: str) -> str:
    from tocsin.model.text import say

    found = text.strip().lower()
    if not re.fullmatch(r"[0-9a-f]{8,64}", found):
        _refuse(say(N_("not an id: {text}. Give 8 or more of its hexadecimal digits"), text=text))
    return found


def _refuse(why: Sentence) -> NoReturn:
    from tocsin.app.faults import WordsError

    raise WordsError(why)
