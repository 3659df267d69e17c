"""Sigma rules: read, compiled, asked of rows (`rule.matches(event)`), and turned into what must occur
in the raw text of any row that they match (`anchors`)."""

from tocsin.knowledge.sigma.anchors import anchors
from tocsin.knowledge.sigma.correlation import Correlation, Counted
from tocsin.knowledge.sigma.loading import Rules, load
from tocsin.knowledge.sigma.rule import RuleTest, SigmaRule

__all__ = ["Correlation", "Counted", "RuleTest", "Rules", "SigmaRule", "anchors", "load"]
