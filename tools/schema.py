"""Write the JSON Schema of run.json from the types. Usage: python tools/schema.py FILE"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import msgspec

from tocsin.model.run import RUN_VERSION, Run

SCHEMA_ID = f"https://tocsin.example/schema/run-{RUN_VERSION}.json"


def schema() -> dict[str, Any]:
    """JSON Schema 2020-12 of the document."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SCHEMA_ID,
        "title": f"tocsin run, version {RUN_VERSION}",
        **msgspec.json.schema(Run),
    }


def main() -> None:
    """Write the file named on the command line."""
    text = json.dumps(schema(), indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    Path(sys.argv[1]).write_text(text, "utf-8")


if __name__ == "__main__":
    main()
