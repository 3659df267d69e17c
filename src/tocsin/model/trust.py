"""How far what was read can be believed."""

from __future__ import annotations

from typing import Literal

Trust = Literal["trusted", "first-external", "forgeable"]
"""How far a mail hop can be believed; other sources are `trusted`.

`trusted`: written by a machine of the reader's own side. `first-external`: written by the host
that connected to it. `forgeable`: below that, where a sender can have written anything.
"""
