"""Situations for tests, out of the examples that checks carry."""

from tocsin.analyse.trust.examples import build, setting, situation, state, worst

__all__ = ["build", "setting", "situation", "state", "worst"]
