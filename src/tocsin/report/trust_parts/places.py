"""Where something is written that the trust room rests on, on one line."""

from __future__ import annotations

from tocsin.model.trusts import Basis


def place(basis: Basis) -> str:
    """Where something is written, with the property that says it."""
    found = f"{basis.source}#{basis.position}" if basis.position else basis.source
    return f"{found}: {basis.property}" if basis.property else found
