"""Configuration files of IIS, ASP.NET and Exchange's transport as rows: what they load, and from where.

Only named attributes are copied. Passwords, keys, connection strings and application settings are never
read into a row; of a machine key only is said whether the file states it.
https://learn.microsoft.com/en-us/iis/configuration/
https://learn.microsoft.com/en-us/exchange/client-developer/transport-agents/agent
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, BinaryIO
from xml.etree.ElementTree import ParseError

import msgspec
from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from tocsin.formats.syntax.event_values import text_of
from tocsin.formats.syntax.log_rows import LogFault, LogRecord
from tocsin.formats.syntax.webshell_scan import scanned
from tocsin.knowledge import shipped
from tocsin.model.text import N_, say

SIZE_LIMIT = 16 * 1024 * 1024
"""Bytes of one file that are read; the largest real ones have one or two million."""

ROWS_LIMIT = 50_000
"""Rows of one file."""

DEPTH_LIMIT = 100
"""How deep elements may be nested."""

Attributes = dict[str, str]

_KNOWN: dict[str, tuple[str, ...]] = {
    "globalModules/add": ("name", "image", "preCondition"),
    "globalModules/remove": ("name",),
    "modules/add": ("name", "type", "preCondition"),
    "modules/remove": ("name",),
    "modules": ("runAllManagedModulesForAllRequests",),
    "httpModules/add": ("name", "type"),
    "handlers/add": ("name", "path", "verb", "type", "modules", "scriptProcessor", "resourceType"),
    "handlers/remove": ("name",),
    "httpHandlers/add": ("path", "verb", "type"),
    "isapiFilters/filter": ("name", "path", "enabled"),
    "isapiCgiRestriction/add": ("path", "allowed", "description"),
    "fastCgi/application": ("fullPath", "arguments"),
    "application/virtualDirectory": ("path", "physicalPath"),
    "site/virtualDirectoryDefaults": ("allowSubDirConfig",),
    "site/application": ("path", "applicationPool"),
    "site/logFile": (
        "enabled",
        "logFormat",
        "directory",
        "logTargetW3C",
        "logExtFileFlags",
        "period",
    ),
    "siteDefaults/logFile": (
        "enabled",
        "logFormat",
        "directory",
        "logTargetW3C",
        "logExtFileFlags",
    ),
    "log/centralW3CLogFile": ("enabled", "directory"),
    "system.webServer/httpLogging": ("dontLog", "selectiveLogging"),
    "applicationPools/add": ("name", "managedRuntimeVersion", "autoStart", "startMode"),
    "add/processModel": ("identityType",),
    "rules/rule": ("name", "enabled", "stopProcessing"),
    "globalRules/rule": ("name", "enabled", "stopProcessing"),
    "rule/match": ("url",),
    "rule/action": ("type", "url", "redirectType"),
    "httpErrors/error": ("statusCode", "path", "responseMode"),
    "hiddenSegments/remove": ("segment",),
    "fileExtensions/remove": ("fileExtension",),
    "fileExtensions/add": ("fileExtension", "allowed"),
    "buildProviders/add": ("extension", "type"),
    "serviceAutoStartProviders/add": ("name", "type"),
    "system.web/machineKey": ("validation", "decryption", "compatibilityMode"),
    "system.web/compilation": ("debug", "tempDirectory"),
    "system.web/pages": ("enableViewStateMac", "viewStateEncryptionMode", "pageParserFilterType"),
    "system.web/httpRuntime": ("enableVersionHeader", "requestValidationMode"),
    "agentList/agent": (
        "name",
        "baseType",
        "classFactory",
        "assemblyPath",
        "enabled",
        "isCritical",
    ),
    "mexRuntime/monitoring": (),
}
"""Parent and element to the attributes that are copied."""

_SECRET = ("validationKey", "decryptionKey")
_NAMED = {"assemblyPath": "AssemblyPath", "classFactory": "TransportAgentFactory"}
"""Attributes under the names that `Get-TransportAgent` gives them too."""

_encode = msgspec.json.Encoder().encode


class _Rows:
    """Takes elements as they begin; whatever the file's end holds, the rows before it are kept."""

    def __init__(self, place: Callable[[], int]) -> None:
        self._place = place
        self._stack: list[tuple[str, Attributes]] = []
        self.rows: list[tuple[int, dict[str, str]]] = []
        self.server = ""

    def start(self, tag: str, attributes: Attributes) -> None:
        """An element begins."""
        name = tag.rpartition("}")[2]
        parent = self._stack[-1][0] if self._stack else ""
        self._stack.append((name, attributes))
        wanted = _KNOWN.get(f"{parent}/{name}", _KNOWN.get(name))
        if wanted and len(self.rows) < ROWS_LIMIT and len(self._stack) <= DEPTH_LIMIT:
            self.rows.append((self._place(), self._row(parent, name, wanted)))

    def end(self, tag: str) -> None:
        """An element ends."""
        del tag
        self._stack.pop()

    def data(self, text: str) -> None:
        """Text is never looked at: it may be a secret."""

    def close(self) -> list[tuple[int, dict[str, str]]]:
        """All rows."""
        return self.rows

    def _row(self, parent: str, name: str, wanted: tuple[str, ...]) -> dict[str, str]:
        attributes = self._stack[-1][1]
        row = {"element": name}
        if name in ("add", "remove"):
            row = {"element": parent, "action": name}
        for each in wanted:
            if value := attributes.get(each):
                row[each] = text_of(value)
        for each in _SECRET:
            if each in attributes and name == "machineKey":
                row[each] = "generated" if attributes[each].startswith("AutoGenerate") else "stated"
        for each, other in _NAMED.items():
            if each in row:
                row[other] = row[each]
        row |= self._around(name)
        row["shipped"] = _shipped(row["element"], row)
        return row

    def _around(self, name: str) -> dict[str, str]:
        """The site, application, pool, rule and `location` that the element stands in."""
        found: dict[str, str] = {}
        for tag, attributes in self._stack[:-1]:
            if tag == "location" and attributes.get("path"):
                found["location"] = attributes["path"]
            elif tag == "site" and "name" in attributes:
                found["site"] = attributes["name"]
            elif tag == "application" and "path" in attributes:
                found["application"] = attributes["path"]
                if "applicationPool" in attributes:
                    found["applicationPool"] = attributes["applicationPool"]
            elif tag == "rule" and "name" in attributes:
                found["rule"] = attributes["name"]
            elif tag == "add" and name == "processModel" and "name" in attributes:
                found["applicationPool"] = attributes["name"]
        return {key: text_of(value) for key, value in found.items()}


def _shipped(element: str, row: dict[str, str]) -> str:
    name = row.get("name", "")
    if row.get("action") == "remove":
        return "unknown"
    if element == "globalModules":
        return shipped.native_module(name, row.get("image", ""))
    if element in ("modules", "httpModules"):
        # Without a type it switches on a native module, which globalModules tells.
        return shipped.managed_module(row["type"]) if "type" in row else "unknown"
    if element == "agent":
        return shipped.agent(name, row.get("assemblyPath", ""))
    if element == "virtualDirectory":
        return shipped.directory(row.get("physicalPath", ""))
    return "unknown"


def rows(stream: BinaryIO, source: str = "") -> Iterator[LogRecord | LogFault]:
    """Every entry that is known as one line of JSON. source: the file's path, if it is known."""
    data = _read(stream)
    if len(data) > SIZE_LIMIT:
        yield LogFault("", say(N_("only the first {limit} bytes were read"), limit=SIZE_LIMIT))
        data = data[:SIZE_LIMIT]
    parser: Any = None
    taker = _Rows(lambda: parser.parser.CurrentLineNumber if parser is not None else 0)
    parser = DefusedXMLParser(target=taker, forbid_dtd=True)
    fault = None
    try:
        parser.feed(data)
        parser.close()
    except (ParseError, DefusedXmlException, ValueError, LookupError, RecursionError) as error:
        fault = str(error) or type(error).__name__
    about = _about(source)
    for line, row in taker.rows:
        yield LogRecord(f"line {line}", _encode(row | about))
    if len(taker.rows) >= ROWS_LIMIT:
        yield LogFault(
            "", say(N_("more than {limit} entries; the rest was left out"), limit=ROWS_LIMIT)
        )
    found = scanned(data)
    if found:
        whole = {"element": "file", "yara": "\n".join(found), "shipped": "unknown"}
        yield LogRecord("file", _encode(whole | about))
    if fault is not None:
        yield LogFault(
            f"behind line {_last(taker)}", say(N_("not valid XML: {fault}"), fault=fault)
        )


def _last(taker: _Rows) -> int:
    return taker.rows[-1][0] if taker.rows else 0


def _about(source: str) -> dict[str, str]:
    path = shipped.windows_path(source)
    return {"file": path, "filename": path.rpartition("\\")[2]} if path else {}


def _read(stream: BinaryIO) -> bytes:
    parts: list[bytes] = []
    left = SIZE_LIMIT + 1
    while left > 0 and (part := stream.read(left)):
        parts.append(part)
        left -= len(part)
    return b"".join(parts)
