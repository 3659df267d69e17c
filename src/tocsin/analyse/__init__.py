"""Judgement: (Evidence, Knowledge) to findings and gaps. The rooms inside are blind to each other."""
