"""Runs written down and read again."""
