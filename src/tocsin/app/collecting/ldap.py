"""`tocsin collect ldap`: the directory, by searches over TLS."""

from __future__ import annotations

import argparse
import getpass
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from tocsin.app.collecting import Live
from tocsin.model.evidence import Evidence
from tocsin.model.finding import Gap
from tocsin.model.text import N_, Sentence

if TYPE_CHECKING:
    from tocsin.collect.ldap import DirectorySettings


def options(parser: argparse.ArgumentParser, translate: Callable[[str], str]) -> None:
    """Which directory, and how to sign in. The password comes from the environment or a file."""
    parser.add_argument("url", metavar="URL", help="ldaps://dc1.contoso.com")
    parser.add_argument("--user", default="", help="user@contoso.com")
    parser.add_argument(
        "--password-file",
        metavar="FILE",
        help=translate(
            N_("file with the password; otherwise TOCSIN_LDAP_PASSWORD, or the terminal asks")
        ),
    )
    parser.add_argument(
        "--kerberos",
        action="store_true",
        help=translate(N_("use the ticket of this session instead of a password")),
    )
    parser.add_argument(
        "--start-tls",
        action="store_true",
        help=translate(N_("with ldap://: begin in the clear, then speak TLS before signing in")),
    )
    parser.add_argument(
        "--ca-file",
        metavar="PEM",
        help=translate(N_("the authority that signed the directory's certificate")),
    )
    parser.add_argument(
        "--insecure",
        action="store_true",
        help=translate(N_("accept any certificate: whoever answers gets the password")),
    )
    parser.add_argument(
        "--name", default="", help=translate(N_("the name in the certificate, if another"))
    )


def settings(arguments: argparse.Namespace) -> DirectorySettings:
    """The words as settings; the password is asked for once."""
    if not hasattr(arguments, "directory"):
        arguments.directory = _settings(arguments)
    found: DirectorySettings = arguments.directory
    return found


def _settings(arguments: argparse.Namespace) -> DirectorySettings:
    from tocsin.collect.ldap import DirectorySettings, find_password

    prompt = (lambda: getpass.getpass("Password: ")) if sys.stdin.isatty() else None
    asked = not (arguments.kerberos or arguments.dry_run)
    file = Path(arguments.password_file) if arguments.password_file else None
    return DirectorySettings(
        url=arguments.url,
        user=arguments.user,
        password=find_password(os.environ, file, prompt) if asked else None,
        kerberos=arguments.kerberos,
        start_tls=arguments.start_tls,
        ca_file=Path(arguments.ca_file) if arguments.ca_file else None,
        insecure=arguments.insecure,
        name=arguments.name,
    )


def fault(arguments: argparse.Namespace) -> Sentence | None:
    """What is wrong with the words."""
    from tocsin.collect import ldap

    return None if arguments.dry_run else ldap.fault(settings(arguments))


def plan(arguments: argparse.Namespace) -> Iterator[str]:
    """The searches."""
    from tocsin.collect.ldap_searches import EXCHANGE, PARTITIONS, SEARCHES, computers, group

    yield f"{arguments.url}: bind {arguments.user or 'GSSAPI'}"
    later = (group("GROUP"), computers(["GROUP"]))
    for search in (*SEARCHES, EXCHANGE, *later, PARTITIONS):
        yield f"{arguments.url}: search {search.context} {search.below} {search.query}"


def collect(arguments: argparse.Namespace) -> Iterator[Evidence | Gap]:
    """Search, and leave."""
    from tocsin.collect.ldap import read_directory

    return read_directory(settings(arguments))


SOURCE = Live(
    name="ldap",
    summary=N_("search Active Directory for Exchange servers (LDAPS, any domain user)"),
    options=options,
    fault=fault,
    plan=plan,
    collect=collect,
)
