"""`tocsin collect shodan`: what Shodan knows of given domains and addresses."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator

from tocsin.app.asking import asked, nothing_asked, options
from tocsin.app.collecting import Live
from tocsin.model.evidence import Evidence
from tocsin.model.finding import Gap
from tocsin.model.text import N_, Sentence


def fault(arguments: argparse.Namespace) -> Sentence | None:
    """What is wrong with the words, or with the key."""
    from tocsin.collect.shodan_api import KEY_VARIABLE, settings_from
    from tocsin.collect.web_api import fault as wrong

    refused = nothing_asked(arguments)
    if refused is not None or arguments.dry_run:
        return refused
    return wrong(settings_from(os.environ, arguments.base_url), KEY_VARIABLE)


def plan(arguments: argparse.Namespace) -> Iterator[str]:
    """The first calls, without the key."""
    from tocsin.collect.shodan_api import planned, settings_from

    return planned(asked(arguments), settings_from(os.environ, arguments.base_url))


def collect(arguments: argparse.Namespace) -> Iterator[Evidence | Gap]:
    """Ask."""
    from tocsin.collect.shodan_api import settings_from, shodan

    return shodan(asked(arguments), settings_from(os.environ, arguments.base_url))


SOURCE = Live(
    name="shodan",
    summary=N_("ask Shodan what it knows of your domains and addresses"),
    options=options,
    fault=fault,
    plan=plan,
    collect=collect,
)
