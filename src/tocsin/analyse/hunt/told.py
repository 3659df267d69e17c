"""What a finding takes from what found it, and an incident from its steps."""

from __future__ import annotations

from typing import Protocol

from tocsin.model.finding import Level


class Told(Protocol):
    """What a Sigma rule, a correlation and a baseline all say of themselves."""

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


class StepFact(Protocol):
    """A step of an intrusion, as `data/steps.toml` describes it."""

    @property
    def title(self) -> str:
        """The message id of its name."""

    @property
    def attack(self) -> tuple[str, ...]:
        """ATT&CK techniques."""

    @property
    def tactic(self) -> str:
        """ATT&CK's tactic, `initial-access`."""

    @property
    def rank(self) -> int:
        """Its place in an intrusion, the first lowest."""

    @property
    def surfaces(self) -> tuple[str, ...]:
        """The logs that would show it."""

    @property
    def next(self) -> str:
        """The message id of what to do about it; empty where there is nothing."""
