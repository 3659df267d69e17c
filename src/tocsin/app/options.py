"""Words that several commands share. Light, since `--help` loads it."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from tocsin.model.marking import N_

LEVELS = ("informational", "low", "medium", "high", "critical", "none")

Translate = Callable[[str], str]


def history_options(parser: argparse.ArgumentParser, translate: Translate) -> None:
    """What conversations are judged by."""
    parser.add_argument(
        "--history",
        metavar="FILE",
        help=translate(
            N_(
                "what was learnt of the mails, kept for the next run (default: forgotten afterwards)"
            )
        ),
    )
    parser.add_argument(
        "--learn-after",
        type=int,
        metavar="HOURS",
        help=translate(N_("how old a mail must be before it is learnt from (default: 48)")),
    )


def hunt_options(parser: argparse.ArgumentParser, translate: Translate) -> None:
    """What logs are held against."""
    parser.add_argument(
        "--rules",
        action="append",
        default=[],
        metavar="DIR",
        help=translate(N_("Sigma rules that logs are held against, too; may be repeated")),
    )
    parser.add_argument(
        "--only-rules",
        action="store_true",
        help=translate(N_("leave our own rules out: only those of --rules")),
    )


def length_options(parser: argparse.ArgumentParser, translate: Translate) -> None:
    """How much is printed."""
    parser.add_argument(
        "-q",
        "--quiet",
        action="store_true",
        help=translate(N_("only the verdict and the ranked servers")),
    )
    parser.add_argument(
        "-v",
        "--verbose",
        action="store_true",
        help=translate(N_("all of it: every action, step, way, check and open advisory")),
    )


def fail_on_option(parser: argparse.ArgumentParser, translate: Translate, default: str) -> None:
    """From which level on the exit code is 1."""
    parser.add_argument(
        "--fail-on",
        choices=LEVELS,
        default=default,
        metavar="LEVEL",
        help=translate(
            N_(
                "exit with 1 if something open has this level or a higher one: informational, low, "
                "medium, high, critical, none (default: {default})"
            )
        ).format(default=default),
    )


def knowledge_option(parser: argparse.ArgumentParser, translate: Translate) -> None:
    """Private facts."""
    parser.add_argument(
        "--knowledge",
        action="append",
        default=[],
        metavar="DIR",
        help=translate(N_("private facts in the form of the packaged tables; may be repeated")),
    )


def without_option(parser: argparse.ArgumentParser, translate: Translate) -> None:
    """What is left out to see what remains."""
    parser.add_argument(
        "--without",
        action="append",
        default=[],
        metavar="WHAT",
        help=translate(
            N_(
                "see what remains without a server, key, or trust (name, id, A>B, HX_…); may be "
                "repeated"
            )
        ),
    )


def accepted_option(parser: argparse.ArgumentParser, translate: Translate) -> None:
    """Risks that somebody answers for."""
    parser.add_argument(
        "--accepted",
        metavar="FILE",
        help=translate(N_("risks that somebody answers for, see tocsin accept")),
    )
