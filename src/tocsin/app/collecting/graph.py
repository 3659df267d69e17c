"""`tocsin collect graph`: who holds keys and roles in the tenant, asked of Microsoft Graph."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from tocsin.app.collecting import Live, Translate
from tocsin.model.evidence import Evidence
from tocsin.model.finding import Gap
from tocsin.model.text import N_, Sentence, say

if TYPE_CHECKING:
    from tocsin.collect.graph_sign_in import SignIn

CLOUDS = ("global", "us", "us-dod", "china")


def options(parser: argparse.ArgumentParser, translate: Translate) -> None:
    """Which tenant, and as whom. A secret comes from the environment or a file."""
    parser.add_argument(
        "--tenant",
        default="",
        metavar="TENANT",
        help=translate(N_("identifier of the tenant, or one of its domains")),
    )
    parser.add_argument(
        "--client-id",
        default="",
        metavar="ID",
        help=translate(N_("number of your own application; otherwise Microsoft's public one")),
    )
    parser.add_argument(
        "--certificate-file",
        default="",
        metavar="PEM",
        help=translate(
            N_("key and certificate of your application; or its secret in TOCSIN_GRAPH_SECRET")
        ),
    )
    parser.add_argument(
        "--cloud",
        choices=CLOUDS,
        default="global",
        help=translate(N_("the cloud that the tenant is in")),
    )


def _sign_in(arguments: argparse.Namespace) -> SignIn:
    from tocsin.collect.graph_sign_in import sign_in_from

    return sign_in_from(
        os.environ,
        arguments.tenant,
        arguments.cloud,
        arguments.client_id,
        arguments.certificate_file,
    )


def fault(arguments: argparse.Namespace) -> Sentence | None:
    """What is wrong with the words."""
    from tocsin.collect import graph_sign_in

    if arguments.dry_run:
        return None
    try:
        return graph_sign_in.fault(_sign_in(arguments))
    except OSError as error:
        return say(N_("the secret cannot be read: {error}"), error=str(error)[:200])


def plan(arguments: argparse.Namespace) -> Iterator[str]:
    """The sign-in and the calls."""
    from tocsin.collect import graph_api, graph_asking
    from tocsin.collect.web_api import ApiKey

    yield f"POST https://{graph_asking.HOSTS[arguments.cloud][1]}/{arguments.tenant or 'TENANT'}/…"
    yield from graph_api.planned(graph_asking.settings(arguments.cloud, ApiKey("")))


def _show(text: str) -> None:
    from tocsin.report.text_parts.lines import visible

    # The words are the sign-in host's.
    sys.stderr.write("\n".join(map(visible, text.splitlines())) + "\n")
    sys.stderr.flush()


def collect(arguments: argparse.Namespace) -> Iterator[Evidence | Gap]:
    """Sign in, ask, and forget the token."""
    from tocsin.collect import graph_api, graph_asking, graph_sign_in
    from tocsin.model.locator import Locator

    token = graph_sign_in.token(_sign_in(arguments), _show)
    if isinstance(token, Sentence):
        at = Locator(source=f"https://{graph_asking.HOSTS[arguments.cloud][1]}/{arguments.tenant}")
        yield Gap(at=at, why=token, kind="not-collected")
        return
    yield from graph_api.graph(graph_asking.settings(arguments.cloud, token))


SOURCE = Live(
    name="graph",
    summary=N_("ask Microsoft Graph who holds keys and roles that concern Exchange (read-only)"),
    options=options,
    fault=fault,
    plan=plan,
    collect=collect,
)
