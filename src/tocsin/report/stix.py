"""A STIX 2.1 bundle of what identifies the campaigns, to be shared under TLP:AMBER.

Nothing of the reader's own people leaves the house in it: no recipient, no subject, no own address,
no text. Ids are UUIDv5 of what they stand for and times are those of the mails, so that the same
finding gives the same bundle. https://docs.oasis-open.org/cti/stix/v2.1/os/stix-v2.1-os.html
"""

from __future__ import annotations

import json

import stix2

from tocsin.model.run import Run
from tocsin.report import Output, Translate
from tocsin.report.stix_parts.bundle import objects
from tocsin.report.stix_parts.ids import stable


def render(run: Run, translate: Translate, lang: str) -> str:  # noqa: ARG001
    """JSON text, always English. Without a campaign or an alert the bundle holds no indicator."""
    found = objects(run)
    contents = sorted(f"{each['id']} {each.get('modified', '')}" for each in found)
    bundle = stix2.v21.Bundle(
        objects=sorted(found, key=lambda each: str(each["id"])),
        id=stable("bundle", "\n".join(contents)),
    )
    return json.dumps(json.loads(bundle.serialize()), indent=1, ensure_ascii=True) + "\n"


OUTPUT = Output(name="stix", render=render)
