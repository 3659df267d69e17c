"""What a finding takes from what found it: a Sigma rule, a correlation or a baseline."""

from __future__ import annotations

from typing import Protocol

from tocsin.model.finding import Level


class Told(Protocol):
    """The head that all three share."""

    @property
    def id(self) -> str:
        """Unique among all that are loaded."""

    @property
    def title(self) -> str:
        """In a few words."""

    @property
    def level(self) -> Level:
        """Sigma's level, for what worked."""

    @property
    def tags(self) -> tuple[str, ...]:
        """Sigma's tags, `attack.t1190` among them."""

    @property
    def references(self) -> tuple[str, ...]:
        """Addresses of what describes it."""

    @property
    def step(self) -> str:
        """A name of `data/steps.toml`; empty where it names none."""

    @property
    def because(self) -> str:
        """The message id of the sentence with its places; empty where it has none."""

    @property
    def remediation(self) -> str:
        """The message id of what to do; empty where it says nothing."""

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields that it asks for."""
