"""Tocsin: every Exchange server you have, the hidden ones too, and what each is open to."""

__version__ = "0.1.0"
