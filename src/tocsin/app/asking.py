"""The words that every search engine is asked with: domains, addresses, and whose API."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

import msgspec

from tocsin.app.collecting import Live
from tocsin.model.evidence import Evidence
from tocsin.model.finding import Gap
from tocsin.model.text import N_, Sentence, say

if TYPE_CHECKING:
    from tocsin.collect.web_api import ApiSettings, Asked


def options(parser: argparse.ArgumentParser, translate: Callable[[str], str]) -> None:
    """What to ask about. The key comes from the environment or a file."""
    parser.add_argument(
        "--domain",
        action="append",
        default=[],
        metavar="DOMAIN",
        help=translate(N_("a domain of yours; may be repeated")),
    )
    parser.add_argument(
        "--address",
        action="append",
        default=[],
        metavar="ADDRESS",
        help=translate(N_("an address or a network (CIDR) of yours; may be repeated")),
    )
    parser.add_argument(
        "--base-url", default="", metavar="URL", help=translate(N_("another address of the API"))
    )


def asked(arguments: argparse.Namespace) -> Asked:
    """The words as a question."""
    from tocsin.collect.web_api import Asked

    return Asked(addresses=tuple(arguments.address), domains=tuple(arguments.domain))


def nothing_asked(arguments: argparse.Namespace) -> Sentence | None:
    """What is said when there is no question."""
    if arguments.address or arguments.domain:
        return None
    return say(N_("say what to ask about: --domain or --address"))


class Engine(msgspec.Struct, frozen=True, kw_only=True):
    """One search engine's API: the name of its key, its settings, its first calls, its answers."""

    key_variable: str
    settings: Callable[[Mapping[str, str], str], ApiSettings]
    planned: Callable[[Asked, ApiSettings], Iterator[str]]
    ask: Callable[[Asked, ApiSettings], Iterator[Evidence | Gap]]


def search_engine(name: str, summary: str, load: Callable[[], Engine]) -> Live:
    """The live source of a search engine; `load` imports its API when it is needed."""

    def settings(arguments: argparse.Namespace) -> ApiSettings:
        return load().settings(os.environ, arguments.base_url)

    def fault(arguments: argparse.Namespace) -> Sentence | None:
        from tocsin.collect.web_api import fault as wrong

        refused = nothing_asked(arguments)
        if refused is not None or arguments.dry_run:
            return refused
        return wrong(settings(arguments), load().key_variable)

    def plan(arguments: argparse.Namespace) -> Iterator[str]:
        return load().planned(asked(arguments), settings(arguments))

    def collect(arguments: argparse.Namespace) -> Iterator[Evidence | Gap]:
        return load().ask(asked(arguments), settings(arguments))

    return Live(
        name=name, summary=summary, options=options, fault=fault, plan=plan, collect=collect
    )
