"""The invented case of conversations, read once for each module that asks for it."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from conversing import objects, tocsin
from mail_case import as_files, case


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """All mails, in files whose names are in no order."""
    mails = list(case().mails)
    random.Random(2).shuffle(mails)
    return as_files(tmp_path_factory.mktemp("case") / "mails", tuple(mails))


@pytest.fixture(scope="module")
def lines(folder: Path) -> list[dict]:
    done = tocsin("conversation", folder, "--own-domain", "contoso.example", "--format", "jsonl")
    assert done.returncode == 1
    return objects(done)
