"""The command line: words in, use cases called, words out. No judgement here.

Heavy modules are imported inside the commands, so that `--help` answers at once.
"""

from __future__ import annotations

import argparse
import gc
import os
import shlex
import sys
from collections.abc import Callable, Sequence

import tocsin
from tocsin.app import accepting, options
from tocsin.app.grammar import grammar
from tocsin.app.language import LANGUAGES, language, translator
from tocsin.model.marking import N_

CLEAN, FINDINGS, USAGE, PARTIAL, ERROR = range(5)
"""Exit codes: clean; findings at or above --fail-on; wrong usage; input lost; could not run."""

FORMATS = (
    "text", "json", "jsonl", "csv", "html",
    "advisory", "advisory_html", "purge", "recipients", "stix",
    "timesketch", "navigator",
    "actions", "checks", "edges", "bloodhound", "graphml", "pdf",
)  # fmt: skip
"""The outputs of `tocsin.report`; named here, because `--help` must not load them."""
_WRONG_PATH = (FileNotFoundError, IsADirectoryError, NotADirectoryError)

STARTED_WITH = 200_000
"""Objects made before garbage is first looked for: what is loaded at the start is none."""

Translate = Callable[[str], str]


def run() -> int:
    """The whole process; its exit code."""
    gc.set_threshold(STARTED_WITH)
    code = main()
    gc.freeze()  # what ends with the process need not be looked at once more
    return code


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    lang = language(words)
    translate = translator(lang)
    grammar(translate)
    parser = build_parser(translate, live="collect" in words)
    arguments = parser.parse_args(words)
    arguments.lang = lang
    arguments.translate = translate
    arguments.command_line = shlex.join(["tocsin", *words])
    if arguments.run is None:
        parser.print_help()
        return USAGE
    try:
        return int(arguments.run(arguments))
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return CLEAN
    except KeyboardInterrupt:
        from tocsin.app.faults import complain

        return complain(translate(N_("interrupted")), ERROR)
    except OSError as fault:
        from tocsin.app.faults import complain, refused

        code = USAGE if isinstance(fault, _WRONG_PATH) else ERROR
        return complain(refused(fault, translate), code)


def build_parser(translate: Translate, *, live: bool = True) -> argparse.ArgumentParser:
    """Every command with its options; those of the live sources only when one is asked for."""
    parser = argparse.ArgumentParser(
        prog="tocsin",
        description=translate(
            N_(
                "Finds every Exchange server you have, the hidden ones too, what each is open to, and "
                "whether somebody is speaking inside your mail conversations."
            )
        ),
        epilog=translate(
            N_(
                "Exit codes: 0 clean, 1 findings at or above --fail-on, 2 usage, 3 part of the input "
                "was lost, 4 error."
            )
        ),
    )
    parser.add_argument("--version", action="version", version=f"tocsin {tocsin.__version__}")
    _language_option(parser, translate)
    parser.set_defaults(run=None)
    commands = parser.add_subparsers(
        metavar="COMMAND", dest="command", title=translate(N_("commands"))
    )
    _examine_parsers(commands, translate)
    _verdict_parser(commands, translate)
    _report_parser(commands, translate)
    _diff_parser(commands, translate)
    accepting.add_parser(
        _command(
            commands,
            "accept",
            translate(N_("answer for a risk until a day: it is shown, but no longer counted")),
            accepting.run,
            translate,
        ),
        translate,
    )
    _knowledge_parser(commands, translate)
    _rules_parser(commands, translate)
    _collect_parser(commands, translate, live=live)
    return parser


def _language_option(parser: argparse.ArgumentParser, translate: Translate) -> None:
    parser.add_argument(
        "--lang", choices=LANGUAGES, help=translate(N_("language of what is printed"))
    )


def _command(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    name: str,
    summary: str,
    run: Callable[[argparse.Namespace], int] | None,
    translate: Translate,
) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=summary, description=summary)
    parser.set_defaults(run=run)
    _language_option(parser, translate)
    return parser


def _examine_parsers(
    commands: argparse._SubParsersAction[argparse.ArgumentParser], translate: Translate
) -> None:
    for name, summary in (
        ("examine", translate(N_("read everything in the given places and run all rooms"))),
        ("inventory", translate(N_("which Exchange servers there are and what each is open to"))),
        ("conversation", translate(N_("is somebody speaking inside our mail conversations"))),
        ("hunt", translate(N_("has a server been broken into, and what happened in order"))),
        ("trust", translate(N_("which trusts carry a break-in on, and what cuts them"))),
    ):
        parser = _command(commands, name, summary, _examine, translate)
        parser.add_argument("paths", nargs="+", metavar="PATH")
        parser.add_argument(
            "-o",
            "--output",
            metavar="DIR",
            help=translate(N_("folder for run.json and report.html (default: tocsin-report)")),
        )
        parser.add_argument(
            "--force", action="store_true", help=translate(N_("write over older files in DIR"))
        )
        parser.add_argument(
            "--format",
            choices=FORMATS,
            default=None,
            metavar="FORMAT",
            help=translate(
                N_("what is printed (default: text); files are then written only with -o")
            )
            + f" [{', '.join(FORMATS)}]",
        )
        options.fail_on_option(parser, translate, "high")
        parser.add_argument(
            "--since", metavar="DATE", help=translate(N_("leave out evidence dated before (UTC)"))
        )
        parser.add_argument(
            "--until", metavar="DATE", help=translate(N_("leave out evidence dated after (UTC)"))
        )
        parser.add_argument(
            "--own-domain",
            action="append",
            default=[],
            metavar="DOMAIN",
            help=translate(N_("a mail domain of yours; may be repeated")),
        )
        options.knowledge_option(parser, translate)
        parser.add_argument(
            "--workers",
            type=int,
            default=0,
            metavar="N",
            help=translate(N_("processes that read (default: one per processor)")),
        )
        if name in ("examine", "conversation"):
            options.history_options(parser, translate)
        if name in ("examine", "hunt"):
            options.hunt_options(parser, translate)
        options.accepted_option(parser, translate)
        if name == "trust":
            options.without_option(parser, translate)
        options.length_options(parser, translate)


def _verdict_parser(
    commands: argparse._SubParsersAction[argparse.ArgumentParser], translate: Translate
) -> None:
    parser = _command(
        commands,
        "verdict",
        translate(N_("what one build, or a range A..B, is open to")),
        _verdict,
        translate,
    )
    parser.add_argument("build", metavar="BUILD")
    options.fail_on_option(parser, translate, "none")
    parser.add_argument("--format", choices=("text", "json"), default="text")
    parser.add_argument(
        "-v",
        "--verbose",
        action="store_true",
        help=translate(N_("list what is fixed and not affected, too")),
    )
    options.knowledge_option(parser, translate)


def _report_parser(
    commands: argparse._SubParsersAction[argparse.ArgumentParser], translate: Translate
) -> None:
    parser = _command(
        commands, "report", translate(N_("render a saved run again")), _report, translate
    )
    parser.add_argument("--from", dest="source", required=True, metavar="RUN")
    parser.add_argument(
        "--format",
        choices=FORMATS,
        default="text",
        metavar="FORMAT",
        help=f"[{', '.join(FORMATS)}]",
    )
    parser.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        help=translate(N_("write to a file instead of the standard output")),
    )
    parser.add_argument(
        "--force", action="store_true", help=translate(N_("write over an older file"))
    )
    options.without_option(parser, translate)
    options.length_options(parser, translate)


def _diff_parser(
    commands: argparse._SubParsersAction[argparse.ArgumentParser], translate: Translate
) -> None:
    parser = _command(
        commands,
        "diff",
        translate(N_("what is new, gone or changed between two saved runs")),
        _diff,
        translate,
    )
    parser.add_argument("old", metavar="RUN_A")
    parser.add_argument("new", metavar="RUN_B")
    options.fail_on_option(parser, translate, "none")
    parser.add_argument("--format", choices=("text", "json"), default="text")


def _knowledge_parser(
    commands: argparse._SubParsersAction[argparse.ArgumentParser], translate: Translate
) -> None:
    parser = _command(
        commands,
        "knowledge",
        translate(N_("check, show or compare the facts judged by")),
        _knowledge,
        translate,
    )
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    check = actions.add_parser("check", help=translate(N_("hold the tables against their rules")))
    check.add_argument("folder", nargs="?", metavar="DIR")
    show = actions.add_parser(
        "show", help=translate(N_("what is known of a CVE, build or product"))
    )
    show.add_argument("what", nargs="?", metavar="CVE|BUILD|PRODUCT")
    compare = actions.add_parser("diff", help=translate(N_("compare two folders of tables")))
    compare.add_argument("old", metavar="DIR_A")
    compare.add_argument("new", nargs="?", metavar="DIR_B")
    for each in (check, show, compare):
        each.set_defaults(run=_knowledge)
        _language_option(each, translate)


def _rules_parser(
    commands: argparse._SubParsersAction[argparse.ArgumentParser], translate: Translate
) -> None:
    parser = _command(
        commands,
        "rules",
        translate(N_("check, list, test or convert the rules that logs are held against")),
        _rules,
        translate,
    )
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    for name, summary in (
        ("check", translate(N_("whether every rule can be used, and is valid Sigma"))),
        ("list", translate(N_("every rule with its level, step and kinds of logs"))),
        ("test", translate(N_("hold every rule against its own examples"))),
        ("convert", translate(N_("write rules as queries of another product"))),
    ):
        each = actions.add_parser(name, help=summary, description=summary)
        each.add_argument("paths", nargs="*", metavar="PATH")
        if name == "list":
            each.add_argument("--format", choices=("text", "json"), default="text")
        if name == "convert":
            each.add_argument(
                "--target", choices=("splunk", "kusto", "elasticsearch"), required=True
            )
        each.set_defaults(run=_rules)
        _language_option(each, translate)


def _collect_parser(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    translate: Translate,
    *,
    live: bool,
) -> None:
    parser = _command(
        commands,
        "collect",
        translate(N_("ask a directory, hosts, DNS or a search engine, on request only")),
        None,
        translate,
    )
    if live:
        from tocsin.app import collecting

        collecting.add_parsers(parser, translate)


def _examine(arguments: argparse.Namespace) -> int:
    from tocsin.app import commands

    return commands.examine(arguments)


def _verdict(arguments: argparse.Namespace) -> int:
    from tocsin.app import commands

    return commands.verdict(arguments)


def _report(arguments: argparse.Namespace) -> int:
    from tocsin.app import commands

    return commands.report(arguments)


def _diff(arguments: argparse.Namespace) -> int:
    from tocsin.app import commands

    return commands.diff(arguments)


def _knowledge(arguments: argparse.Namespace) -> int:
    from tocsin.app import knowledge

    return knowledge.run(arguments)


def _rules(arguments: argparse.Namespace) -> int:
    from tocsin.app import rules

    return rules.run(arguments)


if __name__ == "__main__":
    sys.exit(main())
