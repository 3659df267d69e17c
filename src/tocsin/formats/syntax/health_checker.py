"""Results of Microsoft's HealthChecker.ps1, of every generation.

2017-2019: `HealthExchangeServerObject`, the build in `ExchangeInformation.ExchangeBuildNumber`.
2020 on: `HealthCheckerExchangeServer`, inside an `AnalyzedInformation` object that also holds what
was printed; the build in `BuildInformation`. Source: microsoft/CSS-Exchange,
`Diagnostics/HealthChecker` and its history.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from datetime import UTC, datetime

import msgspec

from tocsin.formats.syntax.exchange_naming import describe_beside
from tocsin.formats.syntax.exchange_objects import (
    PRODUCT,
    describe_server,
    evidence,
    facts,
    server_names,
    value_gap,
)
from tocsin.formats.syntax.exchange_values import clip, file_version, host_name, organisation
from tocsin.formats.syntax.records import Object, Value, fields, member, members, text_of
from tocsin.model.build import Version
from tocsin.model.evidence import Evidence, Host
from tocsin.model.finding import Gap
from tocsin.model.locator import Locator
from tocsin.model.text import N_, say

ADDRESSES_LIMIT = 32
"""Addresses read of one server."""

PARTS_LIMIT = 20_000
"""Objects of one result that are looked into."""

_PARTS = ("ExchangeInformation", "OrganizationInformation")
_PARTS_DEPTH = 2
_JSON_DATE = re.compile(r"\\?/Date\((-?\d{1,15})(?:[+-]\d{4})?\)\\?/")
_ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)")
_OWN_FACTS = ("HealthCheckerVersion",)
_BUILD_FACTS = ("FriendlyName", "MajorVersion", "CU", "ServerRole")
_NAMING_PARTS = (
    ("ExchangeInformation", "GetMailboxServer"),
    ("ExchangeInformation", "GetTransportService"),
    ("ExchangeInformation", "GetReceiveConnector"),
    ("ExchangeInformation", "ExchangeConnectors"),
    ("ExchangeInformation", "GetOwaVirtualDirectory"),
    ("ExchangeInformation", "GetWebServicesVirtualDirectory"),
    ("ExchangeInformation", "GetHybridConfiguration"),
    ("OrganizationInformation", "GetHybridConfiguration"),
    ("OrganizationInformation", "GetSendConnector"),
)


def is_result(thing: Object) -> bool:
    """Whether an object is HealthChecker's result, or its vulnerability report."""
    names = {name.lower() for name in thing.properties}
    if "healthcheckerexchangeserver" in names or {"versionreport", "servers"} <= names:
        return True
    return "servername" in names and "exchangeinformation" in names


def describe_result(thing: Object, at: Locator) -> Iterator[Evidence | Gap]:
    """The server HealthChecker ran on or against, and every server its result names."""
    found = fields(thing)
    if "versionreport" in found:
        yield from _vulnerability_report(thing, at)
        return
    inner = found.get("healthcheckerexchangeserver")
    if inner is None and "exchangeinformation" in found:
        inner = thing
    for each in members(inner):
        yield from _server(each, at)


def configured(thing: Object) -> Iterator[tuple[str, Object]]:
    """Exchange's own objects in a result, each with the property it stands in.

    Only those of which the result keeps the type; what HealthChecker made of them is its own.
    """
    seen: set[int] = set()
    inner = fields(thing).get("healthcheckerexchangeserver")
    for result in members(inner if inner is not None else thing):
        for label in _PARTS:
            part = member(result, label)
            if isinstance(part, Object):
                yield from _inside(part, seen, 0)


def _inside(part: Object, seen: set[int], depth: int) -> Iterator[tuple[str, Object]]:
    for name, value in part.properties.items():
        for each in members(value):
            if id(each) in seen or len(seen) >= PARTS_LIMIT:
                continue
            seen.add(id(each))
            if any("Microsoft.Exchange." in kind for kind in each.types[:1]):
                yield name, each
            elif depth < _PARTS_DEPTH:
                yield from _inside(each, seen, depth + 1)


def _server(result: Object, at: Locator) -> Iterator[Evidence | Gap]:
    found = fields(result)
    seen = time_of(found.get("generationtime"))
    information = found.get("exchangeinformation")
    own = member(information, "GetExchangeServer") or member(information, "ExchangeServerObject")
    build = member(information, "BuildInformation")
    described = Host(seen_by="export")
    if isinstance(own, Object):
        for each in describe_server(own, at):
            if isinstance(each, Evidence) and isinstance(each.body, Host):
                described = each.body
            elif isinstance(each, Gap):
                yield each
    version: Version | None = described.version
    try:
        version = _version(information, build) or version
    except ValueError as error:
        yield value_gap(at, "ExchangeSetup", str(error))
    names = _names(text_of(found.get("servername")), described, own)
    if not names:
        yield Gap(at=at, why=say(N_("a HealthChecker result without the server's name")))
        return
    if version is None:
        why = say(
            N_("the HealthChecker result of {name} holds no build: it was cut when it was saved"),
            name=names[0],
        )
        yield Gap(at=at, why=why, kind="not-collected")
    details = {} if not isinstance(build, Object) else facts(fields(build), _BUILD_FACTS)
    if seen is None and text_of(found.get("generationtime")):
        details["GenerationTime"] = clip(text_of(found["generationtime"]))
    host = msgspec.structs.replace(
        described,
        names=names,
        product=PRODUCT,
        version=version,
        organisation=described.organisation or _organisation(found),
        addresses=_addresses(found.get("osinformation")),
        facts=described.facts | details | facts(found, _OWN_FACTS),
    )
    quoted = {"ServerName": names[0], "build": version.text if version else ""}
    yield msgspec.structs.replace(evidence(at, host, quoted), seen=seen)
    yield from _named(result, at, seen)


def _names(stated: str, described: Host, own: Value) -> tuple[str, ...]:
    names = [host_name(stated), *described.names]
    if not described.names and isinstance(own, Object):
        names += server_names(fields(own))
    elif isinstance(own, str):
        names.append(host_name(own))
    unique: dict[str, str] = {}
    for name in names:
        if name:
            unique.setdefault(name.lower(), name)
    return tuple(sorted(unique.values(), key=lambda name: "." not in name))


def _version(information: Value, build: Value) -> Version | None:
    """The update level where ExSetup.exe was read, else the cumulative update."""
    setup = member(build, "ExchangeSetup")
    if isinstance(setup, Object) and text_of(member(setup, "FailedGetExSetup")) != "True":
        found = file_version([member(setup, "FileVersion"), member(setup, "FileVersionRaw")])
        if found is not None:
            return found
    return file_version(
        [
            member(build, "VersionInformation", "BuildVersion"),
            member(build, "BuildNumber"),
            member(information, "ExchangeBuildNumber"),
            member(setup, "FileVersion"),
        ],
        "cu",
    )


def _organisation(found: dict[str, Value]) -> str | None:
    for label in ("organizationinformation", "exchangeinformation"):
        configuration = member(found.get(label), "GetOrganizationConfig")
        if isinstance(configuration, Object):
            stated = organisation(fields(configuration))
            if stated:
                return stated
    return None


def _addresses(system: Value) -> tuple[str, ...]:
    found: list[str] = []
    adapters = member(system, "NetworkInformation", "NetworkAdapters")
    for adapter in members(adapters):
        for label in ("IPv4Addresses", "IPv6Addresses"):
            value = member(adapter, label)
            for each in members(value) or [Object(text=text_of(value))]:
                text = text_of(member(each, "Address")) or each.text
                try:
                    address = ipaddress.ip_address(text.split("%")[0].split("\\")[0])
                except ValueError:
                    continue
                if not address.is_link_local and not address.is_loopback:
                    found.append(str(address))
    return tuple(dict.fromkeys(found))[:ADDRESSES_LIMIT]


def _named(result: Object, at: Locator, seen: datetime | None) -> Iterator[Evidence | Gap]:
    for path in _NAMING_PARTS:
        for each in members(member(result, *path)):
            place = msgspec.structs.replace(at, position=f"{at.position}, property {path[1]}")
            for item in describe_beside(each, place):
                yield (
                    msgspec.structs.replace(item, seen=seen) if isinstance(item, Evidence) else item
                )


def _vulnerability_report(thing: Object, at: Locator) -> Iterator[Evidence | Gap]:
    """`-VulnerabilityReport`: one entry per server; the build is ExSetup's where it was reached."""
    found = fields(thing)
    seen = time_of(found.get("reportdate"))
    stated = organisation({"distinguishedname": found.get("organization")})
    for number, each in enumerate(members(found.get("servers")), 1):
        place = msgspec.structs.replace(at, position=f"{at.position}, server {number}")
        server = fields(each)
        name = host_name(text_of(server.get("name")))
        if not name:
            yield value_gap(place, "Name", text_of(server.get("name")))
            continue
        reached = text_of(server.get("online")).lower() == "true"
        version: Version | None = None
        try:
            version = file_version([server.get("buildversion")], "update" if reached else "cu")
        except ValueError as error:
            yield value_gap(place, "BuildVersion", str(error))
        host = Host(
            seen_by="export",
            names=(name,),
            product=PRODUCT,
            version=version,
            organisation=stated,
            facts=facts(server, ("HasVulnerability", "Vulnerabilities", "Online"))
            | facts(found, ("VersionReport", "ReportDate")),
        )
        quoted = {"Name": name, "BuildVersion": text_of(server.get("buildversion"))}
        yield msgspec.structs.replace(evidence(place, host, quoted), seen=seen)


def time_of(value: Value) -> datetime | None:
    """A time that states its zone, in UTC; None for any other (`05/04/2026 10:11` is no day)."""
    text = text_of(member(value, "value")) or text_of(value)
    try:
        if match := _JSON_DATE.fullmatch(text):
            return datetime.fromtimestamp(int(match[1]) / 1000, UTC)
        if _ISO.fullmatch(text):
            # Ticks have seven digits; Python takes six.
            return datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text)).astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        pass
    return None
