"""The XML in which AD keeps a setting override: `<S CN="…" SN="…" MB="…" R="…"><Ps><P>…</P></Ps></S>`."""

from __future__ import annotations

from typing import Any
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

SIZE_LIMIT = 64 * 1024
"""Characters of XML that are read."""

PARAMETERS_LIMIT = 100
"""Parameters kept of one override."""

_NAMES = {"CN": "ComponentName", "SN": "SectionName", "MB": "ModifiedBy", "R": "Reason"}


def override_of(xml: str) -> dict[str, Any]:
    """The properties as `Get-SettingOverride` names them; none where the XML is not an override's."""
    if not xml or len(xml) > SIZE_LIMIT:
        return {}
    try:
        root = fromstring(xml)
    except (ParseError, DefusedXmlException, ValueError):
        return {}
    if root.tag != "S":
        return {}
    found: dict[str, Any] = {
        name: root.attrib[short] for short, name in _NAMES.items() if short in root.attrib
    }
    parameters = [str(each.text or "") for each in root.iterfind("./Ps/P")]
    found["Parameters"] = parameters[:PARAMETERS_LIMIT]
    return found
