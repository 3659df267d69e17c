"""`tocsin collect probe`: ordinary GET requests and SMTP greetings of the hosts named."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from tocsin.app.collecting import Live
from tocsin.model.evidence import Evidence
from tocsin.model.finding import Gap
from tocsin.model.text import N_, Sentence

if TYPE_CHECKING:
    from tocsin.collect.probe import ProbeSettings


RATE, CONCURRENCY = 100, 200
"""The defaults of `ProbeSettings`, which is not loaded for `--help`."""


def options(parser: argparse.ArgumentParser, translate: Callable[[str], str]) -> None:
    """Whom to look at, and how gently."""
    parser.add_argument(
        "targets",
        nargs="+",
        metavar="TARGET",
        help=translate(N_("host name, address or network, with a port if it is another")),
    )
    parser.add_argument(
        "--allow",
        action="append",
        default=[],
        metavar="NETWORK",
        help=translate(N_("only these may be touched (default: the targets themselves)")),
    )
    parser.add_argument(
        "--port",
        action="append",
        default=[],
        metavar="PORT",
        help=translate(N_("443, https:8443, http:8080, smtp:2525; may be repeated")),
    )
    parser.add_argument(
        "--rate",
        type=float,
        metavar="NUMBER",
        help=translate(N_("new connections a second, 0 for no limit (default: {count})")).format(
            count=RATE
        ),
    )
    parser.add_argument(
        "--concurrency",
        type=int,
        metavar="NUMBER",
        help=translate(N_("connections open at the same time (default: {count})")).format(
            count=CONCURRENCY
        ),
    )
    parser.add_argument(
        "--no-ntlm", action="store_true", help=translate(N_("do not ask for the NTLM challenge"))
    )
    parser.add_argument(
        "--state",
        metavar="FILE",
        help=translate(N_("finished targets; given again, the probe goes on where it stopped")),
    )


def settings(arguments: argparse.Namespace) -> ProbeSettings:
    """The words as settings; what is not said keeps its default."""
    from tocsin.collect.probe import ProbeSettings

    said = {
        "ports": tuple(arguments.port) or None,
        "rate": arguments.rate,
        "concurrency": arguments.concurrency,
        "state": Path(arguments.state) if arguments.state else None,
    }
    return ProbeSettings(
        targets=tuple(arguments.targets),
        allow=tuple(arguments.allow),
        ntlm=not arguments.no_ntlm,
        **{name: value for name, value in said.items() if value is not None},
    )


def fault(arguments: argparse.Namespace) -> Sentence | None:
    """What is wrong with the words."""
    from tocsin.collect.probe import fault as wrong

    return wrong(settings(arguments))


def plan(arguments: argparse.Namespace) -> Iterator[str]:
    """Every request that may be sent."""
    from tocsin.collect.probe import plan as planned

    for each in planned(settings(arguments)):
        yield str(each)


def collect(arguments: argparse.Namespace) -> Iterator[Evidence | Gap]:
    """Look."""
    from tocsin.collect.probe import probe

    return probe(settings(arguments))


SOURCE = Live(
    name="probe",
    summary=N_("ask hosts of yours what they are, by ordinary requests (HTTP, HTTPS, SMTP)"),
    options=options,
    fault=fault,
    plan=plan,
    collect=collect,
)
