"""What the tests of PowerShell's exports share: read bytes the way the product does."""

from __future__ import annotations

import io
from pathlib import Path
from typing import NamedTuple

from tocsin.formats import HEAD_SIZE, Reading, recognise
from tocsin.model.evidence import Evidence, Host, Look
from tocsin.model.finding import Gap
from tocsin.model.locator import Locator
from tocsin.model.setting import Inquiry, Setting

DATA = Path(__file__).parent.parent / "data" / "powershell"


class Read(NamedTuple):
    """What a file gave: the format's name, evidence of hosts, gaps, the look at its end, settings
    and inquiries."""

    format: str
    evidence: list[Evidence]
    gaps: list[Gap]
    look: Look
    settings: list[Setting]
    inquiries: list[Inquiry]

    @property
    def hosts(self) -> list[Host]:
        return [each.body for each in self.evidence if isinstance(each.body, Host)]

    @property
    def names(self) -> list[str]:
        return [name for host in self.hosts for name in host.names]


def read(data: bytes) -> Read:
    """Recognise by the head, read to the end; fails when no format knows it."""
    form = recognise(data[:HEAD_SIZE])
    assert form is not None, data[:200]
    items = list(form.read(io.BytesIO(data), Locator(source="x"), Reading()))
    last = items.pop()
    assert isinstance(last, Evidence)
    assert isinstance(last.body, Look)
    evidence = [each for each in items if isinstance(each, Evidence)]
    return Read(
        form.name,
        [each for each in evidence if not isinstance(each.body, Setting | Inquiry)],
        [each for each in items if isinstance(each, Gap)],
        last.body,
        [each.body for each in evidence if isinstance(each.body, Setting)],
        [each.body for each in evidence if isinstance(each.body, Inquiry)],
    )


def version(host: Host) -> tuple[str, str] | None:
    """Dotted numbers and precision."""
    found = host.version
    if found is None:
        return None
    numbers = (found.major, found.minor, found.build, found.revision)
    return ".".join(str(each) for each in numbers if each is not None), found.precision
