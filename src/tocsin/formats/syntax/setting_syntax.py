"""Which syntax a configured object came in, and what became of a value on the way."""

from __future__ import annotations

from typing import Literal

import msgspec

from tocsin.model.setting import Lost, Side

Syntax = Literal["clixml", "json", "csv", "printed"]
"""CLIXML and JSON keep what a value is; CSV and what a console printed are text."""


class Damage(msgspec.Struct, frozen=True):
    """A value was there and is lost. limit: a limit of ours was hit."""

    why: Lost
    limit: bool = False


class Origin(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of an object beside itself.

    kind, side, server: where the file states them. cmdlet: what printed it, as a console shows.
    """

    syntax: Syntax = "clixml"
    kind: str = ""
    side: Side = ""
    server: str = ""
    cmdlet: str = ""

    @property
    def sure(self) -> bool:
        """Whether the syntax keeps values whole."""
        return self.syntax != "printed"
