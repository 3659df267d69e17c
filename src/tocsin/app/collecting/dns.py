"""`tocsin collect dns`: where mail and autodiscover of given domains point to."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator

from tocsin.app.collecting import Live
from tocsin.model.evidence import Evidence
from tocsin.model.finding import Gap
from tocsin.model.text import N_, Sentence


def options(parser: argparse.ArgumentParser, translate: Callable[[str], str]) -> None:
    """Which domains, and whom to ask."""
    parser.add_argument(
        "domains", nargs="+", metavar="DOMAIN", help=translate(N_("a domain of yours"))
    )
    parser.add_argument(
        "--resolver",
        action="append",
        default=[],
        metavar="ADDRESS",
        help=translate(N_("name server to ask (default: the system's)")),
    )
    parser.add_argument(
        "--port",
        type=int,
        default=53,
        metavar="PORT",
        help=translate(N_("port of the name server (default: 53)")),
    )
    parser.add_argument(
        "--network",
        action="append",
        default=[],
        metavar="CIDR",
        help=translate(N_("a network of yours; may be repeated")),
    )


def fault(arguments: argparse.Namespace) -> Sentence | None:  # noqa: ARG001
    """Every word is fit; a name that does not exist is an answer."""
    return None


def plan(arguments: argparse.Namespace) -> Iterator[str]:
    """The names that would be asked for."""
    for domain in arguments.domains:
        yield f"MX, TXT (SPF), SRV _autodiscover._tcp, A and AAAA of the usual host names: {domain}"


def collect(arguments: argparse.Namespace) -> Iterator[Evidence | Gap]:
    """Ask."""
    from tocsin.collect.dns import DnsSettings, read_dns

    return read_dns(
        arguments.domains,
        DnsSettings(
            resolvers=tuple(arguments.resolver),
            port=arguments.port,
            networks=tuple(arguments.network),
        ),
    )


SOURCE = Live(
    name="dns",
    summary=N_("look up where mail and autodiscover of your domains point to"),
    options=options,
    fault=fault,
    plan=plan,
    collect=collect,
)
