"""A mail's record, by code that is loaded where the first mail is read: who hunts in logs, or asks for the
command's help, need not wait for the words of twenty languages."""

# ruff: noqa: PLC0415

from __future__ import annotations

from collections.abc import Iterator

from tocsin.formats import Reading
from tocsin.formats.syntax.mail_parts import Parts
from tocsin.model.evidence import Evidence
from tocsin.model.finding import Gap
from tocsin.model.locator import Locator

MAIL_LIMIT = 64 * 1024 * 1024
"""Bytes of one mail that are read; the rest of a longer one is left out with a Gap."""


def message(raw: bytes, at: Locator, prefix: str, reading: Reading) -> Iterator[Evidence | Gap]:
    """See `mail_message.message`."""
    from tocsin.formats.syntax import mail_message

    return mail_message.message(raw, at, prefix, reading)


def records_of(taken: Parts, size: int, at: Locator, reading: Reading) -> Iterator[Evidence | Gap]:
    """See `mail_message.records_of`."""
    from tocsin.formats.syntax import mail_message

    return mail_message.records_of(taken, size, at, reading)
