"""Whether a server is at or above a floor: yes, no, or nobody can tell."""

from __future__ import annotations

from tocsin.knowledge.floors import floors
from tocsin.model.server_state import ServerState


def meets(server: ServerState, floor: str) -> bool | None:
    """True or False where every build that the evidence allows answers alike; None where the build
    is unknown or the range spans the floor. floor: a name of `data/hybrid/floors.toml`."""
    if server.low is None or server.high is None:
        return None
    wanted = floors()[floor]
    between = (each for each in wanted.edges() if server.low < each < server.high)
    answers = {wanted.met(each) for each in (server.low, *between, server.high)}
    return answers.pop() if len(answers) == 1 else None


def below(server: ServerState, floor: str) -> bool:
    """Whether the server is certainly below the floor."""
    return meets(server, floor) is False
