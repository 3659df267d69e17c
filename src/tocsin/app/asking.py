"""The words that every search engine is asked with: domains, addresses, and whose API."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING

from tocsin.model.text import N_, Sentence, say

if TYPE_CHECKING:
    from tocsin.collect.web_api import Asked


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
