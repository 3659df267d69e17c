"""What the tests share: the samples beside the repository, when they are there."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

# The command is started hundreds of times: what Python compiles of it is kept between the starts.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of samples; the test is skipped with a reason when it is absent."""
    if not SHARED.is_dir():
        pytest.skip("../shared is absent: real samples are not part of the repository")
    return SHARED
