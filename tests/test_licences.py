"""Nothing under GPL or AGPL in the default install; everything pinned by hash."""

import importlib.metadata
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
STRONG = re.compile(
    r"(?<!L)(?<!Lesser )\bA?GPL|(?<!Lesser )General Public License|Affero", re.IGNORECASE
)


def installed(name: str, seen: dict[str, str]) -> dict[str, str]:
    """The licence of a distribution and of all it needs without extras."""
    key = re.split(r"[ ;\[<>=!~(]", name)[0].lower().replace("_", "-")
    if key in seen:
        return seen
    try:
        found = importlib.metadata.distribution(key)
    except importlib.metadata.PackageNotFoundError:
        return seen  # for another system
    classifiers = [c for c in found.metadata.get_all("Classifier", []) if "License" in c]
    words = found.metadata.get("License-Expression") or "; ".join(classifiers)
    seen[key] = words or (found.metadata.get("License") or "")[:80]
    for need in found.requires or []:
        if "extra ==" not in need:
            installed(need, seen)
    return seen


def test_no_strong_copyleft_in_the_default_install():
    licences = installed("tocsin", {})
    assert len(licences) > 15
    assert all(licences.values()), licences
    strong = {
        name: words
        for name, words in licences.items()
        if STRONG.search(words.replace("Lesser General Public License", "LGPL"))
    }
    assert not strong


def test_every_pinned_distribution_has_hashes():
    text = (ROOT / "requirements.lock").read_text()
    pins = re.findall(r"^([a-z0-9][\w.-]*)==", text, re.MULTILINE | re.IGNORECASE)
    blocks = re.split(r"^(?=[a-z0-9][\w.-]*==)", text, flags=re.MULTILINE | re.IGNORECASE)[1:]
    assert len(pins) == len(blocks) > 30
    assert all("--hash=sha256:" in block for block in blocks)
