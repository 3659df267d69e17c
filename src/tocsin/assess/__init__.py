"""Joins what the rooms found into one ranked answer."""
